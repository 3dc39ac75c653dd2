package rule

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"cel.dev/cel-go/cel"
	celast "cel.dev/cel-go/common/ast"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/rule/col"
	"eyas/internal/rule/kernel"
)

// Set is a pack's rules, compiled; it implements Face and is safe for concurrent use.
type Set struct {
	pack  *pack.Pack
	rules []*compiled

	mu     sync.Mutex
	bounds map[string]*bound // recent bindings for explanations
	moves  []*move           // recent what-ifs, newest last
}

// compiled is a rule with its expressions checked.
type compiled struct {
	rule  *pack.Rule
	reg   *pack.Register
	env   *cel.Env
	exprs map[exprKey]*expression
}

// exprKey names an expression of a rule: a criterion's, an item's, or an item's case.
type exprKey struct {
	criterion *pack.Criterion
	item      *pack.Item
	index     int
}

type expression struct {
	source string
	pos    pack.Pos
	ast    *cel.Ast
	once   sync.Once
	prog   cel.Program
	err    error
}

func (e *expression) expr() celast.Expr { return e.ast.NativeRep().Expr() }

// program is the interpreter's form, made when first asked for.
func (c *compiled) program(e *expression) (cel.Program, error) {
	e.once.Do(func() { e.prog, e.err = c.env.Program(e.ast) })
	return e.prog, e.err
}

// Compile parses and checks every expression of a pack. The error is a pack.Errors with the place of each fault.
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

// Check reports every fault of a pack's rules that its loader cannot see.
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
	c := &compiled{rule: r, reg: register(p, r.Register), exprs: map[exprKey]*expression{}}
	env, err := environment(p, r)
	if err != nil {
		return c, pack.Errors{{Pos: r.Pos, Text: err.Error()}}
	}
	c.env = env
	var errs pack.Errors
	add := func(k exprKey, source string, pos pack.Pos, want *cel.Type) {
		e := &expression{source: source, pos: pos}
		ast, iss := env.Compile(source)
		if iss != nil && iss.Err() != nil {
			for _, ce := range iss.Errors() {
				at := place(pos, ce.Location.Line(), ce.Location.Column())
				zh, en := plain(ce.Message)
				errs = append(errs, &pack.Error{Pos: at, ZH: zh, Text: en})
			}
			return
		}
		if want != nil && !ast.OutputType().IsExactType(want) {
			errs = append(errs, &pack.Error{Pos: pos, ZH: fmt.Sprintf("这个表达式的结果是 %s，这里需要 %s", ast.OutputType(), want),
				Text: fmt.Sprintf("this expression gives %s; a %s is needed here", ast.OutputType(), want)})
			return
		}
		e.ast = ast
		c.exprs[k] = e
	}
	for _, k := range r.Criteria {
		add(exprKey{criterion: k}, k.When, k.Pos, cel.BoolType)
	}
	if r.Score != nil {
		var items func([]*pack.Item)
		items = func(list []*pack.Item) {
			for _, it := range list {
				if it.Of != "" {
					add(exprKey{item: it}, it.Of, it.Pos, nil)
				}
				for i, sc := range it.Cases {
					if sc.When != "" {
						add(exprKey{item: it, index: i}, sc.When, sc.Pos, cel.BoolType)
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

// place adds a position inside an expression to the expression's own. The loader has taken the indentation of a
// block off every line alike, so that the column is counted from the same place on each.
func place(p pack.Pos, line, column int) pack.Pos {
	return pack.Pos{File: p.File, Line: p.Line + line - 1, Column: p.Column + column}
}

// plain turns a checker's message into words of this project where a pack's author would stumble.
func plain(msg string) (zh, en string) {
	name, ok := strings.CutPrefix(msg, "undeclared reference to '")
	if !ok {
		return "表达式有误：" + msg, msg
	}
	name, _, _ = strings.Cut(name, "'")
	if n, ok := strings.CutPrefix(name, "number."); ok {
		return fmt.Sprintf("规则没有数值 %q：请在 numbers 下声明", n), fmt.Sprintf("the rule has no number %q: declare it under numbers", n)
	}
	if n, ok := strings.CutPrefix(name, "score."); ok {
		return fmt.Sprintf("评分没有项目 %q", n), fmt.Sprintf("the score has no item %q", n)
	}
	if n, ok := strings.CutPrefix(name, "held."); ok {
		return fmt.Sprintf("没有证书 %q：库里需要 cert_%s_from 和 cert_%s_until", n, n, n),
			fmt.Sprintf("no certificate %q: the register needs cert_%s_from and cert_%s_until", n, n, n)
	}
	if name == "score" {
		return "规则没有这个评分项目：请在 score 下声明", "the rule has no such score item: declare it under score"
	}
	return fmt.Sprintf("库里没有数据项 %q", name), fmt.Sprintf("the register has no attribute %q", name)
}

// find gives the compiled rule in force on a date.
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
			fmt.Sprintf("no rule is called %s; there are: %s", id, strings.Join(ids, ", ")))
	}
	d := first.Format(time.DateOnly)
	return nil, nil, fault.New(fault.Invalid, fmt.Sprintf("%s 在 %s 没有施行中的规定；最早的自 %s 起施行", id, day.Format(time.DateOnly), d),
		fmt.Sprintf("no version of %s is in force on %s; the first is in force since %s", id, day.Format(time.DateOnly), d))
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

// bound is a rule as nodes over one table on one day.
type bound struct {
	c        *compiled
	law      *pack.Law
	date     time.Time
	base     int
	b        *binding
	criteria []boundCriterion
	total    *kernel.Node                // nil without a score
	items    map[*pack.Item]*kernel.Node // score items
	fallback int                         // criteria that the interpreter evaluates
}

// boundCriterion is a criterion in its three readings.
type boundCriterion struct {
	*pack.Criterion
	full       *kernel.Node // the verdict
	blank      *kernel.Node // with manual attributes taken as blank: what the data alone decide
	determined *kernel.Node // known once a person has made the manual findings
}

// bind makes a rule's nodes in a graph (which other rules may share). Numbers named in open stay open.
func (s *Set) bind(g *kernel.Graph, c *compiled, law *pack.Law, opt Options, open map[string]bool) (*bound, error) {
	date := dateOnly(opt.Date)
	b := &binding{g: g, reg: c.reg, day: kernel.Days(date), base: date.Year() - 1,
		cities: map[string]bool{}, assume: map[string]bool{}, numbers: map[string]float64{}, open: open}
	for _, o := range s.pack.Orgs {
		if o.Kind == "district" {
			b.cities[o.ID] = true
		}
	}
	for _, a := range opt.Assume {
		if at := c.reg.Attribute(a); at == nil || at.Kind != pack.Boolean || at.Manual {
			return nil, fault.New(fault.Invalid, fmt.Sprintf("“%s”不是可以假定为“否”的是/否数据项", a), fmt.Sprintf("%q is not a yes/no attribute whose blanks can be taken as no", a))
		}
		b.assume[a] = true
	}
	for _, n := range c.rule.Numbers {
		b.numbers[n.Name] = n.Value
	}
	for name, v := range opt.Numbers {
		if _, ok := b.numbers[name]; !ok {
			return nil, fault.New(fault.Invalid, fmt.Sprintf("规则 %s 没有名为 %s 的数值；用 eyas rule show %s 查看", c.rule.ID, name, c.rule.ID),
				fmt.Sprintf("rule %s has no number %s; eyas rule show %s lists them", c.rule.ID, name, c.rule.ID))
		}
		b.numbers[name] = v
	}
	bd := &bound{c: c, law: law, date: date, base: b.base, b: b}
	blank := *b
	blank.blank = true
	if c.rule.Score != nil {
		var err error
		if b.score, bd.items, err = b.scoreNodes(c); err != nil {
			return nil, fmt.Errorf("rule %s: score: %w", c.rule.ID, err)
		}
		if blank.score, _, err = blank.scoreNodes(c); err != nil {
			return nil, fmt.Errorf("rule %s: score: %w", c.rule.ID, err)
		}
		bd.total = b.score["total"]
	}
	for _, k := range c.rule.Criteria {
		e := c.exprs[exprKey{criterion: k}]
		bc := boundCriterion{Criterion: k}
		full, err := b.lower(e.expr())
		if err != nil {
			if err := s.interpret(bd, &bc, e); err != nil {
				return nil, fmt.Errorf("rule %s, criterion %s: %w", c.rule.ID, k.ID, err)
			}
			bd.criteria = append(bd.criteria, bc)
			continue
		}
		bc.full = full
		if bc.blank, err = blank.lower(e.expr()); err != nil {
			return nil, fmt.Errorf("rule %s, criterion %s: %w", c.rule.ID, k.ID, err)
		}
		bc.determined = g.Determined(full, func(k col.Key) bool {
			a := c.reg.Attribute(k.Attr)
			return a != nil && a.Manual
		})
		bd.criteria = append(bd.criteria, bc)
	}
	return bd, nil
}
