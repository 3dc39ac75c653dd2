package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"eyas/packs"
)

// realData is where the real files of development lie; they are no part of the project.
const realData = "../../../shared/data"

const (
	// lookedUp are the public lists that a bureau can look up for every enterprise, and so may declare complete.
	lookedUp = "abnormal_list,breach_list"
	// assumed are the yes/no attributes whose blanks the labelled assumption takes as no.
	assumed = lookedUp + ",national_award_top3,province_award,rd_institution,standards_led,standards_joined," +
		"software_certificates,competition_national,competition_provincial"
)

// TestRealInput imports real files as they are and holds what docs/real-input.md tells of them.
func TestRealInput(t *testing.T) {
	if _, err := os.Stat(realData); err != nil {
		t.Skipf("skipped: the real files are not here (%v)", err)
	}
	listed := filepath.Join(realData, "listed-companies/tianjin_listed_company_year.csv")
	bureau := filepath.Join(realData, "bureau-register")
	register, pairs, unmatched := filepath.Join(bureau, "enterprise_register.csv"), filepath.Join(bureau, "name_pairs.csv"), filepath.Join(bureau, "names_without_register_match.csv")
	sheet := checkedSheet(t, listed)

	asIs := newRealBase(t)
	asIs.imports(0, "160 160 0 0, refused cells 0, warnings 0, unmapped 23", listed)
	asIs.screens("2021-03-31", "", map[string]string{
		"tsme": "0 0 5 0 54", "hnte": "0 0 59 0 0", "eaglet": "0 0 59 0 0", "gazelle": "0 0 42 0 17", "leader": "0 0 0 0 59",
		"leader_cultivated": "0 0 40 0 19", "unicorn": "0 0 59 0 0", "unicorn_seed": "0 0 59 0 0"})
	asIs.decided("2021-03-31", "", 477)
	asIs.decided("2021-03-31", assumed, 536)

	declared := newRealBase(t)
	declared.imports(0, "160 160 0 0, refused cells 0, warnings 0, unmapped 23", "--complete", lookedUp, listed)
	declared.decided("2021-03-31", "", 477)
	declared.imports(0, "59 59 0 0, refused cells 0, warnings 0, unmapped 0", sheet)
	declared.decided("2021-03-31", "", 842)
	declared.decided("2021-03-31", assumed, 901)
	declared.screens("2021-03-31", "", map[string]string{
		"tsme": "0 0 5 0 54", "hnte": "0 0 59 0 0", "eaglet": "0 0 59 0 0", "gazelle": "0 0 42 0 17", "leader": "0 0 0 0 59",
		"leader_cultivated": "0 0 40 0 19", "unicorn": "0 0 0 0 59", "unicorn_seed": "0 0 0 0 59"})

	names := newRealBase(t)
	names.imports(3, "2036 2036 0 0, refused cells 26, warnings 76, unmapped 3", register)
	names.imports(0, "2041 381 1660 0, refused cells 0, warnings 0, unmapped 3", pairs)
	names.imports(0, "715 714 1 0, refused cells 0, warnings 0, unmapped 0", unmatched)
	names.screens("2021-03-31", "", map[string]string{
		"tsme": "0 0 2755 0 0", "hnte": "0 0 2755 0 0", "eaglet": "0 0 2730 0 25", "gazelle": "0 0 2755 0 0", "leader": "0 0 0 0 2755",
		"leader_cultivated": "0 0 2755 0 0", "unicorn": "0 0 2745 0 10", "unicorn_seed": "0 0 2549 0 206"})
	names.imports(0, "2041 0 2041 0, refused cells 0, warnings 0, unmapped 3", pairs)
}

// realBase is a base of its own, driven as scripts drive it.
type realBase struct {
	t  *testing.T
	db string
}

func newRealBase(t *testing.T) *realBase {
	return &realBase{t, filepath.Join(t.TempDir(), "base.db")}
}

func (b *realBase) run(code int, args ...string) []byte {
	b.t.Helper()
	var out, errs bytes.Buffer
	if got := run(b.t.Context(), append(args, "--db", b.db, "--json"), &out, &errs); got != code {
		b.t.Fatalf("eyas %s: exit %d, want %d: %s", strings.Join(args, " "), got, code, errs.String())
	}
	return out.Bytes()
}

// imports takes one file in: want is rows accepted unchanged refused, and what was said of cells and columns.
func (b *realBase) imports(code int, want string, args ...string) {
	b.t.Helper()
	var o struct {
		Files []struct {
			Rows, Accepted, Unchanged, Refused int
			RefusalCount                       int `json:"refusal_count"`
			WarningCount                       int `json:"warning_count"`
			Unmapped                           []string
		}
	}
	if err := json.Unmarshal(b.run(code, append([]string{"import"}, args...)...), &o); err != nil {
		b.t.Fatal(err)
	}
	f := o.Files[0]
	got := fmt.Sprintf("%d %d %d %d, refused cells %d, warnings %d, unmapped %d", f.Rows, f.Accepted, f.Unchanged, f.Refused,
		f.RefusalCount-f.Refused, f.WarningCount, len(f.Unmapped))
	if got != want {
		b.t.Errorf("import %s: %s, want %s", args[len(args)-1], got, want)
	}
}

// screens holds met, near, unknown, pending and unmet of each rule.
func (b *realBase) screens(date, assume string, want map[string]string) {
	b.t.Helper()
	for _, rule := range slices.Sorted(maps.Keys(want)) {
		var o struct {
			Met, Near, Unknown, Unmet int
			Pending                   int `json:"pending_manual"`
		}
		if err := json.Unmarshal(b.run(0, b.screen(rule, date, assume)...), &o); err != nil {
			b.t.Fatal(err)
		}
		if got := fmt.Sprint(o.Met, o.Near, o.Unknown, o.Pending, o.Unmet); got != want[rule] {
			b.t.Errorf("%s on %s: %s, want %s", rule, date, got, want[rule])
		}
	}
}

func (b *realBase) screen(rule, date, assume string) []string {
	args := []string{"screen", "--rule", rule, "--date", date}
	if assume != "" {
		args = append(args, "--assume", assume)
	}
	return args
}

// decided counts the verdicts of single criteria, over all rules, that are known.
func (b *realBase) decided(date, assume string, want int) {
	b.t.Helper()
	p, err := packs.Default()
	if err != nil {
		b.t.Fatal(err)
	}
	known, all := 0, 0
	file := filepath.Join(b.t.TempDir(), "out.csv")
	seen := map[string]bool{}
	for _, r := range p.Rules {
		if seen[r.ID] {
			continue
		}
		seen[r.ID] = true
		b.run(0, append(b.screen(r.ID, date, assume), "--out", file)...)
		f, err := os.Open(file)
		if err != nil {
			b.t.Fatal(err)
		}
		rows, err := csv.NewReader(f).ReadAll()
		f.Close()
		if err != nil {
			b.t.Fatal(err)
		}
		for _, row := range rows[1:] {
			for _, v := range row[5:] {
				all++
				if v != "unknown" {
					known++
				}
			}
		}
	}
	if known != want {
		b.t.Errorf("on %s assuming %q %d of %d criteria are decided, want %d", date, assume, known, all, want)
	}
}

var (
	districtInAddress = regexp.MustCompile(`(和平|河东|河西|南开|河北|红桥|东丽|西青|津南|北辰|武清|宝坻|宁河|静海|蓟州)区`)
	binhaiInAddress   = regexp.MustCompile(`^天津.*(滨海新区|经济技术开发区|空港|保税|东疆|生态城|塘沽)|^天津开发区`)
)

// checkedSheet writes the sheet that a person of the bureau would add: the companies of the list are listed
// resident legal persons, and the district that their address names.
func checkedSheet(t *testing.T, listed string) string {
	t.Helper()
	f, err := os.Open(listed)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	sheet := [][]string{{"企业名称", "所属区", "是否居民企业", "是否独立法人", "已上市"}}
	seen := map[string]bool{}
	for _, r := range rows[1:] {
		name, address := r[2], r[4]
		if seen[name] {
			continue
		}
		seen[name] = true
		district := districtInAddress.FindString(address)
		if district == "" && binhaiInAddress.MatchString(address) {
			district = "滨海新区"
		}
		sheet = append(sheet, []string{name, district, "是", "是", "是"})
	}
	path := filepath.Join(t.TempDir(), "核实.csv")
	w, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := csv.NewWriter(w).WriteAll(sheet); err != nil {
		t.Fatal(err)
	}
	return path
}
