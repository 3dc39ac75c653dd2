package derive

import (
	"maps"
	"sync"

	"eyas/internal/pack"
)

// ruleBook caches the rules of registers.
type ruleBook struct {
	mu   sync.Mutex
	kept map[*pack.Register]keptRules
}

// keptRules are the cached rules of a register, with the numbers that they were made with.
type keptRules struct {
	numbers, sources map[string]int
	rules            *Rules
}

// of returns a copy of the rules for the caller, who may set the valid time in it.
func (b *ruleBook) of(p *pack.Pack, reg *pack.Register, numbers, sources map[string]int) *Rules {
	b.mu.Lock()
	defer b.mu.Unlock()
	kept := b.kept[reg]
	if kept.rules == nil || !maps.Equal(kept.numbers, numbers) || !maps.Equal(kept.sources, sources) {
		kept = keptRules{maps.Clone(numbers), maps.Clone(sources), NewRules(p, reg, numbers, sources)}
		if b.kept == nil {
			b.kept = map[*pack.Register]keptRules{}
		}
		b.kept[reg] = kept
	}
	own := *kept.rules
	return &own
}
