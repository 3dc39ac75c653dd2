package dossier

import (
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
)

// Reader reads subjects, their records and mentions.
type Reader interface {
	derive.Reader
	fact.ListReader
	fact.EverReader
	fact.PastReader
	fact.MentionReader
}

// Storage is the database as this room needs it.
type Storage interface {
	// Subjects opens transactions that read subjects and the mentions between them.
	Subjects() fact.Room[Reader, Reader]
}
