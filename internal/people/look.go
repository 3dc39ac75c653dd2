package people

import (
	"context"
	"fmt"
	"strings"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/fault"
)

func errLooking() error {
	return fault.New(fault.Forbidden, "以他人身份查看时只能看，不能改。请先结束查看。", "While you see the pages as another person sees them, you can only look. End that first.")
}

// LookAs shows the pages as another person sees them under one of his grants, for a stated reason. The actor sees persons of his
// own organisation and those below it so, and can change nothing meanwhile. Both names are in the log. The token changes.
func (p *People) LookAs(ctx context.Context, token string, grant int64, reason string) (fresh string, err error) {
	defer fault.At(&err, "people.LookAs(grant %d)", grant)
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

// lookable reports whether the actor may see the pages as a person sees them under a grant: one for an organisation within his
// own. What a subject's own account sees is not shown to anybody else.
func (p *People) lookable(ctx context.Context, g *Grant) bool {
	return g.Person != auth.Of(ctx) && g.Subject == 0 && g.Code == "" && !p.administers(g.Role) && p.within(ctx, g)
}

// Lookable reports whether LookAs would show the pages as a person sees them.
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

// seeAs turns who acts into the person as whom he sees the pages. A grant that was taken meanwhile shows nothing.
func (p *People) seeAs(ctx context.Context, e *Entered) error {
	if e.Session.View == "" || e.Viewed == nil {
		return nil
	}
	me := e.Actor
	e.Actor = auth.Actor{ID: e.Viewed.ID, Viewer: me.ID, From: me.From}
	return p.Storage.ReadPeople(ctx, func(r Reader) error {
		g, err := r.Grant(ctx, e.Session.ViewGrant)
		if err != nil || g == nil || !g.Holds(p.today()) || !p.lookable(auth.In(ctx, me), g) || p.Decide(auth.In(ctx, me), auth.LookAs, auth.Resource{}) != nil {
			return err
		}
		e.Actor.Role, e.Actor.Org, e.Actor.Grant = g.Role, g.Org, g.ID
		return nil
	})
}
