package intake

import (
	"context"
	"time"

	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
	"eyas/internal/web/spool"
)

const (
	// refusedFor is how long the refused rows of an import are called to mind. Rows that are mended come in with another file, and
	// the import that refused them stays as it is.
	refusedFor = 90 * 24 * time.Hour
	// mostRefusing is how many imports are looked at, those with most refused rows first.
	mostRefusing = 200
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

// refusing are the imports in force of late that refused rows, those with most first.
func (s waiting) refusing(ctx context.Context) ([]intake.Import, error) {
	isUndone := false
	list, _, err := s.past(ctx, fact.Wanted{Undone: &isUndone, From: s.Clock().Add(-refusedFor), By: "refused", Desc: true}, 0, mostRefusing)
	for i := range list {
		if list[i].Report.Refused == 0 {
			return list[:i], err
		}
	}
	return list, err
}

func (s waiting) countRefused(ctx context.Context, _ string) (n int, err error) {
	list, err := s.refusing(ctx)
	for i := range list {
		n += list[i].Report.Refused
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
			w.List = append(w.List, frame.WaitingItem{Name: list[i].File, Note: s.Words(ask.Lang)("import.refusedRows", "n", list[i].Report.Refused), URL: ask.Link(address.ImportPath(list[i].ID))})
		}
	}
	return w, nil
}
