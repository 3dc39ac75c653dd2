package expr

import (
	"fmt"
	"math"
	"strings"
	"time"

	"eyas/internal/pack"
	"eyas/internal/rule/kernel"

	"cel.dev/cel-go/cel"
	celast "cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// oldest is the number of years before the base year that an expression may reach back.
const oldest = 10

// Names of variables that macros insert. Those with an @ cannot be written in an expression.
const (
	varBaseYear  = "base_year@"
	varDay       = "screening_day"
	varDistricts = "city_districts"
)

// rate is the CEL type of ratio and mean_growth. Rates can only be compared.
var rate = cel.OpaqueType("rate")

// noValue is a rate that is known to have no value. cel-go calls Compare of the left operand and returns its result, so
// false here makes every comparison false.
type noValue struct{ types.Double }

func (noValue) Compare(ref.Val) ref.Val { return types.False }

// IsNoValue reports whether v is a rate that is known to have no value, because a denominator is zero or less or the
// subject is too young.
func IsNoValue(v ref.Val) bool {
	_, is := v.(noValue)
	return is
}

// yearsAgo returns the variable's name for an attribute n years before the base year.
func yearsAgo(attr string, n int) string {
	if n == 0 {
		return attr
	}
	return fmt.Sprintf("%s@-%d", attr, n)
}

// declarations returns the CEL declarations of a register's attributes and certificates, and of the names.
func declarations(reg *pack.Register, names Names) []cel.EnvOption {
	opts := []cel.EnvOption{
		cel.CrossTypeNumericComparisons(true),
		cel.Variable(varBaseYear, cel.DoubleType),
		cel.Variable(varDay, cel.TimestampType),
		cel.Variable(varDistricts, cel.ListType(cel.StringType)),
		cel.Macros(macros...),
	}
	for _, a := range reg.Attributes {
		t := celType(a.Kind)
		opts = append(opts, cel.Variable(a.ID, t))
		if a.Yearly {
			for n := 1; n <= oldest; n++ {
				opts = append(opts, cel.Variable(yearsAgo(a.ID, n), t))
			}
		}
	}
	for _, c := range reg.Certificates {
		opts = append(opts, cel.Variable("held."+c.ID, cel.BoolType))
	}
	for _, n := range names.Numbers {
		opts = append(opts, cel.Variable("number."+n.Name, cel.DoubleType))
	}
	for _, id := range names.Points {
		opts = append(opts, cel.Variable("score."+id, cel.DoubleType))
	}
	return opts
}

// numberNamed returns the pack number that a variable stands for, or nil.
func (l *Language) numberNamed(name string) *pack.Number {
	if n, ok := strings.CutPrefix(name, "number."); ok {
		return l.numbers[n]
	}
	return nil
}

func celType(k pack.Kind) *cel.Type {
	switch {
	case k.Numeric():
		return cel.DoubleType
	case k == pack.Boolean:
		return cel.BoolType
	case k == pack.Date:
		return cel.TimestampType
	}
	return cel.StringType
}

var macros = []cel.Macro{
	cel.ReceiverMacro("ago", 1, func(f cel.MacroExprFactory, on celast.Expr, args []celast.Expr) (celast.Expr, *cel.Error) {
		n, ok := intLiteral(args[0])
		if on.Kind() != celast.IdentKind || !ok || n < 0 || n > oldest {
			return nil, f.NewError(on.ID(), fmt.Sprintf("write attribute.ago(n) with n from 0 to %d", oldest))
		}
		return f.NewIdent(yearsAgo(on.AsIdent(), n)), nil
	}),
	cel.GlobalMacro("number", 1, func(f cel.MacroExprFactory, _ celast.Expr, args []celast.Expr) (celast.Expr, *cel.Error) {
		return named(f, args[0], "number.", "number('staff.max')")
	}),
	cel.GlobalMacro("held", 1, func(f cel.MacroExprFactory, _ celast.Expr, args []celast.Expr) (celast.Expr, *cel.Error) {
		return named(f, args[0], "held.", "held('hnte')")
	}),
	cel.GlobalMacro("sum_years", 3, func(f cel.MacroExprFactory, _ celast.Expr, args []celast.Expr) (celast.Expr, *cel.Error) {
		n, ok := intLiteral(args[1])
		if args[0].Kind() != celast.IdentKind || !ok || n < 1 || n > 5 {
			return nil, f.NewError(args[0].ID(), "write sum_years(attribute, n, date) with n from 1 to 5")
		}
		return f.NewCall("sum_years", yearArgs(f, args[2], args[0].AsIdent(), n)...), nil
	}),
	cel.GlobalMacro("mean_growth", 2, func(f cel.MacroExprFactory, _ celast.Expr, args []celast.Expr) (celast.Expr, *cel.Error) {
		if args[0].Kind() != celast.IdentKind {
			return nil, f.NewError(args[0].ID(), "write mean_growth(attribute, date)")
		}
		return f.NewCall("mean_growth", yearArgs(f, args[1], args[0].AsIdent(), 3)...), nil
	}),
	cel.GlobalMacro("year_end", 1, func(f cel.MacroExprFactory, _ celast.Expr, args []celast.Expr) (celast.Expr, *cel.Error) {
		return f.NewCall("year_end", f.NewIdent(varBaseYear), args[0]), nil
	}),
	cel.GlobalMacro("years_before", 1, func(f cel.MacroExprFactory, _ celast.Expr, args []celast.Expr) (celast.Expr, *cel.Error) {
		return f.NewCall("years_before", f.NewIdent(varDay), args[0]), nil
	}),
	cel.GlobalMacro("days_before", 1, func(f cel.MacroExprFactory, _ celast.Expr, args []celast.Expr) (celast.Expr, *cel.Error) {
		return f.NewCall("days_before", f.NewIdent(varDay), args[0]), nil
	}),
}

func yearArgs(f cel.MacroExprFactory, registered celast.Expr, attr string, n int) []celast.Expr {
	args := []celast.Expr{f.NewIdent(varBaseYear), registered}
	for k := range n {
		args = append(args, f.NewIdent(yearsAgo(attr, k)))
	}
	return args
}

func named(f cel.MacroExprFactory, arg celast.Expr, prefix, example string) (celast.Expr, *cel.Error) {
	if arg.Kind() == celast.LiteralKind {
		if s, ok := arg.AsLiteral().Value().(string); ok {
			return f.NewIdent(prefix + s), nil
		}
	}
	return nil, f.NewError(arg.ID(), "write "+example)
}

func intLiteral(e celast.Expr) (int, bool) {
	if e.Kind() != celast.LiteralKind {
		return 0, false
	}
	n, ok := e.AsLiteral().Value().(int64)
	return int(n), ok
}

// functions are the functions of this language for cel-go's interpreter. Tests compare the kernels with them.
var functions = func() []cel.EnvOption {
	d, ts := cel.DoubleType, cel.TimestampType
	opts := []cel.EnvOption{
		cel.Function("ratio", cel.Overload("ratio_double_double", []*cel.Type{d, d}, rate,
			cel.OverloadIsNonStrict(), cel.BinaryBinding(celRatio))),
		cel.Function("mean_growth", cel.Overload("mean_growth", []*cel.Type{d, ts, d, d, d}, rate,
			cel.OverloadIsNonStrict(), cel.FunctionBinding(celMeanGrowth))),
		cel.Function("compound", cel.Overload("compound_double_double", []*cel.Type{d, d}, d,
			cel.BinaryBinding(func(r, n ref.Val) ref.Val {
				return types.Double(kernel.Compound(number(r), number(n)))
			}))),
		cel.Function("least", cel.Overload("least_double_double", []*cel.Type{d, d}, d,
			cel.BinaryBinding(func(x, y ref.Val) ref.Val { return types.Double(min(number(x), number(y))) }))),
		cel.Function("greatest", cel.Overload("greatest_double_double", []*cel.Type{d, d}, d,
			cel.BinaryBinding(func(x, y ref.Val) ref.Val { return types.Double(max(number(x), number(y))) }))),
	}
	for _, n := range []*cel.Type{d, cel.IntType} {
		opts = append(opts, cel.Function(moneyTimes, cel.Overload(moneyTimes+"_"+n.String(), []*cel.Type{d, n}, d,
			cel.BinaryBinding(func(m, x ref.Val) ref.Val {
				if fen, ok := kernel.MoneyTimes(number(m), number(x)); ok {
					return types.Double(fen)
				}
				return types.NewUnknown(0, nil)
			}))))
	}
	for n := 1; n <= 5; n++ {
		args := []*cel.Type{d, ts}
		for range n {
			args = append(args, d)
		}
		opts = append(opts, cel.Function("sum_years", cel.Overload(fmt.Sprintf("sum_years_%d", n), args, d,
			cel.OverloadIsNonStrict(), cel.FunctionBinding(celSumYears))))
	}
	for _, t := range []*cel.Type{d, ts, cel.BoolType, cel.StringType} {
		opts = append(opts, cel.Function("given", cel.Overload("given_"+t.String(), []*cel.Type{t}, cel.BoolType,
			cel.UnaryBinding(func(ref.Val) ref.Val { return types.True }))))
	}
	for _, n := range []*cel.Type{d, cel.IntType} {
		s := n.String()
		opts = append(opts,
			cel.Function("year_end", cel.Overload("year_end_"+s, []*cel.Type{d, n}, ts,
				cel.BinaryBinding(func(base, n ref.Val) ref.Val {
					return celDate(kernel.YearEnd(int(number(base)) + int(math.Floor(number(n)))))
				}))),
			cel.Function("years_before", cel.Overload("years_before_"+s, []*cel.Type{ts, n}, ts,
				cel.BinaryBinding(func(day, n ref.Val) ref.Val {
					return celDate(kernel.YearsBefore(celDays(day), int(math.Floor(number(n)))))
				}))),
			cel.Function("days_before", cel.Overload("days_before_"+s, []*cel.Type{ts, n}, ts,
				cel.BinaryBinding(func(day, n ref.Val) ref.Val {
					return celDate(celDays(day) - int32(math.Floor(number(n))))
				}))))
	}
	for _, op := range []string{operators.GreaterEquals, operators.Greater, operators.LessEquals, operators.Less} {
		opts = append(opts, cel.Function(op, cel.Overload("rate"+op+"double", []*cel.Type{rate, d}, cel.BoolType)))
	}
	return opts
}()

// number converts a CEL int or double.
func number(v ref.Val) float64 {
	if n, ok := v.(types.Int); ok {
		return float64(n)
	}
	return float64(v.(types.Double))
}

func celDate(days int32) ref.Val { return types.Timestamp{Time: kernel.DateOf(days)} }

func celDays(v ref.Val) int32 { return kernel.Days(v.Value().(time.Time)) }

func merge(vals ...ref.Val) ref.Val {
	var u *types.Unknown
	for _, v := range vals {
		if types.IsError(v) {
			return v
		}
		if types.IsUnknown(v) {
			u = types.MergeUnknowns(u, v.(*types.Unknown))
		}
	}
	if u == nil {
		return nil
	}
	return u
}

func celRatio(a, b ref.Val) ref.Val {
	if d, ok := b.(types.Double); ok && d <= 0 {
		return noValue{}
	}
	if u := merge(a, b); u != nil {
		return u
	}
	return a.(types.Double) / b.(types.Double)
}

func celSumYears(args ...ref.Val) ref.Val {
	base := int(number(args[0]))
	if u := merge(args[1]); u != nil {
		return u
	}
	year := args[1].Value().(time.Time).Year()
	var sum float64
	var used []ref.Val
	for i, v := range args[2:] {
		if base-i < year {
			break
		}
		used = append(used, v)
		if d, ok := v.(types.Double); ok {
			sum += float64(d)
		}
	}
	if len(used) == 0 { // no year counts: no input could make the sum known
		return types.NewUnknown(0, nil)
	}
	if u := merge(used...); u != nil {
		return u
	}
	return types.Double(sum)
}

func celMeanGrowth(args ...ref.Val) ref.Val {
	base := int(number(args[0]))
	x := args[2:]
	year := 0
	if !types.IsUnknown(args[1]) {
		year = args[1].Value().(time.Time).Year()
	}
	if year >= base && year != 0 {
		return noValue{}
	}
	if year == base-1 {
		x = x[:2]
	}
	for _, b := range x[1:] {
		if d, ok := b.(types.Double); ok && d <= 0 {
			return noValue{}
		}
	}
	if u := merge(x...); u != nil {
		return u
	}
	if len(x) == 2 {
		return types.Double(kernel.OneRate(number(x[0]), number(x[1])))
	}
	return types.Double(kernel.MeanRate(number(x[0]), number(x[1]), number(x[2])))
}
