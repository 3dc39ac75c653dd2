package people

import (
	"context"
	"slices"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
)

// Seen is a person as the pages show him.
type Seen struct {
	Person
	Grants   []Grant
	Deputies []Deputy
	Second   bool
	Since    time.Time // of the newest session; zero: none
}

// Get gives a person whom the actor may see: administrators see all, who proposes those of his own organisation.
func (p *People) Get(ctx context.Context, id string) (s *Seen, err error) {
	defer fault.At(&err, "people.Get(person %s)", id)
	err = p.Storage.ReadPeople(ctx, func(r Reader) error {
		who, err := r.Person(ctx, id)
		if err != nil {
			return err
		}
		if who == nil {
			return errNoPerson()
		}
		if s, err = p.seen(ctx, r, who); err != nil {
			return err
		}
		if !p.mayKnow(ctx, s) {
			return errNoPerson()
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (p *People) seen(ctx context.Context, r Reader, who *Person) (s *Seen, err error) {
	s = &Seen{Person: *who}
	if s.Grants, err = r.Grants(ctx, who.ID); err != nil {
		return nil, err
	}
	if s.Deputies, err = r.Deputies(ctx, who.ID); err != nil {
		return nil, err
	}
	s.Second, err = p.hasSecond(ctx, r, who.ID)
	return s, err
}

// mayKnow reports whether the actor may see an account.
func (p *People) mayKnow(ctx context.Context, s *Seen) bool {
	if p.Decide(ctx, auth.Account, auth.Resource{}) == nil || p.Decide(ctx, auth.Grant, auth.Resource{}) == nil {
		return true
	}
	if p.Decide(ctx, auth.Propose, auth.Resource{}) != nil {
		return false
	}
	return s.MadeBy == auth.Of(ctx) && s.MadeBy != "" || slices.ContainsFunc(s.Grants, func(g Grant) bool { return p.within(ctx, &g) })
}

// List lists the persons whom the actor may see.
func (p *People) List(ctx context.Context, w Wanted, offset, limit int) (list []Seen, total int, err error) {
	defer fault.At(&err, "people.List")
	all := p.Decide(ctx, auth.Account, auth.Resource{}) == nil || p.Decide(ctx, auth.Grant, auth.Resource{}) == nil
	if !all {
		if err := p.Decide(ctx, auth.Propose, auth.Resource{}); err != nil {
			return nil, 0, err
		}
	}
	err = p.Storage.ReadPeople(ctx, func(r Reader) error {
		if all {
			persons, n, err := r.Persons(ctx, w, offset, limit)
			total = n
			for i := range persons {
				s, err := p.seen(ctx, r, &persons[i])
				if err != nil {
					return err
				}
				list = append(list, *s)
			}
			return err
		}
		for from := 0; ; from += 500 { // those of one's own organisation are few; they are found among all
			persons, n, err := r.Persons(ctx, w, from, 500)
			if err != nil {
				return err
			}
			for i := range persons {
				s, err := p.seen(ctx, r, &persons[i])
				if err != nil {
					return err
				}
				if p.mayKnow(ctx, s) {
					if total >= offset && len(list) < limit {
						list = append(list, *s)
					}
					total++
				}
			}
			if from+500 >= n {
				return nil
			}
		}
	})
	return list, total, err
}

// Demos are the demonstration accounts that work now: none unless the base holds generated data only.
func (p *People) Demos(ctx context.Context) (list []Seen, err error) {
	defer fault.At(&err, "people.Demos")
	if !p.isSynthetic(ctx) {
		return nil, nil
	}
	err = p.Storage.ReadPeople(ctx, func(r Reader) error {
		persons, _, err := r.Persons(ctx, Wanted{State: Active, Demo: true}, 0, 100)
		for i := range persons {
			s, e := p.seen(ctx, r, &persons[i])
			if e != nil {
				return e
			}
			list = append(list, *s)
		}
		return err
	})
	return list, err
}
