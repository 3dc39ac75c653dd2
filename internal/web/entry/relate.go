package entry

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/sight"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
	"eyas/internal/web/words"
)

// relateView is the page on which subjects are joined to one by a relation of the pack, from either side: a carrier takes
// tenants, a person gets a unit. Names and codes are typed or pasted, what is understood is shown, and then it is saved.
type relateView struct {
	frame.Crumbs
	Title    string
	Others   string // what those are that are named: 企业
	Lines    string // what was typed
	Several  bool   // more than one can be named
	Find     string
	Searched bool
	Found    []proposal
	Day      string
	DayName  string // of the attribute with the day; empty: none is asked for
	Looked   bool   // what was typed has been understood
	Rows     []relateRow
	Writes   int // rows that would be written
	Problems []problem
	Failed   bool
	New      string // address of the form that adds somebody new who names this one; empty: there is none
	Propose  string // address that proposes names
	Action   string

	subject  *fact.Profile
	reg      *pack.Register // of the subject
	relation *pack.Relation
	back     bool     // the subject is the one that is named
	others   []string // the registers of the others
	writer   words.Writer
}

// relateRow is one line of what was typed, and whom it means.
type relateRow struct {
	N       int
	Text    string
	Choices []relateChoice
	Chosen  int64
	State   string // ready, moves, already, choose, none or twice
	Now     string // whom the one that is chosen names now
	Saw     []address.Field
}

type relateChoice struct {
	proposal
	On bool
}

// Field is the name under which the choice of the row is sent.
func (r relateRow) Field() string { return "line." + strconv.Itoa(r.N) }

// mostLines bounds how many are joined at a time; offered is how many subjects a line that names none exactly is asked about.
const mostLines, offered = 300, 5

// relateView reads which relation an address is about: rel=REGISTER.RELATION, and side=back from the one that is named.
func (s *room) relateView(r *http.Request) (*relateView, error) {
	p, reg, w, err := s.SubjectOf(r, s.Known)
	if err != nil {
		return nil, err
	}
	if s.Subjects == nil {
		return nil, frame.ErrNoPage()
	}
	ask, q := s.Ask(r), r.URL.Query()
	from, id, _ := strings.Cut(q.Get("rel"), ".")
	v := &relateView{Crumbs: s.Crumbs(ask, p, reg), subject: p, reg: reg, back: q.Get("side") == "back", writer: w, Several: true, Action: ask.With("saved", "", "again", "")}
	if named := s.Pack.Register(from); named != nil {
		v.relation = relationOf(named, id)
	}
	if v.relation == nil || v.back && !slices.Contains(v.relation.To, reg.ID) || !v.back && v.relation.From != reg.ID {
		return nil, frame.ErrNoPage()
	}
	if v.others = v.relation.To; v.back {
		v.others = []string{v.relation.From}
		v.New = ask.Link("/registers/"+v.relation.From+"/new", "relation", v.relation.ID, "to", strconv.FormatInt(p.Subject, 10))
		v.Title = w.Text("relate.title.back", "name", p.Name, "relation", v.relation.Back.In(w.Lang))
	} else {
		a := reg.Attribute(v.relation.NameAttr)
		v.Several = a != nil && a.Kind == pack.List
		v.Title = w.Text("relate.title", "name", p.Name, "relation", v.relation.Name.In(w.Lang))
	}
	v.Propose = ask.Link("/registers/" + v.others[0] + "/propose")
	if !v.back {
		v.Propose = ask.Link("/registers/"+reg.ID+"/propose", "relation", v.relation.ID)
	}
	var names []string
	for _, id := range v.others {
		names = append(names, s.Pack.Register(id).One.In(w.Lang))
	}
	v.Others = strings.Join(names, w.Text("relate.or"))
	if a := s.Pack.Register(v.relation.From).Attribute(v.relation.FromAttr); a != nil {
		v.DayName = w.Name(a)
	}
	return v, nil
}

func (s *room) askRelate(w http.ResponseWriter, r *http.Request) error {
	v, err := s.relateView(r)
	if err != nil {
		return err
	}
	return s.Render(w, r, "relate", v)
}

// enterRelate shows what is understood of the lines that were sent, or saves it.
func (s *room) enterRelate(w http.ResponseWriter, r *http.Request) error {
	v, err := s.relateView(r)
	if err != nil {
		return err
	}
	f := r.PostForm
	v.Lines, v.Day, v.Find = f.Get("lines"), strings.TrimSpace(f.Get("day")), strings.TrimSpace(f.Get("find"))
	if id, err := strconv.ParseInt(f.Get("pick"), 10, 64); err == nil {
		if err := s.addLine(r, v, id); err != nil {
			return err
		}
	}
	if f.Get("do") == "find" {
		v.Searched = true
		if v.Found, err = s.proposals(r, v.others, v.Find, proposed); err != nil {
			return err
		}
		return s.Render(w, r, "relate", v)
	}
	if err := s.understand(r, v); err != nil {
		return err
	}
	if r.URL.Query().Get("part") != "" {
		return s.RenderPart(w, r, "relate", "understood", v)
	}
	save := f.Get("do") == "save"
	text := v.writer.Text
	switch {
	case len(v.Rows) == 0:
		v.Problems = []problem{{"lines", text("relate.empty", "others", v.Others)}}
	case !v.Several && len(v.Rows) > 1:
		v.Problems = []problem{{"lines", text("relate.one", "others", v.Others)}}
	case save && v.Writes == 0:
		v.Problems = []problem{{"lines", text("relate.nothing")}}
	}
	if v.Failed = v.Problems != nil; v.Failed {
		s.RenderStatus(w, r, http.StatusUnprocessableEntity, "relate", v)
		return nil
	}
	if !save || !s.sawAll(r, v) {
		return s.Render(w, r, "relate", v)
	}
	return s.relate(w, r, v)
}

// addLine adds somebody who was picked to what was typed.
func (s *room) addLine(r *http.Request, v *relateView, subject int64) error {
	p, err := s.Known.Profile(r.Context(), subject)
	if err != nil {
		return err
	}
	line := p.Name
	if p.Code != "" {
		line = p.Code + "\t" + p.Name
	}
	if v.Find = ""; v.Several {
		v.Lines = strings.TrimLeft(strings.TrimRight(v.Lines, "\n\r ")+"\n"+line, "\n")
	} else {
		v.Lines = line
	}
	return nil
}

// sawAll reports whether the form shows all that it would write upon; one that was sent without script and without looking
// first does not.
func (s *room) sawAll(r *http.Request, v *relateView) bool {
	seen, err := frame.ReadSeen(r)
	if err != nil {
		return false
	}
	for _, row := range v.Rows {
		for _, saw := range row.Saw {
			if thing, _, _ := strings.Cut(saw.Value, "="); row.writes() && seen[thing] == "" {
				return false
			}
		}
	}
	return true
}

// writes reports whether a row is written.
func (r *relateRow) writes() bool { return r.State == "ready" || r.State == "moves" }

// relate saves what was understood, as one.
func (s *room) relate(w http.ResponseWriter, r *http.Request, v *relateView) error {
	ask := s.Ask(r)
	entries, err := s.relateEntries(r, v)
	if err != nil {
		return err
	}
	seen, err := frame.ReadSeen(r)
	if err != nil {
		return err
	}
	things := sight.Seen{} // of what is written
	for _, row := range v.Rows {
		for _, saw := range row.Saw {
			if thing, _, _ := strings.Cut(saw.Value, "="); row.writes() {
				things[thing] = seen[thing]
			}
		}
	}
	var ids []int64
	err = s.Frame.Entries.Upon(r.Context(), things, func(ctx context.Context) error {
		ids = ids[:0]
		for _, e := range entries {
			id, _, err := s.Entries.Enter(ctx, e)
			if err != nil {
				return err
			}
			ids = append(ids, id)
		}
		return nil
	})
	if frame.IsStale(err) || fault.Of(err) == fault.Invalid {
		why := problem{"lines", sentence(err, v.writer.Lang)}
		sent := v
		if v, err = s.relateView(r); err != nil {
			return err
		}
		v.Lines, v.Day = sent.Lines, sent.Day
		if err := s.understand(r, v); err != nil {
			return err
		}
		v.Problems, v.Failed = []problem{why}, true
		s.RenderStatus(w, r, http.StatusConflict, "relate", v) // it shows what is now
		return nil
	}
	if err != nil {
		return err
	}
	to := ask.Link(s.SubjectPath(v.reg.ID, v.subject.Code, v.subject.Subject), frame.EntryPair(ids...)...)
	http.Redirect(w, r, to+"#relations", http.StatusSeeOther)
	return nil
}

// relateEntries are the entries by which those that were chosen are joined: each is written of the one that names.
func (s *room) relateEntries(r *http.Request, v *relateView) (list []intake.Entry, err error) {
	text := v.writer.Text
	entry := func(subject int64, name *fact.Profile, others ...string) intake.Entry {
		e := intake.Entry{Register: v.relation.From, Subject: subject, Values: map[string]string{}, Form: text("relate.form"), Lang: v.writer.Lang}
		e.Source = intake.HandSource(s.Pack, v.relation.From, true)
		switch {
		case s.isList(v):
			e.Values[v.relation.NameAttr] = strings.Join(others, "；")
		case v.relation.NameAttr != "":
			e.Values[v.relation.NameAttr] = name.Name
		}
		switch {
		case v.relation.CodeAttr == "" || s.isList(v): // the code is the first one's, where there are several
		case name.Code != "":
			e.Values[v.relation.CodeAttr] = name.Code
		default: // the code of the one that was named before would lead there
			e.Void = []string{v.relation.CodeAttr}
		}
		if v.Day != "" && v.DayName != "" {
			e.Values[v.relation.FromAttr] = v.Day
		}
		return e
	}
	var added []string
	var last *fact.Profile
	for _, row := range v.Rows {
		if !row.writes() {
			continue
		}
		other, err := s.Known.Profile(r.Context(), row.Chosen)
		if err != nil {
			return nil, err
		}
		if v.back {
			list = append(list, entry(row.Chosen, v.subject, append(namesOf(other, v.relation), v.subject.Name)...))
			continue
		}
		added, last = append(added, other.Name), other
	}
	if last != nil {
		list = append(list, entry(v.subject.Subject, last, append(namesOf(v.subject, v.relation), added...)...))
	}
	for i := range list {
		if list[i].Void != nil { // nothing known cannot be wrong
			if p, err := s.Known.Profile(r.Context(), list[i].Subject); err != nil {
				return nil, err
			} else if f := p.Fact(v.relation.CodeAttr, 0); f == nil || f.Void {
				list[i].Void = nil
			}
		}
	}
	return list, nil
}

// namesOf are those that a subject names through a relation now.
func namesOf(p *fact.Profile, v *pack.Relation) []string {
	if f := p.Fact(v.NameAttr, 0); v.NameAttr != "" && f != nil && !f.Void {
		return several(f.Value.Str)
	}
	return nil
}
