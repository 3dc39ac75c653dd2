package place

import (
	"slices"
	"strings"

	"eyas/internal/pack"
)

// Resolver finds the district of an address, for one pack and one set of answers. It is safe for concurrent use.
type Resolver struct {
	inside  *trie    // names in the city
	outside *trie    // names in the rest of the country
	city    []string // folded spellings of the city's name
}

// word is one spelling of an entry.
type word struct {
	entry *Entry
	use   use
	rank  int8 // if two entries have the same spelling, the one with the higher rank keeps it
	city  bool // the spelling begins with the city's name
	brief bool // the spelling is a street office without its last character: 体育中心街
}

// use is the role of a spelling.
type use uint8

const (
	entryWord use = iota
	cityWord
	districtWord // a full name of a district: 南开区
	shortWord    // a short name of a district, which counts only where it is not part of another word
	formerWord   // the same for a name that is only an alias, such as that of a former district
	fullWord     // a full name of another province, city or county
	provinceWord // a province without its last word: 山东
	partWord     // a city without its last word: 威海
)

// Ranks of spellings, the weakest first.
const (
	byForm int8 = iota // built from a name and a suffix
	byTown
	byOrg
	byPlace
	byDistrict
	byAnswer
)

// New returns the resolver of a pack. answers map phrases to district ids or Elsewhere; nil means none. An answer with
// an unknown district is ignored. New panics if the list of streets is missing (make assets generates it).
func New(p *pack.Pack, answers map[string]string) *Resolver {
	d, err := loadDivisions()
	if err != nil {
		panic(err)
	}
	c := &compiler{pack: p, orgs: map[string]*pack.Org{}, answers: map[string]string{}, used: map[string]bool{},
		r: &Resolver{inside: newTrie(), outside: newTrie()}}
	for _, o := range p.Orgs {
		c.orgs[o.ID] = o
	}
	for phrase, org := range answers {
		if o := c.orgs[org]; org == Elsewhere || o != nil && o.Kind == "district" { // the pack may have lost the district
			c.answers[Fold(phrase)] = org
		}
	}
	c.addCity()
	c.addDistricts(d.counties)
	c.addPlaces()
	c.addZones()
	c.addTowns(d.towns)
	c.addAnswers()
	c.addCountry(d)
	return c.r
}

type compiler struct {
	pack    *pack.Pack
	orgs    map[string]*pack.Org
	r       *Resolver
	answers map[string]string // key: folded phrase
	used    map[string]bool   // keys of answers about entries
}

// add adds a spelling of an entry.
func (c *compiler) add(spelling string, w word) {
	folded := Fold(spelling)
	if len([]rune(folded)) < 2 {
		return
	}
	for _, city := range c.r.city {
		w.city = w.city || strings.HasPrefix(folded, city)
	}
	c.r.inside.add(folded, &w)
}

// settled returns the entry, or its copy with the answer that people gave about it.
func (c *compiler) settled(e *Entry) *Entry {
	key := Fold(e.Name)
	org, ok := c.answers[key]
	if !ok {
		return e
	}
	c.used[key] = true
	return answered(e, org)
}

func answered(e *Entry, org string) *Entry {
	a := *e
	a.Kind, a.Status, a.Source, a.wide, a.begins, a.common = Answer, pack.Verified, "", false, e.begins, false
	if a.Districts = nil; org != Elsewhere {
		a.Districts = []string{org}
	}
	return &a
}

func (c *compiler) addCity() {
	city := c.pack.Orgs[0]
	names := append([]string{city.Name.ZH, city.Short.ZH}, city.Aliases...)
	for _, name := range names {
		if f := Fold(name); len([]rune(f)) >= 2 && han([]rune(f)[0]) && !slices.Contains(c.r.city, f) {
			c.r.city = append(c.r.city, f)
		}
	}
	e := &Entry{Name: city.Name.ZH, Kind: District, Status: city.Status}
	for _, name := range c.r.city {
		c.r.inside.add(name, &word{entry: e, use: cityWord, rank: byDistrict, city: true})
	}
}

// withoutCity removes the city's name from the beginning of a district's name, because addresses are read word by word.
func (c *compiler) withoutCity(name string) string {
	for _, city := range c.r.city {
		if rest, ok := strings.CutPrefix(name, city); ok {
			return rest
		}
	}
	return name
}

// writtenOut reports whether a district's name has its last word (区 or 县).
func writtenOut(name string) bool {
	return strings.HasSuffix(name, "区") || strings.HasSuffix(name, "县")
}

// addDistricts adds the names of districts, and their short names with suffixes. elsewhere are counties in other
// provinces: Shenyang also has a 和平区.
func (c *compiler) addDistricts(elsewhere []string) {
	for _, o := range c.pack.Orgs {
		if o.Kind != "district" {
			continue
		}
		e := &Entry{Name: o.Name.ZH, Kind: District, Districts: []string{o.ID}, Status: o.Status, Source: "org.yaml",
			common: slices.Contains(elsewhere, o.Name.ZH)}
		common := e.common
		e = c.settled(e)
		for i, name := range append([]string{o.Name.ZH, o.Short.ZH}, o.Aliases...) {
			name = c.withoutCity(name)
			folded := []rune(Fold(name))
			switch {
			case len(folded) < 2 || !han(folded[0]): // too short, or a code
			case writtenOut(name):
				c.add(name, word{entry: e, use: districtWord, rank: byDistrict})
			case i == 1:
				c.add(name, word{entry: e, use: shortWord, rank: byDistrict})
			default:
				c.add(name, word{entry: e, use: formerWord, rank: byDistrict})
			}
		}
		if short := o.Short.ZH; short != "" && !writtenOut(short) {
			for _, suffix := range c.pack.Places.Suffixes {
				form := &Entry{Name: short + suffix, Kind: Place, Districts: []string{o.ID}, Status: pack.Modelled, Source: "places.yaml", common: common}
				c.add(form.Name, word{entry: c.settled(form), rank: byForm})
			}
		}
	}
}

func (c *compiler) addPlaces() {
	for _, p := range c.pack.Places.List {
		words := p.Words
		kind := Place
		if p.Org != nil {
			kind = Zone
			words = append(slices.Clone(words), zoneNames(p.Org)...)
		}
		if len(words) == 0 {
			continue
		}
		e := c.settled(&Entry{Name: words[0], Kind: kind, Districts: p.Districts, Zone: p.Zone, Status: p.Status, Source: p.Source,
			Note: p.Note, wide: p.Wide, begins: p.Begins, common: p.Common})
		for i, w := range words {
			rank := byPlace
			if i >= len(p.Words) {
				rank = byOrg
			}
			c.add(w, word{entry: e, rank: rank})
		}
	}
}

// zoneNames returns the spellings of a zone or park in addresses. A short name of fewer than four characters is left
// out, because it may mean many things.
func zoneNames(o *pack.Org) []string {
	names := append([]string{o.Name.ZH}, o.Aliases...)
	if len([]rune(o.Short.ZH)) >= 4 {
		names = append(names, o.Short.ZH)
	}
	return names
}

// addZones adds the zones and parks that are not in places.yaml. They lie in the district above them.
func (c *compiler) addZones() {
	told := map[string]bool{}
	for _, p := range c.pack.Places.List {
		if p.Org != nil {
			told[p.Org.ID] = true
		}
	}
	for _, o := range c.pack.Orgs {
		if o.Kind != "zone" && o.Kind != "park" || told[o.ID] {
			continue
		}
		e := &Entry{Name: o.Name.ZH, Kind: Zone, Zone: o.ID, Status: o.Status, Source: "org.yaml"}
		for up := c.orgs[o.Parent]; up != nil; up = c.orgs[up.Parent] {
			if up.Kind == "district" {
				e.Districts = []string{up.ID}
				break
			}
		}
		e = c.settled(e)
		for _, name := range zoneNames(o) {
			c.add(name, word{entry: e, rank: byOrg})
		}
	}
}

// addTowns adds street offices and towns. A name that several districts use fits all of them.
func (c *compiler) addTowns(towns []town) {
	named, formed := map[string]*Entry{}, map[string]*Entry{}
	var order, forms []string
	put := func(to map[string]*Entry, keys *[]string, name string, t town) {
		e := to[name]
		if e == nil {
			e = &Entry{Name: name, Kind: Town, Status: pack.Quoted, Source: divisionsSource}
			to[name] = e
			*keys = append(*keys, name)
		}
		if !slices.Contains(e.Districts, t.district) {
			e.Districts = append(e.Districts, t.district)
		}
		e.common = e.common || !t.alone
	}
	for _, t := range towns {
		if o := c.orgs[t.district]; o != nil && o.Kind == "district" {
			put(named, &order, t.name, t)
		}
	}
	for _, t := range towns {
		if o := c.orgs[t.district]; o == nil || o.Kind != "district" {
			continue
		}
		stem, street := strings.CutSuffix(t.name, "街道")
		if !street {
			stem = strings.TrimSuffix(strings.TrimSuffix(t.name, "镇"), "乡")
		}
		if len([]rune(stem)) < 2 {
			continue
		}
		// Many towns became street offices, and addresses keep the old word.
		for _, suffix := range append([]string{"镇", "街道"}, c.pack.Places.TownSuffixes...) {
			if named[stem+suffix] == nil {
				put(formed, &forms, stem+suffix, t)
			}
		}
	}
	for _, name := range order {
		e := c.settled(named[name])
		c.add(name, word{entry: e, rank: byTown})
		if stem, ok := strings.CutSuffix(name, "道"); ok {
			c.add(stem, word{entry: e, rank: byTown, brief: true})
		}
	}
	for _, name := range forms {
		e := c.settled(formed[name])
		c.add(name, word{entry: e, rank: byForm})
		if stem, ok := strings.CutSuffix(name, "道"); ok {
			c.add(stem, word{entry: e, rank: byForm, brief: true})
		}
	}
}

// addAnswers adds the answers about phrases that no entry has.
func (c *compiler) addAnswers() {
	for phrase, org := range c.answers {
		if !c.used[phrase] {
			c.add(phrase, word{entry: answered(&Entry{Name: phrase}, org), rank: byAnswer})
		}
	}
}

// lastWords are the last words of provinces and cities.
var lastWords = []string{"特别行政区", "壮族自治区", "回族自治区", "维吾尔自治区", "自治区", "省", "市", "地区", "盟"}

func (c *compiler) addCountry(d *divisions) {
	add := func(name string, u use) {
		runes := []rune(name)
		if _, n := c.r.inside.longest(runes); n == len(runes) && u == fullWord { // 和平区 alone means the city's own district
			return
		}
		e := &Entry{Name: name, Kind: Country, Status: pack.Quoted, Source: divisionsSource}
		c.r.outside.add(name, &word{entry: e, use: u, rank: int8(partWord - u)})
	}
	both := func(names []string, part use) {
		for _, name := range names {
			add(name, fullWord)
			for _, last := range lastWords {
				if stem, ok := strings.CutSuffix(name, last); ok && len([]rune(stem)) >= 2 {
					add(stem, part)
					break
				}
			}
		}
	}
	both(d.provinces, provinceWord)
	both(d.cities, partWord)
	for _, name := range d.counties {
		if len([]rune(name)) >= 3 { // 城区, 郊区 and the like say too little
			add(name, fullWord)
		}
	}
}
