package pack

import (
	"strings"
	"unicode"
)

// Words is words.yaml: the words of the field by which files are understood, beside the names of attributes. What belongs to
// the way in which tables are written at all (注：, 单位：, 第 3 页) is no part of it.
type Words struct {
	Neutral   []string        // of which the headings of groups are made that change nothing below them: 主要, 财务, 情况
	Applying  []string        // of titles whose year is the one of applying or of recognition
	FirmEnds  []string        // ends of names of firms and other bodies
	Totals    map[string]bool // of rows that add up others or compare them
	TotalEnds []string        // ends of the first word of such rows
	States    map[string]bool // that lists write behind a name in brackets: 已注销, 迁出
	Nothing   map[string]bool // for nothing, beside the common ones: 未上市, 办理中
}

// readWords reads words.yaml, which a pack may leave out.
func (l *loader) readWords(n *node) {
	w := &l.pack.Words
	w.Neutral, w.Applying, w.FirmEnds, w.TotalEnds = l.wordList(n.get("neutral")), l.wordList(n.get("applying")), l.wordList(n.get("firm_ends")), l.wordList(n.get("total_ends"))
	set := func(n *node) map[string]bool {
		words := map[string]bool{}
		for _, word := range l.wordList(n) {
			words[word] = true
		}
		return words
	}
	w.Totals, w.States, w.Nothing = set(n.get("totals")), set(n.get("states")), set(n.get("nothing"))
}

// wordList reads words as texts are compared with them: in small letters, with plain brackets and without blanks.
func (l *loader) wordList(n *node) (list []string) {
	seen := map[string]Pos{}
	for _, x := range n.list() {
		word := x.str()
		if first, twice := seen[word]; twice {
			l.add(x.pos, "%q 已经写在第 %d 行", "%q is given in line %d already", word, first.Line)
			continue
		}
		seen[word] = x.pos
		if strings.ToLower(word) != word || strings.ContainsAny(word, "（）：，；") || strings.ContainsFunc(word, unicode.IsSpace) {
			l.add(x.pos, "%q 要写成小写，括号和标点用半角，不带空格", "%q must be in small letters, with plain brackets and signs and without blanks", word)
		}
		list = append(list, word)
	}
	return list
}
