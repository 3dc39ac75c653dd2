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

// held: a held subject has the code and the name of another one and is found by neither; answers about it are told to who brought it.
func held(t *testing.T, db *store.DB) {
	own := aProfile(1)
	apart := own
	apart.Subject, apart.Held = 2, fact.HeldFor("120110")
	named := fact.ProfileRow{Subject: 3, Register: "enterprise", Name: "丁", NameKey: "丁", Facts: []byte{1, 0}, Held: fact.HeldFor("120110")}
	write(t, db, func(ctx context.Context, w tables) error {
		if _, err := w.Advance(ctx, fact.LastSubject, 3); err != nil {
			return err
		}
		i := anImport(1)
		i.Actor, i.FirstRecord, i.LastRecord = "wang", 1, 2
		if err := w.AddImport(ctx, i); err != nil {
			return err
		}
		if err := w.AddRecords(ctx, []fact.RecordRow{{ID: 1, Import: 1, Cells: []byte{0}}, {ID: 2, Import: 1, Cells: []byte{0}}}); err != nil {
			return err
		}
		if err := w.AddLinks(ctx, []fact.LinkRow{{Record: 1, Subject: 2, How: fact.ByCode}, {Record: 2, Subject: 1, RowSubject: 3, How: fact.ByName}}); err != nil {
			return err
		}
		return w.AddProfiles(ctx, []fact.ProfileRow{own, apart, named})
	})
	look := func(want ...fact.ProfileRow) {
		t.Helper()
		read(t, db, func(ctx context.Context, r tables) error {
			got, err := r.Profiles(ctx, []int64{1, 2, 3})
			equal(t, "profiles", got, want)
			return err
		})
	}
	look(own, apart, named)
	read(t, db, func(ctx context.Context, r tables) error {
		found, err := r.SubjectsByCode(ctx, "enterprise", []string{own.Code})
		equal(t, "by the code", found, []fact.SubjectRow{{Subject: 1, Code: own.Code, NameKey: own.NameKey}})
		if err != nil {
			return err
		}
		stored := apart.Held.Key(own.Code)
		found, err = r.SubjectsByCode(ctx, "enterprise", []string{stored})
		equal(t, "by the held code", found, []fact.SubjectRow{{Subject: 2, Code: stored, NameKey: apart.Held.Key(own.NameKey)}})
		if err != nil {
			return err
		}
		byName, err := r.SubjectsByKey(ctx, "enterprise", []string{"丁", own.NameKey})
		equal(t, "by name", byName, []fact.SubjectRow{{Subject: 1, Code: own.Code, NameKey: own.NameKey}})
		if err != nil {
			return err
		}
		ids, err := r.HeldSubjects(ctx, "enterprise", 0, 10)
		equal(t, "held", ids, []int64{2, 3})
		if err != nil {
			return err
		}
		ids, err = r.HeldSubjects(ctx, "carrier", 0, 10)
		equal(t, "held of another register", len(ids), 0)
		return err
	})
	// An answer changes how it is held, and is written over by the next one.
	apart.Held = apart.Held.Turned(2)
	later := anImport(1).At.UnixMilli() // than what was brought
	answers := []fact.HeldAnswer{
		{Subject: 2, Register: "enterprise", Org: "120110", Owner: 1, State: fact.HeldNo, Reason: "不是", Decided: later + 20, DecidedBy: "lu"},
		{Subject: 3, Register: "enterprise", Org: "120110", State: fact.HeldYes, Merge: 4, Decided: later + 10, DecidedBy: "lu"},
	}
	write(t, db, func(ctx context.Context, w tables) error {
		for i := range answers {
			first := answers[i]
			first.State, first.Decided = fact.HeldAgain, 1
			for _, a := range []*fact.HeldAnswer{&first, &answers[i]} {
				if err := w.SetHeldAnswer(ctx, a); err != nil {
					return err
				}
			}
		}
		return w.SetProfiles(ctx, []fact.ProfileRow{apart})
	})
	look(own, apart, named)
	read(t, db, func(ctx context.Context, r tables) error {
		for who, want := range map[[2]string][]fact.HeldAnswer{{}: answers, {"wang", "120110"}: answers[:2], {"wang", "120111"}: nil, {"li", "120110"}: nil} {
			got, err := r.HeldAnswers(ctx, who[0], who[1], 10)
			equal(t, fmt.Sprint("answers of ", who), got, want)
			if err != nil {
				return err
			}
		}
		a, err := r.HeldAnswer(ctx, 3)
		equal(t, "answer", a, &answers[1])
		return err
	})
}

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
