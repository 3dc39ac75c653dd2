package link

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"eyas/internal/registry/cell"
)

// FuzzItself compares any name with itself.
func FuzzItself(f *testing.F) {
	for _, s := range []string{"天津市海奥软件有限公司", "丽舍（烟台）木业有限公司", "(", "（（）", "公司", "分公司", "市市市市市", "ABC（中国）Co., Ltd.查看更多", "1\x00２", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		x := Build(slices.Values([]Entry{{ID: 1, Name: s}}), Options{})
		if got := x.Match(Row{Name: s}); cell.NameKey(s) != "" && (got.Decision != Link || got.ID != 1) {
			t.Fatalf("%q is not itself: %+v", s, got)
		}
	})
}

// TestTradesEitherWay: the comparison of two trade names does not depend on their order.
func TestTradesEitherWay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.StringOfN(rapid.SampledFrom([]rune("鑫金新兴华海奥软件科技")), 1, 6, -1)
		a, b := []rune(name.Draw(t, "a")), []rune(name.Draw(t, "b"))
		ka, kb := rapid.IntRange(1, len(a)).Draw(t, "cut a"), rapid.IntRange(1, len(b)).Draw(t, "cut b")
		var c comparer
		l, _ := c.trades(a, ka, b, kb)
		m, _ := c.trades(b, kb, a, ka)
		if l != m {
			t.Fatalf("%s|%s and %s|%s: %d one way, %d the other", string(a[:ka]), string(a[ka:]), string(b[:kb]), string(b[kb:]), l, m)
		}
		if l, _ := c.trades(a, ka, a, ka); l != tradeSame {
			t.Fatalf("%s is not itself: %d", string(a), l)
		}
		if l := c.businesses(a, b); l != c.businesses(b, a) {
			t.Fatalf("%s and %s as lines of business: %d one way, %d the other", string(a), string(b), l, c.businesses(b, a))
		}
	})
}
