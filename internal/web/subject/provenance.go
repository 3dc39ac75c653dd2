package subject

import (
	"net/http"
	"slices"
	"strconv"

	"eyas/internal/auth"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
	"eyas/internal/web/address"
	"eyas/internal/web/origin"
	"eyas/internal/web/standing"
	"eyas/internal/web/words"
)

// provenance is the part of a subject's page that says where every value is from, which others lost against it and
// why, and where values are corrected and records moved.
type provenance struct {
	Rows                     []originRow
	Sources                  int // files and forms that give values
	History, Records, SeenBy string
	Disclosed                string // address of the page that says who looked; empty: who asks may not see it
	Mandates                 string // address of the page of who stands for it; empty: who asks may not see it
	Shares                   string // address of the page of consents and assignments; empty: who asks may give none
	Correct                  string // address of the form for a value that is not known yet; empty in the past
	Unknown                  bool   // nothing was known of the subject at the moment that is asked for
	Merged                   string // the name of a subject that was merged into this one, and whose address was asked for
}

// originRow is one value with its source and its losers.
type originRow struct {
	ID          string // of the row in the page
	Name        string
	Value, Unit string
	Source      origin.Source
	Losers      []losingRow
	Correct     string
	Doubt       *standing.Doubt
}

type losingRow struct {
	Value  string
	Source origin.Source
	Why    string
}

func subjectStep(subject int64, step string) string {
	return "/s/" + strconv.FormatInt(subject, 10) + "/" + step
}

// provenance lays out where the values of a subject are from.
func (s *room) provenance(r *http.Request, x *open) (v provenance, err error) {
	ask, w, p, reg, facts := x.Ask, x.W, x.known.Profile, x.reg, x.known.Facts
	v = provenance{History: ask.Link(subjectStep(p.Subject, "history")), Records: ask.Link(address.RecordsPath(p.Subject)), Unknown: p.Gone && !ask.Known.IsZero()}
	if _, ok := s.Actors.(seers); ok && s.Jurisdiction != nil && s.Peopled(r.Context()) {
		v.SeenBy = ask.Link(subjectStep(p.Subject, "seen-by"))
	}
	if s.Ledger != nil && s.Actors.Decide(r.Context(), auth.Trace, auth.Resource{}) == nil {
		v.Disclosed = ask.Link(subjectStep(p.Subject, "disclosed"))
	}
	for _, a := range []auth.Action{auth.Consent, auth.Assign} {
		if s.Shares && s.Actors.Decide(r.Context(), a, auth.Resource{}) == nil {
			v.Shares = ask.Link(subjectStep(p.Subject, "shares"))
		}
	}
	for _, a := range []auth.Action{auth.Entrust, auth.Represent} {
		if s.Mandates != nil && s.Mandates.Of(reg.ID) != nil && s.Peopled(r.Context()) && s.Actors.Decide(r.Context(), a, auth.Resource{}) == nil {
			v.Mandates = ask.Link(subjectStep(p.Subject, "mandates"))
		}
	}
	if x.enters && ask.Moment().Latest() {
		v.Correct = ask.Link(subjectStep(p.Subject, "correct"))
	}
	judge := derive.NewJudge(s.Pack, reg, ask.Moment())
	files := map[int64]bool{}
	for i := range facts {
		f := &facts[i]
		files[f.Source.Import] = true
		key := words.ValueKey(f.Attr, f.Year)
		row := originRow{ID: "of-" + key, Name: w.YearName(f.Attr, f.Year), Value: w.Said(&f.Fact), Unit: w.Unit(f.Attr), Source: origin.OfFact(ask, w, f), Doubt: x.Doubts.Of(f), Correct: x.correct(f)}
		for j := range f.Losers {
			l := &f.Losers[j]
			row.Losers = append(row.Losers, losingRow{w.Said(&l.Fact), origin.OfFact(ask, w, l), w.Text("identity.why." + string(judge.Why(&f.Fact, &l.Fact)))})
		}
		v.Rows = append(v.Rows, row)
	}
	v.Sources = len(files)
	return v, s.notes(r, p.Subject, &v)
}

// notes says what led to the page: the address of a subject that was merged into this one.
func (s *room) notes(r *http.Request, subject int64, v *provenance) error {
	q := r.URL.Query()
	if from, err := strconv.ParseInt(q.Get("from"), 10, 64); err == nil {
		root, err := s.Known.Root(r.Context(), from)
		if err != nil {
			return err
		}
		if root == subject && from != subject {
			if v.Merged, err = s.formerName(r, from); err != nil {
				return err
			}
		}
	}
	return nil
}

// formerName is what a subject was called when it was merged into another.
func (s *room) formerName(r *http.Request, subject int64) (string, error) {
	merges, err := s.Identities.MergesOf(r.Context(), subject)
	if err != nil {
		return "", err
	}
	for _, m := range merges {
		if m.From.Subject == subject && m.UndoneAt.IsZero() {
			if m.From.Name == "" {
				return m.From.Code, nil
			}
			return m.From.Name, nil
		}
	}
	return "", nil
}

// leadToRoot answers for a subject that was merged into another with the page of that one, unless the past is asked
// for in which it was a subject of its own. It reports whether it answered.
func (s *room) leadToRoot(w http.ResponseWriter, r *http.Request, register string, subject int64, p *fact.Profile) (bool, error) {
	ask := s.Ask(r)
	if !p.Gone {
		return false, nil
	}
	root, err := s.Known.Root(r.Context(), subject)
	if err != nil || root == subject {
		return false, err
	}
	http.Redirect(w, r, ask.Link(s.SubjectPath(register, "", root), "from", strconv.FormatInt(subject, 10)), http.StatusSeeOther)
	return true, nil
}

// mergedOf finds, below a subject, the one that was merged into it and has a code.
func (s *room) mergedOf(r *http.Request, subject int64, code string) (int64, error) {
	seen := []int64{subject}
	for i := 0; i < len(seen); i++ {
		merges, err := s.Identities.MergesOf(r.Context(), seen[i])
		if err != nil {
			return 0, err
		}
		for _, m := range merges {
			if m.Into.Subject != seen[i] || !m.UndoneAt.IsZero() || slices.Contains(seen, m.From.Subject) {
				continue
			}
			if m.From.Code == code {
				return m.From.Subject, nil
			}
			seen = append(seen, m.From.Subject)
		}
	}
	return 0, nil
}
