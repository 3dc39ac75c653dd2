package registry

import (
	"strings"
	"unicode/utf8"

	"eyas/internal/registry/cell"
)

// totals are the words of rows that add up others.
var totals = map[string]bool{"合计": true, "总计": true, "小计": true, "共计": true, "累计": true, "总和": true, "total": true, "subtotal": true}

// noteWords begin rows below a table that are no data when a colon, a number or a stop follows.
var noteWords = []string{"注", "备注", "附注", "说明", "填表说明", "填报说明", "数据来源", "资料来源", "来源", "制表", "填表", "填报", "审核", "复核",
	"负责人", "单位负责人", "制表人", "填表人", "填报人", "审核人", "复核人", "经办人", "联系人", "联系电话", "电话", "日期", "填报日期", "填表日期",
	"报送日期", "制表日期", "填报单位", "单位", "盖章", "单位盖章", "统计负责人", "单位(盖章)", "填报单位(盖章)", "note", "notes", "source", "remarks"}

// aside reports a row without a usable code that is no data: empty, a note below the table, a total, a repeated
// header, or a form's line of which only the serial number is filled. A company may be called 合计, so a row with a
// code is never taken for one; and a name alone is taken for a note only when it reads like a sentence.
func (l *Layout) aside(code, name []byte, cells [][]byte) bool {
	b := &l.bound
	if len(name) > 0 && plainName(name) && len(code) == 0 {
		// The usual case of a row known by its name only; the words below are all short or have signs in them.
		if key := cell.NameKey(string(name)); !total(key) && !startsNote(key) && key != b.nameKey {
			return false
		}
		return true
	}
	if len(code) > 0 && len(name) > 0 && headerKey(string(code)) == b.codeKey && headerKey(string(name)) == b.nameKey {
		return true
	}
	if len(code) > 0 && len(name) > 0 {
		return false
	}
	count, serial, column := 0, true, 0
	var begin []byte
	for i, c := range cells {
		if c = known(c); len(c) == 0 {
			continue
		}
		if count++; count == 1 {
			begin, column = c, i
		}
		serial = serial && i < len(b.serial) && b.serial[i]
	}
	if count == 0 || serial {
		return true
	}
	key := cell.NameKey(string(begin))
	if startsNote(key) || total(key) {
		return true
	}
	if len(name) > 0 && (total(cell.NameKey(string(name))) || startsNote(cell.NameKey(string(name)))) {
		return true
	}
	if len(code) > 0 {
		return len(name) == 0 && (headerKey(string(code)) == b.codeKey || total(cell.NameKey(string(code))) || startsNote(cell.NameKey(string(code))))
	}
	return count == 1 && l.sentence(begin, key, column)
}

// plainName reports a text without signs that notes have.
func plainName(name []byte) bool {
	return len(name) <= 120 && !strings.ContainsAny(string(name), "：:。；;，,、.！？\n")
}

// total reports a row's first word that says that it adds up others: 合计, 东丽区小计.
func total(key string) bool {
	if totals[key] {
		return true
	}
	if utf8.RuneCountInString(key) > 8 {
		return false
	}
	for _, word := range []string{"合计", "小计", "总计"} {
		if strings.HasSuffix(key, word) {
			return true
		}
	}
	return false
}

// startsNote reports a text that begins like a note: 注：, 备注1., 填表人：, （以下空白）.
func startsNote(key string) bool {
	key = strings.TrimLeft(key, "(*※★")
	if hasAnyPrefix(key, "以下空白", "以下无正文", "此处空白") {
		return true
	}
	if rest, ok := strings.CutPrefix(key, "第"); ok {
		digits := strings.TrimLeft(rest, "0123456789")
		if len(digits) < len(rest) && strings.HasPrefix(digits, "页") {
			return true
		}
	}
	for _, word := range noteWords {
		rest, ok := strings.CutPrefix(key, word)
		if !ok {
			continue
		}
		rest = strings.TrimLeft(rest, "0123456789")
		if rest == "" && len(word) < len(key) { // 注1
			return true
		}
		if hasAnyPrefix(rest, ":", ".", "、", ")", "(") && (rest[0] == ':' || len(word) < len(key)-len(rest) || word == "注") {
			return true
		}
	}
	return false
}

// sentence reports whether the only filled cell of a row reads like a note: a long text, one with the signs of a
// sentence, or a text in a column that means nothing here.
func (l *Layout) sentence(text []byte, key string, column int) bool {
	long := utf8.RuneCountInString(key)
	if long > 50 || strings.ContainsAny(string(text), "。；;：:！？") {
		return true
	}
	if column == l.bound.name {
		return long > 20 && strings.Contains(string(text), "，")
	}
	for i := range l.readers {
		if l.readers[i].column == column { // data without an owner
			return false
		}
	}
	_, bad := cell.Decimal(text, cell.Unit{})
	return bad != nil
}
