package registry_test

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"eyas/internal/registry/layout"
)

// awkward is a file as a bureau makes it, and what must come of it.
type awkward struct {
	name, file, source string
	rows               []string          // of a CSV as they stand; of a workbook with the cells split at |
	merged             []string          // areas of a workbook
	formats            map[string]string // number formats by cell; such a cell holds a number
	hide               string            // a column of a workbook that is hidden
	want               []string          // "n attribute@year=value" of the subject with code(n), or of a name: nothing behind = is unknown
	count              int               // rows that hold something; 0: not looked at
	says               string            // what a warning, a refusal or the fault matches
	silent             bool              // nothing is said
}

// awkward writes the file of a case. §1 in it stands for code(1).
func (r *rig) awkward(c *awkward) layout.Source {
	r.t.Helper()
	rows := make([]string, len(c.rows))
	for i, row := range c.rows {
		rows[i] = regexp.MustCompile(`§(\d+)`).ReplaceAllStringFunc(row, func(s string) string {
			n := 0
			fmt.Sscanf(s, "§%d", &n)
			return code(n)
		})
	}
	if !strings.HasSuffix(c.file, ".xlsx") {
		return r.file(c.file, rows...)
	}
	f := excelize.NewFile()
	defer f.Close()
	try := func(err error) {
		if err != nil {
			r.t.Fatal(err)
		}
	}
	for i, row := range rows {
		for k, text := range strings.Split(row, "|") {
			at, _ := excelize.CoordinatesToCellName(k+1, i+1)
			if format, ok := c.formats[at]; ok {
				var number float64
				fmt.Sscan(text, &number)
				style, err := f.NewStyle(&excelize.Style{CustomNumFmt: &format})
				try(err)
				try(f.SetCellValue("Sheet1", at, number))
				try(f.SetCellStyle("Sheet1", at, at, style))
			} else if text != "" {
				try(f.SetCellValue("Sheet1", at, text))
			}
		}
	}
	for _, area := range c.merged {
		from, to, _ := strings.Cut(area, ":")
		try(f.MergeCell("Sheet1", from, to))
	}
	if c.hide != "" {
		try(f.SetColVisible("Sheet1", c.hide, false))
	}
	path := filepath.Join(r.dir, c.file)
	try(f.SaveAs(path))
	return layout.Source{Name: c.file, Path: path}
}

// TestAwkwardFiles takes files of the kinds that bureaus make; each is read rightly, asked about or refused.
func TestAwkwardFiles(t *testing.T) {
	for _, c := range awkwardFiles {
		t.Run(c.name, func(t *testing.T) {
			r := sqlite(t)
			report, _, err := r.Import(context.Background(), r.awkward(&c), from(c.source, ""), nil)
			var said []string
			if err != nil {
				said = append(said, err.Error())
			} else {
				for _, i := range append(report.Warnings, report.Refusals...) {
					said = append(said, fmt.Sprintf("row %d %s %q: %s", i.Row, i.Column, i.Value, i.Text.ZH))
				}
				if c.count != 0 && report.Rows-report.Refused != c.count {
					t.Errorf("%d rows hold something, want %d", report.Rows-report.Refused, c.count)
				}
			}
			all := strings.Join(said, "\n")
			for _, w := range c.want {
				who, rest, _ := strings.Cut(w, " ")
				what, value, _ := strings.Cut(rest, "=")
				attr, y, _ := strings.Cut(what, "@")
				n, year := 0, 0
				fmt.Sscan(y, &year)
				if _, err := fmt.Sscanf(who, "%d", &n); err == nil {
					who = code(n)
				}
				if got := r.knownOrNot(who, attr, year); got != value {
					t.Errorf("%s: %q\n%s", w, got, all)
				}
			}
			if c.says != "" && !regexp.MustCompile(c.says).MatchString(all) {
				t.Errorf("nothing says %s:\n%s", c.says, all)
			}
			if c.silent && all != "" {
				t.Errorf("it says:\n%s", all)
			}
		})
	}
}

// knownOrNot is known, of a subject that there need not be. exists is "yes" of one that there is.
func (r *rig) knownOrNot(who, attr string, year int) string {
	refs, err := r.Find(context.Background(), who)
	if err != nil {
		r.t.Fatal(err)
	}
	exact := refs[:0]
	for _, ref := range refs {
		p, err := r.Profile(context.Background(), ref.Subject)
		if err != nil {
			r.t.Fatal(err)
		}
		if p.Code == who || p.Name == who {
			exact = append(exact, ref)
		}
	}
	switch {
	case attr == "exists":
		return map[bool]string{true: "yes"}[len(exact) > 0]
	case len(exact) == 0:
		return ""
	}
	return r.known(who, attr, year)
}
