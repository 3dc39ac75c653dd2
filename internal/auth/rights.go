package auth

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"eyas/internal/fault"
	"eyas/internal/pack"
)

// Rights are the roles of a city as its pack defines them. They do not change and are safe for concurrent use.
type Rights struct {
	roles  map[Role]*role
	orgs   map[string][]string // id → the organisation with all below it, sorted
	order  []Role              // of the pack's roles
	city   string
	people map[string]Role // of persons whom contexts name without a role
	shares Shares          // subjects of roles whose rows are given one by one; nil: none
	lies   Lies            // where subjects lie to which actors are held; nil: they see none
	given  Mandates        // what is entrusted to holders of roles that need a mandate; nil: nothing
	alone  bool            // the base has no accounts: who is not named is the operator
}

// Shares gives the subjects, ascending, that an actor sees because they are given to him: rows is pack.RowsConsented or
// pack.RowsAssigned. It is asked each time, so that what was taken back is seen no more.
type Shares func(ctx context.Context, a Actor, rows pack.Rows) ([]int64, error)

// WithShares has the rights ask for the subjects of roles whose rows are given one by one. It is called before the first question.
func (r *Rights) WithShares(s Shares) *Rights {
	r.shares = s
	return r
}

// Mandates gives the actions that an actor may do in a role that needs a mandate: all of the role for the representative of its
// subject, and for others what is entrusted to them today. Of the actor, the person, role, grant and subject decide. It is asked each
// time, so that what has ended gives nothing more.
type Mandates func(ctx context.Context, a Actor) ([]Action, error)

// WithMandates has the rights ask what is entrusted to whom. It is called before the first question.
func (r *Rights) WithMandates(m Mandates) *Rights {
	r.given = m
	return r
}

// entrusted is the key of what is entrusted to an actor: of him no more than that decides about it, so that it is found quickly.
type entrusted struct {
	person         string
	role           Role
	grant, subject int64
}

// entrusts reports whether an actor in a role may do an action as far as mandates say: always, where the role needs none.
func (r *Rights) entrusts(ctx context.Context, a Actor, own *role, action Action) (bool, error) {
	if own.Mandate == nil {
		return true, nil
	}
	if r.given == nil {
		return false, nil
	}
	list, err := Kept(ctx, entrusted{a.ID, a.Role, a.Grant, a.Subject}, func() ([]Action, error) { return r.given(ctx, a) })
	if err != nil {
		return false, fmt.Errorf("auth: what is entrusted in role %s: %w", own.ID, err)
	}
	return slices.Contains(list, action), nil
}

// role is a role as it is asked for.
type role struct {
	pack.Role
	may map[Action]bool
}

// New makes the rights of a city. The error is a pack.Errors; see Check.
func New(p *pack.Pack) (_ *Rights, err error) {
	defer fault.At(&err, "auth.New(pack %s)", p.ID)
	if wrong := Check(p); len(wrong) > 0 {
		return nil, wrong
	}
	r := &Rights{roles: builtin(), orgs: map[string][]string{}}
	if c := p.Orgs.City(); c != nil {
		r.city = c.ID
	}
	for _, o := range p.Orgs {
		for _, above := range p.Orgs.Path(o.ID) {
			r.orgs[above.ID] = append(r.orgs[above.ID], o.ID)
		}
	}
	for _, below := range r.orgs {
		slices.Sort(below)
	}
	for _, x := range p.Roles {
		own := &role{*x, map[Action]bool{}}
		for _, a := range x.May {
			own.may[Action(a)] = true
		}
		r.roles[Role(x.ID)] = own
		r.order = append(r.order, Role(x.ID))
	}
	return r, nil
}

// Check returns what is wrong with the roles of a pack beyond their form: an action that there is not, or an id that the
// program keeps for itself.
func Check(p *pack.Pack) (wrong pack.Errors) {
	taken := builtin()
	for _, x := range p.Roles {
		if entrusts := slices.Contains(x.May, string(Entrust)); entrusts != (x.Mandate != nil) {
			wrong = append(wrong, &pack.Error{Pos: x.Pos, ZH: fmt.Sprintf("角色 %s：能委托他人（entrust）和办事授权（mandate）必须同时写，或都不写", x.ID), Text: fmt.Sprintf("role %s: the action entrust and a mandate go together, or neither is written", x.ID)})
		}
		if x.Mandate != nil {
			for _, m := range x.Mandate.Matters {
				if slices.Contains(m.May, string(Entrust)) {
					wrong = append(wrong, &pack.Error{Pos: m.Pos, ZH: fmt.Sprintf("事项 %s 不能含 entrust：受托人不得转委托", m.ID), Text: fmt.Sprintf("matter %s has entrust: who is entrusted entrusts nobody else", m.ID)})
				}
			}
		}
		for _, a := range x.May {
			if words[Action(a)] == "" {
				wrong = append(wrong, &pack.Error{Pos: x.Pos, ZH: fmt.Sprintf("没有名为“%s”的动作（角色 %s）", a, x.ID), Text: fmt.Sprintf("there is no action %q (role %s)", a, x.ID)})
			}
		}
		if taken[Role(x.ID)] != nil {
			wrong = append(wrong, &pack.Error{Pos: x.Pos, ZH: fmt.Sprintf("代码 %s 由程序自用，请换一个", x.ID), Text: fmt.Sprintf("the program keeps %s for itself: choose another id", x.ID)})
		}
	}
	return wrong
}

// builtin are the roles that no pack defines.
func builtin() map[Role]*role {
	all, look := map[Action]bool{}, map[Action]bool{See: true, Export: true}
	for a := range words {
		all[a] = true
	}
	whole := pack.Role{Rows: pack.RowsAll, Fields: pack.AllClasses()}
	return map[Role]*role{
		Operator: {whole, all},
		Reader:   {whole, look},
		Program:  {whole, look},
	}
}

// Accountless are the rights in a base without accounts: one operator, who may do everything.
func Accountless() *Rights {
	return &Rights{roles: builtin(), people: map[string]Role{Local: Operator}, alone: true}
}

// Fixed are rights by the roles that no pack defines, for persons who are known by their ids.
func Fixed(people map[string]Role) *Rights {
	return &Rights{roles: builtin(), people: people}
}

// Acting is the actor of a context, with his role. In a base without accounts it is the operator, unless the context names
// another one.
func (r *Rights) Acting(ctx context.Context) Actor {
	a, named := ctx.Value(actorKey{}).(Actor)
	switch {
	case a.ID == Self:
		return Actor{ID: Self, Role: Program}
	case !named && r.alone:
		return Actor{ID: Local, Role: Operator}
	case a.ID == "":
		return Actor{}
	case a.Role == "":
		a.Role = r.people[a.ID]
	case a.Role == Operator || a.Role == Program || a.Role == Reader:
		if r.people == nil {
			a.Role = "" // no account has a role that no pack defines
		}
	}
	return a
}

// Decide returns nil when the actor of a context may do an action, otherwise a fault with code fault.Forbidden.
func (r *Rights) Decide(ctx context.Context, action Action, on Resource) error {
	a := r.Acting(ctx)
	own := r.roles[a.Role]
	if a.ID != "" && own != nil && own.may[action] && (a.Viewer == "" || !writes[action]) && own.about(on.Register) && a.bounds().allow(action, on) {
		if held, err := r.entrusts(ctx, a, own, action); err != nil || !held {
			return cmp.Or(err, r.unentrusted(a, action, on))
		}
		if on.Lies == nil {
			return nil
		}
		s, err := r.scope(ctx, a, own, on.Register)
		if err != nil || s.Holds(*on.Lies) {
			return err
		}
	}
	return r.refusal(a, action, on)
}

// refusal says that an actor may not do something, in words that tell nothing of the thing.
func (r *Rights) refusal(a Actor, action Action, on Resource) error {
	cause := &Refused{Role: a.Role, Action: action, on: on.Register + "/" + on.ID}
	if a.Viewer != "" && writes[action] {
		return fault.New(fault.Forbidden, "以他人身份查看时只能看，不能改。请先结束查看。", "While you see the pages as another person sees them, you can only look. End that first.").Wrap(cause)
	}
	return fault.New(fault.Forbidden,
		fmt.Sprintf("“%s”没有权限进行此操作（%s）。请联系管理员。", a.ID, words[action]),
		fmt.Sprintf("“%s” may not do this (%s). Ask the administrator.", a.ID, action)).Wrap(cause)
}

// unentrusted says that an actor may not do what nobody has entrusted to him.
func (r *Rights) unentrusted(a Actor, action Action, on Resource) error {
	return fault.New(fault.Forbidden,
		fmt.Sprintf("法定代表人现在没有把这件事（%s）委托给您。请在“办事授权”中查看。", words[action]),
		fmt.Sprintf("The legal representative has not entrusted this to you now (%s). See your mandates.", action)).Wrap(&Refused{Role: a.Role, Action: action, Mandate: true, on: on.Register + "/" + on.ID})
}

// Scope returns the part of a register that the actor of a context may see.
func (r *Rights) Scope(ctx context.Context, register string) (Scope, error) {
	a := r.Acting(ctx)
	own := r.roles[a.Role]
	if a.ID == "" || own == nil || !own.may[See] || !own.about(register) {
		return Scope{}, r.refusal(a, See, Resource{Register: register})
	}
	if held, err := r.entrusts(ctx, a, own, See); err != nil || !held {
		return Scope{}, cmp.Or(err, r.unentrusted(a, See, Resource{Register: register}))
	}
	s, err := r.scope(ctx, a, own, register)
	if err != nil {
		return Scope{}, err
	}
	if s.Empty() {
		return Scope{}, r.refusal(a, See, Resource{Register: register})
	}
	return s, nil
}

// scope is the part of a register that an actor sees in a role; an empty register means what all have in common.
func (r *Rights) scope(ctx context.Context, a Actor, own *role, register string) (Scope, error) {
	s, err := r.unbounded(ctx, a, own)
	if err != nil {
		return Scope{}, err
	}
	return r.bounded(ctx, a, s, register)
}

// unbounded is scope, whatever the actor is held to.
func (r *Rights) unbounded(ctx context.Context, a Actor, own *role) (Scope, error) {
	switch own.Rows {
	case pack.RowsConsented, pack.RowsAssigned:
		if r.shares == nil {
			return Scope{}, nil
		}
		subjects, err := Kept(ctx, given{a, own.Rows}, func() ([]int64, error) { return r.shares(ctx, a, own.Rows) })
		if err != nil {
			return Scope{}, fmt.Errorf("auth: subjects given to role %s: %w", own.ID, err)
		}
		return Scope{subjects: subjects, registers: own.Registers}, nil
	default:
		return r.lying(a, own), nil
	}
}

// given is the key of the subjects that are given to an actor.
type given struct {
	actor Actor
	rows  pack.Rows
}

// lying is the part of the base that an actor sees in a role by where it lies, or because it is his own.
func (r *Rights) lying(a Actor, own *role) Scope {
	switch own.Rows {
	case pack.RowsAll:
		return Scope{whole: true}
	case pack.RowsOrg:
		if a.Org != "" && a.Org == r.city {
			return Scope{whole: true}
		}
		return Scope{orgs: r.orgs[a.Org], registers: own.Registers, by: a.ID}
	case pack.RowsOwn:
		if a.Subject != 0 {
			return Scope{subjects: []int64{a.Subject}, registers: own.Registers}
		}
	}
	return Scope{}
}

// Sees reports whether the actor of a context may see a job or a file that belongs to owner: it is his own, or he sees
// whole registers.
func (r *Rights) Sees(ctx context.Context, owner string) bool {
	s, err := r.Scope(ctx, "")
	return err == nil && (s.Whole() || r.Acting(ctx).ID == owner)
}

// Shows reports whether the actor of a context may see fields of a class. A class of which this is false may not be
// filtered, sorted, searched, grouped or counted by either.
func (r *Rights) Shows(ctx context.Context, class pack.Class) bool {
	own := r.roles[r.Acting(ctx).Role]
	return own != nil && slices.Contains(own.Fields, class)
}

// Classes are the classes of fields that the actor of a context may see, from the widest to the narrowest.
func (r *Rights) Classes(ctx context.Context) []pack.Class {
	if own := r.roles[r.Acting(ctx).Role]; own != nil {
		return own.Fields
	}
	return nil
}

// Roles are the ids of all roles that there are, sorted.
func (r *Rights) Roles() (all []Role) {
	for id := range r.roles {
		all = append(all, id)
	}
	slices.Sort(all)
	return all
}

// about reports whether a role is about a register; no register means what all have in common.
func (x *role) about(register string) bool {
	return register == "" || x.Registers == nil || slices.Contains(x.Registers, register)
}
