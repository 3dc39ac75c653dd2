package subject

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/dossier"
	"eyas/internal/registry/fact"
	"eyas/internal/rule/kernel"
	"eyas/internal/web/address"
	"eyas/internal/web/city"
	"eyas/internal/web/frame"
	"eyas/internal/web/standing"
	"eyas/internal/web/words"
)

// object is the page of one subject of any register: a head that says how it stands, and a panel for each tab but those
// with pages of their own.
type object struct {
	head
	Panel    string          // the tab whose panel is shown at first
	Cards    []standing.Card // the recognitions, the open one first; none where no rule is about the register
	Dormant  []city.Dormant
	Facts    []factRow // what a list shows of the subject; only without recognitions
	Lacks    []string  // required attributes without a value; only without recognitions
	Sections []section
	provenance
	relations
	Conflicts []conflict
}

// head is what every page of a subject begins with.
type head struct {
	Register pack.Text
	Main     bool // the register that rules are about first
	Crumbs   []crumb
	Name     string // never empty
	Code     string
	Where    string // district
	Status   pack.Status
	Gone     bool // all imports that named it were undone
	Out      bool // it takes no part in the screenings of the day
	Stands   standing.Sentence
	Chips    []standing.Card // the recognitions in the order of the ladder
	Certs    []certificate
	Doubts   []*standing.Doubt
	Tabs     []tab
	Units    []frame.Option
	Edit     string // empty where nothing can be entered
	Erase    string // empty where who looks may not ask that data are erased
	Unmasked unmasked
}

// crumb is a step of the way to a page; the last ones lead nowhere.
type crumb struct{ Text, URL string }

// tab is one of the parts of a subject's page.
type tab struct {
	ID, URL string
	N       int // of what is behind it; 0: not counted
	On      bool
	Away    bool // it has a page of its own
}

// The tabs of a subject, in their order. Rooms to come put theirs between them.
const (
	tabConclusion = "conclusion"
	tabData       = "data"
	tabRelations  = "relations"
	tabCases      = "cases"
	tabHistory    = "history"
)

// open is what a request asks to see of a subject: what is known of it, written for the reader.
type open struct {
	standing.Reader
	at    fact.Moment // of what is known
	reg   *pack.Register
	known *dossier.Dossier
	shown unmasked

	enters bool // who reads may enter and mend values: what leads there is offered
}

// own leads who stands for one subject to its page.
func (s *room) own(w http.ResponseWriter, r *http.Request) error {
	subject := s.OwnSubject(r.Context())
	if subject == 0 {
		return frame.ErrNoPage()
	}
	subject, err := s.Known.Root(r.Context(), subject)
	if err != nil {
		return err
	}
	register, err := s.Known.RegisterOf(r.Context(), subject)
	if err != nil {
		return err
	}
	p, err := s.Known.Profile(r.Context(), subject)
	if err != nil {
		return err
	}
	http.Redirect(w, r, s.Ask(r).Link(s.SubjectPath(register, p.Code, subject)), http.StatusSeeOther)
	return nil
}

// enterpriseView shows a subject of the main register.
func (s *room) enterpriseView(w http.ResponseWriter, r *http.Request) error {
	subject, err := s.findSubject(r, r.PathValue("key"))
	if err != nil {
		return err
	}
	return s.showObject(w, r, s.City.Register, subject)
}

// subject shows one subject of another register. Those of the main register have addresses of their own.
func (s *room) subject(w http.ResponseWriter, r *http.Request) error {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || s.Subjects == nil {
		return fault.New(fault.NotFound, "没有编号为“"+r.PathValue("id")+"”的主体。请从列表中打开。", "There is no subject “"+r.PathValue("id")+"”. Open one from a list.")
	}
	register, err := s.Subjects.RegisterOf(r.Context(), id)
	if err != nil {
		return err
	}
	reg := s.Pack.Register(register)
	if reg == s.City.Register {
		http.Redirect(w, r, s.Ask(r).Link(address.EnterprisePath("", id), "tab", r.URL.Query().Get("tab")), http.StatusSeeOther)
		return nil
	}
	return s.showObject(w, r, reg, id)
}

// findSubject resolves the last part of an enterprise's address: its code, or s- and its number in the base.
func (s *room) findSubject(r *http.Request, key string) (int64, error) {
	none := fault.New(fault.NotFound, "库里没有企业“"+key+"”。请用名称或代码搜索。",
		"There is no enterprise “"+key+"” in the base. Search by name or code.")
	if text, ok := strings.CutPrefix(key, "s-"); ok {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return 0, none
		}
		return id, nil
	}
	refs, err := s.Known.Find(r.Context(), key)
	if err != nil {
		return 0, err
	}
	for _, ref := range refs {
		if strings.EqualFold(ref.Code, key) {
			return ref.Subject, nil
		}
	}
	for _, ref := range refs { // a code that is known no more: its subject was merged into another
		if id, err := s.mergedOf(r, ref.Subject, strings.ToUpper(key)); id != 0 || err != nil {
			return id, err
		}
	}
	return 0, none
}

// showObject shows a subject.
func (s *room) showObject(w http.ResponseWriter, r *http.Request, reg *pack.Register, subject int64) error {
	known, err := s.Known.DossierAt(r.Context(), subject, s.Ask(r).Moment())
	if err != nil {
		return err
	}
	if done, err := s.leadToRoot(w, r, reg.ID, subject, known.Profile); done || err != nil {
		return err
	}
	x, err := s.open(w, r, reg, known, s.Ask(r).Moment())
	if err != nil {
		return err
	}
	s.Looked(r, known.Profile.Subject)
	v := &object{Panel: tabConclusion, Sections: sectionsOf(x), Conflicts: conflicts(x)}
	if at := r.URL.Query().Get("tab"); at == tabData || at == tabRelations {
		v.Panel = at
	}
	if v.provenance, err = s.provenance(r, x); err != nil {
		return err
	}
	if v.relations, err = s.relate(r, x.Ask, x.W, known); err != nil {
		return err
	}
	if err := s.head(r, x, &v.head, v.Panel); err != nil {
		return err
	}
	v.Tabs[slices.IndexFunc(v.Tabs, func(t tab) bool { return t.ID == tabRelations })].N = v.relations.count()
	v.Cards = standing.Opened(v.Chips)
	if len(v.Chips) == 0 {
		v.Facts, v.Lacks = s.keyFacts(x)
		var named []standing.Named
		for _, g := range v.NamedBy {
			named = append(named, standing.Named{Name: g.Name, N: g.Total})
		}
		v.Stands.Known(&x.Reader, named, len(v.Rows), v.Sources, v.Lacks)
	}
	s.Remember(w, r)
	return s.Render(w, r, "object", v)
}

// open reads what a page about a subject needs besides what is known of it.
func (s *room) open(w http.ResponseWriter, r *http.Request, reg *pack.Register, known *dossier.Dossier, at fact.Moment) (*open, error) {
	x := &open{Reader: standing.Reader{Ask: s.Ask(r), W: s.WriterOf(r, reg.ID)}, at: at, reg: reg, known: known, enters: s.May(r.Context(), auth.Enter)}
	if err := s.unmask(w, r, x); err != nil {
		return nil, err
	}
	var err error
	x.Doubts, err = s.doubted(r, x)
	return x, err
}

// head writes the head of a subject's page; on is the tab that is shown.
func (s *room) head(r *http.Request, x *open, h *head, on string) error {
	p := x.known.Profile
	h.Register, h.Main = x.reg.Name, x.reg == s.City.Register
	h.Name, h.Code, h.Status, h.Gone = cmp.Or(p.Name, p.Code, "—"), p.Code, x.reg.Status, p.Gone
	if h.Main {
		h.Crumbs, h.Status = []crumb{{x.W.Text("list.title"), x.Link("/enterprises")}}, ""
	} else {
		h.Crumbs = []crumb{{x.W.Text("registers.title"), x.Link("/registers")}, {x.reg.Name.In(x.Lang), x.Link(s.RegisterPath(x.reg))}}
	}
	if id := x.W.City.DistrictAttr(); id != "" {
		if f := p.Fact(id, 0); f != nil {
			h.Where = x.W.Value(f.Attr, f.Value)
		}
	}
	if s.Subjects != nil && x.enters {
		h.Edit = x.Link(subjectStep(p.Subject, "edit"))
	}
	if s.Erases && s.May(r.Context(), auth.AskErasure) {
		h.Erase = x.Link(subjectStep(p.Subject, "erase"))
	}
	h.Unmasked = x.shown
	h.Certs, h.Doubts = certificates(x.W, p, x.Date), x.Doubts.List
	here := s.SubjectPath(x.reg.ID, p.Code, p.Subject)
	if on != tabHistory {
		here = x.Path()
	}
	for _, id := range []string{tabConclusion, tabData, tabRelations, tabCases, tabHistory} {
		t := tab{ID: id, On: id == on}
		switch {
		case id == tabCases:
			n, has, err := s.casesOf(r.Context(), x.reg, p.Subject)
			if err != nil {
				return err
			}
			if !has {
				continue
			}
			t.URL, t.N, t.Away = x.Link(subjectStep(p.Subject, "cases")), n, true
		case id == tabHistory:
			t.URL, t.Away = x.Link(subjectStep(p.Subject, "history")), true
		case on == tabHistory && id == tabConclusion:
			t.URL = x.Link(here)
		case on == tabHistory:
			t.URL = x.Link(here, "tab", id)
		case id == tabConclusion:
			t.URL = x.With("tab", "")
		default:
			t.URL = x.With("tab", id)
		}
		t.Away = t.Away || on == tabHistory
		h.Tabs = append(h.Tabs, t)
	}
	for _, u := range []words.Unit{words.InWan, words.InYi, words.InYuan} {
		h.Units = append(h.Units, frame.Option{Label: x.W.Text("unit.yuan." + string(u)), URL: x.With("unit", string(u)), On: u == x.W.Money})
	}
	if first := x.first(); first != nil && int32(first.Value.Int) > kernel.Days(x.Date) {
		h.Stands.Early(&x.Reader, first)
	}
	return s.cards(r, x, h, here)
}

// casesOf counts the cases of a subject; has is false where there are no matters for its register.
func (s *room) casesOf(ctx context.Context, reg *pack.Register, subject int64) (n int, has bool, err error) {
	if s.Cases == nil || !slices.ContainsFunc(s.Pack.Matters, func(m *pack.MatterType) bool { return m.Register == reg.ID }) {
		return 0, false, nil
	}
	n, err = s.Cases(ctx, subject)
	return n, true, err
}

// first is the day from which there is the subject; nil where none is known.
func (x *open) first() *fact.SourcedFact {
	for i := range x.known.Facts {
		if f := &x.known.Facts[i]; f.Attr.ID == x.reg.BeginsAttr && !f.Void {
			return f
		}
	}
	return nil
}

// keyFacts are, of a subject that no recognition is about, what its register's list shows, and what should be known and is
// not.
func (s *room) keyFacts(x *open) (rows []factRow, lacks []string) {
	for _, id := range x.reg.Listed {
		if id == x.reg.CodeAttr || id == x.reg.NameAttr {
			continue
		}
		for i := len(x.known.Facts) - 1; i >= 0; i-- { // of yearly ones the last year
			if f := &x.known.Facts[i]; f.Attr.ID == id && (f.Year == 0 || f.Year == lastYear(x.known.Facts, id)) {
				rows = append(rows, x.row(f))
				break
			}
		}
	}
	for _, a := range x.reg.Attributes {
		if a.Required && !slices.ContainsFunc(x.known.Facts, func(f fact.SourcedFact) bool { return f.Attr == a && !f.Void }) {
			lacks = append(lacks, x.W.Name(a))
		}
	}
	return rows, lacks
}

func lastYear(facts []fact.SourcedFact, id string) (year int) {
	for i := range facts {
		if facts[i].Attr.ID == id {
			year = max(year, facts[i].Year)
		}
	}
	return year
}
