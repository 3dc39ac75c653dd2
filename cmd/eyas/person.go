package main

import (
	"fmt"
	"net"
	"strings"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/people"
	"eyas/internal/registry"
	pages "eyas/internal/web/people"
)

// personCmd is what is done with accounts on the command line.
type personCmd struct {
	Start  personStart  `cmd:"" help:"给出首次设置的链接，在网页上建立三位管理员 | print the link of the first start, with which the three administrators are made on a page"`
	Add    personAdd    `cmd:"" help:"在空的或合成数据的底库里建一个有角色的账号 | make an account with a role in an empty or synthetic base"`
	List   personList   `cmd:"" help:"列出人员 | list the people"`
	Lock   personLock   `cmd:"" help:"锁定一个账号 | lock an account"`
	Unlock personUnlock `cmd:"" help:"解锁一个账号 | unlock an account"`
	Token  personToken  `cmd:"" help:"给一个账号新的命令令牌 | give an account a new token for commands"`
	API    personAPI    `cmd:"" name:"api-token" help:"给一个账号建接口令牌 | make a token of the API for an account"`
}

type personStart struct {
	plainly
	URL string `name:"url" env:"EYAS_URL" placeholder:"URL" help:"网页的地址，默认 http://127.0.0.1:8080 | address of the pages, by default http://127.0.0.1:8080"`
}

func (personStart) examples() []string {
	return []string{"eyas person start --db eyas.db", "eyas person start --db eyas.db --url https://eyas.kjj.example"}
}

func (c personStart) Run(a *app) error {
	p, err := a.people()
	if err != nil {
		return err
	}
	return a.startLink(p, c.URL)
}

// startLink prints the link of the first start.
func (a *app) startLink(p *people.People, base string) error {
	token, err := p.NewStart(auth.As(a.ctx, auth.Self))
	if err != nil {
		return err
	}
	if base == "" {
		base = "http://" + defaultAddr
	}
	link := strings.TrimSuffix(base, "/") + "/first-start/" + token
	if a.json {
		return a.object(map[string]string{"link": link})
	}
	fmt.Fprintf(a.out, a.say("请在浏览器里打开这个链接，建立三位管理员（只能用一次，三天内有效）：\n%s\n", "open this link in a browser to make the three administrators (it works once, for three days):\n%s\n"), link)
	return nil
}

type personAdd struct {
	ID      string `arg:"" help:"账号 | id of the account"`
	Role    string `name:"role" required:"" help:"角色，如 district_officer | role, such as district_officer"`
	Org     string `name:"org" help:"机构，如 120110 | organisation, such as 120110"`
	Subject string `name:"subject" placeholder:"CODE" help:"主体代码，用于企业等角色 | code of the subject, for roles of enterprises and the like"`
	Name    string `name:"name" help:"姓名 | name"`
	Until   string `name:"until" placeholder:"DAY" help:"角色的最后一天 | last day of the role"`
	Agent   bool   `name:"agent" help:"企业的经办人，不是法定代表人：得到委托之前什么都不能做 | an agent of the enterprise, not its legal representative: may do nothing until something is entrusted"`
}

func (personAdd) refuses() bool { return false }

func (personAdd) detail() pack.Text {
	return pack.Text{ZH: "用于脚本和演示：由机器的所有者在空的或只有合成数据的底库里建账号、授角色，并打印命令令牌。再次运行给同一账号再加一个角色，原令牌作废。企业角色的账号就是法定代表人，--agent 建经办人。有真实数据的底库请由管理员在网页上办理。",
		EN: "For scripts and demonstrations: the machine's owner makes an account with a role in a base that is empty or holds generated data only, and the token of its commands is printed. Run again, it adds a role to the account, and the token before ends. An account of an enterprise is its legal representative; --agent makes an agent. On a base with real data administrators do this on the pages."}
}

func (personAdd) examples() []string {
	return []string{"eyas person add wang --role district_officer --org 120110 --db demo.db --json", "eyas person add haitai --role enterprise --subject 91120116MA05J2XK3Q --db demo.db"}
}

func (c personAdd) Run(a *app) error {
	p, err := a.people()
	if err != nil {
		return err
	}
	if err := a.ownerMakes(); err != nil {
		return err
	}
	token, err := p.Seed(auth.As(a.ctx, auth.Local), people.Person{ID: c.ID, Name: c.Name}, people.GrantAsk{Role: auth.Role(c.Role), Org: c.Org, Code: c.Subject, Until: c.Until, Agent: c.Agent}, "")
	if err != nil {
		return err
	}
	return a.tokenSaid(strings.ToLower(strings.TrimSpace(c.ID)), token)
}

func (a *app) tokenSaid(id, token string) error {
	if a.json {
		return a.object(struct {
			Person string `json:"person"`
			Token  string `json:"token"`
		}{id, token})
	}
	fmt.Fprintf(a.out, a.say("账号 %s 的命令令牌（只显示这一次）：\n%s\n", "the token of %s for commands (shown once):\n%s\n"), id, token)
	return nil
}

// ownerMakes refuses what the machine's owner may do on a base that is empty or synthetic only.
func (a *app) ownerMakes() error {
	if a.as != "" {
		return fault.New(fault.Invalid, "eyas person add 由机器的所有者运行，不用 --as。有人员的底库请由系统管理员在网页上建账号。",
			"eyas person add is run by the machine's owner, without --as. On a base with people the system administrator makes accounts on the pages.")
	}
	pk, err := a.pack()
	if err != nil {
		return err
	}
	db, err := a.database()
	if err != nil {
		return err
	}
	ok, err := onlySynthetic(a.ctx, registry.New(pk, db, a.clock), true)
	if err != nil || ok {
		return err
	}
	return fault.New(fault.Forbidden, "这个底库里有真实数据：账号由系统管理员在网页上建立，角色由安全管理员授予。首次设置请运行 eyas person start。",
		"This base holds real data: the system administrator makes accounts on the pages, and the security administrator grants roles. For the first start, run eyas person start.")
}

// administers lets the machine's owner do on an empty or synthetic base what elsewhere an administrator does with --as. The
// directory that answers is then the owner's.
func (a *app) administers() (*people.People, error) {
	p, err := a.people()
	if err != nil {
		return nil, err
	}
	if a.as != "" {
		return p, nil
	}
	if err := a.ownerMakes(); err != nil {
		return nil, fault.New(fault.Unauthorised, "请由系统管理员用 --as 办理，并用 EYAS_TOKEN 或 --token-file 给出令牌。",
			"The system administrator does this by --as, with a token in EYAS_TOKEN or --token-file.").Wrap(err)
	}
	org := ""
	if c := p.Pack.Orgs.City(); c != nil {
		org = c.ID
	}
	a.ctx = auth.In(a.ctx, auth.Actor{ID: auth.Local, Role: people.Administrators[0], Org: org})
	return p, nil
}

type personList struct{ plainly }

func (personList) examples() []string { return []string{"eyas person list --db demo.db"} }

func (personList) Run(a *app) error {
	p, err := a.administers()
	if err != nil {
		return err
	}
	list, _, err := p.List(a.ctx, people.Wanted{}, 0, 100_000)
	if err != nil {
		return err
	}
	type line struct {
		Person string   `json:"person"`
		Name   string   `json:"name,omitempty"`
		State  string   `json:"state"`
		Roles  []string `json:"roles"`
	}
	lines := []line{}
	t := grid{}
	t.row(a.say("账号", "person"), a.say("姓名", "name"), a.say("状态", "state"), a.say("角色", "roles"))
	for i := range list {
		l := line{list[i].ID, list[i].Name, string(list[i].State), []string{}}
		for _, g := range list[i].Grants {
			if g.State == people.Given {
				l.Roles = append(l.Roles, strings.TrimSuffix(string(g.Role)+":"+g.Org+g.Code, ":"))
			}
		}
		lines = append(lines, l)
		t.row(l.Person, l.Name, l.State, strings.Join(l.Roles, " "))
	}
	if a.json {
		return a.object(map[string]any{"people": lines})
	}
	t.flush(a.out)
	return nil
}

type personLock struct {
	plainly
	ID string `arg:"" help:"账号 | id of the account"`
}

func (personLock) examples() []string {
	return []string{"eyas person lock wang --as sys --token-file sys.token"}
}

func (c personLock) Run(a *app) error {
	p, err := a.administers()
	if err != nil {
		return err
	}
	return p.Lock(a.ctx, c.ID)
}

type personUnlock struct {
	plainly
	ID string `arg:"" help:"账号 | id of the account"`
}

func (personUnlock) examples() []string {
	return []string{"eyas person unlock wang --as sys --token-file sys.token"}
}

func (c personUnlock) Run(a *app) error {
	p, err := a.administers()
	if err != nil {
		return err
	}
	return p.Unlock(a.ctx, c.ID)
}

type personToken struct {
	plainly
	ID string `arg:"" help:"账号 | id of the account"`
}

func (personToken) examples() []string {
	return []string{"eyas person token wang --as sys --token-file sys.token --json"}
}

func (c personToken) Run(a *app) error {
	p, err := a.administers()
	if err != nil {
		return err
	}
	token, err := p.Token(a.ctx, c.ID)
	if err != nil {
		return err
	}
	return a.tokenSaid(c.ID, token)
}

// demoPeople are the demonstration persons: one for each role that has pages.
var demoPeople = []struct{ id, name, role, org string }{
	{"demo-bureau", "示例 · 市局处室", "bureau", "city"},
	{"demo-bureau-admin", "示例 · 市局管理员", "bureau_admin", "city"},
	{"demo-dongli", "示例 · 区局经办", "district_officer", "120110"},
	{"demo-dongli-review", "示例 · 区局审核", "district_reviewer", "120110"},
	{"demo-dongli-admin", "示例 · 区局管理员", "district_admin", "120110"},
	{"demo-park", "示例 · 园区", "park", "teda"},
	{"demo-enterprise", "示例 · 企业法定代表人", "enterprise", ""},
	{demoAgent, "示例 · 企业经办人", "enterprise", ""},
	{"demo-carrier", "示例 · 载体", "carrier", ""},
	{"demo-expert", "示例 · 专家", "expert", "city"},
	{"demo-bank", "示例 · 银行与机构", "bank", ""},
	{"demo-commissioner", "示例 · 科技特派员", "commissioner", ""},
	{"demo-auditor", "示例 · 审计", "auditor", "city"},
	{"demo-public", "示例 · 公众", "public", "city"},
	{"demo-system", "示例 · 系统管理员", "system_admin", "city"},
	{"demo-security", "示例 · 安全管理员", "security_admin", "city"},
	{"demo-audit", "示例 · 审计管理员", "audit_admin", "city"},
}

// demoAgent stands for the demonstration enterprise as far as its legal representative has entrusted him.
const demoAgent = "demo-agent"

// seedPeople makes a demonstration person for each role of the pack that can be granted here.
func (a *app) seedPeople(svc *registry.Registry) error {
	p, err := a.people()
	if err != nil {
		return err
	}
	if any, err := p.Any(a.ctx); err != nil || any {
		return err // an interrupted filling that is taken up again has them
	}
	ctx := auth.As(a.ctx, auth.Local)
	for _, d := range demoPeople {
		r := p.Role(auth.Role(d.role))
		if r == nil {
			continue
		}
		ask := people.GrantAsk{Role: auth.Role(d.role), Org: d.org, Agent: d.id == demoAgent}
		if c := p.Pack.Orgs.City(); d.org == "city" && c != nil {
			ask.Org = c.ID
		}
		if len(r.For) > 0 {
			if ask.Code, err = demoCode(ctx, svc, r.For[0]); err != nil {
				return err
			}
			if ask.Code == "" {
				continue // nothing of the kind is in the base
			}
		}
		if _, err := p.Seed(ctx, people.Person{ID: d.id, Name: d.name}, ask, pages.DemoPassword); err != nil {
			return err
		}
	}
	if err := a.seedShares(svc, p); err != nil {
		return err
	}
	return a.seedMandates(p)
}

// urlOf is where a listener can be asked by a browser of this machine.
func urlOf(addr net.Addr) string {
	tcp, ok := addr.(*net.TCPAddr)
	if ok && tcp.IP.IsUnspecified() {
		return fmt.Sprintf("http://127.0.0.1:%d", tcp.Port)
	}
	return "http://" + addr.String()
}
