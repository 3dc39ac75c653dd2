package identity

import (
	"context"
	"slices"
	"testing"
	"time"

	"eyas/internal/registry/fact"
)

// mergesOf are merges as a base would give them.
type mergesOf []fact.MergeRow

func (m mergesOf) MergesOf(_ context.Context, _ string, subjects []int64) (list []fact.MergeRow, err error) {
	for _, row := range m {
		if slices.Contains(subjects, row.From) || slices.Contains(subjects, row.Into) {
			list = append(list, row)
		}
	}
	return list, nil
}

func TestLiveRoots(t *testing.T) {
	merges := mergesOf{{ID: 1, From: 3, Into: 9}, {ID: 2, From: 4, Into: 8}, {ID: 3, From: 8, Into: 7}, {ID: 4, From: 5, Into: 9}, {ID: 5, From: 6, Into: 2, UndoneAt: time.Unix(1, 0)}}
	gone := func(ids ...int64) (list []fact.SubjectRow) {
		for _, id := range ids {
			list = append(list, fact.SubjectRow{Subject: id, Gone: true})
		}
		return list
	}
	for name, c := range map[string]struct {
		subjects []fact.SubjectRow
		want     []int64
	}{
		"nobody":                        {nil, nil},
		"active ones, and no others":    {append(gone(3), fact.SubjectRow{Subject: 12}, fact.SubjectRow{Subject: 11}), []int64{11, 12}},
		"merged into several, and once": {gone(3, 4, 5), []int64{7, 9}},
		"inactive, or taken apart":      {gone(1, 6), nil},
	} {
		if got, err := liveRoots(t.Context(), merges, c.subjects); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v: %v", name, got, c.want, err)
		}
	}
}
