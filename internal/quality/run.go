package quality

import (
	"cmp"
	"context"
	"slices"

	"eyas/internal/pack"
	"eyas/internal/registry"
)

// Source is the registry as a run over a whole register reads it.
type Source interface {
	// Scan gives the profiles that changed after a counter; the profile is used again for the next.
	Scan(ctx context.Context, afterChange int64, fn func(*registry.Profile) error) error
	// EachSaid gives changed profiles, gone ones not, with all that their records say; both are used again for the next.
	EachSaid(ctx context.Context, register string, afterChange int64, fn func(p *registry.Profile, said []registry.Fact) error) error
	// Addresses says where values came from.
	Addresses(ctx context.Context, register string, facts []registry.Fact) ([]registry.Address, error)
}

// Placed is a finding with the address of its value.
type Placed struct {
	Finding
	Source registry.Address
}

// Result is what a run came to.
type Result struct {
	Subjects int // judged
	Findings []Placed
}

// Run judges a whole register: two passes over its profiles, then the addresses of what was found. Findings come by
// subject and, of one subject, in the order of the pack's rules. district, when not empty, keeps those of one district;
// what is usual is learned from all.
func Run(ctx context.Context, p *pack.Pack, src Source, opt Options, district string) (*Result, error) {
	j, err := New(p, opt)
	if err != nil {
		return nil, err
	}
	res := &Result{}
	if len(j.usual.series) > 0 {
		if err := pass(ctx, src, j.register.ID, 0, false, func(p *registry.Profile, _ []registry.Fact) error { j.Learn(p); return nil }); err != nil {
			return nil, err
		}
	}
	j.Settle()
	err = pass(ctx, src, j.register.ID, 0, j.listens(), func(p *registry.Profile, said []registry.Fact) error {
		if !p.Gone {
			res.Subjects++
		}
		for _, f := range j.Check(p, said) {
			if district == "" || f.District == district {
				res.Findings = append(res.Findings, Placed{Finding: f})
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return res, place(ctx, src, j.register.ID, res.Findings)
}

// batch is how many profiles are handed over at once.
const batch = 512

// told is a profile with what was said of it.
type told struct {
	registry.Profile
	said []registry.Fact
}

// pass gives the profiles that changed after a counter to fn, which runs beside the reading: profiles are copied in
// batches, four of them in all. The first error of fn ends it. With what was said gone profiles are left out.
func pass(ctx context.Context, src Source, register string, after int64, said bool, fn func(*registry.Profile, []registry.Fact) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	full, free := make(chan []told, 2), make(chan []told, 4)
	for range 4 {
		free <- make([]told, 0, batch)
	}
	done := make(chan error, 1)
	go func() {
		var failed error
		for list := range full {
			for i := range list {
				if failed == nil {
					if failed = fn(&list[i].Profile, list[i].said); failed != nil {
						cancel()
					}
				}
			}
			free <- list[:0]
		}
		done <- failed
	}()
	list := <-free
	take := func(p *registry.Profile, said []registry.Fact) error {
		n := len(list)
		list = list[:n+1]
		t := &list[n]
		facts := append(t.Facts[:0], p.Facts...)
		t.said = append(t.said[:0], said...)
		t.Profile = *p
		t.Facts = facts
		if len(list) == batch {
			full <- list
			list = <-free
		}
		return nil
	}
	var err error
	if said {
		err = src.EachSaid(ctx, register, after, take)
	} else {
		err = src.Scan(ctx, after, func(p *registry.Profile) error { return take(p, nil) })
	}
	full <- list
	close(full)
	if failed := <-done; failed != nil {
		return failed
	}
	return err
}

// place fills in the addresses of findings, some thousand at a time.
func place(ctx context.Context, src Source, register string, list []Placed) error {
	for part := range slices.Chunk(list, 4096) {
		facts := make([]registry.Fact, len(part))
		for i, f := range part {
			facts[i] = registry.Fact{Record: f.Record, Cell: f.Cell}
		}
		addresses, err := src.Addresses(ctx, register, facts)
		if err != nil {
			return err
		}
		for i := range part {
			part[i].Source = addresses[i]
		}
	}
	return nil
}

// Count is a number of findings under a name.
type Count struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	N    int    `json:"findings"`
}

// Counts counts findings by what key gives, the most first.
func Counts(list []Placed, key func(*Placed) (id, name string)) []Count {
	at := map[string]int{}
	counts := []Count{}
	for i := range list {
		id, name := key(&list[i])
		k, ok := at[id]
		if !ok {
			k = len(counts)
			at[id] = k
			counts = append(counts, Count{ID: id, Name: name})
		}
		counts[k].N++
	}
	slices.SortStableFunc(counts, func(a, b Count) int { return cmp.Or(b.N-a.N, cmp.Compare(a.ID, b.ID)) })
	return counts
}
