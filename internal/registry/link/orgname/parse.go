// Package orgname parses names of Chinese organisations into place, trade name (字号), line of business, legal form and
// branch. It knows the places of GB/T 2260 and which characters sound alike.
package orgname

import (
	"unicode"
	"unicode/utf8"

	"eyas/internal/registry/cell"
)

// Parts is a parsed name. Its slices are reused by the next Parse into it.
type Parts struct {
	Key     uint64 // hash of the name as imports compare it (cell.NameKey)
	Plain   uint64 // hash of the name without differences in writing; see plainKey
	Places  []Place
	Core    []rune // trade name and line of business
	Trade   int    // number of characters of Core that are the trade name
	Form    Form
	Branch  []rune // which branch of the organisation, in plain writing; empty: none
	Numbers uint64 // hash of the digits and ordinals; 0: none
	Empty   bool   // there is no name
	Taken   bool   // Finish has filled in all fields, not only Key
}

// Parser parses names. It reuses its memory and is not safe for concurrent use.
type Parser struct {
	Words map[uint32]bool // learned pairs of characters that begin a line of business; may be nil
	name  []rune          // given to Begin
	buf   []rune
	spare []rune
	plain []rune
}

// Parse parses a name.
func (p *Parser) Parse(name string, out *Parts) {
	p.Begin(name, out)
	p.Finish(out)
}

// Bounded cuts a text that is longer than any name, between two characters.
func Bounded(name string) string {
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

// Begin computes only the key of a name, which is enough for most rows. Finish computes the rest; it must come before
// the next Begin.
func (p *Parser) Begin(name string, out *Parts) {
	*out = Parts{Places: out.Places[:0], Core: out.Core[:0], Branch: out.Branch[:0]}
	key := cell.NameKey(Bounded(name))
	if key == "" {
		out.Empty = true
		return
	}
	r := p.buf[:0]
	for _, c := range key {
		r = append(r, c)
	}
	p.buf = r
	p.name = trimLeftovers(r)
	out.Key = HashRunes(p.name, 'k')
}

// Finish parses the name that was given to Begin.
func (p *Parser) Finish(out *Parts) {
	if out.Taken = true; out.Empty {
		return
	}
	r := p.brackets(p.name, out)
	r, tail := splitBranch(r)
	if len(tail) > 0 {
		if len(out.Branch) > 0 { // a branch in brackets and behind the legal form
			tail = append(append([]rune{}, tail...), out.Branch...)
		}
		out.Branch = append(out.Branch[:0], tail...)
	}
	out.Branch = plainBranch(out.Branch)
	var rest []rune
	rest, out.Form = splitForm(r)
	g := Places()
	bracketed := len(out.Places)
	list, n := g.Read(rest, false, out.Places[bracketed:])
	out.Places = append(out.Places[:bracketed], list...)
	if n > 0 && len(list) == 1 && !explicit(rest[:n]) && county(g, list[0]) && p.business(rest[n:]) {
		out.Places, n = out.Places[:bracketed], 0 // 金山软件: the place is the trade name
	}
	if bracketed > 0 && len(out.Places) > bracketed { // a place in brackets comes after the place at the beginning
		first := out.Places[0]
		copy(out.Places, out.Places[1:])
		out.Places[len(out.Places)-1] = first
	}
	out.Core = append(out.Core, rest[n:]...)
	if len(out.Core) == 0 { // nothing but a place
		out.Core = append(out.Core, rest...)
		out.Places = out.Places[:0]
	}
	out.Trade = p.tradeName(out.Core)
	out.Numbers = numbers(out.Core, out.Branch)
	out.Plain = p.plainKey(out)
}

// county reports whether a place of the standard is below a city.
func county(g *Gazetteer, p Place) bool { return p < Unlisted && g.Level[p] == 3 }

// explicit reports whether a place is written with its kind.
func explicit(r []rune) bool {
	return endsInKind(r) || r[len(r)-1] == '镇' || r[len(r)-1] == '乡' || r[len(r)-1] == '道'
}

// business reports whether a text begins with a line of business, or is too short for a trade name.
func (p *Parser) business(r []rune) bool {
	return len(r) < 2 || p.opens(r[0], r[1])
}

func (p *Parser) opens(a, b rune) bool {
	k := Pair(a, b)
	return commonWords[k] || p.Words[k]
}

// tradeName returns the length of the trade name: the characters before a line of business.
func (p *Parser) tradeName(core []rune) int {
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

// brackets resolves the texts in brackets: a legal form is dropped, a place is noted, a text at the end is a branch,
// and other texts stay. It drops everything but letters and digits.
func (p *Parser) brackets(r []rune, out *Parts) []rune {
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
					out.Branch = append(out.Branch, b)
				}
			}
		default:
			if at, ok := wholePlace(inside); ok {
				out.Places = append(out.Places[:0], at)
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

// wholePlace reads a text that is exactly one place of the standard.
func wholePlace(r []rune) (Place, bool) {
	if len(r) < 2 || len(r) > 8 {
		return 0, false
	}
	p, ok := Places().number[stem(string(r))]
	return p, ok
}

// splitBranch cuts the branch off.
func splitBranch(r []rune) (body, tail []rune) {
	for i := 2; i+2 <= len(r); i++ {
		if r[i] != '公' || r[i+1] != '司' {
			continue
		}
		if r[i-1] == '分' || r[i-1] == '支' { // a branch of a parent without a legal form
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

// plainBranch removes the kinds of places from a branch: 临沂市分公司 becomes 临沂分公司.
func plainBranch(r []rune) []rune {
	g := Places()
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
func splitForm(r []rune) ([]rune, Form) {
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

// ordinal reports whether c is a Chinese numeral.
func ordinal(c rune) bool {
	for _, d := range digits {
		if c == d {
			return true
		}
	}
	return false
}

// numbers hashes the numbers of a name: digits, and numerals that count (第一, 二厂, 三分公司). Other numerals are part of a
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
			h = Mix((h + uint64(c)) * Factor)
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

// plainKey hashes a name without its differences in writing: kinds of places (市, 县, 区, 省), a province before another
// place, variants of the legal form, brackets. The branch is included.
func (p *Parser) plainKey(n *Parts) uint64 {
	g := Places()
	b := p.plain[:0]
	for i, at := range n.Places {
		if at < Unlisted && g.Level[at] == 1 && len(n.Places) > 1 && i == 0 {
			continue
		}
		b = append(b, rune(at>>16), rune(at&0xFFFF), -1)
	}
	b = append(b, -2)
	b = append(b, n.Core...)
	b = append(b, -3, rune(n.Form))
	b = append(b, n.Branch...)
	p.plain = b
	return HashRunes(b, 'n')
}
