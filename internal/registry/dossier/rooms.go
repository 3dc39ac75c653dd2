package dossier

import (
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
)

// Reader reads subjects, their records and who names whom.
type Reader interface {
	derive.Reader
	fact.ListReader
	fact.EverReader
	fact.PastReader
	fact.MentionReader
}

// Storage is the database as dossiers need it.
type Storage interface {
	// Subjects reads subjects and those that name one another.
	Subjects() fact.Room[Reader, Reader]
}
