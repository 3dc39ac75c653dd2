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
	mark             string // see fact.NumberReader.NumbersMark
	numbers, sources map[string]int
	rules            *Rules
}

// known returns a copy of the rules that were made under a mark of the numbers, for the caller, who may set the valid time in it; nil
// when they were not.
func (b *ruleBook) known(reg *pack.Register, mark string) *Rules {
	b.mu.Lock()
	defer b.mu.Unlock()
	kept := b.kept[reg]
	if kept.rules == nil || kept.mark != mark {
		return nil
	}
	own := *kept.rules
	return &own
}

// of keeps the rules of some numbers under their mark, and returns a copy as known does.
func (b *ruleBook) of(p *pack.Pack, reg *pack.Register, mark string, numbers, sources map[string]int) *Rules {
	b.mu.Lock()
	defer b.mu.Unlock()
	kept := b.kept[reg]
	if kept.rules == nil || !maps.Equal(kept.numbers, numbers) || !maps.Equal(kept.sources, sources) {
		kept = keptRules{numbers: maps.Clone(numbers), sources: maps.Clone(sources), rules: NewRules(p, reg, numbers, sources)}
	}
	if kept.mark = mark; b.kept == nil {
		b.kept = map[*pack.Register]keptRules{}
	}
	b.kept[reg] = kept
	own := *kept.rules
	return &own
}
