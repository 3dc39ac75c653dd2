package frame

import (
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"eyas/internal/fault"
	"eyas/internal/job"
	"eyas/internal/sheet"
	"eyas/internal/web/address"
	"eyas/internal/web/words"
)

// Workbook is an export: one sheet whose rows fill gives one after the other, or whatever whole writes. Neither uses
// the request, which may have ended when a job runs them.
type Workbook struct {
	File   string // as the download is called
	Rows   int    // about how many; 0: few
	mark   string // see Frame.SyntheticMark
	Title  string
	Notes  []string
	Head   []any
	Widths []float64
	Fill   func(ctx context.Context, row func(...any) error) error
	Whole  func(ctx context.Context, w io.Writer) error // instead of all that
}

// write writes the workbook as it goes along; report, unless nil, is told how far it is.
func (x *Workbook) write(ctx context.Context, w io.Writer, lang string, report func(job.Progress)) error {
	if x.Whole != nil {
		return x.Whole(ctx, w)
	}
	b := sheet.NewBook(w, lang)
	b.Mark(x.mark)
	if err := b.Sheet(sheet.Sheet{Name: x.Title, Notes: x.Notes, Head: x.Head, Widths: x.Widths}); err != nil {
		return err
	}
	rows := 0
	err := x.Fill(ctx, func(cells ...any) error {
		if rows%1024 == 0 { // is anybody still waiting?
			if err := ctx.Err(); err != nil {
				return err
			}
			if report != nil {
				report(job.Progress{Stage: "exporting", Rows: rows, Bytes: int64(rows), TotalBytes: int64(x.Rows)})
			}
		}
		rows++
		return b.Row(cells)
	})
	if err != nil {
		return err
	}
	return b.Close()
}

// AmountCell is an amount that is known in the smallest unit (fen, cents), as an exact number of a unit 10^digits
// times as large.
func AmountCell(v float64, digits int) any {
	if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
		return sheet.Decimal{N: int64(v), Digits: digits}
	}
	return v / math.Pow10(digits)
}

// MinuteCell is a time of the city's zone; nothing for none.
func (f *Frame) MinuteCell(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return sheet.Minute(t.In(f.Pack.Zone))
}

// exportQueue lets a few exports be written at a time.
type exportQueue struct {
	slots    chan struct{}
	waiting  atomic.Int64
	most     int64 // waiting
	patience time.Duration
}

func newExportQueue(l *Limits) *exportQueue {
	return &exportQueue{slots: make(chan struct{}, l.Exports), most: int64(l.ExportsWaiting), patience: l.ExportPatience}
}

// enter waits for a turn; leave ends it.
func (q *exportQueue) enter(ctx context.Context) (leave func(), err error) {
	leave = sync.OnceFunc(func() { <-q.slots })
	select {
	case q.slots <- struct{}{}:
		return leave, nil
	default:
	}
	defer q.waiting.Add(-1)
	if q.waiting.Add(1) > q.most {
		return nil, errBusy()
	}
	late := time.NewTimer(q.patience)
	defer late.Stop()
	select {
	case q.slots <- struct{}{}:
		return leave, nil
	case <-late.C:
		return nil, errBusy()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func errBusy() error {
	return fault.New(fault.Unavailable, "同时导出的人太多，请过一会儿再试。", "Too many exports are being made at the same time. Try again in a moment.")
}

// planned catches the export of an address that a job is to write.
type planned struct {
	book *Workbook
	err  error
}

type plannedKey struct{}

// Export adds the address of an export; plan says what it holds.
func (t *Routes) Export(pattern string, plan func(http.ResponseWriter, *http.Request) (*Workbook, error)) {
	f := t.frame
	f.exportAddresses.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		p, _ := r.Context().Value(plannedKey{}).(*planned)
		if p == nil {
			return
		}
		ask, err := f.reader.Read(r)
		if err != nil {
			p.err = err
			return
		}
		p.book, p.err = f.planExport(w, r.WithContext(context.WithValue(r.Context(), addressed{}, ask)), plan)
	})
	t.Page(pattern, func(w http.ResponseWriter, r *http.Request) error { return f.export(w, r, plan) })
}

// planExport has an export planned, and marks it.
func (f *Frame) planExport(w http.ResponseWriter, r *http.Request, plan func(http.ResponseWriter, *http.Request) (*Workbook, error)) (*Workbook, error) {
	x, err := plan(w, r)
	if err != nil || x == nil {
		return nil, err
	}
	x.mark, err = f.SyntheticMark(r.Context(), f.LangOf(r))
	return x, err
}

// SyntheticMark is the row that every exported sheet begins with while generated enterprises are in the base; empty when
// there are none.
func (f *Frame) SyntheticMark(ctx context.Context, lang string) (string, error) {
	if f.Imports == nil {
		return "", nil
	}
	synthetic, err := f.Imports.Synthetic(ctx)
	if err != nil || !synthetic {
		return "", err
	}
	text := f.Words(lang)
	return text("sheet.synthetic", "mark", text("frame.synthetic"), "text", text("frame.synthetic.text")), nil
}

// export answers with a workbook, written as it goes; with a page that offers a job when it is long. A plan without a
// workbook has answered itself.
func (f *Frame) export(w http.ResponseWriter, r *http.Request, plan func(http.ResponseWriter, *http.Request) (*Workbook, error)) error {
	leave, err := f.exports.enter(r.Context())
	if err != nil {
		if fault.Of(err) == fault.Unavailable {
			w.Header().Set("Retry-After", "10")
		}
		return err
	}
	defer leave()
	x, err := f.planExport(w, r, plan)
	if err != nil || x == nil {
		return err
	}
	ask := f.Ask(r)
	if x.Rows > f.Limits.ExportRows && f.exportsLater() {
		leave()
		w.Header().Set("Cache-Control", "no-store")
		return f.Render(w, r, "export", &exportView{File: x.File, Rows: x.Rows, Most: f.Limits.ExportRows, From: r.URL.RequestURI(), Back: cameFrom(r)})
	}
	d := &download{ResponseWriter: w, name: x.File}
	if err := x.write(r.Context(), d, ask.Lang, nil); err != nil {
		if d.started {
			if r.Context().Err() == nil {
				f.Log.Error("export", "path", r.URL.Path, "error", err)
			}
			panic(http.ErrAbortHandler) // a torn file must not look whole
		}
		return err
	}
	return nil
}

// download is a response that becomes a file with its first byte: an error before that is still a page.
type download struct {
	http.ResponseWriter
	name    string
	started bool
}

func (d *download) Write(p []byte) (int, error) {
	if !d.started {
		d.started = true
		BookHead(d.ResponseWriter, d.name)
	}
	return d.ResponseWriter.Write(p)
}

// BookHead says that an answer is an Excel file to be kept.
func BookHead(w http.ResponseWriter, name string) {
	h := w.Header()
	h.Set("Content-Type", sheet.ContentType)
	h.Set("Content-Disposition", `attachment; filename="download.xlsx"; filename*=UTF-8''`+url.PathEscape(name))
	h.Set("Cache-Control", "no-store")
}

// cameFrom is the page of this server that a request came from; empty when it is not known.
func cameFrom(r *http.Request) string {
	u, err := url.Parse(r.Referer())
	if err != nil || u.Host != r.Host || u.Path == "" {
		return ""
	}
	return u.RequestURI()
}

// ExportNotes say, above a sheet's header, what it speaks of: city, day, assumptions.
func (f *Frame) ExportNotes(ask *address.Ask, place string) []string {
	text := f.Words(ask.Lang)
	notes := []string{text("sheet.note", "place", place, "date", ask.Day(), "today", words.Day(ask.Today))}
	if len(ask.Assume) > 0 {
		line := text("frame.assumed") + " "
		for i, name := range f.Assumed(ask) {
			if i > 0 {
				line += text("frame.and")
			}
			line += name.In(ask.Lang)
		}
		notes = append(notes, line)
	}
	return notes
}

// errors of exports that name no workbook.
func errNoExport() error {
	return fault.New(fault.NotFound, "这份导出文件已不在：它过期了，或为新的导出让出了位置。请回到名单重新导出。",
		"This exported file is no longer here: it has expired or made room for newer ones. Go back to the list and export it again.")
}

func errExportsFull(err error) error {
	return fault.New(fault.Conflict, "导出文件的存放空间已满，这份导出没有完成。请先下载已完成的导出，过一会儿再试，或筛选后分批导出。",
		"The room for exported files is full and this export was not finished. Fetch those that are done and try again later, or filter the list and export it in parts.").Wrap(fmt.Errorf("export: %w", err))
}

// ExportBatch is how many rows an export reads at once.
const ExportBatch = 5000
