package identity

import (
	"context"
	"fmt"
	"strings"
	"time"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
)

// Brought is what an organisation brought about a subject that it does not see.
type Brought struct {
	Subject  fact.Ref // the held one: with the code and the name that were brought
	Register string
	Org      string   // that brought it
	Owner    fact.Ref // the subject that it is about; zero: it is about none that the base has, or it is not known about which
	Several  bool     // several subjects have the name that was brought
	State    fact.HeldState
	Reason   string
	Decided  time.Time // zero: its owner is still asked
	By       string    // who answered
}

// HeldReader reads held subjects.
type HeldReader interface {
	// HeldSubjects returns subjects of a register, ascending, that were ever held, with numbers above after.
	HeldSubjects(ctx context.Context, register string, after int64, limit int) ([]int64, error)
	// HeldAnswer returns what was answered about a held subject; nil: nothing yet.
	HeldAnswer(ctx context.Context, subject int64) (*fact.HeldAnswer, error)
	// HeldAnswers returns answers, the newest first; of a person those about what he had brought for an organisation, for an empty id
	// all.
	HeldAnswers(ctx context.Context, actor, org string, limit int) ([]fact.HeldAnswer, error)
}

// heldPage is how many held subjects are read together.
const heldPage = 500

// NoHeld returns the fault for a held subject that there is not.
func NoHeld(id int64) error {
	return fault.New(fault.NotFound, fmt.Sprintf("没有编号为 %d 的来件。", id), fmt.Sprintf("There is nothing brought with the number %d.", id))
}

// EachHeld passes what is held of a register and not answered, by number.
func (g *Identities) EachHeld(ctx context.Context, register string, fn func(Brought) error) (err error) {
	defer fault.At(&err, "identity.EachHeld(register %s)", register)
	return g.rooms.Identities().Read(ctx, func(r Reader) error {
		return eachOpen(ctx, r, register, func(p *fact.ProfileRow) error {
			b, err := brought(ctx, r, p)
			if err != nil {
				return err
			}
			return fn(*b)
		})
	})
}

// HeldOf returns the numbers of what is held of a register and not answered, ascending.
func (g *Identities) HeldOf(ctx context.Context, register string) (ids []int64, err error) {
	defer fault.At(&err, "identity.HeldOf(register %s)", register)
	err = g.rooms.Identities().Read(ctx, func(r Reader) error {
		return eachOpen(ctx, r, register, func(p *fact.ProfileRow) error {
			ids = append(ids, p.Subject)
			return nil
		})
	})
	return ids, err
}

func eachOpen(ctx context.Context, r Reader, register string, fn func(*fact.ProfileRow) error) error {
	for after := int64(0); ; {
		ids, err := r.HeldSubjects(ctx, register, after, heldPage)
		if err != nil || len(ids) == 0 {
			return err
		}
		after = ids[len(ids)-1]
		rows, err := r.Profiles(ctx, ids)
		if err != nil {
			return err
		}
		for i := range rows {
			if p := &rows[i]; p.Held.Open() && !p.Gone {
				if err := fn(p); err != nil {
					return err
				}
			}
		}
	}
}

// heldFinder finds what a held subject is about.
type heldFinder interface {
	fact.SubjectReader
	fact.ProfileReader
	fact.MergeFinder
}

// brought describes a held subject, with the subject that its rows are about: that of its code, otherwise the only one that
// has its name.
func brought(ctx context.Context, r heldFinder, p *fact.ProfileRow) (*Brought, error) {
	b := &Brought{Subject: fact.Ref{Subject: p.Subject, Code: p.Code, Name: p.Name}, Register: p.Register, Org: p.Held.Org(), State: fact.HeldAgain}
	var found []fact.SubjectRow
	var err error
	if p.Code != "" {
		if found, err = r.SubjectsByCode(ctx, p.Register, []string{p.Code}); err != nil {
			return nil, err
		}
	}
	if len(found) == 0 && p.NameKey != "" {
		named, err := r.SubjectsByKey(ctx, p.Register, []string{p.NameKey})
		if err != nil {
			return nil, err
		}
		for _, s := range named {
			if p.Code == "" || s.Code == "" {
				found = append(found, s)
			}
		}
	}
	ids, err := liveRoots(ctx, r, found)
	if err != nil || len(ids) == 0 {
		return b, err
	}
	if len(ids) > 1 {
		b.Several = true
		return b, nil
	}
	refs, err := refsOf(ctx, r, ids)
	b.Owner = refs[ids[0]]
	return b, err
}

// Held returns what is held under a number and was not answered yet, with its profile; a fault with code NotFound when there is none.
func (g *Identities) Held(ctx context.Context, subject int64) (b *Brought, err error) {
	defer fault.At(&err, "identity.Held(subject %d)", subject)
	err = g.rooms.Identities().Read(ctx, func(r Reader) error {
		rows, err := r.Profiles(ctx, []int64{subject})
		if err != nil {
			return err
		}
		if len(rows) == 0 || !rows[0].Held.Open() || rows[0].Gone {
			return NoHeld(subject)
		}
		b, err = brought(ctx, r, &rows[0])
		return err
	})
	return b, err
}

// HeldAnswers returns what was answered, the newest first: about what a person had brought for an organisation, or with an empty id all.
func (g *Identities) HeldAnswers(ctx context.Context, actor, org string, limit int) (list []Brought, err error) {
	defer fault.At(&err, "identity.HeldAnswers(limit %d)", limit)
	err = g.rooms.Identities().Read(ctx, func(r Reader) error {
		answers, err := r.HeldAnswers(ctx, actor, org, limit)
		if err != nil {
			return err
		}
		list, err = heldViews(ctx, r, answers)
		return err
	})
	return list, err
}

// HeldAnswered returns what was answered about a held subject; a fault with code NotFound when nothing was.
func (g *Identities) HeldAnswered(ctx context.Context, subject int64) (b *Brought, err error) {
	defer fault.At(&err, "identity.HeldAnswered(subject %d)", subject)
	err = g.rooms.Identities().Read(ctx, func(r Reader) error {
		a, err := r.HeldAnswer(ctx, subject)
		if err == nil && (a == nil || a.State == fact.HeldAgain) {
			err = NoHeld(subject)
		}
		if err != nil {
			return err
		}
		list, err := heldViews(ctx, r, []fact.HeldAnswer{*a})
		if err == nil {
			b = &list[0]
		}
		return err
	})
	return b, err
}

func heldViews(ctx context.Context, r fact.ProfileReader, answers []fact.HeldAnswer) ([]Brought, error) {
	var ids []int64
	for _, a := range answers {
		ids = append(ids, a.Subject)
		if a.Owner != 0 {
			ids = append(ids, a.Owner)
		}
	}
	refs, err := refsOf(ctx, r, ids)
	list := make([]Brought, len(answers))
	for i, a := range answers {
		list[i] = Brought{Subject: refs[a.Subject], Register: a.Register, Org: a.Org, Owner: refs[a.Owner], State: a.State, Reason: a.Reason, Decided: time.UnixMilli(a.Decided).UTC(), By: a.DecidedBy}
	}
	return list, err
}

// Reply is what is answered about something held.
type Reply struct {
	Take   bool
	Reason string
	Owner  int64 // the subject that it was shown to be about; 0: none
	// Taken is asked in the transaction whether it may be so, after what is held was joined into a subject; nil: it may.
	Taken func(ctx context.Context, owner int64) error
}

// AnswerHeld answers for the owner: taken, what is held counts for his subject, or is a subject like others when he has none; otherwise
// it counts for nothing, for a reason.
func (g *Identities) AnswerHeld(ctx context.Context, subject int64, reply Reply) (err error) {
	defer fault.At(&err, "identity.AnswerHeld(subject %d, %t)", subject, reply.Take)
	actor, err := g.base.May(ctx, auth.Link, auth.Resource{ID: fmt.Sprint(subject)})
	if err != nil {
		return err
	}
	reason := strings.TrimSpace(reply.Reason)
	if !reply.Take && reason == "" {
		return fault.New(fault.Invalid, "不采用须写明理由，报送的人会看到。", "Say why it is refused: who brought it is told.")
	}
	return g.rooms.Identities().Within(ctx, func(ctx context.Context, w Writer) error {
		p, err := derive.ProfileOf(ctx, w, subject)
		if err != nil {
			return err
		}
		if !p.Held.Open() || p.Gone {
			return fault.New(fault.Conflict, "这份来件刚由别人答复，或已撤回。请刷新后再看。", "This was answered by somebody else just now, or taken back. Reload the page.")
		}
		b, err := brought(ctx, w, p)
		if err != nil {
			return err
		}
		if b.Owner.Subject != reply.Owner {
			return fault.New(fault.Conflict, "这份来件所说的主体刚刚变了，请重新打开核对后再答复。", "It is about another subject now than the page showed. Open it again, compare, and then answer.")
		}
		a := &fact.HeldAnswer{Subject: subject, Register: p.Register, Org: b.Org, Owner: b.Owner.Subject, State: fact.HeldYes, Reason: reason, DecidedBy: actor}
		if reply.Take {
			err = g.take(ctx, w, p, a, reply.Taken)
		} else {
			a.State = fact.HeldNo
			err = g.mark(ctx, w, p, p.Held.Turned(subject))
		}
		if err != nil {
			return err
		}
		return g.setAnswer(ctx, w, a, "held-"+string(a.State))
	})
}

// take makes what is held count, and writes into the answer for which subject.
func (g *Identities) take(ctx context.Context, w Writer, p *fact.ProfileRow, a *fact.HeldAnswer, taken func(ctx context.Context, owner int64) error) error {
	if a.Owner == 0 && p.Code != "" { // one that was undone keeps its code
		found, err := w.SubjectsByCode(ctx, p.Register, []string{p.Code})
		if err != nil {
			return err
		}
		if len(found) > 0 {
			a.Owner = found[0].Subject
		}
	}
	if a.Owner == 0 {
		records, err := w.LinkedEver(ctx, []int64{p.Subject})
		if err != nil {
			return err
		}
		a.Records = len(records)
		return g.mark(ctx, w, p, "")
	}
	err := g.mark(ctx, w, p, p.Held.Taken(p.Subject))
	if err == nil {
		a.Merge, err = g.joinInto(ctx, w, a.DecidedBy, p.Subject, a.Owner, string(fact.ByPerson), nil, a.Reason)
	}
	if err == nil && taken != nil {
		err = taken(ctx, a.Owner)
	}
	return err
}

// mark changes how a held subject stands, and derives it again. The state of the base advances by two, so that it is not taken for a
// change of values alone: who sees the subject, and what belongs to it, may be others now.
func (g *Identities) mark(ctx context.Context, w Writer, p *fact.ProfileRow, h fact.Held) error {
	change, err := w.Advance(ctx, fact.LastChange, 2)
	if err != nil {
		return err
	}
	p.Held, p.Change = h, change
	if !h.Refused() {
		p.Gone = false
	}
	if err := w.SetProfiles(ctx, []fact.ProfileRow{*p}); err != nil {
		return err
	}
	reg, err := g.base.RegisterOf(p.Register)
	if err != nil {
		return err
	}
	if _, err := g.base.Numbered(ctx, reg); err != nil {
		return err
	}
	_, err = g.base.Settle(ctx, reg, []int64{p.Subject}, derive.Progress{}, nil)
	return err
}

func (g *Identities) setAnswer(ctx context.Context, w Writer, a *fact.HeldAnswer, action string) error {
	a.Decided = g.base.Clock().UTC().UnixMilli()
	if err := w.SetHeldAnswer(ctx, a); err != nil {
		return err
	}
	return g.base.Log(ctx, a.DecidedBy, action, fmt.Sprintf("subject/%d", a.Subject), map[string]any{"register": a.Register, "org": a.Org, "into": a.Owner, "reason": audit.Beside(a.Reason)})
}

// UndoHeld takes an answer back: the owner is asked again.
func (g *Identities) UndoHeld(ctx context.Context, subject int64) (err error) {
	defer fault.At(&err, "identity.UndoHeld(subject %d)", subject)
	actor, err := g.base.May(ctx, auth.Link, auth.Resource{ID: fmt.Sprint(subject)})
	if err != nil {
		return err
	}
	return g.rooms.Identities().Within(ctx, func(ctx context.Context, w Writer) error {
		a, err := w.HeldAnswer(ctx, subject)
		if err != nil || a == nil || a.State == fact.HeldAgain {
			return err
		}
		p, err := derive.ProfileOf(ctx, w, subject)
		if err != nil {
			return err
		}
		if err := free(ctx, w, p, fact.HeldFor(a.Org)); err != nil {
			return err
		}
		if a.Merge == 0 && a.State == fact.HeldYes {
			if err := g.untouched(ctx, w, a); err != nil {
				return err
			}
		}
		if a.Merge != 0 {
			m, err := w.Merge(ctx, a.Merge)
			if err != nil {
				return err
			}
			if m != nil && m.UndoneAt.IsZero() {
				if err := g.separate(ctx, w, actor, m, func(context.Context, Writer, string, *fact.MergeRow) error { return nil }); err != nil {
					return err
				}
			}
			if p, err = derive.ProfileOf(ctx, w, subject); err != nil {
				return err
			}
		}
		if err := g.mark(ctx, w, p, fact.HeldFor(a.Org)); err != nil {
			return err
		}
		a.State, a.Merge, a.Records, a.DecidedBy = fact.HeldAgain, 0, 0, actor
		return g.setAnswer(ctx, w, a, "held-"+string(a.State))
	})
}

// untouched refuses to hold a subject again that became one like others, once more than was taken counts for it: who brought it would
// see that, and its owner would lose it.
func (g *Identities) untouched(ctx context.Context, w Writer, a *fact.HeldAnswer) error {
	past, err := g.base.PastOf(ctx, w, a.Register, []int64{a.Subject}, fact.Moment{})
	if err != nil {
		return err
	}
	records, err := w.LinkedEver(ctx, []int64{a.Subject})
	if err != nil {
		return err
	}
	more := past.Root(a.Subject) != a.Subject || len(past.Below(a.Subject)) > 1 || a.Records != 0 && len(records) != a.Records
	known := map[int64]bool{}
	for _, r := range records {
		if more || known[r.Import] {
			continue
		}
		known[r.Import] = true
		i, err := w.Import(ctx, r.Import)
		if err != nil {
			return err
		}
		more = i == nil || i.At.UnixMilli() > a.Decided
	}
	if more {
		return fault.New(fault.Conflict, "采用以后，这个主体又有了别的记录或合并，不能再撤销采用。不对的记录可以移动，或由市局办理。",
			"Since this was taken, the subject has got other records or was merged, so it can't be taken back. Move the records that are wrong, or ask the city bureau.")
	}
	return nil
}

// free refuses to hold a subject again whose organisation has brought another of its code or name since.
func free(ctx context.Context, w fact.SubjectReader, p *fact.ProfileRow, h fact.Held) error {
	find, key := w.SubjectsByCode, p.Code
	if key == "" {
		find, key = w.SubjectsByKey, p.NameKey
	}
	found, err := find(ctx, p.Register, []string{h.Key(key)})
	if err == nil && len(found) > 0 && found[0].Subject != p.Subject {
		err = fault.New(fault.Conflict, "同一主体后来又有新的来件，请先答复那一份。", "The same was brought again since. Answer that first.")
	}
	return err
}
