package list

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func initialsOf(name string) string {
	d := dictionary()
	var b []byte
	d.read([]byte(name), func(r rune, s sound) {
		if c := d.initial(r, s); c != 0 {
			b = append(b, c)
		}
	})
	return string(b)
}

func TestInitials(t *testing.T) {
	for name, want := range map[string]string{
		"重庆长安汽车":             "cqcaqc",
		"重型机械重组":             "zxjxcz",
		"厦门银行天津支行":           "xmyhtjzh",
		"天津大厦":               "tjds",
		"朝阳成长科技":             "cyczkj",
		"宝坻区蓟州塘沽":            "bdqjztg",
		"都市曾氏会计音乐":           "dszskjyy",
		"行业行":                "hyx",
		"中国农业银行":             "zgnyyh",
		"TCL科技（天津）有限公司":      "tclkjtjyxgs",
		"３Ｍ中国":               "3mzg",
		"Ａ·B-7号":             "ab7h",
		"绿能女娲":               "lnnw",
		"":                   "",
		"𠀀😀":                 "",
		"安徽省蚌埠市单县":           "ahsbbssx",
		string([]byte{0xe5}): "",
	} {
		if got := initialsOf(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestPlainReading(t *testing.T) {
	for s, want := range map[string]string{"lǜ": "lv4", "zhōng": "zhong1", "nǚ": "nv3", "de": "de5", "hàng": "hang4", "ér": "er2"} {
		if plain, tone := plainReading(s); plain+tone != want {
			t.Errorf("%s: %s%s, want %s", s, plain, tone, want)
		}
	}
}

func TestEverySyllableIsLetters(t *testing.T) {
	d := dictionary()
	for _, s := range d.syllables[1:] {
		if strings.Trim(s, "abcdefghijklmnopqrstuvwxyz") != "" || s == "" || len(s) > 6 {
			t.Errorf("syllable %q", s)
		}
	}
	if !slices.IsSorted(d.syllables) || len(d.syllables) < 400 || len(d.syllables) > 450 {
		t.Errorf("%d syllables", len(d.syllables))
	}
	for _, r := range "天津科技有限公司滨海新区" {
		if s := d.of(r); s.syllable == 0 || s.weight < firstWeight {
			t.Errorf("%c has no reading", r)
		}
	}
}

func TestSplit(t *testing.T) {
	d := dictionary()
	for letters, want := range map[string]string{
		"beidou": "bei dou*",
		"xian":   "xian*|xi an*",
		"beid":   "bei d*",
		"zhongx": "zhong x*",
		"bcd":    "",
		"tianj":  "tian j*",
	} {
		var all []string
		for _, way := range d.split(letters, ways) {
			var tokens []string
			for _, r := range way {
				tokens = append(tokens, d.syllables[r.lo])
			}
			// The last token stands for all syllables that begin with it.
			last := way[len(way)-1]
			begun := letters[len(strings.Join(tokens[:len(tokens)-1], "")):]
			for _, s := range d.syllables[last.lo:last.hi] {
				if !strings.HasPrefix(s, begun) {
					t.Errorf("%s: %s does not begin with %s", letters, s, begun)
				}
			}
			tokens[len(tokens)-1] = begun + "*"
			all = append(all, strings.Join(tokens, " "))
		}
		for _, w := range strings.Split(want, "|") {
			if w != "" && !slices.Contains(all, w) {
				t.Errorf("%s: %v lacks %s", letters, all, w)
			}
		}
		if want == "" && len(all) > 0 {
			t.Errorf("%s: %v", letters, all)
		}
	}
	if n := len(d.split(strings.Repeat("an", 40), ways)); n > ways {
		t.Errorf("%d ways", n)
	}
}

func TestNameOrder(t *testing.T) {
	// By reading, tone and code point, character by character; Latin letters and digits first, whatever their case.
	names := []string{"3M中国", "abc", "ABD", "（津）甲", "安达", "白云", "北辰", "北斗", "长城", "重庆", "重庆二", "天津", "天津甲", "天津乙", "行业", "兴业", "重型"}
	want := slices.Clone(names)
	// 行 in 行业 is háng; 重 in 重庆 is chóng.
	slices.SortFunc(want, func(a, b string) int {
		order := []string{"3M中国", "abc", "ABD", "（津）甲", "安达", "白云", "北辰", "北斗", "长城", "重庆", "重庆二", "行业", "天津", "天津甲", "天津乙", "兴业", "重型"}
		return slices.Index(order, a) - slices.Index(order, b)
	})
	lines := slices.Clone(names)
	slices.Reverse(lines)
	lines = append(lines, "天津") // the same name twice: by subject
	x := named(t, lines...)
	page := x.Page(all(x), Sort{By: "name"}, 0, 100)
	var got []string
	for _, r := range page.Rows {
		got = append(got, string(x.table.Names.At(r)))
	}
	want = slices.Insert(want, slices.Index(want, "天津"), "天津")
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	ranks := x.texts.nameRanks()
	if a, b := ranks[len(lines)-1], ranks[slices.Index(lines, "天津")]; a != b {
		t.Errorf("equal names have ranks %d and %d", a, b)
	}
}

// Many names with long common beginnings, so that every depth of the order is reached.
func TestRankAgainstPlainSort(t *testing.T) {
	var lines []string
	for i := range 9000 {
		lines = append(lines, fmt.Sprintf("天津市滨海新区%s公司 91%d", strings.Repeat("科", i*7%13)+string(rune('一'+i*31%3000)), i*7919%9000))
	}
	x := named(t, lines...)
	d := dictionary()
	key := func(row int) []uint16 {
		var k []uint16
		d.read(x.table.Names.At(row), func(r rune, s sound) { k = append(k, s.weight) })
		return k
	}
	rows := x.Page(all(x), Sort{By: "name"}, 0, 9000).Rows
	for i := 1; i < len(rows); i++ {
		if c := slices.Compare(key(rows[i-1]), key(rows[i])); c > 0 {
			t.Fatalf("%s before %s", x.table.Names.At(rows[i-1]), x.table.Names.At(rows[i]))
		}
	}
	rows = x.Page(all(x), Sort{By: "code", Desc: true}, 0, 9000).Rows
	for i := 1; i < len(rows); i++ {
		if string(x.table.Codes.At(rows[i-1])) < string(x.table.Codes.At(rows[i])) {
			t.Fatalf("code %s before %s", x.table.Codes.At(rows[i-1]), x.table.Codes.At(rows[i]))
		}
	}
}
