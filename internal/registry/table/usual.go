package table

import (
	"bytes"
	"unicode/utf8"
)

// usual is the number of fields in the rows of a CSV file, found at its beginning.
type usual struct {
	fields int  // in most rows; 0 if rows differ too much
	strict bool // few rows have fewer fields; such a row has lost a field, not blanks at its end
}

// moved reports whether the cells of a row may be in wrong columns. A delimiter in a cell without quotes gives one
// field more, and a lost delimiter one less. Rows with one field are titles and notes.
func (u usual) moved(cells [][]byte) bool {
	switch n := len(cells); {
	case u.fields < 2 || n == u.fields || n < 2:
		return false
	case n < u.fields:
		return u.strict
	}
	for _, c := range cells[u.fields:] {
		if len(bytes.TrimSpace(c)) > 0 {
			return true
		}
	}
	return false
}

// survey counts the fields of the first rows. The last row of a full sample is cut off and does not count.
func (c *csv) survey(sample []byte) (u usual) {
	const rows = 1000
	s := &csv{buf: sample, pos: c.pos, eof: true, delim: c.delim, newline: c.newline, blanks: c.blanks}
	counts := map[int]int{}
	total, blank := 0, map[int]bool{}
	var order []int
	for range rows {
		next, ok := s.record()
		if !ok || next >= len(sample) && total > 0 && len(sample) >= headSize {
			break
		}
		s.pos = next
		n := len(s.cells)
		s.last = n
		if n < 2 {
			continue
		}
		if counts[n] == 0 {
			order = append(order, n)
		}
		counts[n]++
		total++
		blank[n] = blank[n] || len(s.cells[n-1]) == 0
	}
	fewer := 0
	for _, n := range order {
		if counts[n] > counts[u.fields] {
			u.fields = n
		}
	}
	if 2*counts[u.fields] < total {
		return usual{}
	}
	for n, k := range counts {
		if n < u.fields {
			fewer += k
		}
	}
	u.strict = fewer <= max(1, total/5) || blank[u.fields]
	return u
}

// aligned recognises a text without delimiters whose columns are separated by blanks: every line has as many words as
// the first line, which looks like a header. It returns the least number of blanks between columns; 0 for another text.
func aligned(sample []byte, newline, delim byte) int {
	if split(sample, newline, delim) > 0 {
		return 0
	}
	for _, least := range []int{2, 1} {
		if columns(sample, newline, least) {
			return least
		}
	}
	return 0
}

// split returns how regularly a delimiter splits a sample; 0 for not at all.
func split(sample []byte, newline, delim byte) float64 {
	return (&csv{buf: sample, eof: true, delim: delim, newline: newline}).regularity()
}

// columns reports whether every line of a sample has the same number of words. A title may come first.
func columns(sample []byte, newline byte, least int) bool {
	width, lines := 0, 0
	for rest := sample; len(rest) > 0; {
		line, after, found := bytes.Cut(rest, []byte{newline})
		if !found && len(sample) >= headSize && lines > 1 {
			break
		}
		rest = after
		words := words(nil, bytes.TrimRight(line, "\r"), least)
		switch {
		case len(words) == 0:
			continue
		case len(words) == 1 && lines == 0:
			lines = 1 // a title
			continue
		case width == 0:
			if width = len(words); width < 2 || width < 3 && lines == 1 || !header(words) {
				return false
			}
			lines = 1
		case len(words) != width:
			return false
		default:
			lines++
		}
	}
	return lines > 1
}

// header reports whether all words are Chinese, as in a header.
func header(words [][]byte) bool {
	for _, w := range words {
		chinese := false
		for _, r := range string(w) {
			chinese = chinese || r >= 0x3400 && r <= 0x9FFF
		}
		if !chinese {
			return false
		}
	}
	return true
}

// spaced reports whether columns seem to be separated by blanks although lines have different numbers of words.
func spaced(sample []byte, newline byte) bool {
	width, lines, like := 0, 0, 0
	for rest := sample; len(rest) > 0; {
		line, after, _ := bytes.Cut(rest, []byte{newline})
		rest = after
		words := words(nil, bytes.TrimRight(line, "\r"), 1)
		if len(words) == 0 {
			continue
		}
		if width == 0 {
			if width = len(words); width < 2 || !header(words) {
				return false
			}
			continue
		}
		lines++
		if len(words) >= max(2, width-1) {
			like++
		}
	}
	return lines > 0 && 10*like >= 6*lines
}

// words splits a line at runs of at least least blanks. A wide blank or a tab counts twice.
func words(dst [][]byte, line []byte, least int) [][]byte {
	from, run := -1, 0
	end := 0
	for i := 0; i < len(line); {
		r, n := utf8.DecodeRune(line[i:])
		if r == ' ' || r == '\u3000' || r == '\u00A0' || r == '\t' {
			if run++; r == '\u3000' || r == '\t' {
				run++
			}
		} else {
			if from >= 0 && run >= least {
				dst = append(dst, line[from:end:end])
				from = -1
			}
			if from < 0 {
				from = i
			}
			run, end = 0, i+n
		}
		i += n
	}
	if from >= 0 {
		dst = append(dst, line[from:end:end])
	}
	return dst
}

// parseBlanks is parse for columns that are separated by blanks.
func (c *csv) parseBlanks(from int) (next int, ok bool) {
	c.cells, c.pending, c.opened = c.cells[:0], c.pending[:0], 0
	if from >= len(c.buf) {
		return 0, false
	}
	end := bytes.IndexByte(c.buf[from:], c.newline)
	if end < 0 {
		if !c.eof {
			return 0, false
		}
		end, next = len(c.buf), len(c.buf)
	} else {
		end += from
		next = end + 1
	}
	c.cells = words(c.cells, bytes.TrimRight(c.buf[from:end], "\r"), c.blanks)
	return next, true
}
