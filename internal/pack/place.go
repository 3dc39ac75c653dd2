package pack

import "strings"

// Places is places.yaml: names in addresses and the districts that they mean.
type Places struct {
	Source string
	// Suffixes may follow a district's short name, and TownSuffixes the name of a street office or town, without
	// changing which place is meant.
	Suffixes, TownSuffixes []string
	List                   []*Place
}

// Place is a name in addresses: of a zone, a park, an estate or a road.
type Place struct {
	Words     []string // as addresses write it; the first one is its name; names of Org follow
	Org       *Org     // the zone or park that it is; nil for none
	Districts []string // org ids, the most likely first; with several, the name alone does not decide
	Zone      string   // org id of the zone or park; "" for none
	Wide      bool     // covers several districts; counts only if nothing in the address is more exact
	Begins    bool     // counts only at the beginning of an address, or directly after the city's name
	Common    bool     // places elsewhere in the country have this name too
	Status    Status
	Source    string // where the information comes from
	Note      string
	Pos       Pos
}

// readPlaces reads places.yaml, which is optional.
func (l *loader) readPlaces(n *node) {
	if len(l.orgs) == 0 { // without orgs, every place would be a fault
		return
	}
	p := &l.pack.Places
	p.Source = n.get("source").str()
	for _, x := range n.get("suffixes").list() {
		p.Suffixes = append(p.Suffixes, x.str())
	}
	for _, x := range n.get("town_suffixes").list() {
		p.TownSuffixes = append(p.TownSuffixes, x.str())
	}
	words, orgs := map[string]Pos{}, map[string]Pos{}
	for _, x := range n.get("places").list() {
		o := &Place{Zone: x.get("zone").str(), Wide: x.get("wide").str() == "true", Begins: x.get("begins").str() == "true",
			Common: x.get("common").str() == "true", Status: Status(x.get("status").str()), Source: x.get("source").str(), Note: x.get("note").str(), Pos: x.pos}
		if o.Source == "" {
			o.Source = p.Source
		}
		for _, w := range x.get("words").list() {
			if strings.TrimSpace(w.str()) == "" {
				continue
			}
			if first, ok := words[w.str()]; ok {
				l.add(w.pos, "%q 已经写在第 %d 行", "%q is already given on line %d", w.str(), first.Line)
			}
			words[w.str()] = w.pos
			o.Words = append(o.Words, w.str())
		}
		l.readPlaceOrg(x, o, orgs)
		for _, d := range x.get("districts").list() {
			if org := l.orgs[d.str()]; !org.IsDistrict() {
				l.add(d.pos, "没有代码为 %q 的区", "there is no district %q", d.str())
				continue
			}
			o.Districts = append(o.Districts, d.str())
		}
		if z := x.get("zone"); z.str() != "" && !l.orgs[z.str()].IsZone() {
			l.add(z.pos, "org.yaml 里没有标识为 %q 的功能区或园区", "org.yaml has no zone or park %q", z.str())
		}
		p.List = append(p.List, o)
	}
}

// readPlaceOrg reads the zone or park of a place.
func (l *loader) readPlaceOrg(x *node, o *Place, orgs map[string]Pos) {
	id := x.get("org")
	if id.str() == "" {
		if len(x.get("words").list()) == 0 {
			l.add(x.pos, "要写 words，或者写 org", "give words, or an org")
		}
		return
	}
	org := l.orgs[id.str()]
	switch first, twice := orgs[id.str()]; {
	case !org.IsZone():
		l.add(id.pos, "org.yaml 里没有标识为 %q 的功能区或园区", "org.yaml has no zone or park %q", id.str())
		return
	case twice:
		l.add(id.pos, "%q 已经写在第 %d 行", "%q is already given on line %d", id.str(), first.Line)
	}
	orgs[id.str()] = id.pos
	if o.Org = org; o.Zone == "" {
		o.Zone = org.ID
	}
}
