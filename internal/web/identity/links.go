package identity

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
	"eyas/internal/registry/sight"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
	"eyas/internal/web/words"
)

// linksPerPage is how many pairs are listed below the one that is asked.
const linksPerPage = 20

// linkStates are the states that can be listed, those to be worked on first.
var linkStates = []fact.QuestionState{fact.Open, fact.Later, fact.Same, fact.Different, fact.Moot}

// linksView is the queue: the pair at hand large, the others below.
type linksView struct {
	Open, Later int
	State       fact.QuestionState
	States      []stateTab
	Registers   []frame.Option // empty when only one has pairs
	Register    string
	Pair        *pairView
	Done        *linkDone // what was answered just now
	Rows        []linkRow
	Pager       address.Pager
	Page        string // as the forms carry it; empty for the first
	Export      string
}

type stateTab struct {
	frame.Option
	N int
}

type linkRow struct {
	ID          int64
	URL         string
	Left, Right []words.Part
	Codes       [2]string
	Weight      string
	State       string
	When, Who   string
	Reason      string
	Here        bool
}

type linkDone struct {
	ID          int64
	Left, Right string
	State       fact.QuestionState
	Saw         address.Field
}

// linkQuery reads register, state and page of the address.
type linkQuery struct {
	register *pack.Register
	state    fact.QuestionState
	page     int
}

func (s *room) readLinks(r *http.Request) (q linkQuery, err error) {
	if s.Identities == nil {
		return q, frame.ErrNoImports()
	}
	ask := r.URL.Query()
	if q.register = s.Register(ask.Get("register")); q.register == nil {
		return q, address.UnknownFilter("register", ask.Get("register"))
	}
	if q.state = fact.QuestionState(ask.Get("state")); q.state == "" {
		q.state = fact.Open
	}
	if !slices.Contains(linkStates, q.state) {
		return q, address.UnknownFilter("state", string(q.state))
	}
	q.page = s.Ask(r).Page
	return q, nil
}

func (s *room) showLinks(w http.ResponseWriter, r *http.Request) error {
	ask := s.Ask(r)
	q, err := s.readLinks(r)
	if err != nil {
		return err
	}
	ctx, wr := r.Context(), s.WriterOf(r, q.register.ID)
	v := &linksView{State: q.state, Register: q.register.ID, Export: ask.Link("/links.xlsx", "register", r.URL.Query().Get("register"), "state", string(q.state))}
	if err := s.countLinks(ctx, ask, wr, q, v); err != nil {
		return err
	}
	list, page, total, err := address.ReadPage(q.page, linksPerPage, func(offset, limit int) ([]identity.Question, int, error) {
		return s.Identities.Questions(ctx, q.register.ID, q.state, fact.Wanted{}, offset, limit)
	})
	if err != nil {
		return err
	}
	v.Pager = address.Pages(ask, page, total, linksPerPage, "q", "", "done", "")
	if page > 1 {
		v.Page = strconv.Itoa(page)
	}
	if err := s.askPair(ctx, r, ask, wr, v, list); err != nil {
		return err
	}
	for _, x := range list {
		row := linkRow{ID: x.ID, URL: ask.With("q", strconv.FormatInt(x.ID, 10), "done", ""), Codes: [2]string{x.Subject.Code, x.Candidate.Code},
			State: wr.Text("links.state." + string(x.State)), Reason: x.Reason, Here: v.Pair != nil && v.Pair.ID == x.ID}
		row.Left, row.Right = words.Differences(x.Subject.Name, x.Candidate.Name)
		row.Weight = bitsText(x.Weight)
		if !x.DecidedAt.IsZero() {
			row.When, row.Who = s.When(x.DecidedAt), wr.Actor(x.DecidedBy)
		}
		v.Rows = append(v.Rows, row)
	}
	return s.Render(w, r, "links", v)
}

// countLinks counts the pairs by state, and offers the registers that have open ones.
func (s *room) countLinks(ctx context.Context, ask *address.Ask, wr words.Writer, q linkQuery, v *linksView) error {
	for _, state := range linkStates {
		_, n, err := s.Identities.Questions(ctx, q.register.ID, state, fact.Wanted{}, 0, 0)
		if err != nil {
			return err
		}
		switch state {
		case fact.Open:
			v.Open = n
		case fact.Later:
			v.Later = n
		}
		v.States = append(v.States, stateTab{frame.Option{Label: wr.Text("links.state." + string(state)), On: state == q.state,
			URL: ask.With("state", string(state), "page", "", "q", "", "done", "")}, n})
	}
	for _, reg := range s.Pack.Registers {
		_, n, err := s.Identities.Questions(ctx, reg.ID, fact.Open, fact.Wanted{}, 0, 0)
		if err != nil {
			return err
		}
		if on := reg == q.register; n > 0 || on {
			v.Registers = append(v.Registers, frame.Option{Label: reg.Name.In(ask.Lang) + " " + words.Num(n), On: on, URL: ask.Link("/links", "register", reg.ID)})
		}
	}
	if len(v.Registers) < 2 {
		v.Registers = nil
	}
	return nil
}

// askPair puts the pair that the address names on the page, else the first of the list, and what was answered before.
func (s *room) askPair(ctx context.Context, r *http.Request, ask *address.Ask, wr words.Writer, v *linksView, list []identity.Question) error {
	if id, err := strconv.ParseInt(r.URL.Query().Get("done"), 10, 64); err == nil {
		q, err := s.Identities.QuestionByID(ctx, id)
		if err != nil {
			return err
		}
		if q.State != fact.Open {
			v.Done = &linkDone{q.ID, q.Subject.Name, q.Candidate.Name, q.State, frame.SawField(sight.SawQuestion(q.ID), string(q.State))}
		}
	}
	var at *identity.Question
	i := -1
	if text := r.URL.Query().Get("q"); text != "" {
		id, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return address.UnknownFilter("q", text)
		}
		if at, err = s.Identities.QuestionByID(ctx, id); err != nil {
			return err
		}
		i = slices.IndexFunc(list, func(q identity.Question) bool { return q.ID == id })
	} else if len(list) > 0 {
		at, i = &list[0], 0
	}
	if at == nil {
		return nil
	}
	pair, err := s.pair(ctx, ask, wr, at)
	if err != nil {
		return err
	}
	idOf := func(k int) string { return strconv.FormatInt(list[k].ID, 10) }
	if i > 0 {
		pair.Before = ask.With("q", idOf(i-1), "done", "")
	}
	if i >= 0 && i+1 < len(list) {
		pair.Next, pair.NextID = ask.With("q", idOf(i+1), "done", ""), idOf(i+1)
	} else if v.Pager.Next != "" {
		pair.Next = v.Pager.Next
	}
	v.Pair = pair
	return nil
}

// answerLink takes an answer and asks the next pair. The same answer again changes nothing.
func (s *room) answerLink(w http.ResponseWriter, r *http.Request) error {
	id, err := s.readLinkForm(w, r)
	if err != nil {
		return err
	}
	answer := fact.QuestionState(r.PostForm.Get("answer"))
	if answer == fact.Open {
		return fault.New(fault.Invalid, "请选择是、不是或以后再说。", "Choose the same, different or later.")
	}
	err = s.Upon(r, func(ctx context.Context) error {
		return s.Joins.Answer(ctx, id, answer, r.PostForm.Get("reason"))
	}, sight.SawQuestion(id))
	if err != nil {
		return err
	}
	http.Redirect(w, r, s.linksAfter(r, "q", r.PostForm.Get("next"), "done", strconv.FormatInt(id, 10)), http.StatusSeeOther)
	return nil
}

// undoLink asks a pair anew.
func (s *room) undoLink(w http.ResponseWriter, r *http.Request) error {
	id, err := s.readLinkForm(w, r)
	if err != nil {
		return err
	}
	err = s.Upon(r, func(ctx context.Context) error { return s.Joins.Answer(ctx, id, fact.Open, "") }, sight.SawQuestion(id))
	if err != nil {
		return err
	}
	http.Redirect(w, r, s.linksAfter(r, "q", strconv.FormatInt(id, 10)), http.StatusSeeOther)
	return nil
}

func (s *room) readLinkForm(w http.ResponseWriter, r *http.Request) (int64, error) {
	if s.Identities == nil {
		return 0, frame.ErrNoImports()
	}
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return 0, frame.ErrNoPage()
	}
	return id, nil
}

// linksAfter is where a form of the queue leads: the same list, at another pair.
func (s *room) linksAfter(r *http.Request, pairs ...string) string {
	f := r.PostForm
	pairs = append(pairs, "register", f.Get("register"), "state", f.Get("state"), "page", f.Get("page"))
	return s.Ask(r).Link("/links", pairs...)
}
