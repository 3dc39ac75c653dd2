package web

import (
	"context"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
	"eyas/internal/rule/col/coltest"
)

// labPack is a small city with one recognition that has numbers of every kind.
func labPack() *pack.Pack {
	reg := coltest.Register()
	reg.Name = pack.Text{ZH: "企业库", EN: "Enterprises"}
	reg.Listed = []string{"district", "sales", "rd_expense"}
	reg.Attribute("industry").Codes = "industry"
	reg.Attribute("district").Codes = "org"
	reg.Attribute("abnormal_list").Name = pack.Text{ZH: "经营异常名录", EN: "list of abnormal operation"}
	p := &pack.Pack{
		ID: "tianjin", Name: pack.Text{ZH: "天津市", EN: "Tianjin"}, Zone: time.UTC, Registers: []*pack.Register{reg},
		Orgs:       []*pack.Org{{ID: "120000", Kind: "city", Name: pack.Text{ZH: "天津市", EN: "Tianjin"}}},
		Industries: "industry", Codes: []*pack.CodeList{{ID: "industry", Items: []pack.CodeItem{
			{Code: "C", Name: pack.Text{ZH: "制造业", EN: "Manufacturing"}}, {Code: "C39", Parent: "C", Name: pack.Text{ZH: "电子设备制造业", EN: "Electronics"}},
			{Code: "I", Name: pack.Text{ZH: "信息技术服务业", EN: "Information"}}, {Code: "I65", Parent: "I", Name: pack.Text{ZH: "软件业", EN: "Software"}},
			{Code: "M", Name: pack.Text{ZH: "科研服务业", EN: "Research"}},
		}}},
	}
	for _, d := range []struct{ id, zh, en string }{
		{"120101", "和平", "Heping"}, {"120102", "河东", "Hedong"}, {"120103", "河西", "Hexi"}, {"120104", "南开", "Nankai"}, {"120105", "河北", "Hebei"},
		{"120106", "红桥", "Hongqiao"}, {"120110", "东丽", "Dongli"}, {"120111", "西青", "Xiqing"}, {"120112", "津南", "Jinnan"}, {"120113", "北辰", "Beichen"},
		{"120114", "武清", "Wuqing"}, {"120115", "宝坻", "Baodi"}, {"120116", "滨海新区", "Binhai"}, {"120117", "宁河", "Ninghe"}, {"120118", "静海", "Jinghai"}, {"120119", "蓟州", "Jizhou"},
	} {
		p.Orgs = append(p.Orgs, &pack.Org{ID: d.id, Kind: "district", Parent: "120000", Name: pack.Text{ZH: d.zh + "区", EN: d.en}, Short: pack.Text{ZH: d.zh, EN: d.en}})
	}
	number := func(name, unit, text, zh, en string, v float64) *pack.Number {
		return &pack.Number{Name: name, Unit: unit, Text: text, Value: v, Label: pack.Text{ZH: zh, EN: en}}
	}
	p.Rules = []*pack.Rule{
		{
			ID: "tsme", Name: pack.Text{ZH: "国家科技型中小企业", EN: "Technology-based SME"}, Register: "enterprise",
			Laws: []pack.Law{{Title: "科技型中小企业评价办法", Number: "国科发政〔2017〕115号", From: time.Date(2017, 5, 3, 0, 0, 0, 0, time.UTC), Status: pack.Verified}},
			Numbers: []*pack.Number{
				number("staff.max", "person", "500", "职工总数上限", "Most staff", 500),
				number("sales.max", "money", "2亿元", "销售收入上限", "Highest sales", 2e10),
				number("share.min", "percent", "10%", "科技人员占比下限", "Least share of S&T staff", 0.1),
				{Name: "score.pass", Unit: "point", Text: "60", Value: 60, Min: 0, Max: 100, Step: 1, Label: pack.Text{ZH: "综合得分线", EN: "Pass mark"}},
				number("score.rnd.p50", "percent", "6%", "研发占比得 50 分", "R&D share for 50 points", 0.06),
				number("score.rnd.p30", "percent", "4%", "研发占比得 30 分", "R&D share for 30 points", 0.04),
			},
			Criteria: []*pack.Criterion{
				{ID: "staff", Article: "第六条（二）", Name: pack.Text{ZH: "职工总数", EN: "Staff"}, When: "staff <= number('staff.max')"},
				{ID: "sales", Article: "第六条（二）", Name: pack.Text{ZH: "销售收入", EN: "Sales"}, When: "sales <= number('sales.max')"},
				{ID: "share", Article: "第六条（三）", Name: pack.Text{ZH: "科技人员占比", EN: "Share of S&T staff"}, When: "ratio(st_staff, staff) >= number('share.min')", Status: pack.Modelled},
				{ID: "conduct", Article: "第六条（四）", Name: pack.Text{ZH: "诚信", EN: "Conduct"}, When: "!abnormal_list"},
				{ID: "score", Article: "第六条（五）", Name: pack.Text{ZH: "综合得分", EN: "Score"}, When: "score.total >= number('score.pass')"},
			},
			Score: &pack.Score{Full: 100, Items: []*pack.Item{
				{ID: "rnd", Name: pack.Text{ZH: "研发投入", EN: "R&D"}, Of: "ratio(rd_expense, sales)", Bands: []pack.Band{{Number: "score.rnd.p50", Low: 70, High: 70}, {Number: "score.rnd.p30", Low: 40, High: 40}}},
			}},
		},
		{
			ID: "eaglet", Name: pack.Text{ZH: "雏鹰企业", EN: "Eaglet"}, Register: "enterprise",
			Laws:     []pack.Law{{Number: "津科规〔2019〕1号", From: time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC), Until: time.Date(2021, 7, 8, 0, 0, 0, 0, time.UTC), Status: pack.Modelled}},
			Numbers:  []*pack.Number{number("sales.min", "money", "10万元", "销售收入下限", "Least sales", 1e7)},
			Criteria: []*pack.Criterion{{ID: "sales", Name: pack.Text{ZH: "销售收入", EN: "Sales"}, When: "sales >= number('sales.min')"}},
		},
	}
	return p
}

// tableBase is a base of one table, screened on demand.
type tableBase struct {
	rules rule.Face
	table *col.Table
	pack  *pack.Pack
}

func (b tableBase) Outcomes(_ context.Context, date time.Time, assume []string) ([]*rule.Outcome, *col.Table, error) {
	// The rules that are in force, as a base does.
	var ids []string
	for _, id := range []string{"tsme", "eaglet"} {
		if _, _, err := b.rules.Law(id, date); err == nil {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil, b.table, nil
	}
	out, err := b.rules.Screen(b.table, rule.Options{Date: date, Assume: assume}, ids...)
	return out, b.table, err
}

// only is the main register in memory, whatever moment is asked for.
func only(p *pack.Pack, b Base) Registers {
	return func(_ context.Context, id string, _ fact.Moment) (Base, error) {
		if id != p.Main().ID {
			return nil, fault.New(fault.NotFound, "没有这个库。", "There is no such register.")
		}
		return b, nil
	}
}

// mainBase is the main register in memory.
func mainBase(d Deps) Base {
	b, err := d.Registers(context.Background(), d.Pack.Main().ID, fact.Moment{})
	if err != nil {
		panic(err)
	}
	return b
}

// labDeps is a base of n random enterprises on 31 March 2021.
func labDeps(t testing.TB, n int) Deps {
	t.Helper()
	p := labPack()
	rules, err := rule.Compile(p)
	if err != nil {
		t.Fatal(err)
	}
	table := coltest.Random(p.Registers[0], n, 1, 0.1)
	return Deps{
		Hosts: []string{"example.com"}, // as httptest asks
		Pack:  p, Rules: rules, Registers: only(p, tableBase{rules, table, p}), Version: "test", Log: slog.New(slog.DiscardHandler),
		Clock: func() time.Time { return time.Date(2021, 3, 31, 9, 0, 0, 0, time.UTC) },
	}
}

func labHandler(t testing.TB, n int) (http.Handler, Deps) {
	t.Helper()
	d := labDeps(t, n)
	h, err := New(d)
	if err != nil {
		t.Fatal(err)
	}
	return h, d
}
