package words

import (
	"strconv"

	"eyas/internal/pack"
	"eyas/internal/rule/col"
)

// Key writes a key as sorting and addresses know it.
func Key(k col.Key) string {
	if k.Year == 0 {
		return k.Attr
	}
	return k.Attr + "@" + strconv.Itoa(k.Year)
}

// KeyName names an attribute, with its year where it has one.
func (w Writer) KeyName(k col.Key) string {
	a := w.City.Attributes[k.Attr]
	if k.Year != 0 {
		return strconv.Itoa(k.Year) + " " + a.Name.In(w.Lang)
	}
	return w.Name(a)
}

// ValueKey names a value as forms do: staff@2020, or district.
func ValueKey(a *pack.Attribute, year int) string {
	if year == 0 {
		return a.ID
	}
	return a.ID + "@" + strconv.Itoa(year)
}

// YearName names an attribute with its year.
func (w Writer) YearName(a *pack.Attribute, year int) string {
	if year == 0 {
		return w.Name(a)
	}
	return strconv.Itoa(year) + " " + a.Name.In(w.Lang)
}
