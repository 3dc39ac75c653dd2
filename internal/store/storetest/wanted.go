package storetest

import (
	"context"
	"testing"
	"time"

	"eyas/internal/registry/fact"
	"eyas/internal/store"
)

// listed asks lists for rows by name, by what they were, by when, by whom, by their numbers, and in either order.
func listed(t *testing.T, db *store.DB) {
	later := at.Add(48 * time.Hour)
	names := []string{"", "天津海河", "天津100%甲", "津门a_b", "乙", "丙"}
	write(t, db, func(ctx context.Context, w tables) error {
		var profiles []fact.ProfileRow
		for id := int64(1); id <= 5; id++ {
			code := ""
			if id%2 == 1 {
				code = "CODE" + string(rune('0'+id))
			}
			profiles = append(profiles, fact.ProfileRow{Subject: id, Register: "enterprise", Code: code, Name: names[id], NameKey: names[id], Facts: []byte{0}, Gone: id >= 4})
		}
		if err := w.AddProfiles(ctx, profiles); err != nil {
			return err
		}
		merge := func(id, from, into int64, how, actor string, when time.Time) fact.MergeRow {
			return fact.MergeRow{ID: id, Register: "enterprise", From: from, Into: into, At: when, Actor: actor, How: how, Evidence: "[]"}
		}
		if err := w.AddMerges(ctx, []fact.MergeRow{merge(1, 4, 1, "person", "Wang", at), merge(2, 5, 2, "code", "linkage", later), merge(3, 3, 1, "code", "linkage", later)}); err != nil {
			return err
		}
		question := func(id, subject, candidate, weight int64) fact.QuestionRow {
			return fact.QuestionRow{ID: id, Register: "enterprise", Subject: subject, Candidate: candidate, Weight: weight, Evidence: "[]", RaisedAt: at, State: fact.Open}
		}
		if err := w.AddQuestions(ctx, []fact.QuestionRow{question(1, 1, 2, 500), question(2, 2, 3, -700), question(3, 4, 1, 900)}); err != nil {
			return err
		}
		for id := int64(1); id <= 3; id++ {
			i := anImport(id)
			i.File, i.Rows, i.At = []string{"", "2020年报.xlsx", "Carriers_1.csv", "100%.csv"}[id], int(10*id), at.Add(time.Duration(id)*24*time.Hour)
			if i.Source = ""; id == 2 {
				i.Register, i.Source, i.Synthetic = "carrier", "annual", true
			}
			if err := w.AddImport(ctx, i); err != nil {
				return err
			}
		}
		return nil
	})
	yes, no := true, false
	low, high := int64(0), int64(600)
	read(t, db, func(ctx context.Context, r tables) error {
		for what, c := range map[string]struct {
			w                          fact.Wanted
			merges, questions, imports []int64
		}{
			"all":              {fact.Wanted{}, []int64{3, 2, 1}, []int64{3, 1, 2}, []int64{3, 2, 1}},
			"part of a name":   {fact.Wanted{Text: "海河"}, []int64{3, 1}, []int64{3, 1}, nil},
			"a sign of LIKE":   {fact.Wanted{Text: "0%"}, []int64{2}, []int64{1, 2}, []int64{3}},
			"another sign":     {fact.Wanted{Text: "s_1"}, nil, nil, []int64{2}},
			"who is gone":      {fact.Wanted{Text: "乙"}, []int64{1}, []int64{3}, nil},
			"gone with a code": {fact.Wanted{Text: "丙"}, []int64{2}, nil, nil},
			"a code":           {fact.Wanted{Text: "code3 "}, []int64{3}, []int64{2}, nil},
			"nobody":           {fact.Wanted{Text: "没有"}, nil, nil, nil},
			"by numbers":       {fact.Wanted{Chosen: []int64{1, 3, 9}}, []int64{3, 1}, []int64{3, 1}, []int64{3, 1}},
			"by no numbers":    {fact.Wanted{Chosen: []int64{}}, nil, nil, nil},
		} {
			merges, n, err := r.Merges(ctx, "enterprise", "", c.w, 0, 10)
			equal(t, "merges: "+what, numbersOf(merges, func(m fact.MergeRow) int64 { return m.ID }), c.merges)
			equal(t, "number of merges: "+what, n, len(c.merges))
			if err != nil {
				return err
			}
			questions, n, err := r.Questions(ctx, "enterprise", fact.Open, c.w, 0, 10)
			equal(t, "questions: "+what, numbersOf(questions, func(q fact.QuestionRow) int64 { return q.ID }), c.questions)
			equal(t, "number of questions: "+what, n, len(c.questions))
			if err != nil {
				return err
			}
			pairs, err := r.MergePairs(ctx, "enterprise", "", c.w)
			var two []fact.Pair
			for _, m := range merges {
				two = append(two, fact.Pair{ID: m.ID, Subjects: [2]int64{m.From, m.Into}})
			}
			equal(t, "pairs of merges: "+what, pairs, two)
			if err != nil {
				return err
			}
			pairs, err = r.QuestionPairs(ctx, "enterprise", fact.Open, c.w)
			two = nil
			for _, q := range questions {
				two = append(two, fact.Pair{ID: q.ID, Subjects: [2]int64{q.Subject, q.Candidate}})
			}
			equal(t, "pairs of questions: "+what, pairs, two)
			if err != nil {
				return err
			}
			imports, n, err := r.Imports(ctx, c.w, 0, 10)
			equal(t, "imports: "+what, numbersOf(imports, func(i fact.ImportRow) int64 { return i.ID }), c.imports)
			equal(t, "number of imports: "+what, n, len(c.imports))
			if err != nil {
				return err
			}
		}
		for what, c := range map[string]struct {
			w    fact.Wanted
			want []int64
		}{
			"by what": {fact.Wanted{Hows: []string{"code", "name"}}, []int64{3, 2}}, "by whom": {fact.Wanted{Who: "wa"}, []int64{1}}, "behind one": {fact.Wanted{After: 3}, []int64{2, 1}}, "behind one, upwards": {fact.Wanted{By: "when", After: 1}, []int64{2, 3}},
			"by whom by their word": {fact.Wanted{Who: "关联", WhoIs: []string{"linkage"}}, []int64{3, 2}}, "not by their id": {fact.Wanted{Who: "link"}, nil}, "from a day on": {fact.Wanted{From: later}, []int64{3, 2}},
			"before": {fact.Wanted{To: later}, []int64{1}}, "upwards": {fact.Wanted{By: "when"}, []int64{1, 2, 3}}, "downwards": {fact.Wanted{By: "when", Desc: true}, []int64{3, 2, 1}},
		} {
			list, _, err := r.Merges(ctx, "enterprise", "", c.w, 0, 10)
			equal(t, "merges "+what, numbersOf(list, func(m fact.MergeRow) int64 { return m.ID }), c.want)
			if err != nil {
				return err
			}
		}
		for what, c := range map[string]struct {
			w    fact.Wanted
			want []int64
		}{
			"by weight": {fact.Wanted{Least: &low, Most: &high}, []int64{1}}, "upwards": {fact.Wanted{By: "weight"}, []int64{2, 1, 3}}, "answered": {fact.Wanted{From: at}, nil},
		} {
			list, _, err := r.Questions(ctx, "enterprise", fact.Open, c.w, 0, 10)
			equal(t, "questions "+what, numbersOf(list, func(q fact.QuestionRow) int64 { return q.ID }), c.want)
			if err != nil {
				return err
			}
		}
		for what, c := range map[string]struct {
			w    fact.Wanted
			want []int64
		}{
			"of a register": {fact.Wanted{Registers: []string{"carrier", "x"}}, []int64{2}}, "in force": {fact.Wanted{Undone: &no}, []int64{3, 2, 1}}, "taken back": {fact.Wanted{Undone: &yes}, nil},
			"of a source": {fact.Wanted{Sources: []string{"annual", "x"}}, []int64{2}}, "of no source": {fact.Wanted{Sources: []string{""}}, []int64{3, 1}}, "generated": {fact.Wanted{Synthetic: &yes}, []int64{2}}, "not generated": {fact.Wanted{Synthetic: &no}, []int64{3, 1}},
			"by file": {fact.Wanted{By: "file"}, []int64{3, 1, 2}}, "by rows": {fact.Wanted{By: "rows", Desc: true}, []int64{3, 2, 1}}, "of a day": {fact.Wanted{From: at.Add(24 * time.Hour), To: later}, []int64{1}},
		} {
			list, _, err := r.Imports(ctx, c.w, 0, 10)
			equal(t, "imports "+what, numbersOf(list, func(i fact.ImportRow) int64 { return i.ID }), c.want)
			if err != nil {
				return err
			}
		}
		if _, _, err := r.Merges(ctx, "enterprise", "", fact.Wanted{By: "weight"}, 0, 10); err == nil {
			t.Error("merges have no weight to sort by")
		}
		_, n, err := r.Merges(ctx, "enterprise", "", fact.Wanted{}, 0, 0)
		equal(t, "merges counted alone", n, 3)
		return err
	})
}

func numbersOf[R any](list []R, id func(R) int64) (ids []int64) {
	for _, r := range list {
		ids = append(ids, id(r))
	}
	return ids
}
