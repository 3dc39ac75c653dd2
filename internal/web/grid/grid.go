// Package grid is the one list of the pages: search, filter, sort, choose columns, page, pick rows, export.
//
// It knows no subject and no database. What is listed is a Source: columns in memory (the lists of registers) or rows that a
// database gives (questions, merges, findings, imports). A room makes a Source for a request and then
//
//	query, err := grid.Read(r, source, options)       // what the address asks, checked against the columns
//	view, err := grid.Show(ctx, ask, source, query, …) // what the template "grid" shows
//	book := grid.Workbook(source, query, …)           // the same rows and columns as a file
//
// and its page writes {{template "grid" .View.Grid}}. The room adds grid.Parts to its frame.Room.
//
// The address is the whole state of a list. Its names are
//
//	text=…                  part of what a row is called by
//	c.COLUMN=VALUE          one of several values; repeated, any of them
//	b.COLUMN=yes|no         the same for yes and no
//	t.COLUMN=…              part of a text
//	from.COLUMN=, to.COLUMN= bounds of a number or a day, both included
//	missing=COLUMN          the value is blank. With other conditions on the column: or it is blank
//	sort=COLUMN, sort=-COLUMN; page=2; id=ROW, repeated: these rows only; col=COLUMN, repeated: these columns
//
// and whatever other names a column gives its fields (see Column.Field), so that addresses of old stay good. Conditions on
// different columns must all hold. The columns that somebody has chosen are kept in a cookie, one for each list.
//
// Rows are picked to export them, or, with Options.Pick, for a form that the page has: their ticks, and whatever a row sends beside
// its tick, belong to that form wherever it stands.
package grid

import (
	"context"
	"embed"
	"html/template"
	"io/fs"
	"strings"

	"eyas/internal/web/address"
)

// Parts are the templates of lists and their messages; a room that has lists names them in its frame.Room.
var Parts fs.FS = &parts

//go:embed pages texts
var parts embed.FS

// Source is what is listed.
type Source interface {
	// Columns are the columns that there are.
	Columns() *Columns
	// Page gives the rows of a query from offset on, at most limit of them, and how many there are in all. A row has a cell for
	// each of query.Columns.
	Page(ctx context.Context, q *Query, offset, limit int) (rows []Row, total int, err error)
	// Each calls fn for all rows of a query in its order, for files. The cells of a row are used again for the next one.
	Each(ctx context.Context, q *Query, fn func(*Row) error) error
}

// Columns are the columns of a source.
type Columns struct {
	// Title is the head of what rows are called by, which every list shows first; SortTitle is the name of its sort, empty: none.
	Title, SortTitle string
	List             []*Column
	Usual            []string // ids of the columns that are shown unless others are chosen
	// More gives a column that is not in the list, such as an earlier year; nil where there is none. May be nil.
	More func(id string) *Column
	// Other reports whether a name with a point in it is read by another part of the page, so that it is no unknown filter. May be nil.
	Other func(name string) bool
}

// Find gives a column by its id; nil where there is none.
func (c *Columns) Find(id string) *Column {
	for _, x := range c.List {
		if x.is(id) {
			return x
		}
	}
	if c.More == nil {
		return nil
	}
	return c.More(id)
}

// Column is what a list can show, be filtered by and be sorted by.
type Column struct {
	ID    string // in addresses: letters, digits, ".", "_" and "@"
	Alias string // another id of it, such as the year that is meant where none is named; may be empty
	Head  string // in the reader's language
	Label string // in the chooser; empty: Head
	Unit  string // beside the head; empty: none
	Group string // of the chooser; columns of one group stand together
	// Offered says whether the filter is offered even while the column is not shown, Bare that it is a filter only.
	Offered, Bare bool
	// Number aligns the cells to the right; Fact is wanted on the card of a phone before others.
	Number, Fact bool
	Hint         string // in the field of a typed filter; empty: the usual one
	Sort         string // what the address sorts by; empty: the list cannot
	By           By     // how it is filtered
	Blank        bool   // it can be asked for blanks
	// Field is the name in addresses of the filter's value; empty: the usual one of its kind. Also are other names that mean the
	// same values, and Part one that means part of the text.
	Field, Part string
	Also        []string
	// Choices are the values that are offered, for By Choice and as suggestions for others; nil: none. It is asked of columns
	// whose filter is shown only.
	Choices func() []Choice
	// Check refuses a value; nil: what the source does not know is found nowhere.
	Check func(value string) error
	// Name writes a value of the filter for people; nil: as it is, or as the choice is labelled.
	Name func(value string) string
	// Bound reads a bound as the column holds its values: money as fen, a day as days since 1970-01-01. Needed with Range.
	Bound func(text string) (float64, error)
	// Write writes a bound back, as the field shows it, and Say as people read it; nil: as a plain number, and as Write does.
	Write, Say func(bound float64) string
	// Day says that bounds are days.
	Day bool
	// Width is the width of the column in a file, in characters; 0: as its content needs.
	Width float64
	// Aside says that the cells follow from other values, so that no import takes them.
	Aside bool
}

func (c *Column) is(id string) bool { return c.ID == id || c.Alias != "" && c.Alias == id }

// By is how a column is filtered.
type By string

// The ways of filtering.
const (
	ByNothing By = ""
	Choose    By = "choose" // any of several values
	Contain   By = "part"   // part of a text
	Range     By = "range"  // from and to
	Prefix    By = "prefix" // a code or those below it, typed
)

// field is the name of the address field of the filter's value.
func (c *Column) field() string {
	switch {
	case c.Field != "":
		return c.Field
	case c.By == Contain:
		return c.part()
	}
	return "c." + c.ID
}

func (c *Column) part() string {
	if c.Part != "" {
		return c.Part
	}
	return "t." + c.ID
}

// Choice is a value that a filter offers.
type Choice struct {
	Value, Label string
	Under        string // the head under which it stands; empty: none
}

// Row is one row.
type Row struct {
	ID    int64
	Pick  Pick // what picking it sends; the zero value: its number, as a list that is exported needs it
	Name  string
	Code  string // shown in the place of a missing name
	URL   string // empty: it leads nowhere
	Cells []Cell
	HTML  template.HTML // the name as a page writes it; empty: Name
	Muted bool          // the row counts no more: it was taken back
	Here  bool          // the page shows more of this row
	Of    [2]int64      // the subjects whose data it has; 0: none
}

// Pick is what a row sends when it is picked.
type Pick struct {
	Value string          // of Options.Pick's name
	Aside []address.Field // what is sent with it, whether the row is picked or not: what was seen of it, for instance
	Label string          // names the tick; empty: the name of the row
}

// PickForm is a form of a room that picked rows are sent by.
type PickForm struct {
	ID   string // of the form's element
	Name string // in which values of picked rows are sent
}

// Cell is what a row has in a column.
type Cell struct {
	Text  string
	State string        // of a recognition: written with its sign; see the function verdict of templates
	HTML  template.HTML // in the place of text
	URL   string        // where the cell leads
	// Value is what stands in a file: a number, a sheet.Date and so on; nil: Text.
	Value any
}

// Blank reports whether nothing stands in the cell.
func (c Cell) Blank() bool { return c.Text == "" && c.State == "" && c.HTML == "" }

// elementID makes an id of a page's element out of a name of the address.
func elementID(name string) string {
	return strings.NewReplacer(".", "-", "@", "-").Replace(name)
}
