package people

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
)

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
	list := []Seen{{Person: *who}}
	if err := r.Beside(ctx, list); err != nil {
		return nil, err
	}
	s = &list[0]
	s.Deputies, err = r.Deputies(ctx, who.ID)
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

// List lists the persons whom the actor may see, without their deputies, and counts all that fit.
func (p *People) List(ctx context.Context, w Wanted, offset, limit int) (list []Seen, total int, err error) {
	defer fault.At(&err, "people.List")
	w.Day = p.today()
	all := p.Decide(ctx, auth.Account, auth.Resource{}) == nil || p.Decide(ctx, auth.Grant, auth.Resource{}) == nil
	if !all {
		if err := p.Decide(ctx, auth.Propose, auth.Resource{}); err != nil {
			return nil, 0, err
		}
	}
	err = p.Storage.ReadPeople(ctx, func(r Reader) error {
		if all {
			list, total, err = listed(ctx, r, w, offset, limit)
			return err
		}
		list, total, err = p.listNear(ctx, r, w, offset, limit)
		return err
	})
	return list, total, err
}

func listed(ctx context.Context, r Reader, w Wanted, offset, limit int) (list []Seen, total int, err error) {
	persons, total, err := r.Persons(ctx, w, offset, limit)
	if err != nil {
		return nil, 0, err
	}
	for i := range persons {
		list = append(list, Seen{Person: persons[i]})
	}
	return list, total, r.Beside(ctx, list)
}

// listNear lists for who is no administrator: the database gives those of whom he may know, and of each that has a role for a
// subject it is asked where that lies.
func (p *People) listNear(ctx context.Context, r Reader, w Wanted, offset, limit int) (list []Seen, total int, err error) {
	w.Near = &Near{By: auth.Of(ctx)}
	if own := auth.Named(ctx).Org; own != "" {
		for _, o := range p.Pack.Orgs {
			if p.Pack.Orgs.Within(o.ID, own) {
				w.Near.Orgs = append(w.Near.Orgs, o.ID)
			}
		}
	}
	const batch = 500
	for from := 0; ; from += batch {
		near, _, err := listed(ctx, r, w, from, batch)
		if err != nil {
			return nil, 0, err
		}
		for i := range near {
			if !p.mayKnow(ctx, &near[i]) {
				continue
			}
			if total >= offset && len(list) < limit {
				list = append(list, near[i])
			}
			total++
		}
		if len(near) < batch {
			return list, total, nil
		}
	}
}

// Demos are the demonstration accounts that work now: none unless the base holds generated data only.
func (p *People) Demos(ctx context.Context) (list []Seen, err error) {
	defer fault.At(&err, "people.Demos")
	if !p.isSynthetic(ctx) {
		return nil, nil
	}
	err = p.Storage.ReadPeople(ctx, func(r Reader) error {
		list, _, err = listed(ctx, r, Wanted{States: []State{Active}, Demo: true}, 0, 100)
		return err
	})
	return list, err
}

// NameOf is the name of a person; his id when he has none or there is no such person. It asks for no rights: whoever shows it
// has to know that it may be shown.
func (p *People) NameOf(ctx context.Context, id string) string {
	name := id
	_ = p.Storage.ReadPeople(ctx, func(r Reader) error { // the id is good enough
		who, err := r.Person(ctx, id)
		if who != nil && who.Name != "" {
			name = who.Name
		}
		return err
	})
	return name
}

// Assignable reports whether a person holds, today, a role that sees what is assigned to him.
func (p *People) Assignable(ctx context.Context, id string) (yes bool, err error) {
	defer fault.At(&err, "people.Assignable(person %s)", id)
	err = p.Storage.ReadPeople(ctx, func(r Reader) error {
		list, err := p.rolesOf(ctx, r, id)
		yes = slices.ContainsFunc(list, func(g Grant) bool { own := p.roles[g.Role]; return own != nil && own.Rows == pack.RowsAssigned })
		return err
	})
	return yes, err
}

// SeeAs shows the pages as another person sees them under one of his grants, for a stated reason. The actor sees persons of his
// own organisation and those below it so, and can change nothing meanwhile. Both names are in the log. The token changes.
func (p *People) SeeAs(ctx context.Context, token string, grant int64, reason string) (fresh string, err error) {
	defer fault.At(&err, "people.SeeAs(grant %d)", grant)
	if err := p.Decide(ctx, auth.LookAs, auth.Resource{}); err != nil {
		return "", err
	}
	if reason = strings.TrimSpace(reason); len([]rune(reason)) < 4 {
		return "", fault.New(fault.Invalid, "请写明以他人身份查看的理由。", "Say why you look at the pages as this person sees them.")
	}
	err = p.Storage.WritePeople(ctx, func(ctx context.Context, w Writer) error {
		s, err := p.live(ctx, w, token)
		if err != nil {
			return err
		}
		g, err := w.Grant(ctx, grant)
		if err != nil {
			return err
		}
		if g == nil || !g.Holds(p.today()) || !p.lookable(ctx, g) {
			return fault.New(fault.NotFound, "没有这个人，或不在您的机构之内。", "There is no such person, or not within your organisation.")
		}
		if who, err := w.Person(ctx, g.Person); err != nil || who == nil || who.State == Left {
			return cmpErr(err, errNoPerson())
		}
		s.View, s.ViewGrant = g.Person, g.ID
		if fresh, err = p.renew(ctx, w, s); err != nil {
			return err
		}
		return p.logLook(ctx, w, s, "look-as", map[string]any{"as": g.Person, "grant": g.ID, "session": s.ID(), "reason": audit.Beside(reason)})
	})
	return fresh, err
}

// Lookable reports whether SeeAs would show the pages as a person sees them.
func (p *People) Lookable(ctx context.Context, g *Grant) bool {
	return g.Holds(p.today()) && p.lookable(ctx, g) && p.Decide(ctx, auth.LookAs, auth.Resource{}) == nil
}

// StopLooking shows the pages as oneself again. The token changes.
func (p *People) StopLooking(ctx context.Context, token string) (fresh string, err error) {
	defer fault.At(&err, "people.StopLooking")
	err = p.Storage.WritePeople(ctx, func(ctx context.Context, w Writer) error {
		s, err := p.live(ctx, w, token)
		if err != nil {
			return err
		}
		as := s.View
		s.View, s.ViewGrant = "", 0
		if fresh, err = p.renew(ctx, w, s); err != nil || as == "" {
			return err
		}
		return p.logLook(ctx, w, s, "look-end", map[string]any{"as": as, "session": s.ID()})
	})
	return fresh, err
}

func (p *People) logLook(ctx context.Context, w Writer, s *Session, action string, detail map[string]any) error {
	e, err := p.entryOf(s.Person, action, "person/"+fmt.Sprint(detail["as"]), detail)
	if err != nil {
		return err
	}
	return w.Log(ctx, e)
}
