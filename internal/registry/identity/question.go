package identity

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
)

// Question is a candidate pair with its evidence: are the two subjects one?
type Question struct {
	ID                 int64
	Register           string
	Subject, Candidate fact.Ref
	Weight             float64 // in bits: 0 means odds of 1 to 1, 7 means 128 to 1
	Evidence           []Evidence
	RaisedAt           time.Time
	State              fact.QuestionState
	DecidedAt          time.Time // zero: not decided
	DecidedBy          string
	Reason             string
	Merge              int64 // the merge that the answer "same" made; 0: none
}

// Questions returns one page of the questions in a state, the highest weight first, and their total number.
func (g *Identities) Questions(ctx context.Context, register string, state fact.QuestionState, w fact.Wanted, offset, limit int) (list []Question, total int, err error) {
	defer fault.At(&err, "identity.Questions(register %s, %s)", register, state)
	err = g.rooms.Identities().Read(ctx, func(r Reader) error {
		rows, n, err := r.Questions(ctx, register, state, w, offset, limit)
		if err != nil {
			return err
		}
		total = n
		list, err = questionViews(ctx, r, rows)
		return err
	})
	return list, total, err
}

// QuestionPairs returns all questions that Questions would, in its order, only with their subjects.
func (g *Identities) QuestionPairs(ctx context.Context, register string, state fact.QuestionState, w fact.Wanted) (list []fact.Pair, err error) {
	defer fault.At(&err, "identity.QuestionPairs(register %s, %s)", register, state)
	err = g.rooms.Identities().Read(ctx, func(r Reader) error {
		list, err = r.QuestionPairs(ctx, register, state, w)
		return err
	})
	return list, err
}

// QuestionByID returns one question; a fault with code NotFound when there is none.
func (g *Identities) QuestionByID(ctx context.Context, id int64) (q *Question, err error) {
	defer fault.At(&err, "identity.QuestionByID(question %d)", id)
	err = g.rooms.Identities().Read(ctx, func(r Reader) error {
		row, err := derive.WantedQuestion(ctx, r, id)
		if err != nil {
			return err
		}
		views, err := questionViews(ctx, r, []fact.QuestionRow{*row})
		if err == nil {
			q = &views[0]
		}
		return err
	})
	return q, err
}

// QuestionsOf returns the questions in which a subject is the subject or the candidate, by id.
func (g *Identities) QuestionsOf(ctx context.Context, subject int64) (list []Question, err error) {
	defer fault.At(&err, "identity.QuestionsOf(subject %d)", subject)
	err = g.rooms.Identities().Read(ctx, func(r Reader) error {
		rows, err := r.QuestionsOf(ctx, "", []int64{subject})
		if err != nil {
			return err
		}
		list, err = questionViews(ctx, r, rows)
		return err
	})
	return list, err
}

func questionViews(ctx context.Context, r fact.ProfileReader, rows []fact.QuestionRow) ([]Question, error) {
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

// Answer decides a question. Same merges the two subjects, Different keeps them separate for good, Later puts the
// question aside, and Open asks it again. An answer replaces the earlier one: a merge made by an earlier Same is undone.
// Giving the same answer twice does nothing.
func (g *Identities) Answer(ctx context.Context, id int64, answer fact.QuestionState, reason string) (err error) {
	defer fault.At(&err, "identity.Answer(question %d, %s)", id, answer)
	actor, err := g.base.May(ctx, auth.Link, auth.Resource{ID: fmt.Sprint(id)})
	if err != nil {
		return err
	}
	if !slices.Contains([]fact.QuestionState{fact.Same, fact.Different, fact.Later, fact.Open}, answer) {
		return fault.New(fault.Invalid, "回答只能是相同、不同、以后再说或重新询问。", "An answer must be same, different, later or open.")
	}
	return g.rooms.Together(ctx, func(ctx context.Context) error {
		apart, err := g.takeApart(ctx, id, answer)
		if err != nil {
			return err
		}
		return g.rooms.Identities().Within(ctx, func(ctx context.Context, w Writer) error {
			return g.decideQuestion(ctx, w, actor, id, answer, reason, apart)
		})
	})
}

// takeApart undoes the merge of an earlier Same when the new answer is another one. It reports whether it did.
func (g *Identities) takeApart(ctx context.Context, id int64, answer fact.QuestionState) (bool, error) {
	var merged int64
	err := g.rooms.Identities().Read(ctx, func(r Reader) error {
		q, err := derive.WantedQuestion(ctx, r, id)
		if err == nil && q.State == fact.Same && answer != fact.Same {
			merged = q.Merge
		}
		return err
	})
	if err != nil || merged == 0 {
		return false, err
	}
	return true, g.Unmerge(ctx, merged)
}

// decideQuestion writes an answer. apart means that it replaces a Same whose merge was just undone.
func (g *Identities) decideQuestion(ctx context.Context, w Writer, actor string, id int64, answer fact.QuestionState, reason string, apart bool) error {
	q, err := derive.WantedQuestion(ctx, w, id)
	if err != nil || q.State == answer && !apart {
		return err
	}
	if q.State == fact.Moot {
		return fault.New(fault.Conflict, "这一对已不用再问：其中一个已并入别的主体。请刷新后再看。",
			"This question is no longer open: one of the two subjects was merged into another one. Reload the page.")
	}
	if answer == fact.Same {
		_, err := g.join(ctx, w, actor, q.Subject, q.Candidate, string(fact.ByPerson), nil, reason) // join also answers the question
		return err
	}
	q.State, q.Reason, q.DecidedBy, q.DecidedAt, q.Merge = answer, reason, actor, g.base.Clock().UTC(), 0
	if answer == fact.Open {
		q.DecidedBy, q.DecidedAt = "", time.Time{}
	}
	if err := w.SetQuestion(ctx, q); err != nil {
		return err
	}
	if err := g.base.Reconsider(ctx, q.Register, []int64{q.Subject}); err != nil {
		return err
	}
	return g.base.Log(ctx, actor, "answer", fmt.Sprintf("question/%d", id), map[string]any{"answer": answer, "subject": q.Subject, "candidate": q.Candidate, "reason": audit.Beside(reason)})
}

// answered closes the questions that a merge answers: the question about the pair, and the other questions about the
// merged subject.
func (g *Identities) answered(ctx context.Context, w fact.QuestionWriter, actor string, from, into, merge int64) error {
	list, err := w.QuestionsOf(ctx, "", []int64{from})
	if err != nil {
		return err
	}
	for i := range list {
		q := &list[i]
		pair := q.Subject == from && q.Candidate == into || q.Subject == into && q.Candidate == from
		switch {
		case pair:
			q.State, q.Merge = fact.Same, merge
		case q.State == fact.Open || q.State == fact.Later:
			q.State = fact.Moot
		default:
			continue
		}
		q.DecidedBy, q.DecidedAt = actor, g.base.Clock().UTC()
		if err := w.SetQuestion(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// parted records that a person undid a merge, so that linkage does not make it again, and opens again the questions that
// the merge had made moot.
func (g *Identities) parted(ctx context.Context, w Writer, actor string, m *fact.MergeRow) error {
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
			q.State, q.Merge, q.DecidedBy, q.DecidedAt = fact.Different, 0, actor, g.base.Clock().UTC()
		case q.State == fact.Moot:
			q.State, q.DecidedBy, q.DecidedAt = fact.Open, "", time.Time{}
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
	id, err := w.Advance(ctx, fact.LastAsked, 1)
	if err != nil {
		return err
	}
	q := fact.QuestionRow{ID: id, Register: m.Register, Subject: m.From, Candidate: m.Into, Evidence: m.Evidence, RaisedAt: g.base.Clock().UTC(), State: fact.Open}
	if err := w.AddQuestions(ctx, []fact.QuestionRow{q}); err != nil {
		return err
	}
	q.State, q.DecidedBy, q.DecidedAt = fact.Different, actor, q.RaisedAt
	return w.SetQuestion(ctx, &q)
}
