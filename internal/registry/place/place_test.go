package place

import (
	"strings"
	"testing"

	"eyas/internal/pack"
	"eyas/packs"
)

func tianjin(t testing.TB) *pack.Pack {
	t.Helper()
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// shown returns a result as one line: the district's short name, [candidates], outside or -; then @zone; then the
// phrase of a question.
func shown(p *pack.Pack, r Result) string {
	short := func(id string) string {
		for _, o := range p.Orgs {
			if o.ID == id {
				return o.Short.ZH
			}
		}
		return id
	}
	var b strings.Builder
	switch r.Verdict {
	case Nothing:
		b.WriteString("-")
	case Found:
		b.WriteString(short(r.District))
	case Outside:
		b.WriteString("outside")
	case Ask:
		names := make([]string, len(r.Candidates))
		for i, c := range r.Candidates {
			names[i] = short(c)
		}
		b.WriteString("[" + strings.Join(names, " ") + "] " + r.Phrase)
	}
	if r.Zone != "" {
		b.WriteString(" @" + r.Zone)
	}
	return b.String()
}

func TestResolve(t *testing.T) {
	p := tianjin(t)
	r := New(p, nil)
	for _, c := range []struct{ address, want string }{
		// The address says nothing.
		{"", "-"}, {"  ", "-"}, {"-", "-"}, {"12号", "-"}, {"天津市", "-"}, {"天津", "-"},
		// Full names of districts, in any width, with and without the city, also former districts.
		{"天津市南开区白堤路17号", "南开"},
		{"天津 市 南开 区 白堤路１７号", "南开"},
		{"中国天津市北辰区陆港四经支路1号", "北辰"},
		{"300000天津市河西区友谊路5号", "河西"},
		{"注册地址：天津市河西区友谊路5号", "河西"},
		{"北辰区双源工业区双江道62号", "北辰"},
		{"天津市武清县杨村镇", "武清"},
		{"天津市塘沽区新港二号路", "滨海新区"},
		{"塘沽新港二号路", "滨海新区"},
		{"天津市大港胜利街", "滨海新区"},
		{"天津市蓟县渔阳镇", "蓟州"},
		{"天津市武清区河北屯镇一村", "武清"},
		{"天津市河北区河东路1号", "河北"},
		// A district decides, whatever zone or street is named too. The zone is kept.
		{"天津市西青区华苑产业区海泰西路18号", "西青 @huayuan"},
		{"天津市滨海新区华苑产业区（环外）", "滨海新区 @huayuan"},
		{"天津市东丽区空港经济区西三道", "东丽 @ftz"},
		// Two districts are a question.
		{"天津市滨海新区（津南）创意中心A座", "[滨海新区 津南] 滨海新区津南"},
		{"天津市南开区白堤路17号、和平区南京路1号", "[南开 和平] 南开区白堤路17号、和平区"},
		// A district's short name counts after the city's name, but not as a part of another name.
		{"天津武清杨村街", "武清"},
		{"天津河西友谊路", "河西"},
		{"天津和平路12号", "[] 和平路"},
		{"天津南开大学", "[] 南开大学"},
		{"和平新村3号楼", "[] 和平新村"},
		// Zones.
		{"天津开发区第三大街16号", "滨海新区 @teda"},
		{"天津经济技术开发区洞庭三街6号", "滨海新区 @teda"},
		{"开发区第四大街", "[滨海新区] 开发区"}, // every city has one
		{"泰达第四大街", "滨海新区 @teda"},
		{"天津市开发区", "滨海新区 @teda"},
		{"北辰区开发区", "北辰"},
		{"静海县开发区", "静海"},
		{"和平区南市街道", "和平"},
		{"和平区某路", "[和平] 和平区"}, // Shenyang has one too
		{"天津和平区某路", "和平"},
		{"天津市泰达大街", "滨海新区 @teda"},
		{"天津市西青经济技术开发区赛达北一道", "西青 @xiqing_eda"},
		{"武清开发区三号路", "武清 @wuqing_eda"},
		{"天津市静海经济开发区南区", "静海"},
		{"天津经济技术开发区逸仙科学工业园", "武清 @teda"},
		{"天津自贸试验区（空港经济区）航海路53号", "滨海新区 @ftz"},
		{"中国（天津）自由贸易试验区（东疆保税港区）", "滨海新区 @dongjiang"},
		{"天津生态城动漫东路355号", "滨海新区 @ecocity"},
		{"天津市新技术产业园区武清开发区三号路", "武清 @wuqing_eda"},
		{"天津新技术产业园区北辰科技工业园", "北辰 @beichen"},
		{"天津滨海高新区塘沽海洋科技园海川路", "滨海新区 @tanggu"},
		{"天津市南开工业园", "南开"},
		// In several districts: a question.
		{"天津新技术产业园区华苑产业区海泰东路", "[南开 西青] 华苑产业区 @huayuan"},
		{"天津新技术产业园区华苑产业区（环外）", "[西青 南开] 华苑产业区环外 @huayuan"},
		{"天津市滨海高新区华苑产业区榕苑路2号", "[南开 西青] 华苑产业区 @huayuan"},
		{"天津滨海高新区", "[滨海新区 西青 南开] 天津滨海高新技术产业开发区 @hitech"},
		// Streets and towns.
		{"天津市杨柳青镇柳口路", "西青"},
		{"杨柳青镇柳口路", "西青"},
		{"体育中心街道", "南开"},
		{"天津市体育中心街", "南开"},
		{"天津市大邱庄工业区", "静海"},
		{"天津市海滨街道", "[宝坻 滨海新区] 海滨街道"},
		{"天津市大港区海滨街道", "滨海新区"},
		{"天津市鼓楼街12号", "[] 鼓楼街"},
		{"高村镇工业区", "[武清] 高村镇"}, // other provinces have a town of this name
		{"天津市高村镇工业区", "武清"},
		// No district fits all words.
		{"天津市杨柳青镇空港经济区", "[西青 滨海新区] 杨柳青镇空港经济区 @ftz"},
		// Elsewhere in the country.
		{"威海市高区天津路-130号", "outside"},
		{"山东省威海市天津路", "outside"},
		{"河北省廊坊市香河县", "outside"},
		{"河北三河市燕郊", "outside"},
		{"沈阳市和平区太原街", "outside"},
		{"昌乐县乔官镇梁家庄村", "outside"},
		{"北京市朝阳区天津大厦", "outside"},
		{"北京中关村科学城", "outside"},
		{"香港特别行政区中环", "outside"},
		{"山东威海高区", "outside"},
		// Roads and the like that are named after places elsewhere.
		{"山东路12号", "[] 山东路"},
		{"天津市和平区山东路", "和平"},
		{"南京路100号", "[和平 河西] 南京路"},
		{"天津市北京大街", "[] 北京大街"},
		// Unknown: the phrase that would decide.
		{"天津市湘潭道1号", "[] 湘潭道"},
		{"湘潭道一号增1", "[] 湘潭道"},
		{"天津市某某花园", "[] 某某花园"},
	} {
		if got := shown(p, r.Resolve(c.address)); got != c.want {
			t.Errorf("%q\n got  %s\n want %s", c.address, got, c.want)
		}
	}
}
