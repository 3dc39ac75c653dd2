// Package city is what pages look up in a pack again and again, worked out once: names, districts, the ladder.
package city

import (
	"slices"
	"sync"
	"sync/atomic"

	"eyas/internal/pack"
	"eyas/internal/rule"
)

// City is what the pages look up in a pack again and again, worked out once.
type City struct {
	Pack       *pack.Pack
	Register   *pack.Register
	Org        map[string]*pack.Org
	Districts  []*pack.Org
	Zones      []*pack.Org // zones and parks
	codes      map[string]map[string]pack.Text
	Assumable  []*pack.Attribute // yes/no attributes that rules read and a register may leave blank
	Ladder     []*pack.Rule      // one per recognition: the latest version of each
	Attributes map[string]*pack.Attribute
	byName     sync.Map               // codes by the keys of their names, by list; see codesByName
	last       atomic.Pointer[split]  // rows by district of the table used last
	within     atomic.Pointer[scoped] // rows of the scope asked last
}

// New is the city as its main register sees it.
func New(p *pack.Pack) *City { return Of(p, p.Main()) }

// Of is the city as one register sees it: its attributes and the recognitions of its subjects.
func Of(p *pack.Pack, reg *pack.Register) *City {
	c := &City{Pack: p, Org: map[string]*pack.Org{}, codes: map[string]map[string]pack.Text{},
		Attributes: map[string]*pack.Attribute{}}
	for _, o := range p.Orgs {
		c.Org[o.ID] = o
	}
	c.Districts, c.Zones = p.Orgs.Districts(), p.Orgs.Zones()
	for _, l := range p.Codes {
		names := make(map[string]pack.Text, len(l.Items))
		for _, item := range l.Items {
			names[item.Code] = item.Name
		}
		c.codes[l.ID] = names
	}
	read := map[string]bool{}
	for _, r := range p.Rules {
		if reg != nil && r.Register != reg.ID {
			continue
		}
		if i := slices.IndexFunc(c.Ladder, func(x *pack.Rule) bool { return x.ID == r.ID }); i >= 0 {
			c.Ladder[i] = r
		} else {
			c.Ladder = append(c.Ladder, r)
		}
		if reg == nil {
			continue
		}
		for _, x := range rule.Reads(reg, r) {
			read[x.Attr.ID] = true
		}
	}
	if reg != nil {
		c.Register = reg
		for _, a := range c.Register.Attributes {
			c.Attributes[a.ID] = a
			if a.Kind == pack.Boolean && !a.Manual && !a.Yearly && read[a.ID] {
				c.Assumable = append(c.Assumable, a)
			}
		}
	}
	return c
}

// CodeName is the name of a code that an attribute holds; what is in no list is shown as it came.
func (c *City) CodeName(a *pack.Attribute, code, lang string) string {
	if a.OfOrgs() {
		if o := c.Org[code]; o != nil {
			return ShortName(o, lang)
		}
		return code
	}
	if name, ok := c.codes[a.Codes][code]; ok {
		return name.In(lang)
	}
	return code
}

// ShortName is the short name of a part of the city, else its whole one.
func ShortName(o *pack.Org, lang string) string {
	if s := o.Short.In(lang); s != "" {
		return s
	}
	return o.Name.In(lang)
}

// Recognition finds the latest version of a rule; nil when there is none.
func (c *City) Recognition(id string) *pack.Rule {
	if i := slices.IndexFunc(c.Ladder, func(r *pack.Rule) bool { return r.ID == id }); i >= 0 {
		return c.Ladder[i]
	}
	return nil
}

// Criterion finds a criterion of a rule; nil when there is none.
func (c *City) Criterion(ruleID, id string) *pack.Criterion {
	for _, r := range c.Pack.Rules {
		if r.ID != ruleID {
			continue
		}
		for _, x := range r.Criteria {
			if x.ID == id {
				return x
			}
		}
	}
	return nil
}
