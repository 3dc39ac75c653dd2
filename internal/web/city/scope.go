package city

import (
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/rule/col"
)

// A scope is the part of the city that a request is about, as addresses write it: the id of a district, a zone or a park, or
// group: and the id of a group of districts. The empty scope is the whole city.

// CheckScope refuses what is no part of the city.
func (c *City) CheckScope(scope string) error {
	p := ParsePlace(scope)
	switch o := c.Org[p.District]; {
	case p.Group != "" && c.Pack.Group(p.Group) != nil, o.IsDistrict(), o.IsZone():
		return nil
	}
	return fault.New(fault.NotFound, "没有代码为“"+scope+"”的区、板块或园区，没有采用这个范围。请从顶栏的“范围”里选择。",
		"There is no district, group or park “"+scope+"”, and the scope was left out. Choose one in the top bar.")
}

// ScopeName is the name of a scope, short where the city has a short one.
func (c *City) ScopeName(scope, lang string) string {
	p := ParsePlace(scope)
	if o := c.Org[p.District]; o != nil {
		return o.Name.In(lang)
	}
	return c.PlaceName(p, lang)
}

// ScopeOf is the scope by which a register can be narrowed, at most as narrow as the one that is asked for: of a zone, the
// district that it lies in where the register says no zones. It is empty where the register does not say where its subjects lie.
func (c *City) ScopeOf(scope string) string {
	if c.Register == nil || scope == "" {
		return ""
	}
	district, zone := c.Register.PlaceAttributes()
	switch o := c.Org[ParsePlace(scope).District]; {
	case o.IsZone() && zone != nil:
		return scope
	case district == nil:
		return ""
	case o.IsZone():
		for _, x := range c.Pack.Orgs.Path(o.ID) {
			if x.IsDistrict() {
				return x.ID
			}
		}
		return ""
	}
	return scope
}

// DistrictsOf are the districts of a scope, for what is known by districts only; nil for the whole city, and for a zone that
// lies in no one district.
func (c *City) DistrictsOf(scope string) []string {
	for _, x := range c.Pack.Orgs.Path(ParsePlace(scope).District) {
		if x.IsDistrict() {
			return []string{x.ID}
		}
	}
	return c.members(Place{Group: ParsePlace(scope).Group})
}

// scoped is the rows of a scope in a table.
type scoped struct {
	table *col.Table
	scope string
	rows  col.Bitmap
}

// RowsOf are the rows of a scope in a table of the register; nil for all of them. Those of the scope asked last are kept, and
// are not to be changed.
func (c *City) RowsOf(t *col.Table, scope string) col.Bitmap {
	if scope = c.ScopeOf(scope); scope == "" {
		return nil
	}
	if s := c.within.Load(); s != nil && s.table == t && s.scope == scope {
		return s.rows
	}
	s := &scoped{t, scope, nil}
	if o := c.Org[ParsePlace(scope).District]; o.IsZone() {
		s.rows = c.rowsOfZone(t, o)
	} else {
		s.rows = c.RowsIn(t, ParsePlace(scope))
	}
	c.within.Store(s)
	return s.rows
}

// rowsOfZone are the rows that say a zone, or a park in it.
func (c *City) rowsOfZone(t *col.Table, zone *pack.Org) col.Bitmap {
	rows := col.NewBitmap(t.N)
	_, a := c.Register.PlaceAttributes()
	words := t.Dicts[col.Key{Attr: a.ID}]
	if words == nil {
		return rows
	}
	in := make([]bool, len(words.Words))
	for i, w := range words.Words {
		in[i] = i > 0 && c.Pack.Orgs.Within(w, zone.ID)
	}
	for row := range t.N {
		if in[words.Val[row]] {
			rows.Set(row)
		}
	}
	return rows
}

// Both are the rows in two sets, of which nil is all rows. Neither is changed.
func Both(a, b col.Bitmap) col.Bitmap {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	}
	both := a.Clone()
	both.And(b)
	return both
}
