package web

import (
	"testing"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/registry/identity"
	"eyas/internal/registry/intake"
)

// bring has the first district bring a file, and returns what the owner's district is asked about then.
func (v *province) bring(t *testing.T, rows string) []identity.Brought {
	t.Helper()
	report, _ := v.importFile(t, officer, "名单.csv", "统一社会信用代码,企业名称,所属区,2019年职工总数\n"+rows)
	if report.Refused != 0 {
		t.Fatalf("%+v", report)
	}
	list, _, err := v.reg.Asked(auth.In(t.Context(), owner), 0, 10)
	if err != nil || len(list) == 0 {
		t.Fatal(list, err)
	}
	return list
}

// What was taken and has got other records since is not given back: who brought it would see them, and its owner would lose them.
func TestTakenWithLaterRecordsIsNotGivenBack(t *testing.T) {
	for name, later := range map[string]func(t *testing.T, v *province, subject int64){
		"the owner's entry": func(t *testing.T, v *province, subject int64) {
			if _, _, err := v.reg.Enter(auth.In(t.Context(), owner), intake.Entry{Register: "enterprise", Subject: subject, Values: map[string]string{"staff@2020": "731"}, Source: "form"}); err != nil {
				t.Fatal(err)
			}
		},
		"the city's file, undone": func(t *testing.T, v *province, _ int64) {
			v.now = v.now.AddDate(0, 0, 1)
			_, id := v.importFile(t, bureau, "市.csv", "统一社会信用代码,企业名称,2020年职工总数\n"+uscc("72")+",别区的公司,731\n")
			if err := v.reg.Undo(auth.In(t.Context(), bureau), id, nil); err != nil {
				t.Fatal(err)
			}
		},
		"a merge": func(t *testing.T, v *province, subject int64) {
			if _, err := v.reg.Merge(auth.In(t.Context(), bureau), v.subject["there too"], subject, "同一家"); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			v := newProvince(t)
			held := v.bring(t, uscc("72")+",别区的公司,西青区,65\n")[0].Subject.Subject
			in := auth.In(t.Context(), owner)
			if err := v.reg.AnswerHeld(in, held, true, ""); err != nil {
				t.Fatal(err)
			}
			later(t, v, held)
			if err := v.reg.UndoHeld(in, held); fault.Of(err) != fault.Conflict {
				t.Error("it was given back:", err)
			}
			if _, err := v.reg.Profile(in, held); err != nil {
				t.Error("its owner lost it:", err)
			}
			if _, err := v.reg.Profile(auth.In(t.Context(), officer), held); fault.Of(err) != fault.NotFound {
				t.Error("who brought it sees it:", err)
			}
		})
	}
}

// Who refused something that the base does not have is told that he did, and takes that back.
func TestRefusalOfWhatNobodyHasIsTakenBack(t *testing.T) {
	v := newProvince(t)
	held := v.bring(t, uscc("72")+",别区的公司,西青区,65\n")[0].Subject.Subject
	in := auth.In(t.Context(), owner)
	if err := v.reg.AnswerHeld(in, held, false, "不是我区的"); err != nil {
		t.Fatal(err)
	}
	if list, err := v.reg.Answers(in, 10); err != nil || len(list) != 1 || list[0].Subject.Subject != held {
		t.Error(list, err)
	}
	for _, a := range []auth.Actor{officer, {ID: "qi", Role: "district_officer", Org: "120104"}} {
		if err := v.reg.UndoHeld(auth.In(t.Context(), a), held); fault.Of(err) != fault.NotFound {
			t.Errorf("%s: %v", a.Org, err)
		}
	}
	if err := v.reg.UndoHeld(in, held); err != nil {
		t.Fatal(err)
	}
	if list, n, err := v.reg.Asked(in, 0, 10); err != nil || n != 1 || list[0].Subject.Subject != held {
		t.Error(list, n, err)
	}
}
