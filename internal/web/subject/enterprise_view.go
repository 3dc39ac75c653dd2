package subject

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/registry/fact"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
	"eyas/internal/rule/list"
	"eyas/internal/web/address"
	"eyas/internal/web/city"
	"eyas/internal/web/frame"
	"eyas/internal/web/words"
)

// enterpriseView is the page of one enterprise: what is known of it and from where, and where it stands.
type enterpriseView struct {
	Name, Code string
	Where      string // district
	Cards      []card
	Certs      []certificate
	Groups     []factGroup
	Years      []int
	Yearly     []yearlyRow
	Conflicts  []conflict
	Units      []frame.Option
	Dormant    []city.Dormant
	Edit       string // empty where nothing can be entered
	Provenance *provenance
	relations
}

// card is one recognition: where the enterprise stands, and everything behind it.
type card struct {
	ID    string
	URL   string
	State list.Verdict
	Score string // "82", "62–78" or empty
	Unmet int
	Open  bool
	*reading
}

// certificate is a recognition held or once held.
type certificate struct {
	Name        string
	From, Until string
	Days        int // until it expires, counted from the as-of day; negative: it has expired
	Soon, Past  bool
}

// certificateWarning is how long before its end a certificate is warned about.
const certificateWarning = 365

// enterpriseView shows one enterprise.
func (s *room) enterpriseView(w http.ResponseWriter, r *http.Request) error {
	ask := s.Ask(r)
	subject, err := s.findSubject(r, r.PathValue("key"))
	if err != nil {
		return err
	}
	known, err := s.Known.DossierAt(r.Context(), subject, ask.Moment())
	if err != nil {
		return err
	}
	profile, facts := known.Profile, known.Facts
	if done, err := s.leadToRoot(w, r, s.City.Register.ID, subject, profile); done || err != nil {
		return err
	}
	wr := s.Writer(ask.Lang, s.MoneyUnit(r))
	v := &enterpriseView{Name: profile.Name, Code: profile.Code}
	if f := profile.Fact(s.City.DistrictAttr(), 0); f != nil {
		v.Where = wr.Value(f.Attr, f.Value)
	}
	if s.Subjects != nil {
		v.Edit = ask.Link("/s/" + strconv.FormatInt(subject, 10) + "/edit")
	}
	v.Certs = certificates(wr, profile, ask.Date)
	v.facts(ask, wr, facts)
	if v.Provenance, err = s.provenance(r, wr, profile, s.City.Register, facts); err != nil {
		return err
	}
	if v.relations, err = s.relate(r, ask, wr, known); err != nil {
		return err
	}
	if err := s.cards(r, ask, wr, v, subject, facts); err != nil {
		return err
	}
	for _, u := range []words.Unit{words.InWan, words.InYi, words.InYuan} {
		v.Units = append(v.Units, frame.Option{Label: wr.Text("unit.yuan." + string(u)), URL: ask.With("unit", string(u)), On: u == wr.Money})
	}
	s.Remember(w, r)
	return s.Render(w, r, "enterprise", v)
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

// cards explains every recognition in force. The one that the address names is open, else the one nearest to being met.
func (s *room) cards(r *http.Request, ask *address.Ask, wr words.Writer, v *enterpriseView, subject int64, facts []fact.SourcedFact) error {
	base, err := s.BaseOf(r.Context(), ask)
	if err != nil {
		return err
	}
	outcomes, t, err := base.Outcomes(r.Context(), ask.Date, ask.Assume)
	if err != nil {
		return err
	}
	row := t.Row(subject)
	if row < 0 {
		return nil // its imports were undone: the profile alone is shown
	}
	sources := map[col.Key]*fact.SourcedFact{}
	for i := range facts {
		sources[col.Key{Attr: facts[i].Attr.ID, Year: facts[i].Year}] = &facts[i]
	}
	for _, o := range outcomes {
		x, err := s.Rules.Explain(t, row, o.Rule.ID, rule.Options{Date: ask.Date, Assume: ask.Assume})
		if err != nil {
			return err
		}
		c := card{ID: o.Rule.ID, URL: ask.With("rule", o.Rule.ID) + "#rule-" + o.Rule.ID, State: city.VerdictOf(o, row),
			reading: readExplanation(ask, wr, x, sources)}
		for _, cv := range c.Criteria {
			if cv.State == list.Unmet {
				c.Unmet++
			}
		}
		if x.HasScore {
			c.Score = figure.Points(x.ScoreLow, x.ScoreHigh)
		}
		v.Cards = append(v.Cards, c)
	}
	v.Dormant = s.City.Dormant(outcomes)
	open := slices.IndexFunc(v.Cards, func(c card) bool { return c.ID == r.URL.Query().Get("rule") })
	for _, state := range []list.Verdict{list.Near, list.Pending, list.Unknown, list.Unmet, list.Met} {
		if open < 0 {
			open = slices.IndexFunc(v.Cards, func(c card) bool { return c.State == state })
		}
	}
	if open >= 0 {
		v.Cards[open].Open = true
	}
	return nil
}

// certificates are those that the pack says the register keeps; one without an end holds for its term.
func certificates(wr words.Writer, p *fact.Profile, on time.Time) []certificate {
	var certs []certificate
	for _, kept := range wr.City.Register.Certificates {
		issued := p.Fact(kept.From, 0)
		if issued == nil {
			continue
		}
		from := time.Unix(issued.Value.Int*86400, 0).UTC()
		c := certificate{Name: kept.Name.In(wr.Lang), From: figure.Date(from)}
		if r := wr.City.Recognition(kept.ID); r != nil {
			c.Name = r.Name.In(wr.Lang)
		}
		until, known := kept.Last(from)
		if end := p.Fact(kept.Until, 0); kept.Until != "" && end != nil {
			until, known = time.Unix(end.Value.Int*86400, 0).UTC(), true
		}
		if known {
			c.Until = figure.Date(until)
			c.Days = int(until.Sub(on).Hours() / 24)
			c.Past = c.Days < 0
			c.Soon = !c.Past && c.Days <= certificateWarning
		}
		certs = append(certs, c)
	}
	return certs
}
