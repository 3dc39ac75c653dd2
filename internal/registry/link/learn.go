package link

import (
	"iter"
	"math"
	"slices"

	"eyas/internal/registry/link/orgname"
)

// model holds the probabilities behind the weights. For each level of each field, m is its frequency among pairs of
// names of one subject, and u its frequency among random pairs (Fellegi and Sunter, 1969).
type model struct {
	m, u       [weighed][maxLevels]float64
	weight     [weighed][maxLevels]float64 // log₂(m/u), bits
	meanRarity [weighed]float64            // bits: mean rarity of values that agree by chance; only the first three fields have a rarity
	meanHalf   float64                     // the same for trade names that agree by half
	share      float64                     // share of rows whose subject is in the register
	learned    int                         // number of rows it was learned from
}

// before are the values of m before learning, from general knowledge of how lists of names are typed. They count as
// much as beforeWeight rows, so a short file changes them little.
var before = [weighed][maxLevels]float64{
	{0.55, 0.18, 0.10, 0.10, 0.04, 0.03},
	{0.72, 0.08, 0.06, 0.05, 0.05, 0.04},
	{0.45, 0.05, 0.25, 0.07, 0.10, 0.08},
	{0.85, 0.08, 0.07},
	{0.88, 0.08, 0.03, 0.01},
	{0.96, 0.03, 0.01},
	{0.50, 0.30, 0.20},
}

// most is the upper bound of m for levels that differ. Without it, a region with many pump makers would best be
// explained as one body with many trade names. Bounds in expectation maximisation follow Winkler (1993).
var most = [weighed][maxLevels]float64{
	placeAt:    {placeDiffers: 0.03},
	tradeAt:    {tradeHalf: 0.05, tradeDiffers: 0.03},
	businessAt: {businessPart: 0.10, businessDiffers: 0.06},
	formAt:     {formDiffers: 0.08},
	branchAt:   {branchOne: 0.04, branchDiffers: 0.01},
	numbersAt:  {numbersDiffer: 0.01},
	addressAt:  {addressDiffers: 0.30},
}

// hold applies the bounds. The excess goes to the other levels of the field.
func (m *model) hold() {
	for f := range weighed {
		held, free := 0.0, 0.0
		for l := range levelNames[f] {
			if b := most[f][l]; b > 0 && m.m[f][l] > b {
				m.m[f][l] = b
			}
			if most[f][l] > 0 {
				held += m.m[f][l]
			} else {
				free += m.m[f][l]
			}
		}
		for l := range levelNames[f] {
			if most[f][l] == 0 {
				m.m[f][l] *= (1 - held) / free
			}
		}
	}
}

const (
	beforeWeight = 60  // number of rows that before counts for
	randomWeight = 20  // number of pairs that the prior of u counts for
	beforeShare  = 0.3 // share of the rows without an exact match that have a subject, before learning
)

// newModel estimates u from random pairs of names of the register.
func newModel(x *Index) model {
	m := model{m: before, share: beforeShare}
	const names, steps = 2000, 40
	list := x.sortedNames(names)
	var count [weighed][maxLevels]float64
	var rarity, agreed [weighed]float64
	total := 0.0
	var c comparer
	n := orgname.Parts{}
	for i := range list {
		a := &x.name[list[i]]
		n.Core, n.Trade, n.Form = x.core(a, n.Core), int(a.trade), a.form
		n.Places = append(n.Places[:0], a.list()...)
		for k := 1; k <= steps && k < len(list); k++ {
			b := &x.name[list[(i+k*k)%len(list)]]
			if a.subject == b.subject {
				continue
			}
			got := c.compare(x, &n, x.subject[a.subject].address, b)
			got.levels[branchAt], got.levels[numbersAt] = chanceBranch(a, b), chanceNumbers(a, b)
			for f, l := range got.levels {
				count[f][l]++
			}
			for f := range 3 {
				if got.levels[f] == 0 {
					rarity[f] += got.rare[f]
					agreed[f]++
				}
			}
			if got.levels[tradeAt] == tradeHalf {
				m.meanHalf += got.rare[tradeAt]
			}
			total++
		}
	}
	if n := count[tradeAt][tradeHalf]; n > 0 {
		m.meanHalf /= n
	}
	for f := range weighed {
		levels := len(levelNames[f])
		for l := range levels {
			even := before[f][levels-1-l] // by chance the worst level is the most frequent
			m.u[f][l] = (count[f][l] + randomWeight*even) / (total + randomWeight)
		}
		// A value agrees by chance in proportion to the square of its frequency. So values that agree are frequent
		// ones. The weight of the level stands for their mean, and rarer values get more.
		if agreed[f] > 0 && f < 3 {
			m.meanRarity[f] = rarity[f] / agreed[f]
		} else if f < 3 {
			m.meanRarity[f] = math.Log2(float64(len(x.name)+1)) / 2
		}
	}
	m.weigh()
	return m
}

func chanceBranch(a, b *nameRecord) uint8 {
	switch {
	case a.branch == 0 && b.branch == 0:
		return branchNone
	case a.branch == b.branch:
		return branchSame
	case a.branch == 0 || b.branch == 0:
		return branchOne
	}
	return branchDiffers
}

func chanceNumbers(a, b *nameRecord) uint8 {
	switch {
	case a.numbers == 0 && b.numbers == 0:
		return numbersNone
	case a.numbers == b.numbers:
		return numbersSame
	}
	return numbersDiffer
}

func (m *model) weigh() {
	for f := range weighed {
		for l := range levelNames[f] {
			m.weight[f][l] = math.Log2(m.m[f][l] / m.u[f][l])
		}
	}
	// A field that one side lacks has weight zero. A level that differs always speaks against a link, even if few such
	// pairs were seen.
	m.weight[placeAt][placeOne], m.weight[formAt][formOne], m.weight[addressAt][addressNone] = 0, 0, 0
	m.weight[placeAt][placeNone] = min(m.weight[placeAt][placeNone], 3) // names without a place come from lists that omit places
	for f, from := range [weighed]int{placeDiffers, tradeDiffers, businessDiffers, formDiffers, branchOne, numbersDiffer, addressDiffers} {
		for l := from; l < len(levelNames[f]); l++ {
			m.weight[f][l] = min(m.weight[f][l], -1)
		}
	}
}

// prior returns the weight of a candidate before any comparison, in bits: the log odds that a row is about this
// subject.
func (x *Index) prior() float64 {
	return math.Log2(x.model.share/(1-x.model.share)) - math.Log2(float64(max(1, len(x.subject))))
}

// bits returns the weight of a field in a comparison.
func (m *model) bits(c *comparison, f int) float64 {
	return m.weight[f][c.levels[f]] + c.rare[f]
}

func (m *model) sum(c *comparison) float64 {
	w := 0.0
	for f := range weighed {
		w += m.bits(c, f)
	}
	return w
}

// learnedRows is the most rows that are learned from.
const learnedRows = 20_000

// Learn fits m and the share of rows with a subject to the rows that will be linked, by expectation maximisation. It
// uses a sample of rows that no exact value decides. The possible cases of a row are its candidates and "none of them".
// Learn returns the number of rows it learned from. It must not run at the same time as Match.
func (x *Index) Learn(rows iter.Seq[Row]) int {
	type sampled struct {
		order uint64
		row   Row
	}
	var sample []sampled
	limit := uint64(math.MaxUint64)
	d := x.decider()
	for row := range rows {
		if row.Name == "" {
			continue
		}
		order := orgname.Mix(orgname.HashText(row.Name, 'l'))
		if order > limit || d.exact(&row) {
			continue
		}
		sample = append(sample, sampled{order, row})
		if len(sample) > 2*learnedRows {
			slices.SortFunc(sample, func(a, b sampled) int {
				if a.order < b.order {
					return -1
				} else if a.order > b.order {
					return 1
				}
				return 0
			})
			sample = sample[:learnedRows]
			limit = sample[len(sample)-1].order
		}
	}
	var cases [][]comparison
	for i := range sample {
		list := d.compared(&sample[i].row)
		if len(list) > 0 {
			cases = append(cases, list)
		} else {
			cases = append(cases, nil)
		}
	}
	x.fit(cases)
	return len(cases)
}

// fit runs 15 steps of expectation maximisation.
func (x *Index) fit(cases [][]comparison) {
	m := &x.model
	m.learned = len(cases)
	var odds []float64
	for range 15 {
		prior := x.prior()
		count := [weighed][maxLevels]float64{}
		found := 0.0
		for _, list := range cases {
			odds = odds[:0]
			sum := 1.0
			for i := range list {
				o := math.Exp2(min(prior+m.sum(&list[i]), 500))
				odds = append(odds, o)
				sum += o
			}
			for i := range list {
				p := odds[i] / sum
				found += p
				for f, l := range list[i].levels {
					count[f][l] += p
				}
			}
		}
		for f := range weighed {
			for l := range levelNames[f] {
				m.m[f][l] = (count[f][l] + beforeWeight*before[f][l]) / (found + beforeWeight)
			}
		}
		m.hold()
		m.share = (found + beforeWeight*beforeShare) / (float64(len(cases)) + beforeWeight)
		m.weigh()
	}
}
