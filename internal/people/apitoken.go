package people

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/fault"
)

// APIActions are what tokens of the API may be given.
var APIActions = []auth.Action{auth.See, auth.Enter, auth.Import, auth.Undo, auth.Link, auth.Export, auth.File, auth.Handle, auth.Hook}

// PerMinutes are how many requests in a minute a token may be given.
var PerMinutes = []int{60, 300, 1200}

const (
	// apiPrefix begins every token of the API, so that one that was published by mistake is recognised.
	apiPrefix = "eyas_"
	// mostDays is for how many days a token is made at most.
	mostDays = 366
	// mostAPITokens is how many tokens of a person may hold at one time.
	mostAPITokens = 50
	longestToken  = 80 // characters of its name
)

// APIAsk is what a token is asked for.
type APIAsk struct {
	Person    string
	Grant     int64     // 0: the one that the person holds, of the role
	Role      auth.Role // empty: any
	Name      string
	Bounds    auth.Bounds
	Days      int // from today
	PerMinute int
}

// mayTokens refuses who may not make or end tokens of a person: he himself may, and of a system a system administrator; on a base that
// is empty or synthetic the machine's owner, of all.
func (p *People) mayTokens(ctx context.Context, who *Person) error {
	if a := auth.Named(ctx); a.ID == who.ID && a.Viewer == "" && a.Bounds == "" {
		return nil
	}
	if err := p.Decide(ctx, auth.Account, auth.Resource{ID: who.ID}); err != nil {
		return err
	}
	if !who.System && auth.Of(ctx) != auth.Local {
		return fault.New(fault.Forbidden, "没有权限为别人建立或撤销令牌：令牌由本人在“我的账号”里建立和撤销；系统的令牌由系统管理员办理。",
			"Everybody makes and revokes the tokens of his own account; those of systems are a system administrator's.")
	}
	return nil
}

// NewAPIToken makes a token of the API, which is told once. A person makes his own; a system administrator those of systems.
func (p *People) NewAPIToken(ctx context.Context, a APIAsk) (token string, id int64, err error) {
	defer fault.At(&err, "people.NewAPIToken(person %s)", a.Person)
	a.Name = strings.TrimSpace(a.Name)
	if n := len([]rune(a.Name)); n == 0 || n > longestToken || checkName(a.Name) != nil {
		return "", 0, fault.New(fault.Invalid, fmt.Sprintf("请写明令牌的用途，1 到 %d 个字。", longestToken), fmt.Sprintf("Say what the token is for, in 1 to %d characters.", longestToken))
	}
	if a.Days < 1 || a.Days > mostDays {
		return "", 0, fault.New(fault.Invalid, fmt.Sprintf("令牌的有效期是 1 到 %d 天。", mostDays), fmt.Sprintf("A token is good for 1 to %d days.", mostDays))
	}
	if !slices.Contains(PerMinutes, a.PerMinute) {
		return "", 0, fault.New(fault.Invalid, "请选择每分钟的请求数。", "Choose how many requests a minute it may make.")
	}
	err = p.Storage.WritePeople(ctx, func(ctx context.Context, w Writer) error {
		who, err := p.ofTokens(ctx, w, a.Person)
		if err != nil {
			return err
		}
		if who.State != Active || who.Demo && !p.isSynthetic(ctx) {
			return fault.New(fault.Conflict, "这个账号现在不能使用，不能给它建令牌。", "This account cannot be used now, so no token is made for it.")
		}
		g, err := p.grantOfToken(ctx, w, a)
		if err != nil {
			return err
		}
		if err := p.checkBounds(g, a.Bounds); err != nil {
			return err
		}
		list, err := w.APITokens(ctx, who.ID)
		if err != nil {
			return err
		}
		now, open := p.Clock(), 0
		for i := range list {
			if list[i].Holds(now) {
				open++
			}
		}
		if open >= mostAPITokens {
			return fault.New(fault.Conflict, fmt.Sprintf("已有 %d 个令牌在用。请先撤销不用的。", open), fmt.Sprintf("%d tokens are in use already. Revoke those that are not needed.", open))
		}
		token = apiPrefix + rand.Text() + rand.Text()[:6] // 160 bits
		x := &APIToken{Key: keyOf(token), Person: who.ID, Grant: g.ID, Name: a.Name, Bounds: a.Bounds.Text(), PerMinute: a.PerMinute, Made: now, MadeBy: auth.Of(ctx), Expires: now.AddDate(0, 0, a.Days)}
		if err := w.AddAPIToken(ctx, x); err != nil {
			return err
		}
		id = x.ID
		e, err := p.entry(ctx, "api-token", "person/"+who.ID, map[string]any{"token": x.ID, "grant": g.ID, "role": string(g.Role), "bounds": x.Bounds, "until": x.Expires.In(p.zone()).Format(time.DateOnly), "name": audit.Beside(x.Name)})
		if err != nil {
			return err
		}
		return w.Log(ctx, e)
	})
	if err != nil {
		return "", 0, err
	}
	return token, id, nil
}

// grantOfToken is the grant under which a token acts: one that its person himself holds today.
func (p *People) grantOfToken(ctx context.Context, r Reader, a APIAsk) (*Grant, error) {
	list, err := r.Grants(ctx, a.Person)
	if err != nil {
		return nil, err
	}
	today := p.today()
	list = slices.DeleteFunc(list, func(g Grant) bool {
		return !g.Holds(today) || a.Grant != 0 && g.ID != a.Grant || a.Role != "" && g.Role != a.Role
	})
	if len(list) != 1 {
		return nil, fault.New(fault.Invalid, "请选择令牌以哪个角色行事。", "Choose the role in which the token acts.")
	}
	return &list[0], nil
}

// checkBounds refuses bounds that give nothing, or that the API does not know.
func (p *People) checkBounds(g *Grant, b auth.Bounds) error {
	own := p.roles[g.Role]
	if own == nil || len(b.Actions) == 0 {
		return fault.New(fault.Invalid, "请选择令牌可以做什么。", "Choose what the token may do.")
	}
	for _, a := range b.Actions {
		if !slices.Contains(APIActions, a) || a != auth.Hook && !slices.Contains(own.May, string(a)) {
			return fault.New(fault.Invalid, "这个角色不能做“"+auth.Words(a).ZH+"”，令牌也不能。", "This role may not do “"+auth.Words(a).EN+"”, and so a token of it may not.")
		}
	}
	if b.Register != "" && (p.Pack.Register(b.Register) == nil || own.Registers != nil && !slices.Contains(own.Registers, b.Register)) {
		return fault.New(fault.Invalid, "没有这个库，或这个角色看不到它。", "There is no such register, or the role does not see it.")
	}
	if b.Matter != "" {
		if m := p.Pack.Matter(b.Matter); m == nil || b.Register != "" && b.Register != m.Register {
			return fault.New(fault.Invalid, "没有这个事项，或它不办这个库的主体。", "There is no such matter, or it is not for subjects of that register.")
		}
		for _, a := range b.Actions {
			if a != auth.See && a != auth.File && a != auth.Handle && a != auth.Hook {
				return fault.New(fault.Invalid, "只限一个事项的令牌只能查看、申报和办理它的办件，不能“"+auth.Words(a).ZH+"”。", "A token that is held to a matter sees, files and handles its cases only, and may not “"+auth.Words(a).EN+"”.")
			}
		}
	}
	if b.Subject < 0 || b.Subject != 0 && (slices.Contains(b.Actions, auth.Import) || slices.Contains(b.Actions, auth.Undo)) {
		return fault.New(fault.Invalid, "导入的文件不只关于一个主体：只限一个主体的令牌不能导入，也不能撤销导入。", "Files are about more than one subject: a token that is held to one cannot import, or take imports back.")
	}
	return nil
}

// ofTokens finds the person of some tokens, for who may make or end them.
func (p *People) ofTokens(ctx context.Context, r Reader, person string) (*Person, error) {
	who, err := r.Person(ctx, person)
	if err != nil {
		return nil, err
	}
	if who == nil {
		who = &Person{ID: person}
	}
	if err := p.mayTokens(ctx, who); err != nil {
		return nil, err
	}
	if who.State == "" {
		return nil, errNoPerson()
	}
	return who, nil
}

// APITokensOf lists the tokens of a person, the newest first, for who may make them.
func (p *People) APITokensOf(ctx context.Context, person string) (list []APIToken, err error) {
	defer fault.At(&err, "people.APITokensOf(person %s)", person)
	err = p.Storage.ReadPeople(ctx, func(r Reader) error {
		if _, err := p.ofTokens(ctx, r, person); err != nil {
			return err
		}
		list, err = r.APITokens(ctx, person)
		return err
	})
	return list, err
}

// RevokeAPIToken revokes a token. One that has ended stays as it ended.
func (p *People) RevokeAPIToken(ctx context.Context, person string, id int64) (err error) {
	defer fault.At(&err, "people.RevokeAPIToken(person %s, token %d)", person, id)
	return p.Storage.WritePeople(ctx, func(ctx context.Context, w Writer) error {
		if _, err := p.ofTokens(ctx, w, person); err != nil {
			return err
		}
		list, err := w.APITokens(ctx, person)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(t APIToken) bool { return t.ID == id })
		if i < 0 {
			return fault.New(fault.NotFound, "没有这个令牌。", "There is no such token.")
		}
		if !list[i].Ended.IsZero() {
			return nil
		}
		if err := w.EndAPIToken(ctx, id, p.Clock(), auth.Of(ctx)); err != nil {
			return err
		}
		e, err := p.entry(ctx, "end-api-token", "person/"+person, map[string]any{"token": id, "name": audit.Beside(list[i].Name)})
		if err != nil {
			return err
		}
		return w.Log(ctx, e)
	})
}

// MayToken refuses who may not make or end tokens of a person, and what else acts for him without his sign-in; see mayTokens.
func (p *People) MayToken(ctx context.Context, person string) (err error) {
	defer fault.At(&err, "people.MayToken(person %s)", person)
	return p.Storage.ReadPeople(ctx, func(r Reader) error {
		_, err := p.ofTokens(ctx, r, person)
		return err
	})
}

// MayHook refuses who may not make, change or end webhooks of a person: who may make his tokens may, and of his own account a token that
// has the action auth.Hook.
func (p *People) MayHook(ctx context.Context, person string) error {
	a := auth.Named(ctx)
	if a.Bounds == "" {
		return p.MayToken(ctx, person)
	}
	if a.ID != person || a.Viewer != "" || !auth.BoundsOf(ctx).Has(auth.Hook) {
		return fault.New(fault.Forbidden, "这个令牌没有权限管理变更推送。请建一个可以“管理变更推送”的令牌。", "This token may not manage webhooks. Make one that may “manage webhooks”.")
	}
	return nil
}

// Bind checks bounds within a grant that a person holds today, and returns its number: of what acts for him without his sign-in. A grant
// of 0 means the one that he holds, of the role.
func (p *People) Bind(ctx context.Context, person string, grant int64, role auth.Role, b auth.Bounds) (_ int64, err error) {
	defer fault.At(&err, "people.Bind(person %s)", person)
	err = p.Storage.ReadPeople(ctx, func(r Reader) error {
		who, err := r.Person(ctx, person)
		switch {
		case err != nil:
			return err
		case who == nil:
			return errNoPerson()
		case who.State != Active || who.Demo && !p.isSynthetic(ctx):
			return fault.New(fault.Conflict, "这个账号现在不能使用。", "This account cannot be used now.")
		}
		g, err := p.grantOfToken(ctx, r, APIAsk{Person: person, Grant: grant, Role: role})
		if err != nil {
			return err
		}
		grant = g.ID
		return p.checkBounds(g, b)
	})
	return grant, err
}

// Under returns who acts for a person under a grant, within bounds; a fault with code fault.Unauthorised when the person or the grant gives
// nothing today.
func (p *People) Under(ctx context.Context, person string, grant int64, bounds string) (a auth.Actor, err error) {
	defer fault.At(&err, "people.Under(person %s, grant %d)", person, grant)
	var who *Person
	var g *Grant
	err = p.Storage.ReadPeople(ctx, func(r Reader) (err error) {
		if who, err = r.Person(ctx, person); err == nil {
			g, err = r.Grant(ctx, grant)
		}
		return err
	})
	if err != nil {
		return a, err
	}
	if who == nil || g == nil || bounds == "" || who.State != Active || g.Person != who.ID || !g.Holds(p.today()) || who.Demo && !p.isSynthetic(ctx) {
		return a, errAPIToken()
	}
	a = acting(who.ID, g, "")
	a.Bounds = bounds
	return a, nil
}

// errAPIToken is the one answer to a token that is wrong, revoked or expired, and to one whose person or grant gives nothing any more.
func errAPIToken() error {
	return fault.New(fault.Unauthorised, "没有给出令牌，或令牌不对、已过期、已撤销，或它的账号和角色已不能用。请在请求里写 Authorization: Bearer 令牌；令牌在“我的账号 › 接口令牌”里建立。",
		"No token was given, or it is wrong, expired or revoked, or its account or role can no longer be used. Send Authorization: Bearer TOKEN; tokens are made on the page “My account › API tokens”.")
}

// EnterAPI tells who acts in a request of the API by its token. The error is a fault with code fault.Unauthorised when nobody does.
func (p *People) EnterAPI(ctx context.Context, token string, from Place) (a auth.Actor, t *APIToken, err error) {
	defer fault.At(&err, "people.EnterAPI")
	if len(token) > 64 || !strings.HasPrefix(token, apiPrefix) {
		return a, nil, errAPIToken()
	}
	var read *APIEntering
	err = p.Storage.ReadPeople(ctx, func(r Reader) error {
		read, err = r.APIEntering(ctx, keyOf(token))
		return err
	})
	if err != nil {
		return a, nil, err
	}
	now := p.Clock()
	if read == nil || !read.Token.Holds(now) || read.Token.Bounds == "" || read.Person.State != Active || read.Grant.Person != read.Person.ID || !read.Grant.Holds(p.today()) ||
		read.Person.Demo && !p.isSynthetic(ctx) {
		return a, nil, errAPIToken()
	}
	t = &read.Token
	a = acting(read.Person.ID, &read.Grant, from.Address)
	a.Bounds = t.Bounds
	if now.Sub(t.Used) > touchEvery {
		if err := p.Storage.WriteAside(ctx, func(w Aside) error { return w.TouchAPIToken(ctx, t.ID, now, from.Address) }); err != nil {
			return auth.Actor{}, nil, err
		}
	}
	return a, t, nil
}
