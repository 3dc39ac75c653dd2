package storetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"eyas/internal/registry/fact"
	"eyas/internal/store"
)

// brought: what a person brought is found from the subjects that are asked for, or, of who brought less than that, from his imports.
// Both ways give what a walk over all records gives, whatever the order and number of the subjects.
func brought(t *testing.T, db *store.DB) {
	const subjects, imports = 40, 24
	rng := rand.New(rand.NewPCG(1, 2))
	people := []string{"wang", "li", "zhao", "nobody"}
	brought := map[string]map[int64]bool{"wang": {}, "li": {}, "zhao": {}, "nobody": {}}
	write(t, db, func(ctx context.Context, w tables) error {
		if _, err := w.Advance(ctx, fact.LastSubject, subjects); err != nil {
			return err
		}
		record := int64(0)
		for id := int64(1); id <= imports; id++ {
			i := anImport(id)
			i.Actor, i.Rows = people[rng.IntN(3)], rng.IntN(6)
			undone := rng.IntN(3) == 0
			var records []fact.RecordRow
			var links []fact.LinkRow
			i.FirstRecord = record + 1
			for row := range i.Rows {
				record++
				x := fact.RecordRow{ID: record, Import: id, Row: row + 1, Cells: []byte{0}}
				if rng.IntN(4) == 0 { // a row that was refused counts for nobody
					x.Reason = "?"
				} else {
					l := fact.LinkRow{Record: record, Subject: 1 + rng.Int64N(subjects), How: fact.ByCode}
					if rng.IntN(3) == 0 { // it was moved, or its subject was merged
						l.RowSubject = 1 + rng.Int64N(subjects)
					}
					links = append(links, l)
					if !undone {
						brought[i.Actor][l.Subject] = true
					}
				}
				records = append(records, x)
			}
			if i.LastRecord = record; i.Actor == "zhao" {
				i.Rows = 10_000 // so that he is never asked for by his imports
			}
			if err := w.AddImport(ctx, i); err != nil {
				return err
			}
			if err := w.AddRecords(ctx, records); err != nil {
				return err
			}
			if err := w.AddLinks(ctx, links); err != nil {
				return err
			}
			if undone {
				if err := w.MarkUndone(ctx, id, at.Add(time.Hour), "li"); err != nil {
					return err
				}
			}
		}
		return nil
	})
	lists := [][]int64{nil, {1}, {subjects + 1}}
	for _, n := range []int{2, 7, subjects, 300, 2_000} { // the last ones have each subject several times, in any order
		list := make([]int64, n)
		for i := range list {
			list[i] = 1 + rng.Int64N(subjects+5)
		}
		lists = append(lists, list)
	}
	read(t, db, func(ctx context.Context, r tables) error {
		for _, who := range people {
			for _, list := range lists {
				var want []int64
				for _, id := range list {
					if brought[who][id] {
						want = append(want, id)
					}
				}
				slices.Sort(want)
				asked := slices.Clone(list)
				got, err := r.Brought(ctx, who, list)
				if err != nil {
					return err
				}
				equal(t, fmt.Sprintf("%s of %d subjects", who, len(list)), got, slices.Compact(want))
				equal(t, "the list that was asked for", list, asked)
			}
		}
		return nil
	})
}
