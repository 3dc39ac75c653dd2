package table

import (
	"archive/zip"
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"eyas/internal/fault"
	"eyas/internal/registry/table/tags"
	"eyas/internal/vault"
)

const (
	memoryStrings = 32 << 20 // bytes of shared strings in memory; the rest is in a temporary file
	memoryCount   = 4 << 20  // most shared strings in memory
	maxStrings    = 2 << 30  // most bytes of shared strings in a workbook
	maxCount      = 64 << 20 // most shared strings in a workbook
	stringsPage   = 32 << 10 // bytes that are read from the temporary file at once
	stringsPages  = 128      // number of such pieces in memory
)

// texts are the shared strings of a workbook. The first ones, which are the most frequent, are in memory: one byte
// slice, and the end of each string in it. The others are in a temporary file without a name.
type texts struct {
	part *zip.File
	text []byte
	ends []uint32

	count   int // number of strings, in memory and in the file
	spilled *spilled
}

// get returns string i. A string from the file is appended to dst; out is dst with it. ok is false if there is no such
// string.
func (t *texts) get(dst []byte, i int) (text, out []byte, ok bool, err error) {
	if i < 0 || i >= t.count {
		return nil, dst, false, nil
	}
	if i < len(t.ends) {
		from := uint32(0)
		if i > 0 {
			from = t.ends[i-1]
		}
		return t.text[from:t.ends[i]:t.ends[i]], dst, true, nil
	}
	from := len(dst)
	if dst, err = t.spilled.append(dst, i-len(t.ends)); err != nil {
		return nil, dst[:from], false, err
	}
	return dst[from:len(dst):len(dst)], dst, true, nil
}

func (t *texts) load(name string) error {
	r, err := t.part.Open()
	if err != nil {
		return damaged(name, fmt.Errorf("table: shared strings: %w", err))
	}
	defer r.Close()
	// The part is longer than its texts. Capacity that is not written to takes no memory, while growing would need
	// copies.
	t.text = make([]byte, 0, min(t.part.UncompressedSize64, memoryStrings))
	items := tags.NewElements(r, "sst", "si", maxRowBytes)
	size := int64(0)
	var scratch []byte
	for {
		_, body, err := items.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return damaged(name, fmt.Errorf("table: shared strings: %w", err))
		}
		scratch = tags.AppendRuns(scratch[:0], body)
		if size += int64(len(scratch)); size > maxStrings || t.count == maxCount {
			return refuse(nil, fmt.Sprintf("“%s”里的文字超过 %d GB 或 %d 万条，无法一次读入。请拆成几个文件，或另存为 .csv 后再导入。", name, maxStrings>>30, maxCount/10_000),
				fmt.Sprintf("“%s” has more than %d GB or %d million pieces of text, too much to read at once. Split it into several files or save it as .csv.", name, maxStrings>>30, maxCount/1_000_000))
		}
		t.count++
		if t.spilled == nil && len(t.text)+len(scratch) <= memoryStrings && len(t.ends) < memoryCount {
			t.text = append(t.text, scratch...)
			t.ends = append(t.ends, uint32(len(t.text)))
			continue
		}
		if t.spilled == nil {
			if t.spilled, err = newSpilled(); err != nil {
				return unspilled(name, err)
			}
		}
		if err := t.spilled.add(scratch); err != nil {
			return unspilled(name, err)
		}
	}
	if t.spilled != nil {
		if err := t.spilled.written(); err != nil {
			return unspilled(name, err)
		}
	}
	return nil
}

// unspilled returns the fault for a temporary folder that cannot be written to.
func unspilled(name string, err error) error {
	return fault.New(fault.Unavailable,
		fmt.Sprintf("“%s”里的文字很多，要暂存在 %s，但那里写不下或不能写。请清理那里的空间，或用环境变量 TMPDIR 指定另一个文件夹，再导入。", name, os.TempDir()),
		fmt.Sprintf("“%s” has so much text that a part of it must be stored in %s, which is full or not writable. Free some space there, or set TMPDIR to another folder, and import it again.", name, os.TempDir())).Wrap(err)
}

func (t *texts) close() error {
	if t.spilled == nil {
		return nil
	}
	return errors.Join(t.spilled.text.close(), t.spilled.ends.close())
}

// spilled are texts in one file, and the end of each (eight bytes) in another.
type spilled struct {
	text, ends pages
	size       int64
	number     [8]byte
}

func newSpilled() (*spilled, error) {
	s := &spilled{}
	if err := s.text.open(); err != nil {
		return nil, err
	}
	if err := s.ends.open(); err != nil {
		return nil, errors.Join(err, s.text.close())
	}
	return s, nil
}

func (s *spilled) add(text []byte) error {
	s.size += int64(len(text))
	_, err := s.text.w.Write(text)
	if err == nil {
		_, err = s.ends.w.Write(binary.LittleEndian.AppendUint64(s.number[:0], uint64(s.size)))
	}
	return err
}

func (s *spilled) written() error { return errors.Join(s.text.written(), s.ends.written()) }

// append appends text i to dst.
func (s *spilled) append(dst []byte, i int) ([]byte, error) {
	from := int64(0)
	if i > 0 {
		b, err := s.ends.append(s.number[:0], int64(i-1)*8, 8)
		if err != nil {
			return dst, err
		}
		from = int64(binary.LittleEndian.Uint64(b))
	}
	b, err := s.ends.append(s.number[:0], int64(i)*8, 8)
	if err != nil {
		return dst, err
	}
	return s.text.append(dst, from, int(int64(binary.LittleEndian.Uint64(b))-from))
}

// pages is a temporary file without a name. It is written once and then read in pieces; the last pieces are kept.
type pages struct {
	file *vault.Scratch
	w    *bufio.Writer
	held map[int64]*page
	ring []*page // in the order of reading
	next int     // index of the next page to replace
}

type page struct {
	number int64
	data   []byte
}

func (p *pages) open() (err error) {
	if p.file, err = vault.NewScratch("eyas-strings-*"); err != nil {
		return err
	}
	p.w, p.held = bufio.NewWriterSize(p.file, stringsPage), map[int64]*page{}
	return nil
}

func (p *pages) written() error {
	err := p.w.Flush()
	p.w = nil
	return err
}

func (p *pages) close() error { return p.file.Close() }

// append appends n bytes of the file, starting at from, to dst.
func (p *pages) append(dst []byte, from int64, n int) ([]byte, error) {
	for n > 0 {
		data, err := p.page(from / stringsPage)
		if err != nil {
			return dst, err
		}
		at := int(from % stringsPage)
		if at >= len(data) {
			return dst, io.ErrUnexpectedEOF
		}
		part := data[at:min(len(data), at+n)]
		dst = append(dst, part...)
		from += int64(len(part))
		n -= len(part)
	}
	return dst, nil
}

func (p *pages) page(number int64) ([]byte, error) {
	if held := p.held[number]; held != nil {
		return held.data, nil
	}
	var one *page
	if len(p.ring) < stringsPages {
		one = &page{data: make([]byte, 0, stringsPage)}
		p.ring = append(p.ring, one)
	} else {
		one = p.ring[p.next]
		p.next = (p.next + 1) % stringsPages
		delete(p.held, one.number)
	}
	n, err := p.file.ReadAt(one.data[:stringsPage], number*stringsPage)
	one.data, one.number = one.data[:n], number
	if n == 0 && err != nil {
		return nil, err
	}
	p.held[number] = one
	return one.data, nil
}
