package registry_test

import (
	"strings"
	"testing"
	"time"

	"eyas/internal/registry"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
)

func from(source, asOf string) layout.Options {
	return layout.Options{Register: "enterprise", Lang: "en", Source: source, AsOf: asOf}
}

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

// num gives a number of a profile; ok is false when it is unknown.
func num(p *fact.Profile, attr string, year int) (v float64, ok bool) {
	f := p.Fact(attr, year)
	if f == nil {
		return 0, false
	}
	return f.Value.Num, true
}

func wantNum(t *testing.T, p *fact.Profile, attr string, year int, want float64) {
	t.Helper()
	if got, ok := num(p, attr, year); !ok || got != want {
		t.Errorf("%s@%d is %v (known %v), want %v", attr, year, got, ok, want)
	}
}

func wantText(t *testing.T, p *fact.Profile, attr, want string) {
	t.Helper()
	got := ""
	if f := p.Fact(attr, 0); f != nil {
		got = f.Value.Str
	}
	if got != want {
		t.Errorf("%s is %q, want %q", attr, got, want)
	}
}

// Of sources that disagree the better ranked one wins, whichever came first; of one source the later.
func TestRanking(t *testing.T) {
	both(t, func(r *rig) {
		head := "统一社会信用代码,企业名称,2020年销售收入（元）"
		r.take(r.file("tax.csv", head, code(1)+",甲公司,100"), from("tax", ""))
		report, annual := r.take(r.file("annual.csv", head, code(1)+",甲公司,200"), from("annual", ""))
		r.counts(report, 0, 1, 0) // it changes nothing
		wantNum(t, r.one(code(1)), "sales", 2020, 100_00)
		_, tax := r.take(r.file("tax2.csv", head, code(1)+",甲公司,120"), from("tax", ""))
		wantNum(t, r.one(code(1)), "sales", 2020, 120_00)
		r.undo(tax)
		wantNum(t, r.one(code(1)), "sales", 2020, 100_00)
		list := must(r.Sourced(t.Context(), r.one(code(1)).Subject))
		for _, f := range list {
			if f.Attr.ID == "sales" && (f.Source.Source != "tax" || len(f.Losers) != 1 || f.Losers[0].Source.Source != "annual" || f.Losers[0].Value.Num != 200_00) {
				t.Errorf("%+v", f)
			}
		}
		r.undo(annual)
		r.sound()
	})
}

// A better source that says the same becomes the source, so that a worse one cannot change the value afterwards.
func TestRankingSameValue(t *testing.T) {
	r := sqlite(t)
	head := "统一社会信用代码,企业名称,2020年销售收入（元）"
	r.take(r.file("annual.csv", head, code(1)+",甲公司,100"), from("annual", ""))
	report, _ := r.take(r.file("tax.csv", head, code(1)+",甲公司,100"), from("tax", ""))
	r.counts(report, 0, 1, 0)
	r.take(r.file("annual2.csv", head, code(1)+",甲公司,300"), from("annual", ""))
	wantNum(t, r.one(code(1)), "sales", 2020, 100_00)
	r.sound()
}

// The day that a file speaks of decides before the order in which files come.
func TestDays(t *testing.T) {
	both(t, func(r *rig) {
		head := "统一社会信用代码,企业名称,注册地址"
		r.take(r.file("new.csv", head, code(1)+",乙公司,新址"), from("market", "2021-02-01"))
		r.take(r.file("old.csv", head, code(1)+",甲公司,旧址"), from("market", "2019-06-30"))
		p := r.one(code(1))
		wantText(t, p, "address", "新址")
		for _, c := range []struct{ held, name, address string }{
			{"2021-03-01", "乙公司", "新址"},
			{"2021-01-31", "甲公司", "旧址"},
			{"2018-01-01", "甲公司", "旧址"}, // the earliest that is known
		} {
			at := must(r.ProfileAt(t.Context(), p.Subject, fact.Moment{HeldOn: day(c.held)}))
			if at.Name != c.name {
				t.Errorf("held on %s: %s", c.held, at.Name)
			}
			wantText(t, at, "address", c.address)
			var same *fact.Profile
			if err := r.EachAt(t.Context(), "enterprise", fact.Moment{HeldOn: day(c.held)}, func(p *fact.Profile) error {
				q := *p
				same = &q
				return nil
			}); err != nil || line(same, true) != line(at, true) {
				t.Errorf("held on %s: %s, one by one %s (%v)", c.held, line(same, true), line(at, true), err)
			}
		}
		if settled := must(r.Settled(t.Context(), fact.Moment{HeldOn: day("2021-02-01")})); !settled {
			t.Error("nothing speaks of later days")
		}
		if settled := must(r.Settled(t.Context(), fact.Moment{HeldOn: day("2021-01-31")})); settled {
			t.Error("the later address does not hold yet")
		}
	})
}

// What was known on a day is what imports had brought by then, less what had been taken back by then.
func TestKnownOn(t *testing.T) {
	both(t, func(r *rig) {
		head := "统一社会信用代码,企业名称,2020年销售收入（元）"
		known := map[string]string{}
		step := func(day string, do func()) {
			r.now = time.Date(2021, 4, 1, 2, 0, 0, 0, time.UTC)
			r.now = must(time.Parse(time.RFC3339, day+"T03:00:00Z"))
			do()
			known[day] = r.base()
		}
		var second int64
		step("2020-11-01", func() {
			r.take(r.file("a.csv", head, code(1)+",甲公司,100", ",乙公司,7"), enterprise)
		})
		step("2020-11-10", func() {
			_, second = r.take(r.file("b.csv", head, code(1)+",甲公司,200", code(2)+",丙公司,1"), enterprise)
		})
		step("2020-11-20", func() {
			if _, err := r.Merge(t.Context(), r.one("乙公司").Subject, r.one(code(2)).Subject, "同一家"); err != nil {
				t.Fatal(err)
			}
		})
		step("2020-11-30", func() { r.undo(second) })
		step("2020-12-10", func() {
			r.take(r.file("c.csv", head, code(3)+",丁公司,5"), enterprise)
		})
		for d, want := range known {
			var b strings.Builder
			if err := r.EachAt(t.Context(), "enterprise", fact.Moment{KnownOn: day(d)}, func(p *fact.Profile) error {
				b.WriteString(line(p, true))
				one := must(r.ProfileAt(t.Context(), p.Subject, fact.Moment{KnownOn: day(d)}))
				if line(one, true) != line(p, true) {
					t.Errorf("known on %s: %s alone %s", d, line(p, true), line(one, true))
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			var live []string
			for _, l := range strings.SplitAfter(want, "\n") {
				if !strings.Contains(l, "gone=true") {
					live = append(live, l)
				}
			}
			if b.String() != strings.Join(live, "") {
				t.Errorf("known on %s:\n%swas\n%s", d, b.String(), strings.Join(live, ""))
			}
		}
		r.sound()
	})
}

// Who is not in a whole list has a no, as of its day, and not whoever was registered later; the next list takes its
// place.
func TestWholeList(t *testing.T) {
	both(t, func(r *rig) {
		r.take(r.file("m.csv", "统一社会信用代码,企业名称,成立日期", code(1)+",甲公司,2010-01-01", code(2)+",乙公司,2010-01-01", code(3)+",丙公司,2021-03-20"), enterprise)
		says := func(want string) {
			t.Helper()
			got := ""
			for i := 1; i <= 3; i++ {
				switch f := r.one(code(i)).Fact("abnormal_list", 0); {
				case f == nil:
					got += "?"
				case f.Value.Int == 1:
					got += "Y"
				default:
					got += "N"
				}
			}
			if got != want {
				t.Errorf("the list says %s, want %s", got, want)
			}
		}
		says("???")
		before := must(r.Change(t.Context()))
		_, march := r.take(r.file("march.csv", "统一社会信用代码,企业名称", code(2)+",乙公司"), from("abnormal", "2021-03-01"))
		says("NY?")
		seen := 0
		if err := r.Scan(t.Context(), before, func(*fact.Profile) error { seen++; return nil }); err != nil || seen != 3 {
			t.Errorf("%d of 3 are read anew, %v", seen, err)
		}
		list := must(r.Sourced(t.Context(), r.one(code(1)).Subject))
		for _, f := range list {
			if f.Attr.ID == "abnormal_list" && (!f.Source.Whole || f.Source.File != "march.csv" || f.Source.AsOf != "2021-03-01") {
				t.Errorf("%+v", f)
			}
		}
		_, april := r.take(r.file("april.csv", "统一社会信用代码,企业名称", code(1)+",甲公司"), from("abnormal", "2021-04-01"))
		says("YNN")
		at := must(r.ProfileAt(t.Context(), r.one(code(1)).Subject, fact.Moment{HeldOn: day("2021-03-15")}))
		if f := at.Fact("abnormal_list", 0); f == nil || f.Value.Int != 0 {
			t.Errorf("in March it was not in the list: %+v", f)
		}
		r.dossiers("enterprise")
		r.undo(april)
		says("NY?")
		r.undo(march)
		says("???")
	})
}

// Rights and certificates are things of an enterprise: they are counted, the last word about one counts, and undoing
// takes it back.
func TestItems(t *testing.T) {
	both(t, func(r *rig) {
		head := "专利权人,专利号,专利名称,专利类型,授权日期,法律状态"
		r.take(r.file("m.csv", "统一社会信用代码,企业名称", code(1)+",甲公司", code(2)+",乙公司"), enterprise)
		r.take(r.file("ip.csv", head, "甲公司,ZL1,泵,发明专利,2019-01-01,有效", "甲公司,ZL2,阀,实用新型,2020-05-01,有效", "甲公司,ZL3,管,发明专利,2020-06-01,有效", "丙公司,ZL9,杆,外观设计,2020-06-01,有效"), from("ip", "2021-01-31"))
		p := r.one(code(1))
		wantNum(t, p, "ip_class1", 0, 2)
		wantNum(t, p, "ip_class2", 0, 1)
		wantNum(t, p, "ip_invention", 0, 2)
		if _, known := num(p, "ip_design", 0); known {
			t.Error("that a register shows no design is no none")
		}
		wantNum(t, r.one("丙公司"), "ip_design", 0, 1)
		at := must(r.ProfileAt(t.Context(), p.Subject, fact.Moment{HeldOn: day("2020-01-01")}))
		wantNum(t, at, "ip_class1", 0, 1)
		_, lapsed := r.take(r.file("ip2.csv", head, "甲公司,ZL3,管,发明专利,2020-06-01,失效"), from("ip", "2021-02-28"))
		wantNum(t, r.one(code(1)), "ip_class1", 0, 1)
		r.undo(lapsed)
		wantNum(t, r.one(code(1)), "ip_class1", 0, 2)
		r.take(r.file("year.csv", "统一社会信用代码,企业名称,Ⅰ类知识产权", code(1)+",甲公司,9"), from("annual", ""))
		wantNum(t, r.one(code(1)), "ip_class1", 0, 2) // the register of rights knows better
		r.take(r.file("cert.csv", "企业名称,证书种类,证书编号,发证日期,有效期至", "甲公司,高新技术企业,GR1,2015-10-01,2018-09-30", "甲公司,高新技术企业,GR2,2018-11-01,2021-10-31", "甲公司,雏鹰企业,CY1,2020-11-01,2023-10-31"), from("certificate", ""))
		wantText(t, r.one(code(1)), "cert_hnte_no", "GR2")
		at = must(r.ProfileAt(t.Context(), p.Subject, fact.Moment{HeldOn: day("2017-01-01")}))
		wantText(t, at, "cert_hnte_no", "GR1")
		r.sound()
		r.dossiers("enterprise")
	})
}

// A correction wins over every source and keeps the original; what is void is unknown; both are taken back.
func TestEnter(t *testing.T) {
	both(t, func(r *rig) {
		ctx := t.Context()
		r.take(r.file("a.csv", "统一社会信用代码,企业名称,2020年销售收入（元）,2020年职工总数", code(1)+",甲公司,100,0"), from("tax", ""))
		p := r.one(code(1))
		id, subject, err := r.Enter(ctx, intake.Entry{Register: "enterprise", Subject: p.Subject, Values: map[string]string{"sales@2020": "100万元"}, Void: []string{"staff@2020"},
			Source: "correction", Form: "更正", Reason: "单位写错"})
		if err != nil || subject != p.Subject {
			t.Fatal(subject, err)
		}
		p = r.one(code(1))
		wantNum(t, p, "sales", 2020, 100_0000_00)
		if _, known := num(p, "staff", 2020); known {
			t.Error("what is void is unknown")
		}
		for _, f := range must(r.Sourced(ctx, subject)) {
			switch f.Attr.ID {
			case "sales":
				if f.Source.Form != "更正" || f.Source.Reason != "单位写错" || f.Source.Raw != "100万元" || len(f.Losers) != 1 || f.Losers[0].Value.Num != 100_00 {
					t.Errorf("%+v", f)
				}
			case "staff":
				if !f.Void || len(f.Losers) != 1 {
					t.Errorf("%+v", f)
				}
			}
		}
		r.take(r.file("b.csv", "统一社会信用代码,企业名称,2020年销售收入（元）", code(1)+",甲公司,150"), from("tax", ""))
		wantNum(t, r.one(code(1)), "sales", 2020, 100_0000_00)
		said := must(r.History(ctx, subject))
		if len(said) != 9 {
			t.Errorf("%d things were said", len(said))
		}
		r.undo(id)
		wantNum(t, r.one(code(1)), "sales", 2020, 150_00)
		wantNum(t, r.one(code(1)), "staff", 2020, 0)
		r.sound()

		for _, e := range []intake.Entry{
			{Register: "enterprise", Subject: subject, Values: map[string]string{"sales": "1"}, Source: "correction"},
			{Register: "enterprise", Subject: subject, Values: map[string]string{"sales@2020": "很多"}, Source: "correction"},
			{Register: "enterprise", Subject: subject, Values: map[string]string{"nothing": "1"}, Source: "correction"},
			{Register: "enterprise", Subject: subject, Values: map[string]string{"uscc": code(2)}, Source: "correction"},
			{Register: "enterprise", Subject: subject, Source: "correction"},
			{Register: "enterprise", Subject: 99, Values: map[string]string{"sales@2020": "1"}},
			{Register: "enterprise", Values: map[string]string{"sales@2020": "1"}},
			{Register: "enterprise", Values: map[string]string{"name": "乙"}, Source: "ip"},
		} {
			if _, _, err := r.Enter(ctx, e); err == nil {
				t.Errorf("%+v was taken", e)
			}
		}
		_, made, err := r.Enter(ctx, intake.Entry{Register: "enterprise", Values: map[string]string{"name": "新公司", "uscc": code(7)}, Form: "登记"})
		if err != nil || r.one("新公司").Subject != made || r.one("新公司").Code != code(7) {
			t.Errorf("a new subject: %d, %v", made, err)
		}
	})
}

// After rankings changed, every profile is derived again, to what importing under them would have come to.
func TestRederive(t *testing.T) {
	r := sqlite(t)
	if must(r.Outdated(t.Context())) {
		t.Error("an empty base is not outdated")
	}
	head := "统一社会信用代码,企业名称,2020年销售收入（元）"
	r.take(r.file("annual.csv", head, code(1)+",甲公司,200", code(2)+",乙公司,5"), from("annual", ""))
	r.take(r.file("tax.csv", head, code(1)+",甲公司,100"), from("tax", ""))
	wantNum(t, r.one(code(1)), "sales", 2020, 100_00)
	other := *r.pack
	other.Rankings = nil
	other.Rankings = append(other.Rankings, r.pack.Rankings...)
	for i, k := range other.Rankings {
		if len(k.Attributes) > 0 && k.Attributes[0] == "sales" {
			turned := *k
			turned.Order = []string{"annual", "tax"}
			other.Rankings[i] = &turned
		}
	}
	g := registry.New(&other, r.db, func() time.Time { return r.now })
	if !must(g.Outdated(t.Context())) {
		t.Error("rankings changed")
	}
	if n := must(g.Rederive(t.Context(), nil)); n != 1 {
		t.Errorf("%d profiles changed, want 1", n)
	}
	if must(g.Outdated(t.Context())) {
		t.Error("all is derived by the new rankings")
	}
	wantNum(t, r.one(code(1)), "sales", 2020, 200_00)
}
