package layout

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	places "eyas/internal/registry/place"
	"eyas/internal/registry/table"
	"eyas/internal/registry/template"
)

// columnsOfFile is how many columns the sheets of a file have together at most: two sheets as wide as they can be. How each
// is read is kept with the import.
const columnsOfFile = 2 * 16_384

// headRows is how many rows of a sheet are looked at to understand it.
const headRows = 40

// Reader reads one file: it understands each sheet and converts its rows.
type Reader struct {
	Pack       *pack.Pack
	Register   *pack.Register // by which it is read; see View
	Source     *pack.Source   // nil: not said
	Origin     fact.Origin
	Options    Options
	remembered map[string]string
	Places     *places.Resolver
	Name       string
	file       *table.File

	Layouts  []*Layout
	columns  int // of them all
	Warnings Issues
	merged   Reading // what is to be said of merged cells
	Late     error   // a note said too late what amounts are counted in
	noticed  int     // notices of the file that are in warnings already
}

// Sheets calls fn for every sheet that holds a table. A sheet whose header is not recognised is left out, with a
// warning, when another sheet of the file is understood; when none is, its fault is the file's.
func (in *Reader) Sheets(fn func(index int, l *Layout, s *table.Sheet) error) error {
	var unreadable error
	var unread []string
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
		unwrap(head)
		if len(head) > 0 && len(head[0]) > 0 && template.IsNotes(head[0][0]) {
			continue
		}
		l, err := Understand(in.Pack, in.Register, in.Name, s.Name, head, s.Merged(), in.Options, in.remembered)
		if err == nil && l.form == nil {
			err = l.lacksReport(in.Name, in.Options.AsOf != "", in.Options.Preset)
		}
		if err != nil {
			var f *fault.Error
			if !errors.As(err, &f) {
				return err
			}
			if unreadable == nil {
				unreadable = err
			}
			unread = append(unread, s.Name)
			in.Warnings.Add(in.Options.Lang, Issue{Scope: "row", Sheet: s.Name, Text: pack.Text{
				ZH: fmt.Sprintf("工作表“%s”没有导入：%s", s.Name, f.ZH), EN: fmt.Sprintf("sheet “%s” was not imported: %s", s.Name, f.EN),
			}})
			continue
		}
		if l.form != nil { // it may be longer than a header is sought
			long, err := s.Head(formRows)
			if err != nil {
				return err
			}
			if l, err = Understand(in.Pack, in.Register, in.Name, s.Name, long, s.Merged(), in.Options, in.remembered); err != nil {
				return err
			}
		}
		if err := in.adopt(l); err != nil {
			return err
		}
		if err := fn(len(in.Layouts)-1-len(l.beside), l, s); err != nil {
			return err
		}
	}
	if len(in.Layouts) > 0 {
		in.Layouts[0].Unread = unread
		return nil
	}
	if unreadable != nil {
		return unreadable
	}
	return fault.New(fault.Invalid, fmt.Sprintf("文件“%s”里没有数据。", in.Name), fmt.Sprintf("The file “%s” holds no data.", in.Name))
}

// adopt makes a layout one of the file's.
func (in *Reader) adopt(l *Layout) error {
	if in.Source != nil {
		l.Present = slices.Clone(in.Source.Present)
		l.ends(in.Source)
		l.told(in.Source, in.Name)
	}
	for _, id := range in.Options.Absent { // who is in a whole list is on it
		if !slices.Contains(l.Present, id) {
			l.Present = append(l.Present, id)
		}
	}
	if l.Refused != 0 { // rows of a list are not the whole list
		in.Options.Absent, in.Options.Partial = nil, true
	}
	l.asOf, l.file, l.preset = in.Origin.AsOf(), in.Name, in.Options.Preset
	l.Bind(in.Pack, in.Register)
	l.infers(in.Places)
	in.Warnings.Add(in.Options.Lang, l.Warnings...)
	in.Layouts = append(in.Layouts, l)
	for _, b := range l.beside {
		if err := in.adopt(b); err != nil {
			return err
		}
	}
	if in.columns += len(l.Columns); in.columns > columnsOfFile {
		return fault.New(fault.Invalid,
			fmt.Sprintf("“%s”的各张工作表一共有 %d 列以上，没有导入。请只保留需要的工作表和列，或分成几个文件，再导入。", in.Name, columnsOfFile),
			fmt.Sprintf("The sheets of “%s” have more than %d columns together; nothing was imported. Keep only the sheets and columns that are needed, or split the file, and import it again.", in.Name, columnsOfFile))
	}
	return nil
}

// understand reads the headers alone.
func (in *Reader) understand() error {
	return in.Sheets(func(int, *Layout, *table.Sheet) error { return nil })
}

// Notices turns what the file's reader noticed in a sheet into warnings.
func (in *Reader) Notices(l *Layout) {
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
		in.Warnings.Add(in.Options.Lang, i)
	}
	in.noticed = len(all)
}

// Open opens a file for reading. remembered is what people said before that headers mean in files of its register; at is
// the time at which it comes.
func Open(p *pack.Pack, reg *pack.Register, src Source, opt Options, remembered map[string]string, resolver *places.Resolver, at time.Time) (*Reader, error) {
	f, err := src.Table()
	if err != nil {
		return nil, err
	}
	in := &Reader{
		Places: resolver,
		Pack:   p, Register: View(reg, p.Source(opt.Source)), Options: opt, remembered: remembered, file: f,
		Source: p.Source(opt.Source),
		Name:   fact.Storable(strings.ToValidUTF8(src.Name, "�")), // as databases store it
	}
	in.Origin = fact.OriginOf(p, &fact.ImportRow{Source: opt.Source, AsOf: AsOf(opt), At: at})
	return in, nil
}

// Headers reads the headers of the file again, from where it lies, and gives how they are understood now. The reader's own
// rows stay where they are.
func (in *Reader) Headers(src Source) ([]*Layout, error) {
	f, err := src.Table()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	look := *in
	look.file, look.Layouts, look.Warnings, look.columns, look.noticed = f, nil, Issues{}, 0, 0 // in may have read some or all of its sheets
	err = look.understand()
	return look.Layouts, err
}

// Marked reports that the file says of itself that its data were generated.
func (in *Reader) Marked() bool {
	for _, l := range in.Layouts {
		if l.Synthetic {
			return true
		}
	}
	return false
}

// Close closes the file.
func (in *Reader) Close() { in.file.Close() }

// Size is how large the file is, in bytes.
func (in *Reader) Size() int64 { return in.file.Size() }

// Taken is how much of the file was read, in bytes.
func (in *Reader) Taken() int64 { return in.file.Read() }

// Convert reads a row. It reports whether the row holds something, and gives its cells as they are to be kept. What is to be
// said of a row that holds nothing is among the warnings of the file.
func (in *Reader) Convert(l *Layout, from table.Row, reading *Reading) (cells [][]byte, holds bool) {
	l.Convert(from.Number, from.Cells, reading)
	if len(from.Merged)+len(from.Wide) > 0 && !reading.Skip {
		if from.Cells = l.unmerge(from, &in.merged); len(in.merged.Refusals) > 0 {
			l.Convert(from.Number, from.Cells, reading)
			reading.Refusals = append(reading.Refusals, in.merged.Refusals...)
			in.merged.Refusals = in.merged.Refusals[:0]
		}
	}
	if from.Moved || len(from.Cells) > l.fields {
		from.Cells = l.moved(from, reading)
	}
	if reading.Skip {
		in.Warnings.Add(in.Options.Lang, reading.Warnings...)
		if l.bound.unscaled && in.Late == nil {
			in.Late = l.lateUnit(in.Name, from)
		}
		return nil, false
	}
	return from.Cells, true
}

// Essence is what of layouts decides how rows are read, as text.
func Essence(layouts []*Layout) (string, error) {
	var list []Layout
	for _, l := range layouts {
		if l.Below { // found among the rows, which are the same when the file is
			continue
		}
		e := Layout{
			Sheet: l.Sheet, HeaderRow: l.HeaderRow, HeaderRows: l.HeaderRows, Unit: l.Unit, Year: l.Year,
			YearColumn: l.YearColumn, UnitColumn: l.UnitColumn, CurrencyColumn: l.CurrencyColumn, EndColumn: l.EndColumn, EndSigns: l.EndSigns, Given: l.Given, Complete: l.Complete, Present: l.Present,
		}
		for _, c := range l.Columns {
			e.Columns = append(e.Columns, Column{Index: c.Index, Header: c.Header, Attr: c.Attr, Year: c.Year, Unit: c.Unit})
		}
		list = append(list, e)
	}
	text, err := json.Marshal(list)
	return string(text), err
}
