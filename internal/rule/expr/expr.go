// Package expr compiles expressions over the attributes of a register, written in CEL (docs/rule-language.md), to truth, a
// number, money, a date or a text, and evaluates them over the columns of a table and on one subject. cel-go parses and
// checks them; what the kernels cover runs there, the rest in cel-go's interpreter.
//
// What is blank is unknown, and an expression says so: truth has a third value, and a number or an amount is an interval
// where its inputs leave one open. Money is whole fen: the product of money and a number is rounded to the fen, half away
// from zero (四舍五入), in every amount, though not in what a condition compares. No official rule says how subsidies are
// rounded; this is what accounting does, and not the rounding of GB/T 8170, which goes to the even digit.
package expr

import (
	"fmt"
	"strings"
	"sync"

	"eyas/internal/pack"

	"cel.dev/cel-go/cel"
	celast "cel.dev/cel-go/common/ast"
)

// Type is what an expression gives.
type Type uint8

// The types. Money is in fen (or cents), a date in days since 1970-01-01.
const (
	Truth Type = iota
	Number
	Money
	Date
	Text
	Banded // any number, amount or rate: what a score gives points for
)

var typeNames = [...]pack.Text{{ZH: "是或否", EN: "yes or no"}, {ZH: "数", EN: "a number"}, {ZH: "金额", EN: "an amount of money"}, {ZH: "日期", EN: "a date"},
	{ZH: "文字", EN: "a text"}, {ZH: "数、金额或比率", EN: "a number, an amount or a rate"}}

// Name is the type in words.
func (t Type) Name() pack.Text { return typeNames[t] }

// Names are what expressions may name beside the attributes of their register.
type Names struct {
	Numbers []*pack.Number // number('staff.max')
	Points  []string       // score.staff: items of a score, and its total
}

// Language is what expressions over one register may say. It is safe for concurrent use.
type Language struct {
	Register  *pack.Register
	numbers   map[string]*pack.Number
	districts map[string]bool
	env       *cel.Env
}

// New declares a register's attributes and certificates and some names.
func New(p *pack.Pack, reg *pack.Register, names Names) (*Language, error) {
	l := &Language{Register: reg, numbers: map[string]*pack.Number{}, districts: map[string]bool{}}
	for _, n := range names.Numbers {
		l.numbers[n.Name] = n
	}
	for _, o := range p.Orgs.Districts() {
		l.districts[o.ID] = true
	}
	env, err := cel.NewEnv(append(declarations(reg, names), functions...)...)
	if err != nil {
		return nil, fmt.Errorf("expressions over %s: %w", reg.ID, err)
	}
	l.env = env
	return l, nil
}

// Expression is one that was checked.
type Expression struct {
	Source string
	Pos    pack.Pos // of Source
	Type   Type
	lang   *Language
	ast    *cel.Ast

	once    sync.Once
	program cel.Program
	err     error
}

// Expr is the checked tree of the expression.
func (e *Expression) Expr() celast.Expr { return e.ast.NativeRep().Expr() }

// At is the place of a part of the expression.
func (e *Expression) At(x celast.Expr) pack.Pos {
	l := e.ast.NativeRep().SourceInfo().GetStartLocation(x.ID())
	return place(e.Pos, l.Line(), l.Column())
}

// Compile checks an expression that stands at a place and must give a type. Every fault is given at its own place.
func (l *Language) Compile(source string, pos pack.Pos, want Type) (*Expression, pack.Errors) {
	e := &Expression{Source: source, Pos: pos, Type: want, lang: l}
	parsed, iss := l.env.Parse(source)
	if iss != nil && iss.Err() != nil {
		return nil, spoken(pos, iss)
	}
	e.ast = parsed
	if errs := l.amounts(e, want); len(errs) > 0 {
		if _, iss := l.env.Check(parsed); iss != nil && iss.Err() != nil { // a name that does not exist explains more
			return nil, spoken(pos, iss)
		}
		return nil, errs
	}
	checked, iss := l.env.Check(parsed)
	if iss != nil && iss.Err() != nil {
		return nil, spoken(pos, iss)
	}
	e.ast = checked
	if got := checked.OutputType(); !want.takes(got) {
		zh, en := want.Name().ZH, want.Name().EN
		return nil, pack.Errors{{Pos: pos, ZH: fmt.Sprintf("这个表达式的结果是 %s，这里需要%s", got, zh), Text: fmt.Sprintf("this expression gives %s; %s is needed here", got, en)}}
	}
	return e, nil
}

// takes reports whether what cel-go finds an expression to give is of the type.
func (t Type) takes(got *cel.Type) bool {
	switch t {
	case Truth:
		return got.IsExactType(cel.BoolType)
	case Number, Money:
		return got.IsExactType(cel.DoubleType) || got.IsExactType(cel.IntType)
	case Date:
		return got.IsExactType(cel.TimestampType)
	case Text:
		return got.IsExactType(cel.StringType)
	}
	return true
}

func spoken(pos pack.Pos, iss *cel.Issues) (errs pack.Errors) {
	for _, ce := range iss.Errors() {
		zh, en := plain(ce.Message)
		errs = append(errs, &pack.Error{Pos: place(pos, ce.Location.Line(), ce.Location.Column()), ZH: zh, Text: en})
	}
	return errs
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
		return fmt.Sprintf("没有证书 %q：请在规则的 certificate 或库的 certificates 里写明它在哪些数据项里（from、until）", n),
			fmt.Sprintf("no certificate %q: say under certificate of the rule, or certificates of the register, which attributes keep it (from, until)", n)
	}
	if name == "score" {
		return "规则没有这个评分项目：请在 score 下声明", "the rule has no such score item: declare it under score"
	}
	return fmt.Sprintf("库里没有数据项 %q", name), fmt.Sprintf("the register has no attribute %q", name)
}

// interpreted is the interpreter's form, made when first asked for.
func (e *Expression) interpreted() (cel.Program, error) {
	e.once.Do(func() { e.program, e.err = e.lang.env.Program(e.ast) })
	return e.program, e.err
}
