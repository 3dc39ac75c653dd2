package people

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/people"
	"eyas/internal/web/frame"
)

// tokensView is the page of the API tokens of a person, or of a system.
type tokensView struct {
	Person, Name string
	Own          bool // they are the reader's own
	Back         string
	Action       string
	Made         string // a token that was made just now, told once
	Problem      string
	Written      tokenWritten
	Tokens       []tokenRow
	Grants       []frame.Option
	Actions      []frame.Tick
	Registers    []frame.Option
	Matters      []frame.Option
	Days         []int
	PerMinute    []frame.Option
}

// tokenWritten is what was written into the form of a new token.
type tokenWritten struct {
	Name, Subject string
	Days          int
}

type tokenRow struct {
	ID                              int64
	Name, Grant, Bounds             string
	Made, MadeBy, Until, Used, From string
	PerMinute                       int
	State                           string // open, over or ended
}

// tokenDays are for how many days tokens are offered.
var tokenDays = []int{30, 90, 180, 366}

// What the form of a new token offers first.
const (
	usualDays      = "90"
	usualPerMinute = "300"
)

// tokensOf is whose tokens a request is about, and the address of their page.
func (s *room) tokensOf(r *http.Request) (id, path string, err error) {
	if err := s.peopled(r); err != nil {
		return "", "", err
	}
	e, err := self(r)
	if err != nil {
		return "", "", err
	}
	if id = r.PathValue("id"); id == "" || id == e.Person.ID {
		if e.Owes != "" {
			return "", "", fault.New(fault.Forbidden, "请先换口令或设置第二因素。", "Choose a new password, or set up a second factor, first.")
		}
		return e.Person.ID, frame.AccountPath + "/tokens", nil
	}
	return id, "/people/" + id + "/tokens", nil
}

func (s *room) showTokens(w http.ResponseWriter, r *http.Request) error {
	v, err := s.tokens(r, "", url.Values{"may": {string(auth.See)}, "days": {usualDays}, "per_minute": {usualPerMinute}})
	if err != nil {
		return err
	}
	return s.tokensPage(w, r, http.StatusOK, v)
}

// tokensPage gives the page, which no browser keeps.
func (s *room) tokensPage(w http.ResponseWriter, r *http.Request, status int, v *tokensView) error {
	w.Header().Set("Cache-Control", "no-store")
	s.RenderStatus(w, r, status, "tokens", v)
	return nil
}

// tokens is the page; made is a token that was made just now, written what stands in the form.
func (s *room) tokens(r *http.Request, made string, written url.Values) (*tokensView, error) {
	id, path, err := s.tokensOf(r)
	if err != nil {
		return nil, err
	}
	lang := s.LangOf(r)
	list, err := s.People.APITokensOf(r.Context(), id)
	if err != nil {
		return nil, err
	}
	v := &tokensView{Person: id, Own: id == auth.Of(r.Context()), Back: frame.AccountPath, Action: path, Made: made, Days: tokenDays}
	v.Written = tokenWritten{Name: written.Get("name"), Subject: written.Get("subject")}
	v.Written.Days, _ = strconv.Atoi(written.Get("days")) // what is no number is none of those that are offered
	var grants []people.Grant
	if v.Own {
		grants = entered(r.Context()).Grants
	} else {
		v.Back = "/people/" + id
		p, err := s.People.Get(r.Context(), id)
		if err != nil {
			return nil, err
		}
		v.Name, grants = p.Name, p.Grants
	}
	names := map[int64]string{}
	today := s.day(s.Clock())
	for i := range grants {
		g := &grants[i]
		if names[g.ID] = s.grantName(g, lang); g.Holds(today) && g.Person == id {
			v.Grants = append(v.Grants, frame.Option{Value: strconv.FormatInt(g.ID, 10), Label: names[g.ID], On: strconv.FormatInt(g.ID, 10) == written.Get("grant")})
		}
	}
	for _, a := range people.APIActions {
		v.Actions = append(v.Actions, frame.Tick{ID: string(a), Name: s.Words(lang)("tokens.may." + string(a)), On: slices.Contains(written["may"], string(a))})
	}
	for _, reg := range s.Pack.Registers {
		v.Registers = append(v.Registers, frame.Option{Value: reg.ID, Label: reg.Name.In(lang), On: reg.ID == written.Get("register")})
	}
	for _, m := range s.Pack.Matters {
		v.Matters = append(v.Matters, frame.Option{Value: m.ID, Label: m.Name.In(lang), On: m.ID == written.Get("matter")})
	}
	for _, n := range people.PerMinutes {
		v.PerMinute = append(v.PerMinute, frame.Option{Value: strconv.Itoa(n), Label: strconv.Itoa(n), On: strconv.Itoa(n) == written.Get("per_minute")})
	}
	for i := range list {
		v.Tokens = append(v.Tokens, s.tokenRow(&list[i], names, lang))
	}
	return v, nil
}

func (s *room) tokenRow(t *people.APIToken, names map[int64]string, lang string) tokenRow {
	row := tokenRow{ID: t.ID, Name: t.Name, Grant: names[t.Grant], Made: s.day(t.Made), Until: s.day(t.Expires), From: t.UsedFrom, PerMinute: t.PerMinute, State: "open"}
	if !t.Used.IsZero() {
		row.Used = s.When(t.Used)
	}
	if t.MadeBy != t.Person {
		row.MadeBy = s.actor(t.MadeBy, lang)
	}
	switch {
	case !t.Ended.IsZero():
		row.State = "ended"
	case !t.Holds(s.Clock()):
		row.State = "over"
	}
	row.Bounds = s.boundsText(t.Bounds, lang)
	return row
}

// boundsText says in words to what something is held.
func (s *room) boundsText(bounds, lang string) (says string) {
	text := s.Words(lang)
	b, err := auth.ParseBounds(bounds)
	if err != nil {
		return bounds
	}
	for i, a := range b.Actions {
		if i > 0 {
			says += text("frame.and")
		}
		says += text("tokens.may." + string(a))
	}
	if reg := s.Pack.Register(b.Register); reg != nil {
		says += " · " + reg.Name.In(lang)
	}
	if m := s.Pack.Matter(b.Matter); m != nil {
		says += " · " + text("tokens.matter.of", "name", m.Name.In(lang))
	}
	if b.Subject != 0 {
		says += " · " + text("tokens.subject.of", "id", strconv.FormatInt(b.Subject, 10))
	}
	return says
}

// readSubject reads the number of a subject to which something is held; 0: to none.
func readSubject(text string) (int64, error) {
	if text = strings.TrimSpace(text); text == "" {
		return 0, nil
	}
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id < 1 {
		return 0, fault.New(fault.Invalid, "主体的编号是一个数字，如 12：接口按代码或名称查找时给出（subject）。", "The number of a subject is a figure such as 12: the API gives it (“subject”) when it finds one by a code or name.")
	}
	return id, nil
}

// makeToken makes a token, and shows it once. A form that is refused comes back as it was filled in.
func (s *room) makeToken(w http.ResponseWriter, r *http.Request) error {
	v, err := s.tokens(r, "", r.PostForm)
	if err != nil {
		return err
	}
	token, err := s.newToken(r, v.Person)
	var f *fault.Error
	if errors.As(err, &f) && (f.Code == fault.Invalid || f.Code == fault.Conflict) {
		v.Problem = f.In(s.LangOf(r))
		return s.tokensPage(w, r, frame.StatusOf(err), v)
	}
	if err != nil {
		return err
	}
	if v, err = s.tokens(r, token, url.Values{"may": {string(auth.See)}, "days": {usualDays}, "per_minute": {usualPerMinute}}); err != nil {
		return err
	}
	return s.tokensPage(w, r, http.StatusOK, v)
}

func (s *room) newToken(r *http.Request, person string) (token string, err error) {
	f := r.PostForm
	a := people.APIAsk{Person: person, Name: f.Get("name"), Bounds: auth.Bounds{Register: f.Get("register"), Matter: f.Get("matter")}}
	a.Grant, _ = strconv.ParseInt(f.Get("grant"), 10, 64) // what is no number is no grant, and said to be none
	a.Days, _ = strconv.Atoi(f.Get("days"))
	a.PerMinute, _ = strconv.Atoi(f.Get("per_minute"))
	for _, x := range f["may"] {
		a.Bounds.Actions = append(a.Bounds.Actions, auth.Action(x))
	}
	if a.Bounds.Subject, err = readSubject(f.Get("subject")); err != nil {
		return "", err
	}
	token, _, err = s.People.NewAPIToken(r.Context(), a)
	return token, err
}

func (s *room) endToken(w http.ResponseWriter, r *http.Request) error {
	id, path, err := s.tokensOf(r)
	if err != nil {
		return err
	}
	number, err := strconv.ParseInt(r.PathValue("token"), 10, 64)
	if err != nil {
		return fault.New(fault.NotFound, "没有这个令牌。", "There is no such token.")
	}
	if err := s.People.RevokeAPIToken(r.Context(), id, number); err != nil {
		return err
	}
	http.Redirect(w, r, path, http.StatusSeeOther)
	return nil
}
