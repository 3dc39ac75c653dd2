package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/xuri/excelize/v2"
)

// assign sets a field's text as a person does, so that its listeners hear of it.
func (p *tab) assign(selector, text string) {
	p.Helper()
	where, _ := json.Marshal(selector)
	what, _ := json.Marshal(text)
	ask[bool](p, `(() => { const f = document.querySelector(`+string(where)+`); f.value = `+string(what)+`; return f.dispatchEvent(new Event("input", {bubbles: true})); })()`)
}

// arrive waits until an expression is true on a page that the present one leads to by itself.
func (p *tab) arrive(expression string) {
	p.Helper()
	end := time.Now().Add(patience / 2)
	for {
		ok, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool]("document.readyState === 'complete' && ("+expression+")"))
		if err == nil && ok {
			return
		}
		if time.Now().After(end) {
			p.Fatalf("waiting for %s, at %s: %v", expression, p.where(), err)
		}
		<-time.After(50 * time.Millisecond) // between pages there is nothing to ask
	}
}

// file writes a file into the test's folder.
func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// sendFile picks a file and sends the form.
func (p *tab) sendFile(path string) {
	p.Helper()
	p.do("choose "+path, chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{path}))
	p.click("form[data-upload] button.primary")
}

const annual = `统一社会信用代码,企业名称,所属区,2020年销售收入（万元）,搞研发花的钱,备注
91120110MA06XJ4K0N,天津甲科技有限公司,东丽区,5000,300,好
,天津乙软件有限公司,南开,1200,约八十,
,,,10,20,没有名字的行
`

// A CSV as a bureau has it: seen before anything is written, a column set by hand and remembered, imported once
// although the button is pressed twice, refused rows to be had, undone, and had back.
func TestImportCSV(t *testing.T) {
	p := openAt(t, fresh(t))
	p.visit("/import?lang=zh-CN")
	p.accessible()
	p.sendFile(file(t, "2020年报.csv", annual))
	p.arrive(`location.pathname.startsWith("/import/preview/") && document.querySelector("table.preview-columns") !== null`)
	p.accessible()
	if lead := p.text("h1"); !strings.Contains(lead, "将写入 2 行") {
		t.Errorf("headline %q", lead)
	}
	if got := ask[string](p, `document.querySelector("[name=means-3]").value`); got != "销售收入@2020" {
		t.Errorf("the sales column means %q", got)
	}
	if got := ask[string](p, `document.querySelector("[name=means-4]").value`); got != "" {
		t.Errorf("a header that nobody knows means %q", got)
	}

	// Setting a column makes a new preview, also when "import" is pressed.
	p.assign("[name=means-4]", "研发费用@2020")
	p.follow("[data-confirm]")
	p.arrive(`document.querySelector("[name=means-4]") !== null && document.querySelector("[name=means-4]").value === "研发费用@2020"`)
	if !strings.Contains(p.text(".issues"), "约八十") {
		t.Error("the cell that cannot be read is not listed")
	}
	p.accessible()

	ask[bool](p, `(() => { const b = document.querySelector("[data-confirm]"); b.click(); b.click(); return true; })()`)
	p.arrive(`location.pathname.startsWith("/import/record/")`)
	if lead := p.text("h1"); !strings.Contains(lead, "写入 2 行") {
		t.Errorf("the result says %q", lead)
	}
	p.accessible()
	record := p.where()
	refused, err := http.Get(p.base + strings.Split(record, "?")[0] + "/refused.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	defer refused.Body.Close()
	book, err := excelize.OpenReader(refused.Body)
	if err != nil {
		t.Fatalf("refused rows: %s: %v", refused.Status, err)
	}
	rows, err := book.GetRows(book.GetSheetName(0))
	if err != nil || len(rows) < 2 || !strings.Contains(strings.Join(rows[len(rows)-1], "|"), "没有名字的行") {
		t.Errorf("refused rows: %v %v", rows, err)
	}

	p.visit("/enterprises?lang=zh-CN")
	if got := p.count("table.list tbody tr"); got != 2 {
		t.Errorf("%d enterprises", got)
	}

	// The same header again is known now; the same file again changes nothing.
	p.visit("/import?lang=zh-CN")
	p.sendFile(file(t, "2020年报.csv", annual))
	p.arrive(`document.querySelector("table.preview-columns") !== null`)
	if got := ask[string](p, `document.querySelector("[name=means-4]").value`); got != "研发费用@2020" {
		t.Errorf("the column set by hand was not remembered: %q", got)
	}
	if lead := p.text("h1"); !strings.Contains(lead, "没有可写入的新内容") {
		t.Errorf("the same file again: %q", lead)
	}
	p.follow("button[value=discard]")

	// Undo: what it changes, then done; the enterprises are gone, and the page says how to get them back.
	p.visit(record)
	p.follow("a[href$='/undo'], a[href*='/undo?']")
	p.accessible()
	p.click("form button.primary")
	p.arrive(`location.pathname.startsWith("/import/record/") && !location.pathname.endsWith("/undo") && document.querySelector(".band") !== null`)
	if lead := p.text("h1"); !strings.Contains(lead, "撤销") {
		t.Errorf("after undoing: %q", lead)
	}
	p.accessible()
	p.visit("/import?lang=zh-CN")
	if p.count("tr.undone") != 1 {
		t.Error("the list of imports does not show the undone one")
	}
	p.accessible()
	p.press("j")
	p.press("x")
	p.arrive(`!document.querySelector("[data-picked]").hidden && document.activeElement.closest("tr.undone") !== null`)
	p.sieve("c.state")
	p.click(`.list [name="c.state"][value="inforce"]`)
	p.accessible()
	p.send()
	if p.count("table.list tbody tr:not(.none)") != 0 || !strings.Contains(p.text("table.list"), "没有符合条件的导入") {
		t.Errorf("in force after undoing: %q", p.text("table.list tbody"))
	}
	p.follow(".chips a")
	p.follow(".list .name-head > a") // by name
	if p.count("tr.undone") != 1 || p.count(`.list .name-head[aria-sort="ascending"]`) != 1 {
		t.Error("the list is not sorted by the names of files")
	}
	p.size(390, 800)
	p.accessible()
	if wide := ask[bool](p, `document.documentElement.scrollWidth > 390`); wide {
		t.Error("the page is wider than a phone")
	}
	p.size(1280, 800)
	p.visit("/enterprises?lang=zh-CN")
	if got := p.count("table.list tbody tr"); got != 0 {
		t.Errorf("%d enterprises after undoing", got)
	}
}

// A list whose rows are refused in part: the page of the import says what happened, the refused rows come back, mended they go in,
// and nothing is left. Undone, what the program had merged because of it is undone too, and a second undo says so.
func TestRefusedRowsGoInMended(t *testing.T) {
	p := openAt(t, fresh(t))
	take := func(path string) {
		t.Helper()
		p.visit("/import?lang=zh-CN")
		p.sendFile(path)
		p.arrive(`document.querySelector("[data-confirm]") !== null`)
		p.click("[data-confirm]")
		p.arrive(`location.pathname.startsWith("/import/record/")`)
	}
	settled := func() { // the pages of what follows an import say when they are still looking
		t.Helper()
		at := p.where()
		for p.visit(at); strings.Contains(p.text("ul.did"), "还在查"); {
			p.visit(at)
		}
	}
	take(file(t, "登记.csv", "统一社会信用代码,企业名称,曾用名,注册地址\n91120110MA06XJ4K0N,天津市北辰区宏源泵业有限公司,天津宏源水泵厂,天津市北辰区\n91120110YY00087E20,天津乙软件有限公司,,天津市南开区\n"))
	take(file(t, "2020年名单.csv", "企业名称,2020年销售收入（万元）,2020年职工总数\n天津宏源水泵厂,约八百,20\n天津乙软件有限公司,1200,十来个\n,10,5\n"))
	settled()
	p.accessible()
	first := p.where()
	said := p.text("ul.did")
	for _, want := range []string{"1\u00a0家是新的", "对自动合并"} {
		if !strings.Contains(strings.ReplaceAll(said, " ", "\u00a0"), want) && !strings.Contains(said, strings.ReplaceAll(want, "\u00a0", " ")) {
			t.Errorf("what happened: %q lacks %q", said, want)
		}
	}
	if p.count("ul.did-merges li") != 1 {
		t.Errorf("%d merges are listed", p.count("ul.did-merges li"))
	}
	if got := p.text("h1"); !strings.Contains(got, "写入 2 行") {
		t.Errorf("headline %q", got)
	}
	p.size(390, 844)
	p.accessible()
	if wide := ask[int](p, `document.documentElement.scrollWidth`); wide > 390 {
		t.Errorf("the result is %d px wide", wide)
	}
	p.size(1440, 900)

	answer, err := http.Get(p.base + strings.Split(first, "?")[0] + "/refused.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	book, err := excelize.OpenReader(answer.Body)
	if err != nil {
		t.Fatalf("refused rows: %s: %v", answer.Status, err)
	}
	sheet := book.GetSheetList()[0]
	comments, err := book.GetComments(sheet)
	if err != nil || len(comments) != 3 {
		t.Fatalf("%d comments, %v", len(comments), err)
	}
	for i, text := range []string{"800", "12", "天津丁科技有限公司"} {
		if err := book.SetCellValue(sheet, comments[i].Cell, text); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "改好.xlsx")
	if err := book.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	p.visit("/import?lang=zh-CN")
	p.sendFile(path)
	p.arrive(`document.querySelector("[data-confirm]") !== null`)
	p.accessible()
	if got := p.text("main"); !strings.Contains(got, "“2020年名单.csv”被拒的行") || p.count(".issues") != 0 {
		t.Errorf("the preview of the mended rows: %q", got)
	}
	p.click("[data-confirm]")
	p.arrive(`location.pathname.startsWith("/import/record/")`)
	settled()
	if got := p.text("main"); p.count(".band-refused") != 0 || !strings.Contains(got, "2020年名单.csv") {
		t.Errorf("mended and imported: %q", got)
	}
	p.accessible()
	if got := p.text(".did-list"); !strings.Contains(got, "800") || !strings.Contains(got, "天津") {
		t.Errorf("what changed: %q", got)
	}
	mended := p.where()
	for _, at := range []string{mended, first} {
		p.visit(at)
		p.follow(`.head .actions a[href*="/undo"]`)
		p.accessible()
		if at == first && !strings.Contains(p.text("ul.undo-effects"), "天津宏源水泵厂") {
			t.Errorf("the merge that is undone too is not named: %q", p.text("ul.undo-effects"))
		}
		p.click("form button.primary")
		p.arrive(`/^\/import\/record\/\d+$/.test(location.pathname) && document.querySelector(".band") !== null`)
	}
	p.visit("/merges?lang=zh-CN")
	if got := p.text("h1"); !strings.Contains(got, "没有") && strings.Contains(got, "1") {
		t.Errorf("merges after undoing: %q", got)
	}
	p.visit(strings.Split(first, "?")[0] + "/undo?lang=zh-CN")
	if p.count("main form button.primary") != 0 || !strings.Contains(p.text("h1"), "撤销") {
		t.Errorf("undone already: %q", p.text("main"))
	}
}

// An XLSX with a title above a header of two levels, and a complete list declared.
func TestImportXLSX(t *testing.T) {
	p := openAt(t, fresh(t))
	book := excelize.NewFile()
	for i, row := range [][]any{
		{"东丽区科技企业情况（单位：万元）"},
		{"企业名称", "所属区", "销售收入", nil, "列入经营异常名录"},
		{nil, nil, "2019年", "2020年", nil},
		{"天津丙科技有限公司", "东丽区", 100, 200, nil},
		{"天津丁科技有限公司", "东丽区", 300, 450.5, "是"},
	} {
		cell, _ := excelize.CoordinatesToCellName(1, i+1)
		if err := book.SetSheetRow("Sheet1", cell, &row); err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range [][2]string{{"A1", "E1"}, {"A2", "A3"}, {"B2", "B3"}, {"C2", "D2"}, {"E2", "E3"}} {
		if err := book.MergeCell("Sheet1", m[0], m[1]); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "情况.xlsx")
	if err := book.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	p.visit("/import?lang=en")
	p.click("details.settings summary")
	p.click("input[name=complete][value=abnormal_list]")
	p.sendFile(path)
	p.arrive(`document.querySelector("table.preview-columns") !== null`)
	means := ask[[]string](p, `[...document.querySelectorAll(".preview-columns input")].map(i => i.value)`)
	if got := strings.Join(means, "|"); got != "name|district|sales@2019|sales@2020|list of abnormal operation" && !strings.HasPrefix(got, "name|district|sales@2019|sales@2020|") {
		t.Errorf("columns mean %s", got)
	}
	if got := p.text(".preview-columns tbody"); !strings.Contains(got, "4,505,000") {
		t.Errorf("450.5 in 10,000 yuan is not shown as read:\n%s", got)
	}
	if !ask[bool](p, `document.querySelector("input[name=complete][value=abnormal_list]").checked`) {
		t.Error("the complete list is forgotten")
	}
	p.accessible()
	p.click("[data-confirm]")
	p.arrive(`location.pathname.startsWith("/import/record/")`)
	p.visit("/enterprises?lang=zh-CN")
	p.follow("table.list tbody tr:first-child th a")
	if got := p.text("main"); !strings.Contains(got, "经营异常名录") {
		t.Error("the declared no is not in the profile")
	}
}

// A file that is no table: why, on the same page, and nothing is left of it. On a phone too.
func TestImportWrongFile(t *testing.T) {
	p := openAt(t, fresh(t))
	p.expect("422")
	p.size(390, 844)
	p.visit("/import?lang=zh-CN")
	p.sendFile(file(t, "照片.xlsx", "\x89PNG\r\n\x1a\nnot a workbook"))
	p.arrive(`document.querySelector(".errors") !== null`)
	if !strings.HasPrefix(p.where(), "/import") || strings.Contains(p.where(), "preview") || p.count(".import-waiting") != 0 {
		t.Errorf("at %s with %d waiting", p.where(), p.count(".import-waiting"))
	}
	p.accessible()
	if wide := ask[int](p, `document.documentElement.scrollWidth`); wide > 390 {
		t.Errorf("the page is %d px wide", wide)
	}
	// The form works on without a fresh start.
	p.sendFile(file(t, "2020年报.csv", annual))
	p.arrive(`document.querySelector("table.preview-columns") !== null`)
	if wide := ask[int](p, `document.documentElement.scrollWidth`); wide > 390 {
		t.Errorf("the preview is %d px wide", wide)
	}
	p.accessible()
}

// A table whose header nobody knows: a person names its columns, and the next file is known.
func TestImportUnknownHeader(t *testing.T) {
	p := openAt(t, fresh(t))
	p.visit("/import?lang=zh-CN")
	const text = "科技处汇总表,,\n公司,收入情况,负责人\n天津戊有限公司,5,张\n天津己有限公司,6,李\n"
	p.sendFile(file(t, "汇总.csv", text))
	p.arrive(`document.querySelectorAll(".preview-columns tbody tr").length === 3`)
	p.accessible()
	p.assign("[name=means-0]", "企业名称")
	p.assign("[name=means-1]", "销售收入@2020")
	p.follow("button[value=preview]")
	p.arrive(`document.querySelector("[data-confirm]") !== null`)
	if lead := p.text("h1"); !strings.Contains(lead, "将写入 2 行") {
		t.Errorf("headline %q", lead)
	}
	p.click("[data-confirm]")
	p.arrive(`location.pathname.startsWith("/import/record/")`)
	p.accessible()
	p.visit("/import?lang=zh-CN")
	p.sendFile(file(t, "汇总2.csv", strings.ReplaceAll(text, "戊", "庚")))
	p.arrive(`document.querySelector("[data-confirm]") !== null`)
	if got := ask[string](p, `document.querySelector("[name=means-1]").value`); got != "销售收入@2020" {
		t.Errorf("the second file's column means %q", got)
	}
}

// The button of the empty base loads the demonstration city in the background and ends at the ladder.
func TestStartDemo(t *testing.T) {
	if testing.Short() {
		t.Skip("loads 20,000 enterprises")
	}
	p := openAt(t, fresh(t))
	p.visit("/?lang=zh-CN")
	p.follow("form[action*='/start/demo'] button")
	p.arrive(`location.pathname === "/" && document.querySelector(".band-synthetic") !== null && document.querySelector("table.funnel") !== null`)
}
