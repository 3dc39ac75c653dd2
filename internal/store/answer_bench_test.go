package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"eyas/internal/pack"
	"eyas/internal/registry"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
	"eyas/internal/registry/profile"
	"eyas/internal/store"
	"eyas/packs"
)

// BenchmarkAnswer measures how long a person waits who answers one question about a base of EYAS_BENCH_ROWS enterprises
// (100,000 by default): whether two are one, which of two values is right, and which district words of an address mean.
// p50-ms and max-ms are of a hundred answers. EYAS_BENCH_BASE names a file in which the base is
// kept for the next run; it may be that of BenchmarkDerive.
func BenchmarkAnswer(b *testing.B) {
	rows := 100_000
	if n, err := strconv.Atoi(os.Getenv("EYAS_BENCH_ROWS")); err == nil && n > 0 {
		rows = n
	}
	p, err := packs.Default()
	if err != nil {
		b.Fatal(err)
	}
	ctx := b.Context()
	path := os.Getenv("EYAS_BENCH_BASE")
	if path == "" {
		path = filepath.Join(b.TempDir(), "base.db")
	}
	_, err = os.Stat(path)
	made := err == nil
	db, err := store.Open(ctx, path)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	g := registry.New(p, db, time.Now)
	if !made {
		file := filepath.Join(b.TempDir(), "2020年报.csv")
		writeWide(b, file, rows)
		if _, _, err := g.Import(ctx, layout.Source{Name: "2020年报.csv", Path: file}, layout.Options{Register: "enterprise"}, nil); err != nil {
			b.Fatal(err)
		}
	}
	var subjects []int64
	if err := db.Profiles().Read(ctx, func(r profile.Reader) (err error) {
		subjects, err = r.Next(ctx, "enterprise", 0, rows)
		return err
	}); err != nil {
		b.Fatal(err)
	}
	district := p.Orgs[slices.IndexFunc(p.Orgs, func(o *pack.Org) bool { return o.Kind == "district" })].ID
	said, err := g.PlaceAnswers(ctx)
	if err != nil {
		b.Fatal(err)
	}
	turn := len(said)      // in a base that was kept, others than before
	next := func() int64 { // far apart
		turn++
		return subjects[turn*7919%len(subjects)]
	}
	of := func(n int, before func(n int) error, answer func(i int) error) func(*testing.B) {
		return func(b *testing.B) {
			for b.Loop() {
				if err := before(n); err != nil {
					b.Fatal(err)
				}
				var took []time.Duration
				for i := range n {
					start := time.Now()
					if err := answer(i); err != nil {
						b.Fatal(err)
					}
					took = append(took, time.Since(start))
				}
				slices.Sort(took)
				b.ReportMetric(took[len(took)/2].Seconds()*1000, "p50-ms")
				b.ReportMetric(took[len(took)-1].Seconds()*1000, "max-ms")
			}
		}
	}
	var asked []int64
	ask := func(n int) error {
		asked = asked[:0]
		return db.Identities().Write(ctx, func(w identity.Writer) error {
			last, err := w.Advance(ctx, fact.LastAsked, int64(n))
			if err != nil {
				return err
			}
			var list []fact.QuestionRow
			for i := range n {
				id := last - int64(i)
				asked = append(asked, id)
				list = append(list, fact.QuestionRow{ID: id, Register: "enterprise", Subject: next(), Candidate: next(), Weight: 3000, Evidence: "[]",
					RaisedAt: time.Now(), State: fact.Open})
			}
			return w.AddQuestions(ctx, list)
		})
	}
	none := func(int) error { return nil }
	b.Run("different", of(100, ask, func(i int) error { return g.Answer(ctx, asked[i], fact.Different, "不是一家") }))
	b.Run("same", of(100, ask, func(i int) error { return g.Answer(ctx, asked[i], fact.Same, "同一家") }))
	b.Run("value", of(100, none, func(i int) error {
		_, _, err := g.Enter(ctx, intake.Entry{Register: "enterprise", Subject: next(), Values: map[string]string{"sales@2020": fmt.Sprintf("%d万元", 100+turn)},
			Source: "correction", Form: "更正", Reason: "已与企业核对"})
		return err
	}))
	known := func(int) error { // as the page that asks has done
		_, err := g.PlaceQuestions(ctx)
		return err
	}
	b.Run("address", of(100, known, func(i int) error {
		turn++
		_, err := g.AnswerPlace(ctx, fmt.Sprintf("南开区科研路%d号", 7*turn%999), district, nil) // one address of ten thousand has it
		return err
	}))
}
