package registry

import (
	"cmp"
	"encoding/binary"
	"errors"
	"math"
	"slices"

	"eyas/internal/pack"
)

// A profile's facts are stored as one text of bytes:
//
//	version   2
//	records   count, then of each: id as the distance from the one before, source<<3 | dated<<2 | weakness, day
//	facts     to the end; each: number<<2|kind, year, record (its place in records), cell, value
//
// All numbers are varints. source is the source's number in this database, 0 for none. number is the attribute's
// number in this database; kind is how the value is written, not what the attribute is: 0 an integer, 1 eight bytes
// of a float, 2 a text with its length, 3 no value (void). Year is 0 for none, else its zigzag distance from 2000 plus
// one. A record stands twice when it has values of two weaknesses. A row of forty values takes about three hundred
// bytes. In version 1 a record was its id alone: those bases knew no sources and no days.
const (
	factsVersion = 2
	firstVersion = 1
)

const (
	asInteger = 0
	asFloat   = 1
	asText    = 2
	asVoid    = 3
)

// codec reads and writes facts: it translates between the attributes and sources of a pack and their numbers in a
// database, and knows which of two facts wins.
type codec struct {
	register *pack.Register
	numbers  []uint64          // by attribute index
	attrs    []*pack.Attribute // by number; nil where the pack no longer has the attribute
	from     []uint64          // numbers of sources, by index in the pack
	sources  []*pack.Source    // by number; nil where the pack no longer has the source
	precedence
}

func newCodec(p *pack.Pack, reg *pack.Register, numbers, sources map[string]int) *codec {
	n := &codec{register: reg, numbers: make([]uint64, len(reg.Attributes)), from: make([]uint64, len(p.Sources)), precedence: newPrecedence(p, reg)}
	for _, a := range reg.Attributes {
		number := numbers[a.ID]
		n.numbers[a.Index] = uint64(number)
		for len(n.attrs) <= number {
			n.attrs = append(n.attrs, nil)
		}
		n.attrs[number] = a
	}
	n.sources = append(n.sources, nil)
	for _, s := range p.Sources {
		number := sources[s.ID]
		if number == 0 {
			continue
		}
		n.from[s.Index] = uint64(number)
		for len(n.sources) <= number {
			n.sources = append(n.sources, nil)
		}
		n.sources[number] = s
	}
	return n
}

// missing gives numbers, above those in use, to the ids that have none.
func missing(ids []string, numbers map[string]int) map[string]int {
	highest := 0
	for _, n := range numbers {
		highest = max(highest, n)
	}
	added := map[string]int{}
	for _, id := range ids {
		if _, ok := numbers[id]; !ok {
			highest++
			added[id] = highest
		}
	}
	return added
}

// storedOrigin is a record as it stands before the facts of a profile.
type storedOrigin struct {
	record int64
	Origin
}

func compareOrigins(a, b storedOrigin) int {
	return cmp.Or(cmp.Compare(a.record, b.record), cmp.Compare(a.Weak, b.Weak))
}

// appendFacts writes facts, which must be sorted, after dst.
func (n *codec) appendFacts(dst []byte, facts []Fact) []byte {
	dst = append(dst, factsVersion)
	if len(facts) == 0 {
		return append(dst, 0)
	}
	var few [16]storedOrigin
	records := few[:0]
	last := storedOrigin{record: -1}
	for i := range facts { // neighbours are mostly from one record
		if o := (storedOrigin{facts[i].Record, facts[i].Origin}); o != last {
			last = o
			records = append(records, o)
		}
	}
	slices.SortFunc(records, compareOrigins)
	records = slices.CompactFunc(records, func(a, b storedOrigin) bool { return compareOrigins(a, b) == 0 })
	dst = binary.AppendUvarint(dst, uint64(len(records)))
	before := int64(0)
	for _, r := range records {
		dst = binary.AppendUvarint(dst, uint64(r.record-before))
		before = r.record
		flags := uint64(r.Weak)
		if r.Dated {
			flags |= 1 << 2
		}
		if r.Source != nil {
			flags |= n.from[r.Source.Index] << 3
		}
		dst = binary.AppendUvarint(dst, flags)
		dst = binary.AppendVarint(dst, int64(r.Day))
	}
	place := 0
	for i := range facts {
		f := &facts[i]
		if o := (storedOrigin{f.Record, f.Origin}); compareOrigins(records[place], o) != 0 {
			place, _ = slices.BinarySearchFunc(records, o, compareOrigins)
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
		if f.Void {
			kind = asVoid
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
	if len(blob) < 2 || blob[0] != factsVersion && blob[0] != firstVersion {
		return dst, errFacts
	}
	in := input{rest: blob[1:]}
	text := "" // a copy of blob, made when the first text is met
	count := in.uvarint()
	if count > uint64(len(blob)) {
		return dst, errFacts
	}
	var few [16]storedOrigin
	records := few[:0]
	last := int64(0)
	for range count {
		last += int64(in.uvarint())
		o := storedOrigin{record: last}
		if blob[0] != firstVersion {
			flags := in.uvarint()
			o.Weak, o.Dated, o.Day = Weakness(flags&3), flags>>2&1 != 0, int32(in.varint())
			if number := flags >> 3; number < uint64(len(n.sources)) {
				o.Source = n.sources[number]
			}
		}
		records = append(records, o)
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
		f.Record, f.Origin = records[place].record, records[place].Origin
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
		case asVoid:
			f.Void = true
		}
		if f.Attr == nil {
			continue
		}
		if f.Void {
			dst = append(dst, f)
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
	if facts := dst[from:]; !ordered(facts) {
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

// precedes reports whether a stands before b in a profile. It is compareFacts without copies.
func precedes(a, b *Fact) bool {
	return a.Attr.Index < b.Attr.Index || a.Attr.Index == b.Attr.Index && a.Year < b.Year
}

func ordered(facts []Fact) bool {
	for i := 1; i < len(facts); i++ {
		if precedes(&facts[i], &facts[i-1]) {
			return false
		}
	}
	return true
}

// withoutVoid leaves out what counts as unknown.
func withoutVoid(facts []Fact) []Fact {
	for i := range facts {
		if facts[i].Void {
			return slices.DeleteFunc(facts, func(f Fact) bool { return f.Void })
		}
	}
	return facts
}
