package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTownlike(t *testing.T) {
	for name, want := range map[string]bool{"劝业场街道": true, "中北镇": true, "孙各庄满族乡": true, "新技术产业园区": false, "红旗农场": false} {
		if townlike(name) != want {
			t.Errorf("townlike(%q) is %v", name, !want)
		}
	}
}

// A list that shrank is refused: addresses would quietly lose their districts.
func TestListDivisionsRefusesAShortList(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"provinces": `[{"code":"12","name":"天津市"},{"code":"13","name":"河北省"}]`, "cities": `[]`, "areas": `[]`,
		"streets": `[{"code":"120101001","name":"劝业场街道","areaCode":"120101","provinceCode":"12"}]`, "HK-MO-TW": `{}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name+".json"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := listDivisions(dir); err == nil || !strings.Contains(err.Error(), "want more than 3000") {
		t.Fatalf("got %v", err)
	}
}
