// Package bifftest writes workbooks of Excel 97–2003 (BIFF8 in a compound file) for tests. It writes what readers must
// handle, such as shared texts that are cut at any character.
package bifftest

import (
	"bytes"
	"encoding/binary"
	"math"
	"unicode/utf16"

	"eyas/internal/registry/table/biff"
)

// Book is a workbook to write.
type Book struct {
	Base1904  bool
	Encrypted bool
	Sheets    []Sheet
	Formats   []string // number format codes; style n+1 has format n, style 0 has none
	Cut       int      // characters of shared texts per record; 0: no limit
	Small     bool     // the stream uses small sectors; only for less than 4,096 bytes
}

// Sheet is a worksheet to write.
type Sheet struct {
	Name    string
	Hidden  bool
	Rows    map[int][]biff.Cell // by row number, from 1
	Dark    map[int]bool        // hidden rows
	Columns [][2]int            // hidden columns, from 1
	Merged  []biff.Area
	Packed  bool // numbers are written as RK and MULRK where possible
	Formula bool // texts are results of formulas
}

type writer struct {
	bytes.Buffer
	cut int
}

func (w *writer) record(kind int, data []byte) {
	binary.Write(w, binary.LittleEndian, [2]uint16{uint16(kind), uint16(len(data))})
	w.Write(data)
}

func le(list ...any) []byte {
	var b bytes.Buffer
	for _, x := range list {
		if s, ok := x.([]byte); ok {
			b.Write(s)
			continue
		}
		binary.Write(&b, binary.LittleEndian, x)
	}
	return b.Bytes()
}

// units returns the characters of a text, and whether they need two bytes.
func units(s string) (list []uint16, wide bool) {
	list = utf16.Encode([]rune(s))
	for _, u := range list {
		wide = wide || u > 0xFF
	}
	return list, wide
}

func chars(list []uint16, wide bool) []byte {
	var b []byte
	for _, u := range list {
		b = append(b, byte(u))
		if wide {
			b = append(b, byte(u>>8))
		}
	}
	return b
}

func flag(wide bool) byte {
	if wide {
		return 1
	}
	return 0
}

func text(s string, short bool) []byte {
	list, wide := units(s)
	if short {
		return le(byte(len(list)), flag(wide), chars(list, wide))
	}
	return le(uint16(len(list)), flag(wide), chars(list, wide))
}

// Bytes returns the file.
func (b *Book) Bytes() []byte {
	w := &writer{cut: b.Cut}
	w.record(0x809, le(uint16(0x600), uint16(5), uint16(0), uint16(0), uint32(0), uint32(0)))
	if b.Encrypted {
		w.record(0x2F, make([]byte, 54))
	}
	if b.Base1904 {
		w.record(0x22, le(uint16(1)))
	}
	for i, code := range b.Formats {
		w.record(0x41E, le(uint16(164+i), text(code, false)))
	}
	for i := range len(b.Formats) + 1 {
		format := 0
		if i > 0 {
			format = 163 + i
		}
		w.record(0xE0, le(uint16(0), uint16(format), make([]byte, 16)))
	}
	var places []int
	for _, s := range b.Sheets {
		places = append(places, w.Len()+4)
		w.record(0x85, le(uint32(0), flag(s.Hidden), byte(0), text(s.Name, true)))
	}
	numbers := map[string]int{}
	var shared []string
	for _, s := range b.Sheets {
		for _, cells := range s.Rows {
			for _, c := range cells {
				if _, has := numbers[string(c.Text)]; c.Kind == biff.Text && !has && !s.Formula {
					numbers[string(c.Text)] = len(shared)
					shared = append(shared, string(c.Text))
				}
			}
		}
	}
	w.shared(shared)
	w.record(0x0A, nil)
	for i := range b.Sheets {
		at := w.Len()
		w.sheet(&b.Sheets[i], numbers)
		binary.LittleEndian.PutUint32(w.Bytes()[places[i]:], uint32(at))
	}
	return compound(w.Bytes(), b.Small)
}

// shared writes the shared texts. A text of odd length is followed by font runs.
func (w *writer) shared(list []string) {
	data := le(uint32(len(list)), uint32(len(list)))
	kind := 0xFC
	flush := func() {
		w.record(kind, data)
		kind, data = 0x3C, nil
	}
	for _, s := range list {
		all, wide := units(s)
		runs := len(all) % 2
		if len(data) > 8_000 {
			flush()
		}
		flags := flag(wide)
		if runs > 0 {
			flags |= 8
		}
		data = append(data, le(uint16(len(all)), flags)...)
		if runs > 0 {
			data = append(data, le(uint16(runs))...)
		}
		for n := 0; ; {
			most := len(all) - n
			if w.cut > 0 {
				most = min(most, w.cut)
			}
			most = min(most, 4_000)
			part := all[n : n+most]
			data = append(data, chars(part, wide)...)
			if n += most; n == len(all) {
				break
			}
			flush()
			_, wide = units(string(utf16.Decode(all[n:min(len(all), n+max(1, w.cut))])))
			for _, u := range all[n:min(len(all), n+max(1, w.cut, 4_000))] {
				wide = wide || u > 0xFF
			}
			data = append(data, flag(wide))
		}
		data = append(data, make([]byte, 4*runs)...)
	}
	flush()
}

func (w *writer) sheet(s *Sheet, numbers map[string]int) {
	w.record(0x809, le(uint16(0x600), uint16(0x10), uint16(0), uint16(0), uint32(0), uint32(0)))
	for _, c := range s.Columns {
		w.record(0x7D, le(uint16(c[0]-1), uint16(c[1]-1), uint16(2000), uint16(0), uint16(1), uint16(0)))
	}
	// A chart in the sheet, with cells of its own.
	w.record(0x809, le(uint16(0x600), uint16(0x20), uint16(0), uint16(0), uint32(0), uint32(0)))
	w.record(0x203, le(uint16(0), uint16(0), uint16(0), float64(1)))
	w.record(0x0A, nil)
	last := 0
	for n := range s.Rows {
		last = max(last, n)
	}
	for n := 1; n <= last; n++ {
		cells, has := s.Rows[n]
		if !has {
			continue
		}
		flags := uint16(0)
		if s.Dark[n] {
			flags = 0x20
		}
		w.record(0x208, le(uint16(n-1), uint16(0), uint16(0), uint16(255), uint16(0), uint16(0), flags, uint16(0)))
		for i := 0; i < len(cells); i++ {
			c := &cells[i]
			head := le(uint16(n-1), uint16(c.Column-1), uint16(c.Style))
			switch {
			case c.Kind == biff.Number && s.Packed && packs(c.Number):
				k := i + 1
				for k < len(cells) && cells[k].Kind == biff.Number && packs(cells[k].Number) && cells[k].Column == cells[k-1].Column+1 {
					k++
				}
				if k == i+1 {
					w.record(0x27E, le(head, pack(c.Number)))
					break
				}
				data := le(uint16(n-1), uint16(c.Column-1))
				for _, x := range cells[i:k] {
					data = append(data, le(uint16(x.Style), pack(x.Number))...)
				}
				w.record(0xBD, le(data, uint16(cells[k-1].Column-1)))
				i = k - 1
			case c.Kind == biff.Number:
				w.record(0x203, le(head, c.Number))
			case c.Kind == biff.Text && s.Formula:
				w.record(0x06, le(head, []byte{0, 0, 0, 0, 0, 0, 0xFF, 0xFF}, uint16(0), uint32(0), uint16(0)))
				w.record(0x4BC, make([]byte, 12)) // a shared formula
				w.record(0x207, text(string(c.Text), false))
			case c.Kind == biff.Text:
				w.record(0xFD, le(head, uint32(numbers[string(c.Text)])))
			case c.Kind == biff.Boolean:
				w.record(0x205, le(head, flag(string(c.Text) == "TRUE"), byte(0)))
			case c.Kind == biff.Fault:
				w.record(0x205, le(head, byte(0x07), byte(1)))
			case c.Kind == biff.Unanswered:
				w.record(0x06, le(head, []byte{9, 0, 0, 0, 0, 0, 0xFF, 0xFF}, uint16(0), uint32(0), uint16(0)))
			}
		}
	}
	for _, a := range s.Merged {
		w.record(0xE5, le(uint16(1), uint16(a.FirstRow-1), uint16(a.LastRow-1), uint16(a.FirstColumn-1), uint16(a.LastColumn-1)))
	}
	w.record(0x0A, nil)
}

// packs reports whether a number fits in four bytes (RK). pack encodes it.
func packs(x float64) bool {
	return x == math.Trunc(x) && math.Abs(x) < 1<<28 || 100*x == math.Trunc(100*x) && math.Abs(x) < 1<<20 && math.Trunc(100*x)/100 == x || math.Float64bits(x)&(1<<34-1) == 0
}

func pack(x float64) uint32 {
	switch {
	case x == math.Trunc(x) && math.Abs(x) < 1<<28 && !math.Signbit(x):
		return uint32(int32(x))<<2 | 2
	case math.Float64bits(x)&(1<<34-1) == 0:
		return uint32(math.Float64bits(x) >> 32)
	case x == math.Trunc(x):
		return uint32(int32(x)<<2) | 2
	}
	return uint32(int32(math.Trunc(100*x))<<2) | 3
}

// compound writes the stream as a compound file with sectors of 512 bytes.
func compound(stream []byte, small bool) []byte {
	const size = 512
	if !small && len(stream) < 4096 {
		stream = append(stream, make([]byte, 4096-len(stream))...)
	}
	sectors := func(n int) int { return (n + size - 1) / size }
	data := stream
	if small {
		data = append(stream, make([]byte, (64-len(stream)%64)%64)...)
	}
	n := sectors(len(data))
	links := 0
	if small {
		links = sectors(len(data) / 64 * 4)
	}
	tables := 1
	for tables*size/4 < n+links+tables+1 {
		tables++
	}
	// allocation table | directory | links of small sectors | data
	next := make([]uint32, tables*size/4)
	for i := range next {
		next[i] = 0xFFFFFFFF
	}
	for i := range tables {
		next[i] = 0xFFFFFFFD
	}
	chain := func(from, count int) {
		for i := range count {
			next[from+i] = uint32(from + i + 1)
		}
		if count > 0 {
			next[from+count-1] = 0xFFFFFFFE
		}
	}
	directory, link, begin := tables, tables+1, tables+1+links
	chain(directory, 1)
	chain(link, links)
	chain(begin, n)
	entry := func(name string, kind byte, first, size uint32) []byte {
		u, _ := units(name)
		e := make([]byte, 128)
		copy(e, chars(u, true))
		binary.LittleEndian.PutUint16(e[64:], uint16(2*len(u)+2))
		e[66] = kind
		binary.LittleEndian.PutUint32(e[116:], first)
		binary.LittleEndian.PutUint32(e[120:], size)
		return e
	}
	head := make([]byte, size)
	copy(head, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")
	put := func(at int, v uint32) { binary.LittleEndian.PutUint32(head[at:], v) }
	binary.LittleEndian.PutUint16(head[26:], 3)
	binary.LittleEndian.PutUint16(head[30:], 9)
	binary.LittleEndian.PutUint16(head[32:], 6)
	put(44, uint32(tables))
	put(48, uint32(directory))
	put(56, 4096)
	put(60, 0xFFFFFFFE)
	put(68, 0xFFFFFFFE)
	for i := range 109 {
		put(76+4*i, 0xFFFFFFFF)
		if i < tables {
			put(76+4*i, uint32(i))
		}
	}
	var dir []byte
	if small {
		put(60, uint32(link))
		put(64, uint32(links))
		dir = append(entry("Root Entry", 5, uint32(begin), uint32(len(data))), entry("Workbook", 2, 0, uint32(len(stream)))...)
	} else {
		dir = append(entry("Root Entry", 5, 0xFFFFFFFE, 0), entry("Workbook", 2, uint32(begin), uint32(len(stream)))...)
	}
	out := append(head, le(next)...)
	out = append(out, append(dir, make([]byte, size-len(dir))...)...)
	var small32 []uint32
	for i := range len(data) / 64 {
		small32 = append(small32, uint32(i+1))
	}
	if small {
		small32[len(small32)-1] = 0xFFFFFFFE
		out = append(out, le(small32)...)
		out = append(out, make([]byte, links*size-4*len(small32))...)
	}
	out = append(out, data...)
	return append(out, make([]byte, n*size-len(data))...)
}
