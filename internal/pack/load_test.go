package pack

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"eyas/internal/fault"
)

func loadCity(t testing.TB, files fstest.MapFS) *Pack {
	t.Helper()
	p, err := Load(files, ".")
	if errs, ok := err.(Errors); ok {
		t.Fatal("\n" + errs.Show("en"))
	}
	return p
}

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

func TestLoadKeepsWhatTheFilesSay(t *testing.T) {
	p := loadCity(t, city(t))
	if p.ID != "city" || p.Name.EN != "Sample City" || p.Zone.String() != "Asia/Shanghai" {
		t.Errorf("pack is %q %v in %v", p.ID, p.Name, p.Zone)
	}
	if o := p.Orgs[1]; o.ID != "990101" || o.Parent != "990000" || o.Short.ZH != "东" || !reflect.DeepEqual(o.Aliases, []string{"老东区"}) {
		t.Errorf("org is %+v", o)
	}
	reg := p.Registers[0]
	if a := reg.Attribute("score_plan"); !a.Expert || !a.Manual || *a.Range != [2]float64{0, 8} || a.Index != 10 {
		t.Errorf("score_plan is %+v", a)
	}
	if a := reg.Attribute("name"); reg.NameAttr != "name" || a.Kind != String || a.Aliases[0] != "单位名称" {
		t.Errorf("name is %+v", a)
	}
	want := []CodeItem{{Code: "A", Name: Text{"主板", "main"}}, {Code: "A1", Parent: "A", Name: Text{"沪市", "Shanghai"}}, {Code: "B", Name: Text{ZH: "创业板"}}}
	if !reflect.DeepEqual(p.Codes[0].Items, want) {
		t.Errorf("codes are %+v", p.Codes[0].Items)
	}
	r := p.Rules[0]
	if len(r.Laws) != 2 || r.Laws[0].Until != day("2019-12-31") || r.Laws[1].Status != Quoted || !p.Rules[1].Laws[0].From.IsZero() {
		t.Errorf("laws are %+v and %+v", r.Laws, p.Rules[1].Laws)
	}
	if l := r.Levers[0]; l.Direction != 1 || l.Step != 1 || l.AtMost != "staff" {
		t.Errorf("lever is %+v", l)
	}
}

func TestMarksBecomeNumbers(t *testing.T) {
	r := loadCity(t, city(t)).Rules[0]
	type short struct {
		name, text, unit string
		value            float64
	}
	var got []short
	for _, n := range r.Numbers {
		got = append(got, short{n.Name, n.Text, n.Unit, n.Value})
	}
	want := []short{
		{"staff.max", "500", "person", 500}, {"score.pass", "20", "point", 20},
		{"score.staff.p20", "30%", "percent", 0.3}, {"score.staff.p1", "2.5%", "percent", 0.025},
		{"score.growth.sales.p1", "0%", "percent", 0}, {"score.growth.staff.p5", "10%", "percent", 0.1},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("numbers are\n%v, want\n%v", got, want)
	}
	if n := r.Numbers[2]; n.Label.ZH != "科技人员：得 20 分的标准" || n.Label.EN != "Science staff: mark for 20 points" || n.Max != 0.6 || n.Step != 0.005 {
		t.Errorf("number is %+v", n)
	}
	growth := r.Score.Items[1]
	if b := growth.BestOf[0].Bands[0]; growth.BestOf[0].ID != "growth.sales" || !b.Over || b.Low != 1 || b.High != 10 || b.Number != "score.growth.sales.p1" {
		t.Errorf("reading is %+v", growth.BestOf[0])
	}
}

// A position in an expression plus that of the expression must be a position in the file. Package rule adds the two.
func TestExpressionsStandWhereTheirPlaceSays(t *testing.T) {
	files := city(t)
	p := loadCity(t, files)
	n := 0
	check := func(text string, pos Pos) {
		t.Helper()
		lines := strings.Split(string(files[pos.File].Data), "\n")
		for i, want := range strings.Split(text, "\n") {
			rest, _ := after(lines[pos.Line-1+i], pos.Column)
			if !strings.HasPrefix(rest, want) {
				t.Errorf("%v, line %d: the file has %q, the expression %q", pos, i, rest, want)
			}
			n++
		}
	}
	for _, r := range p.Rules {
		for _, c := range r.Criteria {
			check(c.When, c.Pos)
		}
	}
	for _, it := range p.Rules[0].Score.Items {
		if it.Of != "" {
			check(it.Of, it.Pos)
		}
		for _, b := range it.BestOf {
			check(b.Of, b.Pos)
		}
	}
	check(p.Rules[0].Score.Items[2].Cases[0].When, p.Rules[0].Score.Items[2].Cases[0].Pos)
	if n != 9 {
		t.Errorf("%d lines of expressions were looked at, want 9", n)
	}
}

func TestCasesTakeTheirModelsValues(t *testing.T) {
	p := loadCity(t, city(t))
	want := map[string]string{"staff@2020": "501", "st_staff@2020": "30", "sales@2019": "1亿元", "sales@2018": "2亿元", "listed": "否"}
	c := p.Tests[1]
	if !reflect.DeepEqual(c.Given, want) {
		t.Errorf("given is %v, want %v", c.Given, want)
	}
	if c.Rule != "first" || c.Date != day("2021-03-31") || c.Verdict != "unmet" || !*c.Near || c.Pending != nil {
		t.Errorf("case is %+v", c)
	}
	files := city(t)
	edit(t, files, "tests/first.yaml", "staff: 501, sales@2018: 2亿元", "staff: , sales@B-1: null, listed: ")
	if got, want := loadCity(t, files).Tests[1].Given, (map[string]string{"st_staff@2020": "30"}); !reflect.DeepEqual(got, want) {
		t.Errorf("with values taken away given is %v, want %v", got, want)
	}
}

func TestRuleInForce(t *testing.T) {
	files := city(t)
	edit(t, files, "rules/first.yaml", "from: 2020-01-01,", "from: 2020-01-01, until: 2021-07-08,")
	files["rules/first_2021.yaml"] = &fstest.MapFile{Data: []byte(`id: first
name: {zh: 第一级, en: First}
register: enterprise
laws:
  - {title: 新办法, from: 2021-08-01, until: 2022-07-31, status: quoted, checked_on: 2026-11-23}
numbers:
  staff.max: {value: 300人, label: {zh: 职工上限, en: Most staff}}
criteria:
  - {id: staff, name: {zh: 职工总数, en: Staff}, when: staff <= number('staff.max')}
certificate: none
`)}
	p := loadCity(t, files)
	if len(p.Rules) != 3 || p.Rules[0].ID != "first" || p.Rules[1].ID != "first" || p.Rules[1].Numbers[0].Value != 300 {
		t.Fatalf("versions are not in order of their dates")
	}
	for _, tc := range []struct {
		id, date, title string
		max             float64
	}{
		{"first", "2018-01-01", "样〔2018〕1号", 500}, {"first", "2019-12-31", "样〔2018〕1号", 500},
		{"first", "2020-01-01", "样〔2020〕1号", 500}, {"first", "2021-07-08", "样〔2020〕1号", 500},
		{"first", "2021-08-01", "新办法", 300}, {"first", "2022-07-31", "新办法", 300}, {"second", "1990-01-01", "第二级惯例", 2e10},
	} {
		r, w, err := p.Rule(tc.id, day(tc.date).Add(23*time.Hour))
		if err != nil || w.Title != tc.title && w.Number != tc.title || r.Numbers[0].Value != tc.max {
			t.Errorf("%s on %s: %v %v", tc.id, tc.date, w, err)
		}
	}
	for _, tc := range []struct {
		id, date, en, zh string
		code             fault.Code
	}{
		{"first", "2017-12-31", "no version of first is in force on 2017-12-31; the earliest applies from 2018-01-01", "2017-12-31 没有施行中的 first；最早的自 2018-01-01 起施行", fault.Invalid},
		{"first", "2021-07-09", "no version of first is in force on 2021-07-09; the earliest applies from 2018-01-01, and the last until 2022-07-31", "2021-07-09 没有施行中的 first；最早的自 2018-01-01 起施行，最后的到 2022-07-31 为止", fault.Invalid},
		{"third", "2021-01-01", "there is no rule third; the rules are first, second", "没有名为 third 的规则；有 first、second", fault.NotFound},
	} {
		_, _, err := p.Rule(tc.id, day(tc.date))
		var f *fault.Error
		if !errors.As(err, &f) || f.Code != tc.code || f.EN != tc.en || f.ZH != tc.zh {
			t.Errorf("%s on %s: %v", tc.id, tc.date, err)
		}
	}
}

func TestDatesByTheMonth(t *testing.T) {
	files := city(t)
	if loadCity(t, files).Registers[0].Attribute("registered_on").Monthly {
		t.Error("a date is by the month though the pack does not say so")
	}
	edit(t, files, "registers/enterprise.yaml", "registered on, kind: date", "registered on, kind: date, precision: month")
	if !loadCity(t, files).Registers[0].Attribute("registered_on").Monthly {
		t.Error("precision: month is not kept")
	}
}

func TestFingerprintChangesWithAnyFile(t *testing.T) {
	one := loadCity(t, city(t)).Fingerprint
	if two := loadCity(t, city(t)).Fingerprint; two != one || len(one) != 64 {
		t.Errorf("the same files give %s and %s", one, two)
	}
	files := city(t)
	edit(t, files, "codes/board.yaml", "创业板", "创业版")
	if two := loadCity(t, files).Fingerprint; two == one {
		t.Error("another file gives the same fingerprint")
	}
}

func TestLoadDirNamesFilesAsTheFolderWasNamed(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, city(t)); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadDir(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "org.yaml"), []byte("orgs: []\r\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := LoadDir(dir)
	if errs, ok := err.(Errors); !ok || errs[0].Pos.File != filepath.Join(dir, "org.yaml") || errs[0].Line != "orgs: []" {
		t.Errorf("got %v", err)
	}
	_, err = LoadDir(filepath.Join(dir, "nothing"))
	if errs, ok := err.(Errors); !ok || !strings.Contains(errs.Show("zh"), "读不了") {
		t.Errorf("a folder that is not there: %v", err)
	}
}

// Faults found after loading get their lines too.
func TestAnnotate(t *testing.T) {
	p := loadCity(t, city(t))
	c := p.Rules[0].Criteria[1]
	errs := p.Annotate(Errors{{Pos: Pos{File: c.Pos.File, Line: c.Pos.Line + 1, Column: c.Pos.Column + 5}, Text: "what"}})
	if errs[0].Line != "        || listed" || errs[0].Caret != "           ^" {
		t.Errorf("%q\n%q", errs[0].Line, errs[0].Caret)
	}
}

func TestCaret(t *testing.T) {
	for _, tc := range []struct {
		line, want string
		column     int
	}{
		{"abc", "^", 1}, {"abc", "  ^", 3}, {"企业abc", "　　^", 3}, {"a（企）b", " 　　　^", 5}, {"\tab", "\t ^", 3}, {"ab", "  ^", 9}, {"é〔x", " 　^", 3},
	} {
		if got := caret(tc.line, tc.column); got != tc.want {
			t.Errorf("caret under column %d of %q is %q, want %q", tc.column, tc.line, got, tc.want)
		}
	}
}

// For any files, loading returns a pack, or faults with positions inside the files.
func FuzzLoad(f *testing.F) {
	files := city(f)
	for name, file := range files {
		f.Add(name, string(file.Data))
	}
	for _, s := range []string{"", "a: [", "- - - a", "? a\n: b", "{", "a: |\n\n  x", "&a *a", "<<: 1", "a: !!int x", "\x00", "名: {", "- ~\n-", "laws: {from: 1}", "a: 'b\n c'", "---\n...\n"} {
		f.Add("rules/first.yaml", s)
	}
	names := map[string]bool{}
	for name := range files {
		names[name] = true
	}
	f.Fuzz(func(t *testing.T, name, text string) {
		if !names[name] || len(text) > 4096 {
			t.Skip()
		}
		changed := maps.Clone(files)
		changed[name] = &fstest.MapFile{Data: []byte(text)}
		p, err := Load(changed, ".")
		if err == nil {
			if len(p.Rules) == 0 || len(p.Orgs) == 0 {
				t.Fatal("an empty pack loads")
			}
			return
		}
		errs, ok := err.(Errors)
		if !ok || len(errs) == 0 || p != nil {
			t.Fatalf("neither a pack nor faults: %v", err)
		}
		for _, e := range errs {
			lines := strings.Count(lineEnds.Replace(text), "\n") + 1
			if e.Text == "" || e.ZH == "" || e.Pos.Line < 1 || e.Pos.Column < 1 || e.Pos.File == name && e.Pos.Line > lines {
				t.Fatalf("fault without a sentence or a place: %+v", e)
			}
		}
		_ = errs.Show("zh")
	})
}

// The main register is the one that the pack names, in any position.
func TestMainRegister(t *testing.T) {
	reg := func(id string) *Register { return &Register{ID: id} }
	about := func(id string) *Rule { return &Rule{ID: "r" + id, Register: id} }
	for name, c := range map[string]struct {
		p    Pack
		want string
	}{
		"named":           {Pack{Registers: []*Register{reg("a"), reg("b")}, MainID: "b", Rules: []*Rule{about("a")}}, "b"},
		"by the rules":    {Pack{Registers: []*Register{reg("a"), reg("b")}, Rules: []*Rule{about("b"), about("b")}}, "b"},
		"the only one":    {Pack{Registers: []*Register{reg("a")}}, "a"},
		"rules differ":    {Pack{Registers: []*Register{reg("a"), reg("b")}, Rules: []*Rule{about("a"), about("b")}}, ""},
		"nothing is said": {Pack{Registers: []*Register{reg("a"), reg("b")}}, ""},
		"none":            {Pack{}, ""},
	} {
		got := ""
		if r := c.p.Main(); r != nil {
			got = r.ID
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
