package people

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"time"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/fault"
)

// checkName holds what is written of a person to be short text.
func checkName(list ...string) error {
	for _, s := range list {
		if len(s) > 200 || strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return fault.New(fault.Invalid, "姓名、电话或邮箱太长，或含有不能用的字符。", "A name, telephone or mail address is too long, or has characters that cannot be used.")
		}
	}
	return nil
}

// Make makes an account, or makes the one that somebody asked for, and gives the link by which its person chooses a password.
// The actor must be a system administrator; one who proposes asks for the account, and there is no link yet.
func (p *People) Make(ctx context.Context, who Person) (link string, err error) {
	defer fault.At(&err, "people.Make(person %s)", who.ID)
	may := p.Decide(ctx, auth.Account, auth.Resource{})
	if may != nil && p.Decide(ctx, auth.Propose, auth.Resource{}) != nil {
		return "", may
	}
	if who.ID, err = readID(who.ID); err != nil {
		return "", err
	}
	if err := checkName(who.Name, who.Phone, who.Mail); err != nil {
		return "", err
	}
	who.State, who.Made, who.MadeBy = Invited, p.Clock(), auth.Of(ctx)
	if may != nil {
		who.State = Asked
	}
	err = p.Storage.WritePeople(ctx, func(ctx context.Context, w Writer) error {
		link, err = p.add(ctx, w, &who)
		return err
	})
	return link, err
}

// add adds a person, and a link when he is invited.
func (p *People) add(ctx context.Context, w Writer, who *Person) (link string, err error) {
	have, err := w.Person(ctx, who.ID)
	if err != nil {
		return "", err
	}
	if have != nil {
		return "", fault.New(fault.Conflict, "已有这个账号，请换一个。", "There is such an account already: choose another id.")
	}
	if err := w.AddPerson(ctx, who); err != nil {
		return "", err
	}
	e, err := p.entryOf(who.MadeBy, "account", "person/"+who.ID, map[string]any{"state": string(who.State), "name": audit.Beside(who.Name)})
	if err != nil {
		return "", err
	}
	if err := w.Log(ctx, e); err != nil || who.State != Invited {
		return "", err
	}
	return p.link(ctx, w, Invite, who.ID)
}

// link makes a one-time link; those of the person that were not used end.
func (p *People) link(ctx context.Context, w Writer, kind LinkKind, person string) (token string, err error) {
	now := p.Clock()
	if err := w.EndLinks(ctx, person, now); err != nil {
		return "", err
	}
	token, key := newToken()
	return token, w.AddLink(ctx, &Link{Key: key, Kind: kind, Person: person, Made: now, MadeBy: auth.Of(ctx), Expires: now.Add(linkTime)})
}

// change changes an account of which somebody else decides.
func (p *People) change(ctx context.Context, id, action string, detail map[string]any, fn func(ctx context.Context, w Writer, who *Person) error) error {
	if err := p.Decide(ctx, auth.Account, auth.Resource{ID: id}); err != nil {
		return err
	}
	return p.Storage.WritePeople(ctx, func(ctx context.Context, w Writer) error {
		who, err := w.Person(ctx, id)
		if err != nil {
			return err
		}
		if who == nil {
			return errNoPerson()
		}
		if who.State == Left {
			return fault.New(fault.Conflict, "此人已离任，账号不能再用。", "This person has left, and the account cannot be used again.")
		}
		if err := fn(ctx, w, who); err != nil {
			return err
		}
		e, err := p.entry(ctx, action, "person/"+id, detail)
		if err != nil {
			return err
		}
		return w.Log(ctx, e)
	})
}

// Confirm makes the account that somebody asked for, and gives its link; none for who signs in by a provider of identities.
func (p *People) Confirm(ctx context.Context, id string) (link string, err error) {
	defer fault.At(&err, "people.Confirm(person %s)", id)
	detail := map[string]any{}
	err = p.change(ctx, id, "account", detail, func(ctx context.Context, w Writer, who *Person) error {
		if who.State != Asked || who.MadeBy == who.ID {
			return fault.New(fault.Conflict, "这个账号不在等待开通。", "This account does not wait to be made.")
		}
		provided, err := w.HasLogin(ctx, id)
		if err != nil {
			return err
		}
		if who.State = Invited; provided {
			who.State = Active
		}
		detail["state"] = string(who.State)
		if err := w.SetPerson(ctx, who); err != nil || provided {
			return err
		}
		link, err = p.link(ctx, w, Invite, id)
		return err
	})
	return link, err
}

// Lock locks an account until it is unlocked; its sessions end.
func (p *People) Lock(ctx context.Context, id string) (err error) {
	defer fault.At(&err, "people.Lock(person %s)", id)
	if err := p.Decide(ctx, auth.Account, auth.Resource{ID: id}); err != nil {
		return err
	}
	if id == auth.Of(ctx) {
		return fault.New(fault.Invalid, "不能锁定自己的账号。", "Nobody locks his own account.")
	}
	return p.change(ctx, id, "lock", nil, func(ctx context.Context, w Writer, who *Person) error {
		who.State = Locked
		if err := w.SetPerson(ctx, who); err != nil {
			return err
		}
		return w.EndSessions(ctx, id, "", p.Clock())
	})
}

// Unlock unlocks an account, also one that wrong attempts have locked.
func (p *People) Unlock(ctx context.Context, id string) (err error) {
	defer fault.At(&err, "people.Unlock(person %s)", id)
	return p.change(ctx, id, "unlock", nil, func(ctx context.Context, w Writer, who *Person) error {
		if who.State == Locked {
			who.State = Active
			list, err := w.Passwords(ctx, id)
			if err != nil {
				return err
			}
			if len(list) == 0 && !who.System {
				who.State = Invited
			}
			if err := w.SetPerson(ctx, who); err != nil {
				return err
			}
		}
		for _, key := range []string{"account " + id, "account " + id + " code"} {
			if err := w.ForgetAttempts(ctx, key, p.Clock().Add(-24*time.Hour)); err != nil {
				return err
			}
		}
		return nil
	})
}

// Recover gives the link by which a person chooses a new password. His sessions, and the old password, end.
func (p *People) Recover(ctx context.Context, id string) (link string, err error) {
	defer fault.At(&err, "people.Recover(person %s)", id)
	err = p.change(ctx, id, "recover", nil, func(ctx context.Context, w Writer, who *Person) error {
		if who.System {
			return errSystem()
		}
		if who.State == Asked {
			return fault.New(fault.Conflict, "这个账号还没有开通。", "This account is not made yet.")
		}
		list, err := w.Passwords(ctx, id)
		if err != nil {
			return err
		}
		kind := Invite
		if len(list) > 0 {
			kind = Recovery
			if err := w.SetPassword(ctx, id, Password{Hash: hashedNone(), At: list[0].At, Forced: true}); err != nil {
				return err
			}
		}
		if err := w.EndSessions(ctx, id, "", p.Clock()); err != nil {
			return err
		}
		link, err = p.link(ctx, w, kind, id)
		return err
	})
	return link, err
}

// hashedNone is a stored form that no password has.
func hashedNone() string { return "$none$" + rand.Text() }

// Leave ends an account for good: its grants, sessions, links and tokens end, and what it had to do is handed to a successor.
func (p *People) Leave(ctx context.Context, id, successor string) (handed map[string]int, err error) {
	defer fault.At(&err, "people.Leave(person %s, successor %s)", id, successor)
	if err := p.Decide(ctx, auth.Account, auth.Resource{ID: id}); err != nil {
		return nil, err
	}
	if id == auth.Of(ctx) || id == successor {
		return nil, fault.New(fault.Invalid, "不能办理自己的离任，接手的人也须是另一个人。", "Nobody ends his own account, and the successor is another person.")
	}
	handed = map[string]int{}
	detail := map[string]any{"successor": successor}
	err = p.change(ctx, id, "leave", detail, func(ctx context.Context, w Writer, who *Person) error {
		now := p.Clock()
		next, err := w.Person(ctx, successor)
		if err != nil {
			return err
		}
		if next == nil || next.State == Left || next.State == Asked {
			return fault.New(fault.NotFound, "没有接手的这个人，或其账号不能用。", "There is no such successor, or the account cannot be used.")
		}
		who.State, who.Successor = Left, successor
		if err := w.SetPerson(ctx, who); err != nil {
			return err
		}
		list, err := w.Grants(ctx, id)
		if err != nil {
			return err
		}
		for i := range list {
			if g := &list[i]; g.State == Given || g.State == Proposed {
				g.State, g.TakenBy, g.TakenAt = Taken, auth.Of(ctx), now
				if err := w.SetGrant(ctx, g); err != nil {
					return err
				}
			}
		}
		deputies, err := w.Deputies(ctx, id)
		if err != nil {
			return err
		}
		for _, d := range deputies {
			if d.Ended.IsZero() {
				if err := w.EndDeputy(ctx, d.ID, now); err != nil {
					return err
				}
			}
		}
		if err := errors.Join(w.EndSessions(ctx, id, "", now), w.EndLinks(ctx, id, now), w.EndTokens(ctx, id, now), p.endAPITokens(ctx, w, id), w.SetSecret(ctx, id, secretTOTP, nil)); err != nil {
			return err
		}
		for _, h := range p.Hands {
			n, err := h.Hand(ctx, id, successor)
			if err != nil {
				return err
			}
			handed[h.Of], detail[h.Of] = n, n
		}
		return nil
	})
	return handed, err
}

// endAPITokens revokes all tokens of a person.
func (p *People) endAPITokens(ctx context.Context, w Writer, person string) error {
	list, err := w.APITokens(ctx, person)
	if err != nil {
		return err
	}
	for i := range list {
		if list[i].Ended.IsZero() {
			if err := w.EndAPIToken(ctx, list[i].ID, p.Clock(), auth.Of(ctx)); err != nil {
				return err
			}
		}
	}
	return nil
}

// MakeSystem makes the account of a system: nobody signs in by it; it acts through the API by its tokens, in the roles that are granted
// to it as to a person.
func (p *People) MakeSystem(ctx context.Context, id, name string) (err error) {
	defer fault.At(&err, "people.MakeSystem(%s)", id)
	if err := p.Decide(ctx, auth.Account, auth.Resource{}); err != nil {
		return err
	}
	if id, err = readID(id); err != nil {
		return err
	}
	if err := checkName(name); err != nil {
		return err
	}
	who := Person{ID: id, Name: name, State: Active, System: true, Made: p.Clock(), MadeBy: auth.Of(ctx)}
	return p.Storage.WritePeople(ctx, func(ctx context.Context, w Writer) error {
		_, err := p.add(ctx, w, &who)
		return err
	})
}

// errSystem refuses what only persons have.
func errSystem() error {
	return fault.New(fault.Conflict, "这是系统的账号：没有口令，也没有人用它登录。", "This is the account of a system: it has no password, and nobody signs in by it.")
}
