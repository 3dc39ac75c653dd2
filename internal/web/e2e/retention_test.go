package e2e

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Data of an enterprise are erased at its request: the officer of its district sees what is erased and asks for it, the reviewer approves
// it with the number of cells, and the value is gone. On a phone, in Chinese; what is asked in English, too.
func TestErasedAtRequest(t *testing.T) {
	if house.skip != "" {
		t.Skip(house.skip)
	}
	db := filepath.Join(t.TempDir(), "erased.db")
	if out, err := exec.Command(house.program, "demo", "--db", db, "--rows", "60", "--people").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	base, stop, err := startServer(db)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	as := func(who, name string, walk func(p *tab)) {
		t.Run(name, func(t *testing.T) {
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
		p.shot("retention-" + name)
	}
	subject, plan := "", ""
	as("demo-dongli", "ask", func(p *tab) {
		p.visit("/retention")
		fine(p, "page")
		p.visit("/enterprises")
		p.visit(ask[string](p, `new URL(document.querySelector("table.list tbody th a").href).pathname`))
		subject = p.where()
		p.visit(ask[string](p, `new URL(document.querySelector("a[href*='/erase']").href).pathname`))
		fine(p, "choose")
		p.click(`input[name=field][value=phone]`)
		p.follow(`button[value=show]`)
		fine(p, "shown")
		cells := ask[string](p, `document.querySelector("label[for=erase-cells]").textContent.match(/\d+/)[0]`)
		p.enter("#erase-reason", "企业来函要求删除电话")
		p.enter("#erase-cells", cells+"0")
		p.expect("422")
		p.follow(`button[value=ask]`)
		if got := p.text(".errors"); !strings.Contains(got, "单元格数 "+cells) {
			p.Errorf("a wrong number: %q", got)
		}
		p.enter("#erase-reason", "企业来函要求删除电话")
		p.enter("#erase-cells", cells)
		p.follow(`button[value=ask]`)
		plan = p.where()
		if got := p.text("main"); !strings.Contains(got, "待核准") || strings.Contains(got, "核准，永久抹除") {
			p.Errorf("who asked is shown %.300s", got)
		}
		fine(p, "asked")
	})
	as("demo-dongli-review", "approve", func(p *tab) {
		p.visit("/todo")
		p.follow(`main a[href^="` + plan + `"]`)
		p.visit(plan + "?lang=en")
		fine(p, "approve-en")
		p.visit(plan + "?lang=zh-CN")
		p.enter("#erase-cells", ask[string](p, `document.querySelector("label[for=erase-cells]").textContent.match(/\d+/)[0]`))
		p.click(`button[value=approve]`)
		p.arrive(`location.pathname === "` + plan + `" && document.querySelector("h1").textContent.includes("已抹除")`)
		fine(p, "done")
	})
	as("demo-dongli", "gone", func(p *tab) {
		p.visit(subject)
		p.visit(ask[string](p, `new URL(document.querySelector("a[href*='/erase']").href).pathname`))
		if n := p.count(`input[name=field][value=phone]`); n != 0 {
			p.Error("the phone is still offered")
		}
	})
}
