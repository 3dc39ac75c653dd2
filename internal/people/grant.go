package people

import (
	"context"
	"encoding/base32"
	"fmt"
	"slices"
	"strings"
	"time"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
)

func base32Secret(text string) ([]byte, error) {
	return base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(text)
}

// GrantAsk is what is granted, or proposed.
type GrantAsk struct {
	Person      string
	Role        auth.Role
	Org         string
	Code        string // of the subject
	From, Until string // days; From empty: today; Until empty: no end
	Reason      string
	Agent       bool // with Seed: he is not the representative of the subject
}

// Apart finds two roles that no person may hold together, among grants and a further one that may be in force on one day with
// them; nil when there are none.
func (p *People) Apart(have []Grant, g *Grant) *Grant {
	for i := range have {
		if h := &have[i]; h.State == Given && h.ID != g.ID && p.apart[h.Role][g.Role] && h.overlaps(g) {
			return h
		}
	}
	return nil
}

// grantOf makes a grant of what is asked for, and refuses what no role is made for.
func (p *People) grantOf(ctx context.Context, a GrantAsk) (*Grant, error) {
	r := p.roles[a.Role]
	if r == nil {
		return nil, fault.New(fault.Invalid, "没有这个角色。请从列表中选择。", "There is no such role. Choose one from the list.")
	}
	g := &Grant{Person: a.Person, Role: a.Role, Org: a.Org, From: a.From, Until: a.Until, Reason: strings.TrimSpace(a.Reason)}
	if g.From == "" {
		g.From = p.today()
	}
	for _, day := range []string{g.From, g.Until} {
		if _, err := time.Parse(time.DateOnly, day); err != nil && day != "" {
			return nil, fault.New(fault.Invalid, "日期读不出。请写成 2026-11-30 这样。", "A date cannot be read. Write it like 2026-11-30.")
		}
	}
	switch {
	case g.From < p.today():
		return nil, fault.New(fault.Invalid, "授权不能从过去的日子开始。", "A role cannot be granted from a day that has passed.")
	case g.Until != "" && g.Until < g.From:
		return nil, fault.New(fault.Invalid, "授权的最后一天在第一天之前。", "The last day is before the first.")
	}
	if len(r.For) > 0 {
		if a.Org != "" {
			return nil, p.errKind(r)
		}
		if a.Code == "" {
			return nil, fault.New(fault.Invalid, "这个角色是对某个主体授予的，请填它的代码。", "This role is granted for a subject: give its code.")
		}
		if p.Subjects == nil {
			return nil, p.errKind(r)
		}
		s, err := p.Subjects.SubjectByCode(auth.As(ctx, auth.Self), r.For, strings.TrimSpace(a.Code))
		if err != nil {
			return nil, err
		}
		if s == nil {
			return nil, fault.New(fault.NotFound, "库里没有这个代码的主体，或不在这个角色的范围内。请核对代码。", "There is no subject with this code, or the role is not for its register. Check the code.")
		}
		g.Subject, g.Code = s.ID, s.Code
		return g, nil
	}
	o := p.Pack.Orgs.ByID(a.Org)
	if o == nil || !slices.Contains(r.Orgs, o.Kind) || a.Code != "" {
		return nil, p.errKind(r)
	}
	return g, nil
}

var kindsZH = map[string]string{"city": "全市", "district": "区", "zone": "功能区", "park": "园区"}

func (p *People) errKind(r *pack.Role) error {
	var zh []string
	for _, k := range r.Orgs {
		zh = append(zh, kindsZH[k])
	}
	for _, id := range r.For {
		if reg := p.Pack.Register(id); reg != nil {
			zh = append(zh, reg.Name.ZH)
		}
	}
	en := append(slices.Clone(r.Orgs), r.For...)
	return fault.New(fault.Invalid, "角色“"+r.Name.ZH+"”只能对这些授予："+strings.Join(zh, "、")+"。请选择其一。",
		"The role “"+r.Name.EN+"” is granted for: "+strings.Join(en, ", ")+". Choose one of them.")
}

// put stores a grant that is given. Whoever holds it acts under it from the next choice of a role on.
func (p *People) put(ctx context.Context, w Writer, g *Grant, action string) error {
	who, err := w.Person(ctx, g.Person)
	if err != nil {
		return err
	}
	if who == nil || who.State == Left {
		return errNoPerson()
	}
	if g.State == Given {
		have, err := p.held(ctx, w, g.Person)
		if err != nil {
			return err
		}
		if h := p.Apart(have, g); h != nil {
			return p.errApart(g.Role, h.Role)
		}
		if slices.ContainsFunc(have, func(h Grant) bool {
			return h.ID != g.ID && h.State == Given && h.Person == g.Person && h.Role == g.Role && h.Org == g.Org && h.Subject == g.Subject && h.overlaps(g)
		}) {
			return fault.New(fault.Conflict, "这个人在这段时间里已有这个角色。", "This person holds this role in that time already.")
		}
	}
	if g.State == Given {
		if err := p.apartOfDeputies(ctx, w, g); err != nil {
			return err
		}
	}
	if g.ID == 0 {
		err = w.AddGrant(ctx, g)
	} else {
		err = w.SetGrant(ctx, g)
	}
	if err != nil {
		return err
	}
	if err := p.unkeyed(ctx, w, g.Person); err != nil {
		return err
	}
	e, err := p.entry(ctx, action, fmt.Sprintf("grant/%d", g.ID), map[string]any{"person": g.Person, "role": string(g.Role), "org": g.Org, "subject": g.Subject,
		"from": g.From, "until": g.Until, "reason": audit.Beside(g.Reason)})
	if err != nil {
		return err
	}
	return w.Log(ctx, e)
}

// apartOfDeputies refuses a grant that somebody who stands in for its person may not hold.
func (p *People) apartOfDeputies(ctx context.Context, r Reader, g *Grant) error {
	deputies, err := r.Deputies(ctx, g.Person)
	if err != nil {
		return err
	}
	for _, d := range deputies {
		if d.Person != g.Person || !d.Ended.IsZero() {
			continue
		}
		have, err := p.held(ctx, r, d.Deputy)
		if err != nil {
			return err
		}
		for _, cut := range during([]Grant{*g}, &d) {
			if h := p.Apart(have, &cut); h != nil {
				return p.errApart(g.Role, h.Role)
			}
		}
	}
	return nil
}

// unkeyed ends the sessions of a person whose rights change, so that no token outlives them; his own stays.
func (p *People) unkeyed(ctx context.Context, w Writer, person string) error {
	if auth.Of(ctx) == person {
		return nil
	}
	return w.EndSessions(ctx, person, "", p.Clock())
}

// held are all grants that a person may act under: his own, and those of persons for whom he stands in, cut to the days on
// which he does. Those of his deputies are not his.
func (p *People) held(ctx context.Context, r Reader, person string) ([]Grant, error) {
	list, err := r.Grants(ctx, person)
	if err != nil {
		return nil, err
	}
	deputies, err := r.Deputies(ctx, person)
	if err != nil {
		return nil, err
	}
	for _, d := range deputies {
		if d.Deputy != person || !d.Ended.IsZero() {
			continue
		}
		theirs, err := r.Grants(ctx, d.Person)
		if err != nil {
			return nil, err
		}
		list = append(list, during(theirs, &d)...)
	}
	return list, nil
}

// during are grants cut to the days of a deputy.
func during(list []Grant, d *Deputy) (cut []Grant) {
	for _, g := range list {
		if g.State != Given || !g.overlaps(&Grant{From: d.From, Until: d.Until}) {
			continue
		}
		g.From = max(g.From, d.From)
		if g.Until == "" || g.Until > d.Until {
			g.Until = d.Until
		}
		cut = append(cut, g)
	}
	return cut
}

func (p *People) errApart(a, b auth.Role) error {
	name := func(r auth.Role) pack.Text {
		if own := p.roles[r]; own != nil {
			return own.Name
		}
		return pack.Text{ZH: string(r), EN: string(r)}
	}
	return fault.New(fault.Conflict, "角色“"+name(a).ZH+"”和“"+name(b).ZH+"”不能由同一个人在同一时间担任。",
		"The roles “"+name(a).EN+"” and “"+name(b).EN+"” cannot be held by one person at the same time.")
}

func errSelf() error {
	return fault.New(fault.Forbidden, "不能给自己授权，请由另一位安全管理员办理。", "Nobody grants to himself: another security administrator must.")
}

// Give grants a role; the actor must be a security administrator.
func (p *People) Give(ctx context.Context, a GrantAsk) (id int64, err error) {
	defer fault.At(&err, "people.Give(person %s, role %s)", a.Person, a.Role)
	if err := p.Decide(ctx, auth.Grant, auth.Resource{ID: a.Person}); err != nil {
		return 0, err
	}
	if auth.Of(ctx) == a.Person {
		return 0, errSelf()
	}
	g, err := p.grantOf(ctx, a)
	if err != nil {
		return 0, err
	}
	g.State, g.DecidedBy, g.DecidedAt = Given, auth.Of(ctx), p.Clock()
	err = p.Storage.WritePeople(ctx, func(ctx context.Context, w Writer) error { return p.put(ctx, w, g, "grant") })
	return g.ID, err
}

// Propose asks that a role be granted; a security administrator says whether it is. Who proposes may do so for his own
// organisation and those below it, and for subjects that lie there.
func (p *People) Propose(ctx context.Context, a GrantAsk) (id int64, err error) {
	defer fault.At(&err, "people.Propose(person %s, role %s)", a.Person, a.Role)
	if err := p.Decide(ctx, auth.Propose, auth.Resource{ID: a.Person}); err != nil {
		return 0, err
	}
	g, err := p.grantOf(ctx, a)
	if err != nil {
		return 0, err
	}
	if p.administers(a.Role) || !p.within(ctx, g) {
		return 0, fault.New(fault.Forbidden, "只能为本机构及其下属机构、辖区内的主体提请授权。", "You may propose roles for your own organisation, those below it, and subjects that lie there.")
	}
	g.State, g.ProposedBy, g.ProposedAt = Proposed, auth.Of(ctx), p.Clock()
	err = p.Storage.WritePeople(ctx, func(ctx context.Context, w Writer) error { return p.put(ctx, w, g, "propose") })
	return g.ID, err
}

// within reports whether a grant is for the actor's organisation, one below it, or a subject that lies there. Subjects of which
// nobody knows where they lie are the city's.
func (p *People) within(ctx context.Context, g *Grant) bool {
	own := auth.Named(ctx).Org
	if g.Subject == 0 && g.Code == "" {
		return own != "" && p.Pack.Orgs.Within(g.Org, own)
	}
	city := p.Pack.Orgs.City()
	if city != nil && own == city.ID {
		return true
	}
	if p.Subjects == nil || own == "" {
		return false
	}
	s, err := p.subjectOf(ctx, g)
	return err == nil && s != nil && slices.ContainsFunc(s.Orgs, func(o string) bool { return p.Pack.Orgs.Within(o, own) })
}

func (p *People) subjectOf(ctx context.Context, g *Grant) (*Subject, error) {
	ctx = auth.As(ctx, auth.Self)
	if g.Subject != 0 {
		return p.Subjects.SubjectByID(ctx, g.Subject)
	}
	r := p.roles[g.Role]
	if r == nil {
		return nil, nil
	}
	return p.Subjects.SubjectByCode(ctx, r.For, g.Code)
}

// settles reports whether the actor may approve or refuse a proposal: a security administrator any; an administrator of a
// district or of the city those of its enterprises.
func (p *People) settles(ctx context.Context, g *Grant) bool {
	if auth.Of(ctx) == g.Person {
		return false
	}
	if p.Decide(ctx, auth.Grant, auth.Resource{}) == nil {
		return auth.Of(ctx) != g.ProposedBy
	}
	return g.Role == Enterprise && p.Decide(ctx, auth.Propose, auth.Resource{}) == nil && p.within(ctx, g)
}

// Enterprise is the role of enterprises' accounts, which the administrators of their districts approve.
const Enterprise auth.Role = "enterprise"

// Settlement is what becomes of a proposal.
type Settlement struct {
	Approve bool
	Reason  string // why it is refused
	// Legal says that the person is the representative of the subject: by his name, or by the document that was shown.
	Legal    bool
	Document string
}

// Settle approves a proposal or refuses it.
func (p *People) Settle(ctx context.Context, id int64, approve bool, reason string) error {
	return p.SettleBy(ctx, id, Settlement{Approve: approve, Reason: reason})
}

// NeedsMandate reports whether the holders of a role do only what is entrusted to them.
func (p *People) NeedsMandate(r auth.Role) bool {
	own := p.roles[r]
	return own != nil && own.Mandate != nil
}

// SettleBy approves a proposal, and may say that its person is the representative of the subject; or it refuses it. What cannot be
// done whole is not done.
func (p *People) SettleBy(ctx context.Context, id int64, s Settlement) (err error) {
	defer fault.At(&err, "people.SettleBy(grant %d)", id)
	approve, reason := s.Approve, s.Reason
	return p.Storage.WritePeople(ctx, func(ctx context.Context, w Writer) error {
		g, err := w.Grant(ctx, id)
		if err != nil {
			return err
		}
		if g == nil || !p.settles(ctx, g) {
			return fault.New(fault.NotFound, "没有要您处理的这项提请。", "There is no such proposal for you to decide.")
		}
		if g.State != Proposed {
			return fault.New(fault.Conflict, "这项提请已经处理过了。", "This proposal was decided already.")
		}
		g.DecidedBy, g.DecidedAt = auth.Of(ctx), p.Clock()
		if !approve {
			g.State = Refused
			if reason = strings.TrimSpace(reason); reason == "" {
				return fault.New(fault.Invalid, "请写明不同意的理由。", "Say why it is refused.")
			}
			g.Reason = reason
			return p.put(ctx, w, g, "refuse-grant")
		}
		if g.Subject == 0 && g.Code != "" {
			s, err := p.subjectOf(ctx, g)
			if err != nil {
				return err
			}
			if s == nil {
				return fault.New(fault.Conflict, "库里没有代码为 "+g.Code+" 的主体，不能核准。请先录入或导入该企业，或不同意。",
					"There is no subject with the code "+g.Code+", so this cannot be approved. Enter or import the enterprise first, or refuse.")
			}
			g.Subject = s.ID
		}
		if g.From < p.today() {
			g.From = p.today()
		}
		g.State = Given
		who, err := w.Person(ctx, g.Person)
		if err != nil {
			return err
		}
		if who != nil && who.State == Asked && who.MadeBy == who.ID { // who asked himself has an account with its first grant
			who.State = Active
			if err := w.SetPerson(ctx, who); err != nil {
				return err
			}
		}
		if err := p.put(ctx, w, g, "grant"); err != nil || !s.Legal {
			return err
		}
		if p.Legal == nil || !p.NeedsMandate(g.Role) {
			return fault.New(fault.Invalid, "这个角色没有法定代表人。", "This role has no representative.")
		}
		return p.Legal(ctx, g.Subject, g.ID, s.Document, false)
	})
}

// Take ends a grant today.
func (p *People) Take(ctx context.Context, id int64, reason string) (err error) {
	defer fault.At(&err, "people.Take(grant %d)", id)
	return p.Storage.WritePeople(ctx, func(ctx context.Context, w Writer) error {
		g, err := w.Grant(ctx, id)
		if err != nil {
			return err
		}
		if g == nil || g.State != Given {
			return fault.New(fault.NotFound, "没有这项授权，或已收回。", "There is no such grant, or it was taken already.")
		}
		if auth.Of(ctx) == g.Person {
			return errSelf()
		}
		if err := p.Decide(ctx, auth.Grant, auth.Resource{}); err != nil && !(g.Role == Enterprise && p.Decide(ctx, auth.Propose, auth.Resource{}) == nil && p.within(ctx, g)) {
			return err
		}
		g.State, g.TakenBy, g.TakenAt = Taken, auth.Of(ctx), p.Clock()
		if reason = strings.TrimSpace(reason); reason != "" {
			g.Reason = reason
		}
		return p.put(ctx, w, g, "take-grant")
	})
}

// Proposals lists the proposals that the actor may decide, and those that he made.
func (p *People) Proposals(ctx context.Context) (list []Grant, err error) {
	defer fault.At(&err, "people.Proposals")
	err = p.Storage.ReadPeople(ctx, func(r Reader) (err error) {
		list, err = r.Proposals(ctx)
		return err
	})
	return slices.DeleteFunc(list, func(g Grant) bool { return !p.settles(ctx, &g) && g.ProposedBy != auth.Of(ctx) }), err
}

// Settles reports whether the actor may decide a proposal.
func (p *People) Settles(ctx context.Context, g *Grant) bool {
	return g.State == Proposed && p.settles(ctx, g)
}

// StandIn has a person stand in for another for some days. A security administrator says so.
func (p *People) StandIn(ctx context.Context, person, deputy, from, until string) (err error) {
	defer fault.At(&err, "people.StandIn(person %s, deputy %s)", person, deputy)
	if err := p.Decide(ctx, auth.Grant, auth.Resource{ID: person}); err != nil {
		return err
	}
	if me := auth.Of(ctx); me == person || me == deputy {
		return errSelf()
	}
	f, err1 := time.Parse(time.DateOnly, from)
	u, err2 := time.Parse(time.DateOnly, until)
	if err1 != nil || err2 != nil || u.Before(f) || from < p.today() || person == deputy {
		return fault.New(fault.Invalid, "代理要写明今天或以后的第一天和最后一天，且不能由本人代理本人。", "A deputy needs a first day, today or later, and a last one, and is another person.")
	}
	d := &Deputy{Person: person, Deputy: deputy, From: from, Until: until, Made: p.Clock(), MadeBy: auth.Of(ctx)}
	return p.Storage.WritePeople(ctx, func(ctx context.Context, w Writer) error {
		for _, id := range []string{person, deputy} {
			if who, err := w.Person(ctx, id); err != nil || who == nil || who.State == Left {
				return cmpErr(err, errNoPerson())
			}
		}
		theirs, err := w.Grants(ctx, person)
		if err != nil {
			return err
		}
		have, err := p.held(ctx, w, deputy)
		if err != nil {
			return err
		}
		for _, g := range during(theirs, d) {
			if h := p.Apart(have, &g); h != nil {
				return p.errApart(g.Role, h.Role)
			}
		}
		if err := w.AddDeputy(ctx, d); err != nil {
			return err
		}
		if err := p.unkeyed(ctx, w, deputy); err != nil {
			return err
		}
		e, err := p.entry(ctx, "deputy", "person/"+person, map[string]any{"deputy": deputy, "from": from, "until": until})
		if err != nil {
			return err
		}
		return w.Log(ctx, e)
	})
}

func cmpErr(err, other error) error {
	if err != nil {
		return err
	}
	return other
}
