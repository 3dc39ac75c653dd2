package layout

import (
	"slices"

	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	places "eyas/internal/registry/place"
)

// AddressAttr is the attribute with the address.
const AddressAttr = "address"

// inference is what follows from an address: the district and the zone, where a row does not say them.
type inference struct {
	from           *pack.Attribute // the address
	district, zone *pack.Attribute // nil: the register has none
	resolver       *places.Resolver
}

// infers makes a layout tell districts from addresses; nothing when its register has no address or no district.
func (l *Layout) infers(resolver *places.Resolver) {
	from := l.register.Attribute(AddressAttr)
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
func (i *inference) add(facts []fact.Fact) []fact.Fact {
	at := slices.IndexFunc(facts, func(f fact.Fact) bool { return f.Attr == i.from && !f.Void })
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
		f := fact.Fact{Attr: a, Value: fact.Value{Str: org}, Cell: address.Cell, Origin: fact.Origin{Weak: fact.Inferred}}
		if to, has := slices.BinarySearchFunc(facts, f, fact.Compare); !has {
			facts = slices.Insert(facts, to, f)
		}
	}
	say(i.district, found.District)
	say(i.zone, found.Zone)
	return facts
}
