package profile

import (
	"context"
	"time"

	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
)

// Reader reads profiles and what they are derived from, now and as of other moments.
type Reader interface {
	fact.ChangeReader
	fact.SettingReader
	derive.BlocksReader
	fact.ChangedReader
	fact.NameReader
	fact.ProfileScanner
	fact.ImportFinder
	fact.ImportLister
	fact.RecordReader
	fact.DisputeReader
	// SubjectsByNumber returns the subjects whose profile holds an identity number, or held it.
	SubjectsByNumber(ctx context.Context, number string) ([]int64, error)
	Next(ctx context.Context, register string, after int64, limit int) ([]int64, error)
	// Horizon returns the latest day that an import in force speaks of (zero: none gives one), and the time of the last
	// event: an import, a retraction, a merge or a move.
	Horizon(ctx context.Context) (day time.Time, last time.Time, err error)
}

// Writer stores the rankings that all profiles were derived with.
type Writer interface {
	// Set writes a setting of the base.
	Set(ctx context.Context, name, value string) error
}

// Storage is the database as this room needs it.
type Storage interface {
	// Profiles opens transactions over profiles.
	Profiles() fact.Room[Reader, Writer]
}
