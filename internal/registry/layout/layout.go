// Package layout reads the files of bureaus: it finds the header of each sheet, understands what its columns mean, and
// converts rows by that, when they come and whenever they are read again. It writes nothing and asks no database.
package layout

import (
	"strconv"
	"strings"

	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/table"
)

// Layout is how one sheet is read: its header, its columns and what they mean. It is stored with the import
// (JSON), so that a source record, kept as its raw cells, can be read again in the same way at any time.
// A layout that came from JSON must be bound before Convert. Converting keeps small caches: one goroutine at a time.
type Layout struct {
	Sheet          string   `json:"sheet"`
	HeaderRow      int      `json:"header_row"`  // last row of the header, from 1
	HeaderRows     int      `json:"header_rows"` // its levels, from 1 to 4
	Title          []string `json:"title,omitempty"`
	Unit           string   `json:"unit,omitempty"`            // from title rows: 万元 …
	Year           int      `json:"year,omitempty"`            // from title, sheet or file name, else Options.Year
	YearColumn     int      `json:"year_column,omitempty"`     // column from 1 that gives the year row by row; 0: none
	UnitColumn     int      `json:"unit_column,omitempty"`     // column from 1 that gives the unit of its row's amounts; 0: none
	CurrencyColumn int      `json:"currency_column,omitempty"` // … their currency
	Columns        []Column `json:"columns"`
	Complete       []string `json:"complete,omitempty"`
	Present        []string `json:"present,omitempty"` // yes/no attributes for which a row, having no cell for them, is a "yes"
	// Given is what attributes without a column are in every row: told by the title or the name of the sheet or file.
	Given     map[string]string `json:"given,omitempty"`
	EndColumn int               `json:"end_column,omitempty"` // column from 1 with the day on which the row's subject went off the list; 0: none
	EndSigns  []int             `json:"end_signs,omitempty"`  // columns from 1 that say that the row's subject went off the list, without a day
	// Below says that the layout is of a further table of a sheet, with a header of its own.
	Below   bool `json:"below,omitempty"`
	Entered bool `json:"entered,omitempty"` // by hand, on a page that says whom it is about: no row is refused
	// Synthetic says that the table says of itself that its data were generated.
	Synthetic bool `json:"synthetic,omitempty"`
	// Refused is the import whose refused rows the table holds, mended, by what the table says of itself; 0: none.
	Refused int64 `json:"refused,omitempty"`
	// Unread are, with the first layout of a file, the sheets that were not read.
	Unread   []string `json:"unread,omitempty"`
	Warnings []Issue  `json:"-"`

	returned bool // what stands above the header was written by an export and says nothing of the columns

	form   *table.Row // the values of a form, which is no table
	first  int        // first row of the header, from 0
	block  columnSpan // the columns of a table that stands beside others; zero: all
	beside []*Layout  // the tables beside it

	register *pack.Register
	file     string // its name, while it is imported
	// compiled readers per column, in the order of their facts, are kept here by Bind
	readers []columnReader
	bound   binding
	preset  map[string]string // see Options.Preset
	asOf    int32             // the day that the file speaks of; 0: not said
	row     rowMoney          // what the row being read says of its amounts
	fields  int               // of the header of a CSV file, while it is imported
	quiet   bool              // Convert says nothing of what is odd: who reads a record again has been told. NameKey stays empty
}

// Reading is one row as understood. It is reused from row to row.
type Reading struct {
	Skip     bool   // an empty row, or a note below the table
	Refuse   *Issue // neither a usable code nor a name
	Code     string // usable identity code (18 characters, mended), else empty
	Name     string
	NameKey  string      // normalised name by which rows without a code are known
	Facts    []fact.Fact // Record is 0; Cell is the column; sorted by attribute index and year
	Refusals []Issue     // cells that could not be read: counted as blank
	Warnings []Issue

	text  []byte // of the row's texts, which become one string
	spans []span
}

// unnamed stands for the header of a column that has none.
func unnamed(column int) string { return "（" + columnLetters(column) + "）" }

// columnLetters names a column as spreadsheets do.
func columnLetters(column int) string {
	s := ""
	for ; column > 0; column = (column - 1) / 26 {
		s = string(rune('A'+(column-1)%26)) + s
	}
	return s
}

// width is how many columns a row should have: those with a header, and those without one that are filled again and
// again.
func (l *Layout) width() int {
	n := 0
	for _, c := range l.Columns {
		if c.Header != unnamed(c.Index) || len(c.Samples) == samples {
			n = max(n, c.Index)
		}
	}
	return n
}

// samples is how many cells of a column a preview shows.
const samples = 3

// sample shows of each column the first cells, as they came and as they are understood.
func (l *Layout) sample(head [][]string) {
	for i := range l.Columns {
		c := &l.Columns[i]
		for _, row := range head[min(len(head), l.HeaderRow):] {
			if len(c.Samples) == samples {
				break
			}
			if c.Index > len(row) || strings.TrimSpace(row[c.Index-1]) == "" {
				continue
			}
			raw := row[c.Index-1]
			c.Samples = append(c.Samples, Cut(raw, 60))
			c.Read = append(c.Read, l.show(c.Index, raw))
		}
	}
}

// Column is how one column of a sheet was understood.
type Column struct {
	Sheet  string `json:"sheet"`
	Index  int    `json:"index"` // from 1
	Header string `json:"header"`
	Attr   string `json:"attr"` // empty: kept but unused
	Year   int    `json:"year"`
	Unit   string `json:"unit"` // 元, 万元, 亿元, 美元 …; empty for none
	How    string `json:"how"`  // id, name, alias, map, remembered, cells, year, unit, currency, duplicate, noyear, part, nounit, group, aside, none
	// Spare says that the column names the subject in rows in which the preferred column of names is blank.
	Spare bool `json:"spare,omitempty"`
	// Void says that what the cells hold is declared wrong, with nothing better known.
	Void bool `json:"void,omitempty"`
	// Offers are what the column may mean where that is asked, the likeliest first.
	Offers  []Offer  `json:"offers,omitempty"`
	Samples []string `json:"samples"` // as they came
	Read    []string `json:"read"`    // as they are understood
}

// Offer is one thing that a column may mean.
type Offer struct {
	Meaning string `json:"meaning"` // as Options.Map has it: sales@2020/万元
	Read    string `json:"read"`    // its first cell, read so; or the year
}

// Header gives the header of a column, counted from 1.
func (l *Layout) Header(column int) string {
	for i := range l.Columns {
		if l.Columns[i].Index == column {
			return l.Columns[i].Header
		}
	}
	return ""
}

// CellName names a cell as spreadsheets do: column 6 of row 12 is F12.
func CellName(column, row int) string {
	var letters [8]byte
	at := len(letters)
	for ; column > 0; column = (column - 1) / 26 {
		at--
		letters[at] = byte('A' + (column-1)%26)
	}
	return string(strconv.AppendInt(letters[at:len(letters):len(letters)], int64(row), 10))
}

// Headers gives the headers of all columns, the first at index 0.
func (l *Layout) Headers() []string {
	width := 0
	for i := range l.Columns {
		width = max(width, l.Columns[i].Index)
	}
	list := make([]string, width)
	for i := range l.Columns {
		list[l.Columns[i].Index-1] = l.Columns[i].Header
	}
	return list
}

// Value finds a single value of a record; nil where it has none.
func (r *Reading) Value(attr string) *fact.Value {
	for i := range r.Facts {
		if f := &r.Facts[i]; f.Attr.ID == attr && f.Year == 0 {
			return &f.Value
		}
	}
	return nil
}

// Reread makes a bound layout ready for records that are read again, of a file that speaks of a day (0: not said). aloud says
// that what is odd in a record, and the key of its name, are wanted too.
func (l *Layout) Reread(asOf int32, aloud bool) { l.asOf, l.quiet = asOf, !aloud }

// CodeCell gives the cell of a row that stands for its code, also what is no code; empty when there is none.
func (l *Layout) CodeCell(cells [][]byte) []byte {
	if at := l.bound.code; at >= 0 && at < len(cells) {
		return given(cells[at])
	}
	return nil
}

// Unmapped reports a column that was not understood, and is kept unused.
func (c *Column) Unmapped() bool { return c.Attr == "" && (c.How == isUnknown || c.How == isOfGroup) }

// span of columns, from 0, the last one outside.
type columnSpan struct{ from, to int }
