package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/registry/fact"
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
			if err := v.reg.AnswerHeld(in, held, 0, true, ""); err != nil {
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
	if err := v.reg.AnswerHeld(in, held, 0, false, "不是我区的"); err != nil {
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

// What is held is not made a subject of its own by moving its record, nor does who brought it move it after an answer. The merge of an
// answer is taken back with the answer alone.
func TestHeldRecordIsNotMoved(t *testing.T) {
	v := newProvince(t)
	held := v.bring(t, v.code["there"]+",别的名称,东丽区,62\n"+uscc("71")+",新来的公司,东丽区,64\n")[0].Subject.Subject
	city, in, he := auth.In(t.Context(), bureau), auth.In(t.Context(), owner), auth.In(t.Context(), officer)
	recordOf := func(subject int64) int64 {
		t.Helper()
		records, err := v.reg.LinkedRecords(city, subject)
		if err != nil || len(records) == 0 {
			t.Fatal(records, err)
		}
		return records[0].Record
	}
	record := recordOf(held)
	fresh, err := v.reg.FindIn(he, "enterprise", uscc("71"))
	if err != nil || len(fresh) != 1 {
		t.Fatal(fresh, err)
	}
	_, moved := v.reg.Relink(he, record, 0, "")
	_, nobodys := v.reg.Relink(he, recordOf(fresh[0].Subject), 0, "")
	if fault.Of(moved) != fault.Forbidden || said(moved) != said(nobodys) {
		t.Errorf("of a held subject: %v, of a new one: %v", moved, nobodys)
	}
	for _, two := range [][2]int64{{record, 0}, {record, v.subject["here"]}, {v.record["here"], held}} {
		if _, err := v.reg.Relink(city, two[0], two[1], ""); fault.Of(err) != fault.Conflict {
			t.Error("the city moves what is held:", two, err)
		}
	}
	staff := func() float64 {
		p, err := v.reg.Profile(in, v.subject["there"])
		if err != nil {
			t.Fatal(err)
		}
		if f := p.Fact("staff", 2019); f != nil {
			return f.Value.Num
		}
		return 0
	}
	if err := v.reg.AnswerHeld(in, held, v.subject["there"], true, ""); err != nil {
		t.Fatal(err)
	}
	for _, into := range []int64{0, v.subject["here"]} {
		if _, err := v.reg.Relink(he, record, into, ""); fault.Of(err) != fault.Forbidden {
			t.Error("who brought it moves it out of the owner's subject:", err)
		}
	}
	merges, err := v.reg.MergesOf(in, v.subject["there"])
	if err != nil || len(merges) == 0 {
		t.Fatal(merges, err)
	}
	if err := v.reg.Unmerge(in, merges[len(merges)-1].ID); fault.Of(err) != fault.Conflict || staff() != 62 {
		t.Error("the merge of an answer was undone:", err, staff())
	}
	if err := v.reg.UndoHeld(in, held); err != nil || staff() != 0 {
		t.Error(err, staff())
	}
	if err := v.reg.AnswerHeld(in, held, v.subject["there"], false, "不是"); err != nil {
		t.Fatal(err)
	}
	if _, err := v.reg.Relink(he, record, v.subject["here"], ""); fault.Of(err) != fault.Forbidden {
		t.Error("what was refused counts for another:", err)
	}
}

// Of several subjects with the name that was brought, the city finds out about which it is.
func TestSeveralOwnersAskTheCity(t *testing.T) {
	v := newProvince(t)
	city := auth.In(t.Context(), bureau)
	for i, org := range []string{otherOrg, "120104"} {
		values := map[string]string{"uscc": uscc(fmt.Sprint(76 + i)), "name": "同名示例公司", "district": org}
		if _, _, err := v.reg.Enter(city, intake.Entry{Register: "enterprise", Values: values, Source: "form", New: true}); err != nil {
			t.Fatal(err)
		}
	}
	v.importFile(t, officer, "名单.csv", "统一社会信用代码,企业名称,所属区,2019年职工总数\n,同名示例公司,东丽区,62\n")
	for org, want := range map[string]int{otherOrg: 0, "120104": 0} {
		if list, n, err := v.reg.Asked(auth.In(t.Context(), auth.Actor{ID: "x", Role: "district_officer", Org: org}), 0, 10); err != nil || n != want {
			t.Error(org, list, n, err)
		}
	}
	list, _, err := v.reg.Asked(city, 0, 10)
	if err != nil || len(list) != 2 {
		t.Fatal(list, err)
	}
	one := list[1]
	if !one.Several || one.Owner.Subject != 0 {
		t.Errorf("%+v", one)
	}
	if got := v.ready(bureau, onePath(one.Subject.Subject)); !strings.Contains(got.Body.String(), "只请市局答复") {
		t.Error("the page does not say that there are several")
	}
}

func said(err error) string {
	var f *fault.Error
	errors.As(err, &f)
	return f.In("zh-CN")
}

func onePath(subject int64) string { return fmt.Sprintf("/held/%d", subject) }

// Who answers does so about the subject that the page showed him, and gives none of his subjects away.
func TestAnswerIsAboutWhatWasShown(t *testing.T) {
	v := newProvince(t)
	v.now = v.now.AddDate(0, 0, 1)
	values := map[string]string{"uscc": v.code["there"], "name": "别的名称", "district": mineOrg, "staff@2019": "62"}
	_, held, err := v.reg.Enter(auth.In(t.Context(), officer), intake.Entry{Register: "enterprise", Values: values, Source: "form", New: true})
	if err != nil {
		t.Fatal(err)
	}
	looks := func() int {
		if err := v.ledger.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		_, n, err := v.ledger.Looks(auth.In(t.Context(), auth.Actor{ID: "x", Role: "auditor", Org: "120000"}), []int64{v.subject["there"]}, 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := looks()
	page := v.ready(owner, onePath(held)).Body.String()
	if want := fmt.Sprintf(`name="owner" value="%d"`, v.subject["there"]); !strings.Contains(page, want) {
		t.Error("the form does not say about whom it is")
	}
	if looks() == before {
		t.Error("whose present values stand on the page is not told that they were looked at")
	}
	for _, about := range []string{"", "0", fmt.Sprint(v.subject["there too"])} {
		for _, answer := range []string{"take", "refuse"} {
			if got := v.send(owner, http.MethodPost, onePath(held), url.Values{"answer": {answer}, "reason": {"试"}, "owner": {about}}); got.Code != http.StatusConflict {
				t.Errorf("%s about %q: %d", answer, about, got.Code)
			}
		}
	}
	own := url.Values{"answer": {"take"}, "owner": {fmt.Sprint(v.subject["there"])}}
	if got := v.send(owner, http.MethodPost, onePath(held), own); got.Code != http.StatusForbidden {
		t.Errorf("the owner gives his subject away: %d", got.Code)
	}
	if _, err := v.reg.Profile(auth.In(t.Context(), owner), v.subject["there"]); err != nil {
		t.Error(err)
	}
	if got := v.send(bureau, http.MethodPost, onePath(held), own); got.Code != http.StatusSeeOther {
		t.Errorf("the city takes it: %d", got.Code)
	}
	if _, err := v.reg.Profile(auth.In(t.Context(), officer), v.subject["there"]); err != nil {
		t.Error("it did not move:", err)
	}
}

// What was undone comes back by a row of who brought it; said to lie elsewhere it is held, and can be taken.
func TestUndoneComesBack(t *testing.T) {
	v := newProvince(t)
	const head = "统一社会信用代码,企业名称,所属区,2019年职工总数\n"
	he, city, in := auth.In(t.Context(), officer), auth.In(t.Context(), bureau), auth.In(t.Context(), owner)
	asked := func() int {
		_, n, err := v.reg.Asked(city, 0, 10)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := asked()
	for range 3 {
		v.now = v.now.AddDate(0, 0, 1)
		report, id := v.importFile(t, officer, "名单.csv", head+uscc("73")+",撤回的公司,东丽区,62\n,没有代码的公司,东丽区,62\n")
		if report.Accepted != 2 || report.Brought != 2 || asked() != before {
			t.Errorf("%+v, asked about %d", report, asked())
		}
		if got := v.ready(officer, "/enterprises/"+uscc("73")); got.Code != http.StatusOK {
			t.Errorf("%d", got.Code)
		}
		if err := v.reg.Undo(he, id, nil); err != nil {
			t.Fatal(err)
		}
	}
	v.importFile(t, officer, "名单.csv", head+uscc("73")+",撤回的公司,西青区,62\n")
	list, n, err := v.reg.Asked(in, 0, 10)
	if err != nil || n != 1 {
		t.Fatal(list, n, err)
	}
	held := list[0].Subject.Subject
	for range 2 {
		if err := v.reg.AnswerHeld(in, held, 0, true, ""); err != nil {
			t.Fatal(err)
		}
		if got := v.ready(owner, "/enterprises/"+uscc("73")); got.Code != http.StatusOK {
			t.Errorf("taken: %d", got.Code)
		}
		if err := v.reg.UndoHeld(in, held); err != nil {
			t.Fatal(err)
		}
		if got := v.ready(owner, "/enterprises/"+uscc("73")); got.Code != http.StatusNotFound {
			t.Errorf("taken back: %d", got.Code)
		}
	}
	// What another one brought and undid is not his: it has a past.
	_, id := v.importFile(t, owner, "别区.csv", head+uscc("74")+",别人撤回的公司,西青区,62\n")
	if err := v.reg.Undo(in, id, nil); err != nil {
		t.Fatal(err)
	}
	n = asked()
	v.importFile(t, officer, "名单.csv", head+uscc("74")+",别人撤回的公司,,63\n")
	if asked() != n+1 {
		t.Error("the subject of another one came back")
	}
}

// Once something is taken, lists of other registers have what belongs to it.
func TestTakenBringsWhatBelongsToIt(t *testing.T) {
	v := newProvince(t)
	person := map[string]string{"person_no": "RY-75", "name": "赵七", "person_kind": "评审专家", "unit": "别区的公司", "unit_code": uscc("75")}
	if _, _, err := v.reg.Enter(auth.In(t.Context(), bureau), intake.Entry{Register: "person", Values: person, Source: "form", New: true}); err != nil {
		t.Fatal(err)
	}
	in := auth.In(t.Context(), owner)
	count := func() int {
		b, err := v.deps.Registers(in, "person", fact.Moment{})
		if err != nil {
			t.Fatal(err)
		}
		table, err := b.Current(in)
		if err != nil {
			t.Fatal(err)
		}
		return table.N
	}
	held := v.bring(t, uscc("75")+",别区的公司,西青区,65\n")[0].Subject.Subject
	before := count()
	if err := v.reg.AnswerHeld(in, held, 0, true, ""); err != nil {
		t.Fatal(err)
	}
	if got := count(); got != before+1 {
		t.Errorf("%d persons before, %d after", before, got)
	}
	if err := v.reg.UndoHeld(in, held); err != nil {
		t.Fatal(err)
	}
	if got := count(); got != before {
		t.Errorf("%d persons before, %d after it was given back", before, got)
	}
}

// Who brought something is told of it as he brought it, and only in the organisation for which he did.
func TestOutcomesSayWhatWasBrought(t *testing.T) {
	v := newProvince(t)
	held := v.bring(t, uscc("72")+",别区的公司,西青区,65\n")[0].Subject.Subject
	if err := v.reg.AnswerHeld(auth.In(t.Context(), owner), held, 0, true, ""); err != nil {
		t.Fatal(err)
	}
	v.now = v.now.AddDate(0, 0, 1)
	v.importFile(t, bureau, "市.csv", "统一社会信用代码,企业名称\n"+uscc("72")+",后来的秘密名称\n")
	if p, err := v.reg.Profile(auth.In(t.Context(), owner), held); err != nil || p.Name != "后来的秘密名称" {
		t.Fatal(p, err)
	}
	list, err := v.reg.Outcomes(auth.In(t.Context(), officer), 10)
	if err != nil || len(list) != 1 || list[0].Subject.Name != "别区的公司" || list[0].Subject.Code != uscc("72") {
		t.Errorf("%+v %v", list, err)
	}
	elsewhere := officer
	elsewhere.Org = "120104"
	if list, err := v.reg.Outcomes(auth.In(t.Context(), elsewhere), 10); err != nil || len(list) != 0 {
		t.Errorf("in another organisation: %+v %v", list, err)
	}
	// The bureau's own file after the answer is none of what was brought.
	who := bureau
	who.Org = mineOrg
	if list, err := v.reg.Outcomes(auth.In(t.Context(), who), 10); err != nil || len(list) != 0 {
		t.Errorf("of a later record: %+v %v", list, err)
	}
}

// Who asks for an erasure is told what others brought about the subject and waits for him: none of that is erased. Of a subject about which
// nothing was brought, and of one whose district is not asked, nothing is said.
func TestErasureTellsWhatWasBrought(t *testing.T) {
	v := newProvince(t)
	page := func(a auth.Actor, word string) string {
		t.Helper()
		w := v.ready(a, fmt.Sprintf("/s/%d/erase", v.subject[word]))
		if w.Code != http.StatusOK {
			t.Fatalf("%s: %d %s", word, w.Code, w.Body)
		}
		return w.Body.String()
	}
	const said = "份来件关于它"
	if strings.Contains(page(owner, "there"), said) {
		t.Error("nothing was brought yet")
	}
	list := v.bring(t, v.code["there"]+",别区的公司,,62\n")
	if got := page(owner, "there"); !strings.Contains(got, "1 "+said) || !strings.Contains(got, `href="/held"`) {
		t.Errorf("what was brought is not told: %s", got)
	}
	if !strings.Contains(page(officer, "here"), "1 "+said) || strings.Contains(page(officer, "here too"), said) {
		t.Error("the other district is told the wrong thing")
	}
	if err := v.reg.AnswerHeld(auth.In(t.Context(), owner), list[0].Subject.Subject, list[0].Owner.Subject, true, ""); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(page(owner, "there"), said) {
		t.Error("what was taken still waits")
	}
}

// Imports are seen as the scope says: by whoever sees whole registers, those into them, and otherwise one's own. A person who acts for one
// subject sees none, not even what he made in another role.
func TestImportsAreSeenByScope(t *testing.T) {
	v := newProvince(t)
	_, mine := v.importFile(t, officer, "甲.csv", "统一社会信用代码,企业名称,2019年职工总数\n"+v.code["here"]+",,62\n")
	_, citys := v.importFile(t, bureau, "市.csv", "统一社会信用代码,企业名称,2019年职工总数\n"+v.code["there"]+",,63\n")
	bounded := func(a auth.Actor, bounds string) auth.Actor {
		a.Bounds = bounds
		return a
	}
	firm := auth.Actor{ID: officer.ID, Role: "enterprise", Subject: v.subject["here"]}
	for name, c := range map[string]struct {
		who  auth.Actor
		want string // of the two
	}{
		"the city":                      {bureau, "甲市"},
		"the city, of enterprises":      {bounded(bureau, "see:enterprise"), "甲市"},
		"the city, of people":           {bounded(bureau, "see:person"), ""},
		"the city, of one subject":      {bounded(bureau, fmt.Sprint("see#", v.subject["here"])), ""},
		"the district":                  {officer, "甲"},
		"the district, of enterprises":  {bounded(officer, "see:enterprise"), "甲"},
		"the district, of people":       {bounded(officer, "see:person"), ""},
		"another district":              {owner, ""},
		"the person for one enterprise": {firm, ""},
	} {
		in := auth.In(t.Context(), c.who)
		list, _, err := v.reg.Imports(in, fact.Wanted{Chosen: []int64{mine, citys}}, 0, 10)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		got := ""
		for i := len(list) - 1; i >= 0; i-- {
			got += strings.TrimSuffix(list[i].File, ".csv")
		}
		alone := ""
		for _, id := range []int64{mine, citys} {
			if x, err := v.reg.ImportByID(in, id); err == nil {
				alone += strings.TrimSuffix(x.File, ".csv")
			}
		}
		if got != c.want || alone != c.want {
			t.Errorf("%s sees %q in the list and %q alone, want %q", name, got, alone, c.want)
		}
	}
}
