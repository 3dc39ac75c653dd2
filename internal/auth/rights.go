package auth

import (
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
	if a.ID != "" && own != nil && own.may[action] && (a.Viewer == "" || !writes[action]) && own.about(on.Register) {
		if on.Lies == nil {
			return nil
		}
		s, err := r.scope(ctx, a, own)
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

// Scope returns the part of a register that the actor of a context may see.
func (r *Rights) Scope(ctx context.Context, register string) (Scope, error) {
	a := r.Acting(ctx)
	own := r.roles[a.Role]
	if a.ID == "" || own == nil || !own.may[See] || !own.about(register) {
		return Scope{}, r.refusal(a, See, Resource{Register: register})
	}
	s, err := r.scope(ctx, a, own)
	if err != nil {
		return Scope{}, err
	}
	if s.Empty() {
		return Scope{}, r.refusal(a, See, Resource{Register: register})
	}
	return s, nil
}

// scope is the part of the base that an actor sees in a role.
func (r *Rights) scope(ctx context.Context, a Actor, own *role) (Scope, error) {
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
