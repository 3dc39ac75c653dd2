package e2e

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// Every sheet of every file that is exported says first that its rows were generated.
func TestFilesAreMarked(t *testing.T) {
	if house.skip != "" {
		t.Skip(house.skip)
	}
	for path, mark := range map[string]string{
		"/enterprises.xlsx":                               "演示数据：",
		"/enterprises.xlsx?lang=en":                       "Demonstration data: ",
		"/ladder.xlsx":                                    "演示数据：",
		"/lab/list.xlsx?rule=tsme&who=entered":            "演示数据：",
		"/quality.xlsx?rule=needed":                       "演示数据：",
		"/quality/old.xlsx?from=annual":                   "演示数据：",
		"/registers/carrier/export.xlsx":                  "演示数据：",
		"/links.xlsx?state=open":                          "演示数据：",
		"/merges.xlsx":                                    "演示数据：",
		"/s/1/history.xlsx":                               "演示数据：",
		"/import.xlsx?col=rows":                           "演示数据：",
		"/import/record/1/refused.xlsx":                   "演示数据：",
		"/registers/carrier/template.xlsx?lang=zh-CN&x=1": "", // an empty form holds no data
	} {
		resp, err := http.Get(house.city + path)
		if err != nil {
			t.Fatal(err)
		}
		book, err := excelize.OpenReader(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Errorf("%s: %s, %v", path, resp.Status, err)
			continue
		}
		for _, sheet := range book.GetSheetList() {
			rows, err := book.GetRows(sheet)
			if err != nil {
				t.Errorf("%s, sheet %s: %v", path, sheet, err)
			}
			first := slices.Concat(rows...)
			if len(first) == 0 || mark != "" && !strings.HasPrefix(first[0], mark) || mark == "" && strings.Contains(first[0], "演示") {
				t.Errorf("%s, sheet %s begins with %.1q", path, sheet, first)
			}
		}
	}
}
