package retention

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/retention"
	"eyas/internal/sheet"
	"eyas/internal/web/frame"
)

// planView is the page of a plan.
type planView struct {
	planRow
	ID          int64
	To, Back    string
	Subject     string // of a request
	SubjectURL  string
	Fields      string // of a request
	Day         string
	Decided, As string // when it was answered, and by whom
	Answer      string
	Ended       string
	Tallies     []tallyRow
	List        string // the cells as a file
	Mine        bool   // who looks asked for it
	Ask         bool   // who looks may ask for what was counted
	Approve     bool   // who looks may approve it
	Withdraw    bool
	Alone       bool
	Resume      bool      // it is approved and not done: it can be taken up again
	Lifted      []holdRow // holds that would stand against it, had nobody ended them early; of one that can still be answered
	Parts       string    // what was counted, so that nothing else is asked for
	Problem     string
	Written     string // reason as it was written
}

type tallyRow struct {
	Register, Rule string
	Imports, Cells int
}

func (s *room) plan(r *http.Request) (*retention.Plan, *planView, error) {
	if err := s.ready(r); err != nil {
		return nil, nil, err
	}
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return nil, nil, frame.ErrNoPage()
	}
	ctx, ask := r.Context(), s.Ask(r)
	p, parts, err := s.Keeper.Plan(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	v := &planView{planRow: s.planRow(ctx, ask, p), ID: p.ID, To: ask.Link(planPath(p.ID)), Back: ask.Link(home), Day: p.Day, Answer: p.Answer, Fields: p.Names(s.Pack, ask.Lang),
		Mine: p.AskedBy == s.Actors.Acting(ctx).ID, Alone: s.Keeper.Alone(ctx), Parts: p.Parts}
	if p.Kind == retention.Request {
		v.Subject, v.SubjectURL = s.subject(ctx, ask, p.Subject)
	}
	if !p.Decided.IsZero() {
		v.Decided, v.As = s.When(p.Decided), s.person(ctx, ask, p.DecidedBy)
	}
	if !p.Ended.IsZero() {
		v.Ended = s.When(p.Ended)
	}
	approves := s.May(ctx, auth.ApproveErasure)
	v.Ask = p.State == retention.Counted && s.May(ctx, auth.AskErasure)
	v.Approve = p.State == retention.Open && approves && (!v.Mine || v.Alone)
	v.Withdraw = p.State == retention.Open && v.Mine && s.May(ctx, auth.AskErasure)
	v.Resume = p.State == retention.Approved && approves
	if s.May(ctx, auth.Export) {
		v.List = ask.Link(planPath(p.ID) + "/list.xlsx")
	}
	for _, t := range s.Keeper.Tallies(parts) {
		row := tallyRow{Imports: t.Imports, Cells: t.Cells}
		if reg := s.Pack.Register(t.Register); reg != nil {
			row.Register = reg.Name.In(ask.Lang)
		}
		if rule := s.Pack.Retained(t.Rule); rule != nil {
			row.Rule = rule.Name.In(ask.Lang)
		}
		v.Tallies = append(v.Tallies, row)
	}
	if p.State == retention.Counted || p.State == retention.Open {
		lifted, err := s.Keeper.Lifted(ctx, p, parts)
		if err != nil {
			return nil, nil, err
		}
		for i := range lifted {
			x := s.holdRow(ctx, ask, &lifted[i])
			if x.Reason != "" {
				x.Reason = lifted[i].EndedReason
			}
			x.By = s.person(ctx, ask, lifted[i].EndedBy) + " " + s.When(lifted[i].Ended)
			v.Lifted = append(v.Lifted, x)
		}
	}
	return p, v, nil
}

func (s *room) showPlan(w http.ResponseWriter, r *http.Request) error {
	_, v, err := s.plan(r)
	if err != nil {
		return err
	}
	return s.Render(w, r, "erasure", v)
}

// answer asks for a plan, approves, refuses or withdraws it, or takes it up again.
func (s *room) answer(w http.ResponseWriter, r *http.Request) error {
	p, v, err := s.plan(r)
	if err != nil {
		return err
	}
	ctx, reason := r.Context(), r.PostForm.Get("reason")
	cells, bad := strconv.Atoi(strings.NewReplacer(",", "", "，", "", " ", "").Replace(r.PostForm.Get("cells")))
	if bad != nil {
		cells = -1
	}
	do := r.PostForm.Get("answer")
	switch do {
	case "ask":
		switch seen := r.PostForm.Get("parts"); {
		case seen != "" && seen != p.Parts:
			err = fault.New(fault.Conflict, "这次清点已被新的清点取代。请重新核对后再提请。", "What was counted has been counted again since. Look at it again before you ask for it.")
		case v.Alone && cells != p.Cells: // he approves it himself
			err = wrongNumber(p.Cells)
		default:
			p, err = s.Keeper.Ask(ctx, p.ID, reason)
		}
	case "approve":
		p, err = s.Keeper.Approve(ctx, p.ID, cells)
	case "refuse":
		p, err = s.Keeper.Refuse(ctx, p.ID, reason)
	case "withdraw":
		p, err = s.Keeper.Withdraw(ctx, p.ID)
	case "resume":
		err = s.Actors.Decide(ctx, auth.ApproveErasure, auth.Resource{})
	default:
		err = errChoose()
	}
	if err != nil {
		said, ok := s.problem(r, err)
		if !ok {
			return err
		}
		v.Problem, v.Written = said, reason
		s.RenderStatus(w, r, http.StatusUnprocessableEntity, "erasure", v)
		return nil
	}
	if p.State == retention.Approved {
		return s.start(w, r, p)
	}
	http.Redirect(w, r, v.To, http.StatusSeeOther)
	return nil
}

// export gives the cells of a plan, without their values.
func (s *room) export(_ http.ResponseWriter, r *http.Request) (*frame.Workbook, error) {
	p, v, err := s.plan(r)
	if err != nil {
		return nil, err
	}
	_, parts, err := s.Keeper.Plan(r.Context(), p.ID)
	if err != nil {
		return nil, err
	}
	ask := s.Ask(r)
	text := s.Words(ask.Lang)
	return &frame.Workbook{File: text("retention.list.file") + ".xlsx", Rows: p.Cells, Title: v.What, Notes: []string{text("retention.list.note")},
		Head: []any{text("retention.col.register"), text("retention.col.rule"), text("retention.col.field"), text("retention.col.import"), text("retention.col.record")},
		Fill: func(_ context.Context, row func(...any) error) error {
			return s.Keeper.EachCell(parts, func(x *retention.Part, record int64) error {
				register, field, rule := x.Register, x.Attribute, text("retention.asked")
				if reg := s.Pack.Register(x.Register); reg != nil {
					register = reg.Name.In(ask.Lang)
					if a := reg.Attribute(x.Attribute); a != nil {
						field = a.Name.In(ask.Lang)
					}
				}
				if known := s.Pack.Retained(x.Rule); known != nil {
					rule = known.Name.In(ask.Lang)
				}
				return row(register, rule, field, sheet.Plain(x.Import), sheet.Plain(record))
			})
		}}, nil
}
