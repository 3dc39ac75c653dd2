package layout

import (
	"eyas/internal/registry/table"
	"eyas/internal/vault"
)

// Source is a file to import.
type Source struct {
	Name string       // file name without folder
	Path string       // where it lies
	Keys vault.Opener // opens it where it is sealed; nil: it is not
	Kept bool         // a copy whose digest was checked: that another one takes its place, or that it is touched, changes nothing
}

// Table opens the file as a table.
func (s Source) Table() (*table.File, error) { return table.OpenSealed(s.Path, s.Name, s.keys()) }

// Bytes opens the file as it is.
func (s Source) Bytes() (vault.File, error) { return s.keys().OpenFile(s.Path) }

func (s Source) keys() vault.Opener {
	if s.Keys == nil {
		return (*vault.Ring)(nil)
	}
	return s.Keys
}
