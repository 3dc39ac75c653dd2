package derive

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
)

// NumberedIn assigns numbers to all attributes and sources that have none yet, in the transaction of w, and returns the
// rules of the register.
func (g *Base) NumberedIn(ctx context.Context, w fact.NumberWriter, reg *pack.Register) (_ *Rules, err error) {
	defer fault.At(&err, "derive.NumberedIn(register %s)", reg.ID)
	numbers, err := w.Attributes(ctx, reg.ID)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, a := range reg.Attributes {
		ids = append(ids, a.ID)
	}
	added := fact.Missing(ids, numbers)
	if err := w.AddAttributes(ctx, reg.ID, added); err != nil {
		return nil, err
	}
	maps.Copy(numbers, added)
	sources, err := w.Sources(ctx)
	if err != nil {
		return nil, err
	}
	if last, err := w.Counter(ctx, fact.LastSubject); err != nil {
		return nil, err
	} else if last == 0 { // an empty base: all profiles to come use the current rankings
		if err := w.Set(ctx, PrecedenceSetting, g.Precedence()); err != nil {
			return nil, err
		}
	}
	ids = ids[:0]
	for _, s := range g.Pack.Sources {
		ids = append(ids, s.ID)
	}
	if added = fact.Missing(ids, sources); len(added) > 0 {
		if err := w.AddSources(ctx, added); err != nil {
			return nil, err
		}
		maps.Copy(sources, added)
	}
	return NewRules(g.Pack, reg, numbers, sources), nil
}

// Ready does what Numbered does in a transaction of its own. It writes nothing when all have numbers.
func (g *Base) Ready(ctx context.Context, reg *pack.Register) (n *Rules, err error) {
	defer fault.At(&err, "derive.Ready(register %s)", reg.ID)
	whole := false
	err = g.rooms.Deriving().Read(ctx, func(r RoomReader) (err error) {
		n, whole, err = g.Foreseen(ctx, r, reg)
		return err
	})
	if err != nil || whole {
		return n, err
	}
	err = g.rooms.Deriving().Write(ctx, func(w RoomWriter) error { n, err = g.NumberedIn(ctx, w, reg); return err })
	return n, err
}

// Foreseen returns the rules that Numbered will return if no other writer assigns numbers before. whole reports that
// there is nothing to number.
func (g *Base) Foreseen(ctx context.Context, r foreseeReader, reg *pack.Register) (n *Rules, whole bool, err error) {
	defer fault.At(&err, "derive.Foreseen(register %s)", reg.ID)
	numbers, err := r.Attributes(ctx, reg.ID)
	if err != nil {
		return nil, false, err
	}
	sources, err := r.Sources(ctx)
	if err != nil {
		return nil, false, err
	}
	last, err := r.Counter(ctx, fact.LastSubject)
	whole = last > 0
	var ids []string
	for _, a := range reg.Attributes {
		ids = append(ids, a.ID)
	}
	added := fact.Missing(ids, numbers)
	whole = whole && len(added) == 0
	maps.Copy(numbers, added)
	ids = ids[:0]
	for _, s := range g.Pack.Sources {
		ids = append(ids, s.ID)
	}
	added = fact.Missing(ids, sources)
	whole = whole && len(added) == 0
	maps.Copy(sources, added)
	return NewRules(g.Pack, reg, numbers, sources), whole, err
}

// PrecedenceSetting names the setting that stores the fingerprint of the rankings that profiles were derived with.
const PrecedenceSetting = "precedence"

// Precedence returns the fingerprint, in hexadecimal, of the pack's current rankings of sources.
func (g *Base) Precedence() string {
	sum := sha256.Sum256([]byte(g.Pack.Precedence()))
	return hex.EncodeToString(sum[:])
}

// rulesOf returns the rules of a register with the numbers of a database.
func (g *Base) rulesOf(ctx context.Context, r fact.NumberReader, reg *pack.Register) (*Rules, error) {
	mark, err := r.NumbersMark(ctx)
	if err != nil {
		return nil, err
	}
	if known := g.ruled.known(reg, mark); known != nil {
		return known, nil
	}
	numbers, err := r.Attributes(ctx, reg.ID)
	if err != nil {
		return nil, err
	}
	sources, err := r.Sources(ctx)
	if err != nil {
		return nil, err
	}
	return g.ruled.of(g.Pack, reg, mark, numbers, sources), nil
}
