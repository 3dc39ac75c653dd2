// Package expr compiles CEL expressions over the attributes of a register (docs/rule-language.md). The result is truth,
// a number, money, a date or a text, for all rows of a table or for one subject. cel-go parses and checks an
// expression. The kernels evaluate what they cover, and cel-go's interpreter evaluates the rest.
//
// A blank value is unknown. Truth is three-valued (Kleene). A number or an amount of money is an interval while its
// inputs leave it open.
//
// Money is whole fen. In every amount, the product of money and a number is rounded to the fen, half away from zero
// (四舍五入). What a condition compares is not rounded. No official rule says how subsidies are rounded. Half away from
// zero is common in accounting; GB/T 8170 rounds half to the even digit and is not followed here.
package expr

import (
	"fmt"
	"strings"
	"sync"

	"eyas/internal/pack"

	"cel.dev/cel-go/cel"
	celast "cel.dev/cel-go/common/ast"
)

// Type is the type of an expression's result.
type Type uint8

// Types of results. Money is in fen (cents for US dollars), a date in days since 1970-01-01.
const (
	Truth Type = iota
	Number
	Money
	Date
	Text
	Banded // any number, amount or rate: the value that a score item gives points for
)

var typeNames = [...]pack.Text{{ZH: "是或否", EN: "yes or no"}, {ZH: "数", EN: "a number"}, {ZH: "金额", EN: "an amount of money"}, {ZH: "日期", EN: "a date"},
	{ZH: "文字", EN: "a text"}, {ZH: "数、金额或比率", EN: "a number, an amount or a rate"}}

// Name returns the type in words.
func (t Type) Name() pack.Text { return typeNames[t] }

// Names are the names that an expression may use beside the attributes of its register.
type Names struct {
	Numbers []*pack.Number // as number('staff.max')
	Points  []string       // as score.staff: ids of score items, and "total"
}

// Language holds the names that expressions over one register may use. It is safe for concurrent use.
type Language struct {
	Register  *pack.Register
	numbers   map[string]*pack.Number
	districts map[string]bool
	env       *cel.Env
}

// New makes the language of a register: its attributes and certificates, and the names. The error is one of cel-go:
// names that collide.
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

// Expression is a checked expression. It is safe for concurrent use.
type Expression struct {
	Source string
	Pos    pack.Pos // where Source begins in its pack file
	Type   Type
	lang   *Language
	ast    *cel.Ast

	once    sync.Once
	program cel.Program
	err     error
}

// Expr returns the checked syntax tree.
func (e *Expression) Expr() celast.Expr { return e.ast.NativeRep().Expr() }

// At returns the position of a part of the expression in its pack file.
func (e *Expression) At(x celast.Expr) pack.Pos {
	l := e.ast.NativeRep().SourceInfo().GetStartLocation(x.ID())
	return place(e.Pos, l.Line(), l.Column())
}

// Compile parses and checks an expression. pos is where it begins in the pack file; want is the type that its result
// must have. It returns all faults, each with its own position, or an expression and nil.
func (l *Language) Compile(source string, pos pack.Pos, want Type) (*Expression, pack.Errors) {
	e := &Expression{Source: source, Pos: pos, Type: want, lang: l}
	parsed, iss := l.env.Parse(source)
	if iss != nil && iss.Err() != nil {
		return nil, spoken(pos, iss)
	}
	e.ast = parsed
	if errs := l.amounts(e, want); len(errs) > 0 {
		if _, iss := l.env.Check(parsed); iss != nil && iss.Err() != nil { // a name that does not exist is the better explanation
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

// takes reports whether a result of cel-go's type got is one of t.
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

// place converts a position inside an expression to one in the pack file. The loader removes the same indentation from
// every line of a block, so the column starts at the same place on each line.
func place(p pack.Pos, line, column int) pack.Pos {
	return pack.Pos{File: p.File, Line: p.Line + line - 1, Column: p.Column + column}
}

// plain rewrites the messages of the CEL checker that the author of a pack would not understand.
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
			fmt.Sprintf("there is no certificate %q: name its attributes (from, until) under certificate in the rule, or under certificates in the register", n)
	}
	if name == "score" {
		return "规则没有这个评分项目：请在 score 下声明", "the rule has no such score item: declare it under score"
	}
	return fmt.Sprintf("库里没有数据项 %q", name), fmt.Sprintf("the register has no attribute %q", name)
}

// interpreted returns the program for cel-go's interpreter. It is made on first use.
func (e *Expression) interpreted() (cel.Program, error) {
	e.once.Do(func() { e.program, e.err = e.lang.env.Program(e.ast) })
	return e.program, e.err
}
