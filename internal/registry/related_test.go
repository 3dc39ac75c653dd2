package registry_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/layout"
)

// named writes down whom a subject names, or who names it through a relation.
func (r *rig) named(register string, subject int64) string {
	return r.namedAt(register, subject, fact.Moment{})
}

func (r *rig) namedAt(register string, subject int64, m fact.Moment) string {
	r.t.Helper()
	list, err := r.Names(r.t.Context(), subject, register, m)
	if err != nil {
		r.t.Fatal(err)
	}
	var b strings.Builder
	for _, n := range list {
		fmt.Fprintf(&b, "%s %s%s", n.Relation.ID, n.Code, n.Name)
		for _, ref := range n.Found {
			fmt.Fprintf(&b, "=%s", ref.Name)
		}
		if !n.Current {
			b.WriteString("(earlier)")
		}
		b.WriteString(days(n.From, n.Until) + "; ")
	}
	return b.String()
}

func (r *rig) namedBy(from, relation string, subject int64) string {
	return r.namedByAt(from, relation, subject, fact.Moment{})
}

func (r *rig) namedByAt(from, relation string, subject int64, m fact.Moment) string {
	r.t.Helper()
	var v *pack.Relation
	for _, x := range r.pack.Register(from).Relations {
		if x.ID == relation {
			v = x
		}
	}
	list, total, err := r.NamedBy(r.t.Context(), subject, v, m, 0, 10)
	if err != nil {
		r.t.Fatal(err)
	}
	var b strings.Builder
	for _, n := range list {
		b.WriteString(n.Name)
		if !n.Current {
			b.WriteString("(earlier)")
		}
		b.WriteString(days(n.From, n.Until) + "; ")
	}
	if total != len(list) {
		fmt.Fprintf(&b, "of %d", total)
	}
	return b.String()
}

func days(from, until *int64) string {
	s := ""
	for i, d := range []*int64{from, until} {
		if d != nil {
			s += fmt.Sprintf(" %s%d", []string{"from ", "until "}[i], *d)
		}
	}
	return s
}

func (r *rig) same(what, got, want string) {
	r.t.Helper()
	if got != want {
		r.t.Errorf("%s: %q, want %q", what, got, want)
	}
}

// the one subject of a register and a key.
func (r *rig) only(register, key string) int64 {
	r.t.Helper()
	list := r.subjects(register, key)
	if len(list) != 1 {
		r.t.Fatalf("%s %s: %d subjects", register, key, len(list))
	}
	return list[0].Subject
}

func TestRelations(t *testing.T) {
	both(t, func(r *rig) {
		r.take(r.file("载体.csv", "载体编号,载体名称,载体类别", "Z1,甲孵化器,孵化器", "Z2,乙孵化器,孵化器"), layout.Options{Register: "carrier"})
		r.take(r.file("企业.csv", "统一社会信用代码,企业名称,入驻载体,入驻载体编号,入驻日期,迁出日期",
			code(1)+",子公司,,z1,1970-01-03,", code(2)+",丑公司,甲孵化器,,1970-01-11,1970-02-01", ",寅公司,乙孵化器,Z1,,", code(4)+",卯公司,丙孵化器,,,"), enterprise)
		a, b := r.only("carrier", "甲孵化器"), r.only("carrier", "乙孵化器")
		// The code counts before the name; a name where there is no code.
		r.same("tenants of 甲", r.namedBy("enterprise", "tenant_of", a), "子公司 from 2; 丑公司 from 10 until 31; 寅公司; ")
		r.same("tenants of 乙", r.namedBy("enterprise", "tenant_of", b), "")
		r.same("子 names", r.named("enterprise", r.one("子公司").Subject), "tenant_of Z1=甲孵化器 from 2; ")
		r.same("丑 names", r.named("enterprise", r.one("丑公司").Subject), "tenant_of 甲孵化器=甲孵化器 from 10 until 31; ")
		r.same("卯 names nobody known", r.named("enterprise", r.one("卯公司").Subject), "tenant_of 丙孵化器; ")
		r.dossiers("carrier", "enterprise")
	})
}

func TestRelationsByName(t *testing.T) {
	both(t, func(r *rig) {
		r.take(r.file("机构.csv", "机构名称,机构类别", "甲大学,高等院校"), layout.Options{Register: "institution"})
		_, people := r.take(r.file("人员.csv", "姓名,工作单位,到岗日期", "赵六,甲大学,1970-01-02", "赵六,乙公司,", "钱七,甲大学,"), layout.Options{Register: "person"})
		report, _ := r.take(r.file("成果.csv", "成果名称,权属单位,主要完成人", "成果一,甲大学,赵六；钱七", "成果二,甲大学,钱七"), layout.Options{Register: "achievement"})
		r.counts(report, 2, 0, 0)
		uni := r.only("institution", "甲大学")
		r.same("people of 甲大学", r.namedBy("person", "works_at", uni), "赵六 from 1; 钱七; ")
		r.same("achievements of 甲大学", r.namedBy("achievement", "belongs_to", uni), "成果一; 成果二; ")
		// One name in two units: nothing says which of them made it.
		r.same("成果一", r.named("achievement", r.only("achievement", "成果一|甲大学")), "belongs_to 甲大学=甲大学; made_by 赵六=赵六=赵六; made_by 钱七=钱七; ")
		r.same("by 赵六", r.namedBy("achievement", "made_by", r.only("person", "赵六|甲大学")), "")
		r.same("by 钱七", r.namedBy("achievement", "made_by", r.only("person", "钱七|甲大学")), "成果一; 成果二; ")

		// A later record names another owner: the earlier one is still listed, as earlier.
		r.take(r.file("人员2.csv", "人员编号,姓名,工作单位", "R1,孙八,甲大学"), layout.Options{Register: "person"})
		_, moved := r.take(r.file("人员3.csv", "人员编号,姓名,工作单位", "R1,孙八,丙公司"), layout.Options{Register: "person"})
		r.same("moved", r.namedBy("person", "works_at", uni), "赵六 from 1; 钱七; 孙八(earlier); ")
		r.undo(moved)
		r.same("not moved", r.namedBy("person", "works_at", uni), "赵六 from 1; 钱七; 孙八; ")
		r.undo(people)
		r.same("undone", r.namedBy("person", "works_at", uni), "孙八; ")
		r.same("成果二 undone", r.named("achievement", r.only("achievement", "成果二|甲大学")), "belongs_to 甲大学=甲大学; made_by 钱七; ")

		last, count, err := r.LastImports(t.Context(), fact.Moment{})
		if err != nil || count["person"] != 1 || last["person"].File != "人员2.csv" || count["achievement"] != 1 {
			t.Errorf("last imports %v, counts %v, %v", last["person"].File, count, err)
		}
		r.dossiers("institution", "person", "achievement")
	})
}

// Where an enterprise was and is a tenant, with dates; and the same as it was known before.
func TestRelationsThen(t *testing.T) {
	both(t, func(r *rig) {
		on := func(d int) fact.Moment {
			return fact.Moment{KnownOn: time.Date(2021, 3, d, 0, 0, 0, 0, time.UTC)}
		}
		day := func(d int) { r.now = time.Date(2021, 3, d, 8, 0, 0, 0, time.UTC) }
		day(1)
		r.take(r.file("载体.csv", "载体编号,载体名称,载体类别", "Z1,甲孵化器,孵化器"), layout.Options{Register: "carrier"})
		const head = "统一社会信用代码,企业名称,入驻载体,入驻载体编号,入驻日期,迁出日期"
		_, first := r.take(r.file("企业1.csv", head, code(1)+",子公司,甲孵化器,Z1,1970-01-02,1970-01-11", code(2)+",丑公司,甲孵化器,,,"), enterprise)
		day(5)
		r.take(r.file("载体2.csv", "载体编号,载体名称,载体类别", "Z2,乙孵化器,孵化器"), layout.Options{Register: "carrier"})
		r.take(r.file("企业2.csv", head, code(1)+",子公司,乙孵化器,Z2,1970-01-21,"), enterprise)
		day(9)
		r.undo(first)
		day(12)
		a, b, tenant := r.only("carrier", "甲孵化器"), r.only("carrier", "乙孵化器"), r.one("子公司").Subject

		r.same("now", r.named("enterprise", tenant), "tenant_of Z2乙孵化器=乙孵化器 from 20; ")
		r.same("known on the 7th", r.namedAt("enterprise", tenant, on(7)), "tenant_of Z2乙孵化器=乙孵化器 from 20; tenant_of Z1甲孵化器=甲孵化器(earlier) from 1 until 10; ")
		r.same("known on the 3rd", r.namedAt("enterprise", tenant, on(3)), "tenant_of Z1甲孵化器=甲孵化器 from 1 until 10; ")
		r.same("甲 now", r.namedBy("enterprise", "tenant_of", a), "")
		r.same("甲 on the 7th", r.namedByAt("enterprise", "tenant_of", a, on(7)), "子公司(earlier) from 1 until 10; 丑公司; ")
		r.same("甲 on the 3rd", r.namedByAt("enterprise", "tenant_of", a, on(3)), "子公司 from 1 until 10; 丑公司; ")
		r.same("乙 on the 3rd", r.namedByAt("enterprise", "tenant_of", b, on(3)), "")
		r.same("乙 now", r.namedBy("enterprise", "tenant_of", b), "子公司 from 20; ")

		// Two who were merged since stood for themselves then.
		r.take(r.file("企业3.csv", head, code(3)+",寅公司,乙孵化器,Z2,,"), enterprise)
		day(15)
		if _, err := r.Merge(t.Context(), r.one("寅公司").Subject, tenant, ""); err != nil {
			t.Fatal(err)
		}
		day(18)
		r.same("乙 after merging", r.namedBy("enterprise", "tenant_of", b), "子公司 from 20; ")
		r.same("乙 before merging", r.namedByAt("enterprise", "tenant_of", b, on(13)), "子公司 from 20; 寅公司; ")

		r.dossiers("carrier", "enterprise")

		_, count, err := r.LastImports(t.Context(), on(3))
		if err != nil || count["carrier"] != 1 || count["enterprise"] != 1 {
			t.Errorf("imports known on the 3rd: %v, %v", count, err)
		}
	})
}
