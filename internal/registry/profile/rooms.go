package profile

import (
	"context"
	"time"

	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
)

// Reader reads what stands in the base, now and at other moments.
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
	Next(ctx context.Context, register string, after int64, limit int) ([]int64, error)
	// Horizon gives the latest day that an import in force speaks of (zero: none says one), and the time of the last
	// event: an import, an undoing, a merge, a moved record.
	Horizon(ctx context.Context) (day time.Time, last time.Time, err error)
}

// Writer notes by which rankings all was derived anew.
type Writer interface {
	// Set writes a value of the base's own.
	Set(ctx context.Context, name, value string) error
}

// Storage is the database as what is known is read.
type Storage interface {
	// Profiles is what stands in the base, as it is and as it was.
	Profiles() fact.Room[Reader, Writer]
}
