package list

import (
	"slices"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/cell"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
)

// Filter gives the rows for which all given parts of a filter hold. Outcomes are the verdicts over the index's
// table; they may be nil when the filter asks for none. A part that names something unknown is a fault.
func (x *Index) Filter(f Filter, outcomes []*rule.Outcome) (col.Bitmap, error) {
	rows := col.All(x.table.N)
	if f.Rows != nil {
		if len(f.Rows) != len(rows) {
			return nil, unknown("行集合", "set of rows", "", "它属于另一个时刻的登记库", "it belongs to another moment of the register")
		}
		rows.And(f.Rows)
	}
	if err := x.places(rows, f); err != nil {
		return nil, err
	}
	if f.Industry != "" {
		x.words(rows, x.industry, func(w string) bool { return w != "" && x.industryIs(w, f.Industry) })
	}
	if err := verdicts(rows, f, outcomes); err != nil {
		return nil, err
	}
	if err := x.values(rows, f); err != nil {
		return nil, err
	}
	for _, k := range f.Missing {
		if x.table.Register.Attribute(k.Attr) == nil {
			return nil, unknown("数据项", "attribute", k.Attr, "请从列表中选择", "choose one from the list")
		}
		rows.AndNot(x.table.Present(k))
	}
	if s := strings.TrimSpace(f.Text); s != "" {
		rows.And(x.text(s))
	}
	return rows, nil
}

// values keeps the rows with the filter's codes and answers.
func (x *Index) values(rows col.Bitmap, f Filter) error {
	for id, code := range f.Codes {
		a := x.table.Register.Attribute(id)
		if a == nil || a.Kind != pack.Code {
			return unknown("数据项", "attribute", id, "请从列表中选择", "choose one from the list")
		}
		below := x.below(a, code)
		x.words(rows, id, func(w string) bool { return below[w] })
	}
	for id, part := range f.Contains {
		a := x.table.Register.Attribute(id)
		if a == nil || a.Personal || a.Yearly || a.Kind != pack.Code && (a.Kind != pack.String && a.Kind != pack.List || !x.table.Wordy) {
			return unknown("数据项", "attribute", id, "请从列表中选择", "choose one from the list")
		}
		names, part := x.codeNames(a), cell.NameKey(part)
		x.words(rows, id, func(w string) bool {
			return w != "" && (strings.Contains(cell.NameKey(w), part) || strings.Contains(names[w], part))
		})
	}
	for id, yes := range f.Yes {
		a := x.table.Register.Attribute(id)
		if a == nil || a.Kind != pack.Boolean || a.Yearly {
			return unknown("数据项", "attribute", id, "请从列表中选择", "choose one from the list")
		}
		b := x.table.Bools[col.Key{Attr: id}]
		if b == nil {
			clear(rows)
			continue
		}
		rows.And(b.Valid)
		if yes {
			rows.And(b.Val)
		} else {
			rows.AndNot(b.Val)
		}
	}
	return nil
}

// codeNames gives the names of an attribute's codes in both languages, as they are compared.
func (x *Index) codeNames(a *pack.Attribute) map[string]string {
	names := map[string]string{}
	add := func(code string, name pack.Text) { names[code] = cell.NameKey(name.ZH) + "\n" + cell.NameKey(name.EN) }
	switch a.Codes {
	case "":
	case "org", "zone":
		for _, o := range x.pack.Orgs {
			add(o.ID, o.Name)
		}
	default:
		for _, l := range x.pack.Codes {
			if l.ID == a.Codes {
				for _, item := range l.Items {
					add(item.Code, item.Name)
				}
			}
		}
	}
	return names
}

// below gives a code and those under it in the attribute's list.
func (x *Index) below(a *pack.Attribute, code string) map[string]bool {
	set := map[string]bool{code: true}
	for _, l := range x.pack.Codes {
		if l.ID != a.Codes {
			continue
		}
		for _, item := range l.Items { // parents come before what is below them
			if set[item.Parent] {
				set[item.Code] = true
			}
		}
	}
	if a.Codes == "org" || a.Codes == "zone" {
		for _, o := range x.pack.Orgs {
			if x.within(o.ID, code) {
				set[o.ID] = true
			}
		}
	}
	return set
}

// places keeps the rows in the filter's districts, group and zone.
func (x *Index) places(rows col.Bitmap, f Filter) error {
	inCity := func(w string) bool { _, ok := x.districts[w]; return ok }
	if len(f.Districts) > 0 {
		for _, d := range f.Districts {
			if _, ok := x.parent[d]; !ok && d != pack.Elsewhere {
				return unknown("区", "district", d, "请从列表中选择", "choose one from the list")
			}
		}
		x.words(rows, x.district, func(w string) bool {
			for _, d := range f.Districts {
				if d == pack.Elsewhere && !inCity(w) || d != pack.Elsewhere && x.within(w, d) {
					return true
				}
			}
			return false
		})
	}
	if f.Group != "" {
		i := slices.IndexFunc(x.pack.Groups, func(g pack.Group) bool { return g.ID == f.Group })
		if i < 0 {
			return unknown("板块", "group of districts", f.Group, "请从列表中选择", "choose one from the list")
		}
		x.words(rows, x.district, func(w string) bool { return slices.Contains(x.pack.Groups[i].Members, w) })
	}
	if f.Zone != "" {
		if _, ok := x.parent[f.Zone]; !ok {
			return unknown("功能区", "zone", f.Zone, "请从列表中选择", "choose one from the list")
		}
		x.words(rows, x.zone, func(w string) bool { return x.within(w, f.Zone) })
	}
	return nil
}

// words keeps the rows whose code passes a test. Blank is "".
func (x *Index) words(rows col.Bitmap, attr string, test func(word string) bool) {
	d := x.table.Dicts[col.Key{Attr: attr}]
	if d == nil {
		if !test("") {
			clear(rows)
		}
		return
	}
	pass := make([]uint64, len(d.Words))
	for i, w := range d.Words {
		if test(w) {
			pass[i] = 1
		}
	}
	for i, w := range rows {
		if w == 0 {
			continue
		}
		var met uint64
		for bit, v := range d.Val[i*64 : min(i*64+64, len(d.Val))] {
			met |= pass[v] << bit
		}
		rows[i] = w & met
	}
}

// verdicts keeps the rows that stand as the filter wants.
func verdicts(rows col.Bitmap, f Filter, outcomes []*rule.Outcome) error {
	find := func(id string) (*rule.Outcome, error) {
		for _, o := range outcomes {
			if o.Rule.ID == id {
				if len(o.Met) != len(rows) {
					return nil, unknown("判定", "verdict", id, "它属于另一个时刻的登记库", "it belongs to another moment of the register")
				}
				return o, nil
			}
		}
		return nil, unknown("资格", "recognition", id, "没有这项资格，或它在这一天没有生效的办法", "there is none, or none is in force on the day")
	}
	criterion := func(id, name string) (*rule.CriterionOutcome, error) {
		o, err := find(id)
		if err != nil {
			return nil, err
		}
		for i := range o.Criteria {
			if o.Criteria[i].Criterion.ID == name {
				return &o.Criteria[i], nil
			}
		}
		return nil, unknown("条件", "criterion", id+"/"+name, "请从列表中选择", "choose one from the list")
	}
	for id, v := range f.Verdicts {
		o, err := find(id)
		if err != nil {
			return err
		}
		state, err := RowsIn(o, v)
		if err != nil {
			return err
		}
		rows.And(state)
	}
	for id, name := range f.Only {
		c, err := criterion(id, name)
		if err != nil {
			return err
		}
		rows.And(c.Only)
	}
	for name, v := range f.Criterion {
		id, crit, _ := strings.Cut(name, "/")
		c, err := criterion(id, crit)
		if err != nil {
			return err
		}
		switch Verdict(v) {
		case Met:
			rows.And(c.True)
		case Unmet:
			rows.And(c.False)
		case Unknown:
			rows.AndNot(c.True)
			rows.AndNot(c.False)
		default:
			return unknown("状态", "state", v, "可用 met、unmet、unknown", "use met, unmet or unknown")
		}
	}
	return nil
}

// RowsIn gives the rows of an outcome in a state of the funnel: near ones are among the unmet, and pending ones
// among the unknown. The bitmap is the outcome's own.
func RowsIn(o *rule.Outcome, v Verdict) (col.Bitmap, error) {
	switch v {
	case Met:
		return o.Met, nil
	case Near:
		return o.Near, nil
	case Unknown:
		return o.Unknown, nil
	case Pending:
		return o.Pending, nil
	case Unmet:
		return o.Unmet, nil
	}
	return nil, unknown("状态", "state", string(v), "可用 met、near、unknown、pending、unmet", "use met, near, unknown, pending or unmet")
}

func unknown(zh, en, value, mendZH, mendEN string) error {
	return fault.New(fault.Invalid, "筛选条件中的"+zh+"“"+value+"”无效："+mendZH+"。", "The "+en+" “"+value+"” in the filter is not valid: "+mendEN+".")
}
