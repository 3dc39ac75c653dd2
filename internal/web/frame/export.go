package frame

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"

	"eyas/internal/auth"
	"eyas/internal/disclosure"
	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/job"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/sheet"
	"eyas/internal/web/address"
	"eyas/internal/web/words"
)

// Workbook is an export: sheets whose rows are given one after the other, or whatever whole writes. Neither uses the request,
// which may have ended when a job runs them.
type Workbook struct {
	File    string // as the download is called
	Rows    int    // about how many; 0: few
	Title   string // what list it is, and the name of its sheet
	Heading string // … the title over its rows, where that says more than Title
	Notes   []string
	Head    []any // of string or sheet.Column
	Widths  []float64
	Fill    func(ctx context.Context, row func(...any) error) error
	Further []Part                                       // sheets behind the first one
	Whole   func(ctx context.Context, w io.Writer) error // instead of all that
	// Exact says that the first sheet is a table of another system: nothing stands over its head but Heading, where there is one, and the
	// mark of generated data. What it says of itself stands on the sheets behind it.
	Exact bool
	// Subject is the one that the file is about; 0: none, or a list. Fill adds the subjects of a list to Members.
	Subject int64
	Members *disclosure.Members
	// Purpose is what unmasked personal data in it are for, and Unmasked which these are; empty: there are none in it.
	Purpose  string
	Unmasked []string

	kept  func(ctx context.Context, x *Workbook) error // keeps to whom it was disclosed; nil: nobody does
	csv   bool                                         // the rows of the only sheet as CSV
	mark  sheet.Mark                                   // see Frame.SyntheticMark
	stamp string                                       // the row that says when it was made, from which base, by whom and with which head of the log
	taken string                                       // who took it along and when
	made  time.Time
}

// Part is a further sheet of a Workbook.
type Part struct {
	Name  string // of the sheet; empty: Title
	Title string
	Notes []string
	Head  []any
	Fill  func(ctx context.Context, row func(...any) error) error
}

// write writes the workbook as it goes along; report, unless nil, is told how far it is. To whom it is disclosed is written before
// its end, without which a workbook cannot be opened, and also when it breaks off.
func (x *Workbook) write(ctx context.Context, w io.Writer, lang string, report func(job.Progress)) error {
	told := x.kept == nil
	keep := func(ctx context.Context) error {
		if told {
			return nil
		}
		told = true
		return x.kept(ctx, x)
	}
	err := x.put(ctx, w, lang, report, keep)
	return cmp.Or(err, keep(context.WithoutCancel(ctx)))
}

// put writes the workbook and calls keep when all rows are written.
func (x *Workbook) put(ctx context.Context, w io.Writer, lang string, report func(job.Progress), keep func(context.Context) error) error {
	if x.Whole != nil {
		return x.Whole(ctx, w)
	}
	rows := 0
	counted := func(put func([]any) error) func(...any) error {
		return func(cells ...any) error {
			if rows%1024 == 0 { // is anybody still waiting?
				if err := ctx.Err(); err != nil {
					return err
				}
				if report != nil {
					report(job.Progress{Stage: "exporting", Rows: rows, Bytes: int64(rows), TotalBytes: int64(x.Rows)})
				}
			}
			rows++
			return put(cells)
		}
	}
	if x.csv {
		c := sheet.NewCSV(w)
		c.Mark(x.mark)
		if err := c.Cells(lang, x.Head); err != nil {
			return err
		}
		if err := x.Fill(ctx, counted(func(cells []any) error { return c.Cells(lang, cells) })); err != nil {
			return err
		}
		if err := keep(ctx); err != nil {
			return err
		}
		return c.Close()
	}
	b := sheet.NewBook(w, lang)
	b.Mark(x.mark)
	b.Taken(x.taken)
	heading := cmp.Or(x.Heading, x.Title)
	b.Describe(heading, x.made)
	parts := append([]Part{{Title: x.Title, Notes: x.Notes, Head: x.Head, Fill: x.Fill}}, x.Further...)
	for i, p := range parts {
		s := sheet.Sheet{Name: cmp.Or(p.Name, p.Title), Title: p.Title, Notes: append(p.Notes[:len(p.Notes):len(p.Notes)], x.stamp), Head: p.Head}
		if i == 0 {
			s.Title, s.Widths = heading, x.Widths
		}
		if i == 0 && x.Exact {
			s.Title, s.Notes = x.Heading, nil
		}
		if err := b.Sheet(s); err != nil {
			return err
		}
		if err := p.Fill(ctx, counted(b.Row)); err != nil {
			return err
		}
	}
	if err := keep(ctx); err != nil {
		return err
	}
	return b.Close()
}

// asCSV makes the export a CSV where its address asks for one.
func (x *Workbook) asCSV() error {
	if x.Exact {
		x.Further = nil
	}
	if x.Whole != nil || len(x.Further) > 0 {
		return fault.New(fault.Invalid, "这份导出有几张工作表或带有原样的行，不能导出为 CSV。请导出为 XLSX。",
			"This export has several sheets, or rows as they came, and cannot be a CSV. Export it as XLSX.")
	}
	x.csv, x.File = true, strings.TrimSuffix(x.File, ".xlsx")+".csv"
	return nil
}

// AmountCell is an amount that is known in the smallest unit (fen, cents), as an exact number of a unit 10^digits
// times as large.
func AmountCell(v float64, digits int) any {
	if v == math.Trunc(v) && math.Abs(v) < 1<<53 {
		shown := 2
		if digits > 6 { // 亿元
			shown = 4
		}
		return sheet.Decimal{N: int64(v), Digits: digits, Shown: shown}
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

// DayCell is a day written as 2021-03-31; nothing for none.
func DayCell(day string) any {
	t, err := time.Parse(time.DateOnly, day)
	switch {
	case day == "":
		return nil
	case err != nil:
		return day
	}
	return sheet.Date(t)
}

// ValueCell is a value of a profile as a cell of its kind. Personal values are masked, and amounts counted in the writer's unit.
func ValueCell(w words.Writer, a *pack.Attribute, v fact.Value) any {
	if a.Personal && !w.Open[a.ID] {
		return w.Value(a, v)
	}
	switch a.Kind {
	case pack.Money:
		return AmountCell(v.Num, w.Money.Scale())
	case pack.Integer, pack.Decimal:
		return v.Num
	case pack.Date:
		return sheet.Date(fact.TimeOf(int32(v.Int)))
	}
	return w.Value(a, v)
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
	t.form(pattern, func(w http.ResponseWriter, r *http.Request) error { return f.export(w, r, plan) })
}

// planExport has an export planned, marks it and says when it is made and from which base. The parameter “as” of its address
// chooses CSV.
func (f *Frame) planExport(w http.ResponseWriter, r *http.Request, plan func(http.ResponseWriter, *http.Request) (*Workbook, error)) (*Workbook, error) {
	x, err := plan(w, r)
	if err != nil || x == nil {
		return nil, err
	}
	switch as := r.URL.Query().Get("as"); as {
	case "", "xlsx":
	case "csv":
		if err := x.asCSV(); err != nil {
			return nil, err
		}
	default:
		return nil, fault.New(fault.Invalid, "不能导出为“"+address.Shortened(as)+"”。请写 xlsx 或 csv。", "Nothing is exported as “"+address.Shortened(as)+"”. Write xlsx or csv.")
	}
	lang := f.LangOf(r)
	x.made = f.Clock().In(f.Pack.Zone)
	if err := f.stamp(r.Context(), x, lang); err != nil {
		return nil, err
	}
	if f.Disclosures != nil {
		what := r.URL.Path
		x.kept = func(ctx context.Context, x *Workbook) error {
			return f.Disclosures.Exported(ctx, disclosure.Export{What: what, Subject: x.Subject, Purpose: x.Purpose, Fields: x.Unmasked}, x.Members)
		}
	}
	x.mark, err = f.SyntheticMark(r.Context(), lang)
	return x, err
}

// stamp says of an export when, by whom and from which base it was made. A CSV has no row for that, so that an import does not
// take it for data: the name of the file says who took it along.
func (f *Frame) stamp(ctx context.Context, x *Workbook, lang string) error {
	text := f.Words(lang)
	by := f.Actors.Acting(ctx)
	who := f.WriterIn("", lang, "").Actor(by.ID)
	if o := f.Pack.Orgs.ByID(by.Org); o != nil {
		who += " " + o.Name.In(lang)
	}
	x.stamp = sheet.Made(lang, x.made, f.BaseName) + text("sheet.by", "who", who)
	x.taken = who + " " + x.made.Format("2006-01-02 15:04")
	if x.csv && by.ID != auth.Local {
		x.File = strings.TrimSuffix(x.File, ".csv") + "-" + by.ID + ".csv"
	}
	head, err := f.headOfLog(ctx)
	if head != "" {
		x.stamp += text("sheet.head", "head", head)
	}
	return err
}

// headOfLog is the newest head of the operation log, as people note it; empty: there is none.
func (f *Frame) headOfLog(ctx context.Context) (string, error) {
	if f.Head == nil {
		return "", nil
	}
	head, err := f.Head(ctx)
	if err != nil || head.Size == 0 {
		return "", err
	}
	return head.Point().String(), nil
}

// SyntheticMark marks sheets while generated enterprises are in the base; zero when there are none.
func (f *Frame) SyntheticMark(ctx context.Context, lang string) (sheet.Mark, error) {
	if f.Imports == nil {
		return sheet.Mark{}, nil
	}
	synthetic, err := f.Imports.Synthetic(auth.As(ctx, auth.Self)) // whoever sees nothing else is told too
	if err != nil || !synthetic {
		return sheet.Mark{}, err
	}
	return sheet.MarkOf(lang, f.Words(lang)("frame.synthetic.text")), nil
}

// export answers with a workbook, written as it goes; with a page that offers a job when it is long. A plan without a
// workbook has answered itself.
func (f *Frame) export(w http.ResponseWriter, r *http.Request, plan func(http.ResponseWriter, *http.Request) (*Workbook, error)) error {
	return f.give(w, r, plan, f.exportsLater() && r.Method == http.MethodGet)
}

// give is export; later says whether a long one is left to a job.
func (f *Frame) give(w http.ResponseWriter, r *http.Request, plan func(http.ResponseWriter, *http.Request) (*Workbook, error), later bool) error {
	leave, err := f.exports.take(r.Context())
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
	if later && x.Rows > f.Limits.ExportRows {
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

// Give answers a form with a workbook that is written at once; plan says what it holds. Without a workbook plan has answered
// itself.
func (f *Frame) Give(w http.ResponseWriter, r *http.Request, plan func(http.ResponseWriter, *http.Request) (*Workbook, error)) error {
	return f.export(w, r, plan)
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

// BookHead says that an answer is a workbook, or by its name a CSV, to be kept.
func BookHead(w http.ResponseWriter, name string) {
	h := w.Header()
	kind, plain := sheet.ContentType, "download.xlsx"
	if strings.HasSuffix(name, ".csv") {
		kind, plain = "text/csv; charset=utf-8", "download.csv"
	}
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", `attachment; filename="`+plain+`"; filename*=UTF-8''`+url.PathEscape(name))
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

// ExportNotes say, above a sheet's header, what it speaks of: city, day, day of knowledge, assumptions.
func (f *Frame) ExportNotes(ask *address.Ask, place string) []string {
	text := f.Words(ask.Lang)
	note := text("sheet.note", "place", place, "date", ask.Day())
	if !ask.Known.IsZero() {
		note += text("sheet.known", "known", figure.Date(ask.Known))
	}
	notes := []string{note}
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

// GiveWhole answers a program with a workbook that is written at once, however long it is: it waits for what a page would leave to a job.
func (f *Frame) GiveWhole(w http.ResponseWriter, r *http.Request, plan func(http.ResponseWriter, *http.Request) (*Workbook, error)) error {
	return f.give(w, r, plan, false)
}

// ExportBatch is how many rows an export reads at once.
const ExportBatch = 5000

// ExportAt is the address of an export for who acts; empty for those who may take nothing along.
func (f *Frame) ExportAt(ctx context.Context, at string) string {
	if !f.May(ctx, auth.Export) {
		return ""
	}
	return at
}
