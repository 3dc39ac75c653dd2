package list

import (
	"slices"
	"sync"

	"eyas/internal/pack"
	"eyas/internal/rule/col"
)

// Index answers lists over one table. It is safe for any number of readers at once; what it prepares for
// searching and sorting is made when first needed, and kept.
type Index struct {
	table     *col.Table
	pack      *pack.Pack
	district  string // attribute that says which district; empty where there is none
	industry  string
	districts map[string]int    // org id of a district → its place in the pack
	parent    map[string]string // org id → its parent's
	divisions map[string]string // industry code → its parent's

	texts  *texts
	orders orders

	mu     sync.Mutex
	found  map[string]col.Bitmap   // rows of a search text
	recent []string                // keys of found, the last used last
	counts map[string][]GroupCount // of all rows, by attribute
}

// keptTexts is how many search texts an index remembers the rows of: 125 kB each for a million.
const keptTexts = 16

// NewIndex makes the index of a table under a pack. What was prepared for a previous table is taken over where it
// still holds; previous may be nil.
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

// Table gives the table that the index answers for.
func (x *Index) Table() *col.Table { return x.table }

// Warm prepares what the first search and the first list by name would otherwise wait for.
func (x *Index) Warm() {
	x.texts.nameStack()
	x.texts.codeStack()
	x.texts.formerStack()
	x.texts.numberStack()
	x.texts.initials()
	x.texts.nameRanks()
}

// text gives the rows that a search text finds. The bitmap is shared.
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

// industryIs reports whether an industry code lies under another: it begins with it, or the code list says so
// (section I holds division 65). A code finer than the list stands where its beginning does.
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

// branch gives the codes of the industry list that a word lies under, the outermost first; none when the list
// does not know it.
func (x *Index) branch(word string) []string {
	if word != "" && word[0] >= 'A' && word[0] <= 'Z' {
		if _, ok := x.divisions[word[1:]]; ok { // written with its section, as C3963
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

// within reports whether an org is another or lies below it.
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
