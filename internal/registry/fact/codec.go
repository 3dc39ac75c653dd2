package fact

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

// Codec reads and writes the facts of a register: it translates between the attributes and sources of a pack and their
// numbers in a database.
type Codec struct {
	Register *pack.Register
	numbers  []uint64          // by attribute index
	attrs    []*pack.Attribute // by number; nil when the pack no longer has the attribute
	from     []uint64          // numbers of sources, by index in the pack
	sources  []*pack.Source    // by number; nil where the pack no longer has the source
}

// NewCodec gives the codec of a register, with the numbers that its attributes and the sources have in a database.
func NewCodec(p *pack.Pack, reg *pack.Register, numbers, sources map[string]int) *Codec {
	n := &Codec{Register: reg, numbers: make([]uint64, len(reg.Attributes)), from: make([]uint64, len(p.Sources))}
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

// Missing assigns numbers to the ids that have none yet, above the numbers in use, and returns the new ones.
func Missing(ids []string, numbers map[string]int) map[string]int {
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

// storedOrigin is one record in the list at the beginning of a stored profile.
type storedOrigin struct {
	record int64
	Origin
}

func compareOrigins(a, b storedOrigin) int {
	return cmp.Or(cmp.Compare(a.record, b.record), cmp.Compare(a.Weak, b.Weak), cmp.Compare(a.Day, b.Day))
}

// Append encodes facts and appends them to dst. The facts must be sorted.
func (n *Codec) Append(dst []byte, facts []Fact) []byte {
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

// Read decodes what Append wrote and appends the facts to dst, sorted. Their texts share one copy of blob. It leaves out
// facts of attributes that the pack no longer has, and facts whose value no longer fits the kind of the attribute; the
// source records still hold them.
func (n *Codec) Read(dst []Fact, blob []byte) ([]Fact, error) {
	if len(blob) < 2 || blob[0] != factsVersion && blob[0] != firstVersion {
		return dst, errFacts
	}
	in := input{buf: blob, at: 1}
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
	for in.more() {
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
			if text == "" {
				text = string(blob)
			}
			from, to := in.text()
			f.Value.Str = text[from:to]
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
		slices.SortStableFunc(facts, Compare)
	}
	return dst, nil
}

// Values receives the values of profiles, one profile after another; see ValueBlocks.
type Values interface {
	// Begin starts a profile. The texts may be kept.
	Begin(subject int64, code, name string) error
	// Number, Integer and Text each pass one value, by the kind of the attribute. Integer also passes dates (days since
	// 1970-01-01) and booleans (1 yes, 0 no). year is 0 when the attribute is not yearly. The bytes of a text are valid
	// until the method returns.
	Number(a *pack.Attribute, year int, v float64)
	Integer(a *pack.Attribute, year int, v int64)
	Text(a *pack.Attribute, year int, v []byte)
}

// Values decodes what Append wrote and passes the values on without making facts of them. It passes neither records nor
// sources nor void facts. The order is the order in which they were written. It leaves out what Read leaves out.
func (n *Codec) Values(blob []byte, to Values) error {
	if len(blob) < 2 || blob[0] != factsVersion && blob[0] != firstVersion {
		return errFacts
	}
	in := input{buf: blob, at: 1}
	count := in.uvarint()
	if count > uint64(len(blob)) {
		return errFacts
	}
	for range count {
		in.uvarint()
		if blob[0] != firstVersion {
			in.uvarint()
			in.uvarint()
		}
	}
	for in.more() {
		tag := in.uvarint()
		year := unpackYear(in.uvarint())
		if in.uvarint() >= count {
			return errFacts
		}
		in.uvarint()
		var a *pack.Attribute
		if number := tag >> 2; number < uint64(len(n.attrs)) {
			a = n.attrs[number]
		}
		var integer int64
		var float float64
		var text []byte
		switch tag & 3 {
		case asInteger:
			integer = in.varint()
			float = float64(integer)
		case asFloat:
			float = in.float()
		case asText:
			from, to := in.text()
			text = blob[from:to]
		}
		if a == nil || in.bad || tag&3 == asVoid {
			continue
		}
		switch kind := tag & 3; a.Kind {
		case pack.Integer, pack.Decimal, pack.Money:
			if kind != asText {
				to.Number(a, year, float)
			}
		case pack.Date, pack.Boolean:
			if kind == asInteger {
				to.Integer(a, year, integer)
			}
		default:
			if kind == asText {
				to.Text(a, year, text)
			}
		}
	}
	if in.bad {
		return errFacts
	}
	return nil
}

// Give passes the values of a profile to another receiver.
func (p *Profile) Give(to Values) error {
	if err := to.Begin(p.Subject, p.Code, p.Name); err != nil {
		return err
	}
	for i := range p.Facts {
		switch f := &p.Facts[i]; f.Attr.Kind {
		case pack.Integer, pack.Decimal, pack.Money:
			to.Number(f.Attr, f.Year, f.Value.Num)
		case pack.Date, pack.Boolean:
			to.Integer(f.Attr, f.Year, f.Value.Int)
		default:
			to.Text(f.Attr, f.Year, []byte(f.Value.Str))
		}
	}
	return nil
}

// input reads varints. bad is set at the first one that is damaged. It moves an index and not a slice, because each new
// slice would cost a write barrier of the garbage collector.
type input struct {
	buf []byte
	at  int
	bad bool
}

func (in *input) more() bool { return in.at < len(in.buf) && !in.bad }

// uvarint reads a number; nearly all are of one byte.
func (in *input) uvarint() uint64 {
	if in.at < len(in.buf) && in.buf[in.at] < 0x80 {
		in.at++
		return uint64(in.buf[in.at-1])
	}
	return in.longUvarint()
}

func (in *input) longUvarint() uint64 {
	v, n := binary.Uvarint(in.buf[in.at:])
	if n <= 0 {
		in.end()
		return 0
	}
	in.at += n
	return v
}

func (in *input) varint() int64 {
	v := in.uvarint()
	return int64(v>>1) ^ -int64(v&1)
}

func (in *input) float() float64 {
	if len(in.buf)-in.at < 8 {
		in.end()
		return 0
	}
	v := math.Float64frombits(binary.LittleEndian.Uint64(in.buf[in.at:]))
	in.at += 8
	return v
}

// text gives where a text with its length begins and ends.
func (in *input) text() (from, to int) {
	length := in.uvarint()
	if length > uint64(len(in.buf)-in.at) {
		in.end()
		return in.at, in.at
	}
	from = in.at
	in.at += int(length)
	return from, in.at
}

func (in *input) end() { in.bad, in.at = true, len(in.buf) }

// Same reports whether two codecs of a register use the same numbers.
func (n *Codec) Same(o *Codec) bool {
	return slices.Equal(n.numbers, o.numbers) && slices.Equal(n.from, o.from)
}
