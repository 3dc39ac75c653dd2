package link

import (
	"iter"
	"math"
	"slices"

	"eyas/internal/registry/link/orgname"
)

// model is what the weights are made of: for every level of every field, how often it is met on pairs of one subject
// (m) and on random pairs (u).
type model struct {
	m, u       [weighed][maxLevels]float64
	weight     [weighed][maxLevels]float64 // log2 m/u
	meanRarity [weighed]float64            // bits: of what agrees by chance, for the three fields whose values are more or less rare
	meanHalf   float64                     // the same for trade names that agree by half
	share      float64                     // of rows that have a subject here
	learned    int                         // rows that it was learned from
}

// before are the m that hold before anything is learned, from general knowledge of how lists of names are typed. They
// count as much as some rows do, so that a short file moves them little.
var before = [weighed][maxLevels]float64{
	{0.55, 0.18, 0.10, 0.10, 0.04, 0.03},
	{0.72, 0.08, 0.06, 0.05, 0.05, 0.04},
	{0.45, 0.05, 0.25, 0.07, 0.10, 0.08},
	{0.85, 0.08, 0.07},
	{0.88, 0.08, 0.03, 0.01},
	{0.96, 0.03, 0.01},
	{0.50, 0.30, 0.20},
}

// most bounds m for what differs. Without it the likeliest explanation of a region full of pump makers would be that
// they are one body with many trade names (bounds on expectation and maximisation after Winkler, 1993).
var most = [weighed][maxLevels]float64{
	placeAt:    {placeDiffers: 0.03},
	tradeAt:    {tradeHalf: 0.05, tradeDiffers: 0.03},
	businessAt: {businessPart: 0.10, businessDiffers: 0.06},
	formAt:     {formDiffers: 0.08},
	branchAt:   {branchOne: 0.04, branchDiffers: 0.01},
	numbersAt:  {numbersDiffer: 0.01},
	addressAt:  {addressDiffers: 0.30},
}

// hold keeps m within its bounds; what is cut off goes to the other levels.
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
	beforeWeight = 60  // rows that the m from before count for
	randomWeight = 20  // pairs that an even u counts for
	beforeShare  = 0.3 // share of rows that nothing exact decides with a subject, before anything is learned
)

// newModel counts u on random pairs of the register's own names.
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
			even := before[f][levels-1-l] // by chance the worst level is the commonest
			m.u[f][l] = (count[f][l] + randomWeight*even) / (total + randomWeight)
		}
		// An agreement by chance is met in proportion to the square of how common a value is, so what agrees is common:
		// the weight of the level stands for the mean of these, and rarer values are worth more.
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
	// What one side does not say says nothing, and what differs never speaks for a link, however few such pairs were seen.
	m.weight[placeAt][placeOne], m.weight[formAt][formOne], m.weight[addressAt][addressNone] = 0, 0, 0
	m.weight[placeAt][placeNone] = min(m.weight[placeAt][placeNone], 3) // names without a place come from lists of their own
	for f, from := range [weighed]int{placeDiffers, tradeDiffers, businessDiffers, formDiffers, branchOne, numbersDiffer, addressDiffers} {
		for l := from; l < len(levelNames[f]); l++ {
			m.weight[f][l] = min(m.weight[f][l], -1)
		}
	}
}

// prior is the weight with which a candidate starts: how likely it is that a row's subject is this one of all.
func (x *Index) prior() float64 {
	return math.Log2(x.model.share/(1-x.model.share)) - math.Log2(float64(max(1, len(x.subject))))
}

// bits is the weight of a field.
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

// learnedRows is how many rows are learned from at most.
const learnedRows = 20_000

// Learn fits the model to rows that are to be linked: it takes those that nothing exact decides, and moves m and the
// share of rows that have a subject until they explain what is seen (expectation and maximisation, the candidates of a
// row and "none of them" being the cases). It gives how many rows it learned from. It must not run beside Match.
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

// fit runs expectation and maximisation.
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
