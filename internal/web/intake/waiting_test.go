package intake

import (
	"context"
	"slices"
	"testing"
	"time"

	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
	"eyas/internal/web/frame"
)

// What imports refused waits until its mended file went in: rows and cells alike, and no less where only some rows came back.
func TestRefusedWaitsUntilMended(t *testing.T) {
	now := time.Date(2021, 3, 31, 12, 0, 0, 0, time.UTC)
	one := func(id int64, register string, refused, all int, mends int64, rows int) intake.Import {
		return intake.Import{ID: id, Register: register, Options: layout.Options{Mends: mends}, Report: intake.FileReport{Rows: rows, Refused: refused, RefusalCount: all}}
	}
	for name, c := range map[string]struct {
		list []intake.Import
		want []int64 // in order
		n    int
	}{
		"nothing refused":         {[]intake.Import{one(1, "enterprise", 0, 0, 0, 9)}, nil, 0},
		"rows, and cells alone":   {[]intake.Import{one(2, "enterprise", 3, 5, 0, 9), one(1, "enterprise", 0, 7, 0, 9)}, []int64{1, 2}, 12},
		"mended":                  {[]intake.Import{one(2, "enterprise", 0, 0, 1, 3), one(1, "enterprise", 3, 5, 0, 9)}, nil, 0},
		"cells mended":            {[]intake.Import{one(2, "enterprise", 0, 0, 1, 2), one(1, "enterprise", 0, 2, 0, 9)}, nil, 0},
		"mended, and wrong again": {[]intake.Import{one(2, "enterprise", 1, 1, 1, 3), one(1, "enterprise", 3, 3, 0, 9)}, []int64{2}, 1},
		"some rows came back":     {[]intake.Import{one(2, "enterprise", 0, 0, 1, 2), one(1, "enterprise", 3, 3, 0, 9)}, []int64{1}, 3},
		"in two files":            {[]intake.Import{one(3, "enterprise", 0, 0, 1, 1), one(2, "enterprise", 0, 0, 1, 2), one(1, "enterprise", 3, 3, 0, 9)}, nil, 0},
		"of another register":     {[]intake.Import{one(2, "carrier", 0, 0, 1, 3), one(1, "enterprise", 3, 3, 0, 9)}, []int64{1}, 3},
	} {
		f := &frame.Frame{}
		f.Clock = func() time.Time { return now }
		s := waiting{Frame: f, past: func(_ context.Context, w fact.Wanted, offset, limit int) ([]intake.Import, int, error) {
			if w.Undone == nil || *w.Undone || !w.From.Equal(now.Add(-refusedFor)) || w.By != "" || offset != 0 || limit < 1000 {
				t.Errorf("%s: asked for %+v, %d from %d", name, w, limit, offset)
			}
			return slices.Clone(c.list), len(c.list), nil
		}}
		list, err := s.refusing(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var got []int64
		for i := range list {
			got = append(got, list[i].ID)
		}
		if n, err := s.countRefused(t.Context(), ""); !slices.Equal(got, c.want) || n != c.n || err != nil {
			t.Errorf("%s: %v, %d in all (%v); want %v, %d", name, got, n, err, c.want, c.n)
		}
	}
}
