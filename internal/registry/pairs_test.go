package registry_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"eyas/internal/auth"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
)

// What is kept of merges in memory is what the base has, whoever merges and separates: this process, another one, and a transaction
// that is taken back, whose numbers come again with other subjects.
func TestPairsAreThoseOfTheBase(t *testing.T) {
	both(t, func(r *rig) {
		ctx := t.Context()
		head := "统一社会信用代码,企业名称"
		var lines []string
		for n := range 6 {
			lines = append(lines, fmt.Sprintf("%s,公司%d", code(n+1), n+1))
		}
		r.take(r.file("a.csv", append([]string{head}, lines...)...), enterprise)
		at := func(n int) int64 { return r.one(code(n)).Subject }
		own := identity.New(derive.NewBase(r.pack, r.db, func() time.Time { return r.now }, auth.Accountless()), r.db)
		check := func(what string) {
			t.Helper()
			for _, which := range []fact.MergeState{"", fact.Standing, fact.Undone} {
				var want []fact.Pair
				if err := r.db.Identities().Read(ctx, func(s identity.Reader) (err error) {
					want, err = s.MergePairs(ctx, "enterprise", which, fact.Wanted{})
					return err
				}); err != nil {
					t.Fatal(err)
				}
				for range 2 {
					got, err := own.AllPairs(ctx, "enterprise", which)
					if err != nil || !slices.Equal(got.List, want) {
						t.Fatalf("%s: merges %q: %v, want %v: %v", what, which, got, want, err)
					}
				}
			}
		}
		check("nothing")
		first, err := r.Merge(ctx, at(1), at(2), "")
		if err != nil {
			t.Fatal(err)
		}
		check("one")
		back := errors.New("taken back")
		err = r.db.Identities().Within(ctx, func(ctx context.Context, _ identity.Writer) error {
			if _, err := r.Merge(ctx, at(3), at(4), ""); err != nil {
				return err
			}
			if p, err := own.AllPairs(ctx, "enterprise", fact.Standing); err != nil || len(p.List) != 2 {
				t.Errorf("within: %v %v", p, err)
			}
			return back
		})
		if !errors.Is(err, back) {
			t.Fatal(err)
		}
		if _, err := r.Merge(ctx, at(5), at(6), ""); err != nil {
			t.Fatal(err)
		}
		check("taken back, and the same number with others") // nobody asks between: what is kept would be replaced
		if err := r.Unmerge(ctx, first); err != nil {
			t.Fatal(err)
		}
		check("undone")
		p, err := own.AllPairs(ctx, "enterprise", fact.Standing)
		if err != nil || p.Root(at(6)) != at(5) || p.Root(at(1)) != at(1) {
			t.Error(p, err)
		}
	})
}
