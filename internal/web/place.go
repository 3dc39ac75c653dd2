package web

import (
	"slices"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/rule/col"
)

// place is a part of the city: a district, a group of districts, or all of it when empty.
type place struct{ district, group string }

// elsewhere stands for subjects whose district is blank or none of the city's.
const elsewhere = "?"

const groupMark = "group:"

// parsePlace reads a place as addresses write it: a district's code, elsewhere, or group: and a group's id.
func parsePlace(text string) place {
	if id, ok := strings.CutPrefix(text, groupMark); ok {
		return place{group: id}
	}
	return place{district: text}
}

func (p place) String() string {
	if p.group != "" {
		return groupMark + p.group
	}
	return p.district
}

// pairs are the name and value that addresses carry for the place.
func (p place) pairs() []string { return []string{"in", p.String()} }

// members are the districts of the place.
func (c *city) members(p place) []string {
	if p.district != "" {
		return []string{p.district}
	}
	if g := c.group(p.group); g != nil {
		return g.Members
	}
	return nil
}

func (c *city) group(id string) *pack.Group {
	i := slices.IndexFunc(c.pack.Groups, func(g pack.Group) bool { return g.ID == id })
	if i < 0 {
		return nil
	}
	return &c.pack.Groups[i]
}

func (c *city) checkPlace(p place) error {
	if o := c.org[p.district]; p.district != "" && p.district != elsewhere && (o == nil || o.Kind != "district") {
		return fault.New(fault.NotFound, "没有代码为“"+p.district+"”的区。请从列表中选择。", "There is no district “"+p.district+"”. Choose one from the list.")
	}
	if p.group != "" && c.group(p.group) == nil {
		return fault.New(fault.NotFound, "没有板块“"+p.group+"”。请从列表中选择。", "There is no group “"+p.group+"”. Choose one from the list.")
	}
	return nil
}

func (c *city) placeName(p place, lang string) string {
	if o := c.org[p.district]; o != nil {
		return o.Name.In(lang)
	}
	if g := c.group(p.group); g != nil {
		return g.Name.In(lang)
	}
	if len(c.pack.Orgs) > 0 {
		return c.pack.Orgs[0].Name.In(lang)
	}
	return c.pack.Name.In(lang)
}

// places are the choices of a place, by group.
func (c *city) places(lang string, text func(string, ...any) string, chosen place) []placeGroup {
	groups := placeGroup{Label: text("place.groups")}
	for _, g := range c.pack.Groups {
		groups.Places = append(groups.Places, option{Value: place{group: g.ID}.String(), Label: g.Name.In(lang), On: chosen.group == g.ID})
	}
	districts := placeGroup{Label: text("place.districts")}
	for _, o := range c.districts {
		districts.Places = append(districts.Places, option{Value: place{district: o.ID}.String(), Label: o.Name.In(lang), On: chosen.district == o.ID})
	}
	return []placeGroup{groups, districts}
}

// split is a table's rows by district: a bitmap each, so that counting a verdict by district is counting words.
type split struct {
	table *col.Table
	rows  map[string]col.Bitmap // by district; elsewhere for blanks and other places
}

// split gives the rows by district; that of the table used last is kept.
func (c *city) split(t *col.Table) *split {
	if s := c.last.Load(); s != nil && s.table == t {
		return s
	}
	s := &split{table: t, rows: map[string]col.Bitmap{elsewhere: col.NewBitmap(t.N)}}
	d := t.Dicts[col.Key{Attr: c.districtAttr()}]
	if d == nil {
		for i := range t.N {
			s.rows[elsewhere].Set(i)
		}
	} else {
		byWord := make([]col.Bitmap, len(d.Words))
		for i, word := range d.Words {
			byWord[i] = s.rows[elsewhere]
			if o := c.org[word]; o != nil && o.Kind == "district" {
				byWord[i] = col.NewBitmap(t.N)
				s.rows[word] = byWord[i]
			}
		}
		for row, word := range d.Val {
			byWord[word].Set(row)
		}
	}
	c.last.Store(s)
	return s
}

// districtAttr is the attribute whose codes are districts.
func (c *city) districtAttr() string {
	for _, a := range c.register.Attributes {
		if a.Codes == "org" {
			return a.ID
		}
	}
	return ""
}

// rowsIn are the rows of a place; nil for the whole city.
func (c *city) rowsIn(t *col.Table, p place) col.Bitmap {
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

// byDistrict counts rows by district; nil counts all.
func (c *city) byDistrict(t *col.Table, rows col.Bitmap) map[string]int {
	counts := map[string]int{}
	for id, in := range c.split(t).rows {
		counts[id] = countIn(in, rows, t.N)
	}
	return counts
}
