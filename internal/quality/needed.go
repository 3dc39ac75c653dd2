package quality

import (
	"eyas/internal/pack"
	"eyas/internal/quality/judge"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
)

// Needed returns the missing values that would decide a recognition: those that alone keep one criterion unknown while
// all other criteria are met. Manual findings are left out. The findings have no Value. A value that several
// recognitions need is returned once.
func Needed(set *rule.Set, t *col.Table, r *pack.QualityRule, opt rule.Options) ([]judge.Finding, error) {
	var list []judge.Finding
	seen := map[Key]bool{}
	district := t.Districts()
	for _, id := range r.Recognitions {
		if _, _, err := set.Law(id, opt.Date); err != nil { // no law in force on the day
			continue
		}
		outcomes, err := set.Screen(t, opt, id)
		if err != nil {
			return nil, err
		}
		o := outcomes[0]
		for row := range t.N {
			open := -1
			if !o.Unknown.Get(row) || o.Pending.Get(row) {
				continue
			}
			for i := range o.Criteria {
				if c := &o.Criteria[i]; !c.True.Get(row) {
					if open >= 0 {
						open = len(o.Criteria) // more than one
						break
					}
					open = i
				}
			}
			if open < 0 || open == len(o.Criteria) {
				continue
			}
			e, err := set.Explain(t, row, id, opt)
			if err != nil {
				return nil, err
			}
			missing := e.Criteria[open].Missing
			if len(missing) != 1 || missing[0].Attr.Manual {
				continue
			}
			m := missing[0]
			k := Key{t.Subjects[row], r.ID, m.Attr.ID, m.Year}
			if seen[k] {
				continue
			}
			seen[k] = true
			f := judge.Finding{Subject: t.Subjects[row], Code: string(t.Codes.At(row)), Name: string(t.Names.At(row)), Rule: r, Attr: m.Attr, Year: m.Year,
				Because: pack.Text{ZH: o.Rule.Name.ZH + "：" + o.Criteria[open].Criterion.Name.ZH, EN: o.Rule.Name.EN + ": " + o.Criteria[open].Criterion.Name.EN}}
			if district != nil {
				f.District = district.Words[district.Val[row]]
			}
			list = append(list, f)
		}
	}
	return list, nil
}
