package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"eyas/internal/answer"
	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/registry"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
)

// importCmd imports files into the base.
type importCmd struct {
	Register string   `name:"register" default:"enterprise" placeholder:"ID" help:"导入哪个库，默认 enterprise（企业库） | the register to import into, by default enterprise"`
	Year     int      `name:"year" placeholder:"YEAR" help:"表里没写年份的年度数据属于哪一年 | the year of yearly columns without a year of their own"`
	Map      []string `name:"map" sep:"none" placeholder:"HEADER=ATTR[@YEAR]" help:"指定一列的含义，可多次；=- 表示不用这一列 | what a column means, may be repeated; =- leaves the column unused"`
	Unit     []string `name:"unit" sep:"none" placeholder:"[HEADER=]UNIT" help:"没写单位的金额用什么单位：列名=万元，或 万元（整张表），可多次 | the unit of amounts when the file does not give one: HEADER=万元, or 万元 for the whole table; may be repeated"`
	Complete []string `name:"complete" placeholder:"ATTR" help:"声明这份文件对这些是否项是完整名单：空白即“否” | yes/no attributes for which the file is complete: a blank means \"no\""`
	Source   string   `name:"source" placeholder:"ID" help:"文件来自哪个来源（城市包 sources.yaml），如 market、tax、annual | the source of the file, as the pack names it: market, tax, annual …"`
	AsOf     string   `name:"as-of" placeholder:"YYYY-MM-DD" help:"文件说的是哪一天的情况；默认不限 | the day that the file speaks of; all days by default"`
	Absent   []string `name:"absent" placeholder:"ATTR" help:"这份文件是这些是否项的完整名单：不在其中的企业即“否” | yes/no attributes that the file is a whole (closed-world) list of: a subject that is not in it has a \"no\""`
	Partial  bool     `name:"partial" help:"虽然来源通常是完整名单，这份不是 | do not treat this file as a whole list, though files of its source usually are"`
	Preview  bool     `name:"preview" help:"只看会怎样，不写入 | show what would happen and write nothing"`
	Files    []string `arg:"" name:"file" help:"CSV、XLSX 或 XLS 文件 | CSV, XLSX or XLS files"`
}

func (importCmd) detail() pack.Text {
	return pack.Text{
		ZH: "一个文件是一次导入：要么全部写入，要么什么都不写；给出几个文件时，有一个失败就全部不留。同一文件再导入一次不会改变什么。原文件留存在底库（或 --files 文件夹）里，可用 eyas imports --original 取回。\n" +
			"既无可用代码又无名称的行被拒；读不懂的单元格留在来源记录里、列出来、按空白处理，其余照常写入。",
		EN: "Each file is one import, written as a whole or not at all; when one of several files fails, none is imported. The same file twice changes nothing. The original is kept in the base (or the folder --files); eyas imports --original fetches it.\n" +
			"A row with neither a usable code nor a name is refused. A cell that cannot be read is listed, stays in the source record and counts as blank; the rest of its row is imported.",
	}
}

func (importCmd) refuses() bool { return true }

func (importCmd) examples() []string {
	return []string{
		"eyas import --register enterprise 2020年报.xlsx",
		"eyas import --register carrier 孵化器名册.xlsx",
		"eyas import --complete abnormal_list,breach_list 市场主体.csv --json",
		"eyas import --source abnormal --as-of 2021-03-01 经营异常名录.xlsx",
		"eyas import --map '研发经费内部支出=rd_expense@2020' --preview 统计.csv",
	}
}

func (c importCmd) Run(a *app) error {
	reports, err := c.take(a)
	if err != nil {
		return err
	}
	return a.reports(reports, c.Preview)
}

// take imports or previews the files.
func (c importCmd) take(a *app) ([]*intake.FileReport, error) {
	p, err := a.pack()
	if err != nil {
		return nil, err
	}
	opt, err := c.options(a, p)
	if err != nil {
		return nil, err
	}
	for _, path := range c.Files {
		if err := readable(path); err != nil {
			return nil, failed{err}
		}
	}
	svc, err := a.registry()
	if err != nil {
		return nil, err
	}
	show := a.progress()
	var reports []*intake.FileReport
	each := func(ctx context.Context) error {
		reports = reports[:0]
		for _, path := range c.Files {
			report, err := c.file(ctx, a, svc, path, opt, show)
			if err != nil {
				return err
			}
			reports = append(reports, report)
		}
		return nil
	}
	if len(c.Files) > 1 && !c.Preview { // none stays when one fails, or when the process is killed between them
		var progress func(derive.Progress)
		if show != nil {
			progress = func(p derive.Progress) { show(filepath.Base(c.Files[0]), p) }
		}
		err = svc.Together(a.ctx, progress, each)
	} else {
		err = each(a.ctx)
	}
	a.clear()
	if err != nil {
		return nil, failed{err}
	}
	return reports, nil
}

// file imports one file, or previews it.
func (c importCmd) file(ctx context.Context, a *app, svc *registry.Registry, path string, opt layout.Options, show func(string, derive.Progress)) (*intake.FileReport, error) {
	src := layout.Source{Name: filepath.Base(legible(path)), Path: path}
	var progress func(derive.Progress)
	if show != nil {
		progress = func(p derive.Progress) { show(src.Name, p) }
	}
	var report *intake.FileReport
	if c.Preview {
		pre, err := svc.Preview(ctx, src, opt, progress)
		if err != nil {
			return nil, err
		}
		report = &pre.Report
	} else {
		var err error
		if report, err = a.keptImport(ctx, svc, src, opt, progress); err != nil {
			return nil, err
		}
	}
	report.File = legible(path)
	return report, nil
}

// options checks the flags against the pack.
func (c importCmd) options(a *app, p *pack.Pack) (layout.Options, error) {
	opt := layout.Options{Register: c.Register, Year: c.Year, Lang: a.lang, Source: c.Source, AsOf: c.AsOf, Absent: c.Absent, Partial: c.Partial}
	reg, err := registerOf(p, c.Register)
	if err != nil {
		return opt, err
	}
	if c.Year != 0 && (c.Year < 1949 || c.Year > 2100) {
		return opt, fault.New(fault.Invalid, fmt.Sprintf("--year 应是四位年份，如 2020，给出的是 %d。", c.Year),
			fmt.Sprintf("--year is a year such as 2020, not %d", c.Year))
	}
	for _, id := range c.Complete {
		at := reg.Attribute(strings.TrimSpace(id))
		if at == nil || at.Kind != pack.Boolean || at.Manual {
			return opt, fault.New(fault.Invalid,
				fmt.Sprintf("--complete 只接受非人工认定的是否项，%s 不是。可用的有：%s。", id, strings.Join(declarable(reg), "、")),
				fmt.Sprintf("--complete takes yes/no attributes that are not manual findings, which %s is not; there are %s", id, strings.Join(declarable(reg), ", ")))
		}
		opt.Complete = append(opt.Complete, at.ID)
	}
	if err := layout.CheckSource(p, reg, opt); err != nil {
		return opt, err
	}
	for _, u := range c.Unit {
		header, unit := "", u
		if i := strings.LastIndexByte(u, '='); i >= 0 {
			header, unit = u[:i], u[i+1:]
		}
		if opt.Units == nil {
			opt.Units = map[string]string{}
		}
		opt.Units[header] = unit
	}
	for _, m := range c.Map {
		// A header may hold an equals sign of its own; an attribute id cannot.
		i := strings.LastIndexByte(m, '=')
		if i < 1 || i == len(m)-1 {
			return opt, fault.New(fault.Invalid,
				fmt.Sprintf("--map 的写法是 表头=属性 或 表头=属性@年份，给出的是 %q。", m),
				fmt.Sprintf("--map is written header=attribute or header=attribute@year, not %q", m))
		}
		target := m[i+1:]
		view := reg
		if source := p.Source(c.Source); source != nil && source.Items != nil {
			view = source.Items.View
		}
		id, _, _ := strings.Cut(target, "@")
		if id, _, _ = strings.Cut(id, "/"); target != "-" && view.Attribute(id) == nil {
			return opt, fault.New(fault.Invalid,
				fmt.Sprintf("--map 指向的属性 %s 不在 %s 里。", id, reg.Name.ZH),
				fmt.Sprintf("--map names %s, which is no attribute of %s", id, reg.ID))
		}
		if opt.Map == nil {
			opt.Map = map[string]string{}
		}
		opt.Map[m[:i]] = target
	}
	return opt, nil
}

// registerOf returns a register by its id; a fault when there is none.
func registerOf(p *pack.Pack, id string) (*pack.Register, error) {
	if reg := p.Register(id); reg != nil {
		return reg, nil
	}
	var ids []string
	for _, r := range p.Registers {
		ids = append(ids, r.ID)
	}
	return nil, fault.New(fault.Invalid,
		fmt.Sprintf("没有名为 %s 的库；可用的有：%s。", id, strings.Join(ids, "、")),
		fmt.Sprintf("there is no register %q; there is %s", id, strings.Join(ids, ", ")))
}

// declarable returns the attributes for which a file can be declared complete.
func declarable(reg *pack.Register) []string {
	var ids []string
	for _, at := range reg.Attributes {
		if at.Kind == pack.Boolean && !at.Manual {
			ids = append(ids, at.ID)
		}
	}
	return ids
}

// shown is the number of refusals and warnings of a file that are printed; --json prints all.
const shown = 20

// reports prints the results of imports and returns errRefused when anything was refused.
func (a *app) reports(reports []*intake.FileReport, preview bool) error {
	if a.json {
		if err := a.object(answer.NewImported(reports)); err != nil {
			return err
		}
	} else {
		for _, r := range reports {
			a.report(r, preview)
		}
	}
	if refusedAny(reports) {
		return errRefused
	}
	return nil
}

// refusedAny reports whether anything of some files was refused, or is asked.
func refusedAny(reports []*intake.FileReport) bool {
	return slices.ContainsFunc(reports, func(r *intake.FileReport) bool {
		return r.Refused > 0 || len(r.Refusals) > 0 || r.RefusalCount > 0 ||
			slices.ContainsFunc(r.Warnings, func(i layout.Issue) bool { return i.Scope == layout.Asked })
	})
}

func (a *app) report(r *intake.FileReport, preview bool) {
	verb := a.say("写入", "accepted")
	if preview {
		verb = a.say("将写入", "would be accepted")
	}
	fmt.Fprintf(a.out, a.say("%s：%s 行，%s %s，无变化 %s，拒绝 %s", "%s: %s rows, %s %s, unchanged %s, refused %s"),
		r.File, figure.Grouped(r.Rows), verb, figure.Grouped(r.Accepted), figure.Grouped(r.Unchanged), figure.Grouped(r.Refused))
	if r.Import != 0 {
		fmt.Fprintf(a.out, a.say("（导入 %d）", " (import %d)"), r.Import)
	}
	fmt.Fprintln(a.out)
	if len(r.Unmapped) > 0 {
		fmt.Fprintf(a.out, a.say("  未用的列（原样保留）：%s\n", "  columns kept but not used: %s\n"), strings.Join(r.Unmapped, a.say("、", ", ")))
	}
	a.issues(a.say("被拒", "refused"), r.Refusals, max(r.RefusalCount, len(r.Refusals)))
	a.issues(a.say("提醒", "warnings"), r.Warnings, max(r.WarningCount, len(r.Warnings)))
	if slices.ContainsFunc(r.Warnings, func(i layout.Issue) bool { return i.Scope == layout.Asked }) {
		fmt.Fprintln(a.out, a.say("  有待回答的问题：用 --unit '列=万元'、--year 2020 或 --map '列=属性' 说明后再导入一次",
			"  there are questions: answer with --unit 'COLUMN=万元', --year 2020 or --map 'COLUMN=ATTR', and import the file again"))
	}
}

func (a *app) issues(what string, list []layout.Issue, total int) {
	if total == 0 {
		return
	}
	fmt.Fprintf(a.out, "  %s %s\n", what, figure.Grouped(total))
	var t grid
	for _, i := range list[:min(shown, len(list))] {
		where := fmt.Sprintf(a.say("第 %d 行", "row %d"), i.Row)
		if i.Sheet != "" {
			where = i.Sheet + " " + where
		}
		t.row("    "+where, i.Column, quoted(i.Value), i.Reason)
	}
	t.flush(a.out)
	if total > shown {
		fmt.Fprintf(a.out, a.say("    … 其余 %s 条见 --json\n", "    … %s more in --json\n"), figure.Grouped(total-shown))
	}
}

// quoted shows a cell's text, cut when it is long.
func quoted(s string) string {
	if s == "" {
		return ""
	}
	if r := []rune(s); len(r) > 24 {
		s = string(r[:23]) + "…"
	}
	return "“" + strings.Join(strings.Fields(s), " ") + "”"
}
