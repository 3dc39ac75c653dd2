package list

import (
	"math"
	"slices"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/cell"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
)

// Filter returns the rows that fit all parts of f. outcomes are the verdicts for the index's table; they may be nil if
// f does not use them. It returns fault.Invalid if f names something that does not exist.
func (x *Index) Filter(f Filter, outcomes []*rule.Outcome) (col.Bitmap, error) {
	rows := col.All(x.table.N)
	if f.Rows != nil {
		if len(f.Rows) != len(rows) {
			return nil, unknown("行集合", "set of rows", "", "它属于另一个时刻的登记库", "it was made from another state of the register")
		}
		rows.And(f.Rows)
	}
	if err := x.places(rows, f); err != nil {
		return nil, err
	}
	if f.Industry != "" {
		blank := slices.Contains(f.Missing, col.Key{Attr: x.industry})
		x.words(rows, col.Key{Attr: x.industry}, func(w string) bool { return w != "" && x.industryIs(w, f.Industry) || w == "" && blank })
	}
	if err := verdicts(rows, f, outcomes); err != nil {
		return nil, err
	}
	if err := x.values(rows, f); err != nil {
		return nil, err
	}
	if s := strings.TrimSpace(f.Text); s != "" {
		rows.And(x.text(s))
	}
	return rows, nil
}

// values keeps the rows with the values of the filter, and blank rows where the filter asks for blanks.
func (x *Index) values(rows col.Bitmap, f Filter) error {
	if len(f.Missing)+len(f.Codes)+len(f.Contains)+len(f.Yes)+len(f.Between) == 0 {
		return nil
	}
	blank := map[col.Key]bool{}
	for _, k := range f.Missing {
		if x.table.Register.Attribute(k.Attr) == nil {
			return notChosen(k)
		}
		blank[k] = true
	}
	done := map[col.Key]bool{ // parts that handle blanks themselves
		{Attr: x.district}: len(f.Districts)+len(f.Groups) > 0,
		{Attr: x.industry}: f.Industry != "",
	}
	attribute := func(k col.Key, fits func(a *pack.Attribute) bool) (*pack.Attribute, error) {
		a := x.table.Register.Attribute(k.Attr)
		if a == nil || a.Yearly != (k.Year != 0) || !fits(a) {
			return nil, notChosen(k)
		}
		done[k] = true
		return a, nil
	}
	for k, codes := range f.Codes {
		a, err := attribute(k, func(a *pack.Attribute) bool { return a.Kind == pack.Code })
		if err != nil {
			return err
		}
		below := x.below(a, codes)
		x.words(rows, k, func(w string) bool { return below[w] || w == "" && blank[k] })
	}
	for k, part := range f.Contains {
		a, err := attribute(k, func(a *pack.Attribute) bool {
			return !a.Personal && (a.Kind == pack.Code || (a.Kind == pack.String || a.Kind == pack.List) && x.table.Wordy)
		})
		if err != nil {
			return err
		}
		names, part := x.codeNames(a), cell.NameKey(part)
		x.words(rows, k, func(w string) bool {
			if w == "" {
				return blank[k]
			}
			return strings.Contains(cell.NameKey(w), part) || strings.Contains(names[w], part)
		})
	}
	for k, answers := range f.Yes {
		if _, err := attribute(k, func(a *pack.Attribute) bool { return a.Kind == pack.Boolean }); err != nil {
			return err
		}
		x.answers(rows, k, answers, blank[k])
	}
	for k, bounds := range f.Between {
		if _, err := attribute(k, func(a *pack.Attribute) bool { return a.Kind.Numeric() || a.Kind == pack.Date }); err != nil {
			return err
		}
		x.between(rows, k, bounds, blank[k])
	}
	for k := range blank {
		if !done[k] {
			rows.AndNot(x.table.Present(k))
		}
	}
	return nil
}

func notChosen(k col.Key) error {
	return unknown("数据项", "attribute", k.Attr, "请从列表中选择", "choose one from the list")
}

// answers keeps the rows with one of the yes/no values, and with blank also the blank rows.
func (x *Index) answers(rows col.Bitmap, k col.Key, answers []bool, blank bool) {
	b := x.table.Bools[k]
	if b == nil {
		if !blank {
			clear(rows)
		}
		return
	}
	yes, no := slices.Contains(answers, true), slices.Contains(answers, false)
	for i := range rows {
		var fits uint64
		if yes {
			fits |= b.Valid[i] & b.Val[i]
		}
		if no {
			fits |= b.Valid[i] &^ b.Val[i]
		}
		if blank {
			fits |= ^b.Valid[i]
		}
		rows[i] &= fits
	}
}

// between keeps the rows whose number or date lies between bounds, and with blank also the blank rows.
func (x *Index) between(rows col.Bitmap, k col.Key, bounds Bounds, blank bool) {
	low, high := math.Inf(-1), math.Inf(1)
	if bounds.From != nil {
		low = *bounds.From
	}
	if bounds.To != nil {
		high = *bounds.To
	}
	switch n, d := x.table.Nums[k], x.table.Dates[k]; {
	case n != nil:
		keepBetween(rows, n.Val, n.Valid, low, high, blank)
	case d != nil:
		keepBetween(rows, d.Val, d.Valid, low, high, blank)
	case !blank:
		clear(rows)
	}
}

// keepBetween tests only the rows that are still in the set.
func keepBetween[T float64 | int32 | int16](rows col.Bitmap, values []T, valid col.Bitmap, low, high float64, blank bool) {
	for i, w := range rows {
		if w == 0 {
			continue
		}
		var fits uint64
		for bit, v := range values[i*64 : min(i*64+64, len(values))] {
			if float64(v) >= low && float64(v) <= high {
				fits |= 1 << bit
			}
		}
		if fits &= valid[i]; blank {
			fits |= ^valid[i]
		}
		rows[i] = w & fits
	}
}

// codeNames returns the names of an attribute's codes in both languages, folded for comparison.
func (x *Index) codeNames(a *pack.Attribute) map[string]string {
	names := map[string]string{}
	for code, name := range x.pack.CodeNames(a) {
		names[code] = cell.NameKey(name.ZH) + "\n" + cell.NameKey(name.EN)
	}
	return names
}

// below returns the codes and all codes under them in the attribute's list.
func (x *Index) below(a *pack.Attribute, codes []string) map[string]bool {
	set := map[string]bool{}
	for _, code := range codes {
		set[code] = true
	}
	if l := x.pack.CodeList(a.Codes); l != nil {
		for _, item := range l.Items { // parents come before their children
			if set[item.Parent] {
				set[item.Code] = true
			}
		}
	}
	if a.OfOrgs() {
		for _, code := range codes {
			for _, o := range x.pack.Orgs {
				if x.within(o.ID, code) {
					set[o.ID] = true
				}
			}
		}
	}
	return set
}

// places keeps the rows in the districts and org groups of the filter.
func (x *Index) places(rows col.Bitmap, f Filter) error {
	inCity := func(w string) bool { _, ok := x.districts[w]; return ok }
	if len(f.Districts)+len(f.Groups) > 0 {
		for _, d := range f.Districts {
			if _, ok := x.parent[d]; !ok && d != pack.Elsewhere {
				return unknown("区", "district", d, "请从列表中选择", "choose one from the list")
			}
		}
		var members []string
		for _, id := range f.Groups {
			g := x.pack.Group(id)
			if g == nil {
				return unknown("板块", "group of districts", id, "请从列表中选择", "choose one from the list")
			}
			members = append(members, g.Members...)
		}
		blank := slices.Contains(f.Missing, col.Key{Attr: x.district})
		x.words(rows, col.Key{Attr: x.district}, func(w string) bool {
			if w == "" && blank {
				return true
			}
			for _, d := range f.Districts {
				if d == pack.Elsewhere && !inCity(w) || d != pack.Elsewhere && x.within(w, d) {
					return true
				}
			}
			return slices.Contains(members, w)
		})
	}
	return nil
}

// words keeps the rows whose code passes a test. Blank is "".
func (x *Index) words(rows col.Bitmap, k col.Key, test func(word string) bool) {
	d := x.table.Dicts[k]
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
		if w != 0 {
			rows[i] = w & passing(pass, d.Val[i*64:min(i*64+64, len(d.Val))])
		}
	}
}

// passing tests a block of at most 64 values and returns one bit per value. It works on four values at a time, so that
// the processor loads one while it shifts another.
func passing(pass []uint64, block []uint32) (met uint64) {
	at := 0
	for ; len(block) >= 4; block = block[4:] {
		four := pass[block[0]] | pass[block[1]]<<1 | pass[block[2]]<<2 | pass[block[3]]<<3
		met |= four << at
		at += 4
	}
	for _, v := range block {
		met |= pass[v] << at
		at++
	}
	return met
}

// verdicts keeps the rows whose verdicts, criteria and scores fit the filter.
func verdicts(rows col.Bitmap, f Filter, outcomes []*rule.Outcome) error {
	find := func(id string) (*rule.Outcome, error) {
		for _, o := range outcomes {
			if o.Rule.ID == id {
				if len(o.Met) != len(rows) {
					return nil, unknown("判定", "verdict", id, "它属于另一个时刻的登记库", "it was made from another state of the register")
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
	for id, states := range f.Verdicts {
		o, err := find(id)
		if err != nil {
			return err
		}
		var sets []col.Bitmap
		for _, v := range states {
			set, err := RowsIn(o, v)
			if err != nil {
				return err
			}
			sets = append(sets, set)
		}
		anyOf(rows, sets)
	}
	for id, names := range f.Only {
		var sets []col.Bitmap
		for _, name := range names {
			c, err := criterion(id, name)
			if err != nil {
				return err
			}
			sets = append(sets, c.Only)
		}
		anyOf(rows, sets)
	}
	for id, bounds := range f.Scores {
		o, err := find(id)
		if err != nil {
			return err
		}
		if o.ScoreLow == nil {
			return unknown("得分", "score", id, "这项资格不打分", "this recognition has no score")
		}
		all := col.All(len(o.ScoreLow))
		if bounds.From != nil {
			keepBetween(rows, o.ScoreLow, all, *bounds.From, math.Inf(1), false)
		}
		if bounds.To != nil {
			keepBetween(rows, o.ScoreHigh, all, math.Inf(-1), *bounds.To, false)
		}
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

// anyOf keeps the rows that are in at least one of the sets.
func anyOf(rows col.Bitmap, sets []col.Bitmap) {
	if len(sets) == 1 {
		rows.And(sets[0])
		return
	}
	for i := range rows {
		var in uint64
		for _, s := range sets {
			in |= s[i]
		}
		rows[i] &= in
	}
}

// RowsIn returns the rows of an outcome that are in a state. Near rows are also unmet, and pending rows are also
// unknown. The bitmap belongs to the outcome and must not be changed. An unknown state is fault.Invalid.
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
