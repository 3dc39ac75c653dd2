package layout

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"eyas/internal/pack"
	"eyas/internal/registry/cell"
)

// How a column was understood; the first of these wins when two columns mean the same.
const (
	byMap        = "map"        // the person importing said so
	byMemory     = "remembered" // a person said so before
	ByID         = "id"         // the header is the attribute's id
	byName       = "name"       // … its name
	byAlias      = "alias"      // … another name that the pack lists
	byYear       = "year"       // the column gives the year of its rows
	isDuplicate  = "duplicate"  // another column means the same and was preferred
	isWithoutAge = "noyear"     // a yearly attribute of a year that nothing says
	isPart       = "part"       // … of a part of a year
	isUnscaled   = "nounit"     // amounts in a unit that nothing says
	isAside      = "aside"      // the header says that its cells follow from others, so that no import takes them
	isOfGroup    = "group"      // a known header under a group that makes it another thing
	byCells      = "cells"      // the column's cells say what it is
	byUnit       = "unit"       // the column gives the unit of its rows' amounts
	byCurrency   = "currency"   // … their currency
	isUnknown    = "none"
)

var ranks = map[string]int{byMap: 0, byMemory: 1, ByID: 2, byName: 3, byAlias: 4, byCells: 5}

// vocabulary is what the headers of a register mean.
type vocabulary struct {
	words map[string]meaning
	own   *pack.Words // of the field
	reg   *pack.Register
}

type meaning struct {
	attr *pack.Attribute
	how  string
}

// yearHeaders are the headers of a column that gives the year of each row.
var yearHeaders = map[string]bool{}

func init() {
	for _, h := range []string{"年度", "年份", "报告年份", "统计年度", "year", "报告年度", "统计年份", "数据年度", "数据年份", "会计年度", "所属年度", "所属年份", "财务年度"} {
		yearHeaders[headerKey(h)] = true
	}
}

func newVocabulary(own *pack.Words, reg *pack.Register) *vocabulary {
	v := &vocabulary{own: own, words: make(map[string]meaning, 8*len(reg.Attributes)), reg: reg}
	add := func(word string, a *pack.Attribute, how string) {
		if key := headerKey(word); key != "" {
			if _, taken := v.words[key]; !taken {
				v.words[key] = meaning{a, how}
			}
		}
	}
	for _, a := range reg.Attributes {
		add(a.ID, a, ByID)
	}
	for _, a := range reg.Attributes {
		add(a.Name.ZH, a, byName)
		add(a.Name.EN, a, byName)
	}
	for _, a := range reg.Attributes {
		for _, alias := range a.Aliases {
			add(alias, a, byAlias)
		}
	}
	return v
}

// longestHeader is the longest text, in characters, that is taken for a header.
const longestHeader = 80

// headerKey makes headers comparable: as names are, and without the marks that forms put around them.
func headerKey(s string) string {
	if len(s) > 4*longestHeader || utf8.RuneCountInString(s) > longestHeader {
		return ""
	}
	key := cell.NameKey(s)
	for _, mark := range []string{"(必填)", "(选填)", "(必填项)", "(选填项)"} {
		key = strings.ReplaceAll(key, mark, "")
	}
	return strings.Trim(key, "*:★☆●▲#,;、\"'")
}

// heading is what a header says: which attribute, of which year, in which unit. Without an attribute it may still
// say the year or the unit of columns below it.
type heading struct {
	meaning
	year  int
	unit  string // label of a cell.Unit; empty for none
	blank bool   // nothing but a year or a unit, or empty
	many  bool   // several years: of none in particular
	part  bool   // figures of a part of a year
	other bool   // its group makes another thing of it
	rest  string // the key without year and unit
}

// read understands one header by itself.
func (v *vocabulary) read(text string) heading {
	key := headerKey(text)
	if key == "" {
		return heading{blank: strings.TrimSpace(text) == ""}
	}
	var h heading
	rest, unit := cutUnit(key)
	h.unit = unit
	if m, ok := v.words[key]; ok {
		h.meaning = m
		h.rest = key
		return h
	}
	if id, year, ok := strings.Cut(key, "@"); ok {
		if m, known := v.words[id]; known && m.how == ByID {
			if y, err := strconv.Atoi(year); err == nil && y >= 1900 && y < 3000 {
				h.meaning, h.year, h.rest = m, y, id
				return h
			}
		}
	}
	var variants []string
	h.year, h.many, variants = cutYear(rest)
	h.rest = variants[len(variants)-1]
	h.blank = h.rest == ""
	if unit != "" { // the unit may be part of the name: 最新估值（美元）
		_, _, whole := cutYear(key)
		variants = append(variants, whole...)
	}
	for _, variant := range variants {
		if m, ok := v.find(variant); ok {
			h.meaning = m
			return h
		}
	}
	return h
}

// find looks a header up, also without the numbering before it and, for what is no number, without explanations in
// brackets behind it: （含税） would change what an amount means, （全称） does not change a name.
func (v *vocabulary) find(key string) (meaning, bool) {
	if m, ok := v.words[key]; ok {
		return m, true
	}
	bare := strings.TrimPrefix(cutNumbering(key), "其中:")
	if m, ok := v.words[bare]; ok && bare != key {
		return m, true
	}
	for _, word := range []string{"本年度", "本年", "当年", "全年"} {
		if cut, ok := strings.CutPrefix(bare, word); ok {
			if m, ok := v.words[cut]; ok && m.attr.Yearly {
				return m, true
			}
		}
	}
	if short := CutBrackets(bare); short != bare && !former(bare) {
		if m, ok := v.words[short]; ok && !m.attr.Kind.Numeric() {
			return m, true
		}
	}
	return meaning{}, false
}

// former reports a header of what something was called before: 企业名称（变更前）.
func former(key string) bool {
	_, inner, _ := strings.Cut(key, "(")
	inner, _, _ = strings.Cut(inner, ")")
	return strings.HasSuffix(inner, "前") || hasAnyPrefix(inner, "原", "旧", "曾用")
}

// counterUnits are units of columns that are no amounts of money; 万人 scales the numbers.
var counterUnits = map[string]string{"人": "人", "人次": "人次", "项": "项", "件": "件", "个": "个", "家": "家", "分": "分", "%": "%", "万人": "万人",
	"名": "名", "种": "种", "条": "条", "年": "年", "平方米": "平方米", "m2": "平方米", "台": "台", "套": "套", "台套": "台", "月": "月", "工作日": "工作日", "天": "天", "小时": "小时", "次": "次"}

// exportedUnits are the units of English exports, by their keys.
var exportedUnits = map[string]string{"yuan": "元", "10kyuan": "万元", "100myuan": "亿元", "usd": "美元", "10kusd": "万美元", "100musd": "亿美元",
	"persons": "人", "items": "项", "points": "分", "days": "天", "years": "年", "sets": "套", "units": "家", "times": "次", "hours": "小时"}

// unitLabel reads a unit as headers and titles name it; empty when it is none.
func unitLabel(s string) string {
	for _, prefix := range []string{"金额单位", "计量单位", "货币单位", "单位"} {
		if cut, ok := strings.CutPrefix(s, prefix); ok {
			s = strings.TrimLeft(cut, ":")
			break
		}
	}
	if u, ok := cell.ParseUnit(s); ok {
		return u.Label
	}
	if u := exportedUnits[s]; u != "" {
		return u
	}
	return counterUnits[s]
}

// cutUnit takes the unit out of a header key: 销售收入(万元), 销售收入/万元, 销售收入万元. Inside brackets it may
// stand beside a year: (2020年,万元).
func cutUnit(key string) (rest, unit string) {
	for open := strings.LastIndexByte(key, '('); open >= 0; open = strings.LastIndexByte(key[:open], '(') {
		size := strings.IndexByte(key[open:], ')')
		if size < 0 {
			continue
		}
		before, inner, after := key[:open], key[open+1:open+size], key[open+size+1:]
		if u := unitLabel(inner); u != "" {
			return before + after, u
		}
		parts := strings.FieldsFunc(inner, func(r rune) bool { return strings.ContainsRune(",;、/:", r) })
		for i, p := range parts {
			if u := unitLabel(p); u != "" && len(parts) > 1 {
				return before + "(" + strings.Join(slices.Delete(parts, i, i+1), ",") + ")" + after, u
			}
		}
	}
	if u := unitLabel(key); u != "" {
		return "", u
	}
	for _, sep := range []string{"/", "-", "_", ":", ",", ";", "、", "|"} {
		if at := strings.LastIndex(key, sep); at > 0 {
			if u := unitLabel(strings.TrimPrefix(key[at+len(sep):], "单位:")); u != "" {
				return strings.TrimSuffix(key[:at], ",单位"), u
			}
		}
	}
	for _, word := range []string{"百万元", "千万元", "万美元", "亿美元", "万元", "亿元", "千元"} {
		if cut, ok := strings.CutSuffix(key, word); ok && cut != "" {
			return cut, word
		}
	}
	return key, ""
}

// cutYear takes the year out of a header key and gives what may be left, the likeliest first: of 2020年末资产总额
// it may be 资产总额 or 年末资产总额. many: there are several years.
func cutYear(key string) (year int, many bool, variants []string) {
	found := yearsIn(key)
	for _, f := range found {
		if year != 0 && f.year != year {
			return 0, true, []string{key}
		}
		year = f.year
	}
	if len(found) == 0 {
		return 0, false, []string{tidy(key)}
	}
	f := found[0]
	before, after := key[:f.at], key[f.at+4:]
	for _, word := range []string{"截至", "截止"} {
		before = strings.TrimSuffix(before, word)
	}
	for _, word := range []string{"年1-12月", "年12月31日", "年度末", "年度", "年末", "年底", "年", "-12-31", "末"} {
		if cut, ok := strings.CutPrefix(after, word); ok {
			variants = append(variants, tidy(before+strings.TrimPrefix(cut, "的")))
		}
	}
	variants = append(variants, tidy(before+after))
	if len(found) > 1 { // the same year twice
		for i, v := range variants {
			_, _, again := cutYear(v)
			variants[i] = again[0]
		}
	}
	// The last variant is the one with the least left; it tells whether the header was a year only.
	least := variants[0]
	return year, false, append(variants, least)
}

// tidy cuts off what taking a part out of a header leaves behind.
func tidy(key string) string {
	key = strings.ReplaceAll(key, "()", "")
	for _, cut := range []string{"(", ")"} { // brackets that lost their partner
		if strings.Count(key, "(") != strings.Count(key, ")") {
			key = strings.Trim(key, cut)
		}
	}
	return strings.Trim(key, "-_/.,:;、·@|")
}

// cutNumbering takes 1. 1、 (1) 一、 （一） off the front of a key.
func cutNumbering(key string) string {
	s := strings.TrimPrefix(key, "(")
	digits := strings.TrimLeft(s, "0123456789")
	if len(s)-len(digits) == 0 || len(s)-len(digits) > 2 {
		digits = strings.TrimLeft(s, "一二三四五六七八九十")
		if len(digits) == len(s) {
			return key
		}
	}
	for _, sign := range []string{")", ".", "、"} {
		if cut, ok := strings.CutPrefix(digits, sign); ok {
			return cut
		}
	}
	return key
}

// CutBrackets takes every bracketed part out of a key.
func CutBrackets(key string) string {
	for {
		open := strings.IndexByte(key, '(')
		if open < 0 {
			return key
		}
		size := strings.IndexByte(key[open:], ')')
		if size < 0 {
			return key[:open]
		}
		key = key[:open] + key[open+size+1:]
	}
}
