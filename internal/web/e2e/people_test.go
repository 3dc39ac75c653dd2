package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/pquerna/otp/totp"
)

const (
	oneWord = "Rv7#qmLx92pt"
	another = "kB4!wzQn81ru"
)

// shot keeps a picture of the page where EYAS_LOOK names a folder.
func (p *tab) shot(name string) {
	p.Helper()
	dir := os.Getenv("EYAS_LOOK")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		p.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
		p.Fatal(err)
	}
}

// enterAs signs in on the page for that.
func (p *tab) enterAs(id, password string) {
	p.Helper()
	p.visit("/sign-in?lang=zh-CN")
	p.enter("#person", id)
	p.enter("#password", password)
	p.follow("form.sign button.primary")
}

// chosen chooses a password by a one-time link.
func (p *tab) chosen(link, password string) {
	p.Helper()
	p.visit(strings.TrimPrefix(link, p.base))
	p.accessible()
	p.enter("#password", password)
	p.enter("#again", password)
	p.follow("form.sign button.primary")
}

// secondFactor sets one up on its page and gives the secret, and a recovery code.
func (p *tab) secondFactor() (secret, recovery string) {
	p.Helper()
	secret = strings.ReplaceAll(p.text(".steps code"), " ", "")
	p.enter("#code", codeOf(p.T, secret, 0))
	p.follow("form.sign button.primary")
	if n := p.count(".codes li"); n != 8 {
		p.Errorf("%d recovery codes", n)
	}
	p.accessible()
	return secret, p.text(".codes code")
}

// codeOf is a code of a secret, some steps from now: none is taken twice, and one of the next step is taken already.
func codeOf(t *testing.T, secret string, steps int) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, time.Now().Add(time.Duration(steps)*30*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func (p *tab) signOut() {
	p.Helper()
	p.unfold("details.person")
	p.follow(`.rail form[action="/sign-out"] button`)
}

// From the first start to an officer's work: three administrators, an account, a role, a second factor, and out again. What was
// sent when a session had ended is not lost, and no session is anybody else's.
func TestPeopleComeIn(t *testing.T) {
	if house.skip != "" {
		t.Skip(house.skip)
	}
	db := filepath.Join(t.TempDir(), "people.db")
	if out, err := exec.Command(house.program, "demo", "--db", db, "--rows", "200").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	base, stop, err := startServer(db)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	p := openAt(t, base)
	p.visit("/?lang=zh-CN")
	if p.count(".rail") != 1 {
		t.Error("the base without people has no operator")
	}
	out, err := exec.Command(house.program, "person", "start", "--db", db, "--url", base, "--json").Output()
	if err != nil {
		t.Fatal(err)
	}
	link := regexp.MustCompile(`/first-start/[A-Z2-7]+`).FindString(string(out))
	p.visit(link)
	p.accessible()
	p.shot("first-start")
	for _, a := range [][2]string{{"system_admin", "sys"}, {"security_admin", "sec"}, {"audit_admin", "aud"}} {
		p.enter(`[name="`+a[0]+`"]`, a[1])
		p.enter(`[name="`+a[0]+`.name"]`, "示例"+a[1])
	}
	p.follow("form.sign button.primary")
	p.accessible()
	p.shot("first-start-links")
	links := ask[[]string](p, `[...document.querySelectorAll(".once code")].map(c => c.innerText)`)
	if len(links) != 3 {
		t.Fatalf("links %q", links)
	}
	p.expect("Failed to load resource")
	p.visit(link)
	if got := p.text("main"); !strings.Contains(got, "已用过") {
		t.Errorf("the link a second time: %s", got)
	}

	// The base has people now: nobody sees anything without signing in.
	p.visit("/enterprises")
	if !strings.HasPrefix(p.where(), "/sign-in?back=%2Fenterprises") || p.count(".rail") != 0 {
		t.Errorf("not signed in, at %s", p.where())
	}
	p.accessible()

	// The system administrator chooses a weak password, then a good one, and sets up a second factor.
	p.visit(strings.TrimPrefix(links[0], base))
	p.enter("#password", "Tianjin@2026")
	p.until(`document.querySelector("[data-says]").innerText.length > 10`)
	p.shot("strength")
	p.chosen(links[0], oneWord)
	p.enterAs("sys", oneWord)
	if p.where() != "/account/second" {
		t.Errorf("an administrator without a second factor is at %s", p.where())
	}
	p.accessible()
	p.shot("second")
	p.secondFactor()
	p.visit("/people/new")
	p.accessible()
	p.enter("#id", "wang")
	p.enter("#name", "王示例")
	p.follow("form.sign button.primary")
	invited := p.text(".band code")
	p.visit("/people")
	p.accessible()
	p.shot("people")
	p.visit("/people/wang")
	p.accessible()
	p.signOut()
	if !strings.HasPrefix(p.where(), "/sign-in") {
		t.Errorf("signed out, at %s", p.where())
	}

	// The security administrator grants the role of an officer.
	p.chosen(links[1], oneWord)
	p.enterAs("sec", oneWord)
	p.secondFactor()
	p.visit("/people/wang")
	p.unfold("details.do")
	ask[bool](p, `(document.querySelector("#role").value = "district_officer", document.querySelector("#org").value = "120110", true)`)
	p.shot("grant")
	p.follow(`form[action="/people/wang/grant"] button`)
	if got := p.text(".grants"); !strings.Contains(got, "区局经办") {
		t.Errorf("granted: %s", got)
	}
	p.accessible()
	p.signOut()

	// The officer signs in with both factors, and sees the ladder.
	p.chosen(invited, another)
	p.enterAs("wang", another)
	if got := p.text(".rail .me"); !strings.Contains(got, "王示例") || !strings.Contains(got, "区局经办") {
		t.Errorf("the rail names %q", got)
	}
	p.visit("/account/second")
	secret, recovery := p.secondFactor()
	p.visit("/account")
	p.accessible()
	p.shot("account")
	p.signOut()
	p.enterAs("wang", another)
	p.accessible()
	p.enter("#code", codeOf(t, secret, 1))
	p.follow("form.sign button.primary")
	if p.where() != "/" || p.count("h1") == 0 {
		t.Errorf("after the second factor, at %s", p.where())
	}
	p.shot("ladder")
	p.size(390, 800)
	p.visit("/account")
	p.accessible()
	p.shot("account-390")
	p.size(1440, 900)
	p.visit("/people")
	if got := p.text("main"); !strings.Contains(got, "没有权限") {
		t.Errorf("an officer sees people: %s", got)
	}

	// A form that is sent when the session has ended comes back after signing in.
	p.visit("/account")
	ask[bool](p, `(fetch("/sign-out", {method: "POST"}).then(() => { window.gone = true }), true)`)
	p.until(`window.gone === true`)
	ask[bool](p, `(document.querySelector("#phone").value = "13800000001", true)`)
	p.follow(`form[action="/account/name"] button`)
	p.accessible()
	if got := p.text("main"); !strings.Contains(got, "还在") {
		t.Errorf("the form is lost: %s", got)
	}
	p.enter("#person", "wang")
	p.enter("#password", another)
	p.follow("form.sign button.primary")
	p.enter("#code", recovery)
	p.follow("form.sign button.primary")
	p.accessible()
	p.shot("lost")
	p.follow("form button.primary")
	if p.where() != "/account" || ask[string](p, `document.querySelector("#phone").value`) != "13800000001" {
		t.Errorf("the form was not sent again, at %s", p.where())
	}
}
