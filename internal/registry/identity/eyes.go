package identity

import (
	"cmp"
	"context"
	"slices"

	"eyas/internal/registry/fact"
)

// Look is what somebody sees who brings rows. A resolver in a context that has one decides as if there were no other subjects: so
// nothing that follows tells whether there are. A fresh subject whose row is about one that he does not see is held.
type Look struct {
	Org  string   // for which he acts: its held subjects are found by its rows
	Orgs []string // that with those below it
	Sees func(ctx context.Context, subject int64) (bool, error)
	// Alone reports whether he alone ever brought records of a subject: undone, he may bring them again. nil: it is asked of none.
	Alone func(ctx context.Context, subject int64) (bool, error)
}

type lookKey struct{}

// Through returns a context in which rows are resolved as somebody sees the subjects.
func Through(ctx context.Context, l *Look) context.Context {
	return context.WithValue(ctx, lookKey{}, l)
}

func lookOf(ctx context.Context) *Look {
	l, _ := ctx.Value(lookKey{}).(*Look)
	return l
}

// eyes are a look during one import, with what it has left out.
type eyes struct {
	*Look
	codes map[string]bool  // of subjects that are not seen
	names map[string]*some // and name keys
	away  map[string]bool  // what rows say about whom they are that say a place elsewhere
	seen  map[int64]bool
}

// some are the unseen subjects of a name: how many, and how many of them have no code.
type some struct{ n, plain int }

// newEyes makes the eyes of a look; none of nil.
func newEyes(l *Look) *eyes {
	if l == nil {
		return nil
	}
	return &eyes{l, map[string]bool{}, map[string]*some{}, map[string]bool{}, map[int64]bool{}}
}

// Away tells the resolver of a row that says a place which is none of those of who brings it: a new subject of it is held.
func (r *Resolver) Away(code, key string) {
	if r.eyes != nil {
		r.eyes.away[cmp.Or(code, key)] = true
	}
}

// held says whether a fresh subject is held, and for whom.
func (e *eyes) held(code, key string) fact.Held {
	if e == nil {
		return ""
	}
	about := e.away[cmp.Or(code, key)]
	named := e.names[key]
	switch {
	case about:
	case code != "":
		about = e.codes[code] || named != nil && named.n == 1 && named.plain == 1 // it would have got this code
	default:
		about = named != nil
	}
	if !about {
		return ""
	}
	return fact.HeldFor(e.Org)
}

func (e *eyes) sees(ctx context.Context, subject int64) (bool, error) {
	seen, asked := e.seen[subject]
	if asked {
		return seen, nil
	}
	seen, err := e.Sees(ctx, subject)
	if err == nil {
		e.seen[subject] = seen
	}
	return seen, err
}

// marked returns some codes or name keys as they are and as those of held subjects of the look's organisations.
func (e *eyes) marked(keys []string) []string {
	all := slices.Clone(keys)
	for _, org := range e.Orgs {
		for _, k := range keys {
			all = append(all, fact.HeldFor(org).Key(k))
		}
	}
	return all
}

// known keeps of stored subjects those that the look knows, with their codes and name keys as rows have them, and remembers the
// others. Where several have one code, the one that counts comes last.
func (e *eyes) known(ctx context.Context, rows []fact.SubjectRow) (list []fact.SubjectRow, err error) {
	type ranked struct {
		fact.SubjectRow
		rank int
	}
	var all []ranked
	for _, s := range rows {
		code, held := fact.Unheld(s.Code)
		key, also := fact.Unheld(s.NameKey)
		held = cmp.Or(held, also)
		s.Code, s.NameKey = code, key
		rank := 1
		if held.Org() != e.Org || held == "" {
			seen, err := e.sees(ctx, s.Subject)
			if err != nil {
				return nil, err
			}
			again := false
			if !seen && held == "" {
				if again, err = e.again(ctx, &s); err != nil {
					return nil, err
				}
			}
			switch {
			case again:
				rank = -1
			case !seen:
				if held == "" {
					e.hide(s)
				}
				continue
			case held == "":
				rank = 2
			default:
				rank = 0
			}
		}
		all = append(all, ranked{s, rank})
	}
	slices.SortStableFunc(all, func(a, b ranked) int { return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(b.Subject, a.Subject)) })
	for _, s := range all {
		list = append(list, s.SubjectRow)
	}
	return list, nil
}

// again reports whether an inactive subject that is not seen comes back by a row: only who brings it has ever brought it. A row that says
// a place elsewhere is held instead.
func (e *eyes) again(ctx context.Context, s *fact.SubjectRow) (bool, error) {
	if !s.Gone || e.Alone == nil || e.away[cmp.Or(s.Code, s.NameKey)] {
		return false, nil
	}
	return e.Alone(ctx, s.Subject)
}

func (e *eyes) hide(s fact.SubjectRow) {
	if s.Code != "" {
		e.codes[s.Code] = true
	}
	if s.NameKey == "" {
		return
	}
	n := e.names[s.NameKey]
	if n == nil {
		n = &some{}
		e.names[s.NameKey] = n
	}
	if n.n++; s.Code == "" {
		n.plain++
	}
}

// byCode finds subjects by codes, as the look sees them; nil sees all.
func (e *eyes) byCode(ctx context.Context, from fact.SubjectReader, register string, codes []string) ([]fact.SubjectRow, error) {
	if e == nil {
		return from.SubjectsByCode(ctx, register, codes)
	}
	rows, err := from.SubjectsByCode(ctx, register, e.marked(codes))
	if err != nil {
		return nil, err
	}
	for i := range rows { // found by code: their names say nothing
		rows[i].NameKey = ""
	}
	return e.known(ctx, rows)
}

// byKey does what byCode does, by name keys.
func (e *eyes) byKey(ctx context.Context, from fact.SubjectReader, register string, keys []string) ([]fact.SubjectRow, error) {
	if e == nil {
		return from.SubjectsByKey(ctx, register, keys)
	}
	rows, err := from.SubjectsByKey(ctx, register, e.marked(keys))
	if err != nil {
		return nil, err
	}
	return e.known(ctx, rows)
}

func (r *Resolver) mergedNamed(ctx context.Context, keys []string) ([]fact.MergedRow, error) {
	merged, err := r.From.MergedNamed(ctx, r.register, keys)
	if err != nil || r.eyes == nil {
		return merged, err
	}
	var list []fact.MergedRow
	for _, m := range merged {
		seen, err := r.eyes.sees(ctx, m.Subject)
		if err != nil {
			return nil, err
		}
		if !seen {
			r.eyes.hide(fact.SubjectRow{Subject: m.Subject, NameKey: m.NameKey})
			continue
		}
		list = append(list, m)
	}
	return list, nil
}

// Named returns a function that finds in from the subjects that have some name keys, as the look of the resolver sees them.
func (r *Resolver) Named(from fact.SubjectReader) func(ctx context.Context, register string, keys []string) ([]fact.SubjectRow, error) {
	return func(ctx context.Context, register string, keys []string) ([]fact.SubjectRow, error) {
		return r.eyes.byKey(ctx, from, register, keys)
	}
}

// Narrow reports whether the resolver sees a part of the subjects.
func (r *Resolver) Narrow() bool { return r.eyes != nil }
