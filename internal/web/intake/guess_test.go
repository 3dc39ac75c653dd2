package intake

import (
	"strings"
	"testing"

	"eyas/internal/rule/col/coltest"
)

func TestGuessHeader(t *testing.T) {
	for name, c := range map[string]struct {
		head [][]string
		row  int
		want string
	}{
		"title above": {[][]string{{"汇总表"}, nil, {"公司", "收入 ", ""}, {"甲", "5", "x"}}, 3, "公司|收入"},
		"one column":  {[][]string{{"公司"}, {"甲"}}, 1, "公司"},
		"numbers":     {[][]string{{"1", "2"}, {"2020-01-01", "4"}}, 0, ""},
		"no row":      {[][]string{{"公司", "收入"}}, 0, ""},
		"nothing":     {nil, 0, ""},
	} {
		g, ok := guessHeader(c.head)
		var got []string
		for _, column := range g.Columns {
			got = append(got, column.Header)
		}
		if ok != (c.row > 0) || g.Row != c.row || strings.Join(got, "|") != c.want {
			t.Errorf("%s: row %d, %v", name, g.Row, got)
		}
	}
}

func TestReadMeaning(t *testing.T) {
	reg := coltest.Register()
	reg.Attribute("sales").Name.ZH, reg.Attribute("sales").Aliases = "销售收入", []string{"营业收入"}
	for in, want := range map[string]string{
		"": "-", "-": "-", "sales": "sales", "销售收入": "sales", "营业收入@2020": "sales@2020", " 销售收入 ＠ 2020年 ": "sales@2020", "name": "name",
	} {
		if got, err := readMeaning(reg, in); err != nil || got != want {
			t.Errorf("readMeaning(%q) = %q, %v; want %q", in, got, err, want)
		}
	}
	for _, bad := range []string{"收益", "sales@20", "name@2020", "sales@x"} {
		if got, err := readMeaning(reg, bad); err == nil {
			t.Errorf("readMeaning(%q) = %q", bad, got)
		}
	}
}
