package answer

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"eyas/internal/pack"
	"eyas/internal/registry/intake"
	"eyas/internal/rule"
)

// An empty list is never null.
func TestListsAreNeverNull(t *testing.T) {
	for name, v := range map[string]any{
		"imported": NewImported([]*intake.FileReport{{File: "a.csv"}}),
		"imports":  NewImports(nil, 0),
		"rule":     NewRule(&pack.Rule{}, &pack.Law{}),
		"inputs":   explained{}.inputs(nil, "en"),
	} {
		text, err := json.Marshal(v)
		if err != nil || strings.Contains(string(text), "null") {
			t.Errorf("%s: %s, %v", name, text, err)
		}
	}
}

func TestImportsAreTold(t *testing.T) {
	at, back := time.Date(2021, 3, 31, 9, 0, 0, 0, time.UTC), time.Date(2021, 4, 1, 9, 0, 0, 0, time.UTC)
	got := NewImports([]intake.Import{{ID: 2, File: "b.csv", At: at, UndoneAt: back}, {ID: 1, File: "a.csv", At: at}}, 7)
	if got.Total != 7 || got.Imports[0].UndoneAt == nil || !got.Imports[0].UndoneAt.Equal(back) || got.Imports[1].UndoneAt != nil {
		t.Errorf("%+v", got)
	}
}

func TestGapText(t *testing.T) {
	sales := &pack.Attribute{ID: "sales", Kind: pack.Money, Unit: "yuan", Name: pack.Text{ZH: "销售收入", EN: "sales"}}
	listed := &pack.Attribute{ID: "listed", Kind: pack.Boolean, Name: pack.Text{ZH: "是否上市", EN: "listed"}}
	for _, x := range []struct {
		g      rule.Gap
		zh, en string
	}{
		{rule.Gap{Attr: sales, Year: 2020, Have: 8e8, Need: 1e9, Unit: "money", Change: 2e8}, "销售收入 2020 现 800 万元，需 ≥ 1,000 万元：销售收入 2020 +200 万元",
			"sales 2020 now 8,000,000 yuan, needed ≥ 10,000,000 yuan: sales 2020 +2,000,000 yuan"},
		{rule.Gap{Have: 0.04, Need: 0.03, Unit: "percent", Exclusive: true}, "现 4 %，需 < 3 %", "now 4 %, needed < 3 %"},
		{rule.Gap{Need: 0.03, Unit: "percent", NoValue: true}, "现 无值（分母为零或负），需 ≥ 3 %", "now no value (the denominator is zero or less), needed ≥ 3 %"},
		{rule.Gap{Attr: listed, Need: 1, Unit: "boolean"}, "是否上市 现为“否”，需为“是”", "listed is no, yes is needed"},
	} {
		if got := GapText(x.g, "zh-CN"); got != x.zh {
			t.Errorf("%q, want %q", got, x.zh)
		}
		if got := GapText(x.g, "en"); got != x.en {
			t.Errorf("%q, want %q", got, x.en)
		}
	}
}
