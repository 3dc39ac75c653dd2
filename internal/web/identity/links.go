package identity

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
	"eyas/internal/registry/sight"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
	"eyas/internal/web/grid"
	"eyas/internal/web/words"
)

// linksPerPage is how many pairs are listed below the one that is asked.
const linksPerPage = 20

// linkStates are the states that can be listed, those to be worked on first.
var linkStates = []fact.QuestionState{fact.Open, fact.Later, fact.Same, fact.Different, fact.Moot}

// linksView is the queue: the pair at hand large, the others below.
type linksView struct {
	*grid.View
	Open, Later int
	State       fact.QuestionState
	States      []stateTab
	Registers   []frame.Option // empty when only one has pairs
	Pair        *pairView
	Done        *linkDone       // what was answered just now
	Carry       []address.Field // what the forms carry, to return to the same list
}

type stateTab struct {
	frame.Option
	N int
}

type linkDone struct {
	ID          int64
	Left, Right string
	State       fact.QuestionState
	Saw         address.Field
}

// linksColumns is the cookie that keeps the columns of the list of pairs.
const linksColumns = frame.ColumnCookie + "-links"

// readLinks reads the register and the state of the address, and what is asked of their pairs.
func (s *room) readLinks(r *http.Request) (*linkList, *grid.Query, error) {
	if s.Identities == nil {
		return nil, nil, frame.ErrNoImports()
	}
	ask := r.URL.Query()
	reg := s.Register(ask.Get("register"))
	if reg == nil {
		return nil, nil, address.UnknownFilter("register", ask.Get("register"))
	}
	state := cmp.Or(fact.QuestionState(ask.Get("state")), fact.Open)
	if !slices.Contains(linkStates, state) {
		return nil, nil, address.UnknownFilter("state", string(state))
	}
	l := s.listLinks(r, reg, state)
	q, err := grid.Read(r, l.ask, l, linksColumns)
	return l, q, err
}

func (s *room) showLinks(w http.ResponseWriter, r *http.Request) error {
	l, q, err := s.readLinks(r)
	if err != nil {
		return err
	}
	ctx, text, ask := r.Context(), l.writer.Text, l.ask
	v := &linksView{State: l.state}
	if err := s.countLinks(ctx, l, v); err != nil {
		return err
	}
	v.View, err = grid.Show(ctx, ask.Without("q", "done"), l, q, grid.Options{PerPage: linksPerPage, Label: text("links.others"), Caption: text("links.others"), None: text("links.none"), Hint: text("merges.hint"),
		Export: s.ExportAt(r.Context(), "/links.xlsx"), Picked: text("links.picked"), Text: text, Now: s.Clock, Carry: []address.Field{{Name: "register", Value: l.reg.ID}, {Name: "state", Value: string(l.state)}}})
	if err != nil {
		return err
	}
	v.Carry = carried(ask, v.Pager.Page)
	if err := s.askPair(ctx, r, ask, l.writer, v, l.shown); err != nil {
		return err
	}
	for i := range v.Rows {
		v.Rows[i].Here = v.Pair != nil && v.Pair.ID == v.Rows[i].ID
	}
	grid.Remember(w, r, l, linksColumns)
	return s.Render(w, r, "links", v)
}

// carried is what the forms of the queue carry of an address: which list it is and its page, and not what was said once.
func carried(ask *address.Ask, page int) []address.Field {
	fields := slices.DeleteFunc(ask.Hidden("lang", "date", "known", "page"), func(f address.Field) bool {
		return !ofList(f.Name) || f.Name == "state" && f.Value == string(fact.Open)
	})
	if page > 1 {
		fields = append(fields, address.Field{Name: "page", Value: strconv.Itoa(page)})
	}
	return fields
}

// ofList reports whether a name of an address or a form says which pairs are listed, and how.
func ofList(name string) bool {
	kind, _, dotted := strings.Cut(name, ".")
	return slices.Contains([]string{"register", "state", "page", "text", "sort", "id", "col"}, name) || dotted && slices.Contains([]string{"t", "from", "to"}, kind)
}

// countLinks counts the pairs by state, and offers the registers that have open ones.
func (s *room) countLinks(ctx context.Context, l *linkList, v *linksView) error {
	ask, wr := l.ask, l.writer
	for _, state := range linkStates {
		_, n, err := s.Identities.Questions(ctx, l.reg.ID, state, fact.Wanted{}, 0, 0)
		if err != nil {
			return err
		}
		switch state {
		case fact.Open:
			v.Open = n
		case fact.Later:
			v.Later = n
		}
		v.States = append(v.States, stateTab{frame.Option{Label: wr.Text("links.state." + string(state)), On: state == l.state,
			URL: ask.With("state", string(state), "page", "", "q", "", "done", "")}, n})
	}
	for _, reg := range s.Pack.Registers {
		_, n, err := s.Identities.Questions(ctx, reg.ID, fact.Open, fact.Wanted{}, 0, 0)
		if err != nil {
			return err
		}
		if on := reg == l.reg; n > 0 || on {
			v.Registers = append(v.Registers, frame.Option{Label: reg.Name.In(ask.Lang) + " " + figure.Num(n), On: on, URL: ask.Link("/links", "register", reg.ID)})
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
	s.Looked(r, at.Subject.Subject)
	s.Looked(r, at.Candidate.Subject)
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
	values := s.Ask(r).Lasting()
	for name, list := range r.PostForm {
		list = slices.DeleteFunc(slices.Clone(list), func(v string) bool { return v == "" })
		if ofList(name) && len(list) > 0 {
			values[name] = list
		}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			values.Set(pairs[i], pairs[i+1])
		}
	}
	if len(values) == 0 {
		return "/links"
	}
	return "/links?" + values.Encode()
}
