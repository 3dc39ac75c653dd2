package web

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
)

// loaded asks until the register of a past moment is in memory.
func loaded(t *testing.T, h http.Handler, at string) *httptest.ResponseRecorder {
	t.Helper()
	for range 1_000_000 {
		if w := get(h, at); w.Code != http.StatusServiceUnavailable {
			return w
		}
	}
	t.Fatalf("%s goes on loading", at)
	return nil
}

// All of the city came on 31 March: the day before, lists, exports, pages and forms knew nothing of it.
func TestRegistersAsKnownOn(t *testing.T) {
	d := town(t)
	h := handler(t, d)
	for at, want := range map[string]string{"/registers/carrier?known=2021-03-30": "载体库：0 家", "/registers/carrier?known=2021-03-30&date=2020-06-30": "载体库：0 家", "/registers/carrier?date=2020-06-30": "载体库：30 家"} {
		w := loaded(t, h, at)
		if got := text(one(t, parse(t, w.Body.String()), "h1")); w.Code != 200 || got != want {
			t.Errorf("%s: %d %q, want %q", at, w.Code, got, want)
		}
	}
	rows := func(at string) int {
		t.Helper()
		book, err := excelize.OpenReader(bytes.NewReader(loaded(t, h, at).Body.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		list, err := book.GetRows("载体库")
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	if now, then := rows("/registers/carrier/export.xlsx"), rows("/registers/carrier/export.xlsx?known=2021-03-30"); now-then != 30 {
		t.Errorf("%d rows now, %d then", now, then)
	}
	first := attr(find(parse(t, get(h, "/registers/carrier").Body.String()), "table.list tbody th a")[0], "href")
	if w := get(h, first); len(find(parse(t, w.Body.String()), ".related tbody tr")) == 0 {
		t.Error("the carrier has no tenants")
	}
	w := get(h, first+"?known=2021-03-30")
	if doc := parse(t, w.Body.String()); w.Code != 200 || len(find(doc, ".related tbody tr")) != 0 {
		t.Errorf("relations that were not known yet are shown: %d", w.Code)
	}
	loaded(t, h, "/registers?known=2021-03-30")
	doc := parse(t, get(h, "/registers?known=2021-03-30").Body.String())
	for _, row := range find(doc, "table.registers tbody tr")[1:] {
		if n := text(find(row, "td")[1]); n != "0" {
			t.Errorf("imports known then: %s", text(row))
		}
	}

	form := get(h, first+"/edit?known=2021-03-30")
	doc = parse(t, form.Body.String())
	checkPage(t, "the form", "zh-CN", form.Body.String(), doc)
	if !has(find(doc, ".subject-form fieldset")[0], "disabled") || strings.Contains(text(one(t, doc, ".subject-form")), "保存") {
		t.Error("the form of the past can be sent")
	}
	v := filled(t, parse(t, get(h, first+"/edit").Body.String()))
	if w := post(h, first+"/edit?known=2021-03-30", v); w.Code != http.StatusConflict {
		t.Errorf("a form of the past answers %d", w.Code)
	}
}

// Texts are filtered by part of them and sorted as a dictionary does; of more values than a menu holds, part is typed.
func TestRegisterTexts(t *testing.T) {
	h := handler(t, town(t))
	names := func(at string) (list []string) {
		t.Helper()
		w := get(h, at)
		if w.Code != 200 {
			t.Fatalf("%s answers %d: %s", at, w.Code, w.Body)
		}
		for _, row := range find(parse(t, w.Body.String()), "table.list tbody tr") {
			if cells := find(row, "td"); len(cells) > 1 {
				list = append(list, text(cells[1]))
			}
		}
		return list
	}
	units := names("/registers/person?col=unit&t.unit=海河")
	if len(units) == 0 || len(units) == len(names("/registers/person?col=unit")) {
		t.Errorf("%d people of 海河", len(units))
	}
	for _, u := range units {
		if !strings.Contains(u, "海河") {
			t.Errorf("found %q", u)
		}
	}
	up, down := names("/registers/person?col=unit&sort=unit"), names("/registers/person?col=unit&sort=-unit")
	if up[0] == down[0] {
		t.Errorf("sorted up and down, %q comes first", up[0])
	}
	for _, list := range [][]string{up, down} { // whoever has the same unit stands together
		if len(slices.Compact(slices.Clone(list))) != len(distinct(list)) {
			t.Errorf("equal units are apart: %q", list)
		}
	}
	for _, at := range []string{"/registers/person?t.phone=138", "/registers/person?t.reviews=1", "/registers/person?t.born_on=19"} {
		if w := get(h, at); w.Code != 422 {
			t.Errorf("%s answers %d", at, w.Code)
		}
	}
	doc := parse(t, get(h, "/registers/person?t.unit=海河").Body.String())
	if chip := text(one(t, doc, ".chips")); !strings.Contains(chip, "工作单位含“海河”") {
		t.Errorf("chips: %q", chip)
	}
	if got := names("/registers/carrier?col=carrier_kind&t.carrier_kind=众创"); len(got) != 10 || got[0] != "众创空间" {
		t.Errorf("part of the name of a code finds %q", got)
	}
}

func distinct(list []string) map[string]bool {
	set := map[string]bool{}
	for _, s := range list {
		set[s] = true
	}
	return set
}

// A name that two bear is settled with one click, which is a correction and can be taken back.
func TestChooseAmongNamesakes(t *testing.T) {
	d := town(t)
	h := handler(t, d)
	take := func(register string, lines ...string) {
		t.Helper()
		path := filepath.Join(t.TempDir(), register+".csv")
		if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := d.Intake.Import(t.Context(), layout.Source{Name: register + ".csv", Path: path}, layout.Options{Register: register}, nil); err != nil {
			t.Fatal(err)
		}
	}
	take("carrier", "载体编号,载体名称,载体类别", "T1,双名孵化器,孵化器", "T2,双名孵化器,孵化器")
	take("enterprise", "企业名称,入驻载体,入驻日期", "试验有限公司,双名孵化器,2020-01-01")
	refs, err := d.Known.Find(t.Context(), "试验有限公司")
	if err != nil || len(refs) != 1 {
		t.Fatal(refs, err)
	}
	id := refs[0].Subject
	page := func() string { return get(h, fmt.Sprintf("/enterprises/s-%d", id)).Body.String() }
	doc := parse(t, page())
	checkPage(t, "namesakes", "zh-CN", page(), doc)
	forms := find(doc, ".candidates form")
	if len(forms) != 2 {
		t.Fatalf("%d candidates", len(forms))
	}
	answer := map[string][]string{}
	for _, f := range find(forms[1], "input") {
		answer[attr(f, "name")] = []string{attr(f, "value")}
	}
	if w := post(h, attr(forms[1], "action"), answer); w.Code != http.StatusSeeOther {
		t.Fatalf("answers %d: %s", w.Code, w.Body)
	}
	if w := post(h, attr(forms[1], "action"), answer); w.Code != http.StatusConflict {
		t.Errorf("the second time it answers %d", w.Code)
	}
	said, err := d.Known.History(t.Context(), id)
	if err != nil || said[len(said)-1].Source.Source != intake.Corrections {
		t.Errorf("the choice stands as %+v, %v: it would rank last", said, err)
	}
	link := find(parse(t, page()), ".related table td a")[0]
	chosen := answer["subject"][0]
	if len(find(parse(t, page()), ".candidates")) != 0 || attr(link, "href") != "/s/"+chosen {
		t.Errorf("leads to %s and not to /s/%s", attr(link, "href"), chosen)
	}
	if tenants := text(one(t, parse(t, get(h, "/s/"+chosen).Body.String()), ".related")); !strings.Contains(tenants, "试验有限公司") {
		t.Errorf("the one that was chosen does not list its tenant: %q", tenants)
	}
	facts, err := d.Known.Sourced(t.Context(), id)
	at := slices.IndexFunc(facts, func(f fact.SourcedFact) bool { return f.Source.Form != "" })
	if err != nil || at < 0 || facts[at].Source.Form != "选定同名者" || facts[at].Source.Reason != "入驻载体“双名孵化器”指的是 T2" {
		t.Fatalf("entered as %+v, %v", facts, err)
	}
	if err := d.Intake.Undo(t.Context(), facts[at].Source.Import, nil); err != nil {
		t.Fatal(err)
	}
	if len(find(parse(t, page()), ".candidates form")) != 2 {
		t.Error("taken back, the choice still stands")
	}
}
