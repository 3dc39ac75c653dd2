package fact_test

import (
	"bytes"
	"fmt"
	"math"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/fact/facttest"
)

// plainCodec is a codec of a pack without sources.
func plainCodec(reg *pack.Register, numbers map[string]int) *fact.Codec {
	return fact.NewCodec(&pack.Pack{}, reg, numbers, nil)
}

func TestFactsRoundTrip(t *testing.T) {
	reg := facttest.Register()
	c := plainCodec(reg, facttest.Numbers(reg))
	rapid.Check(t, func(t *rapid.T) {
		facts := facttest.Sorted(reg).Draw(t, "facts")
		blob := c.Append([]byte("before"), facts)
		got, err := c.Read(nil, blob[len("before"):])
		if err != nil {
			t.Fatal(err)
		}
		if !slices.EqualFunc(got, facts, facttest.SameBits) {
			t.Fatalf("read %+v, wrote %+v", got, facts)
		}
	})
}

// What was written under one pack is read under another: attributes moved, gone, or of another kind.
func TestFactsUnderAnotherPack(t *testing.T) {
	old := facttest.Register()
	numbers := facttest.Numbers(old)
	facts := []fact.Fact{
		{Attr: old.Attribute("name"), Value: fact.Value{Str: "甲"}, Record: 3, Cell: 1},
		{Attr: old.Attribute("registered_on"), Value: fact.Value{Int: 17000}, Record: 3, Cell: 2},
		{Attr: old.Attribute("listed"), Value: fact.Value{Int: 1}, Record: 2, Cell: 3},
		{Attr: old.Attribute("sales"), Year: 2020, Value: fact.Value{Num: 5}, Record: 2, Cell: 4},
		{Attr: old.Attribute("staff"), Year: 2020, Value: fact.Value{Num: 7}, Record: 2, Cell: 5},
	}
	blob := plainCodec(old, numbers).Append(nil, facts)

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
	added := fact.Missing(facttest.IDs(now), numbers)
	if !reflect.DeepEqual(added, map[string]int{"added": len(old.Attributes) + 1}) {
		t.Fatalf("numbered %v", added)
	}
	for id, n := range added {
		numbers[id] = n
	}
	got, err := plainCodec(now, numbers).Read(nil, blob)
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

// heard writes down the values that it is given, in the order of a profile.
type heard []string

func (h *heard) Begin(subject int64, code, name string) error { return nil }

func (h *heard) Number(a *pack.Attribute, year int, v float64) {
	h.add(a, year, fmt.Sprintf("number %x", math.Float64bits(v)))
}

func (h *heard) Integer(a *pack.Attribute, year int, v int64) {
	h.add(a, year, fmt.Sprintf("integer %d", v))
}

func (h *heard) Text(a *pack.Attribute, year int, v []byte) {
	h.add(a, year, fmt.Sprintf("text %q", v))
}

func (h *heard) add(a *pack.Attribute, year int, what string) {
	*h = append(*h, fmt.Sprintf("%s@%d %s", a.ID, year, what))
}

// sameValues checks that values gives what reading the facts gives, of what is not void, or fails where it fails.
func sameValues(t interface{ Fatalf(string, ...any) }, c *fact.Codec, blob []byte) {
	var got, want heard
	facts, err := c.Read(nil, blob)
	if failed := c.Values(blob, &got); (failed == nil) != (err == nil) {
		t.Fatalf("values: %v, facts: %v", failed, err)
	}
	if err != nil {
		return
	}
	if err := (&fact.Profile{Facts: fact.WithoutVoid(facts)}).Give(&want); err != nil {
		t.Fatalf("%v", err)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Fatalf("values: %q, facts: %q", got, want)
	}
}

// The values of a profile are those of its facts, under the pack that they were written by and under another.
func TestValues(t *testing.T) {
	reg := facttest.Register()
	numbers := facttest.Numbers(reg)
	c := plainCodec(reg, numbers)
	other := facttest.Register() // of other kinds, and without the last
	other.Attributes = other.Attributes[:len(other.Attributes)-1]
	other.Attribute("sales").Kind, other.Attribute("scope").Kind, other.Attribute("listed").Kind = pack.String, pack.Integer, pack.Decimal
	rapid.Check(t, func(t *rapid.T) {
		facts := facttest.Sorted(reg).Draw(t, "facts")
		for i := range facts {
			facts[i].Void = rapid.IntRange(0, 4).Draw(t, "void") == 0
		}
		blob := c.Append(nil, facts)
		sameValues(t, c, blob)
		sameValues(t, plainCodec(other, numbers), blob)
		sameValues(t, c, blob[:rapid.IntRange(0, len(blob)).Draw(t, "cut")])
	})
}

// A profile of forty values takes about as much as its texts and eight bytes a value.
func TestFactsAreSmall(t *testing.T) {
	reg := facttest.Register()
	var facts []fact.Fact
	for year := 2001; year <= 2020; year++ {
		facts = append(facts, fact.Fact{Attr: reg.Attribute("sales"), Year: year, Value: fact.Value{Num: 123456789}, Record: 1 << 40, Cell: year - 2000})
	}
	for year := 2001; year <= 2020; year++ {
		facts = append(facts, fact.Fact{Attr: reg.Attribute("staff"), Year: year, Value: fact.Value{Num: 120}, Record: 1 << 40, Cell: year - 1980})
	}
	if n := len(plainCodec(reg, facttest.Numbers(reg)).Append(nil, facts)); n > 300 {
		t.Errorf("forty values take %d bytes", n)
	}
}

func FuzzReadFacts(f *testing.F) {
	reg := facttest.Register()
	c := plainCodec(reg, facttest.Numbers(reg))
	f.Add(c.Append(nil, []fact.Fact{
		{Attr: reg.Attribute("name"), Value: fact.Value{Str: "甲"}, Record: 9, Cell: 1}, {Attr: reg.Attribute("share"), Year: 2020, Value: fact.Value{Num: 0.5}, Record: 8},
	}))
	f.Add([]byte{1, 0})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, blob []byte) {
		sameValues(t, c, blob)
		facts, err := c.Read(nil, blob)
		if err != nil {
			if len(facts) > 0 {
				t.Fatal("facts with an error")
			}
			return
		}
		// What could be read says the same when written and read again.
		again, err := c.Read(nil, c.Append(nil, facts))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.EqualFunc(again, facts, facttest.SameBits) {
			t.Fatalf("%+v became %+v", facts, again)
		}
	})
}

func TestAppendFactsIsStable(t *testing.T) {
	reg := facttest.Register()
	c := plainCodec(reg, facttest.Numbers(reg))
	got := c.Append(nil, []fact.Fact{
		{Attr: reg.Attribute("name"), Value: fact.Value{Str: "甲"}, Record: 300, Cell: 1},
		{Attr: reg.Attribute("listed"), Value: fact.Value{Int: 1}, Record: 2},
		{Attr: reg.Attribute("sales"), Year: 2020, Value: fact.Value{Num: -3}, Record: 300, Cell: 2},
		{Attr: reg.Attribute("share"), Year: 1999, Value: fact.Value{Num: 0.5}, Record: 300, Cell: 3},
	})
	want := []byte{2,
		2, 2, 0, 0, 0xaa, 2, 0, 0, // records 2 and 300, without sources and days
		2<<2 | 2, 0, 1, 1, 3, 0xe7, 0x94, 0xb2,
		4 << 2, 0, 0, 0, 2,
		6 << 2, 41, 1, 2, 5,
		8<<2 | 1, 2, 1, 3, 0, 0, 0, 0, 0, 0, 0xe0, 0x3f,
	}
	if !bytes.Equal(got, want) {
		t.Errorf("stored profiles would no longer be read:\n got %v\nwant %v", got, want)
	}
}
