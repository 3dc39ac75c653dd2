package people

import (
	"context"
	"fmt"
	"strings"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/fault"
)

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
