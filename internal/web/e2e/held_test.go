package e2e

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// What a district enters about an enterprise of another one is held: who sees that one refuses it for a reason, and the district is
// told so. On a phone, in Chinese; the pages of who answers in English, too.
func TestHeldIsAnswered(t *testing.T) {
	if house.skip != "" {
		t.Skip(house.skip)
	}
	db := filepath.Join(t.TempDir(), "held.db")
	if out, err := exec.Command(house.program, "demo", "--db", db, "--rows", "120", "--people").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	base, stop, err := startServer(db)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	as := func(who, name string, walk func(p *tab)) {
		t.Run(name, func(t *testing.T) { // a tab has patience for a few pages only
			p := openAt(t, base)
			p.size(390, 900)
			p.visit("/sign-in?lang=zh-CN")
			p.comeAs(who)
			walk(p)
			p.signOutQuietly()
		})
	}
	fine := func(p *tab, name string) {
		t.Helper()
		p.accessible()
		p.narrow()
		p.shot("held-" + name)
	}
	code := ""
	as("demo-bureau", "find", func(p *tab) {
		p.visit("/enterprises?scope=120111")
		code = strings.TrimPrefix(ask[string](p, `new URL(document.querySelector("table.list tbody th a").href).pathname`), "/enterprises/")
	})
	as("demo-dongli", "enter", func(p *tab) {
		p.visit("/registers/enterprise/new")
		p.enter("#f-name", "东丽报来的公司")
		p.enter("#f-uscc", code)
		p.follow(".subject-form button.primary")
		p.visit("/enterprises/" + code)
		if got := p.text("main"); !strings.Contains(got, "东丽报来的公司") {
			p.Errorf("who entered it sees %.200s", got)
		}
	})
	as("demo-bureau", "refuse", func(p *tab) {
		p.visit("/held")
		fine(p, "list")
		p.follow("main table.cards tbody tr:first-child td a[href*='/held/']")
		fine(p, "one")
		p.expect("422")
		p.follow(`button[value="refuse"]`)
		if got := p.text(".errors"); !strings.Contains(got, "理由") {
			p.Errorf("without a reason: %q", got)
		}
		p.enter("#held-reason", "不是我区企业的数")
		p.follow(`button[value="refuse"]`)
		p.visit("/held?lang=en")
		fine(p, "answered")
		if got := p.text("main"); !strings.Contains(got, "refused") {
			p.Errorf("the answer is not in the list: %.300s", got)
		}
	})
	as("demo-dongli", "told", func(p *tab) {
		p.visit("/held")
		fine(p, "outcome")
		if got := p.text("main"); !strings.Contains(got, "未采用：不是我区企业的数") {
			p.Errorf("the answer is not told: %.300s", got)
		}
	})
}
