package registry

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/pack"
	places "eyas/internal/registry/place"
	"eyas/internal/registry/table"
	"eyas/internal/registry/template"
)

// headRows is how many rows of a sheet are looked at to understand it, and sampleRows how many of its data a preview shows.
const (
	headRows   = 40
	sampleRows = 8
)

// columnsOfFile is how many columns the sheets of a file have together at most: two sheets as wide as they can be. How each
// is read is kept with the import.
const columnsOfFile = 2 * 16_384

// listed is how many refusals and how many warnings a report keeps; the true numbers are counted.
const listed = 10_000

// row is one row of a file, read and ready to be stored.
type row struct {
	record int64
	sheet  int // index of its layout
	number int
	cells  []byte // by EncodeCells
	facts  []byte // by the codec of facts, as if this row were all that is known
	code   string
	name   string
	key    string
	reason string // JSON of why it is refused; empty when it is not
}

// batch is some rows on their way to the database. Its memory is used again and again.
type batch struct {
	rows  []row
	names []MentionRow // whom the rows name
	bytes int64        // of the file, read so far
	last  bool         // no rows follow
	arena []byte
	block Block // proves the rows
	proof BlockRow
}

const (
	batchRows  = 1024
	batchBytes = 4 << 20 // of the arena of a batch: of long rows a batch has fewer
)

func (b *batch) reset() {
	b.rows, b.names, b.arena, b.block, b.last = b.rows[:0], b.names[:0], b.arena[:0], Block{}, false
	if cap(b.arena) > 2*batchBytes { // one long row is no reason to keep its memory
		b.arena = nil
	}
}

func (b *batch) full() bool { return len(b.rows) == batchRows || len(b.arena) >= batchBytes }

// keep copies bytes into the batch. Memory that the arena grew out of stays valid.
func (b *batch) keep(p []byte) []byte {
	from := len(b.arena)
	b.arena = append(b.arena, p...)
	return b.arena[from:len(b.arena):len(b.arena)]
}

// intake reads one file: it understands each sheet and converts its rows.
type intake struct {
	pack       *pack.Pack
	register   *pack.Register // by which it is read; see viewOf
	source     *pack.Source   // nil: not said
	origin     Origin
	codec      *codec
	options    Options
	remembered map[string]string
	places     *places.Resolver
	name       string
	file       *table.File
	record     int64 // id of the newest record
	importID   int64 // that the import will have
	preview    bool  // keep samples

	layouts  []*Layout
	columns  int // of them all
	previews []SheetPreview
	rows     int
	refused  int
	refusals issues
	warnings issues
	noticed  int // notices of the file that are in warnings already
	scratch  struct {
		reading Reading
		facts   []Fact
		bytes   []byte
	}
}

// issues is a list that is cut, with its true length.
type issues struct {
	list  []Issue
	count int
	texts map[string]string // headers and names of sheets, each once
}

// once gives a text that is kept once, however many issues name it, and not whole when it is very long.
func (l *issues) once(text string) string {
	if kept, ok := l.texts[text]; ok {
		return kept
	}
	if l.texts == nil {
		l.texts = map[string]string{}
	}
	kept := strings.Clone(cut(text, longHeader))
	l.texts[strings.Clone(text)] = kept
	return kept
}

// longHeader is how many characters of a header an issue has.
const longHeader = 200

func (l *issues) add(in string, more ...Issue) {
	for _, i := range more {
		if l.count++; len(l.list) < listed {
			// Cut out of the row's memory, which is used again.
			i.Value, i.Column, i.Sheet = strings.Clone(i.Value), l.once(i.Column), l.once(i.Sheet)
			i.Reason = i.Text.In(in)
			l.list = append(l.list, i)
		}
	}
}

// sheets calls fn for every sheet that holds a table. A sheet whose header is not recognised is left out, with a
// warning, when another sheet of the file is understood; when none is, its fault is the file's.
func (in *intake) sheets(fn func(index int, l *Layout, s *table.Sheet) error) error {
	var unreadable error
	for {
		s, err := in.file.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		head, err := s.Head(headRows)
		if err != nil {
			return err
		}
		if len(head) > 0 && len(head[0]) > 0 && template.IsNotes(head[0][0]) {
			continue
		}
		l, err := Understand(in.pack, in.register, in.name, s.Name, head, in.options, in.remembered)
		if err != nil {
			var f *fault.Error
			if !errors.As(err, &f) {
				return err
			}
			if unreadable == nil {
				unreadable = err
			}
			in.warnings.add(in.options.Lang, Issue{Scope: "row", Sheet: s.Name, Text: pack.Text{
				ZH: fmt.Sprintf("工作表“%s”没有导入：%s", s.Name, f.ZH), EN: fmt.Sprintf("sheet “%s” was not imported: %s", s.Name, f.EN),
			}})
			continue
		}
		if in.source != nil {
			l.Present = slices.Clone(in.source.Present)
		}
		for _, id := range in.options.Absent { // who is in a whole list is on it
			if !slices.Contains(l.Present, id) {
				l.Present = append(l.Present, id)
			}
		}
		l.Bind(in.pack, in.register)
		l.infers(in.places)
		in.warnings.add(in.options.Lang, l.Warnings...)
		in.layouts = append(in.layouts, l)
		if in.columns += len(l.Columns); in.columns > columnsOfFile {
			return fault.New(fault.Invalid,
				fmt.Sprintf("“%s”的各张工作表一共有 %d 列以上，没有导入。请只保留需要的工作表和列，或分成几个文件，再导入。", in.name, columnsOfFile),
				fmt.Sprintf("The sheets of “%s” have more than %d columns together; nothing was imported. Keep only the sheets and columns that are needed, or split the file, and import it again.", in.name, columnsOfFile))
		}
		if err := fn(len(in.layouts)-1, l, s); err != nil {
			return err
		}
	}
	if len(in.layouts) > 0 {
		return nil
	}
	if unreadable != nil {
		return unreadable
	}
	return fault.New(fault.Invalid, fmt.Sprintf("文件“%s”里没有数据。", in.name), fmt.Sprintf("The file “%s” holds no data.", in.name))
}

// understand reads the headers alone.
func (in *intake) understand() error {
	return in.sheets(func(int, *Layout, *table.Sheet) error { return nil })
}

// read reads all rows and hands them on in batches. fill gives an empty batch and emit takes a filled one.
func (in *intake) read(fill func() (*batch, error), emit func(*batch) error) error {
	b, err := fill()
	if err != nil {
		return err
	}
	pass := func() error {
		b.bytes = in.file.Read()
		if err := emit(b); err != nil {
			return err
		}
		b, err = fill()
		return err
	}
	err = in.sheets(func(index int, l *Layout, s *table.Sheet) error {
		var shown *SheetPreview
		if in.preview {
			in.previews = append(in.previews, SheetPreview{
				Sheet: l.Sheet, HeaderRow: l.HeaderRow, HeaderRows: l.HeaderRows, Title: l.Title, Unit: l.Unit, Year: l.Year, Columns: l.Columns,
			})
			shown = &in.previews[len(in.previews)-1]
		}
		for {
			r, err := s.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				return err
			}
			if r.Number <= l.HeaderRow {
				continue
			}
			if in.convert(b, index, l, r) && shown != nil && len(shown.Sample) < sampleRows {
				shown.Sample = append(shown.Sample, sampleOf(r.Cells))
			}
			if b.full() {
				if err := pass(); err != nil {
					return err
				}
			}
		}
		in.notices(l)
		return nil
	})
	if err != nil {
		return err
	}
	b.last = true
	b.bytes = in.file.Read()
	return emit(b)
}

// sampleOf is a row as a preview shows it: its first columns, long texts cut.
func sampleOf(cells [][]byte) []string {
	const columns, long = 200, 200
	sample := make([]string, min(len(cells), columns))
	for i := range sample {
		sample[i] = cut(string(cells[i][:min(len(cells[i]), 4*long)]), long)
	}
	return sample
}

// convert appends a row to the batch, unless it holds nothing.
func (in *intake) convert(b *batch, sheet int, l *Layout, from table.Row) bool {
	reading := &in.scratch.reading
	l.Convert(from.Number, from.Cells, reading)
	if reading.Skip {
		in.warnings.add(in.options.Lang, reading.Warnings...)
		return false
	}
	in.rows++
	in.record++
	in.scratch.bytes = AppendCells(in.scratch.bytes[:0], from.Cells)
	r := row{record: in.record, sheet: sheet, number: from.Number, cells: b.keep(in.scratch.bytes)}
	if reading.Refuse != nil {
		in.refused++
		in.refusals.add(in.options.Lang, *reading.Refuse)
		r.reason = refusal(reading.Refuse.Text)
	} else {
		r.code, r.name, r.key = reading.Code, storable(reading.Name), boundedKey(storable(reading.NameKey))
		for i := range reading.Facts {
			f := &reading.Facts[i]
			f.Record = in.record
			f.Origin.Source, f.Origin.Day, f.Origin.Dated = in.origin.Source, in.origin.Day, in.origin.Dated
		}
		own := in.codec.own(reading.Facts, in.source != nil && in.source.Items != nil, false)
		in.scratch.facts, _, _ = in.codec.fold(in.scratch.facts[:0], own)
		in.scratch.bytes = in.codec.appendFacts(in.scratch.bytes[:0], in.scratch.facts)
		r.facts = b.keep(in.scratch.bytes)
		b.names = append(b.names, mentions(in.pack, in.register, reading, in.record)...)
	}
	in.refusals.add(in.options.Lang, reading.Refusals...)
	in.warnings.add(in.options.Lang, reading.Warnings...)
	b.rows = append(b.rows, r)
	return true
}

// notices turns what the file's reader noticed in a sheet into warnings.
func (in *intake) notices(l *Layout) {
	all := in.file.Notices()
	for _, n := range all[in.noticed:] {
		i := Issue{Scope: "row", Sheet: n.Sheet, Row: n.Row, Value: n.Value, Text: pack.Text{ZH: n.ZH, EN: n.EN}}
		if n.Column > 0 {
			i.Scope = "cell"
			for _, c := range l.Columns {
				if c.Index == n.Column {
					i.Column = c.Header
				}
			}
		}
		in.warnings.add(in.options.Lang, i)
	}
	in.noticed = len(all)
}

// report gives the lists and what is known of the counts after reading.
func (in *intake) report() FileReport {
	r := FileReport{
		File: in.name, Rows: in.rows, Refused: in.refused,
		Refusals: in.refusals.list, RefusalCount: in.refusals.count,
		Warnings: in.warnings.list, WarningCount: in.warnings.count,
	}
	seen := map[string]bool{}
	for _, l := range in.layouts {
		for _, c := range l.Columns {
			if c.Attr == "" && c.How == "none" && !seen[c.Header] {
				seen[c.Header] = true
				r.Unmapped = append(r.Unmapped, c.Header)
			}
		}
	}
	return r
}

// longKey is the longest name key that is kept as it is: an index of a database holds keys up to some size only.
const longKey = 512

// storable is a text without the one character that PostgreSQL does not store, and that a workbook may hold.
func storable(text string) string {
	if strings.IndexByte(text, 0) < 0 {
		return text
	}
	return strings.ReplaceAll(text, "\x00", "")
}

// boundedKey gives the key of a name; of a very long one its beginning and a hash of the whole.
func boundedKey(key string) string {
	if len(key) <= longKey {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return strings.ToValidUTF8(key[:longKey-65], "") + "#" + hex.EncodeToString(sum[:])
}

// refusal is the reason of a refused row as it is stored.
func refusal(t pack.Text) string {
	text, err := json.Marshal(t)
	if err != nil {
		panic(err) // two strings
	}
	return string(text)
}
