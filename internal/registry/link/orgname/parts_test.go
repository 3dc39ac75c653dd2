package orgname

import (
	"slices"
	"testing"

	"eyas/internal/registry/cell"

	"golang.org/x/text/width"
	"pgregory.net/rapid"
)

// FuzzParse parses any text.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"天津市海奥软件有限公司", "丽舍（烟台）木业有限公司", "(", "（（）", "公司", "分公司", "市市市市市", "临沂市", "ABC（中国）Co., Ltd.查看更多", "长阳土家族自治县", "1\x00２", "\xff", "第一第二第三"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var p Parser
		var n, m Parts
		p.Parse(s, &n)
		if n.Trade > len(n.Core) || len(n.Places) > maxPlaces+1 || n.Empty != (cell.NameKey(s) == "") {
			t.Fatalf("%q: %+v", s, n)
		}
		p.Parse(cell.NameKey(s), &m)
		if n.Key != m.Key || n.Plain != m.Plain || !slices.Equal(n.Core, m.Core) {
			t.Fatalf("%q and its key are taken apart differently", s)
		}
	})
}

// TestWidthDoesNotMatter: full width, other brackets and spaces do not change a name.
func TestWidthDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOf(rapid.SampledFrom([]rune("天津市海奥软件有限公司第一分厂(集团)（烟台）ABC12店"))).Draw(t, "name")
		var p Parser
		var n, m Parts
		p.Parse(s, &n)
		p.Parse(" "+width.Widen.String(s)+"　", &m)
		if n.Key != m.Key || n.Plain != m.Plain {
			t.Fatalf("%q differs in full width", s)
		}
	})
}

// TestPlacesAndAreas: places that lie in one another, and places that do not.
func TestPlacesAndAreas(t *testing.T) {
	g := Places()
	for _, c := range []struct {
		inner, outer string
		want         bool
	}{{"周村", "淄博", true}, {"淄博", "山东", true}, {"周村", "山东", true}, {"淄博", "周村", false}, {"周村", "济南", false}, {"海淀", "北京", true}, {"长阳", "宜昌", true}} {
		if got := g.Within(g.number[c.inner], g.number[c.outer]); got != c.want || g.number[c.inner] == 0 {
			t.Errorf("%s within %s: %v", c.inner, c.outer, got)
		}
	}
	if !g.AroundArea(g.number["淄博"], 370306) || g.AroundArea(g.number["济南"], 370306) || !g.WithinArea(g.number["周村"], 370300) {
		t.Error("places around and within areas")
	}
	for name, want := range map[string]string{"长阳土家族自治县": "长阳", "新疆维吾尔自治区": "新疆", "莒县": "莒县", "滨海新区": "滨海", "恩施土家族苗族自治州": "恩施", "内蒙古自治区": "内蒙古"} {
		if got := stem(name); got != want {
			t.Errorf("stem of %s: %s, want %s", name, got, want)
		}
	}
}

func TestParts(t *testing.T) {
	var p Parser
	var n Parts
	for name, want := range map[string]string{
		"天津市海奥软件有限公司":         "天津|海奥|软件|",
		"山东省淄博市博山区联昌材料厂":      "山东 淄博 博山|联昌|材料|",
		"丽舍（烟台）木业有限公司":        "烟台|丽舍|木业|",
		"金山软件有限公司":            "|金山|软件|",
		"东营市市政工程公司":           "东营|市政|工程|",
		"莒县刘官庄镇柳河塑料有限公司":      "莒县 …|柳河|塑料|",
		"中国铁塔股份有限公司临沂市分公司":    "|中国|铁塔|临沂分公司",
		"东营市永利胶管厂（普通合伙）":      "东营|永利|胶管|",
		"海底捞超市":               "|海底捞||",
		"天津经济技术开发区泰达建设集团有限公司": "天津|泰达|建设集团|",
		"长阳土家族自治县清江养殖专业合作社":   "长阳|清江|养殖|",
		"济南国营机械厂第一门市部":        "济南|国营|机械|第一门市部",
		"":                    "|||",
	} {
		p.Parse(name, &n)
		got := Written(n.Places) + "|" + string(n.Core[:n.Trade]) + "|" + string(n.Core[n.Trade:]) + "|" + string(n.Branch)
		if got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}
