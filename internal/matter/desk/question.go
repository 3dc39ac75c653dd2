package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/matter"
	"eyas/internal/pack"
)

// The kinds of questions.
const (
	NotFiledHere = "not_filed_here" // on a list, and no case of it is here
	NotOnList    = "not_on_list"    // a case waits for the other system, and a complete list does not have it
	Unclear      = "unclear"        // a row that may be about a case, or says what does not fit it
)

// Question is what a list of another system and the cases say differently.
type Question struct {
	ID       int64
	List     int64
	Matter   string
	Kind     string
	Name     string // what makes it one question, however often the list comes
	Subject  int64  // 0: none is known
	Case     int64  // 0: none
	Row      int    // of the list; 0: none
	State    string // code of outside_state; "" for none
	On       matter.Day
	Said     pack.Text // why it is asked
	District string
	Park     string
	Org      string // for which it was asked
	Person   string // who brought the list
	Asked    time.Time
	Answer   string // moved, noted or settled; "" while it is open
	Note     string
	Answered time.Time
	Answerer string
}

// List is a list of another system that was compared with cases.
type List struct {
	ID        int64
	Matter    string
	Connector string
	File      string
	Whole     bool
	Year      int
	Person    string
	Org       string
	At        time.Time
}

// The answers to questions.
const (
	AnswerMoved   = "moved"   // the row is about a case, which was moved
	AnswerNoted   = "noted"   // somebody wrote down what it is about
	AnswerSettled = "settled" // a later list made it clear
)

// Questions lists what is asked about cases of a matter, from those behind one; open says only what nobody has answered.
func (d *Desk) Questions(ctx context.Context, id string, open bool, after int64, limit int) (list []Question, err error) {
	defer fault.At(&err, "desk.Questions(matter %s)", id)
	m, err := d.matterOf(id)
	if err != nil {
		return nil, err
	}
	sees, err := d.questioned(ctx, m)
	if err != nil {
		return nil, err
	}
	err = d.Storage.ReadCases(ctx, func(r Reader) error {
		for len(list) < limit {
			part, err := r.Questions(ctx, id, open, after, limit)
			if err != nil || len(part) == 0 {
				return err
			}
			for i := range part {
				after = part[i].ID
				if len(list) < limit && sees(&part[i]) {
					list = append(list, part[i])
				}
			}
		}
		return nil
	})
	return list, err
}

// questioned returns which questions of a matter the actor sees: those about his subjects, and those of lists of his office.
func (d *Desk) questioned(ctx context.Context, m *pack.MatterType) (func(q *Question) bool, error) {
	if err := d.Actors.Decide(ctx, auth.Handle, auth.Resource{Register: m.Register}); err != nil {
		return nil, err
	}
	scope, err := d.scope(ctx, m.Register)
	if err != nil {
		return nil, err
	}
	a := d.Actors.Acting(ctx)
	return func(q *Question) bool {
		if scope.Whole() {
			return true
		}
		if q.Case == 0 && (q.Person == a.ID || q.Org != "" && q.Org == a.Org) {
			return true // it was compared with what they see
		}
		var orgs []string
		for _, o := range []string{q.District, q.Park} {
			if o != "" {
				orgs = append(orgs, o)
			}
		}
		return scope.Holds(auth.Lie{Register: m.Register, Orgs: orgs, Subjects: []int64{q.Subject}})
	}, nil
}

// Answer answers a question: the row is about a case, which is moved by what it says; or, with case 0, a note says what it is about.
func (d *Desk) Answer(ctx context.Context, id, about int64, note string) (q *Question, done *Done, err error) {
	defer fault.At(&err, "desk.Answer(question %d)", id)
	err = d.Storage.ReadCases(ctx, func(r Reader) error {
		q, err = r.Question(ctx, id)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	unknown := fault.New(fault.NotFound, fmt.Sprintf("没有第 %d 号疑问，或它不归你答。", id), fmt.Sprintf("there is no question %d, or it is not yours to answer", id))
	if q == nil {
		return nil, nil, unknown
	}
	m, err := d.matterOf(q.Matter)
	if err != nil {
		return nil, nil, err
	}
	sees, err := d.questioned(ctx, m)
	if err != nil {
		return nil, nil, err
	}
	if !sees(q) {
		return nil, nil, unknown
	}
	answer := AnswerNoted
	if about != 0 {
		answer = AnswerMoved
	}
	switch {
	case q.Answer != "":
		return nil, nil, errAnswered(q)
	case about == 0 && note == "":
		return nil, nil, fault.New(fault.Invalid, "请写明是怎么回事（note），或指明是哪个办件。", "say what it is about (note), or which case it is")
	case about != 0 && q.State == "":
		return nil, nil, fault.New(fault.Invalid, "名单里没有它，没有状态可登记。请写明情况（note）；有了结果再登记到办件。", "it is not on the list, which gives no state for it: say what it is about (note), and report the state in the case when there is one")
	}
	if err := clean(note); err != nil {
		return nil, nil, err
	}
	if about != 0 {
		seen, err := d.Show(ctx, about)
		if err != nil {
			return nil, nil, err
		}
		if seen.Case.Matter != q.Matter {
			return nil, nil, fault.New(fault.Invalid, fmt.Sprintf("办件 %d 不是这个事项的。", about), fmt.Sprintf("case %d is of another matter", about))
		}
		if done, err = d.Act(ctx, about, reported(q.State, q.On, fmt.Sprintf("%s（疑问 %d）", note, id))); err != nil {
			return nil, nil, err
		}
	}
	p, err := d.person(ctx)
	if err != nil {
		return nil, nil, err
	}
	q.Answer, q.Note, q.Answered, q.Answerer = answer, note, d.now(), p.ID
	if about != 0 {
		q.Case = about
	}
	err = d.Storage.WriteCases(ctx, 0, func(w Writer) error {
		now, err := w.Question(ctx, id)
		if err == nil && now.Answer != "" { // meanwhile, by somebody else
			err = errAnswered(now)
		}
		if err != nil {
			return err
		}
		if err := w.SetAnswer(ctx, q); err != nil {
			return err
		}
		return d.note(ctx, w, "case-answer", fmt.Sprintf("case-question/%d", id), p.ID, map[string]any{"matter": m.ID, "kind": q.Kind, "case": q.Case, "answer": answer})
	})
	return q, done, err
}

func errAnswered(q *Question) error {
	return fault.New(fault.Conflict, fmt.Sprintf("%s 已答过这个疑问。", q.Answerer), fmt.Sprintf("%s has answered this question already", q.Answerer))
}

// note writes an entry of the log that is about no single case.
func (d *Desk) note(ctx context.Context, w Writer, action, about, person string, detail map[string]any) error {
	entry, err := audit.Entry{At: d.now(), Actor: person, Action: action, Subject: about}.WithDetail(detail)
	if err != nil {
		return err
	}
	return w.Log(ctx, entry)
}

// reported is the act that a row of a list makes. The same row of another list is the same act.
func reported(state string, on matter.Day, note string) matter.Act {
	return matter.Act{Do: matter.ActReport, State: state, On: on, Note: note}
}

// SaidText is a question's reason as it is stored.
func (q *Question) SaidText() (string, error) {
	text, err := json.Marshal(q.Said)
	return string(text), err
}
