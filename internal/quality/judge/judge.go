// Package judge finds doubtful values of a register by the rules of the pack: impossible, in another unit, implausible
// compared with other years or with peers, contradicted by another source, missing, or old. It learns the usual values
// in a first pass over the profiles, and judges each profile in a second pass. It changes nothing.
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

// Finding is a doubted value.
type Finding struct {
	Subject  int64
	Code     string // identity code; "" if the subject has none
	Name     string
	District string // org id; "" if unknown
	Rule     *pack.QualityRule
	Attr     *pack.Attribute
	Year     int        // 0 if the attribute is not yearly
	Value    fact.Value // undefined if the rule finds missing values
	Record   int64      // source record of the value; for a missing value, the record with the subject's name
	Cell     int        // column of the record, from 1
	Offer    *Offer
	Because  pack.Text // what it was compared with, in figures
}

// Offer is a value that would correct a finding. A person accepts it or not.
type Offer struct {
	Value  fact.Value
	Factor float64 // Value divided by the doubted value; 0 if the offer is not a multiple
	Void   bool    // the value should become unknown
}

// Options select what is judged.
type Options struct {
	Register string    // id; "" means the main register
	Rules    []string  // ids; empty means all rules whose findings are listed
	Date     time.Time // day of the check; later dates are in the future
}

// Judge judges the profiles of one register. Call Learn for every profile, then Settle once, then Check for any
// profile. Several goroutines may check if each has its own Fork.
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

// bound is a rule with its attributes.
type bound struct {
	*pack.QualityRule
	attrs                 []*pack.Attribute
	against               *pack.Attribute
	loss                  *pack.Attribute
	per                   []*pack.Attribute // by position in attrs; nil for none
	costs, income, profit *pack.Attribute   // of the rule's Spent
	least, most           []float64         // for test bounds, by position in attrs
	nearNothing           []bool
	series                int // index of the first attribute in usual.series; −1: none
}

// New returns the judge of a register. The error is fault.Invalid for an unknown register, or a rule that the register
// does not have.
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
			return nil, fault.New(fault.Invalid, fmt.Sprintf("这个库没有数据质量规则 %s；有 %v。", id, ids), fmt.Sprintf("this register has no quality rule %q; its rules are %v", id, ids))
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
				least, _ = reg.Attribute(id).Bound(r.Least, opt.Date) // the loader checked it
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

// Fork returns a judge that shares what j learned. It may be used at the same time as j.
func (j *Judge) Fork() *Judge {
	f := &Judge{Register: j.Register, rules: j.rules, usual: j.usual, Today: j.Today, district: j.district, industry: j.industry}
	f.profile.prepare(len(j.Register.Attributes))
	return f
}

// heard returns the attributes of rules that compare all records, which take longer to read.
func (j *Judge) heard() (attributes []string) {
	for i := range j.rules {
		if j.rules[i].Test == "differ" {
			attributes = append(attributes, j.rules[i].Attributes...)
		}
	}
	return attributes
}

// Check returns the findings about a subject, in the order of the rules. The slice is reused by the next call. Each
// value gets at most one finding, from the first rule that finds it. said is everything that the subject's records say,
// in order; with nil, nothing is contradicted. An inactive subject has no findings.
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

// find adds a finding if the value has none.
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

// found reports whether a value has a finding.
func (j *Judge) found(f *fact.Fact) bool {
	for i := range j.out {
		if j.out[i].Attr == f.Attr && j.out[i].Year == f.Year {
			return true
		}
	}
	return false
}

// profile is a profile with an index by attribute.
type profile struct {
	p    *fact.Profile
	from []int32 // by attribute index: its first fact; one more element than attributes
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

// facts returns the facts of an attribute in the order of years; nil for a nil attribute.
func (v *profile) facts(a *pack.Attribute) []fact.Fact {
	if a == nil {
		return nil
	}
	return v.p.Facts[v.from[a.Index]:v.from[a.Index+1]]
}

// fact returns the fact of an attribute and year; nil if unknown.
func (v *profile) fact(a *pack.Attribute, year int) *fact.Fact {
	list := v.facts(a)
	for i := range list {
		if list[i].Year == year {
			return &list[i]
		}
	}
	return nil
}

// beside returns the fact to compare with a value of a year. An attribute that is not yearly has only one.
func (v *profile) beside(a *pack.Attribute, year int) *fact.Fact {
	if a != nil && !a.Yearly {
		year = 0
	}
	return v.fact(a, year)
}

// number returns the number of an attribute and year, and whether it is known.
func (v *profile) number(a *pack.Attribute, year int) (float64, bool) {
	if f := v.fact(a, year); f != nil {
		return f.Value.Num, true
	}
	return 0, false
}
