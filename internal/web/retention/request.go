package retention

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/retention"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
	"eyas/internal/tri"
	"eyas/internal/web/frame"
)

func errChoose() error {
	return fault.New(fault.Invalid, "请选择要做什么。", "Choose what to do.")
}

func wrongNumber(cells int) error {
	return fault.New(fault.Invalid, fmt.Sprintf("请填写要抹除的单元格数 %d，以示确认。", cells), fmt.Sprintf("Write the number of cells that are erased, %d, to confirm.", cells))
}

// requestView is the form by which data of one subject are erased at its request.
type requestView struct {
	frame.Crumbs
	To       string
	Personal []fieldRow
	Others   []fieldRow
	Reason   string
	Held     *retention.Hold
	Brought  int // by others about it, not answered: none of that is erased
	Answers  string
	Problem  string
	Alone    bool
	Shown    bool // what was chosen is shown, before anybody asks for it
	Chosen   []fieldRow
	Cells    int
	Rules    []effect
}

// fieldRow is a field of which there are cells.
type fieldRow struct {
	ID, Name, Value string // the value that counts now; masked
	Cells, Imports  int
	On              bool
}

// effect is what becomes of a recognition.
type effect struct {
	Rule     string
	Verdict  tri.Bool // that it has now
	Lost     bool     // the verdict becomes unknown
	Criteria []string // that become unknown
}

func (s *room) requestView(r *http.Request, chosen []string) (*requestView, *pack.Register, *fact.Profile, error) {
	if s.Keeper == nil {
		return nil, nil, nil, frame.ErrNoPage()
	}
	p, reg, w, err := s.SubjectOf(r, s.Known)
	if err != nil {
		return nil, nil, nil, err
	}
	pre, err := s.Keeper.Preview(r.Context(), p.Subject)
	if err != nil {
		return nil, nil, nil, err
	}
	ask := s.Ask(r)
	v := &requestView{Crumbs: s.Crumbs(ask, p, reg), To: ask.Link("/s/" + strconv.FormatInt(p.Subject, 10) + "/erase"), Held: pre.Held, Alone: s.Keeper.Alone(r.Context()), Answers: ask.Link("/held")}
	if v.Brought, err = s.brought(r.Context(), p.Subject); err != nil {
		return nil, nil, nil, err
	}
	for _, f := range pre.Fields {
		row := fieldRow{ID: f.Attr.ID, Name: f.Attr.Name.In(ask.Lang), Cells: f.Cells, Imports: f.Imports, On: slices.Contains(chosen, f.Attr.ID)}
		if known := latest(p, f.Attr.ID); known != nil {
			row.Value = w.Value(f.Attr, known.Value)
		}
		if row.On {
			v.Chosen = append(v.Chosen, row)
			v.Cells += row.Cells
		}
		if f.Attr.Personal {
			v.Personal = append(v.Personal, row)
		} else {
			v.Others = append(v.Others, row)
		}
	}
	return v, reg, p, nil
}

// mostBrought bounds how much of what was brought is looked through for one subject.
const mostBrought = 10_000

// brought is how much others brought about a subject that waits for an answer of who acts. It is among no records of the subject, so
// that an erasure does not reach it before.
func (s *room) brought(ctx context.Context, subject int64) (n int, err error) {
	if s.Brought == nil {
		return 0, nil
	}
	list, _, err := s.Brought(ctx, 0, mostBrought)
	if fault.Of(err) == fault.Forbidden {
		return 0, nil
	}
	for i := range list {
		if list[i].Owner.Subject == subject {
			n++
		}
	}
	return n, err
}

// latest is the value of an attribute that counts, of its latest year.
func latest(p *fact.Profile, id string) (last *fact.Fact) {
	for i := range p.Facts {
		if f := &p.Facts[i]; f.Attr.ID == id && !f.Void && (last == nil || f.Year > last.Year) {
			last = f
		}
	}
	return last
}

func (s *room) showRequest(w http.ResponseWriter, r *http.Request) error {
	if err := s.Actors.Decide(r.Context(), auth.AskErasure, auth.Resource{}); err != nil {
		return err
	}
	v, _, _, err := s.requestView(r, nil)
	if err != nil {
		return err
	}
	return s.Render(w, r, "erasefor", v)
}

// request shows what would be erased, and asks for it when it was seen.
func (s *room) request(w http.ResponseWriter, r *http.Request) error {
	fields := r.PostForm["field"]
	v, reg, p, err := s.requestView(r, fields)
	if err != nil {
		return err
	}
	v.Reason = r.PostForm.Get("reason")
	show := func(status int, said string) error {
		v.Problem = said
		s.RenderStatus(w, r, status, "erasefor", v)
		return nil
	}
	if r.PostForm.Get("do") != "ask" {
		if len(v.Chosen) == 0 {
			return show(http.StatusUnprocessableEntity, s.Words(s.LangOf(r))("retention.choose"))
		}
		v.Shown = true
		if v.Rules, err = s.effects(r, reg, p, fields); err != nil {
			return err
		}
		return show(http.StatusOK, "")
	}
	if cells, bad := strconv.Atoi(r.PostForm.Get("cells")); bad != nil || cells != v.Cells {
		err = wrongNumber(v.Cells)
	}
	var plan *retention.Plan
	if err == nil {
		plan, err = s.Keeper.AskFor(r.Context(), p.Subject, fields, v.Reason)
	}
	if err != nil {
		said, ok := s.problem(r, err)
		if !ok {
			return err
		}
		if v.Shown = len(v.Chosen) > 0; v.Shown {
			if v.Rules, err = s.effects(r, reg, p, fields); err != nil {
				return err
			}
		}
		return show(http.StatusUnprocessableEntity, said)
	}
	if plan.State == retention.Approved {
		return s.start(w, r, plan)
	}
	http.Redirect(w, r, s.Ask(r).Link(planPath(plan.ID)), http.StatusSeeOther)
	return nil
}

// effects says which verdicts and criteria become unknown when the chosen fields of a subject are gone: it is judged as it is and
// without them. Fields that follow from others (such as a district from an address) stay here, and may go with them.
func (s *room) effects(r *http.Request, reg *pack.Register, p *fact.Profile, fields []string) (list []effect, err error) {
	ask := s.Ask(r)
	if s.Rules == nil || !slices.ContainsFunc(s.Pack.Rules, func(x *pack.Rule) bool { return x.Register == reg.ID }) {
		return nil, nil
	}
	without := *p
	without.Facts = slices.DeleteFunc(slices.Clone(p.Facts), func(f fact.Fact) bool { return slices.Contains(fields, f.Attr.ID) })
	var tables [2]*col.Table
	for i, x := range []*fact.Profile{p, &without} {
		b := col.NewBuilder(reg)
		if err := b.Add(x); err != nil {
			return nil, err
		}
		tables[i] = b.Table(0)
	}
	opt := rule.Options{Date: ask.Date, Assume: ask.Assume}
	outcomes, err := s.Rules.Screen(tables[0], opt)
	if err != nil {
		return nil, err
	}
	for _, o := range outcomes {
		x := o.Rule
		var e [2]*rule.Explanation
		for i, t := range tables {
			if e[i], err = s.Rules.Explain(t, 0, x.ID, opt); err != nil {
				return nil, err
			}
		}
		f := effect{Rule: x.Name.In(ask.Lang), Verdict: e[0].Verdict, Lost: e[0].Verdict != tri.Unknown && e[1].Verdict == tri.Unknown}
		for i, c := range e[0].Criteria {
			if i < len(e[1].Criteria) && c.Verdict != tri.Unknown && e[1].Criteria[i].Verdict == tri.Unknown {
				f.Criteria = append(f.Criteria, c.Criterion.Name.In(ask.Lang))
			}
		}
		if f.Lost || len(f.Criteria) > 0 {
			list = append(list, f)
		}
	}
	return list, nil
}
