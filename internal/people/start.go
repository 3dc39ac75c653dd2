package people

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"strings"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
)

// Join asks for an account of an enterprise, by its credit code. The answer is the same whether or not the enterprise is known:
// the id of the account, which may do nothing until somebody of the enterprise's district approves.
func (p *People) Join(ctx context.Context, code, name, phone, password string, from Place) (id string, err error) {
	defer fault.At(&err, "people.Join")
	code, name = strings.ToUpper(strings.TrimSpace(code)), strings.TrimSpace(name)
	if err := checkName(name, phone); err != nil {
		return "", err
	}
	if name == "" || len(code) != 18 || strings.ContainsFunc(code, func(r rune) bool { return (r < '0' || r > '9') && (r < 'A' || r > 'Z') }) {
		return "", fault.New(fault.Invalid, "请填姓名，和企业的 18 位统一社会信用代码。", "Give your name, and the 18 characters of the enterprise's credit code.")
	}
	who := &Person{Name: name, Phone: strings.TrimSpace(phone), State: Asked, Made: p.Clock()}
	if err := p.check(password, About{Name: name, Phone: who.Phone, Orgs: []string{code}}); err != nil {
		return "", err
	}
	crowded := false
	err = p.Storage.WriteAside(ctx, func(w Aside) error {
		key := "join " + from.Address
		n, err := w.Attempts(ctx, key, p.Clock().Add(-time.Hour))
		if crowded = n >= 20; crowded || err != nil {
			return err
		}
		return w.AddAttempt(ctx, key, p.Clock())
	})
	if err != nil {
		return "", err
	}
	if crowded {
		return "", fault.New(fault.Unavailable, "从这里来的申请太多，请一小时后再试。", "Too many requests came from here. Try again in an hour.")
	}
	var stored string
	if err := p.hashing(ctx, func() { stored = hashed(password) }); err != nil {
		return "", err
	}
	n, err := rand.Int(rand.Reader, big.NewInt(90_000_000))
	if err != nil {
		return "", err
	}
	who.ID = fmt.Sprintf("e%d", 10_000_000+n.Int64())
	who.MadeBy = who.ID
	ctx = auth.In(ctx, auth.Actor{ID: who.ID, From: from.Address})
	g := &Grant{Person: who.ID, Role: Enterprise, Code: code, From: p.today(), State: Proposed, ProposedBy: who.ID, ProposedAt: p.Clock()}
	return who.ID, p.Storage.WritePeople(ctx, func(ctx context.Context, w Writer) error {
		if _, err := p.add(ctx, w, who); err != nil {
			return err
		}
		if err := w.AddPassword(ctx, who.ID, Password{Hash: stored, At: p.Clock()}); err != nil {
			return err
		}
		return p.put(ctx, w, g, "propose")
	})
}

// Token makes the token of a person's commands; older ones end. A system administrator does, or the person himself.
func (p *People) Token(ctx context.Context, id string) (token string, err error) {
	defer fault.At(&err, "people.Token(person %s)", id)
	if auth.Of(ctx) != id || auth.Named(ctx).Viewer != "" {
		if err := p.Decide(ctx, auth.Account, auth.Resource{ID: id}); err != nil {
			return "", err
		}
	}
	err = p.Storage.WritePeople(ctx, func(ctx context.Context, w Writer) error {
		token, err = p.token(ctx, w, id)
		return err
	})
	return token, err
}

func (p *People) token(ctx context.Context, w Writer, id string) (token string, err error) {
	who, err := w.Person(ctx, id)
	if err != nil || who == nil || who.State == Left || who.State == Asked {
		return "", cmpErr(err, errNoPerson())
	}
	if who.System {
		return "", errSystem()
	}
	if err := w.EndTokens(ctx, id, p.Clock()); err != nil {
		return "", err
	}
	token, key := newToken()
	if err := w.AddToken(ctx, &Token{Key: key, Person: id, Made: p.Clock(), MadeBy: auth.Of(ctx)}); err != nil {
		return "", err
	}
	e, err := p.entry(ctx, "token", "person/"+id, nil)
	if err != nil {
		return "", err
	}
	return token, w.Log(ctx, e)
}

// Seed adds a person with a role as the owner of the machine, for demonstrations and scripts. Whoever calls it has made sure that
// the base is empty or holds generated data only. A password makes a demonstration account.
func (p *People) Seed(ctx context.Context, who Person, a GrantAsk, password string) (token string, err error) {
	defer fault.At(&err, "people.Seed(person %s, role %s)", who.ID, a.Role)
	if who.ID, err = readID(who.ID); err != nil {
		return "", err
	}
	if err := checkName(who.Name); err != nil {
		return "", err
	}
	a.Person = who.ID
	g, err := p.grantOf(ctx, a)
	if err != nil {
		return "", err
	}
	who.State, who.Made, who.MadeBy = Active, p.Clock(), auth.Of(ctx)
	g.State, g.DecidedBy, g.DecidedAt = Given, auth.Of(ctx), p.Clock()
	who.Demo = password != ""
	var stored string
	if who.Demo {
		if err := p.hashing(ctx, func() { stored = hashed(password) }); err != nil {
			return "", err
		}
	}
	err = p.Storage.WritePeople(ctx, func(ctx context.Context, w Writer) error {
		have, err := w.Person(ctx, who.ID)
		if err != nil {
			return err
		}
		if have == nil {
			if _, err := p.add(ctx, w, &who); err != nil {
				return err
			}
		} else if who.Demo {
			return fault.New(fault.Conflict, "已有这个账号。", "There is such an account already.")
		}
		if who.Demo {
			if err := w.AddPassword(ctx, who.ID, Password{Hash: stored, At: p.Clock()}); err != nil {
				return err
			}
		}
		if err := p.put(ctx, w, g, "grant"); err != nil {
			return err
		}
		if p.NeedsMandate(g.Role) && !a.Agent && p.Legal != nil {
			if err := p.Legal(ctx, g.Subject, g.ID, "", true); err != nil {
				return err
			}
		}
		if who.Demo {
			return nil
		}
		token, err = p.token(ctx, w, who.ID)
		return err
	})
	return token, err
}

// NewStart makes the link with which the three administrators are made, on a base without people.
func (p *People) NewStart(ctx context.Context) (token string, err error) {
	defer fault.At(&err, "people.NewStart")
	err = p.Storage.WritePeople(ctx, func(ctx context.Context, w Writer) error {
		if any, err := w.AnyPerson(ctx); err != nil || any {
			return cmpErr(err, fault.New(fault.Conflict, "这个底库已有人员，不能再从头设置。请由系统管理员办理。", "This base has people already and cannot be started again: ask its system administrator."))
		}
		token, err = p.link(ctx, w, Start, "")
		return err
	})
	return token, err
}

// The roles of the three administrators, in the order in which the first start asks for them.
var Administrators = []auth.Role{"system_admin", "security_admin", "audit_admin"}

// StartWith makes the three administrators by the link of the first start, and gives the link of each.
func (p *People) StartWith(ctx context.Context, token string, three []Person) (links []string, err error) {
	defer fault.At(&err, "people.StartWith")
	if len(three) != len(Administrators) {
		return nil, errLink()
	}
	for i := range three {
		who := &three[i]
		if who.ID, err = readID(who.ID); err != nil {
			return nil, err
		}
		if who.Name = strings.TrimSpace(who.Name); who.Name == "" {
			return nil, fault.New(fault.Invalid, "请填三位管理员的姓名。", "Give the names of the three administrators.")
		}
		if err := checkName(who.Name); err != nil {
			return nil, err
		}
		who.State, who.Made, who.MadeBy = Invited, p.Clock(), auth.Self
		for j := range i {
			if three[j].ID == who.ID {
				return nil, fault.New(fault.Invalid, "三位管理员必须是三个不同的账号。", "The three administrators are three different accounts.")
			}
		}
	}
	ctx = auth.As(ctx, auth.Self)
	return links, p.Storage.WritePeople(ctx, func(ctx context.Context, w Writer) error {
		l, _, err := p.linked(ctx, w, token)
		if err != nil {
			return err
		}
		any, err := w.AnyPerson(ctx)
		if err != nil || any || l.Kind != Start {
			return cmpErr(err, errLink())
		}
		if err := w.UseLink(ctx, l.Key, p.Clock()); err != nil {
			return err
		}
		org := ""
		if c := p.Pack.Orgs.City(); c != nil {
			org = c.ID
		}
		for i := range three {
			link, err := p.add(ctx, w, &three[i])
			if err != nil {
				return err
			}
			links = append(links, link)
			g := &Grant{Person: three[i].ID, Role: Administrators[i], Org: org, From: p.today(), State: Given, DecidedBy: auth.Self, DecidedAt: p.Clock()}
			if err := p.put(ctx, w, g, "grant"); err != nil {
				return err
			}
		}
		return nil
	})
}

// Role gives a role of the pack; nil when there is none.
func (p *People) Role(r auth.Role) *pack.Role { return p.roles[r] }
