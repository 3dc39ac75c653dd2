package quality_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"eyas/internal/quality"
	"eyas/internal/registry"
	"eyas/internal/store"
	"eyas/internal/store/basetest"
)

func TestMemorySQLite(t *testing.T) { memory(t, basetest.Path(t)) }

func TestMemoryPostgres(t *testing.T) { memory(t, basetest.Server(t)) }

// What a board lists and counts from memory is what the database lists and counts, whoever wrote it: another process, in a
// transaction that was taken back, or this one.
func memory(t *testing.T, dsn string) {
	ctx := context.Background()
	p := tianjin(t)
	clock := func() time.Time { return day }
	open := func() (*store.DB, *quality.Board) {
		db, err := store.Open(ctx, dsn)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		return db, quality.NewBoard(p, db.Findings(), registry.New(p, db, clock), clock)
	}
	db, b := open()
	other, _ := open()
	rng := rand.New(rand.NewPCG(7, 1))
	pick := func(list ...string) string { return list[rng.IntN(len(list))] }
	rules := []string{"unit_slip", "jump", "peers", "st_staff_above_staff", "issued_when", "a_rule_of_older_packs"}
	write := func(to *store.DB, n int) []quality.Row {
		rows := map[quality.Key]quality.Row{}
		for range n {
			k := quality.Key{Subject: 1 + rng.Int64N(40), Rule: pick(rules...), Attribute: pick("sales", "staff"), Year: 2019 + rng.IntN(2)}
			r := quality.Row{Key: k, Register: "enterprise", Name: "示例", District: pick("", "120110", "120116"), Import: 1 + rng.Int64N(3), FoundAt: day.Add(time.Duration(rng.IntN(4)) * time.Hour).UTC(),
				State: quality.State(pick("open", "assigned", "asked")), Assignee: pick("", "东丽区科技局"), ChangedAt: day}
			if rng.IntN(3) == 0 {
				r.State, r.ResolvedAt = quality.Mended, day
			}
			rows[k] = r
		}
		list := make([]quality.Row, 0, len(rows))
		for _, r := range rows {
			list = append(list, r)
		}
		if err := to.Findings().Write(ctx, func(w quality.Writer) error { return w.SetFindings(ctx, list) }); err != nil {
			t.Fatal(err)
		}
		return list
	}
	// stored is what the database lists itself.
	stored := func(f quality.Filter, offset, limit int) (list []quality.Row, total int) {
		parts := []quality.Filter{f}
		if f.Sort == "" || f.Sort == "severity" {
			parts = nil
			for _, severity := range []string{"high", "medium", "low"} {
				for _, r := range p.Quality {
					if r.Register == f.Register && r.Severity == severity && (f.Rules == nil || slices.Contains(f.Rules, r.ID)) {
						one := f
						one.Rules, one.Sort, one.Desc = []string{r.ID}, "rule", false
						parts = append(parts, one)
					}
				}
			}
			if f.Desc {
				slices.Reverse(parts)
			}
		}
		err := db.Findings().Read(ctx, func(r quality.Reader) error {
			for _, part := range parts {
				rows, err := r.Findings(ctx, part, 0, 1000)
				if err != nil {
					return err
				}
				list = append(list, rows...)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		total = len(list)
		return list[min(offset, total):min(offset+limit, total)], total
	}
	look := func() {
		t.Helper()
		f := quality.Filter{Register: "enterprise", Sort: pick("", "severity", "rule", "found"), Desc: rng.IntN(2) == 0}
		for _, narrow := range []func(){
			func() { f.Rules = []string{pick(rules...), pick(rules...)} }, func() { f.Imports = []int64{1, 3} }, func() { f.Districts = []string{pick("", "120110")} },
			func() { f.States = []quality.State{quality.Asked} }, func() { f.Assignees = []string{"东丽区科技局"} }, func() { f.Subjects = []int64{1, 2, 3, 4, 5} },
			func() { f.From = day.Add(time.Hour) }, func() { f.To = day.Add(2 * time.Hour) }, func() { f.Rules = []string{} },
		} {
			if rng.IntN(7) == 0 {
				narrow()
			}
		}
		offset, limit := rng.IntN(30), 1+rng.IntN(20)
		got, total, err := b.Listed(ctx, f, offset, limit)
		if err != nil {
			t.Fatal(err)
		}
		want, all := stored(f, offset, limit)
		if total != all || !slices.EqualFunc(got, want, func(x, y quality.Row) bool { return x.Key == y.Key && x.State == y.State && x.Assignee == y.Assignee }) {
			t.Fatalf("%+v, %d from %d\nlists %d of %d: %+v\nnot   %d of %d: %+v", f, limit, offset, len(got), total, got, len(want), all, want)
		}
	}
	undone := errors.New("taken back")
	for round := range 40 {
		if round%4 == 0 { // what is not committed is seen within, and by nobody after it was taken back
			err := db.Together(ctx, func(ctx context.Context) error {
				r := quality.Row{Key: quality.Key{Subject: 99, Rule: "jump", Attribute: "sales"}, Register: "enterprise", FoundAt: day, State: quality.Open, ChangedAt: day}
				if err := db.Findings().Write(ctx, func(w quality.Writer) error { return w.SetFindings(ctx, []quality.Row{r}) }); err != nil {
					return err
				}
				if got, _, err := b.Listed(ctx, quality.Filter{Register: "enterprise", Subjects: []int64{99}}, 0, 9); err != nil || len(got) != 1 {
					t.Errorf("within a transaction: %+v, %v", got, err)
				}
				return undone
			})
			if !errors.Is(err, undone) {
				t.Fatal(err)
			}
		}
		write([]*store.DB{db, other}[rng.IntN(2)], rng.IntN(20))
		for range 5 {
			look()
		}
		total := 0
		tallies, _, err := b.Tallies(ctx, "enterprise")
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range tallies {
			total += n.N
		}
		if _, all := stored(quality.Filter{Register: "enterprise", Sort: "found"}, 0, 0); total != all {
			t.Fatalf("counts %d of %d", total, all)
		}
	}
}
