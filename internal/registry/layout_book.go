package registry

import (
	"maps"
	"slices"
	"sync"

	"eyas/internal/pack"
	places "eyas/internal/registry/place"
)

// layoutBook keeps the layouts of imports bound, so that a record of an import is read without reading and binding them
// again. What it gives follows from the pack, the stored text and what is known about places, and from nothing else.
type layoutBook struct {
	mu   sync.Mutex
	kept map[layoutKey][]*Layout
	size int // bytes of the texts

	codecs map[*pack.Register]keptCodec
}

// keptCodec is the last codec of a register, with the numbers that it was made of.
type keptCodec struct {
	numbers, sources map[string]int
	codec            *codec
}

// codec gives a codec of its own, which may be told the day that is asked for.
func (b *layoutBook) codec(p *pack.Pack, reg *pack.Register, numbers, sources map[string]int) *codec {
	b.mu.Lock()
	defer b.mu.Unlock()
	kept := b.codecs[reg]
	if kept.codec == nil || !maps.Equal(kept.numbers, numbers) || !maps.Equal(kept.sources, sources) {
		kept = keptCodec{maps.Clone(numbers), maps.Clone(sources), newCodec(p, reg, numbers, sources)}
		if b.codecs == nil {
			b.codecs = map[*pack.Register]keptCodec{}
		}
		b.codecs[reg] = kept
	}
	own := *kept.codec
	return &own
}

type layoutKey struct {
	view   *pack.Register
	text   string // as stored with the import
	places *places.Resolver
}

// keptLayouts bounds the texts that a layoutBook keeps, in bytes; beyond it begins anew.
const keptLayouts = 16 << 20

// of gives the layouts of an import, for one goroutine.
func (b *layoutBook) of(p *pack.Pack, row *ImportRow, view *pack.Register, resolver *places.Resolver) ([]*Layout, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := layoutKey{view, row.Layouts, resolver}
	bound, ok := b.kept[key]
	if !ok {
		var err error
		if bound, err = row.layouts(); err != nil {
			return nil, err
		}
		for _, l := range bound {
			l.Bind(p, view)
			l.infers(resolver)
		}
		if b.size += len(key.text); b.kept == nil || b.size > keptLayouts {
			b.kept, b.size = map[layoutKey][]*Layout{}, len(key.text)
		}
		b.kept[key] = bound
	}
	return ownLayouts(bound), nil
}

// ownLayouts copies what Convert writes to: the cells that code lists have met.
func ownLayouts(bound []*Layout) []*Layout {
	codes := map[*codeIndex]*codeIndex{}
	list := make([]*Layout, len(bound))
	for i, from := range bound {
		l := *from
		l.readers = slices.Clone(from.readers)
		for k := range l.readers {
			r := &l.readers[k]
			if r.codes == nil {
				continue
			}
			own := codes[r.codes]
			if own == nil {
				own = &codeIndex{codes: r.codes.codes, seen: map[string]string{}, names: r.codes.names, list: r.codes.list}
				codes[r.codes] = own
			}
			r.codes = own
		}
		list[i] = &l
	}
	return list
}
