package identity

import (
	"context"
	"slices"

	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
	"eyas/internal/registry/sight"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
	"eyas/internal/web/origin"
	"eyas/internal/web/words"
)

// pairView is one question: two subjects side by side, and what was compared.
type pairView struct {
	ID           int64
	State        fact.QuestionState
	Sides        [2]pairSide
	Rows         []pairRow
	Evidence     []evidenceRow
	Weight       string // in words; empty when nothing was weighed
	Bits         string
	Raised       string
	When, Who    string // of the answer; empty while open
	Reason       string
	Why          string // in a sentence, why linkage asks; empty when it does not say
	Before, Next string // addresses of the neighbours in the list
	NextID       string
	Saw          address.Field // the state that the forms answer
}

type pairSide struct {
	Name []words.Part
	URL  string
	Code string
	Gone bool // merged into another, or every import that named it was undone
}

// pairRow is one attribute of both.
type pairRow struct {
	Name  string
	Cells [2]pairCell
}

type pairCell struct {
	Value  []words.Part
	Source origin.Source
}

// telling are the attributes by which people tell subjects apart, in the order in which they are shown.
var telling = []string{"former_names", "registration_no", "org_code", "legal_person", "address", "district", "zone", "registered_on", "registered_capital", "industry", "unit", "email"}

// pair puts two subjects side by side.
func (s *room) pair(ctx context.Context, ask *address.Ask, w words.Writer, q *identity.Question) (*pairView, error) {
	v := &pairView{ID: q.ID, State: q.State, Saw: frame.SawField(sight.SawQuestion(q.ID), string(q.State)), Raised: s.When(q.RaisedAt), Reason: figure.Masked(q.Reason), Why: why(w, q.Evidence), Evidence: evidence(w, q.Evidence)}
	if slices.ContainsFunc(v.Evidence, func(e evidenceRow) bool { return e.Bits != "" }) {
		v.Weight, v.Bits = weight(w, q.Weight), bitsText(q.Weight)
	}
	if !q.DecidedAt.IsZero() {
		v.When, v.Who = s.When(q.DecidedAt), w.Actor(q.DecidedBy)
	}
	names := [2][]words.Part{}
	names[0], names[1] = words.Differences(q.Subject.Name, q.Candidate.Name)
	var facts [2][]fact.SourcedFact
	for i, ref := range []fact.Ref{q.Subject, q.Candidate} {
		v.Sides[i] = pairSide{Name: names[i], Code: ref.Code, URL: ask.Link(s.SubjectPath(q.Register, ref.Code, ref.Subject))}
		root, err := s.Known.Root(ctx, ref.Subject)
		if err != nil {
			return nil, err
		}
		v.Sides[i].Gone = root != ref.Subject
		if facts[i], err = s.Known.Sourced(ctx, ref.Subject); err != nil {
			return nil, err
		}
	}
	if reg := w.City.Register; reg != nil {
		ids := append([]string{reg.NameAttr, reg.CodeAttr}, telling...)
		for _, id := range ids {
			if a := reg.Attribute(id); a != nil && !a.Yearly {
				if row, ok := pairRowOf(ask, w, a, facts); ok {
					v.Rows = append(v.Rows, row)
				}
			}
		}
	}
	return v, nil
}

// pairRowOf gives what both sides have of an attribute, if either has anything.
func pairRowOf(ask *address.Ask, w words.Writer, a *pack.Attribute, facts [2][]fact.SourcedFact) (row pairRow, known bool) {
	row.Name = w.Name(a)
	var values [2]string
	for i := range facts {
		for _, f := range facts[i] {
			if f.Attr.ID == a.ID && f.Year == 0 && !f.Void {
				known = true
				values[i] = w.Value(a, f.Value)
				if unit := w.Unit(a); unit != "" {
					values[i] += " " + unit
				}
				row.Cells[i].Source = origin.OfFact(ask, w, &f)
			}
		}
	}
	row.Cells[0].Value, row.Cells[1].Value = words.Differences(values[0], values[1])
	return row, known
}
