package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"eyas/internal/answer"
	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
)

// caseExpiringCmd lists certificates that end soon.
type caseExpiringCmd struct {
	plainly
	Within      string `name:"within" default:"12m" placeholder:"12m" help:"多久以内到期：12m 是十二个月，90d 是九十天 | how soon they end: 12m is twelve months, 90d ninety days"`
	Certificate string `name:"certificate" placeholder:"ID" help:"只要这种证书；默认是各事项发的全部 | this certificate only; by default all that matters issue"`
	Date        string `name:"date" placeholder:"YYYY-MM-DD" help:"从哪一天算起，默认今天 | from this day, today by default"`
	Limit       int    `name:"limit" default:"200" placeholder:"N" help:"最多列几个，至多 5000；先到期的在前，总数照算 | list so many at the most, up to 5000, those that end first before the rest; all are counted"`
}

func (caseExpiringCmd) detail() pack.Text {
	return pack.Text{
		ZH: "不论证书是这里发的还是从名单导入的。每一个都说：按今天的数据还符不符合（规则的结论）、哪一项不符合、哪一项缺数据、最近的办件。走访没有记录在库里，不说。",
		EN: "Whether issued here or imported from a list. Each says whether the holder still qualifies by today's data (the verdict of the rule), what is unmet, what lacks data, and the latest case. Visits are not kept in the base and not told.",
	}
}

func (caseExpiringCmd) examples() []string {
	return []string{"eyas case expiring --within 12m --json", "eyas case expiring --within 90d --certificate hnte"}
}

func (c caseExpiringCmd) Run(a *app) error {
	day, err := a.date(c.Date)
	if err != nil {
		return err
	}
	n, unit := 0, ""
	if len(c.Within) > 1 {
		n, _ = strconv.Atoi(c.Within[:len(c.Within)-1])
		unit = c.Within[len(c.Within)-1:]
	}
	last := map[string]time.Time{"m": pack.Period{Months: n}.After(day), "d": day.AddDate(0, 0, n)}[unit]
	if n < 1 || n > 3650 || last.IsZero() {
		return fault.New(fault.Invalid, fmt.Sprintf("--within 的写法是 12m 或 90d，给出的是 %q。", c.Within), fmt.Sprintf("--within is written 12m or 90d, not %q", c.Within))
	}
	if c.Limit < 1 || c.Limit > 5000 {
		return fault.New(fault.Invalid, "--limit 是 1 到 5000。", "--limit is 1 to 5000")
	}
	p, err := a.pack()
	if err != nil {
		return err
	}
	d, _, err := a.desk()
	if err != nil {
		return err
	}
	said := answer.Expiring{Date: day.Format(time.DateOnly), Until: last.Format(time.DateOnly), Counts: map[string]answer.ExpiringCount{}, Certificates: []answer.Expiry{}}
	done := map[string]bool{}
	for _, m := range p.Matters {
		cert := m.View.Certificate(m.Issues)
		if m.Issues == "" || cert == nil || cert.From == "" || done[m.Register+" "+m.Issues] || c.Certificate != "" && c.Certificate != m.Issues {
			continue
		}
		done[m.Register+" "+m.Issues] = true
		if err := a.expiring(p, m, cert, day, last, &said); err != nil {
			return err
		}
	}
	if len(done) == 0 {
		return fault.New(fault.Invalid, fmt.Sprintf("没有事项发 %q 这种证书。", c.Certificate), fmt.Sprintf("no matter issues a certificate %q", c.Certificate))
	}
	slices.SortStableFunc(said.Certificates, func(x, y answer.Expiry) int { return strings.Compare(x.Until, y.Until) })
	said.Total = len(said.Certificates)
	said.Certificates = said.Certificates[:min(c.Limit, said.Total)]
	for i := range said.Certificates {
		x := &said.Certificates[i]
		list, err := d.Latest(a.ctx, x.Subject)
		if err != nil {
			return err
		}
		if list != nil {
			x.LastCase, x.LastMatter = list.ID, list.Matter
		}
	}
	if a.json {
		return a.object(said)
	}
	for _, kind := range slices.Sorted(slices.Values(keysOf(said.Counts))) {
		n := said.Counts[kind]
		fmt.Fprintf(a.out, a.say("%s：%s 到 %s 到期 %s，其中仍符合 %s、不符合 %s、缺数据 %s\n", "%s: %[4]s end from %[2]s to %[3]s; still met %[5]s, unmet %[6]s, unknown %[7]s\n"),
			kind, said.Date, said.Until, figure.Grouped(n.Total), figure.Grouped(n.Met), figure.Grouped(n.Unmet), figure.Grouped(n.Unknown))
	}
	var t grid
	for _, x := range said.Certificates {
		t.row(x.Until, x.Certificate, x.Code, x.Name, x.Verdict, strings.Join(append(slices.Clone(x.Unmet), x.Missing...), " "))
	}
	t.flush(a.out)
	return nil
}

func keysOf[V any](m map[string]V) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	return keys
}

// expiring adds the certificates of a kind that end in a period, from the columns of the register in memory.
func (a *app) expiring(p *pack.Pack, m *pack.MatterType, cert *pack.Certificate, day, last time.Time, said *answer.Expiring) error {
	t, err := a.columns(m.Register)
	if err != nil {
		return err
	}
	var o *rule.Outcome
	if m.Rule != "" {
		set, err := a.rules()
		if err != nil {
			return err
		}
		outcomes, err := set.Screen(t, rule.Options{Date: day}, m.Rule)
		if err != nil {
			return err
		}
		o = outcomes[0]
	}
	from, until := t.Dates[col.Key{Attr: cert.From}], t.Dates[col.Key{Attr: cert.Until}]
	first, end := fact.DayOf(day), fact.DayOf(last)
	n := said.Counts[m.Issues]
	for row := range t.N {
		var ends int32
		switch {
		case until != nil && until.Valid.Get(row):
			ends = until.Val[row]
		case from != nil && from.Valid.Get(row):
			if x, ok := cert.Last(fact.TimeOf(from.Val[row])); ok {
				ends = fact.DayOf(x)
			}
		}
		if ends < first || ends > end {
			continue
		}
		x := answer.Expiry{Certificate: m.Issues, Subject: t.Subjects[row], Code: string(t.Codes.At(row)), Name: string(t.Names.At(row)), Until: fact.TimeOf(ends).Format(time.DateOnly), Unmet: []string{}, Missing: []string{}}
		n.Total++
		if o != nil {
			x.Verdict = o.Verdict(row).String()
			switch {
			case o.Met.Get(row):
				n.Met++
			case o.Unmet.Get(row):
				n.Unmet++
			default:
				n.Unknown++
			}
			for _, k := range o.Criteria {
				switch {
				case k.False.Get(row):
					x.Unmet = append(x.Unmet, k.Criterion.ID)
				case !k.True.Get(row):
					x.Missing = append(x.Missing, k.Criterion.ID)
				}
			}
		}
		said.Certificates = append(said.Certificates, x)
	}
	said.Counts[m.Issues] = n
	return nil
}
