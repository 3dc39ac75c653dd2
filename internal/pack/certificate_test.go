package pack

import (
	"testing"
	"testing/fstest"
	"time"
)

// The versions of a rule grant one certificate. Its term is that of the law under which it was issued.
func TestCertificates(t *testing.T) {
	files := city(t)
	edit(t, files, "rules/first.yaml", "certificate: none", "certificate: {from: registered_on, number: name, holds: 3年, status: verified}")
	edit(t, files, "rules/first.yaml", "from: 2020-01-01,", "from: 2020-01-01, until: 2021-07-31,")
	edit(t, files, "registers/enterprise.yaml", "attributes:", "certificates: [{id: green, name: {zh: 绿色, en: Green}, from: registered_on, holds: 次年3月31日, status: modelled}]\nattributes:")
	files["rules/first_2021.yaml"] = &fstest.MapFile{Data: []byte(`id: first
name: {zh: 第一级, en: First}
register: enterprise
laws:
  - {title: 新办法, from: 2021-08-01, status: quoted, checked_on: 2026-11-23}
criteria:
  - {id: staff, name: {zh: 职工总数, en: Staff}, when: staff <= 300.0}
certificate: {from: registered_on, number: name, holds: 当年12月31日, status: quoted}
`)}
	p := loadCity(t, files)
	reg := p.Registers[0]
	if len(reg.Certificates) != 2 || reg.Certificate("second") != nil || !reg.IsOfCertificate("name") || reg.IsOfCertificate("district") || reg.IsOfCertificate("") {
		t.Fatalf("%+v", reg.Certificates)
	}
	first := reg.Certificate("first")
	if len(first.Terms) != 2 || first.Name.ZH != "第一级" || first.Number != "name" || first.Until != "" {
		t.Fatalf("%+v", first)
	}
	for _, c := range []struct{ id, issued, last string }{
		{"first", "2017-01-01", "2019-12-31"}, // before the first law: its term
		{"first", "2018-10-28", "2021-10-27"}, {"first", "2016-02-29", "2019-02-28"}, {"first", "2021-07-31", "2024-07-30"},
		{"first", "2021-08-01", "2021-12-31"}, {"first", "2030-05-01", "2030-12-31"}, {"green", "2020-06-01", "2021-03-31"},
	} {
		last, ok := reg.Certificate(c.id).Last(day(c.issued))
		if got := last.Format(time.DateOnly); !ok || got != c.last {
			t.Errorf("%s of %s holds until %s, want %s", c.id, c.issued, got, c.last)
		}
	}
}
