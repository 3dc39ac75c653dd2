package expr

import (
	"strconv"
	"strings"
	"sync"

	"eyas/internal/pack"
	"eyas/internal/rule/col"

	"cel.dev/cel-go/cel"
	celast "cel.dev/cel-go/common/ast"
)

// Read is a value that an expression reads of a subject.
type Read struct {
	Attr *pack.Attribute
	Ago  int // years before the base year; 0 for attributes that are not yearly
}

// Key is the column of the value where the base year is a given one.
func (r Read) Key(base int) col.Key {
	k := col.Key{Attr: r.Attr.ID}
	if r.Attr.Yearly {
		k.Year = base - r.Ago
	}
	return k
}

// Reads gives what the expression reads, each once, in the order in which it is named; of a certificate its days.
func (e *Expression) Reads() []Read { return reads(e.lang.Register, e.Expr()) }

// parser reads expressions whatever they name.
var parser = sync.OnceValues(func() (*cel.Env, error) { return cel.NewEnv(cel.Macros(macros...)) })

// ReadsOf gives what an expression over a register reads, without checking it; what is no expression reads nothing.
func ReadsOf(reg *pack.Register, source string) []Read {
	env, err := parser()
	if err != nil {
		return nil
	}
	ast, iss := env.Parse(source)
	if iss != nil && iss.Err() != nil {
		return nil
	}
	return reads(reg, ast.NativeRep().Expr())
}

func reads(reg *pack.Register, x celast.Expr) (list []Read) {
	seen := map[Read]bool{}
	add := func(a *pack.Attribute, ago int) {
		if r := (Read{a, ago}); a != nil && !seen[r] {
			seen[r] = true
			list = append(list, r)
		}
	}
	celast.PreOrderVisit(x, celast.NewExprVisitor(func(x celast.Expr) {
		if x.Kind() != celast.IdentKind {
			return
		}
		name := x.AsIdent()
		if id, ok := strings.CutPrefix(name, "held."); ok {
			if c := reg.Certificate(id); c != nil {
				add(reg.Attribute(c.From), 0)
				add(reg.Attribute(c.Until), 0)
			}
			return
		}
		add(attribute(reg, name))
	}))
	return list
}

// attribute finds what a variable reads: an attribute, and how many years before the base year.
func attribute(reg *pack.Register, name string) (*pack.Attribute, int) {
	id, ago := name, 0
	if i := strings.Index(name, "@-"); i >= 0 {
		id = name[:i]
		ago, _ = strconv.Atoi(name[i+2:])
	}
	return reg.Attribute(id), ago
}

// NumberName is the number that a part of an expression is.
func NumberName(x celast.Expr) (string, bool) {
	if x.Kind() != celast.IdentKind {
		return "", false
	}
	return strings.CutPrefix(x.AsIdent(), "number.")
}

// IsPoints reports whether a part of an expression is an item of a score.
func IsPoints(x celast.Expr) bool {
	_, is := scoreName(x)
	return is
}

// ReadsRow reports whether a part of an expression depends on a subject, not only on numbers of the pack.
func ReadsRow(x celast.Expr) bool {
	found := false
	celast.PreOrderVisit(x, celast.NewExprVisitor(func(x celast.Expr) {
		if x.Kind() != celast.IdentKind {
			return
		}
		if _, ok := NumberName(x); !ok && x.AsIdent() != varBaseYear && x.AsIdent() != varDay {
			found = true
		}
	}))
	return found
}
