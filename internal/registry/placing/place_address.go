package placing

import (
	"bytes"
	"context"
	"slices"
	"sort"
	"strings"

	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/layout"
	places "eyas/internal/registry/place"
	"eyas/internal/registry/profile"
)

// addressBook holds the addresses of a register's subjects in memory, in the form in which package place compares them.
// It finds the subjects whose address contains a phrase without reading the base. A million addresses use about 100 MB.
// It is updated from version to version of the register.
type addressBook struct {
	version profile.Version
	packed  packedAddresses
	later   map[int64]string // addresses that changed since the packing; empty: the subject has none any more
}

// packedAddresses holds addresses in one text, in the order of their subjects.
type packedAddresses struct {
	subjects []int64
	ends     []int // the end of each address in text
	text     []byte
}

// add appends an address. Its subject must come after all others.
func (p *packedAddresses) add(subject int64, address string) {
	p.subjects = append(p.subjects, subject)
	p.text = append(append(p.text, address...), '\n') // a phrase cannot span two addresses
	p.ends = append(p.ends, len(p.text))
}

// having returns the subjects whose address contains a phrase, ascending.
func (p *packedAddresses) having(phrase string) (list []int64) {
	if phrase == "" {
		return slices.Clone(p.subjects)
	}
	for at := 0; at < len(p.text); {
		i := bytes.Index(p.text[at:], []byte(phrase))
		if i < 0 {
			break
		}
		n := sort.SearchInts(p.ends, at+i+1)
		list = append(list, p.subjects[n])
		at = p.ends[n]
	}
	return list
}

// note records the current address of a profile. The first time, profiles must come in the order of subjects.
func (b *addressBook) note(p *fact.Profile) {
	address := ""
	if at := slices.IndexFunc(p.Facts, func(f fact.Fact) bool { return f.Attr.ID == layout.AddressAttr }); at >= 0 && !p.Gone {
		address = places.Fold(p.Facts[at].Value.Str)
	}
	n := len(b.packed.subjects)
	switch {
	case b.later == nil && (n == 0 || b.packed.subjects[n-1] < p.Subject):
		if address != "" {
			b.packed.add(p.Subject, address)
		}
	default:
		if b.later == nil {
			b.later = map[int64]string{}
		}
		b.later[p.Subject] = address
	}
}

// pack moves the later addresses into the packed ones when there are many, so that a search stays fast and the memory
// small.
func (b *addressBook) pack() {
	if b.later == nil {
		b.later = map[int64]string{}
	}
	if len(b.later) <= fact.BatchRows+len(b.packed.subjects)/8 {
		return
	}
	later := make([]int64, 0, len(b.later))
	for subject := range b.later {
		later = append(later, subject)
	}
	slices.Sort(later)
	var all packedAddresses
	put := func(subject int64, address string) {
		if address != "" {
			all.add(subject, address)
		}
	}
	from := 0
	for i, subject := range b.packed.subjects {
		for len(later) > 0 && later[0] < subject {
			put(later[0], b.later[later[0]])
			later = later[1:]
		}
		if len(later) > 0 && later[0] == subject {
			put(subject, b.later[subject])
			later = later[1:]
		} else {
			put(subject, string(b.packed.text[from:b.packed.ends[i]-1]))
		}
		from = b.packed.ends[i]
	}
	for _, subject := range later {
		put(subject, b.later[subject])
	}
	b.packed, b.later = all, map[int64]string{}
}

// having returns the subjects whose address contains one of some phrases, ascending.
func (b *addressBook) having(phrases []string) (list []int64) {
	for _, phrase := range phrases {
		for _, subject := range b.packed.having(phrase) {
			if _, changed := b.later[subject]; !changed {
				list = append(list, subject)
			}
		}
		for subject, address := range b.later {
			if address != "" && strings.Contains(address, phrase) {
				list = append(list, subject)
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// follow updates the addresses of a register and returns them. For the main register it also updates the open places,
// once they were asked for. The caller holds b.reading. It reads to the end though who asks has gone: the first reading of a million
// profiles takes longer than a page waits, and one that is broken off would begin anew with every page.
func (b *placeBook) follow(ctx context.Context, g *Answers, reg *pack.Register) (*addressBook, error) {
	ctx = context.WithoutCancel(ctx)
	book := b.addresses[reg.ID]
	if book == nil {
		book = &addressBook{}
	}
	now, own, err := g.profiles.Since(ctx, reg.ID, book.version)
	if err != nil {
		return nil, err
	}
	if own && book.version.Change == now.Change {
		return book, nil
	}
	open := b.open
	if reg != g.base.Pack.Main() {
		open = nil
	}
	if !own {
		book = &addressBook{}
		if open != nil {
			clear(open.subjects)
		}
	}
	delete(b.addresses, reg.ID) // an incomplete address book must not be used
	if err := g.profiles.EachProfile(ctx, reg.ID, book.version.Change, func(p *fact.Profile) error {
		book.note(p)
		if open != nil {
			open.take(p)
		}
		return nil
	}); err != nil {
		return nil, err
	}
	book.pack()
	book.version = now
	if b.addresses == nil {
		b.addresses = map[string]*addressBook{}
	}
	b.addresses[reg.ID] = book
	return book, nil
}

// addressed returns, for every register that has addresses, the subjects whose address contains a phrase, ascending, and
// the value of the change counter after which more may have been added.
func (b *placeBook) addressed(ctx context.Context, g *Answers, phrase string) (found map[*pack.Register][]int64, change int64, err error) {
	b.reading.Lock()
	defer b.reading.Unlock()
	if change, err = g.profiles.Change(ctx); err != nil {
		return nil, 0, err
	}
	found = map[*pack.Register][]int64{}
	for _, reg := range g.base.Pack.Registers {
		if reg.Attribute(layout.AddressAttr) == nil {
			continue
		}
		book, err := b.follow(ctx, g, reg)
		if err != nil {
			return nil, 0, err
		}
		found[reg] = book.having([]string{phrase})
	}
	return found, change, nil
}
