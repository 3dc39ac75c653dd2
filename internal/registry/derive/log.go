package derive

import (
	"context"
	"time"

	"eyas/internal/audit"
	"eyas/internal/registry/fact"
)

// log appends an entry to the operation log. detail is written as JSON, with the mark of the pack that profiles are
// derived with.
func (g *Base) log(ctx context.Context, w fact.LogWriter, actor, action, subject string, detail map[string]any) error {
	e, err := audit.Entry{At: g.Clock(), Actor: actor, Action: action, Subject: subject}.WithDetail(detail)
	if err != nil {
		return err
	}
	if e, err = e.WithPack(g.PackMark()); err != nil {
		return err
	}
	return w.Log(ctx, e)
}

// readings is the version of how this program reads cells. Raise it when records of older bases may be read differently;
// eyas verify then does not report the differences as changes of the base.
const readings = "3"

// PackMark returns a text that identifies how profiles are derived: the beginning of the pack's fingerprint, and the
// version of how cells are read.
func (g *Base) PackMark() string {
	return g.Pack.Fingerprint[:min(16, len(g.Pack.Fingerprint))] + "." + readings
}

// toldEvery is the shortest time between two reports of progress.
const toldEvery = 200 * time.Millisecond

// Teller returns a function that reports progress from time to time, and always at the end.
func (g *Base) Teller(what Progress, progress func(Progress)) func(rows int, bytes int64, last bool) {
	if progress == nil {
		return func(int, int64, bool) {}
	}
	start := g.Clock()
	before := start
	return func(rows int, bytes int64, last bool) {
		now := g.Clock()
		if last || now.Sub(before) >= toldEvery {
			before = now
			what.Rows, what.Bytes, what.Elapsed = rows, bytes, now.Sub(start)
			progress(what)
		}
	}
}

// Progress is reported while a file is read.
type Progress struct {
	Stage             string // waiting, reading, writing, undoing, deriving, linking
	Rows              int    // rows read, or subjects derived again
	TotalRows         int    // 0: unknown
	Bytes, TotalBytes int64
	Elapsed           time.Duration
}
