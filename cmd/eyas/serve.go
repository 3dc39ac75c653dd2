package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/people/oidc"
	"eyas/internal/store"
)

// serveCmd serves the pages.
type serveCmd struct {
	plainly
	Addr   string   `name:"addr" env:"EYAS_ADDR" placeholder:"HOST:PORT" help:"监听地址，默认 127.0.0.1:8080，只限本机 | where to listen, by default 127.0.0.1:8080, this machine only"`
	Single bool     `name:"single" help:"不分账号，由一位操作员使用，只限本机；底库有人员时不启动 | one operator without accounts, on this machine only; refuses a base with people"`
	People bool     `name:"people" help:"分账号使用：底库还没有人员时，给出首次设置的链接 | with accounts: prints the link of the first start when the base has no people yet"`
	HTTPS  bool     `name:"https" env:"EYAS_HTTPS" help:"浏览器经反向代理以 HTTPS 访问：会话 cookie 只经 HTTPS 发送 | browsers come by HTTPS through a proxy: the cookie of sessions is sent by HTTPS only"`
	OIDC   string   `name:"oidc" env:"EYAS_OIDC" placeholder:"FILE" help:"统一身份认证（OpenID Connect）的配置文件，见 docs/people.md | file about a provider of identities (OpenID Connect), see docs/people.md"`
	Hooks  []string `name:"hook-allow" env:"EYAS_HOOK_ALLOW" sep:"," placeholder:"NETWORK" help:"变更推送可以发往的内网网段，如 10.20.0.0/16（可重复，或用逗号分开）；这些地址也可以用 http。默认只发往公网的 https | networks behind the wall to which webhooks may be sent, such as 10.20.0.0/16 (repeat it, or separate by commas), by http as well; by default only public addresses, by https"`
	Hosts  []string `name:"host" env:"EYAS_HOST" sep:"," placeholder:"NAME" help:"浏览器可以用来访问的名称（可重复，或用逗号分开）；本机名称和所监听的地址总可以 | a host name that browsers may use (repeat it, or separate names by commas); names of this machine and the address it listens on are always allowed"`
}

func (serveCmd) detail() pack.Text {
	return pack.Text{
		ZH: "底库有人员时，要登录才能看和改；没有人员时由一位操作员使用，谁能连上，谁就能看和改，所以默认只听本机，用别的地址会给出警告。浏览器只能用本机名称、所监听的地址或 --host 给出的名称访问，用别的名称的请求一律拒绝（防止别的网站借 DNS 重绑定进来）。放在反向代理后面时，用 --host 给出代理对外的名称，并让代理原样传递 Host（nginx：proxy_set_header Host $host）。按 Ctrl-C 停止，正在做的导入会整个撤回，下次启动后从头再做。",
		EN: "On a base with people everybody signs in. A base without people has one operator, and whoever can connect can read and write: so it listens on this machine only unless told otherwise, and then warns. Browsers may ask by a name of this machine, by the address it listens on, or by a name given with --host; requests by any other name are refused, so that no other site gets in by DNS rebinding. Behind a reverse proxy, give the proxy's public name with --host and have the proxy pass Host on unchanged (nginx: proxy_set_header Host $host). Ctrl-C stops it; an import under way is rolled back whole and done again after the next start.",
	}
}

func (serveCmd) examples() []string {
	return []string{"eyas serve --db eyas.db", "eyas serve --db eyas.db --addr 0.0.0.0:8080 --host eyas.kjj.example", "eyas serve --db postgres://eyas@localhost/eyas --addr 127.0.0.1:9000"}
}

// patience is how long running requests may take to end when the server stops.
const patience = 10 * time.Second

// defaultAddr accepts connections from this machine only.
const defaultAddr = "127.0.0.1:8080"

func (c serveCmd) Run(a *app) error {
	c.Addr = cmp.Or(c.Addr, defaultAddr)
	ln, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return fault.New(fault.Internal,
			fmt.Sprintf("不能在 %s 上监听；地址是否已被占用？", c.Addr),
			fmt.Sprintf("cannot listen on %s; is the address in use?", c.Addr)).Wrap(err)
	}
	defer ln.Close()
	peopled, err := a.peopledBase(c, ln.Addr())
	if err != nil {
		return err
	}
	if !peopled && !loopback(ln.Addr()) {
		fmt.Fprintln(a.err, a.say("警告：底库没有人员，而 "+c.Addr+" 不限于本机：凡能连上这台机器的人都能看到和修改全部数据。",
			"warning: the base has no people, and "+c.Addr+" is not this machine alone: whoever can reach it can read and change everything"))
	}
	roomyHeap()

	log := slog.New(slog.NewTextHandler(a.err, nil))
	ctx, stop := context.WithCancel(a.ctx)
	defer stop()
	handler, err := a.pages(ctx, c, log)
	if err != nil {
		return err
	}
	srv := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ConnContext:       func(ctx context.Context, _ net.Conn) context.Context { return store.Asking(ctx) },
		BaseContext:       func(net.Listener) context.Context { return auth.In(ctx, auth.Actor{}) }, // who asks, each request says
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	fmt.Fprintf(a.out, a.say("雏鹰已就绪：http://%s/ （按 Ctrl-C 停止）\n", "Eyas is ready: http://%s/ (Ctrl-C stops it)\n"), ln.Addr())
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(ln) }()
	select {
	case err = <-failed:
		return err
	case <-a.ctx.Done():
	}
	end, cancel := context.WithTimeout(context.WithoutCancel(a.ctx), patience)
	defer cancel()
	if err := srv.Shutdown(end); errors.Is(err, context.DeadlineExceeded) {
		stop()
		srv.Close()
	} else if err != nil {
		return err
	}
	return nil
}

// provider is the provider of identities of the file that was named; nil: none was.
func (c serveCmd) provider(p *pack.Pack, clock func() time.Time) (*oidc.Provider, error) {
	if c.OIDC == "" {
		return nil, nil
	}
	file, secret, err := oidc.Read(c.OIDC, p)
	if err != nil {
		return nil, err
	}
	return oidc.New(file, secret, clock), nil
}

// peopledBase reports whether the base has people, or is about to, and refuses a mode that it cannot be served in.
func (a *app) peopledBase(c serveCmd, at net.Addr) (bool, error) {
	p, err := a.people()
	if err != nil {
		return false, err
	}
	any, err := p.Any(a.ctx)
	switch {
	case err != nil:
		return false, err
	case c.Single && any:
		return false, fault.New(fault.Conflict, "这个底库分账号使用，不能用 --single 打开。请去掉 --single。", "This base has people and cannot be served with --single: leave it out.")
	case c.Single && !loopback(at):
		return false, fault.New(fault.Invalid, "--single 只限本机：请监听 127.0.0.1。", "--single is for this machine only: listen on 127.0.0.1.")
	case c.Single && c.People:
		return false, fault.New(fault.Invalid, "--single 和 --people 不能一起用。", "--single and --people exclude each other.")
	case c.People && !any:
		return true, a.startLink(p, urlOf(at))
	}
	return any, nil
}

// loopback reports whether only this machine can reach an address.
func loopback(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}
