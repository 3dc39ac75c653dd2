package quality

import (
	"cmp"
	"context"
	"slices"

	"eyas/internal/pack"
	"eyas/internal/quality/judge"
	"eyas/internal/registry/fact"
)

// Source reads a whole register. Profiles and facts are reused for the next call of fn.
type Source interface {
	judge.Source
	// Addresses returns the source, file, row and cell of each fact.
	Addresses(ctx context.Context, register string, facts []fact.Fact) ([]fact.Address, error)
}

// Placed is a finding with the address of its value.
type Placed struct {
	judge.Finding
	Source fact.Address
}

// Result is the result of a run.
type Result struct {
	Subjects int // number of subjects that were judged
	Findings []Placed
}

// Run judges a whole register without storing anything. It passes over the profiles twice and then reads the addresses
// of the findings. Findings are sorted by subject id, and for one subject by the rules of the pack. If district is not
// "", only findings of that district are returned. The usual values are still learned from all subjects.
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

// place sets the addresses of findings, some thousand at a time.
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

// Count is a number of findings with a common property.
type Count struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	N    int    `json:"findings"`
}

// Counts counts findings by the property that key returns, largest first.
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
