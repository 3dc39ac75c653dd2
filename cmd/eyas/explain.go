package main

import (
	"fmt"
	"strings"

	"eyas/internal/answer"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry"
	"eyas/internal/registry/fact"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
)

// explainCmd explains why one enterprise meets a recognition or not.
type explainCmd struct {
	plainly
	scope
	Who string `arg:"" name:"code|name" help:"统一社会信用代码、企业名称或名称的一部分 | credit code, name, or part of the name"`
}

func (explainCmd) detail() pack.Text {
	return pack.Text{
		ZH: "逐条给出条件、依据条款、所用数值及其来源（文件、工作表、行、列）、结论和差距；有评分的给出各项得分；最后是最省的达标方案。\n" +
			"名称对上几家企业时列出它们，请改用代码。",
		EN: "For each criterion: the article, the values used with their sources (file, sheet, row, column), the verdict and the gap; the score item by item; and the cheapest plan.\n" +
			"When a name fits several enterprises they are listed: use the code of one.",
	}
}

func (explainCmd) examples() []string {
	return []string{
		"eyas explain --rule hnte --date 2021-03-31 91120110YY0W7KX21B",
		"eyas explain --rule tsme 海奥软件 --json",
	}
}

func (c explainCmd) Run(a *app) error {
	opt, err := c.options(a)
	if err != nil {
		return err
	}
	set, err := a.rules()
	if err != nil {
		return err
	}
	about, _, err := set.Law(c.Rule, opt.Date)
	if err != nil {
		return err
	}
	svc, err := a.registry()
	if err != nil {
		return err
	}
	who, err := a.find(svc, about.Register, c.Who)
	if err != nil {
		return err
	}
	if err := a.looked(svc, who.Subject); err != nil {
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
	row := t.Row(who.Subject)
	if row < 0 {
		return fault.New(fault.NotFound, fmt.Sprintf("到 %s 为止还不知道“%s”。", c.Known, who.Name), fmt.Sprintf("“%s” was not known yet on %s", who.Name, c.Known))
	}
	x, err := set.Explain(t, row, c.Rule, opt)
	if err != nil {
		return err
	}
	facts, err := svc.SourcedAt(a.ctx, who.Subject, m)
	if err != nil {
		return err
	}
	p, err := a.pack()
	if err != nil {
		return err
	}
	said := answer.Explain(x, opt.Assume, who, facts, a.lang)
	if a.json {
		return a.object(said)
	}
	explained{x, p, opt, who, sources(facts)}.print(a)
	return nil
}

// find returns the one subject of a register that a code or a name identifies.
func (a *app) find(svc *registry.Registry, register, text string) (fact.Ref, error) {
	list, err := svc.FindIn(a.ctx, register, strings.TrimSpace(text))
	switch {
	case err != nil:
		return fact.Ref{}, err
	case len(list) == 0:
		return fact.Ref{}, fault.New(fault.NotFound, fmt.Sprintf("底库里没有代码或名称是“%s”的企业。", text), fmt.Sprintf("no enterprise has the code or name %q", text))
	case len(list) == 1:
		return list[0], nil
	}
	var t grid
	for _, r := range list {
		t.row("  "+r.Code, r.Name)
	}
	var b strings.Builder
	t.flush(&b)
	return fact.Ref{}, fault.New(fault.Conflict,
		fmt.Sprintf("“%s”对上 %d 家以上企业，请用代码指明一家：\n%s", text, len(list)-1, strings.TrimRight(b.String(), "\n")),
		fmt.Sprintf("%q fits more than one enterprise; name one by its code:\n%s", text, strings.TrimRight(b.String(), "\n")))
}

func sources(facts []fact.SourcedFact) map[col.Key]*fact.Address {
	m := make(map[col.Key]*fact.Address, len(facts))
	for i := range facts {
		m[col.Key{Attr: facts[i].Attr.ID, Year: facts[i].Year}] = &facts[i].Source
	}
	return m
}

// explained is an explanation with what is needed to show it.
type explained struct {
	*rule.Explanation
	pack    *pack.Pack
	opt     rule.Options
	who     fact.Ref
	sources map[col.Key]*fact.Address
}
