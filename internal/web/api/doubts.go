package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/quality"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
	"eyas/internal/registry/sight"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
)

// Findings is a page of the doubted values of a register, those found last first.
type Findings struct {
	Register string    `json:"register"`
	Total    int       `json:"total"`
	Items    []Finding `json:"items"`
	Next     *string   `json:"next"` // cursor of the next page; null: this is the last
}

// Finding is a doubted value.
type Finding struct {
	Key      string    `json:"key"`
	Subject  fact.Ref  `json:"subject"`
	District string    `json:"district,omitempty"`
	Rule     string    `json:"rule"`
	Name     string    `json:"name"` // of the rule
	Severity string    `json:"severity"`
	Value    string    `json:"value_key"` // of the value: sales@2020
	Doubted  *string   `json:"value"`     // as it is; null: a value that lacks. Personal ones are masked
	Because  string    `json:"because"`
	State    string    `json:"state"`
	Assignee string    `json:"assignee,omitempty"`
	Reason   string    `json:"reason,omitempty"`
	Import   int64     `json:"import,omitempty"`
	Record   int64     `json:"record,omitempty"`
	Cell     string    `json:"cell,omitempty"`
	FoundAt  time.Time `json:"found_at"`
}

// callFindings lists the doubted values of a register.
func (s *room) callFindings(r *http.Request) (*answered, error) {
	reg, err := s.registerOf(r.Context(), r.PathValue("register"))
	if err != nil {
		return nil, err
	}
	if s.Quality == nil {
		return nil, errNoCall()
	}
	at, limit, err := readPage(r)
	if err != nil {
		return nil, err
	}
	f := quality.Filter{Register: reg.ID, Sort: "found", Desc: true}
	q := r.URL.Query()
	for _, id := range q["rule"] {
		if x := s.Pack.QualityRule(id); x == nil {
			return nil, address.UnknownFilter("rule", id)
		}
		f.Rules = append(f.Rules, id)
	}
	for _, state := range q["state"] {
		if !slices.Contains(quality.States, quality.State(state)) {
			return nil, address.UnknownFilter("state", state)
		}
		f.States = append(f.States, quality.State(state))
	}
	if text := q.Get("subject"); text != "" {
		id, bad := readID(text)
		if bad {
			return nil, address.Mistake(fault.New(fault.Invalid, "subject 是主体的编号。", "subject is the number of a subject."), "subject")
		}
		f.Subjects = []int64{id}
	}
	_, total, err := s.Quality.Listed(r.Context(), f, 0, 0)
	if err != nil {
		return nil, err
	}
	out := Findings{Register: reg.ID, Total: total, Items: []Finding{}}
	list, next, err := s.findingsBehind(r, f, at, limit)
	if err != nil {
		return nil, err
	}
	for i := range list {
		out.Items = append(out.Items, s.finding(r, reg, &list[i]))
	}
	if next != nil {
		out.Next = next.text(r)
	}
	return &answered{value: out}, nil
}

// findingsBehind reads the findings behind a place. Those found meanwhile stand before it. Of those found at the same moment about so many
// are left out as were given; where rows of them are gone, it looks further up.
func (s *room) findingsBehind(r *http.Request, f quality.Filter, at *cursor, limit int) (page []quality.Row, next *cursor, err error) {
	from, given := 0, 0
	if at != nil {
		if at.Row == nil {
			return nil, nil, errMoved()
		}
		f.To = time.UnixMilli(at.Row.Found + 1)
		from, given = max(0, at.Skipped-1), max(0, at.Skipped)
	}
	behind := func(x quality.Row) bool { return at == nil || rowKeyOf(&x).behind(at.Row) }
	for step := 16; from > 0; step *= 16 { // rows before it are given already
		list, _, err := s.Quality.Listed(r.Context(), f, from, 1)
		if err != nil {
			return nil, nil, err
		}
		if len(list) == 1 && !behind(list[0]) {
			break
		}
		from = max(0, from-step)
	}
	for len(page) <= limit {
		list, _, err := s.Quality.Listed(r.Context(), f, from, mostItems+1)
		if err != nil {
			return nil, nil, err
		}
		for _, x := range list {
			if behind(x) {
				page = append(page, x)
			}
		}
		if from += len(list); len(list) <= mostItems {
			break
		}
	}
	if len(page) <= limit {
		return page, nil, nil
	}
	page = page[:limit]
	last := rowKeyOf(&page[limit-1])
	n := 0
	for i := range page {
		if page[i].FoundAt.UnixMilli() == last.Found {
			n++
		}
	}
	if at != nil && at.Row.Found == last.Found {
		n += given
	}
	return page, &cursor{Row: &last, Skipped: n}, nil
}

func rowKeyOf(x *quality.Row) rowKey {
	return rowKey{x.FoundAt.UnixMilli(), x.Subject, x.Rule, x.Attribute, x.Year}
}

func (s *room) finding(r *http.Request, reg *pack.Register, x *quality.Row) Finding {
	lang := s.LangOf(r)
	a := reg.Attribute(x.Attribute)
	o := Finding{Key: x.Key.String(), Subject: fact.Ref{Subject: x.Subject, Code: x.Code, Name: x.Name}, District: x.District, Rule: x.Rule, Because: figure.Masked(x.Because.In(lang)),
		State: string(x.State), Assignee: x.Assignee, Reason: figure.Masked(x.Reason), Record: x.Record, Cell: x.Cell, FoundAt: x.FoundAt.UTC()}
	if s.mayImport(r, x.Import) {
		o.Import = x.Import
	}
	if rule := s.Pack.QualityRule(x.Rule); rule != nil {
		o.Name, o.Severity = rule.Name.In(lang), rule.Severity
	}
	if a == nil {
		return o
	}
	o.Value = keyText(a, x.Year)
	if x.Value != "" {
		text := x.Value
		if a.Personal {
			text = hidden
		}
		o.Doubted = &text
	}
	return o
}

// mayImport reports whether the token sees an import.
func (s *room) mayImport(r *http.Request, id int64) bool {
	if id == 0 {
		return false
	}
	yes, err := auth.Kept(r.Context(), seenImport{auth.Named(r.Context()), id}, func() (bool, error) {
		_, err := s.Imports.ImportByID(r.Context(), id)
		if fault.Of(err) == fault.NotFound {
			return false, nil
		}
		return err == nil, err
	})
	return yes && err == nil
}

// seenImport is the key of whether an actor sees an import.
type seenImport struct {
	actor  auth.Actor
	number int64
}

// Questions is a page of the questions of a register in a state, those of the highest weight first.
type Questions struct {
	Register string     `json:"register"`
	State    string     `json:"state"`
	Total    int        `json:"total"`
	Items    []Question `json:"items"`
	Next     *string    `json:"next"` // cursor of the next page; null: this is the last
}

// Question is whether two subjects are the same.
type Question struct {
	ID        int64      `json:"question"`
	Register  string     `json:"register"`
	Subject   fact.Ref   `json:"subject"`
	Candidate fact.Ref   `json:"candidate"`
	Weight    float64    `json:"weight"` // in bits: 0 means odds of 1 to 1, 7 means 128 to 1
	State     string     `json:"state"`
	RaisedAt  time.Time  `json:"raised_at"`
	DecidedAt *time.Time `json:"decided_at"` // null: it is open
	DecidedBy string     `json:"decided_by,omitempty"`
	Reason    string     `json:"reason,omitempty"`
	Merge     int64      `json:"merge,omitempty"` // number of the merge that the answer same made
}

// Decision is the answer to a question.
type Decision struct {
	Answer string `json:"answer"`           // same, different, later; open asks again
	Reason string `json:"reason,omitempty"` // why
}

// Decided is what came of an answer, or would.
type Decided struct {
	DryRun bool     `json:"dry_run"`
	Before Question `json:"before"`
	After  Question `json:"after"`
}

// questionStates are those that are listed.
var questionStates = []fact.QuestionState{fact.Open, fact.Later, fact.Same, fact.Different, fact.Moot}

// longestReason bounds the reason of an answer, in characters.
const longestReason = 200

func errNoQuestion() error {
	return fault.New(fault.NotFound, "没有这个问题，或不在令牌的范围之内。", "There is no such question, or it is outside of the token's scope.")
}

func questionPlain(q *identity.Question) Question {
	x := Question{ID: q.ID, Register: q.Register, Subject: q.Subject, Candidate: q.Candidate, Weight: q.Weight, State: string(q.State), RaisedAt: q.RaisedAt.UTC(), DecidedBy: q.DecidedBy, Reason: figure.Masked(q.Reason), Merge: q.Merge}
	if !q.DecidedAt.IsZero() {
		at := q.DecidedAt.UTC()
		x.DecidedAt = &at
	}
	return x
}

// milliBits is a weight as it is stored.
func milliBits(weight float64) int64 { return int64(math.Round(weight * 1000)) }

// callQuestions lists the questions of a register. A place is a weight and a number: what is asked or answered meanwhile neither repeats
// nor skips the others.
func (s *room) callQuestions(r *http.Request) (*answered, error) {
	reg, err := s.registerOf(r.Context(), r.PathValue("register"))
	if err != nil {
		return nil, err
	}
	at, limit, err := readPage(r)
	if err != nil {
		return nil, err
	}
	state := fact.Open
	if text := r.URL.Query().Get("state"); text != "" {
		if state = fact.QuestionState(text); !slices.Contains(questionStates, state) {
			return nil, address.UnknownFilter("state", text)
		}
	}
	_, total, err := s.Identities.Questions(r.Context(), reg.ID, state, fact.Wanted{}, 0, 0)
	if err != nil {
		return nil, err
	}
	out := Questions{Register: reg.ID, State: string(state), Total: total, Items: []Question{}}
	w := fact.Wanted{By: "weight", Desc: true}
	if at != nil {
		if at.Weight == nil {
			return nil, errMoved()
		}
		w.Most = at.Weight
	}
	var page []identity.Question
	for offset, more := 0, true; more && len(page) <= limit; {
		list, _, err := s.Identities.Questions(r.Context(), reg.ID, state, w, offset, mostItems+1)
		if err != nil {
			return nil, err
		}
		for _, q := range list {
			if at == nil || milliBits(q.Weight) < *at.Weight || q.ID < at.ID {
				page = append(page, q)
			}
		}
		offset, more = offset+len(list), len(list) > mostItems
	}
	for i := range page[:min(limit, len(page))] {
		out.Items = append(out.Items, questionPlain(&page[i]))
	}
	if len(page) > limit {
		last := &page[limit-1]
		weight := milliBits(last.Weight)
		out.Next = (&cursor{ID: last.ID, Weight: &weight}).text(r)
	}
	return &answered{value: out}, nil
}

// questionOf finds the question of a call.
func (s *room) questionOf(r *http.Request) (*identity.Question, error) {
	if err := s.sees(r.Context()); err != nil {
		return nil, err
	}
	id, bad := readID(r.PathValue("question"))
	if bad {
		return nil, errNoQuestion()
	}
	q, err := s.Identities.QuestionByID(r.Context(), id)
	if err != nil {
		return nil, as(err, errNoQuestion())
	}
	if s.Actors.Decide(r.Context(), auth.See, auth.Resource{Register: q.Register}) != nil {
		return nil, errNoQuestion()
	}
	return q, nil
}

func (s *room) callQuestion(r *http.Request) (*answered, error) {
	q, err := s.questionOf(r)
	if err != nil {
		return nil, err
	}
	return &answered{value: questionPlain(q), etag: etagOf(string(q.State))}, nil
}

// callAnswer answers a question, upon the state that the client saw.
func (s *room) callAnswer(r *http.Request) (*answered, error) {
	q, err := s.questionOf(r)
	if err != nil {
		return nil, err
	}
	if err := s.Actors.Decide(r.Context(), auth.Link, auth.Resource{Register: q.Register}); err != nil {
		return nil, err
	}
	if s.Joins == nil {
		return nil, errNoCall()
	}
	dry, key, err := readWrite(r)
	if err != nil {
		return nil, err
	}
	raw, sent, err := readDecision(r)
	if err != nil {
		return nil, err
	}
	return s.once(r, key, raw, nil, func(ctx context.Context, keep keeper) (*answered, error) {
		mark, err := readMatchOf(r, "/api/v1/questions/{question}")
		if err != nil {
			return nil, err
		}
		var out *answered
		err = s.Entries.Upon(ctx, sight.Seen{sight.SawQuestion(q.ID): mark}, func(ctx context.Context) error {
			before, err := s.Identities.QuestionByID(ctx, q.ID)
			if err != nil {
				return err
			}
			if err := s.Joins.Answer(ctx, q.ID, fact.QuestionState(sent.Answer), sent.Reason); err != nil {
				return err
			}
			after, err := s.Identities.QuestionByID(ctx, q.ID)
			if err != nil {
				return err
			}
			done := Decided{DryRun: dry, Before: questionPlain(before), After: questionPlain(after)}
			if dry {
				done.After.Merge = 0 // it has no number yet
				out = &answered{value: done}
				return errTried
			}
			out = &answered{value: done, etag: etagOf(string(after.State))}
			return keep(ctx, out)
		})
		switch {
		case errors.Is(err, errTried):
			return out, nil
		case frame.IsStale(err):
			return nil, fault.New(fault.Stale, "这个问题在您读过之后已有别的回答，没有写入。请重新读取它的 ETag，看过再决定。",
				"The question was answered since you read it, and nothing was written. Read it again with its ETag, and decide anew.").Wrap(err)
		case err != nil:
			return nil, as(err, errNoQuestion())
		}
		return out, nil
	})
}

// readDecision reads the answer that was sent.
func readDecision(r *http.Request) (raw []byte, d Decision, err error) {
	if raw, err = readJSON(r); err != nil {
		return nil, d, err
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	err = dec.Decode(&d)
	if err == nil {
		if _, err = dec.Token(); err == io.EOF && !repeats(raw) {
			err = nil
		} else {
			err = errors.New("more than one value")
		}
	}
	answers := []fact.QuestionState{fact.Same, fact.Different, fact.Later, fact.Open}
	if err != nil || !slices.Contains(answers, fact.QuestionState(d.Answer)) {
		return nil, d, fault.New(fault.Invalid, `内容写成 {"answer": "same", "reason": "…"} 这样的 JSON；answer 是 same、different、later 或 open。`, `Send JSON like {"answer": "same", "reason": "…"}; answer is same, different, later or open.`).Wrap(err)
	}
	d.Reason = strings.TrimSpace(d.Reason)
	if len([]rune(d.Reason)) > longestReason {
		return nil, d, fault.New(fault.Invalid, "reason 最多 200 个字。", "The reason has at most 200 characters.")
	}
	return raw, d, address.CheckText(d.Reason)
}
