// Package charset recognises the encoding of a text file (UTF-8, UTF-16, GB18030) and decodes it to UTF-8. Invalid
// bytes become U+FFFD.
package charset

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/bits"
	"slices"
	"sync"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// BOM is the byte order mark of UTF-8.
var BOM = []byte("\xEF\xBB\xBF")

// ErrNUL is returned for NUL bytes, which no text has.
var ErrNUL = errors.New("table: NUL byte in a text file")

// chunkSize is the number of bytes that are read from the file at once.
const chunkSize = 256 << 10

// Decoder decodes a text file to UTF-8. The first byte beyond ASCII decides the encoding. In a file that joins parts of
// two systems, each line is decoded in the encoding in which it is valid. A Decoder is not safe for concurrent use.
type Decoder struct {
	r     io.Reader
	raw   []byte // read but not decoded: at most part of a line or of a character
	wide  *UTF16
	mode  encoding
	Bytes int64 // number of bytes read from r
	eof   bool

	Mixed  bool // a line was in the other encoding
	Mended int  // number of invalid sequences, each replaced by U+FFFD
}

type encoding int8

const (
	ascii encoding = iota // only ASCII so far
	utf8Text
	gb18030
)

// UTF16 is a byte order of UTF-16.
type UTF16 struct {
	order binary.ByteOrder
	bom   int // length of the mark in bytes
}

// UTF16Order recognises UTF-16 by its mark, or because every other byte of the first lines is zero. It returns nil for
// another encoding.
func UTF16Order(head []byte) *UTF16 {
	switch {
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE}):
		return &UTF16{binary.LittleEndian, 2}
	case bytes.HasPrefix(head, []byte{0xFE, 0xFF}):
		return &UTF16{binary.BigEndian, 2}
	}
	h := head[:min(len(head), 4096)&^1]
	if len(h) < 4 {
		return nil
	}
	var zero [2]int
	for i, b := range h {
		if b == 0 {
			zero[i&1]++
		}
	}
	// In a table, delimiters, digits and line ends are ASCII. So many high bytes are zero, and hardly any low bytes
	// are.
	var k *UTF16
	switch half := len(h) / 2; {
	case zero[1] > half/10 && zero[0] <= zero[1]/4:
		k = &UTF16{binary.LittleEndian, 0}
	case zero[0] > half/10 && zero[1] <= zero[0]/4:
		k = &UTF16{binary.BigEndian, 0}
	default:
		return nil
	}
	for _, r := range string(k.Sample(h)) {
		if r < ' ' && r != '\t' && r != '\r' && r != '\n' || r == utf8.RuneError {
			return nil
		}
	}
	return k
}

// Sample decodes the first bytes of a file.
func (k *UTF16) Sample(head []byte) []byte {
	text, _ := k.append(nil, head[k.bom:])
	return text
}

// append decodes the complete characters of src and appends them to dst. It returns the number of bytes used.
func (k *UTF16) append(dst, src []byte) ([]byte, int) {
	i := 0
	for i+2 <= len(src) {
		r := rune(k.order.Uint16(src[i:]))
		if utf16.IsSurrogate(r) {
			if i+4 > len(src) {
				break
			}
			if full := utf16.DecodeRune(r, rune(k.order.Uint16(src[i+2:]))); full != utf8.RuneError {
				r = full
				i += 2
			} else {
				r = utf8.RuneError
			}
		}
		dst = utf8.AppendRune(dst, r)
		i += 2
	}
	return dst, i
}

// NewDecoder returns a decoder of r. head is the beginning of the text, for recognising UTF-16.
func NewDecoder(r io.Reader, head []byte) *Decoder {
	return &Decoder{r: r, wide: UTF16Order(head)}
}

// Fill reads a chunk and appends its text to dst. io.EOF comes with the last text or after it. The error is ErrNUL for
// NUL bytes.
func (d *Decoder) Fill(dst []byte) ([]byte, error) {
	if d.eof {
		return dst, io.EOF
	}
	if d.mode == utf8Text && d.wide == nil {
		return d.direct(dst)
	}
	first := d.Bytes == 0
	kept := len(d.raw)
	if cap(d.raw) < kept+chunkSize {
		d.raw = append(make([]byte, 0, kept+chunkSize), d.raw...)
	}
	chunk := d.raw[:kept+chunkSize]
	n, err := io.ReadFull(d.r, chunk[kept:])
	d.Bytes += int64(n)
	chunk = chunk[:kept+n]
	switch err {
	case nil:
	case io.EOF, io.ErrUnexpectedEOF:
		d.eof = true
	default:
		return dst, err
	}
	if first {
		if d.wide != nil {
			chunk = chunk[d.wide.bom:]
		} else if bytes.HasPrefix(chunk, BOM) {
			chunk = chunk[len(BOM):]
			d.mode = utf8Text
		}
	}
	var used int
	if d.wide != nil {
		dst, used = d.wide.append(dst, chunk)
		if d.eof && used < len(chunk) {
			dst, used = append(dst, "\uFFFD"...), len(chunk)
			d.Mended++
		}
	} else {
		if bytes.IndexByte(chunk[min(kept, len(chunk)):], 0) >= 0 {
			return dst, ErrNUL
		}
		dst, used = d.text(dst, chunk)
	}
	d.raw = d.raw[:copy(d.raw[:cap(d.raw)], chunk[used:])]
	if d.eof {
		return dst, io.EOF
	}
	return dst, nil
}

// direct is Fill for UTF-8: a chunk that is valid is read directly into dst.
func (d *Decoder) direct(dst []byte) ([]byte, error) {
	from := len(dst)
	dst = slices.Grow(append(dst, d.raw...), chunkSize)
	n, err := io.ReadFull(d.r, dst[len(dst):len(dst)+chunkSize])
	d.Bytes += int64(n)
	read := dst[len(dst) : len(dst)+n]
	dst = dst[:len(dst)+n]
	switch err {
	case nil:
	case io.EOF, io.ErrUnexpectedEOF:
		d.eof = true
	default:
		return dst[:from], err
	}
	if bytes.IndexByte(read, 0) >= 0 {
		return dst[:from], ErrNUL
	}
	whole := len(dst)
	if !d.eof {
		whole -= Partial(dst[from:])
	}
	if validUTF8(dst[from:whole]) {
		d.raw = append(d.raw[:0], dst[whole:]...)
		dst = dst[:whole]
	} else {
		chunk := bytes.Clone(dst[from:])
		var used int
		dst, used = d.text(dst[:from], chunk)
		d.raw = append(d.raw[:0], chunk[used:]...)
	}
	if d.eof {
		return dst, io.EOF
	}
	return dst, nil
}

// validUTF8 is utf8.Valid for tables, where single Chinese characters stand among ASCII. After each of them it tests
// eight bytes at a time again.
func validUTF8(b []byte) bool {
	for i := 0; i < len(b); {
		if i+8 <= len(b) {
			high := binary.LittleEndian.Uint64(b[i:]) & 0x8080808080808080
			if high == 0 {
				i += 8
				continue
			}
			i += bits.TrailingZeros64(high) >> 3
		} else if b[i] < 0x80 {
			i++
			continue
		}
		// Most characters have three bytes and are no special case.
		if c := b[i]; c >= 0xE1 && c <= 0xEC && i+2 < len(b) && b[i+1]&0xC0 == 0x80 && b[i+2]&0xC0 == 0x80 {
			i += 3
			continue
		}
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return false
		}
		i += n
	}
	return true
}

// text decodes a chunk of text and returns the number of bytes used.
func (d *Decoder) text(dst, chunk []byte) ([]byte, int) {
	if d.mode == ascii {
		at := FirstBeyondASCII(chunk)
		if at == len(chunk) {
			return append(dst, chunk...), len(chunk)
		}
		d.mode = guess(chunk[at:])
	}
	whole := len(chunk)
	if !d.eof && d.mode == utf8Text {
		whole -= Partial(chunk)
	}
	if d.mode == utf8Text && validUTF8(chunk[:whole]) {
		return append(dst, chunk[:whole]...), whole
	}
	// Decode line by line. A line that the chunk cuts waits for the next chunk, unless it is longer than a chunk.
	used := 0
	for used < len(chunk) {
		end := bytes.IndexByte(chunk[used:], '\n') + 1
		if end == 0 {
			if !d.eof && len(chunk)-used < chunkSize {
				break
			}
			end = whole - used
			if d.mode == gb18030 && !d.eof {
				end -= partialGB(chunk[used:whole])
			}
			if end <= 0 {
				break
			}
		}
		dst = d.line(dst, chunk[used:used+end])
		used += end
	}
	return dst, used
}

// line decodes one line in the encoding in which it is valid, first in that of the file. Only very short texts in
// GB18030 are also valid UTF-8, so four characters are required.
func (d *Decoder) line(dst, line []byte) []byte {
	at := FirstBeyondASCII(line)
	if at == len(line) {
		return append(dst, line...)
	}
	valid := utf8.Valid(line)
	if d.mode == utf8Text {
		if valid {
			return append(dst, line...)
		}
		before := len(dst)
		if out, bad := AppendGB(dst, line); bad == 0 && len(line)-at >= 4 && !mostlyUTF8(line[at:]) {
			d.Mixed = true
			return out
		}
		d.Mended++
		return append(dst[:before], bytes.ToValidUTF8(line, []byte("\uFFFD"))...)
	}
	if valid && utf8.RuneCount(line[at:]) >= 4 && len(line[at:]) >= 12 {
		d.Mixed = true
		return append(dst, line...)
	}
	dst, bad := AppendGB(dst, line)
	d.Mended += bad
	return dst
}

// mostlyUTF8 reports whether more characters beyond ASCII are valid UTF-8 than not. Such a line has a broken byte, not
// another encoding.
func mostlyUTF8(b []byte) bool {
	good, bad := 0, 0
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && n == 1:
			bad++
		case n > 1:
			good++
		}
		b = b[n:]
	}
	return good > bad
}

// guess chooses UTF-8 or GB18030 for a text: the one with fewer invalid bytes.
func guess(b []byte) encoding {
	valid := b[:len(b)-Partial(b)]
	if utf8.Valid(valid) && len(valid) > 0 {
		return utf8Text
	}
	bad8 := 0
	for rest := b; len(rest) > 0; {
		r, n := utf8.DecodeRune(rest)
		if r == utf8.RuneError && n == 1 {
			bad8++
		}
		rest = rest[n:]
	}
	_, badGB := AppendGB(nil, b)
	if bad8 <= badGB {
		return utf8Text
	}
	return gb18030
}

// FirstBeyondASCII returns the index of the first byte ≥ 0x80, or len(b).
func FirstBeyondASCII(b []byte) int {
	i := 0
	for ; i+8 <= len(b); i += 8 {
		if binary.LittleEndian.Uint64(b[i:])&0x8080808080808080 != 0 {
			break
		}
	}
	for i < len(b) && b[i] < 0x80 {
		i++
	}
	return i
}

// Partial returns the number of bytes at the end of b that begin a UTF-8 character but do not complete it.
func Partial(b []byte) int {
	for n := 1; n <= 3 && n <= len(b); n++ {
		c := b[len(b)-n]
		if utf8.RuneStart(c) {
			if c >= 0xC0 && !utf8.FullRune(b[len(b)-n:]) {
				return n
			}
			return 0
		}
	}
	return 0
}

// partialGB is Partial for GB18030. It counts from the last ASCII byte on.
func partialGB(b []byte) int {
	i := len(b)
	for i > 0 && b[i-1] >= 0x40 && i > len(b)-64 || i > 0 && b[i-1] >= 0x80 {
		i--
	}
	for i < len(b) {
		n := sizeGB(b[i:])
		if n == 0 {
			return len(b) - i
		}
		i += n
	}
	return 0
}

// sizeGB returns the length of the first character of b; 0 if b ends within it.
func sizeGB(b []byte) int {
	switch {
	case b[0] < 0x81 || b[0] == 0xFF:
		return 1
	case len(b) < 2:
		return 0
	case b[1] < '0' || b[1] > '9':
		return 2
	case len(b) < 4:
		return 0
	}
	return 4
}

// pairs maps the two-byte characters of GB18030 to UTF-16, in rows of 191; 0 if there is none. It is filled once,
// because a call of the decoder in x/text per character would take most of the time.
var pairs = sync.OnceValue(func() *[126 * 191]uint16 {
	t := new([126 * 191]uint16)
	d := simplifiedchinese.GB18030.NewDecoder()
	var out [8]byte
	for lead := 0x81; lead <= 0xFE; lead++ {
		for trail := 0x40; trail <= 0xFE; trail++ {
			d.Reset()
			n, used, err := d.Transform(out[:], []byte{byte(lead), byte(trail)}, true)
			if r, _ := utf8.DecodeRune(out[:n]); err == nil && used == 2 && n > 1 && r != utf8.RuneError && r <= 0xFFFF {
				t[(lead-0x81)*191+trail-0x40] = uint16(r)
			}
		}
	}
	// Characters that Unicode did not have when GBK was made. x/text omits them. Old systems stored them as private-use
	// characters, and package cell maps these to those of today.
	private := func(lead, from, to int, r uint16) {
		for trail := from; trail <= to; trail++ {
			if at := (lead-0x81)*191 + trail - 0x40; trail != 0x7F {
				if t[at] == 0 {
					t[at] = r
				}
				r++
			}
		}
	}
	private(0xFE, 0x50, 0xA0, 0xE815)
	private(0xA6, 0xD9, 0xDF, 0xE78D)
	private(0xA6, 0xEC, 0xED, 0xE794)
	private(0xA6, 0xF3, 0xF3, 0xE796)
	private(0xA8, 0xBC, 0xBC, 0xE7C7)
	return t
})

// AppendGB decodes GB18030 and appends the text to dst. It returns the number of invalid sequences, each replaced by
// U+FFFD.
func AppendGB(dst, src []byte) (text []byte, bad int) {
	table := pairs()
	for i := 0; i < len(src); {
		c := src[i]
		if c < 0x80 {
			dst = append(dst, c)
			i++
			continue
		}
		if c >= 0x81 && c <= 0xFE && i+1 < len(src) {
			if t := src[i+1]; t >= 0x40 && t <= 0xFE {
				if r := table[(int(c)-0x81)*191+int(t)-0x40]; r != 0 {
					dst = utf8.AppendRune(dst, rune(r))
					i += 2
					continue
				}
			} else if t >= '0' && t <= '9' && i+4 <= len(src) {
				if out, err := simplifiedchinese.GB18030.NewDecoder().Bytes(src[i : i+4]); err == nil {
					if r, n := utf8.DecodeRune(out); r != utf8.RuneError && n == len(out) {
						dst = append(dst, out...)
						i += 4
						continue
					}
				}
			}
		}
		dst = append(dst, "\uFFFD"...)
		bad++
		i++
	}
	return dst, bad
}
