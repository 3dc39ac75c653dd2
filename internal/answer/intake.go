package answer

import (
	"time"

	"eyas/internal/registry/identity"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/link"
)

// Imported is the result of importing files.
type Imported struct {
	Files []*intake.FileReport `json:"files"`
}

// NewImported returns the answer for reports. No list in it is null.
func NewImported(reports []*intake.FileReport) Imported {
	for _, r := range reports {
		Fill(r)
	}
	return Imported{reports}
}

// Fill replaces nil lists of a report by empty ones, so that JSON has [] and not null.
func Fill(r *intake.FileReport) {
	r.Refusals, r.Warnings, r.Unmapped = filled(r.Refusals), filled(r.Warnings), filled(r.Unmapped)
}

// filled returns an empty list for nil.
func filled[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// Imports is a page of the stored imports, the newest first.
type Imports struct {
	Total   int          `json:"total"`
	Imports []ImportLine `json:"imports"`
}

// ImportLine is one stored import.
type ImportLine struct {
	ID        int64      `json:"id"`
	File      string     `json:"file"`
	SHA256    string     `json:"sha256"`
	Actor     string     `json:"actor"`
	At        time.Time  `json:"at"`
	UndoneAt  *time.Time `json:"undone_at"`
	Synthetic bool       `json:"synthetic"`
	Rows      int        `json:"rows"`
	Accepted  int        `json:"accepted"`
	Unchanged int        `json:"unchanged"`
	Refused   int        `json:"refused"`
}

// NewImports returns the answer for a page of imports; total is the number of all imports.
func NewImports(list []intake.Import, total int) Imports {
	out := Imports{total, []ImportLine{}}
	for _, i := range list {
		l := ImportLine{i.ID, i.File, i.SHA256, i.Actor, i.At, nil, i.Synthetic, i.Report.Rows, i.Report.Accepted, i.Report.Unchanged, i.Report.Refused}
		if !i.UndoneAt.IsZero() {
			l.UndoneAt = &i.UndoneAt
		}
		out.Imports = append(out.Imports, l)
	}
	return out
}

// Fetched is a file that was written: the refused rows of an import, or its original.
type Fetched struct {
	Import int64  `json:"import"`
	File   string `json:"file"`
	Name   string `json:"name,omitempty"`   // of an original: its file name
	SHA256 string `json:"sha256,omitempty"` // of an original
}

// Undone is an import that was undone.
type Undone struct {
	Undone int64 `json:"undone"`
}

// Erased is a cell that was erased for good.
type Erased struct {
	Record   int64  `json:"record"`
	Column   string `json:"column"`
	Subject  int64  `json:"subject,omitempty"` // derived again
	Original bool   `json:"original_deleted"`
}

// Demo is a demonstration city that was imported.
type Demo struct {
	Rows  int        `json:"rows"`
	Seed  uint64     `json:"seed"`
	Year  int        `json:"year"`
	Files []DemoFile `json:"files"`
}

// DemoFile is one file of a demonstration city.
type DemoFile struct {
	File      string `json:"file"`
	Rows      int    `json:"rows"`
	Accepted  int    `json:"accepted"`
	Unchanged int    `json:"unchanged"`
	Refused   int    `json:"refused"`
}

// Template is a form that was written.
type Template struct {
	File     string `json:"file"`
	Register string `json:"register"`
	Year     int    `json:"year"`
	Columns  int    `json:"columns"`
}

// Linked is the result of comparing the rows of a file with a register.
type Linked struct {
	File     string          `json:"file"`
	Rows     int             `json:"rows"`
	Link     int             `json:"link"`
	Ask      int             `json:"ask"`
	Leave    int             `json:"leave"`
	Refused  int             `json:"refused"` // rows with neither a usable code nor a name; included in left
	Subjects int             `json:"subjects"`
	Learned  int             `json:"learned"` // number of rows from which weights were learned
	Seconds  float64         `json:"seconds"`
	By       map[link.By]int `json:"by"`
	Applied  *Applied        `json:"applied,omitempty"` // set if the file was imported and linked
}

// Applied is the result of importing and linking.
type Applied struct {
	Import  *intake.FileReport `json:"import,omitempty"` // without its lists
	Linkage *identity.Linkage  `json:"linkage"`
}

// Count counts the decision about a row.
func (n *Linked) Count(r *identity.FileRow, m *link.Match) {
	n.Rows++
	n.By[m.By]++
	switch m.Decision {
	case link.Link:
		n.Link++
	case link.Ask:
		n.Ask++
	default:
		n.Leave++
	}
	if r.Refused != nil {
		n.Refused++
	}
}
