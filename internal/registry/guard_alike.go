package registry

import (
	"context"
	"slices"
	"sync/atomic"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
)

// What is hidden is answered as what does not exist, and the time of the answer must not tell either. To find out that a thing is
// hidden takes reads that a missing thing does not need. So a refusal makes up for the reads that were not needed: it does them for
// another thing, and throws the result away.

// alike are the things that are read in place of missing ones. Each was read and refused before.
type alike struct {
	subject atomic.Int64
	belongs atomic.Pointer[example] // a subject that lies where another one lies
	unit    atomic.Int64            // one that others belong to
	record  atomic.Int64
	brought atomic.Int64 // an import
}

// missing is the number of a subject that there never is.
const missing = -1

// example is a subject whose relation says to whom it belongs.
type example struct {
	subject int64
	through *pack.Relation
	names   belonging
}

// found is what was read to find out where some subjects lie.
type found struct {
	lies     map[int64]auth.Lie
	belonged bool // it was asked to whom they belong
	asked    bool // it was asked who brought them
}

// evened does, for a subject that is not seen, the reads that others needed which are not seen. by is whose records were asked for.
func (g *Registry) evened(ctx context.Context, subject int64, f found, by string) error {
	d := g.alike.belongs.Load()
	switch {
	case len(f.lies) > 0:
		g.alike.subject.Store(subject)
		if _, err := g.look(ctx, []int64{missing}, ""); err != nil { // as of one that does not exist
			return err
		}
		if d != nil && !f.belonged {
			if err := g.belong(ctx, d.through, &belonging{slices.Clone(d.names.subjects), slices.Clone(d.names.names)}, map[int64]auth.Lie{}, nil); err != nil {
				return err
			}
		}
	case d != nil:
		if _, err := g.look(ctx, []int64{d.subject}, ""); err != nil {
			return err
		}
	default:
		if _, err := g.look(ctx, []int64{g.alike.subject.Load()}, ""); err != nil {
			return err
		}
	}
	if by == "" || f.asked {
		return nil
	}
	_, err := g.intakes.BroughtBy(ctx, by, []int64{subject})
	return err
}

// exemplary keeps the first of some subjects that turned out to belong to another one.
func (g *Registry) exemplary(v *pack.Relation, to *belonging, meant [][]fact.Ref) {
	for i, refs := range meant {
		if len(refs) == 1 {
			g.alike.belongs.Store(&example{to.subjects[i], v, belonging{to.subjects[i : i+1 : i+1], to.names[i : i+1 : i+1]}})
			return
		}
	}
}

// refused remembers a thing that an actor was told not to exist, and returns what he is told. read reads such a thing; it is called
// with the one before when this one was not read, because it does not exist.
func refused(ctx context.Context, g *Registry, id int64, before *atomic.Int64, exists bool, read func(ctx context.Context, id int64) error, none error) error {
	if exists {
		before.Store(id)
		return none
	}
	if _, part, err := g.narrow(ctx); err != nil || !part {
		return none
	}
	if other := before.Load(); other != 0 {
		if err := read(ctx, other); err != nil && fault.Of(err) != fault.NotFound {
			return err
		}
	}
	return none
}
