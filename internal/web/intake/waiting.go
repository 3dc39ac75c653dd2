package intake

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
	"eyas/internal/web/spool"
)

const (
	// refusedFor is how long what an import refused is called to mind. What is mended comes in with another file, and the import
	// that refused it stays as it is.
	refusedFor = 90 * 24 * time.Hour
	// mostLooked is how many imports of this time are looked at, the newest first.
	mostLooked = 2000
)

// waiting is what waits in the room of data for a person.
type waiting struct {
	*frame.Frame
	past func(ctx context.Context, w fact.Wanted, offset, limit int) (list []intake.Import, total int, err error)
	sent *spool.Folder // files that wait to be imported
}

// waits are files that were sent and not yet imported, and the rows that imports refused; none where nothing can be imported.
func (s waiting) waits() []frame.Wait {
	if s.past == nil || s.sent == nil {
		return nil
	}
	return []frame.Wait{
		{Key: "uploads", Path: "/import", Count: s.countUploads, First: s.firstUploads, Whole: true},
		{Key: "refused", Path: "/import", Count: s.countRefused, First: s.firstRefused, Whole: true},
	}
}

// countImports counts the imports in force, for the tab.
func (s waiting) countImports(ctx context.Context, _ string) (int, error) {
	if s.past == nil {
		return 0, nil
	}
	isUndone := false
	_, n, err := s.past(ctx, fact.Wanted{Undone: &isUndone}, 0, 0)
	return n, err
}

func (s waiting) countUploads(ctx context.Context, _ string) (int, error) {
	list, err := s.sent.Waiting(ctx)
	return len(list), err
}

func (s waiting) firstUploads(ctx context.Context, ask *address.Ask, most int) (w frame.Waiting, err error) {
	list, err := s.sent.Waiting(ctx)
	if err != nil {
		return w, err
	}
	for i, u := range list {
		if w.Oldest.IsZero() || u.At.Before(w.Oldest) {
			w.Oldest = u.At
		}
		if i < most {
			w.List = append(w.List, frame.WaitingItem{Name: u.Name, Note: s.When(u.At), URL: ask.Link("/import/preview/" + u.ID)})
		}
	}
	return w, nil
}

// refusing are the imports in force of late that refused rows or cells, those with most first. One is left out when its mended
// file went in: when the imports in force that mend it brought as many rows as it had refused.
func (s waiting) refusing(ctx context.Context) ([]intake.Import, error) {
	isUndone := false
	list, _, err := s.past(ctx, fact.Wanted{Undone: &isUndone, From: s.Clock().Add(-refusedFor)}, 0, mostLooked)
	if err != nil {
		return nil, err
	}
	type mended struct {
		id       int64
		register string // the number in a file may be another base's
	}
	came := map[mended]int{} // rows that mending imports brought
	for i := range list {
		if id := list[i].Options.Mends; id != 0 {
			came[mended{id, list[i].Register}] += list[i].Report.Rows
		}
	}
	list = slices.DeleteFunc(list, func(x intake.Import) bool {
		rows := came[mended{x.ID, x.Register}]
		return x.Report.RefusalCount == 0 || rows > 0 && rows >= x.Report.Refused
	})
	slices.SortStableFunc(list, func(a, b intake.Import) int { return cmp.Compare(b.Report.RefusalCount, a.Report.RefusalCount) })
	return list, nil
}

func (s waiting) countRefused(ctx context.Context, _ string) (n int, err error) {
	list, err := s.refusing(ctx)
	for i := range list {
		n += list[i].Report.RefusalCount
	}
	return n, err
}

func (s waiting) firstRefused(ctx context.Context, ask *address.Ask, most int) (w frame.Waiting, err error) {
	list, err := s.refusing(ctx)
	if err != nil {
		return w, err
	}
	for i := range list {
		if w.Oldest.IsZero() || list[i].At.Before(w.Oldest) {
			w.Oldest = list[i].At
		}
		if i < most {
			w.List = append(w.List, frame.WaitingItem{Name: list[i].File, Note: refusedNote(s.Words(ask.Lang), &list[i].Report), URL: ask.Link(address.ImportPath(list[i].ID)), N: list[i].Report.RefusalCount})
		}
	}
	return w, nil
}

// refusedNote says how many rows of an import were refused, and how many cells of other rows.
func refusedNote(text func(string, ...any) string, r *intake.FileReport) string {
	var parts []string
	if r.Refused > 0 {
		parts = append(parts, text("import.refusedRows", "n", r.Refused))
	}
	if cells := r.RefusalCount - r.Refused; cells > 0 {
		parts = append(parts, text("import.refusedCells", "n", cells))
	}
	return strings.Join(parts, text("import.refusedSep"))
}
