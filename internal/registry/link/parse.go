package link

import (
	"unicode"
	"unicode/utf8"

	"eyas/internal/registry/cell"
)

// parts is a name taken apart: place, trade name (字号), line of business, legal form, branch. Its memory is used again.
type parts struct {
	key     uint64 // of the name as imports compare it (cell.NameKey)
	plain   uint64 // of the name without what differs only in writing; see plainKey
	places  []place
	core    []rune // trade name and line of business
	trade   int    // characters of core that are the trade name
	form    form
	branch  []rune // which branch of the body, in plain writing; empty: none
	numbers uint64 // of the numbers and ordinals; 0: none
	empty   bool   // there is no name
	taken   bool   // all of it is there, not only the key
}

// parser takes names apart. One goroutine at a time.
type parser struct {
	words map[uint32]bool // pairs of characters with which lines of business begin, learned
	name  []rune          // of the name that was begun
	buf   []rune
	spare []rune
	plain []rune
}

// parse takes a name apart.
func (p *parser) parse(name string, out *parts) {
	p.begin(name, out)
	p.finish(out)
}

// bounded cuts what is longer than any name at a character.
func bounded(name string) string {
	const most = 600 // bytes
	if len(name) <= most {
		return name
	}
	n := most
	for n > most-utf8.UTFMax && !utf8.RuneStart(name[n]) {
		n--
	}
	return name[:n]
}

// begin finds the key of a name, and finish, before another name is begun, its parts: most rows are decided by then.
func (p *parser) begin(name string, out *parts) {
	*out = parts{places: out.places[:0], core: out.core[:0], branch: out.branch[:0]}
	key := cell.NameKey(bounded(name))
	if key == "" {
		out.empty = true
		return
	}
	r := p.buf[:0]
	for _, c := range key {
		r = append(r, c)
	}
	p.buf = r
	p.name = trimLeftovers(r)
	out.key = hashRunes(p.name, 'k')
}

func (p *parser) finish(out *parts) {
	if out.taken = true; out.empty {
		return
	}
	r := p.brackets(p.name, out)
	r, tail := splitBranch(r)
	if len(tail) > 0 {
		if len(out.branch) > 0 { // both behind the form and in brackets
			tail = append(append([]rune{}, tail...), out.branch...)
		}
		out.branch = append(out.branch[:0], tail...)
	}
	out.branch = plainBranch(out.branch)
	var rest []rune
	rest, out.form = splitForm(r)
	g := places()
	bracketed := len(out.places)
	list, n := g.read(rest, false, out.places[bracketed:])
	out.places = append(out.places[:bracketed], list...)
	if n > 0 && len(list) == 1 && !explicit(rest[:n]) && county(g, list[0]) && p.business(rest[n:]) {
		out.places, n = out.places[:bracketed], 0 // 金山软件: the place is the trade name
	}
	if bracketed > 0 && len(out.places) > bracketed { // 烟台 in brackets stands after the place before the trade name
		first := out.places[0]
		copy(out.places, out.places[1:])
		out.places[len(out.places)-1] = first
	}
	out.core = append(out.core, rest[n:]...)
	if len(out.core) == 0 { // nothing but a place
		out.core = append(out.core, rest...)
		out.places = out.places[:0]
	}
	out.trade = p.tradeName(out.core)
	out.numbers = numbers(out.core, out.branch)
	out.plain = p.plainKey(out)
}

// county reports a place of the standard below a city.
func county(g *gazetteer, p place) bool { return p < unlisted && g.level[p] == 3 }

// explicit reports a place written with its kind.
func explicit(r []rune) bool {
	return endsInKind(r) || r[len(r)-1] == '镇' || r[len(r)-1] == '乡' || r[len(r)-1] == '道'
}

// business reports that a text begins with a line of business, or is too short to hold a trade name.
func (p *parser) business(r []rune) bool {
	return len(r) < 2 || p.opens(r[0], r[1])
}

func (p *parser) opens(a, b rune) bool {
	k := pair(a, b)
	return commonWords[k] || p.words[k]
}

// tradeName gives how many characters at the beginning are the trade name: up to where a line of business begins.
func (p *parser) tradeName(core []rune) int {
	for _, k := range [...]int{2, 1, 3, 4, 5, 6, 7, 8} { // most have two characters
		if k+2 <= len(core) && p.opens(core[k], core[k+1]) {
			return k
		}
	}
	if len(core) <= 3 {
		return len(core)
	}
	return 2
}

func trimLeftovers(r []rune) []rune {
	for _, w := range leftovers {
		if hasSuffix(r, w) && len(r) > 8 {
			return r[:len(r)-len([]rune(w))]
		}
	}
	return r
}

// brackets resolves what stands in brackets: forms are dropped, places noted, a remark at the end is a branch, what
// else there is stays in its place. Everything but letters and digits is dropped.
func (p *parser) brackets(r []rune, out *parts) []rune {
	kept := p.spare[:0]
	for i := 0; i < len(r); i++ {
		c := r[i]
		if c != '(' {
			if unicode.IsLetter(c) || unicode.IsDigit(c) {
				kept = append(kept, c)
			}
			continue
		}
		end := i + 1
		for end < len(r) && r[end] != ')' {
			end++
		}
		inside := r[i+1 : min(end, len(r))]
		atEnd := end+1 >= len(r)
		switch {
		case len(inside) == 0 || bracketForms[string(inside)]:
		case atEnd && len(kept) > 0:
			if len(inside) == 2 && string(inside) == "集团" {
				kept = append(kept, inside...)
				break
			}
			for _, b := range inside {
				if unicode.IsLetter(b) || unicode.IsDigit(b) {
					out.branch = append(out.branch, b)
				}
			}
		default:
			if at, ok := wholePlace(inside); ok {
				out.places = append(out.places[:0], at)
				break
			}
			for _, b := range inside {
				if unicode.IsLetter(b) || unicode.IsDigit(b) {
					kept = append(kept, b)
				}
			}
		}
		i = end
	}
	p.spare = kept
	return kept
}

// wholePlace reads a text that is one place of the standard.
func wholePlace(r []rune) (place, bool) {
	if len(r) < 2 || len(r) > 8 {
		return 0, false
	}
	p, ok := places().number[stem(string(r))]
	return p, ok
}

// splitBranch cuts off what says which branch of another body it is.
func splitBranch(r []rune) (body, tail []rune) {
	for i := 2; i+2 <= len(r); i++ {
		if r[i] != '公' || r[i+1] != '司' {
			continue
		}
		if r[i-1] == '分' || r[i-1] == '支' { // a branch whose parent does not say its form
			return r[:i-1], r[i-1:]
		}
		return r[:i+2], r[i+2:]
	}
	for _, e := range branchEndings {
		if !hasSuffix(r, e) {
			continue
		}
		for i := len(r) - len([]rune(e)) - 1; i >= 3; i-- {
			for _, c := range inner {
				if r[i] == c {
					return r[:i+1], r[i+1:]
				}
			}
		}
	}
	return r, nil
}

// plainBranch writes a branch plainly: 临沂市分公司 and 临沂分公司 are one.
func plainBranch(r []rune) []rune {
	g := places()
	kept := r[:0]
	for i := 0; i < len(r); i++ {
		kept = append(kept, r[i])
		if n := len(kept); n >= 2 && i+1 < len(r) {
			if _, ok := g.number[string(kept[n-2:])]; ok {
				i += kindAt(r[i+1:])
			} else if n >= 3 {
				if _, ok := g.number[string(kept[n-3:])]; ok {
					i += kindAt(r[i+1:])
				}
			}
		}
	}
	return kept
}

// splitForm cuts the legal form off the end.
func splitForm(r []rune) ([]rune, form) {
	for _, f := range formWords {
		if hasSuffix(r, f.text) {
			n := len(r) - len([]rune(f.text))
			if n >= 2 {
				return r[:n], f.class
			}
		}
	}
	return r, 0
}

const digits = "〇零一二三四五六七八九十百"

// ordinal reports a numeral in Chinese.
func ordinal(c rune) bool {
	for _, d := range digits {
		if c == d {
			return true
		}
	}
	return false
}

// numbers hashes the numbers of a name: digits, and numerals that count (第一, 二厂, 三分公司). Others are letters of a
// trade name (三一, 五洲).
func numbers(core, branch []rune) uint64 {
	h := uint64(0)
	for _, r := range [2][]rune{core, branch} {
		for i, c := range r {
			switch {
			case unicode.IsDigit(c):
			case ordinal(c) && (i > 0 && r[i-1] == '第' || i > 0 && ordinal(r[i-1]) && h != 0 || i+1 < len(r) && counted(r[i+1]) && i > 0):
			default:
				continue
			}
			h = mix((h + uint64(c)) * mix1)
		}
	}
	return h
}

func counted(c rune) bool {
	switch c {
	case '厂', '矿', '店', '分', '号', '队', '车', '站', '院', '部', '场':
		return true
	}
	return false
}

// plainKey hashes a name without what differs only in writing: kinds of places (市, 县, 区, 省), a province before a
// city or county, variants of the legal form, brackets. The branch stays.
func (p *parser) plainKey(n *parts) uint64 {
	g := places()
	b := p.plain[:0]
	for i, at := range n.places {
		if at < unlisted && g.level[at] == 1 && len(n.places) > 1 && i == 0 {
			continue
		}
		b = append(b, rune(at>>16), rune(at&0xFFFF), -1)
	}
	b = append(b, -2)
	b = append(b, n.core...)
	b = append(b, -3, rune(n.form))
	b = append(b, n.branch...)
	p.plain = b
	return hashRunes(b, 'n')
}
