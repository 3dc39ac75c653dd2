package expr

import (
	"errors"
	"fmt"
	"time"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/rule/col"
	"eyas/internal/rule/kernel"
	"eyas/internal/tri"

	"cel.dev/cel-go/common/types"
)

// On is the day for which an expression is evaluated, with the assumptions and numbers of a what-if.
type On struct {
	Date    time.Time          // only year, month and day count; the base year is the year before
	Assume  []string           // ids of yes/no attributes whose blanks are taken as no
	Numbers map[string]float64 // by name, in their base unit; they replace those of the pack
}

// scope returns the scope of an evaluation over a table. It returns fault.Invalid for an attribute or a number in on
// that does not exist.
func (l *Language) scope(t *col.Table, on On) (*Scope, error) {
	y, m, d := on.Date.Date()
	s := l.Scope(kernel.NewGraph(t), time.Date(y, m, d, 0, 0, 0, 0, time.UTC))
	for _, id := range on.Assume {
		if a := l.Register.Attribute(id); a == nil || a.Kind != pack.Boolean || a.Manual {
			return nil, fault.New(fault.Invalid, fmt.Sprintf("“%s”不是可以假定为“否”的是/否数据项", id), fmt.Sprintf("%q is not a yes/no attribute whose blanks can be taken as no", id))
		}
		s.Assume[id] = true
	}
	for name, v := range on.Numbers {
		if l.numbers[name] == nil {
			return nil, fault.New(fault.Invalid, fmt.Sprintf("没有名为 %s 的数值", name), fmt.Sprintf("there is no number %s", name))
		}
		s.Numbers[name] = v
	}
	return s, nil
}

// Value is the result of an expression for one subject.
type Value struct {
	Known bool     // no input that the result depends on is blank
	Truth tri.Bool // of Truth; Unknown while the result is
	Num   float64  // of Number (base unit), Money (fen) and Date (days since 1970-01-01); 0 while unknown
	Text  string
	// Low and High bound a Number or Money, each where there is a bound. Both are Num when the value is known.
	Low, High           float64
	LowKnown, HighKnown bool
}

// Column is the result of an expression for all rows of a table. Only the slices of its type are filled; the others are
// nil.
type Column struct {
	True, False col.Bitmap // of Truth; a row in neither is unknown
	Num         []float64  // of Number, Money (fen) and Date (days since 1970-01-01), where Valid
	Valid       col.Bitmap
	Low, High   []float64 // of Number and Money, where LowValid and HighValid
	LowValid    col.Bitmap
	HighValid   col.Bitmap
	Text        []string // "" where unknown
	Interpreted bool     // the kernels do not cover the expression, so cel-go's interpreter evaluated it
}

// Value returns the result for one row.
func (c *Column) Value(row int) (v Value) {
	switch {
	case c.True != nil:
		switch {
		case c.True.Get(row):
			v.Truth = tri.True
		case c.False.Get(row):
			v.Truth = tri.False
		}
		v.Known = v.Truth.Known()
	case c.Text != nil:
		v.Text, v.Known = c.Text[row], c.Text[row] != ""
	default:
		if v.Known = c.Valid.Get(row); v.Known {
			v.Num = c.Num[row]
		}
		if c.Low == nil {
			return v
		}
		if v.LowKnown = c.LowValid.Get(row); v.LowKnown {
			v.Low = c.Low[row]
		}
		if v.HighKnown = c.HighValid.Get(row); v.HighKnown {
			v.High = c.High[row]
		}
	}
	return v
}

// Column evaluates the expression over all rows of a table of its register. It returns fault.Invalid when on names an
// attribute or a number that does not exist.
func (e *Expression) Column(t *col.Table, on On) (_ *Column, err error) {
	defer fault.At(&err, "expr.Column(register %s)", t.Register.ID)
	s, err := e.lang.scope(t, on)
	if err != nil {
		return nil, err
	}
	n, err := s.Lower(e)
	if errors.Is(err, ErrNotCovered) || err == nil && !e.covered(n) {
		return e.interpretAll(s)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", e.Pos, err)
	}
	c := &Column{}
	var outputs []kernel.Output
	wanted := []*kernel.Node{n}
	number := func(n *kernel.Node, to *[]float64, valid *col.Bitmap) {
		*to, *valid = make([]float64, t.N), col.NewBitmap(t.N)
		outputs = append(outputs, kernel.Output{Node: n, Num: *to, Valid: *valid})
	}
	switch e.Type {
	case Truth:
		c.True, c.False = col.NewBitmap(t.N), col.NewBitmap(t.N)
		outputs = append(outputs, kernel.Output{Node: n, True: c.True, False: c.False})
	case Number, Money:
		low, high := s.Graph.Bounds(n)
		wanted = append(wanted, low, high)
		number(n, &c.Num, &c.Valid)
		number(low, &c.Low, &c.LowValid)
		number(high, &c.High, &c.HighValid)
	case Date, Text:
		return c.copied(t, n, e.Type), nil
	}
	return c, kernel.Compile(t, wanted).Run(kernel.Params(s.Numbers), 0, outputs)
}

// covered reports whether the kernels give the rows of a node in the form that the type needs. Dates and texts are
// covered only where they are plain columns.
func (e *Expression) covered(n *kernel.Node) bool {
	switch e.Type {
	case Truth:
		return n.Kind() == kernel.Bool
	case Number, Money:
		return n.Kind() == kernel.Num
	case Date:
		return n.Kind() == kernel.Date
	case Text:
		return n.Kind() == kernel.Text
	}
	return false
}

// copied fills the column with the rows of a date or code column.
func (c *Column) copied(t *col.Table, n *kernel.Node, want Type) *Column {
	if want == Text {
		c.Text = make([]string, t.N)
		if d := t.Dicts[n.Key]; d != nil {
			for row, w := range d.Val {
				c.Text[row] = d.Words[w]
			}
		}
		return c
	}
	c.Num, c.Valid = make([]float64, t.N), col.NewBitmap(t.N)
	if d := t.Dates[n.Key]; d != nil {
		copy(c.Valid, d.Valid)
		for row, v := range d.Val {
			c.Num[row] = float64(v)
		}
	}
	return c
}

// interpretAll evaluates every row in cel-go's interpreter. An unknown row has no bounds.
func (e *Expression) interpretAll(s *Scope) (*Column, error) {
	t := s.Graph.Table()
	c := &Column{Interpreted: true}
	switch e.Type {
	case Truth:
		c.True, c.False = col.NewBitmap(t.N), col.NewBitmap(t.N)
	case Text:
		c.Text = make([]string, t.N)
	default:
		c.Num, c.Valid = make([]float64, t.N), col.NewBitmap(t.N)
	}
	at := s.Reading()
	for row := range t.N {
		at.Row = row
		v, err := e.interpret(at)
		if err != nil {
			return nil, fmt.Errorf("%s: row %d: %w", e.Pos, row, err)
		}
		switch {
		case !v.Known:
		case v.Truth == tri.True:
			c.True.Set(row)
		case v.Truth == tri.False:
			c.False.Set(row)
		case c.Text != nil:
			c.Text[row] = v.Text
		default:
			c.Num[row] = v.Num
			c.Valid.Set(row)
		}
	}
	if e.Type == Number || e.Type == Money {
		c.Low, c.High, c.LowValid, c.HighValid = c.Num, c.Num, c.Valid, c.Valid
	}
	return c, nil
}

// interpret evaluates one row in cel-go's interpreter.
func (e *Expression) interpret(at *Reading) (v Value, err error) {
	got, err := e.Eval(at)
	if types.IsUnknown(got) {
		return v, nil
	}
	if err != nil {
		return v, err
	}
	v.Known = true
	switch x := got.(type) {
	case types.Bool:
		v.Truth = tri.Of(bool(x))
	case types.Double:
		v.Num = float64(x)
	case types.Int:
		v.Num = float64(x)
	case types.Timestamp:
		v.Num = float64(celDays(x))
	case types.String:
		v.Text = string(x)
	default:
		return v, fmt.Errorf("the interpreter gives a %s", got.Type())
	}
	if e.Type == Number || e.Type == Money {
		v.Low, v.High, v.LowKnown, v.HighKnown = v.Num, v.Num, true, true
	}
	return v, nil
}

// Value evaluates the expression on one row of a table of its register, with the result that Column has for that row.
// It returns an error for a row outside the table, and fault.Invalid when on names an attribute or a number that does
// not exist.
func (e *Expression) Value(t *col.Table, row int, on On) (v Value, err error) {
	if row < 0 || row >= t.N {
		return v, fmt.Errorf("%s: row %d of %d", e.Pos, row, t.N)
	}
	s, err := e.lang.scope(t, on)
	if err != nil {
		return v, err
	}
	n, err := s.Lower(e)
	if errors.Is(err, ErrNotCovered) || err == nil && !e.covered(n) {
		at := s.Reading()
		at.Row = row
		if v, err = e.interpret(at); err != nil {
			err = fmt.Errorf("%s: row %d: %w", e.Pos, row, err)
		}
		return v, err
	}
	if err != nil {
		return v, fmt.Errorf("%s: %w", e.Pos, err)
	}
	r := kernel.NewRow(t, row, kernel.Params(s.Numbers))
	x := r.Eval(n)
	v = Value{Known: x.Known, Truth: x.Truth, Num: x.Num, Text: x.Text}
	if !x.Known {
		v.Num, v.Text = 0, ""
	}
	if e.Type == Number || e.Type == Money {
		low, high := s.Graph.Bounds(n)
		if l := r.Eval(low); l.Known {
			v.Low, v.LowKnown = l.Num, true
		}
		if h := r.Eval(high); h.Known {
			v.High, v.HighKnown = h.Num, true
		}
	}
	return v, nil
}
