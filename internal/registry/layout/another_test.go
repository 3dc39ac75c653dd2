package layout

import (
	"strings"
	"testing"

	"eyas/packs"
)

// A list of another register is said to be one, in either language; a table of the register itself is not, and neither is one
// of which a person has said what a column means.
func TestTableOfAnotherRegister(t *testing.T) {
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, register, header, row string
		said                        map[string]string
		want                        string // the register that is named; empty: nothing is said
	}{
		{"demands in Chinese", "enterprise", "需求名称,需求编号,需求类别,提出单位信用代码,提出单位,所属区,意向投入（万元）", "甲需求,X1,技术,91120116MA00000001,天津甲公司,和平区,5", nil, "demand"},
		{"carriers in English", "enterprise", "Name,Carrier number,Kind,Grade,District,2018 tenants（items）", "甲,Z1,孵化器,国家级,和平区,5", nil, "carrier"},
		{"carriers with what is not imported", "enterprise", "Name,Carrier number,Kind,Grade,Verdict [not imported]", "甲,Z1,孵化器,国家级,met", nil, "carrier"},
		{"its own register", "carrier", "Name,Carrier number,Kind,Grade,District", "甲,Z1,孵化器,国家级,和平区", nil, ""},
		{"enterprises", "enterprise", "企业名称,统一社会信用代码,所属区,备注", "天津甲公司,,和平区,x", nil, ""},
		{"enterprises with columns that nobody knows", "enterprise", "企业名称,科室,备注一,备注二", "天津甲公司,x,x,x", nil, ""},
		{"a person's word", "enterprise", "Name,Carrier number,Kind,Grade,District", "甲,Z1,孵化器,国家级,和平区", map[string]string{"Kind": "-"}, ""},
		{"few columns", "enterprise", "Name,Carrier number,Kind", "甲,Z1,孵化器", nil, ""},
	} {
		rows := [][]string{strings.Split(c.header, ","), strings.Split(c.row, ",")}
		l, err := Understand(p, p.Register(c.register), "名单.csv", "", rows, nil, Options{Register: c.register, Map: c.said}, nil)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got := ""
		for _, w := range l.Warnings {
			for _, reg := range p.Registers {
				if !strings.Contains(w.Text.EN, "choose “"+reg.Name.EN+"”") {
					continue
				}
				got += reg.ID
				if !strings.Contains(w.Text.ZH, p.Register(c.want).Name.ZH) {
					t.Errorf("%s: %s", c.name, w.Text.ZH)
				}
			}
		}
		if got != c.want {
			t.Errorf("%s: named %q, want %q", c.name, got, c.want)
		}
	}
}
