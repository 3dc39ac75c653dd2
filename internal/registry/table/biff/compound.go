package biff

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf16"
)

// Parts of a compound file, [MS-CFB] 2.
const (
	headerSize   = 512
	entrySize    = 128
	endOfChain   = 0xFFFFFFFE
	freeSector   = 0xFFFFFFFF
	streamEntry  = 2
	rootEntry    = 5
	inHeader     = 109 // sectors of the allocation table that the header lists
	maxDirectory = 16 << 20
)

// compound is a compound file: sectors, and the allocation table that links each to the next one.
type compound struct {
	r     io.ReaderAt
	size  int64
	shift uint
	next  []uint32
}

// workbookStream returns the stream of the workbook.
func workbookStream(r io.ReaderAt, size int64) ([]byte, error) {
	head := make([]byte, headerSize)
	if _, err := r.ReadAt(head, 0); err != nil {
		return nil, fmt.Errorf("%w: its header: %w", ErrDamaged, err)
	}
	c := &compound{r: r, size: size, shift: uint(u16(head[30:]))}
	if c.shift != 9 && c.shift != 12 {
		return nil, fmt.Errorf("%w: sectors of 2^%d bytes", ErrDamaged, c.shift)
	}
	if err := c.table(head); err != nil {
		return nil, err
	}
	directory, err := c.chain(u32(head[48:]), -1, maxDirectory)
	if err != nil {
		return nil, err
	}
	var root, found []byte
	old := false
	for e := directory; len(e) >= entrySize; e = e[entrySize:] {
		switch name := entryName(e); {
		case e[66] == rootEntry && root == nil:
			root = e
		case e[66] == streamEntry && strings.EqualFold(name, "Workbook") && found == nil:
			found = e
		case e[66] == streamEntry && strings.EqualFold(name, "Book"):
			old = true
		}
	}
	if found == nil {
		if old {
			return nil, ErrOld
		}
		return nil, ErrAbsent
	}
	n := int64(u32(found[120:]))
	if n > MaxStream {
		return nil, ErrLarge
	}
	if n >= int64(u32(head[56:])) || root == nil {
		return c.chain(u32(found[116:]), n, MaxStream)
	}
	return c.small(head, root, u32(found[116:]), n)
}

// entryName returns the name of a directory entry.
func entryName(e []byte) string {
	n := min(int(u16(e[64:])), 64)
	var units []uint16
	for i := 0; i+1 < n; i += 2 {
		if u := u16(e[i:]); u != 0 {
			units = append(units, u)
		}
	}
	return string(utf16.Decode(units))
}

// sectors returns the most sectors that the file can have.
func (c *compound) sectors() int64 { return c.size>>c.shift + 1 }

// sector reads a sector. Only need bytes must exist, because some programs do not fill the last sector of a file.
func (c *compound) sector(n uint32, to []byte, need int64) error {
	at := (int64(n) + 1) << c.shift
	if got, err := c.r.ReadAt(to, at); err != nil && (err != io.EOF || int64(got) < min(need, int64(len(to)))) {
		return fmt.Errorf("%w: sector %d: %w", ErrDamaged, n, err)
	}
	return nil
}

// table reads the allocation table.
func (c *compound) table(head []byte) error {
	var parts []uint32
	take := func(b []byte) {
		for ; len(b) >= 4; b = b[4:] {
			if n := u32(b); n != freeSector && n != endOfChain {
				parts = append(parts, n)
			}
		}
	}
	take(head[76 : 76+4*inHeader])
	buf := make([]byte, 1<<c.shift)
	more := u32(head[68:])
	for steps := int64(0); more != endOfChain && more != freeSector; steps++ {
		if steps > c.sectors() {
			return fmt.Errorf("%w: its table of sectors runs in a circle", ErrDamaged)
		}
		clear(buf)
		if err := c.sector(more, buf, int64(len(buf))); err != nil {
			return err
		}
		take(buf[:len(buf)-4])
		more = u32(buf[len(buf)-4:])
	}
	if int64(len(parts)) > c.sectors() {
		return fmt.Errorf("%w: a table of %d sectors in a file of %d bytes", ErrDamaged, len(parts), c.size)
	}
	for _, p := range parts {
		clear(buf)
		if err := c.sector(p, buf, int64(len(buf))); err != nil {
			return err
		}
		for b := buf; len(b) >= 4; b = b[4:] {
			c.next = append(c.next, u32(b))
		}
	}
	return nil
}

// chain reads linked sectors, starting at first: n bytes, or all if n is negative, and never more than most bytes.
func (c *compound) chain(first uint32, n, most int64) ([]byte, error) {
	var out []byte
	if n >= 0 {
		out = make([]byte, 0, min(n, c.size)+int64(1)<<c.shift)
	}
	at := first
	for steps := int64(0); at != endOfChain && (n < 0 || int64(len(out)) < n); steps++ {
		if steps > c.sectors() || int64(at) >= int64(len(c.next)) || int64(len(out)) > most {
			return nil, fmt.Errorf("%w: its chain of sectors breaks at sector %d", ErrDamaged, at)
		}
		from := len(out)
		out = append(out, make([]byte, 1<<c.shift)...)
		need := int64(len(out) - from)
		if n >= 0 {
			need = n - int64(from)
		}
		if err := c.sector(at, out[from:], need); err != nil {
			return nil, err
		}
		at = c.next[at]
	}
	if n >= 0 && int64(len(out)) < n {
		return nil, fmt.Errorf("%w: it has %d of %d bytes", ErrDamaged, len(out), n)
	}
	if n >= 0 {
		out = out[:n]
	}
	return out, nil
}

// small reads a stream from sectors of 64 bytes in the root's stream.
func (c *compound) small(head, root []byte, first uint32, n int64) ([]byte, error) {
	all, err := c.chain(u32(root[116:]), -1, MaxStream)
	if err != nil {
		return nil, err
	}
	links, err := c.chain(u32(head[60:]), -1, MaxStream)
	if err != nil {
		return nil, err
	}
	const size = 64
	var out []byte
	for at, steps := first, 0; int64(len(out)) < n; steps++ {
		from := int64(at) * size
		if from+size > int64(len(all)) || 4*int64(at)+4 > int64(len(links)) || steps > len(links) {
			return nil, fmt.Errorf("%w: its chain of small sectors breaks at %d", ErrDamaged, at)
		}
		out = append(out, all[from:from+size]...)
		at = u32(links[4*at:])
	}
	return out[:n], nil
}
