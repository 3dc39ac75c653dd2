package link

import (
	"slices"
	"testing"

	"golang.org/x/text/width"
	"pgregory.net/rapid"

	"eyas/internal/registry/cell"
)

// FuzzParse takes any text apart.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"天津市海奥软件有限公司", "丽舍（烟台）木业有限公司", "(", "（（）", "公司", "分公司", "市市市市市", "临沂市", "ABC（中国）Co., Ltd.查看更多", "长阳土家族自治县", "1\x00２", "\xff", "第一第二第三"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var p parser
		var n, m parts
		p.parse(s, &n)
		if n.trade > len(n.core) || len(n.places) > maxPlaces+1 || n.empty != (cell.NameKey(s) == "") {
			t.Fatalf("%q: %+v", s, n)
		}
		p.parse(cell.NameKey(s), &m)
		if n.key != m.key || n.plain != m.plain || !slices.Equal(n.core, m.core) {
			t.Fatalf("%q and its key are taken apart differently", s)
		}
		x := Build(slices.Values([]Entry{{ID: 1, Name: s}}), Options{})
		if got := x.Match(Row{Name: s}); !n.empty && (got.Decision != Link || got.ID != 1) {
			t.Fatalf("%q is not itself: %+v", s, got)
		}
	})
}

// TestWidthDoesNotMatter: names in full width, with other brackets and with spaces are the same name.
func TestWidthDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOf(rapid.SampledFrom([]rune("天津市海奥软件有限公司第一分厂(集团)（烟台）ABC12店"))).Draw(t, "name")
		var p parser
		var n, m parts
		p.parse(s, &n)
		p.parse(" "+width.Widen.String(s)+"　", &m)
		if n.key != m.key || n.plain != m.plain {
			t.Fatalf("%q differs in full width", s)
		}
	})
}

// TestTradesEitherWay: how two trade names agree does not depend on which comes first.
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

// TestPlacesAndAreas: places that are within one another, and those that are not.
func TestPlacesAndAreas(t *testing.T) {
	g := places()
	for _, c := range []struct {
		inner, outer string
		want         bool
	}{{"周村", "淄博", true}, {"淄博", "山东", true}, {"周村", "山东", true}, {"淄博", "周村", false}, {"周村", "济南", false}, {"海淀", "北京", true}, {"长阳", "宜昌", true}} {
		if got := g.within(g.number[c.inner], g.number[c.outer]); got != c.want || g.number[c.inner] == 0 {
			t.Errorf("%s within %s: %v", c.inner, c.outer, got)
		}
	}
	if !g.aroundArea(g.number["淄博"], 370306) || g.aroundArea(g.number["济南"], 370306) || !g.withinArea(g.number["周村"], 370300) {
		t.Error("places around and within areas")
	}
	for name, want := range map[string]string{"长阳土家族自治县": "长阳", "新疆维吾尔自治区": "新疆", "莒县": "莒县", "滨海新区": "滨海", "恩施土家族苗族自治州": "恩施", "内蒙古自治区": "内蒙古"} {
		if got := stem(name); got != want {
			t.Errorf("stem of %s: %s, want %s", name, got, want)
		}
	}
}
