package desk

import (
	"context"
	"slices"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/matter"
)

// Box is one of the lists of cases that a person has.
type Box string

// The boxes.
const (
	BoxWaiting Box = "waiting" // something waits for him (待办)
	BoxDone    Box = "done"    // he did something in it (已办)
	BoxBegun   Box = "begun"   // he began it
	BoxCopied  Box = "copied"  // he was sent a copy
	BoxAll     Box = "all"     // all that he sees
)

// Boxes are all of them, in their order.
var Boxes = []Box{BoxWaiting, BoxDone, BoxBegun, BoxCopied, BoxAll}

// How a case stands with its last day.
const (
	DueLate  = "late"  // the day is over
	DueSoon  = "soon"  // it is one of the next days; see Picked.Soon
	DueLater = "later" // it is behind those
	DueNone  = "none"  // the case is open and has no last day, or its clock stands
	DueEnded = "ended" // the case has ended
)

// Place is a stage of a matter, or an end.
type Place struct{ Matter, ID string }

// Picked says which cases of a box are listed, and in which order. What is empty is not asked for.
type Picked struct {
	Box      Box
	Matters  []string
	Stages   []Place
	Ends     []Place
	Orgs     []string // districts, zones and parks
	Due      []string // DueLate …
	Subjects []int64  // nil: of all subjects
	Chosen   []int64  // cases by number; nil: all
	By       string   // due, opened, matter or ""; "" is by the last day in BoxWaiting, otherwise the newest first
	Desc     bool
	Today    matter.Day
	Soon     matter.Day // the last day that is soon
	// Who asks, and, in BoxAll, what he sees beside what he has to do with.
	Person matter.Person
	Seen   []Seeing
}

// Seeing is what of a register somebody sees: all, or what lies in organisations, and subjects.
type Seeing struct {
	Register string
	All      bool
	Orgs     []string
	Subjects []int64
}

// Boxed is a case in a box.
type Boxed struct {
	Listed
	Register, District, Park string
}

// soonDays is how many days before the last one a case is due soon, when its matter says nothing else.
const soonDays = 3

// Page lists cases of a box from offset on, at most limit of them, and says how many there are. It fills in who asks, the days and what he
// may see.
func (d *Desk) Page(ctx context.Context, p Picked, offset, limit int) (list []Boxed, total int, err error) {
	defer fault.At(&err, "desk.Page(box %s)", p.Box)
	if err := d.picked(ctx, &p); err != nil {
		return nil, 0, err
	}
	err = d.Storage.ReadCases(ctx, func(r Reader) error {
		if list, err = r.Boxed(ctx, p, offset, limit); err != nil {
			return err
		}
		total, err = r.CountBoxed(ctx, p)
		return err
	})
	return list, total, err
}

// CountBox counts the cases of a box.
func (d *Desk) CountBox(ctx context.Context, p Picked) (n int, err error) {
	defer fault.At(&err, "desk.CountBox(box %s)", p.Box)
	if err := d.picked(ctx, &p); err != nil {
		return 0, err
	}
	err = d.Storage.ReadCases(ctx, func(r Reader) error {
		n, err = r.CountBoxed(ctx, p)
		return err
	})
	return n, err
}

// picked fills in who asks. Those who neither act in cases nor see any subject are refused.
func (d *Desk) picked(ctx context.Context, p *Picked) error {
	a := d.Actors.Acting(ctx)
	p.Person = matter.Person{ID: a.ID, Role: string(a.Role), Org: a.Org, Subject: a.Subject, All: a.Role == auth.Operator}
	today := d.now()
	p.Today, p.Soon = matter.World{Now: today}.Today(), matter.World{Now: today.AddDate(0, 0, soonDays)}.Today()
	if err := d.Opens(ctx); err != nil {
		return err
	}
	if p.Box != BoxAll {
		return nil // by what he has to do with them
	}
	for _, m := range d.Pack.Matters {
		if slices.ContainsFunc(p.Seen, func(s Seeing) bool { return s.Register == m.Register }) {
			continue
		}
		scope, err := d.scope(ctx, m.Register)
		if fault.Of(err) == fault.Forbidden { // an expert to whom nothing is assigned sees what he is asked about
			continue
		}
		if err != nil {
			return err
		}
		p.Seen = append(p.Seen, Seeing{m.Register, scope.Whole(), scope.Orgs(), scope.Subjects()})
	}
	return nil
}

// Opens refuses who has nothing to do with cases: who may not file or handle any, and sees no subject.
func (d *Desk) Opens(ctx context.Context) (err error) {
	defer fault.At(&err, "desk.Opens(%s)", d.Actors.Acting(ctx).ID)
	for _, do := range []auth.Action{auth.Handle, auth.File} {
		if d.Actors.Decide(ctx, do, auth.Resource{}) == nil {
			return nil
		}
	}
	if err := d.Actors.Decide(ctx, auth.See, auth.Resource{}); err != nil {
		return err
	}
	scope, err := d.Actors.Scope(ctx, "")
	if err != nil {
		return err
	}
	if scope.Empty() {
		return fault.New(fault.Forbidden, "您的角色没有办件可看。", "Your role has no cases to see.")
	}
	return nil
}

// Of lists the cases of a subject, and of those that were merged into it, that the actor sees, the newest first.
func (d *Desk) Of(ctx context.Context, subject int64, limit int) (list []Boxed, total int, err error) {
	defer fault.At(&err, "desk.Of(subject %d)", subject)
	all, err := d.counting(ctx, subject)
	if err != nil {
		return nil, 0, err
	}
	return d.Page(ctx, Picked{Box: BoxAll, Subjects: all}, 0, limit)
}

// counting are a subject and those that were merged into it: their cases are its own.
func (d *Desk) counting(ctx context.Context, subject int64) ([]int64, error) {
	all := []int64{subject}
	if d.Connected == nil {
		return all, nil
	}
	ctx = auth.As(ctx, auth.Self)
	list, err := d.Connected(ctx, subject)
	if err != nil {
		return nil, err
	}
	for _, id := range list {
		if id == subject {
			continue
		}
		of, err := d.root(ctx, id)
		if err != nil {
			return nil, err
		}
		if of == subject {
			all = append(all, id)
		}
	}
	return all, nil
}

// Startable is a matter that a subject could begin a case of.
type Startable struct {
	ID       string
	Verdict  *Verdict // what its rule says of the subject today; nil: it has none
	Begins   bool     // the actor may begin it
	Running  int64    // a case of it that has not ended; 0: none
	Register string
}

// Startables are the matters for subjects of a register, with what each says of one today. Only who sees the subject is told.
func (d *Desk) Startables(ctx context.Context, register string, subject int64) (list []Startable, err error) {
	defer fault.At(&err, "desk.Startables(subject %d)", subject)
	lies, err := d.Lie(ctx, subject, d.Actors.Acting(ctx).ID)
	if err != nil {
		return nil, err
	}
	p, err := d.person(ctx)
	looking := fault.Of(err) == fault.Forbidden
	if err != nil && !looking {
		return nil, err
	}
	all, err := d.counting(ctx, subject)
	if err != nil {
		return nil, err
	}
	files := !looking && d.Actors.Decide(ctx, auth.File, auth.Resource{Lies: &lies}) == nil
	for _, m := range d.Pack.Matters {
		if m.Register != register {
			continue
		}
		x := Startable{ID: m.ID, Register: register, Begins: files && (p.All || matter.MayBegin(m, subject, d.orgs(lies), p))}
		if x.Verdict, _, err = d.verdict(auth.As(ctx, auth.Self), m, subject); err != nil {
			return nil, err
		}
		open, _, err := d.Page(ctx, Picked{Box: BoxAll, Matters: []string{m.ID}, Subjects: all, Due: []string{DueLate, DueSoon, DueLater, DueNone}}, 0, 1)
		if err != nil {
			return nil, err
		}
		if len(open) > 0 {
			x.Running = open[0].ID
		}
		list = append(list, x)
	}
	return list, nil
}

// Checked says of a form what keeps it from being filed, and which fields and attachments are asked for.
type Checked struct {
	Problems []matter.Problem
	Asked    map[string]bool // fields and attachments with a condition: whether it holds
}

// Check checks a form of a case as it would be with what changes says; changes may be nil. Only who sees the case is told.
func (d *Desk) Check(ctx context.Context, id int64, changes *matter.Form, promised []string) (out *Checked, err error) {
	defer fault.At(&err, "desk.Check(case %d)", id)
	seen, err := d.Show(ctx, id)
	if err != nil {
		return nil, err
	}
	profile, err := d.known(ctx, seen.Matter, seen.Case.Subject)
	if err != nil {
		return nil, err
	}
	for _, p := range seen.Case.Promises {
		if p.Kept == "" {
			promised = append(promised[:len(promised):len(promised)], p.Attachment)
		}
	}
	out = &Checked{}
	err = d.Storage.ReadCases(ctx, func(r Reader) error {
		w := d.world(ctx, r, seen.Matter, seen.Case.Opened, profile)
		f := matter.With(seen.Case.Form, changes)
		if out.Problems, err = matter.Problems(seen.Matter, f, promised, w); err != nil {
			return err
		}
		out.Asked, err = matter.AsksFor(seen.Matter, f, w)
		return err
	})
	return out, err
}

// Candidate is somebody to whom a case can be given.
type Candidate struct {
	Person, Role, Org string
}

// Candidates are the persons to whom an act can name: for a transfer and a delegation who holds the role of the seat, otherwise who handles
// cases in an organisation of the case. Who sees the case is told.
func (d *Desk) Candidates(ctx context.Context, seen *Seen, do string, visit int) (list []Candidate, err error) {
	defer fault.At(&err, "desk.Candidates(case %d, %s)", seen.Case.ID, do)
	me := d.Actors.Acting(ctx).ID
	add := func(r Reader, role, org string, subject int64) error {
		ids, err := r.Holders(ctx, role, org, subject, matter.World{Now: d.now()}.Today())
		for _, id := range ids {
			if id != me && !slices.ContainsFunc(list, func(c Candidate) bool { return c.Person == id }) {
				list = append(list, Candidate{id, role, org})
			}
		}
		return err
	}
	err = d.Storage.ReadCases(ctx, func(r Reader) error {
		v := seen.Case.Visit(visit)
		if v != nil && do == matter.ActRemove {
			for _, s := range v.Seats {
				if s.Kind == matter.SeatAdded && s.State == matter.SeatOpen {
					list = append(list, Candidate{Person: s.Person})
				}
			}
			return nil
		}
		if v != nil && (do == matter.ActTransfer || do == matter.ActDelegate) {
			for _, s := range v.Seats {
				if s.Role != "" && (s.State == matter.SeatOpen || s.State == matter.SeatWaiting) {
					if err := add(r, s.Role, s.Org, s.Subject); err != nil {
						return err
					}
				}
			}
			return nil
		}
		for _, role := range d.Pack.Roles {
			if !slices.Contains(role.May, string(auth.Handle)) {
				continue
			}
			for _, org := range d.orgsOf(seen.Case) {
				if err := add(r, role.ID, org, 0); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return list, err
}

// orgsOf are the organisations of a case, from the nearest to the city.
func (d *Desk) orgsOf(c *matter.Case) (list []string) {
	for _, o := range d.Pack.Orgs {
		for _, id := range c.Orgs {
			if id == o.ID {
				list = append(list, id)
			}
		}
	}
	return list
}

// FileIn says whether a case names a file, by its hash, in any version of its form; the name is that of the newest one.
func FileIn(s *Seen, hash string) (f matter.File, attachment string, found bool) {
	look := func(form *matter.Form) {
		if form == nil {
			return
		}
		for id, files := range form.Files {
			for _, x := range files {
				if x.Hash == hash && !found {
					f, attachment, found = x, id, true
				}
			}
		}
	}
	look(&s.Case.Form)
	for i := len(s.Events) - 1; i >= 0; i-- {
		look(s.Events[i].Change.Form)
	}
	return f, attachment, found && hash != ""
}
