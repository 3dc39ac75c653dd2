package list

import (
	"eyas/internal/rule"
	"eyas/internal/rule/col"
)

// Place is a place in an order: behind the row of a subject. It stays good while rows come and go, in other tables of the register too.
type Place struct {
	Subject int64
	// Key is that of the row in the order, and Blank says that it had none. They place what follows even when the row is gone or has
	// another value meanwhile. With Ranked the key means something in its own table only: the row itself says then where it stands.
	Key    uint64
	Blank  bool
	Ranked bool
}

// PageAfter returns the first rows of a set behind a place in an order, nil: from the beginning; the place behind the last of them, nil
// when none is left; and the number of rows in the set. It reports false when the row of the place is gone and nothing else says where
// it stood: the list must be read from its beginning.
func PageAfter(x *Index, rows col.Bitmap, by Sort, outcomes []*rule.Outcome, after *Place, limit int) (p Page, next *Place, ok bool) {
	o := verdictOrder(by.By, outcomes)
	ranked := false
	if o == nil {
		o, ranked = x.ascending(by.By), keysAreRanks(x, by.By)
	}
	if o != nil && by.Desc {
		o = o.descending()
	}
	total := rows.Count()
	if after != nil {
		if rows, ok = rowsBehind(x, rows, o, ranked, *after); !ok {
			return Page{Total: total}, nil, false
		}
	}
	p = x.page(rows, Sort{}, o, 0, limit)
	if left := p.Total; len(p.Rows) < left && len(p.Rows) > 0 {
		last := p.Rows[len(p.Rows)-1]
		next = &Place{Subject: x.table.Subjects[last], Ranked: ranked}
		if o != nil {
			if next.Blank = !o.present(last); !next.Blank && !ranked {
				next.Key = o.key(last)
			}
		}
	}
	p.Total = total
	return p, next, true
}

// keysAreRanks reports whether the keys of an order are ranks in its table.
func keysAreRanks(x *Index, by string) bool {
	t := x.table
	switch by {
	case "":
		return false
	case "name", t.Register.NameAttr, "code", t.Register.CodeAttr:
		return true
	}
	a, k := x.keyed(by)
	return a != nil && t.Nums[k] == nil && t.Dates[k] == nil && t.Bools[k] == nil && t.Texts[k] == nil
}

// rowsBehind are the rows of a set that stand behind a place in an order; nil: that of subjects.
func rowsBehind(x *Index, rows col.Bitmap, o *order, ranked bool, at Place) (col.Bitmap, bool) {
	out := col.NewBitmap(x.table.N)
	subjects := x.table.Subjects
	if o == nil {
		rows.Each(func(row int) {
			if subjects[row] > at.Subject {
				out.Set(row)
			}
		})
		return out, true
	}
	if ranked && !at.Blank {
		row := x.table.Row(at.Subject)
		if row < 0 || !o.present(row) {
			return nil, false
		}
		at.Key = o.key(row)
	}
	rows.Each(func(row int) {
		is := !o.present(row)
		switch {
		case is && !at.Blank:
			out.Set(row)
		case is:
			if subjects[row] > at.Subject {
				out.Set(row)
			}
		case at.Blank:
		default:
			if key := o.key(row); key > at.Key || key == at.Key && subjects[row] > at.Subject {
				out.Set(row)
			}
		}
	})
	return out, true
}
