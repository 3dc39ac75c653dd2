package list

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"eyas/internal/auth"
	"eyas/internal/pack"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
	"eyas/internal/rule/expr"
)

// What an actor sees of a register is a table of its own, with his rows and with the attributes of his classes. It is made
// once for each scope and state of the register, from its columns, and is kept beside the table. So whoever lists, counts,
// searches, screens or exports needs to know nothing of rights, and cannot forget them.

// Jurisdiction tells what columns cannot: which subjects a scope holds that say no district of their own, and which belong to
// others. registry.Registry implements it. The results are ascending.
type Jurisdiction interface {
	// Within returns those of some subjects of a register that a scope holds.
	Within(ctx context.Context, register string, subjects []int64, s auth.Scope) ([]int64, error)
	// HeldWithin returns the subjects of a register that are held for their owners' answers, and those of them that a scope holds.
	HeldWithin(ctx context.Context, register string, s auth.Scope) (all, seen []int64, err error)
	// Brought returns those of some subjects of a register, and of the held ones, of which a person brought a record in force.
	Brought(ctx context.Context, register, by string, subjects []int64) ([]int64, error)
	// Belonging returns the subjects of a register that are single subjects of a scope, or belong to one.
	Belonging(ctx context.Context, register string, s auth.Scope) ([]int64, error)
}

const (
	// keptParts is how many parts of a register are kept, and partBytes how many bytes of columns they may have together, or twice
	// those of the register where that is more: its districts together, and its zones and parks. The one that was used last always
	// stays.
	keptParts = 1024
	partBytes = 1 << 30
)

// parts keeps what actors see of a register.
type seenParts struct {
	mu   sync.Mutex
	kept []*seenPart // the last one was used last
}

// seenPart is what the actors of one scope see of a register. Those who see other classes of attributes have views of their own,
// which share its columns.
type seenPart struct {
	key      string
	mu       sync.Mutex // held while it is made
	narrowed *col.Narrowed
	rows     col.Bitmap // of the table that was narrowed; nil: all
	now      *col.Table // of the current state, by which the rows of a past one were chosen; nil in the current state
	round    int64      // in which its rows were found, when other registers say where some of its subjects lie; -1: they do not
	places   *col.Places
	size     int64
	views    sync.Map // *seenView by classes
}

// seenView is a part as those see it who see the same classes of attributes.
type seenView struct {
	of      *col.Table // of the part
	shown   *snapshot
	indexed atomic.Pointer[Index] // of shown
}

// seenBy returns what the actor in ctx may see of the register. Every list, count and screening calls it.
func (b *Base) seenBy(ctx context.Context) (*snapshot, error) {
	scope, err := b.cfg.Actors.Scope(ctx, b.cfg.Register.ID)
	if err != nil {
		return nil, err
	}
	s := b.current.Load()
	if s == nil {
		return nil, ErrLoading
	}
	reg, classes := b.shown(ctx)
	if scope.Whole() && reg == b.cfg.Register {
		return s, nil
	}
	if scope.By() != "" && len(scope.Orgs()) > 0 && b.cfg.Jurisdiction != nil {
		nothing, err := b.broughtNothing(ctx, s, scope.By())
		if err != nil {
			return nil, err
		}
		if nothing { // he sees what all see who are there, and shares it with them
			scope = scope.Unnamed()
		}
	}
	return b.part(ctx, s, scope, reg, classes)
}

// brought tells of one state of a register which persons brought something of which nobody knows where it lies.
type brought struct {
	mu      sync.Mutex
	of      *col.Table
	round   int64
	unknown []int64         // subjects of which the columns do not say where they lie
	nothing map[string]bool // persons who brought none of them
}

// broughtNothing reports whether a person brought no subject that he sees only because he brought it.
func (b *Base) broughtNothing(ctx context.Context, s *snapshot, by string) (bool, error) {
	now, err := b.presentTable()
	if err != nil {
		return false, err
	}
	if now == nil {
		now = s.table
	}
	k, round := &b.brought, b.round.Load()
	k.mu.Lock()
	if k.of != now || k.round != round {
		if k.of != now {
			_, unknown := b.placesOf(now).Lying(func(string) bool { return false })
			k.unknown = nil
			unknown.Each(func(row int) { k.unknown = append(k.unknown, now.Subjects[row]) })
		}
		k.of, k.round, k.nothing = now, round, map[string]bool{}
	}
	nothing, known := k.nothing[by]
	unknown := k.unknown
	k.mu.Unlock()
	if known {
		return nothing, nil
	}
	list, err := b.cfg.Jurisdiction.Brought(auth.As(ctx, auth.Self), b.cfg.Register.ID, by, unknown)
	if err != nil {
		return false, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.of == now && k.round == round {
		k.nothing[by] = len(list) == 0
	}
	return len(list) == 0, nil
}

// shown returns the register with the attributes that the actor in ctx may see, and the key of their classes.
func (b *Base) shown(ctx context.Context) (*pack.Register, string) {
	classes := b.cfg.Actors.Classes(ctx)
	words := make([]string, len(classes))
	for i, c := range classes {
		words[i] = string(c)
	}
	key := strings.Join(words, ",")
	if reg, ok := b.registers.Load(key); ok {
		return reg.(*pack.Register), key
	}
	reg := b.cfg.Register
	for _, x := range b.cfg.Pack.Showing(classes).Registers {
		if x.ID == reg.ID {
			reg = x
		}
	}
	kept, _ := b.registers.LoadOrStore(key, reg)
	return kept.(*pack.Register), key
}

// part returns the part of a state that a scope holds. Concurrent calls for one scope make it once.
func (b *Base) part(ctx context.Context, s *snapshot, scope auth.Scope, reg *pack.Register, classes string) (*snapshot, error) {
	p := b.parts.of(scope.Key())
	p.mu.Lock()
	defer p.mu.Unlock()
	now, err := b.presentTable()
	if err != nil {
		return nil, err
	}
	round := b.round.Load()
	if p.narrowed != nil && p.narrowed.Of() == s.table && p.now == now && (p.round < 0 || p.round == round) {
		return p.as(b.cfg.Pack, reg, classes), nil
	}
	rows := p.rows
	var places *col.Places
	if now == nil {
		places = b.placesOf(s.table)
	}
	if now != nil || !p.holds(s.table, places, round) {
		var asked bool
		if rows, asked, err = b.rowsOf(ctx, s.table, now, scope); err != nil {
			return nil, err
		}
		if p.places, p.round = places, -1; asked {
			p.round = round
		}
	}
	if p.narrowed != nil && p.narrowed.Of() == s.table && p.now == now && slices.Equal(p.rows, rows) {
		return p.as(b.cfg.Pack, reg, classes), nil
	}
	p.rows = rows
	p.narrowed, p.now = s.table.Narrow(rows, b.cfg.Register, p.narrowed), now
	p.size = p.narrowed.Table.Bytes()
	if rows == nil {
		p.size = 0 // its columns are those of the whole
	}
	b.parts.fit(p, max(partBytes, 2*s.table.Bytes()))
	return p.as(b.cfg.Pack, reg, classes), nil
}

// holds reports whether the rows of the part are those of a newer table: nothing lies elsewhere, and no other register says so.
func (p *seenPart) holds(t *col.Table, places *col.Places, round int64) bool {
	return p.narrowed != nil && p.now == nil && p.places == places && (p.round < 0 || p.round == round) && p.narrowed.Of().SameSubjects(t)
}

// as returns the part with the attributes of a register that has all of some classes. p.mu is held.
func (p *seenPart) as(of *pack.Pack, reg *pack.Register, classes string) *snapshot {
	kept, _ := p.views.LoadOrStore(classes, &seenView{})
	v := kept.(*seenView)
	if t := p.narrowed.Table; v.of != t {
		own := t
		if reg != t.Register {
			own = t.Showing(reg)
		}
		index := NewIndex(own, of, v.indexed.Load())
		before := v.shown
		v.of, v.shown = t, &snapshot{table: own, index: index}
		if before != nil {
			v.shown.screenings.earlier = before.screenings.handed()
		}
		v.indexed.Store(index)
	}
	return v.shown
}

// presentTable is the current state of the register, by which the rows of a past one are chosen; nil in the current state itself.
func (b *Base) presentTable() (*col.Table, error) {
	past, ok := b.cfg.Source.(frozen)
	if !ok {
		return nil, nil
	}
	if s := past.now.current.Load(); s != nil {
		return s.table, nil
	}
	return nil, ErrLoading
}

// placesOf returns where the rows of the current state lie.
func (b *Base) placesOf(t *col.Table) *col.Places {
	if past, ok := b.cfg.Source.(frozen); ok {
		b = past.now
	}
	p := t.Places(b.cfg.Pack.Orgs, b.places.Load())
	b.places.Store(p)
	return p
}

// rowsOf returns the rows of a table that a scope holds; nil for all. Of a past state it holds what it holds now: whoever
// has a subject has its past, and nobody else has.
// asked tells that the columns did not say all.
func (b *Base) rowsOf(ctx context.Context, t, now *col.Table, scope auth.Scope) (_ col.Bitmap, asked bool, _ error) {
	if scope.Whole() {
		return nil, false, nil
	}
	from := t
	if now != nil {
		from = now
	}
	rows, asked, err := b.held(auth.As(ctx, auth.Self), from, scope)
	if err != nil || now == nil {
		return rows, asked, err
	}
	then, row := col.NewBitmap(t.N), 0
	rows.Each(func(at int) {
		for row < t.N && t.Subjects[row] < now.Subjects[at] {
			row++
		}
		if row < t.N && t.Subjects[row] == now.Subjects[at] {
			then.Set(row)
		}
	})
	return then, asked, nil
}

// held returns the rows of the current state that a scope holds. asked tells that the columns did not say all.
func (b *Base) held(ctx context.Context, t *col.Table, scope auth.Scope) (_ col.Bitmap, asked bool, _ error) {
	set := func(rows col.Bitmap, subjects []int64) {
		for _, id := range subjects {
			if row := t.Row(id); row >= 0 {
				rows.Set(row)
			}
		}
	}
	in := b.cfg.Jurisdiction
	if len(scope.Orgs()) == 0 {
		rows := col.NewBitmap(t.N)
		if in == nil {
			set(rows, scope.Subjects())
			return rows, false, nil
		}
		own, err := in.Belonging(ctx, b.cfg.Register.ID, scope)
		set(rows, own)
		return rows, true, err
	}
	rows, unknown := b.placesOf(t).Lying(scope.Has)
	if in == nil {
		return rows, false, nil
	}
	all, seen, err := in.HeldWithin(ctx, b.cfg.Register.ID, scope)
	if err != nil {
		return nil, false, err
	}
	for _, id := range all { // where they say that they lie is not true yet
		if row := t.Row(id); row >= 0 {
			rows.Clear(row)
			unknown.Clear(row)
		}
	}
	set(rows, seen)
	if unknown.Empty() {
		return rows, len(all) > 0, nil
	}
	var ids []int64
	unknown.Each(func(row int) { ids = append(ids, t.Subjects[row]) })
	more, err := in.Within(ctx, b.cfg.Register.ID, ids, scope)
	set(rows, more)
	return rows, true, err
}

// of returns the part of a key, which may be empty.
func (k *seenParts) of(key string) *seenPart {
	k.mu.Lock()
	defer k.mu.Unlock()
	if i := slices.IndexFunc(k.kept, func(p *seenPart) bool { return p.key == key }); i >= 0 {
		p := k.kept[i]
		k.kept = append(slices.Delete(k.kept, i, i+1), p)
		return p
	}
	p := &seenPart{key: key}
	k.kept = append(k.kept, p)
	return p
}

// fit drops the parts that were used the longest time ago, but not the given one, until the rest are few enough and small
// enough. most is how many bytes of columns they may have together.
func (k *seenParts) fit(last *seenPart, most int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	total := int64(0)
	for _, p := range k.kept {
		total += p.size
	}
	for i := 0; i < len(k.kept) && (total > most || len(k.kept) > keptParts); {
		if p := k.kept[i]; p != last {
			total -= p.size
			k.kept = slices.Delete(k.kept, i, i+1)
			continue
		}
		i++
	}
}

// index returns the index of a table that an actor was given; nil when it is not kept.
func (k *seenParts) index(t *col.Table) *Index {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, p := range slices.Backward(k.kept) {
		var found *Index
		p.views.Range(func(_, v any) bool {
			if x := v.(*seenView).indexed.Load(); x != nil && x.table == t {
				found = x
			}
			return found == nil
		})
		if found != nil {
			return found
		}
	}
	return nil
}

// told returns the outcomes whose rules read only attributes that an actor may see.
func (b *Base) told(outcomes []*rule.Outcome, reg *pack.Register) []*rule.Outcome {
	if reg == b.cfg.Register {
		return outcomes
	}
	return slices.DeleteFunc(slices.Clone(outcomes), func(o *rule.Outcome) bool {
		of := readBy{reg, o.Rule}
		if hidden, known := b.hidden.Load(of); known {
			return hidden.(bool)
		}
		hidden := slices.ContainsFunc(rule.Reads(b.cfg.Register, o.Rule), func(x expr.Read) bool { return reg.Attribute(x.Attr.ID) == nil })
		b.hidden.Store(of, hidden)
		return hidden
	})
}

// readBy is a rule as a reader of a register without some attributes has it.
type readBy struct {
	register *pack.Register
	rule     *pack.Rule
}
