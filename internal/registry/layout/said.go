package layout

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"eyas/internal/pack"
	"eyas/internal/registry/cell"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/table"
	"eyas/internal/vault"
)

// given is a cell as a person sees it, without white space around it; nil when it says nothing.
func given(c []byte) []byte {
	if cell.LackOf(c) != cell.Given {
		return nil
	}
	return cell.Clean(c)
}

// unwrap takes the wrappings of spreadsheets and web pages off the first rows of a sheet, so that headers are known.
func unwrap(head [][]string) {
	for _, row := range head {
		for i, c := range row {
			if c != "" {
				row[i] = string(cell.Unwrap([]byte(c)))
			}
		}
	}
}

// nameOf is the cell that names the row's subject: of an organisation the name alone, without its number in a list. What
// is too long to be a name is refused and names nobody, and so are two names and 同上.
func (l *Layout) nameOf(r *columnReader, row int, cells [][]byte, out *Reading) []byte {
	c := cells[r.column]
	lack := cell.LackOf(c)
	bad := lack.Bad(false)
	var name []byte
	if lack == cell.Given {
		if name = cell.Clean(c); vault.Holds(name) || vault.IsSealed(name) { // names stand in indexes and lists; the cell keeps the number, sealed
			if name = cell.Clean([]byte(vault.Without(string(name), ""))); len(name) == 0 {
				return nil
			}
		}
		if bad = overlong(name, r.longest); bad == nil && !l.bound.plain {
			if name, bad = cell.Title(name, l.bound.words.States); cell.Nameless(bad) {
				return nil // see nameless
			}
		}
	}
	if bad != nil {
		out.Refusals = append(out.Refusals, l.issue(row, r.header, c, bad))
		return nil
	}
	return name
}

// nameless says of a row without a usable code that its name is none: a word for nothing, digits only. A row whose name is
// blank may be a note or a total; one with such a word is a subject's that nobody named.
func (l *Layout) nameless(row int, cells [][]byte, out *Reading) {
	b := &l.bound
	if b.name < 0 || b.name >= len(cells) {
		return
	}
	c := cells[b.name]
	if lack := cell.LackOf(c); lack == cell.Empty {
		return
	}
	out.Refusals = append(out.Refusals, l.issue(row, b.nameText, c, cell.NoTitle()))
}

// text reads a filled cell of words: a text, a list or a code.
func (l *Layout) text(r *columnReader, f fact.Fact, row int, c []byte, out *Reading) *cell.Bad {
	c = cell.Trim(c)
	if bad := overlong(c, r.longest); bad != nil {
		return bad
	}
	if r.codes != nil {
		if f.Value.Str = r.codes.find(c); f.Value.Str != "" {
			out.Facts = append(out.Facts, f)
			return nil
		}
	}
	if r.attr.Strict { // the row is refused
		return nil
	}
	if lack := cell.LackOf(c); lack != cell.Given {
		return lack.Bad(false)
	}
	plain := cell.Clean(c)
	if len(plain) != len(c) { // a wrapped word for nothing: '/ or ="-"
		if lack := cell.LackOf(plain); lack != cell.Given {
			return lack.Bad(false)
		}
	}
	if c = plain; r.deniedBy(c) || l.saysNothing(c) {
		return nil
	}
	least := wholeCode
	if r.kind != readCode {
		least = wholeText
	}
	var bad *cell.Bad
	if r.attr.YearText {
		if c, bad = yearText(c); bad != nil {
			return bad
		}
	}
	if r.kind != readList {
		if c, bad = cell.Digits(c, least); bad != nil {
			return bad
		}
	}
	switch {
	case r.kind == readList:
		c = []byte(cell.List(string(c)))
	case r.codes != nil:
		if f.Value.Str = r.codes.find(c); f.Value.Str != "" {
			out.Facts = append(out.Facts, f)
			return nil
		}
		l.unlisted(r, row, c, out)
	}
	out.addText(f, c)
	return nil
}

// How many digits a number has at least from which .0 is taken off: a text may be a version.
const (
	wholeCode = 1
	wholeText = 6
)

// saysNothing reports a word of the field for nothing: 未上市, 办理中.
func (l *Layout) saysNothing(c []byte) bool {
	return len(c) <= longestNothing && len(c) > 0 && c[0] >= 0x80 && l.bound.words.Nothing[string(c)]
}

// longestNothing is how many bytes such a word has at most.
const longestNothing = 30

// deniedBy reports a text that says that there is none of what its column asks for: 无曾用名, 没有联系人.
func (r *columnReader) deniedBy(c []byte) bool {
	if len(c) == 0 || c[0] != 0xE6 && c[0] != 0xE5 { // 无 暂 没 尚
		return false
	}
	for _, word := range []string{"暂无", "尚无", "没有", "无"} {
		if rest, ok := bytes.CutPrefix(c, []byte(word)); ok {
			return string(rest) == r.attr.Name.ZH || string(rest) == r.header || slices.Contains(r.attr.Aliases, string(rest))
		}
	}
	return false
}

// lacking is why a cell that could not be read is refused: as its kind says, or because it is a word for nothing. nil
// says that it counts as blank: what a program writes for no value does everywhere, what a person writes for no date does
// under a date. A person's word under a figure or a question of yes or no may be meant as an answer.
func (r *columnReader) lacking(c []byte, bad *cell.Bad) *cell.Bad {
	if bad == cell.NoDay {
		return nil
	}
	lack := cell.LackOf(cell.Clean(c))
	number := r.kind == readInteger || r.kind == readMoney || r.kind == readDecimal
	if why := lack.Bad(number); why != nil {
		return why
	}
	if lack == cell.Empty || lack == cell.Null || r.kind == readDate && (lack == cell.Unknown || lack == cell.Without) {
		return nil
	}
	return bad
}

// day reads a date as its attribute takes it.
func (r *columnReader) day(c []byte) (int64, *cell.Bad) {
	switch {
	case r.attr.Monthly:
		return cell.Month(c)
	case r.until:
		return cell.Until(c)
	}
	return cell.Date(c)
}

// lastDay reports a date that ends a period, for which 23:59:59 is the end of its day.
func lastDay(a *pack.Attribute) bool {
	return a.Kind == pack.Date && (strings.HasSuffix(a.ID, "_until") || strings.HasSuffix(a.ID, "until") || strings.ContainsAny(a.Name.ZH, "至止") || strings.Contains(a.Name.ZH, "到期"))
}

// signedWords are in the names of figures that may be below zero: what is left over, differences, rates.
var signedWords = []string{"利润", "净", "权益", "收益", "损", "亏", "盈", "余", "差", "增", "减", "变", "率", "流量", "现金流", "收支", "税"}

// unsigned reports a figure that cannot be below zero: a count, or a sum of money that is no difference.
func unsigned(a *pack.Attribute) bool {
	switch a.Kind {
	case pack.Integer, pack.Money:
	case pack.Decimal:
		if a.Unit == "" {
			return false
		}
	default:
		return false
	}
	if a.Range != nil {
		return false
	}
	for _, w := range signedWords {
		if strings.Contains(a.Name.ZH, w) {
			return false
		}
	}
	return true
}

// moved looks again at a row of a CSV file that has more filled fields than the header, or fewer than the other rows: a delimiter in a cell without
// quotes, or a lost one, puts the values behind it under wrong headers. What stands up to the subject's code is sure; the
// rest is not taken, and not kept either, so that the record reads the same at any time. A row of which not even the
// subject is sure is refused. It gives the cells to keep.
func (l *Layout) moved(from table.Row, out *Reading) [][]byte {
	b := &l.bound
	cells := from.Cells
	width := l.fields
	if out.Skip || out.Refuse != nil || width == 0 {
		return cells
	}
	more := len(cells) > width && filledBeyond(cells, width)
	if !more && !(from.Moved && len(cells) < min(width, b.width)) {
		return cells
	}
	kept := 0
	switch {
	case b.code >= 0 && b.code < len(cells) && len(out.Code) > 0:
		kept = b.code + 1
	case b.name >= 0 && b.name < len(cells) && cell.Organisation(cell.Clean(cells[b.name])):
		kept = b.name + 1
	}
	zh := fmt.Sprintf("这一行有 %d 列，表头有 %d 列：可能有一格里的分隔符没有加引号，或者少了分隔符，后面的值会错位，", len(cells), width)
	en := fmt.Sprintf("This row has %d columns and the header %d: a delimiter inside a cell may lack its quotes, or one was lost, and the values behind it have moved; ", len(cells), width)
	value := Cut(string(bytes.Join(cells, []byte(","))), 120)
	if kept == 0 {
		text := pack.Text{ZH: zh + "不知道说的是谁，没有采用。请更正后重新导入这一行。", EN: en + "whom it is about is not sure, and it is not used. Correct it and import the row again."}
		out.reset()
		out.Refuse = &Issue{Scope: "row", Sheet: l.Sheet, Row: from.Number, Column: b.codeHeader, Value: value, Reason: text.ZH, Text: text}
		return cells
	}
	given := len(cells)
	cells = cells[:kept:kept]
	l.Convert(from.Number, cells, out)
	text := pack.Text{ZH: zh + "没有采用。请更正后重新导入这一行。", EN: en + "they are not used. Correct it and import the row again."}
	column := unnamed(width + 1)
	if !more {
		column = l.Header(given)
	}
	out.Warnings = append(out.Warnings, Issue{Scope: "row", Sheet: l.Sheet, Row: from.Number, Column: column, Value: value, Reason: text.ZH, Text: text})
	return cells
}

// filledBeyond reports a filled cell behind the columns that the header names.
func filledBeyond(cells [][]byte, width int) bool {
	for _, c := range cells[min(width, len(cells)):] {
		if len(given(c)) > 0 {
			return true
		}
	}
	return false
}
