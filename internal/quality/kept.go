package quality

import (
	"cmp"
	"context"
	"slices"
	"sync"
)

// memory holds the open findings of each register in memory, so that a page counts those that its reader sees without reading
// all from the database. A finding takes about 130 bytes. Before each use what was written since is read; the findings of
// another process come in the same way.
type memory struct {
	sync.Mutex // held while a digest is brought up to date
	digests    map[string]*digest
	words      map[string]string // texts that many findings have in common
}

// digest is the open findings of a register as they were at one moment. It is not changed.
type digest struct {
	seq     int64  // number of the last write of findings that it covers
	list    []Slim // the gravest first; see inOrder
	known   int    // how many of list, its first ones, are of rules of the pack
	byFound func() []int32
	tallies func() []Tally
}

// ranks gives the order of the rules: the gravest first, those of one severity in the order of the pack.
func (b *Board) ranks(register string) map[string]int {
	ranks := map[string]int{}
	for i, id := range b.bySeverity(Filter{Register: register}) {
		ranks[id] = i
	}
	return ranks
}

// inOrder compares findings by the severity of their rules, then as the database orders the findings of a rule. Rules
// that the pack does not have come last.
func inOrder(ranks map[string]int) func(x, y Slim) int {
	rank := func(rule string) int {
		if n, known := ranks[rule]; known {
			return n
		}
		return len(ranks)
	}
	return func(x, y Slim) int {
		if x.Rule != y.Rule {
			if c := cmp.Compare(rank(x.Rule), rank(y.Rule)); c != 0 {
				return c
			}
		}
		return byRule(x, y)
	}
}

func byRule(x, y Slim) int {
	return cmp.Or(cmp.Compare(x.Rule, y.Rule), cmp.Compare(x.Import, y.Import), cmp.Compare(x.Subject, y.Subject), cmp.Compare(x.Attribute, y.Attribute), cmp.Compare(x.Year, y.Year))
}

func byFound(x, y Slim) int {
	return cmp.Or(x.FoundAt.Compare(y.FoundAt), cmp.Compare(x.Subject, y.Subject), cmp.Compare(x.Rule, y.Rule), cmp.Compare(x.Attribute, y.Attribute), cmp.Compare(x.Year, y.Year))
}

// openOf returns the open findings of a register as they are now.
func (b *Board) openOf(ctx context.Context, register string) (d *digest, err error) {
	k := b.kept
	err = b.base.Read(passed(ctx), func(r Reader) error {
		if !r.Committed() { // it may be taken back: nothing of it is kept
			d, err = b.newer(ctx, r, register, nil, map[string]string{})
			return err
		}
		k.Lock()
		defer k.Unlock()
		if d, err = b.newer(ctx, r, register, k.digests[register], k.words); err == nil {
			k.digests[register] = d
		}
		return err
	})
	return d, err
}

// newer brings a digest up to date; nil is one of nothing.
func (b *Board) newer(ctx context.Context, r Reader, register string, d *digest, words map[string]string) (*digest, error) {
	after, changed, news := int64(-1), map[Key]bool{}, []Slim(nil)
	if d != nil {
		after = d.seq
	}
	word := func(s *string) {
		w, known := words[*s]
		if !known {
			w = *s
			words[w] = w
		}
		*s = w
	}
	last, err := r.Changed(ctx, register, after, func(f Slim, open bool) {
		for _, s := range []*string{&f.Rule, &f.Attribute, &f.District, (*string)(&f.State), &f.Assignee} {
			word(s)
		}
		if d != nil {
			changed[f.Key] = true
		}
		if open {
			news = append(news, f)
		}
	})
	switch {
	case err != nil || d != nil && last == d.seq:
		return d, err
	case d != nil && len(changed) == 0: // of other registers
		same := *d
		same.seq = last
		return &same, nil
	}
	ranks := b.ranks(register)
	order := inOrder(ranks)
	slices.SortFunc(news, order)
	if d != nil {
		news = merged(d.list, changed, news, order)
	}
	return digestOf(last, news, ranks), nil
}

// merged is a sorted list without what has changed, and with the sorted news.
func merged(list []Slim, changed map[Key]bool, news []Slim, order func(x, y Slim) int) []Slim {
	all := make([]Slim, 0, len(list)+len(news))
	for i := range list {
		if changed[list[i].Key] {
			continue
		}
		for len(news) > 0 && order(news[0], list[i]) < 0 {
			all, news = append(all, news[0]), news[1:]
		}
		all = append(all, list[i])
	}
	return append(all, news...)
}

func digestOf(seq int64, list []Slim, ranks map[string]int) *digest {
	known := len(list)
	for known > 0 {
		if _, ok := ranks[list[known-1].Rule]; ok {
			break
		}
		known--
	}
	return &digest{seq: seq, list: list, known: known,
		byFound: sync.OnceValue(func() []int32 {
			at := make([]int32, len(list))
			for i := range at {
				at[i] = int32(i)
			}
			slices.SortFunc(at, func(i, j int32) int { return byFound(list[i], list[j]) })
			return at
		}),
		tallies: sync.OnceValue(func() []Tally { return tallied(list, nil) }),
	}
}

// tallied counts findings; shows may be nil.
func tallied(list []Slim, shows func(*Slim) bool) (counts []Tally) {
	at := map[Tally]int{}
	for i := range list {
		f := &list[i]
		if shows != nil && !shows(f) {
			continue
		}
		key := Tally{Rule: f.Rule, District: f.District, Import: f.Import, State: f.State, Assignee: f.Assignee}
		n, known := at[key]
		if !known {
			n = len(counts)
			at[key], counts = n, append(counts, key)
		}
		counts[n].N++
	}
	slices.SortFunc(counts, func(x, y Tally) int {
		return cmp.Or(cmp.Compare(x.Rule, y.Rule), cmp.Compare(x.Import, y.Import), cmp.Compare(x.District, y.District), cmp.Compare(x.State, y.State), cmp.Compare(x.Assignee, y.Assignee))
	})
	return counts
}

// fits returns whether a finding fits a filter without a text; nil if all do.
func (f *Filter) fits() func(*Slim) bool {
	var parts []func(*Slim) bool
	add := func(wanted bool, part func(*Slim) bool) {
		if wanted {
			parts = append(parts, part)
		}
	}
	add(f.Rules != nil, func(x *Slim) bool { return slices.Contains(f.Rules, x.Rule) })
	add(f.Imports != nil, func(x *Slim) bool { return slices.Contains(f.Imports, x.Import) })
	add(f.Districts != nil, func(x *Slim) bool { return slices.Contains(f.Districts, x.District) })
	add(f.States != nil, func(x *Slim) bool { return slices.Contains(f.States, x.State) })
	add(f.Assignees != nil, func(x *Slim) bool { return slices.Contains(f.Assignees, x.Assignee) })
	add(f.Subjects != nil, func(x *Slim) bool { return slices.Contains(f.Subjects, x.Subject) })
	add(f.Keys != nil, func(x *Slim) bool { return slices.Contains(f.Keys, x.Key) })
	add(!f.From.IsZero(), func(x *Slim) bool { return !x.FoundAt.Before(f.From) })
	add(!f.To.IsZero(), func(x *Slim) bool { return x.FoundAt.Before(f.To) })
	if parts == nil {
		return nil
	}
	return func(x *Slim) bool {
		for _, part := range parts {
			if !part(x) {
				return false
			}
		}
		return true
	}
}

// page returns the keys of findings offset…offset+limit−1 among those that fit a filter and are shown, in its order, and how many
// fit. ok is false for an order that only the database knows.
func (d *digest) page(f Filter, shows func(*Slim) bool, offset, limit int) (keys []Key, total int, ok bool) {
	if f.Text != "" {
		return nil, 0, false
	}
	fits := f.fits()
	take := func(x *Slim) {
		if fits != nil && !fits(x) || shows != nil && !shows(x) {
			return
		}
		if total++; total > offset && len(keys) < limit {
			keys = append(keys, x.Key)
		}
	}
	switch f.Sort {
	case "", "severity":
		if !f.Desc {
			for i := range d.known {
				take(&d.list[i])
			}
			break
		}
		for end := d.known; end > 0; { // the mildest rule first, the findings of each in their own order
			start := d.startOf(end)
			for i := start; i < end; i++ {
				take(&d.list[i])
			}
			end = start
		}
	case "found":
		order := d.byFound()
		for i := range order {
			at := order[i]
			if f.Desc {
				at = order[len(order)-1-i]
			}
			take(&d.list[at])
		}
	case "rule":
		order := make([]int32, len(d.list))
		for i := range order {
			order[i] = int32(i)
		}
		slices.SortFunc(order, func(i, j int32) int {
			c := byRule(d.list[i], d.list[j])
			if f.Desc {
				return -c
			}
			return c
		})
		for _, i := range order {
			take(&d.list[i])
		}
	default:
		return nil, 0, false
	}
	return keys, total, true
}

// startOf is where the findings of the rule begin that end before an index.
func (d *digest) startOf(end int) int {
	start := end - 1
	for start > 0 && d.list[start-1].Rule == d.list[end-1].Rule {
		start--
	}
	return start
}
