// Package derive makes profiles from the records that are linked to subjects, now and as of any past moment. It decides
// which value wins, derives subjects again when something changed, and runs batches that derive many. The rooms above it
// (profile, identity, intake) work on its Base and do not derive by themselves.
package derive

import (
	"context"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/layout"
)

// Base is a database with the pack that its subjects are derived with. The rooms above work on it. Several goroutines may
// share it.
type Base struct {
	Pack    *pack.Pack
	rooms   Storage
	Clock   func() time.Time
	actors  auth.Directory
	places  *placeBook
	layouts *layout.Book
	ruled   *ruleBook
	// BlockBytes is the size in bytes of facts and cells at which a block ends; 0 means the default.
	BlockBytes int
}

// NewBase returns a base. clock gives the time that is written with every change and that progress is measured with.
func NewBase(p *pack.Pack, rooms Storage, clock func() time.Time, actors auth.Directory) *Base {
	for _, r := range p.Registers {
		r.Attribute("") // fills its index, before goroutines share it
	}
	for _, s := range p.Sources {
		if s.Items != nil && s.Items.View != nil {
			s.Items.View.Attribute("")
		}
	}
	return &Base{Pack: p, rooms: rooms, Clock: clock, actors: actors, places: &placeBook{}, layouts: &layout.Book{}, ruled: &ruleBook{}, BlockBytes: blockBytes}
}

// With returns the base with the roles of other actors. Both share their caches.
func (g *Base) With(rooms Storage, actors auth.Directory) *Base {
	with := *g
	with.rooms, with.actors = rooms, actors
	return &with
}

// May returns the actor of the context. It returns a fault with code Forbidden when the actor may not do the action.
func (g *Base) May(ctx context.Context, action auth.Action, what auth.Resource) (actor string, err error) {
	defer fault.At(&err, "derive.May(%s)", action)
	return g.actors.Acting(ctx).ID, g.actors.Decide(ctx, action, what)
}

// RegisterOf returns a register of the pack; a fault when there is none with this id.
func (g *Base) RegisterOf(id string) (_ *pack.Register, err error) {
	defer fault.At(&err, "derive.RegisterOf(register %s)", id)
	return layout.RegisterOf(g.Pack, id)
}

// blockBytes is the default of Base.BlockBytes. The records of one subject may exceed it.
const blockBytes = 4 << 20
