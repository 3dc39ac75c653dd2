package layout

import (
	"io"
	"slices"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/table"
)

// How many rows before a further header are looked at for its title, and how many after it for what its columns hold.
const (
	titleRows = 3
	aheadRows = 20
)

// Each calls fn for every row of a sheet below its header, with how it is read: the row of a form, the rows of tables that
// stand side by side, each part by itself, and the rows of tables below one another.
func (in *Reader) Each(index int, l *Layout, s *table.Sheet, fn func(index int, l *Layout, r table.Row) error) error {
	if l.form != nil {
		return fn(index, l, *l.form)
	}
	rows := in.stacked(l, s)
	var part [][]byte
	for {
		r, further, err := rows.next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if further != nil {
			if err := in.adopt(further); err != nil {
				return err
			}
			l, index = further, len(in.Layouts)-1-len(further.beside)
		}
		if r.Number <= l.HeaderRow {
			continue
		}
		if len(l.beside) == 0 {
			if err := fn(index, l, r); err != nil {
				return err
			}
			continue
		}
		whole := r.Cells
		for i := range 1 + len(l.beside) {
			own := l
			if i > 0 {
				own = l.beside[i-1]
			}
			part = inBlock(part, whole, own.block)
			if r.Cells = part; slices.ContainsFunc(part, func(c []byte) bool { return len(c) > 0 }) {
				if err := fn(index+i, own, r); err != nil {
					return err
				}
			}
		}
	}
}

// rowStack gives the rows of a sheet and notices further headers.
type rowStack struct {
	in     *Reader
	sheet  *table.Sheet
	layout *Layout
	words  map[string]bool // what the headers of the register begin with, as it is written
	held   []table.Row     // read ahead
	err    error           // to be given after them
	before [][]string      // the last rows that were given, for titles
}

func (in *Reader) stacked(l *Layout, s *table.Sheet) *rowStack {
	words := map[string]bool{}
	for w := range serialHeaders {
		words[w] = true
	}
	for _, c := range l.Columns {
		words[c.Header] = true
	}
	for _, a := range in.Register.Attributes {
		words[a.Name.ZH], words[a.Name.EN], words[a.ID] = true, true, true
		for _, alias := range a.Aliases {
			words[alias] = true
		}
	}
	delete(words, "")
	return &rowStack{in: in, sheet: s, layout: l, words: words}
}

// next gives the next row. Where another header begins, further is how the rows from there on are read; the row is then the
// header's last.
func (s *rowStack) next() (r table.Row, further *Layout, err error) {
	if len(s.held) > 0 {
		r, s.held = s.held[0], s.held[1:]
	} else {
		if s.err != nil {
			return r, nil, s.err
		}
		if r, err = s.sheet.Next(); err != nil {
			return r, nil, err
		}
	}
	if r.Number > s.layout.HeaderRow && s.begins(r.Cells) {
		if further, err = s.another(r); err != nil || further != nil {
			return r, further, err
		}
	}
	if len(r.Cells) > 0 && r.Number > s.layout.HeaderRow && mayBeTitle(r.Cells) {
		s.before = append(s.before, cellTexts(r.Cells))
		if len(s.before) > titleRows {
			s.before = s.before[1:]
		}
	} else if len(s.before) > 0 {
		s.before = s.before[:0]
	}
	return r, nil, nil
}

// begins reports a row whose first two filled cells both are words of headers.
func (s *rowStack) begins(cells [][]byte) bool {
	found := 0
	for _, c := range cells {
		if len(c) == 0 {
			continue
		}
		if !s.words[string(c)] {
			return false
		}
		if found++; found == 2 {
			return true
		}
	}
	return false
}

// mayBeTitle reports a row with one filled cell, or two.
func mayBeTitle(cells [][]byte) bool {
	n := 0
	for _, c := range cells {
		if len(c) > 0 {
			if n++; n > 2 {
				return false
			}
		}
	}
	return true
}

func cellTexts(cells [][]byte) []string {
	list := make([]string, len(cells))
	for i, c := range cells {
		list[i] = string(c)
	}
	return list
}

// another understands a further header; nil when the row is none, or repeats the one above.
func (s *rowStack) another(r table.Row) (*Layout, error) {
	header := cellTexts(r.Cells)
	for len(s.held) < aheadRows && s.err == nil {
		row, err := s.sheet.Next()
		if err != nil {
			s.err = err
			if err != io.EOF {
				return nil, err
			}
			break
		}
		s.held = append(s.held, ownRow(row))
	}
	above := s.before
	head := append(slices.Clone(above), header)
	for _, row := range s.held {
		head = append(head, cellTexts(row.Cells))
	}
	opt := s.in.Options
	l, err := Understand(s.in.Pack, s.in.Register, s.in.Name, s.layout.Sheet, head, nil, opt, s.in.remembered)
	if fault.Of(err) == fault.Invalid || err == nil && l.HeaderRow != len(above)+1 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if l.Year == 0 && s.layout.Year != 0 || l.Unit == "" && s.layout.Unit != "" { // the first table's title is the sheet's
		if opt.Year == 0 {
			opt.Year = s.layout.Year
		}
		if opt.Units[""] == "" && s.layout.Unit != "" {
			units := map[string]string{"": s.layout.Unit}
			for header, unit := range opt.Units {
				units[header] = unit
			}
			opt.Units = units
		}
		if l, err = Understand(s.in.Pack, s.in.Register, s.in.Name, s.layout.Sheet, head, nil, opt, s.in.remembered); err != nil {
			return nil, err
		}
	}
	if l.sameColumns(s.layout) {
		return nil, nil
	}
	l.HeaderRow, l.Below = r.Number, true
	for i := range l.Warnings {
		l.Warnings[i].Row = r.Number
	}
	s.layout, s.before = l, nil
	return l, nil
}

func ownRow(r table.Row) table.Row {
	cells := make([][]byte, len(r.Cells))
	for i, c := range r.Cells {
		if len(c) > 0 {
			cells[i] = slices.Clone(c)
		}
	}
	return table.Row{Number: r.Number, Cells: cells, Merged: slices.Clone(r.Merged)}
}

// sameColumns reports that two headers name the same columns in the same places.
func (l *Layout) sameColumns(o *Layout) bool {
	named := func(l *Layout) (list []Column) {
		for _, c := range l.Columns {
			if c.Header != unnamed(c.Index) {
				list = append(list, Column{Index: c.Index, Header: headerKey(c.Header)})
			}
		}
		return list
	}
	return slices.EqualFunc(named(l), named(o), func(a, b Column) bool { return a.Index == b.Index && a.Header == b.Header })
}

// unmerge takes out of a row the numbers that stand merged over several rows: of which of them they are true nobody knows. It
// gives what is to be said, and the row's cells, which it may have copied.
func (l *Layout) unmerge(r table.Row, out *Reading) [][]byte {
	cells, copied := r.Cells, false
	for i := range l.readers {
		c := &l.readers[i]
		if !c.attr.Kind.Numeric() || c.column < 0 || c.column >= len(cells) || len(cells[c.column]) == 0 || !slices.Contains(r.Merged, c.column+1) {
			continue
		}
		if !copied {
			cells, copied = slices.Clone(cells), true
		}
		text := pack.Text{
			ZH: "这一格合并了好几行，不知道这个数属于哪一行，没有采用。请取消合并，在各行分别填写。",
			EN: "This cell is merged over several rows, and to which of them the number belongs is unknown; it is not used. Unmerge it and write each row's own number.",
		}
		out.Refusals = append(out.Refusals, Issue{Scope: "cell", Sheet: l.Sheet, Row: r.Number, Column: c.header, Value: Cut(string(cells[c.column]), 60), Reason: text.ZH, Text: text})
		cells[c.column] = nil
	}
	return cells
}
