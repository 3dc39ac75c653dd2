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

// On says for which day an expression is asked, and with which figures.
type On struct {
	Date    time.Time          // the base year is the year before
	Assume  []string           // yes/no attributes whose blanks are taken as no
	Numbers map[string]float64 // other figures than those of the pack, in their base unit
}

// scope is that of a question over a table.
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

// Value is what an expression gives for one subject.
type Value struct {
	Known bool     // nothing that it depends on is missing
	Truth tri.Bool // of Truth
	Num   float64  // of Number, Money (fen) and Date (days since 1970-01-01)
	Text  string
	// Bounds of a Number or Money that is not known, each where there is one; of one that is known both are Num.
	Low, High           float64
	LowKnown, HighKnown bool
}

// Column is an expression over all rows of a table. Of the slices, those of its type are there.
type Column struct {
	True, False col.Bitmap // of Truth; rows in neither are unknown
	Num         []float64  // of Number, Money and Date, where Valid
	Valid       col.Bitmap
	Low, High   []float64 // of Number and Money, where LowValid and HighValid
	LowValid    col.Bitmap
	HighValid   col.Bitmap
	Text        []string // "" where it is unknown
	Interpreted bool     // the kernels do not cover the expression: it went through the interpreter
}

// Value is the one of a row.
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

// Column evaluates an expression over all rows of a table of its register.
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

// covered reports whether the kernels give a node's rows as the type needs them: of dates and texts only what stands in a
// column.
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

// copied gives the rows of a column of dates or codes.
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

// interpretAll evaluates every row in the interpreter. Of what is unknown no bounds are known.
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

// interpret asks the interpreter for one row.
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

// Value evaluates an expression on one row of a table, as Column does on all.
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
