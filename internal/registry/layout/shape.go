package layout

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/table"
)

// A sheet need not be one table with a header above it. A list may be printed in two columns side by side; and the
// commonest paper of all is a form: names on the left, values on the right, one enterprise to a sheet.

// blocks finds tables that stand side by side with the same header; nil when there is one only. Groups over them (2019年 over
// one, 2020年 over the other) do not count: who is named twice in a row are two.
func (u *understanding) blocks(h *foundHeader, head [][]string) []columnSpan {
	key := func(i int) string {
		if i >= len(h.texts) {
			return ""
		}
		for k := len(h.texts[i]) - 1; k >= 0; k-- {
			if text := headerKey(h.texts[i][k]); text != "" {
				return text
			}
		}
		return ""
	}
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
			if !u.underGroups(h, list, key) {
				continue
			}
			return list
		}
	}
	return u.tablesApart(h, head)
}

// tablesApart finds tables that stand side by side with different headers: each begins with a number column of its own, or behind a
// column without anything, and names a subject of its own. nil when there is one only.
func (u *understanding) tablesApart(h *foundHeader, head [][]string) (list []columnSpan) {
	from, named, filled := 0, false, false
	end := func(to int) {
		switch {
		case !filled:
		case named || len(list) == 0:
			list = append(list, columnSpan{from, to})
		default: // columns without a name belong to those before them
			list[len(list)-1].to = to
		}
		from, named, filled = to, false, false
	}
	serial := false
	for c := range h.texts {
		text := headerKey(h.text(c))
		if begins := serialHeaders[text]; text == "" && !anyBelow(head[h.last+1:], c) || begins && serial && named {
			end(c)
		}
		serial = serial || serialHeaders[text]
		filled = filled || text != ""
		named = named || c < len(h.headings) && u.identity(h.headings[c])
	}
	end(len(h.texts))
	for _, s := range list {
		if !slices.ContainsFunc(h.headings[s.from:min(s.to, len(h.headings))], u.identity) {
			return nil
		}
	}
	if len(list) < 2 {
		return nil
	}
	return list
}

// underGroups reports blocks of columns that stand under no groups, or each of them under one of its own, with nothing else beside them:
// the columns of a shareholder (控股股东: 企业名称, 代码) are no block.
func (u *understanding) underGroups(h *foundHeader, blocks []columnSpan, key func(int) string) bool {
	over := func(column int) string {
		var groups []string
		for _, text := range h.texts[column] {
			if text := headerKey(text); text != "" && text != key(column) {
				groups = append(groups, text)
			}
		}
		return strings.Join(groups, "/")
	}
	none, each := true, true
	for _, b := range blocks {
		group := ""
		for c := b.from; c < min(b.to, len(h.texts)); c++ {
			if key(c) == "" {
				continue
			}
			own := over(c)
			none = none && own == ""
			each = each && own != "" && (group == "" || own == group)
			group = own
		}
	}
	for c := blocks[len(blocks)-1].to; c < len(h.texts); c++ {
		each = each && key(c) == ""
	}
	return none || each
}

// titlesOf gives the rows above tables that stand side by side, as they are of one of them: of a row in which each has a text
// of its own only that.
func titlesOf(rows [][]string, blocks []columnSpan, own columnSpan) [][]string {
	out := slices.Clone(rows)
	for r, row := range rows {
		each := true
		for _, b := range blocks {
			each = each && b.from < len(row) && slices.ContainsFunc(row[b.from:min(b.to, len(row))], func(c string) bool { return strings.TrimSpace(c) != "" })
		}
		if each {
			out[r] = within(rows[r:r+1], own)[0]
		}
	}
	return out
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
	if f := u.formBelow(head); f != nil {
		return f, nil
	}
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
	var years map[int]int // by column, below a row of years
	for r, row := range head {
		if over := u.yearRow(row); over != nil {
			years = over
			continue
		}
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
			if a.Yearly && years != nil && f.addYears(row, c, next, years) {
				c = next - 1
				continue
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

// yearRow gives the years that stand above columns of a form's values, by column; nil for a row that is none of years.
func (u *understanding) yearRow(row []string) map[int]int {
	years := map[int]int{}
	others := 0
	for c, text := range row {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		if h := u.words.read(text); h.blank && h.year != 0 && h.unit == "" {
			years[c] = h.year
		} else if others++; h.attr != nil || others > 1 {
			return nil
		}
	}
	if len(years) < 2 {
		return nil
	}
	return years
}

// addYears adds the values of a name that stand below years, each under its year. It reports false when one does not.
func (f *formTable) addYears(row []string, name, end int, years map[int]int) bool {
	var labels, values []string
	for c := name + 1; c < end; c++ {
		if strings.TrimSpace(row[c]) == "" {
			continue
		}
		year := years[c]
		if year == 0 {
			return false
		}
		labels = append(labels, strconv.Itoa(year)+"年"+oneLine(row[name]))
		values = append(values, row[c])
	}
	f.labels, f.values = append(f.labels, labels...), append(f.values, values...)
	return len(labels) > 0
}

// formBelow reads a sheet as a form whose values stand below their names, a row of names and a row of values in turn; nil when it
// is none. Only one of the rows of names may name the subject: with two they are tables.
func (u *understanding) formBelow(head [][]string) *formTable {
	f := &formTable{}
	rows, subjects := 0, 0
	seen := map[*pack.Attribute]bool{}
	for r := 0; r < len(head); r++ {
		if filled(head[r]) == 0 {
			continue
		}
		if !u.namesOnly(head[r]) {
			if rows == 0 || filled(head[r]) == 1 { // a title, a note
				continue
			}
			return nil
		}
		if r+1 >= len(head) || filled(head[r+1]) == 0 || u.namesOnly(head[r+1]) {
			return nil
		}
		if rows++; rows == 1 {
			f.row, f.titles = r+1, head[:r]
		}
		subject := false
		for c, text := range head[r] {
			if text = oneLine(text); text == "" {
				continue
			}
			h := u.words.read(strings.TrimRight(text, "：:"))
			if h.attr != nil {
				if seen[h.attr] {
					return nil
				}
				seen[h.attr] = true
				subject = subject || u.identity(h)
			}
			value, many := valueBelow(head[r], head[r+1], c)
			f.labels, f.values = append(f.labels, text), append(f.values, value)
			if many {
				f.many = append(f.many, text)
			}
		}
		if subject {
			subjects++
		}
		r++
	}
	if rows < 2 || subjects != 1 {
		return nil
	}
	return f
}

// valueBelow gives the value below a name: of the columns up to the next name the only one that is filled. many says that there are
// several.
func valueBelow(names, values []string, column int) (value string, many bool) {
	for c := column; c < len(values) && (c == column || c >= len(names) || strings.TrimSpace(names[c]) == ""); c++ {
		switch text := strings.TrimSpace(values[c]); {
		case text == "" || text == strings.TrimSpace(value):
		case value == "":
			value = values[c]
		default:
			return "", true
		}
	}
	return value, false
}

// namesOnly reports a row of names: two and more attributes, at least half of what it says, and no value.
func (u *understanding) namesOnly(row []string) bool {
	known, all := 0, 0
	for _, text := range row {
		if text = oneLine(text); text == "" {
			continue
		}
		all++
		if isValue(text) {
			return false
		}
		if u.words.read(strings.TrimRight(text, "：:")).attr != nil {
			known++
		}
	}
	return known >= 2 && 2*known >= all
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
