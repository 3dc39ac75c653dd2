package people

import (
	"context"
	"slices"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
)

// Known is somebody whom a provider of identities has signed in.
type Known struct {
	Provider        string // its id in the file about it
	Issuer, Subject string // by which it knows him for good
	ID              string // of the account that is made when he has none
	Name, Mail      string
	Factor          bool       // it checked a second factor
	Roles           []GrantAsk // that the file gives him, without the person
}

// by names a provider as one who decides, in grants and in the log. No account has such an id.
func (k *Known) by() string { return "oidc:" + k.Provider }

// Bounds on sign-ins that were begun: how long each may take, and how many wait, in all and from one address.
const (
	flowTime         = 10 * time.Minute
	flowsMost        = 20_000
	flowsFromAddress = 300
)

// StartFlow keeps a sign-in that begins, and gives its state.
func (p *People) StartFlow(ctx context.Context, f Flow, from Place) (state string, err error) {
	defer fault.At(&err, "people.StartFlow")
	f.Made = p.Clock()
	state, key := newToken()
	full := false
	err = p.Storage.WriteAside(ctx, func(w Aside) error {
		n, err := w.Flows(ctx, f.Made.Add(-flowTime))
		if err != nil {
			return err
		}
		by := "flow " + from.Address
		here, err := w.Attempts(ctx, by, f.Made.Add(-flowTime))
		if full = n >= flowsMost || here >= flowsFromAddress; full || err != nil {
			return err
		}
		if err := w.AddAttempt(ctx, by, f.Made); err != nil {
			return err
		}
		return w.AddFlow(ctx, key, &f)
	})
	if full {
		err = fault.New(fault.Unavailable, "正在登录的人太多，请过几分钟再试。", "Too many are signing in. Try again in some minutes.")
	}
	return state, err
}

// TakeFlow gives the sign-in of a state, once.
func (p *People) TakeFlow(ctx context.Context, state string) (f *Flow, err error) {
	defer fault.At(&err, "people.TakeFlow")
	err = p.Storage.WriteAside(ctx, func(w Aside) error {
		f, err = w.TakeFlow(ctx, keyOf(state))
		return err
	})
	if err == nil && (f == nil || p.Clock().Sub(f.Made) >= flowTime) {
		err = fault.New(fault.Invalid, "这次登录已用过，或用时太长。请从登录页重新开始。", "This sign-in was used already, or took too long. Begin again on the page to sign in.")
	}
	return f, err
}

// ProviderFailed has the log told that a sign-in by a provider failed.
func (p *People) ProviderFailed(ctx context.Context, from Place) (err error) {
	defer fault.At(&err, "people.ProviderFailed")
	return p.failed(ctx, byProvider, "", from)
}

func errNotAdmitted() error {
	return fault.New(fault.Forbidden, "统一身份认证确认了您的身份，但您在雏鹰里没有可用的账号或角色。请找本单位的管理员办理。",
		"The identity provider has confirmed who you are, but you have no account or role here that can be used. Ask the administrator of your organisation.")
}

// SignInBy signs in whom a provider knows. He holds by the provider exactly the roles that the file about it gives him now: what
// is new is granted, what is gone is taken. Administrators' roles are never given so, and a role that an administrator took stays
// taken. For who has no account one is proposed to the system administrator, when he would hold a role, or he is refused.
// Half says that the second factor is asked for next.
func (p *People) SignInBy(ctx context.Context, k Known, propose bool, from Place, old string) (token string, half bool, err error) {
	defer fault.At(&err, "people.SignInBy(provider %s)", k.Provider)
	if k.Issuer == "" || k.Subject == "" || len(k.Subject) > 255 {
		return "", false, errNotAdmitted()
	}
	var said error // what is answered after all is written
	err = p.Storage.WritePeople(auth.In(ctx, auth.Actor{ID: k.by(), From: from.Address}), func(ctx context.Context, w Writer) error {
		id, err := w.Login(ctx, k.Issuer, k.Subject)
		if err != nil {
			return err
		}
		if id == "" {
			said, err = p.proposed(ctx, w, &k, propose)
			return err
		}
		who, err := w.Person(ctx, id)
		if err != nil {
			return err
		}
		if err := p.follow(ctx, w, who, &k); err != nil {
			return err
		}
		if who.State == Asked {
			said = errAskedFor(id)
			return nil
		}
		if !p.mayEnter(ctx, who) {
			said = errNotAdmitted()
			return nil
		}
		second, err := p.hasSecond(ctx, w, id)
		if err != nil {
			return err
		}
		half = second && !k.Factor
		token, err = p.begin(auth.In(ctx, auth.Actor{ID: id, From: from.Address}), w, who, Session{Half: half, Login: k.Provider, Factor: k.Factor}, from, old)
		return err
	})
	return token, half, cmpErr(err, said)
}

func errAskedFor(id string) error {
	return fault.New(fault.Forbidden, "已为您提请开通账号 "+id+"。系统管理员开通后，请再从统一身份认证登录。",
		"The account "+id+" was asked for. Sign in by the identity provider again once the system administrator has made it.")
}

// proposed asks the system administrator for an account of somebody who has none, or refuses him.
func (p *People) proposed(ctx context.Context, w Writer, k *Known, propose bool) (said, err error) {
	id, bad := readID(k.ID)
	if !propose || bad != nil || len(p.allowed(ctx, k)) == 0 || checkName(k.Name, k.Mail) != nil {
		return errNotAdmitted(), nil
	}
	have, err := w.Person(ctx, id)
	if err != nil {
		return nil, err
	}
	if have != nil { // somebody else's: a provider takes over no account that was made here
		return errNotAdmitted(), nil
	}
	who := &Person{ID: id, Name: k.Name, Mail: k.Mail, State: Asked, Made: p.Clock(), MadeBy: k.by()}
	if _, err := p.add(ctx, w, who); err != nil {
		return nil, err
	}
	if err := w.AddLogin(ctx, k.Issuer, k.Subject, id, p.Clock()); err != nil {
		return nil, err
	}
	return errAskedFor(id), nil
}

// allowed are the grants that a provider's file gives somebody, as far as the pack and the registers allow them.
func (p *People) allowed(ctx context.Context, k *Known) (list []*Grant) {
	for _, a := range k.Roles {
		if p.administers(a.Role) {
			continue
		}
		if g, err := p.grantOf(ctx, a); err == nil {
			list = append(list, g)
		}
	}
	return list
}

// follow makes the grants that somebody has by a provider those that its file gives him now.
func (p *People) follow(ctx context.Context, w Writer, who *Person, k *Known) error {
	want := p.allowed(ctx, k)
	if who.State == Asked || who.State == Left {
		want = nil // nothing before the account is made
	}
	have, err := w.Grants(ctx, who.ID)
	if err != nil {
		return err
	}
	today := p.today()
	same := func(g, h *Grant) bool { return g.Role == h.Role && g.Org == h.Org && g.Subject == h.Subject }
	for i := range have {
		g := &have[i]
		if g.DecidedBy != k.by() || g.State != Given || g.Until != "" && g.Until < today {
			continue
		}
		if slices.ContainsFunc(want, func(h *Grant) bool { return same(g, h) }) {
			continue
		}
		g.State, g.TakenBy, g.TakenAt = Taken, k.by(), p.Clock()
		if err := p.put(ctx, w, g, "take-grant"); err != nil {
			return err
		}
	}
	for _, g := range want {
		settled := slices.ContainsFunc(have, func(h Grant) bool {
			held := h.State == Given && (h.Until == "" || h.Until >= today)
			byHand := h.State == Taken && h.DecidedBy == k.by() && h.TakenBy != k.by()
			return same(g, &h) && (held || byHand)
		})
		if settled {
			continue
		}
		g.Person, g.State, g.DecidedBy, g.DecidedAt = who.ID, Given, k.by(), p.Clock()
		if err := p.put(ctx, w, g, "grant"); err != nil && fault.Of(err) != fault.Conflict { // what is apart from a role held is not given
			return err
		}
	}
	return nil
}
