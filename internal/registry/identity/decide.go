package identity

import (
	"context"
	"iter"
	"slices"

	"eyas/internal/fault"
	"eyas/internal/registry/fact"
)

// Resolver decides which subject a row is about.
//
// A row with a usable code is about the subject with that code, even if it is inactive. A new code makes a new subject,
// with one exception: when exactly one active subject has the row's name and that subject has no code, the subject gets
// this code, and the link says so (adopted). When several have the name, choosing one would be a guess, and a new subject
// is made.
//
// A row without a usable code goes by its exact normalised name. When one active subject has the name, the row is about
// that one. When several have it, nothing says which is meant: the row is about the one of them that is known by name
// only, which is made when there is none. When no active subject has it, the row is about an inactive subject that was
// known by this name only, otherwise about a new one.
//
// A merged subject is still found by its code and its name. A row that names it is about the subject that it was merged
// into, and the link says whom the row named. Otherwise a name finds only the subjects that have it at that moment: after
// a change of name, the old name finds nobody. Former and similar names are the work of linkage.
//
// The resolver stores hashes of codes and names, about 64 MB for a million subjects. When few rows come into a large
// base, it reads only their codes and names; when there are many, it reads all once.
type Resolver struct {
	From     ResolverReader
	register string
	Next     int64 // id for the next new subject
	all      bool  // every stored subject was read; otherwise only those that Prepare asked for

	codes    *hashed // code → subject
	names    *hashed // name key → the active subject, or sharing|index when several have it
	goneName *hashed // name key → an inactive subject that was known by name only
	shared   [][]int64
	coded    Bits            // subjects that have a code; undefined for inactive ones
	merged   map[int64]int64 // subject → the one that it was merged into, which may be merged itself
	eyes     *eyes           // of who brings the rows; nil: he sees all
}

// sharing marks a value of Resolver.names as an index into shared.
const sharing = int64(1) << 39

// NewResolver returns a resolver over the subjects of a register. rows is about how many rows will be resolved.
func NewResolver(ctx context.Context, from ResolverReader, register string, rows int) (_ *Resolver, err error) {
	defer fault.At(&err, "identity.NewResolver(register %s)", register)
	r := &Resolver{From: from, register: register, codes: newHashed(), names: newHashed(), goneName: newHashed()}
	last, err := from.Counter(ctx, fact.LastSubject)
	if err != nil {
		return nil, err
	}
	r.Next = last + 1
	r.merged = map[int64]int64{}
	if r.eyes = newEyes(lookOf(ctx)); r.eyes != nil {
		return r, nil // row by row
	}
	if int64(rows) < last/8 { // below about this number of rows, asking row by row is faster
		return r, nil
	}
	r.all = true
	merged, err := from.Merged(ctx, register)
	if err != nil {
		return nil, err
	}
	r.addMerged(merged)
	if err := from.EachCode(ctx, register, func(subject int64, code string) error {
		r.codes.set(code, subject)
		r.coded.Set(subject)
		return nil
	}); err != nil {
		return nil, err
	}
	if err := from.EachName(ctx, register, false, func(subject int64, key string) error {
		r.addName(key, subject)
		return nil
	}); err != nil {
		return nil, err
	}
	return r, from.EachName(ctx, register, true, func(subject int64, key string) error {
		r.addGone(key, subject)
		return nil
	})
}

// Prepare reads everything that is stored about the codes and name keys of some rows.
func (r *Resolver) Prepare(ctx context.Context, rows iter.Seq2[string, string]) (err error) {
	defer fault.At(&err, "identity.Prepare(register %s)", r.register)
	if r.all {
		return nil
	}
	var codes, keys []string
	for code, key := range rows {
		if code != "" && !r.codes.known(code) {
			r.codes.set(code, 0)
			codes = append(codes, code)
		}
		if key != "" && !r.names.known(key) {
			r.names.set(key, 0)
			keys = append(keys, key)
		}
	}
	byCode, err := r.eyes.byCode(ctx, r.From, r.register, codes)
	if err != nil {
		return err
	}
	if err := r.followMerges(ctx, byCode, keys); err != nil {
		return err
	}
	for _, s := range byCode {
		r.codes.set(s.Code, s.Subject)
		r.coded.Set(s.Subject) // so that it is also known when it is found by a name that it gets later
	}
	byKey, err := r.eyes.byKey(ctx, r.From, r.register, keys)
	if err != nil {
		return err
	}
	for _, s := range byKey {
		switch {
		case s.Gone:
			r.addGone(s.NameKey, s.Subject)
		default:
			if s.Code != "" {
				r.coded.Set(s.Subject)
			}
			r.addName(s.NameKey, s.Subject)
		}
	}
	return nil
}

// addMerged takes in merges and the names that the merged subjects are still found by.
func (r *Resolver) addMerged(merged []fact.MergedRow) {
	for _, m := range merged {
		r.merged[m.Subject] = m.Into
	}
	for _, m := range merged {
		r.addGone(m.NameKey, m.Subject)
	}
}

// followMerges reads the merges of the subjects with some codes and of those that had some names.
func (r *Resolver) followMerges(ctx context.Context, coded []fact.SubjectRow, keys []string) error {
	merged, err := r.mergedNamed(ctx, keys)
	if err != nil {
		return err
	}
	r.addMerged(merged)
	var next []int64
	for _, s := range coded {
		if s.Gone {
			next = append(next, s.Subject)
		}
	}
	for _, m := range merged {
		next = append(next, m.Into)
	}
	for len(next) > 0 {
		merged, err := r.From.MergedOf(ctx, next)
		if err != nil {
			return err
		}
		next = next[:0]
		for _, m := range merged {
			if r.merged[m.Subject] == 0 {
				next = append(next, m.Into)
			}
			r.merged[m.Subject] = m.Into
		}
	}
	return nil
}

// addGone stores one of the inactive subjects of a name: one that was merged into another, otherwise the oldest.
func (r *Resolver) addGone(key string, subject int64) {
	if key == "" {
		return
	}
	old := r.goneName.get(key)
	was, is := r.merged[old] != 0, r.merged[subject] != 0
	if old == 0 || is && !was || is == was && subject < old {
		r.goneName.set(key, subject)
	}
}

// root returns the subject that a subject's records count for.
func (r *Resolver) root(subject int64) int64 {
	for {
		into := r.merged[subject]
		if into == 0 {
			return subject
		}
		subject = into
	}
}

// Likely returns the subject that a row will probably be about, 0 for a new one. It is used to load profiles ahead and
// changes nothing.
func (r *Resolver) Likely(code, key string) int64 {
	if code != "" {
		if s := r.codes.get(code); s != 0 {
			return r.root(s)
		}
	}
	if key == "" {
		return 0
	}
	s := r.names.get(key)
	if s == 0 {
		s = r.root(r.goneName.get(key))
	}
	if s&sharing != 0 {
		return 0
	}
	return s
}

// Known returns the subject that Decide would return for a row; 0 for a new one. It changes nothing.
func (r *Resolver) Known(code, key string) int64 {
	sharers := r.sharers(key)
	if code != "" {
		if s := r.codes.get(code); s != 0 {
			return r.root(s)
		}
		if len(sharers) == 1 && !r.coded.Has(sharers[0]) {
			return r.root(sharers[0])
		}
		return 0
	}
	if len(sharers) == 1 {
		return r.root(sharers[0])
	}
	for _, s := range sharers {
		if !r.coded.Has(s) {
			return r.root(s)
		}
	}
	if len(sharers) == 0 && key != "" {
		if s := r.goneName.get(key); s != 0 {
			return r.root(s)
		}
	}
	return 0
}

// decision is the subject that a row is about, and how that was decided.
type decision struct {
	Subject    int64
	RowSubject int64 // the subject that the row itself names, when it was merged into Subject; 0: the same
	How        fact.How
	Fresh      bool      // the subject was made by this row
	Held       fact.Held // of a fresh one: it is kept apart, and the owner of another subject is asked
}

// Decide returns the subject of a row, or makes a new one. It remembers what follows from the decision, except a change
// of name: see Rename and Revive.
func (r *Resolver) Decide(code, key string) decision {
	d := r.named(code, key)
	if root := r.root(d.Subject); root != d.Subject {
		d.Subject, d.RowSubject = root, d.Subject
	}
	if d.Fresh {
		d.Held = r.eyes.held(code, key)
	}
	return d
}

func (r *Resolver) named(code, key string) decision {
	sharers := r.sharers(key)
	if code != "" {
		if s := r.codes.get(code); s != 0 {
			return decision{Subject: s, How: fact.ByCode}
		}
		d := decision{How: fact.ByAdopted}
		if len(sharers) == 1 && !r.coded.Has(sharers[0]) {
			d.Subject = sharers[0]
		} else {
			d = r.fresh(fact.ByCode, key)
		}
		r.codes.set(code, d.Subject)
		r.coded.Set(d.Subject)
		return d
	}
	if len(sharers) == 1 {
		return decision{Subject: sharers[0], How: fact.ByName}
	}
	for _, s := range sharers { // ascending: the oldest of those that are known by name only
		if !r.coded.Has(s) {
			return decision{Subject: s, How: fact.ByName}
		}
	}
	if len(sharers) == 0 {
		if s := r.goneName.get(key); s != 0 {
			return decision{Subject: s, How: fact.ByName}
		}
	}
	return r.fresh(fact.ByName, key)
}

func (r *Resolver) fresh(how fact.How, key string) decision {
	s := r.Next
	r.Next++
	r.addName(key, s)
	return decision{Subject: s, How: how, Fresh: true}
}

// Rename records that the name of an active subject changed.
func (r *Resolver) Rename(subject int64, from, to string) {
	if from != to {
		r.dropName(from, subject)
		r.addName(to, subject)
	}
}

// Revive records that an inactive subject is active again, under a name, and whether it has a code.
func (r *Resolver) Revive(subject int64, key string, coded bool) {
	if r.goneName.get(key) == subject {
		r.goneName.set(key, 0)
	}
	if coded {
		r.coded.Set(subject)
	}
	r.addName(key, subject)
}

// sharers returns the active subjects that have a name, ascending.
func (r *Resolver) sharers(key string) []int64 {
	if key == "" {
		return nil
	}
	switch s := r.names.get(key); {
	case s == 0:
		return nil
	case s&sharing != 0:
		return r.shared[s&^sharing]
	default:
		return []int64{s}
	}
}

func (r *Resolver) addName(key string, subject int64) {
	if key == "" {
		return
	}
	switch s := r.names.get(key); {
	case s == 0:
		r.names.set(key, subject)
	case s&sharing != 0:
		list := &r.shared[s&^sharing]
		if at, found := slices.BinarySearch(*list, subject); !found {
			*list = slices.Insert(*list, at, subject)
		}
	case s != subject:
		r.names.set(key, sharing|int64(len(r.shared)))
		r.shared = append(r.shared, []int64{min(s, subject), max(s, subject)})
	}
}

func (r *Resolver) dropName(key string, subject int64) {
	if key == "" {
		return
	}
	switch s := r.names.get(key); {
	case s == subject:
		r.names.set(key, 0)
	case s&sharing != 0:
		list := &r.shared[s&^sharing]
		if at, found := slices.BinarySearch(*list, subject); found {
			*list = slices.Delete(*list, at, at+1)
		}
	}
}

// ResolverReader is what a resolver needs.
type ResolverReader interface {
	fact.CounterReader
	fact.CodeReader
	fact.NameReader
	fact.MergedReader
	fact.SubjectReader
}
