package people

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/hook"
	"eyas/internal/people"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
)

const (
	// hookKind is the kind of writes that pause or end a hook; see frame.Writes.
	hookKind = "hook"
	// hookLog is how many messages a page of the log has.
	hookLog = 50
)

// hooksView is the page of the hooks of a person, or of a system.
type hooksView struct {
	Person, Name string
	Own          bool // they are the reader's own
	Back, Action string
	Secret       string // of one that was made just now, told once
	Hooks        []hookRow
	Grants       []frame.Option
	Events       []frame.Tick
	Registers    []frame.Option
}

type hookRow struct {
	ID                                       int64
	Name, Host, URL, Grant, Bounds, Path     string
	Events                                   []string
	Made, MadeBy, State, Since               string
	Asleep                                   bool // its role gives nothing today
	Waiting, Failed, Done                    int
	WaitingText, FailedText, DoneText, Total string
}

// hookView is the page of one hook with the log of its messages.
type hookView struct {
	hookRow
	Own, Ended bool
	Back       string
	Secret     string // a new one, told once
	Overlap    int    // hours for which the one before holds beside a new one
	States     []frame.Option
	Messages   []messageRow
	Pager      address.Pager
	Until      string // today, for the day since which messages are sent again
}

type messageRow struct {
	ID                      int64
	Message, Type, What, At string
	State, Due              string
	Tries                   int
	Attempts                []attemptRow
	Last                    *attemptRow
}

type attemptRow struct {
	At, Status, Took, Answer string
	Trouble                  string // key of its text; empty: there was an answer
	OK                       bool
}

func errNoHooks() error {
	return fault.New(fault.NotFound, "这里没有变更推送。", "There are no webhooks here.")
}

// hooksOf is whose hooks a request is about, and the address of their page.
func (s *room) hooksOf(r *http.Request) (id, path string, err error) {
	if s.Hooks == nil {
		return "", "", errNoHooks()
	}
	id, path, err = s.tokensOf(r)
	return id, strings.TrimSuffix(path, "/tokens") + "/hooks", err
}

func (s *room) showHooks(w http.ResponseWriter, r *http.Request) error { return s.hooks(w, r, "") }

// hooks shows the page; secret is that of a hook that was made just now.
func (s *room) hooks(w http.ResponseWriter, r *http.Request, secret string) error {
	id, path, err := s.hooksOf(r)
	if err != nil {
		return err
	}
	lang := s.LangOf(r)
	list, err := s.Hooks.OfPerson(r.Context(), id)
	if err != nil {
		return err
	}
	v := &hooksView{Person: id, Own: id == auth.Of(r.Context()), Back: frame.AccountPath, Action: path, Secret: secret}
	var grants []people.Grant
	if v.Own {
		grants = entered(r.Context()).Grants
	} else {
		v.Back = "/people/" + id
		p, err := s.People.Get(r.Context(), id)
		if err != nil {
			return err
		}
		v.Name, grants = p.Name, p.Grants
	}
	today := s.day(s.Clock())
	names := s.grantNames(grants, lang)
	for i := range grants {
		if g := &grants[i]; g.Holds(today) && g.Person == id {
			v.Grants = append(v.Grants, frame.Option{Value: strconv.FormatInt(g.ID, 10), Label: names[g.ID]})
		}
	}
	for _, e := range hook.Events {
		v.Events = append(v.Events, frame.Tick{ID: e, Name: s.Words(lang)("hooks.event." + e), On: true})
	}
	for _, reg := range s.Pack.Registers {
		v.Registers = append(v.Registers, frame.Option{Value: reg.ID, Label: reg.Name.In(lang)})
	}
	for i := range list {
		x, counts, asleep, err := s.Hooks.Get(r.Context(), id, list[i].ID)
		if err != nil {
			return err
		}
		v.Hooks = append(v.Hooks, s.hookRow(x, counts, asleep, path, names, lang))
	}
	w.Header().Set("Cache-Control", "no-store")
	return s.Render(w, r, "hooks", v)
}

func (s *room) grantNames(grants []people.Grant, lang string) map[int64]string {
	names := map[int64]string{}
	for i := range grants {
		names[grants[i].ID] = s.grantName(&grants[i], lang)
	}
	return names
}

func (s *room) hookRow(x *hook.Hook, counts map[hook.DeliveryState]int, asleep bool, path string, grants map[int64]string, lang string) hookRow {
	row := hookRow{ID: x.ID, Name: x.Name, URL: x.URL, Host: x.URL, Grant: grants[x.Grant], Bounds: s.boundsText(x.Bounds, lang), Path: path + "/" + strconv.FormatInt(x.ID, 10), Made: s.day(x.Made), State: string(x.State), Since: s.When(x.Since),
		Asleep: asleep, Waiting: counts[hook.Waiting], Failed: counts[hook.Failed], Done: counts[hook.Done]}
	if u, err := url.Parse(x.URL); err == nil {
		row.Host = u.Host
	}
	if x.MadeBy != x.Person {
		row.MadeBy = s.actor(x.MadeBy, lang)
	}
	for _, e := range x.Events {
		row.Events = append(row.Events, s.Words(lang)("hooks.event."+e))
	}
	row.WaitingText, row.FailedText, row.DoneText = figure.Num(row.Waiting), figure.Num(row.Failed), figure.Num(row.Done)
	return row
}

// makeHook makes a hook, and shows its secret once.
func (s *room) makeHook(w http.ResponseWriter, r *http.Request) error {
	id, _, err := s.hooksOf(r)
	if err != nil {
		return err
	}
	f := r.PostForm
	a := hook.Ask{Person: id, Name: f.Get("name"), URL: f.Get("url"), Bounds: auth.Bounds{Register: f.Get("register")}, Events: f["event"]}
	a.Grant, _ = strconv.ParseInt(f.Get("grant"), 10, 64) // what is no number is no grant, and said to be none
	if a.Bounds.Subject, err = readSubject(f.Get("subject")); err != nil {
		return err
	}
	_, secret, err := s.Hooks.New(r.Context(), a)
	if err != nil {
		return err
	}
	return s.hooks(w, r, secret)
}

func (s *room) showHook(w http.ResponseWriter, r *http.Request) error { return s.hook(w, r, "") }

// hookStates are the states by which the log of messages is narrowed; empty: all.
var hookStates = []hook.DeliveryState{"", hook.Waiting, hook.Failed, hook.Done}

// hook shows the page of one; secret is a new one that was made just now.
func (s *room) hook(w http.ResponseWriter, r *http.Request, secret string) error {
	person, path, err := s.hooksOf(r)
	if err != nil {
		return err
	}
	id, err := hookID(r)
	if err != nil {
		return err
	}
	ask, lang := s.Ask(r), s.LangOf(r)
	x, counts, asleep, err := s.Hooks.Get(r.Context(), person, id)
	if err != nil {
		return err
	}
	v := &hookView{Own: person == auth.Of(r.Context()), Back: path, Secret: secret, Overlap: int(hook.Overlap.Hours()), Ended: x.State == hook.Ended, Until: s.day(s.Clock())}
	var grants []people.Grant
	if v.Own {
		grants = entered(r.Context()).Grants
	} else if p, err := s.People.Get(r.Context(), person); err == nil {
		grants = p.Grants
	}
	v.hookRow = s.hookRow(x, counts, asleep, path, s.grantNames(grants, lang), lang)
	wanted := hook.DeliveryState(r.URL.Query().Get("state"))
	var states []hook.DeliveryState
	if wanted != "" {
		if !slices.Contains(hookStates, wanted) {
			return address.Mistake(fault.New(fault.Invalid, "没有这种状态的消息。", "There are no messages in such a state."), "state")
		}
		states = []hook.DeliveryState{wanted}
	}
	for _, state := range hookStates {
		n := counts[hook.Waiting] + counts[hook.Failed] + counts[hook.Done]
		key := "all"
		if state != "" {
			n, key = counts[state], string(state)
		}
		v.States = append(v.States, frame.Option{Label: s.Words(lang)("hooks.log."+key) + " " + figure.Num(n), URL: ask.With("state", string(state), "page", ""), On: state == wanted})
	}
	list, page, total, err := address.ReadPage(ask.Page, hookLog, func(offset, limit int) ([]hook.Delivery, int, error) {
		return s.Hooks.Deliveries(r.Context(), person, id, states, offset, limit)
	})
	if err != nil {
		return err
	}
	v.Pager = address.Pages(ask, page, total, hookLog)
	for i := range list {
		v.Messages = append(v.Messages, s.messageRow(&list[i], lang))
	}
	w.Header().Set("Cache-Control", "no-store")
	return s.Render(w, r, "hook", v)
}

func (s *room) messageRow(d *hook.Delivery, lang string) messageRow {
	text := s.Words(lang)
	row := messageRow{ID: d.ID, Message: d.Message, Type: text("hooks.event." + d.Type), At: s.When(d.At), State: string(d.State), Tries: d.Tries}
	if reg := s.Pack.Register(d.Content.Register); reg != nil {
		row.What = reg.Name.In(lang)
	}
	add := func(part string) { row.What = strings.TrimPrefix(row.What+" · "+part, " · ") }
	switch n := len(d.Content.Subjects) + len(d.Content.Questions); {
	case d.Content.More:
		add(text("hooks.more"))
	case n > 0:
		add(text("hooks.things", "n", figure.Num(n)))
	case d.Content.Import != 0:
		add(text("hooks.import", "id", strconv.FormatInt(d.Content.Import, 10)))
	}
	if d.State == hook.Waiting && d.Tries > 0 {
		row.Due = s.When(d.Due)
	}
	for _, a := range d.Attempts {
		x := attemptRow{At: a.At.In(s.Pack.Zone).Format("2006-01-02 15:04:05"), Took: figure.Num(int(a.Took.Milliseconds())), Answer: a.Answer, OK: a.Status >= 200 && a.Status < 300}
		if x.Status = strconv.Itoa(a.Status); a.Status == 0 {
			x.Status, x.Trouble = "", "hooks.trouble."+string(a.Trouble)
		}
		row.Attempts = append(row.Attempts, x)
	}
	if len(row.Attempts) > 0 {
		row.Last = &row.Attempts[0]
	}
	return row
}

func hookID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("hook"), 10, 64)
	if err != nil {
		return 0, fault.New(fault.NotFound, "没有这个推送。", "There is no such hook.")
	}
	return id, nil
}

// changeHook does what its page offers: pauses it, goes on, ends it, changes its secret, sends a test or sends messages again.
func (s *room) changeHook(w http.ResponseWriter, r *http.Request) error {
	person, path, err := s.hooksOf(r)
	if err != nil {
		return err
	}
	id, err := hookID(r)
	if err != nil {
		return err
	}
	ctx, f := r.Context(), r.PostForm
	back := path + "/" + strconv.FormatInt(id, 10)
	set := func(to hook.State) error {
		if err := s.Hooks.Set(ctx, person, id, to); err != nil {
			return err
		}
		s.Recount(ctx)
		if to == hook.Ended {
			back = path
		}
		if to != hook.On {
			back = s.Ask(r).Link(back, frame.SavedPair(hookKind, strconv.FormatInt(id, 10)+"."+string(to)+"."+person)...)
		}
		return nil
	}
	switch f.Get("do") {
	case "pause":
		err = set(hook.Paused)
	case "resume":
		err = set(hook.On)
	case "end":
		err = set(hook.Ended)
	case "test":
		err = s.Hooks.SendTest(ctx, person, id)
	case "rotate":
		var secret string
		if secret, err = s.Hooks.Rotate(ctx, person, id, f.Get("old") == "end"); err == nil {
			return s.hook(w, r, secret)
		}
	case "replay":
		err = s.replay(ctx, person, id, f.Get("message"), f.Get("since"))
	default:
		err = fault.New(fault.Invalid, "请选择要做什么。", "Choose what is to be done.")
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, back, http.StatusSeeOther)
	return nil
}

func (s *room) replay(ctx context.Context, person string, id int64, message, since string) error {
	var number int64
	var from time.Time
	var err error
	if message != "" {
		if number, err = strconv.ParseInt(message, 10, 64); err != nil || number < 1 {
			return fault.New(fault.NotFound, "没有这条消息。", "There is no such message.")
		}
	} else if from, err = time.ParseInLocation(time.DateOnly, since, s.Pack.Zone); err != nil {
		return fault.New(fault.Invalid, "日期写成 2026-12-01 这样。", "Write the day like 2026-12-01.")
	}
	_, err = s.Hooks.Replay(ctx, person, id, number, from)
	return err
}

// lookHook says that a hook was paused or ended.
func (s *room) lookHook(r *http.Request, text string) (*frame.Write, error) {
	id, state, person, err := readHookWrite(text)
	if err != nil || s.Hooks == nil {
		return nil, frame.ErrNoPage()
	}
	x, _, _, err := s.Hooks.Get(r.Context(), person, id)
	if err != nil {
		return nil, err
	}
	v := &frame.Write{Says: s.Words(s.LangOf(r))("hooks.did."+string(state), "name", x.Name)}
	if x.State != state {
		v.Undone = s.When(x.Since)
	}
	return v, nil
}

// takeHook has a hook that was paused or ended go on.
func (s *room) takeHook(r *http.Request, text string) (string, error) {
	id, _, person, err := readHookWrite(text)
	if err != nil || s.Hooks == nil {
		return "", frame.ErrNoPage()
	}
	return "", s.Hooks.Set(r.Context(), person, id, hook.On)
}

func readHookWrite(text string) (id int64, state hook.State, person string, err error) {
	part := strings.SplitN(text, ".", 3)
	if len(part) != 3 || part[1] != string(hook.Paused) && part[1] != string(hook.Ended) {
		return 0, "", "", errors.New("people: no write of a hook")
	}
	id, err = strconv.ParseInt(part[0], 10, 64)
	return id, hook.State(part[1]), part[2], err
}

// offHooks are the reader's own hooks that the program has turned off.
func (s *room) offHooks(ctx context.Context) (list []hook.Hook, err error) {
	if !s.Door.Peopled(ctx) {
		return nil, nil
	}
	all, err := s.Hooks.OfPerson(ctx, auth.Of(ctx))
	if fault.Of(err) == fault.Forbidden || fault.Of(err) == fault.NotFound { // who looks as another person
		return nil, nil
	}
	return slices.DeleteFunc(all, func(x hook.Hook) bool { return x.State != hook.Off }), err
}

func (s *room) hookWaits() []frame.Wait {
	if s.Hooks == nil {
		return nil
	}
	return []frame.Wait{{Key: "hooks", Path: frame.AccountPath + "/hooks", Whole: true,
		Count: func(ctx context.Context, _ string) (int, error) {
			list, err := s.offHooks(ctx)
			return len(list), err
		},
		First: func(ctx context.Context, ask *address.Ask, most int) (w frame.Waiting, err error) {
			list, err := s.offHooks(ctx)
			for i := range list[:min(most, len(list))] {
				x := &list[i]
				w.List = append(w.List, frame.WaitingItem{Name: x.Name, Note: s.When(x.Since), URL: ask.Link(frame.AccountPath + "/hooks/" + strconv.FormatInt(x.ID, 10))})
				if w.Oldest.IsZero() || x.Since.Before(w.Oldest) {
					w.Oldest = x.Since
				}
			}
			return w, err
		}}}
}
