package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"eyas/internal/answer"
	"eyas/internal/connect"
	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/identity"
)

// connectCmd exchanges files with another system, as the pack describes it.
type connectCmd struct {
	Name    string         `arg:"" optional:"" name:"name" help:"哪个系统；不给就列出全部 | which system; all are listed when not given"`
	Action  string         `arg:"" optional:"" name:"action" help:"import 读回它导出的文件，export 填好它要的表；不给就显示列和状态 | import what it exported, or export the table that it wants; without one its columns and states are shown"`
	File    string         `arg:"" optional:"" name:"file" help:"import：CSV、XLSX 或 XLS 文件 | import: a CSV, XLSX or XLS file"`
	AsOf    string         `name:"as-of" placeholder:"YYYY-MM-DD" help:"import：文件说的是哪一天的情况；没有状态日期的行按这一天 | import: the day that the file speaks of; rows without a day of their own have it"`
	Map     []string       `name:"map" sep:"none" placeholder:"HEADER=COLUMN" help:"import：指定一列的含义，可多次；=- 表示不用这一列 | import: what a column means, may be repeated; =- leaves the column unused"`
	Unit    []string       `name:"unit" sep:"none" placeholder:"[HEADER=]UNIT" help:"import：没写单位的金额用什么单位 | import: the unit of amounts when the file does not give one"`
	Preview bool           `name:"preview" help:"只看会怎样：不写入底库，也不写文件 | show what would happen: nothing is written, neither to the base nor to a file"`
	Filter  []string       `name:"filter" sep:"none" placeholder:"COND" help:"export：只要这些主体，可多次：district=东丽区、tsme=met、staff>=10、missing=phone、text=部分名称 | export: these subjects only, may be repeated: district=东丽区, tsme=met, staff>=10, missing=phone, text=PART"`
	Date    string         `name:"date" placeholder:"YYYY-MM-DD" help:"export：按哪一天的数据，默认今天；基准年是它的上一年 | export: as of this day, today by default; the base year is the year before"`
	Out     string         `name:"out" short:"o" type:"path" placeholder:"FILE" help:"export：写到这个 XLSX 或 CSV | export: the XLSX or CSV to write"`
	Purpose string         `name:"purpose" placeholder:"ID" help:"export：表里要有个人信息原文时，作何用途：roles.yaml 中 purposes 的编号 | export: what unmasked personal data in the table are for: an id of purposes in roles.yaml"`
	only    map[int64]bool // export: subjects; nil: all
	Reason  string         `name:"reason" placeholder:"TEXT" help:"export：是哪件事，4 到 200 个字，写进操作日志 | export: what it is about, in 4 to 200 characters; it goes into the operation log"`
}

func (connectCmd) detail() pack.Text {
	return pack.Text{
		ZH: "系统的列、状态用语和模板写在城市包的 connectors 里。列名是本项目拟定的，会注明 modelled。\n" +
			"import 按系统的用语读：不认得的状态、缺状态日期的行被拒并说明位置；对不上主体的，按名称列入待确认关联。\n" +
			"export 先说有几行齐全、哪一列缺什么，再写文件；缺的必填格标红，表后附说明和缺项。",
		EN: "A system's columns, words for states and table stand in the connectors of the pack. Columns that this project modelled are marked so.\n" +
			"import reads by the system's words: a row with an unknown state, or without its day, is refused and its place named; what matches no subject by name is asked as a pair.\n" +
			"export says first how many rows are complete and which column lacks what, then writes the file; required cells that lack a value are red, and a sheet behind the table lists them.",
	}
}

func (connectCmd) refuses() bool { return true }

func (connectCmd) examples() []string {
	return []string{
		"eyas connect",
		"eyas connect hnte_portal",
		"eyas connect hnte_portal import 高企认定系统导出.xlsx",
		"eyas connect hnte_portal export --date 2021-03-31 --filter hnte=met -o 推荐企业汇总表.xlsx",
	}
}

func (c connectCmd) Run(a *app) error {
	p, err := a.pack()
	if err != nil {
		return err
	}
	if c.Name == "" {
		return a.connectors(p.Connectors)
	}
	x, err := connectorOf(p, c.Name)
	if err != nil {
		return err
	}
	switch c.Action {
	case "":
		return a.connector(p, x)
	case "import":
		return c.take(a, x)
	case "export":
		return c.fill(a, p, x)
	}
	return fault.New(fault.Invalid, fmt.Sprintf("只有 import 和 export，没有 %q。", c.Action), fmt.Sprintf("there is import and export, and no %q", c.Action))
}

// connectorOf finds a connector by its id or its Chinese name.
func connectorOf(p *pack.Pack, name string) (*pack.Connector, error) {
	var ids []string
	for _, x := range p.Connectors {
		if x.ID == name || x.Name.ZH == name {
			return x, nil
		}
		ids = append(ids, x.ID)
	}
	return nil, fault.New(fault.Invalid, fmt.Sprintf("没有名为 %s 的对接；可用的有：%s。", name, strings.Join(ids, "、")),
		fmt.Sprintf("there is no connector %q; there is %s", name, strings.Join(ids, ", ")))
}

// connectors lists the systems.
func (a *app) connectors(list []*pack.Connector) error {
	if a.json {
		return a.object(answer.NewConnectors(list))
	}
	var t grid
	for _, x := range list {
		var ways []string
		if x.In != nil {
			ways = append(ways, fmt.Sprintf(a.say("读回（%s）", "import (%s)"), a.status(x.In.Status)))
		}
		if x.Out != nil {
			ways = append(ways, fmt.Sprintf(a.say("填报（%s）", "export (%s)"), a.status(x.Out.Status)))
		}
		t.row(x.ID, x.Name.In(a.lang), strings.Join(ways, a.say("，", ", ")), x.Note.In(a.lang))
	}
	t.flush(a.out)
	return nil
}

// connector shows the columns and states of a system.
func (a *app) connector(p *pack.Pack, x *pack.Connector) error {
	if a.json {
		return a.object(answer.NewConnectors([]*pack.Connector{x}))
	}
	reg := p.Register(x.Register)
	fmt.Fprintf(a.out, "%s  %s\n%s\n", x.ID, x.Name.In(a.lang), x.Note.In(a.lang))
	name := func(id string) string {
		if at := reg.Attribute(id); at != nil {
			return at.Name.In(a.lang)
		}
		return id
	}
	if x.In != nil {
		fmt.Fprintf(a.out, a.say("\n读回它的文件：%s\n", "\nimport: %s\n"), connect.Standing(x.In.Status, x.In.Seen).In(a.lang))
		var t grid
		for _, k := range x.In.Columns {
			into := a.say("找主体", "finds the subject")
			if !k.Identity {
				var names []string
				for _, id := range k.Sets {
					names = append(names, name(id))
				}
				if into = "→ " + strings.Join(names, a.say("、", ", ")); k.Attr == x.In.Key {
					into = strings.TrimRight(a.say("分清是哪一件 ", "tells matters apart ")+into, "→ ")
				} else if len(names) == 0 {
					into = a.say("只留在原始记录里", "kept in the record only")
				}
			}
			t.row("  "+k.Header, into)
		}
		t.flush(a.out)
		fmt.Fprintln(a.out, a.say("  状态：", "  states:"))
		codes := p.CodeNames(x.In.State)
		for _, s := range x.In.States {
			t.row("    "+codes[s.Means].In(a.lang), "← "+strings.Join(s.Words, a.say("、", ", ")))
		}
		t.flush(a.out)
	}
	if x.Out != nil {
		fmt.Fprintf(a.out, a.say("\n填好它要的表：%s\n", "\nexport: %s\n"), connect.Standing(x.Out.Status, x.Out.Seen).In(a.lang))
		var t grid
		for _, k := range x.Out.Columns {
			need := ""
			if k.Required {
				need = a.say("必填", "required")
			}
			t.row("  "+k.Header, connect.From(k).In(a.lang), need)
		}
		t.flush(a.out)
	}
	return nil
}

// take imports a file of a system, and asks whom the rows are about that matched no subject.
func (c connectCmd) take(a *app, x *pack.Connector) error {
	if x.In == nil {
		return fault.New(fault.Invalid, x.Name.ZH+"的文件不读回。", "files of the "+x.Name.EN+" are not imported")
	}
	if c.File == "" {
		return fault.New(fault.Invalid, "请给出要读回的文件。", "name the file to import")
	}
	if len(c.Filter) > 0 || c.Out != "" || c.Date != "" {
		return fault.New(fault.Invalid, "--filter、--date、-o 用于 export。", "--filter, --date and -o are for export")
	}
	do := importCmd{Register: x.Register, Source: x.ID, AsOf: c.AsOf, Map: c.Map, Unit: c.Unit, Preview: c.Preview, Files: []string{c.File}}
	reports, err := do.take(a)
	if err != nil {
		return err
	}
	done := answer.Reported{Connector: x.ID, File: reports[0], New: reports[0].Effect.Brought}
	if !c.Preview && reports[0].Import != 0 {
		if done.Linkage, err = c.link(a, x); err != nil {
			return err
		}
	}
	if a.json {
		answer.Fill(done.File)
		err = a.object(done)
	} else {
		a.report(reports[0], c.Preview)
		if done.New > 0 {
			fmt.Fprintf(a.out, a.say("  库里原来没有、新建的：%s（请核对是不是写错了名称或代码）\n", "  new in the base: %s (check that no name or code is misspelt)\n"), figure.Grouped(done.New))
		}
		if l := done.Linkage; l != nil && l.Linked+l.Asked > 0 {
			fmt.Fprintf(a.out, a.say("  按名称对上并合并 %s，待确认 %s（见网页“待确认”）\n", "  matched by name and merged: %s, to be decided by a person: %s (page “Pairs”)\n"), figure.Grouped(l.Linked), figure.Grouped(l.Asked))
		}
	}
	if err == nil && refusedAny(reports) {
		err = errRefused
	}
	return err
}

// link looks whom the subjects are that are known by name only; nil where who acts may not.
func (c connectCmd) link(a *app, x *pack.Connector) (*identity.Linkage, error) {
	p, err := a.pack()
	if err != nil || p.Register(x.Register).CodeAttr == "" {
		return nil, err
	}
	svc, err := a.registry()
	if err != nil {
		return nil, err
	}
	var progress func(derive.Progress)
	if show := a.progress(); show != nil {
		progress = func(p derive.Progress) { show(filepath.Base(c.File), p) }
	}
	l, err := svc.Link(a.ctx, x.Register, progress)
	a.clear()
	if fault.Of(err) == fault.Forbidden {
		return nil, nil
	}
	return l, err
}
