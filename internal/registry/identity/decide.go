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
//   - A usable code names its subject, also one that is gone. A code met for the first time names a new subject,
//     unless exactly one live subject has the row's name and that one has no code: then this is its code, and the
//     link says so (adopted). If others share the name it would be a guess, and is not made.
//   - A row without a usable code goes by its exact normalised name: to the one live subject of that name; where
//     several share it, to the one among them that is known by name only, which is made when there is none, because
//     nothing says which of the others is meant; where nobody has it, to a subject that was known by this name only
//     and is gone, else to a new one.
//
// A subject that was merged into another is still known by its code and its name: what names it is about that other
// one, and the link says whom the row named. Names are else those that subjects have at that moment: after a change of
// name the old one names nobody. What more can be known (former names, similar names) is linkage's work.
//
// It knows subjects by the hashes of their codes and names, about 64 MB for a million. When few rows come into a
// large base it asks for just their codes and names; when there are many it reads all once.
type Resolver struct {
	From     ResolverReader
	register string
	Next     int64 // id for the next new subject
	all      bool  // every stored subject is known here; otherwise those that were asked for

	codes    *hashed // code → subject
	names    *hashed // name key → the live subject, or sharing|place where several have it
	goneName *hashed // name key → a gone subject that was known by it only
	shared   [][]int64
	coded    Bits            // subjects that have a code; of gone ones it says nothing
	merged   map[int64]int64 // subject → the one that it was merged into, which may be merged itself
}

// sharing marks a value of resolver.names as an index into shared.
const sharing = int64(1) << 39

// NewResolver gives a resolver over the subjects of a register, for about so many rows.
func NewResolver(ctx context.Context, from ResolverReader, register string, rows int) (_ *Resolver, err error) {
	defer fault.At(&err, "identity.NewResolver(register %s)", register)
	r := &Resolver{From: from, register: register, codes: newHashed(), names: newHashed(), goneName: newHashed()}
	last, err := from.Counter(ctx, fact.LastSubject)
	if err != nil {
		return nil, err
	}
	r.Next = last + 1
	r.merged = map[int64]int64{}
	if int64(rows) < last/8 { // about where asking row by row is the cheaper
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

// Prepare makes sure that all that is stored about the codes and the keys of names of some rows is known.
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
	byCode, err := r.From.SubjectsByCode(ctx, r.register, codes)
	if err != nil {
		return err
	}
	if err := r.followMerges(ctx, byCode, keys); err != nil {
		return err
	}
	for _, s := range byCode {
		r.codes.set(s.Code, s.Subject)
		r.coded.Set(s.Subject) // also when it is met by a name that it gets later
	}
	byKey, err := r.From.SubjectsByKey(ctx, r.register, keys)
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

// addMerged takes merges in, and the names by which the merged are still known.
func (r *Resolver) addMerged(merged []fact.MergedRow) {
	for _, m := range merged {
		r.merged[m.Subject] = m.Into
	}
	for _, m := range merged {
		r.addGone(m.NameKey, m.Subject)
	}
}

// derive.followMerges learns what subjects with some codes, and those that have had some names, were merged into.
func (r *Resolver) followMerges(ctx context.Context, coded []fact.SubjectRow, keys []string) error {
	merged, err := r.From.MergedNamed(ctx, r.register, keys)
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

// addGone keeps, of the gone subjects of a name, one that was merged into another, else the oldest.
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

// root gives the subject that a subject's records count for.
func (r *Resolver) root(subject int64) int64 {
	for {
		into := r.merged[subject]
		if into == 0 {
			return subject
		}
		subject = into
	}
}

// Likely gives the subject that a row will probably be about, 0 for a new one; for loading ahead.
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

// decision says which subject a row is about.
type decision struct {
	Subject int64
	Origin  int64 // whom the row itself names, where that one was merged into subject; 0: the same
	How     fact.How
	Fresh   bool // made by this row
}

// Decide finds the subject of a row, or makes one, and remembers what follows from it, except a change of name:
// see rename and revive.
func (r *Resolver) Decide(code, key string) decision {
	d := r.named(code, key)
	if root := r.root(d.Subject); root != d.Subject {
		d.Subject, d.Origin = root, d.Subject
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
	for _, s := range sharers { // ascending: of several that are known by name only, the oldest
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

// Rename says that a live subject's name changed.
func (r *Resolver) Rename(subject int64, from, to string) {
	if from != to {
		r.dropName(from, subject)
		r.addName(to, subject)
	}
}

// Revive says that a gone subject is live again, under a name of its own, and whether it has a code.
func (r *Resolver) Revive(subject int64, key string, coded bool) {
	if r.goneName.get(key) == subject {
		r.goneName.set(key, 0)
	}
	if coded {
		r.coded.Set(subject)
	}
	r.addName(key, subject)
}

// sharers gives the live subjects of a name, ascending.
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

// ResolverReader is what deciding whom rows are about reads.
type ResolverReader interface {
	fact.CounterReader
	fact.CodeReader
	fact.NameReader
	fact.MergedReader
	fact.SubjectReader
}
