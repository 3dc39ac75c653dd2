package identity

import (
	"context"
	"fmt"
	"time"

	"eyas/internal/fault"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
)

// Followed returns the merges in force that linkage made, after an import, of subjects that its rows name: at most limit of them,
// the earliest first, and their total number.
func (g *Identities) Followed(ctx context.Context, importID int64, limit int) (list []Joined, total int, err error) {
	defer fault.At(&err, "identity.Followed(import %d)", importID)
	err = g.rooms.Identities().Read(ctx, func(r Reader) error {
		i, err := importOf(ctx, r, importID)
		if err != nil {
			return err
		}
		rows, n, err := r.Followed(ctx, i.Register, i.FirstRecord, i.LastRecord, i.At, 0, limit)
		if err != nil {
			return err
		}
		total = n
		list, err = joinedViews(ctx, r, rows)
		return err
	})
	return list, total, err
}

// Owed returns those of the merges that followed an import which stand on it alone: one of the two subjects is named by no row of
// another import in force. At most limit of them are returned, with the number of all. TakeBack undoes them.
func (g *Identities) Owed(ctx context.Context, importID int64, limit int) (list []Joined, total int, err error) {
	defer fault.At(&err, "identity.Owed(import %d)", importID)
	err = g.rooms.Identities().Read(ctx, func(r Reader) error {
		rows, err := owed(ctx, r, importID)
		if err != nil {
			return err
		}
		total = len(rows)
		list, err = joinedViews(ctx, r, rows[:min(limit, len(rows))])
		return err
	})
	return list, total, err
}

// TakeBack undoes the merges that stand on an import alone (see Owed), before the import itself is undone. Nobody has said that
// their subjects are different: if the rows come again, linkage compares them again. The caller has authorised the undoing of the
// import. progress gets how many are undone; it may be nil.
func (g *Identities) TakeBack(ctx context.Context, actor string, importID int64, progress func(derive.Progress)) (err error) {
	defer fault.At(&err, "identity.TakeBack(import %d)", importID)
	var rows []fact.MergeRow
	err = g.rooms.Identities().Read(ctx, func(r Reader) error {
		rows, err = owed(ctx, r, importID)
		return err
	})
	if err != nil {
		return err
	}
	tell := g.base.Teller(derive.Progress{Stage: "undoing", TotalBytes: int64(len(rows))}, progress)
	for n := len(rows) - 1; n >= 0; n-- { // the latest first
		err := g.rooms.Identities().Within(ctx, func(ctx context.Context, w Writer) error {
			m, err := w.Merge(ctx, rows[n].ID)
			if err != nil || m == nil || !m.UndoneAt.IsZero() {
				return err
			}
			return g.separate(ctx, w, actor, m, g.reopened)
		})
		if err != nil {
			return err
		}
		tell(len(rows)-n, int64(len(rows)-n), n == 0)
	}
	return nil
}

// reopened asks again what a merge had answered.
func (g *Identities) reopened(ctx context.Context, w Writer, _ string, m *fact.MergeRow) error {
	list, err := w.QuestionsOf(ctx, "", []int64{m.From})
	if err != nil {
		return err
	}
	for i := range list {
		q := &list[i]
		if q.State != fact.Moot && (q.State != fact.Same || q.Merge != m.ID) {
			continue
		}
		q.State, q.Merge, q.DecidedBy, q.DecidedAt = fact.Open, 0, "", time.Time{}
		if err := w.SetQuestion(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// AskedAbout returns the ids of the open questions about subjects that rows of an import name, at most limit of them and the
// likeliest first, and their total number.
func (g *Identities) AskedAbout(ctx context.Context, importID int64, limit int) (ids []int64, total int, err error) {
	defer fault.At(&err, "identity.AskedAbout(import %d)", importID)
	err = g.rooms.Identities().Read(ctx, func(r Reader) error {
		i, err := importOf(ctx, r, importID)
		if err != nil {
			return err
		}
		ids, total, err = r.AskedAbout(ctx, i.Register, i.FirstRecord, i.LastRecord, limit)
		return err
	})
	return ids, total, err
}

// followedPage is how many merges are looked at together.
const followedPage = 500

func owed(ctx context.Context, r Reader, importID int64) (list []fact.MergeRow, err error) {
	i, err := importOf(ctx, r, importID)
	if err != nil || !i.UndoneAt.IsZero() {
		return nil, err
	}
	for after := int64(0); ; {
		rows, _, err := r.Followed(ctx, i.Register, i.FirstRecord, i.LastRecord, i.At, after, followedPage)
		if err != nil || len(rows) == 0 {
			return list, err
		}
		after = rows[len(rows)-1].ID
		for n := range rows {
			only, err := onlyBy(ctx, r, i, &rows[n])
			if err != nil {
				return nil, err
			}
			if only {
				list = append(list, rows[n])
			}
		}
	}
}

// onlyBy reports whether one of the subjects of a merge is named by rows of an import and by no others in force.
func onlyBy(ctx context.Context, r Reader, i *fact.ImportRow, m *fact.MergeRow) (bool, error) {
	root, err := derive.RootOf(ctx, r, m.Into)
	if err != nil {
		return false, err
	}
	records, err := r.Linked(ctx, []int64{root})
	if err != nil {
		return false, err
	}
	for _, side := range []int64{m.From, m.Into} {
		inside, outside := 0, 0
		for k := range records {
			switch x := &records[k]; {
			case x.Named() != side:
			case x.ID >= i.FirstRecord && x.ID <= i.LastRecord:
				inside++
			default:
				outside++
			}
		}
		if inside > 0 && outside == 0 {
			return true, nil
		}
	}
	return false, nil
}

// importOf returns an import; a fault when there is none.
func importOf(ctx context.Context, r fact.ImportFinder, id int64) (*fact.ImportRow, error) {
	row, err := r.Import(ctx, id)
	if err == nil && row == nil {
		err = fault.New(fault.NotFound, fmt.Sprintf("没有编号为 %d 的导入。", id), fmt.Sprintf("There is no import number %d.", id))
	}
	return row, err
}
