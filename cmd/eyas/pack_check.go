package main

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"eyas/internal/answer"
	"eyas/internal/auth"
	"eyas/internal/calendar"
	"eyas/internal/matter/condition"
	"eyas/internal/matter/drive"
	"eyas/internal/pack"
	"eyas/internal/rule"
)

// packDir is the pack that the pack commands work on.
type packDir struct {
	Dir string `arg:"" optional:"" name:"dir" help:"城市包所在文件夹；不给就是 --pack，再不然是内置的天津包 | folder of the pack; else --pack, else the embedded Tianjin pack"`
}

func (d packDir) load(a *app) (*pack.Pack, error) {
	if d.Dir != "" {
		a.packDir = d.Dir
	}
	return a.pack()
}

// packCheckCmd checks a pack: its files, and every expression of its rules.
type packCheckCmd struct {
	plainly
	packDir
}

func (packCheckCmd) detail() pack.Text {
	return pack.Text{
		ZH: "一次列出全部错误，每条带 文件:行:列、原文和指出位置的标记。有错误时退出码为 1。",
		EN: "Lists all faults at once, each with file:line:column, the line and a caret. Exit code 1 when there are any.",
	}
}

func (packCheckCmd) examples() []string {
	return []string{"eyas pack check", "eyas pack check packs/tianjin --json"}
}

func (c packCheckCmd) Run(a *app) error {
	p, err := c.load(a)
	var faults pack.Errors
	switch {
	case errors.As(err, &faults):
	case err != nil:
		return err
	default:
		faults = p.Annotate(slices.Concat(rule.Check(p), auth.Check(p), condition.Check(p)))
	}
	if a.json {
		list := []answer.PackFault{}
		for _, f := range faults {
			list = append(list, answer.PackFault{Pos: f.Pos, Text: f.In(a.lang)})
		}
		if err := a.object(answer.PackChecked{OK: len(faults) == 0, Errors: list}); err != nil {
			return err
		}
	}
	if len(faults) > 0 {
		fmt.Fprintln(a.err, faults.Show(a.lang))
		fmt.Fprintf(a.err, a.say("城市包有 %d 处错误。\n", "the pack has %d faults\n"), len(faults))
		return errReported
	}
	if !a.json {
		attributes, relations := 0, 0
		for _, r := range p.Registers {
			attributes, relations = attributes+len(r.Attributes), relations+len(r.Relations)
		}
		fmt.Fprintf(a.out, a.say("%s：%d 项规则、%d 个机构、%d 个库的 %d 个属性和 %d 种关系，没有错误。\n", "%s: %d rules, %d orgs, %d registers with %d attributes and %d relations, no faults\n"),
			p.Name.In(a.lang), len(p.Rules), len(p.Orgs), len(p.Registers), attributes, relations)
	}
	return nil
}

// drivenFrom is the day on which the case of a matter begins that is driven through: the calendars of the years behind it are known.
var drivenFrom = time.Date(2021, 3, 1, 10, 0, 0, 0, time.FixedZone("CST", 8*60*60))

// packTestCmd runs the cases that a pack carries.
type packTestCmd struct {
	plainly
	packDir
}

func (packTestCmd) detail() pack.Text {
	return pack.Text{
		ZH: "每个用例是一家企业、一个日期和它应得的结论；每个事项都有一个办件从申报走到办结。有不通过的，退出码为 1。",
		EN: "Each case is an enterprise, a day and the verdict it must get; of each matter, a case is driven from its form to its end. Exit code 1 when one fails.",
	}
}

func (packTestCmd) examples() []string {
	return []string{"eyas pack test", "eyas pack test packs/tianjin --json"}
}

func (c packTestCmd) Run(a *app) error {
	p, err := c.load(a)
	if err != nil {
		return err
	}
	set, err := a.rules()
	if err != nil {
		return err
	}
	out := answer.PackTested{Cases: []answer.PackCase{}, Matters: []answer.PackMatter{}}
	for _, m := range p.Matters {
		x := answer.PackMatter{Matter: m.ID, Stages: []string{}}
		stages, end, err := drive.Through(m, calendar.New(p.Calendar), drivenFrom)
		if x.Stages, x.End, x.OK = append(x.Stages, stages...), end, err == nil; err != nil {
			x.Wrong = a.why(err)
			out.Failed++
			fmt.Fprintf(a.err, "✕ %s (%s)\n    %s\n", m.Name.In(a.lang), m.Pos, x.Wrong)
		}
		out.Matters = append(out.Matters, x)
	}
	for _, r := range set.RunCases() {
		out.Cases = append(out.Cases, answer.PackCase{Name: r.Case.Name, OK: r.OK, Wrong: r.Wrong})
		if r.OK {
			out.Passed++
			continue
		}
		out.Failed++
		fmt.Fprintf(a.err, "✕ %s (%s)\n", r.Case.Name, r.Case.Pos)
		for _, w := range r.Wrong {
			fmt.Fprintln(a.err, "    "+w)
		}
	}
	if a.json {
		if err := a.object(out); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(a.out, a.say("%d 个用例通过，%d 个不通过\n", "%d cases pass, %d fail\n"), out.Passed, out.Failed)
		for _, m := range out.Matters {
			if m.OK {
				fmt.Fprintf(a.out, a.say("事项 %s：%d 个环节，办结为 %s\n", "matter %s: %d stages, ends as %s\n"), m.Matter, len(m.Stages), m.End)
			}
		}
	}
	if out.Failed > 0 {
		return errReported
	}
	return nil
}
