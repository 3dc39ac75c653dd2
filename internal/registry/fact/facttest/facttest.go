// Package facttest draws facts for tests.
package facttest

import (
	"math"
	"slices"

	"pgregory.net/rapid"

	"eyas/internal/pack"
	"eyas/internal/registry/fact"
)

// Register has one attribute of each kind, yearly and not.
func Register() *pack.Register {
	reg := &pack.Register{ID: "enterprise", CodeAttr: "uscc", NameAttr: "name", BeginsAttr: "registered_on"}
	for _, a := range []pack.Attribute{
		{ID: "uscc", Kind: pack.Code}, {ID: "name", Kind: pack.String}, {ID: "registered_on", Kind: pack.Date}, {ID: "listed", Kind: pack.Boolean},
		{ID: "scope", Kind: pack.List}, {ID: "sales", Kind: pack.Money, Yearly: true}, {ID: "staff", Kind: pack.Integer, Yearly: true},
		{ID: "share", Kind: pack.Decimal, Yearly: true},
	} {
		a.Index = len(reg.Attributes)
		reg.Attributes = append(reg.Attributes, &a)
	}
	return reg
}

// Numbers numbers the attributes of a register.
func Numbers(reg *pack.Register) map[string]int { return fact.Missing(IDs(reg), nil) }

// IDs gives the ids of a register's attributes.
func IDs(reg *pack.Register) (ids []string) {
	for _, a := range reg.Attributes {
		ids = append(ids, a.ID)
	}
	return ids
}

// Fact draws a fact; records are few so that they repeat.
func Fact(reg *pack.Register) *rapid.Generator[fact.Fact] {
	return rapid.Custom(func(t *rapid.T) fact.Fact {
		f := fact.Fact{
			Attr:   rapid.SampledFrom(reg.Attributes).Draw(t, "attr"),
			Record: rapid.Int64Range(1, 1<<40).Draw(t, "record"),
			Cell:   rapid.IntRange(0, 16384).Draw(t, "cell"),
		}
		if rapid.Bool().Draw(t, "old") {
			f.Record = f.Record%5 + 1
		}
		if f.Attr.Yearly {
			f.Year = rapid.IntRange(1900, 2100).Draw(t, "year")
		}
		switch f.Attr.Kind {
		case pack.Date:
			f.Value.Int = rapid.Int64Range(-40000, 40000).Draw(t, "day")
		case pack.Boolean:
			f.Value.Int = rapid.Int64Range(0, 1).Draw(t, "yes")
		case pack.Integer, pack.Decimal, pack.Money:
			f.Value.Num = rapid.OneOf(rapid.Float64(), rapid.Just(0.0), rapid.Just(math.Copysign(0, -1)), rapid.Just(float64(1<<53)),
				rapid.Map(rapid.Int64Range(-1e16, 1e16), func(n int64) float64 { return float64(n) })).Draw(t, "num")
		default:
			f.Value.Str = rapid.String().Draw(t, "text")
		}
		return f
	})
}

// Sorted draws facts as a profile has them.
func Sorted(reg *pack.Register) *rapid.Generator[[]fact.Fact] {
	return rapid.Custom(func(t *rapid.T) []fact.Fact {
		list := rapid.SliceOfN(Fact(reg), 0, 40).Draw(t, "facts")
		slices.SortStableFunc(list, fact.Compare)
		return slices.CompactFunc(list, func(a, b fact.Fact) bool { return fact.Compare(a, b) == 0 })
	})
}

// SameBits reports whether two facts are the same to the last bit.
func SameBits(a, b fact.Fact) bool {
	return a.Attr == b.Attr && a.Year == b.Year && a.Record == b.Record && a.Cell == b.Cell && a.Value.Int == b.Value.Int && a.Value.Str == b.Value.Str &&
		math.Float64bits(a.Value.Num) == math.Float64bits(b.Value.Num)
}
