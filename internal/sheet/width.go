package sheet

import (
	"strings"
	"unicode/utf8"
)

const (
	// measured is how many rows of a sheet, and heldBytes how many bytes of them, are looked at before the widths of its
	// columns are written: widths stand before the rows in the file.
	measured  = 500
	heldBytes = 256 << 10

	narrowest = 8.0  // a column, in characters
	widest    = 60.0 // … by its content
	widestTop = 24   // … by its head, which is broken into lines
)

// shownWidth is how wide a text is shown, in characters of a Latin text: Chinese ones count two. Of several lines it is that of
// the longest.
func shownWidth(s string) (most int) {
	for line := range strings.Lines(s) {
		n := 0
		for _, r := range strings.TrimRight(line, "\r\n") {
			if n++; wideRune(r) {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

// wideRune reports a character of East Asian width: Chinese, Japanese and Korean, their signs and full-width letters.
func wideRune(r rune) bool {
	return r >= 0x1100 && (r <= 0x115F || r >= 0x2E80 && r <= 0xA4CF || r >= 0xAC00 && r <= 0xD7A3 || r >= 0xF900 && r <= 0xFAFF ||
		r >= 0xFE30 && r <= 0xFE6F || r >= 0xFF00 && r <= 0xFF60 || r >= 0xFFE0 && r <= 0xFFE6 || r > 0xFFFF)
}

// wide notes that the cell being written shows so many characters.
func (b *Book) wide(n int) {
	if !b.sizing {
		return
	}
	b.widths[b.col-1] = max(b.widths[b.col-1], n)
}

// columnWidth is the width of a column, from 0.
func (b *Book) columnWidth(i int) float64 {
	if i < len(b.open.Widths) && b.open.Widths[i] > 0 {
		return b.open.Widths[i]
	}
	head := 0
	if i < len(b.open.Head) {
		head = min(shownWidth(b.headText(b.open.Head[i])), widestTop) + 3 // the button of the filter stands in the head
	}
	return min(max(float64(max(b.widths[i]+2, head)), narrowest), widest)
}

// headHeight is how high the row of heads is, in points: a head that is wider than its column is broken into lines.
func (b *Book) headHeight() float64 {
	lines := 1
	for i, h := range b.open.Head {
		text := b.headText(h)
		if room := int(b.columnWidth(i)) - 3; utf8.RuneCountInString(text) > 0 && room > 0 {
			lines = max(lines, min((shownWidth(text)+room-1)/room, 4))
		}
	}
	return 6 + 15*float64(lines)
}
