package web

import (
	"bytes"
	"cmp"
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"eyas/internal/pack"
	"eyas/internal/registry"
	"eyas/internal/registry/cell"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
	"eyas/internal/rule"
	"eyas/internal/rule/list"
	"eyas/internal/sheet"
	"eyas/internal/store"
	"eyas/internal/store/basetest"
	"eyas/packs"
)

// roundValues are what is known of the subjects of a register, by the subject's code and name and by attribute@year.
func roundValues(t *testing.T, reg *registry.Registry, register string) map[string]map[string]string {
	t.Helper()
	all := map[string]map[string]string{}
	err := reg.EachProfile(t.Context(), register, 0, func(p *fact.Profile) error {
		if p.Gone {
			return nil
		}
		known := map[string]string{}
		for _, f := range p.Facts {
			known[fmt.Sprintf("%s@%d", f.Attr.ID, f.Year)] = fmt.Sprintf("%v %v %v %v", f.Value.Num, f.Value.Int, f.Value.Str, f.Void)
		}
		key := p.Code + " " + p.Name
		for all[key] != nil {
			key += "+"
		}
		all[key] = known
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// listAddress is the address of the export of a whole register with all columns that its list can show.
func listAddress(reg *pack.Register, known map[string]map[string]string, recognitions []string, unit, as string) string {
	q := url.Values{"unit": {unit}}
	if as != "" {
		q.Set("as", as)
	}
	years := map[string]bool{}
	for _, subject := range known {
		for key := range subject {
			if _, year, _ := strings.Cut(key, "@"); year != "0" {
				years[year] = true
			}
		}
	}
	for _, a := range reg.Attributes {
		switch {
		case a.ID == reg.CodeAttr:
			q.Add("col", "code")
		case a.Yearly:
			for year := range years {
				q.Add("col", a.ID+"@"+year)
			}
		default:
			q.Add("col", a.ID)
		}
	}
	for _, id := range recognitions {
		q.Add("col", "v."+id)
		q.Add("col", "o."+id)
		q.Add("col", "s."+id)
	}
	slices.Sort(q["col"])
	return "/registers/" + reg.ID + "/export.xlsx?" + q.Encode()
}

// compiled are the pack and its rules, which no check of a property changes.
var compiled = sync.OnceValues(func() (*pack.Pack, *rule.Set) {
	p, err := packs.Default()
	if err != nil {
		panic(err)
	}
	set, err := rule.Compile(p)
	if err != nil {
		panic(err)
	}
	return p, set
})

// roundBase is an empty base of its own.
func roundBase(t *testing.T, rt *rapid.T, at time.Time) *registry.Registry {
	p, _ := compiled()
	path := basetest.Path(t)
	db, err := store.Open(t.Context(), path)
	if err != nil {
		rt.Fatal(err)
	}
	rt.Cleanup(func() { db.Close() })
	return registry.New(p, db, func() time.Time { return at })
}

// roundPages are the pages of a base.
func roundPages(t *testing.T, rt *rapid.T, reg *registry.Registry) http.Handler {
	p, set := compiled()
	clock := func() time.Time { return time.Date(2021, 3, 31, 9, 0, 0, 0, time.UTC) }
	all := list.NewRegisters(t.Context(), list.Config{Pack: p, Source: reg, Rules: set, Small: 1000}, nil, reg, 1<<30)
	all.Refresh(t.Context(), nil)
	d := Deps{Hosts: []string{"example.com"}, Pack: p, Rules: set, Version: "test", BaseName: "2019年底库（亿元）.db", Clock: clock}.WithRegistry(reg)
	d.Registers = func(ctx context.Context, id string, m fact.Moment) (Base, error) { return all.Get(ctx, id, m) }
	s, err := New(d)
	if err != nil {
		rt.Fatal(err)
	}
	return s
}

var (
	roundTexts = rapid.OneOf(
		rapid.SampledFrom([]string{"无人机；航电", "‘引号’", "a,b\"c", "第一行\n第二行", "=1+1", "'=1", "-5", "+86 22", "@某", "软件开发、信息服务", "2020", "007", "〔不导入〕", "12345678901234567890", "是", "1e5", "3.10", "2020-01-01"}),
		rapid.StringOfN(rapid.RuneFrom([]rune("天津市东丽区甲乙丙丁abcXYZ0189（）()·-/. ，：&<>\"'")), 1, 24, -1))
	roundYears = []int{2019, 2020}
)

// roundValue is a cell of an attribute as a bureau may write it.
func roundValue(rt *rapid.T, p *pack.Pack, a *pack.Attribute) string {
	switch a.Kind {
	case pack.Money:
		fen := rapid.OneOf(rapid.Int64Range(0, 999_999), rapid.Int64Range(0, 9_999_999_999_999), rapid.Int64Range(0, 90_071_992_547_409_91)).Draw(rt, a.ID)
		unit := map[string]string{"usd": "美元"}[a.Unit]
		return fmt.Sprintf("%d.%02d%s", fen/100, fen%100, cmp.Or(unit, "元"))
	case pack.Integer:
		return fmt.Sprint(rapid.OneOf(rapid.IntRange(0, 50), rapid.IntRange(0, 5_000_000)).Draw(rt, a.ID))
	case pack.Decimal:
		return fmt.Sprint(float64(rapid.IntRange(0, 200_000).Draw(rt, a.ID)) / 1000)
	case pack.Date:
		return time.Unix(86400*int64(rapid.IntRange(-10_000, 18_700).Draw(rt, a.ID)), 0).UTC().Format(time.DateOnly)
	case pack.Boolean:
		return rapid.SampledFrom([]string{"是", "否"}).Draw(rt, a.ID)
	case pack.Code:
		if a.Codes != "" && rapid.IntRange(0, 9).Draw(rt, a.ID+" listed") > 0 {
			if codes := codesOf(p, a.Codes); len(codes) > 0 {
				return rapid.SampledFrom(codes).Draw(rt, a.ID)
			}
		}
		return rapid.SampledFrom([]string{"X-1", "北京市海淀区", "007", "其他（自填）"}).Draw(rt, a.ID)
	case pack.List:
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"陶瓷", "复合材料", "赵六", "A-1"}), 1, 3).Draw(rt, a.ID), "；")
	}
	return roundTexts.Draw(rt, a.ID)
}

// codesOf are the codes of a list, or of the parts of the city.
func codesOf(p *pack.Pack, id string) (codes []string) {
	for _, o := range p.Orgs {
		if o.Kind != "city" && (id == "org" && o.Kind == "district" || id == "zone" && o.Kind != "district") {
			codes = append(codes, o.ID)
		}
	}
	for _, l := range p.Codes {
		if l.ID == id {
			for _, item := range l.Items {
				codes = append(codes, item.Code)
			}
		}
	}
	return codes
}

// roundFile is a file with every attribute of a register that is not personal, as CSV under the attributes' ids.
func roundFile(rt *rapid.T, p *pack.Pack, reg *pack.Register) []byte {
	var out bytes.Buffer
	w := sheet.NewCSV(&out)
	var head []string
	type column struct {
		a    *pack.Attribute
		year int
	}
	var columns []column
	for _, a := range reg.Attributes {
		switch {
		case a.Personal && a.ID != reg.NameAttr:
		case a.Yearly:
			for _, year := range roundYears {
				columns = append(columns, column{a, year})
				head = append(head, fmt.Sprintf("%s@%d", a.ID, year))
			}
		default:
			columns = append(columns, column{a, 0})
			head = append(head, a.ID)
		}
	}
	if err := w.Row(head...); err != nil {
		rt.Fatal(err)
	}
	for i := range rapid.IntRange(1, 5).Draw(rt, "rows") {
		row := make([]string, len(columns))
		for k, c := range columns {
			switch {
			case c.a.ID == reg.CodeAttr && reg.Scheme() == pack.USCC:
				code := fmt.Sprintf("91120116MA%07d", i+rapid.IntRange(1, 999).Draw(rt, "code")*10)
				row[k] = code + string(cell.CheckCharacter(code))
			case c.a.ID == reg.CodeAttr:
				row[k] = fmt.Sprintf("NO-%04d", i+rapid.IntRange(1, 999).Draw(rt, "code")*10)
			case c.a.ID == reg.NameAttr:
				row[k] = fmt.Sprintf("天津%s第%d号示例有限公司", rapid.SampledFrom([]string{"海河", "津门", "甲（集团）", "A&B<c>"}).Draw(rt, "name"), i+1)
			case rapid.IntRange(0, 3).Draw(rt, c.a.ID+" blank") == 0:
			default:
				row[k] = roundValue(rt, p, c.a)
			}
		}
		if err := w.Row(row...); err != nil {
			rt.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		rt.Fatal(err)
	}
	return out.Bytes()
}

// roundTake imports a file and gives what was said of it.
func roundTake(t *testing.T, rt *rapid.T, into *registry.Registry, register, name string, data []byte, synthetic bool) (*intake.FileReport, *intake.Preview) {
	path := filepath.Join(t.TempDir(), "file"+filepath.Ext(name))
	if err := os.WriteFile(path, data, 0o600); err != nil {
		rt.Fatal(err)
	}
	opt := layout.Options{Register: register, Lang: "en", Synthetic: synthetic}
	preview, err := into.Preview(t.Context(), layout.Source{Name: name, Path: path}, opt, nil)
	if err != nil {
		rt.Fatalf("%s: %v", name, err)
	}
	report, _, err := into.Import(t.Context(), layout.Source{Name: name, Path: path}, opt, nil)
	if err != nil {
		rt.Fatalf("%s: %v", name, err)
	}
	return report, preview
}

// A list that is exported with all its columns, as XLSX or CSV, in either language and any unit of amounts, and imported again
// changes nothing where it came from, with nothing refused, asked or left out; an empty base it gives the same values, to the
// fen and the day. Every register of the pack.
func TestExportedListImportsAgain(t *testing.T) {
	if os.Getenv("EYAS_SOAK") == "" { // a check makes two bases
		checks := flag.Lookup("rapid.checks")
		old := checks.Value.String()
		if err := checks.Value.Set(map[bool]string{true: "2", false: "6"}[testing.Short()]); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { checks.Value.Set(old) })
	}
	p, _ := compiled()
	var recognitions []string
	for _, r := range p.Rules {
		recognitions = append(recognitions, r.ID)
	}
	for _, r := range p.Registers {
		t.Run(r.ID, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) { exportedAgain(t, rt, r, recognitions) })
		})
	}
}

func exportedAgain(t *testing.T, rt *rapid.T, r *pack.Register, recognitions []string) {
	p, _ := compiled()
	day := time.Date(2021, 3, 31, 9, 0, 0, 0, time.UTC)
	base := roundBase(t, rt, day)
	synthetic := rapid.Bool().Draw(rt, "synthetic")
	data := roundFile(rt, p, r)
	roundTake(t, rt, base, r.ID, "first.csv", data, synthetic)
	before := roundValues(t, base, r.ID)
	lang := rapid.SampledFrom([]string{"zh-CN", "en"}).Draw(rt, "lang")
	at := listAddress(r, before, recognitions, rapid.SampledFrom([]string{"yuan", "wan", "yi"}).Draw(rt, "unit"), rapid.SampledFrom([]string{"", "csv"}).Draw(rt, "as")) + "&lang=" + lang
	if r.ID == "enterprise" {
		at = strings.Replace(at, "/registers/enterprise/export.xlsx", "/enterprises.xlsx", 1)
	}
	w := get(roundPages(t, rt, base), at)
	if w.Code != http.StatusOK {
		rt.Fatalf("%s: %d %s", at, w.Code, w.Body)
	}
	name, err := url.PathUnescape(strings.SplitN(w.Header().Get("Content-Disposition"), "''", 2)[1])
	if err != nil {
		rt.Fatal(err)
	}
	fresh := roundBase(t, rt, day.AddDate(0, 0, 1))
	for _, into := range []*registry.Registry{base, fresh} {
		report, preview := roundTake(t, rt, into, r.ID, name, w.Body.Bytes(), false)
		shown := map[string]bool{} // attributes that the list has
		for _, c := range preview.Sheets[0].Columns {
			shown[c.Attr] = true
		}
		asked := slices.ContainsFunc(report.Warnings, func(i layout.Issue) bool { return i.Scope == "question" })
		if report.Rows != len(before) || report.Refused+report.RefusalCount > 0 || len(report.Unmapped) > 0 || asked {
			rt.Fatalf("%d rows of %d, refused %v, left out %q, asked %v, in %s\n%s", report.Rows, len(before), report.Refusals, report.Unmapped, asked, name, readable(data))
		}
		after := roundValues(t, into, r.ID)
		if len(after) != len(before) {
			rt.Fatalf("%d subjects, %d before", len(after), len(before))
		}
		for subject, known := range before {
			for id, value := range known {
				attr, _, _ := strings.Cut(id, "@")
				if into == fresh && !shown[attr] {
					continue
				}
				if got := after[subject][id]; got != value {
					rt.Fatalf("%s of %s: %q, was %q, in %s\n%s", id, subject, got, value, name, readable(data))
				}
			}
			if into == base && len(after[subject]) != len(known) {
				rt.Fatalf("%s: %v, was %v", subject, after[subject], known)
			}
		}
		if marked, err := into.Synthetic(t.Context()); err != nil || marked != synthetic {
			rt.Fatalf("marked as generated: %v, want %v, %v", marked, synthetic, err)
		}
	}
}

// readable is a file for a message.
func readable(data []byte) string { return string(data[:min(len(data), 6000)]) }
