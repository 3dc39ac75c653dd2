package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"eyas/internal/answer"
	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/registry"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/identity"
	"eyas/internal/registry/layout"
	"eyas/internal/registry/link"
	"eyas/internal/sheet"
)

// linkCmd finds the enterprise of the base that each row of a file is about.
type linkCmd struct {
	Register string   `name:"register" default:"enterprise" placeholder:"ID" help:"与哪个库比对，默认 enterprise（企业库） | the register to link to, by default enterprise"`
	Map      []string `name:"map" sep:"none" placeholder:"HEADER=ATTR[@YEAR]" help:"指定一列的含义，可多次；=- 表示不用这一列 | what a column means, may be repeated; =- leaves the column unused"`
	Source   string   `name:"source" placeholder:"ID" help:"文件来自哪个来源，与 --apply 同用 | which source the file is from, with --apply"`
	AsOf     string   `name:"as-of" placeholder:"YYYY-MM-DD" help:"文件说的是哪一天的情况，与 --apply 同用 | the day that the file speaks of, with --apply"`
	Apply    bool     `name:"apply" help:"导入文件，合并可以认定的，其余列入待确认；不给文件就只做关联 | import the file, merge the certain pairs and ask about the others; without a file only link"`
	Out      string   `name:"out" type:"path" placeholder:"FILE.csv" help:"把每一行的结论写到这个 CSV（UTF-8） | write the decision on every row to this CSV (UTF-8)"`
	File     string   `arg:"" optional:"" name:"file" help:"CSV、XLSX 或 XLS 文件 | a CSV, XLSX or XLS file"`
}

func (linkCmd) detail() pack.Text {
	return pack.Text{
		ZH: "依次看信用代码（包括改一处笔误就对上的）、注册号和组织机构代码、名称、曾用名、只在写法上不同的名称，都没有时按名称各部分的相似程度打分。\n" +
			"结论有三种：link 可以认定，ask 要人看一眼，leave 库里没有。不加 --apply 就不写底库；加了以后做的合并都可以撤销。\n" +
			"--out 每行一条：row,name,code,decision,uscc,matched_name,weight,why；weight 以比特计，0 是一半对一半。",
		EN: "Compares in this order: the credit code (also with one typing error), registration number and organisation code, name, former names, names that differ only in spelling. When none matches, the parts of the names are weighed.\n" +
			"The decisions are link (the same enterprise), ask (a person should decide) and leave (not in the base). Without --apply nothing is written to the base; merges that it makes can be undone.\n" +
			"--out has one line per row: row,name,code,decision,uscc,matched_name,weight,why; weights are in bits, 0 is even odds.",
	}
}

func (linkCmd) refuses() bool { return true }

func (linkCmd) examples() []string {
	return []string{
		"eyas link --register enterprise 申报名单.xlsx --out 比对结果.csv",
		"eyas link 名单.csv --out 比对结果.csv --json",
		"eyas link --apply --source bureau 名单.csv",
		"eyas link --apply",
	}
}

func (c linkCmd) Run(a *app) error {
	if err := a.outside(c.Out, c.File); err != nil {
		return err
	}
	p, err := a.pack()
	if err != nil {
		return err
	}
	if !c.Apply && (c.File == "" || c.Out == "") {
		return fault.New(fault.Invalid, "请给出文件和 --out；只对库里已有的做关联时用 --apply。", "name a file and --out; to link what is in the base already use --apply")
	}
	if c.File == "" && (c.Out != "" || c.Source != "" || c.AsOf != "") {
		return fault.New(fault.Invalid, "--out、--source、--as-of 说的是文件，请同时给出文件。", "--out, --source and --as-of speak of a file: name it")
	}
	opt, err := importCmd{Register: c.Register, Map: c.Map, Source: c.Source, AsOf: c.AsOf}.options(a, p)
	if err != nil {
		return err
	}
	if c.File != "" {
		if err := readable(c.File); err != nil {
			return failed{err}
		}
	}
	db, err := a.database()
	if err != nil {
		return err
	}
	start := a.clock()
	actors, err := a.actors()
	if err != nil {
		return err
	}
	reg := registry.New(p, db, a.clock)
	if c.Apply {
		if err := a.upToDate(reg); err != nil {
			return err
		}
	}
	reg = reg.WithActors(actors)
	n := answer.Linked{File: legible(c.File), By: map[link.By]int{}}
	src := layout.Source{Name: filepath.Base(legible(c.File)), Path: c.File}
	if c.File != "" {
		if err := c.match(a, reg, src, opt, &n); err != nil {
			return failed{err}
		}
	}
	if c.Apply {
		if n.Applied, err = c.apply(a, reg, src, opt); err != nil {
			return failed{err}
		}
	}
	n.Seconds = a.clock().Sub(start).Seconds()
	if a.json {
		if err := a.object(n); err != nil {
			return err
		}
	} else if c.Apply {
		l := n.Applied.Linkage
		if i := n.Applied.Import; i != nil {
			a.report(i, false)
		}
		fmt.Fprintf(a.out, a.say("看了 %s 家：合并 %s，待确认 %s，库里没有 %s，用时 %.3f 秒\n", "looked at %s: merged %s, to be asked %s, like none %s, in %.3f s\n"),
			figure.Grouped(l.Looked), figure.Grouped(l.Linked), figure.Grouped(l.Asked), figure.Grouped(l.Left), n.Seconds)
	} else {
		var t grid
		t.right = map[int]bool{1: true}
		t.row(a.say("可以认定", "link"), figure.Grouped(n.Link))
		t.row(a.say("要人看", "ask"), figure.Grouped(n.Ask))
		t.row(a.say("库里没有", "leave"), figure.Grouped(n.Leave))
		t.flush(a.out)
		fmt.Fprintf(a.out, a.say("共 %s 行，对 %s 家，用时 %.3f 秒\n结果写到 %s\n", "%s rows against %s subjects in %.3f s\nwritten to %s\n"),
			figure.Grouped(n.Rows), figure.Grouped(n.Subjects), n.Seconds, c.Out)
	}
	if n.Refused > 0 {
		return errRefused
	}
	return nil
}

// apply imports the file and runs linkage over the subjects that are known by name only.
func (c linkCmd) apply(a *app, reg *registry.Registry, src layout.Source, opt layout.Options) (*answer.Applied, error) {
	done := &answer.Applied{}
	show := a.progress()
	var progress func(derive.Progress)
	if show != nil {
		progress = func(p derive.Progress) { show(src.Name, p) }
	}
	both := func(ctx context.Context) (err error) {
		if c.File != "" {
			if done.Import, _, err = reg.Import(ctx, src, opt, progress); err != nil {
				return err
			}
			done.Import.File = legible(c.File)
			answer.Fill(done.Import)
		}
		done.Linkage, err = reg.Link(ctx, c.Register, progress)
		return err
	}
	var err error
	if c.File != "" { // neither stays without the other
		err = reg.Together(a.ctx, progress, both)
	} else {
		err = both(a.ctx)
	}
	a.clear()
	if err != nil {
		return nil, err
	}
	return done, nil
}

// match reads the file twice: first to learn how its names are written, then to decide.
func (c linkCmd) match(a *app, reg *registry.Registry, src layout.Source, opt layout.Options, n *answer.Linked) error {
	x, err := reg.LinkIndex(a.ctx, c.Register, link.Options{})
	if err != nil {
		return err
	}
	n.Subjects = x.Len()
	rows, read := reg.Rows(a.ctx, src, opt)
	n.Learned = x.Learn(func(yield func(link.Row) bool) {
		for r := range rows {
			if !yield(r.Row) {
				return
			}
		}
	})
	if err := read(); err != nil {
		return err
	}
	write := func(f io.Writer) error {
		w := sheet.NewCSV(f)
		if err := a.mark(w); err != nil {
			return err
		}
		if err := w.Row("row", "name", "code", "decision", "uscc", "matched_name", "weight", "why"); err != nil {
			return err
		}
		rows, read := reg.Rows(a.ctx, src, opt)
		line := make([]string, 8)
		err := link.Each(x, rows, func(r *identity.FileRow) *link.Row { return &r.Row }, func(r *identity.FileRow, m *link.Match) error {
			n.Count(r, m)
			return w.Row(linkLine(line, r, m, a.lang)...)
		})
		if err = cmp.Or(err, read()); err != nil {
			return err
		}
		return w.Close()
	}
	if c.Out == "" { // only the counts are wanted
		return write(io.Discard)
	}
	return writeWhole(c.Out, func(f *os.File) error { return write(f) })
}

// linkLine fills a line of the CSV with a decision. A row that is left has no subject.
func linkLine(line []string, r *identity.FileRow, m *link.Match, lang string) []string {
	why := m.ZH
	if lang == "en" {
		why = m.EN
	}
	line[0], line[1], line[2], line[3] = strconv.Itoa(r.Number), r.Row.Name, r.Row.Code, string(m.Decision)
	line[4], line[5], line[6] = "", "", ""
	switch {
	case r.Refused != nil && m.Decision == link.Leave:
		why = r.Refused.Text.In(lang)
	case m.Decision != link.Leave && len(m.Candidates) > 0:
		best := m.Candidates[0]
		line[4], line[5] = best.Code, best.Name
		if best.Former {
			why += map[bool]string{true: " (former name: " + best.Matched + ")", false: "（曾用名：" + best.Matched + "）"}[lang == "en"]
		}
	}
	if m.By == link.ByScore {
		why += parted(m.Candidates[0].Evidence, lang)
	}
	if m.By == link.ByScore || m.By == link.ByNothing && len(m.Candidates) > 0 {
		line[6] = strconv.FormatFloat(m.Weight, 'f', 1, 64)
	}
	line[7] = why
	return line
}

// parted returns the weights of the parts of a name as one line of evidence.
func parted(list []link.Evidence, lang string) string {
	parts := make([]string, len(list))
	for i, e := range list {
		text := e.ZH
		if lang == "en" {
			text = e.EN
		}
		parts[i] = fmt.Sprintf("%s %+.1f", text, e.Bits)
	}
	if lang == "en" {
		return " " + strings.Join(parts, "; ")
	}
	return strings.Join(parts, "；")
}
