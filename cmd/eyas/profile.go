package main

import (
	"fmt"
	"time"

	"eyas/internal/answer"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
)

// profileCmd lists everything that is known about one subject.
type profileCmd struct {
	plainly
	AsOf  string `name:"as-of" placeholder:"YYYY-MM-DD" help:"哪一天的情况；默认最新 | use the values for this day (valid time); the latest by default"`
	Known string `name:"known-on" placeholder:"YYYY-MM-DD" help:"只用到这一天为止已知的数据；默认用现在所知 | use only what was known at the end of this day (transaction time); everything known now by default"`
	Who   string `arg:"" name:"code|name" help:"统一社会信用代码、企业名称或名称的一部分 | credit code, name, or part of the name"`
}

func (profileCmd) detail() pack.Text {
	return pack.Text{
		ZH: "每个值后面是它的来源：来源名称、文件、工作表、行、列，或哪张表单；几个来源说法不同时，落选的值列在下面。\n" +
			"标着“推断”的由别的值得出（如由地址得出所属区），标着“作废”的是有人声明错了、但还不知道对的是什么。",
		EN: "Each value is followed by its source and its file, sheet, row and column, or the form; values that lost stand below it.\n" +
			"Inferred values were derived from others (a district from an address); void values were declared wrong, and no better ones are known.",
	}
}

func (profileCmd) examples() []string {
	return []string{"eyas profile 91120110YY0W7KX21B", "eyas profile 海奥软件 --as-of 2020-12-31 --known-on 2021-01-15 --json"}
}

func (c profileCmd) Run(a *app) error {
	var held time.Time
	if c.AsOf != "" {
		d, err := time.Parse(time.DateOnly, c.AsOf)
		if err != nil {
			return fault.New(fault.Invalid, fmt.Sprintf("--as-of 的写法是 2021-03-31，给出的是 %q。", c.AsOf), fmt.Sprintf("--as-of is written 2021-03-31, not %q", c.AsOf))
		}
		held = d
	}
	m, err := a.moment(held, c.Known)
	if err != nil {
		return err
	}
	svc, err := a.registry()
	if err != nil {
		return err
	}
	p, err := a.pack()
	if err != nil {
		return err
	}
	who, err := a.find(svc, p.Main().ID, c.Who)
	if err != nil {
		return err
	}
	if err := a.looked(svc, who.Subject); err != nil {
		return err
	}
	o, facts, err := answer.ReadProfile(a.ctx, svc, p, who.Subject, m, a.lang)
	if err != nil {
		return err
	}
	if a.json {
		return a.object(o)
	}
	return c.print(a, o, facts)
}

func (c profileCmd) print(a *app, o *answer.Profile, facts []fact.SourcedFact) error {
	p, err := a.pack()
	if err != nil {
		return err
	}
	code := o.Code
	if code == "" {
		code = a.say("（无代码）", "(no code)")
	}
	fmt.Fprintf(a.out, "%s  %s\n", o.Name, code)
	if !o.Known {
		fmt.Fprintln(a.out, a.say("那时还没有它的任何数据。", "Nothing was known about it at that time."))
	}
	for _, m := range o.Merged {
		fmt.Fprintf(a.out, a.say("已并入：%s %s\n", "merged into it: %s %s\n"), m.Name, m.Code)
	}
	var t grid
	text := func(f fact.Fact) string {
		s := a.say("作废", "void")
		if !f.Void {
			if s = answer.CodeName(p, answer.InputOf(f), a.lang); s == "" {
				s = answer.InputText(answer.InputOf(f), a.lang)
			}
		}
		if f.Origin.Weak == fact.Inferred {
			s += a.say("（推断）", " (inferred)")
		}
		return s
	}
	for i, f := range facts {
		name := f.Attr.Name.In(a.lang)
		if f.Year != 0 {
			name += fmt.Sprintf(" %d", f.Year)
		}
		t.row(name, text(f.Fact), a.whence(o.Values[i].Source))
		for j, l := range f.Losers {
			mark := "  ✕ "
			if o.Values[i].Losers[j].Same {
				mark = "  = "
			}
			t.row("", mark+text(l.Fact), a.whence(o.Values[i].Losers[j].Source))
		}
	}
	t.flush(a.out)
	return nil
}

// whence describes for people where a value comes from.
func (a *app) whence(s answer.SourcedCell) string {
	text := s.Name
	if text != "" {
		text += " "
	}
	switch {
	case s.Form != "":
		text += a.say("表单“", "form “") + s.Form + a.say("”", "”")
		if s.Reason != "" {
			text += a.say("：", ": ") + s.Reason
		}
	case s.Whole:
		text += fmt.Sprintf(a.say("不在 %s 名单中", "not in the list %s"), s.File)
	default:
		text += s.File
		if s.Sheet != "" {
			text += " " + s.Sheet
		}
		text += fmt.Sprintf(a.say(" 第%d行 %s", " row %d %s"), s.Row, s.Column)
	}
	if s.AsOf != "" {
		text += a.say("（", " (") + s.AsOf + a.say("）", ")")
	}
	return text
}
