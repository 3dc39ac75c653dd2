package registry

import (
	"context"
	"slices"

	"eyas/internal/pack"
	places "eyas/internal/registry/place"
)

// inference is what follows from an address: the district and the zone, where a row does not say them.
type inference struct {
	from           *pack.Attribute // the address
	district, zone *pack.Attribute // nil: the register has none
	resolver       *places.Resolver
}

// infers makes a layout tell districts from addresses; nothing when its register has no address or no district.
func (l *Layout) infers(resolver *places.Resolver) {
	from := l.register.Attribute(addressAttr)
	if resolver == nil || from == nil || from.Kind != pack.String {
		return
	}
	i := &inference{from: from, resolver: resolver}
	for _, a := range l.register.Attributes {
		switch {
		case a.Kind != pack.Code || a.Yearly:
		case a.Codes == "org" && i.district == nil:
			i.district = a
		case a.Codes == "zone" && i.zone == nil:
			i.zone = a
		}
	}
	if i.district != nil {
		l.bound.infer = i
	}
}

// add adds what follows to a row's facts, which are in order and stay so. Its source is the cell of the address.
func (i *inference) add(facts []Fact) []Fact {
	at := slices.IndexFunc(facts, func(f Fact) bool { return f.Attr == i.from && !f.Void })
	if at < 0 {
		return facts
	}
	address := facts[at]
	found := i.resolver.Resolve(address.Value.Str)
	if found.Verdict != places.Found {
		return facts
	}
	say := func(a *pack.Attribute, org string) {
		if a == nil || org == "" {
			return
		}
		f := Fact{Attr: a, Value: Value{Str: org}, Cell: address.Cell, Origin: Origin{Weak: Inferred}}
		if to, has := slices.BinarySearchFunc(facts, f, compareFacts); !has {
			facts = slices.Insert(facts, to, f)
		}
	}
	say(i.district, found.District)
	say(i.zone, found.Zone)
	return facts
}

// readdress derives again the subjects whose address has a phrase: what it means has changed.
func (g *Registry) readdress(ctx context.Context, w Writer, phrase string) error {
	for _, reg := range g.pack.Registers {
		if reg.Attribute(addressAttr) == nil {
			continue
		}
		if _, err := g.numbered(ctx, w, reg); err != nil {
			return err
		}
		ids, err := g.addressed(ctx, w, reg, []string{phrase})
		if err != nil {
			return err
		}
		if _, err := g.settle(ctx, w, reg, ids, Progress{}, nil); err != nil {
			return err
		}
	}
	return nil
}
