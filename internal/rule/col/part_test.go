package col_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/rule/col"
	"eyas/internal/rule/col/coltest"
)

// Filling parts and appending them gives the same table as adding the profiles one by one, for any sizes of parts. Even
// the numbers of words are the same.
func TestPartsEqualBuilding(t *testing.T) {
	const large = 1<<16 + 5000 // more rows than a chunk of the whole has
	of := coltest.Random(coltest.Register(), large, 5, 0.5)
	source := coltest.NewSource(of)
	sizes := rand.New(rand.NewPCG(1, 2))
	for _, c := range []struct {
		rows  int
		wordy bool
	}{{0, false}, {1, false}, {5000, false}, {5000, true}, {large, false}} {
		one, whole := col.NewBuilder(of.Register), col.NewBuilder(of.Register)
		if c.wordy {
			one.KeepTexts()
			whole.KeepTexts()
		}
		parts := []*col.Builder{whole.Part(), whole.Part()}
		var p fact.Profile
		for row, turn := 0, 0; row < c.rows; turn++ {
			part := parts[turn%2]
			size := []int{0, 1, 63, 64, 65, 1000, 1024, 1025, 3000}[sizes.IntN(9)]
			for ; size > 0 && row < c.rows; size, row = size-1, row+1 {
				source.Profile(row, &p)
				p.Gone = row%7 == 3
				for _, b := range []*col.Builder{one, part} {
					if err := b.Add(&p); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := whole.Append(part); err != nil {
				t.Fatal(err)
			}
			if part.Len() != 0 {
				t.Fatal("a part that was appended is empty")
			}
		}
		if want, got := one.Table(4), whole.Table(4); !reflect.DeepEqual(want, got) {
			t.Fatalf("%+v: the tables differ", c)
		}
	}
}

// Adding the values of profiles one by one gives the same table as adding the profiles.
func TestValuesEqualBuilding(t *testing.T) {
	of := coltest.Random(coltest.Register(), 3000, 5, 0.5)
	source := coltest.NewSource(of)
	for _, wordy := range []bool{false, true} {
		one, other := col.NewBuilder(of.Register), col.NewBuilder(of.Register)
		if wordy {
			one.KeepTexts()
			other.KeepTexts()
		}
		var p fact.Profile
		for row := range of.N {
			source.Profile(row, &p)
			if row == 70 { // what counts as blank
				for i := range p.Facts {
					switch f := &p.Facts[i]; {
					case f.Attr.Kind.Numeric():
						f.Value.Num = math.NaN()
					case f.Attr.Kind == pack.Date:
						f.Value.Int = 1 << 40
					default:
						f.Value.Str = ""
					}
				}
			}
			if err := errors.Join(one.Add(&p), other.Begin(p.Subject, p.Code, p.Name)); err != nil {
				t.Fatal(err)
			}
			for i := range p.Facts {
				switch f := &p.Facts[i]; {
				case f.Attr.Kind.Numeric():
					other.Number(f.Attr, f.Year, f.Value.Num)
				case f.Attr.Kind == pack.Date || f.Attr.Kind == pack.Boolean:
					other.Integer(f.Attr, f.Year, f.Value.Int)
				default:
					other.Text(f.Attr, f.Year, []byte(f.Value.Str))
				}
			}
		}
		if want, got := one.Table(4), other.Table(4); !reflect.DeepEqual(want, got) {
			t.Errorf("texts kept: %v: the tables differ", wordy)
		}
	}
}

// Parts must be appended in the order of their subjects.
func TestPartsInOrder(t *testing.T) {
	b := col.NewBuilder(coltest.Register())
	for _, id := range []int64{7, 7} {
		part := b.Part()
		if err := part.Add(&fact.Profile{Subject: id}); err != nil {
			t.Fatal(err)
		}
		if err := b.Append(part); (err == nil) != (b.Len() == 1 && part.Len() == 0) {
			t.Error(err)
		}
	}
	if b.Len() != 1 {
		t.Errorf("%d rows", b.Len())
	}
}
