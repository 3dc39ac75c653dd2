// Package page checks an SQLite file without reading all of it: its length, the free pages, every inner page of every
// tree, and a sample of the leaves. The file format is described at https://www.sqlite.org/fileformat2.html.
package page

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"eyas/internal/fault"
)

// quickLeaves is the number of leaf pages that the quick check reads: all of a base up to 16 MB, a sample of a larger
// one.
const quickLeaves = 4 << 10

// ErrBroken is returned when the structure of a file is damaged.
var ErrBroken = errors.New("the structure of the file is broken")

// File is an SQLite file. It stays open after the first check.
type File struct {
	Path string

	mu   sync.Mutex
	file *os.File // see looking
}

// Close closes the file.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.file == nil {
		return nil
	}
	return f.file.Close()
}

// Check checks the structure of the file: its length, the free pages, every inner page of every tree, and up to
// quickLeaves leaves. It reads one snapshot on a connection of db. The error wraps ErrBroken when the structure is
// damaged.
func (f *File) Check(ctx context.Context, db *sql.DB) (err error) {
	defer fault.At(&err, "page.Check")
	if err := f.Whole(); err != nil {
		return err
	}
	tx, err := db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer tx.Rollback()
	q := &pageCheck{ctx: ctx}
	if err := tx.QueryRowContext(ctx, `PRAGMA page_count`).Scan(&q.pages); err != nil {
		return err
	}
	if q.page, err = tx.PrepareContext(ctx, `SELECT data FROM sqlite_dbpage WHERE pgno = ?`); err != nil {
		return err
	}
	defer q.page.Close()
	rows, err := tx.QueryContext(ctx, `SELECT rootpage FROM sqlite_schema WHERE rootpage > 0`)
	if err != nil {
		return err
	}
	roots := []uint32{1}
	for rows.Next() {
		var root uint32
		if err := rows.Scan(&root); err != nil {
			rows.Close()
			return err
		}
		roots = append(roots, root)
	}
	if err := cmp.Or(rows.Err(), rows.Close()); err != nil { // a list that broke off is no list of what there is
		return err
	}
	return q.run(roots)
}

// Whole compares the length of the file with the length in its header. The header may be ahead of the file during a
// checkpoint, or after the process of a checkpoint was killed: the missing pages are then in the write-ahead log.
func (f *File) Whole() error {
	for end := time.Now().Add(wholeAfter); ; time.Sleep(wholeAgain) {
		have, want, size, err := f.lengths()
		if err != nil || have >= want {
			return err
		}
		if f.inLog(have/size+1, want/size) {
			return nil
		}
		if time.Now().After(end) {
			return broken(1, "the file has %d bytes and should have %d: it was cut", have, want)
		}
	}
}

// Times of checking the length of the file: the interval, and how long a difference must last until the file is
// considered cut off.
const (
	wholeAgain = 20 * time.Millisecond
	wholeAfter = time.Second
)

// lengths returns the length of the file, the length in its header, and the page size.
func (f *File) lengths() (have, want, size int64, err error) {
	open, err := f.looking()
	if err != nil {
		return 0, 0, 0, err
	}
	var head [100]byte
	if _, err := open.ReadAt(head[:], 0); err != nil {
		return 0, 0, 0, nil // a new base whose first page is still in the log
	}
	info, err := open.Stat() // after the head, for it only grows
	if err != nil {
		return 0, 0, 0, err
	}
	if size = int64(binary.BigEndian.Uint16(head[16:])); size == 1 {
		size = 1 << 16
	}
	return info.Size(), int64(binary.BigEndian.Uint32(head[28:])) * size, size, nil
}

// looking returns the open file. It stays open until Close: when a process closes any handle of a file, it loses all its
// locks on it, also those of SQLite, and another process that ends would remove the log.
func (f *File) looking() (*os.File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.file == nil {
		file, err := os.Open(f.Path)
		if err != nil {
			return nil, err
		}
		f.file = file
	}
	return f.file, nil
}

// inLog reports whether pages first to last are in the write-ahead log; see section 4 of the file format.
func (f *File) inLog(first, last int64) bool {
	log, err := os.Open(f.Path + "-wal")
	if err != nil {
		return false
	}
	defer log.Close()
	r := bufio.NewReaderSize(log, 1<<20)
	var head [32]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return false
	}
	size := int(binary.BigEndian.Uint32(head[8:]))
	there := map[int64]bool{}
	for {
		var frame [24]byte
		if _, err := io.ReadFull(r, frame[:]); err != nil || !bytes.Equal(frame[8:16], head[16:24]) { // of another log
			break
		}
		if n := int64(binary.BigEndian.Uint32(frame[:])); n >= first && n <= last {
			there[n] = true
		}
		if _, err := r.Discard(size); err != nil {
			break
		}
	}
	return int64(len(there)) == last-first+1
}

func broken(page uint32, format string, args ...any) error {
	return fmt.Errorf("%w: page %d: %s", ErrBroken, page, fmt.Sprintf(format, args...))
}

// pageCheck walks the pages of a file.
type pageCheck struct {
	ctx    context.Context
	pages  uint32
	page   *sql.Stmt
	seen   []bool
	leaves []leaf
}

// leaf is a page at the end of a tree, with the row numbers that its parent leaves to it: above low and up to high.
type leaf struct {
	page      uint32
	table     bool
	low, high int64
}

func (q *pageCheck) read(n uint32) ([]byte, error) {
	if err := q.ctx.Err(); err != nil {
		return nil, err
	}
	var b []byte
	err := q.page.QueryRowContext(q.ctx, n).Scan(&b)
	if err != nil {
		return nil, fmt.Errorf("page %d: %w", n, err)
	}
	return b, nil
}

// claim records that a page is in use. It returns an error when the page is used twice or lies outside the file.
func (q *pageCheck) claim(n, by uint32) error {
	if n < 1 || n > q.pages {
		return broken(by, "it leads to page %d of %d", n, q.pages)
	}
	if q.seen[n] {
		return broken(by, "it leads to page %d, as another page does", n)
	}
	q.seen[n] = true
	return nil
}

func (q *pageCheck) run(roots []uint32) error {
	q.seen = make([]bool, q.pages+1)
	first, err := q.read(1)
	if err != nil {
		return err
	}
	if err := q.free(binary.BigEndian.Uint32(first[32:]), binary.BigEndian.Uint32(first[36:])); err != nil {
		return err
	}
	for _, root := range roots {
		if err := q.claim(root, 1); err != nil {
			return err
		}
		if err := q.tree(root); err != nil {
			return err
		}
	}
	if len(q.leaves) > quickLeaves { // others every time
		rand.Shuffle(len(q.leaves), func(i, j int) { q.leaves[i], q.leaves[j] = q.leaves[j], q.leaves[i] })
		q.leaves = q.leaves[:quickLeaves]
	}
	for _, l := range q.leaves {
		if err := q.leaf(l); err != nil {
			return err
		}
	}
	return nil
}

// free walks the list of free pages.
func (q *pageCheck) free(trunk, count uint32) error {
	found := uint32(0)
	for by := uint32(1); trunk != 0; {
		if err := q.claim(trunk, by); err != nil {
			return err
		}
		b, err := q.read(trunk)
		if err != nil {
			return err
		}
		n := binary.BigEndian.Uint32(b[4:])
		if int(n) > len(b)/4-2 {
			return broken(trunk, "it lists %d free pages", n)
		}
		for i := range n {
			if err := q.claim(binary.BigEndian.Uint32(b[8+4*i:]), trunk); err != nil {
				return err
			}
		}
		found += 1 + n
		by, trunk = trunk, binary.BigEndian.Uint32(b)
	}
	if found != count {
		return broken(1, "%d free pages are listed of %d", found, count)
	}
	return nil
}

const (
	lowest  = -1 << 63
	highest = 1<<63 - 1
)

// tree walks the inner pages of a tree level by level; those of the last level are leaves.
func (q *pageCheck) tree(root uint32) error {
	b, err := q.read(root)
	if err != nil {
		return err
	}
	h := headOf(root, b)
	table := h.kind == 5 || h.kind == 13
	level := []leaf{{root, table, lowest, highest}}
	for {
		b, err := q.read(level[0].page)
		if err != nil {
			return err
		}
		if h := headOf(level[0].page, b); h.kind == 10 || h.kind == 13 {
			q.leaves = append(q.leaves, level...)
			return nil
		}
		var next []leaf
		for _, at := range level {
			if next, err = q.inner(at, next); err != nil {
				return err
			}
		}
		level = next
	}
}

// inner appends the children of an inner page.
func (q *pageCheck) inner(at leaf, children []leaf) ([]leaf, error) {
	b, err := q.read(at.page)
	if err != nil {
		return nil, err
	}
	h := headOf(at.page, b)
	if want := map[bool]byte{true: 5, false: 2}[at.table]; h.kind != want {
		return nil, broken(at.page, "it is of kind %d instead of %d", h.kind, want)
	}
	low := at.low
	err = h.each(at.page, b, func(cell []byte) error {
		if len(cell) < 5 {
			return broken(at.page, "a cell of %d bytes", len(cell))
		}
		child := leaf{binary.BigEndian.Uint32(cell), at.table, lowest, highest}
		if at.table {
			key, _ := varint(cell[4:])
			if key <= low && low != lowest || key > at.high {
				return broken(at.page, "row %d is out of order", key)
			}
			child.low, child.high, low = low, key, key
		}
		children = append(children, child)
		return q.claim(child.page, at.page)
	})
	if err != nil {
		return nil, err
	}
	right := leaf{binary.BigEndian.Uint32(b[h.at+8:]), at.table, low, at.high}
	return append(children, right), q.claim(right.page, at.page)
}

func (q *pageCheck) leaf(at leaf) error {
	b, err := q.read(at.page)
	if err != nil {
		return err
	}
	h := headOf(at.page, b)
	if want := map[bool]byte{true: 13, false: 10}[at.table]; h.kind != want {
		return broken(at.page, "it is of kind %d instead of %d", h.kind, want)
	}
	last := at.low
	return h.each(at.page, b, func(cell []byte) error {
		size, n := varint(cell)
		if n == 0 || size < 0 {
			return broken(at.page, "a cell of no size")
		}
		if !at.table {
			return nil
		}
		row, m := varint(cell[n:])
		if m == 0 || row <= last && last != lowest || row > at.high {
			return broken(at.page, "row %d is out of order", row)
		}
		last = row
		return nil
	})
}

// pageHead is the header of a page of a tree.
type pageHead struct {
	at    int // where it begins: behind the file's own head on page 1
	kind  byte
	cells int
}

func headOf(page uint32, b []byte) pageHead {
	h := pageHead{}
	if page == 1 {
		h.at = 100
	}
	h.kind, h.cells = b[h.at], int(binary.BigEndian.Uint16(b[h.at+3:]))
	return h
}

// each calls fn with every cell of a page in the order of keys: the bytes from its beginning to the page's end.
func (h pageHead) each(page uint32, b []byte, fn func(cell []byte) error) error {
	from := h.at + 8
	if h.kind == 2 || h.kind == 5 {
		from += 4
	}
	content := int(binary.BigEndian.Uint16(b[h.at+5:]))
	if content == 0 {
		content = 1 << 16
	}
	end := from + 2*h.cells
	if end > len(b) || content < end || content > len(b) {
		return broken(page, "%d cells do not fit in", h.cells)
	}
	for i := from; i < end; i += 2 {
		at := int(binary.BigEndian.Uint16(b[i:]))
		if at < content || at >= len(b)-3 {
			return broken(page, "a cell begins at %d", at)
		}
		if err := fn(b[at:]); err != nil {
			return err
		}
	}
	return nil
}

// varint reads a big-endian number of up to nine bytes; n is 0 when it is incomplete.
func varint(b []byte) (v int64, n int) {
	u := uint64(0)
	for i := range min(len(b), 9) {
		if i == 8 {
			return int64(u<<8 | uint64(b[i])), 9
		}
		u = u<<7 | uint64(b[i]&0x7f)
		if b[i] < 0x80 {
			return int64(u), i + 1
		}
	}
	return 0, 0
}
