package web

import (
	"context"
	"net/http"
	"slices"

	"eyas/internal/pack"
	"eyas/internal/registry"
)

// pairView is one question: two subjects side by side, and what was compared.
type pairView struct {
	ID           int64
	State        registry.QuestionState
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
	Saw          Field // the state that the forms answer
}

type pairSide struct {
	Name []part
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
	Value  []part
	Source source
}

// telling are the attributes by which people tell subjects apart, in the order in which they are shown.
var telling = []string{"former_names", "registration_no", "org_code", "legal_person", "address", "district", "zone", "registered_on", "registered_capital", "industry", "unit", "email"}

// writerOf is a writer for the subjects of a register.
func (s *Server) writerOf(r *http.Request, register string) writer {
	lang := s.lang(r)
	w := writer{city: s.cities[register], lang: lang, money: s.moneyUnit(r), text: s.words(lang)}
	if w.city == nil {
		w.city = s.city // a register that the pack no longer has
	}
	return w
}

// pair puts two subjects side by side.
func (s *Server) pair(ctx context.Context, ask *Ask, w writer, q *registry.Question) (*pairView, error) {
	v := &pairView{ID: q.ID, State: q.State, Saw: sawField(registry.SawQuestion(q.ID), string(q.State)), Raised: s.when(q.RaisedAt), Reason: q.Reason, Why: w.why(q.Evidence), Evidence: w.evidence(q.Evidence)}
	if slices.ContainsFunc(v.Evidence, func(e evidenceRow) bool { return e.Bits != "" }) {
		v.Weight, v.Bits = w.weight(q.Weight), bitsText(q.Weight)
	}
	if !q.DecidedAt.IsZero() {
		v.When, v.Who = s.when(q.DecidedAt), w.actor(q.DecidedBy)
	}
	names := [2][]part{}
	names[0], names[1] = differences(q.Subject.Name, q.Candidate.Name)
	var facts [2][]registry.SourcedFact
	for i, ref := range []registry.Ref{q.Subject, q.Candidate} {
		v.Sides[i] = pairSide{Name: names[i], Code: ref.Code, URL: ask.Link(s.subjectPath(q.Register, ref.Code, ref.Subject))}
		root, err := s.Registry.Root(ctx, ref.Subject)
		if err != nil {
			return nil, err
		}
		v.Sides[i].Gone = root != ref.Subject
		if facts[i], err = s.Registry.Sourced(ctx, ref.Subject); err != nil {
			return nil, err
		}
	}
	if reg := w.city.register; reg != nil {
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
func pairRowOf(ask *Ask, w writer, a *pack.Attribute, facts [2][]registry.SourcedFact) (row pairRow, known bool) {
	row.Name = w.name(a)
	var values [2]string
	for i := range facts {
		for _, f := range facts[i] {
			if f.Attr.ID == a.ID && f.Year == 0 && !f.Void {
				known = true
				values[i] = w.value(a, f.Value)
				row.Cells[i].Source = factSource(ask, w, &f)
			}
		}
	}
	row.Cells[0].Value, row.Cells[1].Value = differences(values[0], values[1])
	return row, known
}
