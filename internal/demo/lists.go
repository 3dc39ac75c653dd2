package demo

import (
	"fmt"
	"strings"
)

// How many rows the files of other offices have at the most, whatever the size of the city.
const (
	mostListed   = 200
	mostExtracts = 300
)

// list writes a list of the bureau as it is typed by hand: names only, and not all of them as they are registered.
func (l *rolls) list() {
	l.row("企业名称", "走访人", "走访日期")
	for i := range min(mostListed, l.rows) {
		l.row(l.typed(l.some(i).name), l.pick(clans...)+l.pick("科长", "主任"), l.day(l.until, 1))
	}
}

// typed is a name as somebody may type it.
func (l *rolls) typed(name string) string {
	r := []rune(name)
	switch n := l.r.IntN(100); {
	case n < 55:
		return name
	case n < 68 && strings.HasPrefix(name, "天津市"):
		return "天津" + strings.TrimPrefix(name, "天津市")
	case n < 68:
		return "天津市" + strings.TrimPrefix(name, "天津")
	case n < 80:
		return strings.Replace(name, "有限公司", "有限责任公司", 1)
	case n < 88: // a character is left out
		at := 2 + l.r.IntN(min(4, len(r)-3))
		return string(r[:at]) + string(r[at+1:])
	case n < 94: // the form is left out
		return strings.NewReplacer("有限责任公司", "", "股份有限公司", "", "有限公司", "").Replace(name)
	}
	return fmt.Sprintf("天津%s%s工作室（示例）", l.pick(waters...), l.pick(studies...))
}

// extract writes what the tax office knows: mostly what the statements say, and sometimes not.
func (l *rolls) extract() {
	l.row("统一社会信用代码", "企业名称", fmt.Sprintf("%d年营业收入（万元）", l.until), fmt.Sprintf("%d年研发费用加计扣除额（万元）", l.until))
	for i := range min(mostExtracts, l.rows) {
		e := l.some(i)
		y := &e.years[span-1]
		sales := y.sales
		if l.r.IntN(20) == 0 {
			sales = round(sales * (0.6 + l.r.Float64()/2))
		}
		l.row(e.code, e.name, fmt.Sprintf("%.2f", sales/10_000), fmt.Sprintf("%.2f", y.deducted/10_000))
	}
}

// rights writes intellectual property, a row for each right, of enterprises whose counts these are.
func (l *rolls) rights() {
	l.row("权利人", "统一社会信用代码", "授权号", "知识产权名称", "知识产权类别", "授权日期", "法律状态")
	n := 0
	for i := 0; n < mostExtracts-20 && i < l.rows; i++ {
		e := l.at(i)
		if e.class1 != e.invention || e.class1 > 6 || e.class2 != e.utility+e.design+e.software || e.class2 > 12 {
			continue
		}
		for _, k := range []struct {
			kind  string
			count int
		}{{"发明专利", e.invention}, {"实用新型", e.utility}, {"外观设计", e.design}, {"软件著作权", e.software}} {
			for range k.count {
				n++
				l.row(e.name, e.code, fmt.Sprintf("SL%d%05d", l.until, n), "一种"+l.pick(studies...)+"装置（示例）", k.kind, l.day(l.until-6, 6), "有效")
			}
		}
	}
}
