package registry

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
)

// Question asks whether two subjects are one, with what was compared.
type Question struct {
	ID                 int64
	Register           string
	Subject, Candidate Ref
	Weight             float64 // bits: 0 is as likely as not, 7 is 128 to 1
	Evidence           []Evidence
	RaisedAt           time.Time
	State              QuestionState
	DecidedAt          time.Time // zero: not decided
	DecidedBy          string
	Reason             string
	Merge              int64 // the merge that a yes made; 0: none
}

// Questions lists questions in a state, the weightiest first, and how many there are.
func (g *Registry) Questions(ctx context.Context, register string, state QuestionState, offset, limit int) (list []Question, total int, err error) {
	err = g.base.Read(ctx, func(r Reader) error {
		rows, n, err := r.Questions(ctx, register, state, offset, limit)
		if err != nil {
			return err
		}
		total = n
		list, err = questionViews(ctx, r, rows)
		return err
	})
	return list, total, err
}

// QuestionByID gives one question.
func (g *Registry) QuestionByID(ctx context.Context, id int64) (q *Question, err error) {
	err = g.base.Read(ctx, func(r Reader) error {
		row, err := wantedQuestion(ctx, r, id)
		if err != nil {
			return err
		}
		views, err := questionViews(ctx, r, []QuestionRow{*row})
		if err == nil {
			q = &views[0]
		}
		return err
	})
	return q, err
}

// QuestionsOf lists the questions about a subject, from either side, by id.
func (g *Registry) QuestionsOf(ctx context.Context, subject int64) (list []Question, err error) {
	err = g.base.Read(ctx, func(r Reader) error {
		rows, err := r.QuestionsOf(ctx, "", []int64{subject})
		if err != nil {
			return err
		}
		list, err = questionViews(ctx, r, rows)
		return err
	})
	return list, err
}

func wantedQuestion(ctx context.Context, r Reader, id int64) (*QuestionRow, error) {
	row, err := r.Question(ctx, id)
	if err == nil && row == nil {
		err = fault.New(fault.NotFound, fmt.Sprintf("没有编号为 %d 的待确认关联。", id), fmt.Sprintf("There is no question number %d.", id))
	}
	return row, err
}

func questionViews(ctx context.Context, r Reader, rows []QuestionRow) ([]Question, error) {
	var ids []int64
	for i := range rows {
		ids = append(ids, rows[i].Subject, rows[i].Candidate)
	}
	refs, err := refsOf(ctx, r, ids)
	if err != nil {
		return nil, err
	}
	list := make([]Question, len(rows))
	for i, q := range rows {
		list[i] = Question{ID: q.ID, Register: q.Register, Subject: refs[q.Subject], Candidate: refs[q.Candidate], Weight: float64(q.Weight) / 1000,
			RaisedAt: q.RaisedAt, State: q.State, DecidedAt: q.DecidedAt, DecidedBy: q.DecidedBy, Reason: q.Reason, Merge: q.Merge}
		if err := json.Unmarshal([]byte(q.Evidence), &list[i].Evidence); err != nil {
			return nil, fmt.Errorf("registry: evidence of question %d: %w", q.ID, err)
		}
	}
	return list, nil
}

// Answer decides a question: Same merges the two subjects, Different keeps them apart for good, Later puts it aside,
// and Open asks it anew. An answer takes the place of the one before: what a Same had merged is taken apart again.
// Giving the same answer twice does nothing.
func (g *Registry) Answer(ctx context.Context, actor string, id int64, answer QuestionState, reason string) error {
	if err := auth.Decide(g.actors.Actor(actor), auth.Link, auth.Resource{ID: fmt.Sprint(id)}); err != nil {
		return err
	}
	if !slices.Contains([]QuestionState{Same, Different, Later, Open}, answer) {
		return fault.New(fault.Invalid, "回答只能是相同、不同、以后再说或重新询问。", "An answer is same, different, later or open.")
	}
	return g.base.Together(ctx, func(ctx context.Context) error {
		apart, err := g.takeApart(ctx, actor, id, answer)
		if err != nil {
			return err
		}
		return g.base.Write(ctx, func(w Writer) error { return g.decideQuestion(ctx, w, actor, id, answer, reason, apart) })
	})
}

// takeApart undoes what a Same had merged when the answer to come is another one; it reports whether it did.
func (g *Registry) takeApart(ctx context.Context, actor string, id int64, answer QuestionState) (bool, error) {
	var merged int64
	err := g.base.Read(ctx, func(r Reader) error {
		q, err := wantedQuestion(ctx, r, id)
		if err == nil && q.State == Same && answer != Same {
			merged = q.Merge
		}
		return err
	})
	if err != nil || merged == 0 {
		return false, err
	}
	return true, g.Unmerge(ctx, actor, merged)
}

// decideQuestion writes an answer. apart says that it takes the place of a Same, whose merge was just undone.
func (g *Registry) decideQuestion(ctx context.Context, w Writer, actor string, id int64, answer QuestionState, reason string, apart bool) error {
	q, err := wantedQuestion(ctx, w, id)
	if err != nil || q.State == answer && !apart {
		return err
	}
	if q.State == Moot {
		return fault.New(fault.Conflict, "这一对已不用再问：其中一个已并入别的主体。请刷新后再看。",
			"This need not be asked any more: one of the two has been merged into another. Reload the page.")
	}
	if answer == Same {
		_, err := g.join(ctx, w, actor, q.Subject, q.Candidate, string(ByPerson), nil, reason) // which answers it
		return err
	}
	q.State, q.Reason, q.DecidedBy, q.DecidedAt, q.Merge = answer, reason, actor, g.clock().UTC(), 0
	if answer == Open {
		q.DecidedBy, q.DecidedAt = "", time.Time{}
	}
	if err := w.SetQuestion(ctx, q); err != nil {
		return err
	}
	if err := g.reconsider(ctx, w, q.Register, []int64{q.Subject}); err != nil {
		return err
	}
	return g.log(ctx, w, actor, "answer", fmt.Sprintf("question/%d", id), map[string]any{"answer": answer, "subject": q.Subject, "candidate": q.Candidate, "reason": reason})
}

// answered settles the questions that a merge answers: that of the two, and the others about the one that is no more.
func (g *Registry) answered(ctx context.Context, w Writer, actor string, from, into, merge int64) error {
	list, err := w.QuestionsOf(ctx, "", []int64{from})
	if err != nil {
		return err
	}
	for i := range list {
		q := &list[i]
		pair := q.Subject == from && q.Candidate == into || q.Subject == into && q.Candidate == from
		switch {
		case pair:
			q.State, q.Merge = Same, merge
		case q.State == Open || q.State == Later:
			q.State = Moot
		default:
			continue
		}
		q.DecidedBy, q.DecidedAt = actor, g.clock().UTC()
		if err := w.SetQuestion(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// parted remembers that a person took a merge apart, so that linkage does not make it again, and asks anew what the
// merge had made moot.
func (g *Registry) parted(ctx context.Context, w Writer, actor string, m *MergeRow) error {
	list, err := w.QuestionsOf(ctx, "", []int64{m.From})
	if err != nil {
		return err
	}
	found := false
	for i := range list {
		q := &list[i]
		pair := q.Subject == m.From && q.Candidate == m.Into || q.Subject == m.Into && q.Candidate == m.From
		switch {
		case pair:
			found = true
			q.State, q.Merge, q.DecidedBy, q.DecidedAt = Different, 0, actor, g.clock().UTC()
		case q.State == Moot:
			q.State, q.DecidedBy, q.DecidedAt = Open, "", time.Time{}
		default:
			continue
		}
		if err := w.SetQuestion(ctx, q); err != nil {
			return err
		}
	}
	if found {
		return nil
	}
	id, err := w.Advance(ctx, LastAsked, 1)
	if err != nil {
		return err
	}
	q := QuestionRow{ID: id, Register: m.Register, Subject: m.From, Candidate: m.Into, Evidence: m.Evidence, RaisedAt: g.clock().UTC(), State: Open}
	if err := w.AddQuestions(ctx, []QuestionRow{q}); err != nil {
		return err
	}
	q.State, q.DecidedBy, q.DecidedAt = Different, actor, q.RaisedAt
	return w.SetQuestion(ctx, &q)
}

// mootGone lets go of open questions about subjects that are gone; linkage asks again when they come back.
func (g *Registry) mootGone(ctx context.Context, w Writer, profiles []ProfileRow) error {
	var gone []int64
	for i := range profiles {
		if profiles[i].Gone {
			gone = append(gone, profiles[i].Subject)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	list, err := w.QuestionsOf(ctx, "", gone)
	if err != nil {
		return err
	}
	for i := range list {
		q := &list[i]
		if q.State != Open && q.State != Later {
			continue
		}
		q.State, q.DecidedBy, q.DecidedAt = Moot, linkageActor, g.clock().UTC()
		if err := w.SetQuestion(ctx, q); err != nil {
			return err
		}
	}
	return nil
}
