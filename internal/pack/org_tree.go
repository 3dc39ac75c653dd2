package pack

import (
	"slices"
	"time"
)

// Elsewhere is the code of subjects without a district or with one outside the city, in counts and filters.
const Elsewhere = "?"

// Orgs are the organisations of a city in file order, parents before children. The first one is the city.
type Orgs []*Org

// ByID returns an org; nil if there is none.
func (o Orgs) ByID(id string) *Org {
	for _, x := range o {
		if x.ID == id {
			return x
		}
	}
	return nil
}

// City returns the city; nil in a pack without orgs.
func (o Orgs) City() *Org {
	if len(o) == 0 {
		return nil
	}
	return o[0]
}

// Districts returns the districts in file order.
func (o Orgs) Districts() []*Org { return o.of((*Org).IsDistrict) }

// Zones returns the zones and parks in file order.
func (o Orgs) Zones() []*Org { return o.of((*Org).IsZone) }

// Children returns the orgs directly below one.
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

// Path returns an org and the orgs above it, the city last; nil for an unknown id.
func (o Orgs) Path(id string) (path []*Org) {
	for x := o.ByID(id); x != nil && len(path) < len(o); x = o.ByID(x.Parent) {
		path = append(path, x)
	}
	return path
}

// Within reports whether an org is outer or lies in it. It is false for an unknown id.
func (o Orgs) Within(id, outer string) bool {
	return slices.ContainsFunc(o.Path(id), func(x *Org) bool { return x.ID == outer })
}

// IsDistrict reports whether the org is a district; false for nil.
func (o *Org) IsDistrict() bool { return o != nil && o.Kind == "district" }

// IsZone reports whether the org is a zone or a park; false for nil.
func (o *Org) IsZone() bool { return o != nil && (o.Kind == "zone" || o.Kind == "park") }

// IsPark reports whether the org is a park; false for nil.
func (o *Org) IsPark() bool { return o != nil && o.Kind == "park" }

// Exists reports whether the org existed on a day.
func (o *Org) Exists(day time.Time) bool {
	return !day.Before(o.From) && (o.Until.IsZero() || !day.After(o.Until))
}

// Group returns a group of districts; nil if there is none.
func (p *Pack) Group(id string) *Group {
	for i := range p.Groups {
		if p.Groups[i].ID == id {
			return &p.Groups[i]
		}
	}
	return nil
}

// GroupOf returns the group of a district; nil if it is in none.
func (p *Pack) GroupOf(district string) *Group {
	for i := range p.Groups {
		if slices.Contains(p.Groups[i].Members, district) {
			return &p.Groups[i]
		}
	}
	return nil
}

// Location is the district, zone and park of a subject. Each is nil if unknown, or if it did not exist on the day.
type Location struct{ District, Zone, Park *Org }

// Locate returns the location for the codes of a district and of a zone or park, on a day. A park determines its zone.
// A zone in one district determines the district of a subject without one.
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

// PlaceAttributes returns the attributes of the register for the district and for the zone or park; nil if there is
// none.
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
