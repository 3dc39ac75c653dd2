// Package auth decides who may do what. Every room calls Decide before it writes; rights are defined nowhere else.
//
// A base without accounts has one actor, the local operator, who may do everything. Roles will come with accounts, and
// the matrix below is the one place for them.
//
// The actor is in the context, from the request or the command to every read and write (see As). His scope is the part of
// a register that he may see; lists, counts, exports and jobs ask for it.
package auth

import (
	"context"
	"fmt"

	"eyas/internal/fault"
)

// Role is a set of rights.
type Role string

// The roles. An actor without a role may do nothing.
const (
	Operator Role = "operator" // may see and change everything
	Reader   Role = "reader"   // may see everything
	Program  Role = "program"  // the program itself: sees everything, for what it keeps in memory for all
)

// Actor is a person or program that acts.
type Actor struct {
	ID   string
	Role Role
}

// Action is something that an actor may do.
type Action string

// The actions.
const (
	See      Action = "see"
	Import   Action = "import"   // take a file into a register
	Undo     Action = "undo"     // take an import back
	Remember Action = "remember" // keep a header's meaning for the files to come
	Place    Action = "place"    // say which district words of addresses mean, or take that back
	Settle   Action = "settle"   // say what becomes of a doubted value: who mends it, what was asked, that it is right
	Link     Action = "link"     // say which records and subjects are the same: merge, move, answer, and take it back
	Enter    Action = "enter"    // enter or mend values by hand
	Derive   Action = "derive"   // derive every profile again
	Stop     Action = "stop"     // stop work in the background that is done for somebody else
)

// Resource is the thing that an action is done to.
type Resource struct {
	Register string // register id; empty when the action is not about one register
	ID       string // e.g. an import's number; empty for the register as a whole
}

// matrix says which role may do which action. Everything else is forbidden.
var matrix = map[Role]map[Action]bool{
	Operator: {See: true, Import: true, Undo: true, Remember: true, Place: true, Settle: true, Link: true, Enter: true, Derive: true, Stop: true},
	Reader:   {See: true},
	Program:  {See: true},
}

// Decide returns nil when the actor may do the action, otherwise a fault with code fault.Forbidden.
func Decide(a Actor, action Action, on Resource) error {
	if a.ID != "" && matrix[a.Role][action] {
		return nil
	}
	return fault.New(fault.Forbidden,
		fmt.Sprintf("“%s”没有权限进行此操作（%s）。请联系管理员。", a.ID, words[action]),
		fmt.Sprintf("“%s” may not do this (%s). Ask the administrator.", a.ID, action)).
		Wrap(fmt.Errorf("auth: role %q may not %s %s/%s", a.Role, action, on.Register, on.ID))
}

var words = map[Action]string{See: "查看", Import: "导入", Undo: "撤销导入", Remember: "记住列的含义", Place: "指明地址所在的区", Settle: "处理可疑数据", Link: "关联与合并", Enter: "录入或更正", Derive: "重新推导", Stop: "停止他人的后台工作"}

const (
	// Local is the operator of a base without accounts.
	Local = "local"
	// Self is the program itself, when it acts for no person.
	Self = "eyas"
)

// Directory knows the role of each actor.
type Directory map[string]Role

// Accountless is the directory of a base without accounts.
func Accountless() Directory { return Directory{Local: Operator} }

// Actor returns the actor with an id. An unknown actor has no role.
func (d Directory) Actor(id string) Actor {
	if id == Self {
		return Actor{ID: Self, Role: Program}
	}
	return Actor{ID: id, Role: d[id]}
}

// Acting returns the actor of a context. In a base without accounts it is the operator, unless the context names another
// one.
func (d Directory) Acting(ctx context.Context) Actor {
	id, named := ctx.Value(actorKey{}).(string)
	if !named && len(d) == 1 && d[Local] == Operator {
		id = Local
	}
	return d.Actor(id)
}

// Scope returns the part of a register that the actor of a context may see; an empty register means all registers. Every
// read for an actor must ask for it and read no more.
func (d Directory) Scope(ctx context.Context, register string) (Scope, error) {
	if err := Decide(d.Acting(ctx), See, Resource{Register: register}); err != nil {
		return Scope{}, err
	}
	return Scope{whole: true}, nil
}

// Sees reports whether the actor of a context may see a job or a file that belongs to owner: it is his own, or he sees
// whole registers.
func (d Directory) Sees(ctx context.Context, owner string) bool {
	scope, err := d.Scope(ctx, "")
	return err == nil && (scope.Whole() || d.Acting(ctx).ID == owner)
}

// Scope is the set of subjects that an actor may see. Today it is all or none; roles that see a part of a register will
// come with accounts.
type Scope struct{ whole bool }

// Whole reports whether the scope is all subjects.
func (s Scope) Whole() bool { return s.whole }

type actorKey struct{}

// As returns a context in which an actor acts.
func As(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, actorKey{}, id)
}

// Of returns the id of the actor of a context; empty when it names none.
func Of(ctx context.Context) string {
	id, _ := ctx.Value(actorKey{}).(string)
	return id
}
