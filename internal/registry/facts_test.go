package registry

import (
	"bytes"
	"fmt"
	"math"
	"reflect"
	"slices"
	"testing"

	"eyas/internal/pack"

	"pgregory.net/rapid"
)

// smallRegister has one attribute of each kind, yearly and not.
func smallRegister() *pack.Register {
	reg := &pack.Register{ID: "enterprise", CodeAttr: "uscc", NameAttr: "name"}
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

func numbersOf(reg *pack.Register) map[string]int { return missing(idsOf(reg), nil) }

func idsOf(reg *pack.Register) (ids []string) {
	for _, a := range reg.Attributes {
		ids = append(ids, a.ID)
	}
	return ids
}

// plainCodec is a codec of a pack without sources.
func plainCodec(reg *pack.Register, numbers map[string]int) *codec {
	return newCodec(&pack.Pack{}, reg, numbers, nil)
}

// aFact draws a fact; records are few so that they repeat.
func aFact(reg *pack.Register) *rapid.Generator[Fact] {
	return rapid.Custom(func(t *rapid.T) Fact {
		f := Fact{
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

func sortedFacts(reg *pack.Register) *rapid.Generator[[]Fact] {
	return rapid.Custom(func(t *rapid.T) []Fact {
		list := rapid.SliceOfN(aFact(reg), 0, 40).Draw(t, "facts")
		slices.SortStableFunc(list, compareFacts)
		return slices.CompactFunc(list, func(a, b Fact) bool { return compareFacts(a, b) == 0 })
	})
}

func sameBits(a, b Fact) bool {
	return a.Attr == b.Attr && a.Year == b.Year && a.Record == b.Record && a.Cell == b.Cell && a.Value.Int == b.Value.Int && a.Value.Str == b.Value.Str &&
		math.Float64bits(a.Value.Num) == math.Float64bits(b.Value.Num)
}

func TestFactsRoundTrip(t *testing.T) {
	reg := smallRegister()
	c := plainCodec(reg, numbersOf(reg))
	rapid.Check(t, func(t *rapid.T) {
		facts := sortedFacts(reg).Draw(t, "facts")
		blob := c.appendFacts([]byte("before"), facts)
		got, err := c.readFacts(nil, blob[len("before"):])
		if err != nil {
			t.Fatal(err)
		}
		if !slices.EqualFunc(got, facts, sameBits) {
			t.Fatalf("read %+v, wrote %+v", got, facts)
		}
	})
}

// What was written under one pack is read under another: attributes moved, gone, or of another kind.
func TestFactsUnderAnotherPack(t *testing.T) {
	old := smallRegister()
	numbers := numbersOf(old)
	facts := []Fact{
		{Attr: old.Attribute("name"), Value: Value{Str: "甲"}, Record: 3, Cell: 1},
		{Attr: old.Attribute("registered_on"), Value: Value{Int: 17000}, Record: 3, Cell: 2},
		{Attr: old.Attribute("listed"), Value: Value{Int: 1}, Record: 2, Cell: 3},
		{Attr: old.Attribute("sales"), Year: 2020, Value: Value{Num: 5}, Record: 2, Cell: 4},
		{Attr: old.Attribute("staff"), Year: 2020, Value: Value{Num: 7}, Record: 2, Cell: 5},
	}
	blob := plainCodec(old, numbers).appendFacts(nil, facts)

	now := &pack.Register{ID: "enterprise"}
	for _, a := range []pack.Attribute{
		{ID: "staff", Kind: pack.Decimal, Yearly: true}, // moved, and still a number
		{ID: "listed", Kind: pack.String},               // no longer yes or no: left out
		{ID: "name", Kind: pack.String},
		{ID: "sales", Kind: pack.Money, Yearly: true},
		{ID: "added", Kind: pack.Integer},
	} {
		a.Index = len(now.Attributes)
		now.Attributes = append(now.Attributes, &a)
	}
	added := missing(idsOf(now), numbers)
	if !reflect.DeepEqual(added, map[string]int{"added": len(old.Attributes) + 1}) {
		t.Fatalf("numbered %v", added)
	}
	for id, n := range added {
		numbers[id] = n
	}
	got, err := plainCodec(now, numbers).readFacts(nil, blob)
	if err != nil {
		t.Fatal(err)
	}
	var text string
	for _, f := range got {
		text += fmt.Sprintf("%s@%d=%v%s/%d ", f.Attr.ID, f.Year, f.Value.Num, f.Value.Str, f.Record)
	}
	if want := "staff@2020=7/2 name@0=0甲/3 sales@2020=5/2 "; text != want {
		t.Errorf("read %q, want %q", text, want)
	}
}

// A profile of forty values takes about as much as its texts and eight bytes a value.
func TestFactsAreSmall(t *testing.T) {
	reg := smallRegister()
	var facts []Fact
	for year := 2001; year <= 2020; year++ {
		facts = append(facts, Fact{Attr: reg.Attribute("sales"), Year: year, Value: Value{Num: 123456789}, Record: 1 << 40, Cell: year - 2000})
	}
	for year := 2001; year <= 2020; year++ {
		facts = append(facts, Fact{Attr: reg.Attribute("staff"), Year: year, Value: Value{Num: 120}, Record: 1 << 40, Cell: year - 1980})
	}
	if n := len(plainCodec(reg, numbersOf(reg)).appendFacts(nil, facts)); n > 300 {
		t.Errorf("forty values take %d bytes", n)
	}
}

func FuzzReadFacts(f *testing.F) {
	reg := smallRegister()
	c := plainCodec(reg, numbersOf(reg))
	f.Add(c.appendFacts(nil, []Fact{
		{Attr: reg.Attribute("name"), Value: Value{Str: "甲"}, Record: 9, Cell: 1}, {Attr: reg.Attribute("share"), Year: 2020, Value: Value{Num: 0.5}, Record: 8},
	}))
	f.Add([]byte{1, 0})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, blob []byte) {
		facts, err := c.readFacts(nil, blob)
		if err != nil {
			if len(facts) > 0 {
				t.Fatal("facts with an error")
			}
			return
		}
		// What could be read says the same when written and read again.
		again, err := c.readFacts(nil, c.appendFacts(nil, facts))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.EqualFunc(again, facts, sameBits) {
			t.Fatalf("%+v became %+v", facts, again)
		}
	})
}

// Folding records one after another is folding each value on its own: the last that says something new wins.
func TestFold(t *testing.T) {
	reg := smallRegister()
	c := plainCodec(reg, numbersOf(reg))
	type key struct {
		attr string
		year int
	}
	rapid.Check(t, func(t *rapid.T) {
		want := map[key]Fact{}
		var facts []Fact
		for n := range rapid.IntRange(0, 5).Draw(t, "records") {
			later := rapid.SliceOfN(rapid.Map(aFact(reg), func(f Fact) Fact { // few values, so that they repeat
				f.Year = min(f.Year, 1901)
				switch n := f.Cell % 2; {
				case f.Attr.Kind.Numeric():
					f.Value = Value{Num: float64(n)}
				case f.Attr.Kind == pack.Date || f.Attr.Kind == pack.Boolean:
					f.Value = Value{Int: int64(n)}
				default:
					f.Value = Value{Str: fmt.Sprint(n)}
				}
				return f
			}), 0, 8).Draw(t, "record")
			for j := range later {
				later[j].Record = int64(n + 1) // records come in order
			}
			changed := false
			for _, f := range later {
				k := key{f.Attr.ID, f.Year}
				declared := f.Cell == 0 && want[k].Cell != 0 // a "no" without a cell takes nothing back
				if old, ok := want[k]; !ok || old.Value != f.Value && !declared {
					want[k] = f
					changed = true
				}
			}
			got := false
			facts, got, _ = c.fold(facts, later)
			if got != changed {
				t.Fatalf("changed %v, want %v", got, changed)
			}
			if !slices.IsSortedFunc(facts, compareFacts) || len(facts) != len(want) {
				t.Fatalf("%d facts, want %d in order", len(facts), len(want))
			}
			for _, f := range facts {
				if !sameBits(f, want[key{f.Attr.ID, f.Year}]) {
					t.Fatalf("%+v, want %+v", f, want[key{f.Attr.ID, f.Year}])
				}
			}
		}
	})
}

// A name in another width is not another name.
func TestFoldNames(t *testing.T) {
	reg := smallRegister()
	c := plainCodec(reg, numbersOf(reg))
	name := func(s string) []Fact { return []Fact{{Attr: reg.Attribute("name"), Value: Value{Str: s}}} }
	for _, x := range []struct {
		from, to string
		changed  bool
	}{
		{"甲（天津）公司", "甲(天津) 公司", false},
		{"甲公司", "乙公司", true},
	} {
		facts, changed, _ := c.fold(name(x.from), name(x.to))
		if changed != x.changed || changed != (facts[0].Value.Str == x.to) {
			t.Errorf("%s → %s: %v, %s", x.from, x.to, changed, facts[0].Value.Str)
		}
	}
}

func TestAppendFactsIsStable(t *testing.T) {
	reg := smallRegister()
	c := plainCodec(reg, numbersOf(reg))
	got := c.appendFacts(nil, []Fact{
		{Attr: reg.Attribute("name"), Value: Value{Str: "甲"}, Record: 300, Cell: 1},
		{Attr: reg.Attribute("listed"), Value: Value{Int: 1}, Record: 2},
		{Attr: reg.Attribute("sales"), Year: 2020, Value: Value{Num: -3}, Record: 300, Cell: 2},
		{Attr: reg.Attribute("share"), Year: 1999, Value: Value{Num: 0.5}, Record: 300, Cell: 3},
	})
	want := []byte{2,
		2, 2, 0, 0, 0xaa, 2, 0, 0, // records 2 and 300, without sources and days
		2<<2 | asText, 0, 1, 1, 3, 0xe7, 0x94, 0xb2,
		4<<2 | asInteger, 0, 0, 0, 2,
		6<<2 | asInteger, 41, 1, 2, 5,
		8<<2 | asFloat, 2, 1, 3, 0, 0, 0, 0, 0, 0, 0xe0, 0x3f,
	}
	if !bytes.Equal(got, want) {
		t.Errorf("stored profiles would no longer be read:\n got %v\nwant %v", got, want)
	}
}
