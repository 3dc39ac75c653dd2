// Package auth decides who may do what. Every room asks Decide before it writes; nothing else knows rights.
//
// A base without accounts has one actor, the local operator, who may do everything. Roles come with accounts;
// the matrix is already the only place that they will be written in.
//
// Who acts is in the context, from the request or the command on to whatever is written and read for it; see As. What he
// may see of a register is his scope; lists, counts, exports and jobs ask for it.
package auth

import (
	"context"
	"fmt"

	"eyas/internal/fault"
)

// Role is what an actor is trusted with.
type Role string

// The roles. An actor without a role may do nothing.
const (
	Operator Role = "operator" // may see and change everything
	Reader   Role = "reader"   // may see everything
	Program  Role = "program"  // the program itself: sees everything, for what it keeps in memory for all
)

// Actor is who acts.
type Actor struct {
	ID   string
	Role Role
}

// Action is what is to be done.
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

// Resource is what it is to be done to.
type Resource struct {
	Register string // register id; empty when the action is not about one register
	ID       string // e.g. an import's number; empty for the register as a whole
}

// matrix says which role may do which action; what is not in it is forbidden.
var matrix = map[Role]map[Action]bool{
	Operator: {See: true, Import: true, Undo: true, Remember: true, Place: true, Settle: true, Link: true, Enter: true, Derive: true, Stop: true},
	Reader:   {See: true},
	Program:  {See: true},
}

// Decide gives nil when the actor may, else a fault with code fault.Forbidden.
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
	// Self is the program, where it acts for nobody.
	Self = "eyas"
)

// Directory knows the role of each actor.
type Directory map[string]Role

// Accountless is the directory of a base without accounts.
func Accountless() Directory { return Directory{Local: Operator} }

// Actor gives the actor of an id; one without a role when it is not known.
func (d Directory) Actor(id string) Actor {
	if id == Self {
		return Actor{ID: Self, Role: Program}
	}
	return Actor{ID: id, Role: d[id]}
}

// Acting gives who acts in a context. In a base without accounts that is its one operator, unless somebody else is named.
func (d Directory) Acting(ctx context.Context) Actor {
	id, named := ctx.Value(actorKey{}).(string)
	if !named && len(d) == 1 && d[Local] == Operator {
		id = Local
	}
	return d.Actor(id)
}

// Scope gives what of a register who acts in a context may see; empty for all registers. Whoever reads for somebody asks
// for it, and reads no more than that.
func (d Directory) Scope(ctx context.Context, register string) (Scope, error) {
	if err := Decide(d.Acting(ctx), See, Resource{Register: register}); err != nil {
		return Scope{}, err
	}
	return Scope{whole: true}, nil
}

// Sees reports whether who acts in a context may see what was made for somebody, a job or a file: his own, or all when
// he sees whole registers.
func (d Directory) Sees(ctx context.Context, owner string) bool {
	scope, err := d.Scope(ctx, "")
	return err == nil && (scope.Whole() || d.Acting(ctx).ID == owner)
}

// Scope is which subjects somebody may see. Roles that see a part of a register come with accounts: today it is all of
// them, or none.
type Scope struct{ whole bool }

// Whole reports whether that is all of them.
func (s Scope) Whole() bool { return s.whole }

type actorKey struct{}

// As gives a context in which somebody acts.
func As(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, actorKey{}, id)
}

// Of gives the id of who acts in a context; empty when nobody was named.
func Of(ctx context.Context) string {
	id, _ := ctx.Value(actorKey{}).(string)
	return id
}
