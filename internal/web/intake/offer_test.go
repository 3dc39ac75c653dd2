package intake

import (
	"fmt"
	"strings"
	"testing"

	"eyas/internal/registry/layout"
	"eyas/packs"
)

func TestMeaningsWithUnits(t *testing.T) {
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	reg := p.Registers[0]
	for text, want := range map[string]string{"sales/万元": "sales/万元", "销售收入/千元": "sales/千元", "sales@2020/亿元": "sales@2020/亿元", "staff@2019": "staff@2019", "": "-"} {
		if got, err := readMeaning(reg, text); err != nil || got != want {
			t.Errorf("%q: %q, %v; want %q", text, got, err, want)
		}
	}
	for _, text := range []string{"sales/人", "sales/", "没有的/万元"} {
		if got, err := readMeaning(reg, text); err == nil {
			t.Errorf("%q is read as %q", text, got)
		}
	}
}

func TestOffersAreSpelledOut(t *testing.T) {
	text := func(key string, pairs ...any) string { return fmt.Sprint(append([]any{key}, pairs...)...) }
	c := layout.Column{Samples: []string{" 820.55 "}}
	if got := offered(text, layout.Offer{Meaning: "sales/万元", Read: "8,205,500 元"}, c, false); got.Label != fmt.Sprint("import.offer", "raw", "820.55", "read", "8,205,500 元", "unit", "万元") || got.Meaning != "sales/万元" {
		t.Errorf("%+v", got)
	}
	if got := offered(text, layout.Offer{Meaning: "sales/元", Read: "820.55 元"}, c, true); !strings.HasPrefix(got.Label, "import.offer.now") {
		t.Errorf("%+v", got)
	}
	if got := offered(text, layout.Offer{Meaning: "staff@2019", Read: "2019"}, c, false); got.Label != "2019" {
		t.Errorf("%+v", got)
	}
}
