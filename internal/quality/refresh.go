package quality

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"eyas/internal/auth"
	"eyas/internal/pack"
	"eyas/internal/quality/judge"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/sight"
)

// Registry is what the board needs of the registry.
type Registry interface {
	Source
	ChangeOf(ctx context.Context, register string) (int64, error)
	Upon(ctx context.Context, seen sight.Seen, write func(context.Context) error) error
	// Seen tells which subjects of a register the actor of a context may see.
	Seen(ctx context.Context, register string) (func(subject int64) bool, error)
}

// Board keeps the findings of a base. It searches changed subjects and records decisions. It is safe for concurrent
// use.
type Board struct {
	pack   *pack.Pack
	base   scoped
	reg    Registry
	clock  func() time.Time
	actors auth.Directory
	usual  *usualOf
	kept   *memory
}

// usualOf keeps the judge of the last full search of each register, so that later searches use what it learned.
type usualOf struct {
	sync.Mutex // held during a search
	judges     map[string]*judge.Judge
}

// NewBoard returns the board of a base without accounts.
func NewBoard(p *pack.Pack, base Storage, reg Registry, clock func() time.Time) *Board {
	return &Board{pack: p, base: scoped{base, auth.Accountless()}, reg: reg, clock: clock, actors: auth.Accountless(), usual: &usualOf{judges: map[string]*judge.Judge{}},
		kept: &memory{digests: map[string]*digest{}, words: map[string]string{}}}
}

// WithActors returns a board that uses the accounts and roles of a directory. It shares the findings with b.
func (b *Board) WithActors(d auth.Directory) *Board {
	return &Board{pack: b.pack, base: scoped{b.base.Storage, d}, reg: b.reg, clock: b.clock, actors: d, usual: b.usual, kept: b.kept}
}

// Refreshed is the result of a search.
type Refreshed struct {
	Subjects int  // number of subjects that were judged
	Found    int  // number of new findings, and of known ones with a new value
	Resolved int  // number of findings that were not found again
	Whole    bool // true if a whole register was judged
}

// flushed is the number of subjects that are written in one transaction.
const flushed = 256

// Registers returns the registers that have listed rules, in the order of the pack.
func (b *Board) Registers() (list []*pack.Register) {
	for _, reg := range b.pack.Registers {
		if slices.ContainsFunc(b.pack.Quality, func(r *pack.QualityRule) bool { return r.Register == reg.ID && !r.Gathered }) {
			list = append(list, reg)
		}
	}
	return list
}

// Refresh judges the subjects that changed since the last search. It judges all of them if the rules changed or a new
// day began. It can be stopped at any moment: written findings are valid, and the next search does the rest. progress
// is called with the number of judged subjects; it may be nil.
func (b *Board) Refresh(ctx context.Context, progress func(subjects int)) (Refreshed, error) {
	b.usual.Lock()
	defer b.usual.Unlock()
	var done Refreshed
	if _, err := b.actors.Scope(ctx, ""); err != nil {
		return done, err
	}
	ctx = auth.As(ctx, auth.Self) // all subjects are searched, whoever asked for it
	for _, reg := range b.Registers() {
		change, err := b.reg.ChangeOf(ctx, reg.ID)
		if err != nil {
			return done, err
		}
		if err := b.refresh(ctx, reg.ID, change, &done, progress); err != nil {
			return done, err
		}
	}
	return done, nil
}

func (b *Board) refresh(ctx context.Context, register string, change int64, done *Refreshed, progress func(subjects int)) error {
	var last *Pass
	known := map[int64]bool{}
	err := b.base.Read(ctx, func(r Reader) (err error) {
		if last, err = r.Pass(ctx, register); err != nil || b.current(last, change) {
			return err
		}
		return r.FoundSubjects(ctx, register, func(subject int64) { known[subject] = true })
	})
	if err != nil || b.current(last, change) {
		return err
	}
	today := b.day(b.clock())
	after := int64(0)
	if last != nil && last.Fingerprint == b.pack.Fingerprint && b.day(last.At).Equal(today) {
		after = last.Change
	}
	whole := after == 0
	done.Whole = done.Whole || whole
	j := b.usual.judges[register]
	if j == nil || whole || !j.Today.Equal(today) {
		if j, err = judge.New(b.pack, judge.Options{Register: register, Date: today}); err != nil {
			return err
		}
		if err := j.LearnFrom(ctx, b.reg); err != nil {
			return err
		}
		b.usual.judges[register] = j
	}
	s, old := search{board: b, register: register, done: done}, newAges(b.pack, register, today)
	seen := func(subject int64, list []judge.Finding) error {
		if len(list) > 0 || known[subject] {
			s.add(subject, list)
			delete(known, subject)
		}
		if len(s.subjects) < flushed {
			return nil
		}
		return s.flush(ctx)
	}
	err = j.Each(ctx, b.reg, after, func(p *fact.Profile, list []judge.Finding) error {
		if !p.Gone {
			done.Subjects++
		}
		if progress != nil && done.Subjects%1000 == 0 {
			progress(done.Subjects)
		}
		if whole {
			old.add(p)
		}
		return seen(p.Subject, list)
	})
	if err == nil && !whole { // a changed value may have been old or be old now, so count all again
		err = judge.Pass(ctx, b.reg, register, 0, func(p *fact.Profile) error { old.add(p); return nil })
	}
	if err == nil && whole { // subjects that are no longer in the register
		for _, subject := range slices.Sorted(maps.Keys(known)) {
			if err = seen(subject, nil); err != nil {
				break
			}
		}
	}
	if err == nil {
		err = s.flush(ctx)
	}
	if err != nil {
		return err
	}
	return b.base.Write(ctx, func(w Writer) error {
		return w.SetPass(ctx, Pass{Register: register, Change: change, Fingerprint: b.pack.Fingerprint, At: b.clock(), Aged: old.list()})
	})
}

// Behind reports whether something changed after the last search.
func (b *Board) Behind(ctx context.Context) (behind bool, err error) {
	changes := map[string]int64{}
	if _, err := b.actors.Scope(ctx, ""); err != nil {
		return false, err
	}
	ctx = auth.As(ctx, auth.Self)
	for _, reg := range b.Registers() {
		if changes[reg.ID], err = b.reg.ChangeOf(ctx, reg.ID); err != nil {
			return false, err
		}
	}
	err = b.base.Read(ctx, func(r Reader) error {
		for _, reg := range b.Registers() {
			last, err := r.Pass(ctx, reg.ID)
			if err != nil {
				return err
			}
			behind = behind || !b.current(last, changes[reg.ID])
		}
		return nil
	})
	return behind, err
}

// current reports whether the last search covers the current state and day.
func (b *Board) current(last *Pass, change int64) bool {
	return last != nil && last.Change == change && last.Fingerprint == b.pack.Fingerprint && b.day(last.At).Equal(b.day(b.clock()))
}

func (b *Board) day(t time.Time) time.Time {
	y, m, d := t.In(b.pack.Zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// search collects findings until there are enough for a transaction.
type search struct {
	board    *Board
	register string
	done     *Refreshed
	subjects []int64
	found    []judge.Finding
}

func (s *search) add(subject int64, list []judge.Finding) {
	s.subjects = append(s.subjects, subject)
	s.found = append(s.found, list...)
}

// flush writes the collected findings, and resolves those that were not found again.
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
	err := s.board.base.Write(ctx, func(w Writer) error {
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

// changed returns the rows to write. A decision stays as long as the value that it is about.
func (s *search) changed(old []Row, placed []Placed) (rows []Row) {
	now := s.board.clock().UTC().Truncate(time.Millisecond)
	byKey := map[Key]*Row{}
	for i := range old {
		byKey[old[i].Key] = &old[i]
	}
	for i := range placed {
		p := &placed[i]
		value := ""
		if p.Rule.Kind != pack.Lacking {
			value = judge.Text(p.Attr, p.Value)
		}
		row := Row{Key: Key{p.Subject, p.Rule.ID, p.Attr.ID, p.Year}, Register: s.register, Code: p.Code, Name: p.Name, District: p.District,
			Value: value, Offer: kept(p.Offer, p.Attr), Because: p.Because, Import: p.Source.Import, Record: p.Record, Cell: p.Source.Cell,
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

// same reports whether two rows are equal.
func same(a, b *Row) bool {
	offers := a.Offer == nil && b.Offer == nil || a.Offer != nil && b.Offer != nil && *a.Offer == *b.Offer
	x, y := *a, *b
	x.Offer, y.Offer = nil, nil
	return offers && x == y
}

// kept returns an offer in its stored form.
func kept(o *judge.Offer, a *pack.Attribute) *Offered {
	switch {
	case o == nil:
		return nil
	case o.Void:
		return &Offered{Void: true}
	}
	return &Offered{Value: judge.Text(a, o.Value), Factor: o.Factor}
}

// Listed returns open findings offset…offset+limit−1 that fit f, and their total number. By default they are sorted by
// severity, the gravest rules first, and rules of equal severity in the order of the pack.
func (b *Board) Listed(ctx context.Context, f Filter, offset, limit int) (list []Row, total int, err error) {
	shows, err := b.shows(ctx, f.Register)
	if err != nil {
		return nil, 0, err
	}
	sees, err := b.sees(ctx, f.Register, shows)
	if err != nil {
		return nil, 0, err
	}
	d, err := b.openOf(ctx, f.Register)
	if err != nil {
		return nil, 0, err
	}
	if keys, total, ok := d.page(f, sees, offset, limit); ok {
		list, err := b.rows(ctx, keys)
		return list, total, err
	}
	if shows == nil {
		return b.listed(ctx, f, offset, limit)
	}
	err = b.each(ctx, f, shows, func(r *Row) {
		if total++; total > offset && len(list) < limit {
			list = append(list, *r)
		}
	})
	return list, total, err
}

// rows reads findings, in the order of their keys. Those that are no longer open are left out.
func (b *Board) rows(ctx context.Context, keys []Key) (list []Row, err error) {
	if len(keys) == 0 {
		return nil, nil
	}
	subjects, at := make([]int64, len(keys)), map[Key]*Row{}
	for i, k := range keys {
		subjects[i] = k.Subject
	}
	slices.Sort(subjects)
	err = b.base.Read(passed(ctx), func(r Reader) error {
		all, err := r.FindingsOf(ctx, slices.Compact(subjects))
		for i := range all {
			at[all[i].Key] = &all[i]
		}
		return err
	})
	for _, k := range keys {
		if row := at[k]; row != nil && row.ResolvedAt.IsZero() {
			list = append(list, *row)
		}
	}
	return list, err
}

// listed is Listed for who sees all.
func (b *Board) listed(ctx context.Context, f Filter, offset, limit int) (list []Row, total int, err error) {
	err = b.base.Read(ctx, func(r Reader) error {
		counts, err := r.CountFindings(ctx, f)
		if err != nil {
			return err
		}
		if f.Sort != "" && f.Sort != "severity" {
			for _, n := range counts {
				total += n
			}
			list, err = r.Findings(ctx, f, offset, limit)
			return err
		}
		rules := b.bySeverity(f)
		if f.Desc {
			slices.Reverse(rules)
		}
		f.Sort, f.Desc = "rule", false
		for _, id := range rules {
			from := max(0, offset-total) // offset within the findings of this rule
			if total += counts[id]; from >= counts[id] || len(list) == limit {
				continue
			}
			f.Rules = []string{id}
			part, err := r.Findings(ctx, f, from, limit-len(list))
			if err != nil {
				return err
			}
			list = append(list, part...)
		}
		return nil
	})
	return list, total, err
}

// bySeverity returns the rules that fit a filter, the gravest first.
func (b *Board) bySeverity(f Filter) (ids []string) {
	for _, severity := range []string{"high", "medium", "low"} {
		for _, r := range b.pack.Quality {
			if r.Severity == severity && (f.Register == "" || r.Register == f.Register) && (f.Rules == nil || slices.Contains(f.Rules, r.ID)) {
				ids = append(ids, r.ID)
			}
		}
	}
	return ids
}

// Tallies returns the counts of open findings in a register, largest first, and the time of the last search; the zero
// time if there was none.
func (b *Board) Tallies(ctx context.Context, register string) (list []Tally, at time.Time, err error) {
	shows, err := b.shows(ctx, register)
	if err != nil {
		return nil, at, err
	}
	err = b.base.Read(passed(ctx), func(r Reader) error {
		p, err := r.Pass(ctx, register)
		if err != nil {
			return err
		}
		if p != nil {
			at = p.At
		}
		return nil
	})
	if err != nil {
		return nil, at, err
	}
	sees, err := b.sees(ctx, register, shows)
	if err != nil {
		return nil, at, err
	}
	d, err := b.openOf(ctx, register)
	if err != nil {
		return nil, at, err
	}
	if sees == nil {
		list = slices.Clone(d.tallies())
	} else {
		list = tallied(d.list, sees)
	}
	slices.SortStableFunc(list, func(a, b Tally) int { return b.N - a.N })
	return list, at, err
}
