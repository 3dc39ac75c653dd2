package link

import (
	"slices"
	"strings"
	"testing"
)

// The codes are invented: no real organisation code begins with YY.
const (
	codeA = "91120110YY00056A5R"
	codeB = "91120116YY00056B3B"
	codeC = "91120104YY00056C1R"
	codeD = "91120111YY00056DXM"
)

func small() []Entry {
	return []Entry{
		{ID: 1, Code: codeA, Name: "天津市海奥软件有限公司", Former: []string{"天津海澳信息技术有限公司"}, Registration: "120110000012345", Address: "天津市东丽区华明镇一号"},
		{ID: 2, Code: codeB, Name: "天津津门精密仪器股份有限公司"},
		{ID: 3, Code: codeC, Name: "天津市蓝鲸餐饮管理有限公司"},
		{ID: 4, Code: codeD, Name: "天津市蓝鲸餐饮管理有限公司第一分公司"},
		{ID: 5, Name: "天津市红桥区老城养殖场"},
		{ID: 6, Name: "天津鼎晟商贸有限公司", Address: "天津市南开区"},
		{ID: 7, Name: "天津鼎晟商贸有限公司", Address: "天津市北辰区"},
		{ID: 8, Code: "91120101YY0005600X", Name: "天津长乐第三机械厂"},
	}
}

func TestMatch(t *testing.T) {
	x := Build(slices.Values(small()), Options{})
	x.Remember([]Answer{{"蓝鲸老店", 3, true}, {"天津海奥", 1, false}})
	for _, c := range []struct {
		what string
		row  Row
		want Decision
		by   By
		id   int64
		says string // a part of the sentence
	}{
		{"code", Row{Name: "天津市海奥软件有限公司", Code: codeA}, Link, ByCode, 1, "代码相同"},
		{"code in other writing", Row{Code: " 91120110yy00056a5r"}, Link, ByCode, 1, "代码相同"},
		{"code outweighs the name", Row{Name: "天津津门精密仪器股份有限公司", Code: codeA}, Link, ByCode, 1, "库里另有一家正叫这个名称"},
		{"code in the register whose check fails", Row{Code: "91120101YY0005600X"}, Link, ByCode, 8, "校验码不符"},
		{"one wrong character", Row{Name: "天津海奥软件有限公司", Code: "91120110YY00056A6R"}, Link, BySlip, 1, "第 17 位 6 应为 5"},
		{"two swapped", Row{Name: "天津市海奥软件有限公司", Code: "91120110YY00065A5R"}, Link, BySlip, 1, "写反了"},
		{"letter for digit", Row{Name: "天津市海奥软件有限公司", Code: "9112O110YY00056A5R"}, Link, BySlip, 1, "看似数字的字母"},
		{"a character too few", Row{Name: "天津市海奥软件有限公司", Code: "9112011YY00056A5R"}, Link, BySlip, 1, "少了一个字符"},
		{"a character too many", Row{Name: "天津市海奥软件有限公司", Code: "911201100YY00056A5R"}, Link, BySlip, 1, "多了一个字符"},
		{"slip, but another name", Row{Name: "天津津门精密仪器股份有限公司", Code: "91120110YY00056A6R"}, Link, ByName, 2, "但名称不同"},
		{"slip, and a name that nobody has", Row{Name: "厦门白鹭贸易有限公司", Code: "91120110YY00056A6R"}, Ask, BySlip, 1, "可能改过名"},
		{"slip without a name", Row{Code: "91120110YY00056A6R"}, Ask, BySlip, 1, "请核对"},
		{"no code at all", Row{Name: "天津津门精密仪器股份有限公司", Code: "无"}, Link, ByName, 2, "名称完全相同"},
		{"short code", Row{Name: "天津津门精密仪器股份有限公司", Code: "911201"}, Link, ByName, 2, "应为 18 位"},
		{"another good code, same name", Row{Name: "天津津门精密仪器股份有限公司", Code: "91120104YY00056F7F"}, Ask, ByName, 2, "代码不同"},
		{"good code, the subject has none", Row{Name: "天津市红桥区老城养殖场", Code: "91120104YY00056F7F"}, Link, ByName, 5, "名称完全相同"},
		{"registration number", Row{Name: "海奥", Registration: "120110000012345"}, Link, ByRegistration, 1, "注册号相同"},
		{"organisation code", Row{Name: "海奥", Org: "YY00056A-5"}, Link, ByOrg, 1, "组织机构代码相同"},
		{"name", Row{Name: "天津津门精密仪器股份有限公司"}, Link, ByName, 2, "完全相同"},
		{"name in other width", Row{Name: "天津津门精密仪器　股份有限公司"}, Link, ByName, 2, "完全相同"},
		{"former name", Row{Name: "天津海澳信息技术有限公司"}, Link, ByFormer, 1, "曾用名"},
		{"the row's former name", Row{Name: "天津奥海数据集团", Former: []string{"天津市海奥软件有限公司"}}, Link, ByFormer, 1, "本行的曾用名"},
		{"without 市", Row{Name: "天津海奥软件有限责任公司"}, Link, ByPlain, 1, "写法"},
		{"several of that name", Row{Name: "天津鼎晟商贸有限公司"}, Ask, ByName, 6, "几家"},
		{"branch", Row{Name: "天津蓝鲸餐饮管理有限公司第一分公司"}, Link, ByPlain, 4, "写法"},
		{"parent", Row{Name: "天津蓝鲸餐饮管理有限公司"}, Link, ByPlain, 3, "写法"},
		{"answer", Row{Name: "蓝鲸老店"}, Link, ByAnswer, 3, "有人确认过"},
		{"nothing", Row{Name: "厦门白鹭贸易有限公司"}, Leave, ByNothing, 0, "没有足够像的"},
		{"nothing said", Row{}, Leave, ByNothing, 0, "没有名称可比"},
	} {
		m := x.Match(c.row)
		if m.Decision != c.want || m.By != c.by || m.ID != c.id || !strings.Contains(m.ZH, c.says) {
			t.Errorf("%s: %s by %s to %d: %s; want %s by %s to %d saying %s", c.what, m.Decision, m.By, m.ID, m.ZH, c.want, c.by, c.id, c.says)
		}
		if m.EN == "" || m.Decision != Leave && (len(m.Candidates) == 0 || m.Candidates[0].ID != m.ID) {
			t.Errorf("%s: %+v lacks its sentence or its candidate", c.what, m)
		}
	}
}

func TestBranchesStayApart(t *testing.T) {
	x := Build(slices.Values(small()), Options{})
	for _, name := range []string{"天津蓝鲸餐饮管理有限公司第二分公司", "天津市蓝鲸餐饮管理有限公司门市部", "天津市蓝鲸餐饮管理有限公司（二店）", "天津长乐第四机械厂", "天津长乐第三机械厂一分厂"} {
		if m := x.Match(Row{Name: name}); m.Decision == Link {
			t.Errorf("%s was linked to %s", name, m.Candidates[0].Name)
		}
	}
}

// TestExcept: one may ask about a subject of the register; it is never its own answer.
func TestExcept(t *testing.T) {
	entries := append(small(), Entry{ID: 9, Name: "天津海奥软件有限公司"}, Entry{ID: 10, Name: "天津市海奥软件有限公司"})
	x := Build(slices.Values(entries), Options{})
	for _, c := range []struct {
		row  Row
		want Decision
		id   int64
	}{
		{Row{Name: "天津市海奥软件有限公司", Except: 10}, Link, 1},
		{Row{Name: "天津市红桥区老城养殖场", Except: 5}, Leave, 0},
		{Row{Name: "天津市海奥软件有限公司", Code: codeA, Registration: "120110000012345", Except: 1}, Link, 10},
	} {
		if m := x.Match(c.row); m.Decision != c.want || m.ID != c.id {
			t.Errorf("%+v: %s to %d: %s", c.row, m.Decision, m.ID, m.ZH)
		}
	}
}

// TestPlainCodes: codes of unknown form are equal or not; there are no slips.
func TestPlainCodes(t *testing.T) {
	x := Build(slices.Values([]Entry{{ID: 1, Code: "TJ-001", Name: "天津海奥众创空间"}, {ID: 2, Name: "天津津门孵化器"}}), Options{Plain: true})
	for _, c := range []struct {
		row  Row
		want Decision
		by   By
		id   int64
	}{
		{Row{Code: "tj-001"}, Link, ByCode, 1},
		{Row{Code: "TJ-002", Name: "天津海奥众创空间"}, Ask, ByName, 1},
		{Row{Code: "TJ-002", Name: "天津津门孵化器"}, Link, ByName, 2},
		{Row{Code: "TJ-002"}, Leave, ByNothing, 0},
	} {
		if m := x.Match(c.row); m.Decision != c.want || m.By != c.by || m.ID != c.id {
			t.Errorf("%+v: %s by %s to %d: %s", c.row, m.Decision, m.By, m.ID, m.ZH)
		}
	}
}
