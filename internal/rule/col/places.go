package col

import "eyas/internal/pack"

// Places tells in which district, zone or park the rows of a table lie. It never changes.
type Places struct {
	of      [2]*Dict // the columns that say it
	n       int
	by      map[string]Bitmap // rows by district, zone or park
	unknown Bitmap            // rows of which no district, zone or park of the city is known
}

// Places returns where the rows of the table lie. before is what an earlier table gave, nil means none: it still holds when the columns
// of places are the same.
func (t *Table) Places(orgs pack.Orgs, before *Places) *Places {
	district, zone := t.Register.PlaceAttributes()
	p := &Places{n: t.N}
	for i, a := range []*pack.Attribute{district, zone} {
		if a != nil {
			p.of[i] = t.Dicts[Key{Attr: a.ID}]
		}
	}
	if before != nil && before.n == p.n && before.of == p.of {
		return before
	}
	p.by, p.unknown = map[string]Bitmap{}, All(t.N)
	known := map[string]bool{}
	for _, o := range orgs {
		known[o.ID] = o.IsDistrict() || o.IsZone()
	}
	for _, d := range p.of {
		if d == nil {
			continue
		}
		rows := make([]Bitmap, len(d.Words))
		for i, w := range d.Words {
			if i > 0 && known[w] {
				if p.by[w] == nil {
					p.by[w] = NewBitmap(t.N)
				}
				rows[i] = p.by[w]
			}
		}
		for row, w := range d.Val {
			if in := rows[w]; in != nil {
				in.Set(row)
				p.unknown.Clear(row)
			}
		}
	}
	return p
}

// Lying returns the rows whose district, zone or park a reader may see, and the rows of which none of the city is known. Both are the
// caller's own.
func (p *Places) Lying(has func(org string) bool) (seen, unknown Bitmap) {
	seen = NewBitmap(p.n)
	for org, rows := range p.by {
		if has(org) {
			seen.Or(rows)
		}
	}
	return seen, p.unknown.Clone()
}
