package table

import (
	"bytes"
)

// delimiters are the delimiters that files use, the most likely first.
const delimiters = ",\t;|^~\x1f\x01"

// sniff finds the delimiter by the first lines. The best one splits the most rows into the same number of fields; more
// fields count more. A first line "sep=;", a convention of Excel, decides; skip is its length.
func sniff(sample []byte, newline byte) (delim byte, skip int) {
	if line, _, _ := bytes.Cut(sample, []byte{newline}); len(line) >= 5 && bytes.EqualFold(line[:4], []byte("sep=")) &&
		len(bytes.TrimRight(line[5:], "\r")) == 0 {
		return line[4], len(line) + 1
	}
	delim = ','
	best := 0.0
	for i := 0; i < len(delimiters); i++ {
		c := &csv{buf: sample, eof: true, delim: delimiters[i], newline: newline}
		if score := c.regularity(); score > best {
			best, delim = score, delimiters[i]
		}
	}
	return delim, 0
}

// regularity is the share of rows with the most frequent number of fields n > 1, times 1−1/n. The last row of a full
// sample is cut off, so it does not count unless it is the only one.
func (c *csv) regularity() float64 {
	const rows = 60
	counts := map[int]int{}
	total := 0
	for pos := 0; total < rows; {
		next, ok := c.parse(pos, final)
		if !ok || next >= len(c.buf) && total > 0 && len(c.buf) >= headSize {
			break
		}
		pos = next
		if len(c.cells) == 1 && len(c.cells[0]) == 0 {
			continue
		}
		counts[len(c.cells)]++
		total++
	}
	best := 0.0
	for n, k := range counts {
		if n > 1 {
			best = max(best, float64(k)/float64(total)*(1-1/float64(n)))
		}
	}
	return best
}
