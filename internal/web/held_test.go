package web

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
)

var (
	owner  = auth.Actor{ID: "lu", Role: "district_officer", Org: otherOrg}
	bureau = auth.Actor{ID: "chen", Role: "bureau", Org: "120000"}
)

// heldFile is a file about one enterprise, with %[1]s for its code and %[2]s for its name.
type heldFile struct{ head, rows string }

// heldFiles are files as districts bring them: by code, by name, by both, with and without a place, several rows about one.
func heldFiles(seed uint64) (list []heldFile) {
	r := rand.New(rand.NewPCG(seed, 1))
	for _, form := range []string{"%[1]s,%[2]s", "%[1]s,别的名称", ",%[2]s", "%[1]s,"} {
		for _, place := range []string{"东丽区", "", "西青区", "南开区"} {
			f := heldFile{head: "统一社会信用代码,企业名称,所属区,2020年职工总数,2020年销售收入（万元）\n"}
			for range 1 + r.IntN(3) {
				says := place
				if r.IntN(4) == 0 {
					says = "西青区"
				}
				f.rows += fmt.Sprintf("%s,%s,%d,%d\n", form, says, 10+r.IntN(400), 100+r.IntN(9000))
			}
			list = append(list, f)
		}
	}
	return list
}

var numbers = regexp.MustCompile(`(/s/|/records/|/import/record/|/undo/entry/|#|"import":|"Import":|s-)\d+|id="[^"]*"|[0-9a-f]{16}…|[0-9a-f]{64}|"[0-9.]+ ms"|[0-9.]+ ms|[?&]from=\d+|日志头 \d+:|待办 <span class="count">\d+|(data-seen|value)="[^"]*"`)

// told is all that is told of a file to who brings it, and what he finds afterwards; without numbers of things.
func (v *province) told(t *testing.T, a auth.Actor, f heldFile, code, name string, again bool) string {
	t.Helper()
	in := auth.In(t.Context(), a)
	path := filepath.Join(t.TempDir(), "名单.csv")
	if err := os.WriteFile(path, []byte(fmt.Sprintf(f.head+f.rows, code, name)), 0o600); err != nil {
		t.Fatal(err)
	}
	src, opt := layout.Source{Name: "名单.csv", Path: path}, layout.Options{Register: "enterprise", Lang: "zh-CN"}
	var b strings.Builder
	say := func(x any) {
		text, err := json.Marshal(x)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(text)
		b.WriteByte('\n')
	}
	show := func(at string) {
		w := v.ready(a, at)
		fmt.Fprintf(&b, "%d %s\n", w.Code, unpacked(t, w.Header(), w.Body.Bytes()))
	}
	p, err := v.reg.Preview(in, src, opt, nil)
	if err != nil {
		t.Fatal(err)
	}
	say(p)
	var ids []int64
	for range 2 { // the second finds what the first made
		report, id, err := v.reg.Import(in, src, opt, nil)
		if err != nil {
			t.Fatal(err)
		}
		say(report)
		if id != 0 {
			ids = append(ids, id)
			show(fmt.Sprintf("/import/record/%d", id))
		}
	}
	for _, text := range []string{code, name} {
		found, err := v.reg.FindIn(in, "enterprise", text)
		if err != nil {
			t.Fatal(err)
		}
		for i := range found {
			found[i].Subject = 0
		}
		say(found)
		show("/enterprises?q=" + url.QueryEscape(text))
		show("/search?part=1&q=" + url.QueryEscape(text))
	}
	show("/enterprises/" + code)
	show("/enterprises")
	show("/enterprises?scope=" + a.Org)
	show("/held")
	entered, _, err := v.reg.Enter(in, intake.Entry{Register: "enterprise", Values: map[string]string{"uscc": code, "name": name, "staff@2020": "77"}, Source: "form", New: again, Lang: "zh-CN"})
	fmt.Fprintf(&b, "%s\n", fault.Of(err))
	if err == nil {
		ids = append(ids, entered)
	}
	show("/enterprises/" + code)
	_, err = v.reg.Link(in, "enterprise", nil)
	fmt.Fprintln(&b, fault.Of(err))
	city := auth.In(t.Context(), bureau)
	for _, id := range ids {
		if err := v.reg.Undo(city, id, nil); err != nil {
			t.Fatal(err)
		}
	}
	return numbers.ReplaceAllString(strings.NewReplacer(code, "CODE", strings.ToLower(code), "CODE", url.QueryEscape(name), "NAME", name, "NAME").Replace(b.String()), "N")
}

// What is told to who brings a file about a subject of another district, by preview, result, lists, counts, searches and pages, is
// byte for byte what he is told of a subject that nobody has.
func TestBroughtAboutOthersIsAsAboutNobody(t *testing.T) {
	v := newProvince(t)
	var before *fact.Profile
	for n, f := range heldFiles(20210331) {
		hidden, nobody := secret+"精密公司", "绝无仅有精密公司"
		if n%3 == 2 {
			v.now = v.now.AddDate(0, 0, 1)
		}
		a := v.told(t, officer, f, v.code["there too"], hidden, n%2 == 0)
		b := v.told(t, officer, f, uscc("99"), nobody, n%2 == 0)
		if a != b {
			x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
			shown := 0
			for i := range min(len(x), len(y)) {
				if x[i] != y[i] && shown < 6 {
					t.Errorf("file %d\n%s\nhidden: %.600s\nnobody: %.600s", n, f.rows, x[i], y[i])
					shown++
				}
			}
			t.Fatalf("of a hidden subject %d bytes are told, of none %d", len(a), len(b))
		}
		p, err := v.reg.Profile(auth.In(t.Context(), bureau), v.subject["there too"])
		if err != nil {
			t.Fatal(err)
		}
		if before != nil && (p.Change != before.Change || p.Name != before.Name) {
			t.Errorf("file %d changed the subject of the other district", n)
		}
		before = p
	}
}

// The owner takes what was brought, refuses it for a reason, and takes both back. Who brought it is told of the answer alone.
func TestOwnerAnswers(t *testing.T) {
	v := newProvince(t)
	rows := "统一社会信用代码,企业名称,所属区,2019年职工总数\n" + v.code["there"] + ",别的名称,东丽区,62\n" + uscc("71") + ",新来的公司,东丽区,64\n" + uscc("72") + ",别区的公司,西青区,65\n"
	report, id := v.importFile(t, officer, "名单.csv", rows)
	if report.Refused != 0 || report.Accepted != 3 || report.Brought != 3 {
		t.Fatalf("%+v", report)
	}
	if got := v.ready(officer, fmt.Sprintf("/import/record/%d", id)); got.Code != 200 || strings.Contains(got.Body.String(), secret) {
		t.Errorf("%d", got.Code)
	}
	in := auth.In(t.Context(), owner)
	staff := func() string {
		p, err := v.reg.Profile(in, v.subject["there"])
		if err != nil {
			t.Fatal(err)
		}
		then := 0.0
		if f := p.Fact("staff", 2019); f != nil {
			then = f.Value.Num
		}
		return fmt.Sprint(then, " ", p.Name)
	}
	before := staff()
	list, total, err := v.reg.Asked(in, 0, 10)
	if err != nil || total != 2 || list[0].Owner.Subject != v.subject["there"] || list[0].Org != mineOrg || list[1].Owner.Subject != 0 || list[1].Subject.Name != "别区的公司" {
		t.Fatal(list, total, err)
	}
	for i, a := range []auth.Actor{{ID: "qi", Role: "district_officer", Org: "120104"}, officer} { // the last about what the rig holds
		if _, n, err := v.reg.Asked(auth.In(t.Context(), a), 0, 10); err != nil || n != i {
			t.Errorf("%s is asked about %d, %v", a.Org, n, err)
		}
		if err := v.reg.AnswerHeld(auth.In(t.Context(), a), list[0].Subject.Subject, list[0].Owner.Subject, true, ""); fault.Of(err) != fault.NotFound {
			t.Error(err)
		}
	}
	if _, n, err := v.reg.Asked(auth.In(t.Context(), bureau), 0, 10); err != nil || n != 3 {
		t.Errorf("the city is asked about %d, %v", n, err)
	}
	for _, reader := range []auth.Actor{{ID: "x", Role: "district_reviewer", Org: otherOrg}, {ID: "e", Role: "enterprise", Subject: v.subject["there"]}} {
		if _, _, err := v.reg.Asked(auth.In(t.Context(), reader), 0, 10); fault.Of(err) != fault.Forbidden {
			t.Errorf("%s: %v", reader.Role, err)
		}
	}
	held, fresh := list[0].Subject.Subject, list[1].Subject.Subject
	if _, err := v.reg.Profile(in, held); fault.Of(err) != fault.NotFound {
		t.Error("the owner sees what is held as a subject:", err)
	}
	outcomes := func() string {
		list, err := v.reg.Outcomes(auth.In(t.Context(), officer), 10)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for _, x := range list {
			fmt.Fprintf(&b, "%s %s %s;", x.Subject.Name, x.State, x.Reason)
			if x.Owner.Subject != 0 || x.By != "" {
				t.Errorf("who brought it is told %+v", x)
			}
		}
		return b.String()
	}
	// Refused: it counts for nothing.
	if err := v.reg.AnswerHeld(in, held, v.subject["there"], false, " "); fault.Of(err) != fault.Invalid {
		t.Error(err)
	}
	if err := v.reg.AnswerHeld(in, held, v.subject["there"], false, "不是我区企业的数"); err != nil {
		t.Fatal(err)
	}
	if err := v.reg.AnswerHeld(in, held, v.subject["there"], true, ""); fault.Of(err) != fault.NotFound {
		t.Error("answered twice:", err)
	}
	if got := outcomes(); got != "别的名称 refused 不是我区企业的数;" {
		t.Error(got)
	}
	if p, err := v.reg.Profile(auth.In(t.Context(), officer), held); err == nil && !p.Gone {
		t.Errorf("what was refused counts: %+v", p)
	}
	if staff() != before {
		t.Error(staff())
	}
	if err := v.reg.UndoHeld(in, held); err != nil {
		t.Fatal(err)
	}
	if got := outcomes(); got != "" {
		t.Error(got)
	}
	// Taken: it counts for the owner's subject.
	if err := v.reg.AnswerHeld(in, held, v.subject["there"], true, ""); err != nil {
		t.Fatal(err)
	}
	if got := staff(); !strings.HasPrefix(got, "62 ") || !strings.Contains(got, secret) {
		t.Error(got)
	}
	if _, err := v.reg.Profile(auth.In(t.Context(), officer), held); fault.Of(err) != fault.NotFound {
		t.Error("who brought it sees the subject of the other district:", err)
	}
	if got := outcomes(); got != "别的名称 taken ;" {
		t.Error(got)
	}
	if err := v.reg.UndoHeld(in, held); err != nil {
		t.Fatal(err)
	}
	if staff() != before {
		t.Error(staff())
	}
	if _, n, _ := v.reg.Asked(in, 0, 10); n != 2 {
		t.Errorf("asked about %d after taking back", n)
	}
	// Brought again after it was taken: asked again.
	if err := v.reg.AnswerHeld(in, held, v.subject["there"], true, ""); err != nil {
		t.Fatal(err)
	}
	if report, _ := v.importFile(t, officer, "又一份.csv", strings.Replace(rows, ",62\n", ",63\n", 1)); report.Accepted != 1 || report.Brought != 1 || report.Unchanged != 2 {
		t.Errorf("%+v", report)
	}
	if got := staff(); !strings.HasPrefix(got, "62 ") {
		t.Error("a row after an accepted one was not asked about:", got)
	}
	if err := v.reg.UndoHeld(in, held); fault.Of(err) != fault.Conflict {
		t.Error("two are held of one code:", err)
	}
	// One that nobody has becomes a subject of the place that it says.
	if err := v.reg.AnswerHeld(in, fresh, 0, true, ""); err != nil {
		t.Fatal(err)
	}
	if got := v.ready(owner, "/enterprises/"+uscc("72")); got.Code != http.StatusOK {
		t.Errorf("the owner sees what he took: %d", got.Code)
	}
	if got := v.ready(officer, "/enterprises/"+uscc("72")); got.Code != http.StatusNotFound {
		t.Errorf("who brought it still sees it: %d", got.Code)
	}
	if err := v.reg.UndoHeld(in, fresh); err != nil {
		t.Fatal(err)
	}
	if got := v.ready(owner, "/enterprises/"+uscc("72")); got.Code != http.StatusNotFound {
		t.Errorf("the owner sees what he gave back: %d", got.Code)
	}
}

// What is entered by hand about a subject of another district is held as a row of a file is.
func TestEnteredAboutOthersIsHeld(t *testing.T) {
	v := newProvince(t)
	for n, values := range []map[string]string{{"uscc": v.code["there"], "name": "甲"}, {"name": secret + "精密公司"}, {"uscc": uscc("81"), "name": "乙", "district": otherOrg}} {
		values["staff@2019"] = "7"
		_, subject, err := v.reg.Enter(auth.In(t.Context(), officer), intake.Entry{Register: "enterprise", Values: values, Source: "form", New: true})
		if err != nil {
			t.Fatal(err)
		}
		b, says, _, err := v.reg.Held(auth.In(t.Context(), owner), subject)
		if err != nil {
			t.Fatal(n, err)
		}
		if (b.Owner.Subject != 0) != (n < 2) || says.Fact("staff", 2019) == nil {
			t.Errorf("%d: %+v %+v", n, b, says)
		}
		if got := v.ready(owner, fmt.Sprintf("/held/%d", subject)); got.Code != http.StatusOK || !strings.Contains(got.Body.String(), "采用") {
			t.Errorf("%d: the page answers %d", n, got.Code)
		}
		if got := v.send(owner, http.MethodPost, fmt.Sprintf("/held/%d", subject), url.Values{"answer": {"refuse"}}); got.Code != http.StatusUnprocessableEntity {
			t.Errorf("%d: refused without a reason: %d", n, got.Code)
		}
	}
	if got := v.ready(owner, "/held"); !strings.Contains(got.Body.String(), "等您答复的来件 3 份") {
		t.Error("the list does not have all")
	}
	if got := v.ready(owner, "/todo"); !strings.Contains(got.Body.String(), "外机构来件") {
		t.Error("it is not among what waits")
	}
}
