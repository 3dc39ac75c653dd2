package identity

import (
	"context"
	"sync"

	"eyas/internal/fault"
	"eyas/internal/registry/fact"
)

// mergedPairs keeps the merges of each register in memory with the mark of the base that they were read under. Every page counts
// merges, and a large base has very many of them.
type mergedPairs struct {
	mu   sync.Mutex
	kept map[keptOf]*Pairs
}

type keptOf struct {
	register string
	which    fact.MergeState
}

// Pairs are the merges of a register with only their subjects. Nobody changes them.
type Pairs struct {
	mark fact.MergeMark
	List []fact.Pair // the newest first

	once sync.Once
	into map[int64]int64
}

// Root returns the subject that a subject was merged into at last; itself when it was not merged.
func (p *Pairs) Root(subject int64) int64 {
	p.once.Do(func() {
		p.into = make(map[int64]int64, len(p.List))
		for _, x := range p.List {
			p.into[x.Subjects[0]] = x.Subjects[1]
		}
	})
	for next, merged := p.into[subject]; merged; next, merged = p.into[subject] {
		subject = next
	}
	return subject
}

// AllPairs returns all merges of a register in a state. What it gives is shared by all who ask until a merge is made or undone.
func (g *Identities) AllPairs(ctx context.Context, register string, which fact.MergeState) (p *Pairs, err error) {
	defer fault.At(&err, "identity.AllPairs(register %s, %s)", register, which)
	of := keptOf{register, which}
	err = g.rooms.Identities().Read(ctx, func(r Reader) error {
		mark, lasting, err := r.MergeMark(ctx, register)
		if err != nil {
			return err
		}
		g.merged.mu.Lock()
		p = g.merged.kept[of]
		g.merged.mu.Unlock()
		if lasting && p != nil && p.mark == mark {
			return nil
		}
		p = &Pairs{mark: mark}
		if p.List, err = r.MergePairs(ctx, register, which, fact.Wanted{}); err != nil || !lasting {
			return err
		}
		g.merged.mu.Lock()
		defer g.merged.mu.Unlock()
		if g.merged.kept == nil {
			g.merged.kept = map[keptOf]*Pairs{}
		}
		g.merged.kept[of] = p
		return nil
	})
	return p, err
}

// MergePairs returns all merges that Merges would, in its order, only with their subjects.
func (g *Identities) MergePairs(ctx context.Context, register string, which fact.MergeState, w fact.Wanted) (list []fact.Pair, err error) {
	defer fault.At(&err, "identity.MergePairs(register %s, %s)", register, which)
	if w.All() {
		p, err := g.AllPairs(ctx, register, which)
		if err != nil {
			return nil, err
		}
		return p.List, nil
	}
	err = g.rooms.Identities().Read(ctx, func(r Reader) error {
		list, err = r.MergePairs(ctx, register, which, w)
		return err
	})
	return list, err
}
