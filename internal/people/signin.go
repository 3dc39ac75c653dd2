package people

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
)

// Who tries to sign in is counted: by account, and by address, behind which a whole office may sit.
const (
	tries        = 5
	triesAddress = 50
	tryWindow    = 15 * time.Minute
	lockTime     = 15 * time.Minute
)

// known is something that stays true once it is.
type known struct{ yes atomic.Bool }

// Any reports whether the base has people.
func (p *People) Any(ctx context.Context) (bool, error) {
	if p.some.yes.Load() {
		return true, nil
	}
	var any bool
	err := p.Storage.ReadPeople(ctx, func(r Reader) (err error) {
		any, err = r.AnyPerson(ctx)
		return err
	})
	if any && err == nil {
		p.some.yes.Store(true)
	}
	return any, err
}

// Place is from where somebody acts.
type Place struct {
	Address string // network address
	Browser string // as it says itself
}

// most of what a browser says of itself that is kept.
const longestBrowser = 200

func (x Place) browser() string {
	return strings.ToValidUTF8(x.Browser[:min(len(x.Browser), longestBrowser)], "")
}

// errSignIn is the one answer to a wrong account, a wrong password and an account that is locked.
func errSignIn() error {
	return fault.New(fault.Invalid, "账号或口令不对，或账号已锁定。15 分钟内错 5 次，要等 15 分钟才能再试；忘了口令请找系统管理员。",
		"The account or the password is wrong, or the account is locked. After 5 wrong attempts in 15 minutes you must wait for 15 minutes; if you forgot the password, ask the system administrator.")
}

// attempt counts an attempt before it is made, and refuses it when there were too many. What counts is taken back when it succeeds.
func (p *People) attempt(ctx context.Context, account string, from Place) (locked bool, err error) {
	now := p.Clock()
	lockedNow := false
	err = p.Storage.WriteAside(ctx, func(w Aside) error {
		for _, k := range []struct {
			key  string
			most int
		}{{"account " + account, tries}, {"address " + from.Address, triesAddress}} {
			until, err := w.LockedUntil(ctx, k.key)
			if err != nil {
				return err
			}
			if now.Before(until) {
				locked = true
				return nil
			}
			n, err := w.Attempts(ctx, k.key, now.Add(-tryWindow))
			if err != nil {
				return err
			}
			if err := w.AddAttempt(ctx, k.key, now); err != nil {
				return err
			}
			if n+1 >= k.most { // this one may still be right; if it is, the lock is taken off
				if err := w.Lock(ctx, k.key, now.Add(lockTime)); err != nil {
					return err
				}
				lockedNow = lockedNow || k.most == tries
			}
		}
		return nil
	})
	return locked, err
}

// forgiven forgets the attempts of an account that was signed in.
func (p *People) forgiven(ctx context.Context, account string, from Place) error {
	return p.Storage.WriteAside(ctx, func(w Aside) error {
		for _, key := range []string{"account " + account, "address " + from.Address} {
			if err := w.ForgetAttempts(ctx, key, p.Clock().Add(-24*time.Hour)); err != nil {
				return err
			}
		}
		return nil
	})
}

// SignIn signs a person in by the password. Half says that the second factor is asked for next. Old is the token that the
// browser has; its session ends.
func (p *People) SignIn(ctx context.Context, id, password string, from Place, old string) (token string, half bool, err error) {
	defer fault.At(&err, "people.SignIn")
	id = strings.ToLower(strings.TrimSpace(id))
	if len(id) > 64 || len(password) > 4*longest {
		return "", false, errSignIn()
	}
	locked, err := p.attempt(ctx, id, from)
	if err != nil {
		return "", false, err
	}
	var who *Person
	stored := Password{Hash: dummy()}
	second := false
	err = p.Storage.ReadPeople(ctx, func(r Reader) (err error) {
		if who, err = r.Person(ctx, id); err != nil || who == nil {
			return err
		}
		list, err := r.Passwords(ctx, id)
		if err != nil {
			return err
		}
		if len(list) > 0 {
			stored = list[0]
		} else {
			who = nil
		}
		second, err = p.hasSecond(ctx, r, id)
		return err
	})
	if err != nil {
		return "", false, err
	}
	ok, outdated := false, false
	if err := p.hashing(ctx, func() { ok, outdated = matches(stored.Hash, password) }); err != nil {
		return "", false, err
	}
	if locked || !ok || who == nil || !p.mayEnter(ctx, who) {
		return "", false, cmpErr(p.failed(ctx, byPassword, id, from), errSignIn())
	}
	if err := p.forgiven(ctx, id, from); err != nil {
		return "", false, err
	}
	var again string
	if outdated {
		if err := p.hashing(ctx, func() { again = hashed(password) }); err != nil {
			return "", false, err
		}
	}
	ctx = auth.In(ctx, auth.Actor{ID: id, From: from.Address})
	err = p.Storage.WritePeople(ctx, func(ctx context.Context, w Writer) error {
		if again != "" {
			if err := w.SetPassword(ctx, id, Password{Hash: again, At: stored.At, Forced: stored.Forced}); err != nil {
				return err
			}
		}
		token, err = p.begin(ctx, w, who, Session{Half: second}, from, old)
		return err
	})
	return token, second, err
}

// mayEnter reports whether an account may be used now.
func (p *People) mayEnter(ctx context.Context, who *Person) bool {
	if who.System || who.Demo && !p.isSynthetic(ctx) {
		return false
	}
	return who.State == Active || who.State == Asked && who.MadeBy == who.ID // who asked himself may look how it stands
}

func (p *People) isSynthetic(ctx context.Context) bool {
	if p.Synthetic == nil {
		return false
	}
	yes, err := p.Synthetic(auth.As(ctx, auth.Self))
	return yes && err == nil
}

// begin begins a session under a new token; that of the old one ends. How it begins is said in s.
func (p *People) begin(ctx context.Context, w Writer, who *Person, s Session, from Place, old string) (token string, err error) {
	now := p.Clock()
	if old != "" {
		if err := p.end(ctx, w, keyOf(old), who.ID); err != nil {
			return "", err
		}
	}
	s.Person, s.Made, s.Seen, s.From, s.Browser = who.ID, now, now, from.Address, from.browser()
	token, s.Key = newToken()
	if !s.Half {
		list, err := p.rolesOf(ctx, w, who.ID)
		if err != nil {
			return "", err
		}
		if len(list) > 0 {
			s.Grant = list[0].ID
		}
	}
	if err := w.AddSession(ctx, &s); err != nil {
		return "", err
	}
	if s.Half {
		return token, nil
	}
	detail := map[string]any{"session": s.ID()}
	if s.Login != "" {
		detail["provider"] = s.Login
	}
	e, err := p.entryOf(who.ID, "sign-in", "person/"+who.ID, detail)
	if err != nil {
		return "", err
	}
	return token, w.Log(ctx, e)
}

// end ends a session, if it is there.
func (p *People) end(ctx context.Context, w Writer, key, by string) error {
	s, err := w.Session(ctx, key)
	if err != nil || s == nil || !s.Ended.IsZero() {
		return err
	}
	if err := w.EndSession(ctx, key, p.Clock()); err != nil || s.Half {
		return err
	}
	e, err := p.entryOf(by, "sign-out", "person/"+s.Person, map[string]any{"session": s.ID()})
	if err != nil {
		return err
	}
	return w.Log(ctx, e)
}

// SignOut ends the session of a token, and gives the provider by which it had begun; empty: it had not.
func (p *People) SignOut(ctx context.Context, token string) (by string, err error) {
	defer fault.At(&err, "people.SignOut")
	return by, p.Storage.WritePeople(ctx, func(ctx context.Context, w Writer) error {
		s, err := w.Session(ctx, keyOf(token))
		if err != nil || s == nil {
			return err
		}
		by = s.Login
		return p.end(ctx, w, s.Key, s.Person)
	})
}

// acting is the actor of a person under a grant.
func acting(id string, g *Grant, from string) auth.Actor {
	return auth.Actor{ID: id, Role: g.Role, Org: g.Org, Subject: g.Subject, Grant: g.ID, From: from}
}

// rolesOf are the grants in which a person may act today: his own, then those of whom he stands in for.
func (p *People) rolesOf(ctx context.Context, r Reader, id string) (list []Grant, err error) {
	today := p.today()
	own, err := r.Grants(ctx, id)
	if err != nil {
		return nil, err
	}
	deputies, err := r.Deputies(ctx, id)
	if err != nil {
		return nil, err
	}
	for _, d := range deputies {
		if d.Deputy == id && d.holds(today) {
			theirs, err := r.Grants(ctx, d.Person)
			if err != nil {
				return nil, err
			}
			own = append(own, theirs...)
		}
	}
	for _, g := range own {
		if g.Holds(today) {
			list = append(list, g)
		}
	}
	return list, nil
}

// Choose has a session act under another grant. The token changes.
func (p *People) Choose(ctx context.Context, token string, grant int64) (fresh string, err error) {
	defer fault.At(&err, "people.Choose(grant %d)", grant)
	err = p.Storage.WritePeople(ctx, func(ctx context.Context, w Writer) error {
		s, err := p.live(ctx, w, token)
		if err != nil {
			return err
		}
		list, err := p.rolesOf(ctx, w, s.Person)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(list, func(g Grant) bool { return g.ID == grant }) {
			return fault.New(fault.Forbidden, "这个身份今天不能用。请从“我的账号”里选择。", "This role cannot be used today. Choose one on “My account”.")
		}
		s.Grant, s.View, s.ViewGrant = grant, "", 0
		if fresh, err = p.renew(ctx, w, s); err != nil {
			return err
		}
		e, err := p.entryOf(s.Person, "act", "grant/"+fmt.Sprint(grant), map[string]any{"session": s.ID()})
		if err != nil {
			return err
		}
		return w.Log(ctx, e)
	})
	return fresh, err
}

// live finds the session of a token; a fault when it does not hold.
func (p *People) live(ctx context.Context, r Reader, token string) (*Session, error) {
	s, err := r.Session(ctx, keyOf(token))
	if err != nil {
		return nil, err
	}
	if s == nil || s.Half || !s.holds(p.Clock()) {
		return nil, ErrSignedOut()
	}
	return s, nil
}

// renew puts a session under a new token, so that one that somebody else knew is worth nothing after a change of rights.
func (p *People) renew(ctx context.Context, w Writer, s *Session) (token string, err error) {
	if err := w.EndSession(ctx, s.Key, p.Clock()); err != nil {
		return "", err
	}
	token, s.Key = newToken()
	s.Seen, s.Ended = p.Clock(), time.Time{}
	return token, w.AddSession(ctx, s)
}

// Sessions lists the sessions of a person that hold.
func (p *People) Sessions(ctx context.Context, id string) (list []Session, err error) {
	defer fault.At(&err, "people.Sessions(person %s)", id)
	err = p.Storage.ReadPeople(ctx, func(r Reader) (err error) {
		list, err = r.Sessions(ctx, id)
		return err
	})
	now := p.Clock()
	return slices.DeleteFunc(list, func(s Session) bool { return s.Half || !s.holds(now) }), err
}

// Revoke ends a session of a person, named by its ID.
func (p *People) Revoke(ctx context.Context, person, session string) (err error) {
	defer fault.At(&err, "people.Revoke(person %s, session %s)", person, session)
	return p.Storage.WritePeople(ctx, func(ctx context.Context, w Writer) error {
		list, err := w.Sessions(ctx, person)
		if err != nil {
			return err
		}
		for i := range list {
			if list[i].ID() == session {
				return p.end(ctx, w, list[i].Key, auth.Of(ctx))
			}
		}
		return fault.New(fault.NotFound, "这个登录已经结束。", "This session has ended already.")
	})
}
