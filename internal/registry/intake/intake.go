package intake

import (
	"encoding/json"
	"iter"

	"eyas/internal/pack"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/layout"
	"eyas/internal/registry/table"
)

// sampleRows is the number of data rows of a sheet that a preview shows.
const sampleRows = 8

// readyRow is one row of a file that was read and can be stored.
type readyRow struct {
	record int64
	sheet  int // index of its layout
	number int
	cells  []byte // by EncodeCells
	facts  []byte // by the codec of facts, as if this row were the only record
	code   string
	name   string
	key    string
	reason string // JSON of the reason when the row is refused; otherwise empty
	away   bool   // it says a place that is none of those of who brings it
}

// namings returns the code and the name key of each row.
func namings(rows []readyRow) iter.Seq2[string, string] {
	return func(yield func(code, key string) bool) {
		for i := range rows {
			if !yield(rows[i].code, rows[i].key) {
				return
			}
		}
	}
}

// batch is a number of rows on their way to the database. Its memory is reused.
type batch struct {
	rows       []readyRow
	names      []fact.MentionRow // the subjects that the rows name
	bytes      int64             // bytes of the file read so far
	last       bool              // no rows follow
	arena      arena
	texts      int        // bytes of the texts of rows and names, which are not in the arena
	heldBefore int        // its size when it was passed on
	block      fact.Block // digests of the rows
	proof      fact.BlockRow
}

func (b *batch) reset() {
	clear(b.rows) // releases their texts
	clear(b.names)
	b.rows, b.names, b.texts, b.block, b.last = b.rows[:0], b.names[:0], 0, fact.Block{}, false
	b.arena.reset()
}

// held returns about how much memory the rows use, in bytes.
func (b *batch) held() int { return b.arena.size + b.texts }

func (b *batch) full() bool { return len(b.rows) == fact.BatchRows || b.held() >= batchBytes }

// batchBytes limits the bytes of the rows of a batch: a batch of long rows has fewer rows.
const batchBytes = 4 << 20

// mostScratch limits the memory, in bytes, that is kept for encoding the next row.
const mostScratch = 1 << 20

// keep copies bytes into the arena of the batch.
func (b *batch) keep(p []byte) []byte { return b.arena.keep(p) }

// add appends a row and the subjects that it names.
func (b *batch) add(r readyRow, names []fact.MentionRow) {
	b.texts += len(r.code) + len(r.name) + len(r.key) + len(r.reason)
	for i := range names {
		b.texts += len(names[i].Code) + len(names[i].NameKey)
	}
	b.rows, b.names = append(b.rows, r), append(b.names, names...)
}

// converter reads one file and converts its rows so that they can be stored.
type converter struct {
	*layout.Reader
	rules    *derive.Rules
	record   int64   // id of the newest record
	importID int64   // the id that the import will have
	preview  bool    // keep samples
	others   *others // subjects of other organisations; nil: all may be brought
	repeats  repeats // rows of a connector's file about the same matter

	previews []SheetPreview
	rows     int
	refused  int
	refusals layout.Issues
	fits     int      // rows of things that have an effect on their subject
	kinds    []string // samples of the values in the other rows

	scratch struct {
		reading layout.Reading
		facts   []fact.Fact
		bytes   []byte
	}
}

// read reads all rows and passes them on in batches. fill returns an empty batch; emit receives a filled one.
func (in *converter) read(fill func() (*batch, error), emit func(*batch) error) error {
	b, err := fill()
	if err != nil {
		return err
	}
	pass := func() error {
		b.bytes = in.Taken()
		if err := emit(b); err != nil {
			return err
		}
		b, err = fill()
		return err
	}
	err = in.Sheets(func(index int, l *layout.Layout, s *table.Sheet) error {
		var shown *SheetPreview
		if in.preview {
			in.previews = append(in.previews, SheetPreview{
				Sheet: l.Sheet, HeaderRow: l.HeaderRow, HeaderRows: l.HeaderRows, Title: l.Title, Unit: l.Unit, Year: l.Year, Columns: l.Columns, Mends: l.Refused,
			})
			shown = &in.previews[len(in.previews)-1]
		}
		err := in.Each(index, l, s, func(index int, l *layout.Layout, r table.Row) error {
			added := in.convert(b, index, l, r)
			if in.Late != nil {
				return in.Late
			}
			if added && shown != nil && len(shown.Sample) < sampleRows {
				shown.Sample = append(shown.Sample, sampleOf(r.Cells))
			}
			if b.full() {
				return pass()
			}
			return nil
		})
		in.Notices(l)
		return err
	})
	if err != nil {
		return err
	}
	if n := len(in.Layouts); n > 0 { // issues after the last table, such as a hidden sheet
		in.Notices(in.Layouts[n-1])
	}
	b.last = true
	b.bytes = in.Taken()
	return emit(b)
}

// sampleOf returns a row as a preview shows it: its first columns, with long texts cut.
func sampleOf(cells [][]byte) []string {
	const columns, long = 200, 200
	sample := make([]string, min(len(cells), columns))
	for i := range sample {
		sample[i] = layout.Cut(string(cells[i][:min(len(cells[i]), 4*long)]), long)
	}
	return sample
}

// convert appends a row to the batch, unless the row has no content.
func (in *converter) convert(b *batch, sheet int, l *layout.Layout, from table.Row) bool {
	reading := &in.scratch.reading
	cells, holds := in.Reader.Convert(l, from, reading)
	if !holds {
		return false
	}
	in.rows++
	in.record++
	in.scratch.bytes = fact.AppendCells(in.scratch.bytes[:0], cells)
	r := readyRow{record: in.record, sheet: sheet, number: from.Number, cells: b.keep(in.scratch.bytes)}
	if reading.Refuse == nil {
		if text := in.others.refuses(rowPlace{sheet, from.Number}, reading); text != nil {
			reading.Refuse = &layout.Issue{Scope: "row", Sheet: l.Sheet, Row: from.Number, Reason: text.ZH, Text: *text}
			reading.Refusals, reading.Warnings = nil, nil
		}
	}
	if reading.Refuse == nil {
		in.repeats.check(sayingOf(reading.Code, fact.BoundedKey(fact.Storable(reading.NameKey))), in.Layouts, sheet, from.Number, reading)
	}
	var names []fact.MentionRow
	if reading.Refuse != nil {
		in.refused++
		in.refusals.Add(in.Options.Lang, *reading.Refuse)
		r.reason = refusal(reading.Refuse.Text)
	} else {
		r.code, r.name, r.key = reading.Code, fact.Storable(reading.Name), fact.BoundedKey(fact.Storable(reading.NameKey))
		for i := range reading.Facts {
			f := &reading.Facts[i]
			f.Record = in.record
			f.Origin.Fill(in.Origin)
		}
		if in.Source != nil && in.Source.Items != nil && in.fits < in.rows {
			in.fit(reading.Facts)
		}
		own := in.rules.Own(reading.Facts, in.Source != nil && in.Source.Items != nil, false)
		in.scratch.facts, _, _ = in.rules.Fold(in.scratch.facts[:0], own)
		in.scratch.bytes = in.rules.Append(in.scratch.bytes[:0], in.scratch.facts)
		r.facts = b.keep(in.scratch.bytes)
		names = fact.Mentions(in.Pack, in.Register, in.record, reading.Name, reading.Value)
	}
	in.refusals.Add(in.Options.Lang, reading.Refusals...)
	in.Warnings.Add(in.Options.Lang, reading.Warnings...)
	b.add(r, names)
	if cap(in.scratch.bytes) > mostScratch { // do not keep the memory of one long row
		in.scratch.bytes = nil
	}
	return true
}

// report returns the lists and the counts that are known after reading.
func (in *converter) report() FileReport {
	r := FileReport{
		File: in.Name, Rows: in.rows, Refused: in.refused,
		Refusals: in.refusals.List, RefusalCount: in.refusals.Count,
		Warnings: in.Warnings.List, WarningCount: in.Warnings.Count,
	}
	if i := in.fruitless(); i != nil {
		in.Warnings.Add(in.Options.Lang, *i)
		r.Warnings, r.WarningCount = in.Warnings.List, in.Warnings.Count
	}
	seen := map[string]bool{}
	for _, l := range in.Layouts {
		for _, c := range l.Columns {
			if c.Unmapped() && !seen[c.Header] {
				seen[c.Header] = true
				r.Unmapped = append(r.Unmapped, c.Header)
			}
		}
	}
	return r
}

// refusal returns the reason of a refused row as it is stored.
func refusal(t pack.Text) string {
	text, err := json.Marshal(t)
	if err != nil {
		panic(err) // two strings
	}
	return string(text)
}
