package registry_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eyas/internal/audit"
	"eyas/internal/pack"
	"eyas/internal/registry"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
	"eyas/internal/store"
	"eyas/internal/store/basetest"
	"eyas/internal/store/pgtest"
	"eyas/packs"
)

func TestMain(m *testing.M) {
	if os.Getenv(victimBase) != "" {
		os.Exit(victim())
	}
	if os.Getenv("EYAS_SOAK") == "" { // a check of a property makes a base or two
		if err := flag.Set("rapid.checks", "25"); err != nil {
			panic(err)
		}
	}
	pgtest.Main(m)
}

// rig is a registry over a database of its own.
type rig struct {
	*registry.Registry
	t    reporter
	db   *store.DB
	pack *pack.Pack
	now  time.Time // moves on by a second whenever it is asked for
	dir  string
}

// reporter is what of a test a rig uses; a property's is rapid's.
type reporter interface {
	Helper()
	Error(args ...any)
	Errorf(format string, args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Context() context.Context
}

func newRig(t *testing.T, dsn string) *rig {
	t.Helper()
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	r := &rig{t: t, db: db, pack: p, dir: t.TempDir(), now: time.Date(2021, 3, 31, 8, 0, 0, 0, time.UTC)}
	r.Registry = registry.New(p, db, func() time.Time { r.now = r.now.Add(time.Second); return r.now })
	return r
}

// both runs a test on SQLite and on PostgreSQL.
func both(t *testing.T, test func(r *rig)) {
	t.Run("SQLite", func(t *testing.T) { test(sqlite(t)) })
	t.Run("Postgres", func(t *testing.T) { test(newRig(t, basetest.Server(t))) })
}

// bothUnlessShort is both for what takes long under the race detector, and whose goroutines are the same on each.
func bothUnlessShort(t *testing.T, test func(r *rig)) {
	if testing.Short() {
		test(sqlite(t))
		return
	}
	both(t, test)
}

// bothInSoak runs a test on SQLite, and in the long run of the tests on PostgreSQL, too.
func bothInSoak(t *testing.T, test func(r *rig)) {
	if os.Getenv("EYAS_SOAK") == "" {
		test(sqlite(t))
		return
	}
	both(t, test)
}

func sqlite(t *testing.T) *rig {
	t.Helper()
	return newRig(t, basetest.Path(t))
}

var enterprise = layout.Options{Register: "enterprise", Lang: "en"}

// file writes a file to import.
func (r *rig) file(name string, lines ...string) layout.Source {
	r.t.Helper()
	path := filepath.Join(r.dir, name)
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		r.t.Fatal(err)
	}
	return layout.Source{Name: name, Path: path}
}

// take imports a file and expects it to work.
func (r *rig) take(src layout.Source, opt layout.Options) (*intake.FileReport, int64) {
	r.t.Helper()
	report, id, err := r.Import(context.Background(), src, opt, nil)
	if err != nil {
		r.t.Fatalf("import %s: %v", src.Name, err)
	}
	if report.Rows != report.Accepted+report.Unchanged+report.Refused {
		r.t.Errorf("%s: %d rows are not %d + %d + %d", src.Name, report.Rows, report.Accepted, report.Unchanged, report.Refused)
	}
	return report, id
}

func (r *rig) undo(id int64) {
	r.t.Helper()
	if err := r.Undo(context.Background(), id, nil); err != nil {
		r.t.Fatalf("undo %d: %v", id, err)
	}
}

// counts checks a report's counts: accepted, unchanged, refused.
func (r *rig) counts(report *intake.FileReport, accepted, unchanged, refused int) {
	r.t.Helper()
	if report.Accepted != accepted || report.Unchanged != unchanged || report.Refused != refused {
		r.t.Errorf("%s: accepted %d, unchanged %d, refused %d; want %d, %d, %d", report.File,
			report.Accepted, report.Unchanged, report.Refused, accepted, unchanged, refused)
	}
}

// one finds the one enterprise of a code or name.
func (r *rig) one(text string) *fact.Profile {
	r.t.Helper()
	refs, err := r.Find(context.Background(), text)
	if err != nil || len(refs) != 1 {
		r.t.Fatalf("%s finds %v, %v", text, refs, err)
	}
	p, err := r.Profile(context.Background(), refs[0].Subject)
	if err != nil {
		r.t.Fatal(err)
	}
	return p
}

// base writes the whole base down, a line a subject, for comparing: everything but the change counter.
func (r *rig) base() string {
	r.t.Helper()
	var b strings.Builder
	err := r.Scan(context.Background(), 0, func(p *fact.Profile) error {
		b.WriteString(line(p, true))
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return b.String()
}

// line writes a profile down; with its number and the records of its values, or the values alone.
func line(p *fact.Profile, numbers bool) string {
	var b strings.Builder
	if numbers {
		fmt.Fprintf(&b, "%d ", p.Subject)
	}
	fmt.Fprintf(&b, "%s %s gone=%v", p.Code, p.Name, p.Gone)
	for _, f := range p.Facts {
		fmt.Fprintf(&b, " %s@%d=%v/%d/%s", f.Attr.ID, f.Year, f.Value.Num, f.Value.Int, f.Value.Str)
		if numbers {
			fmt.Fprintf(&b, "(%d.%d)", f.Record, f.Cell)
		}
	}
	return b.String() + "\n"
}

// code makes a valid credit code; n tells them apart.
func code(n int) string {
	body := fmt.Sprintf("91120110MA%07d", n)
	const letters = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	sum, weight := 0, 1
	for _, c := range body {
		sum += strings.IndexRune(letters, c) * weight
		weight = weight * 3 % 31
	}
	return body + string(letters[(31-sum%31)%31])
}

// sound checks what a database without foreign keys does not: every id leads somewhere, counters are ahead of ids,
// the log's chain holds, and profiles are what deriving them from their records comes to. Of a large base it looks
// at some subjects.
func (r *rig) sound() {
	r.t.Helper()
	ctx := context.Background()
	every := int64(1 + strings.Count(r.base(), "\n")/50)
	v, err := r.db.Verify(ctx, nil, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, p := range v.Problems {
		r.t.Errorf("%s: %s", p.What, p.EN)
	}
	if every == 1 {
		if _, _, err := r.Check(ctx, v.Packs, nil, func(p audit.Problem) { r.t.Error(p.EN) }); err != nil {
			r.t.Fatal(err)
		}
	}
	err = r.Scan(ctx, 0, func(p *fact.Profile) error {
		if p.Subject%every != 0 {
			return nil
		}
		facts := map[string]fact.SourcedFact{}
		list, err := r.Sourced(ctx, p.Subject)
		if err != nil {
			return err
		}
		for _, f := range list {
			facts[fmt.Sprint(f.Attr.ID, f.Year)] = f
		}
		if len(facts) != len(p.Facts) || p.Gone != (len(p.Facts) == 0) {
			r.t.Errorf("subject %d (gone %v): %d facts, %d with a source", p.Subject, p.Gone, len(p.Facts), len(facts))
		}
		for _, f := range p.Facts {
			s := facts[fmt.Sprint(f.Attr.ID, f.Year)]
			if s.Value != f.Value || s.Record != f.Record || s.Cell != f.Cell {
				r.t.Errorf("subject %d: %s@%d is %+v in the profile, %+v by its records", p.Subject, f.Attr.ID, f.Year, f, s.Fact)
			}
			rec, err := r.Record(ctx, f.Record)
			if err != nil {
				return err
			}
			if rec.Subject != p.Subject || !rec.Import.UndoneAt.IsZero() {
				r.t.Errorf("subject %d: %s@%d is from record %d, of subject %d, undone %v", p.Subject, f.Attr.ID, f.Year, f.Record, rec.Subject, rec.Import.UndoneAt)
			}
		}
		return nil
	})
	if err != nil {
		r.t.Error(err)
	}
}
