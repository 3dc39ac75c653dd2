package rule

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/rule/col"
	"eyas/internal/rule/expr"
	"eyas/internal/rule/kernel"
)

// Set is the compiled rules of a pack. It implements Face and is safe for concurrent use.
type Set struct {
	pack  *pack.Pack
	rules []*compiled

	mu     sync.Mutex
	bounds map[string]*bound // nodes of recent explanations
	moves  []*move           // recent what-ifs; the last one is the newest
}

// compiled is a rule with its checked expressions.
type compiled struct {
	rule  *pack.Rule
	reg   *pack.Register
	lang  *expr.Language
	exprs map[exprKey]*expr.Expression
}

// exprKey identifies an expression of a rule: of a criterion, of a score item, or of a case of an item.
type exprKey struct {
	criterion *pack.Criterion
	item      *pack.Item
	index     int
}

// Compile parses and checks every expression of a pack. The error is a pack.Errors with the position of each fault.
func Compile(p *pack.Pack) (*Set, error) {
	s := &Set{pack: p, bounds: map[string]*bound{}}
	var errs pack.Errors
	for _, r := range p.Rules {
		c, faults := compileRule(p, r)
		errs = append(errs, faults...)
		s.rules = append(s.rules, c)
	}
	if len(errs) > 0 {
		return nil, errs
	}
	return s, nil
}

// Check reports every fault in the rules of a pack that the loader cannot see.
func Check(p *pack.Pack) pack.Errors {
	s, err := Compile(p)
	if err != nil {
		return err.(pack.Errors)
	}
	var errs pack.Errors
	for _, c := range s.rules {
		errs = append(errs, c.check(p)...)
	}
	return errs
}

func compileRule(p *pack.Pack, r *pack.Rule) (*compiled, pack.Errors) {
	c := &compiled{rule: r, reg: register(p, r.Register), exprs: map[exprKey]*expr.Expression{}}
	if c.reg == nil {
		text := fmt.Sprintf("rule %s: no register %q", r.ID, r.Register)
		return c, pack.Errors{{Pos: r.Pos, ZH: fmt.Sprintf("规则 %s：没有库 %q", r.ID, r.Register), Text: text}}
	}
	lang, err := expr.New(p, c.reg, expr.Names{Numbers: r.Numbers, Points: pointsOf(r)})
	if err != nil {
		return c, pack.Errors{{Pos: r.Pos, Text: err.Error()}}
	}
	c.lang = lang
	var errs pack.Errors
	add := func(k exprKey, source string, pos pack.Pos, want expr.Type) {
		e, faults := lang.Compile(source, pos, want)
		if errs = append(errs, faults...); e != nil {
			c.exprs[k] = e
		}
	}
	for _, k := range r.Criteria {
		add(exprKey{criterion: k}, k.When, k.Pos, expr.Truth)
	}
	if r.Score != nil {
		var items func([]*pack.Item)
		items = func(list []*pack.Item) {
			for _, it := range list {
				if it.Of != "" {
					add(exprKey{item: it}, it.Of, it.Pos, expr.Banded)
				}
				for i, sc := range it.Cases {
					if sc.When != "" {
						add(exprKey{item: it, index: i}, sc.When, sc.Pos, expr.Truth)
					}
				}
				items(it.Items)
				items(it.BestOf)
			}
		}
		items(r.Score.Items)
	}
	return c, errs
}

func register(p *pack.Pack, id string) *pack.Register {
	for _, r := range p.Registers {
		if r.ID == id {
			return r
		}
	}
	return nil
}

// pointsOf returns the names that expressions can use for a rule's score: its item ids and "total".
func pointsOf(r *pack.Rule) (ids []string) {
	if r.Score == nil {
		return nil
	}
	walkItems(r.Score.Items, func(it *pack.Item) {
		if it.ID != "" {
			ids = append(ids, it.ID)
		}
	})
	return append(ids, "total")
}

func walkItems(items []*pack.Item, fn func(*pack.Item)) {
	for _, it := range items {
		fn(it)
		walkItems(it.Items, fn)
	}
}

// find returns the rule and its law in force on a date. See Face.Law for the errors.
func (s *Set) find(id string, date time.Time) (*compiled, *pack.Law, error) {
	var first time.Time
	known := false
	day := dateOnly(date)
	for _, c := range s.rules {
		if c.rule.ID != id {
			continue
		}
		known = true
		for i := range c.rule.Laws {
			l := &c.rule.Laws[i]
			if (l.From.IsZero() || !day.Before(dateOnly(l.From))) && (l.Until.IsZero() || !day.After(dateOnly(l.Until))) {
				return c, l, nil
			}
			if first.IsZero() || l.From.Before(first) {
				first = l.From
			}
		}
	}
	if !known {
		ids := s.ids()
		return nil, nil, fault.New(fault.NotFound, fmt.Sprintf("没有名为 %s 的规则；可用的有：%s", id, strings.Join(ids, "、")),
			fmt.Sprintf("there is no rule %s; the rules are %s", id, strings.Join(ids, ", ")))
	}
	d := first.Format(time.DateOnly)
	return nil, nil, fault.New(fault.Invalid, fmt.Sprintf("%s 在 %s 没有施行中的规定；最早的自 %s 起施行", id, day.Format(time.DateOnly), d),
		fmt.Sprintf("no version of %s is in force on %s; the earliest applies from %s", id, day.Format(time.DateOnly), d))
}

func (s *Set) ids() []string {
	var ids []string
	seen := map[string]bool{}
	for _, c := range s.rules {
		if !seen[c.rule.ID] {
			seen[c.rule.ID] = true
			ids = append(ids, c.rule.ID)
		}
	}
	return ids
}

// Law implements Face.
func (s *Set) Law(id string, date time.Time) (*pack.Rule, *pack.Law, error) {
	c, l, err := s.find(id, date)
	if err != nil {
		return nil, nil, err
	}
	return c.rule, l, nil
}

func dateOnly(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// bound is a rule as nodes for one table and one day.
type bound struct {
	c        *compiled
	law      *pack.Law
	date     time.Time
	base     int
	b        binding
	criteria []boundCriterion
	total    *kernel.Node                // nil if the rule has no score
	items    map[*pack.Item]*kernel.Node // score items
	fallback int                         // number of criteria that the interpreter evaluates
	levers   []boundLever
}

// boundCriterion is a criterion with the three nodes that are evaluated for it.
type boundCriterion struct {
	*pack.Criterion
	full       *kernel.Node // the verdict
	blank      *kernel.Node // the verdict with manual attributes taken as blank: what the data alone decide
	determined *kernel.Node // yes where the verdict is known or waits only for a manual finding
}

// bind makes the nodes of a rule in a graph. Rules may share the graph. Numbers whose names are in open stay open.
func (s *Set) bind(g *kernel.Graph, c *compiled, law *pack.Law, opt Options, open map[string]bool) (*bound, error) {
	date := dateOnly(opt.Date)
	b := binding{c.lang.Scope(g, date)}
	b.Open = open
	for _, a := range opt.Assume {
		if at := c.reg.Attribute(a); at == nil || at.Kind != pack.Boolean || at.Manual {
			return nil, fault.New(fault.Invalid, fmt.Sprintf("“%s”不是可以假定为“否”的是/否数据项", a), fmt.Sprintf("%q is not a yes/no attribute whose blanks can be taken as no", a))
		}
		b.Assume[a] = true
	}
	for name, v := range opt.Numbers {
		if _, ok := b.Numbers[name]; !ok {
			return nil, fault.New(fault.Invalid, fmt.Sprintf("规则 %s 没有名为 %s 的数值；用 eyas rule show %s 查看", c.rule.ID, name, c.rule.ID),
				fmt.Sprintf("rule %s has no number %s; eyas rule show %s lists them", c.rule.ID, name, c.rule.ID))
		}
		b.Numbers[name] = v
	}
	bd := &bound{c: c, law: law, date: date, base: b.Base, b: b}
	without := *b.Scope
	without.Blank = true
	blank := binding{&without}
	if c.rule.Score != nil {
		var err error
		if b.Points, bd.items, err = b.scoreNodes(c); err != nil {
			return nil, fmt.Errorf("rule %s: score: %w", c.rule.ID, err)
		}
		if blank.Points, _, err = blank.scoreNodes(c); err != nil {
			return nil, fmt.Errorf("rule %s: score: %w", c.rule.ID, err)
		}
		bd.total = b.Points["total"]
	}
	for _, k := range c.rule.Criteria {
		e := c.exprs[exprKey{criterion: k}]
		bc := boundCriterion{Criterion: k}
		full, err := b.Lower(e)
		if err != nil {
			if err := s.interpret(bd, &bc, e); err != nil {
				return nil, fmt.Errorf("rule %s, criterion %s: %w", c.rule.ID, k.ID, err)
			}
			bd.criteria = append(bd.criteria, bc)
			continue
		}
		bc.full = full
		if bc.blank, err = blank.Lower(e); err != nil {
			return nil, fmt.Errorf("rule %s, criterion %s: %w", c.rule.ID, k.ID, err)
		}
		bc.determined = g.Determined(full, func(k col.Key) bool {
			a := c.reg.Attribute(k.Attr)
			return a != nil && a.Manual
		})
		bd.criteria = append(bd.criteria, bc)
	}
	bd.bindLevers()
	return bd, nil
}
