package web

import (
	"regexp"
	"slices"
	"sync/atomic"

	"eyas/internal/pack"
)

// city is what the pages look up in a pack again and again, worked out once.
type city struct {
	pack       *pack.Pack
	register   *pack.Register
	org        map[string]*pack.Org
	districts  []*pack.Org
	zones      []*pack.Org // zones and parks
	codes      map[string]map[string]pack.Text
	assumable  []*pack.Attribute // yes/no attributes that rules read and a register may leave blank
	ladder     []*pack.Rule      // one per recognition: the latest version of each
	attributes map[string]*pack.Attribute
	last       atomic.Pointer[split] // rows by district of the table used last
}

// newCity is the city as its first register sees it.
func newCity(p *pack.Pack) *city {
	if len(p.Registers) == 0 {
		return newCityOf(p, nil)
	}
	return newCityOf(p, p.Registers[0])
}

// newCityOf is the city as one register sees it: its attributes and the recognitions of its subjects.
func newCityOf(p *pack.Pack, reg *pack.Register) *city {
	c := &city{pack: p, org: map[string]*pack.Org{}, codes: map[string]map[string]pack.Text{},
		attributes: map[string]*pack.Attribute{}}
	for _, o := range p.Orgs {
		c.org[o.ID] = o
		switch o.Kind {
		case "district":
			c.districts = append(c.districts, o)
		case "zone", "park":
			c.zones = append(c.zones, o)
		}
	}
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
		if i := slices.IndexFunc(c.ladder, func(x *pack.Rule) bool { return x.ID == r.ID }); i >= 0 {
			c.ladder[i] = r
		} else {
			c.ladder = append(c.ladder, r)
		}
		for _, text := range expressions(r) {
			for _, word := range word.FindAllString(text, -1) {
				read[word] = true
			}
		}
	}
	if reg != nil {
		c.register = reg
		for _, a := range c.register.Attributes {
			c.attributes[a.ID] = a
			if a.Kind == pack.Boolean && !a.Manual && !a.Yearly && read[a.ID] {
				c.assumable = append(c.assumable, a)
			}
		}
	}
	return c
}

var word = regexp.MustCompile(`[a-z][a-z0-9_]*`)

// expressions are all the CEL texts of a rule.
func expressions(r *pack.Rule) []string {
	var texts []string
	for _, c := range r.Criteria {
		texts = append(texts, c.When)
	}
	var walk func([]*pack.Item)
	walk = func(items []*pack.Item) {
		for _, i := range items {
			texts = append(texts, i.Of)
			for _, c := range i.Cases {
				texts = append(texts, c.When)
			}
			walk(i.Items)
			walk(i.BestOf)
		}
	}
	if r.Score != nil {
		walk(r.Score.Items)
	}
	return texts
}

// codeName is the name of a code that an attribute holds; what is in no list is shown as it came.
func (c *city) codeName(a *pack.Attribute, code, lang string) string {
	switch a.Codes {
	case "":
		return code
	case "org", "zone":
		if o := c.org[code]; o != nil {
			return shortName(o, lang)
		}
		return code
	}
	if name, ok := c.codes[a.Codes][code]; ok {
		return name.In(lang)
	}
	return code
}

func shortName(o *pack.Org, lang string) string {
	if s := o.Short.In(lang); s != "" {
		return s
	}
	return o.Name.In(lang)
}

// recognition finds the latest version of a rule; nil when there is none.
func (c *city) recognition(id string) *pack.Rule {
	if i := slices.IndexFunc(c.ladder, func(r *pack.Rule) bool { return r.ID == id }); i >= 0 {
		return c.ladder[i]
	}
	return nil
}

// criterion finds a criterion of a rule; nil when there is none.
func (c *city) criterion(ruleID, id string) *pack.Criterion {
	for _, r := range c.pack.Rules {
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
