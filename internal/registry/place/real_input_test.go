package place

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"eyas/internal/pack"
)

// realData is the folder with the real files of development. They are not part of the project.
const realData = "../../../../shared/data"

// readReal reads a real file as rows by header.
func readReal(t *testing.T, name string) []map[string]string {
	t.Helper()
	f, err := os.Open(filepath.Join(realData, name))
	if err != nil {
		t.Skipf("no real data: %v", err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = -1
	all, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var rows []map[string]string
	for _, line := range all[1:] {
		row := map[string]string{}
		for i, h := range all[0] {
			row[strings.TrimPrefix(h, "\ufeff")] = line[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// TestListedCompanies prints the addresses section of docs/real-input.md and compares the results with it.
func TestListedCompanies(t *testing.T) {
	address := map[string]string{}
	var names []string
	for _, row := range readReal(t, "listed-companies/tianjin_listed_company_year.csv") { // the latest year comes last
		name := row["公司全称"]
		if _, ok := address[name]; !ok {
			names = append(names, name)
		}
		if a := row["注册地址"]; a != "nan" || address[name] == "" {
			address[name] = a
		}
	}
	p := tianjin(t)
	r := New(p, nil)
	counts, by := map[string]int{}, map[string]int{}
	var open []string
	for _, name := range names {
		got := r.Resolve(address[name])
		by[got.Verdict.String()]++
		switch got.Verdict {
		case Found:
			counts[got.District]++
		case Ask:
			open = append(open, fmt.Sprintf("| ask | %s | %s | %s | %s |", name, address[name], got.Phrase, candidates(p, got.Candidates)))
		case Outside:
			c := got.Clues()[0]
			open = append(open, fmt.Sprintf("| outside | %s | %s | %s | – |", name, address[name], address[name][c.From:c.To]))
		case Nothing:
			open = append(open, fmt.Sprintf("| nothing | %s | %s | – | – |", name, address[name]))
		}
	}
	slices.Sort(open)
	var out strings.Builder
	fmt.Fprintf(&out, "%d companies: %d with a district, %d to ask about, %d outside, %d that say nothing.\n\n| district | companies |\n| --- | ---: |\n",
		len(names), by["found"], by["ask"], by["outside"], by["nothing"])
	for _, o := range p.Orgs {
		if n := counts[o.ID]; n > 0 {
			fmt.Fprintf(&out, "| %s | %d |\n", o.Name.ZH, n)
		}
	}
	fmt.Fprintf(&out, "\n| | company | registered address | words | candidates |\n| --- | --- | --- | --- | --- |\n%s\n", strings.Join(open, "\n"))
	doc, err := os.ReadFile("../../../docs/real-input.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(doc), out.String()) {
		t.Errorf("docs/real-input.md, section “Addresses”, does not say:\n%s", out.String())
	}
}

func candidates(p *pack.Pack, ids []string) string {
	if len(ids) == 0 {
		return "–"
	}
	var names []string
	for _, o := range p.Orgs {
		if slices.Contains(ids, o.ID) {
			names = append(names, o.Short.ZH)
		}
	}
	return strings.Join(names, ", ")
}

// No address from another province's register gets a district of the city.
func TestAnotherProvince(t *testing.T) {
	r := New(tianjin(t), nil)
	n, outside := 0, 0
	for _, row := range readReal(t, "bureau-register/enterprise_register.csv") {
		address := row["企业地址"]
		if address == "" {
			continue
		}
		got := r.Resolve(address)
		n++
		switch got.Verdict {
		case Found:
			t.Errorf("%s: %s", address, got.District)
		case Outside:
			outside++
		}
	}
	t.Logf("%d addresses, %d known to be outside", n, outside)
	if n < 1000 || outside*100 < n*85 {
		t.Errorf("of %d addresses only %d are known to be outside", n, outside)
	}
}
