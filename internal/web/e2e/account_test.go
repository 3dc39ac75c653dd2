package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// comeAs signs in by the button of a demonstration account.
func (p *tab) comeAs(id string) {
	p.Helper()
	p.visit("/sign-in")
	if p.count(`form.sign`) == 0 { // somebody is still signed in
		p.signOutQuietly()
		p.visit("/sign-in")
	}
	p.follow(`.demos form:has([value="` + id + `"]) button`)
}

// signOutQuietly ends the session without a page.
func (p *tab) signOutQuietly() {
	p.Helper()
	ask[bool](p, `(fetch("/sign-out", {method: "POST"}).then(() => { window.gone = true }), true)`)
	p.until(`window.gone === true`)
}

// letters chooses the size of letters.
func (p *tab) letters(size string) {
	p.Helper()
	ask[bool](p, `(fetch("/type", {method: "POST", headers: {"Content-Type": "application/x-www-form-urlencoded"}, body: "size=`+size+`"}).then(() => { window.sized = "`+size+`" }), true)`)
	p.until(`window.sized === "` + size + `"`)
}

// The pages of people, on a phone in Chinese; with EYAS_SOAK, at a desk in English and in the largest letters, too: each can be
// used by everybody, and none is wider than the phone. The page to sign in has its name and the other language in its head, and an
// administrator's rooms are in the bar.
func TestPagesOfPeople(t *testing.T) {
	if house.skip != "" {
		t.Skip(house.skip)
	}
	db := filepath.Join(t.TempDir(), "pages.db")
	if out, err := exec.Command(house.program, "demo", "--db", db, "--rows", "120", "--people").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	base, stop, err := startServer(db)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	for _, at := range []struct {
		lang, other string
		width       int64
	}{{"zh-CN", "English", 390}, {"en", "中文", 1440}} {
		phone := at.width == 390
		if !phone && os.Getenv("EYAS_SOAK") == "" {
			continue
		}
		// as walks the pages of one demonstration account; a tab has patience for a few pages only.
		as := func(who string, walk func(p *tab, fine func(what, path string))) {
			t.Run(fmt.Sprintf("%s-%d", who, at.width), func(t *testing.T) {
				p := openAt(t, base)
				p.size(at.width, 900)
				p.visit("/sign-in?lang=" + at.lang)
				if who != "nobody" {
					p.comeAs(who)
				}
				walk(p, func(what, path string) {
					t.Helper()
					if path != "" {
						p.visit(path)
					}
					p.unfold("main details.do")
					p.accessible()
					if phone {
						p.narrow()
					}
					p.shot(fmt.Sprintf("people-%s-%d", what, at.width))
				})
				if who != "nobody" {
					p.signOutQuietly()
				}
			})
		}
		as("nobody", func(p *tab, fine func(what, path string)) {
			fine("sign-in", "")
			if got := p.text(".top .tongue"); got != at.other || p.text(".top .brand") == "" {
				p.Errorf("the head offers %q", got)
			}
			if phone {
				fine("join", "/join")
			}
		})
		as("demo-dongli-admin", func(p *tab, fine func(what, path string)) {
			p.visit("/people/demo-dongli")
			p.unfold("main details.do")
			p.expect("422") // a form that is refused comes back as it was filled in
			ask[bool](p, `(document.querySelector('form[action$="/look"]').noValidate = true)`)
			p.enter(`[name="reason"][id^="look-"]`, "x")
			p.follow(`form[action$="/look"] button`)
			if got := ask[string](p, `document.querySelector('[name="reason"][id^="look-"]').value`); got != "x" || p.count("[data-notice]") != 1 {
				p.Errorf("a refused form has %q: %s", got, p.text("main"))
			}
			p.enter(`[name="reason"][id^="look-"]`, "他看不到导入")
			p.follow(`form[action$="/look"] button`)
			if p.count(".band-looking") != 1 {
				p.Errorf("no banner says as whom one looks: %s", p.text("main"))
			}
			fine("looking", "")
			p.follow(".band-looking button")
		})
		as("demo-enterprise", func(p *tab, fine func(what, path string)) { fine("mandates", "/mandates") })
		if !phone { // the other pages are as at a phone
			as("demo-audit", func(p *tab, fine func(what, path string)) { fine("log", "/log") })
			continue
		}
		as("demo-agent", func(p *tab, fine func(what, path string)) {
			fine("mymandates", "/mandates")
			p.follow(`form[action$="/accept"] button`)
			if p.count(`form[action$="/accept"]`) != 0 {
				p.Errorf("a mandate that was accepted still waits: %s", p.text("main"))
			}
		})
		as("demo-dongli", func(p *tab, fine func(what, path string)) { officePages(p) })
		as("demo-security", func(p *tab, fine func(what, path string)) { fine("deputies", "/people/demo-dongli") })
		as("demo-system", func(p *tab, fine func(what, path string)) {
			fine("leaving", "/people/demo-dongli")
			fine("list", "/people?c.state=active&sort=-made")
			if got := p.text(".phone-bar"); !strings.Contains(got, "人员") {
				p.Errorf("an administrator's bar has %q", got)
			}
		})
		as("demo-audit", func(p *tab, fine func(what, path string)) {
			fine("log", "/log")
			p.follow("table.list tbody tr:first-child th a")
			p.narrow()
		})
		as("demo-dongli", func(p *tab, fine func(what, path string)) {
			p.visit("/enterprises")
			p.follow("table.list tbody tr:first-child th a")
			fine("seen-by", ask[string](p, `document.querySelector('a[href*="/seen-by"]').getAttribute("href")`))
			fine("password", "/account/password")
			if os.Getenv("EYAS_SOAK") != "" {
				p.letters("largest")
				fine("account-largest", "/account")
				p.letters("usual")
			}
		})
	}
}

// officePages visits what an officer has beside the lists and enterprises, each on a phone, in the long form also at a desk: tokens of the
// API, other systems,
// what others brought, work in the background, retention, and the page of the API.
func officePages(p *tab) {
	both := func(what, path string) {
		p.Helper()
		if path != "" {
			p.visit(path)
		}
		p.unfold("main details")
		p.accessible()
		p.narrow()
		p.shot("office-" + what + "-390")
		if os.Getenv("EYAS_SOAK") == "" && os.Getenv("EYAS_SCREENSHOTS") == "" {
			return
		}
		p.size(1440, 900)
		p.accessible()
		p.shot("office-" + what + "-1440")
		p.size(390, 900)
	}
	// A token: the form comes back as it was filled in when it is refused, the token is shown once, and revoking it asks.
	both("tokens", "/account/tokens")
	p.expect("422")
	p.enter("#name", "取名单")
	p.enter("#subject", "12")
	p.click(`[name="may"][value="import"]`)
	p.follow("form.sign button.primary")
	if p.count(".errors") != 1 || !ask[bool](p, `document.querySelector('[name="may"][value="import"]').checked && document.querySelector("#name").value === "取名单" && document.querySelector("#subject").value === "12"`) {
		p.Errorf("the refused form: %s", p.text("main"))
	}
	p.assign("#subject", "")
	p.follow("form.sign button.primary")
	if got := p.text(".band code"); !strings.HasPrefix(got, "eyas_") {
		p.Errorf("the token is %q", got)
	}
	both("token-made", "")
	if tick := ask[float64](p, `document.querySelector('[name="may"]').getBoundingClientRect().width`); tick > 30 {
		p.Errorf("a box to tick is %.0f px wide", tick)
	}
	p.visit("/account/tokens")
	p.click("details.do summary")
	p.follow(`details.do form button`)
	if got := p.text("table.cards"); !strings.Contains(got, "已撤销") {
		p.Errorf("the token is not revoked: %s", got)
	}
	both("systems", "/connect")
	both("system", "/connect/hnte_portal")
	both("system-open", "/connect/hnte_portal/open")
	// The file of another system: what is wrong is said, and the right one can be chosen. The buttons stand above the bar of rooms.
	p.visit("/connect/hnte_portal")
	p.sendFile(file(p.T, "名单.csv", "企业名称,评价年度,审核状态,状态日期\n示例公司,2026,已提交,2026-11-01\n"))
	p.arrive(`location.pathname.startsWith("/import/preview/") && document.querySelector(".errors") !== null`)
	if p.count(`select[name="source"]`) != 1 {
		p.Errorf("no other source can be chosen: %s", p.text("main"))
	}
	if !ask[bool](p, `document.querySelector(".decide").getBoundingClientRect().bottom <= document.querySelector(".phone-bar").getBoundingClientRect().top + 1`) {
		p.Error("the buttons of the preview stand behind the bar of rooms")
	}
	both("wrong-file", "")
	both("jobs", "/jobs")
	both("api", "/api")
	p.size(1440, 900)
	for _, path := range []string{"/held", "/retention"} { // other journeys have them on a phone
		p.visit(path)
		p.accessible()
	}
}
