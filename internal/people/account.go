package people

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
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

// Confirm makes the account that somebody asked for, and gives its link.
func (p *People) Confirm(ctx context.Context, id string) (link string, err error) {
	defer fault.At(&err, "people.Confirm(person %s)", id)
	err = p.change(ctx, id, "account", map[string]any{"state": string(Invited)}, func(ctx context.Context, w Writer, who *Person) error {
		if who.State != Asked || who.MadeBy == who.ID {
			return fault.New(fault.Conflict, "这个账号不在等待开通。", "This account does not wait to be made.")
		}
		who.State = Invited
		if err := w.SetPerson(ctx, who); err != nil {
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
			if len(list) == 0 {
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
		if err := errors.Join(w.EndSessions(ctx, id, "", now), w.EndLinks(ctx, id, now), w.EndTokens(ctx, id, now), w.SetSecret(ctx, id, secretTOTP, nil)); err != nil {
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

// Seen is a person as the pages show him.
type Seen struct {
	Person
	Grants   []Grant
	Deputies []Deputy
	Second   bool
	Since    time.Time // of the newest session; zero: none
}

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
	s = &Seen{Person: *who}
	if s.Grants, err = r.Grants(ctx, who.ID); err != nil {
		return nil, err
	}
	if s.Deputies, err = r.Deputies(ctx, who.ID); err != nil {
		return nil, err
	}
	s.Second, err = p.hasSecond(ctx, r, who.ID)
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

// List lists the persons whom the actor may see.
func (p *People) List(ctx context.Context, w Wanted, offset, limit int) (list []Seen, total int, err error) {
	defer fault.At(&err, "people.List")
	all := p.Decide(ctx, auth.Account, auth.Resource{}) == nil || p.Decide(ctx, auth.Grant, auth.Resource{}) == nil
	if !all {
		if err := p.Decide(ctx, auth.Propose, auth.Resource{}); err != nil {
			return nil, 0, err
		}
	}
	err = p.Storage.ReadPeople(ctx, func(r Reader) error {
		if all {
			persons, n, err := r.Persons(ctx, w, offset, limit)
			total = n
			for i := range persons {
				s, err := p.seen(ctx, r, &persons[i])
				if err != nil {
					return err
				}
				list = append(list, *s)
			}
			return err
		}
		for from := 0; ; from += 500 { // those of one's own organisation are few; they are found among all
			persons, n, err := r.Persons(ctx, w, from, 500)
			if err != nil {
				return err
			}
			for i := range persons {
				s, err := p.seen(ctx, r, &persons[i])
				if err != nil {
					return err
				}
				if p.mayKnow(ctx, s) {
					if total >= offset && len(list) < limit {
						list = append(list, *s)
					}
					total++
				}
			}
			if from+500 >= n {
				return nil
			}
		}
	})
	return list, total, err
}

// Demos are the demonstration accounts that work now: none unless the base holds generated data only.
func (p *People) Demos(ctx context.Context) (list []Seen, err error) {
	defer fault.At(&err, "people.Demos")
	if !p.isSynthetic(ctx) {
		return nil, nil
	}
	err = p.Storage.ReadPeople(ctx, func(r Reader) error {
		persons, _, err := r.Persons(ctx, Wanted{State: Active, Demo: true}, 0, 100)
		for i := range persons {
			s, e := p.seen(ctx, r, &persons[i])
			if e != nil {
				return e
			}
			list = append(list, *s)
		}
		return err
	})
	return list, err
}

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
