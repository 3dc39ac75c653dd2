// Package auth decides who may do what, and who sees which subjects and fields. Every room asks it before it reads or
// writes; rights are defined nowhere else. It knows roles from the pack and two of its own, and it keeps no accounts:
// package people does.
//
// The actor is in the context, from the request or the command to every read and write (see In). His scope is the part of
// a register that he may see; lists, counts, exports and jobs ask for it.
package auth

import (
	"context"
	"encoding/json"

	"eyas/internal/pack"
)

// Role is the id of a set of rights: of a role of the pack, or one of those below.
type Role string

// The roles that no pack defines. An actor without a role may do nothing.
const (
	Operator Role = "operator" // may see and change everything: the one person of a base without accounts
	Reader   Role = "reader"   // may see everything
	Program  Role = "program"  // the program itself: sees everything, for what it keeps in memory for all
)

const (
	// Local is the operator of a base without accounts.
	Local = "local"
	// Self is the program itself, when it acts for no person.
	Self = "eyas"
)

// Actor is a person or program that acts, in one of his roles.
type Actor struct {
	ID      string `json:"id"`                // of the person; Local or Self
	Role    Role   `json:"role,omitempty"`    // in which he acts; empty: none, and he may do nothing
	Org     string `json:"org,omitempty"`     // id of the organisation for which he acts; empty: none
	Subject int64  `json:"subject,omitempty"` // subject for which he acts, such as an enterprise; 0: none
	Grant   int64  `json:"grant,omitempty"`   // number of the grant by which he has the role; 0: none
	Viewer  string `json:"viewer,omitempty"`  // person who looks as this one sees it, and may write nothing; empty: none
	From    string `json:"from,omitempty"`    // network address from which he acts; empty: not known
	Bounds  string `json:"bounds,omitempty"`  // to which he is held within his role, as Bounds.Text writes them; empty: none
	// Session names the session in which he acts, as people.Session.ID does; empty: in none. It is not kept with work that goes
	// on after the request.
	Session string `json:"-"`
}

// Text is the actor in one line, for rows that keep for whom work is done.
func (a Actor) Text() string {
	if (a == Actor{ID: a.ID}) {
		return a.ID
	}
	text, err := json.Marshal(a)
	if err != nil {
		panic(err) // strings and numbers have a text
	}
	return string(text)
}

// ParseActor reads what Text wrote. A text that is no actor's is the id of a person without a role.
func ParseActor(text string) (a Actor) {
	if len(text) == 0 || text[0] != '{' || json.Unmarshal([]byte(text), &a) != nil {
		return Actor{ID: text}
	}
	return a
}

// Action is something that an actor may do.
type Action string

// The actions on registers.
const (
	See      Action = "see"
	Export   Action = "export"   // take a list or a page along as a file
	Import   Action = "import"   // take a file into a register
	Undo     Action = "undo"     // take an import back
	Remember Action = "remember" // keep a header's meaning for the files to come
	Place    Action = "place"    // say which district words of addresses mean, or take that back
	Settle   Action = "settle"   // say what becomes of a doubted value: who mends it, what was asked, that it is right
	Link     Action = "link"     // say which records and subjects are the same: merge, move, answer, and take it back
	Enter    Action = "enter"    // enter or mend values by hand
	Derive   Action = "derive"   // derive every profile again
	Stop     Action = "stop"     // stop work in the background that is done for somebody else
	Unmask   Action = "unmask"   // see personal data unmasked, for a stated purpose
	Contacts Action = "contacts" // take the unmasked personal data of a list along as a file, for a stated purpose
	Erase    Action = "erase"    // delete a value of a source record for good
	// The erasure of what is due by a rule of retention, or of data of one subject at its request, needs two persons.
	AskErasure     Action = "ask_erasure"     // ask for an erasure, withdraw it, and hold subjects, imports and registers
	ApproveErasure Action = "approve_erasure" // approve what another person asks to be erased, or refuse it
	Study          Action = "study"           // try rules with other numbers in the lab
	Consent        Action = "consent"         // let an institution see the subject, and take that back
	Assign         Action = "assign"          // let a person see a subject, and take that back
	Trace          Action = "trace"           // see to whom the data of a subject were disclosed

	File   Action = "file"   // begin cases for the subject, and act in them for it: its own people do
	Handle Action = "handle" // act in cases for an organisation

	Entrust   Action = "entrust"   // entrust others with matters of the subject, and end that: its representative does
	Represent Action = "represent" // say who is the representative of a subject, and end that
)

// The actions on people and on the log.
const (
	Account Action = "account" // make, lock and recover accounts
	Grant   Action = "grant"   // give roles, and take them
	Propose Action = "propose" // ask that somebody be given an account or a role; approve those of enterprises
	LookAs  Action = "look_as" // see the pages as another person sees them
	Hook    Action = "hook"    // of a token only: make, change and end webhooks of its own person, within its bounds
	Log     Action = "log"     // read the operation log
)

// words name the actions in Chinese. An action without words is none.
var words = map[Action]string{See: "查看", Export: "导出", Import: "导入", Undo: "撤销导入", Remember: "记住列的含义", Place: "指明地址所在的区", Settle: "处理可疑数据", Link: "关联与合并", Enter: "录入或更正",
	Derive: "重新推导", Stop: "停止他人的后台工作", Unmask: "查看个人信息原文", Contacts: "导出个人信息原文", Trace: "查看谁看过数据", Consent: "同意向机构提供数据", Assign: "分派给专家或特派员", Erase: "抹除数据", AskErasure: "提请抹除数据", ApproveErasure: "核准抹除数据", Study: "试算", Account: "管理账号", Grant: "授予角色", Propose: "提请或核准授权", LookAs: "以他人身份查看", Log: "查看操作日志",
	File: "申报事项", Handle: "办理事项", Hook: "管理变更推送", Entrust: "委托他人办事", Represent: "确认法定代表人"}

// writes are the actions that change something. Nobody does them who only looks as another person sees it.
var writes = map[Action]bool{Import: true, Undo: true, Remember: true, Place: true, Settle: true, Link: true, Enter: true, Derive: true, Stop: true, Account: true, Grant: true, Propose: true, Unmask: true, Contacts: true, Consent: true, Assign: true, Erase: true, AskErasure: true, ApproveErasure: true, LookAs: true, Entrust: true, Represent: true, File: true, Handle: true, Hook: true}

// Resource is the thing that an action is done to.
type Resource struct {
	Register string // register id; empty when the action is not about one register
	ID       string // e.g. an import's number; empty for the register as a whole
	// Lies says where the thing is; nil when the action is not about a thing in one place, or that is checked apart.
	Lies *Lie
}

// Lie is where a thing lies, and whose it is. A scope says whether it is seen.
type Lie struct {
	Register string   // whose subject it is; empty: not known
	Orgs     []string // districts, zones and parks in which it lies; none: not known
	Subjects []int64  // itself, and the subjects that it belongs to
	By       string   // person who brought it; empty: not known
}

// Directory decides for actors. *Rights is one.
type Directory interface {
	// Acting is the actor of a context, with his role.
	Acting(ctx context.Context) Actor
	// Decide returns nil when the actor of a context may do an action, otherwise a fault with code fault.Forbidden.
	Decide(ctx context.Context, action Action, on Resource) error
	// Scope returns the part of a register that the actor of a context may see; an empty register means what all registers
	// have in common. It is a fault with code fault.Forbidden when he sees no part of it. Every read for an actor must ask
	// for it and read no more.
	Scope(ctx context.Context, register string) (Scope, error)
	// Sees reports whether the actor of a context may see a job or a file that belongs to owner.
	Sees(ctx context.Context, owner string) bool
	// Classes are the classes of fields that the actor of a context may see, from the widest to the narrowest. What is of
	// another class is for him not there.
	Classes(ctx context.Context) []pack.Class
}

type actorKey struct{}

// As returns a context in which a person acts whose role the directory knows: Local, Self, or those of a test.
func As(ctx context.Context, id string) context.Context { return In(ctx, Actor{ID: id}) }

// In returns a context in which an actor acts.
func In(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// Of returns the id of the actor of a context; empty when it names none.
func Of(ctx context.Context) string { return Named(ctx).ID }

// Named returns the actor that a context names, as it names him; the zero value when it names none.
func Named(ctx context.Context) Actor {
	a, _ := ctx.Value(actorKey{}).(Actor)
	return a
}
