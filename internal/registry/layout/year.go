package layout

import (
	"regexp"
	"strings"
	"time"

	"eyas/internal/registry/cell"
)

// yearAt is a year and where it stands in a text.
type yearAt struct{ year, at int }

// yearsIn finds the years from 1950 to 2099 that a text names: four digits with no digit beside them.
func yearsIn(s string) (found []yearAt) {
	for i := 0; i+4 <= len(s); i++ {
		if !isDigit(s[i]) {
			continue
		}
		size := 1
		for i+size < len(s) && isDigit(s[i+size]) {
			size++
		}
		if size == 4 {
			if y := int(s[i]-'0')*1000 + int(s[i+1]-'0')*100 + int(s[i+2]-'0')*10 + int(s[i+3]-'0'); y >= 1950 && y < 2100 {
				found = append(found, yearAt{y, i})
			}
		}
		i += size
	}
	return found
}

// period is what a text beside a table says about the time of its figures.
type period struct {
	year     int  // whose figures they are; 0: it says none, or several
	part     bool // they are figures of a part of a year: 上半年, 1-9月, 三季度
	partOf   int  // of that year; 0: not said
	applying int  // the year in which somebody applies, is recommended or recognised; whose figures they are it does not say
}

// yearOf reads which year's figures a title, a sheet name or a file name says the table holds; 0 when it says none,
// or several, or a part of one.
func (v *vocabulary) yearOf(text string) int { return v.periodOf(text).year }

// periodOf reads what a title, the name of a sheet or a file, or the group of a header says about time.
//
// No year of figures are: the number of a document (〔2021〕3号), the time of reporting (2021年3月, 2021年填报), the year of
// applying or of recognition (2021年…申报汇总表, 2021年…入库名单), a number within a name (科技园2049号楼), a year that something
// is planned or expected for. 2020年度 and what says more are preferred to a plain 2021年.
func (v *vocabulary) periodOf(text string) (p period) {
	key := arabicYears(cell.NameKey(apart.ReplaceAllString(text, "_$1")))
	plain, sure := map[int]bool{}, map[int]bool{}
	found := yearsIn(key)
	for i, f := range found {
		before, after := key[:f.at], key[f.at+4:]
		until := len(after)
		if i+1 < len(found) {
			until = found[i+1].at - f.at - 4
		}
		switch {
		case f.at > 0 && key[f.at-1] == '(' && strings.HasPrefix(after, ")") && strings.Contains(after[:min(len(after), 24)], "号"):
			// (2021)3号, with brackets made round by the key
		case ofAName(before, after), planned(after[:until]), !strings.HasPrefix(after, "年") && (strings.Contains(before, "规划") || strings.Contains(before, "行动计划")):
		case partFollows(after):
			p.part, p.partOf = true, f.year
		case v.applies(before, after[:until]):
			p.applying = f.year
		case wholeFollows(after), hasAnyPrefix(after, "年度", "年12月31日", "年12月末", "年12月底", "年末", "年底", "年全年", "全年", "-12-31"):
			sure[f.year] = true
		case monthFollows(after), hasAnyPrefix(after, "年填", "年报送", "年上报"):
		default:
			plain[f.year] = true
		}
	}
	if p.part = p.part || partOfYear(key); p.part {
		for _, f := range found {
			if p.partOf == 0 {
				p.partOf = f.year
			}
		}
		return p
	}
	for _, set := range []map[int]bool{sure, plain} {
		if len(set) == 1 {
			for y := range set {
				p.year = y
			}
			return p
		}
		if len(set) > 1 {
			return p
		}
	}
	return p
}

// apart is a year that white space keeps apart from what stands before it.
var apart = regexp.MustCompile(`\s+((?:19|20)[0-9]{2})`)

// arabicYears writes 二〇二〇年 as 2020年.
func arabicYears(key string) string {
	if !strings.Contains(key, "年") {
		return key
	}
	const digits = "〇一二三四五六七八九"
	runes := []rune(key)
	for i := 0; i+4 < len(runes); i++ {
		if runes[i+4] != '年' {
			continue
		}
		var year [4]rune
		for k := range year {
			r := runes[i+k]
			if r == '零' || r == '○' || r == 'o' {
				r = '〇'
			}
			at := strings.IndexRune(digits, r)
			if at < 0 {
				year[0] = 0
				break
			}
			year[k] = rune('0' + at/len("〇"))
		}
		if year[0] == '1' || year[0] == '2' {
			copy(runes[i:], year[:])
		}
	}
	return string(runes)
}

// dataWords end a text behind which a year stands alone: 企业情况表2020.
var dataWords = []string{"数据", "情况", "报表", "指标", "表", "名单", "企业", "财务", "统计", "汇总", "信息", "年报", "经营", "库", "台账", "清单", "明细", "一览", "截至", "截止", "至", "及", "和", "与", "度"}

// ofAName reports digits that are part of a name and no year: they stand among other characters without a 年 behind them.
func ofAName(before, after string) bool {
	next, last := firstRune(after), lastRune(before)
	if next == '年' || hasAnyPrefix(after, "上半年", "下半年", "财年", "全年", "第", "前", "一季", "二季", "三季", "四季") {
		return false
	}
	beside := func(r rune) bool {
		return r > 0x7F && !strings.ContainsRune("、。，；：（）《》〔〕【】—–·", r) || r >= 'a' && r <= 'z'
	}
	switch {
	case last == 0 || !beside(last):
		return false
	case beside(next):
		return true
	}
	for _, word := range dataWords {
		if strings.HasSuffix(before, word) {
			return false
		}
	}
	return true
}

// planned reports that what is said of a year is a plan, or expected.
func planned(after string) bool {
	after = strings.TrimPrefix(strings.TrimPrefix(after, "年"), "度")
	return hasAnyPrefix(after, "规划", "计划", "行动", "远景", "愿景", "目标", "战略", "预算", "预计", "预测", "预期", "专项", "工程", "任务")
}

// applies reports that a year is the one of applying or of recognition. What is said to be figures of it is not: 2020年数据.
func (v *vocabulary) applies(before, after string) bool {
	for _, word := range []string{"申报", "申请", "推荐", "拟认定", "拟入库"} {
		if strings.HasSuffix(before, word) {
			return true
		}
	}
	if rest := strings.TrimPrefix(strings.TrimPrefix(after, "年"), "度"); hasAnyPrefix(rest, "数据", "财务", "主要", "经济", "经营", "指标", "决算", "年报", "统计", "报表", "实际", "完成") {
		return false
	}
	for _, word := range v.own.Applying {
		if strings.Contains(after, word) {
			return true
		}
	}
	return false
}

// partFollows reports that a part of a year is said behind it: 年上半年, 年1-6月, 年前三季度, 年6月末.
func partFollows(after string) bool {
	rest := strings.TrimLeft(strings.TrimPrefix(strings.TrimPrefix(after, "年"), "度"), "-_/. ")
	if hasAnyPrefix(rest, "上半年", "下半年", "半年", "h1", "h2", "q1", "q2", "q3", "q4") {
		return true
	}
	if first, ok := strings.CutPrefix(rest, "前"); ok { // 前10个月
		if n := strings.TrimLeft(first, "0123456789一二三四五六七八九十"); len(n) < len(first) && hasAnyPrefix(n, "个月", "月", "季") && !hasAnyPrefix(first, "12", "十二") {
			return true
		}
	}
	if from, to, tail, ok := months(rest); ok {
		switch {
		case from != 0:
			return from != 1 || to != 12
		case to != 12 && strings.HasPrefix(after, "年"): // 6月末, 6月份, 6月月报; 6月 alone is when it was written
			return hasAnyPrefix(tail, "末", "底", "份", "月报", "当月", "累计", "止") || strings.Contains(tail, "月报")
		}
	}
	return false
}

// wholeFollows reports that all months of the year are named behind it: 年1-12月, 年度1月—12月.
func wholeFollows(after string) bool {
	rest, named := strings.CutPrefix(after, "年")
	from, to, _, ok := months(strings.TrimPrefix(rest, "度"))
	return named && ok && from == 1 && to == 12
}

// months reads 1-6月, 1月至6月, 1~11月 (both), or 6月 (to alone).
func months(s string) (from, to int, tail string, ok bool) {
	number := func() int {
		n := 0
		for n < len(s) && n < 2 && isDigit(s[n]) {
			n++
		}
		v := 0
		for _, c := range s[:n] {
			v = v*10 + int(c-'0')
		}
		s = s[n:]
		return v
	}
	first := number()
	if first < 1 || first > 12 {
		return 0, 0, "", false
	}
	month := strings.HasPrefix(s, "月")
	s = strings.TrimPrefix(strings.TrimPrefix(s, "月"), "份")
	for _, sign := range []string{"--", "-", "至", "~", "到", "—", "–", "―", "─", "～"} {
		if cut, found := strings.CutPrefix(s, sign); found {
			s = cut
			if to = number(); to >= 1 && to <= 12 && strings.HasPrefix(s, "月") {
				return first, to, strings.TrimPrefix(s, "月"), true
			}
			return 0, 0, "", false
		}
	}
	return 0, first, s, month
}

// partOfYear reports a word that names a part of a year wherever it stands.
func partOfYear(key string) bool {
	for _, word := range []string{"上半年", "下半年", "半年度", "半年报", "季度", "季报", "月报", "月度", "年中"} {
		if at := strings.Index(key, word); at >= 0 {
			if word == "月报" && strings.HasPrefix(key[at:], "月报送") {
				continue
			}
			if word == "季度" && hasAnyPrefix(key[at:], "季度合计", "季度累计") && strings.HasSuffix(key[:at], "四个") {
				continue
			}
			return true
		}
	}
	for at := 0; at < len(key); at++ { // 1-9月 without its year
		if isDigit(key[at]) && (at == 0 || !isDigit(key[at-1])) {
			if from, to, _, ok := months(key[at:]); ok && from != 0 && (from != 1 || to != 12) {
				return true
			}
		}
	}
	return false
}

// monthFollows reports that a year is part of a date: 2021年3月, 2021-03-01, 2021.3.
func monthFollows(after string) bool {
	rest := after
	for _, sign := range []string{"年", "-", "/", ".", "_"} {
		if cut, ok := strings.CutPrefix(after, sign); ok {
			rest = cut
			digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
			if digits == 0 || digits > 2 {
				return false
			}
			return sign == "年" && strings.HasPrefix(rest[digits:], "月") || sign != "年" && (strings.HasPrefix(rest[digits:], sign) || sign != "_")
		}
	}
	return false
}

// yearCell reads the year of a row: 2020, 2020年, 2020年度, 2020.0, or a whole date. 0 when it is none.
func yearCell(b []byte) int {
	s := string(cell.Trim(b))
	if len(s) > 40 {
		return 0
	}
	key := cell.NameKey(s)
	if len(key) >= 4 && isDigit(key[0]) {
		found := yearsIn(key[:4])
		switch key[4:] {
		case "", "年", "年度", ".0", "年末", "年底":
			if len(found) == 1 {
				return found[0].year
			}
			return 0
		}
	}
	if days, bad := cell.Date(b); bad == nil {
		if y := time.Unix(days*86400, 0).UTC().Year(); y >= 1950 && y < 2100 {
			return y
		}
	}
	return 0
}
