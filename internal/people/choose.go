package people

import (
	"context"
	"fmt"
	"strings"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/fault"
)

// errLink is answered to a link that holds no more.
func errLink() error {
	return fault.New(fault.NotFound, "这个链接已用过、已过期或不存在。请向系统管理员要一个新的。", "This link was used, has ended, or is none. Ask the system administrator for a new one.")
}

// OpenLink tells what a one-time link is for, without using it.
func (p *People) OpenLink(ctx context.Context, token string) (l *Link, who *Person, err error) {
	defer fault.At(&err, "people.OpenLink")
	err = p.Storage.ReadPeople(ctx, func(r Reader) error {
		l, who, err = p.linked(ctx, r, token)
		return err
	})
	return l, who, err
}

func (p *People) linked(ctx context.Context, r Reader, token string) (*Link, *Person, error) {
	l, err := r.Link(ctx, keyOf(token))
	if err != nil {
		return nil, nil, err
	}
	if l == nil || !l.Used.IsZero() || !p.Clock().Before(l.Expires) {
		return nil, nil, errLink()
	}
	if l.Kind == Start {
		return l, nil, nil
	}
	who, err := r.Person(ctx, l.Person)
	if err != nil {
		return nil, nil, err
	}
	if who == nil || who.State != Active && who.State != Invited {
		return nil, nil, errLink()
	}
	return l, who, nil
}

// UseLink chooses the password of the person of a link.
func (p *People) UseLink(ctx context.Context, token, password string) (id string, err error) {
	defer fault.At(&err, "people.UseLink")
	l, who, err := p.OpenLink(ctx, token)
	if err != nil {
		return "", err
	}
	if l.Kind == Start {
		return "", errLink()
	}
	stored, err := p.judged(ctx, who, password)
	if err != nil {
		return "", err
	}
	ctx = auth.As(ctx, who.ID)
	return who.ID, p.Storage.WritePeople(ctx, func(ctx context.Context, w Writer) error {
		l, who, err := p.linked(ctx, w, token)
		if err != nil {
			return err
		}
		if err := w.UseLink(ctx, l.Key, p.Clock()); err != nil {
			return err
		}
		who.State = Active
		if err := w.SetPerson(ctx, who); err != nil {
			return err
		}
		if l.Kind == Recovery {
			if err := w.SetSecret(ctx, who.ID, secretTOTP, nil); err != nil {
				return err
			}
		}
		return p.setPassword(ctx, w, who.ID, stored, "")
	})
}

// judged checks a new password of a person and gives its stored form.
func (p *People) judged(ctx context.Context, who *Person, password string) (stored string, err error) {
	about, last, err := p.about(ctx, who)
	if err != nil {
		return "", err
	}
	if err := p.check(password, about); err != nil {
		return "", err
	}
	used := false
	err = p.hashing(ctx, func() {
		for _, l := range last {
			ok, _ := matches(l.Hash, password)
			used = used || ok
		}
		stored = hashed(password)
	})
	if err == nil && used {
		err = fault.New(fault.Invalid, fmt.Sprintf("这是最近 %d 个口令之一，请换一个没用过的。", lastOnes), fmt.Sprintf("This is one of the last %d passwords: choose one that was not used.", lastOnes))
	}
	return stored, err
}

// about is what a password of a person may not contain, and his last passwords.
func (p *People) about(ctx context.Context, who *Person) (a About, last []Password, err error) {
	a = About{ID: who.ID, Name: who.Name, Phone: who.Phone}
	var list []Grant
	err = p.Storage.ReadPeople(ctx, func(r Reader) (err error) {
		if last, err = r.Passwords(ctx, who.ID); err != nil {
			return err
		}
		list, err = r.Grants(ctx, who.ID)
		return err
	})
	for _, g := range list {
		if o := p.Pack.Orgs.ByID(g.Org); o != nil {
			a.Orgs = append(a.Orgs, o.Name.ZH, o.Short.ZH, o.ID)
		}
		if g.Code != "" {
			a.Orgs = append(a.Orgs, g.Code)
		}
		if g.Subject != 0 && p.Subjects != nil {
			if s, e := p.subjectOf(ctx, &g); e == nil && s != nil {
				a.Orgs = append(a.Orgs, s.Name, s.Code)
			}
		}
	}
	return a, last, err
}

// setPassword stores a new password; all sessions but one end.
func (p *People) setPassword(ctx context.Context, w Writer, id, stored, but string) error {
	if err := w.AddPassword(ctx, id, Password{Hash: stored, At: p.Clock()}); err != nil {
		return err
	}
	if err := w.EndSessions(ctx, id, but, p.Clock()); err != nil {
		return err
	}
	e, err := p.entryOf(id, "password", "person/"+id, nil)
	if err != nil {
		return err
	}
	return w.Log(ctx, e)
}

// StrengthFor judges a password of a person; the zero About is of nobody.
func (p *People) StrengthFor(ctx context.Context, who *Person, password string) (s Strength, err error) {
	a := About{}
	if who != nil {
		if a, _, err = p.about(ctx, who); err != nil {
			return s, err
		}
	}
	return p.Strength(password, a), nil
}

// ChangePassword changes the password of who is signed in; his other sessions end, and this one gets a new token.
func (p *People) ChangePassword(ctx context.Context, token, old, password string, from Place) (fresh string, err error) {
	defer fault.At(&err, "people.ChangePassword")
	e, err := p.Enter(ctx, token, from)
	if err != nil {
		return "", err
	}
	id := e.Person.ID
	if e.Viewed != nil {
		return "", errLooking()
	}
	if locked, err := p.attempt(ctx, id, from); err != nil || locked {
		return "", cmpErr(err, errSignIn())
	}
	_, last, err := p.about(ctx, e.Person)
	if err != nil {
		return "", err
	}
	ok := false
	if err := p.hashing(ctx, func() {
		if len(last) > 0 {
			ok, _ = matches(last[0].Hash, old)
		}
	}); err != nil {
		return "", err
	}
	if !ok {
		return "", fault.New(fault.Invalid, "现在的口令不对。", "The present password is wrong.")
	}
	if err := p.forgiven(ctx, id, from); err != nil {
		return "", err
	}
	stored, err := p.judged(ctx, e.Person, password)
	if err != nil {
		return "", err
	}
	err = p.Storage.WritePeople(ctx, func(ctx context.Context, w Writer) error {
		s, err := p.live(ctx, w, token)
		if err != nil {
			return err
		}
		if fresh, err = p.renew(ctx, w, s); err != nil {
			return err
		}
		return p.setPassword(ctx, w, id, stored, s.Key)
	})
	return fresh, err
}

// SetName changes what a person says of himself.
func (p *People) SetName(ctx context.Context, name, phone, mail string) (err error) {
	defer fault.At(&err, "people.SetName")
	if err := checkName(name, phone, mail); err != nil {
		return err
	}
	id := auth.Of(ctx)
	return p.Storage.WritePeople(ctx, func(ctx context.Context, w Writer) error {
		who, err := w.Person(ctx, id)
		if err != nil || who == nil {
			return cmpErr(err, errNoPerson())
		}
		before := who.Name
		who.Name, who.Phone, who.Mail = strings.TrimSpace(name), strings.TrimSpace(phone), strings.TrimSpace(mail)
		if err := w.SetPerson(ctx, who); err != nil {
			return err
		}
		e, err := p.entryOf(id, "name", "person/"+id, map[string]any{"before": audit.Beside(before), "after": audit.Beside(who.Name)})
		if err != nil {
			return err
		}
		return w.Log(ctx, e)
	})
}
