package city

import (
	"strconv"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/rule/col"
)

// Key reads "staff", "staff@2019"; a yearly attribute without a year means the base year.
func (c *City) Key(text string, base int) (col.Key, error) {
	id, year, dated := strings.Cut(text, "@")
	a := c.Attributes[id]
	bad := fault.New(fault.Invalid, "没有数据项“"+text+"”。请从列表中选择，例如 staff@2020。", "There is no attribute “"+text+"”. Choose one from the list, e.g. staff@2020.")
	if a == nil {
		return col.Key{}, bad
	}
	k := col.Key{Attr: id}
	switch {
	case a.Yearly && dated:
		n, err := strconv.Atoi(year)
		if err != nil {
			return col.Key{}, bad
		}
		k.Year = n
	case a.Yearly:
		k.Year = base
	case dated:
		return col.Key{}, bad
	}
	return k, nil
}

// IsColumn reports whether a list can show the column.
func (c *City) IsColumn(id string) bool {
	kind, rest, found := strings.Cut(id, ".")
	if found {
		r := c.Recognition(rest)
		return r != nil && (kind == "v" || kind == "s" && r.Score != nil)
	}
	if id == "code" {
		return true
	}
	attr, _, _ := strings.Cut(id, "@")
	a := c.Attributes[attr]
	return a != nil && InColumns(a) && attr != c.Register.CodeAttr
}

// InColumns reports whether the values of an attribute are held in memory: other text is only known to be present.
func InColumns(a *pack.Attribute) bool {
	return !a.Personal && a.Kind != pack.String && a.Kind != pack.List
}
