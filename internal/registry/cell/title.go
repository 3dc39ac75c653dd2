package cell

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	badName = &Bad{"这不是名称（没有填写，或只有数字和符号）。请写全称。",
		"This is not a name: the cell is empty, or has only digits and signs. Write the full name."}
	badNames = &Bad{"这一格像是有两个名称，不知道说的是哪一个，没有采用。请一行写一个名称。",
		"This cell seems to hold two names. It is not clear which one is meant, so it is not used. Write one name per row."}
	badRenamed = &Bad{"这一格写着更名后的名称，不知道以哪一个为准，没有采用。请只写现在的名称，原名写在“曾用名”一列。",
		"This cell also holds a newer name. It is not clear which one counts, so it is not used. Write only the current name here, and the former name in the column 曾用名."}
)

// Title returns the name of an organisation in a cleaned cell, without a list number before it (1、 （3） ①), and without
// a note on its seal （盖章）, a former name （原…） or a state behind it. states are the known states as name keys: 已注销, 迁出.
// A cell with two names, with a newer name, or without any letter is a Bad. The result is b itself or a new slice.
func Title(b []byte, states map[string]bool) ([]byte, *Bad) {
	if plainTitle(b) {
		return b, nil
	}
	s := strings.TrimFunc(string(b), space)
	for {
		rest, bad := cutNote(cutFootnote(cutQuotes(cutMarks(cutLabel(cutNumber(s))))), states)
		if bad != nil {
			return nil, bad
		}
		if rest = strings.TrimFunc(rest, space); rest == s {
			break
		}
		s = rest
	}
	if strings.IndexFunc(s, unicode.IsLetter) < 0 || labels[s] {
		return nil, badName
	}
	if twoTitles(s) {
		return nil, badNames
	}
	s = closeUp(s)
	if s == string(b) {
		return b, nil
	}
	return []byte(s), nil
}

// plainTitle reports whether a text begins with a common Chinese character or a letter and has no brackets, separators
// or blanks. Most names do.
func plainTitle(b []byte) bool {
	if len(b) == 0 || b[0] < 'A' || !chinese(b[0]) && (b[0] >= 0x80 || b[0]|0x20 < 'a' || b[0]|0x20 > 'z') || b[0] == 0xE7 && len(b) > 2 && b[1] == 0xAC && b[2] == 0xAC { // 第
		return false
	}
	for i := 0; i < len(b); {
		c := b[i]
		switch {
		case chinese(c):
			if c == 0xE5 && i+8 < len(b) && b[i+1] == 0x8F && b[i+2] == 0xB8 && b[i+3] == 0xE4 && b[i+4] == 0xB8 && b[i+5] == 0x8E { // 司与
				return false
			}
			i += 3
		case c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9':
			i++
		default:
			return false
		}
	}
	return true
}

// cutNumber removes a list number at the beginning: 1、 1. 1） （1） ① 一、 （一） 第1家：.
func cutNumber(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if r >= '①' && r <= '⑳' || r >= '⑴' && r <= '⒛' || r >= '㈠' && r <= '㈩' || r >= '❶' && r <= '➓' {
		return strings.TrimLeft(s[n:], "、.．：: 　")
	}
	rest := s
	if r == '(' || r == '（' || r == '[' || r == '【' {
		rest = s[n:]
		inner := strings.TrimLeft(rest, digitRunes)
		if len(inner) == len(rest) || len(rest)-len(inner) > 12 {
			return s
		}
		close, size := utf8.DecodeRuneInString(inner)
		if close != ')' && close != '）' && close != ']' && close != '】' || strings.TrimFunc(inner[size:], space) == "" {
			return s
		}
		return strings.TrimLeft(inner[size:], "、.．：: 　")
	}
	rest = strings.TrimPrefix(rest, "第")
	after := strings.TrimLeft(rest, digitRunes)
	if len(after) == len(rest) || len(rest)-len(after) > 12 {
		return s
	}
	if bare := strings.TrimLeft(after, " 　"); len(bare) < len(after) {
		if next, _ := utf8.DecodeRuneInString(bare); next >= 0x3400 && len(rest) == len(s) { // 8 某某
			return bare
		}
		after = bare
	}
	if len(rest) < len(s) {
		after = strings.TrimPrefix(strings.TrimPrefix(after, "家"), "户")
	}
	stop, size := utf8.DecodeRuneInString(after)
	if !strings.ContainsRune("、.．)）:：，,-—_ \t", stop) || after == "" {
		return s
	}
	after = strings.TrimLeft(after[size:], " 　")
	// 3.5英寸 and 7-11 are names, and so are A1 and 2020年.
	if next, _ := utf8.DecodeRuneInString(after); !unicode.IsLetter(next) && next != '(' && next != '（' && next != '“' && next != '"' ||
		(stop == '-' || stop == ',' || stop == '，' || stop == '_' || stop == '—') && next < 0x80 {
		return s
	}
	return after
}

// listMarks are marks that lists put before or after a name.
const listMarks = "★☆*＊※▲△▼●○◎◆◇■□#＃√✓✔、，,。；;：: \u3000"

// cutMarks removes list marks from both ends. It keeps the full stop of “Ltd.”.
func cutMarks(s string) string {
	if rest := strings.TrimFunc(strings.Trim(s, listMarks), space); strings.IndexFunc(rest, unicode.IsLetter) >= 0 {
		return rest
	}
	return s
}

// cutQuotes removes quotes and book-title marks around the whole name.
func cutQuotes(s string) string {
	first, n := utf8.DecodeRuneInString(s)
	last, size := utf8.DecodeLastRuneInString(s)
	if len(s) <= n+size {
		return s
	}
	inner := s[n : len(s)-size]
	for _, pair := range [...][2]rune{{'“', '”'}, {'"', '"'}, {'＂', '＂'}, {'‘', '’'}, {'\'', '\''}, {'《', '》'}, {'〈', '〉'}, {'「', '」'}, {'『', '』'}} {
		if first == pair[0] && last == pair[1] && !strings.ContainsRune(inner, pair[0]) && !strings.ContainsRune(inner, pair[1]) {
			return inner
		}
	}
	return s
}

// labels are the labels that forms print before a name.
var labels = map[string]bool{"企业名称": true, "单位名称": true, "公司名称": true, "机构名称": true, "企业全称": true, "单位全称": true, "公司全称": true, "名称": true}

// cutLabel removes a label such as 企业名称： from the beginning.
func cutLabel(s string) string {
	for label := range labels {
		rest, ok := strings.CutPrefix(s, label)
		if !ok {
			continue
		}
		rest = strings.TrimLeft(rest, " \u3000")
		if name := strings.TrimLeft(rest, "：:"); len(name) < len(rest) && strings.IndexFunc(name, unicode.IsLetter) >= 0 {
			return name
		}
	}
	return s
}

// cutFootnote removes a footnote mark from the end: ①, ², [1], （注1）.
func cutFootnote(s string) string {
	bare := strings.TrimRightFunc(s, func(r rune) bool {
		return r >= '①' && r <= '⑳' || r >= '❶' && r <= '➓' || r == '¹' || r == '²' || r == '³' || r >= '⁰' && r <= '⁹'
	})
	for _, pair := range [...][2]string{{"[", "]"}, {"（", "）"}, {"(", ")"}, {"［", "］"}, {"【", "】"}} {
		body, ok := strings.CutSuffix(bare, pair[1])
		at := strings.LastIndex(body, pair[0])
		if !ok || at <= 0 {
			continue
		}
		number := strings.TrimPrefix(body[at+len(pair[0]):], "注")
		if n := len(number); n > 0 && n <= 2 && strings.Trim(number, "0123456789") == "" && organisation(body[:at]) {
			bare = body[:at]
		}
	}
	if strings.IndexFunc(bare, unicode.IsLetter) < 0 {
		return s
	}
	return bare
}

// closeUp removes white space between Chinese characters, which forms use to fill a line.
func closeUp(s string) string {
	if strings.IndexFunc(s, space) < 0 {
		return s
	}
	wide := func(r rune) bool { return r >= 0x2E80 && r < 0xA000 && r != '\u3000' || r == '（' || r == '）' }
	var out strings.Builder
	runes := []rune(s)
	for i := 0; i < len(runes); i++ {
		if !space(runes[i]) {
			out.WriteRune(runes[i])
			continue
		}
		next := i
		for next < len(runes) && space(runes[next]) {
			next++
		}
		if i == 0 || next == len(runes) || !wide(runes[i-1]) || !wide(runes[next]) {
			out.WriteString(string(runes[i:next]))
		}
		i = next - 1
	}
	return out.String()
}

// digitRunes are the digits of list numbers.
const digitRunes = "0123456789０１２３４５６７８９一二三四五六七八九十百"

// seals are notes that forms print behind a name.
var seals = map[string]bool{"盖章": true, "公章": true, "签章": true, "印章": true, "章": true, "加盖公章": true, "盖公章": true, "单位盖章": true, "企业盖章": true,
	"单位公章": true, "企业公章": true, "公司盖章": true, "公司公章": true, "签字盖章": true, "盖章有效": true, "签字": true, "签名": true, "全称": true, "公章盖章": true, "单位全称": true, "企业全称": true,
	"加盖单位公章": true, "加盖企业公章": true, "加盖公司公章": true, "seal": true}

// ordinary are words that begin with 原 but do not mark a former name.
var ordinary = []string{"原料", "原种", "原创", "原生", "原子", "原野", "原产", "原材料", "原油", "原木", "原浆", "原色", "原点", "原本", "原力", "原味", "原乡", "原石", "原药"}

// cutNote removes a pair of brackets at the end if it holds no part of the name. A newer name in the brackets is a Bad.
func cutNote(s string, states map[string]bool) (string, *Bad) {
	close, size := utf8.DecodeLastRuneInString(s)
	if close != ')' && close != '）' && close != '】' && close != ']' && close != '〕' {
		return s, nil
	}
	depth, open := 1, -1
	body := s[:len(s)-size]
	for i := len(body); i > 0 && open < 0; {
		r, n := utf8.DecodeLastRuneInString(body[:i])
		i -= n
		switch r {
		case ')', '）', '】', ']', '〕':
			depth++
		case '(', '（', '【', '[', '〔':
			if depth--; depth == 0 {
				open = i
			}
		}
	}
	if open <= 0 {
		return s, nil
	}
	_, n := utf8.DecodeRuneInString(body[open:])
	inner, before := strings.TrimFunc(body[open+n:], space), strings.TrimFunc(s[:open], space)
	if before == "" || strings.IndexFunc(before, unicode.IsLetter) < 0 {
		return s, nil
	}
	switch key := NameKey(inner); {
	case seals[key], states[key], key == "":
		return before, nil
	case hasPrefix(key, "原名", "曾用名", "原称", "原企业", "原公司", "原单位", "原:", "曾用", "旧名", "前身", "原为", "原系"):
		return before, nil
	case hasPrefix(key, "现名", "现更名", "现为", "现:", "更名为", "已更名", "更名:", "改名", "变更为", "已变更", "变更后", "新名", "拟更名", "现已"):
		return "", badRenamed
	case strings.HasPrefix(key, "原") && utf8.RuneCountInString(key) >= 4 && !hasPrefix(key, ordinary...):
		return before, nil
	case hasPrefix(key, "由") && strings.Contains(key, "更名"):
		return before, nil
	}
	return s, nil
}

func hasPrefix(s string, words ...string) bool {
	for _, w := range words {
		if strings.HasPrefix(s, w) {
			return true
		}
	}
	return false
}

// endings are last words of whole names of organisations.
var endings = []string{"公司", "厂", "研究院", "研究所", "设计院", "中心", "大学", "学院", "医院", "合作社", "集团", "合伙)", "合伙）", "事务所", "协会", "学会", "基金会", "银行", "商行", "经营部", "工作室", "个体户"}

// Organisation reports whether a text ends like the whole name of an organisation.
func Organisation(b []byte) bool { return organisation(string(b)) }

func organisation(s string) bool {
	if utf8.RuneCountInString(s) < 4 {
		return false
	}
	for _, e := range endings {
		if strings.HasSuffix(s, e) {
			return true
		}
	}
	return false
}

// twoTitles reports whether a text has two whole names with a separator between them. After a blank or a line break,
// both must be companies, because a branch or a department may follow there.
func twoTitles(s string) bool {
	for i, r := range s {
		loose := false
		switch {
		case strings.ContainsRune("、；;，,/／|｜+＋&＆\\", r):
		case r == '与' || r == '及' || r == '暨':
			if !strings.HasSuffix(s[:i], "公司") && !strings.HasSuffix(s[:i], "厂") {
				continue
			}
			loose = true
		case unicode.IsSpace(r):
			loose = true
		case r == '(' || r == '（':
			close, size := utf8.DecodeLastRuneInString(s)
			inner := s[i+utf8.RuneLen(r):]
			if close != ')' && close != '）' || len(inner) <= size {
				continue
			}
			if one, two := s[:i], inner[:len(inner)-size]; company(one) && company(two) {
				return true
			}
			continue
		default:
			continue
		}
		one, two := strings.TrimFunc(s[:i], space), strings.TrimFunc(s[i+utf8.RuneLen(r):], space)
		two = strings.TrimLeft(two, "、；;，,/／|｜+＋&＆\\ \n")
		if loose {
			if company(one) && company(two) {
				return true
			}
			continue
		}
		if organisation(one) && organisation(two) && !branch(two) {
			return true
		}
	}
	return false
}

func company(s string) bool {
	return utf8.RuneCountInString(s) >= 6 && strings.HasSuffix(s, "公司") && !branch(s)
}

// branch reports whether a text is the name of a branch.
func branch(s string) bool {
	for _, e := range []string{"分公司", "支公司", "子公司", "分厂", "分院", "分所", "分行", "支行", "分中心"} {
		if strings.HasSuffix(s, e) {
			return true
		}
	}
	return false
}

// Nameless reports whether Title found no name at all.
func Nameless(bad *Bad) bool { return bad == badName }

// NoTitle returns the Bad for a cell without a name.
func NoTitle() *Bad { return badName }
