package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// An application is filled in by an enterprise, at a desk and on a phone, filed, returned by the district for a correction, corrected,
// filed again and recommended by both who must agree. Each finds in the rail how many cases wait for him, before and after.
func TestAnApplicationIsReturnedAndRecommended(t *testing.T) {
	if house.skip != "" {
		t.Skip(house.skip)
	}
	dir := t.TempDir()
	db := filepath.Join(dir, "cases.db")
	if out, err := exec.Command(house.program, "demo", "--db", db, "--rows", "120", "--people").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	paper := filepath.Join(dir, "审计报告.pdf")
	if err := os.WriteFile(paper, []byte("%PDF-1.4\n%%EOF\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	base, stop, err := startServer(db)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	p := openAt(t, base)
	waits := func(want string) {
		t.Helper()
		if got := p.text(`.rail a[href^="/cases"] .count`); got != want {
			t.Errorf("%s: the rail says %q cases wait, want %q", p.where(), got, want)
		}
	}
	look := func(name string) {
		t.Helper()
		p.shot("cases-" + name)
		p.size(390, 900)
		p.narrow()
		p.accessible()
		p.shot("cases-" + name + "-phone")
		p.size(1440, 900)
	}
	as := func(who, at string) {
		t.Helper()
		p.signOutQuietly()
		p.comeAs(who)
		p.visit(at)
	}

	// The enterprise: a draft of the demonstration city waits for it. It begins another matter from its own page.
	p.visit("/sign-in?lang=zh-CN")
	as("demo-enterprise", "/own")
	waits("1")
	p.follow(`.object-tabs a[href*="/cases"]`)
	look("of")
	p.follow(`.case-starts a[href*="matter=hnte"][href*="/new"]`)
	p.shot("cases-new")
	p.follow(`form.sign button.primary`)
	look("form")
	for _, f := range [][2]string{{"#f-v-main_product", "精密轴承"}, {"#f-v-self_ip", "20"}, {"#f-v-self_conversion", "20"}, {"#f-v-self_management", "15"}, {"#f-v-self_growth", "15"}, {`[id^="f-r-projects-1"][id$="project"]`, "高速轴承研发"}, {`[id^="f-r-projects-1"][id$="spent"]`, "120"}} {
		p.enter(f[0], f[1])
	}
	ask[bool](p, `(() => { // what the register does not know
		for (const f of document.querySelectorAll('.case-edit input[name^="v."], .case-edit select[name^="v."]')) {
			if (f.value || !f.closest(".field").querySelector(".must")) continue
			if (f.tagName === "SELECT") f.selectedIndex = 1
			else f.value = f.type === "date" ? "2019-05-06" : f.inputMode === "decimal" ? "10" : "示例"
		}
		for (const id of ["staff", "st_staff", "hightech_income", "total_income"]) document.querySelector('[name^="v.' + id + '"]').value = "10"
		return true
	})()`)
	p.follow(`button[value="next"]`)
	look("papers")
	for _, id := range []string{"rights_proof", "commitment"} {
		p.do("choose", chromedp.SetUploadFiles(chromedp.CSS("#file-"+id), []string{paper}))
		p.follow("#paper-" + id + " .case-upload button")
	}
	p.follow(`.case-bar a.primary`)
	p.shot("cases-file")
	p.expect("422")
	p.follow(`main button.primary`) // a required paper is missing, and may be promised
	if got := p.text(".errors"); !strings.Contains(got, "专项审计报告") {
		t.Errorf("without the audit: %q", got)
	}
	p.click("#promise-audit")
	p.follow(`main button.primary`)
	if got := p.text(".stands"); !strings.Contains(got, "区局审核推荐") || !strings.Contains(got, "还有") {
		t.Errorf("filed: %q", got)
	}
	at := strings.Split(p.where(), "?")[0]
	waits("1")
	p.shot("cases-filed")

	// The district returns it, with a remark on a field.
	as("demo-dongli", "/cases")
	before := p.text(`.rail a[href^="/cases"] .count`)
	look("inbox")
	p.visit(at)
	p.click(`.case-act:has([value="return"]) summary`)
	look("acts")
	p.enter(`.case-act[open] textarea[name="note"]`, "产品写得太笼统")
	ask[bool](p, `(document.querySelector('.case-act[open] [name="remark.0"]').value = "main_product", true)`)
	p.enter(`.case-act[open] [name="says.0"]`, "请写明型号和用途")
	p.follow(`.case-act[open] button.final, .case-act[open] form > .actions button`)
	if got := p.text(".band.done"); !strings.Contains(got, "退回") {
		t.Errorf("after the return: %q", got)
	}
	p.visit("/cases")
	if got := p.text(`.rail a[href^="/cases"] .count`); got >= before {
		t.Errorf("%s cases waited before the return, %s after it", before, got)
	}

	// It is corrected and goes on.
	as("demo-enterprise", at)
	waits("2")
	if got := p.text("main"); !strings.Contains(got, "请写明型号和用途") {
		t.Errorf("the remark is not shown: %.300s", got)
	}
	p.shot("cases-returned")
	p.follow(`.head .actions a.primary`)
	p.enter("#f-v-main_product", "，型号 HZ-7，用于高速机床")
	p.follow(`.case-bar button[value="save"]`)
	p.visit(at + "/form?step=file")
	p.follow(`main button.primary`)
	waits("1")

	// Both of the district must agree.
	as("demo-dongli", at)
	pass := `.case-act:has([value="pass"]) summary`
	p.click(pass)
	p.follow(`.case-act[open] form > .actions button`)
	as("demo-dongli-review", at)
	p.click(pass)
	p.follow(`.case-act[open] form > .actions button`)
	if got := p.text(".stands"); !strings.Contains(got, "市局形式审查") {
		t.Errorf("recommended: %q", got)
	}
	p.visit(at + "?lang=en")
	look("english")
	p.signOutQuietly()
}
