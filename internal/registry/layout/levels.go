package layout

import (
	"slices"
	"strings"

	"eyas/internal/registry/cell"
	"eyas/internal/registry/table"
)

// mostLevels is how many rows a header has at most.
const mostLevels = 4

// levels reads n rows from row r on as one header of so many levels; nil when the first is a title, or one of the others is
// data. A group reaches as far as its merged area; where nothing is merged, as far as it is blank to its right.
func (u *understanding) levels(head [][]string, r, n int) *foundHeader {
	if r+n > len(head) || u.isTitle(head[r]) {
		return nil
	}
	rows := make([][]string, n)
	width := 0
	for k := range rows {
		rows[k] = head[r+k]
		if filled(rows[k]) == 0 {
			return nil
		}
		width = max(width, len(rows[k]))
	}
	merged := u.mergedWithin(r, n)
	texts := make([][]string, width) // of each column, from above
	for i := range texts {
		texts[i] = make([]string, n)
	}
	for k, row := range rows {
		group := -1 // the column whose text reaches to the right
		for i := range width {
			own := at(row, i)
			if cell.Blank([]byte(own)) { // —
				own = ""
			}
			switch {
			case own != "":
				group = i
				texts[i][k] = own
			case len(merged) > 0:
				texts[i][k] = at(row, spanned(merged, r+k, i))
			case group >= 0 && k+1 < n && anyText(rows[k+1:], i) && (k == 0 || sameGroup(texts, i, group, k)):
				texts[i][k] = at(row, group)
			}
		}
	}
	h := &foundHeader{first: r, last: r + n - 1, texts: texts}
	for i := range texts {
		if u.holdsData(texts, i, rows) {
			return nil
		}
		h.headings = append(h.headings, u.heading(h.text(i), u.words.stack(texts[i])))
	}
	return h
}

func anyText(rows [][]string, column int) bool {
	return slices.ContainsFunc(rows, func(row []string) bool { return at(row, column) != "" })
}

// sameGroup reports that two columns have the same texts above level k.
func sameGroup(texts [][]string, a, b, k int) bool {
	return slices.Equal(texts[a][:k], texts[b][:k])
}

// mergedWithin gives the areas of several columns that begin in n rows from row r (from 0) on.
func (u *understanding) mergedWithin(r, n int) (list []table.Area) {
	for _, a := range u.merged {
		if a.FirstRow > r && a.FirstRow <= r+n && a.LastColumn > a.FirstColumn {
			list = append(list, a)
		}
	}
	return list
}

// spanned gives the column (from 0) whose text is shown at a place of merged cells; −1 for none.
func spanned(merged []table.Area, row, column int) int {
	for _, a := range merged {
		if row+1 >= a.FirstRow && row+1 <= a.LastRow && column+1 >= a.FirstColumn && column+1 <= a.LastColumn {
			return a.FirstColumn - 1
		}
	}
	return -1
}

// holdsData reports that a lower level of a column is data and no header: a number, a date or a code; or, below what is an
// attribute of its own and no group, a text that is none, no year and no unit.
func (u *understanding) holdsData(texts [][]string, column int, rows [][]string) bool {
	column0 := texts[column]
	top := u.words.read(column0[0])
	alone := top.attr != nil && !(column+1 < len(texts) && texts[column+1][0] == column0[0] && at(rows[0], column+1) == "")
	for k := 1; k < len(column0); k++ {
		text := column0[k]
		if text == "" || headerKey(text) == headerKey(column0[k-1]) {
			continue
		}
		if isValue(text) {
			return true
		}
		h := u.words.read(text)
		if !u.dividing && (alone || u.identity(top)) && h.attr == nil && !h.blank && !u.words.neutral(h.rest) && u.words.stack(column0[:k+1]).attr == nil {
			return true
		}
	}
	return false
}

// isValue reports a text that no header is: an amount or a count, a day, a credit code.
func isValue(text string) bool {
	b := []byte(text)
	if cell.Blank(b) {
		return false
	}
	if _, bad := cell.Date(b); bad == nil {
		return len(text) != 8 || yearCell(b[:4]) != 0
	}
	if _, state := cell.USCC(b, nil); state != cell.NoCode {
		return true
	}
	if _, bad := cell.Decimal(b, cell.Unit{}); bad == nil {
		return yearCell(b) == 0 && len(strings.Trim(text, "0123456789")) > 0 || len(text) > 4
	}
	return false
}

// stack understands the levels of one column, from above.
func (v *vocabulary) stack(texts []string) heading {
	h, over, begun := heading{blank: true}, "", false
	for _, text := range texts {
		if headerKey(text) == "" || begun && headerKey(text) == headerKey(over) {
			continue
		}
		l := v.read(text)
		if begun {
			l = v.under(h, over, l)
		} else if p := v.periodOf(text); p.part && l.attr == nil {
			l.part = true
		}
		h, over, begun = l, text, true
	}
	if !begun && len(texts) > 0 {
		return v.read(texts[0])
	}
	return h
}

// under is a header l below what stands over it, u. The upper one may be the attribute and the lower one its year or unit; or the
// upper one a group: of a year, in a unit, or of a kind that changes nothing (财务情况). Any other group makes of a known
// header another thing: 上年同期, 主要产品, 其中：境外子公司.
func (v *vocabulary) under(u heading, over string, l heading) heading {
	h := l
	switch {
	case l.blank: // a year or a unit below an attribute
		h.meaning, h.rest, h.blank, h.other = u.meaning, u.rest, u.blank, u.other
	case u.blank:
	default:
		joined := false
		for _, text := range []string{u.rest + l.rest, l.rest + u.rest} {
			if m, ok := v.find(text); ok && u.rest != "" && l.rest != "" {
				h.meaning, joined = m, true
				break
			}
		}
		switch {
		case joined:
		case u.other:
			h.meaning, h.other = meaning{}, true
		case u.attr != nil && l.attr == nil && v.neutral(l.rest): // 合计, 本年 below an attribute
			h.meaning = u.meaning
		case u.attr == nil && (v.neutral(u.rest) || u.part):
		case l.attr != nil || u.attr != nil:
			h.meaning, h.other = meaning{}, true
		case l.attr == nil:
			h.other = u.other
		}
	}
	if h.year == 0 && !h.many {
		if h.year, h.many = u.year, u.many; !u.blank && u.attr == nil && len(yearsIn(cell.NameKey(over))) > 0 {
			h.year = v.periodOf(over).year // a group such as 2020年财务情况, but no document's number or date
		}
	}
	if h.unit == "" {
		h.unit = u.unit
	}
	h.part = h.part || u.part
	if !h.part && h.attr == nil && v.periodOf(over).part {
		h.part = true
	}
	return h
}

// neutral reports a heading that is made up of words that change nothing: 主要经济指标, 企业基本信息, 近三年财务情况.
func (v *vocabulary) neutral(rest string) bool {
	if rest == "" {
		return true
	}
	if len(rest) > 3*24 {
		return false
	}
	rest = cutNumbering(rest)
	if hasAnyPrefix(rest, "申报", "填报", "上报", "统计") && lastRune(rest) != '息' && strings.ContainsRune("数值额", lastRune(rest)) {
		return false // 申报数 stands beside 核定数
	}
	reach := make([]bool, len(rest)+1)
	reach[0] = true
	for at := range len(rest) {
		if !reach[at] {
			continue
		}
		for _, word := range v.own.Neutral {
			if strings.HasPrefix(rest[at:], word) {
				reach[at+len(word)] = true
			}
		}
	}
	return reach[len(rest)]
}
