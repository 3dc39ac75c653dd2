package mandate

import (
	"context"
	"slices"

	"eyas/internal/auth"
	"eyas/internal/fault"
)

// State is how a mandate or a position stands.
type State string

// The states.
const (
	Waiting  State = "waiting"  // a mandate that its person has not accepted
	Holds    State = "holds"    // it gives what it says
	Over     State = "over"     // its last day has passed
	Ended    State = "ended"    // somebody ended it
	Declined State = "declined" // its person did not accept it
	Lapsed   State = "lapsed"   // the profile has named another representative since
	Gone     State = "gone"     // the representative's position or the account was taken
)

// Listed is a mandate with its state.
type Listed struct {
	Mandate
	State State
}

// Placed is a position with its state.
type Placed struct {
	Position
	State State
}

// Standing is who stands for a subject.
type Standing struct {
	Holders   []Holder
	Positions []Placed // the newest first
	Mandates  []Listed // the newest first
	Known     bool     // the profile names a representative
	Named     []int64  // grants of holders whose names are his
}

// Now is the position that holds; nil: nobody is the representative.
func (s *Standing) Now() *Placed {
	for i := range s.Positions {
		if s.Positions[i].State == Holds {
			return &s.Positions[i]
		}
	}
	return nil
}

// OfSubject says who stands for a subject: for who may say who is its representative, and for the representative.
func (m *Mandates) OfSubject(ctx context.Context, subject int64) (s *Standing, err error) {
	defer fault.At(&err, "mandate.OfSubject(subject %d)", subject)
	if bad := m.may(ctx, auth.Represent, subject); bad != nil {
		if fault.Of(bad) != fault.Forbidden {
			return nil, bad
		}
		if bad := m.may(ctx, auth.Entrust, subject); bad != nil {
			return nil, bad
		}
	}
	role, err := m.roleOf(ctx, subject)
	if err != nil {
		return nil, err
	}
	now, _, err := m.Now(ctx, subject, role.Mandate.By)
	if err != nil {
		return nil, err
	}
	s = &Standing{Known: now != ""}
	var positions []Position
	var mandates []Mandate
	err = m.Storage.ReadMandates(ctx, func(r Reader) error {
		if s.Holders, err = r.Holders(ctx, auth.Role(role.ID), subject, m.Today(), mostHolders); err != nil {
			return err
		}
		if positions, err = r.Positions(ctx, subject, mostListed); err != nil {
			return err
		}
		mandates, err = r.Mandates(ctx, subject, mostListed)
		return err
	})
	if err != nil {
		return nil, err
	}
	for _, h := range s.Holders {
		if Same(h.Name, now) {
			s.Named = append(s.Named, h.Grant)
		}
	}
	for i := range positions {
		state, err := m.positionState(ctx, &positions[i])
		if err != nil {
			return nil, err
		}
		s.Positions = append(s.Positions, Placed{positions[i], state})
	}
	if s.Mandates, err = m.listed(ctx, mandates); err != nil {
		return nil, err
	}
	return s, nil
}

func (m *Mandates) listed(ctx context.Context, mandates []Mandate) (list []Listed, err error) {
	for i := range mandates {
		state, err := m.stateOf(ctx, &mandates[i])
		if err != nil {
			return nil, err
		}
		list = append(list, Listed{mandates[i], state})
	}
	return list, nil
}

// Mine are the mandates of the actor himself, the newest first. They are his whatever role he acts in.
func (m *Mandates) Mine(ctx context.Context) (list []Listed, err error) {
	defer fault.At(&err, "mandate.Mine")
	mandates, err := m.mine(ctx)
	if err != nil {
		return nil, err
	}
	return m.listed(ctx, mandates)
}

func (m *Mandates) mine(ctx context.Context) (list []Mandate, err error) {
	a := m.Actors.Acting(ctx)
	if a.ID == "" || a.Viewer != "" {
		return nil, nil
	}
	err = m.Storage.ReadMandates(ctx, func(r Reader) (err error) {
		list, err = r.MandatesOf(ctx, a.ID, mostListed)
		return err
	})
	return list, err
}

// Waiting are those of Mine that he has not accepted and still may.
func (m *Mandates) Waiting(ctx context.Context) (list []Listed, err error) {
	defer fault.At(&err, "mandate.Waiting")
	mandates, err := m.mine(ctx)
	if err != nil {
		return nil, err
	}
	today := m.Today() // the others are not asked about: every page counts
	mandates = slices.DeleteFunc(mandates, func(x Mandate) bool { return !x.Accepted.IsZero() || !x.Ended.IsZero() || x.Until < today })
	list, err = m.listed(ctx, mandates)
	return slices.DeleteFunc(list, func(x Listed) bool { return x.State != Waiting }), err
}

// Legal reports whether an actor is, now, the representative of the subject for which he acts.
func (m *Mandates) Legal(ctx context.Context, a auth.Actor) (yes bool, err error) {
	defer fault.At(&err, "mandate.Legal(grant %d)", a.Grant)
	given, err := m.Given(ctx, a)
	return slices.Contains(given, auth.Entrust), err
}

// positionState is how a position stands today.
func (m *Mandates) positionState(ctx context.Context, p *Position) (State, error) {
	switch {
	case !p.Lapsed.IsZero():
		return Lapsed, nil
	case !p.Ended.IsZero():
		return Ended, nil
	}
	var holds []Position
	var grant *Grant
	err := m.Storage.ReadMandates(ctx, func(r Reader) (err error) {
		if holds, err = standing(ctx, r, p.ID, m.Today()); err != nil {
			return err
		}
		grant, err = r.Grant(ctx, p.Grant, m.Today())
		return err
	})
	if err != nil {
		return "", err
	}
	if grant == nil || len(holds) == 0 {
		return Gone, nil
	}
	own := m.Pack.Role(string(grant.Role))
	if own == nil || own.Mandate == nil {
		return Gone, nil
	}
	steady, err := m.steady(ctx, own.Mandate, p)
	if err != nil {
		return "", err
	}
	if !steady {
		return Lapsed, nil
	}
	return Holds, nil
}

// stateOf is how a mandate stands today.
func (m *Mandates) stateOf(ctx context.Context, x *Mandate) (State, error) {
	switch {
	case !x.Ended.IsZero() && x.Accepted.IsZero() && x.EndedBy == x.Person:
		return Declined, nil
	case !x.Ended.IsZero():
		return Ended, nil
	}
	var p *Position
	var grant *Grant
	err := m.Storage.ReadMandates(ctx, func(r Reader) (err error) {
		if p, err = r.Position(ctx, x.Position); err != nil {
			return err
		}
		grant, err = r.Grant(ctx, x.Grant, m.Today())
		return err
	})
	if err != nil {
		return "", err
	}
	if p == nil || grant == nil {
		return Gone, nil
	}
	of, err := m.positionState(ctx, p)
	switch {
	case err != nil:
		return "", err
	case of == Lapsed:
		return Lapsed, nil
	case x.Until < m.Today():
		return Over, nil
	case of != Holds || !grant.Holds:
		return Gone, nil
	case x.Accepted.IsZero():
		return Waiting, nil
	}
	return Holds, nil
}
