package main

import (
	"cmp"
	"fmt"
	"os"
	"strconv"
	"time"

	"eyas/internal/answer"
	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/quality"
	"eyas/internal/quality/judge"
	"eyas/internal/rule"
	"eyas/internal/sheet"
)

// qualityCmd lists the doubtful values of a register by the pack's quality rules.
type qualityCmd struct {
	plainly
	Out      string   `name:"out" type:"path" placeholder:"FILE.csv" help:"把每个可疑的值写到这个 CSV（UTF-8） | write every doubtful value to this CSV (UTF-8)"`
	Register string   `name:"register" placeholder:"ID" help:"库，默认企业库 | the register; enterprises by default"`
	Rule     []string `name:"rule" placeholder:"ID" help:"只用这些规则，也列出平时只计数的 | only these rules, also those that are not listed by default"`
	District string   `name:"district" placeholder:"DISTRICT" help:"只要一个区的（名称或代码） | only of one district (name or code)"`
	Date     string   `name:"date" placeholder:"YYYY-MM-DD" help:"查验日期，默认今天 | the day of the check, today by default"`
}

func (qualityCmd) detail() pack.Text {
	return pack.Text{
		ZH: "按城市包 quality.yaml 的规则查：不可能、单位写错、不可信、来源不一。不改动任何数据。\n" +
			"--out 每个可疑的值一行：uscc,name,attribute,year,value,rule,suggestion,file,sheet,row,column；金额以元计。\n" +
			"过时（figures_old）和只缺一个数就有结论（needed）的大半个库都有，要用 --rule 点名才列出。",
		EN: "Checks values with the rules in the pack's quality.yaml: impossible values, wrong units, implausible values, and sources that disagree. Changes nothing.\n" +
			"--out has one row per doubted value: uscc,name,attribute,year,value,rule,suggestion,file,sheet,row,column; money in yuan.\n" +
			"Old figures (figures_old) and single values that a verdict waits for (needed) are common and listed only when asked for with --rule.",
	}
}

func (qualityCmd) examples() []string {
	return []string{
		"eyas quality --out 可疑数据.csv",
		"eyas quality --rule unit_slip --district 东丽区 --json",
		"eyas quality --rule figures_old --date 2021-03-31 --out 过时.csv",
	}
}

func (c qualityCmd) Run(a *app) error {
	if err := a.outside(c.Out); err != nil {
		return err
	}
	p, err := a.pack()
	if err != nil {
		return err
	}
	date, err := a.date(c.Date)
	if err != nil {
		return err
	}
	district, err := districtOf(p, c.District)
	if err != nil {
		return err
	}
	opt := judge.Options{Register: c.Register, Rules: c.Rule, Date: date}
	if _, err := judge.New(p, opt); err != nil { // before the base is read
		return err
	}
	svc, err := a.registry()
	if err != nil {
		return err
	}
	start := a.clock()
	res, err := quality.Run(a.ctx, p, svc, opt, district)
	if err != nil {
		return err
	}
	if err := c.needed(a, p, date, district, res); err != nil {
		return err
	}
	seconds := a.clock().Sub(start).Seconds()
	if c.Out != "" {
		if err := writeWhole(c.Out, func(f *os.File) error { return a.writeFindings(f, res.Findings) }); err != nil {
			return err
		}
	}
	byRule := quality.Counts(res.Findings, func(f *quality.Placed) (string, string) { return f.Rule.ID, f.Rule.Name.In(a.lang) })
	bySource := quality.Counts(res.Findings, func(f *quality.Placed) (string, string) { return f.Source.File, f.Source.File })
	bySender := quality.Counts(res.Findings, func(f *quality.Placed) (string, string) { return f.Source.Source, a.senderName(p, f.Source.Source) })
	byDistrict := quality.Counts(res.Findings, func(f *quality.Placed) (string, string) { return f.District, a.orgName(p, f.District) })
	if a.json {
		return a.object(answer.Doubted{
			Date: date.Format(time.DateOnly), Subjects: res.Subjects, Findings: len(res.Findings),
			ByRule: byRule, BySource: bySource, BySender: bySender, ByDistrict: byDistrict, Seconds: seconds,
		})
	}
	reg := cmp.Or(p.Register(c.Register), p.Main())
	fmt.Fprintf(a.out, a.say("%s：%s %s中有 %s 个可疑的值，用时 %.3f 秒\n", "%s: %s %ssubjects, %s doubted values, %.3f s\n"), reg.Name.In(a.lang), figure.Grouped(res.Subjects),
		a.say(cmp.Or(reg.Measure, "个"), ""), figure.Grouped(len(res.Findings)), seconds)
	for _, part := range []struct {
		title  string
		counts []quality.Count
	}{{a.say("按规则", "by rule"), byRule}, {a.say("按来源", "by source"), bySender}, {a.say("按文件", "by file"), bySource}, {a.say("按区", "by district"), byDistrict}} {
		if len(part.counts) == 0 {
			continue
		}
		fmt.Fprintln(a.out, part.title)
		t := grid{right: map[int]bool{1: true}}
		for _, n := range part.counts {
			if n.Name == "" { // what is missing comes from no file
				n.Name = a.say("（无）", "(none)")
			}
			t.row("  "+n.Name, figure.Grouped(n.N))
		}
		t.flush(a.out)
	}
	if c.Out != "" {
		fmt.Fprintf(a.out, a.say("名单写到 %s\n", "written to %s\n"), c.Out)
	}
	return nil
}

// needed adds the values that recognitions need, when a rule for them was asked for.
func (c qualityCmd) needed(a *app, p *pack.Pack, date time.Time, district string, res *quality.Result) error {
	for _, id := range c.Rule {
		r := p.QualityRule(id)
		if r.Kind != pack.Lacking {
			continue
		}
		set, err := a.rules()
		if err != nil {
			return err
		}
		t, err := a.columns(r.Register)
		if err != nil {
			return err
		}
		list, err := quality.Needed(set, t, r, rule.Options{Date: date})
		if err != nil {
			return err
		}
		for _, f := range list {
			if district == "" || f.District == district {
				res.Findings = append(res.Findings, quality.Placed{Finding: f})
			}
		}
	}
	return nil
}

// districtOf returns the id of a district by code, name or another spelling; empty for an empty text.
func districtOf(p *pack.Pack, text string) (string, error) {
	if text == "" {
		return "", nil
	}
	for _, o := range p.Orgs.Districts() {
		for _, s := range append([]string{o.ID, o.Name.ZH, o.Name.EN, o.Short.ZH}, o.Aliases...) {
			if s == text {
				return o.ID, nil
			}
		}
	}
	return "", fault.New(fault.Invalid, fmt.Sprintf("没有名为 %s 的区。", text), fmt.Sprintf("there is no district %q", text))
}

// orgName returns the name of an org. Findings of subjects without a district get a name of their own.
func (a *app) orgName(p *pack.Pack, id string) string {
	if o := p.Orgs.ByID(id); o != nil {
		return o.Name.In(a.lang)
	}
	return a.say("区未知", "district unknown")
}

// senderName returns the name of a source of the pack and of the office that keeps it.
func (a *app) senderName(p *pack.Pack, id string) string {
	if s := p.Source(id); s != nil {
		return s.Name.In(a.lang) + a.say("（", " (") + s.Steward.In(a.lang) + a.say("）", ")")
	}
	return a.say("未说明来源", "source not said")
}

// writeFindings writes one row for each doubtful value.
func (a *app) writeFindings(f *os.File, list []quality.Placed) error {
	w := sheet.NewCSV(f)
	if err := a.mark(w); err != nil {
		return err
	}
	if err := w.Row("uscc", "name", "attribute", "year", "value", "rule", "suggestion", "file", "sheet", "row", "column"); err != nil {
		return err
	}
	for i := range list {
		x := &list[i]
		year := ""
		if x.Year != 0 {
			year = strconv.Itoa(x.Year)
		}
		row := []string{x.Code, x.Name, x.Attr.ID, year, "", x.Rule.ID, x.Offer.Text(x.Attr), x.Source.File, x.Source.Sheet, "", ""}
		if x.Source.Row > 0 {
			row[9] = strconv.Itoa(x.Source.Row)
		}
		if x.Rule.Kind != pack.Lacking { // what is missing stands in no cell
			row[4], row[10] = judge.Text(x.Attr, x.Value), x.Source.Column
		}
		if err := w.Row(row...); err != nil {
			return err
		}
	}
	return w.Close()
}
