package people

import (
	"context"
	"slices"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
)

// Entered is who acts in a request, with all that the pages about himself need.
type Entered struct {
	Actor   auth.Actor
	Person  *Person
	Session *Session
	Grants  []Grant // in which he may act today: his own, and those of persons for whom he stands in
	Owes    Owed
	Local   bool    // he has a password here
	Viewed  *Person // as whom he sees the pages; nil: as himself
}

// Owed is what a person must do before anything else.
type Owed string

// What may be owed.
const (
	OwesPassword Owed = "password" // choose a new one
	OwesSecond   Owed = "second"   // set up a second factor
)

// ErrSignedOut is answered to a request without a session that holds.
func ErrSignedOut() error {
	return fault.New(fault.Unauthorised, "请先登录。", "Please sign in first.")
}

// Enter tells who acts in a request by its token. The error is a fault with code fault.Unauthorised when nobody does.
func (p *People) Enter(ctx context.Context, token string, from Place) (e *Entered, err error) {
	defer fault.At(&err, "people.Enter")
	if len(token) < 26 || len(token) > 64 {
		return nil, ErrSignedOut()
	}
	now := p.Clock()
	var read *Entering
	err = p.Storage.ReadPeople(ctx, func(r Reader) error {
		read, err = r.Entering(ctx, keyOf(token), p.today())
		return err
	})
	if err != nil {
		return nil, err
	}
	if read == nil || read.Session.Half || !read.Session.holds(now) || !p.mayEnter(ctx, &read.Person) {
		return nil, ErrSignedOut()
	}
	e = &Entered{Session: &read.Session, Person: &read.Person, Grants: read.Grants, Viewed: read.Viewed, Local: read.Password != nil}
	e.Actor = auth.Actor{ID: e.Person.ID, From: from.Address}
	if i := slices.IndexFunc(e.Grants, func(g Grant) bool { return g.ID == e.Session.Grant }); i >= 0 {
		e.Actor = acting(e.Person.ID, &e.Grants[i], from.Address)
	}
	e.Actor.Session = e.Session.ID()
	p.seeAs(ctx, e, read.View)
	switch pw := read.Password; {
	case e.Person.Demo:
	case pw != nil && (pw.Forced || now.Sub(pw.At) > passwordAge):
		e.Owes = OwesPassword
	case !read.Second && !read.Session.Factor && p.needsSecond(e.Grants):
		e.Owes = OwesSecond
	}
	if now.Sub(e.Session.Seen) > touchEvery {
		if err := p.Storage.WriteAside(ctx, func(w Aside) error { return w.TouchSession(ctx, e.Session.Key, now) }); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// needsSecond reports whether a role among some needs a second factor, as the pack says.
func (p *People) needsSecond(list []Grant) bool {
	return slices.ContainsFunc(list, func(g Grant) bool {
		own := p.roles[g.Role]
		return own != nil && own.Second
	})
}

// administers reports whether a role is one of the three administrators'.
func (p *People) administers(r auth.Role) bool {
	own := p.roles[r]
	return own != nil && own.Rows == "none"
}

// holds reports whether a session may be used now.
func (s *Session) holds(now time.Time) bool {
	if !s.Ended.IsZero() {
		return false
	}
	if s.Half {
		return now.Sub(s.Made) < halfTime
	}
	return now.Sub(s.Seen) < idle && now.Sub(s.Made) < absolute
}

func errLooking() error {
	return fault.New(fault.Forbidden, "以他人身份查看时只能看，不能改。请先结束查看。", "While you see the pages as another person sees them, you can only look. End that first.")
}

// lookable reports whether the actor may see the pages as a person sees them under a grant: one for an organisation within his
// own. What a subject's own account sees is not shown to anybody else.
func (p *People) lookable(ctx context.Context, g *Grant) bool {
	return g.Person != auth.Of(ctx) && g.Subject == 0 && g.Code == "" && !p.administers(g.Role) && p.within(ctx, g)
}

// seeAs turns who acts into the person as whom he sees the pages, under a grant. One that was taken meanwhile shows nothing.
func (p *People) seeAs(ctx context.Context, e *Entered, g *Grant) {
	if e.Viewed == nil {
		return
	}
	me := e.Actor
	e.Actor = auth.Actor{ID: e.Viewed.ID, Viewer: me.ID, From: me.From}
	if mine := auth.In(ctx, me); g != nil && g.Holds(p.today()) && p.lookable(mine, g) && p.Decide(mine, auth.LookAs, auth.Resource{}) == nil {
		e.Actor.Role, e.Actor.Org, e.Actor.Grant = g.Role, g.Org, g.ID
	}
}
