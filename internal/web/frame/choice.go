package frame

import "eyas/internal/web/city"

// SortLink is a head that sorts: the address, and how the list is sorted by it now.
type SortLink struct {
	URL  string
	Aria string // ascending, descending or empty
}

// Chip is one filter in force, and the address without it.
type Chip struct{ Label, URL string }

// Tick is an attribute that a form offers to tick.
type Tick struct {
	ID, Name string
	On       bool
}

// PlaceGroup is places to choose from under one head.
type PlaceGroup struct {
	Label  string
	Places []Option
}

// Option is one of several things to choose: a field of a form, or a link.
type Option struct {
	Value, Label, URL string
	On                bool
}

// PlacesOf are the choices of a place, by group.
func PlacesOf(c *city.City, lang string, text func(string, ...any) string, chosen city.Place) []PlaceGroup {
	groups := PlaceGroup{Label: text("place.groups")}
	for _, g := range c.Pack.Groups {
		groups.Places = append(groups.Places, Option{Value: city.Place{Group: g.ID}.String(), Label: g.Name.In(lang), On: chosen.Group == g.ID})
	}
	districts := PlaceGroup{Label: text("place.districts")}
	for _, o := range c.Districts {
		districts.Places = append(districts.Places, Option{Value: city.Place{District: o.ID}.String(), Label: o.Name.In(lang), On: chosen.District == o.ID})
	}
	return []PlaceGroup{groups, districts}
}
