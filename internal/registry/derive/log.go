package derive

import (
	"context"
	"time"

	"eyas/internal/audit"
	"eyas/internal/registry/fact"
)

// log appends to the operation log. detail is written as JSON, with the pack by which profiles were derived.
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

// readings numbers the ways in which this program has read cells. It goes up when records of old bases may come out
// otherwise, so that eyas verify takes the difference for no change of the base.
const readings = "3"

// PackMark tells apart by what profiles were derived: enough of the pack's fingerprint, and how cells are read.
func (g *Base) PackMark() string {
	return g.Pack.Fingerprint[:min(16, len(g.Pack.Fingerprint))] + "." + readings
}

// toldEvery is how often progress is told.
const toldEvery = 200 * time.Millisecond

// Teller gives a function that tells progress from time to time, and always when it is the last.
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
