package expr

import (
	"fmt"

	"eyas/internal/pack"

	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
)

// moneyTimes is the internal function that replaces a product of money and a number whose result must be whole fen.
const moneyTimes = "money_times"

// unit is the unit of a number: none, yuan, US dollars, or one that is not fixed. A zero goes with every unit.
type unit uint8

const (
	bare unit = iota
	yuan
	dollars
	anyMoney // a number of the pack that is money; its currency is that of the other operand
	zero
	noUnit // not a number
)

func (u unit) money() bool { return u == yuan || u == dollars || u == anyMoney }

// amounts checks the units in an expression. It replaces products of money and a number by moneyTimes where the product
// becomes part of the result. It says nothing about unknown names: cel-go reports those.
func (l *Language) amounts(e *Expression, want Type) pack.Errors {
	a := &amount{lang: l, e: e, fac: celast.NewExprFactory()}
	got := a.of(e.Expr(), want == Money || want == Number)
	if len(a.errs) == 0 && got != noUnit {
		switch {
		case want == Money && !got.money() && got != zero:
			a.add(e.Expr(), "结果是数，这里需要金额：用有单位的数据项或数值（例如 number('grant.base')，值写成 20万元）", "this gives a bare number; an amount of money is needed here: use an attribute or a number with a unit, such as number('grant.base') with the value 20万元")
		case want == Number && got.money():
			a.add(e.Expr(), "结果是金额，这里需要不带单位的数", "this gives an amount of money; a bare number is needed here")
		}
	}
	return a.errs
}

type amount struct {
	lang *Language
	e    *Expression
	fac  celast.ExprFactory
	errs pack.Errors
}

func (a *amount) add(x celast.Expr, zh, en string, args ...any) {
	a.errs = append(a.errs, &pack.Error{Pos: a.e.At(x), ZH: fmt.Sprintf(zh, args...), Text: fmt.Sprintf(en, args...)})
}

// of returns the unit of x. value says that x becomes part of the result; only then sums of different units are errors,
// and products with money are rounded to the fen.
func (a *amount) of(x celast.Expr, value bool) unit {
	switch x.Kind() {
	case celast.LiteralKind:
		switch v := x.AsLiteral().Value().(type) {
		case float64:
			if v == 0 {
				return zero
			}
			return bare
		case int64:
			if v == 0 {
				return zero
			}
			return bare
		}
	case celast.IdentKind:
		return a.lang.unitOf(x.AsIdent())
	case celast.CallKind:
		return a.call(x, value)
	case celast.ListKind:
		for _, y := range x.AsList().Elements() {
			a.of(y, false)
		}
	}
	return noUnit
}

func (a *amount) call(x celast.Expr, value bool) unit {
	c := x.AsCall()
	args := c.Args()
	of := func(i int, value bool) unit { return a.of(args[i], value) }
	switch c.FunctionName() {
	case operators.Multiply:
		return a.product(x, of(0, value), of(1, value), value)
	case operators.Add, operators.Subtract, "least", "greatest":
		return a.alike(x, of(0, value), of(1, value), value)
	case operators.Conditional:
		a.of(args[0], false)
		return a.alike(x, of(1, value), of(2, value), value)
	case operators.Negate:
		return of(0, value)
	case operators.Divide:
		u, v := of(0, false), of(1, false)
		if u.money() && !v.money() {
			return u
		}
		if u == noUnit || v == noUnit {
			return noUnit
		}
		return bare
	case "sum_years":
		return of(2, false)
	case "compound":
		return bare
	}
	if c.IsMemberFunction() {
		a.of(c.Target(), false)
	}
	for i := range args {
		of(i, false)
	}
	return noUnit
}

// product returns the unit of a product. Money times money is an error.
func (a *amount) product(x celast.Expr, u, v unit, value bool) unit {
	switch {
	case u.money() && v.money():
		a.add(x, "金额不能乘以金额：结果没有意义。其中一个须是不带单位的数或比例（例如 30%%）", "money cannot be multiplied by money: one of the two must be a bare number or a share, such as 30%%")
		return noUnit
	case u == noUnit || v == noUnit:
		return noUnit
	case !u.money() && !v.money():
		if u == zero || v == zero {
			return zero
		}
		return bare
	}
	if value {
		args := x.AsCall().Args()
		if v.money() {
			args = []celast.Expr{args[1], args[0]}
		}
		x.SetKindCase(a.fac.NewCall(x.ID(), moneyTimes, args...))
	}
	if u.money() {
		return u
	}
	return v
}

// alike returns the common unit of two operands. Money with a bare number, and yuan with dollars, are errors.
func (a *amount) alike(x celast.Expr, u, v unit, value bool) unit {
	switch {
	case u == noUnit || v == noUnit:
		return noUnit
	case u == zero:
		return v
	case v == zero || u == v:
		return u
	case u.money() != v.money():
		if value {
			a.add(x, "金额和不带单位的数不能相加、相减或二选一：请给数写上单位（例如在 numbers 里写 20万元）", "money and a bare number cannot be added, subtracted or mixed in one choice: give the number a unit, such as 20万元 under numbers")
		}
		return noUnit
	case u == anyMoney:
		return v
	case v == anyMoney:
		return u
	}
	if value {
		a.add(x, "人民币和美元不能相加、相减或二选一：没有汇率", "yuan and US dollars cannot be added, subtracted or mixed in one choice: there is no exchange rate")
	}
	return noUnit
}

// unitOf returns the unit of a variable.
func (l *Language) unitOf(name string) unit {
	if n := l.numberNamed(name); n != nil {
		if n.Unit == "money" {
			return anyMoney
		}
		return bare
	}
	switch name {
	case varBaseYear:
		return bare
	}
	attr, _ := attribute(l.Register, name)
	switch {
	case attr == nil || !attr.Kind.Numeric():
		return noUnit
	case attr.Kind == pack.Money && attr.Unit == "usd":
		return dollars
	case attr.Kind == pack.Money:
		return yuan
	}
	return bare
}
