package layout

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/cell"
)

// ErrNoHeader is the cause of the fault that Understand gives for a sheet without a header that it knows.
var ErrNoHeader = errors.New("registry: no header recognised")

// foundHeader is where the header of a sheet is and what each column's says.
type foundHeader struct {
	first, last int        // rows, from 0
	texts       [][]string // of each column its levels, from above
	headings    []heading
}

// text is the header of a column for people: all levels, the group before the column.
func (h *foundHeader) text(column int) string {
	if column >= len(h.texts) {
		return ""
	}
	var parts []string
	for _, t := range h.texts[column] {
		if t = oneLine(t); t != "" && (len(parts) == 0 || headerKey(parts[len(parts)-1]) != headerKey(t)) {
			parts = append(parts, t)
		}
	}
	return strings.Join(parts, " ")
}

// findHeader looks for the row, or the rows, that name the most columns. One of them must be the subject's code or name, or
// nobody could tell whom a row is about.
func (u *understanding) findHeader(head [][]string) (*foundHeader, error) {
	var best *foundHeader
	most := 0
	for r := range head {
		if filled(head[r]) == 0 || u.goesOn(head, r) {
			continue
		}
		if best != nil && r > best.last && u.attributes(best) > 1 && u.heads(best, head[best.last+1:r]) {
			break // what looks like a header further below heads a table of its own
		}
		if h, n := u.headerAt(head, r); n > most {
			best, most = h, n
		}
	}
	if best != nil {
		u.codeByCells(best, head)
	}
	if best != nil && u.identifies(best) {
		best.last += numbering(head, best.last+1)
		return best, nil
	}
	return nil, u.noHeader(head, best)
}

// attributes counts the columns that a header understands.
func (u *understanding) attributes(h *foundHeader) (n int) {
	for _, x := range h.headings {
		if x.attr != nil {
			n++
		}
	}
	return n
}

// heads reports whether rows below a header hold data of it: one names its subject and says something else. A line of names
// and values that stands above the true header (申报单位 … 联系人 …) has none.
func (u *understanding) heads(h *foundHeader, rows [][]string) bool {
	for i, x := range h.headings {
		if u.identity(x) && slices.ContainsFunc(rows, func(row []string) bool { return at(row, i) != "" && filled(row) > 1 }) {
			return true
		}
	}
	return false
}

// headerAt is the header that begins at a row, with what it is worth. Several levels must say more than the last ones of
// them do alone. Rows over which what names the subject is merged belong to one header.
func (u *understanding) headerAt(head [][]string, r int) (best *foundHeader, most int) {
	least := 1
	for r+least < len(head) && least < mostLevels && u.goesOn(head, r+least) {
		least++
	}
	if least == 1 {
		best = u.single(head[r], r)
		most = u.worth(best)
	}
	divided := least == 1 && u.divides(head, r, best)
	for n := max(2, least); n <= mostLevels; n++ {
		u.dividing = divided && n == 2
		h := u.levels(head, r, n)
		u.dividing = false
		if h == nil {
			break
		}
		worth, alone := u.worth(h), 0
		for k := 1; k < n; k++ {
			switch from := r + n - k; {
			case u.goesOn(head, from):
			case k == 1:
				alone = u.worth(u.single(head[from], from))
			default:
				if lower := u.levels(head, from, k); lower != nil {
					alone = max(alone, u.worth(lower))
				}
			}
		}
		if worth > most && worth > alone || n == 2 && divided {
			best, most = h, worth
		}
	}
	if best == nil {
		best = u.single(head[r], r)
		most = u.worth(best)
	}
	return best, most
}

// divides reports that the row below a header divides its columns (上年, 本年; 期初数, 期末数) and is no data: it names nobody and has
// no value, and the row below it names somebody.
func (u *understanding) divides(head [][]string, r int, upper *foundHeader) bool {
	if r+2 >= len(head) || filled(head[r+1]) < 2 {
		return false
	}
	below := false
	for c, text := range head[r+1] {
		if text = oneLine(text); text == "" || cell.Blank([]byte(text)) {
			continue
		}
		x := heading{}
		if c < len(upper.headings) {
			x = upper.headings[c]
		}
		if u.identity(x) || isValue(text) || len(text) > longestPart || strings.Trim(text, "0123456789.,-+() ") == "" {
			return false
		}
		below = below || x.attr != nil
	}
	for c, x := range upper.headings {
		if below && u.identity(x) && at(head[r+2], c) != "" {
			return true
		}
	}
	return false
}

// longestPart is how many bytes the name of a part of a column has at most.
const longestPart = 30

// goesOn reports that a row repeats a header of the row above in the same place, as merged cells do: the row is no header of
// its own.
func (u *understanding) goesOn(head [][]string, r int) bool {
	if r == 0 || slices.Equal(head[r-1], head[r]) {
		return false
	}
	for i, text := range head[r] {
		if text != "" && i < len(head[r-1]) && head[r-1][i] == text && u.identity(u.words.read(text)) {
			return true
		}
	}
	return false
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

func (u *understanding) single(row []string, r int) *foundHeader {
	h := &foundHeader{first: r, last: r, texts: make([][]string, len(row))}
	for i := range row {
		h.texts[i] = row[i : i+1 : i+1]
		h.headings = append(h.headings, u.heading(h.text(i), u.words.read(row[i])))
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
		if h.attr == nil && (alone && !h.blank || markedUnit(c)) {
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

// codeByCells makes the one column whose cells are credit codes the code, whatever its header says, where no header says it.
func (u *understanding) codeByCells(h *foundHeader, head [][]string) {
	code := u.reg.Code()
	if code == nil || u.reg.Scheme() != pack.USCC {
		return
	}
	found := -1
	for i := range h.headings {
		x := &h.headings[i]
		if x.attr == code {
			return
		}
		if x.other || x.how != "" && x.attr == nil || x.attr != nil && (x.attr.Kind != pack.Code || x.attr.Codes != "" || x.how == byMap || x.how == byMemory) || !codesIn(head[h.last+1:], i) {
			continue
		}
		if found >= 0 { // whose of the two nobody knows
			return
		}
		found = i
	}
	if found >= 0 {
		h.headings[found].meaning = meaning{code, byCells}
	}
}

// codesIn reports a column of which nearly all cells are credit codes whose check character holds.
func codesIn(rows [][]string, column int) bool {
	all, good := 0, 0
	for _, row := range rows {
		if column >= len(row) || cell.Blank([]byte(row[column])) {
			continue
		}
		all++
		if _, state := cell.USCC([]byte(row[column]), nil); state == cell.GoodCode {
			good++
		}
	}
	return good > 0 && good*10 >= all*8
}

func (u *understanding) identifies(h *foundHeader) bool {
	for _, x := range h.headings {
		if u.identity(x) {
			return true
		}
	}
	return false
}

// worth counts how much a header says: columns first, then years and units.
func (u *understanding) worth(h *foundHeader) int {
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
func (u *understanding) noHeader(head [][]string, best *foundHeader) error {
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
		seen := Cut(strings.Join(known, "、"), 120)
		return fault.New(fault.Invalid,
			fmt.Sprintf("%s第 %d 行像是表头（认得：%s），但没有%s这一列。请补上，或指明哪一列是它。",
				where, best.last+1, seen, one.ZH),
			fmt.Sprintf("Row %d of %s looks like the header (known: %s), but no column is %s. Add one, or say which column it is.",
				best.last+1, whereEN, seen, one.EN)).Wrap(ErrNoHeader)
	}
	seen, row := "", 0
	for r, line := range head {
		if n := filled(line); n > 0 && (seen == "" || n > 1) {
			var cells []string
			for _, c := range line {
				if c = oneLine(c); c != "" {
					cells = append(cells, Cut(c, 40))
				}
			}
			seen, row = Cut(strings.Join(cells, "、"), 120), r+1
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
		fmt.Sprintf("在%s里没有认出表头。第 %d 行写着：%s。表头里要有%s，或指明哪一列是它。",
			where, row, seen, one.ZH),
		fmt.Sprintf("No header was recognised in %s. Row %d says: %s. The header must have %s (%s), or say which column it is.",
			whereEN, row, seen, words, ids)).Wrap(ErrNoHeader)
}
