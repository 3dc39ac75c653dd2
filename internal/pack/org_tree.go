package pack

import (
	"slices"
	"time"
)

// Elsewhere stands for subjects whose district is blank or none of the city's, wherever they are counted or chosen.
const Elsewhere = "?"

// Orgs are the parts of a city in file order, parents before what lies in them; the first is the city.
type Orgs []*Org

// ByID finds an org; nil when there is none.
func (o Orgs) ByID(id string) *Org {
	for _, x := range o {
		if x.ID == id {
			return x
		}
	}
	return nil
}

// City is the root; nil in a pack without orgs.
func (o Orgs) City() *Org {
	if len(o) == 0 {
		return nil
	}
	return o[0]
}

// Districts are the districts in file order.
func (o Orgs) Districts() []*Org { return o.of((*Org).IsDistrict) }

// Zones are the zones and parks in file order.
func (o Orgs) Zones() []*Org { return o.of((*Org).IsZone) }

// Children are the orgs directly below one.
func (o Orgs) Children(id string) []*Org {
	return o.of(func(x *Org) bool { return x.Parent == id && id != "" })
}

func (o Orgs) of(is func(*Org) bool) (list []*Org) {
	for _, x := range o {
		if is(x) {
			list = append(list, x)
		}
	}
	return list
}

// Path gives an org and all that it lies in, the city last; none for one that does not exist.
func (o Orgs) Path(id string) (path []*Org) {
	for x := o.ByID(id); x != nil && len(path) < len(o); x = o.ByID(x.Parent) {
		path = append(path, x)
	}
	return path
}

// Within reports whether an org is another one or lies in it. Nothing lies in an org that does not exist.
func (o Orgs) Within(id, outer string) bool {
	return slices.ContainsFunc(o.Path(id), func(x *Org) bool { return x.ID == outer })
}

// IsDistrict reports a district.
func (o *Org) IsDistrict() bool { return o != nil && o.Kind == "district" }

// IsZone reports a zone or a park.
func (o *Org) IsZone() bool { return o != nil && (o.Kind == "zone" || o.Kind == "park") }

// IsPark reports a park.
func (o *Org) IsPark() bool { return o != nil && o.Kind == "park" }

// Exists reports whether there was the org on a day.
func (o *Org) Exists(day time.Time) bool {
	return !day.Before(o.From) && (o.Until.IsZero() || !day.After(o.Until))
}

// Group finds a group of districts; nil when there is none.
func (p *Pack) Group(id string) *Group {
	for i := range p.Groups {
		if p.Groups[i].ID == id {
			return &p.Groups[i]
		}
	}
	return nil
}

// GroupOf finds the group of a district; nil when it is in none.
func (p *Pack) GroupOf(district string) *Group {
	for i := range p.Groups {
		if slices.Contains(p.Groups[i].Members, district) {
			return &p.Groups[i]
		}
	}
	return nil
}

// Location is where a subject lies: in a district, and perhaps in a zone and a park. Each is nil where it is not known, or
// where there was none of the name on the day.
type Location struct{ District, Zone, Park *Org }

// Locate says where a subject lies on a day, by the codes of its district and of its zone or park. A park says its zone, and
// a zone that lies in one district says the district of a subject that names none.
func (o Orgs) Locate(district, zone string, day time.Time) (at Location) {
	if d := o.ByID(district); d.IsDistrict() && d.Exists(day) {
		at.District = d
	}
	for _, x := range o.Path(zone) {
		switch {
		case !x.Exists(day):
		case x.IsPark() && at.Park == nil:
			at.Park = x
		case x.IsZone() && !x.IsPark() && at.Zone == nil:
			at.Zone = x
		case x.IsDistrict() && at.District == nil:
			at.District = x
		}
	}
	return at
}

// Within reports whether the location is in an org: the city, a district, a zone or a park.
func (at Location) Within(o Orgs, outer string) bool {
	for _, x := range []*Org{at.District, at.Zone, at.Park} {
		if x != nil && o.Within(x.ID, outer) {
			return true
		}
	}
	return false
}

// PlaceAttributes are the attributes of a register that hold the district of a subject, and its zone or park; nil where it
// has none.
func (r *Register) PlaceAttributes() (district, zone *Attribute) {
	for _, a := range r.Attributes {
		switch {
		case a.Codes == "org" && district == nil:
			district = a
		case a.Codes == "zone" && zone == nil:
			zone = a
		}
	}
	return district, zone
}
