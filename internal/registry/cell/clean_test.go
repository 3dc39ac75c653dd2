package cell

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
	"pgregory.net/rapid"
)

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"津门示例泵业": "津门示例泵业", " 津门 示例 ": "津门 示例", "": "", "12": "12",
		`="007"`: "007", `="津门""示例"""`: `津门"示例"`, `= "007"`: `= "007"`, "=1+1示例": "=1+1示例",
		"'007": "007", "‘007": "007", "`007": "007", "'甲'乙": "'甲'乙", "‘甲’乙": "‘甲’乙", "'": "'",
		"甲&amp;乙": "甲&乙", "甲&#183;乙": "甲·乙", "甲&#xB7;乙": "甲·乙", "&nbsp;甲&nbsp;": "甲", "R&D": "R&D", "甲&乙；丙": "甲&乙；丙", "A&B;C": "A&B;C", "&quot;甲&quot;": `"甲"`,
		"\u202D甲\u202C": "甲", "甲\u00AD乙": "甲乙", "\u2066甲\u2069": "甲", "甲\u200B乙": "甲乙", "\u061C甲\u180E": "甲", "甲\uFE0E": "甲", "甲\x01乙\x7F": "甲乙", "\u3164甲": "甲", "甲\U000E0101": "甲",
		"甲\n乙": "甲\n乙", "甲\t乙": "甲\t乙", "é": "é", "（甲）": "（甲）", "“甲”": "“甲”",
		"500 [万元]": "500", "500 [?]": "500", "甲 [乙]": "甲 [乙]", "[乙]": "[乙]",
		"\uE863": "䶮", "\uE816": "𠂇", "\uE864": "龻", "\uE7C7": "ḿ", "\uE000": "\uE000",
	} {
		if got := string(Clean([]byte(in))); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
}

// genMark draws an invisible mark.
func genMark() *rapid.Generator[string] {
	return rapid.SampledFrom([]string{"\u00AD", "\u034F", "\u061C", "\u180E", "\u200B", "\u200C", "\u200D", "\u200E", "\u200F", "\u202A", "\u202B", "\u202C", "\u202D", "\u202E",
		"\u2060", "\u2061", "\u2066", "\u2067", "\u2068", "\u2069", "\u206A", "\uFEFF", "\uFE00", "\uFE0F", "\uFFF9", "\u3164", "\uFFA0", "\x00", "\x03", "\x1B", "\x7F", "\u0080", "\U000E0041"})
}

// TestMarksChangeNothing: invisible marks and wrappings of a spreadsheet do not change how a cell is read.
func TestMarksChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.SampledFrom([]string{"津门示例泵业有限公司", "2600", "1,234.5万元", "2016-03-18", "2016年3月18日", "91110000600037341L", "是", "(500)", "022-00000000"}).Draw(t, "cell")
		var b strings.Builder
		for _, r := range plain {
			if rapid.IntRange(0, 3).Draw(t, "here") == 0 {
				b.WriteString(genMark().Draw(t, "mark"))
			}
			b.WriteRune(r)
		}
		text := b.String() + rapid.SampledFrom([]string{"", "\u200E", "\u202C", "\t", "\u00A0"}).Draw(t, "end")
		switch rapid.IntRange(0, 3).Draw(t, "wrapped") {
		case 1:
			text = `="` + text + `"`
		case 2:
			text = "'" + text
		}
		one, two := []byte(plain), []byte(text)
		if got := string(Clean(two)); got != plain {
			t.Errorf("Clean(%q) = %q", text, got)
		}
		if a, b := NameKey(plain), NameKey(string(Clean(two))); a != b {
			t.Errorf("key of %q: %q, want %q", text, b, a)
		}
		fen, bad := Money(one, "CNY", Unit{Exp: 4})
		fen2, bad2 := Money(two, "CNY", Unit{Exp: 4})
		day, no := Date(one)
		day2, no2 := Date(two)
		yes, odd := Bool(one, false)
		yes2, odd2 := Bool(two, false)
		code, state := USCC(one, nil)
		code2, state2 := USCC(Clean(two), nil)
		if fen != fen2 || bad != bad2 || day != day2 || no != no2 || yes != yes2 || odd != odd2 || state != state2 || state != NoCode && !bytes.Equal(code, code2) {
			t.Errorf("%q is read otherwise than %q", text, plain)
		}
	})
}

// TestCleanTwice: cleaning twice is the same as once, and a text without marks and wrappings does not change.
func TestCleanTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOfN(rapid.RuneFrom([]rune("甲乙 a1;&=\"'’‘(（.\u200B\uE863\n[]")), 0, 12, -1).Draw(t, "text")
		once := Clean([]byte(s))
		for range 12 { // nested wrappings come off one by one
			next := Clean(once)
			if len(next) > len(once) {
				t.Fatalf("%q became %q", once, next)
			}
			once = next
		}
		if again := Clean(once); !bytes.Equal(again, once) {
			t.Fatalf("Clean(%q) = %q, again %q", s, once, again)
		}
	})
}

// TestPrivateCharacters: private-use characters of GBK become what GB 18030 makes of the same bytes today.
func TestPrivateCharacters(t *testing.T) {
	list := []rune(gbk)
	if len(list) != 80 {
		t.Fatalf("%d characters", len(list))
	}
	d := simplifiedchinese.GB18030.NewDecoder()
	at := 0
	for trail := 0x50; trail <= 0xA0; trail++ {
		if trail == 0x7F {
			continue
		}
		text, err := d.String(string([]byte{0xFE, byte(trail)}))
		if err == nil && text != "\uFFFD" && text != string(list[at]) {
			t.Errorf("U+%04X is %s, GB 18030 has %s", 0xE815+at, string(list[at]), text)
		}
		if public(rune(0xE815+at)) != list[at] {
			t.Errorf("U+%04X is not mapped", 0xE815+at)
		}
		at++
	}
	if NameKey("津\uE863泵业") != NameKey("津䶮泵业") {
		t.Error("a name in old characters has another key")
	}
}

func TestLack(t *testing.T) {
	for lack, list := range map[Lack]string{
		Empty:   " |-|—|/|N/A|#N/A|无数据",
		Null:    "NULL|null|None|nan|NaN|NaT|--|－－|\\N|(null)|<NA>|[NULL]|（空）|(blank)|？|***|……|N U L L|NA",
		Unknown: "暂无|暂无数据|待定|待补充|不适用|不属于|不涉及|未填写|不详|未知|（暂无）|【待定】|暂 无|暂无。|未填報?",
		Without: "无|没有|無|（无）|无。|无；",
		Negated: "否|×|NO",
		Broken:  "#REF!|#VALUE!|#NAME?|#DIV/0!|#NULL!|#NUM!|＃ＲＥＦ！|########|#SPILL!|Err:502",
		Same:    "同上|〃|同前|ditto|″|\"",
		Given:   "0|-1|12|津门示例泵业|无锡示例|不锈钢|否决|暂住证|是|有|#1|A#|-5|同上海|待|N|无人机|空调|缺口",
	} {
		for _, in := range strings.Split(list, "|") {
			if strings.HasSuffix(in, "?") {
				continue
			}
			if got := LackOf([]byte(in)); got != lack {
				t.Errorf("LackOf(%q) = %d, want %d", in, got, lack)
			}
		}
	}
}

func TestDigits(t *testing.T) {
	for in, want := range map[string]string{"2212345678.0": "2212345678", "131.00": "131", "12.5": "12.5", "1.2.0": "1.2.0", "1.3812345678E+10": "13812345678", "1.38e+2": "138",
		"1.38E+10": "?", "9.11201E+17": "?", "A12.0": "A12.0", "12": "12", "": "", "022-1234": "022-1234", "12E3": "12E3"} {
		got, bad := Digits([]byte(in), 1)
		if bad != nil {
			got = []byte("?")
		}
		if string(got) != want {
			t.Errorf("Digits(%q) = %q, want %q", in, got, want)
		}
	}
	if got, _ := Digits([]byte("12.0"), 6); string(got) != "12.0" {
		t.Errorf("a version became %q", got)
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{`="甲"`, "'007", "甲&amp;&#65;", "\u202D甲\u202C", "5 [万元]", "\xEE\xA1\xA3", "无。", "1、甲（盖章）", "1.3E+4", "“甲厂”", "★甲公司*", "甲公司（已注销）", "企业名称：甲公司", "甲 乙 公 司", "甲\n公司", "甲公司①", "《甲公司》", "甲公司（原乙公司）", "甲公司（更名为乙公司）", "（3）甲公司", "甲公司、乙公司"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		before := string(b)
		c := Clean(b)
		LackOf(b)
		Digits(c, 1)
		name, bad := Title(c, states)
		if bad == nil && len(name) == 0 && len(c) > 0 || bad != nil && name != nil {
			t.Errorf("the name of %q is %q, %v", c, name, bad)
		}
		Month(b)
		Until(b)
		if string(b) != before {
			t.Error("the cell was changed")
		}
	})
}

// TestMostCellsSpeak: the shortcut by the first character misses no word for “no data”.
func TestMostCellsSpeak(t *testing.T) {
	for w, lack := range lacks {
		for _, form := range []string{"%", "(%)", "（%）", "【%】", "%。", " % ", "<%>", "[%]", "“%”"} {
			in := strings.ReplaceAll(form, "%", w)
			if got := LackOf([]byte(in)); got != lack && len(in) <= longestLack && !Blank([]byte(w)) && lack != Same {
				t.Errorf("LackOf(%q) = %d, want %d", in, got, lack)
			}
			if up := strings.ToUpper(in); len(up) <= longestLack && lack != Same && !Blank([]byte(w)) && LackOf([]byte(up)) != lack {
				t.Errorf("LackOf(%q) = %d, want %d", up, LackOf([]byte(up)), lack)
			}
		}
	}
}

// A cleaned text stays the same, so a value that is exported and read again is the same.
func TestCleanOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.RuneFrom([]rune("'‘’`=\"-+@&;<>ampltquo#39 甲1.[]")), 0, 12, -1).Draw(t, "text")
		once := string(Clean([]byte(text)))
		if twice := string(Clean([]byte(once))); twice != once {
			t.Fatalf("%q is cleaned to %q, and that to %q", text, once, twice)
		}
	})
}
