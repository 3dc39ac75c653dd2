package web

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/dossier"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
)

// people has the first district bring persons, and returns what the owner's district is asked about then.
func (v *province) people(t *testing.T, rows string) (list []identity.Brought, importID int64) {
	t.Helper()
	report, id := v.importTo(t, officer, "person", "人员.csv", "人员编号,姓名,人员类别,工作单位信用代码,工作单位\n"+rows)
	if report.Refused != 0 {
		t.Fatalf("%+v", report)
	}
	list, _, err := v.reg.Asked(auth.In(t.Context(), owner), 0, 50)
	if err != nil {
		t.Fatal(err)
	}
	return list, id
}

func (v *province) sees(t *testing.T, a auth.Actor, subject int64) bool {
	t.Helper()
	_, err := v.reg.Profile(auth.In(t.Context(), a), subject)
	if err != nil && fault.Of(err) != fault.NotFound {
		t.Fatal(err)
	}
	return err == nil
}

// Who sees a unit is asked about a subject that another organisation says to belong to it. He refuses it, takes it, and takes both back.
func TestOwnerOfUnitAnswers(t *testing.T) {
	v := newProvince(t)
	list, id := v.people(t, "RY-1,钱八,评审专家,"+v.code["there"]+",别的写法\nRY-2,孙九,评审专家,,"+secret+"精密公司\nRY-3,周十,评审专家,"+uscc("75")+",谁也没有的公司\n")
	if len(list) != 2 || list[0].Subject.Name != "钱八" || list[1].Subject.Name != "孙九" || list[0].Owner.Subject != 0 {
		t.Fatalf("%+v", list)
	}
	held, in := list[0].Subject.Subject, auth.In(t.Context(), owner)
	if got := v.ready(owner, onePath(held)); got.Code != http.StatusOK || !strings.Contains(got.Body.String(), "采用") {
		t.Error("the page answers", got.Code)
	}
	for i, a := range []auth.Actor{officer, {ID: "qi", Role: "district_officer", Org: "120104"}} {
		if err := v.reg.AnswerHeld(auth.In(t.Context(), a), held, 0, true, ""); fault.Of(err) != fault.NotFound {
			t.Error(i, err)
		}
	}
	if _, n, err := v.reg.Asked(auth.In(t.Context(), bureau), 0, 10); err != nil || n != 4 { // one that the rig holds
		t.Error(n, err)
	}
	state := func(his, owners bool) {
		t.Helper()
		if got := v.sees(t, officer, held); got != his {
			t.Errorf("who brought it sees it: %t", got)
		}
		if got := v.sees(t, owner, held); got != owners {
			t.Errorf("who sees the unit sees it: %t", got)
		}
		for a, is := range map[auth.Actor]bool{officer: his, owner: owners} { // columns say the same
			body := v.ready(a, "/registers/person?q=RY-1").Body.String()
			if got := strings.Contains(body, fmt.Sprintf("/s/%d", held)) || strings.Contains(body, "钱八"); got != is {
				t.Errorf("the list of %s has it: %t", a.ID, got)
			}
		}
	}
	state(true, false)
	if err := v.reg.AnswerHeld(in, held, 0, false, "不是我区的人"); err != nil {
		t.Fatal(err)
	}
	if list, err := v.reg.Outcomes(auth.In(t.Context(), officer), 10); err != nil || len(list) != 1 || list[0].Reason != "不是我区的人" || list[0].Owner.Subject != 0 {
		t.Error(list, err)
	}
	if list, err := v.reg.Answers(in, 10); err != nil || len(list) != 1 {
		t.Error(list, err)
	}
	if err := v.reg.UndoHeld(in, held); err != nil {
		t.Fatal(err)
	}
	state(true, false)
	if err := v.reg.AnswerHeld(in, held, 0, true, ""); err != nil {
		t.Fatal(err)
	}
	state(false, true)
	if names, _, err := v.reg.NamedBy(in, v.subject["there"], v.deps.Pack.Register("person").Belongs(), fact.Moment{}, 0, 10); err != nil || !slices.ContainsFunc(names, func(n dossier.Naming) bool { return n.Subject == held }) {
		t.Error("the unit does not have it:", names, err)
	}
	if err := v.reg.UndoHeld(in, held); err != nil {
		t.Fatal(err)
	}
	state(true, false)
	// A second file about the same is about the held one; after it was taken the owner is asked again.
	again := "RY-1,钱八,评审专家," + v.code["there"] + ",再一种写法\n"
	if list, _ := v.people(t, again); len(list) != 2 {
		t.Errorf("%+v", list)
	}
	if err := v.reg.AnswerHeld(in, held, 0, true, ""); err != nil {
		t.Fatal(err)
	}
	v.now = v.now.AddDate(0, 0, 1)
	list, second := v.people(t, strings.Replace(again, "再一种", "又一种", 1))
	if len(list) != 2 || list[1].Owner.Subject != held || list[1].Subject.Name != "钱八" {
		t.Errorf("%+v", list)
	}
	if err := v.reg.AnswerHeld(in, list[1].Subject.Subject, held, true, ""); err != nil {
		t.Error(err)
	}
	state(false, true)
	// What is undone waits no more.
	for _, one := range []int64{second, id} {
		if err := v.reg.Undo(auth.In(t.Context(), officer), one, nil); err != nil {
			t.Fatal(err)
		}
	}
	if list, n, err := v.reg.Asked(in, 0, 10); err != nil || n != 0 {
		t.Error(list, n, err)
	}
}

// A unit that comes later is asked about: who sees it is asked about what was held before.
func TestUnitThatComesLaterIsAsked(t *testing.T) {
	v := newProvince(t)
	list, _ := v.people(t, "RY-1,钱八,评审专家,"+uscc("75")+",后来的公司\n")
	if len(list) != 0 {
		t.Fatalf("%+v", list)
	}
	found, err := v.reg.FindIn(auth.In(t.Context(), officer), "person", "RY-1")
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	v.importFile(t, bureau, "市.csv", "统一社会信用代码,企业名称,所属区\n"+uscc("75")+",后来的公司,西青区\n")
	if !v.sees(t, officer, found[0].Subject) || v.sees(t, owner, found[0].Subject) {
		t.Error("the unit took it out of the sight of who brought it")
	}
	list, n, err := v.reg.Asked(auth.In(t.Context(), owner), 0, 10)
	if err != nil || n != 1 || list[0].Subject.Subject != found[0].Subject {
		t.Error(list, n, err)
	}
	// Of a unit that he sees himself nothing is held.
	v.people(t, "RY-4,吴七,评审专家,"+v.code["here"]+",甲区示例机械有限公司\n,郑六,评审专家,,甲区示例机械有限公司\n")
	if _, n, err := v.reg.Asked(auth.In(t.Context(), bureau), 0, 10); err != nil || n != 2 {
		t.Error(n, err)
	}
	if found, err := v.reg.FindIn(auth.In(t.Context(), auth.Actor{ID: "colleague", Role: "district_officer", Org: mineOrg}), "person", "RY-4"); err != nil || len(found) != 1 {
		t.Error("who works there does not see it:", found, err)
	}
}

// Nothing that somebody writes has a subject that he sees lie with a unit that he does not see, whether or not the base has it: it is
// refused in the same words.
func TestOwnSubjectIsNotGivenToUnitElsewhere(t *testing.T) {
	v := newProvince(t)
	he, city := auth.In(t.Context(), officer), auth.In(t.Context(), bureau)
	units := map[string]string{"elsewhere": v.code["there"], "nobody's": uscc("76")}
	for name, code := range units {
		enter := func(e intake.Entry) (int64, int64, error) {
			e.Register, e.Source = "person", "form"
			return v.reg.Enter(he, e)
		}
		no := map[string]string{"elsewhere": "RY-51", "nobody's": "RY-52"}[name]
		person := map[string]string{"person_no": no, "name": "冯一" + no, "person_kind": "评审专家", "district": mineOrg}
		placed, subject, err := enter(intake.Entry{Values: person, New: true})
		if err != nil {
			t.Fatal(err)
		}
		other := map[string]string{"person_no": no + "-2", "name": "冯二" + no, "person_kind": "评审专家", "unit_code": v.code["here"], "unit": "甲区示例机械有限公司"}
		_, into, err := enter(intake.Entry{Values: other, New: true})
		if err != nil {
			t.Fatal(err)
		}
		given, _, err := enter(intake.Entry{Subject: subject, Values: map[string]string{"unit_code": code, "unit": "某公司"}})
		if err != nil {
			t.Fatal(name, err) // it says its district
		}
		if _, _, err := enter(intake.Entry{Subject: subject, Void: []string{"district"}}); fault.Of(err) != fault.Forbidden {
			t.Error(name, "its district is void:", err)
		}
		if err := v.reg.Undo(he, placed, nil); fault.Of(err) != fault.Forbidden {
			t.Error(name, "its district is undone:", err)
		}
		if !v.sees(t, officer, subject) {
			t.Error(name, "it went out of sight")
		}
		for _, values := range []map[string]string{{"unit_code": code}, {"person_no": no + "-2", "unit_code": code}} {
			e := intake.Entry{Subject: into, Values: values}
			if values["person_no"] != "" {
				e.Subject = 0
			}
			if _, _, err := enter(e); fault.Of(err) != fault.Forbidden {
				t.Error(name, values, err)
			}
		}
		records, err := v.reg.LinkedRecords(city, subject)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range records {
			if r.Source.Import == given {
				if _, err := v.reg.Relink(he, r.Record, into, ""); fault.Of(err) != fault.Forbidden {
					t.Error(name, "the record that says the unit is moved:", err)
				}
			}
		}
		report, _ := v.importTo(t, officer, "person", "人员.csv", "人员编号,姓名,人员类别,工作单位信用代码,工作单位,所属区\n"+no+"-2,冯二"+no+",评审专家,"+code+",某公司,\n"+no+",冯一"+no+",评审专家,"+code+",某公司,\n")
		if report.Refused != 1 || len(report.Refusals) != 1 || report.Refusals[0].Row != 2 {
			t.Errorf("%s: %+v", name, report)
		}
		if err := v.reg.Undo(city, placed, nil); err != nil {
			t.Error("the city does not undo it:", err)
		}
	}
	if got := v.send(officer, http.MethodPost, fmt.Sprintf("/s/%d/edit", v.subject["person here"]), url.Values{"unit_code": {uscc("77")}}); got.Code >= http.StatusInternalServerError {
		t.Error(got.Code)
	}
}

// A file of more rows than one transaction writes holds what a small one holds, also the rows that are decided again because somebody
// else brought the same meanwhile, and is undone as a whole.
func TestManyOfUnitsElsewhere(t *testing.T) {
	v := newProvince(t)
	he, in, city := auth.In(t.Context(), officer), auth.In(t.Context(), owner), auth.In(t.Context(), bureau)
	const n = fact.BatchRows + 200
	var b strings.Builder
	b.WriteString("人员编号,姓名,人员类别,工作单位信用代码,工作单位\n")
	for i := range n {
		unit := []string{v.code["there"], uscc("78"), v.code["here"]}[i%3]
		fmt.Fprintf(&b, "RY-B%d,某人%d,评审专家,%s,某公司\n", i, i, unit)
	}
	path := filepath.Join(t.TempDir(), "人员.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	once := false
	report, id, err := v.reg.Import(he, layout.Source{Name: "人员.csv", Path: path}, layout.Options{Register: "person"}, func(derive.Progress) {
		if once {
			return
		}
		once = true
		for _, no := range []string{"RY-B3", "RY-B4", "RY-B5"} { // of a unit elsewhere, of none, and of one that he sees
			values := map[string]string{"person_no": no, "name": "市里的人", "person_kind": "评审专家", "unit_code": v.code["there"], "unit": "某公司"}
			if _, _, err := v.reg.Enter(city, intake.Entry{Register: "person", Values: values, Source: "form", New: true}); err != nil {
				t.Error(err)
			}
		}
	})
	if err != nil || report.Refused != 0 || !once {
		t.Fatal(report, err)
	}
	list, asked, err := v.reg.Asked(in, 0, n)
	if err != nil || asked != (n+2)/3+2 {
		t.Errorf("asked about %d of %d: %v", asked, n, err)
	}
	for _, x := range list {
		if is := x.Owner.Subject != 0; is != (x.Subject.Code == "RY-B3" || x.Subject.Code == "RY-B4" || x.Subject.Code == "RY-B5") {
			t.Errorf("%+v", x)
		}
	}
	count := func() int {
		t.Helper()
		base, err := v.deps.Registers(he, "person", fact.Moment{})
		if err != nil {
			t.Fatal(err)
		}
		table, err := base.Current(he)
		if err != nil {
			t.Fatal(err)
		}
		return table.N
	}
	if got := count(); got != n+1 { // one of the rig
		t.Errorf("who brought %d sees %d", n, got)
	}
	if _, _, err := v.reg.Enter(he, intake.Entry{Register: "person", Values: map[string]string{"person_no": "RY-B2", "district": mineOrg}, Source: "form"}); err != nil {
		t.Fatal(err)
	}
	if err := v.reg.Undo(he, id, nil); err != nil {
		t.Fatal(err)
	}
	if _, asked, err := v.reg.Asked(in, 0, 1); err != nil || asked != 0 {
		t.Errorf("asked about %d after undoing: %v", asked, err)
	}
	if got := count(); got != 2 {
		t.Errorf("%d are left", got)
	}
}
