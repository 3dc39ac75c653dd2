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
