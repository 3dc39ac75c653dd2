package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// sieve opens the filter under the head of a column and gives what its controls are found by.
func (p *tab) sieve(field string) (selector string) {
	p.Helper()
	p.do("open the filter of " + field)
	ask[bool](p, `(() => { document.querySelector('.list [name="`+field+`"]').closest("details").open = true; return true })()`)
	return `.list [name="` + field + `"]`
}

// send sends what was entered into the open filter.
func (p *tab) send() {
	p.Helper()
	p.follow(".sieve[open] .sieve-box button")
}

// shown are the heads of the list's columns and the cells of its rows, as they are read.
func (p *tab) shown() (heads []string, rows [][]string) {
	p.Helper()
	heads = ask[[]string](p, `Array.from(document.querySelectorAll("table.list thead th:not(.pick)")).map(th => th.querySelector(":scope > a, :scope > span").innerText.replace(/ [↑↓]$/, "").trim())`)
	rows = ask[[][]string](p, `Array.from(document.querySelectorAll("table.list tbody tr:not(.none)")).map(tr => Array.from(tr.querySelectorAll("th, td:not(.pick):not(.act)")).map(td => td.innerText.trim()))`)
	return heads, rows
}

// column finds the head of a column, whatever year stands before it.
func column(heads []string, end string) int {
	return slices.IndexFunc(heads, func(head string) bool { return strings.HasSuffix(head, end) })
}

// Sales and days are filtered from and to, blanks beside values, recognitions by the criterion that is missing; columns are chosen,
// stay after a plain visit, and the file has the rows and the columns of the page.
func TestListIsFilteredChosenAndExported(t *testing.T) {
	p := open(t)
	p.visit("/enterprises?lang=zh-CN")
	p.accessible()

	// Sales of the base year from 500 to 20,000 (in 万元, as the head says).
	p.sieve("from.sales")
	p.enter(`.list [name="from.sales"]`, "500")
	p.enter(`.list [name="to.sales"]`, "20,000")
	p.accessible()
	p.send()
	if chips := p.text(".chips"); !strings.Contains(chips, " 销售收入：500 至 20,000 万元") {
		t.Fatalf("chips: %q", chips)
	}
	heads, rows := p.shown()
	sales := column(heads, " 销售收入")
	if sales < 0 || len(rows) == 0 {
		t.Fatalf("heads %q, %d rows", heads, len(rows))
	}
	for _, row := range rows {
		var v float64
		if _, err := fmt.Sscan(strings.ReplaceAll(row[sales], ",", ""), &v); err != nil || v < 500 || v > 20_000 {
			t.Errorf("sales of %q are not between the bounds", row)
		}
	}
	// Another unit shows other figures of the same rows.
	before := p.text("h1")
	p.follow(`.switch a[href*="unit=yi"]`)
	if after := p.text("h1"); after != before || !strings.Contains(p.text(".chips"), "0.05 至 2 亿元") {
		t.Errorf("in 亿元: %q, %q", after, p.text(".chips"))
	}
	p.follow(`.switch a[href*="unit=wan"]`)

	// Blanks beside the bounds.
	p.sieve("from.sales")
	p.click(`.sieve[open] [name="missing"]`)
	p.send()
	if wider := p.text("h1"); wider == before || !strings.Contains(p.text(".chips"), "空白") {
		t.Errorf("with blanks: %q, chips %q", wider, p.text(".chips"))
	}

	// Columns: the day of registration, and what the recognition is short of.
	p.click("details.chooser summary")
	p.accessible()
	for _, col := range []string{"registered_on", "o.tsme", "staff"} {
		p.click(`.chooser [name="col"][value="` + col + `"]`)
	}
	p.follow(`.chooser button[type="submit"]`)
	heads, _ = p.shown()
	chosen := slices.Clone(heads)
	for _, head := range []string{"成立日期", "国家科技型中小企业：差哪一项", " 职工总数"} {
		if column(heads, head) < 0 {
			t.Fatalf("%q is not among the heads %q", head, heads)
		}
	}

	// Days from and to, and one criterion.
	p.sieve("from.registered_on")
	p.do("enter days")
	ask[bool](p, `(() => { document.querySelector('.list [name="from.registered_on"]').value = "2010-01-01"; document.querySelector('.list [name="to.registered_on"]').value = "2019-12-31"; return true })()`)
	p.send()
	heads, rows = p.shown()
	at := slices.Index(heads, "成立日期")
	if len(rows) == 0 {
		t.Fatal("nobody was registered between 2010 and 2019")
	}
	for _, row := range rows {
		if row[at] < "2010-01-01" || row[at] > "2019-12-31" {
			t.Errorf("registered on %q", row[at])
		}
	}
	p.sieve("only.tsme")
	value := ask[string](p, `(() => { const all = Array.from(document.querySelectorAll('.list [name="only.tsme"]')); const shown = Array.from(document.querySelectorAll("table.list tbody td[data-label]")).map(td => td.innerText.trim());
		return (all.find(box => shown.includes(box.parentElement.innerText.trim())) || {value: ""}).value })()`)
	if value == "" {
		t.Fatal("nobody on the page is one criterion short")
	}
	p.click(`.list [name="only.tsme"][value="` + value + `"]`)
	p.send()
	filtered := p.where()
	heads, rows = p.shown()
	at = slices.Index(heads, "国家科技型中小企业：差哪一项")
	if len(rows) == 0 {
		t.Fatal("nobody is short of it")
	}
	for _, row := range rows {
		if row[at] == "" || row[at] != rows[0][at] {
			t.Errorf("a row is short of %q, the first of %q", row[at], rows[0][at])
		}
	}
	p.accessible()

	// The file has the rows and the columns of the page.
	answer, err := http.Get(p.base + ask[string](p, `document.querySelector('.actions a[href*="/enterprises.xlsx"]').getAttribute("href")`))
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	book, err := excelize.OpenReader(answer.Body)
	if err != nil {
		t.Fatalf("the file: %s: %v", answer.Status, err)
	}
	defer book.Close()
	sheet, err := book.GetRows(book.GetSheetName(0))
	if err != nil {
		t.Fatal(err)
	}
	head := slices.IndexFunc(sheet, func(cells []string) bool { return len(cells) > 2 })
	if head < 0 {
		t.Fatalf("the file has no head: %q", sheet)
	}
	var titles []string
	for _, title := range sheet[head] {
		title, _, _ = strings.Cut(title, "（万元")
		title, _, _ = strings.Cut(title, "（人")
		title = strings.TrimSuffix(title, "〔不导入〕") // what follows from other values
		titles = append(titles, title)
	}
	want := append([]string{heads[0], "统一社会信用代码"}, heads[1:]...)
	if !slices.Equal(titles, want) {
		t.Errorf("the file has the columns %q, the page %q", titles, want)
	}
	body := sheet[head+1:]
	if total := p.text("h1"); !strings.HasPrefix(total, fmt.Sprint(len(body), " 家")) {
		t.Errorf("the file has %d rows, the page says %q", len(body), total)
	}
	for i, row := range rows {
		if body[i][0] != row[0] || body[i][at+1] != row[at] {
			t.Errorf("row %d of the file is %q, of the page %q", i, body[i], row)
		}
	}

	// The address is the whole state, and the columns stay without it.
	p.visit("/enterprises")
	if again, _ := p.shown(); !slices.Equal(again, chosen) {
		t.Errorf("a plain visit shows %q, chosen were %q", again, chosen)
	}
	p.visit("/registers/carrier")
	if other, _ := p.shown(); slices.Contains(other, "成立日期") {
		t.Errorf("another list took them over: %q", other)
	}
	p.visit(filtered)
	if _, same := p.shown(); len(same) != len(rows) {
		t.Errorf("the address kept gives %d rows, not %d", len(same), len(rows))
	}
	p.visit("/enterprises")
	p.click("details.chooser summary")
	p.follow(".chooser .actions a")
	if usual, _ := p.shown(); slices.Contains(usual, "成立日期") || column(usual, " 销售收入") < 0 {
		t.Errorf("the usual columns are %q", usual)
	}

	// By the keyboard: the filter opens with Enter, closes with Escape, and the focus is back.
	ask[bool](p, `(() => { document.querySelector(".list .sieve > summary").focus(); return true })()`)
	p.press("\r")
	p.until(`document.querySelectorAll(".sieve[open]").length === 1`)
	p.press("\x1b")
	p.until(`document.querySelectorAll(".sieve[open]").length === 0 && document.activeElement.matches(".sieve > summary")`)

	// On a phone: cards with three facts, and the filters of the heads within reach.
	p.size(390, 844)
	p.visit(filtered)
	if n := ask[int](p, `Array.from(document.querySelectorAll("table.list tbody tr:first-child td.fact")).filter(td => td.offsetParent).length`); n != 3 {
		t.Errorf("a card shows %d facts", n)
	}
	p.accessible()
	p.click(".further summary")
	p.until(`Array.from(document.querySelectorAll(".list thead .sieve")).some(s => s.offsetParent)`)
	p.accessible()
	p.visit("/enterprises?lang=en&in=120101&in=120116&missing=status")
	p.click(".further summary")
	if wide := ask[int](p, "document.documentElement.scrollWidth"); wide > 390 {
		t.Errorf("with all filters open the list is %d px wide", wide)
	}
}
