package sheet

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
)

// mark says that a text is UTF-8; without it Excel takes Chinese for something else.
const mark = "\ufeff"

// CSV writes a table as CSV that Excel shows rightly and runs nothing of: UTF-8 with its mark, and an apostrophe before
// a cell that a spreadsheet would take for a formula. The reader of package table takes the apostrophe off again. It has
// no title and no notes, which readers would take for rows: what holds of the whole file is the last column of each row (Mark).
type CSV struct {
	out     *bufio.Writer
	csv     *csv.Writer
	guarded []string
	mark    [2]string // what the next row ends with, and those after it; see Mark
	cells   []string  // of the row that Cells writes
}

// NewCSV begins a table.
func NewCSV(w io.Writer) *CSV {
	out := bufio.NewWriterSize(w, buffered)
	out.WriteString(mark) // an error stays with the writer and comes with the next row
	return &CSV{out: out, csv: csv.NewWriter(out)}
}

// MarkHead is the head of the column by which a CSV of generated data says so in every row.
const MarkHead = "note"

// Mark gives every row a last cell: MarkHead in the first row, the mark's label in the others. It is called before the first
// row; the zero mark gives none.
func (c *CSV) Mark(m Mark) {
	if m.Label != "" {
		c.mark = [2]string{MarkHead, m.Label}
	}
}

// Cells writes a row of cells as Book takes them, or of heads. Numbers are written without separators, days as 2021-03-31.
func (c *CSV) Cells(lang string, cells []any) error {
	c.cells = c.cells[:0]
	for _, x := range cells {
		text, err := plainText(x, lang)
		if err != nil {
			return err
		}
		c.cells = append(c.cells, text)
	}
	return c.Row(c.cells...)
}

// plainText writes a cell as plain text.
func plainText(c any, lang string) (string, error) {
	switch c := c.(type) {
	case nil:
		return "", nil
	case string:
		return c, nil
	case Column:
		return c.text(lang), nil
	case int:
		return strconv.Itoa(c), nil
	case int64:
		return strconv.FormatInt(c, 10), nil
	case Plain:
		return strconv.FormatInt(int64(c), 10), nil
	case Decimal:
		return string(c.appendTo(nil)), nil
	case float64:
		if math.IsNaN(c) || math.IsInf(c, 0) {
			return "", fmt.Errorf("sheet: %v is no number that a cell can hold", c)
		}
		return strconv.FormatFloat(c, 'f', -1, 64), nil
	case Share:
		text := strconv.FormatFloat(float64(c)*100, 'f', mostDecimals, 64)
		return strings.TrimSuffix(strings.TrimRight(text, "0"), ".") + "%", nil
	case bool:
		return yes(c, lang), nil
	case Date:
		return time.Time(c).Format(time.DateOnly), nil
	case Minute:
		return time.Time(c).Format("2006-01-02 15:04"), nil
	}
	return "", fmt.Errorf("sheet: a cell cannot hold a %T", c)
}

// yes writes a yes or a no in a language. In English they are true and false: a no under “No major accident” could mean either.
func yes(c bool, lang string) string {
	if c {
		return say(lang, "是", "true")
	}
	return say(lang, "否", "false")
}

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
