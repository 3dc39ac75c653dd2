package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"eyas/internal/answer"
	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/matter/desk"
	"eyas/internal/pack"
	"eyas/internal/registry/layout"
)

// caseImportCmd compares lists of an outside system with cases.
type caseImportCmd struct {
	Matter    string   `name:"matter" required:"" placeholder:"ID" help:"事项 | the matter"`
	Outcome   []string `name:"outcome" required:"" sep:"none" type:"path" placeholder:"FILE" help:"外部系统的名单或导出，可多次 | a list or export of the outside system; may be repeated"`
	More      []string `arg:"" optional:"" name:"file" type:"path" help:"更多文件 | more files"`
	Connector string   `name:"connector" placeholder:"ID" help:"按哪个对接读，默认是事项写明的 | the connector to read it by; that of the matter by default"`
	Year      int      `name:"year" placeholder:"YEAR" help:"哪一年的申报（表里没有年度列时要写） | the year of application, where the file has no column of it"`
	State     string   `name:"state" placeholder:"CODE" help:"整张名单是什么状态（没有状态列的公布名单），如 granted | the state of all rows, for a published list without such a column: granted"`
	AsOf      string   `name:"as-of" placeholder:"YYYY-MM-DD" help:"名单的日期；没有状态日期的行按这一天 | the day of the list; rows without a day of their own have it"`
	Complete  bool     `name:"complete" help:"这是完整名单：在这里等结果而不在名单里的，列为疑问 | the list is complete: what waits here and is not on it is asked about"`
	Org       string   `name:"org" placeholder:"ORG" help:"与 --complete 同用：名单只对这个区、园区完整 | with --complete: it is complete for this district, zone or park only"`
	Map       []string `name:"map" sep:"none" placeholder:"HEADER=COLUMN" help:"指定一列的含义，可多次 | what a column means, may be repeated"`
	Preview   bool     `name:"preview" help:"只看会怎样，不写入 | show what would happen and write nothing"`
}

func (caseImportCmd) detail() pack.Text {
	return pack.Text{
		ZH: "一行按代码、名称（含合并过的）找到主体，再按事项和年度找到办件；确定的按事项写明的状态推进，证书编号也在表里的一并发证。\n" +
			"在名单里而没有在这里申报的、（完整名单）在这里等而不在名单里的、说不清是谁的行，都留作疑问，见 eyas case questions。同一名单再来一次不会重复推进。",
		EN: "A row finds its subject by code or name (also of merged ones), then its case by matter and year; a sure one moves the case by the states of the matter, and issues the certificate whose number stands in the row.\n" +
			"What is on the list and was not filed here, what waits here and is not on a complete list, and rows that are unclear are kept as questions; see eyas case questions. The same list again moves nothing twice.",
	}
}

func (caseImportCmd) refuses() bool { return true }

func (caseImportCmd) examples() []string {
	return []string{"eyas case import --matter tsme --outcome 国科小系统导出.xlsx --json", "eyas case import --matter hnte --outcome 第一批认定名单.xlsx --state granted --as-of 2021-10-28 --year 2021 --complete --preview"}
}

func (c caseImportCmd) Run(a *app) error {
	d, _, err := a.desk()
	if err != nil {
		return err
	}
	p, err := a.pack()
	if err != nil {
		return err
	}
	if _, err := knownMatter(p, c.Matter); err != nil {
		return err
	}
	said := answer.Compared{Matter: c.Matter, Files: []string{}, Questions: []answer.CaseQuestion{}, Left: []answer.CaseLeft{}, Refused: []pack.Text{}, Preview: c.Preview}
	o := desk.Outcome{Matter: c.Matter, Connector: c.Connector, Year: c.Year, State: c.State, AsOf: c.AsOf, Whole: c.Complete, Org: c.Org, Lang: a.lang, Preview: c.Preview, Map: map[string]string{}}
	for _, m := range c.Map {
		i := strings.LastIndexByte(m, '=')
		if i < 1 || i == len(m)-1 {
			return fault.New(fault.Invalid, fmt.Sprintf("--map 的写法是 表头=列，给出的是 %q。", m), fmt.Sprintf("--map is written header=column, not %q", m))
		}
		o.Map[m[:i]] = m[i+1:]
	}
	for _, path := range append(c.Outcome, c.More...) {
		if err := readable(path); err != nil {
			return failed{err}
		}
		o.Source = layout.Source{Name: filepath.Base(legible(path)), Path: path}
		done, err := d.Compare(a.ctx, o)
		if err != nil {
			return failed{err}
		}
		said.Add(done, func(err error) string { return a.why(err) })
	}
	if a.json {
		err = a.object(said)
	} else {
		a.compared(&said)
	}
	if err == nil && len(said.Refused) > 0 {
		err = errRefused
	}
	return err
}

// compared says what came of lists.
func (a *app) compared(c *answer.Compared) {
	if c.Preview {
		fmt.Fprintln(a.out, a.say("预览，没有写入：", "preview, nothing was written:"))
	}
	var t grid
	t.right = map[int]bool{1: true}
	for _, x := range []struct {
		zh, en string
		n      int
	}{{"名单行数", "rows", c.Rows}, {"对上办件", "about a case", c.Matched}, {"推进", "moved", c.Moved}, {"发证", "certificates issued", c.Issued}, {"没有新情况", "nothing new", c.Unchanged},
		{"没有在这里申报", "not filed here", c.NotFiledHere}, {"不在名单里", "not on the list", c.NotOnList}, {"说不清的行", "unclear rows", c.Asked}, {"不归你看的行", "rows about nobody of yours", c.Elsewhere}} {
		t.row("  "+a.say(x.zh, x.en), figure.Grouped(x.n))
	}
	t.flush(a.out)
	for i, q := range c.Questions {
		if i == shown {
			fmt.Fprintf(a.out, a.say("  还有 %d 个疑问，见 eyas case questions\n", "  and %d more questions, see eyas case questions\n"), len(c.Questions)-shown)
			break
		}
		a.question(&q)
	}
	for _, l := range c.Left {
		fmt.Fprintf(a.out, a.say("  办件 %d 没有推进：%s\n", "  case %d was not moved: %s\n"), l.Case, l.Why)
	}
	for i, r := range c.Refused {
		if i < shown {
			fmt.Fprintf(a.out, a.say("  读不了：%s\n", "  not read: %s\n"), r.In(a.lang))
		}
	}
}

func (a *app) question(q *answer.CaseQuestion) {
	at := ""
	if q.ID != 0 {
		at = fmt.Sprintf(a.say("疑问 %d ", "question %d "), q.ID)
	}
	if q.Case != 0 {
		at += fmt.Sprintf(a.say("办件 %d", "case %d"), q.Case)
	}
	fmt.Fprintf(a.out, "  %s %s\n", at, q.Says.In(a.lang))
	if q.Answer != "" {
		fmt.Fprintf(a.out, a.say("    已答（%s，%s）：%s\n", "    answered (%s, %s): %s\n"), q.Answer, q.Answerer, q.Note)
	}
}

// caseQuestionsCmd lists questions.
type caseQuestionsCmd struct {
	plainly
	Matter string `name:"matter" required:"" placeholder:"ID" help:"事项 | the matter"`
	All    bool   `name:"all" help:"已答的也列 | the answered ones, too"`
	After  int64  `name:"after" placeholder:"N" help:"从这个编号之后列起 | behind this number"`
	Limit  int    `name:"limit" default:"100" placeholder:"N" help:"最多几个，至多 1000 | at most so many, 1000 at the most"`
}

func (caseQuestionsCmd) examples() []string {
	return []string{"eyas case questions --matter tsme --json"}
}

func (c caseQuestionsCmd) Run(a *app) error {
	if c.Limit < 1 || c.Limit > 1000 {
		return fault.New(fault.Invalid, "--limit 是 1 到 1000。", "--limit is 1 to 1000")
	}
	d, _, err := a.desk()
	if err != nil {
		return err
	}
	list, err := d.Questions(a.ctx, c.Matter, !c.All, c.After, c.Limit)
	if err != nil {
		return err
	}
	said := answer.CaseQuestions{Questions: []answer.CaseQuestion{}}
	for i := range list {
		said.Questions = append(said.Questions, answer.NewCaseQuestion(&list[i]))
	}
	if len(list) == c.Limit {
		said.Next = list[len(list)-1].ID
	}
	if a.json {
		return a.object(said)
	}
	for i := range said.Questions {
		a.question(&said.Questions[i])
	}
	return nil
}

// caseAnswerCmd answers a question.
type caseAnswerCmd struct {
	plainly
	ID   int64  `arg:"" name:"question" help:"疑问的编号 | number of the question"`
	Case int64  `name:"case" placeholder:"N" help:"这一行说的就是这个办件：按它的状态推进 | the row is about this case, which is moved by it"`
	Note string `name:"note" placeholder:"TEXT" help:"是怎么回事 | what it is about"`
}

func (caseAnswerCmd) examples() []string {
	return []string{"eyas case answer 3 --case 17", "eyas case answer 4 --note 在外区申报，已电话核实"}
}

func (c caseAnswerCmd) Run(a *app) error {
	d, _, err := a.desk()
	if err != nil {
		return err
	}
	q, done, err := d.Answer(a.ctx, c.ID, c.Case, c.Note)
	if err != nil {
		return err
	}
	if done != nil && !a.json {
		return a.done(done)
	}
	x := answer.NewCaseQuestion(q)
	if a.json {
		return a.object(x)
	}
	a.question(&x)
	return nil
}

// caseExportCmd fills the table that an outside system wants with the cases in a stage.
type caseExportCmd struct {
	Matter   string `name:"matter" required:"" placeholder:"ID" help:"事项 | the matter"`
	Stage    string `name:"stage" required:"" placeholder:"ID" help:"在哪个环节的办件 | the stage in which the cases are"`
	Template string `name:"template" required:"" placeholder:"CONNECTOR" help:"按哪个对接的表 | the connector whose table it is"`
	Org      string `name:"org" placeholder:"ORG" help:"只要这个区、园区的 | of this district, zone or park only"`
	Date     string `name:"date" placeholder:"YYYY-MM-DD" help:"按哪一天的数据，默认今天 | as of this day, today by default"`
	Out      string `name:"out" short:"o" type:"path" placeholder:"FILE" help:"写到这个 XLSX 或 CSV | the XLSX or CSV to write"`
	Preview  bool   `name:"preview" help:"只看缺什么 | only show what is missing"`
	Purpose  string `name:"purpose" placeholder:"ID" help:"表里要有个人信息原文时，作何用途 | what unmasked personal data in the table are for"`
	Reason   string `name:"reason" placeholder:"TEXT" help:"是哪件事，4 到 200 个字，写进操作日志 | what it is about, in 4 to 200 characters; it goes into the operation log"`
}

func (caseExportCmd) detail() pack.Text {
	return pack.Text{
		ZH: "把在一个环节的办件填进外部系统要的推荐表；表里的数据按库里现在的，不按表单。",
		EN: "The cases in a stage, in the table that the outside system wants; the data are those of the register, not of the forms.",
	}
}

func (caseExportCmd) refuses() bool { return true }

func (caseExportCmd) examples() []string {
	return []string{"eyas case export --matter tsme --stage national --template tsme_portal -o 推荐表.xlsx"}
}

func (c caseExportCmd) Run(a *app) error {
	p, err := a.pack()
	if err != nil {
		return err
	}
	m, err := knownMatter(p, c.Matter)
	if err != nil {
		return err
	}
	x, err := connectorOf(p, c.Template)
	if err != nil {
		return err
	}
	if x.Register != m.Register {
		return fault.New(fault.Invalid, fmt.Sprintf("%s的表不是给这个事项的主体的。", x.Name.ZH), fmt.Sprintf("the table of the %s is not about subjects of this matter", x.Name.EN))
	}
	d, svc, err := a.desk()
	if err != nil {
		return err
	}
	only := map[int64]bool{}
	for after := int64(0); ; {
		list, err := d.List(a.ctx, desk.Wanted{Matter: c.Matter, Stage: c.Stage, Org: c.Org, After: after, Limit: 1000})
		if err != nil {
			return err
		}
		for _, l := range list {
			root, err := svc.Root(a.ctx, l.Subject)
			if err != nil {
				return err
			}
			only[root] = true
		}
		if len(list) < 1000 {
			break
		}
		after = list[len(list)-1].ID
	}
	do := connectCmd{Name: x.ID, Action: "export", Date: c.Date, Out: c.Out, Preview: c.Preview, Purpose: c.Purpose, Reason: c.Reason, only: only}
	return do.fill(a, p, x)
}

// why is the sentence of an error.
func (a *app) why(err error) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.In(a.lang)
	}
	return err.Error()
}
