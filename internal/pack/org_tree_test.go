package pack

import (
	"testing"
	"testing/fstest"
)

func TestOrgTree(t *testing.T) {
	files := city(t)
	files["org.yaml"] = &fstest.MapFile{Data: []byte(`orgs:
  - {id: 120000, kind: city, name: {zh: 样本市, en: City}}
  - {id: 120101, kind: district, parent: 120000, name: {zh: 甲区, en: A}}
  - {id: 120102, kind: district, parent: 120000, name: {zh: 乙区, en: B}, until: 2009-10-31}
  - {id: nidz, kind: zone, parent: 120000, name: {zh: 示范区, en: Zone}, from: 2014-12-11}
  - {id: huayuan, kind: park, parent: nidz, name: {zh: 华苑, en: Park}}
  - {id: eda, kind: zone, parent: 120101, name: {zh: 开发区, en: EDA}}
groups:
  - {id: inner, name: {zh: 城区, en: Inner}, members: [120101]}
`)}
	delete(files, "places.yaml")
	p := loadCity(t, files)
	o := p.Orgs
	if o.City().ID != "120000" || len(o.Districts()) != 2 || len(o.Zones()) != 3 || o.ByID("none") != nil || len(o.Children("120000")) != 3 || len(o.Children("")) != 0 {
		t.Errorf("%d districts, %d zones, %d below the city", len(o.Districts()), len(o.Zones()), len(o.Children("120000")))
	}
	for _, c := range []struct {
		id, outer string
		want      bool
	}{{"huayuan", "nidz", true}, {"huayuan", "120000", true}, {"huayuan", "120101", false}, {"eda", "120101", true}, {"120101", "120101", true}, {"120101", "eda", false}, {"none", "120000", false}, {"none", "none", false}} {
		if got := o.Within(c.id, c.outer); got != c.want {
			t.Errorf("%s within %s: %v", c.id, c.outer, got)
		}
	}
	if p.GroupOf("120101") == nil || p.GroupOf("120102") != nil || p.Group("inner") == nil || p.Group("outer") != nil {
		t.Error("groups")
	}
	id := func(x *Org) string {
		if x == nil {
			return "-"
		}
		return x.ID
	}
	for _, c := range []struct{ district, zone, day, want string }{
		{"120101", "huayuan", "2021-03-31", "120101 nidz huayuan"},
		{"120101", "huayuan", "2014-12-10", "120101 - huayuan"}, // the zone was founded one day later
		{"", "eda", "2021-03-31", "120101 eda -"},               // it lies in one district
		{"", "huayuan", "2021-03-31", "- nidz huayuan"},
		{"120102", "", "2009-10-31", "120102 - -"},
		{"120102", "", "2009-11-01", "- - -"},
		{"370101", "", "2021-03-31", "- - -"},
	} {
		at := o.Locate(c.district, c.zone, day(c.day))
		if got := id(at.District) + " " + id(at.Zone) + " " + id(at.Park); got != c.want {
			t.Errorf("%q, %q on %s lies in %s, want %s", c.district, c.zone, c.day, got, c.want)
		}
	}
	if at := o.Locate("120101", "huayuan", day("2021-03-31")); !at.Within(o, "nidz") || !at.Within(o, "120000") || at.Within(o, "120102") {
		t.Error("within")
	}
}
