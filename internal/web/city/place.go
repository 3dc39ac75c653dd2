package city

import (
	"strings"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/rule/col"
	"eyas/internal/rule/list"
)

// Place is a part of the city: a district, a group of districts, or all of it when empty.
type Place struct{ District, Group string }

const groupMark = "group:"

// ParsePlace reads a place as addresses write it: a district's code, elsewhere, or group: and a group's id.
func ParsePlace(text string) Place {
	if id, ok := strings.CutPrefix(text, groupMark); ok {
		return Place{Group: id}
	}
	return Place{District: text}
}

// String writes a place as addresses do.
func (p Place) String() string {
	if p.Group != "" {
		return groupMark + p.Group
	}
	return p.District
}

// Pairs are the name and value that addresses carry for the place.
func (p Place) Pairs() []string { return []string{"in", p.String()} }

// members are the districts of the place.
func (c *City) members(p Place) []string {
	if p.District != "" {
		return []string{p.District}
	}
	if g := c.Pack.Group(p.Group); g != nil {
		return g.Members
	}
	return nil
}

// CheckPlace refuses a place that the city does not have.
func (c *City) CheckPlace(p Place) error {
	if o := c.Org[p.District]; p.District != "" && p.District != pack.Elsewhere && !o.IsDistrict() {
		return fault.New(fault.NotFound, "没有代码为“"+p.District+"”的区。请从列表中选择。", "There is no district “"+p.District+"”. Choose one from the list.")
	}
	if p.Group != "" && c.Pack.Group(p.Group) == nil {
		return fault.New(fault.NotFound, "没有板块“"+p.Group+"”。请从列表中选择。", "There is no group “"+p.Group+"”. Choose one from the list.")
	}
	return nil
}

// PlaceName is the name of a place; that of the city for all of it.
func (c *City) PlaceName(p Place, lang string) string {
	if o := c.Org[p.District]; o != nil {
		return o.Name.In(lang)
	}
	if g := c.Pack.Group(p.Group); g != nil {
		return g.Name.In(lang)
	}
	if city := c.Pack.Orgs.City(); city != nil {
		return city.Name.In(lang)
	}
	return c.Pack.Name.In(lang)
}

// split is a table's rows by district: a bitmap each, so that counting a verdict by district is counting words.
type split struct {
	table *col.Table
	rows  map[string]col.Bitmap // by district; pack.Elsewhere for blanks and other places
}

// split gives the rows by district; that of the table used last is kept.
func (c *City) split(t *col.Table) *split {
	if s := c.last.Load(); s != nil && s.table == t {
		return s
	}
	s := &split{table: t, rows: map[string]col.Bitmap{}}
	by := list.ByDistrict(c.Pack.Orgs)
	for i, rows := range by.Split(t.Dicts[col.Key{Attr: c.DistrictAttr()}], t.N) {
		s.rows[by.Codes[i]] = rows
	}
	c.last.Store(s)
	return s
}

// DistrictAttr is the attribute whose codes are districts.
func (c *City) DistrictAttr() string {
	if a, _ := c.Register.PlaceAttributes(); a != nil {
		return a.ID
	}
	return ""
}

// RowsIn are the rows of a place; nil for the whole city.
func (c *City) RowsIn(t *col.Table, p Place) col.Bitmap {
	members := c.members(p)
	if members == nil {
		return nil
	}
	rows := col.NewBitmap(t.N)
	for _, id := range members {
		for i, w := range c.split(t).rows[id] {
			rows[i] |= w
		}
	}
	return rows
}

// ByDistrict counts rows by district; nil counts all.
func (c *City) ByDistrict(t *col.Table, rows col.Bitmap) map[string]int {
	counts := map[string]int{}
	for id, in := range c.split(t).rows {
		counts[id] = CountIn(in, rows, t.N)
	}
	return counts
}
