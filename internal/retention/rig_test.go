package retention_test

import (
	"context"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/file"
	"eyas/internal/pack"
	"eyas/internal/registry"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
	"eyas/internal/registry/table/without"
	"eyas/internal/retention"
	"eyas/internal/store"
	"eyas/internal/store/basetest"
	"eyas/packs"
)

// base is a base with people, its files, and a clock that the test moves.
type base struct {
	t      testing.TB
	pack   *pack.Pack
	db     *store.DB
	reg    *registry.Registry
	files  *file.Store
	rights *auth.Rights
	keeper *retention.Keeper
	now    time.Time
}

func day(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

// open opens a base; keys is where its key file lies.
func open(t testing.TB, dsn, keys string, now time.Time) *base {
	t.Helper()
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), dsn, store.Keys(keys, ""))
	if err != nil {
		t.Fatal(err)
	}
	rights, err := auth.New(p)
	if err != nil {
		t.Fatal(err)
	}
	b := &base{t: t, pack: p, db: db, rights: rights, now: now}
	clock := func() time.Time { return b.now }
	b.reg = registry.New(p, db, clock).WithActors(rights)
	if b.files, err = file.Open(file.Config{Storage: db, Copies: filepath.Join(filepath.Dir(keys), "copies"), Vault: db.Vault(), Clock: clock, Log: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	b.keeper = retention.New(retention.Config{Pack: p, Storage: db, Registry: b.reg, Files: b.files, Clock: clock, Actors: rights,
		Rewrite: func(_ context.Context, path, name string, holes intake.Holes, to io.Writer) (bool, error) {
			return without.Write(path, name, db.Vault(), without.Cells(holes), to)
		}})
	return b
}

// bothBases runs a test on SQLite and on PostgreSQL.
func bothBases(t *testing.T, fn func(t *testing.T, dsn string)) {
	t.Run("sqlite", func(t *testing.T) { fn(t, basetest.Path(t)) })
	t.Run("postgres", func(t *testing.T) { fn(t, basetest.Server(t)) })
}

func as(id, role, org string) context.Context {
	return auth.In(context.Background(), auth.Actor{ID: id, Role: auth.Role(role), Org: org})
}

var (
	chen = as("chen", "bureau", "120000")
	zhao = as("zhao", "bureau", "120000")
	wang = as("wang", "district_officer", "120110")
	qian = as("qian", "district_reviewer", "120110")
	sun  = as("sun", "district_officer", "120111")
)

// brings imports a file for somebody, which speaks of a day, and keeps its original.
func (b *base) brings(ctx context.Context, name, text string, asOf time.Time) int64 {
	b.t.Helper()
	path := filepath.Join(b.t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		b.t.Fatal(err)
	}
	defer f.Close()
	if _, err := b.files.Put(ctx, f, file.Link{Scope: file.Scope{Kind: file.Upload}, Name: name}); err != nil {
		b.t.Fatal(err)
	}
	opt := layout.Options{Register: "enterprise", AsOf: asOf.Format(time.DateOnly)}
	if name[0] == 'p' {
		opt.Register = "person"
	}
	_, id, err := b.reg.Import(ctx, layout.Source{Name: name, Path: path}, opt, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return id
}

// finds is the one subject of a name.
func (b *base) finds(register, name string) int64 {
	b.t.Helper()
	list, err := b.reg.FindIn(chen, register, name)
	if err != nil || len(list) != 1 {
		b.t.Fatal(name, list, err)
	}
	return list[0].Subject
}

// value is a value of a subject as text; empty: it has none.
func (b *base) value(subject int64, attr string) string {
	b.t.Helper()
	p, err := b.reg.Profile(chen, subject)
	if err != nil {
		b.t.Fatal(err)
	}
	if f := p.Fact(attr, 0); f != nil && !f.Void {
		return layout.Plain(&fact.Fact{Attr: f.Attr, Value: f.Value})
	}
	return ""
}

// proven checks that the base agrees with its log, and that each entry is proven without the base.
func (b *base) proven() {
	b.t.Helper()
	v, err := b.db.Verify(context.Background(), nil, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, p := range v.Problems {
		b.t.Errorf("verify: %s: %s", p.What, p.EN)
	}
	if err := b.db.Seal(context.Background()); err != nil {
		b.t.Error(err)
	}
	seq := int64(0)
	for {
		x, err := b.db.Evidence(context.Background(), seq+1, 0)
		if fault.Of(err) == fault.NotFound {
			break
		}
		var text []byte
		if err == nil {
			text, err = x.JSON()
		}
		if err == nil {
			x, err = audit.ReadEvidence(text)
		}
		if err == nil {
			err = x.Check(nil)
		}
		if seq++; err != nil {
			b.t.Errorf("the proof of entry %d: %v", seq, err)
		}
	}
	if seq == 0 {
		b.t.Error("no entry is sealed")
	}
}
