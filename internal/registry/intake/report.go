package intake

import (
	"time"

	"eyas/internal/registry/layout"
)

// FileReport is the result of importing one file. Rows = Accepted + Unchanged + Refused.
type FileReport struct {
	File      string         `json:"file"`
	Rows      int            `json:"rows"`
	Accepted  int            `json:"accepted"`
	Unchanged int            `json:"unchanged"`
	Refused   int            `json:"refused"`
	Refusals  []layout.Issue `json:"refusals"`
	Warnings  []layout.Issue `json:"warnings"`
	Unmapped  []string       `json:"unmapped"`
	// RefusalCount and WarningCount are the full numbers. The lists above may be shorter, to limit memory.
	RefusalCount int   `json:"refusal_count"`
	WarningCount int   `json:"warning_count"`
	Import       int64 `json:"import,omitempty"` // id of the import; 0 when nothing was written
	Effect       `json:"-"`
}

// Effect is what an import did to subjects. It is kept with the import.
type Effect struct {
	Counted bool  // false of imports by programs that did not keep it: the rest is zero then
	Brought int   // subjects that the import brought
	Updated int   // earlier subjects that got values of it
	Mends   int64 // the import whose refused rows it brought back; 0: none
}

// Preview is what an import would change. Nothing is written.
type Preview struct {
	Report  FileReport
	Sheets  []SheetPreview
	New     int // subjects that would be created
	Updated int // subjects that would change
}

// SheetPreview shows how one sheet was understood.
type SheetPreview struct {
	Sheet      string
	HeaderRow  int // last row of the header, from 1
	HeaderRows int
	Title      []string // rows above the header
	Unit       string   // from the title rows
	Year       int      // from title, sheet or file name
	Columns    []layout.Column
	Sample     [][]string // first data rows, unchanged
	Mends      int64      // the import whose refused rows the sheet brings back; 0: none
}

// Import is one stored import.
type Import struct {
	ID        int64
	Register  string
	File      string
	SHA256    string
	Size      int64
	Actor     string
	At        time.Time
	UndoneAt  time.Time // zero: in force
	UndoneBy  string
	Options   layout.Options
	Synthetic bool       // made by the demonstration generator
	Source    string     // id of the source of the pack; empty: not given
	AsOf      time.Time  // the day that it speaks of (valid time); zero: not given
	Form      string     // name of the form; empty for files
	Reason    string     // why it was entered
	First     int64      // its first record
	Report    FileReport // the lists may be cut
}

// RecordView is one source record with its cells unchanged.
type RecordView struct {
	ID      int64
	Subject int64
	Import  Import
	Sheet   string
	Row     int
	Headers []string
	Cells   []string
	// Attributes are the ids of what the columns were read as; empty: as nothing.
	Attributes []string
	Reason     string // why it was refused; empty when it was accepted
}
