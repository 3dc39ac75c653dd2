package derive

import (
	"maps"
	"sync"

	"eyas/internal/pack"
	places "eyas/internal/registry/place"
)

// placeBook caches the resolver that finds districts in addresses until an answer changes.
type placeBook struct {
	mu       sync.Mutex
	answers  map[string]string // the answers that resolver was made with
	resolver *places.Resolver
}

// under returns the resolver for some answers. It makes a new one only when the answers changed.
func (b *placeBook) under(p *pack.Pack, answers map[string]string) *places.Resolver {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.resolver == nil || !maps.Equal(b.answers, answers) {
		b.resolver, b.answers = places.New(p, answers), answers
	}
	return b.resolver
}
