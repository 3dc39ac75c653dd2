package derive

import (
	"maps"
	"sync"

	"eyas/internal/pack"
	places "eyas/internal/registry/place"
)

// placeBook keeps what tells districts from addresses until an answer changes.
type placeBook struct {
	mu       sync.Mutex
	answers  map[string]string // that resolver was made with
	resolver *places.Resolver
}

// under gives the resolver with answers, made anew only when they changed.
func (b *placeBook) under(p *pack.Pack, answers map[string]string) *places.Resolver {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.resolver == nil || !maps.Equal(b.answers, answers) {
		b.resolver, b.answers = places.New(p, answers), answers
	}
	return b.resolver
}
