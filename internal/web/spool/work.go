package spool

import (
	"eyas/internal/registry/layout"
	"eyas/internal/registry/sight"
)

// ImportKind is the kind of work that imports an upload. Its name and its arguments stand in stored jobs: they keep their meaning.
const ImportKind = "import"

// ImportArgs name an upload and how it is to be read.
type ImportArgs struct {
	Upload   string         `json:"upload"`
	Options  layout.Options `json:"options"`
	Remember bool           `json:"remember"` // what the headers mean, for files to come
	Seen     sight.Seen     `json:"seen"`     // what was remembered of them when that was decided
}

// UndoKind is the kind of work that takes an import back, and UndoArgs name the import.
const UndoKind = "undo"

// UndoArgs name an import.
type UndoArgs struct {
	Import int64 `json:"import"`
}

// Imported is the result of the work. It is small: what an import did stands in the base.
type Imported struct {
	Rows int   `json:"rows"`
	ID   int64 `json:"id"` // 0: nothing was written
}
