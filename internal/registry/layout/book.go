package layout

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	places "eyas/internal/registry/place"
)

// Book keeps the layouts of imports bound, so that a record of an import is read without reading and binding them
// again. What it gives follows from the pack, the stored text and what is known about places, and from nothing else.
type Book struct {
	mu   sync.Mutex
	kept map[bookKey][]*Layout
	size int // bytes of the texts
}

type bookKey struct {
	view   *pack.Register
	text   string // as stored with the import
	places *places.Resolver
}

// keptLayouts bounds the texts that a Book keeps, in bytes; beyond it begins anew.
const keptLayouts = 16 << 20

// Of gives the layouts of an import, for one goroutine.
func (b *Book) Of(p *pack.Pack, row *fact.ImportRow, view *pack.Register, resolver *places.Resolver) ([]*Layout, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := bookKey{view, row.Layouts, resolver}
	bound, ok := b.kept[key]
	if !ok {
		var err error
		if bound, err = Stored(row); err != nil {
			return nil, err
		}
		for _, l := range bound {
			l.Bind(p, view)
			l.infers(resolver)
		}
		if b.size += len(key.text); b.kept == nil || b.size > keptLayouts {
			b.kept, b.size = map[bookKey][]*Layout{}, len(key.text)
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
				own = &codeIndex{codes: r.codes.codes, seen: map[string]string{}, names: r.codes.names, list: r.codes.list, strict: r.codes.strict}
				codes[r.codes] = own
			}
			r.codes = own
		}
		list[i] = &l
	}
	return list
}

// Stored gives how the sheets of an import were understood; they are not bound.
func Stored(r *fact.ImportRow) (list []*Layout, err error) {
	if err := json.Unmarshal([]byte(r.Layouts), &list); err != nil {
		return nil, fmt.Errorf("registry: layouts of import %d: %w", r.ID, err)
	}
	return list, nil
}

// Text returns layouts as they are stored with an import: without the cells that a preview shows, of which only the number
// counts. What stands in a source record stands nowhere else.
func Text(list []*Layout) (string, error) {
	stored := make([]Layout, len(list))
	for i, l := range list {
		stored[i] = *l
		stored[i].Columns = slices.Clone(l.Columns)
		for k := range stored[i].Columns {
			c := &stored[i].Columns[k]
			c.Samples, c.Read = make([]string, len(c.Samples)), nil
		}
	}
	text, err := json.Marshal(stored)
	return string(text), err
}
