package storetest

import (
	"context"
	"testing"
	"time"

	"eyas/internal/registry/fact"
	"eyas/internal/store"
)

func merges(t *testing.T, db *store.DB) {
	rec := func(id, subject, origin int64) fact.RecordRow {
		return fact.RecordRow{ID: id, Import: 1, Sheet: 1, Row: int(id), Cells: []byte{0}, Subject: subject, RowSubject: origin, How: fact.ByCode}
	}
	m := fact.MergeRow{ID: 1, Register: "enterprise", From: 2, Into: 3, At: at, Actor: "wang", How: "person", Evidence: "[]", Reason: "同一家"}
	write(t, db, func(ctx context.Context, w tables) error {
		if err := w.AddImport(ctx, anImport(1)); err != nil {
			return err
		}
		rows := []fact.RecordRow{rec(11, 0, 0), rec(12, 0, 0), rec(13, 0, 0)}
		if err := w.AddRecords(ctx, rows); err != nil {
			return err
		}
		if err := w.AddLinks(ctx, []fact.LinkRow{{Record: 11, Subject: 1, How: fact.ByCode}, {Record: 12, Subject: 2, How: fact.ByCode}, {Record: 13, Subject: 3, How: fact.ByCode}}); err != nil {
			return err
		}
		if err := w.AddProfiles(ctx, []fact.ProfileRow{{Subject: 2, Register: "enterprise", Name: "乙", NameKey: "乙", Facts: []byte{0}, Gone: true}}); err != nil {
			return err
		}
		if err := w.AddMerges(ctx, []fact.MergeRow{m}); err != nil {
			return err
		}
		return w.Attach(ctx, []int64{2}, 3)
	})
	links := func(r tables, want ...fact.RecordRow) {
		t.Helper()
		got, err := r.Linked(t.Context(), []int64{1, 2, 3})
		equal(t, "linked", got, want)
		if err != nil {
			t.Error(err)
		}
	}
	read(t, db, func(ctx context.Context, r tables) error {
		links(r, rec(11, 1, 0), rec(12, 3, 2), rec(13, 3, 0))
		merged, err := r.Merged(ctx, "enterprise")
		equal(t, "merged", merged, []fact.MergedRow{{Subject: 2, Into: 3, NameKey: "乙"}})
		if err != nil {
			return err
		}
		for what, list := range map[string]func() ([]fact.MergedRow, error){
			"merged of":    func() ([]fact.MergedRow, error) { return r.MergedOf(ctx, []int64{1, 2}) },
			"merged named": func() ([]fact.MergedRow, error) { return r.MergedNamed(ctx, "enterprise", []string{"甲", "乙"}) },
		} {
			got, err := list()
			equal(t, what, got, merged)
			if err != nil {
				return err
			}
		}
		for _, of := range [][]int64{{2}, {3}, {2, 3}, nil} {
			list, err := r.MergesOf(ctx, "enterprise", of)
			equal(t, "merges of", list, []fact.MergeRow{m})
			if err != nil {
				return err
			}
		}
		list, total, err := r.Merges(ctx, "enterprise", "", fact.Wanted{}, 0, 10)
		equal(t, "merges", list, []fact.MergeRow{m})
		equal(t, "total", total, 1)
		if err != nil {
			return err
		}
		_, last, err := r.Horizon(ctx)
		equal(t, "horizon", last.Before(at), false)
		return err
	})
	write(t, db, func(ctx context.Context, w tables) error {
		if err := w.Attach(ctx, []int64{2, 3}, 1); err != nil {
			return err
		}
		links(w, rec(11, 1, 0), rec(12, 1, 2), rec(13, 1, 3))
		if err := w.Attach(ctx, []int64{2}, 2); err != nil {
			return err
		}
		links(w, rec(11, 1, 0), rec(13, 1, 3), rec(12, 2, 0))
		if err := w.MarkMergeUndone(ctx, 1, at.Add(time.Hour), "li"); err != nil {
			return err
		}
		got, err := w.Merge(ctx, 1)
		want := m
		want.UndoneAt, want.UndoneBy = at.Add(time.Hour), "li"
		equal(t, "undone", got, &want)
		if err != nil {
			return err
		}
		for which, n := range map[fact.MergeState]int{"": 1, fact.Standing: 0, fact.Undone: 1} {
			list, total, err := w.Merges(ctx, "enterprise", which, fact.Wanted{}, 0, 10)
			equal(t, "merges "+string(which), [2]int{len(list), total}, [2]int{n, n})
			if err != nil {
				return err
			}
		}
		merged, err := w.Merged(ctx, "enterprise")
		equal(t, "merged after undoing", len(merged), 0)
		if err != nil {
			return err
		}
		if err := w.SetLink(ctx, fact.LinkRow{Record: 11, Subject: 3, How: fact.ByPerson, Evidence: "移动"}); err != nil {
			return err
		}
		move := fact.RelinkRow{ID: 1, Record: 11, From: 1, Into: 3, FromHow: fact.ByCode, At: at, Actor: "wang", Reason: "错"}
		if err := w.AddRelink(ctx, &move); err != nil {
			return err
		}
		moves, err := w.RelinksOf(ctx, []int64{3})
		equal(t, "moves", moves, []fact.RelinkRow{move})
		if err != nil {
			return err
		}
		none, err := w.Merge(ctx, 9)
		equal(t, "no merge", none, (*fact.MergeRow)(nil))
		return err
	})
}

func questions(t *testing.T, db *store.DB) {
	q := func(id, weight int64) fact.QuestionRow {
		return fact.QuestionRow{ID: id, Register: "enterprise", Subject: id, Candidate: 100, Weight: weight, Evidence: "[]", RaisedAt: at, State: fact.Open}
	}
	write(t, db, func(ctx context.Context, w tables) error {
		if err := w.AddQuestions(ctx, []fact.QuestionRow{q(1, 500), q(2, -700), q(3, 900)}); err != nil {
			return err
		}
		answered := q(3, 900)
		answered.State, answered.DecidedAt, answered.DecidedBy, answered.Reason, answered.Merge = fact.Same, at, "wang", "看过", 4
		if err := w.SetQuestion(ctx, &answered); err != nil {
			return err
		}
		got, err := w.Question(ctx, 3)
		equal(t, "answered", got, &answered)
		return err
	})
	read(t, db, func(ctx context.Context, r tables) error {
		list, total, err := r.Questions(ctx, "enterprise", fact.Open, fact.Wanted{}, 0, 1)
		equal(t, "weightiest", list, []fact.QuestionRow{q(1, 500)})
		equal(t, "total", total, 2)
		if err != nil {
			return err
		}
		of, err := r.QuestionsOf(ctx, "enterprise", []int64{2, 100})
		equal(t, "of both sides", len(of), 3)
		return err
	})
}

func origins(t *testing.T, db *store.DB) {
	day := int32(18_717)
	write(t, db, func(ctx context.Context, w tables) error {
		i := anImport(1)
		i.Source, i.AsOf, i.Whole = "abnormal", &day, "abnormal_list"
		form := anImport(2)
		form.Form, form.Reason = "更正", "看过原件"
		for _, x := range []*fact.ImportRow{i, form} {
			if err := w.AddImport(ctx, x); err != nil {
				return err
			}
		}
		if err := w.AddSources(ctx, map[string]int{"abnormal": 1}); err != nil {
			return err
		}
		if err := w.Set(ctx, "precedence", "a"); err != nil {
			return err
		}
		return w.Set(ctx, "precedence", "b")
	})
	read(t, db, func(ctx context.Context, r tables) error {
		list, total, err := r.Imports(ctx, fact.Wanted{}, 0, 10)
		equal(t, "what was entered by hand is no file", total, 1)
		if err != nil {
			return err
		}
		equal(t, "origin", [2]any{list[0].Source, *list[0].AsOf}, [2]any{"abnormal", day})
		whole, err := r.Whole(ctx, "enterprise", false)
		equal(t, "whole lists", len(whole), 1)
		if err != nil {
			return err
		}
		spoken, err := r.Spoken(ctx, "enterprise")
		equal(t, "imports whose source is said", spoken[0].Source, "abnormal")
		if err != nil {
			return err
		}
		i, err := r.Import(ctx, 2)
		equal(t, "form", [2]string{i.Form, i.Reason}, [2]string{"更正", "看过原件"})
		if err != nil {
			return err
		}
		sources, err := r.Sources(ctx)
		equal(t, "sources", sources, map[string]int{"abnormal": 1})
		if err != nil {
			return err
		}
		value, err := r.Setting(ctx, "precedence")
		equal(t, "setting", value, "b")
		if err != nil {
			return err
		}
		horizon, _, err := r.Horizon(ctx)
		equal(t, "horizon", horizon, time.Unix(int64(day)*86400, 0).UTC())
		return err
	})
}
