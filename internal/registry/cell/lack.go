package cell

import "bytes"

// Lack is the way in which a cell gives no value.
type Lack int8

// The ways in which a cell gives no value.
const (
	Given     Lack = iota // the cell has a value
	Empty                 // blank, -, —, /, 无数据, N/A; see Blank
	Null                  // a program's word for no value: NULL, None, nan, --, \N
	Unknown               // the value is unknown or missing: 暂无, 待定, 不适用, 未填写
	Without               // 无, 没有: zero or unknown
	Negated               // 否
	Broken                // an error value of a spreadsheet, such as #REF!
	Same                  // 同上, 〃
	Elsewhere             // the value is in another place: 见附件, 同注册地址
)

var lacks = func() map[string]Lack {
	m := map[string]Lack{}
	for lack, words := range map[Lack][]string{
		Null: {"null", "none", "nan", "nat", "nil", "na", "n.a.", "n/a", "n\\a", "undefined", `\n`, "blank", "empty", "--", "---", "----", "－－", "—", "———", "-/-", "/-/", "//", "\\", "\\\\", "…", "……", "...", ".",
			"。", "*", "**", "***", "?", "??", "???", "_", "__", "___", "~", "·", "空", "空白", "空值"},
		Unknown: {"暂无", "暂缺", "暂无数据", "暂无信息", "暂无资料", "暂不清楚", "暂未提供", "没有数据", "无数据", "无资料", "无信息", "无记录", "无法获取", "无法取得", "无从得知", "缺失", "缺", "数据缺失", "待定", "待补", "待补充", "待填", "待填写", "待核", "待核实",
			"待核定", "待查", "待确认", "待确定", "待提供", "待统计", "待审计", "待完善", "不适用", "不属于", "不涉及", "不详", "不明", "不清楚", "不知道", "不知", "不确定", "未知", "未填", "未填写", "未填报", "未提供", "未公布", "未公示", "未披露",
			"未统计", "未登记", "未录入", "未确定", "未明确", "未报", "未上报", "保密", "暂空", "空缺", "尚无", "尚未", "无此项", "无相关", "无内容", "unknown", "notavailable", "notapplicable", "nodata", "missing", "tbd", "tobedetermined"},
		Without: {"无", "没有", "没", "無", "沒有", "均无", "皆无"},
		Negated: {"否", "×", "no"},
		Broken: {"#ref!", "#div/0!", "#value!", "#name?", "#null!", "#num!", "#getting_data", "#spill!", "#calc!", "#field!", "#blocked!", "#connect!",
			"#busy!", "#unknown!", "#error!", "#ref", "#value", "#name", "#num", "#div/0", "#错误", "#错误!"},
		Elsewhere: {"见附件", "详见附件", "见附表", "详见附表", "附后", "见备注", "详见备注", "见说明", "见营业执照", "同营业执照", "以营业执照为准", "详见营业执照", "见原件", "见下表", "见上表", "见材料", "同注册地址", "同注册地", "同住所", "同办公地址", "同通讯地址"},
		Same:      {"同上", "同前", "同上行", "如上", "同左", "同右", "同下", "〃", "\"", "''", "“", "”", "″", "``", "ditto", "〞", "〟", "々"},
	} {
		for _, w := range words {
			m[string(compact(nil, []byte(w)))] = lack
		}
	}
	return m
}()

// begins excludes most cells by their first character. chinese is indexed by the last two bytes of a character; bit i
// is for the first byte 0xE4+i.
var begins = func() (t struct {
	ascii   [128]bool
	chinese [1 << 12]uint8
}) {
	for w := range lacks {
		if w[0] < 0x80 {
			t.ascii[w[0]] = true
			if w[0] >= 'a' && w[0] <= 'z' {
				t.ascii[w[0]-0x20] = true
			}
		} else if chinese(w[0]) {
			t.chinese[int(w[1]&0x3F)<<6|int(w[2]&0x3F)] |= 1 << (w[0] - 0xE4)
		}
	}
	for _, c := range []byte("([<{\"'#eE-/") {
		t.ascii[c] = true
	}
	for _, w := range []string{"错", "无"} { // 错误:502, 无数据
		t.chinese[int(w[1]&0x3F)<<6|int(w[2]&0x3F)] |= 1 << (w[0] - 0xE4)
	}
	return t
}()

// speaks reports whether no word in lacks begins with the first character of b.
func speaks(b []byte) bool {
	switch c := b[0]; {
	case c < 0x80:
		return !begins.ascii[c]
	case chinese(c) && len(b) >= 3:
		return begins.chinese[int(b[1]&0x3F)<<6|int(b[2]&0x3F)]>>(c-0xE4)&1 == 0
	}
	return false
}

// compact appends the folded word without blanks.
func compact(dst, b []byte) []byte {
	from := len(dst)
	dst = fold(dst, b)
	n := from
	for _, c := range dst[from:] {
		if c != ' ' {
			dst[n] = c
			n++
		}
	}
	return dst[:n]
}

// longestLack is the length of the longest cell that can be a word in lacks, with brackets and blanks, in bytes.
const longestLack = 32

// LackOf returns how a cell gives no value, or Given. It knows words in any width, also in brackets or with a final
// stop. For a yes/no question, 否 and 无 are answers; the caller must read them first.
func LackOf(b []byte) Lack {
	b = Trim(b)
	if len(b) == 0 {
		return Empty
	}
	if len(b) > longestLack || speaks(b) {
		return Given
	}
	if Blank(b) {
		return Empty
	}
	var buf [2 * longestLack]byte
	word := compact(buf[:0], b)
	if lack, ok := lacks[string(word)]; ok {
		return lack
	}
	if len(word) > 0 && word[0] == '#' {
		if len(word) > 2 && len(bytes.Trim(word, "#")) == 0 || bytes.HasPrefix(word, []byte("#n/a")) { // a column too narrow for its number
			return Broken
		}
	}
	if bytes.HasPrefix(word, []byte("err:")) || bytes.HasPrefix(word, []byte("错误:")) {
		return Broken
	}
	for _, pair := range [...][2]string{{"(", ")"}, {"[", "]"}, {"<", ">"}, {"【", "】"}, {"〔", "〕"}, {"{", "}"}, {"\"", "\""}, {"'", "'"}, {"“", "”"}, {"", "。"}, {"", "."}, {"", ";"}, {"", "!"}} {
		inner, ok := bytes.CutPrefix(word, []byte(pair[0]))
		if inner, ok2 := bytes.CutSuffix(inner, []byte(pair[1])); ok && ok2 && len(inner) > 0 {
			if lack, ok := lacks[string(inner)]; ok {
				return lack
			}
		}
	}
	return Given
}

var (
	badBroken = &Bad{"这是电子表格的出错值，不是数据。请改正公式或填上数值后重新导入。",
		"This is a spreadsheet error value, not data. Correct the formula or write the value, and import the file again."}
	badSame = &Bad{"“同上”要看上一行才知道是什么，没有采用。请把内容写全后重新导入。",
		"“Same as above” depends on the row above, so it is not used. Write the content in full and import the file again."}
	badElsewhere = &Bad{"这一格要到别处去看（附件、营业执照、另一栏），没有采用。请把内容写全后重新导入。",
		"This cell refers to another place (an annex, the licence, another column), so it is not used. Write the content in full and import the file again."}
	badWithout = &Bad{"“无”可能是没有（0），也可能是不知道，没有采用。没有请写 0，不知道请留空。",
		"无 may mean none (0) or unknown, so it is not used. Write 0 for none. Leave the cell blank if it is unknown."}
	badNegative = &Bad{"这一项不会是负数，没有采用；-1、-999 一类的数常用来表示没有数据。请填真实的数，没有数据请留空。",
		"This cannot be negative, so it is not used. Numbers such as -1 and -999 often mean “no data”. Write the true number, or leave the cell blank."}
)

// Bad explains why a cell is not used; nil if it counts as blank. number tells whether a number is expected: then 无 is
// ambiguous.
func (l Lack) Bad(number bool) *Bad {
	switch {
	case l == Broken:
		return badBroken
	case l == Same:
		return badSame
	case l == Elsewhere:
		return badElsewhere
	case l == Without && number:
		return badWithout
	}
	return nil
}

// Negative explains why a negative number is not used.
func Negative() *Bad { return badNegative }
