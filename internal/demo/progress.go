package demo

import "eyas/internal/registry/derive"

// Of all the work of filling a base, in thousandths: generating the files, importing them by their size, and linking names.
const (
	wholeWork = 1000
	generated = 100
	imported  = 850
)

// overall tells how far the whole filling has come, out of what each step tells of itself. It never goes back.
type overall struct {
	tell     func(file string, p derive.Progress)
	from, to float64 // of the step at hand, in thousandths
	most     int64
}

// step begins a step that ends at a share of the whole.
func (w *overall) step(to float64) { w.from, w.to = w.to, to }

// say tells of the step at hand. A step reads and writes first and derives profiles then; how long that takes is known only
// where it says so.
func (w *overall) say(file string, p derive.Progress) {
	if w.tell == nil {
		return
	}
	share := 0.0
	switch {
	case p.TotalBytes > 0:
		share = float64(p.Bytes) / float64(p.TotalBytes)
	case p.TotalRows > 0:
		share = float64(p.Rows) / float64(p.TotalRows)
	}
	switch p.Stage {
	case "reading", "writing", "linking":
		share *= 0.7
	case "deriving":
		share = 0.7 + 0.3*share
	}
	w.most = max(w.most, int64(w.from+(w.to-w.from)*min(share, 1)))
	p.Bytes, p.TotalBytes = w.most, wholeWork
	w.tell(file, p)
}
