// Package packs embeds the cities that the program comes with; the folders beside this file are the packs
// themselves, and schema the form that their files have.
package packs

import (
	"embed"
	"sync"

	"eyas/internal/pack"
)

// FS holds the embedded packs, a folder each, and the schemas.
//
//go:embed tianjin schema/*.json
var FS embed.FS

var tianjin = sync.OnceValues(func() (*pack.Pack, error) { return pack.Load(FS, "tianjin") })

// Default is the Tianjin pack, read once; callers share it and must not change it.
func Default() (*pack.Pack, error) { return tianjin() }
