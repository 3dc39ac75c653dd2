package main

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/hook"
	"eyas/internal/pack"
)

// hookCmd is what is done with webhooks on the command line.
type hookCmd struct {
	List   hookList   `cmd:"" help:"列出变更推送 | list webhooks"`
	Add    hookAdd    `cmd:"" help:"建立一个变更推送 | make a webhook"`
	Replay hookReplay `cmd:"" help:"重发失败的消息 | send again what failed"`
}

// hooks returns the webhooks of the base. They send nothing before they have a registry and run.
func (a *app) hooks(allow []string) (*hook.Hooks, error) {
	allowed, err := hook.ParseAllowed(allow)
	if err != nil {
		return nil, err
	}
	p, err := a.pack()
	if err != nil {
		return nil, err
	}
	db, err := a.database()
	if err != nil {
		return nil, err
	}
	persons, err := a.people()
	if err != nil {
		return nil, err
	}
	return hook.Open(hook.Config{Pack: p, Storage: db, People: persons, Actors: persons, Clock: a.clock, Allow: allowed}), nil
}

// ofHooks is whose hooks a command is about: a system that it names, or who acts.
func (a *app) ofHooks(of string) string { return cmp.Or(strings.TrimSpace(of), auth.Of(a.ctx)) }

type hookList struct {
	plainly
	Of string `name:"of" placeholder:"SYSTEM" help:"哪个系统的；不写就是操作人自己的 | of which system; of who acts when left out"`
}

func (hookList) examples() []string {
	return []string{"eyas hook list --as wang --token-file wang.token --db eyas.db"}
}

// hookLine is a webhook in JSON.
type hookLine struct {
	ID      int64     `json:"id"`
	Name    string    `json:"name"`
	URL     string    `json:"url"`
	Bounds  string    `json:"bounds"`
	Events  []string  `json:"events"`
	State   string    `json:"state"`
	Since   time.Time `json:"since"`
	Asleep  bool      `json:"asleep"` // its role gives nothing today, so that nothing is sent
	Waiting int       `json:"waiting"`
	Failed  int       `json:"failed"`
	Done    int       `json:"done"`
}

func (c hookList) Run(a *app) error {
	h, err := a.hooks(nil)
	if err != nil {
		return err
	}
	of := a.ofHooks(c.Of)
	list, err := h.OfPerson(a.ctx, of)
	if err != nil {
		return err
	}
	lines := []hookLine{}
	for i := range list {
		x, n, asleep, err := h.Get(a.ctx, of, list[i].ID)
		if err != nil {
			return err
		}
		lines = append(lines, hookLine{x.ID, x.Name, x.URL, x.Bounds, x.Events, string(x.State), x.Since, asleep, n[hook.Waiting], n[hook.Failed], n[hook.Done]})
	}
	if a.json {
		return a.object(map[string]any{"hooks": lines})
	}
	for _, x := range lines {
		fmt.Fprintf(a.out, a.say("%d  %s  %s  %s：等待 %d，失败 %d，已收到 %d\n", "%d  %s  %s  %s: waiting %d, failed %d, received %d\n"), x.ID, x.Name, x.URL, x.State, x.Waiting, x.Failed, x.Done)
	}
	if len(lines) == 0 {
		fmt.Fprintln(a.out, a.say("还没有推送。", "There are no webhooks."))
	}
	return nil
}

type hookAdd struct {
	plainly
	URL      string   `name:"url" required:"" placeholder:"URL" help:"接收地址 | address of the receiver"`
	For      string   `name:"for" default:"eyas hook add" help:"用途，写在推送页上 | what it is for, as the page of webhooks says it"`
	Events   []string `name:"event" placeholder:"EVENT" help:"推送哪些变化：subject.changed、import.done、import.undone、question.asked、question.answered；默认全部 | what it tells; all by default"`
	Of       string   `name:"of" placeholder:"SYSTEM" help:"给哪个系统建；不写就是操作人自己 | for which system; for who acts when left out"`
	Role     string   `name:"role" placeholder:"ROLE" help:"以哪个角色行事；只有一个角色时可不写 | the role in which it acts; may be left out when there is one"`
	Register string   `name:"register" placeholder:"ID" help:"只限这个库 | only this register"`
	Subject  int64    `name:"subject" placeholder:"N" help:"只限这个编号的主体 | only the subject of this number"`
	Allow    []string `name:"hook-allow" env:"EYAS_HOOK_ALLOW" sep:"," placeholder:"NETWORK" help:"允许的内网网段，与 eyas serve 的相同 | networks that are allowed, as those of eyas serve"`
}

func (hookAdd) detail() pack.Text {
	return pack.Text{ZH: "密钥只打印这一次，接收方用它核对签名（Standard Webhooks 规范）。从建立之后的变化开始推送，由 eyas serve 发送。",
		EN: "The secret is printed this once; the receiver checks signatures with it (Standard Webhooks). It is told what changes from now on; eyas serve sends."}
}

func (hookAdd) examples() []string {
	return []string{"eyas hook add --url https://portal.example/eyas --event subject.changed --register enterprise --as wang --token-file wang.token --json"}
}

func (c hookAdd) Run(a *app) error {
	h, err := a.hooks(c.Allow)
	if err != nil {
		return err
	}
	if c.Events == nil {
		c.Events = hook.Events
	}
	id, secret, err := h.New(a.ctx, hook.Ask{Person: a.ofHooks(c.Of), Role: auth.Role(c.Role), Name: c.For, URL: c.URL, Bounds: auth.Bounds{Register: c.Register, Subject: c.Subject}, Events: c.Events})
	if err != nil {
		return err
	}
	if a.json {
		return a.object(map[string]any{"id": id, "secret": secret})
	}
	fmt.Fprintf(a.out, a.say("推送 %d 的密钥（只显示这一次）：\n%s\n", "the secret of webhook %d (shown once):\n%s\n"), id, secret)
	return nil
}

type hookReplay struct {
	plainly
	ID    int64  `arg:"" help:"推送的编号 | number of the webhook"`
	Since string `name:"since" placeholder:"DAY" help:"从哪天起失败的，如 2026-12-01；默认全部 | all that failed since a day such as 2026-12-01; all by default"`
	Of    string `name:"of" placeholder:"SYSTEM" help:"哪个系统的；不写就是操作人自己的 | of which system; of who acts when left out"`
}

func (hookReplay) examples() []string {
	return []string{"eyas hook replay 3 --since 2026-12-01 --as wang --token-file wang.token"}
}

func (c hookReplay) Run(a *app) error {
	h, err := a.hooks(nil)
	if err != nil {
		return err
	}
	var since time.Time
	if c.Since != "" {
		p, err := a.pack()
		if err != nil {
			return err
		}
		if since, err = time.ParseInLocation(time.DateOnly, c.Since, p.Zone); err != nil {
			return fault.New(fault.Invalid, "--since 写成 2026-12-01 这样。", "--since is written like 2026-12-01.")
		}
	}
	n, err := h.Replay(a.ctx, a.ofHooks(c.Of), c.ID, 0, since)
	if err != nil {
		return err
	}
	if a.json {
		return a.object(map[string]int{"replayed": n})
	}
	fmt.Fprintf(a.out, a.say("%d 条消息将重发。\n", "%d messages are sent again.\n"), n)
	return nil
}
