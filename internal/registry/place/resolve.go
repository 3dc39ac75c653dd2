package place

import "slices"

// Resolve finds the district of an address. A usual address needs no allocation.
func (r *Resolver) Resolve(address string) Result {
	address = mend(address)
	var s scratch
	f := s.fold(address)
	start := begin(f.runes)
	if start == len(f.runes) {
		return Result{}
	}
	if clue, ok := r.beginsOutside(&f, start); ok {
		out := Result{Verdict: Outside}
		out.note(clue)
		return out
	}
	var a reading
	r.read(&f, start, &a)
	return a.judge(&f)
}

// begin returns the index of the first character that can belong to a name: after a postal code, a label and the
// country's name.
func begin(runes []rune) int {
	for i := 0; i < len(runes); i++ {
		if !han(runes[i]) {
			continue
		}
		for _, lead := range leads {
			if len(runes)-i > len(lead) && slices.Equal(runes[i:i+len(lead)], lead) {
				if next := i + len(lead); lead[0] == '中' || !han(runes[next]) { // a colon follows a label
					return begin2(runes, next)
				}
			}
		}
		return i
	}
	return len(runes)
}

func begin2(runes []rune, from int) int { return from + begin(runes[from:]) }

var leads = [][]rune{[]rune("中国"), []rune("中华人民共和国"), []rune("地址"), []rune("住所"), []rune("注册地址"), []rune("企业地址")}

// roadAhead reports whether one of the next characters is a word for a road: 北京路 and 南京东路 are not cities.
func roadAhead(runes []rune, from, within int) bool {
	for i := from; i < len(runes) && i < from+within; i++ {
		switch runes[i] {
		case '路', '道', '街', '里', '巷', '胡':
			return true
		}
	}
	return false
}

// beginsOutside reports whether an address begins with a place elsewhere in the country.
func (r *Resolver) beginsOutside(f *folded, start int) (Clue, bool) {
	w, n := r.outside.longest(f.runes[start:])
	if w == nil {
		return Clue{}, false
	}
	end := start + n
	in, k := r.inside.longest(f.runes[start:])
	if in != nil && k > n {
		return Clue{}, false
	}
	switch own := in != nil && k >= n; {
	case w.use == fullWord:
	case end == len(f.runes):
		return Clue{}, false
	case w.use == provinceWord && !own && !roadAhead(f.runes, end, 3):
	default:
		// 山东 or 威海 may be part of a road's name, and 河北 is also a district. The next word must lie elsewhere too.
		next, m := r.outside.longest(f.runes[end:])
		if next == nil || own && next.use != fullWord || roadAhead(f.runes, end+m, 1) {
			return Clue{}, false
		}
		end += m
	}
	return f.clue(w.entry, start, end), true
}

// maxMatches is the most words of an address that are used.
const maxMatches = 12

// reading is the words that were found in an address.
type reading struct {
	start   int  // index of the first word
	prefix  int  // index of the first word after the city's name
	city    bool // the address has the city's name
	matches [maxMatches]match
	n       int
}

type match struct {
	word   *word
	lo, hi int // range of runes; hi is exclusive
}

// read collects the words that count. Of two overlapping words, the second also counts if it reaches further, unless it
// is a district: 河北区东路 does not name 区东.
func (r *Resolver) read(f *folded, start int, a *reading) {
	a.start, a.prefix = start, start
	covered := start
	for i := start; i < len(f.runes) && a.n < maxMatches; i++ {
		w, n := r.inside.longest(f.runes[i:])
		if w == nil || i+n <= covered {
			continue
		}
		hi := i + n
		switch first := i == a.prefix; {
		case w.use == cityWord:
			if i < covered || i > a.start && n < 3 || n < 3 && roadAhead(f.runes, hi, 1) {
				continue
			}
			a.city = true
			if first {
				a.prefix = hi
			}
			covered = hi
			continue
		case w.use == districtWord && i < covered:
			continue
		case w.use == shortWord || w.use == formerWord:
			alone := f.opens[i] && f.shuts[hi-1]
			if i < covered || !alone && (!first || !a.city && w.use == shortWord || partOfName(f.runes, hi)) {
				continue
			}
		case w.entry.begins && !first:
			continue
		case w.brief && hi < len(f.runes) && numeral(f.runes[hi]):
			continue
		}
		a.city = a.city || w.city && i == a.start
		a.matches[a.n] = match{w, i, hi}
		a.n++
		covered = hi
	}
}

// partOfName reports whether the next character makes a district's short name part of another name: 和平路, 南开大学.
func partOfName(runes []rune, at int) bool {
	if at == len(runes) {
		return false
	}
	switch runes[at] {
	case '路', '道', '街', '里', '巷', '胡', '大', '中', '东', '南', '西', '北', '门', '桥', '村', '省':
		return true
	}
	return false
}

// numeral reports whether r is a digit or a Chinese numeral: 鼓楼街12号 is a road.
func numeral(r rune) bool {
	switch r {
	case '一', '二', '三', '四', '五', '六', '七', '八', '九', '十', '零', '〇', '百':
		return true
	}
	return r >= '0' && r <= '9'
}
