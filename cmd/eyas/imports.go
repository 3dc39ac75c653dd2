package main

import (
	"fmt"
	"os"

	"eyas/internal/answer"
	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/registry"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
)

// importsCmd lists the stored imports, newest first.
type importsCmd struct {
	plainly
	Limit    int    `name:"limit" default:"50" placeholder:"N" help:"最多列出多少次 | how many to list"`
	Refused  int64  `name:"refused" placeholder:"ID" help:"取出这次导入中被拒的行（与 --out 同用） | fetch the refused rows of this import (with --out)"`
	Original int64  `name:"original" placeholder:"ID" help:"取回这次导入的原文件（与 --out 同用） | fetch the original file of this import (with --out)"`
	Purpose  string `name:"purpose" placeholder:"ID" help:"取回有个人信息的原文件或被拒的行作何用途：roles.yaml 中 purposes 的编号；以人员身份运行时必填 | what an original, or refused rows, with personal data are fetched for: an id of purposes in roles.yaml; required with --as"`
	Reason   string `name:"reason" placeholder:"TEXT" help:"是哪件事，4 到 200 个字，写进操作日志 | what it is about, in 4 to 200 characters; it goes into the operation log"`
	Out      string `name:"out" type:"path" placeholder:"FILE" help:"写到这个文件：被拒的行为 XLSX，最后一列是原因；原文件则一字不差 | the file to write: refused rows as XLSX with the reason in the last column; an original byte for byte"`
}

func (importsCmd) detail() pack.Text {
	return pack.Text{
		ZH: "每次导入都留有编号、文件、时间和结果。被拒的行可以随时取出，改好后再导入。",
		EN: "Every import keeps its number, file, time and result. Refused rows can be fetched at any time, corrected and imported again.",
	}
}

func (importsCmd) examples() []string {
	return []string{"eyas imports", "eyas imports --refused 3 --out 被拒的行.xlsx", "eyas imports --original 3 --out 原文件.xlsx"}
}

func (c importsCmd) Run(a *app) error {
	if err := a.outside(c.Out); err != nil {
		return err
	}
	if (c.Refused != 0 || c.Original != 0) != (c.Out != "") || c.Refused != 0 && c.Original != 0 {
		return fault.New(fault.Invalid, "--refused 或 --original（二者之一）和 --out 要一起用。", "--refused or --original, one of them, and --out go together")
	}
	svc, err := a.registry()
	if err != nil {
		return err
	}
	if c.Refused != 0 {
		return c.refused(a, svc)
	}
	if c.Original != 0 {
		return c.original(a, svc)
	}
	p, err := a.pack()
	if err != nil {
		return err
	}
	list, total, err := svc.Imports(a.ctx, fact.Wanted{}, 0, c.Limit)
	if err != nil {
		return err
	}
	if a.json {
		return a.object(answer.NewImports(list, total))
	}
	t := grid{right: map[int]bool{0: true, 3: true, 4: true, 5: true, 6: true}}
	t.row(a.say("编号", "id"), a.say("时间", "when"), a.say("文件", "file"), a.say("行", "rows"), a.say("写入", "accepted"), a.say("无变化", "unchanged"), a.say("拒绝", "refused"), "")
	for _, i := range list {
		t.row(fmt.Sprint(i.ID), i.At.In(p.Zone).Format("2006-01-02 15:04"), i.File, figure.Grouped(i.Report.Rows), figure.Grouped(i.Report.Accepted),
			figure.Grouped(i.Report.Unchanged), figure.Grouped(i.Report.Refused), a.standing(i))
	}
	t.flush(a.out)
	if total > len(list) {
		fmt.Fprintf(a.out, a.say("共 %d 次，列出最近 %d 次\n", "%d in all, the latest %d listed\n"), total, len(list))
	}
	return nil
}

func (a *app) standing(i intake.Import) string {
	switch {
	case !i.UndoneAt.IsZero():
		return a.say("已撤销", "taken back")
	case i.Synthetic:
		return a.say("合成数据", "synthetic")
	}
	return ""
}

func (c importsCmd) refused(a *app, svc *registry.Registry) error {
	imp, err := svc.ImportByID(a.ctx, c.Refused)
	if err != nil {
		return err
	}
	if err := c.disclose(a, svc, imp, "refused.xlsx"); err != nil {
		return err
	}
	if err := writeWhole(c.Out, func(f *os.File) error { return svc.Refused(a.ctx, c.Refused, f) }); err != nil {
		return err
	}
	if a.json {
		return a.object(answer.Fetched{Import: c.Refused, File: c.Out})
	}
	return nil
}

// undoCmd undoes one import.
type undoCmd struct {
	plainly
	Import int64 `arg:"" name:"import" help:"导入编号，见 eyas imports | number of the import, see eyas imports"`
}

func (undoCmd) detail() pack.Text {
	return pack.Text{
		ZH: "撤销后，各企业的数据按其余来源重新得出；来源记录留存。再导入同一文件即可恢复。",
		EN: "Every value is derived again from the sources that remain; the source records are kept. Importing the same file again brings it back.",
	}
}

func (undoCmd) examples() []string { return []string{"eyas undo 3"} }

func (c undoCmd) Run(a *app) error {
	svc, err := a.registry()
	if err != nil {
		return err
	}
	var progress func(derive.Progress)
	if show := a.progress(); show != nil {
		progress = func(p derive.Progress) { show("", p) }
	}
	if err := svc.Undo(a.ctx, c.Import, progress); err != nil {
		return err
	}
	a.clear()
	if a.json {
		return a.object(answer.Undone{Undone: c.Import})
	}
	fmt.Fprintf(a.out, a.say("导入 %d 已撤销。\n", "import %d is taken back\n"), c.Import)
	return nil
}
