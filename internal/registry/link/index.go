package link

import (
	"iter"
	"slices"
	"strings"
	"unicode/utf8"

	"eyas/internal/registry/cell"
	"eyas/internal/registry/link/orgname"
)

// Index is a register prepared for linkage. After Build, only Learn and Remember change it. Match and Each may run in
// several goroutines, but not at the same time as Learn or Remember.
type Index struct {
	opt     Options
	text    []byte   // names, one after another
	codes   []byte   // 18 characters per subject; zeros for no usable code
	plain   []string // codes if Options.Plain
	cores   []uint16
	subject []subjectRecord
	name    []nameRecord

	byPlainCode                   map[string]int // code → subject if Options.Plain; the smallest id wins
	byCode, byRegistration, byOrg *chain         // of subjects
	byKey, byPlain                *chain         // of names
	branches                      map[uint32]string

	words    map[uint32]bool // pairs of characters that begin a line of business
	tally    *tally          // frequency of trade names, lines of business and places
	blocks   blocks
	model    model
	said     map[uint64][]Answer // key of the name → answers
	answered map[int64]int       // id of an answer's subject → subject; −1: not in the register
}

// subjectRecord is a subject in the index.
type subjectRecord struct {
	id           int64
	registration uint64 // hash; 0: none
	org          uint64
	address      uint32 // hash; 0: none
	area         uint32 // GB/T 2260 area code, from the code or the registration number; 0: unknown
	first        uint32 // index of the current name; former names follow
	names        uint16
	places       [3]orgname.Place // of the address
}

// nameRecord is a parsed name of a subject.
type nameRecord struct {
	key, plain       uint64
	places           [2]orgname.Place // the last two places in the name
	branch, numbers  uint32           // hashes; 0: none
	text             uint32           // offset in Index.text
	core             uint32           // offset in Index.cores
	subject          uint32
	textLen          uint16
	coreLen, trade   uint8
	form             orgname.Form
	placeCount, kind uint8
}

// Kinds of names.
const (
	nowName    uint8 = iota // the current name
	formerName              // a former name
	ownName                 // a branch's own name behind its parent's name; it is only weighed
)

// Kinds of things that the tally counts.
const (
	tallyTrade uint64 = iota + 1
	tallyBusiness
	tallyPlace
	tallyAddress
	tallyChar
)

// Build makes an index of a register. Entries may be in any order; they are copied. With zero thresholds, opt means
// DefaultOptions.
func Build(entries iter.Seq[Entry], opt Options) *Index {
	if plain := opt.Plain; opt == (Options{Plain: plain}) {
		opt = DefaultOptions()
		opt.Plain = plain
	}
	x := &Index{opt: opt, branches: map[uint32]string{}, byPlainCode: map[string]int{}, said: map[uint64][]Answer{}, answered: map[int64]int{}}
	g := orgname.Places()
	var p orgname.Parser
	var runes []rune
	var found []orgname.Place
	for e := range entries {
		s := subjectRecord{id: e.ID, first: uint32(len(x.name))}
		code := x.addCode(&e)
		if len(code) == 18 {
			s.area = orgname.AreaOf(code, "")
		}
		if reg := identifier(e.Registration); reg != "" {
			s.registration = orgname.HashText(reg, 'r')
			if s.area == 0 {
				s.area = orgname.AreaOf("", reg)
			}
		}
		if org := x.organisation(e.Org, code); org != "" {
			s.org = orgname.HashText(org, 'o')
		}
		if e.Address != "" {
			runes = runes[:0]
			for _, c := range cell.NameKey(e.Address) {
				runes = append(runes, c)
			}
			s.address = orgname.Hash32(runes, 'a') | 1
			found, _ = g.Read(runes, true, found[:0])
			copy(s.places[:], found[max(0, len(found)-3):])
		}
		x.addName(e.Name, uint32(len(x.subject)), nowName)
		for _, f := range e.Former {
			if f = strings.TrimSpace(f); f != "" {
				x.addName(f, uint32(len(x.subject)), formerName)
			}
		}
		if own := ofItsOwn(e.Name); own != "" {
			x.addName(own, uint32(len(x.subject)), ownName)
		}
		s.names = uint16(len(x.name) - int(s.first))
		x.subject = append(x.subject, s)
	}
	x.learnWords()
	p.Words = x.words
	x.takeApart(&p)
	x.chains()
	x.blocks = newBlocks(x)
	x.model = newModel(x)
	return x
}

// Len returns the number of subjects.
func (x *Index) Len() int { return len(x.subject) }

func (x *Index) addName(name string, subject uint32, kind uint8) {
	name = orgname.Bounded(name)
	x.name = append(x.name, nameRecord{text: uint32(len(x.text)), textLen: uint16(len(name)), subject: subject, kind: kind})
	x.text = append(x.text, name...)
}

// ofItsOwn returns the name that a branch has behind its parent's name (某公司某镇砖厂); "" if there is none.
func ofItsOwn(name string) string {
	_, tail, ok := strings.Cut(name, "公司")
	if n := utf8.RuneCountInString(tail); !ok || n < 6 || n > 40 || strings.Contains(tail, "分公司") || strings.ContainsAny(tail, "()（）") {
		return ""
	}
	return tail
}

func (x *Index) nameText(n *nameRecord) string {
	return string(x.text[n.text : n.text+uint32(n.textLen)])
}

// addCode stores the code of a subject and returns it if it is a unified social credit code.
func (x *Index) addCode(e *Entry) string {
	code, state := x.readCode(e.Code)
	if e.Code == "" || state == cell.NoCode {
		code = nil
	}
	if !x.opt.Plain {
		x.codes = append(x.codes, code...)
		if code == nil {
			x.codes = append(x.codes, make([]byte, 18)...)
		}
		return string(code)
	}
	x.plain = append(x.plain, string(code))
	if code == nil {
		return ""
	}
	if i, ok := x.byPlainCode[string(code)]; !ok || e.ID < x.subject[i].id {
		x.byPlainCode[string(code)] = len(x.subject)
	}
	return ""
}

// coded reports whether a subject has a usable code.
func (x *Index) coded(subject uint32) bool {
	if x.opt.Plain {
		return x.plain[subject] != ""
	}
	return x.codes[18*int(subject)] != 0
}

func (x *Index) code(subject uint32) string {
	if x.opt.Plain {
		return x.plain[subject]
	}
	c := x.codes[18*int(subject):][:18]
	if c[0] == 0 {
		return ""
	}
	return string(c)
}

// takeApart parses all names.
func (x *Index) takeApart(p *orgname.Parser) {
	var n orgname.Parts
	x.tally = newTally(len(x.name))
	x.cores = make([]uint16, 0, 9*len(x.name))
	for i := range x.name {
		r := &x.name[i]
		p.Parse(x.nameText(r), &n)
		if n.Empty {
			continue
		}
		r.key, r.plain, r.form = n.Key|1, n.Plain|1, n.Form
		r.core, r.coreLen, r.trade = uint32(len(x.cores)), uint8(min(len(n.Core), 255)), uint8(min(n.Trade, 255))
		for _, c := range n.Core[:r.coreLen] {
			x.cores = append(x.cores, uint16(c))
		}
		r.placeCount = uint8(len(n.Places))
		copy(r.places[:], n.Places[max(0, len(n.Places)-2):])
		if len(n.Branch) > 0 {
			r.branch = orgname.Hash32(n.Branch, 'b') | 1
			x.branches[r.branch] = string(n.Branch)
		}
		r.numbers = fold32(n.Numbers)
		x.tally.add(orgname.HashRunes(n.Core[:n.Trade], tallyTrade))
		x.tally.add(orgname.HashRunes(n.Core[n.Trade:], tallyBusiness))
		for _, c := range n.Core[:min(n.Trade, 2)] {
			x.tally.add(charHash(c))
		}
		if len(n.Places) > 0 {
			x.tally.add(placeHash(n.Places[len(n.Places)-1]))
		}
	}
	for i := range x.subject {
		if a := x.subject[i].address; a != 0 {
			x.tally.add(addressHash(a))
		}
	}
}

func fold32(h uint64) uint32 {
	if h == 0 {
		return 0
	}
	return uint32(h) | 1
}

func charHash(c rune) uint64           { return orgname.Mix(uint64(c)*orgname.Factor + tallyChar) }
func placeHash(p orgname.Place) uint64 { return orgname.Mix(uint64(p)*orgname.Factor + tallyPlace) }
func addressHash(a uint32) uint64      { return orgname.Mix(uint64(a)*orgname.Factor + tallyAddress) }

// chains makes the indexes for exact matches.
func (x *Index) chains() {
	x.byCode, x.byRegistration, x.byOrg = newChain(len(x.subject)), newChain(len(x.subject)), newChain(len(x.subject))
	for i := range x.subject {
		s := &x.subject[i]
		if s.registration != 0 {
			x.byRegistration.add(s.registration, i)
		}
		if s.org != 0 {
			x.byOrg.add(s.org, i)
		}
		if x.opt.Plain {
			continue
		}
		if c := x.codes[18*i:][:18]; c[0] != 0 {
			x.byCode.add(orgname.HashText(string(c), 'c'), i)
		}
	}
	x.byKey, x.byPlain = newChain(len(x.name)), newChain(len(x.name))
	for i := range x.name {
		if n := &x.name[i]; n.key != 0 && n.kind != ownName {
			x.byKey.add(n.key, i)
			x.byPlain.add(n.plain, i)
		}
	}
}

// Remember adds the answers of people. It must not run at the same time as Match.
func (x *Index) Remember(answers []Answer) {
	p := orgname.Parser{Words: x.words}
	var n orgname.Parts
	if len(answers) == 0 {
		return
	}
	for _, a := range answers {
		x.answered[a.Subject] = -1
	}
	for i := range x.subject {
		if _, ok := x.answered[x.subject[i].id]; ok {
			x.answered[x.subject[i].id] = i
		}
	}
	for _, a := range answers {
		if p.Parse(a.Name, &n); !n.Empty {
			x.said[n.Key|1] = append(x.said[n.Key|1], a)
		}
	}
}

// sortedNames returns up to limit names, a sample that does not depend on the order of the entries.
func (x *Index) sortedNames(limit int) []uint32 {
	skip := uint64(max(1, len(x.name)/(4*limit)))
	var list []uint32
	for i := range x.name {
		if k := x.name[i].key; k != 0 && orgname.Mix(k)%skip == 0 {
			list = append(list, uint32(i))
		}
	}
	slices.SortFunc(list, func(a, b uint32) int { return x.order(a, b) })
	return list[:min(len(list), limit)]
}

// order compares two names for sorting, independently of the order of the entries.
func (x *Index) order(a, b uint32) int {
	m, n := &x.name[a], &x.name[b]
	if k, l := orgname.Mix(m.key), orgname.Mix(n.key); k != l {
		if k < l {
			return -1
		}
		return 1
	}
	if p, q := x.subject[m.subject].id, x.subject[n.subject].id; p != q {
		if p < q {
			return -1
		}
		return 1
	}
	return int(m.kind) - int(n.kind)
}
