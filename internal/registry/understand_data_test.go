package registry

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eyas/internal/registry/table"
)

// intakeOf reads a whole file of the development data.
type readFile struct {
	layout                    *Layout
	rows, refused             int
	facts                     map[string]int
	refusals, warnings        map[string]int // by column
	coded, named, differentBy int
	notices                   []table.Notice
}

func readData(t *testing.T, opt Options, parts ...string) *readFile {
	t.Helper()
	path := filepath.Join(append([]string{"..", "..", "..", "shared", "data"}, parts...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("no %s here", path)
	}
	p, reg := city(t)
	f, err := table.Open(path, filepath.Base(path))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	s, err := f.Next()
	if err != nil {
		t.Fatal(err)
	}
	head, err := s.Head(40)
	if err != nil {
		t.Fatal(err)
	}
	l, err := Understand(p, reg, filepath.Base(path), s.Name, head, opt, nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &readFile{layout: l, facts: map[string]int{}, refusals: map[string]int{}, warnings: map[string]int{}}
	var out Reading
	for {
		row, err := s.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if row.Number <= l.HeaderRow {
			continue
		}
		l.Convert(row.Number, row.Cells, &out)
		if out.Skip {
			continue
		}
		r.rows++
		if out.Refuse != nil {
			r.refused++
			continue
		}
		if out.Code != "" {
			r.coded++
		} else {
			r.named++
		}
		for i, f := range out.Facts {
			r.facts[f.Attr.ID]++
			if i > 0 && (f.Attr.Index < out.Facts[i-1].Attr.Index || f.Attr == out.Facts[i-1].Attr && f.Year <= out.Facts[i-1].Year) {
				t.Fatalf("row %d: facts are not sorted", row.Number)
			}
		}
		for _, x := range out.Refusals {
			r.refusals[x.Column]++
		}
		for _, x := range out.Warnings {
			r.warnings[x.Column]++
		}
	}
	r.notices = f.Notices()
	var unknown []string
	for _, c := range l.Columns {
		if c.Attr == "" {
			unknown = append(unknown, c.Header+"("+c.How+")")
		}
	}
	t.Logf("%d rows, %d refused, %d with code; facts %v; bad cells %v; warnings %v; unused %s; notices %d",
		r.rows, r.refused, r.coded, r.facts, r.refusals, r.warnings, strings.Join(unknown, " "), len(r.notices))
	return r
}

func TestListedCompanies(t *testing.T) {
	r := readData(t, Options{}, "listed-companies", "tianjin_listed_company_year.csv")
	if r.rows != 160 || r.refused != 0 || r.layout.YearColumn == 0 {
		t.Errorf("%d rows, %d refused, year column %d", r.rows, r.refused, r.layout.YearColumn)
	}
	if len(r.refusals) > 0 || len(r.notices) > 0 {
		t.Errorf("bad cells %v, notices %v", r.refusals, r.notices)
	}
	for attr, least := range map[string]int{"sales": 150, "staff": 150, "address": 160, "office_address": 150, "profit": 150} {
		if r.facts[attr] < least {
			t.Errorf("%d values of %s", r.facts[attr], attr)
		}
	}
}

func TestBureauRegister(t *testing.T) {
	r := readData(t, Options{}, "bureau-register", "enterprise_register.csv")
	if r.rows != 2036 || r.refused != 0 {
		t.Errorf("%d rows, %d refused", r.rows, r.refused)
	}
	for attr, least := range map[string]int{"name": 2036, "registered_on": 1900, "registered_capital": 1800, "status": 1900, "business_scope": 1800} {
		if r.facts[attr] < least {
			t.Errorf("%d values of %s", r.facts[attr], attr)
		}
	}
	names := readData(t, Options{}, "bureau-register", "names_without_register_match.csv")
	if names.rows != 715 || names.refused != 0 {
		t.Errorf("%d names, %d refused", names.rows, names.refused)
	}
	pairs := readData(t, Options{}, "bureau-register", "name_pairs.csv")
	if pairs.rows != 2041 || pairs.refused != 0 {
		t.Errorf("%d pairs, %d refused", pairs.rows, pairs.refused)
	}
}
