package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"eyas/internal/auth"
	"eyas/internal/registry"
	"eyas/internal/registry/layout"
	"eyas/internal/store"
	"eyas/packs"
)

var updateRights = flag.Bool("rights.update", false, "write testdata/rights.txt anew; review what changed")

// samples are how each command is run in the table: with {code} for the code of an enterprise of the first district, {file} for a list
// without rows and {rows} for one with two. Where it is allowed it changes nothing, but for a draft of a case.
var samples = map[string][]string{
	"import":           {"import", "{file}"},
	"template":         {"template", "--out", "{out}"},
	"link":             {"link", "{rows}", "--out", "{csv}"},
	"connect":          {"connect", "tsme_portal", "export", "--out", "{csv}"},
	"imports":          {"imports"},
	"erase":            {"erase", "--record", "99999", "--column", "A", "--reason", "试一试权限"},
	"retain":           {"retain"},
	"undo":             {"undo", "99999"},
	"screen":           {"screen", "--rule", "tsme"},
	"quality":          {"quality"},
	"explain":          {"explain", "{code}", "--rule", "tsme"},
	"simulate":         {"simulate", "--rule", "tsme", "--set", "score.pass=50"},
	"rule show":        {"rule", "show", "tsme"},
	"rule list":        {"rule", "list"},
	"pack check":       {"pack", "check"},
	"pack test":        {"pack", "test"},
	"profile":          {"profile", "{code}"},
	"licences":         {"licences"},
	"version":          {"version"},
	"hook list":        {"hook", "list"},
	"hook add":         {"hook", "add", "--url", "http://10.0.0.1/"},
	"hook replay":      {"hook", "replay", "99999"},
	"matter list":      {"matter", "list"},
	"matter show":      {"matter", "show", "hnte"},
	"case new":         {"case", "new", "--matter", "tsme", "--subject", "{code}", "--key", "{key}"},
	"case act":         {"case", "act", "99999", "pass"},
	"case show":        {"case", "show", "99999"},
	"case list":        {"case", "list"},
	"case import":      {"case", "import", "--matter", "tsme", "--outcome", "{file}", "--preview", "--state", "granted", "--as-of", "2021-03-31", "--year", "2021"},
	"case questions":   {"case", "questions", "--matter", "tsme"},
	"case expiring":    {"case", "expiring"},
	"case certificate": {"case", "certificate", "99999"},
	"case answer":      {"case", "answer", "99999", "--note", "x"},
	"case export":      {"case", "export", "--matter", "tsme", "--stage", "national", "--template", "tsme_portal", "--preview"},
	"workday":          {"workday", "2021-02-10", "+10"},
	"person start":     {"person", "start"},
	"person add":       {"person", "add", "nobody", "--role", "bureau", "--org", "120000"},
	"person list":      {"person", "list"},
	"person lock":      {"person", "lock", "nobody"}, "person unlock": {"person", "unlock", "nobody"}, "person token": {"person", "token", "nobody"}, "person api-token": {"person", "api-token", "nobody"},
}

// leaves are all commands of the program, by the names that one writes, taken from the declarations that kong reads.
func leaves(t *testing.T) (all []string) {
	t.Helper()
	parser, err := kong.New(&commands{}, kong.Name("eyas"))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range parser.Model.Leaves(true) {
		var path []string
		for at := n; at != nil && at.Type == kong.CommandNode; at = at.Parent {
			path = append([]string{at.Name}, path...)
		}
		all = append(all, strings.Join(path, " "))
	}
	return all
}

// ran says how a command ended: K done, R done with rows refused, F refused for want of a right, N what it is about is not there,
// C conflict, U wrong use, X another failure.
func ran(t *testing.T, args ...string) (letter, out string) {
	t.Helper()
	var said, errs bytes.Buffer
	code := run(t.Context(), append(args, "--lang", "zh-CN"), &said, &errs)
	switch text := errs.String(); {
	case code == exitDone:
		letter = "K"
	case code == exitRefused:
		letter = "R"
	case strings.Contains(text, "没有权限") || strings.Contains(text, "由市局办理"):
		letter = "F"
	case code == exitUsage:
		letter = "U"
	case strings.Contains(text, "已有人员"):
		letter = "C"
	case strings.Contains(text, "没有"):
		letter = "N"
	default:
		letter = "X"
	}
	return letter, said.String() + errs.String()
}

// actors are the persons of the table: one for each role and each organisation for which it may be granted, of two districts and of
// the city, a zone and a park.
func actors(t *testing.T, code string) (list [][3]string) {
	t.Helper()
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	orgs := map[string][]string{"city": {"120000"}, "district": {"120110", "120111"}, "zone": {"teda"}, "park": {"huayuan"}}
	for _, r := range p.Roles {
		if len(r.For) > 0 {
			if slices.Contains(r.For, "enterprise") {
				list = append(list, [3]string{r.ID, "", code})
			}
			continue
		}
		for _, kind := range r.Orgs {
			for _, o := range orgs[kind] {
				list = append(list, [3]string{r.ID, o, ""})
			}
		}
	}
	return list
}

// Each command for each role, with --as: of the district in which the enterprise lies that it is about, of the one beside it, of the
// city, a zone and a park. The table is read and reviewed by people; a command without a row fails. What the machine's owner runs
// without saying who acts is in the table as his.
func TestCommandsTable(t *testing.T) {
	dir := t.TempDir()
	db := filepath.Join(dir, "eyas.db")
	t.Setenv("EYAS_TOKEN", "")
	code := "91120110MA0000001D"
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	rows := write("rows.csv", "统一社会信用代码,企业名称,所属区,2020年职工总数\n"+code+",甲区示例机械有限公司,东丽区,60\n,乙区示例机械有限公司,西青区,61\n")
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	base, err := store.Open(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := registry.New(p, base, time.Now).Import(auth.As(t.Context(), operator), layout.Source{Name: "rows.csv", Path: rows}, layout.Options{Register: "enterprise", Synthetic: true}, nil); err != nil {
		t.Fatal(err)
	}
	if err := base.Close(); err != nil {
		t.Fatal(err)
	}
	list := actors(t, code)
	tokens := make([]string, len(list))
	for i, x := range list {
		args := []string{"person", "add", fmt.Sprintf("p%d", i), "--role", x[0], "--json", "--db", db}
		if x[1] != "" {
			args = append(args, "--org", x[1])
		} else {
			args = append(args, "--subject", x[2])
		}
		how, out := ran(t, args...)
		var made struct{ Token string }
		if err := json.Unmarshal([]byte(out), &made); how != "K" || err != nil {
			t.Fatal(x, how, out, err)
		}
		tokens[i] = made.Token
	}
	fill := strings.NewReplacer("{code}", code, "{rows}", rows, "{csv}", filepath.Join(dir, "out.csv"), "{file}", write("empty.csv", "统一社会信用代码,企业名称\n"), "{out}", filepath.Join(dir, "out.xlsx"))
	var b strings.Builder
	b.WriteString("Each command as somebody runs it with --as: go test ./cmd/eyas -run TestCommandsTable -rights.update writes it anew.\n" +
		"K done, R done with rows refused, F refused for want of a right, N what it is about is not there, C conflict, U wrong use, X another failure.\n" +
		"The enterprise that it is about lies in 120110. A write is about something that there is not.\n\n")
	for i, x := range list {
		fmt.Fprintf(&b, "%2d %s %s\n", i+1, x[0], strings.TrimSpace(x[1]))
	}
	for _, name := range leaves(t) {
		first, _, _ := strings.Cut(name, " ")
		if slices.Contains(owners, first) && first != "person" {
			if samples[name] != nil {
				t.Errorf("eyas %s is the machine's owner's and has a sample", name)
			}
			fmt.Fprintf(&b, "\n%-14s the machine's owner", name)
			continue
		}
		args := samples[name]
		if args == nil {
			t.Errorf("the command eyas %s has no row: say in samples how it is run", name)
			continue
		}
		fmt.Fprintf(&b, "\n%-14s", name)
		for i := range list {
			t.Setenv("EYAS_TOKEN", tokens[i])
			var own []string
			for _, a := range args {
				own = append(own, fill.Replace(a))
			}
			how, out := ran(t, append(own, "--as", fmt.Sprintf("p%d", i), "--db", db)...)
			if how == "X" {
				t.Errorf("eyas %s as %v: %s", name, list[i], out)
			}
			b.WriteString(how)
		}
	}
	b.WriteByte('\n')
	const kept = "testdata/rights.txt"
	if *updateRights {
		if err := os.WriteFile(kept, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(kept)
	if err != nil {
		t.Fatal(err)
	}
	got, old := strings.Split(b.String(), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(got), len(old)) {
		if g, o := lineAt(got, i), lineAt(old, i); g != o {
			t.Errorf("line %d is\n%s\nthe table has\n%s", i+1, g, o)
		}
	}
}

func lineAt(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return ""
}
