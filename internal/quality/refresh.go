package quality

import (
	"context"
	"slices"
	"sync"
	"time"

	"eyas/internal/auth"
	"eyas/internal/pack"
	"eyas/internal/registry"
)

// Registry is the registry as the board needs it.
type Registry interface {
	Source
	Change(ctx context.Context) (int64, error)
}

// Board keeps the findings of a base: it searches what has changed, and records what people decide.
type Board struct {
	pack   *pack.Pack
	base   Storage
	reg    Registry
	clock  func() time.Time
	actors auth.Directory
	usual  sync.Mutex // held while searching
	judge  *Judge     // of the last full search, whose notion of the usual is used again
	judged time.Time
}

// NewBoard gives the board of a base without accounts.
func NewBoard(p *pack.Pack, base Storage, reg Registry, clock func() time.Time) *Board {
	return &Board{pack: p, base: base, reg: reg, clock: clock, actors: auth.Accountless()}
}

// WithActors gives the board with the roles of other actors.
func (b *Board) WithActors(d auth.Directory) *Board {
	return &Board{pack: b.pack, base: b.base, reg: b.reg, clock: b.clock, actors: d}
}

// Refreshed is what a search came to.
type Refreshed struct {
	Subjects int  // judged
	Found    int  // new findings, and old ones whose value is another now
	Resolved int  // no longer found
	Whole    bool // the whole register was judged
}

// flushed is how many subjects are written at a time.
const flushed = 256

// Refresh judges the subjects that changed since the last time, or all where the rules are others or the day is. It can
// be stopped at any moment: what is written is right, and the next time does the rest.
func (b *Board) Refresh(ctx context.Context, progress func(subjects int)) (Refreshed, error) {
	b.usual.Lock()
	defer b.usual.Unlock()
	var done Refreshed
	register := b.pack.Registers[0].ID
	change, err := b.reg.Change(ctx)
	if err != nil {
		return done, err
	}
	var last *Pass
	known := map[int64]bool{}
	err = b.base.ReadFindings(ctx, func(r Reader) (err error) {
		if last, err = r.Pass(ctx, register); err != nil {
			return err
		}
		return r.FoundSubjects(ctx, register, func(subject int64) { known[subject] = true })
	})
	if err != nil {
		return done, err
	}
	today := b.day(b.clock())
	after := int64(0)
	if last != nil && last.Fingerprint == b.pack.Fingerprint && b.day(last.At).Equal(today) {
		if last.Change == change {
			return done, nil
		}
		after = last.Change
	}
	done.Whole = after == 0
	if b.judge == nil || done.Whole || !b.judged.Equal(today) {
		if err := b.learn(ctx, register, today); err != nil {
			return done, err
		}
	}
	s := search{board: b, register: register, done: &done}
	seen := func(p *registry.Profile, list []Finding) error {
		if len(list) > 0 || known[p.Subject] {
			s.add(p.Subject, list)
			delete(known, p.Subject)
		}
		if len(s.subjects) < flushed {
			return nil
		}
		return s.flush(ctx)
	}
	err = pass(ctx, b.reg, register, after, b.judge.listens(), func(p *registry.Profile, said []registry.Fact) error {
		done.Subjects++
		if progress != nil && done.Subjects%1000 == 0 {
			progress(done.Subjects)
		}
		return seen(p, b.judge.Check(p, said))
	})
	if err == nil { // of the subjects that are gone nothing is doubted
		err = pass(ctx, b.reg, register, after, false, func(p *registry.Profile, _ []registry.Fact) error {
			if !p.Gone {
				return nil
			}
			return seen(p, nil)
		})
	}
	if err == nil {
		err = s.flush(ctx)
	}
	if err != nil {
		return done, err
	}
	return done, b.base.WriteFindings(ctx, func(w Writer) error {
		return w.SetPass(ctx, Pass{Register: register, Change: change, Fingerprint: b.pack.Fingerprint, At: b.clock()})
	})
}

// Behind reports whether something changed since the last search.
func (b *Board) Behind(ctx context.Context) (bool, error) {
	change, err := b.reg.Change(ctx)
	if err != nil {
		return false, err
	}
	var last *Pass
	err = b.base.ReadFindings(ctx, func(r Reader) (err error) {
		last, err = r.Pass(ctx, b.pack.Registers[0].ID)
		return err
	})
	return last == nil || last.Change != change || last.Fingerprint != b.pack.Fingerprint || !b.day(last.At).Equal(b.day(b.clock())), err
}

func (b *Board) day(t time.Time) time.Time {
	y, m, d := t.In(b.pack.Zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// learn makes the judge: what is usual is learned from the whole register once a day and after changed rules.
func (b *Board) learn(ctx context.Context, register string, today time.Time) error {
	j, err := New(b.pack, Options{Register: register, Date: today})
	if err != nil {
		return err
	}
	if err := pass(ctx, b.reg, register, 0, false, func(p *registry.Profile, _ []registry.Fact) error { j.Learn(p); return nil }); err != nil {
		return err
	}
	j.Settle()
	b.judge, b.judged = j, today
	return nil
}

// search collects what was found until it is worth a transaction.
type search struct {
	board    *Board
	register string
	done     *Refreshed
	subjects []int64
	found    []Finding
}

func (s *search) add(subject int64, list []Finding) {
	s.subjects = append(s.subjects, subject)
	s.found = append(s.found, list...)
}

// flush writes what was found about the subjects at hand, and what of theirs is no longer found.
func (s *search) flush(ctx context.Context) error {
	if len(s.subjects) == 0 {
		return nil
	}
	placed := make([]Placed, len(s.found))
	for i, f := range s.found {
		placed[i] = Placed{Finding: f}
	}
	if err := place(ctx, s.board.reg, s.register, placed); err != nil {
		return err
	}
	err := s.board.base.WriteFindings(ctx, func(w Writer) error {
		old, err := w.FindingsOf(ctx, s.subjects)
		if err != nil {
			return err
		}
		rows := s.changed(old, placed)
		return w.SetFindings(ctx, rows)
	})
	s.subjects, s.found = s.subjects[:0], s.found[:0]
	return err
}

// changed gives the rows to be written. A decision stands as long as the value does that it was taken about.
func (s *search) changed(old []Row, placed []Placed) (rows []Row) {
	now := s.board.clock().UTC().Truncate(time.Millisecond)
	byKey := map[Key]*Row{}
	for i := range old {
		byKey[old[i].Key] = &old[i]
	}
	for i := range placed {
		p := &placed[i]
		row := Row{Key: Key{p.Subject, p.Rule.ID, p.Attr.ID, p.Year}, Register: s.register, Code: p.Code, Name: p.Name, District: p.District,
			Value: Text(p.Attr, p.Value), Offer: p.Offer.kept(p.Attr), Because: p.Because, Import: p.Source.Import, Record: p.Record, Cell: p.Source.Cell,
			FoundAt: now, State: Open, ChangedAt: now}
		before := byKey[row.Key]
		delete(byKey, row.Key)
		if before != nil && before.Value == row.Value && before.State != Mended {
			row.FoundAt, row.State, row.Assignee, row.Reason = before.FoundAt, before.State, before.Assignee, before.Reason
			row.ChangedAt, row.ChangedBy, row.ResolvedAt = before.ChangedAt, before.ChangedBy, before.ResolvedAt
			if before.State != Dismissed {
				row.ResolvedAt = time.Time{}
			}
			if same(before, &row) {
				continue
			}
		} else {
			s.done.Found++
		}
		rows = append(rows, row)
	}
	for i := range old {
		o := &old[i]
		if byKey[o.Key] == nil || o.State == Mended || o.State == Dismissed {
			continue
		}
		o.State, o.ResolvedAt, o.ChangedAt = Mended, now, now
		s.done.Resolved++
		rows = append(rows, *o)
	}
	return rows
}

// same reports whether a finding says what it said.
func same(a, b *Row) bool {
	offers := a.Offer == nil && b.Offer == nil || a.Offer != nil && b.Offer != nil && *a.Offer == *b.Offer
	x, y := *a, *b
	x.Offer, y.Offer = nil, nil
	return offers && x == y
}

// kept gives an offer as it is stored.
func (o *Offer) kept(a *pack.Attribute) *Offered {
	switch {
	case o == nil:
		return nil
	case o.Void:
		return &Offered{Void: true}
	}
	return &Offered{Value: Text(a, o.Value), Factor: o.Factor}
}

// Listed gives open findings as a list, and their whole number.
func (b *Board) Listed(ctx context.Context, f Filter, offset, limit int) (list []Row, total int, err error) {
	err = b.base.ReadFindings(ctx, func(r Reader) error {
		list, total, err = r.Findings(ctx, f, offset, limit)
		return err
	})
	return list, total, err
}

// Tallies counts the open findings of a register.
func (b *Board) Tallies(ctx context.Context, register string) (list []Tally, at time.Time, err error) {
	err = b.base.ReadFindings(ctx, func(r Reader) error {
		p, err := r.Pass(ctx, register)
		if err != nil {
			return err
		}
		if p != nil {
			at = p.At
		}
		list, err = r.Tallies(ctx, register)
		return err
	})
	slices.SortStableFunc(list, func(a, b Tally) int { return b.N - a.N })
	return list, at, err
}
