package layout

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/cell"
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
	until  int             // number of the last row of a header that was understood
	lost   bool            // the rows belong to a header that names nobody
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
// header's. Rows below a header that names nobody are left out.
func (s *rowStack) next() (r table.Row, further *Layout, err error) {
	for {
		if r, err = s.pull(); err != nil {
			return r, nil, err
		}
		if r.Number > max(s.layout.HeaderRow, s.until) && s.begins(r.Cells) {
			r = ownRow(r) // the rows that are read ahead take the memory of its cells
			if further, err = s.another(r); err != nil || further != nil {
				return r, further, err
			}
		}
		if s.headsGroups(&r) {
			s.doubtGroups(r)
			s.before = append(s.before, cellTexts(r.Cells))
			if len(s.before) > titleRows {
				s.before = s.before[1:]
			}
			continue
		}
		if !s.lost {
			break
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

// headsGroups reports a row that holds no data but the groups of the header that begins in the next row. To look at that it may
// read it ahead; the row has memory of its own then.
func (s *rowStack) headsGroups(r *table.Row) bool {
	if r.Number <= max(s.layout.HeaderRow, s.until) || !mayBeGroups(r.Cells) {
		return false
	}
	if len(s.held) == 0 {
		if s.err != nil {
			return false
		}
		*r = ownRow(*r) // the next row takes the memory of its cells
		next, err := s.sheet.Next()
		if err != nil {
			s.err = err
			return false
		}
		s.held = append(s.held, ownRow(next))
	}
	below := s.held[0].Cells
	return s.begins(below) && !s.isData(r.Cells, below)
}

// doubtGroups says of a row that is taken for groups of the next header that it is, when the text in its column of names is no
// heading: it may be the name of an enterprise of which little is known.
func (s *rowStack) doubtGroups(r table.Row) {
	for i := range s.layout.Columns {
		c := &s.layout.Columns[i]
		if c.Attr != s.in.Register.NameAttr || c.Index > len(r.Cells) || len(r.Cells[c.Index-1]) == 0 {
			continue
		}
		name := string(r.Cells[c.Index-1])
		v := newVocabulary(&s.in.Pack.Words, s.in.Register)
		if h := v.read(headerKey(name)); h.attr != nil || v.neutral(h.rest) {
			continue
		}
		s.in.Warnings.Add(s.in.Options.Lang, Issue{Scope: "row", Sheet: s.layout.Sheet, Row: r.Number, Column: c.Header, Value: Cut(name, 60), Text: pack.Text{
			ZH: "这一行紧接在又一个表头之前，看作那个表头的分组标题，没有导入。如果它是一家企业，请补上代码或更多的数据，再导入一次。",
			EN: "This row stands just above another header. It was taken for the groups of that header and not imported. If it is an enterprise, add its code or more of its data and import the file again.",
		}})
	}
}

// isData tells a row of data above a header from one of groups: it names a firm, or has as many cells as the header and no word of
// headers among them. A group stands over several columns, or beside a word that is merged with the row below.
func (s *rowStack) isData(cells, header [][]byte) bool {
	if s.namesFirm(cells) {
		return true
	}
	return filled(cellTexts(cells)) >= filled(cellTexts(header)) && !slices.ContainsFunc(cells, func(c []byte) bool { return s.words[string(c)] })
}

// namesFirm reports a row whose name, in the columns of the table above, ends like that of a firm.
func (s *rowStack) namesFirm(cells [][]byte) bool {
	for i := range s.layout.Columns {
		c := &s.layout.Columns[i]
		if c.Attr != s.in.Register.NameAttr || c.Index > len(cells) {
			continue
		}
		key := cell.NameKey(string(cells[c.Index-1]))
		if slices.ContainsFunc(s.in.Pack.Words.FirmEnds, func(end string) bool { return strings.HasSuffix(key, end) }) {
			return true
		}
	}
	return false
}

// mayBeGroups reports a row of two to eight short texts, none of which is a number or a code.
func mayBeGroups(cells [][]byte) bool {
	n := 0
	for _, c := range cells {
		if len(c) == 0 {
			continue
		}
		if n++; n > 8 || len(c) > 60 {
			return false
		}
		plain := true // digits and Latin letters only
		for _, b := range c {
			plain = plain && (b < 0x80)
		}
		if plain {
			return false
		}
	}
	return n > 1
}

// pull takes a row that was read ahead, or the sheet's next.
func (s *rowStack) pull() (r table.Row, err error) {
	if len(s.held) > 0 {
		r, s.held = s.held[0], s.held[1:]
		return r, nil
	}
	if s.err != nil {
		return r, s.err
	}
	return s.sheet.Next()
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
	merged := s.mergedIn(r, len(above))
	opt := s.in.Options
	l, err := Understand(s.in.Pack, s.in.Register, s.in.Name, s.layout.Sheet, head, merged, opt, s.in.remembered)
	if fault.Of(err) == fault.Invalid || err == nil && (l.first > len(above) || l.HeaderRow <= len(above) || l.form != nil) {
		s.lose(r, header)
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
		if l, err = Understand(s.in.Pack, s.in.Register, s.in.Name, s.layout.Sheet, head, merged, opt, s.in.remembered); err != nil {
			return nil, err
		}
	}
	s.lost = false
	last := r.Number // the header's last row
	if n := l.HeaderRow - len(above) - 1; n > 0 {
		last = s.held[n-1].Number
	}
	s.until = last
	if l.sameColumns(s.layout) {
		s.held = s.held[l.HeaderRow-len(above)-1:]
		return nil, nil
	}
	l.HeaderRow, l.Below = last, true
	for i := range l.Warnings {
		l.Warnings[i].Row = r.Number
	}
	s.layout, s.before = l, nil
	return l, nil
}

// mergedIn gives the merged areas of the rows that another header is looked for in, by their places there: above rows, the
// header's first, and those that were read ahead.
func (s *rowStack) mergedIn(header table.Row, above int) (list []table.Area) {
	place := map[int]int{header.Number: above + 1}
	for i, row := range s.held {
		place[row.Number] = above + 2 + i
	}
	for _, a := range s.sheet.Merged() {
		from := place[a.FirstRow]
		if from == 0 {
			continue
		}
		to := from
		for n := a.FirstRow; n <= a.LastRow && n-a.FirstRow <= aheadRows; n++ {
			to = max(to, place[n])
		}
		list = append(list, table.Area{FirstRow: from, FirstColumn: a.FirstColumn, LastRow: to, LastColumn: a.LastColumn})
	}
	return list
}

// lose leaves out the rows below a header that names no subject: whom they are about nobody can tell. A row of headers of which
// the table above has each in its place is a part of its own header again.
func (s *rowStack) lose(r table.Row, header []string) {
	names, same := 0, 0
	for i, text := range header {
		if text = oneLine(text); text == "" {
			continue
		}
		names++
		if own := s.layout.Header(i + 1); own != "" && strings.Contains(headerKey(own), headerKey(text)) {
			same++
		}
	}
	if names < 2 || names == same || s.lost {
		return
	}
	s.lost = true
	text := pack.Text{
		ZH: "从这一行起像是另一张表，但它的表头里没有名称也没有代码，不知道说的是谁；这一行和它下面的行没有导入。请补上名称或代码，或分成另一个文件。",
		EN: "From this row on there seems to be another table whose header has neither a name nor a code; whom it is about is unknown, and this row and those below were not imported. Add names or codes, or make it a file of its own.",
	}
	s.in.Warnings.Add(s.in.Options.Lang, Issue{Scope: "row", Sheet: s.layout.Sheet, Row: r.Number, Value: Cut(strings.Join(header, " "), 60), Text: text})
}

// ownRow gives a row memory of its own, so that it stays when the sheet goes on.
func ownRow(r table.Row) table.Row {
	cells := make([][]byte, len(r.Cells))
	for i, c := range r.Cells {
		if len(c) > 0 {
			cells[i] = slices.Clone(c)
		}
	}
	r.Cells, r.Merged, r.Wide = cells, slices.Clone(r.Merged), slices.Clone(r.Wide)
	return r
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

// unmerge takes out of a row the numbers that stand merged over several rows, or over several columns that mean something: of
// which of them they are true nobody knows. It gives what is to be said, and the row's cells, which it may have copied.
func (l *Layout) unmerge(r table.Row, out *Reading) [][]byte {
	cells, copied := r.Cells, false
	for i := range l.readers {
		c := &l.readers[i]
		if !c.attr.Kind.Numeric() || c.column < 0 || c.column >= len(cells) || len(cells[c.column]) == 0 {
			continue
		}
		over, overEN := "行", "rows"
		if !slices.Contains(r.Merged, c.column+1) {
			if !l.widely(r, c.column) {
				continue
			}
			over, overEN = "列", "columns"
		}
		if !copied {
			cells, copied = slices.Clone(cells), true
		}
		text := pack.Text{
			ZH: fmt.Sprintf("这一格合并了好几%s，不知道这个数属于哪一%s，没有采用。请取消合并，在各%s分别填写。", over, over, over),
			EN: fmt.Sprintf("This cell is merged over several %s, and to which of them the number belongs is unknown; it is not used. Unmerge it and write the number of each.", overEN),
		}
		out.Refusals = append(out.Refusals, Issue{Scope: "cell", Sheet: l.Sheet, Row: r.Number, Column: c.header, Value: Cut(string(cells[c.column]), 60), Reason: text.ZH, Text: text})
		cells[c.column] = nil
	}
	return cells
}

// widely reports a cell that is merged over columns of which another one means something too.
func (l *Layout) widely(r table.Row, column int) bool {
	for _, w := range r.Wide {
		if column+1 != w[0] {
			continue
		}
		if slices.ContainsFunc(l.readers, func(c columnReader) bool { return c.column > column && c.column < w[1] }) {
			return true
		}
	}
	return false
}
