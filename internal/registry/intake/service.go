// Package intake takes in what bureaus send and what people enter, shows before what would come of it, gives back what was
// refused, and takes imports back.
package intake

import "eyas/internal/registry/derive"

// Intake takes in rows, by file or by hand, and takes them back.
type Intake struct {
	base  *derive.Base
	rooms Storage
}

// New gives the way into a base.
func New(base *derive.Base, rooms Storage) *Intake { return &Intake{base, rooms} }
