package main

import (
	"fmt"
	"strings"

	"eyas/internal/auth"
	"eyas/internal/pack"
	"eyas/internal/people"
)

// personAPI makes a token by which a program calls the API.
type personAPI struct {
	plainly
	ID        string   `arg:"" help:"账号 | id of the account"`
	For       string   `name:"for" default:"eyas person api-token" help:"用途，写在令牌页上 | what it is for, as the page of tokens says it"`
	May       []string `name:"may" default:"see" placeholder:"ACTION" help:"可以做什么：see、enter、import、undo、link、export、file、handle、hook，默认 see | what it may do: see, enter, import, undo, link, export, file, handle, hook; see by default"`
	Role      string   `name:"role" placeholder:"ROLE" help:"以哪个角色行事；此人只有一个角色时可不写 | the role in which it acts; may be left out when the person has one role"`
	Register  string   `name:"register" placeholder:"ID" help:"只限这个库 | only this register"`
	Matter    string   `name:"matter" placeholder:"ID" help:"只限这个事项的办件 | only cases of this matter"`
	Subject   int64    `name:"subject" placeholder:"N" help:"只限这个编号的主体 | only the subject of this number"`
	Days      int      `name:"days" default:"90" placeholder:"N" help:"有效期，默认 90 天 | for how many days; 90 by default"`
	PerMinute int      `name:"per-minute" default:"300" placeholder:"N" help:"每分钟的请求数：60、300、1200，默认 300 | requests a minute: 60, 300 or 1200; 300 by default"`
}

func (personAPI) detail() pack.Text {
	return pack.Text{ZH: "令牌只打印这一次；它能做的不多于此人的角色。本人用 --as 给自己建；在空的或只有合成数据的底库里，机器的所有者可以给任何人建。撤销在“我的账号 › 接口令牌”。",
		EN: "The token is printed this once; it may do no more than the person's role. A person makes his own with --as; on a base that is empty or synthetic the machine's owner makes one for anybody. Tokens are revoked on “My account › API tokens”."}
}

func (personAPI) examples() []string {
	return []string{"eyas person api-token wang --may see --register enterprise --db demo.db", "eyas person api-token wang --may see,enter --days 30 --as wang --token-file wang.token --json"}
}

func (c personAPI) Run(a *app) error {
	p, err := a.administers()
	if err != nil {
		return err
	}
	id := strings.ToLower(strings.TrimSpace(c.ID))
	ask := people.APIAsk{Person: id, Role: auth.Role(c.Role), Name: c.For, Bounds: auth.Bounds{Register: c.Register, Matter: c.Matter, Subject: c.Subject}, Days: c.Days, PerMinute: c.PerMinute}
	for _, x := range c.May {
		ask.Bounds.Actions = append(ask.Bounds.Actions, auth.Action(strings.TrimSpace(x)))
	}
	token, _, err := p.NewAPIToken(a.ctx, ask)
	if err != nil {
		return err
	}
	if a.json {
		return a.tokenSaid(id, token)
	}
	fmt.Fprintf(a.out, a.say("账号 %s 的接口令牌（只显示这一次）：\n%s\n", "the API token of %s (shown once):\n%s\n"), id, token)
	return nil
}
