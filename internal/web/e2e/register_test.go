package e2e

import (
	"strings"
	"testing"
)

// From the registers to a list, to a carrier, to a tenant and back; to the people of a university.
func TestRegisters(t *testing.T) {
	p := open(t)
	p.visit("/registers?lang=zh-CN")
	if n := p.count("table.registers tbody tr"); n != 9 {
		t.Errorf("%d registers", n)
	}
	p.accessible()

	p.follow(`table.registers tbody tr:nth-child(2) th a`)
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
