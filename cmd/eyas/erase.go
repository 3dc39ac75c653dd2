package main

import (
	"fmt"

	"eyas/internal/answer"
	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/file"
	"eyas/internal/pack"
	"eyas/internal/registry"
	"eyas/internal/store"
)

// eraseCmd erases a cell of a source record for good.
type eraseCmd struct {
	plainly
	Record int64  `required:"" placeholder:"N" help:"来源记录的编号（见来源记录页的网址） | number of the source record (see the address of its page)"`
	Column string `required:"" placeholder:"C" help:"列名，或列字母如 C | header of the column, or its letter such as C"`
	Reason string `required:"" placeholder:"TEXT" help:"理由，记入操作日志 | why; it is kept in the operation log"`
}

func (eraseCmd) detail() pack.Text {
	return pack.Text{
		ZH: "把来源记录的一个单元格永久抹除，档案随之重新得出；同一次导入的原文件仍含有它，所以一并删除。抹除不能撤回，记入操作日志；日志和其余内容照样可以核对（eyas verify）。" +
			"SQLite 底库随后整理一遍，使文件里不再留有旧内容。以前的备份不受影响，请另行处理。",
		EN: "Erases one cell of a source record for good; the profile is derived again. The original file of the import still has the value, so it is deleted too. This cannot be taken back. It is in the operation log, " +
			"and the log and everything else can still be verified (eyas verify). A base in SQLite is then rewritten, so that its file holds no old content. Earlier backups are not changed: deal with them apart.",
	}
}

func (eraseCmd) examples() []string {
	return []string{"eyas erase --record 17 --column 经办人手机 --reason 本人要求删除"}
}

// free refuses to erase what a legal hold keeps. Of a record that there is not, the erasure says so.
func (c eraseCmd) free(a *app, svc *registry.Registry, db *store.DB, files *file.Store) error {
	p, err := a.pack()
	if err != nil {
		return err
	}
	actors, err := a.actors()
	if err != nil {
		return err
	}
	if actors.Decide(a.ctx, auth.Erase, auth.Resource{}) != nil {
		return nil // the erasure refuses it
	}
	r, err := svc.Record(a.ctx, c.Record)
	if err != nil {
		if fault.Of(err) == fault.NotFound {
			err = nil
		}
		return err
	}
	return a.keeper(p, db, svc, files, actors).Free(a.ctx, r.Import.Register, r.Import.ID, r.Subject)
}

func (c eraseCmd) Run(a *app) error {
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
	if err := files.Reachable(a.ctx); err != nil { // before anything is done
		return err
	}
	if err := c.free(a, svc, db, files); err != nil {
		return err
	}
	if err := a.lapse(a.ctx); err != nil {
		return err
	}
	done, err := svc.Erase(a.ctx, c.Record, c.Column, c.Reason)
	if err != nil {
		return err
	}
	original, err := files.Erase(a.ctx, done.SHA256, operator, c.Reason)
	if err != nil {
		return err
	}
	p, err := a.pack()
	if err != nil {
		return err
	}
	if err := a.dropColumns(db, p); err != nil {
		return err
	}
	rewritten, err := db.Rewrite(a.ctx)
	if err != nil {
		return err
	}
	if done.Again && !original && !rewritten { // nothing of an earlier run was left to do
		return fault.New(fault.NotFound, fmt.Sprintf("来源记录 %d 的“%s”以前已经抹除，没有要做的了。", done.Record, done.Column),
			fmt.Sprintf("“%s” of source record %d was erased before, and nothing is left to be done", done.Column, done.Record))
	}
	if a.json {
		return a.object(answer.Erased{Record: done.Record, Column: done.Column, Subject: done.Subject, Original: original})
	}
	fmt.Fprintf(a.out, a.say("来源记录 %d 的“%s”已抹除。\n", "“%[2]s” of source record %[1]d is erased\n"), done.Record, done.Column)
	if original {
		fmt.Fprintf(a.out, a.say("导入 %d 的原文件已删除。\n", "the original file of import %d is deleted\n"), done.Import)
	}
	return nil
}
