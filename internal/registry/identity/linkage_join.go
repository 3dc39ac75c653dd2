package identity

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
)

// joins maps each subject whose records move because of some merges to the subject that they will count for. The merges
// are not written yet.
type joins map[int64]int64

// joins returns the joins of the pass's merges. They include subjects that were merged earlier into a subject that moves
// now.
func (p *linkPass) joins() joins {
	into := make(map[int64]int64, len(p.merges))
	for _, m := range p.merges {
		into[m.From] = m.Into
	}
	j := make(joins, len(p.merges))
	for _, m := range p.merges {
		root := m.Into
		for into[root] != 0 {
			root = into[root]
		}
		j[m.From] = root
		for _, s := range p.below[m.From] {
			j[s] = root
		}
	}
	return j
}

// concerned returns the subjects whose profiles change with the joins, ascending.
func (j joins) concerned() []int64 {
	var list []int64
	for s, root := range j {
		list = append(list, s, root)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// difference returns the subjects, ascending, whose profiles differ between these joins and other ones.
func (j joins) difference(other joins) []int64 {
	var list []int64
	for _, m := range [...]joins{j, other} {
		for s := range m {
			if j[s] != other[s] { // a subject without a root counts for itself
				list = append(list, s, cmp.Or(j[s], s), cmp.Or(other[s], s))
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// rows returns the joins as rows, by subject.
func (j joins) rows() []fact.JoinRow {
	list := make([]fact.JoinRow, 0, len(j))
	for _, s := range slices.Sorted(maps.Keys(j)) {
		list = append(list, fact.JoinRow{Subject: s, Into: j[s]})
	}
	return list
}

// replaced returns the rows that have to be written so that other joins take the place of these.
func (j joins) replaced(others joins) (list []fact.JoinRow) {
	for _, m := range [...]joins{j, others} {
		for s := range m {
			if j[s] != others[s] {
				list = append(list, fact.JoinRow{Subject: s, Into: others[s]})
			}
		}
	}
	slices.SortFunc(list, func(a, b fact.JoinRow) int { return cmp.Compare(a.Subject, b.Subject) })
	return slices.Compact(list)
}

// joined is a reader in which the merges are already written: records count for the roots.
type joined struct {
	derive.Reader
	joins
	from map[int64][]int64 // root → whose records move to it
}

// view returns a function that wraps a reader so that it reads as if the merges were written.
func (j joins) view() func(derive.Reader) derive.Reader {
	from := map[int64][]int64{}
	for _, s := range slices.Sorted(maps.Keys(j)) {
		from[j[s]] = append(from[j[s]], s)
	}
	return func(r derive.Reader) derive.Reader { return &joined{r, j, from} }
}

// Linked returns the records that are linked to subjects after the merges.
func (v *joined) Linked(ctx context.Context, subjects []int64) ([]fact.RecordRow, error) {
	ask := slices.Clone(subjects)
	for _, s := range subjects {
		ask = append(ask, v.from[s]...)
	}
	slices.Sort(ask)
	rows, err := v.Reader.Linked(ctx, slices.Compact(ask))
	if err != nil {
		return nil, err
	}
	wanted := make(map[int64]bool, len(subjects))
	for _, s := range subjects {
		wanted[s] = true
	}
	rows = slices.DeleteFunc(rows, func(r fact.RecordRow) bool {
		root := v.joins[cmp.Or(r.RowSubject, r.Subject)]
		return !wanted[cmp.Or(root, r.Subject)]
	})
	for i := range rows {
		r := &rows[i]
		named := cmp.Or(r.RowSubject, r.Subject)
		if root := v.joins[named]; root != 0 {
			r.Subject, r.RowSubject = root, named
		}
	}
	slices.SortFunc(rows, func(a, b fact.RecordRow) int {
		return cmp.Or(cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.ID, b.ID))
	})
	return rows, nil
}
