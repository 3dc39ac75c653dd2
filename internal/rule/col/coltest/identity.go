package coltest

import (
	"math/rand/v2"
	"strings"
)

// alphabet is the characters of GB 32100-2015: no I, O, Z, S or V.
const alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// code returns a unified social credit code with its check character. Different rows have different codes.
func code(r *rand.Rand, row int) string {
	b := append(make([]byte, 0, 18), "91"...)
	b = append(b, Districts[r.IntN(len(Districts))]...)
	b = append(b, "MA0"...)
	// Six characters number the row, mixed so that neighbours differ: the factor has no divisor in common with 31⁶.
	v := (uint64(row)*618033989 + 12345) % 887503681
	for range 6 {
		b = append(b, alphabet[v%31])
		v /= 31
	}
	sum, weight := 0, 1
	for _, c := range b {
		sum += strings.IndexByte(alphabet, c) * weight
		weight = weight * 3 % 31
	}
	return string(append(b, alphabet[(31-sum%31)%31]))
}

var (
	places  = []string{"天津", "天津市", "天津滨海新区", "天津市津南区", "天津东丽", "天津市武清区"}
	brands  = strings.Split("北辰海河津华瑞恒宏泰康安信达通联创新博远天元金龙凯利德和兴盛源鑫众智慧云星光明美佳诚中科立方飞跃鹏宇重庆长厦银行乐朝阳", "")
	trades  = strings.Fields("科技 电子科技 生物医药 机械制造 环保工程 软件 信息技术 新材料 智能装备 自动化设备 汽车部件 医疗器械 新能源 网络科技 精密仪器 检测技术 化工 食品 建筑工程 商贸")
	endings = strings.Fields("有限公司 有限公司 有限公司 有限公司 股份有限公司 集团有限公司 （天津）有限公司 有限责任公司")

	// industries are codes of GB/T 4754-2017, the most frequent first.
	industries = strings.Fields("6510 6520 7320 7519 3963 2710 3311 3563 2651 7340 6410 3811 3670 4411 5178 4790 2927 1399 3581 2770")
	// fields are the eight fields in the annex of 国科发火〔2016〕32号.
	fields = strings.Fields("电子信息 生物与新医药 航空航天 新材料 高技术服务 新能源与节能 资源与环境 先进制造与自动化")
)

// name returns a company name: place, brand, trade, legal form.
func name(r *rand.Rand) string {
	s := ""
	if r.IntN(8) > 0 {
		s = places[r.IntN(len(places))]
	}
	for range 2 + r.IntN(3) {
		s += brands[r.IntN(len(brands))]
	}
	return s + trades[r.IntN(len(trades))] + endings[r.IntN(len(endings))]
}
