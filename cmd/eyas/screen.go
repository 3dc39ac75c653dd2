package main

import (
	"fmt"
	"os"
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
	"eyas/internal/sheet"
	"eyas/internal/tri"
)

// scope holds the flags that a screening, an explanation and a what-if share: the rule, the day and the assumption.
type scope struct {
	Rule   string   `name:"rule" required:"" placeholder:"ID" help:"资格的规则 id，见 eyas rule list | id of the recognition's rule, see eyas rule list"`
	Date   string   `name:"date" placeholder:"YYYY-MM-DD" help:"筛查日期，默认今天；基准年是它的上一年 | day of the screening, today by default; the base year is the year before"`
	Known  string   `name:"known-on" placeholder:"YYYY-MM-DD" help:"只用到这一天为止已知的数据；默认用现在所知 | use only what was known at the end of this day (transaction time); everything known now by default"`
	Assume []string `name:"assume" placeholder:"ATTR" help:"假定这些是否项的空白为“否”；结果会标明 | assume \"no\" for blanks of these yes/no attributes; results say so"`
}

// options turns the flags into a rule's options and checks them.
func (s scope) options(a *app) (rule.Options, error) {
	var opt rule.Options
	d, err := a.date(s.Date)
	if err != nil {
		return opt, err
	}
	p, err := a.pack()
	if err != nil {
		return opt, err
	}
	if err := knownRule(p, s.Rule); err != nil {
		return opt, err
	}
	opt.Date = d
	about := slices.IndexFunc(p.Rules, func(r *pack.Rule) bool { return r.ID == s.Rule })
	reg := p.Register(p.Rules[about].Register)
	for _, id := range s.Assume {
		at := reg.Attribute(strings.TrimSpace(id))
		if at == nil || at.Kind != pack.Boolean || at.Manual {
			ids := declarable(reg)
			return opt, fault.New(fault.Invalid,
				fmt.Sprintf("--assume 只接受非人工认定的是否项，%s 不是。可用的有：%s。", id, strings.Join(ids, "、")),
				fmt.Sprintf("--assume takes yes/no attributes that are not manual findings, which %s is not; there are %s", id, strings.Join(ids, ", ")))
		}
		opt.Assume = append(opt.Assume, at.ID)
	}
	return opt, nil
}

// moment returns the moment of a screening: valid time is its day, transaction time the day of --known-on.
func (s scope) moment(a *app, opt rule.Options) (fact.Moment, error) {
	return a.moment(opt.Date, s.Known)
}

// moment parses the transaction time; held is the valid time.
func (a *app) moment(held time.Time, known string) (fact.Moment, error) {
	m := fact.Moment{HeldOn: held}
	if known == "" {
		return m, nil
	}
	d, err := time.Parse(time.DateOnly, known)
	if err != nil {
		return m, fault.New(fault.Invalid, fmt.Sprintf("--known-on 的写法是 2020-11-30，给出的是 %q。", known), fmt.Sprintf("--known-on is written 2020-11-30, not %q", known))
	}
	m.KnownOn = d
	return m, nil
}

// knownRule returns a fault that lists the rules of the pack when it has none with an id.
func knownRule(p *pack.Pack, id string) error {
	var ids []string
	for _, r := range p.Rules {
		if r.ID == id {
			return nil
		}
		if len(ids) == 0 || ids[len(ids)-1] != r.ID {
			ids = append(ids, r.ID)
		}
	}
	return fault.New(fault.Invalid,
		fmt.Sprintf("没有名为 %s 的规则；可用的有：%s。", id, strings.Join(ids, "、")),
		fmt.Sprintf("there is no rule %q; there are %s", id, strings.Join(ids, ", ")))
}

// screenCmd screens the whole base for one recognition.
type screenCmd struct {
	plainly
	scope
	Out string `name:"out" type:"path" placeholder:"FILE.csv" help:"把每家企业的结论写到这个 CSV（UTF-8） | write every enterprise's verdict to this CSV (UTF-8)"`
}

func (screenCmd) detail() pack.Text {
	return pack.Text{
		ZH: "缺数据的条件是“待补数据”，从不算作不符合；“差一项”计在不符合里，“待人工核查”计在待补数据里。\n" +
			"该日尚未成立的企业不计。--out 每家企业一行：uscc,name,verdict,score_low,score_high，再加每项条件一列（met、unmet、unknown）。",
		EN: "A criterion that lacks data is unknown and never counted as failed; near is counted inside unmet, pending inside unknown.\n" +
			"Enterprises that were founded after the day are not counted. --out has one row per enterprise: uscc,name,verdict,score_low,score_high and a column per criterion (met, unmet, unknown).",
	}
}

func (screenCmd) examples() []string {
	return []string{
		"eyas screen --rule tsme --date 2021-03-31 --json",
		"eyas screen --rule hnte --date 2021-03-31 --out 高企.csv",
		"eyas screen --rule eaglet --assume abnormal_list,breach_list",
	}
}

func (c screenCmd) Run(a *app) error {
	if err := a.outside(c.Out); err != nil {
		return err
	}
	opt, err := c.options(a)
	if err != nil {
		return err
	}
	set, err := a.rules()
	if err != nil {
		return err
	}
	about, _, err := set.Law(c.Rule, opt.Date)
	if err != nil { // before the base is read
		return err
	}
	m, err := c.moment(a, opt)
	if err != nil {
		return err
	}
	t, err := a.columnsAt(about.Register, m)
	if err != nil {
		return err
	}
	start := a.clock()
	outcomes, err := set.Screen(t, opt, c.Rule)
	if err != nil {
		return err
	}
	o := outcomes[0]
	seconds := a.clock().Sub(start).Seconds()
	if c.Out != "" {
		if err := writeWhole(c.Out, func(f *os.File) error { return a.writeVerdicts(f, t, o) }); err != nil {
			return err
		}
	}
	n := o.Counts()
	if a.json {
		return a.object(answer.Screened{Rule: c.Rule, Date: opt.Date.Format(time.DateOnly), BaseYear: o.BaseYear, Count: n, Seconds: seconds, Assumed: opt.Assume})
	}
	a.heading(o.Rule, o.Law, opt, o.BaseYear)
	var tab grid
	tab.right = map[int]bool{1: true}
	tab.row(a.say("符合", "met"), figure.Grouped(n.Met))
	tab.row(a.say("待补数据", "unknown"), figure.Grouped(n.Unknown))
	tab.row(a.say("  其中待人工核查", "  of these pending a manual finding"), figure.Grouped(n.Pending))
	tab.row(a.say("不符合", "unmet"), figure.Grouped(n.Unmet))
	tab.row(a.say("  其中差一项", "  of these one criterion away"), figure.Grouped(n.Near))
	tab.flush(a.out)
	var only grid
	only.right = map[int]bool{1: true}
	for _, k := range o.Criteria {
		if m := k.Only.Count(); m > 0 {
			only.row("  "+k.Criterion.Name.In(a.lang), figure.Grouped(m))
		}
	}
	if len(only.rows) > 0 {
		fmt.Fprintln(a.out, a.say("差一项的原因：", "the one criterion away:"))
		only.flush(a.out)
	}
	fmt.Fprintf(a.out, a.say("共 %s 家，用时 %.3f 秒\n", "%s enterprises in %.3f s\n"), figure.Grouped(o.Rows.Count()), seconds)
	if c.Out != "" {
		fmt.Fprintf(a.out, a.say("名单写到 %s\n", "written to %s\n"), c.Out)
	}
	return nil
}

// heading prints the recognition, the day, the law and the assumptions of an answer.
func (a *app) heading(r *pack.Rule, law *pack.Law, opt rule.Options, base int) {
	fmt.Fprintf(a.out, a.say("%s · %s（基准年 %d）\n", "%s · %s (base year %d)\n"), r.Name.In(a.lang), opt.Date.Format(time.DateOnly), base)
	if law != nil {
		doc := law.Title
		if law.Number != "" {
			doc += " " + law.Number
		}
		fmt.Fprintf(a.out, a.say("依据：%s（%s）\n", "under: %s (%s)\n"), doc, a.status(law.Status))
	}
	if len(opt.Assume) > 0 {
		fmt.Fprintf(a.out, a.say("假定：%s 的空白视为“否”\n", "assuming: blanks of %s are no\n"), strings.Join(a.names(r.Register, opt.Assume), a.say("、", ", ")))
	}
}

// names gives the names of a register's attributes.
func (a *app) names(register string, ids []string) []string {
	p, err := a.pack()
	if err != nil {
		return ids
	}
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = id
		if at := p.Register(register).Attribute(id); at != nil {
			names[i] = at.Name.In(a.lang)
		}
	}
	return names
}

func (a *app) status(s pack.Status) string {
	switch s {
	case pack.Verified:
		return a.say("已核对原文", "verified")
	case pack.Quoted:
		return a.say("引自一份公开文本", "quoted")
	case pack.Modelled:
		return a.say("本项目拟定，未见原文", "modelled")
	}
	return string(s)
}

// verdict returns a verdict in words.
func (a *app) verdict(v tri.Bool) string {
	switch v {
	case tri.True:
		return a.say("✓ 符合", "✓ met")
	case tri.False:
		return a.say("✕ 不符合", "✕ unmet")
	}
	return a.say("? 待补数据", "? unknown")
}

// writeVerdicts writes one row per enterprise.
func (a *app) writeVerdicts(f *os.File, t *col.Table, o *rule.Outcome) error {
	w := sheet.NewCSV(f)
	if err := a.mark(w); err != nil {
		return err
	}
	head := []string{"uscc", "name", "verdict", "score_low", "score_high"}
	for _, k := range o.Criteria {
		head = append(head, k.Criterion.ID)
	}
	if err := w.Row(head...); err != nil {
		return err
	}
	row := make([]string, len(head))
	for i := range t.N {
		if !o.Rows.Get(i) {
			continue
		}
		row[0], row[1] = string(t.Codes.At(i)), string(t.Names.At(i))
		row[2] = o.Verdict(i).String()
		row[3], row[4] = "", ""
		if o.ScoreLow != nil {
			row[3], row[4] = strconv.Itoa(int(o.ScoreLow[i])), strconv.Itoa(int(o.ScoreHigh[i]))
		}
		for j, k := range o.Criteria {
			v := tri.Unknown
			if k.True.Get(i) {
				v = tri.True
			} else if k.False.Get(i) {
				v = tri.False
			}
			row[5+j] = v.String()
		}
		if err := w.Row(row...); err != nil {
			return err
		}
	}
	return w.Close()
}
