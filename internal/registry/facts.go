package registry

import (
	"cmp"
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"sort"

	"eyas/internal/pack"
	"eyas/internal/registry/cell"
)

// A profile's facts are stored as one text of bytes:
//
//	version   1
//	records   count, then each record id as the distance from the one before
//	facts     to the end; each: number<<2|kind, year, record (its place in records), cell, value
//
// All numbers are varints. number is the attribute's number in this database; kind is how the value is written,
// not what the attribute is: 0 an integer, 1 eight bytes of a float, 2 a text with its length. Year is 0 for none,
// else its zigzag distance from 2000 plus one. A row of forty values takes about three hundred bytes.
const factsVersion = 1

const (
	asInteger = 0
	asFloat   = 1
	asText    = 2
)

// codec reads and writes facts: it translates between the attributes of a pack and their numbers in a database.
type codec struct {
	register *pack.Register
	numbers  []uint64          // by attribute index
	attrs    []*pack.Attribute // by number; nil where the pack no longer has the attribute
}

func newCodec(reg *pack.Register, numbers map[string]int) *codec {
	n := &codec{register: reg, numbers: make([]uint64, len(reg.Attributes))}
	for _, a := range reg.Attributes {
		number := numbers[a.ID]
		n.numbers[a.Index] = uint64(number)
		for len(n.attrs) <= number {
			n.attrs = append(n.attrs, nil)
		}
		n.attrs[number] = a
	}
	return n
}

// missing gives numbers, above those in use, to the attributes of a register that have none.
func missing(reg *pack.Register, numbers map[string]int) map[string]int {
	highest := 0
	for _, n := range numbers {
		highest = max(highest, n)
	}
	added := map[string]int{}
	for _, a := range reg.Attributes {
		if _, ok := numbers[a.ID]; !ok {
			highest++
			added[a.ID] = highest
		}
	}
	return added
}

// appendFacts writes facts, which must be sorted, after dst.
func (n *codec) appendFacts(dst []byte, facts []Fact) []byte {
	dst = append(dst, factsVersion)
	if len(facts) == 0 {
		return append(dst, 0)
	}
	var few [16]int64
	records := few[:0]
	last := int64(-1)
	for i := range facts { // neighbours are mostly from one record
		if facts[i].Record != last {
			last = facts[i].Record
			records = append(records, last)
		}
	}
	slices.Sort(records)
	records = slices.Compact(records)
	dst = binary.AppendUvarint(dst, uint64(len(records)))
	last = 0
	for _, r := range records {
		dst = binary.AppendUvarint(dst, uint64(r-last))
		last = r
	}
	place := 0
	for i := range facts {
		f := &facts[i]
		if records[place] != f.Record {
			place, _ = slices.BinarySearch(records, f.Record)
		}
		kind, integer := uint64(asInteger), f.Value.Int
		switch f.Attr.Kind {
		case pack.Integer, pack.Decimal, pack.Money:
			if v := f.Value.Num; v == math.Trunc(v) && math.Abs(v) < 1<<53 && (v != 0 || !math.Signbit(v)) {
				integer = int64(v)
			} else {
				kind = asFloat
			}
		case pack.Code, pack.String, pack.List:
			kind = asText
		}
		dst = binary.AppendUvarint(dst, n.numbers[f.Attr.Index]<<2|kind)
		dst = binary.AppendUvarint(dst, packYear(f.Year))
		dst = binary.AppendUvarint(dst, uint64(place))
		dst = binary.AppendUvarint(dst, uint64(f.Cell))
		switch kind {
		case asInteger:
			dst = binary.AppendVarint(dst, integer)
		case asFloat:
			dst = binary.LittleEndian.AppendUint64(dst, math.Float64bits(f.Value.Num))
		case asText:
			dst = binary.AppendUvarint(dst, uint64(len(f.Value.Str)))
			dst = append(dst, f.Value.Str...)
		}
	}
	return dst
}

func packYear(year int) uint64 {
	if year == 0 {
		return 0
	}
	d := int64(year - 2000)
	return uint64(d<<1^d>>63) + 1
}

func unpackYear(v uint64) int {
	if v == 0 {
		return 0
	}
	v--
	return int(int64(v>>1)^-int64(v&1)) + 2000
}

var errFacts = errors.New("registry: the facts of a profile cannot be read")

// readFacts reads what appendFacts wrote, after dst, sorted. Texts are parts of one copy of blob. Facts of attributes
// that the pack no longer has, or whose kind changed so that the value no longer fits, are left out: their records
// still hold them.
func (n *codec) readFacts(dst []Fact, blob []byte) ([]Fact, error) {
	if len(blob) < 2 || blob[0] != factsVersion {
		return dst, errFacts
	}
	in := input{rest: blob[1:]}
	text := "" // a copy of blob, made when the first text is met
	count := in.uvarint()
	if count > uint64(len(blob)) {
		return dst, errFacts
	}
	var few [16]int64
	records := few[:0]
	last := int64(0)
	for range count {
		last += int64(in.uvarint())
		records = append(records, last)
	}
	from := len(dst)
	for len(in.rest) > 0 && !in.bad {
		tag := in.uvarint()
		year := unpackYear(in.uvarint())
		place := in.uvarint()
		cell := in.uvarint()
		f := Fact{Year: year, Cell: int(cell)}
		if place >= uint64(len(records)) {
			return dst[:from], errFacts
		}
		f.Record = records[place]
		if number := tag >> 2; number < uint64(len(n.attrs)) {
			f.Attr = n.attrs[number]
		}
		kind := tag & 3
		switch kind {
		case asInteger:
			f.Value.Int = in.varint()
		case asFloat:
			f.Value.Num = in.float()
		case asText:
			length := in.uvarint()
			if length > uint64(len(in.rest)) {
				return dst[:from], errFacts
			}
			if text == "" {
				text = string(blob)
			}
			at := len(blob) - len(in.rest)
			f.Value.Str = text[at : at+int(length)]
			in.rest = in.rest[length:]
		default:
			return dst[:from], errFacts
		}
		if f.Attr == nil {
			continue
		}
		switch f.Attr.Kind {
		case pack.Integer, pack.Decimal, pack.Money:
			if kind == asText {
				continue
			}
			if kind == asInteger {
				f.Value.Num, f.Value.Int = float64(f.Value.Int), 0
			}
		case pack.Date, pack.Boolean:
			if kind != asInteger {
				continue
			}
		default:
			if kind != asText {
				continue
			}
		}
		dst = append(dst, f)
	}
	if in.bad {
		return dst[:from], errFacts
	}
	// Sorted by the order of the pack they were written under: mostly still sorted.
	if facts := dst[from:]; !slices.IsSortedFunc(facts, compareFacts) {
		slices.SortStableFunc(facts, compareFacts)
	}
	return dst, nil
}

// input reads varints; bad is set at the first that is none.
type input struct {
	rest []byte
	bad  bool
}

func (in *input) uvarint() uint64 {
	v, n := binary.Uvarint(in.rest)
	if n <= 0 {
		in.bad, in.rest = true, nil
		return 0
	}
	in.rest = in.rest[n:]
	return v
}

func (in *input) varint() int64 {
	v, n := binary.Varint(in.rest)
	if n <= 0 {
		in.bad, in.rest = true, nil
		return 0
	}
	in.rest = in.rest[n:]
	return v
}

func (in *input) float() float64 {
	if len(in.rest) < 8 {
		in.bad, in.rest = true, nil
		return 0
	}
	v := math.Float64frombits(binary.LittleEndian.Uint64(in.rest))
	in.rest = in.rest[8:]
	return v
}

// compareFacts is the order of a profile: by attribute, then year.
func compareFacts(a, b Fact) int {
	if c := cmp.Compare(a.Attr.Index, b.Attr.Index); c != 0 {
		return c
	}
	return cmp.Compare(a.Year, b.Year)
}

// fold lets the facts of a later record into those of a profile and reports whether a value changed. A later value
// wins; a value that says the same again leaves the one that said it first in its place, so that a file which
// changes nothing changes no profile. The "no" of a complete list that does not have the column (Cell 0) fills what
// is unknown and takes nothing back that a cell has said. facts is sorted and stays so; later may be in any order.
func (n *codec) fold(facts, later []Fact) ([]Fact, bool) {
	changed := false
	for i := range later {
		f := &later[i]
		if n := len(facts); n == 0 || compareFacts(facts[n-1], *f) < 0 { // all of a subject's first record
			facts, changed = append(facts, *f), true
			continue
		}
		at := sort.Search(len(facts), func(j int) bool { return compareFacts(facts[j], *f) >= 0 })
		if at < len(facts) && compareFacts(facts[at], *f) == 0 {
			if n.same(&facts[at], f) || f.Cell == 0 && facts[at].Cell != 0 {
				continue
			}
			facts[at] = *f
		} else {
			facts = slices.Insert(facts, at, *f)
		}
		changed = true
	}
	return facts, changed
}

// same reports whether two facts of one attribute say the same. Names that differ in width or spaces only do.
func (n *codec) same(a, b *Fact) bool {
	switch a.Attr.Kind {
	case pack.Integer, pack.Decimal, pack.Money:
		return a.Value.Num == b.Value.Num
	case pack.Date, pack.Boolean:
		return a.Value.Int == b.Value.Int
	}
	if a.Value.Str == b.Value.Str {
		return true
	}
	return a.Attr.ID == n.register.NameAttr && cell.NameKey(a.Value.Str) == cell.NameKey(b.Value.Str)
}
