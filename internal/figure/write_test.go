package figure

import (
	"encoding/json"
	"testing"
)

func TestQuantities(t *testing.T) {
	for _, x := range []struct {
		v    float64
		unit string
		zh   string
		en   string
		json any
	}{
		{2e10, "yuan", "20,000 万元", "200,000,000 yuan", json.Number("200000000")},
		{12345678901, "money", "12,345.678901 万元", "123,456,789.01 yuan", json.Number("123456789.01")},
		{99999, "yuan", "999.99 元", "999.99 yuan", json.Number("999.99")},
		{-5, "yuan", "-0.05 元", "-0.05 yuan", json.Number("-0.05")},
		{1e11, "usd", "100,000 万美元", "1,000,000,000 US dollars", json.Number("1000000000")},
		{0.092, "percent", "9.2 %", "9.2 %", 0.092},
		{1200, "person", "1,200 人", "1,200 persons", 1200.0},
		{2.5, "item", "2.5 项", "2.5 items", 2.5},
		{18262, "date", "2020-01-01", "2020-01-01", "2020-01-01"},
	} {
		if got := In("zh-CN", x.v, x.unit); got != x.zh {
			t.Errorf("%v %s in Chinese: %q, want %q", x.v, x.unit, got, x.zh)
		}
		if got := In("en", x.v, x.unit); got != x.en {
			t.Errorf("%v %s in English: %q, want %q", x.v, x.unit, got, x.en)
		}
		if got := Plain(x.v, x.unit); got != x.json {
			t.Errorf("%v %s in JSON: %v, want %v", x.v, x.unit, got, x.json)
		}
	}
}
