package biff

import (
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// texts are the shared texts of a workbook, in one byte slice.
type texts struct {
	bytes []byte
	ends  []uint32
}

func (t *texts) at(n int) ([]byte, bool) {
	if n < 0 || n >= len(t.ends) {
		return nil, false
	}
	from := uint32(0)
	if n > 0 {
		from = t.ends[n-1]
	}
	return t.bytes[from:t.ends[n]], true
}

// Flags of a text, [MS-XLS] 2.5.293.
const (
	wide     = 1 // two bytes per character
	phonetic = 4
	rich     = 8
)

// readShared reads the shared texts and returns the offset after them. They continue over several records. A text may
// be cut between two characters; the next record then states again whether characters have one or two bytes.
func (b *Book) readShared(from int) (next int, err error) {
	r := &spread{book: b}
	if r.next, _, r.data, err = b.record(from); err != nil {
		return 0, err
	}
	head, err := r.take(8)
	if err != nil {
		return 0, err
	}
	want := int(u32(head[4:]))
	for len(b.shared.ends) < want {
		if err := r.text(&b.shared); err != nil {
			return 0, err
		}
	}
	return r.end()
}

// spread reads bytes from a record and its continuation records.
type spread struct {
	book *Book
	data []byte
	next int
}

// goOn goes to the next record.
func (r *spread) goOn() error {
	next, kind, data, err := r.book.record(r.next)
	if err == nil && kind != recContinue {
		err = fmt.Errorf("%w: the shared texts end early", ErrDamaged)
	}
	r.next, r.data = next, data
	return err
}

// end skips the rest of the records.
func (r *spread) end() (int, error) {
	for {
		next, kind, _, err := r.book.record(r.next)
		if err != nil || kind != recContinue {
			return r.next, nil // the next reader reports what is wrong
		}
		r.next = next
	}
}

// take returns n bytes that lie in one record; at most eight.
func (r *spread) take(n int) ([]byte, error) {
	if len(r.data) == 0 {
		if err := r.goOn(); err != nil {
			return nil, err
		}
	}
	if len(r.data) >= n {
		out := r.data[:n]
		r.data = r.data[n:]
		return out, nil
	}
	var out []byte
	for len(out) < n {
		if len(r.data) == 0 {
			if err := r.goOn(); err != nil {
				return nil, err
			}
		}
		k := min(n-len(out), len(r.data))
		out, r.data = append(out, r.data[:k]...), r.data[k:]
	}
	return out, nil
}

func (r *spread) skip(n int) error {
	for n > 0 {
		if len(r.data) == 0 {
			if err := r.goOn(); err != nil {
				return err
			}
		}
		k := min(n, len(r.data))
		r.data, n = r.data[k:], n-k
	}
	return nil
}

// text reads one text.
func (r *spread) text(to *texts) error {
	head, err := r.take(3)
	if err != nil {
		return err
	}
	left, flags := int(u16(head)), head[2]
	runs, extra := 0, 0
	if flags&rich != 0 {
		b, err := r.take(2)
		if err != nil {
			return err
		}
		runs = int(u16(b))
	}
	if flags&phonetic != 0 {
		b, err := r.take(4)
		if err != nil {
			return err
		}
		if extra = int(u32(b)); extra < 0 || extra > len(r.book.stream) {
			return fmt.Errorf("%w: a text with %d bytes of phonetics", ErrDamaged, extra)
		}
	}
	var high uint16 // first half of a surrogate pair that a record cuts
	for left > 0 {
		if len(r.data) == 0 {
			if err := r.goOn(); err != nil {
				return err
			}
			if len(r.data) == 0 {
				return fmt.Errorf("%w: a text that is cut", ErrDamaged)
			}
			flags, r.data = flags&^wide|r.data[0]&wide, r.data[1:]
			continue
		}
		width := 1 + int(flags&wide)
		n := min(left, len(r.data)/width)
		if n == 0 {
			return fmt.Errorf("%w: a character that is cut", ErrDamaged)
		}
		to.bytes, high = appendUnits(to.bytes, high, r.data[:n*width], width)
		r.data, left = r.data[n*width:], left-n
	}
	if high != 0 {
		to.bytes = utf8.AppendRune(to.bytes, utf8.RuneError)
	}
	if len(to.bytes) > 1<<31 {
		return ErrLarge
	}
	to.ends = append(to.ends, uint32(len(to.bytes)))
	return r.skip(4*runs + extra)
}

// appendUnits appends characters of one byte (Unicode numbers) or two bytes (UTF-16) as UTF-8. high is the first half
// of a surrogate pair, before the call and after it; 0 means none.
func appendUnits(dst []byte, high uint16, data []byte, width int) ([]byte, uint16) {
	for ; len(data) >= width; data = data[width:] {
		u := uint16(data[0])
		if width == 2 {
			u = u16(data)
		}
		switch {
		case high != 0:
			if r := utf16.DecodeRune(rune(high), rune(u)); r != utf8.RuneError {
				dst, high = utf8.AppendRune(dst, r), 0
				continue
			}
			dst, high = utf8.AppendRune(dst, utf8.RuneError), 0
			fallthrough
		default:
			if u >= 0xD800 && u < 0xDC00 {
				high = u
				continue
			}
			dst = utf8.AppendRune(dst, rune(u)) // half of a pair alone becomes U+FFFD
		}
	}
	return dst, high
}

// plainText reads a text within one record, with a length of one or two bytes, and returns the bytes after it.
func plainText(data []byte, length int) (text, rest []byte, ok bool) {
	if len(data) < length+1 {
		return nil, nil, false
	}
	n := int(data[0])
	if length == 2 {
		n = int(u16(data))
	}
	width := 1 + int(data[length]&wide)
	data = data[length+1:]
	if len(data) < n*width {
		return nil, nil, false
	}
	text, high := appendUnits(nil, 0, data[:n*width], width)
	if high != 0 {
		text = utf8.AppendRune(text, utf8.RuneError)
	}
	return text, data[n*width:], true
}
