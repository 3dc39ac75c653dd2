// Package derive makes profiles of the records that are linked to subjects, now and as of any past moment: it says which value
// wins, derives subjects again when something changed, and runs the batches in which many are. The rooms above it (what is
// known, who is who, what comes in) work on its Base and do not derive by themselves.
package derive

import (
	"context"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/layout"
)

// Base is a base with the pack by which its subjects are derived. The rooms above work on it; it may be shared by goroutines.
type Base struct {
	Pack    *pack.Pack
	rooms   Storage
	Clock   func() time.Time
	actors  auth.Directory
	places  *placeBook
	layouts *layout.Book
	ruled   *ruleBook
	// BlockBytes is how many bytes of facts and cells are read as one block.
	BlockBytes int
}

// NewBase gives a base. clock gives the time that what is written carries and progress is measured by.
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

// With gives the base with the roles of other actors; what was worked out is shared.
func (g *Base) With(rooms Storage, actors auth.Directory) *Base {
	with := *g
	with.rooms, with.actors = rooms, actors
	return &with
}

// May gives who acts, or says that he may not do something.
func (g *Base) May(ctx context.Context, action auth.Action, what auth.Resource) (actor string, err error) {
	defer fault.At(&err, "derive.May(%s)", action)
	actor = g.actors.Acting(ctx).ID
	return actor, auth.Decide(g.actors.Actor(actor), action, what)
}

// RegisterOf finds a register of the pack.
func (g *Base) RegisterOf(id string) (_ *pack.Register, err error) {
	defer fault.At(&err, "derive.RegisterOf(register %s)", id)
	return layout.RegisterOf(g.Pack, id)
}

// BlockBytes is how many bytes of facts and cells a block holds before it ends, unless a base says otherwise. It is passed by
// those of one subject.
const blockBytes = 4 << 20
