package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"eyas/internal/answer"
	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/file"
	"eyas/internal/pack"
	"eyas/internal/registry"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/table/without"
	"eyas/internal/retention"
	"eyas/internal/sheet"
	"eyas/internal/store"
)

// retainCmd erases what is due by the pack's rules of retention.
type retainCmd struct {
	plainly
	Register string `name:"register" placeholder:"ID" help:"只看这个库 | of this register only"`
	Rule     string `name:"rule" placeholder:"ID" help:"只看这条保存期规则 | by this rule of retention only"`
	Out      string `name:"out" type:"path" placeholder:"FILE" help:"把到期的单元格列成 XLSX | write the cells that are due as XLSX"`
	Ask      bool   `name:"ask" help:"提请抹除到期的，由另一人核准（分账号的底库） | ask for the erasure of what is due, which another person approves (on a base with people)"`
	Plan     int64  `name:"plan" placeholder:"N" help:"抹除申请的编号，与 --approve、--refuse、--withdraw 或 --apply 同用 | number of a plan of erasure, with --approve, --refuse, --withdraw or --apply"`
	Approve  bool   `name:"approve" help:"核准，随后抹除；要用 --cells 写出单元格数 | approve it, and erase; give the number of cells with --cells"`
	Cells    int    `name:"cells" placeholder:"N" help:"要抹除的单元格数，以示确认 | number of cells that are erased, to confirm"`
	Refuse   bool   `name:"refuse" help:"不核准，理由用 --reason | refuse it, for a --reason"`
	Withdraw bool   `name:"withdraw" help:"撤回自己提请的 | withdraw it"`
	Apply    bool   `name:"apply" help:"抹除：一人使用的底库抹除到期的全部；分账号的底库接着办核准了的 | erase: on a base without people all that is due, on one with people what was approved"`
	Hold     string `name:"hold" placeholder:"WHAT" help:"设保全，期内不抹除：subject/编号、import/编号或 register/库 | make a legal hold, under which nothing is erased: subject/N, import/N or register/ID"`
	Until    string `name:"until" placeholder:"DAY" help:"保全的最后一天，如 2027-12-31 | last day of the hold, such as 2027-12-31"`
	Release  int64  `name:"release" placeholder:"N" help:"提前解除这一项保全 | end this hold early"`
	Reason   string `name:"reason" placeholder:"TEXT" help:"理由，4 到 200 个字，记入操作日志 | why, in 4 to 200 characters; it is kept in the operation log"`
}

func (retainCmd) detail() pack.Text {
	return pack.Text{
		ZH: "按城市包的保存期规则（retention.yaml），列出到期应抹除的单元格；不加 --apply 时什么都不改。抹除不能撤回：单元格、由它得出的值和有关的说明都被删去，原文件改写为没有这些单元格的，不能准确改写的删除；日志照样可以核对（eyas verify）。" +
			"可以中断，再次运行会接着做。分账号的底库由一人提请（--ask），另一人核准（--approve）。保全（--hold）期内不抹除。以前的备份不受影响，请另行处理。",
		EN: "Lists the cells that are due by the pack's rules of retention (retention.yaml). Without --apply it changes nothing. An erasure cannot be taken back: cells, the values derived from them and what was said of them are deleted; " +
			"the original file is rewritten without them, or deleted where that cannot be done exactly. The log can still be verified (eyas verify). It can be stopped and goes on when it is run again. On a base with people one person asks (--ask) " +
			"and another one approves (--approve). Under a legal hold (--hold) nothing is erased. Earlier backups are not changed: deal with them apart.",
	}
}

func (retainCmd) examples() []string {
	return []string{"eyas retain", "eyas retain --rule contacts --out 到期.xlsx", "eyas retain --apply --reason 保存期已满", "eyas retain --hold subject/17 --until 2027-12-31 --reason 诉讼保全"}
}

// keeper is what asks for erasures, approves them and works them off.
func (a *app) keeper(p *pack.Pack, db *store.DB, svc *registry.Registry, files *file.Store, actors auth.Directory) *retention.Keeper {
	return retention.New(retention.Config{Pack: p, Storage: db, Registry: svc, Files: files, Clock: a.clock, Actors: actors, Before: a.lapse, Forget: func() error { return a.dropColumns(db, p) },
		Rewrite: func(_ context.Context, path, name string, holes intake.Holes, to io.Writer) (bool, error) {
			return without.Write(path, name, db.Vault(), without.Cells(holes), to)
		}})
}

// lapse writes down which mandates have lapsed: that is known from values which may be erased.
func (a *app) lapse(ctx context.Context) error {
	if _, err := a.people(); err != nil {
		return err
	}
	_, err := a.mandates.Lapse(ctx)
	return err
}

func (c retainCmd) Run(a *app) error {
	if err := c.check(a); err != nil {
		return err
	}
	p, err := a.pack()
	if err != nil {
		return err
	}
	svc, err := a.registry()
	if err != nil {
		return err
	}
	db, err := a.database()
	if err != nil {
		return err
	}
	files, err := a.files(db)
	if err != nil {
		return err
	}
	actors, err := a.actors()
	if err != nil {
		return err
	}
	k := a.keeper(p, db, svc, files, actors)
	switch {
	case c.Hold != "" || c.Release != 0:
		return c.hold(a, k)
	case c.Plan != 0:
		return c.plan(a, k, db)
	case c.Apply && !k.Alone(a.ctx):
		return c.rest(a, k, db)
	case c.Apply || c.Ask:
		return c.due(a, k, db)
	}
	return c.list(a, p, k)
}

// check refuses options that do not go together.
func (c retainCmd) check(a *app) error {
	if err := a.outside(c.Out); err != nil {
		return err
	}
	p, err := a.pack()
	if err != nil {
		return err
	}
	if c.Rule != "" && p.Retained(c.Rule) == nil {
		return fault.New(fault.NotFound, fmt.Sprintf("城市包没有保存期规则 %s。", c.Rule), fmt.Sprintf("the pack has no rule of retention %s", c.Rule))
	}
	if c.Register != "" && p.Register(c.Register) == nil {
		return fault.New(fault.NotFound, fmt.Sprintf("城市包没有库 %s。", c.Register), fmt.Sprintf("the pack has no register %s", c.Register))
	}
	n := 0
	for _, given := range []bool{c.Approve, c.Refuse, c.Withdraw, c.Apply, c.Ask, c.Hold != "", c.Release != 0} {
		if given {
			n++
		}
	}
	switch {
	case n > 1, (c.Approve || c.Refuse || c.Withdraw) && c.Plan == 0, c.Plan != 0 && (n == 0 || c.Ask):
		return fault.New(fault.Invalid, "--ask、--apply、--hold、--release 一次用一个；--approve、--refuse、--withdraw 与 --plan 同用。",
			"use one of --ask, --apply, --hold and --release at a time; --approve, --refuse and --withdraw go with --plan")
	case c.Out != "" && n > 0:
		return fault.New(fault.Invalid, "--out 只列出到期的，不与抹除同用。", "--out lists what is due, and does not go with an erasure")
	}
	return nil
}

// told shows how far a walk over the base is.
func (a *app) told(stage string) retention.Progress {
	show := a.progress()
	if show == nil {
		return nil
	}
	return func(rows, total int) {
		show("", derive.Progress{Stage: stage, Rows: rows, Bytes: int64(rows), TotalBytes: int64(total)})
	}
}

// list says what is due, and changes nothing.
func (c retainCmd) list(a *app, p *pack.Pack, k *retention.Keeper) error {
	parts, err := k.Due(a.ctx, retention.Wanted{Register: c.Register, Rule: c.Rule}, a.told(a.say("清点", "counting")))
	if err != nil {
		return err
	}
	a.clear()
	holds, err := k.Holds(a.ctx, false)
	if err != nil {
		return err
	}
	if c.Out != "" {
		if err := writeWhole(c.Out, func(f *os.File) error { return c.write(a, p, k, f, parts) }); err != nil {
			return err
		}
	}
	tallies := k.Tallies(parts)
	said := answer.NewRetention(k.Today().Format("2006-01-02"), tallies, len(holds))
	if a.json {
		return a.object(said)
	}
	t := grid{right: map[int]bool{2: true, 3: true}}
	t.row(a.say("库", "register"), a.say("规则", "rule"), a.say("导入", "imports"), a.say("单元格", "cells"))
	for _, x := range tallies {
		t.row(p.Register(x.Register).Name.In(a.lang), p.Retained(x.Rule).Name.In(a.lang), figure.Grouped(x.Imports), figure.Grouped(x.Cells))
	}
	if len(tallies) > 0 {
		t.flush(a.out)
	}
	fmt.Fprintf(a.out, a.say("%s 到期应抹除 %s 个单元格；另有 %d 项保全。什么都没有改。\n", "%s: %s cells are due; %d legal holds. Nothing was changed.\n"), said.Day, figure.Grouped(said.Cells), said.Holds)
	return nil
}

// write writes the cells that are due as a workbook. Their values are not in it.
func (c retainCmd) write(a *app, p *pack.Pack, k *retention.Keeper, w io.Writer, parts []retention.Part) error {
	b := sheet.NewBook(w, a.lang)
	title := a.say("到期应抹除的单元格", "Cells that are due")
	b.Describe(title, a.clock())
	if err := b.Sheet(sheet.Sheet{Name: title, Title: title, Head: []any{a.say("库", "register"), a.say("规则", "rule"), a.say("数据项", "field"), a.say("导入", "import"), a.say("来源记录", "source record")}}); err != nil {
		return err
	}
	err := k.EachCell(parts, func(x *retention.Part, record int64) error {
		reg := p.Register(x.Register)
		return b.Row([]any{reg.Name.In(a.lang), p.Retained(x.Rule).Name.In(a.lang), reg.Attribute(x.Attribute).Name.In(a.lang), sheet.Plain(x.Import), sheet.Plain(record)})
	})
	if err != nil {
		return err
	}
	return b.Close()
}

// due asks for what is due. Where nobody else can approve it, it is erased.
func (c retainCmd) due(a *app, k *retention.Keeper, db *store.DB) error {
	if c.Apply { // what a run that was stopped left
		if _, err := c.finish(a, k, db); err != nil {
			return err
		}
	}
	counted, err := k.Count(a.ctx, retention.Wanted{Register: c.Register, Rule: c.Rule}, a.told(a.say("清点", "counting")))
	if err != nil {
		return err
	}
	a.clear()
	if counted.Cells == 0 {
		if _, err := db.Rewrite(a.ctx); err != nil {
			return err
		}
		return c.said(a, k, counted)
	}
	p, err := k.Ask(a.ctx, counted.ID, c.Reason)
	if err != nil {
		return err
	}
	if p.State == retention.Approved {
		if p, err = c.erase(a, k, db, p.ID); err != nil {
			return err
		}
	}
	return c.said(a, k, p)
}

// finish works off what is approved and not done.
func (c retainCmd) finish(a *app, k *retention.Keeper, db *store.DB) (last *retention.Plan, err error) {
	list, _, err := k.Plans(a.ctx, []retention.State{retention.Approved}, 0, 100)
	for i := len(list) - 1; i >= 0 && err == nil; i-- {
		last, err = c.erase(a, k, db, list[i].ID)
	}
	return last, err
}

// rest works off what others approved.
func (c retainCmd) rest(a *app, k *retention.Keeper, db *store.DB) error {
	last, err := c.finish(a, k, db)
	if err != nil {
		return err
	}
	if last == nil {
		if done, err := db.Rewrite(a.ctx); done || err != nil { // owed by an erasure on the pages
			return err
		}
		return fault.New(fault.NotFound, "没有核准了而未办完的抹除申请。请先用 --ask 提请，再由另一人核准。", "there is no approved plan of erasure that is not done: ask with --ask, and have another person approve it")
	}
	return c.said(a, k, last)
}

// erase works off an approved plan.
func (c retainCmd) erase(a *app, k *retention.Keeper, db *store.DB, id int64) (*retention.Plan, error) {
	p, err := k.Apply(a.ctx, id, a.told(a.say("抹除", "erasing")))
	if err != nil {
		return nil, err
	}
	a.clear()
	_, err = db.Rewrite(a.ctx)
	return p, err
}

// plan answers a plan, or works it off.
func (c retainCmd) plan(a *app, k *retention.Keeper, db *store.DB) (err error) {
	var p *retention.Plan
	switch {
	case c.Approve:
		if p, err = k.Approve(a.ctx, c.Plan, c.Cells); err == nil {
			p, err = c.erase(a, k, db, c.Plan)
		}
	case c.Refuse:
		p, err = k.Refuse(a.ctx, c.Plan, c.Reason)
	case c.Withdraw:
		p, err = k.Withdraw(a.ctx, c.Plan)
	default:
		p, err = c.erase(a, k, db, c.Plan)
	}
	if err != nil {
		return err
	}
	return c.said(a, k, p)
}

// said says how a plan stands.
func (c retainCmd) said(a *app, k *retention.Keeper, p *retention.Plan) error {
	if p.Cells == 0 {
		if a.json {
			return a.object(answer.NewRetention(p.Day, nil, 0))
		}
		fmt.Fprintf(a.out, a.say("%s 没有到期应抹除的。\n", "%s: nothing is due\n"), p.Day)
		return nil
	}
	_, parts, err := k.Plan(a.ctx, p.ID)
	if err != nil {
		return err
	}
	if a.json {
		return a.object(answer.NewRetention(p.Day, k.Tallies(parts), 0).Of(p))
	}
	n := figure.Grouped(p.Cells)
	switch p.State {
	case retention.Open:
		fmt.Fprintf(a.out, a.say("已提请抹除 %s 个单元格（第 %d 号），等另一人核准：eyas retain --plan %[2]d --approve --cells %[3]d\n", "asked for the erasure of %s cells (number %d); another person approves it: eyas retain --plan %[2]d --approve --cells %[3]d\n"), n, p.ID, p.Cells)
	case retention.Done:
		fmt.Fprintf(a.out, a.say("第 %d 号抹除申请已办完：抹除 %s 个单元格，因保全等留下 %d 个。\n", "erasure %d is done: %s cells are erased, %d were left because of holds\n"), p.ID, figure.Grouped(p.Erased), p.Kept)
	case retention.Refused:
		fmt.Fprintf(a.out, a.say("第 %d 号抹除申请未核准。\n", "erasure %d is refused\n"), p.ID)
	default:
		fmt.Fprintf(a.out, a.say("第 %d 号抹除申请已撤回。\n", "erasure %d is withdrawn\n"), p.ID)
	}
	return nil
}

// hold makes or ends a legal hold.
func (c retainCmd) hold(a *app, k *retention.Keeper) error {
	if c.Release != 0 {
		if err := k.EndHold(a.ctx, c.Release, c.Reason); err != nil {
			return err
		}
		if a.json {
			return a.object(answer.Held{Hold: c.Release, Ended: true})
		}
		fmt.Fprintf(a.out, a.say("第 %d 项保全已解除。\n", "hold %d is ended\n"), c.Release)
		return nil
	}
	h, err := retention.ParseHold(c.Hold)
	if err != nil {
		return err
	}
	h.Until, h.Reason = c.Until, c.Reason
	made, err := k.AddHold(a.ctx, h)
	if err != nil {
		return err
	}
	if a.json {
		return a.object(answer.Held{Hold: made.ID, Until: made.Until})
	}
	fmt.Fprintf(a.out, a.say("已设第 %d 项保全，到 %s 为止不抹除。\n", "hold %d is made: nothing of it is erased until %s\n"), made.ID, made.Until)
	return nil
}
