package city

import (
	"strconv"
	"strings"

	"eyas/internal/fault"
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
