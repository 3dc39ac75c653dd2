// Package intake takes in what bureaus send and what people enter, shows before what would come of it, gives back what was
// refused, and takes imports back.
package intake

import (
	"context"

	"eyas/internal/registry/derive"
)

// Intake takes in rows, by file or by hand, and takes them back.
type Intake struct {
	base   *derive.Base
	rooms  Storage
	merges Merges
}

// Merges undoes what linkage made of an import.
type Merges interface {
	// TakeBack undoes the merges in force that stand on an import alone. The caller has authorised it.
	TakeBack(ctx context.Context, actor string, importID int64, progress func(derive.Progress)) error
}

// New gives the way into a base.
func New(base *derive.Base, rooms Storage, merges Merges) *Intake {
	return &Intake{base, rooms, merges}
}
