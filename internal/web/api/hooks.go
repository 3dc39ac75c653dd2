package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/hook"
	"eyas/internal/pack"
	"eyas/internal/registry/sight"
	"eyas/internal/web/address"
)

// hooksRoom answers about webhooks.
type hooksRoom struct{ *room }

// Webhooks are those of the token's person that lie within the token's grant and scope, the newest first.
type Webhooks struct {
	Webhooks []Webhook `json:"webhooks"`
}

// Webhook is an address to which changes are told.
type Webhook struct {
	ID       int64     `json:"webhook"`
	Name     string    `json:"name"`
	URL      string    `json:"url"`
	Events   []string  `json:"events"`
	Register string    `json:"register,omitempty"` // to which it is held
	Matter   string    `json:"matter,omitempty"`
	Subject  int64     `json:"subject,omitempty"`
	State    string    `json:"state"` // on, paused, off (by lasting failure) or ended
	Since    time.Time `json:"since"`
	Asleep   bool      `json:"asleep"` // its role gives nothing today, so that nothing is sent
	Waiting  int       `json:"waiting"`
	Done     int       `json:"done"`
	Failed   int       `json:"failed"`
}

// WebhookNew is what a webhook is asked for. It never reaches beyond the token by which it is made.
type WebhookNew struct {
	Name     string   `json:"name"` // what it is for
	URL      string   `json:"url"`
	Events   []string `json:"events"`
	Register string   `json:"register,omitempty"`
	Subject  int64    `json:"subject,omitempty"`
}

// WebhookMade is a webhook with its secret, which is told once: the same request again is answered without it.
type WebhookMade struct {
	DryRun bool   `json:"dry_run"`
	ID     int64  `json:"webhook,omitempty"`
	Secret string `json:"secret,omitempty"`
	State  string `json:"state"`
}

// WebhookState asks for a state.
type WebhookState struct {
	State string `json:"state"` // on, paused or ended
}

// WebhookStateSet is what came of it, or would.
type WebhookStateSet struct {
	DryRun bool   `json:"dry_run"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// WebhookSecret asks for a new secret.
type WebhookSecret struct {
	AtOnce bool `json:"at_once"` // the one before ends now; otherwise it holds for a day beside the new one
}

// WebhookAgain says which messages are sent again: one, or all that failed and were made since a time.
type WebhookAgain struct {
	Message int64     `json:"message,omitempty"`
	Since   time.Time `json:"since,omitzero"`
}

// WebhookSent is how many messages are sent again, or would be.
type WebhookSent struct {
	DryRun bool `json:"dry_run"`
	Count  int  `json:"count"`
}

// WebhookMessages is a page of the messages of a webhook, the newest first.
type WebhookMessages struct {
	Total int              `json:"total"`
	Items []WebhookMessage `json:"items"`
	Next  *string          `json:"next"` // cursor of the next page; null: this is the last
}

// WebhookMessage is a message with its attempts, the newest first.
type WebhookMessage struct {
	ID       int64            `json:"message"`
	Webhook  string           `json:"webhook_id"` // which its attempts have in their header
	Type     string           `json:"type"`
	At       time.Time        `json:"at"`
	State    string           `json:"state"` // waiting, done or failed
	Due      *time.Time       `json:"due"`   // null: it does not wait
	Attempts []WebhookAttempt `json:"attempts"`
}

// WebhookAttempt is one attempt to deliver a message.
type WebhookAttempt struct {
	At      time.Time `json:"at"`
	Status  int       `json:"status"`            // of the answer; 0: there was none
	Trouble string    `json:"trouble,omitempty"` // why there was none: address, name, reach, tls, slow, other
	Millis  int64     `json:"milliseconds"`
}

func errNoHook() error {
	return fault.New(fault.NotFound, "没有这个推送，或不在令牌的范围之内。", "There is no such webhook, or it is outside of the token's scope.")
}

// hookOf finds the webhook of a call.
func (s hooksRoom) hookOf(r *http.Request) (x *hook.Hook, out Webhook, err error) {
	if s.Hooks == nil {
		return nil, out, errNoCall()
	}
	id, bad := readID(r.PathValue("webhook"))
	if bad {
		return nil, out, errNoHook()
	}
	return s.hookAt(r.Context(), id)
}

func (s hooksRoom) hookAt(ctx context.Context, id int64) (*hook.Hook, Webhook, error) {
	x, counts, asleep, err := s.Hooks.Get(ctx, auth.Of(ctx), id)
	if err != nil {
		return nil, Webhook{}, as(err, errNoHook())
	}
	if x.State == hook.Ended {
		return nil, Webhook{}, errNoHook()
	}
	o := Webhook{ID: x.ID, Name: x.Name, URL: x.URL, Events: append([]string{}, x.Events...), State: string(x.State), Since: x.Since.UTC(), Asleep: asleep, Waiting: counts[hook.Waiting], Done: counts[hook.Done], Failed: counts[hook.Failed]}
	if b, err := auth.ParseBounds(x.Bounds); err == nil {
		o.Register, o.Matter, o.Subject = b.Register, b.Matter, b.Subject
	}
	return x, o, nil
}

func (s hooksRoom) callHooks(r *http.Request) (*answered, error) {
	if s.Hooks == nil {
		return nil, errNoCall()
	}
	list, err := s.Hooks.OfPerson(r.Context(), auth.Of(r.Context()))
	if err != nil {
		return nil, err
	}
	out := Webhooks{Webhooks: []Webhook{}}
	for i := range list {
		_, x, err := s.hookAt(r.Context(), list[i].ID)
		if err != nil {
			return nil, err
		}
		out.Webhooks = append(out.Webhooks, x)
	}
	return &answered{value: out}, nil
}

func (s hooksRoom) callHook(r *http.Request) (*answered, error) {
	_, x, err := s.hookOf(r)
	if err != nil {
		return nil, err
	}
	return &answered{value: x, etag: etagOf(x.State)}, nil
}

// changed carries a write out in a transaction, which a dry run takes back, and keeps what may be answered again.
func (s hooksRoom) changed(r *http.Request, dry bool, key string, raw []byte, do func(context.Context) (now, again *answered, err error)) (*answered, error) {
	return s.once(r, key, raw, nil, func(ctx context.Context, keep keeper) (*answered, error) {
		var out *answered
		actor := auth.Named(ctx)
		err := s.Entries.Upon(auth.As(ctx, auth.Self), sight.Seen{}, func(ctx context.Context) error { // upon nothing: also for who sees no register
			ctx = auth.In(ctx, actor)
			now, again, err := do(ctx)
			if err != nil {
				return err
			}
			if out = now; dry {
				return errTried
			}
			return keep(ctx, again)
		})
		if err != nil && !errors.Is(err, errTried) {
			return nil, err
		}
		return out, nil
	})
}

// readHook reads what every write of webhooks takes.
func (s hooksRoom) readHook(r *http.Request, to any, says string) (dry bool, key string, raw []byte, err error) {
	if s.Hooks == nil {
		return false, "", nil, errNoCall()
	}
	if dry, key, err = readWrite(r); err != nil {
		return false, "", nil, err
	}
	if raw, err = readJSON(r); err != nil {
		return false, "", nil, err
	}
	if err := only(raw, to); err != nil {
		return false, "", nil, fault.New(fault.Invalid, "内容写成 "+says+" 这样的 JSON，没有其他字段。", "Send JSON like "+says+", without other fields.").Wrap(err)
	}
	return dry, key, raw, nil
}

func (s hooksRoom) callMakeHook(r *http.Request) (*answered, error) {
	var sent WebhookNew
	dry, key, raw, err := s.readHook(r, &sent, `{"name": "…", "url": "https://…", "events": ["subject.changed"]}`)
	if err != nil {
		return nil, err
	}
	return s.changed(r, dry, key, raw, func(ctx context.Context) (*answered, *answered, error) {
		id, secret, err := s.Hooks.New(ctx, hook.Ask{Person: auth.Of(ctx), Name: sent.Name, URL: sent.URL, Bounds: auth.Bounds{Register: sent.Register, Subject: sent.Subject}, Events: sent.Events})
		if err != nil {
			return nil, nil, err
		}
		x := WebhookMade{DryRun: dry, ID: id, State: string(hook.On)}
		again := &answered{value: x}
		if x.Secret = secret; dry {
			x.ID, x.Secret = 0, ""
		}
		return &answered{value: x}, again, nil
	})
}

func (s hooksRoom) callSetHook(r *http.Request) (*answered, error) {
	x, _, err := s.hookOf(r)
	if err != nil {
		return nil, err
	}
	var sent WebhookState
	dry, key, raw, err := s.readHook(r, &sent, `{"state": "paused"}`)
	if err != nil {
		return nil, err
	}
	return s.changed(r, dry, key, raw, func(ctx context.Context) (*answered, *answered, error) {
		mark, err := readMatchOf(r, "/api/v1/webhooks/{webhook}")
		if err != nil {
			return nil, nil, err
		}
		now, _, err := s.hookAt(ctx, x.ID)
		if err != nil {
			return nil, nil, err
		}
		if mark != string(now.State) {
			return nil, nil, fault.New(fault.Stale, "推送的状态在您读过之后已变，没有写入。请重新读取。", "The webhook has changed since you read it, and nothing was written. Read it again.")
		}
		if err := s.Hooks.Set(ctx, now.Person, now.ID, hook.State(sent.State)); err != nil {
			return nil, nil, err
		}
		a := &answered{value: WebhookStateSet{DryRun: dry, Before: mark, After: sent.State}}
		return a, a, nil
	})
}

func (s hooksRoom) callHookSecret(r *http.Request) (*answered, error) {
	x, _, err := s.hookOf(r)
	if err != nil {
		return nil, err
	}
	var sent WebhookSecret
	dry, key, raw, err := s.readHook(r, &sent, `{"at_once": false}`)
	if err != nil {
		return nil, err
	}
	return s.changed(r, dry, key, raw, func(ctx context.Context) (*answered, *answered, error) {
		secret, err := s.Hooks.Rotate(ctx, x.Person, x.ID, sent.AtOnce)
		if err != nil {
			return nil, nil, err
		}
		o := WebhookMade{DryRun: dry, ID: x.ID, State: string(x.State)}
		again := &answered{value: o}
		if !dry {
			o.Secret = secret
		}
		return &answered{value: o}, again, nil
	})
}

func (s hooksRoom) callHookAgain(r *http.Request) (*answered, error) {
	x, _, err := s.hookOf(r)
	if err != nil {
		return nil, err
	}
	var sent WebhookAgain
	dry, key, raw, err := s.readHook(r, &sent, `{"message": 12} | {"since": "2021-03-31T08:00:00+08:00"}`)
	if err != nil {
		return nil, err
	}
	if sent.Message < 0 || (sent.Message == 0) == sent.Since.IsZero() {
		return nil, fault.New(fault.Invalid, "写明 message（一条）或 since（此后失败的全部），二者取一。", "Give message (one) or since (all that failed since then), and not both.")
	}
	return s.changed(r, dry, key, raw, func(ctx context.Context) (*answered, *answered, error) {
		n, err := s.Hooks.Replay(ctx, x.Person, x.ID, sent.Message, sent.Since)
		if err != nil {
			return nil, nil, err
		}
		a := &answered{value: WebhookSent{DryRun: dry, Count: n}}
		return a, a, nil
	})
}

// callMessages lists the messages of a webhook. A place is a number, so that messages that are written meanwhile do not repeat others.
func (s hooksRoom) callMessages(r *http.Request) (*answered, error) {
	x, _, err := s.hookOf(r)
	if err != nil {
		return nil, err
	}
	at, limit, err := readPage(r)
	if err != nil {
		return nil, err
	}
	if at == nil {
		at = &cursor{}
	}
	var states []hook.DeliveryState
	for _, text := range r.URL.Query()["state"] {
		if !slices.Contains([]hook.DeliveryState{hook.Waiting, hook.Done, hook.Failed}, hook.DeliveryState(text)) {
			return nil, address.UnknownFilter("state", text)
		}
		states = append(states, hook.DeliveryState(text))
	}
	out := WebhookMessages{Items: []WebhookMessage{}}
	for offset, more := 0, false; !more; {
		list, total, err := s.Hooks.Deliveries(r.Context(), x.Person, x.ID, states, offset, mostItems+1)
		if err != nil {
			return nil, err
		}
		out.Total = total
		for i := range list {
			switch {
			case at.ID != 0 && list[i].ID >= at.ID:
			case len(out.Items) == limit:
				more = true
			default:
				out.Items = append(out.Items, messageOf(&list[i]))
			}
		}
		if offset += len(list); len(list) <= mostItems {
			if !more {
				return &answered{value: out}, nil
			}
		}
	}
	out.Next = (&cursor{ID: out.Items[limit-1].ID}).text(r)
	return &answered{value: out}, nil
}

func messageOf(d *hook.Delivery) WebhookMessage {
	m := WebhookMessage{ID: d.ID, Webhook: d.Message, Type: d.Type, At: d.At.UTC(), State: string(d.State), Attempts: []WebhookAttempt{}}
	if d.State == hook.Waiting {
		due := d.Due.UTC()
		m.Due = &due
	}
	for _, a := range d.Attempts {
		m.Attempts = append(m.Attempts, WebhookAttempt{a.At.UTC(), a.Status, string(a.Trouble), a.Took.Milliseconds()})
	}
	return m
}

// hookCalls are the calls about webhooks.
func (s hooksRoom) hookCalls() []*call {
	inHook := param{name: "webhook", in: "path", kind: "integer", says: pack.Text{ZH: "推送的编号", EN: "number of the webhook"}}
	needs := pack.Text{ZH: "令牌要能“管理变更推送”（hook）。", EN: "The token needs the action hook."}
	c := func(id, method, path string, name, says pack.Text, body, gives any, do func(*http.Request) (*answered, error), params ...param) *call {
		says = pack.Text{ZH: says.ZH + needs.ZH, EN: says.EN + " " + needs.EN}
		return &call{id: id, method: method, path: path, action: auth.Hook, name: name, says: says, body: body, gives: gives, do: do, params: params, write: method != http.MethodGet}
	}
	one := c("getWebhook", http.MethodGet, "/webhooks/{webhook}", pack.Text{ZH: "一个变更推送", EN: "One webhook"}, pack.Text{ZH: "带 ETag，改状态时放在 If-Match 里。", EN: "It has an ETag, which a change of its state sends in If-Match."}, nil, Webhook{}, s.callHook, inHook)
	one.etag = true
	set := c("setWebhook", http.MethodPut, "/webhooks/{webhook}/state", pack.Text{ZH: "暂停、继续或删除推送", EN: "Pause a webhook, go on with it or delete it"}, pack.Text{ZH: "state 是 on、paused 或 ended（删除）。", EN: "state is on, paused or ended (deleted)."}, WebhookState{}, WebhookStateSet{}, s.callSetHook, inHook)
	set.match = true
	return []*call{
		c("listWebhooks", http.MethodGet, "/webhooks", pack.Text{ZH: "列出变更推送", EN: "List the webhooks"}, pack.Text{ZH: "令牌的账号、角色和范围之内的。", EN: "Those of the token's person, within its role and scope."}, nil, Webhooks{}, s.callHooks),
		one,
		c("makeWebhook", http.MethodPost, "/webhooks", pack.Text{ZH: "建立推送", EN: "Make a webhook"}, pack.Text{ZH: "范围不超出令牌。secret 只答这一次：重发同一请求时没有，那时请更换密钥。", EN: "It reaches no further than the token. The secret is told this once: the same request again is answered without it; change the secret then."}, WebhookNew{}, WebhookMade{}, s.callMakeHook),
		set,
		c("changeWebhookSecret", http.MethodPost, "/webhooks/{webhook}/secret", pack.Text{ZH: "更换密钥", EN: "Change the secret"}, pack.Text{ZH: "旧的再用一天，或 at_once 立即停用。", EN: "The one before holds for a day more, or with at_once ends now."}, WebhookSecret{}, WebhookMade{}, s.callHookSecret, inHook),
		c("listWebhookMessages", http.MethodGet, "/webhooks/{webhook}/messages", pack.Text{ZH: "列出推送的消息", EN: "List the messages of a webhook"}, pack.Text{ZH: "最近的在前，带每次发送。", EN: "The newest first, with each attempt."}, nil, WebhookMessages{}, s.callMessages, inHook, several("state", "waiting、done 或 failed", "waiting, done or failed"), withLimit, withCursor),
		c("replayWebhook", http.MethodPost, "/webhooks/{webhook}/replay", pack.Text{ZH: "重发消息", EN: "Send messages again"}, pack.Text{ZH: "一条，或某时以后失败的全部。", EN: "One, or all that failed since a time."}, WebhookAgain{}, WebhookSent{}, s.callHookAgain, inHook),
	}
}
