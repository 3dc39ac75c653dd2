package e2e

import (
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/xuri/excelize/v2"
)

// From the registers to a list, to a carrier, to a tenant and back; to the people of a university.
func TestRegisters(t *testing.T) {
	p := open(t)
	p.visit("/registers?lang=zh-CN")
	if n := p.count("table.registers tbody tr"); n != 8 {
		t.Errorf("%d registers", n)
	}
	p.accessible()

	p.follow(`table.registers tbody tr:nth-child(1) th a`)
	if lead := p.text("h1"); lead != "载体库：30 家" {
		t.Errorf("headline %q", lead)
	}
	p.accessible()
	p.visit("/registers/carrier?lang=zh-CN&c.carrier_kind=makerspace&sort=-tenants")
	if lead := p.text("h1"); lead != "载体库：10 家" {
		t.Errorf("makerspaces: %q", lead)
	}
	if p.count(".chips a") != 1 {
		t.Error("the filter is not named")
	}
	name := p.text("table.list tbody tr:first-child th a")
	p.follow("table.list tbody tr:first-child th a")
	if got := p.text("h1"); got != name {
		t.Errorf("%q opened %q", name, got)
	}
	if p.count("section.part") < 3 || p.count(".related") != 1 {
		t.Error("the parts of the page or the relations are missing")
	}
	if phone := p.text("main"); strings.Contains(phone, "022-0001") {
		t.Error("a telephone number is not masked")
	}
	p.accessible()

	tenant := p.text(`[id="enterprise.tenant_of"] tbody tr:first-child th a`)
	p.follow(`[id="enterprise.tenant_of"] tbody tr:first-child th a`)
	if got := p.text("h1"); got != tenant {
		t.Errorf("%q opened %q", tenant, got)
	}
	p.accessible()
	p.follow(".related table td a")
	if got := p.text("h1"); got != name {
		t.Errorf("the tenant leads to %q, not %q", got, name)
	}

	p.visit("/registers/person?lang=en&text=SLRY-0002")
	p.follow("table.list tbody tr:first-child th a")
	p.follow(".related table td a")
	if p.count(`[id="person.works_at"] tbody tr`) == 0 {
		t.Error("nobody works at the unit that a person leads to")
	}
	p.accessible()

	p.visit("/registers/demand/new?lang=zh-CN")
	p.accessible()
	p.follow(".subject-form .actions a")
	p.follow("table.list tbody tr:first-child th a")
	p.follow(`.head .actions a[href*="/edit"]`)
	if p.count(".subject-form fieldset") < 3 {
		t.Error("the form has no sections")
	}
	p.accessible()
}

// fillTemplate gets a register's template and writes one row below its example.
func (p *tab) fillTemplate(register string, row map[string]string) string {
	p.Helper()
	answer, err := http.Get(p.base + "/registers/" + register + "/template.xlsx?lang=zh-CN")
	if err != nil {
		p.Fatal(err)
	}
	defer answer.Body.Close()
	book, err := excelize.OpenReader(answer.Body)
	if err != nil {
		p.Fatalf("template of %s: %s: %v", register, answer.Status, err)
	}
	defer book.Close()
	sheet := book.GetSheetName(0)
	rows, err := book.GetRows(sheet)
	if err != nil {
		p.Fatal(err)
	}
	head := slices.IndexFunc(rows, func(cells []string) bool { return len(cells) > 2 })
	for header, value := range row {
		column := slices.IndexFunc(rows[head], func(cell string) bool { return strings.TrimPrefix(cell, "*") == header })
		if column < 0 {
			p.Fatalf("the template of %s has no column %q: %q", register, header, rows[head])
		}
		cell, _ := excelize.CoordinatesToCellName(column+1, len(rows)+1)
		if err := book.SetCellStr(sheet, cell, value); err != nil {
			p.Fatal(err)
		}
	}
	path := filepath.Join(p.TempDir(), register+".xlsx")
	if err := book.SaveAs(path); err != nil {
		p.Fatal(err)
	}
	return path
}

// A filled template of a register is sent from its list, and who is named in it is seen on both pages.
func TestRegisterTemplate(t *testing.T) {
	p := openAt(t, fresh(t))
	send := func(register string, row map[string]string) {
		t.Helper()
		path := p.fillTemplate(register, row)
		p.visit("/registers/" + register + "?lang=zh-CN")
		p.click("details.upload summary")
		p.accessible()
		p.do("choose the template", chromedp.SetUploadFiles(chromedp.CSS("#file"), []string{path}))
		p.click("form[data-upload] button[type=submit]")
		p.arrive(`document.querySelector("table.preview-columns") !== null`)
		if lead := p.text("h1"); !strings.Contains(lead, "将写入 1 行") {
			t.Fatalf("the preview of %s says %q", register, lead)
		}
		p.click("[data-confirm]")
		p.arrive(`location.pathname.startsWith("/import/record/")`)
	}
	send("institution", map[string]string{"机构名称": "示例大学", "机构类别": "高等院校"})
	send("person", map[string]string{"姓名": "褚十", "人员类别": "评审专家", "工作单位": "示例大学", "到岗日期": "2015-09-01"})

	p.visit("/registers/person?lang=zh-CN")
	if lead := p.text("h1"); lead != "人员库：1 名" {
		t.Errorf("headline %q", lead)
	}
	p.follow("table.list tbody tr:first-child th a")
	if related := p.text(".related"); !strings.Contains(related, "示例大学") || !strings.Contains(related, "2015-09-01") || !strings.Contains(related, "现在") {
		t.Errorf("the person's relations: %q", related)
	}
	p.follow(".related table td a")
	if name, people := p.text("h1"), p.text(`[id="person.works_at"]`); name != "示例大学" || !strings.Contains(people, "褚十") || !strings.Contains(people, "2015-09-01") {
		t.Errorf("%s has the people %q", name, people)
	}
	p.accessible()
}
