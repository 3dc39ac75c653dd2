package main

import (
	"io"
	"strings"

	"golang.org/x/text/width"
)

// grid aligns columns on a terminal, where a Chinese character is two columns wide.
type grid struct {
	rows  [][]string
	right map[int]bool // columns set to the right
}

func (t *grid) row(cells ...string) { t.rows = append(t.rows, cells) }

// flush writes the rows with two spaces between columns and clears them.
func (t *grid) flush(w io.Writer) {
	var widths []int
	for _, r := range t.rows {
		for i, c := range r {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], places(c))
		}
	}
	for _, r := range t.rows {
		var b strings.Builder
		for i, c := range r {
			pad := strings.Repeat(" ", widths[i]-places(c))
			switch {
			case t.right[i]:
				b.WriteString(pad + c)
			case i < len(r)-1:
				b.WriteString(c + pad)
			default:
				b.WriteString(c)
			}
			if i < len(r)-1 {
				b.WriteString("  ")
			}
		}
		io.WriteString(w, strings.TrimRight(b.String(), " ")+"\n")
	}
	t.rows = nil
}

// places returns the width of a text on a terminal, in columns.
func places(s string) int {
	n := 0
	for _, r := range s {
		switch width.LookupRune(r).Kind() {
		case width.EastAsianWide, width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}
