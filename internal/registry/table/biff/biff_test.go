package biff_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"testing"

	"eyas/internal/registry/table/biff"
	"eyas/internal/registry/table/biff/bifftest"

	"pgregory.net/rapid"
)

// read returns all cells of a file's visible sheets, as lines.
func read(data []byte) (all []string, err error) {
	b, err := biff.Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	for i, s := range b.Sheets {
		all = append(all, fmt.Sprintf("%s %v", s.Name, s.Hidden))
		rows, err := b.Rows(i)
		if err != nil {
			return nil, err
		}
		all = append(all, fmt.Sprint(rows.Merged, rows.Columns))
		for {
			n, cells, hidden, err := rows.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				return nil, err
			}
			for _, c := range cells {
				all = append(all, line(n, hidden, c))
			}
		}
	}
	return all, nil
}

func line(row int, hidden bool, c biff.Cell) string {
	return fmt.Sprintf("%d %v %d %d %d %x %s", row, hidden, c.Column, c.Kind, c.Style, math.Float64bits(c.Number), c.Text)
}

// What is written is read: any values, texts cut at any character, sheets in any order, large and small streams.
func TestReadsWhatIsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.SampledFrom([]string{"企业名称", "é", "甲公司", "a", "天津😀", "", "ÿ1"}), rapid.StringN(0, 40, -1))
		number := rapid.OneOf(rapid.SampledFrom([]float64{0, 1, -1, 0.01, 12345.67, 43831, 1e15, -0.5, 1 << 27, -(1 << 27)}), rapid.Float64())
		book := bifftest.Book{Base1904: rapid.Bool().Draw(t, "1904"), Cut: rapid.IntRange(0, 5).Draw(t, "cut"), Formats: []string{"0.00", `yyyy"年"m"月"`}}
		var want []string
		for i := range rapid.IntRange(1, 3).Draw(t, "sheets") {
			s := bifftest.Sheet{Name: fmt.Sprintf("表%d", i), Hidden: rapid.Bool().Draw(t, "hidden"), Packed: rapid.Bool().Draw(t, "packed"), Formula: rapid.Bool().Draw(t, "formula"),
				Rows: map[int][]biff.Cell{}, Dark: map[int]bool{}}
			if rapid.Bool().Draw(t, "merged") {
				s.Merged = []biff.Area{{FirstRow: 1, FirstColumn: 2, LastRow: 3, LastColumn: 2}}
				s.Columns = [][2]int{{2, 4}}
			}
			want = append(want, fmt.Sprintf("%s %v", s.Name, s.Hidden), fmt.Sprint(s.Merged, s.Columns))
			numbers := rapid.SliceOfNDistinct(rapid.IntRange(1, 65_536), 0, 6, rapid.ID).Draw(t, "rows")
			slices.Sort(numbers)
			for _, n := range numbers {
				s.Dark[n] = rapid.Bool().Draw(t, "dark")
				columns := rapid.SliceOfNDistinct(rapid.IntRange(1, 9), 1, 6, rapid.ID).Draw(t, "columns")
				slices.Sort(columns)
				for _, column := range columns {
					c := biff.Cell{Column: column, Style: rapid.IntRange(0, 2).Draw(t, "style"), Kind: biff.Kind(rapid.IntRange(0, 4).Draw(t, "kind"))}
					switch c.Kind {
					case biff.Number:
						c.Number = number.Draw(t, "number")
					case biff.Text:
						c.Text = []byte(text.Draw(t, "text"))
					case biff.Boolean:
						c.Text = []byte(rapid.SampledFrom([]string{"TRUE", "FALSE"}).Draw(t, "truth"))
					case biff.Fault:
						c.Text = []byte("#DIV/0!")
					}
					s.Rows[n] = append(s.Rows[n], c)
					want = append(want, line(n, s.Dark[n], c))
				}
			}
			book.Sheets = append(book.Sheets, s)
		}
		for _, small := range []bool{false, true} {
			book.Small = small
			data := book.Bytes()
			if small && len(data) > 4096 { // such a stream is never small
				continue
			}
			got, err := read(data)
			if err != nil || !slices.Equal(got, want) {
				t.Fatalf("small %v: %v\n%q\nwant\n%q", small, err, got, want)
			}
		}
	})
}

// A file that is incomplete, or not a workbook, gives an error that says so.
func TestRefused(t *testing.T) {
	rows := map[int][]biff.Cell{}
	for n := 1; n < 400; n++ {
		rows[n] = []biff.Cell{{Column: 1, Kind: biff.Text, Text: fmt.Appendf(nil, "企业%d", n)}, {Column: 2, Number: float64(n) / 3}}
	}
	book := bifftest.Book{Sheets: []bifftest.Sheet{{Name: "表", Rows: rows}}}
	whole := book.Bytes()
	if _, err := read(whole); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{100, 600, 2_000, len(whole) / 2, len(whole) - 3_000, len(whole) - 600} {
		if _, err := read(whole[:n]); !errors.Is(err, biff.ErrDamaged) {
			t.Errorf("the first %d bytes of %d: %v", n, len(whole), err)
		}
	}
	book.Encrypted = true
	if _, err := read(book.Bytes()); !errors.Is(err, biff.ErrEncrypted) {
		t.Errorf("encrypted: %v", err)
	}
	book.Encrypted = false
	other := bytes.Replace(book.Bytes(), []byte("W\x00o\x00r\x00k\x00b\x00o\x00o\x00k\x00"), []byte("X\x00o\x00r\x00k\x00b\x00o\x00o\x00k\x00"), 1)
	if _, err := read(other); !errors.Is(err, biff.ErrAbsent) {
		t.Errorf("without a workbook: %v", err)
	}
	old := bytes.Replace(book.Bytes(), []byte{0x09, 0x08, 16, 0, 0x00, 0x06}, []byte{0x09, 0x08, 16, 0, 0x00, 0x05}, 1)
	if _, err := read(old); !errors.Is(err, biff.ErrOld) {
		t.Errorf("of Excel 95: %v", err)
	}
}

// FuzzRead: for any bytes, reading ends without a panic and without far more memory than the file has.
func FuzzRead(f *testing.F) {
	book := bifftest.Book{Cut: 2, Formats: []string{"0.00"}, Sheets: []bifftest.Sheet{
		{Name: "表", Packed: true, Rows: map[int][]biff.Cell{1: {{Column: 1, Kind: biff.Text, Text: []byte("名称")}, {Column: 2, Number: 2}, {Column: 3, Number: 3}}, 3: {{Column: 1, Kind: biff.Boolean, Text: []byte("TRUE")}}}},
		{Name: "b", Formula: true, Hidden: true, Rows: map[int][]biff.Cell{2: {{Column: 4, Kind: biff.Text, Text: []byte("a😀")}, {Column: 5, Kind: biff.Fault}}}},
	}}
	f.Add(book.Bytes())
	book.Small = true
	f.Add(book.Bytes())
	for _, rows := range []map[int][]biff.Cell{
		{1: {{Column: 256, Kind: biff.Text, Text: []byte("合计")}}, 65_536: {{Column: 1, Number: 9.1120110100000102e17}}},
		{1: {{Column: 1, Kind: biff.Unanswered}, {Column: 2, Kind: biff.Fault, Text: []byte("#REF!")}, {Column: 3, Number: -0.5}, {Column: 4, Number: 1e300}}},
		{1: {{Column: 1, Kind: biff.Text, Text: bytes.Repeat([]byte("长"), 9_000)}}},
	} {
		for _, packed := range []bool{false, true} {
			f.Add((&bifftest.Book{Formats: []string{`0!.0,"万元"`, `yyyy"年"m"月"`, "["}, Small: packed, Sheets: []bifftest.Sheet{{Name: "2020年1-9月", Packed: packed, Rows: rows}}}).Bytes())
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		read(data)
	})
}
