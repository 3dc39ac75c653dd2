package registry

import (
	"eyas/internal/pack"
)

// Layout is how one sheet is read: its header, its columns and what they mean. It is stored with the import
// (JSON), so that a source record, kept as its raw cells, can be read again in the same way at any time.
type Layout struct {
	Sheet      string   `json:"sheet"`
	HeaderRow  int      `json:"header_row"`  // last row of the header, from 1
	HeaderRows int      `json:"header_rows"` // 1 or 2
	Title      []string `json:"title,omitempty"`
	Unit       string   `json:"unit,omitempty"`        // from title rows: 万元 …
	Year       int      `json:"year,omitempty"`        // from title, sheet or file name, else Options.Year
	YearColumn int      `json:"year_column,omitempty"` // column from 1 that gives the year row by row; 0: none
	Columns    []Column `json:"columns"`
	Complete   []string `json:"complete,omitempty"`
	Warnings   []Issue  `json:"-"`

	register *pack.Register
	// compiled readers per column are kept here by Bind
	readers []columnReader
}

// Reading is one row as understood. It is reused from row to row.
type Reading struct {
	Skip     bool   // an empty row, or a note below the table
	Refuse   *Issue // neither a usable code nor a name
	Code     string // usable identity code (18 characters, mended), else empty
	Name     string
	NameKey  string  // normalised name by which rows without a code are known
	Facts    []Fact  // Record is 0; Cell is the column
	Refusals []Issue // cells that could not be read: counted as blank
	Warnings []Issue
}
