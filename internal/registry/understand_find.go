package registry

import (
	"errors"
	"fmt"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/cell"
)

// ErrNoHeader is the cause of the fault that Understand gives for a sheet without a header that it knows.
var ErrNoHeader = errors.New("registry: no header recognised")

// header is where the header of a sheet is and what each column's says.
type header struct {
	first, last int // rows, from 0
	upper       []string
	lower       []string // nil for one level
	headings    []heading
}

// text is the header of a column for people: both levels, the group before the column.
func (h *header) text(column int) string {
	if column >= len(h.upper) {
		return ""
	}
	u := oneLine(h.upper[column])
	if h.lower == nil {
		return u
	}
	l := oneLine(h.lower[column])
	switch {
	case l == "" || headerKey(u) == headerKey(l):
		return u
	case u == "":
		return l
	}
	return u + " " + l
}

// oneLine is a header without the line breaks inside it.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// findHeader looks for the row, or the two rows, that name the most columns. One of them must be the subject's code
// or name, or nobody could tell whom a row is about.
func (u *understanding) findHeader(head [][]string) (*header, error) {
	var best *header
	most := 0
	for r, row := range head {
		if filled(row) == 0 {
			continue
		}
		single := u.single(row, r)
		if n := u.worth(single); n > most {
			best, most = single, n
		}
		if r+1 < len(head) {
			if pair := u.pair(row, head[r+1], r); pair != nil {
				if n := u.worth(pair); n > most {
					// Two levels must say more than either row does alone.
					if alone := u.worth(u.single(head[r+1], r+1)); n > alone {
						best, most = pair, n
					}
				}
			}
		}
	}
	if best != nil && u.identifies(best) {
		best.last += numbering(head, best.last+1)
		return best, nil
	}
	return nil, u.noHeader(head, best)
}

func filled(row []string) int {
	n := 0
	for _, c := range row {
		if strings.TrimSpace(c) != "" {
			n++
		}
	}
	return n
}

func (u *understanding) single(row []string, r int) *header {
	h := &header{first: r, last: r, upper: row}
	for i := range row {
		h.headings = append(h.headings, u.heading(h.text(i), u.words.read(row[i])))
	}
	return h
}

// pair reads two rows as one header; nil when the upper one is a title, or the lower one is data: something stands
// below the name or the code of the subject that is no header itself.
func (u *understanding) pair(upper, lower []string, r int) *header {
	if filled(lower) == 0 || u.isTitle(upper) {
		return nil
	}
	width := max(len(upper), len(lower))
	h := &header{first: r, last: r + 1, upper: make([]string, width), lower: make([]string, width)}
	copy(h.upper, upper)
	copy(h.lower, lower)
	group := ""
	for i := range width {
		if strings.TrimSpace(h.upper[i]) != "" {
			group = h.upper[i]
			if m := u.words.read(group); u.identity(m) && strings.TrimSpace(h.lower[i]) != "" &&
				headerKey(h.lower[i]) != headerKey(group) && u.words.read(h.lower[i]).attr == nil {
				return nil
			}
		} else if strings.TrimSpace(h.lower[i]) != "" {
			h.upper[i] = group // a merged group, or one written once
		}
		h.headings = append(h.headings, u.heading(h.text(i), u.words.under(h.upper[i], h.lower[i])))
	}
	return h
}

// isTitle reports a row above a header that is not its upper level: one text that is neither a year nor an
// attribute, or one that has the unit of the whole table.
func (u *understanding) isTitle(row []string) bool {
	alone := filled(row) == 1
	for _, c := range row {
		if strings.TrimSpace(c) == "" {
			continue
		}
		h := u.words.read(c)
		if h.attr == nil && (alone && !h.blank || titleUnit(c) != "") {
			return true
		}
	}
	return false
}

// heading lets what people said about a header come before what it says.
func (u *understanding) heading(text string, h heading) heading {
	key := headerKey(text)
	if key == "" {
		return h
	}
	if t, ok := u.mapped[key]; ok {
		return t.apply(h, byMap)
	}
	if t, ok := u.remembered[key]; ok {
		return t.apply(h, byMemory)
	}
	return h
}

func (u *understanding) identity(h heading) bool {
	return h.attr != nil && (h.attr.ID == u.reg.CodeAttr || h.attr.ID == u.reg.NameAttr)
}

func (u *understanding) identifies(h *header) bool {
	for _, x := range h.headings {
		if u.identity(x) {
			return true
		}
	}
	return false
}

// worth counts how much a header says: columns first, then years and units.
func (u *understanding) worth(h *header) int {
	n := 0
	seen := map[string]bool{}
	for i, x := range h.headings {
		switch {
		case x.attr != nil:
			key := fmt.Sprint(x.attr.ID, x.year)
			if seen[key] {
				n++ // the same again: little
				continue
			}
			seen[key] = true
			n += 100
			if x.attr.Yearly && x.year != 0 {
				n += 10
			}
			if x.attr.Kind.Numeric() && x.unit != "" {
				n += 10
			}
		case yearHeaders[headerKey(h.text(i))]:
			n += 50
		}
		if u.identity(x) {
			n += 200
		}
	}
	return n
}

// numbering is 1 when row r only numbers the columns (甲 乙 1 2 3), as statistical forms do.
func numbering(head [][]string, r int) int {
	if r >= len(head) || filled(head[r]) < 2 {
		return 0
	}
	next, letters := 1, 0
	for _, c := range head[r] {
		switch key := headerKey(c); key {
		case "":
			if strings.TrimSpace(c) != "" { // too long for a header, or marks only: data
				return 0
			}
		case "甲", "乙", "丙", "丁", "栏次", "行次", "序号":
			letters++
		case fmt.Sprint(next):
			next++
		default:
			return 0
		}
	}
	// A short run may be data: a firm called 甲 with one patent.
	if next-1+min(letters, 2) < 4 {
		return 0
	}
	return 1
}

// noHeader says what was seen instead of a header.
func (u *understanding) noHeader(head [][]string, best *header) error {
	where := "“" + u.file + "”"
	whereEN := where
	if u.layout.Sheet != "" {
		where += "的工作表“" + u.layout.Sheet + "”"
		whereEN = "sheet “" + u.layout.Sheet + "” of " + whereEN
	}
	name := u.reg.Title()
	one := pack.Text{ZH: "“" + name.Name.ZH + "”", EN: "the " + name.Name.EN} // what a header must have one of
	words, ids := name.Name.ZH, name.ID
	if code := u.reg.Code(); code != nil {
		one = pack.Text{ZH: "“" + code.Name.ZH + "”或" + one.ZH, EN: "the " + code.Name.EN + " or " + one.EN}
		words, ids = code.Name.ZH+" or "+words, code.ID+" or "+ids
	}
	if best != nil {
		var known []string
		for i, h := range best.headings {
			if h.attr != nil {
				known = append(known, best.text(i))
			}
		}
		seen := cut(strings.Join(known, "、"), 120)
		return fault.New(fault.Invalid,
			fmt.Sprintf("%s第 %d 行像是表头（认得：%s），但没有%s这一列。请补上，或用 --map '表头=%s' 指明哪一列是它。",
				where, best.last+1, seen, one.ZH, name.ID),
			fmt.Sprintf("Row %d of %s looks like the header (known: %s), but no column is %s. Add one, or say which column it is with --map 'header=%s'.",
				best.last+1, whereEN, seen, one.EN, name.ID)).Wrap(ErrNoHeader)
	}
	seen, row := "", 0
	for r, line := range head {
		if n := filled(line); n > 0 && (seen == "" || n > 1) {
			var cells []string
			for _, c := range line {
				if c = oneLine(c); c != "" {
					cells = append(cells, cut(c, 40))
				}
			}
			seen, row = cut(strings.Join(cells, "、"), 120), r+1
			if n > 1 {
				break
			}
		}
	}
	if seen == "" {
		return fault.New(fault.Invalid, where+fmt.Sprintf("的前 %d 行是空的，没有表头。请删去空行后再导入。", len(head)),
			fmt.Sprintf("The first %d rows of %s are empty and there is no header. Delete the empty rows and import it again.", len(head), whereEN)).Wrap(ErrNoHeader)
	}
	return fault.New(fault.Invalid,
		fmt.Sprintf("在%s里没有认出表头。第 %d 行写着：%s。表头里要有%s，或用 --map '表头=%s' 指明。",
			where, row, seen, one.ZH, name.ID),
		fmt.Sprintf("No header was recognised in %s. Row %d says: %s. The header must have %s (%s), or say which column it is with --map 'header=%s'.",
			whereEN, row, seen, words, ids, name.ID)).Wrap(ErrNoHeader)
}

// cut shortens text to n characters.
func cut(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i] + "…"
		}
		n--
	}
	return s
}

// titleUnit finds the unit that a row above the header gives for the whole table: 单位：万元.
func titleUnit(text string) string {
	key := cell.NameKey(text)
	for {
		at := strings.Index(key, "单位")
		if at < 0 {
			return ""
		}
		key = strings.TrimLeft(key[at+len("单位"):], ":")
		end := strings.IndexFunc(key, func(r rune) bool { return strings.ContainsRune("(),;、:/。", r) })
		if end < 0 {
			end = len(key)
		}
		if u, ok := cell.ParseUnit(key[:end]); ok {
			return u.Label
		}
	}
}
