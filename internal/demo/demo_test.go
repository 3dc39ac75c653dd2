package demo

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"

	"eyas/internal/fault"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/identity"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
)

func TestCheckCharacters(t *testing.T) {
	const code = "91350100M000100Y43" // the example of GB 32100-2015
	if got := organisationCheck([]byte(code[8:16])); got != code[16] {
		t.Errorf("organisation check %c, want %c", got, code[16])
	}
	if got := creditCheck([]byte(code[:17])); got != code[17] {
		t.Errorf("credit check %c, want %c", got, code[17])
	}
}

func TestEnterprisesAreDistinctAndMarked(t *testing.T) {
	const n = 60_000
	c := newCity(7, 2025)
	codes, names := map[string]bool{}, map[string]bool{}
	met := map[string]int{}
	for i := range n {
		e := c.at(i)
		if codes[e.code] || names[e.name] {
			t.Fatalf("enterprise %d repeats code %s or name %s", i, e.code, e.name)
		}
		codes[e.code], names[e.name] = true, true
		if !strings.HasSuffix(e.name, "（示例）") {
			t.Fatalf("%s is not marked synthetic", e.name)
		}
		if e.code[8:10] != "YY" {
			t.Fatalf("%s lies in a range that could be issued", e.code)
		}
		if creditCheck([]byte(e.code[:17])) != e.code[17] {
			t.Fatalf("%s fails its check character", e.code)
		}
		for k, y := range e.years {
			if y.scientists > y.staff || y.researchers > y.scientists || y.hightech > y.income || y.researchHome > y.research {
				t.Fatalf("enterprise %d year %d: a part is larger than its whole: %+v", i, k, y)
			}
		}
		met[e.place.code]++
	}
	if s := float64(met["120116"]) / n; s < 0.42 || s > 0.49 {
		t.Errorf("滨海新区 has %.3f of the city, want about 0.455", s)
	}
	if len(met) != len(districts)+len(elsewhere) {
		t.Errorf("%d districts are met, want all %d and %d elsewhere", len(met), len(districts), len(elsewhere))
	}
}

func TestFilesAreDeterministicAndWellFormed(t *testing.T) {
	o := Options{Rows: 3000, Seed: 3, Until: 2025}
	for i, f := range files(o) {
		var a, b bytes.Buffer
		if err := f.write(&a, o); err != nil {
			t.Fatal(err)
		}
		if err := f.write(&b, o); err != nil {
			t.Fatal(err)
		}
		if sha256.Sum256(a.Bytes()) != sha256.Sum256(b.Bytes()) {
			t.Errorf("%s differs between two runs of one seed", f.name)
		}
		other := o
		other.Seed++
		b.Reset()
		if err := f.write(&b, other); err != nil {
			t.Fatal(err)
		}
		if bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Errorf("%s does not depend on the seed", f.name)
		}

		var r io.Reader = &a
		if f.complete != nil {
			r = simplifiedchinese.GB18030.NewDecoder().Reader(r)
		}
		rows, err := csv.NewReader(r).ReadAll() // refuses rows of different lengths
		if err != nil {
			t.Fatalf("%s: %v", f.name, err)
		}
		if i < 3 && (len(rows) < o.Rows/2 || len(rows) > o.Rows+1) || i >= 3 && (len(rows) < 20 || len(rows) > 301) {
			t.Errorf("%s has %d rows for %d enterprises", f.name, len(rows), o.Rows)
		}
	}
}

func TestSpellings(t *testing.T) {
	for _, x := range []struct{ in, want string }{
		{"1234567.80", "1,234,567.80"}, {"123.00", "123.00"}, {"-4567.10", "-4,567.10"}, {"1000.00", "1,000.00"},
	} {
		if got := thousands(x.in); got != x.want {
			t.Errorf("thousands(%s) = %s, want %s", x.in, got, x.want)
		}
	}
	if got := wide("12.5"); got != "１２.５" {
		t.Errorf("wide = %s", got)
	}
}

// imports records what it is given.
type imports struct {
	files    []string
	options  []layout.Options
	failFrom int // index of the file that fails; −1: none
}

func (m *imports) Import(_ context.Context, src layout.Source, opt layout.Options, progress func(derive.Progress)) (*intake.FileReport, int64, error) {
	if len(m.files) == m.failFrom {
		return nil, 0, io.ErrUnexpectedEOF
	}
	if _, err := os.Stat(src.Path); err != nil {
		return nil, 0, err
	}
	m.files = append(m.files, src.Name)
	m.options = append(m.options, opt)
	progress(derive.Progress{Rows: 1})
	return &intake.FileReport{File: src.Name}, int64(len(m.files)), nil
}

func (m *imports) Link(_ context.Context, register string, progress func(derive.Progress)) (*identity.Linkage, error) {
	progress(derive.Progress{})
	return &identity.Linkage{Register: register}, nil
}

// A folder that is to keep the files is made where there is none.
func TestWriteMakesTheFolder(t *testing.T) {
	paths, err := Write(Options{Rows: 5, Seed: 1, Until: 2025, Dir: filepath.Join(t.TempDir(), "a", "b")})
	if err != nil || len(paths) == 0 {
		t.Fatalf("%d files, %v", len(paths), err)
	}
	for _, path := range paths {
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
}

func TestFill(t *testing.T) {
	m := &imports{failFrom: -1}
	seen := map[string]bool{}
	reports, err := Fill(t.Context(), m, Options{Rows: 50, Seed: 1, Until: 2025}, func(file string, _ derive.Progress) { seen[file] = true })
	if err != nil || len(reports) != 15 || len(seen) != 16 {
		t.Fatalf("Fill gave %d reports, %d files with progress, %v", len(reports), len(seen), err)
	}
	for i, opt := range m.options {
		if !opt.Synthetic {
			t.Errorf("%s is imported as if it were real", m.files[i])
		}
	}
	if got := strings.Join(m.options[0].Complete, ","); got != "abnormal_list,breach_list" {
		t.Errorf("the register is declared complete for %q", got)
	}

	registers := map[string]int{}
	for _, opt := range m.options {
		registers[opt.Register]++
	}
	if len(registers) != 9 || registers["enterprise"] != 7 || registers["person"] != 1 {
		t.Errorf("files by register: %v", registers)
	}

	m = &imports{failFrom: 1}
	reports, err = Fill(t.Context(), m, Options{Rows: 50, Seed: 1, Until: 2025}, nil)
	if err == nil || len(reports) != 1 {
		t.Errorf("a file that fails: %d reports, %v; want the one before it and the error", len(reports), err)
	}
	for _, o := range []Options{{Rows: 0, Until: 2025}, {Rows: MaxRows + 1, Until: 2025}, {Rows: 1, Until: 25}} {
		if _, err := Fill(t.Context(), m, o, nil); fault.Of(err) != fault.Invalid {
			t.Errorf("%+v: %v, want an invalid-options fault", o, err)
		}
	}
}

func BenchmarkStatement(b *testing.B) {
	o := Options{Rows: 1000, Seed: 1, Until: 2025}
	for b.Loop() {
		if err := WriteStatement(io.Discard, o); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*o.Rows), "ns/row")
}

// The progress of a filling is that of the whole: it grows from file to file, is never full before the names are linked, and full
// at the end.
func TestFillTellsTheWhole(t *testing.T) {
	var shares []float64
	var files []string
	tell := func(file string, p derive.Progress) {
		if p.TotalBytes == 0 {
			t.Fatalf("%s does not say how much there is: %+v", file, p)
		}
		shares, files = append(shares, float64(p.Bytes)/float64(p.TotalBytes)), append(files, file)
	}
	if _, err := Fill(t.Context(), &telling{}, Options{Rows: 50, Seed: 1, Until: 2025}, tell); err != nil {
		t.Fatal(err)
	}
	for i, s := range shares {
		if i > 0 && s < shares[i-1] {
			t.Errorf("%s goes back from %v to %v", files[i], shares[i-1], s)
		}
		if files[i] != linking && s > 0.9 {
			t.Errorf("%s, before the names are linked: %v", files[i], s)
		}
	}
	if last := shares[len(shares)-1]; last != 1 {
		t.Errorf("at the end %v", last)
	}
}

// telling is an importer that tells, of each file and of linkage, its beginning, its end, and what is derived then.
type telling struct{}

func (telling) Import(_ context.Context, src layout.Source, _ layout.Options, progress func(derive.Progress)) (*intake.FileReport, int64, error) {
	progress(derive.Progress{Stage: "writing", Bytes: 0, TotalBytes: 100})
	progress(derive.Progress{Stage: "writing", Bytes: 100, TotalBytes: 100})
	progress(derive.Progress{Stage: "deriving", Rows: 10, TotalRows: 10})
	return &intake.FileReport{}, 1, nil
}

func (telling) Link(_ context.Context, _ string, progress func(derive.Progress)) (*identity.Linkage, error) {
	progress(derive.Progress{Stage: "linking", Rows: 1, TotalRows: 10})
	progress(derive.Progress{Stage: "linking", Rows: 10, TotalRows: 10})
	progress(derive.Progress{Stage: "deriving", Rows: 5, TotalRows: 5})
	return &identity.Linkage{}, nil
}
