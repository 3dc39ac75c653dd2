package table

import (
	"bufio"
	"bytes"
	stdcsv "encoding/csv"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// cells writes a plausible row of an enterprise table: name, code, date, yes/no, and figures.
func cells(r *rand.Rand, row, columns int, put func(string)) {
	for c := range columns {
		switch {
		case c == 0:
			put("天津某某科技有限公司" + strconv.Itoa(row))
		case c == 1:
			put(fmt.Sprintf("9112011%011d", row))
		case c == 2:
			put("2018-03-01")
		case c%5 == 3:
			put("是")
		case r.IntN(4) == 0:
			put("")
		default:
			put(strconv.FormatFloat(float64(r.IntN(1e7))/100, 'f', -1, 64))
		}
	}
}

func benchCSV(b *testing.B, rows, columns int) []byte {
	b.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	var buf bytes.Buffer
	w := bufio.NewWriter(&buf)
	for row := range rows {
		n := 0
		cells(r, row, columns, func(s string) {
			if n++; n > 1 {
				w.WriteByte(',')
			}
			w.WriteString(s)
		})
		w.WriteByte('\n')
	}
	w.Flush()
	return buf.Bytes()
}

func readCSV(b *testing.B, path string) (n int) {
	f, err := Open(path, "x")
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	s, err := f.Next()
	if err != nil {
		b.Fatal(err)
	}
	for {
		r, err := s.Next()
		if err == io.EOF {
			return n
		}
		if err != nil {
			b.Fatal(err)
		}
		n += len(r.Cells)
	}
}

// BenchmarkCSV reads 50,000 rows of 40 columns, and the same with encoding/csv; "×std" is the time relative to that.
func BenchmarkCSV(b *testing.B) {
	text := benchCSV(b, 50_000, 40)
	gb, err := simplifiedchinese.GB18030.NewEncoder().Bytes(text)
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name string
		text []byte
		wrap func(io.Reader) io.Reader
	}{
		{"utf8", text, func(r io.Reader) io.Reader { return r }},
		{"gb18030", gb, func(r io.Reader) io.Reader { return simplifiedchinese.GB18030.NewDecoder().Reader(r) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "x.csv")
			if err := os.WriteFile(path, c.text, 0o600); err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(c.text)))
			var own, std time.Duration
			want := -1
			for b.Loop() {
				start := time.Now()
				n := readCSV(b, path)
				own += time.Since(start)
				start = time.Now()
				file, err := os.Open(path)
				if err != nil {
					b.Fatal(err)
				}
				r := stdcsv.NewReader(c.wrap(bufio.NewReaderSize(file, 256<<10)))
				r.ReuseRecord = true
				want = 0
				for {
					rec, err := r.Read()
					if err == io.EOF {
						break
					}
					if err != nil {
						b.Fatal(err)
					}
					want += len(rec)
				}
				file.Close()
				std += time.Since(start)
				if n != want {
					b.Fatalf("%d cells, want %d", n, want)
				}
			}
			b.ReportMetric(float64(own)/float64(std), "×std")
			b.ReportMetric(float64(own.Nanoseconds())/float64(b.N)/50_000, "ns/row")
		})
	}
}

// BenchmarkXLSX reads 100,000 rows of 20 columns, and the same with excelize's streaming reader; "×excelize" is the
// time relative to that.
func BenchmarkXLSX(b *testing.B) {
	const rows, columns = 100_000, 20
	path := filepath.Join(b.TempDir(), "x.xlsx")
	x := excelize.NewFile()
	w, err := x.NewStreamWriter("Sheet1")
	if err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for row := range rows {
		line := make([]any, 0, columns)
		cells(r, row, columns, func(s string) {
			if v, err := strconv.ParseFloat(s, 64); err == nil && len(s) < 12 {
				line = append(line, v)
			} else {
				line = append(line, s)
			}
		})
		at, _ := excelize.CoordinatesToCellName(1, row+1)
		if err := w.SetRow(at, line); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := x.SaveAs(path); err != nil {
		b.Fatal(err)
	}
	x.Close()
	var own, other time.Duration
	for b.Loop() {
		start := time.Now()
		readCSV(b, path)
		own += time.Since(start)
		start = time.Now()
		x, err := excelize.OpenFile(path)
		if err != nil {
			b.Fatal(err)
		}
		rs, err := x.Rows("Sheet1")
		if err != nil {
			b.Fatal(err)
		}
		for rs.Next() {
			if _, err := rs.Columns(); err != nil {
				b.Fatal(err)
			}
		}
		rs.Close()
		x.Close()
		other += time.Since(start)
	}
	b.ReportMetric(float64(own)/float64(other), "×excelize")
	b.ReportMetric(own.Seconds()/float64(b.N), "s/file")
}

// BenchmarkSharedStrings reads a workbook whose texts are all shared, as Excel writes them.
func BenchmarkSharedStrings(b *testing.B) {
	const rows, columns = 20_000, 20
	path := filepath.Join(b.TempDir(), "x.xlsx")
	x := excelize.NewFile()
	r := rand.New(rand.NewPCG(1, 2))
	for row := range rows {
		c := 0
		cells(r, row, columns, func(s string) {
			c++
			at, _ := excelize.CoordinatesToCellName(c, row+1)
			if err := x.SetCellStr("Sheet1", at, s); err != nil {
				b.Fatal(err)
			}
		})
	}
	if err := x.SaveAs(path); err != nil {
		b.Fatal(err)
	}
	x.Close()
	b.ReportAllocs()
	for b.Loop() {
		readCSV(b, path)
	}
}
