package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"eyas/internal/answer"
	"eyas/internal/auth"
	"eyas/internal/connect"
	"eyas/internal/disclosure"
	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/registry"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/template"
	"eyas/internal/rule/col"
	"eyas/internal/sheet"
)

// wantedTable is a table of a system while it is made.
type wantedTable struct {
	*connect.Filler
	app   *app
	svc   *registry.Registry
	of    *col.Table
	at    fact.Moment
	rows  []int // of the columns in memory
	mark  sheet.Mark
	lacks connect.Lacks
}

// fill says how complete the table of a system is, and writes it.
func (c connectCmd) fill(a *app, p *pack.Pack, x *pack.Connector) error {
	if x.Out == nil {
		return fault.New(fault.Invalid, x.Name.ZH+"不收表，没有可填的。", "the "+x.Name.EN+" wants no table")
	}
	if c.Out == "" && !c.Preview {
		return fault.New(fault.Invalid, "用 -o 写明文件，或用 --preview 只看缺什么。", "name the file with -o, or look at what is missing with --preview")
	}
	if ext := strings.ToLower(filepath.Ext(c.Out)); c.Out != "" && ext != ".xlsx" && ext != ".csv" {
		return fault.New(fault.Invalid, "-o 的文件名以 .xlsx 或 .csv 结尾。", "the name given to -o ends in .xlsx or .csv")
	}
	if err := a.outside(c.Out); err != nil {
		return err
	}
	day, err := a.date(c.Date)
	if err != nil {
		return err
	}
	svc, err := a.registry()
	if err != nil {
		return err
	}
	actors, err := a.actors()
	if err != nil {
		return err
	}
	if err := connect.Admits(a.ctx, actors); err != nil {
		return failed{err}
	}
	if err := actors.Decide(a.ctx, auth.Export, auth.Resource{Register: x.Register}); err != nil {
		return failed{err}
	}
	t := &wantedTable{Filler: connect.New(p, x, day), app: a, svc: svc, at: fact.Moment{HeldOn: day}}
	t.Lang, t.Plain = a.lang, strings.HasSuffix(strings.ToLower(c.Out), ".csv")
	settled, err := svc.Settled(a.ctx, t.at)
	if err != nil {
		return err
	}
	if settled {
		t.at = fact.Moment{}
	}
	if t.of, err = a.columnsAt(x.Register, t.at); err != nil {
		return err
	}
	rows, err := a.filtered(p, t.of, day, c.Filter)
	if err != nil {
		return err
	}
	if c.only != nil {
		for row := range t.of.N {
			if rows.Get(row) && !c.only[t.of.Subjects[row]] {
				rows.Clear(row)
			}
		}
	}
	if err := c.unmask(a, t, rows.Count()); err != nil {
		return err
	}
	check := t.Check(t.of, rows)
	rows.Each(func(row int) { t.rows = append(t.rows, row) })
	out := answer.NewFilled(x.ID, check)
	if !a.json {
		a.completeness(t.Connector, check)
	}
	if c.Preview || c.Out == "" {
		return a.filledAs(out)
	}
	switch n := len(t.rows); {
	case n == 0:
		return failed{fault.New(fault.Invalid, "没有符合条件的主体，没有写文件。", "no subject fits, and no file was written")}
	case n > connect.MostRows:
		return failed{fault.New(fault.Invalid, fmt.Sprintf("一张表最多 %s 行，符合条件的有 %s。请用 --filter 缩小范围。", figure.Grouped(connect.MostRows), figure.Grouped(n)),
			fmt.Sprintf("a table has at most %s rows, and %s subjects fit; narrow them with --filter", figure.Grouped(connect.MostRows), figure.Grouped(n)))}
	}
	if err := t.disclose(c); err != nil {
		return err
	}
	if err := writeWhole(c.Out, func(f *os.File) error { return t.write(a.ctx, f) }); err != nil {
		return err
	}
	out.File = c.Out
	if !a.json {
		fmt.Fprintf(a.out, a.say("已写到 %s\n", "written to %s\n"), c.Out)
	}
	return a.filledAs(out)
}

// filledAs ends the command: with the object of --json, and with exit code 3 where rows lack something.
func (a *app) filledAs(out answer.Filled) error {
	if a.json {
		if err := a.object(out); err != nil {
			return err
		}
	}
	if out.Complete < out.Rows {
		return errRefused
	}
	return nil
}

// completeness says how complete a table would be.
func (a *app) completeness(x *pack.Connector, c *connect.Check) {
	fmt.Fprintf(a.out, a.say("%s：%s 行，齐全 %s，有缺 %s\n%s\n", "%s: %s rows, complete %s, lacking %s\n%s\n"), x.Name.In(a.lang), figure.Grouped(c.Rows), figure.Grouped(c.Complete), figure.Grouped(c.Incomplete()),
		connect.Standing(x.Out.Status, x.Out.Seen).In(a.lang))
	var t grid
	t.right = map[int]bool{1: true}
	for _, l := range c.Columns {
		need := ""
		if l.Column.Required {
			need = a.say("必填", "required")
		}
		t.row("  "+l.Column.Header, figure.Grouped(l.Rows), need, l.Why.Text().In(a.lang))
	}
	t.flush(a.out)
}

// unmask has personal data written that are wanted for a purpose.
func (c connectCmd) unmask(a *app, t *wantedTable, rows int) error {
	if c.Purpose == "" {
		return nil
	}
	ask := disclosure.Ask{Register: t.Register.ID, Fields: t.Personal(), Purpose: c.Purpose, Reason: c.Reason}
	if len(ask.Fields) == 0 {
		return fault.New(fault.Invalid, "这张表没有个人信息，不用写 --purpose。", "the table has no personal data; leave out --purpose")
	}
	if !c.Preview {
		kept, err := a.disclosures(t.svc)
		if err != nil {
			return err
		}
		if kept == nil {
			return fault.New(fault.Invalid, "这个底库不分账号，没有人对导出个人信息原文负责。请先运行 eyas person start，再用 --as 写明由谁导出。",
				"this base has no people, so nobody answers for unmasked personal data: run eyas person start, and say with --as who exports them")
		}
		if _, err := kept.Contacts(a.ctx, ask, strings.Join(c.Filter, "；"), rows); err != nil {
			return failed{err}
		}
	}
	t.Open = map[string]bool{}
	for _, id := range ask.Fields {
		t.Open[id] = true
	}
	return nil
}

// disclose writes that the person who runs the command takes the table along, before it is written.
func (t *wantedTable) disclose(c connectCmd) error {
	kept, err := t.app.disclosures(t.svc)
	if err != nil || kept == nil {
		return err
	}
	members := &disclosure.Members{}
	for _, row := range t.rows {
		members.Add(t.of.Subjects[row])
	}
	e := disclosure.Export{What: "/connect/" + t.Connector.ID + "/export.xlsx"}
	if t.Open != nil {
		e.Purpose, e.Fields = c.Purpose, t.Personal()
	}
	return kept.Exported(t.app.ctx, e, members)
}

// each passes the rows of the table.
func (t *wantedTable) each(ctx context.Context, put func([]any) error) error {
	var cells []any
	for i, row := range t.rows {
		p, err := t.svc.ProfileAt(ctx, t.of.Subjects[row], t.at)
		if err != nil {
			return err
		}
		var problems []connect.Problem
		cells, problems = t.Row(p, i+1, cells[:0])
		t.lacks.Add(t.Filler, p, i+1, problems)
		if err := put(cells); err != nil {
			return err
		}
	}
	return nil
}

// write writes the table as its name says: a workbook with the explanations and the lacks behind it, or a CSV.
func (t *wantedTable) write(ctx context.Context, w io.Writer) error {
	synthetic, err := t.svc.Synthetic(ctx)
	if err != nil {
		return err
	}
	if synthetic {
		t.mark = sheet.MarkOf(t.app.lang, t.app.say("底库里有程序生成的企业，不要提交给任何系统。", "the base has generated enterprises; give this to no system."))
	}
	if t.Plain {
		c := sheet.NewCSV(w)
		c.Mark(t.mark)
		if err := c.Cells(t.app.lang, t.Head()); err != nil {
			return err
		}
		if err := t.each(ctx, func(cells []any) error { return c.Cells(t.app.lang, cells) }); err != nil {
			return err
		}
		return c.Close()
	}
	return t.book(ctx, w)
}

func (t *wantedTable) book(ctx context.Context, w io.Writer) error {
	lang, made := t.app.lang, t.app.clock().In(t.Pack.Zone)
	who := cmp.Or(t.app.as, t.app.say("本机操作员", "local operator"))
	b := sheet.NewBook(w, lang)
	b.Mark(t.mark)
	b.Taken(who + " " + made.Format("2006-01-02 15:04"))
	b.Describe(t.Connector.Name.In(lang), made)
	out := t.Connector.Out
	if err := b.Sheet(sheet.Sheet{Name: out.Sheet, Title: out.Title, Head: t.Head()}); err != nil {
		return err
	}
	if err := t.each(ctx, b.Row); err != nil {
		return err
	}
	notes := append(t.Notes(lang), sheet.Made(lang, made, filepath.Base(t.app.db))+t.app.say("；由 ", "; by ")+who)
	if err := b.Sheet(sheet.Sheet{Name: t.app.say("填写说明", "Explanations"), Title: template.NotesHead(lang), Notes: notes, Head: connect.LackHead(lang)}); err != nil {
		return err
	}
	for _, l := range t.lacks.List {
		if err := b.Row(l.Cells(lang)); err != nil {
			return err
		}
	}
	return b.Close()
}
