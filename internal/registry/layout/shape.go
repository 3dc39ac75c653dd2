package layout

import (
	"fmt"
	"slices"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/table"
)

// A sheet need not be one table with a header above it. A list may be printed in two columns side by side; and the
// commonest paper of all is a form: names on the left, values on the right, one enterprise to a sheet.

// blocks finds tables that stand side by side with the same header; nil when there is one only.
func (u *understanding) blocks(h *foundHeader) []columnSpan {
	key := func(i int) string { return headerKey(h.text(i)) }
	for i := range h.headings {
		if !u.identity(h.headings[i]) {
			continue
		}
		for j := i + 1; j < len(h.headings); j++ {
			if key(j) != key(i) {
				continue
			}
			width := j - i
			start := 0
			for start < i && key(start) == "" {
				start++
			}
			same := start <= i && width >= 2 && i < start+width
			for c := start; same && c < start+width; c++ {
				same = c+width >= len(h.headings) && key(c) == "" || c+width < len(h.headings) && key(c) == key(c+width)
			}
			if !same {
				continue
			}
			var list []columnSpan
			for from := start; from < len(h.headings) && key(from) == key(start); from += width {
				list = append(list, columnSpan{from, from + width})
			}
			return list
		}
	}
	return nil
}

// within blanks the cells of rows outside a span of columns.
func within(rows [][]string, s columnSpan) [][]string {
	out := make([][]string, len(rows))
	for r, row := range rows {
		if row == nil {
			continue
		}
		kept := make([]string, min(len(row), s.to))
		for i := s.from; i < len(kept); i++ {
			kept[i] = row[i]
		}
		out[r] = kept
	}
	return out
}

// inBlock blanks the cells of a row outside a span of columns.
func inBlock(dst, cells [][]byte, s columnSpan) [][]byte {
	dst = dst[:0]
	for i := range min(len(cells), s.to) {
		if i < s.from {
			dst = append(dst, nil)
		} else {
			dst = append(dst, cells[i])
		}
	}
	return dst
}

// formRows is how many rows of a form are read.
const formRows = 400

// leastLabels is how many attributes must stand below one another, each beside its value, for a sheet to be a form.
const leastLabels = 3

// formTable is a sheet of names with their values beside them.
type formTable struct {
	row            int // of the first name, from 1
	titles         [][]string
	labels, values []string
	many           []string // names that have several values beside them
}

// form reads a sheet as a form; nil when it is none.
func (u *understanding) form(head [][]string) (*formTable, error) {
	stacked := map[int]map[*pack.Attribute]bool{} // by column
	widest := 0
	for r, row := range head {
		labels := 0
		for c, text := range row {
			if a := u.label(row, c, text); a != nil {
				labels++
				if stacked[c] == nil {
					stacked[c] = map[*pack.Attribute]bool{}
				}
				stacked[c][a] = true
			}
		}
		if n := u.worth(u.single(row, r)) / 100; labels == 0 && n > 3 { // a header
			return nil, nil
		}
		widest = max(widest, labels)
	}
	all, tall := 0, false
	for _, attrs := range stacked {
		all += len(attrs)
		tall = tall || len(attrs) >= leastLabels
	}
	if !tall || all <= 2*widest && widest > 2 {
		return nil, nil
	}
	f := &formTable{}
	subjects := 0
	for r, row := range head {
		for c := 0; c < len(row); c++ {
			a := u.label(row, c, row[c])
			if a == nil {
				continue
			}
			if f.row == 0 {
				f.row, f.titles = r+1, head[:r]
			}
			var values []string
			next := c + 1
			for ; next < len(row) && u.label(row, next, row[next]) == nil; next++ {
				if text := strings.TrimSpace(row[next]); text != "" && (len(values) == 0 || values[len(values)-1] != text) {
					values = append(values, row[next])
				}
			}
			if a.ID == u.reg.NameAttr && len(values) > 0 {
				subjects++
			}
			f.labels = append(f.labels, oneLine(row[c]))
			switch len(values) {
			case 0:
				f.values = append(f.values, "")
			case 1:
				f.values = append(f.values, values[0])
			default:
				f.values = append(f.values, "")
				f.many = append(f.many, oneLine(row[c]))
			}
			c = next - 1
		}
	}
	if subjects > 1 {
		return nil, fault.New(fault.Invalid,
			fmt.Sprintf("“%s”里一张表上有 %d 家的登记表，分不清哪些值是哪一家的。请每家一张工作表，再导入。", u.file, subjects),
			fmt.Sprintf("A sheet of “%s” holds the forms of %d subjects, and which values are whose cannot be told. Give each a sheet of its own and import it again.", u.file, subjects)).Wrap(ErrNoHeader)
	}
	if subjects == 0 {
		return nil, nil
	}
	return f, nil
}

// label is the attribute that a cell names when something that is none stands to its right; else nil.
func (u *understanding) label(row []string, c int, text string) *pack.Attribute {
	if strings.TrimSpace(text) == "" || c > 40 {
		return nil
	}
	h := u.words.read(strings.TrimRight(strings.TrimSpace(text), "：:"))
	if h.attr == nil {
		return nil
	}
	for next := c + 1; next < len(row); next++ {
		if strings.TrimSpace(row[next]) == "" {
			continue
		}
		if u.words.read(strings.TrimRight(strings.TrimSpace(row[next]), "：:")).attr != nil {
			return nil
		}
		return h.attr
	}
	return nil
}

// understandForm reads a form as a table of one row: its names are the header.
func understandForm(u *understanding, f *formTable, sheet string, opt Options, remembered map[string]string) (*Layout, error) {
	head := append(slices.Clone(f.titles), f.labels, f.values)
	for i := range head[len(f.titles)] {
		head[len(f.titles)][i] = strings.TrimRight(head[len(f.titles)][i], "：:")
	}
	l, err := understandTable(u.pack, u.reg, u.file, sheet, head, nil, opt, remembered)
	if err != nil {
		return nil, err
	}
	l.HeaderRow = 0
	l.form = &table.Row{Number: f.row}
	for _, v := range f.values {
		l.form.Cells = append(l.form.Cells, []byte(v))
	}
	for i := range l.Warnings {
		l.Warnings[i].Row = f.row
	}
	for _, name := range f.many {
		u.layout = l
		u.warn(name, fmt.Sprintf("登记表里“%s”右边有好几个值，不知道用哪一个，没有采用。请改成一行一个值，或用一张表导入。", name),
			fmt.Sprintf("Several values stand beside “%s” in the form, and which one counts is unknown; none is used. Write one value to a name, or import a table.", name))
	}
	return l, nil
}
