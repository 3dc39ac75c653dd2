// Package judge doubts the values of a register by the rules of the pack: what is impossible, written in another unit,
// implausible against last year or against peers, said differently by two sources, or old. It learns the usual of the register
// in a first pass over its profiles and judges each profile in a second; it changes nothing.
package judge

import (
	"fmt"
	"math"
	"slices"
	"time"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
)

// Finding is one doubted value.
type Finding struct {
	Subject  int64
	Code     string // identity code; empty when the subject is known by name only
	Name     string
	District string // id of the org; empty when unknown
	Rule     *pack.QualityRule
	Attr     *pack.Attribute
	Year     int        // 0 for attributes that are not yearly
	Value    fact.Value // of no meaning where the rule finds what is missing
	Record   int64      // source record of the value; of what is missing, that which names the subject
	Cell     int        // column in it, from 1
	Offer    *Offer
	Because  pack.Text // what it was held against, in figures
}

// Offer is a value that would mend a finding; a person takes it or not.
type Offer struct {
	Value  fact.Value
	Factor float64 // what the value is multiplied by; 0 when the offer is no multiple
	Void   bool    // the value is to be taken as unknown
}

// Options say what is judged.
type Options struct {
	Register string    // id; empty: the pack's main one
	Rules    []string  // ids; empty: all rules whose findings are listed
	Date     time.Time // the day of the check: what lies after it is in the future
}

// Judge judges the profiles of one register. Learn is called for every profile, then Settle once, then Check
// for any profile, in any number of goroutines that have a Judge.Fork each.
type Judge struct {
	Register *pack.Register
	rules    []bound
	usual    *usual
	Today    time.Time
	district *pack.Attribute
	industry *pack.Attribute
	profile
	trellis trellis
	out     []Finding
}

// bound is a rule with its attributes found.
type bound struct {
	*pack.QualityRule
	attrs                 []*pack.Attribute
	against               *pack.Attribute
	loss                  *pack.Attribute
	per                   []*pack.Attribute // by position in attrs; nil for none
	costs, income, profit *pack.Attribute   // of Spent
	least, most           []float64         // of bounds, by position in attrs
	nearNothing           []bool
	series                int // place of the first attribute in usual
}

// New gives the judge of a register.
func New(p *pack.Pack, opt Options) (*Judge, error) {
	if opt.Register == "" {
		opt.Register = p.Main().ID
	}
	i := slices.IndexFunc(p.Registers, func(r *pack.Register) bool { return r.ID == opt.Register })
	if i < 0 {
		return nil, fault.New(fault.Invalid, fmt.Sprintf("没有名为“%s”的库。", opt.Register), fmt.Sprintf("There is no register “%s”.", opt.Register))
	}
	reg := p.Registers[i]
	for _, id := range opt.Rules {
		if r := p.QualityRule(id); r == nil || r.Register != reg.ID {
			var ids []string
			for _, r := range p.Quality {
				if r.Register == reg.ID {
					ids = append(ids, r.ID)
				}
			}
			return nil, fault.New(fault.Invalid, fmt.Sprintf("这个库没有数据质量规则 %s；有 %v。", id, ids), fmt.Sprintf("this register has no quality rule %q; it has %v", id, ids))
		}
	}
	district, _ := reg.PlaceAttributes()
	j := &Judge{Register: reg, Today: opt.Date, district: district, industry: p.IndustryAttribute(reg), usual: &usual{}}
	for _, r := range p.Quality {
		wanted := slices.Contains(opt.Rules, r.ID) || len(opt.Rules) == 0 && !r.Gathered
		if r.Register != reg.ID || !wanted {
			continue
		}
		b := bound{QualityRule: r, against: reg.Attribute(r.Against), loss: reg.Attribute(r.Loss), series: -1,
			costs: reg.Attribute(r.Spent["costs"]), income: reg.Attribute(r.Spent["income"]), profit: reg.Attribute(r.Spent["profit"])}
		for _, id := range r.Attributes {
			b.attrs = append(b.attrs, reg.Attribute(id))
			b.per = append(b.per, reg.Attribute(r.Per[id]))
			b.nearNothing = append(b.nearNothing, slices.Contains(r.NearNothing, id))
			least, most := math.Inf(-1), math.Inf(1)
			if r.Least != "" {
				least, _ = reg.Attribute(id).Bound(r.Least, opt.Date) // the loader has read it
			}
			if r.Most != "" {
				most, _ = reg.Attribute(id).Bound(r.Most, opt.Date)
			}
			b.least, b.most = append(b.least, least), append(b.most, most)
		}
		j.rules = append(j.rules, b)
	}
	j.usual.prepare(j.rules)
	j.profile.prepare(len(reg.Attributes))
	return j, nil
}

// Fork gives a judge that shares what was learned and may be used beside this one.
func (j *Judge) Fork() *Judge {
	f := &Judge{Register: j.Register, rules: j.rules, usual: j.usual, Today: j.Today, district: j.district, industry: j.industry}
	f.profile.prepare(len(j.Register.Attributes))
	return f
}

// heard gives the attributes of the rules that look at what all records say, which takes longer to read.
func (j *Judge) heard() (attributes []string) {
	for i := range j.rules {
		if j.rules[i].Test == "differ" {
			attributes = append(attributes, j.rules[i].Attributes...)
		}
	}
	return attributes
}

// Check gives what is doubted about one subject, in the order of the rules; the list is used again for the next. A
// value that has been found by one rule is not found again by a later one. said is everything that its records
// say, in order; nil where that is not known, and then nothing disagrees.
func (j *Judge) Check(p *fact.Profile, said []fact.Fact) []Finding {
	j.out = j.out[:0]
	if p.Gone {
		return nil
	}
	j.profile.load(p)
	for i := range j.rules {
		r := &j.rules[i]
		switch r.Test {
		case "bounds":
			j.bounds(r)
		case "exceeds":
			j.exceeds(r)
		case "order":
			j.order(r)
		case "code":
			j.code(r)
		case "unit":
			j.unit(r)
		case "vanished":
			j.vanished(r)
		case "collapsed":
			j.collapsed(r)
		case "jump":
			j.jump(r)
		case "peers":
			j.peers(r)
		case "age":
			j.age(r)
		case "differ":
			j.differ(r, said)
		case "absent":
			j.absent(r)
		}
	}
	return j.out
}

// find adds a finding, unless the value has one.
func (j *Judge) find(r *bound, f *fact.Fact, offer *Offer, zh, en string) {
	if j.found(f) {
		return
	}
	district := ""
	if j.district != nil {
		if d := j.fact(j.district, 0); d != nil {
			district = d.Value.Str
		}
	}
	j.out = append(j.out, Finding{Subject: j.p.Subject, Code: j.p.Code, Name: j.p.Name, District: district, Rule: r.QualityRule, Attr: f.Attr,
		Year: f.Year, Value: f.Value, Record: f.Record, Cell: f.Cell, Offer: offer, Because: pack.Text{ZH: zh, EN: en}})
}

// found reports whether a value has a finding already.
func (j *Judge) found(f *fact.Fact) bool {
	for i := range j.out {
		if j.out[i].Attr == f.Attr && j.out[i].Year == f.Year {
			return true
		}
	}
	return false
}

// profile is a profile with its facts by attribute.
type profile struct {
	p    *fact.Profile
	from []int32 // by attribute index: where its facts begin; one more than there are attributes
}

func (v *profile) prepare(attributes int) { v.from = make([]int32, attributes+1) }

func (v *profile) load(p *fact.Profile) {
	v.p = p
	at := 0
	for i := range v.from {
		for at < len(p.Facts) && p.Facts[at].Attr.Index < i {
			at++
		}
		v.from[i] = int32(at)
	}
}

// facts gives the facts of an attribute by year; none for a nil attribute.
func (v *profile) facts(a *pack.Attribute) []fact.Fact {
	if a == nil {
		return nil
	}
	return v.p.Facts[v.from[a.Index]:v.from[a.Index+1]]
}

// fact gives the fact of an attribute and year; nil when it is unknown.
func (v *profile) fact(a *pack.Attribute, year int) *fact.Fact {
	list := v.facts(a)
	for i := range list {
		if list[i].Year == year {
			return &list[i]
		}
	}
	return nil
}

// beside gives the fact that a value of a year is compared with: of an attribute that is not yearly its only one.
func (v *profile) beside(a *pack.Attribute, year int) *fact.Fact {
	if a != nil && !a.Yearly {
		year = 0
	}
	return v.fact(a, year)
}

// number gives the number of an attribute and year, and whether it is known.
func (v *profile) number(a *pack.Attribute, year int) (float64, bool) {
	if f := v.fact(a, year); f != nil {
		return f.Value.Num, true
	}
	return 0, false
}
