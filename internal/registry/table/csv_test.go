package table

import (
	"bytes"
	stdcsv "encoding/csv"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf16"

	"eyas/internal/registry/table/charset"

	"golang.org/x/text/encoding/simplifiedchinese"
	"pgregory.net/rapid"
)

func TestCSV(t *testing.T) {
	for _, c := range []struct {
		name, in, want string
		notices        int
	}{
		{"plain", "a,b\n1,2\n", "1 a|b\n2 1|2\n", 0},
		{"no last line break", "a,b\r\n1,2", "1 a|b\n2 1|2\n", 0},
		{"blank rows count", "a,b\n\n,\n1,2\n", "1 a|b\n4 1|2\n", 0},
		{"quoted", "a,b\n\"1,5\",\"say \"\"x\"\"\"\n", "1 a|b\n2 1,5|say \"x\"\n", 0},
		{"line break in quotes is one row", "a,b\n\"1\n2\",3\n4,5\n", "1 a|b\n2 1⏎2|3\n3 4|5\n", 0},
		{"crlf in quotes", "a,b\r\n\"1\r\n2\",3\r\n4,5\r\n", "1 a|b\n2 1⏎2|3\n3 4|5\n", 0},
		{"last cell empty", "a,b\n1,\n", "1 a|b\n2 1|\n", 0},
		{"quoted last then empty", "a,b\n\"1\",", "1 a|b\n2 1|\n", 0},
		{"quote inside", "a,b\n5\"x,2\n", "1 a|b\n2 5\"x|2\n", 0},
		{"lone quote within quotes", "a,b\n\"x \" y\",2\n", "1 a|b\n2 x \" y|2\n", 1},
		{"blanks after the quote", "a,b\n\"x\" ,2\n", "1 a|b\n2 x|2\n", 0},
		{"unclosed to the end", "a,b\n1,\"x,2\n3,4\n5,6\n", "1 a|b\n2 1|\"x|2\n3 3|4\n4 5|6\n", 1},
		{"unclosed, another field is quoted below", "a,b,c\n1,\"x,2\n3,\"y\",4\n5,6,7\n", "1 a|b|c\n2 1|\"x|2\n3 3|y|4\n4 5|6|7\n", 1},
		{"unclosed, an inch closes it", "a,b,c\n1,2,3\n1,\"x,2\n3,4,5\"\n5,6,7\n", "1 a|b|c\n2 1|2|3\n3 1|\"x|2\n4 3|4|5\"\n5 5|6|7\n", 1},
		{"several unclosed", "a,b\n\"1,2\n\"3,4\n\"5,6\n", "1 a|b\n2 \"1|2\n3 \"3|4\n4 \"5|6\n", 3},
		{"semicolons", "a;b\n1,5;2\n", "1 a|b\n2 1,5|2\n", 0},
		{"tabs", "a\tb c\n1,5\t2\n", "1 a|b c\n2 1,5|2\n", 0},
		{"bars", "a|b\n1,5|2\n", "1 a!b\n2 1,5!2\n", 0},
		{"title above", "2020年，一览表\na;b;c\n1;2;3\n", "1 2020年，一览表\n2 a|b|c\n3 1|2|3\n", 0},
		{"sep line", "sep=|\na,b|c\n", "1 a,b!c\n", 0},
		{"old Mac", "a,b\r1,2\r", "1 a|b\n2 1|2\n", 0},
		{"byte order mark", "\xEF\xBB\xBFa,b\n\"1\",2\n", "1 a|b\n2 1|2\n", 0},
		{"quoted first cell after the mark", "\xEF\xBB\xBF\"a\",b\n1,2\n", "1 a|b\n2 1|2\n", 0},
		{"one column", "name\n甲\n乙\n", "1 name\n2 甲\n3 乙\n", 0},
		{"broken character", "名称,b\n天\xFF津,2\n天津,3\n", "1 名称|b\n2 天�津|2\n3 天津|3\n", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			lines, notices := readAll(t, write(t, "x.csv", []byte(c.in)))
			sep := "|"
			if strings.Contains(c.want, "!") {
				sep = "!"
			}
			got := text(lines)
			if sep == "!" {
				got = strings.ReplaceAll(got, "|", "!")
			}
			if got != c.want {
				t.Errorf("got\n%swant\n%s", got, c.want)
			}
			if len(notices) != c.notices {
				t.Errorf("%d notices, want %d: %+v", len(notices), c.notices, notices)
			}
		})
	}
}

// TestUnclosedQuoteInALongFile puts one unclosed quote at every distance from the refills of the buffer.
func TestUnclosedQuoteInALongFile(t *testing.T) {
	var b strings.Builder
	b.WriteString("no,name,place\n")
	const rows = 60_000
	bad := map[int]bool{7: true, 12_345: true, 23_456: true, rows - 1: true}
	for i := range rows {
		quote := ""
		if bad[i] {
			quote = `"`
		}
		fmt.Fprintf(&b, "%d,%s某某科技有限公司,\"河西区,\n友谊路\"\n", i, quote)
	}
	lines, notices := readAll(t, write(t, "long.csv", []byte(b.String())))
	if len(lines) != rows+1+0 {
		// The position of a row spans two lines. After an unclosed quote, rows must still be complete.
		t.Fatalf("%d rows, want %d", len(lines), rows+1)
	}
	if len(notices) != len(bad) {
		t.Errorf("%d notices, want %d: %+v", len(notices), len(bad), notices)
	}
	for i, l := range lines[1:] {
		if len(l.cells) != 3 || l.cells[0] != fmt.Sprint(i) || l.row != i+2 || bad[i] != strings.HasPrefix(l.cells[1], `"`) {
			t.Fatalf("row %d: %s", i, l)
		}
	}
}

func TestEncodings(t *testing.T) {
	const content = "企业名称,地址,备注\n天津㐀𠀀科技,\"南开区,\n华苑\",€·\n北辰,x,\n"
	gb, err := simplifiedchinese.GB18030.NewEncoder().String(content)
	if err != nil {
		t.Fatal(err)
	}
	wide := func(mark bool, big bool) []byte {
		var b []byte
		put := func(u uint16) {
			if big {
				b = append(b, byte(u>>8), byte(u))
			} else {
				b = append(b, byte(u), byte(u>>8))
			}
		}
		if mark {
			put(0xFEFF)
		}
		for _, u := range utf16.Encode([]rune(content)) {
			put(u)
		}
		return b
	}
	want, _ := readAll(t, write(t, "want.csv", []byte(content)))
	for name, b := range map[string][]byte{
		"utf-8": []byte(content), "gb18030": []byte(gb),
		"utf-16le": wide(true, false), "utf-16be": wide(true, true),
		"utf-16le without mark": wide(false, false), "utf-16be without mark": wide(false, true),
	} {
		got, notices := readAll(t, write(t, "x.csv", b))
		if text(got) != text(want) || len(notices) > 0 {
			t.Errorf("%s:\n%s%+v", name, text(got), notices)
		}
	}
	// The part in the second encoding comes after megabytes of the first one, or of ASCII.
	for name, firstPart := range map[string]string{"ascii": "a,b,c\n", "utf-8": "天津市,北京市,c\n"} {
		lines, notices := readAll(t, write(t, "x.csv", []byte(strings.Repeat(firstPart, 100_000)+gb)))
		if got := text(lines[100_000:]); !strings.Contains(got, "天津㐀𠀀科技|南开区,⏎华苑|€·") {
			t.Errorf("%s then gb18030: %s", name, got)
		}
		if (name == "utf-8") != (len(notices) == 1) {
			t.Errorf("%s: notices %+v", name, notices)
		}
	}
}

// genCell draws the text of a cell, with more quotes and line breaks than by chance.
func genCell() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		return rapid.StringOfN(rapid.RuneFrom([]rune("ab1,;\t|\"\n \r津天市区（）")), 0, 12, -1).Draw(t, "cell")
	})
}

// genTable draws a rectangular table. Its first column has values, so no row is blank.
func genTable(t *rapid.T) [][]string {
	width := rapid.IntRange(2, 7).Draw(t, "width")
	rows := make([][]string, rapid.IntRange(1, 12).Draw(t, "rows"))
	for i := range rows {
		rows[i] = make([]string, width)
		for j := range rows[i] {
			rows[i][j] = strings.ReplaceAll(genCell().Draw(t, "cell"), "\r", "")
		}
		rows[i][0] = "x" + rows[i][0]
	}
	return rows
}

// TestAgreesWithEncodingCSV: well-formed text gives the rows of encoding/csv.
func TestAgreesWithEncodingCSV(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		want := genTable(rt)
		var b bytes.Buffer
		w := stdcsv.NewWriter(&b)
		w.UseCRLF = rapid.Bool().Draw(rt, "crlf")
		if err := w.WriteAll(want); err != nil {
			rt.Fatal(err)
		}
		got := scan(b.Bytes(), ',')
		if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
			rt.Fatalf("text %q\ngot  %q\nwant %q", b.String(), got, want)
		}
	})
}

// scan parses text with a known delimiter.
func scan(b []byte, delim byte) [][]string {
	c := &csv{buf: bytes.Clone(b), eof: true, delim: delim, newline: '\n', f: &File{}, text: charset.NewDecoder(bytes.NewReader(nil), nil)}
	var rows [][]string
	for {
		r, err := csvRows{c}.next()
		if err != nil {
			return rows
		}
		var cells []string
		for _, cell := range r.Cells {
			cells = append(cells, string(cell))
		}
		rows = append(rows, cells)
	}
}

// TestEncodingsGiveTheSameRows: a text gives the same rows in GB18030 and UTF-8, and with every delimiter.
func TestEncodingsGiveTheSameRows(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rows := genTable(rt)
		delim := rune(rapid.SampledFrom([]byte(delimiters)).Draw(rt, "delimiter"))
		var b bytes.Buffer
		w := stdcsv.NewWriter(&b)
		w.Comma = delim
		if err := w.WriteAll(rows); err != nil {
			rt.Fatal(err)
		}
		gb, err := simplifiedchinese.GB18030.NewEncoder().Bytes(b.Bytes())
		if err != nil {
			rt.Fatal(err)
		}
		decoded, bad := charset.AppendGB(nil, gb)
		if bad != 0 || !bytes.Equal(decoded, b.Bytes()) {
			rt.Fatalf("gb18030 %q, want %q", decoded, b.Bytes())
		}
		if got := scan(decoded, byte(delim)); fmt.Sprintf("%q", got) != fmt.Sprintf("%q", rows) {
			rt.Fatalf("got %q, want %q", got, rows)
		}
	})
}

// TestPiecewise: the rows do not depend on how refills cut the text.
func TestPiecewise(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.StringOfN(rapid.RuneFrom([]rune("ab,\"\"\n\r 津")), 0, 60, -1).Draw(rt, "text")
		want := fmt.Sprintf("%q", scan([]byte(text), ','))
		step := rapid.IntRange(1, 9).Draw(rt, "step")
		c := &csv{delim: ',', newline: '\n', f: &File{}}
		var rows [][]string
		fed := 0
		for {
			end, ok := c.parse(c.pos, first)
			if !ok {
				if c.eof {
					break
				}
				c.buf = append([]byte(nil), c.buf[c.pos:]...)
				c.pos = 0
				n := min(step, len(text)-fed)
				c.buf = append(c.buf, text[fed:fed+n]...)
				fed += n
				c.eof = n == 0
				continue
			}
			c.pos = end
			c.broken += c.opened
			if n := len(c.cells); n == c.last {
				c.width = n
			} else {
				c.last = n
			}
			var cells []string
			filled := false
			for _, cell := range c.cells {
				cells = append(cells, string(cell))
				filled = filled || len(cell) > 0
			}
			if filled {
				rows = append(rows, cells)
			}
		}
		if got := fmt.Sprintf("%q", rows); got != want {
			rt.Fatalf("text %q in pieces of %d\ngot  %s\nwant %s", text, step, got, want)
		}
	})
}

func FuzzCSV(f *testing.F) {
	f.Add([]byte("a,b\n\"1,2\n3\",\"4\n"))
	f.Add([]byte("\"\"\"\n\"a\"b,\"\r\n"))
	f.Add([]byte("sep=;\n\xB6\xAB\xC0\xF6;2"))
	f.Add([]byte("a,b,c\n\"x\\\"y\\\", z\",1,2\n\"C:\\\",\"3\\\\\",4\n"))
	f.Add([]byte("名称 代码\n甲公司 A1\n"))
	f.Add([]byte("a,b,c\n1,2,3\n1,2,3,4\n1,2\n"))
	f.Add([]byte("\xC3\xFB,b\n\xFE\x9F,\xFE\x51\n"))
	f.Add([]byte("\xFF\xFEa\x00,\x00b\x00\n\x00"))
	for _, s := range []string{
		"2020年名单,,,\n序号,企业名称,代码,收入\n一、某区（2家）,,,\n1,甲,A1,\"1,200\"\n合计,,,1200\n\x1a", "企业名称,,\n甲,乙,\"丙\n丁\"\n\"戊,1\n", "企业名称\t代码\n=\"甲\"\t'007\n", "名称  代码  人数\n甲 乙  A1  3\n", "a|b|c\r1|2|3\r4|5\r",
		"ä¼\u0081ä¸\u009a,1\n", "浼佷笟,1\n", "\xA5\xF8\xB7\x7E,\xA6\x57\n", "a\x00\x00\x00,\x00\x00\x00", "#,%;\"\",\n", "a,b\n1,2,,,,\n,,,,,\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		file := &File{name: "x.csv"}
		c, err := newCSV(bytes.NewReader(b), io.NopCloser(nil), int64(len(b)), b, file)
		if err != nil {
			return
		}
		file.src = c
		lines, err := rest(file)
		if err != nil {
			return
		}
		last := 0
		for _, l := range lines {
			if l.row <= last || l.row > len(b)+1 {
				t.Fatalf("row %d after %d of %d bytes", l.row, last, len(b))
			}
			last = l.row
			for _, c := range l.cells {
				if len(c) > 4*len(b)+8 {
					t.Fatal("a cell longer than the file")
				}
			}
		}
	})
}
