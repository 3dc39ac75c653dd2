package storetest

import (
	"context"
	"testing"
	"time"

	"eyas/internal/pack"
	"eyas/internal/quality"
	"eyas/internal/store"
)

// Findings are kept by key, counted and listed while they are open.
func findings(t *testing.T, db *store.DB) {
	ctx := context.Background()
	row := func(subject int64, rule, district string, importID int64) quality.Row {
		return quality.Row{Key: quality.Key{Subject: subject, Rule: rule, Attribute: "sales", Year: 2020}, Register: "enterprise", Code: "91", Name: "企业" + string(rune('甲'+subject)),
			District: district, Value: "5460", Because: pack.Text{ZH: "去年", EN: "last year"}, Import: importID, Record: 7, Cell: "F2",
			FoundAt: at, State: quality.Open, ChangedAt: at}
	}
	a, b, c := row(1, "unit_slip", "120110", 1), row(2, "unit_slip", "", 2), row(2, "jump", "", 2)
	a.Offer = &quality.Offered{Value: "5460000", Factor: 1000}
	c.FoundAt = at.Add(time.Hour)
	set := func(rows ...quality.Row) {
		t.Helper()
		if err := db.Findings().Write(ctx, func(w quality.Writer) error { return w.SetFindings(ctx, rows) }); err != nil {
			t.Fatal(err)
		}
	}
	set(a, b, c)
	look := func(fn func(r quality.Reader) error) {
		t.Helper()
		if err := db.Findings().Read(ctx, fn); err != nil {
			t.Fatal(err)
		}
	}
	lists := func(what string, f quality.Filter, want ...quality.Row) {
		t.Helper()
		f.Register = "enterprise"
		look(func(r quality.Reader) error {
			list, err := r.Findings(ctx, f, 0, 10)
			equal(t, what, list, want)
			if err != nil {
				return err
			}
			total := map[string]int{}
			for _, row := range want {
				total[row.Rule]++
			}
			counts, err := r.CountFindings(ctx, f)
			equal(t, what+", how many", counts, total)
			return err
		})
	}
	lists("all, by rule", quality.Filter{}, c, a, b)
	lists("of a rule", quality.Filter{Rules: []string{"unit_slip"}}, a, b)
	lists("of an import", quality.Filter{Imports: []int64{2, 3}}, c, b)
	lists("of no import", quality.Filter{Imports: []int64{}})
	lists("of two rules", quality.Filter{Rules: []string{"unit_slip", "jump"}}, c, a, b)
	lists("of no rule", quality.Filter{Rules: []string{}})
	lists("of a district", quality.Filter{Districts: []string{"120110"}}, a)
	lists("without a district", quality.Filter{Districts: []string{""}}, c, b)
	lists("of either", quality.Filter{Districts: []string{"", "120110"}}, c, a, b)
	lists("of a subject", quality.Filter{Subjects: []int64{2}}, c, b)
	lists("found from a time on", quality.Filter{From: at.Add(time.Millisecond)}, c)
	lists("found from that very time on", quality.Filter{From: at}, c, a, b)
	lists("found before a time", quality.Filter{To: at.Add(time.Hour)}, a, b)
	lists("of nobody who is called so", quality.Filter{Text: "企业"})
	lists("the newest first", quality.Filter{Sort: "found", Desc: true}, c, b, a)
	lists("by name", quality.Filter{Sort: "name"}, a, c, b)
	look(func(r quality.Reader) error {
		page, err := r.Findings(ctx, quality.Filter{Register: "enterprise"}, 1, 1)
		equal(t, "second page", page, []quality.Row{a})
		if err != nil {
			return err
		}
		if _, err := r.Findings(ctx, quality.Filter{Register: "enterprise", Sort: "nothing"}, 0, 1); err == nil {
			t.Error("an order that there is not is accepted")
		}
		return nil
	})

	slim := func(r quality.Row) quality.Slim {
		return quality.Slim{Key: r.Key, District: r.District, Import: r.Import, State: r.State, Assignee: r.Assignee, FoundAt: r.FoundAt}
	}
	// changed reads what was written after a number, and returns the number up to which that is all.
	changed := func(what string, after int64, want map[quality.Slim]bool) (last int64) {
		t.Helper()
		look(func(r quality.Reader) (err error) {
			got := map[quality.Slim]bool{}
			last, err = r.Changed(ctx, "enterprise", after, func(f quality.Slim, open bool) { got[f] = open })
			equal(t, what, got, want)
			equal(t, what+", committed", r.Committed(), true)
			return err
		})
		return last
	}
	first := changed("all", -1, map[quality.Slim]bool{slim(a): true, slim(b): true, slim(c): true})
	equal(t, "nothing new", changed("nothing new", first, map[quality.Slim]bool{}), first)

	b.State, b.Assignee, b.Reason = quality.Assigned, "东丽区科技局", "核对年报"
	c.State, c.ResolvedAt = quality.Mended, at.Add(2*time.Hour)
	set(b, c)
	lists("after deciding", quality.Filter{}, a, b)
	if last := changed("what was decided", first, map[quality.Slim]bool{slim(b): true, slim(c): false}); last <= first {
		t.Errorf("number %d follows %d", last, first)
	}
	lists("assigned", quality.Filter{States: []quality.State{quality.Assigned}, Assignees: []string{"东丽区科技局", "nobody"}}, b)
	look(func(r quality.Reader) error {
		one, err := r.Finding(ctx, c.Key)
		equal(t, "resolved", one, &c)
		if err != nil {
			return err
		}
		none, err := r.Finding(ctx, quality.Key{Subject: 9})
		equal(t, "none", none, (*quality.Row)(nil))
		if err != nil {
			return err
		}
		of, err := r.FindingsOf(ctx, []int64{1, 2, 3})
		equal(t, "of subjects", len(of), 3)
		subjects := map[int64]bool{}
		if err := r.FoundSubjects(ctx, "enterprise", func(id int64) { subjects[id] = true }); err != nil {
			return err
		}
		equal(t, "subjects", subjects, map[int64]bool{1: true, 2: true})
		return err
	})

	p := quality.Pass{Register: "enterprise", Change: 12, Fingerprint: "f", At: at, Aged: []quality.Aged{{Source: "market", District: "120110", Subjects: 3, Oldest: 17000, Newest: 17100}}}
	look(func(r quality.Reader) error {
		none, err := r.Pass(ctx, "enterprise")
		equal(t, "never searched", none, (*quality.Pass)(nil))
		return err
	})
	for range 2 {
		p.Change++
		if err := db.Findings().Write(ctx, func(w quality.Writer) error { return w.SetPass(ctx, p) }); err != nil {
			t.Fatal(err)
		}
	}
	look(func(r quality.Reader) error {
		last, err := r.Pass(ctx, "enterprise")
		equal(t, "searched", last, &p)
		return err
	})
}
