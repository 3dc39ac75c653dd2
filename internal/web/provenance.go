package web

import (
	"net/http"
	"slices"
	"strconv"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry"
)

// provenance is the part of a subject's page that says where every value is from, which others lost against it and
// why, and where values are corrected and records moved.
type provenance struct {
	Rows             []originRow
	Sources          int // files and forms that give values
	History, Records string
	Correct          string // address of the form for a value that is not known yet; empty in the past
	Unknown          bool   // nothing was known of the subject at the moment that is asked for
	Merged           string // the name of a subject that was merged into this one, and whose address was asked for
	Entered          *enteredNote
}

// originRow is one value with its source and its losers.
type originRow struct {
	ID          string // of the row in the page
	Name        string
	Value, Unit string
	Source      source
	Losers      []losingRow
	Correct     string
}

type losingRow struct {
	Value  string
	Source source
	Why    string
}

// enteredNote offers to take a correction back that was entered just now.
type enteredNote struct {
	Import int64
	Undo   string
}

// valueKey names a value as forms do: staff@2020, or district.
func valueKey(a *pack.Attribute, year int) string {
	if year == 0 {
		return a.ID
	}
	return a.ID + "@" + strconv.Itoa(year)
}

// yearName names an attribute with its year.
func (w writer) yearName(a *pack.Attribute, year int) string {
	if year == 0 {
		return w.name(a)
	}
	return strconv.Itoa(year) + " " + a.Name.In(w.lang)
}

func subjectStep(subject int64, step string) string {
	return "/s/" + strconv.FormatInt(subject, 10) + "/" + step
}

// provenance lays out where the values of a subject are from.
func (s *Server) provenance(r *http.Request, w writer, p *registry.Profile, reg *pack.Register, facts []registry.SourcedFact) (*provenance, error) {
	ask := s.ask(r)
	v := &provenance{History: ask.Link(subjectStep(p.Subject, "history")), Records: ask.Link(identityPath(p.Subject)), Unknown: p.Gone && !ask.Known.IsZero()}
	now := ask.Moment().Latest()
	if now {
		v.Correct = ask.Link(subjectStep(p.Subject, "correct"))
	}
	judge := registry.NewJudge(s.Pack, reg, ask.Moment())
	files := map[int64]bool{}
	for i := range facts {
		f := &facts[i]
		files[f.Source.Import] = true
		key := valueKey(f.Attr, f.Year)
		row := originRow{ID: "of-" + key, Name: w.yearName(f.Attr, f.Year), Value: w.said(&f.Fact), Unit: w.unit(f.Attr), Source: factSource(ask, w, f)}
		if now && f.Attr.ID != reg.CodeAttr {
			row.Correct = ask.Link(subjectStep(p.Subject, "correct"), "key", key)
		}
		for j := range f.Losers {
			l := &f.Losers[j]
			row.Losers = append(row.Losers, losingRow{w.said(&l.Fact), factSource(ask, w, l), w.text("identity.why." + string(judge.Why(&f.Fact, &l.Fact)))})
		}
		v.Rows = append(v.Rows, row)
	}
	v.Sources = len(files)
	return v, s.notes(r, p.Subject, v)
}

// notes says what led to the page: an address of a subject that was merged into this one, or a correction.
func (s *Server) notes(r *http.Request, subject int64, v *provenance) error {
	q := r.URL.Query()
	if from, err := strconv.ParseInt(q.Get("from"), 10, 64); err == nil {
		root, err := s.Registry.Root(r.Context(), from)
		if err != nil {
			return err
		}
		if root == subject && from != subject {
			if v.Merged, err = s.formerName(r, from); err != nil {
				return err
			}
		}
	}
	if id, err := strconv.ParseInt(q.Get("entered"), 10, 64); err == nil && s.importsReady() == nil {
		imp, err := s.Registry.ImportByID(r.Context(), id)
		if err != nil {
			return err
		}
		if imp.UndoneAt.IsZero() && imp.Form != "" {
			v.Entered = &enteredNote{id, s.ask(r).Link(subjectStep(subject, "entries/"+strconv.FormatInt(id, 10)+"/undo"))}
		}
	}
	return nil
}

// formerName is what a subject was called when it was merged into another.
func (s *Server) formerName(r *http.Request, subject int64) (string, error) {
	merges, err := s.Registry.MergesOf(r.Context(), subject)
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
func (s *Server) leadToRoot(w http.ResponseWriter, r *http.Request, register string, subject int64, p *registry.Profile) (bool, error) {
	ask := s.ask(r)
	if !p.Gone {
		return false, nil
	}
	root, err := s.Registry.Root(r.Context(), subject)
	if err != nil || root == subject {
		return false, err
	}
	http.Redirect(w, r, ask.Link(s.subjectPath(register, "", root), "from", strconv.FormatInt(subject, 10)), http.StatusSeeOther)
	return true, nil
}

// mergedOf finds, below a subject, the one that was merged into it and has a code.
func (s *Server) mergedOf(r *http.Request, subject int64, code string) (int64, error) {
	seen := []int64{subject}
	for i := 0; i < len(seen); i++ {
		merges, err := s.Registry.MergesOf(r.Context(), seen[i])
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

// identityOf finds the subject that an address of its history or records names, with its register and a writer.
func (s *Server) identityOf(r *http.Request) (p *registry.Profile, reg *pack.Register, w writer, err error) {
	none := fault.New(fault.NotFound, "没有编号为“"+r.PathValue("id")+"”的主体。请从列表中打开。", "There is no subject “"+r.PathValue("id")+"”. Open one from a list.")
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || s.Registry == nil {
		return nil, nil, w, none
	}
	register, err := s.Registry.RegisterOf(r.Context(), id)
	if err != nil {
		return nil, nil, w, err
	}
	if reg = s.Pack.Register(register); reg == nil {
		return nil, nil, w, none
	}
	p, err = s.Registry.ProfileAt(r.Context(), id, registry.Moment{})
	return p, reg, s.writerOf(r, register), err
}
