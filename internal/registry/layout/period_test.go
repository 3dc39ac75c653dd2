package layout

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestPeriods(t *testing.T) {
	p, reg := city(t)
	words := newVocabulary(&p.Words, reg)
	for text, want := range map[string]period{
		"某区2019年上半年科技企业快报":      {part: true, partOf: 2019},
		"2019年2-8月主要指标":         {part: true, partOf: 2019},
		"2019年前三季度运行情况":         {part: true, partOf: 2019},
		"2019年第二季度台账":           {part: true, partOf: 2019},
		"2019年1月至10月":           {part: true, partOf: 2019},
		"2019年5月份月报":            {part: true, partOf: 2019},
		"截至2019年9月底的企业":         {part: true, partOf: 2019},
		"企业季报":                  {part: true},
		"2019年1-12月":            {year: 2019},
		"2019年1月—12月":           {year: 2019},
		"2019年度1月~12月":          {year: 2019},
		"2019年全年":               {year: 2019},
		"2019年":                 {year: 2019},
		"二〇一九年度企业年报":            {year: 2019},
		"annual_2019":           {year: 2019},
		"企业台账2019":              {year: 2019},
		"副本 2019":               {year: 2019},
		"某区 2019 企业台账":          {year: 2019},
		"2019企业台账":              {year: 2019},
		"2020年雏鹰企业申报名册":         {applying: 2020},
		"2020年度瞪羚企业认定名单":        {applying: 2020},
		"申报2020年高新技术企业情况":       {applying: 2020},
		"2020年第三批拟入库企业":         {applying: 2020},
		"2020年雏鹰企业申报（2019年度数据）": {year: 2019, applying: 2020},
		"产业振兴2030企业一览":          {},
		"滨海3D打印2030基地入驻企业":      {},
		"2030年规划项目":             {},
		"2021年预计指标":             {},
		"2021年5月填":              {},
		"津科〔2019〕7号":            {},
		"2018、2019年对照":          {},
	} {
		if got := words.periodOf(text); got != want {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
}

func TestTableUnits(t *testing.T) {
	for text, want := range map[string]string{
		"单位：户、亿元": "亿元", "计量单位：个、人、千元": "千元", "单位：万元/人": "万元", "金额单位均以百万元计": "百万元", "工业总产值（亿元）": "亿元", "（金额：千元）": "千元",
		"单 位 : 亿 元": "亿元", "以千元计": "千元", "注：表中金额单位为亿元": "亿元", "2019年(千元)": "千元", "单位：亿元  填表日期：2020年1月": "亿元", "金额以人民币千元列示": "千元",
		"填报单位：元通科技有限公司": "", "填报单位（章）：某局 单位：千元": "千元", "单位名称": "", "单位：千元、元": "", "名单（12家）": "", "注册资本500万元以上企业": "", "单位：户": "",
		"千元": "千元", "企业概况-亿元": "亿元", "人民币：亿元": "亿元", "单位：万美元": "万美元",
	} {
		if got, _ := tableUnit(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// Whatever stands around a unit, in whatever width and with whatever other units beside it, it is that unit or none.
func TestTableUnitVariants(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		unit := rapid.SampledFrom([]string{"元", "千元", "万元", "百万元", "亿元"}).Draw(t, "unit")
		others := rapid.SliceOfN(rapid.SampledFrom([]string{"人", "家", "户", "件", "项", "%", "个", "吨"}), 0, 3).Draw(t, "others")
		list := append([]string{unit}, others...)
		at := rapid.IntRange(0, len(others)).Draw(t, "at")
		list[0], list[at] = list[at], list[0]
		sep := rapid.SampledFrom([]string{"、", ",", "，", "/", ";", "；"}).Draw(t, "separator")
		mark := rapid.SampledFrom([]string{"单位：", "单位:", "计量单位：", "单位 ： ", "金额单位为", "（单位：", "注：单位为"}).Draw(t, "mark")
		text := mark + strings.Join(list, sep)
		if strings.HasPrefix(mark, "（") {
			text += "）"
		}
		before := rapid.SampledFrom([]string{"", "某表 ", "填报单位：某某局　", "2019年度 "}).Draw(t, "before")
		if got, _ := tableUnit(before + text); got != unit {
			t.Fatalf("%q: %q, want %q", before+text, got, unit)
		}
	})
}

// A part of a year is never taken for the year, however it is written.
func TestPartsOfYears(t *testing.T) {
	city, reg := city(t)
	words := newVocabulary(&city.Words, reg)
	rapid.Check(t, func(t *rapid.T) {
		year := rapid.IntRange(1995, 2050).Draw(t, "year")
		from := rapid.IntRange(1, 12).Draw(t, "from")
		to := rapid.IntRange(from, 12).Draw(t, "to")
		sign := rapid.SampledFrom([]string{"-", "—", "–", "~", "～", "至", "到", "－"}).Draw(t, "sign")
		month := rapid.SampledFrom([]string{"", "月"}).Draw(t, "month")
		title := rapid.SampledFrom([]string{"", "某区", "全市"}).Draw(t, "before") + fmt.Sprint(year) + rapid.SampledFrom([]string{"年", "年度"}).Draw(t, "年")
		part := rapid.SampledFrom([]string{fmt.Sprint(from, month, sign, to, "月"), "上半年", "下半年", "前三季度", "第三季度", "四季度", "三季度末", "半年报", "季报"}).Draw(t, "part")
		part = strings.ReplaceAll(part, " ", "")
		title += part + rapid.SampledFrom([]string{"", "企业情况", "主要指标"}).Draw(t, "after")
		whole := strings.HasPrefix(part, "1"+month+sign+"12月")
		switch p := words.periodOf(title); {
		case whole && (p.part || p.year != year):
			t.Fatalf("%q: %+v, want the year", title, p)
		case !whole && (!p.part || p.year != 0):
			t.Fatalf("%q: %+v, want a part", title, p)
		}
	})
}

func TestNeutralGroups(t *testing.T) {
	p, reg := city(t)
	words := newVocabulary(&p.Words, reg)
	for text, want := range map[string]bool{"基本信息": true, "主要财务指标": true, "近三年经营情况": true, "人员": true, "研发活动": true, "(二)财务状况": true, "联系方式": true, "": true,
		"去年同期": false, "主营产品": false, "企业填报信息": true, "统计指标": true, "境外子公司": false, "母公司": false, "科研项目": false, "投产后": false, "同比": false, "预计": false, "股东": false} {
		if got := words.neutral(headerKey(text)); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
