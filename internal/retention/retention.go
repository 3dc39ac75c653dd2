// Package retention erases what is no longer to be kept: cells of source records that are due by the pack's rules of retention, and
// data of one subject at its request. What is erased is a plan, which one person asks for and another one approves; it is worked off
// in short transactions that can be broken off and taken up again. A legal hold keeps what it names.
package retention

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/RoaringBitmap/roaring/v2"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
)

// Kind is why cells are erased.
type Kind string

// The kinds of plans.
const (
	Rules   Kind = "rules"   // they are due by rules
	Request Kind = "request" // the subject asked for it
)

// State is how a plan stands.
type State string

// The states.
const (
	Counted   State = "counted" // nobody has asked for it
	Open      State = "open"    // asked for, and waiting for approval
	Refused   State = "refused"
	Withdrawn State = "withdrawn"
	Approved  State = "approved" // and being worked off
	Done      State = "done"
)

// Plan is what is to be erased, or was.
type Plan struct {
	ID        int64
	Kind      Kind
	Subject   int64    // of a request
	Register  string   // of a request
	Fields    []string // of a request: ids of attributes
	Day       string   // on which it is due: 2026-11-30
	Reason    string
	Cells     int
	Parts     string // SHA-256 over the parts
	State     State
	Asked     time.Time // or counted
	AskedBy   string
	AskedOrg  string
	Decided   time.Time
	DecidedBy string
	Answer    string // why it was refused
	Ended     time.Time
	Erased    int // cells
	Kept      int // cells that were left: held meanwhile, or of another subject now
}

// Part is cells of a plan: of one column of an import, by one rule.
type Part struct {
	N         int
	Import    int64
	Register  string
	Column    int // from 0
	Attribute string
	Rule      string // id; of a request empty
	First     int64  // number of the first record of the import
	Members   *roaring.Bitmap
	Through   int64 // the last record that is done with
	Erased    int
	Kept      int
}

// Records are the records of a part behind one, at most limit.
func (p *Part) Records(after int64, limit int) (list []int64) {
	it := p.Members.Iterator()
	if after >= p.First {
		it.AdvanceIfNeeded(uint32(after - p.First + 1))
	}
	for len(list) < limit && it.HasNext() {
		list = append(list, p.First+int64(it.Next()))
	}
	return list
}

// Original is what became of the original file of an import.
type Original struct {
	ID     int64
	Import int64
	Plan   int64
	What   string // Rewritten, Deleted or Withheld
	Was    string // SHA-256 before
	Now    string // and after; empty: deleted
	At     time.Time
}

// What became of an original.
const (
	Rewritten = "rewritten"
	Deleted   = "deleted"
	Withheld  = "withheld" // a legal hold keeps it with values that were erased: it stays, and nobody is given it
)

// Storage keeps plans and holds in a base.
type Storage interface {
	ReadRetention(ctx context.Context, fn func(Reader) error) error
	// WriteRetention runs fn in a transaction of which the operation log proves what it wrote, or in the one that ctx carries. Writers run
	// one after another.
	WriteRetention(ctx context.Context, fn func(Writer) error) error
}

// Reader reads plans and holds.
type Reader interface {
	// Plan finds a plan; nil: there is none.
	Plan(ctx context.Context, id int64) (*Plan, error)
	// Plans are those in some states, the newest first; of a subject, or of all.
	Plans(ctx context.Context, states []State, subject int64, offset, limit int) ([]Plan, int, error)
	Parts(ctx context.Context, plan int64) ([]Part, error)
	// Hold finds a hold; nil: there is none.
	Hold(ctx context.Context, id int64) (*Hold, error)
	// Holds are those that last on a day; an empty day: all of them, the newest first, at most limit.
	Holds(ctx context.Context, day string, limit int) ([]Hold, error)
	// OriginalOf is what last became of the original of an import; nil: nothing.
	OriginalOf(ctx context.Context, importID int64) (*Original, error)
}

// Writer writes plans and holds.
type Writer interface {
	Reader
	AddPlan(ctx context.Context, p *Plan, parts []Part) error
	SetPlan(ctx context.Context, p *Plan) error
	// DropCounted deletes the plans for which nobody has asked.
	DropCounted(ctx context.Context) error
	SetPart(ctx context.Context, plan int64, p *Part) error
	AddHold(ctx context.Context, h *Hold) error
	EndHold(ctx context.Context, h *Hold) error
	AddOriginal(ctx context.Context, o *Original) error
	Log(ctx context.Context, e audit.Entry) error
}

// Registry is what is asked of the registry; *registry.Registry is one.
type Registry interface {
	EachKept(ctx context.Context, register string, fn func(*intake.KeptImport) error) error
	KeptOf(ctx context.Context, importID int64) (*intake.KeptImport, error)
	EachKeptRow(ctx context.Context, k *intake.KeptImport, fn func(*intake.KeptRow) error) error
	KeptOfSubject(ctx context.Context, subject int64) ([]intake.KeptCell, error)
	EachOf(ctx context.Context, subjects []int64, fn func(*pack.Register, *fact.Profile) error) error
	EraseColumn(ctx context.Context, b intake.Erasable, also func(context.Context, intake.Blanked) error) (intake.Blanked, error)
	HolesIn(ctx context.Context, sha256 string) (intake.Holes, []int64, error)
	Connected(ctx context.Context, subject int64) ([]int64, error)
	RegisterOf(ctx context.Context, subject int64) (string, error)
	Lie(ctx context.Context, subject int64, by string) (auth.Lie, error)
}

// Files are the stored files; *file.Store is one.
type Files interface {
	Has(ctx context.Context, sha256 string) (bool, error)
	Local(ctx context.Context, sha256 string) (path string, err error)
	Reachable(ctx context.Context) error
	Erase(ctx context.Context, sha256, actor, reason string) (bool, error)
	// Replace stores other bytes as the original of imports, and leaves the file.
	Replace(ctx context.Context, sha256 string, by io.Reader, imports []string, name string) (now string, err error)
}

// Config is what Keeper needs.
type Config struct {
	Pack     *pack.Pack
	Storage  Storage
	Registry Registry
	Files    Files // nil: originals are not kept
	// Rewrite makes a file without some cells, and checks it by reading it again. ok is false where that cannot be done exactly.
	Rewrite func(ctx context.Context, path, name string, holes intake.Holes, to io.Writer) (ok bool, err error)
	// Before is called before anything is erased, to write down what is known from values only while they stand; nil: there is nothing.
	Before func(ctx context.Context) error
	// Forget deletes files beside the base that are derived from it and may have what was erased; nil: there are none.
	Forget func() error
	Clock  func() time.Time
	Actors auth.Directory
}

// Keeper asks for erasures, approves them and works them off. It is safe for concurrent use.
type Keeper struct{ Config }

// New opens the plans and holds of a base.
func New(c Config) *Keeper { return &Keeper{c} }

// Today is the day by which things are due.
func (k *Keeper) Today() time.Time {
	zone := k.Pack.Zone
	if zone == nil {
		zone = time.UTC
	}
	y, m, d := k.Clock().In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

func (k *Keeper) today() string { return k.Today().Format(time.DateOnly) }

// Alone reports whether who acts needs no second person, because there is none: he is the one operator of a base without people.
func (k *Keeper) Alone(ctx context.Context) bool { return k.Actors.Acting(ctx).ID == auth.Local }

// whole refuses what concerns the whole city to who sees a part of it.
func (k *Keeper) whole(ctx context.Context, action auth.Action) error {
	if err := k.Actors.Decide(ctx, action, auth.Resource{}); err != nil {
		return err
	}
	s, err := k.Actors.Scope(ctx, "")
	if err != nil {
		return err
	}
	if !s.Whole() {
		return fault.New(fault.Forbidden, "按保存期规则抹除涉及全市的数据，由市局办理。", "An erasure by rules of retention concerns the data of the whole city, and the city bureau does it.")
	}
	return nil
}

// about refuses what concerns a subject to who does not see it.
func (k *Keeper) about(ctx context.Context, action auth.Action, subject int64) error {
	if err := k.Actors.Decide(ctx, action, auth.Resource{}); err != nil {
		return err
	}
	lie, err := k.Registry.Lie(ctx, subject, k.Actors.Acting(ctx).ID)
	if err != nil {
		return err
	}
	return k.Actors.Decide(ctx, action, auth.Resource{Lies: &lie})
}

// seen refuses what concerns a plan to who may do nothing about it. A plan that is not seen is answered as one that there is not.
func (k *Keeper) seen(ctx context.Context, p *Plan, action auth.Action) error {
	if err := k.Actors.Decide(ctx, action, auth.Resource{}); err != nil {
		return err
	}
	if p == nil {
		return noPlan()
	}
	var err error
	if p.Kind == Request {
		err = k.about(ctx, action, p.Subject)
	} else {
		err = k.whole(ctx, action)
	}
	if fault.Of(err) == fault.Forbidden || fault.Of(err) == fault.NotFound {
		return noPlan()
	}
	return err
}

func noPlan() error {
	return fault.New(fault.NotFound, "没有这一份抹除申请。", "There is no such plan of erasure.")
}

// either is the action by which somebody may see plans: to ask or to approve.
func (k *Keeper) either(ctx context.Context) auth.Action {
	if k.Actors.Decide(ctx, auth.AskErasure, auth.Resource{}) == nil {
		return auth.AskErasure
	}
	return auth.ApproveErasure
}

// reasonOf checks a reason that somebody gives.
func reasonOf(text string) (string, error) {
	text = strings.TrimSpace(text)
	if n := utf8.RuneCountInString(text); n < 4 || n > 200 {
		return "", fault.New(fault.Invalid, "请写明理由，4 到 200 个字。", "Give the reason, in 4 to 200 characters.")
	}
	return text, nil
}

// Plan returns a plan with its parts, to who may ask for it or approve it.
func (k *Keeper) Plan(ctx context.Context, id int64) (p *Plan, parts []Part, err error) {
	defer fault.At(&err, "retention.Plan(plan %d)", id)
	err = k.Storage.ReadRetention(ctx, func(r Reader) (err error) {
		if p, err = r.Plan(ctx, id); err != nil || p == nil {
			return err
		}
		parts, err = r.Parts(ctx, id)
		return err
	})
	if err == nil {
		err = k.seen(ctx, p, k.either(ctx))
	}
	if err != nil {
		return nil, nil, err
	}
	return p, parts, nil
}

// mostPlans bounds how many plans are looked through for who sees a part of the registers.
const mostPlans = 2000

// Plans returns plans in some states that somebody may ask for or approve, the newest first, and how many there are.
func (k *Keeper) Plans(ctx context.Context, states []State, offset, limit int) (list []Plan, total int, err error) {
	defer fault.At(&err, "retention.Plans")
	action := k.either(ctx)
	if err := k.Actors.Decide(ctx, action, auth.Resource{}); err != nil {
		return nil, 0, err
	}
	whole := k.whole(ctx, action) == nil
	at, most := offset, limit
	if !whole {
		at, most = 0, mostPlans
	}
	err = k.Storage.ReadRetention(ctx, func(r Reader) (err error) {
		list, total, err = r.Plans(ctx, states, 0, at, most)
		return err
	})
	if err != nil || whole {
		return list, total, err
	}
	var own []Plan
	for i := range list {
		switch err := k.seen(ctx, &list[i], action); {
		case err == nil:
			own = append(own, list[i])
		case fault.Of(err) != fault.NotFound:
			return nil, 0, err
		}
	}
	return own[min(offset, len(own)):min(offset+limit, len(own))], len(own), nil
}

// LastCounted is the newest count of what is due by rules, with its parts; nil: nobody has counted since the last plan.
func (k *Keeper) LastCounted(ctx context.Context) (p *Plan, parts []Part, err error) {
	defer fault.At(&err, "retention.LastCounted")
	if err := k.whole(ctx, k.either(ctx)); err != nil {
		return nil, nil, err
	}
	err = k.Storage.ReadRetention(ctx, func(r Reader) error {
		list, _, err := r.Plans(ctx, []State{Counted}, 0, 0, 1)
		if err != nil || len(list) == 0 {
			return err
		}
		p = &list[0]
		parts, err = r.Parts(ctx, p.ID)
		return err
	})
	return p, parts, err
}

// OriginalOf is what last became of the original of an import; nil: nothing. Whoever sees the import may ask.
func (k *Keeper) OriginalOf(ctx context.Context, importID int64) (o *Original, err error) {
	defer fault.At(&err, "retention.OriginalOf(import %d)", importID)
	err = k.Storage.ReadRetention(ctx, func(r Reader) (err error) {
		o, err = r.OriginalOf(ctx, importID)
		return err
	})
	return o, err
}

// Tally is how many cells of a plan are of one register and rule.
type Tally struct {
	Register, Rule string
	Imports        int
	Cells          int
}

// Tallies counts the cells of parts by register and rule, in the order of the pack.
func (k *Keeper) Tallies(parts []Part) (list []Tally) {
	imports := map[[2]string]map[int64]bool{}
	for i := range parts {
		p := &parts[i]
		at := slices.IndexFunc(list, func(t Tally) bool { return t.Register == p.Register && t.Rule == p.Rule })
		if at < 0 {
			at = len(list)
			list = append(list, Tally{Register: p.Register, Rule: p.Rule})
			imports[[2]string{p.Register, p.Rule}] = map[int64]bool{}
		}
		list[at].Cells += int(p.Members.GetCardinality())
		imports[[2]string{p.Register, p.Rule}][p.Import] = true
	}
	for i := range list {
		list[i].Imports = len(imports[[2]string{list[i].Register, list[i].Rule}])
	}
	rank := func(t Tally) int {
		r := slices.IndexFunc(k.Pack.Retention, func(x *pack.Retention) bool { return x.ID == t.Rule })
		g := slices.IndexFunc(k.Pack.Registers, func(x *pack.Register) bool { return x.ID == t.Register })
		return r*len(k.Pack.Registers) + g
	}
	slices.SortStableFunc(list, func(a, b Tally) int { return rank(a) - rank(b) })
	return list
}

func (k *Keeper) entry(ctx context.Context, action, about string, detail map[string]any) (audit.Entry, error) {
	return audit.Entry{At: k.Clock(), Actor: k.Actors.Acting(ctx).ID, Action: action, Subject: about}.WithDetail(detail)
}

// planName is a plan as the log names it; of a request it is the subject that it is about.
func planName(p *Plan) string {
	if p.Kind == Request {
		return fmt.Sprintf("subject/%d", p.Subject)
	}
	return fmt.Sprintf("erasure/%d", p.ID)
}

// EachCell passes the cells of parts, by import, column and record.
func (k *Keeper) EachCell(parts []Part, fn func(p *Part, record int64) error) error {
	for i := range parts {
		for it := parts[i].Members.Iterator(); it.HasNext(); {
			if err := fn(&parts[i], parts[i].First+int64(it.Next())); err != nil {
				return err
			}
		}
	}
	return nil
}
