package layout

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"eyas/internal/registry/cell"
)

// turns are the words of rows that say that a table goes on.
var turns = map[string]bool{"未完待续": true, "续表": true, "续上表": true, "接上页": true, "接上表": true, "转下页": true, "转下表": true, "承前页": true, "过次页": true, "见下页": true, "完": true, "(完)": true, "全文完": true, "结束": true, "end": true, "theend": true, "eof": true, "\x1a": true}

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
		key := cell.NameKey(string(name))
		return b.total(key) || startsNote(key) || key == b.nameKey || b.places[key] || aloneInRow(cells, name) && l.section(key)
	}
	if len(code) > 0 && len(name) > 0 && headerKey(string(code)) == b.codeKey && headerKey(string(name)) == b.nameKey {
		return true
	}
	if len(code) > 0 && len(name) > 0 { // the code is none
		key := cell.NameKey(string(name))
		return startsNote(key) || hint(key) || b.total(key) && !bytes.ContainsAny(code, "0123456789")
	}
	count, serial, column := 0, true, 0
	var begin []byte
	for i, c := range cells {
		if c = given(c); len(c) == 0 {
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
	if startsNote(key) || b.total(key) {
		return true
	}
	if key := cell.NameKey(string(name)); len(name) > 0 && len(code) == 0 && (b.total(key) || startsNote(key) || b.places[key] || aloneInRow(cells, name) && l.section(key)) {
		return true
	}
	if len(code) > 0 {
		return len(name) == 0 && (headerKey(string(code)) == b.codeKey || b.total(cell.NameKey(string(code))) || startsNote(cell.NameKey(string(code))))
	}
	return count == 1 && l.sentence(begin, key, column)
}

// hints are what forms print below a header of how it is to be filled in.
var hints = map[string]bool{"必填": true, "选填": true, "必填项": true, "选填项": true, "非必填": true, "示例": true, "样例": true, "示范": true, "填写说明": true, "填写示例": true, "文本": true, "字符型": true}

// hint reports such a text in the place of a name: 必填, （填写营业执照上的全称）.
func hint(key string) bool {
	return hints[key] || strings.HasPrefix(key, "(") && strings.IndexByte(key, ')') == len(key)-1 && hasAnyPrefix(key[1:], "填", "请", "必填", "选填", "按", "与", "以", "同")
}

// example reports a name that is marked as one of an example: 示例：….
func example(name []byte) bool {
	for _, word := range []string{"示例", "样例", "例", "例如", "填写示例", "示范"} {
		if rest, ok := bytes.CutPrefix(name, []byte(word)); ok && (bytes.HasPrefix(rest, []byte("：")) || bytes.HasPrefix(rest, []byte(":"))) {
			return true
		}
	}
	return false
}

// plainName reports a text without signs that notes have.
func plainName(name []byte) bool {
	return len(name) <= 120 && !strings.ContainsAny(string(name), "：:。；;，,、.！？\n")
}

// total reports a row's first word that says that it adds up or compares others: 合计, 东丽区小计：, 总计（2家）, 共计2家, 其中：….
// What ends like the name of a firm is none.
func (b *binding) total(key string) bool {
	if b.words.Totals[key] {
		return true
	}
	if hasAnyPrefix(key, "其中:", "其中,") {
		return true
	}
	if b.endsLikeFirm(key) {
		return false
	}
	bare := strings.Trim(CutBrackets(cutNumbering(key)), ":,、.;-—=*#")
	switch {
	case b.words.Totals[bare]:
		return true
	case hasAnyPrefix(bare, "平均", "户均", "人均") && utf8.RuneCountInString(bare) <= 6:
		return true
	case key == "其中" || strings.HasPrefix(key, "#其中"):
		return true
	case hasAnyPrefix(key, "以上企业", "以上共", "以上合计", "以上各", "共计", "总共", "合计") && strings.ContainsAny(key, "0123456789一二三四五六七八九十百千"):
		return true
	case strings.HasPrefix(key, "共") && sizeOfList(strings.TrimPrefix(key, "共")):
		return true
	case strings.HasPrefix(bare, "占") && (strings.HasSuffix(bare, "比重") || strings.HasSuffix(bare, "比例") || strings.HasSuffix(bare, "百分比")):
		return true
	case hasAnyPrefix(bare, "比上年", "较上年", "同比", "环比", "比去年", "较去年") && utf8.RuneCountInString(bare) <= 12:
		return true
	}
	if utf8.RuneCountInString(bare) > 12 {
		return false
	}
	for _, word := range b.words.TotalEnds {
		if strings.HasSuffix(bare, word) && len(bare) > len(word) {
			return true
		}
	}
	return false
}

func (b *binding) endsLikeFirm(key string) bool {
	for _, end := range b.words.FirmEnds {
		if strings.HasSuffix(key, end) {
			return true
		}
	}
	return false
}

// sizeOfList reads the size of a list: 35家, 12户企业.
func sizeOfList(key string) bool {
	rest := strings.TrimLeft(key, "0123456789")
	return len(rest) < len(key) && hasAnyPrefix(rest, "家", "户", "个", "条", "项")
}

// section reports the only filled cell of a row that heads the rows below it: 一、东丽区（35家）, （一）软件企业, 第一批, 2020年第二批：, 东丽区.
func (l *Layout) section(key string) bool {
	b := &l.bound
	if b.endsLikeFirm(strings.TrimRight(key, ":")) && cutNumbering(key) == key {
		return false
	}
	if turns[key] || turns[strings.Trim(key, "()*-—:.")] {
		return true
	}
	bare := cutNumbering(key)
	numbered := bare != key
	if open := strings.LastIndexByte(bare, '('); open > 0 && strings.HasSuffix(bare, ")") {
		inner := strings.TrimPrefix(strings.TrimPrefix(bare[open+1:len(bare)-1], "共计"), "共")
		if sizeOfList(inner) {
			return true
		}
	}
	if strings.HasSuffix(bare, ":") {
		return true
	}
	if chineseNumbering(key) && !b.endsLikeFirm(bare) {
		return true
	}
	if l.bound.places[bare] || l.bound.places[strings.TrimRight(bare, "区县市")+"区"] && numbered {
		return true
	}
	if rest, ok := strings.CutPrefix(bare, "第"); ok {
		after := strings.TrimLeft(rest, "0123456789一二三四五六七八九十百")
		if len(after) < len(rest) && hasAnyPrefix(after, "批", "类", "组", "部分", "页", "张", "期", "季度") {
			return true
		}
	}
	if found := yearsIn(bare); len(found) > 0 && found[0].at == 0 && strings.HasPrefix(bare[4:], "年") && !b.endsLikeFirm(bare) {
		return true
	}
	if _, bad := cell.Date([]byte(key)); bad == nil {
		return true
	}
	return strings.HasPrefix(key, "(") && strings.HasSuffix(key, ")") && strings.Count(key, "(") == 1 // （盖章）
}

// chineseNumbering reports 一、 or (一) at the front.
func chineseNumbering(key string) bool {
	s := strings.TrimPrefix(key, "(")
	rest := strings.TrimLeft(s, "一二三四五六七八九十")
	return len(rest) < len(s) && (strings.HasPrefix(rest, "、") || strings.HasPrefix(key, "(") && strings.HasPrefix(rest, ")") || strings.HasPrefix(rest, "."))
}

// startsNote reports a text that begins like a note: 注：, 备注1., 填表人：, （以下空白）.
func startsNote(key string) bool {
	key = strings.TrimLeft(key, "(*※★—-─=~·.")
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

// aloneInRow reports that a text is all that a row says.
func aloneInRow(cells [][]byte, text []byte) bool {
	for _, c := range cells {
		if c = given(c); len(c) > 0 && string(c) != string(text) {
			return false
		}
	}
	return true
}

// asWritten is the cell of a row's name as it came: what tells a heading (一、…（35家）) from a name is no part of a name.
func (l *Layout) asWritten(name []byte, cells [][]byte) []byte {
	if at := l.bound.name; len(name) > 0 && at >= 0 && at < len(cells) && len(given(cells[at])) > 0 {
		return given(cells[at])
	}
	return name
}
