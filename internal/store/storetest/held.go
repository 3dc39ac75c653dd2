package storetest

import (
	"context"
	"fmt"
	"testing"

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
