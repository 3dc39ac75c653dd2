// Package identity decides which subject a record is about. It resolves rows, finds subjects, merges and separates them,
// moves records, and asks people when a decision is not certain.
package identity

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
)

// Identities finds, merges and separates subjects, moves records and answers questions about them.
type Identities struct {
	base   *derive.Base
	rooms  Storage
	merged mergedPairs
}

// New returns the identities of a base.
func New(base *derive.Base, rooms Storage) *Identities {
	return &Identities{base: base, rooms: rooms}
}

// Joined is a merge as people see it.
type Joined struct {
	ID         int64
	Register   string
	From, Into fact.Ref
	At         time.Time
	Actor      string
	How        string
	Evidence   []Evidence
	Reason     string
	UndoneAt   time.Time // zero: in force
	UndoneBy   string
}

// Merge makes two subjects one: all records of from count for into from now on, and rows that name from are about into.
// When only one of them has a code, that one stays, in whichever order they are given. The profile is derived again. id
// is needed to undo the merge.
func (g *Identities) Merge(ctx context.Context, from, into int64, reason string) (id int64, err error) {
	defer fault.At(&err, "identity.Merge(subject %d into %d)", from, into)
	actor, err := g.base.May(ctx, auth.Link, auth.Resource{ID: fmt.Sprint(from)})
	if err != nil {
		return 0, err
	}
	err = g.rooms.Identities().Within(ctx, func(ctx context.Context, w Writer) error {
		id, err = g.join(ctx, w, actor, from, into, string(fact.ByPerson), nil, reason)
		return err
	})
	return id, err
}

// join merges two subjects and settles everything that follows from it.
func (g *Identities) join(ctx context.Context, w Writer, actor string, from, into int64, how string, evidence []Evidence, reason string) (int64, error) {
	a, err := derive.ProfileOf(ctx, w, from)
	if err != nil {
		return 0, err
	}
	b, err := derive.ProfileOf(ctx, w, into)
	if err != nil {
		return 0, err
	}
	if a.Code != "" && b.Code == "" {
		from, into = into, from
	}
	return g.joinInto(ctx, w, actor, from, into, how, evidence, reason)
}

// joinInto is join, with into staying.
func (g *Identities) joinInto(ctx context.Context, w Writer, actor string, from, into int64, how string, evidence []Evidence, reason string) (int64, error) {
	a, err := derive.ProfileOf(ctx, w, from)
	if err != nil {
		return 0, err
	}
	b, err := derive.ProfileOf(ctx, w, into)
	if err != nil {
		return 0, err
	}
	if a.Subject == b.Subject || a.Register != b.Register {
		return 0, fault.New(fault.Invalid, "要合并的须是同一个库里的两个不同主体。", "Only two different subjects of the same register can be merged.")
	}
	past, err := g.base.PastOf(ctx, w, a.Register, []int64{a.Subject, b.Subject}, fact.Moment{})
	if err != nil {
		return 0, err
	}
	for _, p := range []*fact.ProfileRow{a, b} {
		if past.Into[p.Subject] != 0 {
			return 0, fault.New(fault.Conflict, fmt.Sprintf("“%s”已经并入另一个主体。请刷新后再看。", p.Name),
				fmt.Sprintf("“%s” has been merged into another subject already. Reload the page.", p.Name))
		}
	}
	text, err := json.Marshal(evidence)
	if err != nil {
		return 0, err
	}
	id, err := w.Advance(ctx, fact.LastMerge, 1)
	if err != nil {
		return 0, err
	}
	row := fact.MergeRow{ID: id, Register: a.Register, From: a.Subject, Into: b.Subject, At: g.base.Clock().UTC(), Actor: actor, How: how, Evidence: string(text), Reason: reason}
	if err := w.AddMerges(ctx, []fact.MergeRow{row}); err != nil {
		return 0, err
	}
	if err := w.Attach(ctx, past.Below(a.Subject), b.Subject); err != nil {
		return 0, err
	}
	if err := g.answered(ctx, w, actor, a.Subject, b.Subject, id); err != nil {
		return 0, err
	}
	if err := g.settleTwo(ctx, a.Register, a.Subject, b.Subject); err != nil {
		return 0, err
	}
	if err := g.base.Reconsider(ctx, a.Register, []int64{a.Subject, b.Subject}); err != nil {
		return 0, err
	}
	return id, g.base.Log(ctx, actor, "merge", fmt.Sprintf("subject/%d", b.Subject), map[string]any{
		"merge": id, "from": a.Subject, "from_name": audit.Beside(a.Name), "into_name": audit.Beside(b.Name), "how": how, "reason": audit.Beside(reason),
	})
}

func (g *Identities) settleTwo(ctx context.Context, register string, a, b int64) error {
	reg, err := g.base.RegisterOf(register)
	if err != nil {
		return err
	}
	if _, err := g.base.Numbered(ctx, reg); err != nil {
		return err
	}
	_, err = g.base.Settle(ctx, reg, []int64{min(a, b), max(a, b)}, derive.Progress{}, nil)
	return err
}

// Unmerge undoes a merge: the records that name the merged subject, also later ones, count for it again.
func (g *Identities) Unmerge(ctx context.Context, id int64) (err error) {
	defer fault.At(&err, "identity.Unmerge(merge %d)", id)
	actor, err := g.base.May(ctx, auth.Link, auth.Resource{ID: fmt.Sprint(id)})
	if err != nil {
		return err
	}
	return g.rooms.Identities().Within(ctx, func(ctx context.Context, w Writer) error {
		m, err := w.Merge(ctx, id)
		if err != nil {
			return err
		}
		if m == nil {
			return NoMerge(id)
		}
		if !m.UndoneAt.IsZero() {
			return nil
		}
		if a, err := w.HeldAnswer(ctx, m.From); err != nil {
			return err
		} else if a != nil && a.State == fact.HeldYes && a.Merge == id {
			return fault.New(fault.Conflict, "这次合并是采用外机构来件时作的，请到“外机构来件”撤销采用。",
				"This merge was made when something brought by another organisation was taken. Take that back on the page “Brought by others”.")
		}
		return g.separate(ctx, w, actor, m, g.parted)
	})
}

// separate undoes a merge and settles everything that follows from it. told does with the questions about the pair what follows
// from why the merge is undone.
func (g *Identities) separate(ctx context.Context, w Writer, actor string, m *fact.MergeRow, told func(context.Context, Writer, string, *fact.MergeRow) error) error {
	if err := w.MarkMergeUndone(ctx, m.ID, g.base.Clock().UTC(), actor); err != nil {
		return err
	}
	past, err := g.base.PastOf(ctx, w, m.Register, []int64{m.From, m.Into}, fact.Moment{})
	if err != nil {
		return err
	}
	if err := w.Attach(ctx, past.Below(m.From), m.From); err != nil {
		return err
	}
	if err := told(ctx, w, actor, m); err != nil {
		return err
	}
	if err := g.settleTwo(ctx, m.Register, m.From, past.Root(m.Into)); err != nil {
		return err
	}
	if err := g.base.Reconsider(ctx, m.Register, []int64{m.From, m.Into, past.Root(m.Into)}); err != nil {
		return err
	}
	return g.base.Log(ctx, actor, "unmerge", fmt.Sprintf("subject/%d", m.Into), map[string]any{"merge": m.ID, "from": m.From})
}

// Relink moves a record to another subject; with subject 0, to a new subject of its own. It is for rows with a wrong code
// or name: their values then count for the other subject, their code and name do not. id is needed to undo the move.
func (g *Identities) Relink(ctx context.Context, record, subject int64, reason string) (id int64, err error) {
	defer fault.At(&err, "identity.Relink(record %d, subject %d)", record, subject)
	actor, err := g.base.May(ctx, auth.Link, auth.Resource{ID: fmt.Sprint(record)})
	if err != nil {
		return 0, err
	}
	err = g.rooms.Identities().Within(ctx, func(ctx context.Context, w Writer) error {
		r, err := derive.LinkedRecord(ctx, w, record)
		if err != nil {
			return err
		}
		old, err := derive.ProfileOf(ctx, w, r.Subject)
		if err != nil {
			return err
		}
		into := subject
		if into == 0 {
			if into, err = w.Advance(ctx, fact.LastSubject, 1); err != nil {
				return err
			}
			reg, err := g.base.RegisterOf(old.Register)
			if err != nil {
				return err
			}
			n, err := g.base.Numbered(ctx, reg)
			if err != nil {
				return err
			}
			made := fact.ProfileRow{Subject: into, Register: old.Register, Facts: n.Append(nil, nil), Gone: true}
			if err := w.AddProfiles(ctx, []fact.ProfileRow{made}); err != nil {
				return err
			}
		}
		target, err := derive.ProfileOf(ctx, w, into)
		if err != nil {
			return err
		}
		if target.Register != old.Register || into == r.Subject {
			return fault.New(fault.Invalid, "这条记录已经属于这个主体，或两者不在同一个库。", "The record belongs to this subject already, or to another register.")
		}
		past, err := g.base.PastOf(ctx, w, old.Register, []int64{into}, fact.Moment{})
		if err != nil {
			return err
		}
		if id, err = w.Advance(ctx, fact.LastRelink, 1); err != nil {
			return err
		}
		row := fact.RelinkRow{ID: id, Record: record, From: r.Named(), Into: into, FromHow: r.How, At: g.base.Clock().UTC(), Actor: actor, Reason: reason}
		if err := w.AddRelink(ctx, &row); err != nil {
			return err
		}
		if err := g.setLink(ctx, w, past, record, into, fact.ByPerson, reason); err != nil {
			return err
		}
		if err := g.settleTwo(ctx, old.Register, r.Subject, past.Root(into)); err != nil {
			return err
		}
		if err := g.base.Reconsider(ctx, old.Register, []int64{r.Subject, past.Root(into)}); err != nil {
			return err
		}
		return g.base.Log(ctx, actor, "relink", fmt.Sprintf("record/%d", record), map[string]any{"move": id, "from": row.From, "into": into, "reason": audit.Beside(reason)})
	})
	return id, err
}

// UndoRelink undoes a move.
func (g *Identities) UndoRelink(ctx context.Context, id int64) (err error) {
	defer fault.At(&err, "identity.UndoRelink(move %d)", id)
	actor, err := g.base.May(ctx, auth.Link, auth.Resource{ID: fmt.Sprint(id)})
	if err != nil {
		return err
	}
	return g.rooms.Identities().Within(ctx, func(ctx context.Context, w Writer) error {
		m, err := w.Relink(ctx, id)
		if err != nil {
			return err
		}
		if m == nil {
			return NoMove(id)
		}
		if !m.UndoneAt.IsZero() {
			return nil
		}
		r, err := derive.LinkedRecord(ctx, w, m.Record)
		if err != nil {
			return err
		}
		if r.Named() != m.Into {
			return fault.New(fault.Conflict, "这条记录后来又被移动过，请先撤销那一次。", "The record was moved again later. Undo that move first.")
		}
		p, err := derive.ProfileOf(ctx, w, m.From)
		if err != nil {
			return err
		}
		if err := w.MarkRelinkUndone(ctx, id, g.base.Clock().UTC(), actor); err != nil {
			return err
		}
		past, err := g.base.PastOf(ctx, w, p.Register, []int64{m.From}, fact.Moment{})
		if err != nil {
			return err
		}
		if err := g.setLink(ctx, w, past, m.Record, m.From, m.FromHow, r.Evidence); err != nil {
			return err
		}
		if err := g.settleTwo(ctx, p.Register, r.Subject, past.Root(m.From)); err != nil {
			return err
		}
		if err := g.base.Reconsider(ctx, p.Register, []int64{r.Subject, past.Root(m.From)}); err != nil {
			return err
		}
		return g.base.Log(ctx, actor, "unrelink", fmt.Sprintf("record/%d", m.Record), map[string]any{"move": id})
	})
}

func (g *Identities) setLink(ctx context.Context, w fact.LinkWriter, past *derive.Past, record, origin int64, how fact.How, evidence string) error {
	l := fact.LinkRow{Record: record, Subject: past.Root(origin), How: how, Evidence: evidence}
	if l.Subject != origin {
		l.RowSubject = origin
	}
	return w.SetLink(ctx, l)
}

// Root returns the subject that a subject's records count for. It is the subject itself, unless it was merged into
// another.
func (g *Identities) Root(ctx context.Context, subject int64) (root int64, err error) {
	defer fault.At(&err, "identity.Root(subject %d)", subject)
	err = g.rooms.Identities().Read(ctx, func(r Reader) error {
		root, err = derive.RootOf(ctx, r, subject)
		return err
	})
	return root, err
}

// Merges returns one page of the merges of a register, the newest first, and their total number.
func (g *Identities) Merges(ctx context.Context, register string, which fact.MergeState, w fact.Wanted, offset, limit int) (list []Joined, total int, err error) {
	defer fault.At(&err, "identity.Merges(register %s, %s)", register, which)
	if limit == 0 && w.All() {
		p, err := g.AllPairs(ctx, register, which)
		if err != nil {
			return nil, 0, err
		}
		return nil, len(p.List), nil
	}
	err = g.rooms.Identities().Read(ctx, func(r Reader) error {
		rows, n, err := r.Merges(ctx, register, which, w, offset, limit)
		if err != nil {
			return err
		}
		total = n
		list, err = joinedViews(ctx, r, rows)
		return err
	})
	return list, total, err
}

// MergesOf returns the merges that a subject took part in, by id.
func (g *Identities) MergesOf(ctx context.Context, subject int64) (list []Joined, err error) {
	defer fault.At(&err, "identity.MergesOf(subject %d)", subject)
	err = g.rooms.Identities().Read(ctx, func(r Reader) error {
		rows, err := r.MergesOf(ctx, "", []int64{subject})
		if err != nil {
			return err
		}
		list, err = joinedViews(ctx, r, rows)
		return err
	})
	return list, err
}

func joinedViews(ctx context.Context, r fact.ProfileReader, rows []fact.MergeRow) ([]Joined, error) {
	var ids []int64
	for i := range rows {
		ids = append(ids, rows[i].From, rows[i].Into)
	}
	refs, err := refsOf(ctx, r, ids)
	if err != nil {
		return nil, err
	}
	list := make([]Joined, len(rows))
	for i, m := range rows {
		list[i] = Joined{ID: m.ID, Register: m.Register, From: refs[m.From], Into: refs[m.Into], At: m.At, Actor: m.Actor, How: m.How, Reason: m.Reason, UndoneAt: m.UndoneAt, UndoneBy: m.UndoneBy}
		if err := json.Unmarshal([]byte(m.Evidence), &list[i].Evidence); err != nil {
			return nil, fmt.Errorf("registry: evidence of merge %d: %w", m.ID, err)
		}
	}
	return list, nil
}

// refsOf returns the code and name of subjects.
func refsOf(ctx context.Context, r fact.ProfileReader, ids []int64) (map[int64]fact.Ref, error) {
	slices.Sort(ids)
	rows, err := r.Profiles(ctx, slices.Compact(ids))
	refs := map[int64]fact.Ref{}
	for i := range rows {
		refs[rows[i].Subject] = fact.Ref{Subject: rows[i].Subject, Code: rows[i].Code, Name: rows[i].Name}
	}
	return refs, err
}

// Move is a record that a person moved to another subject.
type Move struct {
	ID, Record int64
	From, Into fact.Ref
	At         time.Time
	Actor      string
	Reason     string
	UndoneAt   time.Time
	UndoneBy   string
}

// Moves returns the moves of records from or to a subject, by id.
func (g *Identities) Moves(ctx context.Context, subject int64) (list []Move, err error) {
	defer fault.At(&err, "identity.Moves(subject %d)", subject)
	err = g.rooms.Identities().Read(ctx, func(r Reader) error {
		rows, err := r.RelinksOf(ctx, []int64{subject})
		if err != nil {
			return err
		}
		var ids []int64
		for i := range rows {
			ids = append(ids, rows[i].From, rows[i].Into)
		}
		refs, err := refsOf(ctx, r, ids)
		for _, m := range rows {
			list = append(list, Move{m.ID, m.Record, refs[m.From], refs[m.Into], m.At, m.Actor, m.Reason, m.UndoneAt, m.UndoneBy})
		}
		return err
	})
	return list, err
}

// Evidence is the result of one comparison between two subjects.
type Evidence struct {
	Field  string    `json:"field"` // name, code, registration_no, former_name, place, trade …
	Level  string    `json:"level,omitempty"`
	Left   string    `json:"left,omitempty"`  // value of the subject
	Right  string    `json:"right,omitempty"` // value of the candidate
	Weight float64   `json:"weight"`          // in bits (log₂ of the likelihood ratio); positive: speaks for one subject
	Text   pack.Text `json:"text"`
}

// NoMerge returns the fault for a merge that does not exist.
func NoMerge(id int64) error {
	return fault.New(fault.NotFound, fmt.Sprintf("没有编号为 %d 的合并。", id), fmt.Sprintf("There is no merge number %d.", id))
}

// NoMove returns the fault for a move that does not exist.
func NoMove(id int64) error {
	return fault.New(fault.NotFound, fmt.Sprintf("没有编号为 %d 的移动。", id), fmt.Sprintf("There is no move number %d.", id))
}

// Pair returns the two subjects that a merge or, with moved, a move is about; a fault when there is none.
func (g *Identities) Pair(ctx context.Context, id int64, moved bool) (from, into int64, err error) {
	defer fault.At(&err, "identity.Pair(%d, moved %v)", id, moved)
	err = g.rooms.Identities().Read(ctx, func(w Reader) error {
		if moved {
			m, err := w.Relink(ctx, id)
			if err == nil && m == nil {
				err = NoMove(id)
			}
			if err == nil {
				from, into = m.From, m.Into
			}
			return err
		}
		m, err := w.Merge(ctx, id)
		if err == nil && m == nil {
			err = NoMerge(id)
		}
		if err == nil {
			from, into = m.From, m.Into
		}
		return err
	})
	return from, into, err
}
