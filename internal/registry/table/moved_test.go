package table

import (
	"bytes"
	stdcsv "encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"pgregory.net/rapid"
)

// rowsOf reads the rows of a file. Those whose cells may be in wrong columns have a mark.
func rowsOf(t testing.TB, content string) (string, error) {
	t.Helper()
	f, err := Open(write(t, "x.csv", []byte(content)), "x.csv")
	if err != nil {
		return "", err
	}
	defer f.Close()
	s, err := f.Next()
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for {
		r, err := s.Next()
		if err == io.EOF {
			return b.String(), nil
		}
		if err != nil {
			return b.String(), err
		}
		if r.Moved {
			b.WriteByte('!')
		}
		b.Write(bytes.Join(r.Cells, []byte("|")))
		b.WriteByte('\n')
	}
}

func TestBackslashes(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"within", "a,b\n\"x\\\"y\\\"z\",1\n\"u\",2\n", "a|b\nx\"y\"z|1\nu|2\n"},
		{"before a delimiter", "a,b,c\n\"x \\\"y\\\", z\",1,2\n\"u\",3,4\n", "a|b|c\nx \"y\", z|1|2\nu|3|4\n"},
		{"at the end", "a,b,c\n\"x \\\"y\\\"\",1,2\n\"u\",3,4\n", "a|b|c\nx \"y\"|1|2\nu|3|4\n"},
		{"a backslash at the end of a field", "a,b\n\"C:\\dir\\\",1\n\"D:\\\",2\n", "a|b\nC:\\dir\\|1\nD:\\|2\n"},
		{"an escaped backslash", "a,b,c\n\"x\\\",y\",1,2\n\"u\\\\\",3,4\n", "a|b|c\nx\",y|1|2\nu\\|3|4\n"},
		{"a backslash without quotes", "a,b\nx\\y,1\n", "a|b\nx\\y|1\n"},
		{"doubled quotes stay", "a,b\n\"x\"\"y\",1\n\"\\\"\"\",2\n", "a|b\nx\"y|1\n\\\"|2\n"},
	} {
		got, err := rowsOf(t, c.in)
		if err != nil || got != c.want {
			t.Errorf("%s: %v\n%swant\n%s", c.name, err, got, c.want)
		}
	}
}

// TestBackslashesOfPrograms: what a program writes with backslashes is read as it was.
func TestBackslashesOfPrograms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := [][]string{{"名称", "范围", "数", "备注"}}
		for range rapid.IntRange(2, 8).Draw(t, "rows") {
			var row []string
			for range 4 {
				// A text that begins with a delimiter may also be two fields, if the one before ends with a quote.
				row = append(row, "津"+rapid.StringOfN(rapid.RuneFrom([]rune(`津门",，a1 `)), 0, 6, -1).Draw(t, "cell"))
			}
			rows = append(rows, row)
		}
		var b strings.Builder
		for i, row := range rows {
			for j, c := range row {
				if j > 0 {
					b.WriteByte(',')
				}
				if i == 0 {
					b.WriteString(c)
					continue
				}
				b.WriteString(`"` + strings.ReplaceAll(c, `"`, `\"`) + `"`)
			}
			b.WriteByte('\n')
		}
		c, err := newCSV(strings.NewReader(b.String()), io.NopCloser(nil), int64(b.Len()), []byte(b.String()), &File{})
		if err != nil {
			t.Fatal(err)
		}
		if c.delim != ',' {
			t.Skip("another delimiter is more regular")
		}
		for i, want := range rows {
			r, err := csvRows{c}.next()
			var got []string
			for _, cell := range r.Cells {
				got = append(got, string(cell))
			}
			if err != nil || !slices.Equal(got, want) && !r.Moved {
				t.Fatalf("row %d of\n%s%q, %v; want %q", i+1, b.String(), got, err, want)
			}
		}
	})
}

func TestMovedRows(t *testing.T) {
	table := func(rows ...string) string {
		return "名称,代码,地址,数,人\n" + strings.Repeat("甲,1,津,3,4\n", 8) + strings.Join(rows, "\n") + "\n"
	}
	for name, c := range map[string]struct {
		in    string
		moved int
	}{
		"none":                   {table("甲,1,津,3,4"), 0},
		"a field more":           {table("甲,1,津,2号,3,4", "甲,1,津,3,4"), 1},
		"a field less":           {table("甲,1,3,4"), 1},
		"blank fields more":      {table("甲,1,津,3,4,,", "甲,1,津,3,4, "), 0},
		"a note":                 {table("注：示例"), 0},
		"two fields less":        {table("甲,1,津", "甲,1,津,3,4"), 1},
		"a line break in a cell": {table("甲,1,津", "门,3,4"), 2},
		"a program that leaves blanks at the end out": {"a,b,c,d\n" + strings.Repeat("1,2,3,4\n1,2\n1,2,3\n", 4) + strings.Repeat("1,2,3,4\n", 10), 0},
		"many rows with a field more":                 {"a,b,c\n" + strings.Repeat("1,2,3,4\n", 8), 1}, // the header is the row that differs
	} {
		got, err := rowsOf(t, c.in)
		if err != nil || strings.Count(got, "!") != c.moved {
			t.Errorf("%s: %d rows moved, want %d: %v", name, strings.Count(got, "!"), c.moved, err)
		}
	}
}

// TestMovedRowsAreSeen: an extra or missing delimiter in any row is noticed.
func TestMovedRowsAreSeen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		width, rows := rapid.IntRange(3, 9).Draw(t, "width"), rapid.IntRange(4, 40).Draw(t, "rows")
		bad, at, more := rapid.IntRange(2, rows-1).Draw(t, "bad row"), rapid.IntRange(0, width-1).Draw(t, "column"), rapid.Bool().Draw(t, "more")
		var b bytes.Buffer
		w := stdcsv.NewWriter(&b)
		for i := range rows {
			row := make([]string, width)
			for j := range row {
				row[j] = fmt.Sprint("r", i, "c", j)
			}
			if i == bad && more {
				row = slices.Insert(row, at, "x")
			} else if i == bad {
				row = slices.Delete(row, at, at+1)
			}
			if err := w.Write(row); err != nil {
				t.Fatal(err)
			}
		}
		w.Flush()
		c, err := newCSV(bytes.NewReader(b.Bytes()), io.NopCloser(nil), int64(b.Len()), b.Bytes(), &File{})
		if err != nil {
			t.Fatal(err)
		}
		for i := range rows {
			if r, err := (csvRows{c}).next(); err != nil || r.Moved != (i == bad && len(r.Cells) > 1) {
				t.Fatalf("row %d: moved %v, %v\n%s", i, r.Moved, err, b.String())
			}
		}
	})
}

func TestBlanksBetweenColumns(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"one blank":     {"名称 代码 人数\n甲公司 A1 60\n乙公司 B2 61\n", "名称|代码|人数\n甲公司|A1|60\n乙公司|B2|61\n"},
		"aligned":       {"名称        代码   人数\n甲 公司    A1     60\n乙公司     B2     61\n", "名称|代码|人数\n甲 公司|A1|60\n乙公司|B2|61\n"},
		"wide blanks":   {"名称　代码　人数\n甲公司　A1　60\n乙公司　B2　61\n", "名称|代码|人数\n甲公司|A1|60\n乙公司|B2|61\n"},
		"below a title": {"2020年情况\n名称 代码 人数\n甲公司 A1 60\n", "2020年情况\n名称|代码|人数\n甲公司|A1|60\n"},
		"one column":    {"名称\n甲 公司\n乙 公司\n", "名称\n甲 公司\n乙 公司\n"},
		"commas":        {"名称 甲,代码\n甲 公司,A1\n", "名称 甲|代码\n甲 公司|A1\n"},
		"latin names":   {"Company name\nExample pumps\n", "Company name\nExample pumps\n"},
	} {
		got, err := rowsOf(t, c.in)
		if err != nil || got != c.want {
			t.Errorf("%s: %v\n%swant\n%s", name, err, got, c.want)
		}
	}
	for name, in := range map[string]string{
		"a blank cell": "名称 代码 人数\n甲公司 A1 60\n乙公司 61\n丙公司 C3 62\n", "a blank in a name": "名称 代码 人数\n甲 公司 A1 60\n乙公司 B2 61\n",
		"later": "名称 代码 人数\n" + strings.Repeat("甲公司 A1 60\n", 9000) + "乙公司 61\n",
	} {
		_, err := rowsOf(t, in)
		if err == nil {
			t.Errorf("%s: read", name)
			continue
		}
		wantFault(t, err, "空格", "blanks")
	}
}

func TestForeignEncodings(t *testing.T) {
	text := "企业名称,统一社会信用代码,注册地址\n津门示例泵业有限公司,91120110YY0001047T,天津市东丽区\n津门又例阀门有限公司,91120110YY0001047T,天津市\n"
	traditional := "企業名稱,統一編號,註冊地址\n臺灣示例股份有限公司,12345678,臺北市中正區\n"
	wide := func(order func(rune) []byte, mark string) string {
		var b bytes.Buffer
		b.WriteString(mark)
		for _, r := range text {
			b.Write(order(r))
		}
		return b.String()
	}
	little := func(r rune) []byte { return []byte{byte(r), byte(r >> 8), byte(r >> 16), 0} }
	big := func(r rune) []byte { return []byte{0, byte(r >> 16), byte(r >> 8), byte(r)} }
	must := func(s string, err error) string {
		check(t, err)
		return s
	}
	gbk := must(simplifiedchinese.GBK.NewEncoder().String(text))
	latin := func(s string) string {
		var b strings.Builder
		for _, c := range []byte(s) {
			b.WriteRune(rune(c))
		}
		return b.String()
	}
	western := func(s string) string {
		var b strings.Builder
		for _, c := range []byte(s) {
			if r := charmap.Windows1252.DecodeByte(c); r != '\uFFFD' {
				b.WriteRune(r)
			} else {
				b.WriteRune(rune(c))
			}
		}
		return b.String()
	}
	lossy := func(s string) string {
		out, err := simplifiedchinese.GBK.NewDecoder().String(s)
		check(t, err)
		return out
	}
	for name, in := range map[string]string{
		"UTF-32 LE": wide(little, "\xFF\xFE\x00\x00"), "UTF-32 BE": wide(big, "\x00\x00\xFE\xFF"), "UTF-32 LE without a mark": wide(little, ""), "UTF-32 BE without a mark": wide(big, ""),
		"Big5":           must(traditionalchinese.Big5.NewEncoder().String(traditional)),
		"UTF-8 as Latin": latin(text), "UTF-8 as Windows-1252": western(text), "GBK as Latin": latin(gbk), "GBK as Windows-1252": western(gbk), "with a mark": "\uFEFF" + latin(text), "UTF-8 as GBK": lossy(text),
	} {
		_, err := rowsOf(t, in)
		if err == nil {
			t.Errorf("%s: read", name)
			continue
		}
		wantFault(t, err, "编码", "encod")
	}
	sixteen := func() string {
		b := []byte{0xFF, 0xFE}
		for _, u := range utf16.Encode([]rune(text)) {
			b = append(b, byte(u), byte(u>>8))
		}
		return string(b)
	}
	for name, in := range map[string]string{"UTF-8": text, "GBK": gbk, "UTF-16": sixteen(), "two marks": "\uFEFF\uFEFF" + text, "GBK, traditional": must(simplifiedchinese.GBK.NewEncoder().String(traditional)),
		"French": "nom,ville\nSociété générale,Besançon\n", "German": "Name,Ort\nMüller & Söhne,Gößnitz\n", "one character": "名,b\n1,2\n"} {
		if _, err := rowsOf(t, in); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestOldCharacters: bytes of GBK that Unicode had no character for are kept, so that package cell can map them.
func TestOldCharacters(t *testing.T) {
	got, err := rowsOf(t, "\xC3\xFB\xB3\xC6,b\n\xBD\xF2\xFE\x9F,\xFE\x51\n")
	if err != nil || got != "名称|b\n津䶮|\uE816\n" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestHiddenAndUncounted(t *testing.T) {
	path := workbookOf(t, `<worksheet><cols><col min="2" max="3" width="9"/><col min="4" max="4" hidden="1" width="0"/><col min="6" max="16384" hidden="1"/></cols><sheetData>`+
		`<row r="1"><c t="str"><v>a</v></c><c><v>1</v></c><c><v>2</v></c><c><v>3</v></c></row>`+
		`<row r="2" hidden="1"><c><v>1</v></c></row><row r="3" hidden="0"><c><v>1</v></c></row><row r="4" hidden="1"/>`+
		`<row r="5"><c><f>1+1</f></c><c t="str"><f>""</f><v></v></c><c t="str"><f>""</f><v/></c><c><f>2</f><v/></c></row></sheetData></worksheet>`, nil)
	_, notices := readAll(t, path)
	if len(notices) != 2 || !strings.Contains(notices[0].ZH, "1 行、1 列是隐藏的") || !strings.Contains(notices[1].ZH, "有 2 个公式") {
		t.Errorf("%+v", notices)
	}
}
