package connect

import (
	"eyas/internal/pack"
	"eyas/internal/rule/col"
)

// Check says how complete a table would be, before it is made.
type Check struct {
	Rows     int // subjects
	Complete int // of which nothing is missing that the system needs
	Columns  []Lack
	lacking  col.Bitmap
}

// Lack is a column in which rows lack something.
type Lack struct {
	Column *pack.OutColumn
	Key    col.Key // of its attribute, by which lists are filtered
	Why    Why
	Rows   int
}

// Check looks at the columns of a register in memory. Rows are those of the table; nil: all. Texts that are too long show only when the
// table is made.
func (f *Filler) Check(t *col.Table, rows col.Bitmap) *Check {
	if rows == nil {
		rows = col.All(t.N)
	}
	c := &Check{Rows: rows.Count(), lacking: col.NewBitmap(t.N)}
	for _, k := range f.Connector.Out.Columns {
		if k.Attr == nil {
			continue
		}
		key := col.Key{Attr: k.Attr.ID, Year: f.year(k)}
		known := t.Present(key)
		known.And(rows)
		c.add(Lack{Column: k, Key: key, Why: Blank}, without(rows, known), k.Required)
		if k.Attr.Personal && !f.Open[k.Attr.ID] {
			c.add(Lack{Column: k, Key: key, Why: Masked}, known, k.Required)
			continue
		}
		c.add(Lack{Column: k, Key: key, Why: NoWord}, f.wordless(t, k, key, known), true)
	}
	c.Complete = c.Rows - c.lacking.Count()
	return c
}

// add counts rows that lack something. Only what is needed makes a row incomplete; what is blank and not needed is not counted.
func (c *Check) add(l Lack, rows col.Bitmap, needed bool) {
	if l.Rows = rows.Count(); l.Rows == 0 || l.Why == Blank && !needed {
		return
	}
	if needed {
		c.lacking.Or(rows)
	}
	c.Columns = append(c.Columns, l)
}

func without(rows, known col.Bitmap) col.Bitmap {
	b := rows.Clone()
	b.AndNot(known)
	return b
}

// wordless are the rows for whose value the system's word is not known.
func (f *Filler) wordless(t *col.Table, k *pack.OutColumn, key col.Key, known col.Bitmap) col.Bitmap {
	b := col.NewBitmap(t.N)
	switch yes := t.Bools[key]; {
	case k.Attr.Kind == pack.Boolean && yes != nil && k.Words != nil:
		for i := range b {
			if k.Words["yes"] == "" {
				b[i] |= known[i] & yes.Val[i]
			}
			if k.Words["no"] == "" {
				b[i] |= known[i] &^ yes.Val[i]
			}
		}
	case k.Attr.Kind == pack.Code && (k.Words != nil || k.AsCode) && t.Dicts[key] != nil:
		d := t.Dicts[key]
		listed := f.Pack.CodeNames(k.Attr)
		bad := make([]bool, len(d.Words))
		for i, w := range d.Words {
			_, is := listed[w]
			bad[i] = w != "" && (k.Words != nil && k.Words[w] == "" || k.AsCode && !is)
		}
		known.Each(func(row int) {
			if bad[d.Val[row]] {
				b.Set(row)
			}
		})
	}
	return b
}

// Lacking are the first rows of a table that lack something that the system needs.
func (c *Check) Lacking(most int) (rows []int) {
	c.lacking.Each(func(row int) {
		if len(rows) < most {
			rows = append(rows, row)
		}
	})
	return rows
}

// LackedBy are the headers of the columns in which a row of the table lacks something that the system needs.
func (f *Filler) LackedBy(t *col.Table, row int) (headers []string) {
	one := col.NewBitmap(t.N)
	one.Set(row)
	for _, l := range f.Check(t, one).Columns {
		if l.Column.Required || l.Why == NoWord {
			headers = append(headers, l.Column.Header)
		}
	}
	return headers
}

// Incomplete is how many rows lack something.
func (c *Check) Incomplete() int { return c.Rows - c.Complete }
