package list

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"eyas/internal/rule/col"
)

func all(x *Index) col.Bitmap { return col.All(x.table.N) }

func TestFindAgainstPlainSearch(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		// Few letters, so that matches are frequent, also across the borders of rows.
		word := rapid.StringOfN(rapid.SampledFrom([]rune("ab科")), 0, 5, -1)
		texts := rapid.SliceOfN(word, 0, 40).Draw(rt, "texts")
		needle := []byte(rapid.StringOfN(rapid.SampledFrom([]rune("ab科")), 1, 3, -1).Draw(rt, "needle"))
		s := col.Strings{Off: []uint32{0}}
		var want []int
		for row, text := range texts {
			s.Bytes = append(s.Bytes, text...)
			s.Off = append(s.Off, uint32(len(s.Bytes)))
			if i := strings.Index(text, string(needle)); i >= 0 {
				want = append(want, row, i)
			}
		}
		var got []int
		newHaystack(s).find(needle, func(row, at int) bool { got = append(got, row, at); return true })
		if !slices.Equal(got, want) {
			rt.Fatalf("%q in %q: got %v, want %v", needle, texts, got, want)
		}
	})
}

func TestSearchRanks(t *testing.T) {
	x := named(t,
		"天津北斗星通导航有限公司 91120116MA05AAAA1X", // 0
		"北斗 91120116MA05AAAA2X",           // 1
		"北斗科技有限公司 91120101MA05BBBB3X",     // 2
		"重庆长安银行 91500000MA05CCCC4X",       // 3
		"天津百度科技（天津）有限公司 12345",            // 4
		"TCL集团 91440000AAAABBBB5X",        // 5
		"MA05智能装备 91120105777788886X",     // 6
		"无代码企业",                           // 7
		"备档技术公司 91120116MA05DDDD7X",       // 8
	)
	for _, c := range []struct {
		text string
		want []int
		how  string
	}{
		{"北斗", []int{1, 2, 0}, "name"},
		{"  北斗  ", []int{1, 2, 0}, "name"},
		{"91120116ma05aaaa2x", []int{1}, "code"},
		{"９１１２０１１６", []int{0, 1, 8}, "code"},
		{"12345", []int{4}, "code"},
		{"MA05", []int{6, 0, 1, 2, 3, 8}, ""},
		{"cqca", []int{3}, "pinyin"},
		{"cayh", []int{3}, "pinyin"},
		{"bd", []int{1, 2, 8, 0, 4}, "pinyin"}, // beginnings first
		{"beidou", []int{0, 1, 2}, "pinyin"},
		{"beid", []int{0, 1, 2, 8}, "pinyin"},
		{"baidukeji", []int{4}, "pinyin"},
		{"BeiDouXing", []int{0}, "pinyin"},
		{"科技(天津)", []int{4}, "name"},
		{"科技（天津）", []int{4}, "name"},
		{"tcl", []int{5}, ""},
		{"无代码", []int{7}, "name"},
		{"没有这家", nil, ""},
		{"", nil, ""},
		{"   ", nil, ""},
		{string(bytes.Repeat([]byte("长"), 1000)), nil, ""},
		{"\xff\xfe", nil, ""},
	} {
		hits := x.Search(c.text, 20)
		var rows []int
		for _, h := range hits {
			rows = append(rows, h.Row)
			if h.Name != string(x.table.Names.At(h.Row)) || h.Code != string(x.table.Codes.At(h.Row)) {
				t.Errorf("%q: hit %+v is not its row", c.text, h)
			}
			if c.how != "" && h.How != c.how {
				t.Errorf("%q: row %d found by %s, want %s", c.text, h.Row, h.How, c.how)
			}
		}
		if !slices.Equal(rows, c.want) {
			t.Errorf("%q: %v, want %v", c.text, rows, c.want)
		}
		// A list filtered by the text has the same rows.
		if c.want != nil {
			got, err := x.Filter(Filter{Text: c.text}, nil)
			if err != nil {
				t.Fatal(err)
			}
			want := slices.Clone(c.want)
			slices.Sort(want)
			if !slices.Equal(members(got), want) {
				t.Errorf("filter %q: %v, want %v", c.text, members(got), want)
			}
		}
	}
	if hits := x.Search("天津", 1); len(hits) != 1 || hits[0].Row != 0 {
		t.Errorf("one hit: %v", hits)
	}
	rows, err := x.Filter(Filter{Text: "北斗 公司"}, nil)
	if err != nil || !slices.Equal(members(rows), []int{0, 2}) {
		t.Errorf("two words: %v %v", members(rows), err)
	}
}

// An exact name is found, even if many names before it begin with it.
func TestSearchExactAmongMany(t *testing.T) {
	lines := slices.Repeat([]string{"天津科技公司"}, 100)
	x := named(t, append(lines, "天津")...)
	if hits := x.Search("天津", 10); len(hits) != 10 || hits[0].Row != 100 {
		t.Errorf("%v", hits)
	}
}

func TestTextsAreRemembered(t *testing.T) {
	x := random(t, 500, 0.2)
	first := x.text("科技")
	if again := x.text("科技"); &again[0] != &first[0] {
		t.Error("found anew")
	}
	for i := range 3 * keptTexts {
		x.text(strings.Repeat("x", i+1))
	}
	if len(x.found) != keptTexts || len(x.recent) != keptTexts {
		t.Errorf("%d texts kept in %d places", len(x.found), len(x.recent))
	}
}
