package sheet

import (
	"bytes"
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"eyas/internal/fault"
)

const (
	// maxText is how many UTF-16 units a cell holds.
	maxText = 32767
	// longPart is how much of a longer text stays in its cell, and in each row of the sheet of long texts.
	longPart = 32000
	// maxLong bounds the text, in bytes, that is kept for the sheet of long texts.
	maxLong = 32 << 20
	// exactDigits is how many digits of a number a spreadsheet keeps.
	exactDigits = 15
)

// cell appends one cell to the row. Where style is styleNone, numbers and times have the style of their kind.
func (b *Book) cell(c any, style int) error {
	switch c := c.(type) {
	case nil:
	case string:
		return b.text(c, style)
	case int:
		b.decimal(Decimal{N: int64(c)}, style)
	case int64:
		b.decimal(Decimal{N: c}, style)
	case Plain:
		b.digits = strconv.AppendInt(b.digits[:0], int64(c), 10)
		b.number(b.digits, styleNone)
	case Decimal:
		b.decimal(c, style)
	case float64:
		return b.float(c, style, styleNumber)
	case Share:
		return b.float(float64(c), style, stylePercent)
	case bool:
		return b.text(b.yes(c), style)
	case Date:
		b.time(time.Time(c), time.DateOnly, false, styleDate)
	case Minute:
		b.time(time.Time(c), "2006-01-02 15:04", true, styleMinute)
	case Doubt:
		return b.doubt(c)
	default:
		return fmt.Errorf("sheet: a cell cannot hold a %T", c)
	}
	return nil
}

// yes writes a yes or a no.
func (b *Book) yes(c bool) string { return yes(c, b.lang) }

// start appends the beginning of a cell. kind is the type of its value; empty for a number.
func (b *Book) start(style int, kind string) {
	b.row = append(b.row, `<c r="`...)
	b.row = appendColumn(b.row, b.col)
	b.row = strconv.AppendInt(b.row, int64(b.at), 10)
	if style != styleNone {
		b.row = append(b.row, `" s="`...)
		b.row = strconv.AppendInt(b.row, int64(style), 10)
	}
	if kind != "" {
		b.row = append(b.row, `" t="`...)
		b.row = append(b.row, kind...)
	}
	b.row = append(b.row, `">`...)
}

// decimal appends an exact number, shown with the digits that it has.
func (b *Book) decimal(d Decimal, style int) {
	b.digits = d.appendTo(b.digits[:0])
	n := b.digits
	if digits(n) > exactDigits {
		b.plain(string(n), style)
		return
	}
	if style == styleNone {
		style = styleNumber + min(max(fraction(n), d.Shown), mostDecimals)
	}
	b.number(n, style)
}

// float appends a number; base is the first style of its kind.
func (b *Book) float(v float64, style, base int) error {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return fmt.Errorf("sheet: %v is no number that a cell can hold", v)
	}
	if style == styleNone {
		style = base + b.places(v, base)
	}
	b.digits = strconv.AppendFloat(b.digits[:0], v, 'g', -1, 64)
	b.number(b.digits, style)
	return nil
}

// places is how many digits after the point a number is shown with. The noise of binary fractions is rounded off: 0.1 + 0.2.
func (b *Book) places(v float64, base int) int {
	most := mostDecimals
	if base == stylePercent {
		v, most = v*100, 4
	}
	if v == math.Trunc(v) {
		return 0
	}
	b.digits = strconv.AppendFloat(b.digits[:0], v, 'f', -1, 64)
	if n := fraction(b.digits); n <= most {
		return n
	}
	b.digits = strconv.AppendFloat(b.digits[:0], v, 'f', most, 64)
	return fraction(bytes.TrimRight(b.digits, "0"))
}

// number appends a number as it is written in the file.
func (b *Book) number(n []byte, style int) {
	b.wide(len(n) + len(n)/3)
	b.start(style, "")
	b.row = append(b.row, `<v>`...)
	b.row = append(b.row, n...)
	b.row = append(b.row, `</v></c>`...)
}

// fraction counts the digits after the point.
func fraction(n []byte) int {
	if at := bytes.IndexByte(n, '.'); at >= 0 {
		return len(n) - at - 1
	}
	return 0
}

// appendTo writes the number without zeros at its end.
func (d Decimal) appendTo(p []byte) []byte {
	n, scale := d.N, d.Digits
	for scale > 0 && n%10 == 0 {
		n, scale = n/10, scale-1
	}
	if n < 0 {
		p = append(p, '-')
	}
	u := uint64(n)
	if n < 0 {
		u = -u
	}
	text := strconv.FormatUint(u, 10)
	for len(text) <= scale {
		text = "0" + text
	}
	p = append(p, text[:len(text)-scale]...)
	if scale > 0 {
		p = append(append(p, '.'), text[len(text)-scale:]...)
	}
	return p
}

// digits counts the significant digits of a number as text.
func digits(text []byte) int {
	n, begun, zeros := 0, false, 0
	for _, c := range text {
		if c < '0' || c > '9' || c == '0' && !begun {
			continue
		}
		begun = true
		n++
		if zeros++; c != '0' {
			zeros = 0
		}
	}
	if bytes.IndexByte(text, '.') < 0 {
		n -= zeros // 1200 has two
	}
	return n
}

// Spreadsheets count days from this one on; they take 1900 for a leap year, so that days before March 1900 differ.
var (
	dayZero  = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	firstDay = time.Date(1900, 3, 1, 0, 0, 0, 0, time.UTC)
)

// time appends a day, or a time to the minute, as its clock shows it.
func (b *Book) time(t time.Time, layout string, clock bool, style int) {
	y, m, d := t.Date()
	day := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	if day.Before(firstDay) || y > 9999 {
		b.plain(t.Format(layout), styleNone)
		return
	}
	b.wide(len(layout))
	serial := float64((day.Unix() - dayZero.Unix()) / 86400)
	if clock {
		serial += float64(t.Hour()*60+t.Minute()) / (24 * 60)
	}
	b.start(style, "")
	b.row = append(b.row, `<v>`...)
	b.row = strconv.AppendFloat(b.row, serial, 'f', -1, 64)
	b.row = append(b.row, `</v></c>`...)
}

// text appends a text; what is too long for a cell goes on in the sheet of long texts.
func (b *Book) text(s string, style int) error {
	if s == "" {
		return nil
	}
	if len(s) <= maxText || units(s) <= maxText {
		b.plain(s, style)
		return nil
	}
	if b.longest += len(s); b.longest > maxLong {
		return fault.New(fault.Invalid, "这份导出里过长的文字太多（单元格最多 32,767 个字），不能导出。请筛选后分批导出。",
			"Too many texts of this export are longer than a cell holds (32,767 characters). Filter the list and export it in parts.")
	}
	where := string(appendColumn(nil, b.col)) + strconv.Itoa(b.at)
	b.long = append(b.long, long{sheet: b.names[len(b.names)-1], cell: where, text: s})
	b.plain(cut(s, longPart)+b.say("…（文字过长，全文见最后的工作表“长文字”）", "… (too long for a cell; the whole text is in the last sheet, Long texts)"), style)
	return nil
}

// long is a text that is longer than a cell holds.
type long struct{ sheet, cell, text string }

// longTexts writes the sheet of long texts, when there are any.
func (b *Book) longTexts() error {
	if len(b.long) == 0 {
		return nil
	}
	all := b.long
	b.long = nil
	if err := b.Sheet(Sheet{Name: b.say("长文字", "Long texts"), Head: []any{b.say("工作表", "Sheet"), b.say("单元格", "Cell"), b.say("第几段", "Part"), b.say("文字", "Text")},
		Widths: []float64{20, 10, 10, 100}}); err != nil {
		return err
	}
	for _, l := range all {
		for n := 1; l.text != ""; n++ {
			part := cut(l.text, longPart)
			l.text = l.text[len(part):]
			if err := b.Row([]any{l.sheet, l.cell, n, part}); err != nil {
				return err
			}
		}
	}
	return nil
}

// plain appends a text that a cell holds.
func (b *Book) plain(s string, style int) {
	if style == styleNone && startsLikeNumber(s) {
		style = styleText
	}
	if b.sizing {
		b.wide(shownWidth(s))
	}
	b.start(style, "inlineStr")
	b.row = append(b.row, `<is><t xml:space="preserve">`...)
	b.row = appendEscaped(b.row, s)
	b.row = append(b.row, `</t></is></c>`...)
}

// startsLikeNumber reports a text that a spreadsheet would take for a number or a formula once somebody edits its cell.
func startsLikeNumber(s string) bool {
	c := s[0]
	return c >= '0' && c <= '9' || c == '=' || c == '+' || c == '-' || c == '@'
}

// appendColumn appends the letters of a column, from 1 on.
func appendColumn(p []byte, n int) []byte {
	if n > 26 {
		p = appendColumn(p, (n-1)/26)
	}
	return append(p, 'A'+byte((n-1)%26))
}

// units counts UTF-16 units, by which spreadsheets measure text. Bytes that are no UTF-8 count as one each.
func units(s string) (n int) {
	for _, r := range s {
		n++
		if r > 0xFFFF {
			n++
		}
	}
	return n
}

// cut gives the beginning of a text that has at most so many UTF-16 units.
func cut(s string, most int) string {
	n := 0
	for i, r := range s {
		if n++; r > 0xFFFF {
			n++
		}
		if n > most {
			return s[:i]
		}
	}
	return s
}

// legal reports a character that XML 1.0 may hold.
func legal(r rune) bool {
	return r == '\t' || r == '\n' || r == '\r' || r >= ' ' && r <= 0xD7FF || r >= 0xE000 && r <= 0xFFFD || r > 0xFFFF
}

// appendEscaped appends a text as XML. Characters that XML cannot hold, and carriage returns, which it would change,
// are written as _xHHHH_, the way of workbooks; so is the beginning of what only looks like that. Bytes that are no
// UTF-8 become U+FFFD.
func appendEscaped(p []byte, s string) []byte {
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			switch {
			case c == '<':
				p = append(p, `&lt;`...)
			case c == '>':
				p = append(p, `&gt;`...)
			case c == '&':
				p = append(p, `&amp;`...)
			case c == '_' && looksEscaped(s[i:]):
				p = append(p, `_x005F_`...)
			case c < ' ' && c != '\t' && c != '\n':
				p = fmt.Appendf(p, `_x%04X_`, c)
			default:
				p = append(p, c)
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if legal(r) {
			p = utf8.AppendRune(p, r)
		} else {
			p = fmt.Appendf(p, `_x%04X_`, r)
		}
		i += size
	}
	return p
}

// looksEscaped reports a text that begins with _xHHHH_.
func looksEscaped(s string) bool {
	if len(s) < 7 || s[1] != 'x' || s[6] != '_' {
		return false
	}
	_, err := strconv.ParseUint(s[2:6], 16, 16)
	return err == nil
}
