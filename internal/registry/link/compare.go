package link

import (
	"math"

	"eyas/internal/registry/link/orgname"
)

// Field is something that is compared: a part of the name, the address, or an identifier.
type Field string

// The fields. The first seven have weights. The others decide alone, except FieldPrior, the weight before any
// comparison.
const (
	FieldPlace    Field = "place"
	FieldTrade    Field = "trade"
	FieldBusiness Field = "business"
	FieldForm     Field = "form"
	FieldBranch   Field = "branch"
	FieldNumbers  Field = "numbers"
	FieldAddress  Field = "address"

	FieldName         Field = "name"
	FieldCode         Field = "code"
	FieldRegistration Field = "registration"
	FieldOrg          Field = "org"
	FieldAnswer       Field = "answer"
	FieldPrior        Field = "prior"
)

const weighed = 7

var fields = [weighed]Field{FieldPlace, FieldTrade, FieldBusiness, FieldForm, FieldBranch, FieldNumbers, FieldAddress}

const maxLevels = 6

// Indexes of the weighed fields.
const (
	placeAt = iota
	tradeAt
	businessAt
	formAt
	branchAt
	numbersAt
	addressAt
)

// Levels of agreement of each field.
const (
	placeSame = iota
	placeHolds
	placeWide
	placeOne
	placeNone
	placeDiffers
)
const (
	tradeSame = iota
	tradeAlike
	tradeSlip
	tradeElsewhere
	tradeHalf
	tradeDiffers
)
const (
	businessSame = iota
	businessNone
	businessMore
	businessOne
	businessPart
	businessDiffers
)
const (
	formSame = iota
	formOne
	formDiffers
)
const (
	branchNone = iota
	branchSame
	branchOne
	branchDiffers
)
const (
	numbersNone = iota
	numbersSame
	numbersDiffer
)
const (
	addressSame = iota
	addressNone
	addressDiffers
)

// levelNames are the names of levels in Evidence.Level.
var levelNames = [weighed][]string{
	{"same", "holds", "wide", "one", "none", "differs"},
	{"same", "alike", "slip", "elsewhere", "half", "differs"},
	{"same", "none", "more", "one", "part", "differs"},
	{"same", "one", "differs"},
	{"none", "same", "one", "differs"},
	{"none", "same", "differs"},
	{"same", "none", "differs"},
}

// pattern is the level of each weighed field in one comparison.
type pattern [weighed]uint8

// comparison is a pattern with corrections for rare values: an agreement of a rare value is worth more than an average
// one.
type comparison struct {
	levels pattern
	rare   [weighed]float64 // bits that are added to the weight of a field
}

// sharing is the most bits for characters that two different lines of business share.
const sharing = 6

// comparer compares names. It reuses its memory and is not safe for concurrent use.
type comparer struct {
	b    []rune
	row  [64]uint8
	last [64]uint8
}

// compare compares a row's name with a name of the index. address is the hash of the row's address; 0 means none.
func (c *comparer) compare(x *Index, n *orgname.Parts, address uint32, with *nameRecord) comparison {
	var out comparison
	s := &x.subject[with.subject]
	c.b = x.core(with, c.b)
	g := orgname.Places()

	l := comparePlaces(g, n.Places, with.list(), s)
	out.levels[0] = l
	if l == placeSame {
		out.rare[0] = x.rarity(placeHash(with.places[len(with.list())-1])) - x.model.meanRarity[0]
	}

	var common int // length of the common trade name; 0: each name has its own cut
	out.levels[1], common = c.trades(n.Core, n.Trade, c.b, int(with.trade))
	switch out.levels[1] {
	case tradeSame, tradeElsewhere:
		shared := c.b[:min(int(with.trade), len(c.b))]
		if out.levels[1] == tradeSame && common > 0 {
			shared = c.b[:min(common, len(shared))]
		}
		if out.levels[1] == tradeElsewhere && !contains(n.Core, shared) {
			shared = n.Core[:n.Trade]
		}
		out.rare[1] = x.tradeRarity(shared) - x.model.meanRarity[1]
	case tradeHalf:
		out.rare[1] = x.openingRarity(n.Core[:n.Trade], c.b[:min(int(with.trade), len(c.b))]) - x.model.meanHalf
	}
	cutA, cutB := n.Trade, int(with.trade)
	if common > 0 {
		cutA, cutB = common, common
	}
	ra, rb := n.Core[min(cutA, len(n.Core)):], c.b[min(cutB, len(c.b)):]
	out.levels[2] = c.businesses(ra, rb)
	switch out.levels[2] {
	case businessSame:
		out.rare[2] = x.rarity(orgname.HashRunes(rb, tallyBusiness)) - x.model.meanRarity[2]
	case businessDiffers: // a few common characters tell which of several candidates is meant
		out.rare[2] = sharing * float64(c.shared(ra, rb)) / float64(max(len(ra), len(rb)))
	}

	switch {
	case n.Form == with.form:
		out.levels[3] = formSame
	case n.Form == 0 || with.form == 0:
		out.levels[3] = formOne
	default:
		out.levels[3] = formDiffers
	}
	branch := uint32(0)
	if len(n.Branch) > 0 {
		branch = orgname.Hash32(n.Branch, 'b') | 1
	}
	switch {
	case with.kind == ownName:
		out.levels[4] = branchOne
	case branch == 0 && with.branch == 0:
		out.levels[4] = branchNone
	case branch == with.branch:
		out.levels[4] = branchSame
	case branch == 0 || with.branch == 0:
		out.levels[4] = branchOne
	default:
		out.levels[4] = branchDiffers
	}
	switch numbers := fold32(n.Numbers); {
	case numbers == 0 && with.numbers == 0:
		out.levels[5] = numbersNone
	case numbers == with.numbers:
		out.levels[5] = numbersSame
	default:
		out.levels[5] = numbersDiffer
	}
	switch {
	case address == 0 || s.address == 0:
		out.levels[6] = addressNone
	case address == s.address:
		out.levels[6] = addressSame
	default:
		out.levels[6] = addressDiffers
	}
	return out
}

// rarity returns log₂(names / names with this value), in bits.
func (x *Index) rarity(hash uint64) float64 {
	return math.Log2(float64(len(x.name)+1) / float64(max(1, x.tally.of(hash))))
}

// openingRarity returns the rarity of the character that two trade names share among their first two characters.
func (x *Index) openingRarity(a, b []rune) float64 {
	return x.rarity(charHash(opening(a, b)))
}

// opening returns a character that both have among their first two; 0 if there is none.
func opening(a, b []rune) rune {
	for _, c := range a[:min(len(a), 2)] {
		for _, d := range b[:min(len(b), 2)] {
			if c == d {
				return c
			}
		}
	}
	return 0
}

// tradeRarity returns the rarity of a trade name, but no more than that of its pairs of characters anywhere in names.
// Only one body may have 市政 as its trade name, yet the word is common.
func (x *Index) tradeRarity(r []rune) float64 {
	rare := x.rarity(orgname.HashRunes(r, tallyTrade))
	for i := 0; i+1 < len(r) && i < 3; i++ {
		rare = min(rare, math.Log2(float64(len(x.name)+1)/float64(max(1, x.blocks.pairs(r[i], r[i+1])))))
	}
	return rare
}

// comparePlaces compares the places of a row's name with those of another name, and with the address and area code of
// its subject.
func comparePlaces(g *orgname.Gazetteer, a, b []orgname.Place, s *subjectRecord) uint8 {
	if len(a) == 0 && len(b) == 0 {
		return placeNone
	}
	if len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		return placeSame
	}
	if len(a) == 0 {
		return placeOne
	}
	// Every place of the row must fit the subject. It fits if it is a place of the subject's name or address, lies in
	// one, contains one, or contains the subject's area. A common province alone is not enough for placeHolds.
	known, near := len(b) > 0, false
	for _, p := range a {
		ok, told := false, false
		for _, list := range [2][]orgname.Place{b, s.places[:]} {
			for _, q := range list {
				if q == 0 {
					continue
				}
				known = true
				if p == q || g.Within(q, p) || !wide(g, q) && g.Within(p, q) {
					ok = true
				}
				told = told || p < orgname.Unlisted && q < orgname.Unlisted && !wide(g, q)
			}
		}
		if !ok && s.area != 0 && p < orgname.Unlisted {
			known, told = true, true
			ok = g.AroundArea(p, s.area) || s.area%10000 != 0 && g.WithinArea(p, s.area)
		}
		if !ok && (p < orgname.Unlisted && told || len(a) == 1 && len(b) > 0 && !wide(g, b[len(b)-1])) {
			return placeDiffers
		}
		near = near || ok && !wide(g, p)
	}
	switch {
	case !known:
		return placeOne
	case near:
		return placeHolds
	}
	return placeWide
}

// wide reports whether a place is a province, which says little about a location.
func wide(g *orgname.Gazetteer, p orgname.Place) bool { return p < orgname.Unlisted && g.Level[p] == 1 }
