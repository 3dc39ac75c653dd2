package quality

import (
	"cmp"
	"context"
	"slices"

	"eyas/internal/pack"
	"eyas/internal/quality/judge"
	"eyas/internal/registry/fact"
)

// Source is the registry as a run over a whole register reads it. Profiles and what is said of them are used again for
// the next.
type Source interface {
	judge.Source
	// Addresses says where values came from.
	Addresses(ctx context.Context, register string, facts []fact.Fact) ([]fact.Address, error)
}

// Placed is a finding with the address of its value.
type Placed struct {
	judge.Finding
	Source fact.Address
}

// Result is what a run came to.
type Result struct {
	Subjects int // judged
	Findings []Placed
}

// Run judges a whole register: two passes over its profiles, then the addresses of what was found. Findings come by
// subject and, of one subject, in the order of the pack's rules. district, when not empty, keeps those of one district;
// what is usual is learned from all.
func Run(ctx context.Context, p *pack.Pack, src Source, opt judge.Options, district string) (*Result, error) {
	j, err := judge.New(p, opt)
	if err != nil {
		return nil, err
	}
	if err := j.LearnFrom(ctx, src); err != nil {
		return nil, err
	}
	res := &Result{}
	err = j.Each(ctx, src, 0, func(p *fact.Profile, list []judge.Finding) error {
		if !p.Gone {
			res.Subjects++
		}
		for _, f := range list {
			if district == "" || f.District == district {
				res.Findings = append(res.Findings, Placed{Finding: f})
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(res.Findings, func(a, b Placed) int { return cmp.Compare(a.Subject, b.Subject) })
	return res, place(ctx, src, j.Register.ID, res.Findings)
}

// place fills in the addresses of findings, some thousand at a time.
func place(ctx context.Context, src Source, register string, list []Placed) error {
	for part := range slices.Chunk(list, 4096) {
		facts := make([]fact.Fact, len(part))
		for i, f := range part {
			facts[i] = fact.Fact{Record: f.Record, Cell: f.Cell}
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
