package col

import (
	"bufio"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unsafe"

	"eyas/internal/fault"
	"eyas/internal/vault"
)

// A cache file has a header and one section per column, in the form that columns have in memory. A section has a header
// (kind, column, lengths), its bytes, and a checksum of both. Numbers are little-endian. Only the machine that wrote
// the file reads it. If anything is wrong with it, the table is built again.
const (
	cacheMagic   = "EYASCOL\n"
	cacheVersion = 3
	// endMark is the last section. Without it, the file was cut off between two sections.
	endMark = "end"
)

// ErrStale means that a cache file belongs to another base, another pack or another version of the program.
var ErrStale = errors.New("columns: the cache is of another base or pack")

// ErrDamaged means that the content of a cache file changed after it was written.
var ErrDamaged = errors.New("columns: the cache is damaged")

// Stamp identifies what a cache file was made from. A file with another stamp is not used.
type Stamp struct {
	Pack string // fingerprint of the pack
	Base string // identity of the database
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Seal begins a sealed file; see vault.Ring.
type Seal func(to io.Writer) (io.WriteCloser, error)

// WriteCache writes the table to a file. It writes a temporary file first and renames it, so the file is never partly
// written. The file of a register that can hold the highest class of personal data is sealed, and so is another one in which
// there is an identity number; with nil for seal none is.
func (t *Table) WriteCache(path string, s Stamp, seal Seal) (err error) {
	defer fault.At(&err, "col.WriteCache(file %s)", path)
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // has no effect after the rename
	defer f.Close()
	to := io.WriteCloser(f)
	if seal != nil && (t.Register.Confidential() || t.holdsNumber()) {
		if to, err = seal(f); err != nil {
			return err
		}
	}
	w := &cacheWriter{w: bufio.NewWriterSize(to, 1<<20)}
	w.table(t, s)
	if w.err == nil {
		w.err = w.w.Flush()
	}
	if w.err == nil && to != io.WriteCloser(f) {
		w.err = to.Close()
	}
	if w.err != nil {
		return w.err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}

// holdsNumber reports whether there is an identity number in the texts of the table.
func (t *Table) holdsNumber() (holds bool) {
	holds = vault.Holds(t.Codes.Bytes) || vault.Holds(t.Names.Bytes) || vault.Holds(t.Formers.Bytes)
	t.each(func(_ Key, c column) {
		for i := 0; c.dict != nil && !holds && i < len(c.dict.Words); i++ {
			holds = vault.Holds(c.dict.Words[i])
		}
	})
	return holds
}

type cacheWriter struct {
	w   *bufio.Writer
	err error
}

func (w *cacheWriter) table(t *Table, s Stamp) {
	head := binary.LittleEndian.AppendUint32([]byte(cacheMagic), cacheVersion)
	if _, err := w.w.Write(head); err != nil {
		w.err = err
	}
	meta := appendText(nil, s.Pack)
	meta = appendText(meta, s.Base)
	meta = appendText(meta, t.Register.ID)
	meta = appendText(meta, t.Mark)
	meta = binary.LittleEndian.AppendUint64(meta, uint64(t.Change))
	meta = binary.LittleEndian.AppendUint64(meta, uint64(t.N))
	w.section("meta", Key{}, meta)
	w.section("subjects", Key{}, bytesOf(t.Subjects))
	w.section("codes", Key{}, bytesOf(t.Codes.Off), t.Codes.Bytes)
	w.section("names", Key{}, bytesOf(t.Names.Off), t.Names.Bytes)
	if len(t.Formers.Off) > 0 {
		w.section("formers", Key{}, bytesOf(t.Formers.Off), t.Formers.Bytes)
	}
	t.each(func(k Key, c column) {
		switch {
		case c.num != nil:
			w.section("num", k, bytesOf(c.num.Val), bytesOf(c.num.Valid))
		case c.date != nil:
			w.section("date", k, bytesOf(c.date.Val), bytesOf(c.date.Valid))
		case c.yes != nil:
			w.section("bool", k, bytesOf(c.yes.Val), bytesOf(c.yes.Valid))
		case c.dict != nil:
			lengths := make([]uint32, len(c.dict.Words))
			for i, word := range c.dict.Words {
				lengths[i] = uint32(len(word))
			}
			w.section("dict", k, bytesOf(c.dict.Val), bytesOf(lengths), []byte(strings.Join(c.dict.Words, "")))
		default:
			w.section("text", k, bytesOf(c.text))
		}
	})
	w.section(endMark, Key{})
}

// section writes one column: the header with the lengths of the parts, then their bytes.
func (w *cacheWriter) section(kind string, k Key, parts ...[]byte) {
	if w.err != nil {
		return
	}
	head := appendText(nil, kind)
	head = appendText(head, k.Attr)
	head = binary.LittleEndian.AppendUint32(head, uint32(int32(k.Year)))
	head = append(head, byte(len(parts)))
	for _, p := range parts {
		head = binary.LittleEndian.AppendUint64(head, uint64(len(p)))
	}
	head = binary.LittleEndian.AppendUint32(head, crc32.Checksum(head, castagnoli))
	framed := binary.LittleEndian.AppendUint32(nil, uint32(len(head)))
	sum := uint32(0)
	for _, p := range parts {
		sum = crc32.Update(sum, castagnoli, p)
	}
	for _, p := range append(append([][]byte{framed, head}, parts...), binary.LittleEndian.AppendUint32(nil, sum)) {
		if _, err := w.w.Write(p); err != nil {
			w.err = err
			return
		}
	}
}

func appendText(b []byte, s string) []byte {
	return append(binary.LittleEndian.AppendUint32(b, uint32(len(s))), s...)
}

// bytesOf returns the memory of a slice as bytes.
func bytesOf[T any](s []T) []byte {
	if len(s) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&s[0])), len(s)*int(unsafe.Sizeof(s[0])))
}
