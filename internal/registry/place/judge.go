package place

import "slices"

// judge decides about the words that were read.
func (a *reading) judge(f *folded) Result {
	var out Result
	for _, m := range a.matches[:a.n] { // the last one is the most exact
		if e := m.word.entry; e.Zone != "" && (out.Zone == "" || !e.wide) {
			out.Zone = e.Zone
		}
	}
	if a.decide(&out, f, writtenOutWord) || a.decide(&out, f, exactWord) || a.decide(&out, f, wideWord) {
		return out
	}
	if m := a.elsewhere(); m != nil {
		out.Verdict = Outside
		out.note(a.clue(f, *m))
		return out
	}
	if out.Phrase = a.propose(f); out.Phrase != "" {
		out.Verdict = Ask
	}
	return out
}

// elsewhere returns a match with the answer that a place lies outside the city; nil if there is none.
func (a *reading) elsewhere() *match {
	for i := range a.matches[:a.n] {
		if e := a.matches[i].word.entry; e.Kind == Answer && len(e.Districts) == 0 {
			return &a.matches[i]
		}
	}
	return nil
}

// The three classes of words, the strongest first.
func writtenOutWord(w *word) bool { return w.use != entryWord }
func exactWord(w *word) bool      { return w.use == entryWord && !w.entry.wide }
func wideWord(w *word) bool       { return w.use == entryWord && w.entry.wide }

// decide decides by one class of words. It returns false if there is no such word.
func (a *reading) decide(out *Result, f *folded, class func(*word) bool) bool {
	var common [8]string // districts that all words fit, in the order of the narrowest entry
	var narrowest *match
	spoke, familiar := false, a.city
	for i := range a.matches[:a.n] {
		m := &a.matches[i]
		e := m.word.entry
		familiar = familiar || !e.common
		if len(e.Districts) == 0 || !class(m.word) {
			continue
		}
		spoke = true
		out.note(a.clue(f, *m))
		if narrowest == nil || narrower(e, narrowest.word.entry) {
			narrowest = m
		}
	}
	if !spoke {
		return false
	}
	left := common[:0]
	for _, d := range narrowest.word.entry.Districts {
		if a.allFit(d, class) {
			left = append(left, d)
		}
	}
	switch {
	case len(left) == 1 && (familiar || a.corroborated(left[0])):
		out.Verdict, out.District = Found, left[0]
	case len(left) == 0: // no district fits all words
		out.Verdict = Ask
		out.Candidates = a.union(class)
		lo, hi := a.span(class)
		out.Phrase = f.text(lo, hi)
	default:
		if !familiar { // another city may have a zone of this name
			out.Zone = ""
		}
		out.Verdict, out.Phrase = Ask, narrowest.word.entry.Name
		out.Candidates = narrowest.word.entry.Districts
		if len(left) < len(out.Candidates) {
			out.Candidates = slices.Clone(left)
		}
	}
	return true
}

// corroborated reports whether a town and another kind of word fit a district. Other cities also have a 和平区 or a 南市街道,
// but none has both.
func (a *reading) corroborated(district string) bool {
	town, other := false, false
	for _, m := range a.matches[:a.n] {
		if e := m.word.entry; slices.Contains(e.Districts, district) {
			town, other = town || e.Kind == Town, other || e.Kind != Town
		}
	}
	return town && other
}

// narrower reports whether e is more exact than another entry: it fits fewer districts, or has a longer name.
func narrower(e, than *Entry) bool {
	if len(e.Districts) != len(than.Districts) {
		return len(e.Districts) < len(than.Districts)
	}
	return len(e.Name) > len(than.Name)
}

func (a *reading) allFit(district string, class func(*word) bool) bool {
	for _, m := range a.matches[:a.n] {
		if e := m.word.entry; len(e.Districts) > 0 && class(m.word) && !slices.Contains(e.Districts, district) {
			return false
		}
	}
	return true
}

func (a *reading) union(class func(*word) bool) (all []string) {
	for _, m := range a.matches[:a.n] {
		if class(m.word) {
			for _, d := range m.word.entry.Districts {
				if !slices.Contains(all, d) {
					all = append(all, d)
				}
			}
		}
	}
	return all
}

// span returns the range of runes from the first to the last word of a class.
func (a *reading) span(class func(*word) bool) (lo, hi int) {
	lo = -1
	for _, m := range a.matches[:a.n] {
		if len(m.word.entry.Districts) > 0 && class(m.word) {
			if lo < 0 {
				lo = m.lo
			}
			hi = max(hi, m.hi)
		}
	}
	return lo, hi
}

func (a *reading) clue(f *folded, m match) Clue {
	return f.clue(m.word.entry, m.lo, m.hi)
}

// longestPhrase is the longest phrase of unknown words that is asked about, in characters.
const longestPhrase = 12

// propose returns the phrase that would decide an address without known words: the name of a road, village or estate at
// its beginning. It is "" if there is none.
func (a *reading) propose(f *folded) string {
	lo := a.prefix
	for lo < len(f.runes) && !han(f.runes[lo]) {
		lo++
	}
	for hi := lo; hi < len(f.runes) && hi < lo+longestPhrase; hi++ {
		if r := f.runes[hi]; !han(r) || numeral(r) && hi > lo && roadEnds(f.runes[hi-1]) {
			return longEnough(f, lo, hi)
		}
		if hi > lo && roadEnds(f.runes[hi]) && !(hi+1 < len(f.runes) && (roadEnds(f.runes[hi+1]) || f.runes[hi+1] == '区')) {
			return longEnough(f, lo, hi+1)
		}
	}
	return longEnough(f, lo, min(len(f.runes), lo+longestPhrase))
}

func longEnough(f *folded, lo, hi int) string {
	if hi-lo < 2 {
		return ""
	}
	return f.text(lo, hi)
}

// roadEnds reports whether names of roads, villages and estates end with the character.
func roadEnds(r rune) bool {
	switch r {
	case '路', '道', '街', '里', '巷', '镇', '乡', '村', '庄', '园', '楼', '厦', '场', '城', '区', '苑':
		return true
	}
	return false
}
