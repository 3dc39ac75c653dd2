package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"eyas/internal/answer"
	"eyas/internal/fault"
	"eyas/internal/matter"
	"eyas/internal/matter/desk"
	"eyas/internal/pack"
	"eyas/internal/registry"
	"eyas/internal/registry/fact"
)

// caseNewCmd begins a case.
type caseNewCmd struct {
	plainly
	Matter  string `name:"matter" required:"" placeholder:"ID" help:"事项，见 eyas matter list | the matter, see eyas matter list"`
	Subject string `name:"subject" required:"" placeholder:"CODE" help:"给谁办：代码，或能确定是谁的名称 | for whom: the code, or a name that fits one subject only"`
	Form    string `name:"form" type:"path" placeholder:"F.json" help:"表单（JSON）；库里已有的数据会自动填好 | the form as JSON; what the register knows is filled in"`
	Key     string `name:"key" placeholder:"TEXT" help:"自己定的键：同一个键只会发起一件 | a key of your own: the same key begins one case only"`
}

func (caseNewCmd) detail() pack.Text {
	return pack.Text{
		ZH: "新办件是草稿，列出还缺什么（missing）。填齐后用 eyas case act 编号 pass 提交。",
		EN: "A new case is a draft; it says what is missing. File it with eyas case act N pass when nothing is.",
	}
}

func (caseNewCmd) examples() []string {
	return []string{"eyas case new --matter hnte --subject 91120110YY0W7KX21B --form 表单.json --json"}
}

func (c caseNewCmd) Run(a *app) error {
	p, err := a.pack()
	if err != nil {
		return err
	}
	m, err := knownMatter(p, c.Matter)
	if err != nil {
		return err
	}
	var form *matter.Form
	if c.Form != "" {
		data, err := jsonFile(c.Form)
		if err != nil {
			return err
		}
		if form, err = desk.ReadForm(m, data); err != nil {
			return err
		}
	}
	d, svc, err := a.desk()
	if err != nil {
		return err
	}
	who, err := a.find(svc, m.Register, c.Subject)
	if err != nil {
		return err
	}
	done, err := d.Begin(a.ctx, m.ID, who.Subject, form, c.Key)
	if err != nil {
		return err
	}
	return a.done(done)
}

// jsonFile reads a file of the command line.
func jsonFile(path string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fault.New(fault.Invalid, fmt.Sprintf("读不了文件 %s。", legible(path)), fmt.Sprintf("cannot read the file %s", legible(path))).Wrap(err)
	}
	return data, nil
}

// done says what came of an act.
func (a *app) done(done *desk.Done) error {
	x := answer.NewCaseDone(done)
	if a.json {
		return a.object(x)
	}
	var where string
	if e := done.Matter.End(x.End); e != nil {
		where = a.say("已办结：", "ended: ") + e.Name.In(a.lang)
	} else {
		var names []string
		for _, s := range x.Stages {
			names = append(names, done.Matter.Stage(s).Name.In(a.lang))
		}
		where = strings.Join(names, a.say("、", ", "))
	}
	fmt.Fprintf(a.out, a.say("办件 %d：%s", "case %d: %s"), x.Case, where)
	if x.Due != "" {
		fmt.Fprintf(a.out, a.say("，%s 前", ", until %s"), x.Due)
	}
	fmt.Fprintln(a.out)
	for _, k := range x.Missing {
		fmt.Fprintf(a.out, a.say("  缺：%s（%s）%s\n", "  missing: %s (%s) %s\n"), k.Name.In(a.lang), k.Field, k.Says.In(a.lang))
	}
	return nil
}

// caseActCmd does something in a case.
type caseActCmd struct {
	plainly
	ID    int64  `arg:"" name:"case" help:"办件的编号 | number of the case"`
	Do    string `arg:"" name:"action" help:"怎样办：save、pass、refuse、return、supplement、supply、fulfil、withdraw、transfer、delegate、answer、add、remove、score、report、object、settle、suspend、resume、void、urge、copy | what to do: save, pass, refuse, return, supplement, supply, fulfil, withdraw, transfer, delegate, answer, add, remove, score, report, object, settle, suspend, resume, void, urge, copy"`
	Data  string `name:"data" type:"path" placeholder:"F.json" help:"办理的内容（JSON）：note、to、form、fields、remarks、points、state、on、promise、files | what the act says as JSON: note, to, form, fields, remarks, points, state, on, promise, files"`
	Note  string `name:"note" placeholder:"TEXT" help:"意见、理由 | opinion or reason"`
	To    string `name:"to" placeholder:"WHOM" help:"退回到 applicant、previous 或环节；转办、委派、加签、减签、抄送给哪个账号 | return to applicant, previous or a stage; transfer, delegate, add, remove or copy which account"`
	Visit int    `name:"visit" placeholder:"N" help:"在哪一次环节里办（eyas case show 里的 visit）；只有一处能办时不用写 | in which visit of a stage (visit in eyas case show); not needed when there is only one"`
	Key   string `name:"key" placeholder:"TEXT" help:"自己定的键：同一个键只会办一次 | a key of your own: the same key acts once"`
	Seen  int    `name:"seen" placeholder:"N" help:"看到第几条记录（event）为止；之后有变化就不办，并说明变化 | the last record (event) that you have seen: when something changed since, nothing is done, and it says what"`
}

func (caseActCmd) detail() pack.Text {
	return pack.Text{
		ZH: "办不了的会说明原因；此刻能怎样办，见 eyas case show 的 may。",
		EN: "What cannot be done is refused with the reason; what can be done now is in may of eyas case show.",
	}
}

func (caseActCmd) examples() []string {
	return []string{"eyas case act 17 pass", "eyas case act 17 return --to applicant --note 缺审计报告", "eyas case act 17 supplement --data 补正.json --json"}
}

func (c caseActCmd) Run(a *app) error {
	d, _, err := a.desk()
	if err != nil {
		return err
	}
	act := matter.Act{}
	if c.Data != "" {
		seen, err := d.Show(a.ctx, c.ID)
		if err != nil {
			return err
		}
		data, err := jsonFile(c.Data)
		if err != nil {
			return err
		}
		if act, err = desk.ReadAct(seen.Matter, data); err != nil {
			return err
		}
	}
	act.Do = c.Do
	for _, x := range []struct {
		to   *string
		text string
	}{{&act.Note, c.Note}, {&act.To, c.To}, {&act.Key, c.Key}} {
		if x.text != "" {
			*x.to = x.text
		}
	}
	if c.Visit != 0 {
		act.Visit = c.Visit
	}
	if c.Seen != 0 {
		act.Seen = c.Seen
	}
	done, err := d.Act(a.ctx, c.ID, act)
	if err != nil {
		return err
	}
	return a.done(done)
}

// caseShowCmd shows a case with its record.
type caseShowCmd struct {
	plainly
	ID int64 `arg:"" name:"case" help:"办件的编号 | number of the case"`
}

func (caseShowCmd) examples() []string {
	return []string{"eyas case show 17", "eyas case show 17 --json"}
}

func (c caseShowCmd) Run(a *app) error {
	d, svc, err := a.desk()
	if err != nil {
		return err
	}
	seen, err := d.Show(a.ctx, c.ID)
	if err != nil {
		return err
	}
	actors, err := a.caseActors()
	if err != nil {
		return err
	}
	x := answer.NewCase(seen, actors.Classes(a.ctx))
	if who := a.named(svc, []int64{x.Subject})[x.Subject]; who != nil {
		x.Code, x.Name = who.Code, who.Name
	}
	if a.json {
		return a.object(x)
	}
	fmt.Fprintf(a.out, a.say("办件 %d  %s  %s %s\n\n", "case %d  %s  %s %s\n\n"), x.Case, seen.Matter.Name.In(a.lang), x.Code, x.Name)
	var t grid
	t.row(a.say("环节", "stage"), a.say("开始", "begun"), a.say("期限", "due"), a.say("结果", "outcome"), a.say("办理人", "by"))
	for _, v := range x.Stages {
		outcome := v.Outcome
		if v.Void {
			outcome += a.say("（已失效）", " (void)")
		}
		t.row(v.Name.In(a.lang), v.Opened.In(d.Today().Location()).Format("2006-01-02"), v.Due, outcome, v.By)
	}
	t.flush(a.out)
	if e := seen.Matter.End(x.End); e != nil {
		fmt.Fprintf(a.out, a.say("已办结：%s\n", "ended: %s\n"), e.Name.In(a.lang))
	}
	var may []string
	for _, l := range x.May {
		may = append(may, l.Do)
	}
	if len(may) > 0 {
		fmt.Fprintf(a.out, a.say("现在可以：%s\n", "can be done now: %s\n"), strings.Join(may, " "))
	}
	return nil
}

// named finds codes and names of subjects that the actor sees.
func (a *app) named(svc *registry.Registry, ids []int64) map[int64]*fact.Ref {
	found := map[int64]*fact.Ref{}
	for _, id := range ids {
		p, err := svc.Profile(a.ctx, id)
		if err != nil { // he sees the case, not the subject
			continue
		}
		found[id] = &fact.Ref{Subject: id, Code: p.Code, Name: p.Name}
	}
	return found
}

// caseListCmd lists cases.
type caseListCmd struct {
	plainly
	Matter string `name:"matter" placeholder:"ID" help:"只要这个事项的 | of this matter only"`
	Stage  string `name:"stage" placeholder:"ID" help:"只要在这个环节、或以此结局办结的（要写 --matter） | in this stage, or with this end, only (needs --matter)"`
	Org    string `name:"org" placeholder:"ORG" help:"只要这个区、园区的（代码） | of this district, zone or park only (id)"`
	Mine   bool   `name:"mine" help:"只列等我办的，先到期的在前 | what waits for me, what is due first before the rest"`
	After  int64  `name:"after" placeholder:"N" help:"从这个编号之后列起，见上一页的 next | behind this number; see next of the page before"`
	Limit  int    `name:"limit" default:"100" placeholder:"N" help:"最多几件，至多 1000 | at most so many, 1000 at the most"`
}

func (caseListCmd) examples() []string {
	return []string{"eyas case list --matter hnte --stage recommend --org 120110 --json", "eyas case list --mine"}
}

func (c caseListCmd) Run(a *app) error {
	if c.Stage != "" && c.Matter == "" {
		return fault.New(fault.Invalid, "--stage 要和 --matter 同用。", "--stage goes with --matter")
	}
	if c.Limit < 1 || c.Limit > 1000 {
		return fault.New(fault.Invalid, "--limit 是 1 到 1000。", "--limit is 1 to 1000")
	}
	d, svc, err := a.desk()
	if err != nil {
		return err
	}
	said := answer.CaseList{Cases: []answer.CaseLine{}}
	if c.Mine {
		list, err := d.Inbox(a.ctx, c.Limit)
		if err != nil {
			return err
		}
		for _, w := range list {
			said.Cases = append(said.Cases, answer.CaseLine{Case: w.Case, Matter: w.Matter, Subject: w.Subject, Stages: []string{w.Stage}, Due: string(w.Due), Known: true})
		}
	} else {
		list, err := d.List(a.ctx, desk.Wanted{Matter: c.Matter, Stage: c.Stage, Org: c.Org, After: c.After, Limit: c.Limit})
		if err != nil {
			return err
		}
		for _, l := range list {
			said.Cases = append(said.Cases, answer.CaseLine{Case: l.ID, Matter: l.Matter, Subject: l.Subject, Stages: append([]string{}, l.Stages...), End: l.End, Due: string(l.Due), Known: l.DueKnown})
		}
		if len(list) == c.Limit {
			said.Next = list[len(list)-1].ID
		}
	}
	var ids []int64
	for _, x := range said.Cases {
		ids = append(ids, x.Subject)
	}
	names := a.named(svc, ids)
	for i := range said.Cases {
		if who := names[said.Cases[i].Subject]; who != nil {
			said.Cases[i].Code, said.Cases[i].Name = who.Code, who.Name
		}
	}
	if a.json {
		return a.object(said)
	}
	var t grid
	for _, x := range said.Cases {
		t.row(fmt.Sprint(x.Case), x.Matter, x.Code, x.Name, strings.Join(x.Stages, " ")+x.End, x.Due)
	}
	t.flush(a.out)
	return nil
}

// caseTick lets the clock act in the cases in which it has something to do.
func (a *app) caseTick(ctx context.Context) (int, error) {
	d, _, err := a.desk()
	if err != nil {
		return 0, err
	}
	total := 0
	for {
		n, err := d.Tick(ctx, 500)
		total += n
		if err != nil || n == 0 {
			return total, err
		}
	}
}
