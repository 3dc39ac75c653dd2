package pack

import (
	"strings"
	"unicode"
)

// Words is words.yaml: words of the field that help to understand files, beside the names of attributes. Words of
// tables in general (注：, 单位：, 第 3 页) are not in it.
type Words struct {
	Neutral   []string        // words in headings of groups that do not change the columns below: 主要, 财务, 情况
	Applying  []string        // words in titles whose year is that of the application or the recognition
	FirmEnds  []string        // ends of names of organisations
	Totals    map[string]bool // words that mark rows with totals or comparisons
	TotalEnds []string        // ends of the first word of such rows
	States    map[string]bool // states that lists write behind a name in brackets: 已注销, 迁出
	Nothing   map[string]bool // words for “no value”, beside the usual ones: 未上市, 办理中
}

// readWords reads words.yaml, which is optional.
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

// wordList reads words in the form that is compared: small letters, plain brackets, no blanks.
func (l *loader) wordList(n *node) (list []string) {
	seen := map[string]Pos{}
	for _, x := range n.list() {
		word := x.str()
		if first, twice := seen[word]; twice {
			l.add(x.pos, "%q 已经写在第 %d 行", "%q is already given on line %d", word, first.Line)
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
