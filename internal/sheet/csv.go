package sheet

import (
	"bufio"
	"encoding/csv"
	"io"
	"strings"
)

// mark says that a text is UTF-8; without it Excel takes Chinese for something else.
const mark = "\ufeff"

// CSV writes a table as CSV that Excel shows rightly and runs nothing of: UTF-8 with its mark, and an apostrophe before
// a cell that a spreadsheet would take for a formula. The reader of package table takes the apostrophe off again.
type CSV struct {
	out     *bufio.Writer
	csv     *csv.Writer
	guarded []string
	mark    [2]string // what the next row ends with, and those after it; see Mark
}

// NewCSV begins a table.
func NewCSV(w io.Writer) *CSV {
	out := bufio.NewWriterSize(w, buffered)
	out.WriteString(mark) // an error stays with the writer and comes with the next row
	return &CSV{out: out, csv: csv.NewWriter(out)}
}

// Mark gives every row a last cell: head in the first row, text in the others. It is called before the first row.
func (c *CSV) Mark(head, text string) { c.mark = [2]string{head, text} }

// Row writes a row.
func (c *CSV) Row(cells ...string) error {
	c.guarded = c.guarded[:0]
	for _, s := range cells {
		if formula(s) {
			s = "'" + s
		}
		c.guarded = append(c.guarded, s)
	}
	if c.mark[0] != "" {
		c.guarded = append(c.guarded, c.mark[0])
		c.mark[0] = c.mark[1]
	}
	return c.csv.Write(c.guarded)
}

// Close writes out what is left. It does not close the stream.
func (c *CSV) Close() error {
	c.csv.Flush()
	if err := c.csv.Error(); err != nil {
		return err
	}
	return c.out.Flush()
}

// formula reports a cell that a spreadsheet might run: it begins with = + - @, a tab or a carriage return, after any
// apostrophes, and is no plain negative number. Those with apostrophes of their own are guarded too, so that taking one
// off gives back what was.
func formula(s string) bool {
	rest := strings.TrimLeft(s, "'")
	if rest == "" || !strings.ContainsRune("=+-@\t\r", rune(rest[0])) {
		return false
	}
	return len(rest) < len(s) || !negative(s)
}

// negative reports a plain negative number: -12 or -12.5.
func negative(s string) bool {
	whole, part, point := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	return s[0] == '-' && number(whole) && (!point || number(part))
}

func number(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
