package sharing_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"eyas/internal/auth"
	"eyas/internal/pack"
	"eyas/internal/sharing"
	"eyas/internal/store"
	"eyas/internal/store/basetest"
	"eyas/internal/store/pgtest"
	"eyas/packs"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// given is a share as a plain model keeps it.
type given struct {
	subject, bank int64
	until         string
	ended         bool
}

// What a bank sees is what a list of all consents says, on each day and after each that was taken back, on both databases.
func TestSeenAsGiven(t *testing.T) {
	for name, dsn := range map[string]func() string{"sqlite": func() string { return basetest.Path(t) }, "postgres": func() string { return basetest.Server(t) }} {
		t.Run(name, func(t *testing.T) {
			p, err := packs.Default()
			if err != nil {
				t.Fatal(err)
			}
			rights, err := auth.New(p)
			if err != nil {
				t.Fatal(err)
			}
			db, err := store.Open(t.Context(), dsn())
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			now := time.Date(2026, 11, 30, 1, 0, 0, 0, time.UTC)
			s := sharing.New(sharing.Config{Pack: p, Storage: db, Clock: func() time.Time { return now }, Actors: rights,
				Lie: func(_ context.Context, subject int64, _ string) (auth.Lie, error) {
					return auth.Lie{Subjects: []int64{subject}}, nil
				},
				Receiver: func(_ context.Context, _ []string, code string) (int64, error) {
					return int64(code[0] - 'A' + 101), nil
				}})
			rights.WithShares(s.Seen).WithMandates(func(context.Context, auth.Actor) ([]auth.Action, error) {
				return []auth.Action{auth.See, auth.Consent}, nil
			})
			var all []given
			runs := 0
			rapid.Check(t, func(t *rapid.T) {
				if runs++; runs > 15 { // the base keeps what each run gives
					return
				}
				own := func(subject int64) context.Context {
					return auth.In(context.Background(), auth.Actor{ID: "e", Role: "enterprise", Subject: subject})
				}
				switch rapid.IntRange(0, 3).Draw(t, "step") {
				case 0:
					now = now.Add(24 * time.Hour)
				case 1:
					if len(all) > 0 {
						i := rapid.IntRange(0, len(all)-1).Draw(t, "end")
						if err := s.End(own(all[i].subject+1), all[i].subject, int64(i+1)); err == nil {
							t.Fatal("another subject takes it back")
						}
						if err := s.End(own(all[i].subject), all[i].subject, int64(i+1)); err != nil {
							t.Fatal(err)
						}
						all[i].ended = true
					}
				default:
					g := given{subject: rapid.Int64Range(1, 4).Draw(t, "subject"), bank: rapid.Int64Range(101, 102).Draw(t, "bank"), until: now.AddDate(0, 0, rapid.IntRange(0, 3).Draw(t, "days")).Format(time.DateOnly)}
					x, err := s.Give(own(g.subject), sharing.Consent, g.subject, sharing.Ask{Code: string(rune('A' + g.bank - 101)), Purpose: "贷款审查", Until: g.until})
					if err != nil || x.ID != int64(len(all)+1) {
						t.Fatal(x, err)
					}
					all = append(all, g)
				}
				for bank := int64(101); bank <= 102; bank++ {
					var want []int64
					for _, g := range all {
						if g.bank == bank && !g.ended && now.Format(time.DateOnly) <= g.until {
							want = append(want, g.subject)
						}
					}
					slices.Sort(want)
					want = slices.Compact(want)
					a := auth.In(context.Background(), auth.Actor{ID: "b", Role: "bank", Subject: bank})
					scope, err := rights.Scope(a, "enterprise")
					if !slices.Equal(scope.Subjects(), want) || (err == nil) != (want != nil) || scope.Whole() {
						t.Fatalf("the bank sees %v instead of %v (%v)", scope.Subjects(), want, err)
					}
					for subject := int64(1); subject <= 4; subject++ {
						may := rights.Decide(a, auth.See, auth.Resource{Lies: &auth.Lie{Subjects: []int64{subject}}}) == nil
						if may != slices.Contains(want, subject) {
							t.Fatalf("subject %d: %v", subject, may)
						}
					}
				}
			})
			if list, err := s.Seen(t.Context(), auth.Actor{ID: "e", Subject: 101}, pack.RowsOwn); list != nil || err != nil {
				t.Error(list, err)
			}
			if v, err := db.Verify(t.Context(), nil, nil); err != nil || len(v.Problems) != 0 {
				t.Error(v, err)
			}
		})
	}
}
