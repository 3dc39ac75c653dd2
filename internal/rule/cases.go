package rule

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"eyas/internal/pack"
	"eyas/internal/registry/cell"
	"eyas/internal/rule/col"
	"eyas/internal/tri"
)

// CaseResult is the result of one test of a pack.
type CaseResult struct {
	Case  *pack.Case
	OK    bool
	Wrong []string // differences from what the case expects; empty: the test passes
}

// RunCases runs the tests of the pack. Each case is a table of one subject for the same kernels as a register.
func (s *Set) RunCases() []CaseResult {
	results := make([]CaseResult, len(s.pack.Tests))
	for i, c := range s.pack.Tests {
		wrong, err := s.runCase(c)
		if err != nil {
			wrong = append(wrong, err.Error())
		}
		results[i] = CaseResult{Case: c, OK: len(wrong) == 0, Wrong: wrong}
	}
	return results
}

func (s *Set) runCase(c *pack.Case) ([]string, error) {
	rule, _, err := s.find(c.Rule, c.Date)
	if err != nil {
		return nil, err
	}
	t, err := caseTable(rule.reg, c.Given)
	if err != nil {
		return nil, err
	}
	opt := Options{Date: c.Date}
	outcomes, err := s.Screen(t, opt, c.Rule)
	if err != nil {
		return nil, err
	}
	o := outcomes[0]
	var wrong []string
	differs := func(what string, got, want any) {
		if got != want {
			wrong = append(wrong, fmt.Sprintf("%s is %v, the case says %v", what, got, want))
		}
	}
	if c.Verdict != "" {
		differs("the verdict", o.Verdict(0).String(), c.Verdict)
	}
	if c.Near != nil {
		differs("near", o.Near.Get(0), *c.Near)
	}
	if c.Pending != nil {
		differs("pending", o.Pending.Get(0), *c.Pending)
	}
	seen := map[string]bool{}
	for _, k := range o.Criteria {
		seen[k.Criterion.ID] = true
		want, ok := c.Criteria[k.Criterion.ID]
		if !ok {
			continue
		}
		v := tri.Unknown
		if k.True.Get(0) {
			v = tri.True
		} else if k.False.Get(0) {
			v = tri.False
		}
		differs("criterion "+k.Criterion.ID, v.String(), want)
	}
	for _, id := range slices.Sorted(maps.Keys(c.Criteria)) {
		if !seen[id] {
			wrong = append(wrong, fmt.Sprintf("rule %s has no criterion %q", c.Rule, id))
		}
	}
	if c.Score == nil && len(c.Items) == 0 {
		return wrong, nil
	}
	x, err := s.Explain(t, 0, c.Rule, opt)
	if err != nil {
		return wrong, err
	}
	if c.Score != nil {
		differs("the score", span(x.ScoreLow, x.ScoreHigh), span(c.Score[0], c.Score[1]))
	}
	for _, id := range slices.Sorted(maps.Keys(c.Items)) {
		i := slices.IndexFunc(x.Items, func(v ItemView) bool { return v.Item.ID == id })
		if i < 0 {
			wrong = append(wrong, fmt.Sprintf("the score has no item %q", id))
			continue
		}
		want := c.Items[id]
		differs("score item "+id, span(x.Items[i].Low, x.Items[i].High), span(want[0], want[1]))
	}
	return wrong, nil
}

func span(low, high float64) string { return fmt.Sprintf("%g–%g", low, high) }

// caseTable makes a table of one subject. Its values are read as cells of a file are.
func caseTable(reg *pack.Register, given map[string]string) (*col.Table, error) {
	t := &col.Table{Register: reg, N: 1, Subjects: []int64{1}, Codes: col.Strings{Off: []uint32{0, 0}}, Names: col.Strings{Off: []uint32{0, 0}},
		Nums: map[col.Key]*col.Num{}, Dates: map[col.Key]*col.Date{}, Bools: map[col.Key]*col.Bool{}, Dicts: map[col.Key]*col.Dict{}, Texts: map[col.Key]col.Bitmap{}}
	for name, text := range given {
		id, year, _ := strings.Cut(name, "@")
		a := reg.Attribute(id)
		if a == nil {
			return nil, fmt.Errorf("the register has no attribute %q", id)
		}
		k := col.Key{Attr: id}
		if a.Yearly {
			y, err := strconv.Atoi(year)
			if err != nil {
				return nil, fmt.Errorf("%s: write the year, as in %s@2020", name, id)
			}
			k.Year = y
		}
		if cell.Blank([]byte(text)) {
			continue
		}
		if bad := Put(t, a, k.Year, text); bad != nil {
			return nil, fmt.Errorf("%s: %q: %s", name, text, bad.EN)
		}
	}
	return t, nil
}

// Put puts a value into a table of one subject, in place of what is there. It is read as a cell of a file is; a blank one, or one that
// cannot be read, is not known. year is 0 for attributes that are not yearly.
func Put(t *col.Table, a *pack.Attribute, year int, text string) *cell.Bad {
	k := col.Key{Attr: a.ID, Year: year}
	delete(t.Nums, k)
	delete(t.Dates, k)
	delete(t.Bools, k)
	delete(t.Dicts, k)
	delete(t.Texts, k)
	if cell.Blank([]byte(text)) {
		return nil
	}
	return put(t, a, k, text)
}

func put(t *col.Table, a *pack.Attribute, k col.Key, text string) *cell.Bad {
	b, one := []byte(text), col.Bitmap{1}
	number := func(x float64, bad *cell.Bad) *cell.Bad {
		if bad == nil {
			t.Nums[k] = &col.Num{Val: []float64{x}, Valid: one}
		}
		return bad
	}
	switch a.Kind {
	case pack.Integer:
		n, bad := cell.Integer(b, cell.Unit{})
		return number(float64(n), bad)
	case pack.Decimal:
		return number(cell.Decimal(b, cell.Unit{}))
	case pack.Money:
		currency := "CNY"
		if a.Unit == "usd" {
			currency = "USD"
		}
		fen, bad := cell.Money(b, currency, cell.Unit{})
		return number(float64(fen), bad)
	case pack.Date:
		d, bad := cell.Date(b)
		if bad == nil {
			t.Dates[k] = &col.Date{Val: []int32{int32(d)}, Valid: one}
		}
		return bad
	case pack.Boolean:
		yes, bad := cell.Bool(b, strings.HasPrefix(a.Name.ZH, "无") || strings.HasPrefix(a.Name.ZH, "非"))
		c := &col.Bool{Val: col.Bitmap{0}, Valid: one}
		if yes {
			c.Val = one
		}
		if bad == nil {
			t.Bools[k] = c
		}
		return bad
	case pack.Code:
		t.Dicts[k] = &col.Dict{Val: []uint32{1}, Words: []string{"", text}}
	default:
		t.Texts[k] = one
	}
	return nil
}
