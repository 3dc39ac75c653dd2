package connect

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/rule/col"
	"eyas/internal/sheet"
	"eyas/packs"
)

var day = time.Date(2021, 3, 31, 0, 0, 0, 0, time.UTC)

// subject makes a profile of an enterprise from values as a profile holds them.
func subject(t *testing.T, p *pack.Pack, code, name string, values map[string]any) *fact.Profile {
	t.Helper()
	reg := p.Register("enterprise")
	x := &fact.Profile{Subject: 1, Code: code, Name: name}
	for id, v := range values {
		id, year, dated := strings.Cut(id, "@")
		f := fact.Fact{Attr: reg.Attribute(id)}
		if dated {
			fmt.Sscan(year, &f.Year)
		}
		switch v := v.(type) {
		case string:
			f.Value.Str = v
		case float64:
			f.Value.Num = v
		case time.Time:
			f.Value.Int = int64(fact.DayOf(v))
		case bool:
			if v {
				f.Value.Int = 1
			}
		}
		x.Facts = append(x.Facts, f)
	}
	return x
}

// one fills a table of one column with one value.
func one(t *testing.T, k pack.OutColumn, values map[string]any) (any, Why) {
	t.Helper()
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	f := New(p, &pack.Connector{ID: "x", Register: "enterprise", Out: &pack.Outward{Columns: []*pack.OutColumn{&k}}}, day)
	f.Plain = true
	cells, problems := f.Row(subject(t, p, "91120110MA0000001X", "甲公司", values), 7, nil)
	if len(problems) > 0 {
		return cells[0], problems[0].Why
	}
	return cells[0], ""
}

func TestCells(t *testing.T) {
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	reg := p.Register("enterprise")
	at := func(id string) *pack.Attribute { return reg.Attribute(id) }
	registered := time.Date(2016, 3, 8, 0, 0, 0, 0, time.UTC)
	for name, x := range map[string]struct {
		column pack.OutColumn
		values map[string]any
		want   any
		why    Why
	}{
		"code":                {pack.OutColumn{Attr: at("uscc"), Decimals: -1}, nil, "91120110MA0000001X", ""},
		"name":                {pack.OutColumn{Attr: at("name")}, nil, "甲公司", ""},
		"serial":              {pack.OutColumn{Fill: pack.FillSerial}, nil, sheet.Plain(7), ""},
		"year":                {pack.OutColumn{Fill: pack.FillYear}, nil, sheet.Plain(2021), ""},
		"base year":           {pack.OutColumn{Fill: pack.FillBaseYear}, nil, sheet.Plain(2020), ""},
		"day":                 {pack.OutColumn{Fill: pack.FillDay, Form: "yyyy/m/d"}, nil, "2021/3/31", ""},
		"constant":            {pack.OutColumn{Text: "营业执照"}, nil, "营业执照", ""},
		"left to the system":  {pack.OutColumn{}, nil, nil, ""},
		"blank":               {pack.OutColumn{Attr: at("address")}, nil, nil, ""},
		"blank and required":  {pack.OutColumn{Attr: at("address"), Required: true}, nil, nil, Blank},
		"ten thousand yuan":   {pack.OutColumn{Attr: at("sales"), Unit: pack.Wan, Decimals: 2}, map[string]any{"sales@2020": 1_234_567_89.0}, sheet.Decimal{N: 12346, Digits: 2, Shown: 2}, ""},
		"rounded up":          {pack.OutColumn{Attr: at("sales"), Unit: pack.Wan, Decimals: 0}, map[string]any{"sales@2020": 1_500_000.0}, sheet.Decimal{N: 2}, ""},
		"below zero":          {pack.OutColumn{Attr: at("profit"), Unit: pack.Wan, Decimals: 1}, map[string]any{"profit@2020": -1_250_000.0}, sheet.Decimal{N: -13, Digits: 1, Shown: 1}, ""},
		"hundred million":     {pack.OutColumn{Attr: at("sales"), Unit: pack.Yi, Decimals: 4}, map[string]any{"sales@2020": 12_345_678_900.0}, sheet.Decimal{N: 12346, Digits: 4, Shown: 4}, ""},
		"yuan, all digits":    {pack.OutColumn{Attr: at("sales"), Unit: pack.Yuan, Decimals: -1}, map[string]any{"sales@2020": 12_345.0}, sheet.Decimal{N: 12345, Digits: 2}, ""},
		"the year before":     {pack.OutColumn{Attr: at("staff"), Back: 1}, map[string]any{"staff@2020": 50.0, "staff@2019": 40.0}, int64(40), ""},
		"another year only":   {pack.OutColumn{Attr: at("staff"), Required: true}, map[string]any{"staff@2019": 40.0}, nil, Blank},
		"date":                {pack.OutColumn{Attr: at("registered_on")}, map[string]any{"registered_on": registered}, sheet.Date(registered), ""},
		"date in words":       {pack.OutColumn{Attr: at("registered_on"), Form: "yyyy年m月d日"}, map[string]any{"registered_on": registered}, "2016年3月8日", ""},
		"date as digits":      {pack.OutColumn{Attr: at("registered_on"), Form: "yyyymmdd"}, map[string]any{"registered_on": registered}, "20160308", ""},
		"month":               {pack.OutColumn{Attr: at("registered_on"), Form: "yyyy-mm"}, map[string]any{"registered_on": registered}, "2016-03", ""},
		"yes":                 {pack.OutColumn{Attr: at("listed"), Words: map[string]string{"yes": "有", "no": "无"}}, map[string]any{"listed": true}, "有", ""},
		"no without words":    {pack.OutColumn{Attr: at("listed")}, map[string]any{"listed": false}, "否", ""},
		"no without its word": {pack.OutColumn{Attr: at("listed"), Words: map[string]string{"yes": "有"}}, map[string]any{"listed": false}, nil, NoWord},
		"code by name":        {pack.OutColumn{Attr: at("district")}, map[string]any{"district": "120110"}, "东丽区", ""},
		"code by its word":    {pack.OutColumn{Attr: at("district"), Words: map[string]string{"120110": "东丽"}}, map[string]any{"district": "120110"}, "东丽", ""},
		"code without word":   {pack.OutColumn{Attr: at("district"), Words: map[string]string{"120111": "西青"}}, map[string]any{"district": "120110"}, nil, NoWord},
		"code as it is":       {pack.OutColumn{Attr: at("industry"), AsCode: true}, map[string]any{"industry": "6513"}, "6513", ""},
		"code of no list":     {pack.OutColumn{Attr: at("industry"), AsCode: true}, map[string]any{"industry": "软件业"}, nil, NoWord},
		"too long":            {pack.OutColumn{Attr: at("address"), Max: 3}, map[string]any{"address": "东丽区一号"}, "东丽区一号", TooLong},
		"personal":            {pack.OutColumn{Attr: at("phone")}, map[string]any{"phone": "13977770001"}, nil, Masked},
	} {
		if got, why := one(t, x.column, x.values); got != x.want || why != x.why {
			t.Errorf("%s: %v (%q), want %v (%q)", name, got, why, x.want, x.why)
		}
	}
}

// What is said before a table is made agrees with the table.
func TestCheckAgreesWithTable(t *testing.T) {
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	reg := p.Register("enterprise")
	c := p.Connector("enquiries")
	f := New(p, c, day)
	profiles := []*fact.Profile{
		subject(t, p, "91120110MA0000001X", "甲公司", map[string]any{"district": "120110", "phone": "139"}),
		subject(t, p, "", "乙公司", map[string]any{"district": "120110"}),
		subject(t, p, "91120110MA0000003X", "丙公司", map[string]any{"district": "130000"}),
		subject(t, p, "91120110MA0000004X", "丁公司", nil),
	}
	b := col.NewBuilder(reg)
	complete := 0
	for i, x := range profiles {
		x.Subject = int64(i + 1)
		if err := b.Add(x); err != nil {
			t.Fatal(err)
		}
		_, problems := f.Row(x, i+1, nil)
		if !slices.ContainsFunc(problems, func(q Problem) bool { return c.Out.Columns[q.Column].Required || q.Why == NoWord }) {
			complete++
		}
	}
	table := b.Table(1)
	check := f.Check(table, nil)
	if check.Rows != 4 || check.Complete != complete || complete != 1 || check.Incomplete() != 3 {
		t.Errorf("complete %d of %d, in the table %d", check.Complete, check.Rows, complete)
	}
	got := map[string]int{}
	for _, l := range check.Columns {
		got[l.Column.Header+" "+string(l.Why)] = l.Rows
	}
	want := map[string]int{"企业信用代码 blank": 1, "所在区 blank": 1, "所在区 noword": 1, "联系电话 masked": 1}
	for k, n := range want {
		if got[k] != n {
			t.Errorf("%s: %d, want %d", k, got[k], n)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%v", got)
	}
	if rows := check.Lacking(2); !slices.Equal(rows, []int{1, 2}) {
		t.Errorf("first rows %v", rows)
	}
	if by := f.LackedBy(table, 1); !slices.Equal(by, []string{"企业信用代码"}) {
		t.Errorf("the second lacks %q", by)
	}
}

// Every table of the pack says how far it was checked, and has the columns by which its file comes back.
func TestTablesOfPack(t *testing.T) {
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range p.Connectors {
		if c.In == nil || c.Out == nil || c.In.Status != pack.Modelled || c.Out.Status != pack.Modelled {
			t.Errorf("%s: %+v", c.ID, c)
			continue
		}
		for _, x := range []pack.Text{Standing(c.In.Status, c.In.Seen), Standing(c.Out.Status, c.Out.Seen)} {
			if !strings.Contains(x.ZH, "modelled") || !strings.Contains(x.EN, "modelled") {
				t.Errorf("%s does not say that it is modelled: %s", c.ID, x.ZH)
			}
		}
		f := New(p, c, day)
		if text := strings.Join(f.Notes("zh-CN"), "\n"); !strings.Contains(text, c.Name.ZH) || !strings.Contains(text, "2020") {
			t.Errorf("%s: %s", c.ID, text)
		}
		headers := f.Head()
		for _, k := range c.In.Columns {
			if k.Identity && !slices.Contains(headers, any(k.Header)) {
				t.Errorf("%s: the table has no column %s, by which its file comes back", c.ID, k.Header)
			}
		}
	}
}
