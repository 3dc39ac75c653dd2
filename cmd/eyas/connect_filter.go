package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
	"eyas/internal/rule/list"
)

// filtered gives the rows of a register that fit all conditions and began before a day.
func (a *app) filtered(p *pack.Pack, t *col.Table, day time.Time, conditions []string) (col.Bitmap, error) {
	f := list.Filter{Verdicts: map[string][]list.Verdict{}, Codes: map[col.Key][]string{}, Contains: map[col.Key]string{}, Yes: map[col.Key][]bool{}, Between: map[col.Key]list.Bounds{}}
	f.Rows = t.Begun(fact.DayOf(day))
	for _, text := range conditions {
		if err := a.condition(p, t.Register, day, text, &f); err != nil {
			return nil, err
		}
	}
	var outcomes []*rule.Outcome
	if len(f.Verdicts) > 0 {
		set, err := a.rules()
		if err != nil {
			return nil, err
		}
		for id := range f.Verdicts {
			o, err := set.Screen(t, rule.Options{Date: day}, id)
			if err != nil {
				return nil, err
			}
			outcomes = append(outcomes, o...)
		}
	}
	return list.NewIndex(t, p, nil).Filter(f, outcomes)
}

// condition reads one condition: tsme=met, district=东丽区, staff>=10, sales@2020<=2000万元, registered_on>=2016-01-01, missing=phone,
// text=部分名称.
func (a *app) condition(p *pack.Pack, reg *pack.Register, day time.Time, text string, f *list.Filter) error {
	bad := func(zh, en string) error {
		return fault.New(fault.Invalid, fmt.Sprintf("--filter %q 读不懂：%s", text, zh), fmt.Sprintf("--filter %q cannot be read: %s", text, en))
	}
	name, sign, value := splitCondition(text)
	if sign == "" || name == "" || value == "" {
		return bad("写成 district=东丽区、tsme=met、staff>=10、missing=phone 或 text=部分名称。", "write district=东丽区, tsme=met, staff>=10, missing=phone or text=PART")
	}
	key := func(id string) (k col.Key, at *pack.Attribute, err error) {
		id, year, dated := strings.Cut(id, "@")
		if at = reg.Attribute(id); at == nil {
			return k, nil, bad("没有数据项 "+id+"。", "there is no attribute "+id)
		}
		k.Attr = id
		if at.Yearly {
			k.Year = day.Year() - 1
		}
		if dated {
			y, err := strconv.Atoi(year)
			if err != nil || !at.Yearly {
				return k, nil, bad("年份写成 sales@2020，只用于年度数据。", "a year is written sales@2020, of yearly attributes only")
			}
			k.Year = y
		}
		return k, at, nil
	}
	switch {
	case name == "text" && sign == "=":
		f.Text = value
		return nil
	case name == "missing" && sign == "=":
		k, _, err := key(value)
		f.Missing = append(f.Missing, k)
		return err
	case slices.ContainsFunc(p.Rules, func(r *pack.Rule) bool { return r.ID == name && r.Register == reg.ID }):
		v := list.Verdict(value)
		if sign != "=" || !slices.Contains([]list.Verdict{list.Met, list.Near, list.Unknown, list.Pending, list.Unmet}, v) {
			return bad("结论是 met、near、unknown、pending 或 unmet。", "a verdict is met, near, unknown, pending or unmet")
		}
		f.Verdicts[name] = append(f.Verdicts[name], v)
		return nil
	}
	k, at, err := key(name)
	if err != nil {
		return err
	}
	if at.Kind.Numeric() || at.Kind == pack.Date {
		v, err := bound(at, value)
		if err != nil {
			return bad("值要是数、金额（如 2000万元）或日期（如 2021-03-31）。", "the value is a number, an amount such as 2000万元, or a day such as 2021-03-31")
		}
		b := f.Between[k]
		if sign != "<=" {
			b.From = &v
		}
		if sign != ">=" {
			b.To = &v
		}
		f.Between[k] = b
		return nil
	}
	if sign != "=" {
		return bad(at.Name.ZH+"只能用 =。", at.Name.EN+" takes = only")
	}
	switch {
	case at.Kind == pack.Boolean:
		yes := value == "yes" || value == "是" || value == "true"
		if !yes && value != "no" && value != "否" && value != "false" {
			return bad("写 yes 或 no。", "write yes or no")
		}
		f.Yes[k] = append(f.Yes[k], yes)
	case at.Codes == pack.DistrictCodes:
		code := codeNamed(p, at, value)
		if code == "" {
			return bad("没有这个区。", "there is no such district")
		}
		f.Districts = append(f.Districts, code)
	case at.Codes != "":
		code := codeNamed(p, at, value)
		if code == "" {
			return bad("代码表里没有这个值。", "the code list has no such value")
		}
		f.Codes[k] = append(f.Codes[k], code)
	case at.Personal:
		return bad("不能按个人信息筛选。", "personal data are no filter")
	default:
		f.Contains[k] = value
	}
	return nil
}

func splitCondition(text string) (name, sign, value string) {
	for _, s := range []string{">=", "<=", "="} {
		if n, v, ok := strings.Cut(text, s); ok {
			return strings.TrimSpace(n), s, strings.TrimSpace(v)
		}
	}
	return "", "", ""
}

// bound reads a number, an amount or a day as columns hold it.
func bound(at *pack.Attribute, text string) (float64, error) {
	if at.Kind == pack.Date {
		t, err := time.Parse(time.DateOnly, text)
		return float64(fact.DayOf(t)), err
	}
	v, err := figure.Parse(text)
	if err == nil && at.Kind == pack.Money && v.Unit == "" {
		v, err = figure.Parse(text + "元")
	}
	return v.Value, err
}

// codeNamed finds a code by itself or by one of its names.
func codeNamed(p *pack.Pack, at *pack.Attribute, value string) string {
	if at.OfOrgs() {
		for _, o := range p.Orgs {
			if slices.Contains(append([]string{o.ID, o.Name.ZH, o.Short.ZH, o.Name.EN}, o.Aliases...), value) {
				return o.ID
			}
		}
		return ""
	}
	for code, name := range p.CodeNames(at) {
		if code == value || name.ZH == value || name.EN == value {
			return code
		}
	}
	return ""
}
