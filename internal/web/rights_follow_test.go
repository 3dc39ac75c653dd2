package web

import (
	"strings"
	"testing"

	"eyas/internal/auth"
	"eyas/internal/registry/intake"
)

// Persons lie where their unit lies. What is changed of a unit and does not say where it lies has nobody ask again where its persons
// lie; a unit that moves takes them along at once.
func TestWhatBelongsFollows(t *testing.T) {
	v := newProvince(t)
	city := auth.In(t.Context(), auth.Actor{ID: "chen", Role: "bureau", Org: "120000"})
	enter := func(values map[string]string) {
		t.Helper()
		if _, _, err := v.reg.Enter(city, intake.Entry{Register: "enterprise", Subject: v.subject["here"], Values: values, Source: "form", Form: "更正"}); err != nil {
			t.Fatal(err)
		}
	}
	shows := func() bool {
		t.Helper()
		w := v.ready(officer, "/registers/person")
		return strings.Contains(unpacked(t, w.Header(), w.Body.Bytes()), "甲区赵六")
	}
	if !shows() || v.asked["person"] == 0 {
		t.Fatalf("an officer does not see the person of his district; asked %v", v.asked)
	}
	clear(v.asked)
	enter(map[string]string{"staff@2020": "77"})
	if !shows() || v.asked["person"] != 0 {
		t.Errorf("after a change of the staff of the unit it was asked %d times where persons lie", v.asked["person"])
	}
	enter(map[string]string{"district": otherOrg})
	if shows() {
		t.Error("the person of a unit that moved away is still seen")
	}
	enter(map[string]string{"district": mineOrg})
	if !shows() {
		t.Error("the person of a unit that moved back is not seen")
	}
	clear(v.asked)
	enter(map[string]string{"name": "甲区改名机械有限公司"})
	if shows(); v.asked["person"] == 0 {
		t.Error("after the unit has another name it was not asked where persons lie")
	}
}
