package hook

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/fault"
)

const (
	mostHooks   = 20 // of a person
	longestName = 80 // characters
	// Overlap is how long an older secret holds beside a new one, so that receivers can change over.
	Overlap = 24 * time.Hour
)

// Ask is what a hook is asked for.
type Ask struct {
	Person string
	Grant  int64     // 0: the one that the person holds, of the role
	Role   auth.Role // empty: any
	Name   string
	URL    string
	Bounds auth.Bounds // Actions is not asked for: a hook only sees
	Events []string
}

// New makes a hook and returns its secret, which is told once. It is told what changes from now on.
func (h *Hooks) New(ctx context.Context, a Ask) (id int64, secret string, err error) {
	defer fault.At(&err, "hook.New(person %s)", a.Person)
	a.Name = strings.TrimSpace(a.Name)
	if n := len([]rune(a.Name)); n == 0 || n > longestName || strings.ContainsFunc(a.Name, func(r rune) bool { return r < ' ' }) {
		return 0, "", fault.New(fault.Invalid, fmt.Sprintf("请写明推送的用途，1 到 %d 个字。", longestName), fmt.Sprintf("Say what the hook is for, in 1 to %d characters.", longestName))
	}
	a.URL = strings.TrimSpace(a.URL)
	if err := h.checkURL(a.URL); err != nil {
		return 0, "", err
	}
	if len(a.Events) == 0 || slices.ContainsFunc(a.Events, func(e string) bool { return !slices.Contains(Events, e) }) {
		return 0, "", fault.New(fault.Invalid, "请选择要推送哪些变化："+strings.Join(Events, "、")+"。", "Choose what it tells: "+strings.Join(Events, ", ")+".")
	}
	a.Bounds.Actions = []auth.Action{auth.See}
	plain := newSecret()
	err = h.Storage.WriteHooks(ctx, func(ctx context.Context, w Writer) error {
		if err := h.People.MayHook(ctx, a.Person); err != nil {
			return err
		}
		a := a // it may run again
		if err := narrow(ctx, &a); err != nil {
			return err
		}
		grant, err := h.People.Bind(ctx, a.Person, a.Grant, a.Role, a.Bounds)
		if err != nil {
			return err
		}
		list, err := w.Hooks(ctx, a.Person) // all count, also those that a token does not reach
		if err != nil {
			return err
		}
		if len(list) >= mostHooks {
			return fault.New(fault.Conflict, fmt.Sprintf("已有 %d 个推送。请先删除不用的。", len(list)), fmt.Sprintf("There are %d hooks already. Delete those that are not needed.", len(list)))
		}
		now := h.Clock()
		x := &Hook{Person: a.Person, Grant: grant, Name: a.Name, URL: a.URL, Bounds: a.Bounds.Text(), Made: now, MadeBy: auth.Of(ctx), State: On, Since: now, SinceBy: auth.Of(ctx)}
		for _, e := range Events { // each once, in one order
			if slices.Contains(a.Events, e) {
				x.Events = append(x.Events, e)
			}
		}
		if err := w.AddHook(ctx, x); err != nil {
			return err
		}
		if err := w.AddSecret(ctx, x.ID, plain, time.Time{}); err != nil {
			return err
		}
		news, err := w.News(ctx)
		if err != nil {
			return err
		}
		if _, err := w.Tell(ctx, x.ID, logMark, 0, news.Log, nil); err != nil {
			return err
		}
		for register, change := range news.Changes {
			if _, err := w.Tell(ctx, x.ID, changeMark+register, 0, change, nil); err != nil {
				return err
			}
		}
		id = x.ID
		return h.log(ctx, w, "hook", x, map[string]any{"grant": grant, "bounds": x.Bounds, "host": audit.Beside(hostOf(x.URL)), "name": audit.Beside(x.Name)})
	})
	if err != nil {
		return 0, "", err
	}
	return id, SecretText(plain), nil
}

// hostOf is the host of an address: the rest of it may have a secret of the receiver.
func hostOf(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return u.Host
}

func (h *Hooks) log(ctx context.Context, w Writer, action string, x *Hook, detail map[string]any) error {
	detail["hook"] = x.ID
	e, err := audit.Entry{At: h.Clock(), Actor: auth.Of(ctx), Action: action, Subject: "person/" + x.Person}.WithDetail(detail)
	if err != nil {
		return err
	}
	return w.Log(ctx, e)
}

// of finds a hook of a person, for who may make and end them.
func (h *Hooks) of(ctx context.Context, r Reader, person string, id int64) (*Hook, error) {
	if err := h.People.MayHook(ctx, person); err != nil {
		return nil, err
	}
	x, err := r.Hook(ctx, id)
	if err == nil && (x == nil || x.Person != person || !reached(ctx, x)) {
		err = fault.New(fault.NotFound, "没有这个推送。", "There is no such hook.")
	}
	return x, err
}

// OfPerson lists the hooks of a person that are not ended, the newest first, for who may make them.
func (h *Hooks) OfPerson(ctx context.Context, person string) (list []Hook, err error) {
	defer fault.At(&err, "hook.OfPerson(person %s)", person)
	err = h.Storage.ReadHooks(ctx, func(r Reader) error {
		if err := h.People.MayHook(ctx, person); err != nil {
			return err
		}
		list, err = r.Hooks(ctx, person)
		list = slices.DeleteFunc(list, func(x Hook) bool { return !reached(ctx, &x) })
		return err
	})
	return list, err
}

// narrow holds what is asked for by a token to the grant and the bounds of that token.
func narrow(ctx context.Context, a *Ask) error {
	outer := auth.BoundsOf(ctx)
	if outer == nil {
		return nil
	}
	if a.Grant == 0 && a.Role == "" {
		a.Grant = auth.Named(ctx).Grant
	}
	if a.Bounds.Register == "" {
		a.Bounds.Register = outer.Register
	}
	if a.Bounds.Matter == "" {
		a.Bounds.Matter = outer.Matter
	}
	if a.Bounds.Subject == 0 {
		a.Bounds.Subject = outer.Subject
	}
	if a.Grant != auth.Named(ctx).Grant || !a.Bounds.Within(outer) {
		return fault.New(fault.Forbidden, "推送的范围不能超出令牌的范围。", "A hook may not reach beyond the token by which it is made.")
	}
	return nil
}

// reached reports whether who asks reaches a hook: a token those within its own grant and bounds, others all.
func reached(ctx context.Context, x *Hook) bool {
	outer := auth.BoundsOf(ctx)
	if outer == nil {
		return true
	}
	b, err := auth.ParseBounds(x.Bounds)
	return err == nil && x.Grant == auth.Named(ctx).Grant && b.Within(outer)
}

// Get returns a hook of a person with the number of its messages by state; asleep says that its grant gives nothing today, so that
// nothing is sent.
func (h *Hooks) Get(ctx context.Context, person string, id int64) (x *Hook, counts map[DeliveryState]int, asleep bool, err error) {
	defer fault.At(&err, "hook.Get(hook %d)", id)
	err = h.Storage.ReadHooks(ctx, func(r Reader) error {
		if x, err = h.of(ctx, r, person, id); err != nil {
			return err
		}
		counts, err = r.Count(ctx, id)
		return err
	})
	if err != nil {
		return nil, nil, false, err
	}
	_, awake, err := h.acting(ctx, x)
	return x, counts, !awake, err
}

// Deliveries returns a page of the messages of a hook with their attempts, the newest first: of any of some states, or all.
func (h *Hooks) Deliveries(ctx context.Context, person string, id int64, states []DeliveryState, offset, limit int) (list []Delivery, total int, err error) {
	defer fault.At(&err, "hook.Deliveries(hook %d)", id)
	err = h.Storage.ReadHooks(ctx, func(r Reader) error {
		if _, err := h.of(ctx, r, person, id); err != nil {
			return err
		}
		list, total, err = r.Deliveries(ctx, id, states, offset, limit)
		return err
	})
	return list, total, err
}

// Set pauses a hook, goes on with it, ends it, or takes its end back. What changed meanwhile is told when it goes on.
func (h *Hooks) Set(ctx context.Context, person string, id int64, to State) (err error) {
	defer fault.At(&err, "hook.Set(hook %d, %s)", id, to)
	if to != On && to != Paused && to != Ended {
		return fault.New(fault.Invalid, "推送只能暂停、继续或删除。", "A hook is paused, goes on or is deleted.")
	}
	defer h.Wake()
	return h.Storage.WriteHooks(ctx, func(ctx context.Context, w Writer) error {
		x, err := h.of(ctx, w, person, id)
		if err != nil || x.State == to {
			return err
		}
		return h.set(ctx, w, x, to)
	})
}

func (h *Hooks) set(ctx context.Context, w Writer, x *Hook, to State) error {
	if err := w.SetState(ctx, x.ID, to, h.Clock(), auth.Of(ctx)); err != nil {
		return err
	}
	return h.log(ctx, w, "hook-"+string(to), x, map[string]any{})
}

// Rotate gives a hook a new secret, which is told once. The one before holds for a day beside it, or ends at once.
func (h *Hooks) Rotate(ctx context.Context, person string, id int64, atOnce bool) (secret string, err error) {
	defer fault.At(&err, "hook.Rotate(hook %d)", id)
	plain := newSecret()
	err = h.Storage.WriteHooks(ctx, func(ctx context.Context, w Writer) error {
		x, err := h.of(ctx, w, person, id)
		if err != nil {
			return err
		}
		until := h.Clock()
		if !atOnce {
			until = until.Add(Overlap)
		}
		if err := w.AddSecret(ctx, id, plain, until); err != nil {
			return err
		}
		return h.log(ctx, w, "hook-rotate", x, map[string]any{})
	})
	if err != nil {
		return "", err
	}
	return SecretText(plain), nil
}

// Replay sends messages of a hook again: one, or with 0 all that failed and were made at a time or later. It tells how many.
func (h *Hooks) Replay(ctx context.Context, person string, id, delivery int64, since time.Time) (n int, err error) {
	defer fault.At(&err, "hook.Replay(hook %d, message %d)", id, delivery)
	defer h.Wake()
	err = h.Storage.WriteHooks(ctx, func(ctx context.Context, w Writer) error {
		x, err := h.of(ctx, w, person, id)
		if err != nil {
			return err
		}
		if x.State != On {
			return errNotOn()
		}
		if delivery != 0 {
			switch d, err := w.Delivery(ctx, id, delivery); {
			case err != nil:
				return err
			case d == nil:
				return fault.New(fault.NotFound, "没有这条消息：它可能早已发出，记录已清理。", "There is no such message: it may have been sent long ago and been cleared away.")
			}
		}
		n, err = w.Again(ctx, id, delivery, since, h.Clock())
		if err != nil || n == 0 {
			return err
		}
		return h.log(ctx, w, "hook-replay", x, map[string]any{"count": n})
	})
	return n, err
}

// SendTest sends a message of the type hook.test.
func (h *Hooks) SendTest(ctx context.Context, person string, id int64) (err error) {
	defer fault.At(&err, "hook.SendTest(hook %d)", id)
	defer h.Wake()
	var x *Hook
	if err := h.Storage.ReadHooks(ctx, func(r Reader) (err error) { x, err = h.of(ctx, r, person, id); return err }); err != nil {
		return err
	}
	if x.State != On {
		return errNotOn()
	}
	return h.Storage.WriteMessages(ctx, func(w Messages) error {
		_, err := w.Tell(ctx, id, "", 0, 0, h.fresh(id, Test, []Content{{}}))
		return err
	})
}

func errNotOn() error {
	return fault.New(fault.Conflict, "推送已暂停或停用。请先继续，再发送。", "The hook is paused or off. Let it go on before you send something.")
}
