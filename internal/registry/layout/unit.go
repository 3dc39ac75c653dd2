package layout

import (
	"slices"
	"strings"

	"eyas/internal/registry/cell"
)

// unitMarks are the words behind which a text gives the units of its table.
var unitMarks = []string{"金额单位", "计量单位", "货币单位", "计价单位", "数据单位", "数值单位", "金额", "单位", "人民币:", "unit"}

// unitFills are the words that stand between such a mark and the units.
var unitFills = []string{"均以", "均为", "均按", "都是", "一律", "全部", "统一", "均", "皆", "为", "是", "以", "按", ":", "(", ")", "-", "="}

// unitList reads a key that is nothing but units (人、万元; 户,万元,%; 人万元) and gives those that are units of amounts.
// size is how much of the key it took, 0 when it does not begin with a unit or goes on with something else.
func unitList(key string) (money []cell.Unit, size int) {
	rest := key
	for {
		trimmed := strings.TrimLeft(rest, ",;、/|:和及与或+&.·")
		u, n := leadingUnit(trimmed)
		if n == 0 {
			if trimmed != "" && !strings.ContainsRune(")。,;、/]", firstRune(trimmed)) && !(size > 0 && len(trimmed) < len(rest)) {
				return nil, 0 // 万元集团: a name that begins like a unit
			}
			return money, size
		}
		if u.Scaled && !slices.ContainsFunc(money, func(m cell.Unit) bool { return m.Label == u.Label }) {
			money = append(money, u)
		}
		rest = trimmed[n:]
		size = len(key) - len(rest)
	}
}

// longestUnit is the longest text, in bytes, that is a unit.
const longestUnit = len("人民币千万元整")

// leadingUnit reads the longest unit that a key begins with; size is 0 when it begins with none. What is no unit of
// amounts has no scale.
func leadingUnit(key string) (u cell.Unit, size int) {
	for n := min(len(key), longestUnit); n > 0; n-- {
		if n < len(key) && key[n]&0xC0 == 0x80 {
			continue
		}
		word := key[:n]
		if strings.ContainsAny(word[:1]+word[n-1:], "()") {
			continue
		}
		if u, ok := cell.ParseUnit(word); ok && u.Scaled {
			return u, n
		}
		if counterUnits[word] != "" || moreCounters[word] {
			return cell.Unit{}, n
		}
	}
	return cell.Unit{}, 0
}

// moreCounters are units of tables beside those of counterUnits.
var moreCounters = map[string]bool{"户": true, "篇": true, "部": true, "吨": true, "公顷": true, "亩": true, "天": true, "次": true, "位": true, "‰": true,
	"个百分点": true, "家次": true, "人年": true, "只": true, "辆": true, "千瓦": true, "千瓦时": true, "吨标准煤": true}

// tableUnit finds the unit of amounts that a text beside a table (a title, the name of its sheet or file, a note) gives
// for the whole of it. All ways of writing it that statistical forms have are read: behind a mark (单位：人、万元; 金额单位均为
// 万元), in brackets (主要指标（万元）), as what amounts are counted by (以万元计), alone (万元). A text that gives two units of
// amounts gives none; several says so.
func tableUnit(text string) (unit string, several bool) {
	unit, several = unitOf(text)
	if parts := strings.Fields(text); unit == "" && !several && len(parts) > 1 { // 单位：万元  制表日期：…
		for _, part := range parts {
			if unit, several = unitOf(part); unit != "" || several {
				break
			}
		}
	}
	return unit, several
}

func unitOf(text string) (unit string, several bool) {
	key := strings.ReplaceAll(cell.NameKey(text), "萬", "万")
	var found []cell.Unit
	take := func(list []cell.Unit) {
		for _, u := range list {
			if !slices.ContainsFunc(found, func(f cell.Unit) bool { return f.Label == u.Label }) {
				found = append(found, u)
			}
		}
	}
	marked(key, take)
	counted(key, take)
	if len(found) == 0 {
		bracketed(key, take)
	}
	switch len(found) {
	case 0:
		return "", false
	case 1:
		return found[0].Label, false
	}
	return "", true
}

// markedUnit reports a text with a mark of units and units behind it: 单位：万元.
func markedUnit(text string) bool {
	found := false
	key := cell.NameKey(text)
	marked(key, func(list []cell.Unit) { found = found || len(list) > 0 })
	counted(key, func([]cell.Unit) { found = true })
	return found
}

// marked takes the units behind each mark.
func marked(key string, take func([]cell.Unit)) {
	for _, mark := range unitMarks {
		for rest := key; ; {
			at := strings.Index(rest, mark)
			if at < 0 {
				break
			}
			rest = rest[at+len(mark):]
			units, said := rest, false
			for cut := true; cut; {
				cut = false
				for _, fill := range unitFills {
					if after, ok := strings.CutPrefix(units, fill); ok {
						units, cut, said = after, true, true
					}
				}
			}
			if mark == "金额" && !said { // 金额万元 is a header, 金额：万元 and 金额均为万元 say the unit
				continue
			}
			if list, size := unitList(units); size > 0 {
				take(list)
			}
		}
	}
}

// counted takes the unit of 以万元计, 按万元填报, 以万元为单位.
func counted(key string, take func([]cell.Unit)) {
	for _, by := range []string{"以", "按", "用"} {
		for rest := key; ; {
			at := strings.Index(rest, by)
			if at < 0 {
				break
			}
			rest = rest[at+len(by):]
			u, n := leadingUnit(rest)
			if n > 0 && u.Scaled && hasAnyPrefix(rest[n:], "计", "为单位", "填", "统计", "列示", "表示", "记", "报") {
				take([]cell.Unit{u})
			}
		}
	}
}

// bracketed takes the units of a bracket that holds nothing else and ends the text or a part of it, and those of a text that
// is nothing but units.
func bracketed(key string, take func([]cell.Unit)) {
	if list, size := unitList(key); size == len(key) {
		take(list)
		return
	}
	for rest := key; ; {
		open := strings.IndexByte(rest, '(')
		if open < 0 {
			break
		}
		rest = rest[open+1:]
		end := strings.IndexByte(rest, ')')
		if end < 0 {
			break
		}
		inner, after := rest[:end], rest[end+1:]
		rest = after
		if after != "" && !strings.ContainsRune("(,;、.:。-_", firstRune(after)) {
			continue
		}
		for _, part := range strings.FieldsFunc(inner, func(r rune) bool { return strings.ContainsRune(",;:", r) }) {
			if list, size := unitList(part); size == len(part) {
				take(list)
			}
		}
	}
	// The unit as the last part of a name: 企业情况-万元.
	if at := strings.LastIndexAny(key, "-_ "); at >= 0 {
		if list, size := unitList(key[at+1:]); size > 0 && at+1+size == len(key) {
			take(list)
		}
	}
}
