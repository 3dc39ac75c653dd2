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

// Read is a value of a subject that an expression reads.
type Read struct {
	Attr *pack.Attribute
	Ago  int // years before the base year; 0 if the attribute is not yearly
}

// Key returns the column of the value for a base year.
func (r Read) Key(base int) col.Key {
	k := col.Key{Attr: r.Attr.ID}
	if r.Attr.Yearly {
		k.Year = base - r.Ago
	}
	return k
}

// Reads returns the values that the expression reads, each once, in order of first use. A certificate reads its two
// dates.
func (e *Expression) Reads() []Read { return reads(e.lang.Register, e.Expr()) }

// parser is a CEL environment that parses expressions without checking their names.
var parser = sync.OnceValues(func() (*cel.Env, error) { return cel.NewEnv(cel.Macros(macros...)) })

// ReadsOf returns what an unchecked expression over a register reads. It returns nil for text that does not parse.
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

// attribute returns the attribute that a variable reads and how many years before the base year; nil for no attribute.
func attribute(reg *pack.Register, name string) (*pack.Attribute, int) {
	id, ago := name, 0
	if i := strings.Index(name, "@-"); i >= 0 {
		id = name[:i]
		ago, _ = strconv.Atoi(name[i+2:])
	}
	return reg.Attribute(id), ago
}

// NumberName returns the name of the pack number that x is, and whether x is one.
func NumberName(x celast.Expr) (string, bool) {
	if x.Kind() != celast.IdentKind {
		return "", false
	}
	return strings.CutPrefix(x.AsIdent(), "number.")
}

// IsPoints reports whether x is a score item.
func IsPoints(x celast.Expr) bool {
	_, is := scoreName(x)
	return is
}

// ReadsRow reports whether x depends on the subject, not only on pack numbers, the base year and the day.
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
