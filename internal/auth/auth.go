// Package auth decides who may do what. Every room asks Decide before it writes; nothing else knows rights.
//
// A base without accounts has one actor, the local operator, who may do everything. Roles come with accounts;
// the matrix is already the only place that they will be written in.
package auth

import (
	"fmt"

	"eyas/internal/fault"
)

// Role is what an actor is trusted with.
type Role string

// The roles. An actor without a role may do nothing.
const (
	Operator Role = "operator" // may see and change everything
	Reader   Role = "reader"   // may see everything
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
)

// Resource is what it is to be done to.
type Resource struct {
	Register string // register id; empty when the action is not about one register
	ID       string // e.g. an import's number; empty for the register as a whole
}

// matrix says which role may do which action; what is not in it is forbidden.
var matrix = map[Role]map[Action]bool{
	Operator: {See: true, Import: true, Undo: true, Remember: true, Place: true, Settle: true, Link: true, Enter: true, Derive: true},
	Reader:   {See: true},
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

var words = map[Action]string{See: "查看", Import: "导入", Undo: "撤销导入", Remember: "记住列的含义", Place: "指明地址所在的区", Settle: "处理可疑数据", Link: "关联与合并", Enter: "录入或更正", Derive: "重新推导"}

// Local is the operator of a base without accounts.
const Local = "local"

// Directory knows the role of each actor.
type Directory map[string]Role

// Accountless is the directory of a base without accounts.
func Accountless() Directory { return Directory{Local: Operator} }

// Actor gives the actor of an id; one without a role when it is not known.
func (d Directory) Actor(id string) Actor { return Actor{ID: id, Role: d[id]} }
