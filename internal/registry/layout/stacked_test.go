package layout

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eyas/internal/registry/table"
	"eyas/packs"
)

// Rows that are looked at before it is their turn, for the groups of a further header or for the header itself, come each once
// and with its own cells. A row of data above a repeated header is no row of groups.
func TestRowsReadAhead(t *testing.T) {
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	const last, again, once = 120, 80, 100 // rows of the file; rows that repeat the header, the first below one that has as few cells as groups
	header := "企业名称,所属区,主导产品"
	lines := []string{header}
	for n := 2; n <= last; n++ {
		line := fmt.Sprintf("第%d例有限公司,东丽区,示例产品", n)
		switch n {
		case again, once:
			line = header
		case again - 1:
			line = fmt.Sprintf("第%d例有限公司,东丽区,", n)
		case once - 1:
			line = "某某,东丽区,示例产品"
		}
		lines = append(lines, line)
	}
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	reg := p.Main()
	in, err := Open(p, reg, Source{Name: "名单.csv", Path: path}, Options{Register: reg.ID}, nil, nil, time.Date(2021, 3, 31, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	next := 2
	err = in.Sheets(func(index int, l *Layout, s *table.Sheet) error {
		return in.Each(index, l, s, func(_ int, _ *Layout, r table.Row) error {
			var cells []string
			for _, c := range r.Cells {
				cells = append(cells, string(c))
			}
			if got := strings.TrimRight(strings.Join(cells, ","), ","); r.Number != next || got != strings.TrimRight(lines[next-1], ",") {
				t.Errorf("row %d holds %q, want row %d with %q", r.Number, got, next, lines[next-1])
			}
			next++
			return nil
		})
	})
	if err != nil || next != last+1 {
		t.Errorf("%d rows of %d, %v", next-2, last-1, err)
	}
}

// A row that may be an enterprise and is taken for the groups of the header below it is not left out without a word; headings
// that are clear are.
func TestGroupsThatMayBeData(t *testing.T) {
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	for row, want := range map[string]int{"海河某某,东丽区,": 1, "企业基本信息,财务指标,": 0, "2020年,2020年,": 0} {
		path := filepath.Join(t.TempDir(), "file")
		header := "企业名称,所属区,主导产品"
		lines := []string{header}
		for n := range 50 {
			lines = append(lines, fmt.Sprintf("第%d例有限公司,东丽区,示例产品", n))
		}
		lines = append(lines, row, header, "末例有限公司,东丽区,示例产品")
		if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		reg := p.Main()
		in, err := Open(p, reg, Source{Name: "名单.csv", Path: path}, Options{Register: reg.ID}, nil, nil, time.Date(2021, 3, 31, 0, 0, 0, 0, time.UTC))
		if err != nil {
			t.Fatal(err)
		}
		rows := 0
		if err := in.Sheets(func(index int, l *Layout, s *table.Sheet) error {
			return in.Each(index, l, s, func(int, *Layout, table.Row) error { rows++; return nil })
		}); err != nil {
			t.Fatal(err)
		}
		said := 0
		for _, w := range in.Warnings.List {
			if w.Row == 52 {
				said++
			}
		}
		if said != want {
			t.Errorf("%q: %d warnings, want %d; %d rows", row, said, want, rows)
		}
		in.Close()
	}
}
