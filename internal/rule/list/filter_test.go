package list

import (
	"errors"
	"slices"
	"testing"

	"eyas/internal/fault"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
	"eyas/internal/rule/col/coltest"
)

// word returns a row's code, "" for blank.
func (x *Index) word(attr string, row int) string {
	d := x.table.Dicts[col.Key{Attr: attr}]
	if d == nil {
		return ""
	}
	return d.Words[d.Val[row]]
}

func TestFilterAgainstEachRow(t *testing.T) {
	const n = 5000
	x := random(t, n, 0.4)
	outcomes := []*rule.Outcome{randomOutcome(n, "tsme", 1), randomOutcome(n, "hnte", 2)}
	o, p := outcomes[0], outcomes[1]
	sales := col.Key{Attr: "sales", Year: coltest.BaseYear}
	chosen := col.NewBitmap(n)
	for i := 0; i < n; i += 3 {
		chosen.Set(i)
	}
	inCity := func(d string) bool { return slices.Contains(coltest.Districts, d) }
	for name, c := range map[string]struct {
		f    Filter
		want func(row int) bool
	}{
		"everything":  {Filter{}, func(int) bool { return true }},
		"district":    {Filter{Districts: []string{"120116"}}, func(i int) bool { return x.word("district", i) == "120116" }},
		"districts":   {Filter{Districts: []string{"120116", "120101"}}, func(i int) bool { w := x.word("district", i); return w == "120116" || w == "120101" }},
		"elsewhere":   {Filter{Districts: []string{"?"}}, func(i int) bool { return !inCity(x.word("district", i)) }},
		"and one":     {Filter{Districts: []string{"?", "120101"}}, func(i int) bool { w := x.word("district", i); return !inCity(w) || w == "120101" }},
		"city":        {Filter{Districts: []string{"120000"}}, func(i int) bool { return inCity(x.word("district", i)) }},
		"group":       {Filter{Groups: []string{"around"}}, func(i int) bool { w := x.word("district", i); return w >= "120110" && w <= "120113" && inCity(w) }},
		"zone":        {Filter{Codes: map[col.Key][]string{{Attr: "zone"}: {"tht"}}}, func(i int) bool { w := x.word("zone", i); return w == "huayuan" || w == "beichen" }},
		"park":        {Filter{Codes: map[col.Key][]string{{Attr: "zone"}: {"huayuan"}}}, func(i int) bool { return x.word("zone", i) == "huayuan" }},
		"industry":    {Filter{Industry: "65"}, func(i int) bool { w := x.word("industry", i); return w == "6510" || w == "6520" }},
		"class":       {Filter{Industry: "6520"}, func(i int) bool { return x.word("industry", i) == "6520" }},
		"section":     {Filter{Industry: "C"}, func(i int) bool { w := x.word("industry", i); return w != "" && (w[:2] == "27" || w[:2] == "36") }},
		"met":         {Filter{Verdicts: map[string][]Verdict{"tsme": {Met}}}, o.Met.Get},
		"near":        {Filter{Verdicts: map[string][]Verdict{"tsme": {Near}}}, o.Near.Get},
		"unmet":       {Filter{Verdicts: map[string][]Verdict{"tsme": {Unmet}}}, o.Unmet.Get},
		"unknown":     {Filter{Verdicts: map[string][]Verdict{"tsme": {Unknown}}}, o.Unknown.Get},
		"pending":     {Filter{Verdicts: map[string][]Verdict{"tsme": {Pending}}}, o.Pending.Get},
		"two":         {Filter{Verdicts: map[string][]Verdict{"tsme": {Met}, "hnte": {Unmet}}}, func(i int) bool { return o.Met.Get(i) && p.Unmet.Get(i) }},
		"only":        {Filter{Only: map[string][]string{"hnte": {"sales"}}}, p.Criteria[1].Only.Get},
		"crit met":    {Filter{Criterion: map[string]string{"tsme/staff": "met"}}, o.Criteria[0].True.Get},
		"crit unmet":  {Filter{Criterion: map[string]string{"tsme/staff": "unmet"}}, o.Criteria[0].False.Get},
		"crit open":   {Filter{Criterion: map[string]string{"tsme/staff": "unknown"}}, func(i int) bool { return !o.Criteria[0].True.Get(i) && !o.Criteria[0].False.Get(i) }},
		"no sales":    {Filter{Missing: []col.Key{sales}}, func(i int) bool { return !x.table.Nums[sales].Valid.Get(i) }},
		"no district": {Filter{Missing: []col.Key{{Attr: "district"}}}, func(i int) bool { return x.word("district", i) == "" }},
		"no code":     {Filter{Missing: []col.Key{{Attr: "uscc"}}}, func(int) bool { return false }},
		"no column":   {Filter{Missing: []col.Key{{Attr: "sales", Year: 1999}}}, func(int) bool { return true }},
		"no address and no date": {Filter{Missing: []col.Key{{Attr: "address"}, {Attr: "registered_on"}}}, func(i int) bool {
			return !x.table.Texts[col.Key{Attr: "address"}].Get(i) && !x.table.Dates[col.Key{Attr: "registered_on"}].Valid.Get(i)
		}},
		"a state or another": {Filter{Verdicts: map[string][]Verdict{"tsme": {Met, Pending}}}, func(i int) bool { return o.Met.Get(i) || o.Pending.Get(i) }},
		"short of either":    {Filter{Only: map[string][]string{"hnte": {"sales", "staff"}}}, p.Near.Get},
		"sales from": {Filter{Between: map[col.Key]Bounds{sales: {From: number(5e8)}}}, func(i int) bool {
			return x.table.Nums[sales].Valid.Get(i) && x.table.Nums[sales].Val[i] >= 5e8
		}},
		"sales between, or none": {Filter{Between: map[col.Key]Bounds{sales: {From: number(1e8), To: number(5e8)}}, Missing: []col.Key{sales}}, func(i int) bool {
			v := x.table.Nums[sales]
			return !v.Valid.Get(i) || v.Val[i] >= 1e8 && v.Val[i] <= 5e8
		}},
		"registered until": {Filter{Between: map[col.Key]Bounds{{Attr: "registered_on"}: {To: number(17000)}}}, func(i int) bool {
			d := x.table.Dates[col.Key{Attr: "registered_on"}]
			return d.Valid.Get(i) && d.Val[i] <= 17000
		}},
		"of a year that nobody has":          {Filter{Between: map[col.Key]Bounds{{Attr: "sales", Year: 1999}: {From: number(0)}}}, func(int) bool { return false }},
		"of a year that nobody has, or none": {Filter{Between: map[col.Key]Bounds{{Attr: "sales", Year: 1999}: {From: number(0)}}, Missing: []col.Key{{Attr: "sales", Year: 1999}}}, func(int) bool { return true }},
		"industries": {Filter{Codes: map[col.Key][]string{{Attr: "industry"}: {"6510", "2720"}}}, func(i int) bool {
			w := x.word("industry", i)
			return w == "6510" || w == "2720"
		}},
		"a district or none": {Filter{Districts: []string{"120116"}, Missing: []col.Key{{Attr: "district"}}}, func(i int) bool { w := x.word("district", i); return w == "" || w == "120116" }},
		"a group or a district": {Filter{Groups: []string{"around"}, Districts: []string{"120101"}}, func(i int) bool {
			w := x.word("district", i)
			return w == "120101" || w >= "120110" && w <= "120113" && inCity(w)
		}},
		"abnormal": {Filter{Yes: map[col.Key][]bool{{Attr: "abnormal_list"}: {true}}}, func(i int) bool {
			b := x.table.Bools[col.Key{Attr: "abnormal_list"}]
			return b.Valid.Get(i) && b.Val.Get(i)
		}},
		"abnormal or not said": {Filter{Yes: map[col.Key][]bool{{Attr: "abnormal_list"}: {true}}, Missing: []col.Key{{Attr: "abnormal_list"}}}, func(i int) bool {
			b := x.table.Bools[col.Key{Attr: "abnormal_list"}]
			return !b.Valid.Get(i) || b.Val.Get(i)
		}},
		"abnormal or not": {Filter{Yes: map[col.Key][]bool{{Attr: "abnormal_list"}: {true, false}}}, x.table.Bools[col.Key{Attr: "abnormal_list"}].Valid.Get},
		"rows":            {Filter{Rows: chosen, Districts: []string{"120116"}}, func(i int) bool { return i%3 == 0 && x.word("district", i) == "120116" }},
	} {
		rows, err := x.Filter(c.f, outcomes)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var want []int
		for i := range n {
			if c.want(i) {
				want = append(want, i)
			}
		}
		if !slices.Equal(members(rows), want) {
			t.Errorf("%s: %d rows, want %d", name, rows.Count(), len(want))
		}
	}
	if chosen.Count() != (n+2)/3 || !slices.Equal(members(o.Met), members(randomOutcome(n, "tsme", 1).Met)) {
		t.Error("a filter changed the sets that it was given")
	}
}

func number(v float64) *float64 { return &v }

func TestFilterByScore(t *testing.T) {
	x := random(t, 300, 0.2)
	o := randomOutcome(300, "tsme", 1)
	o.ScoreLow, o.ScoreHigh = make([]int16, 300), make([]int16, 300)
	for i := range 300 {
		o.ScoreLow[i], o.ScoreHigh[i] = int16(i%100), int16(i%100+i%7)
	}
	rows, err := x.Filter(Filter{Scores: map[string]Bounds{"tsme": {From: number(60), To: number(80)}}}, []*rule.Outcome{o})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 300 {
		if want := o.ScoreLow[i] >= 60 && o.ScoreHigh[i] <= 80; rows.Get(i) != want {
			t.Errorf("row %d of %d to %d points: %v", i, o.ScoreLow[i], o.ScoreHigh[i], rows.Get(i))
		}
	}
	for _, by := range []string{"v.tsme", "s.tsme", "o.tsme"} {
		for _, desc := range []bool{false, true} {
			page := x.PageOf(col.All(300), Sort{By: by, Desc: desc}, []*rule.Outcome{o}, 0, 300)
			seen := map[int]bool{}
			last, blanks := uint64(0), false
			order := verdictOrder(by, []*rule.Outcome{o})
			if desc {
				order = order.descending()
			}
			for _, row := range page.Rows {
				seen[row] = true
				if !order.present(row) {
					blanks = true
					continue
				}
				if blanks || order.key(row) < last {
					t.Fatalf("%s: row %d is out of order", by, row)
				}
				last = order.key(row)
			}
			if len(seen) != 300 {
				t.Errorf("%s: %d rows", by, len(seen))
			}
		}
	}
}

func TestFilterNamesWhatIsUnknown(t *testing.T) {
	x := random(t, 100, 0.2)
	outcomes := []*rule.Outcome{randomOutcome(100, "tsme", 1)}
	for _, f := range []Filter{
		{Districts: []string{"999999"}},
		{Groups: []string{"nowhere"}},
		{Verdicts: map[string][]Verdict{"nothing": {Met}}},
		{Verdicts: map[string][]Verdict{"tsme": {"perhaps"}}},
		{Only: map[string][]string{"tsme": {"nothing"}}},
		{Criterion: map[string]string{"tsme/staff": "perhaps"}},
		{Criterion: map[string]string{"tsme": "met"}},
		{Missing: []col.Key{{Attr: "nothing"}}},
		{Codes: map[col.Key][]string{{Attr: "staff", Year: 2020}: {"1"}}},
		{Codes: map[col.Key][]string{{Attr: "industry", Year: 2020}: {"1"}}},
		{Yes: map[col.Key][]bool{{Attr: "industry"}: {true}}},
		{Between: map[col.Key]Bounds{{Attr: "industry"}: {}}},
		{Between: map[col.Key]Bounds{{Attr: "sales"}: {}}},
		{Contains: map[col.Key]string{{Attr: "sales", Year: 2020}: "1"}},
		{Scores: map[string]Bounds{"tsme": {From: number(1)}}},
		{Scores: map[string]Bounds{"nothing": {}}},
		{Rows: col.NewBitmap(1000)},
	} {
		_, err := x.Filter(f, outcomes)
		var said *fault.Error
		if !errors.As(err, &said) || said.Code != fault.Invalid || said.ZH == "" || said.EN == "" {
			t.Errorf("%+v: %v", f, err)
		}
	}
	// Verdicts over another table are refused, because their rows are other subjects.
	if _, err := x.Filter(Filter{Verdicts: map[string][]Verdict{"tsme": {Met}}}, []*rule.Outcome{randomOutcome(500, "tsme", 1)}); err == nil {
		t.Error("outcomes of another table were taken")
	}
}

func TestEmptyTable(t *testing.T) {
	x := NewIndex(col.NewBuilder(enterprise()).Table(0), city(), nil)
	x.Warm()
	rows, err := x.Filter(Filter{Text: "a", Districts: []string{"?"}, Industry: "C"}, nil)
	if err != nil || len(rows) != 0 {
		t.Errorf("%v %v", rows, err)
	}
	for _, by := range []string{"", "name", "code", "sales@2020", "district"} {
		if p := x.Page(rows, Sort{By: by}, 0, 50); p.Total != 0 || len(p.Rows) != 0 {
			t.Errorf("%s: %+v", by, p)
		}
	}
	if x.Search("天津", 5) != nil && len(x.Search("天津", 5)) > 0 {
		t.Error("found something")
	}
	if got := x.CountBy(rows, "industry"); len(got) != 0 {
		t.Errorf("counts of nothing: %v", got)
	}
}

func TestCounts(t *testing.T) {
	x := random(t, 3000, 0.3)
	odd := col.NewBitmap(3000)
	for i := 1; i < 3000; i += 2 {
		odd.Set(i)
	}
	for name, rows := range map[string]col.Bitmap{"all": all(x), "odd": odd, "none": col.NewBitmap(3000)} {
		want := map[string]int{}
		rows.Each(func(i int) {
			want[x.word("industry", i)]++
		})
		last := 1 << 60
		for _, g := range x.CountBy(rows, "industry") {
			if g.Count != want[g.Code] || g.Count > last {
				t.Errorf("%s: industry %q has %d, want %d, after %d", name, g.Code, g.Count, want[g.Code], last)
			}
			last = g.Count
			delete(want, g.Code)
		}
		if len(want) > 0 {
			t.Errorf("%s: left out %v", name, want)
		}
	}
	for range 2 {
		if got, want := x.CountAll("industry"), x.CountBy(col.All(x.table.N), "industry"); !slices.Equal(got, want) {
			t.Errorf("over all rows: %v, want %v", got, want)
		}
	}
	if got := x.CountBy(odd, "no_such"); len(got) != 1 || got[0] != (GroupCount{"", 1500}) {
		t.Errorf("a column that is not there: %v", got)
	}
}
