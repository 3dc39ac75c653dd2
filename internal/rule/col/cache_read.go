package col

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"unsafe"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/vault"
)

// ReadCache reads a table that WriteCache wrote; keys opens it where it is sealed. It returns ErrStale for another stamp, ErrDamaged for damaged content,
// and fs.ErrNotExist for no file. In each case the caller builds the table again.
func ReadCache(path string, r *pack.Register, s Stamp, keys vault.Opener) (_ *Table, err error) {
	defer fault.At(&err, "col.ReadCache(file %s)", path)
	if keys == nil {
		keys = (*vault.Ring)(nil)
	}
	f, err := keys.OpenFile(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	c := &cacheReader{r: f, left: f.Size(), register: r, stamp: s}
	t, err := c.table()
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = fmt.Errorf("%w: it ends early", ErrDamaged)
	}
	if err != nil {
		return nil, err
	}
	return t, nil
}

// cacheReader reads a cache file from front to back. It reads large parts directly into the slices of the table.
type cacheReader struct {
	r        io.Reader
	left     int64 // bytes left in the file; no part can be longer
	register *pack.Register
	stamp    Stamp
	sum      uint32 // checksum of the section up to here
}

func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrDamaged, fmt.Sprintf(format, args...))
}

func (c *cacheReader) fill(b []byte) error {
	if int64(len(b)) > c.left {
		return io.ErrUnexpectedEOF
	}
	c.left -= int64(len(b))
	_, err := io.ReadFull(c.r, b)
	return err
}

func (c *cacheReader) table() (*Table, error) {
	head := make([]byte, len(cacheMagic)+4)
	if err := c.fill(head); err != nil {
		return nil, err
	}
	if string(head[:len(cacheMagic)]) != cacheMagic {
		return nil, damaged("it is no cache of columns")
	}
	if v := binary.LittleEndian.Uint32(head[len(cacheMagic):]); v != cacheVersion {
		return nil, fmt.Errorf("%w: version %d", ErrStale, v)
	}
	t, err := c.meta()
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for {
		s, err := c.section()
		if err != nil {
			return nil, err
		}
		name := fmt.Sprint(s.kind, s.key)
		if seen[name] {
			return nil, damaged("section %s twice", name)
		}
		seen[name] = true
		if err := c.column(t, s); err != nil {
			return nil, err
		}
		if err := c.checksum(s); err != nil {
			return nil, err
		}
		if s.kind == endMark {
			break
		}
	}
	if c.left != 0 {
		return nil, damaged("%d bytes too many", c.left)
	}
	if len(t.Subjects) != t.N || len(t.Codes.Off) != t.N+1 || len(t.Names.Off) != t.N+1 {
		return nil, damaged("identities are missing")
	}
	t.setYears()
	return t, nil
}

// meta reads the first section and makes an empty table.
func (c *cacheReader) meta() (*Table, error) {
	s, err := c.section()
	if err != nil {
		return nil, err
	}
	if s.kind != "meta" || len(s.sizes) != 1 {
		return nil, damaged("no head")
	}
	b, err := readPart[byte](c, s, 0)
	if err != nil {
		return nil, err
	}
	if err := c.checksum(s); err != nil {
		return nil, err
	}
	var texts [4]string
	for i := range texts {
		if texts[i], b, err = cutText(b); err != nil {
			return nil, err
		}
	}
	if len(b) != 16 {
		return nil, damaged("head of %d bytes", len(b))
	}
	if [3]string(texts[:3]) != [3]string{c.stamp.Pack, c.stamp.Base, c.register.ID} {
		return nil, ErrStale
	}
	n := binary.LittleEndian.Uint64(b[8:])
	if n > uint64(c.left) {
		return nil, damaged("%d rows in %d bytes", n, c.left)
	}
	t := emptyTable(c.register, int(n), int64(binary.LittleEndian.Uint64(b)))
	t.Mark = texts[3]
	return t, nil
}

// cacheSection is the header of a section: its kind, its column and the lengths of its parts.
type cacheSection struct {
	kind  string
	key   Key
	sizes []uint64
}

func (c *cacheReader) section() (*cacheSection, error) {
	var framed [4]byte
	if err := c.fill(framed[:]); err != nil {
		return nil, err
	}
	size := binary.LittleEndian.Uint32(framed[:])
	if size < 4 || size > 1<<16 {
		return nil, damaged("section head of %d bytes", size)
	}
	b := make([]byte, size)
	if err := c.fill(b); err != nil {
		return nil, err
	}
	b, sum := b[:size-4], binary.LittleEndian.Uint32(b[size-4:])
	if crc32.Checksum(b, castagnoli) != sum {
		return nil, damaged("checksum of a section head")
	}
	s := &cacheSection{}
	var err error
	if s.kind, b, err = cutText(b); err != nil {
		return nil, err
	}
	if s.key.Attr, b, err = cutText(b); err != nil {
		return nil, err
	}
	if len(b) < 5 || len(b) != 5+8*int(b[4]) {
		return nil, damaged("section head of %s", s.kind)
	}
	s.key.Year = int(int32(binary.LittleEndian.Uint32(b)))
	for b = b[5:]; len(b) > 0; b = b[8:] {
		s.sizes = append(s.sizes, binary.LittleEndian.Uint64(b))
	}
	c.sum = 0
	return s, nil
}

func (c *cacheReader) checksum(s *cacheSection) error {
	var b [4]byte
	if err := c.fill(b[:]); err != nil {
		return err
	}
	if binary.LittleEndian.Uint32(b[:]) != c.sum {
		return damaged("checksum of %s %s", s.kind, s.key.Attr)
	}
	return nil
}

func cutText(b []byte) (string, []byte, error) {
	if len(b) < 4 || uint64(len(b)-4) < uint64(binary.LittleEndian.Uint32(b)) {
		return "", nil, damaged("text in a head")
	}
	n := binary.LittleEndian.Uint32(b)
	return string(b[4 : 4+n]), b[4+n:], nil
}

// piece is the number of bytes that are read and then added to the checksum, while they are in the processor's cache.
const piece = 256 << 10

// readPart reads part i of a section into a new slice.
func readPart[T any](c *cacheReader, s *cacheSection, i int) ([]T, error) {
	var zero T
	size := uint64(unsafe.Sizeof(zero))
	if s.sizes[i]%size != 0 || s.sizes[i] > uint64(c.left) {
		return nil, damaged("part of %s %s has %d bytes", s.kind, s.key.Attr, s.sizes[i])
	}
	n := int(s.sizes[i] / size)
	all := make([]T, n, roomy(n)) // unused capacity takes address space, not memory
	for b := bytesOf(all); len(b) > 0; {
		p := b[:min(len(b), piece)]
		if err := c.fill(p); err != nil {
			return nil, err
		}
		c.sum = crc32.Update(c.sum, castagnoli, p)
		b = b[len(p):]
	}
	return all, nil
}

// readSized reads a part that must have exactly n elements.
func readSized[T any](c *cacheReader, s *cacheSection, i, n int) ([]T, error) {
	all, err := readPart[T](c, s, i)
	if err == nil && len(all) != n {
		err = damaged("part of %s %s has %d elements, not %d", s.kind, s.key.Attr, len(all), n)
	}
	return all, err
}

// kinds maps the kind of a section to its number of parts and the kinds of attributes that it can hold.
var kinds = map[string]struct {
	parts int
	fits  func(pack.Kind) bool
}{
	"num":  {2, pack.Kind.Numeric},
	"date": {2, func(k pack.Kind) bool { return k == pack.Date }},
	"bool": {2, func(k pack.Kind) bool { return k == pack.Boolean }},
	"dict": {3, func(k pack.Kind) bool { return k == pack.Code }},
	"text": {1, func(k pack.Kind) bool { return k == pack.String || k == pack.List }},
}

// column reads the parts of a section into the table.
func (c *cacheReader) column(t *Table, s *cacheSection) (err error) {
	switch {
	case s.kind == endMark && len(s.sizes) == 0:
		return nil
	case s.kind == "subjects" && len(s.sizes) == 1:
		t.Subjects, err = readSized[int64](c, s, 0, t.N)
		return err
	case s.kind == "codes" && len(s.sizes) == 2:
		t.Codes, err = c.strings(s, t.N)
		return err
	case s.kind == "names" && len(s.sizes) == 2:
		t.Names, err = c.strings(s, t.N)
		return err
	case s.kind == "formers" && len(s.sizes) == 2:
		t.Formers, err = c.strings(s, t.N)
		return err
	}
	a, k := t.Register.Attribute(s.key.Attr), kinds[s.kind]
	if k.parts == 0 || k.parts != len(s.sizes) || a == nil || !k.fits(a.Kind) {
		return damaged("section %s %s of %d parts", s.kind, s.key.Attr, len(s.sizes))
	}
	words := (t.N + 63) / 64
	switch s.kind {
	case "num":
		x := &Num{}
		if x.Val, err = readSized[float64](c, s, 0, t.N); err == nil {
			x.Valid, err = readSized[uint64](c, s, 1, words)
		}
		t.Nums[s.key] = x
	case "date":
		x := &Date{}
		if x.Val, err = readSized[int32](c, s, 0, t.N); err == nil {
			x.Valid, err = readSized[uint64](c, s, 1, words)
		}
		t.Dates[s.key] = x
	case "bool":
		x := &Bool{}
		if x.Val, err = readSized[uint64](c, s, 0, words); err == nil {
			x.Valid, err = readSized[uint64](c, s, 1, words)
		}
		t.Bools[s.key] = x
	case "dict":
		t.Dicts[s.key], err = c.dict(s, t.N)
	case "text":
		t.Texts[s.key], err = readSized[uint64](c, s, 0, words)
	}
	return err
}

func (c *cacheReader) strings(s *cacheSection, n int) (Strings, error) {
	off, err := readSized[uint32](c, s, 0, n+1)
	if err != nil {
		return Strings{}, err
	}
	text, err := readPart[byte](c, s, 1)
	if err != nil {
		return Strings{}, err
	}
	last := uint32(0)
	for _, o := range off {
		if o < last {
			return Strings{}, damaged("%s out of order", s.kind)
		}
		last = o
	}
	if off[0] != 0 || uint64(last) != uint64(len(text)) {
		return Strings{}, damaged("%s end at %d of %d bytes", s.kind, last, len(text))
	}
	return Strings{Bytes: text, Off: off}, nil
}

func (c *cacheReader) dict(s *cacheSection, n int) (*Dict, error) {
	val, err := readSized[uint32](c, s, 0, n)
	if err != nil {
		return nil, err
	}
	lengths, err := readPart[uint32](c, s, 1)
	if err != nil {
		return nil, err
	}
	b, err := readPart[byte](c, s, 2)
	if err != nil {
		return nil, err
	}
	text := unsafe.String(unsafe.SliceData(b), len(b)) // nothing else holds b, so the text cannot change
	d := &Dict{Val: val, Words: make([]string, len(lengths))}
	for i, l := range lengths {
		if uint64(l) > uint64(len(text)) {
			return nil, damaged("words of %s", s.key.Attr)
		}
		d.Words[i], text = text[:l], text[l:]
	}
	if len(text) != 0 || len(d.Words) == 0 || d.Words[0] != "" {
		return nil, damaged("words of %s", s.key.Attr)
	}
	for _, v := range val {
		if int(v) >= len(d.Words) {
			return nil, damaged("%s has word %d of %d", s.key.Attr, v, len(d.Words))
		}
	}
	return d, nil
}
