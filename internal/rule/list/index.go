package list

import (
	"slices"
	"sync"

	"eyas/internal/pack"
	"eyas/internal/rule/col"
)

// Index answers lists, counts and searches for one table. It prepares what they need on first use. It is safe for
// concurrent use.
type Index struct {
	table     *col.Table
	pack      *pack.Pack
	district  string // id of the attribute with the district; "" for none
	industry  string
	districts map[string]int    // org id of a district → its position in the pack
	parent    map[string]string // org id → id of its parent
	divisions map[string]string // industry code → code of its parent

	texts  *texts
	orders orders

	mu     sync.Mutex
	found  map[string]col.Bitmap   // search text → rows
	recent []string                // keys of found; the last one was used last
	counts map[string][]GroupCount // attribute → counts over all rows
}

// keptTexts is the number of search texts whose rows an index keeps: 125 kB each for a million rows.
const keptTexts = 16

// NewIndex returns the index of a table. It takes over what is still valid from the index of an earlier table; previous
// may be nil.
func NewIndex(t *col.Table, p *pack.Pack, previous *Index) *Index {
	x := &Index{table: t, pack: p,
		districts: map[string]int{}, parent: map[string]string{}, divisions: map[string]string{}, found: map[string]col.Bitmap{}, counts: map[string][]GroupCount{}}
	for i, o := range p.Orgs {
		x.parent[o.ID] = o.Parent
		if o.IsDistrict() {
			x.districts[o.ID] = i
		}
	}
	if district, _ := t.Register.PlaceAttributes(); district != nil {
		x.district = district.ID
	}
	if a := p.IndustryAttribute(t.Register); a != nil {
		x.industry = a.ID
		if l := p.CodeList(a.Codes); l != nil {
			for _, item := range l.Items {
				x.divisions[item.Code] = item.Parent
			}
		}
	}
	if previous != nil && previous.texts.same(t) {
		x.texts = previous.texts
	} else {
		x.texts = newTexts(t)
	}
	return x
}

// Warm prepares what the first search and the first list by name need.
func (x *Index) Warm() {
	x.texts.nameStack()
	x.texts.codeStack()
	x.texts.formerStack()
	x.texts.numberStack()
	x.texts.initials()
	x.texts.nameRanks()
}

// text returns the rows that a search text finds. The bitmap is shared and must not be changed.
func (x *Index) text(s string) col.Bitmap {
	x.mu.Lock()
	rows, ok := x.found[s]
	x.mu.Unlock()
	if !ok {
		rows = x.textRows(s)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if i := slices.Index(x.recent, s); i >= 0 {
		x.recent = slices.Delete(x.recent, i, i+1)
	} else if len(x.recent) == keptTexts {
		delete(x.found, x.recent[0])
		x.recent = slices.Delete(x.recent, 0, 1)
	}
	x.found[s] = rows
	x.recent = append(x.recent, s)
	return rows
}

// industryIs reports whether an industry code lies under another: it begins with it, or the code list says so (section
// I holds division 65). For a code finer than the list, its longest prefix in the list counts.
func (x *Index) industryIs(word, under string) bool {
	if len(word) >= len(under) && word[:len(under)] == under {
		return true
	}
	for _, code := range x.branch(word) {
		if code == under {
			return true
		}
	}
	return false
}

// branch returns the codes of the industry list that a code lies under, the outermost first. It is nil for a code that
// the list does not have.
func (x *Index) branch(word string) []string {
	if word != "" && word[0] >= 'A' && word[0] <= 'Z' {
		if _, ok := x.divisions[word[1:]]; ok { // written with its section, such as C3963
			word = word[1:]
		}
	}
	for word != "" {
		if _, ok := x.divisions[word]; ok {
			break
		}
		word = word[:len(word)-1]
	}
	var codes []string
	for word != "" && len(codes) < 8 {
		codes = append(codes, word)
		word = x.divisions[word]
	}
	slices.Reverse(codes)
	return codes
}

// within reports whether an org is top or lies below it.
func (x *Index) within(org, top string) bool {
	for range 8 {
		if org == top {
			return true
		}
		if org = x.parent[org]; org == "" {
			return false
		}
	}
	return false
}
