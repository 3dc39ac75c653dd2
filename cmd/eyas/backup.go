package main

import (
	"cmp"
	"fmt"

	"eyas/internal/answer"
	"eyas/internal/audit"
	"eyas/internal/backup"
	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/store"
)

// backupCmd writes base and uploads into one file.
type backupCmd struct {
	plainly
	File string `arg:"" name:"file" help:"备份写到的文件，如 eyas-2026-11-29.zip | the file to write, such as eyas-2026-11-29.zip"`
}

func (backupCmd) detail() pack.Text {
	return pack.Text{
		ZH: "可以在网页开着、有人写入时做。副本经过完整检查，损坏的底库不会被备份。备份是一个 zip 文件，内有清单、底库和等待确认的上传文件；它的 SHA-256 打印出来，写在旁边的 .sha256 文件里，也记入操作日志。已有的文件不覆盖。PostgreSQL 上的底库请用 pg_dump，步骤见 docs/operations.md。",
		EN: "Works while the pages are open and others write. The whole copy is checked; a damaged base is not backed up. A backup is a zip file with a manifest, the base and the uploads that wait to be confirmed; its SHA-256 is printed, stands in a .sha256 file beside it, and is entered in the operation log. A file that exists is not overwritten. For a base on PostgreSQL take pg_dump; the steps are in docs/operations.md.",
	}
}

func (backupCmd) examples() []string {
	return []string{"eyas backup eyas-2026-11-29.zip --db eyas.db"}
}

func (c backupCmd) Run(a *app) error {
	if remote(a.db) {
		return store.OnServer()
	}
	if err := a.exists(); err != nil {
		return err
	}
	db, err := a.database()
	if err != nil {
		return err
	}
	start := a.clock()
	m, digest, err := backup.Write(a.ctx, db, backup.Options{Uploads: a.uploadDir(db), Out: c.File, Actor: operator, Program: programVersion(), Clock: a.clock,
		Told: a.part("copy", "复制", "copying", "check", "检查副本", "checking the copy", "archive", "写备份文件", "writing the archive")})
	if err != nil {
		return err
	}
	a.clear()
	seconds := a.clock().Sub(start).Seconds()
	if a.json {
		return a.object(answer.BackedUp{
			File: c.File, SHA256: digest, Base: m.Base, Entries: m.Entries, Head: m.Head, Counts: m.Counts, Uploads: len(m.Parts) - 1, Seconds: seconds,
		})
	}
	fmt.Fprintf(a.out, a.say("已备份到 %s：%s 次导入，%s 条来源记录，%s 个主体，旁边的文件 %d 个，用时 %.1f 秒\n日志 %d 条，末条哈希 %s\nSHA-256 %s\n",
		"backed up to %s: %s imports, %s records, %s subjects, %d files beside the base, in %.1f s\nlog: %d entries, head %s\nSHA-256 %s\n"),
		c.File, figure.Grouped(int(m.Counts["imports"])), figure.Grouped(int(m.Counts["records"])), figure.Grouped(int(m.Counts["subjects"])), len(m.Parts)-1, seconds, m.Entries, m.Head, digest)
	return nil
}

// restoreCmd restores a backup into a new base.
type restoreCmd struct {
	plainly
	File    string `arg:"" name:"file" help:"eyas backup 做的文件 | a file that eyas backup made"`
	Replace bool   `name:"replace" help:"--db 已存在时换掉它；原来的改名留在旁边 | replace the base at --db; the old one is kept beside it under another name"`
}

func (restoreCmd) detail() pack.Text {
	return pack.Text{
		ZH: "先核对备份里的每一部分并检查其中的底库，全部无误才放到 --db 的位置；已有的底库不会被覆盖。恢复出来的底库从此有自己的历史：身份是新的，日志里记下用了哪个备份，以前留下的列文件不会被它误用。--replace 要求没有程序正在使用原来的底库。",
		EN: "Every part of the backup is compared with the manifest, and the base in it is checked, before it is put at --db. An existing base is never overwritten. The new base has a history of its own from here on: its identity is new, its log says which backup it is from, and columns that were kept earlier are not taken for its own. With --replace no program may be using the old base.",
	}
}

func (restoreCmd) examples() []string {
	return []string{"eyas restore eyas-2026-11-29.zip --db restored.db", "eyas restore eyas-2026-11-29.zip --db eyas.db --replace"}
}

func (c restoreCmd) Run(a *app) error {
	if remote(a.db) {
		return store.OnServer()
	}
	start := a.clock()
	done, err := backup.Restore(a.ctx, c.File, backup.RestoreOptions{DB: a.db, Uploads: cmp.Or(a.filesDir, a.db+".uploads"), Keys: a.keys, Replace: c.Replace, Actor: operator, Clock: a.clock,
		Told: a.part("extract", "核对备份", "verifying the backup", "check", "检查底库", "checking the base")})
	if err != nil {
		return err
	}
	a.clear()
	m, seconds := done.Manifest, a.clock().Sub(start).Seconds()
	if a.json {
		return a.object(answer.Restored{
			DB: a.db, Base: done.Base, From: m.Base, At: m.At.Format("2006-01-02T15:04:05Z07:00"), SHA256: done.SHA256, Counts: m.Counts, Uploads: len(m.Parts) - 1,
			Aside: done.Aside, Seconds: seconds,
		})
	}
	fmt.Fprintf(a.out, a.say("已从 %s 的备份恢复到 %s：%s 次导入，%s 个主体，旁边的文件 %d 个，用时 %.1f 秒\n",
		"restored the backup of %s to %s: %s imports, %s subjects, %d files beside the base, in %.1f s\n"),
		m.At.Local().Format("2006-01-02 15:04"), a.db, figure.Grouped(int(m.Counts["imports"])), figure.Grouped(int(m.Counts["subjects"])), len(m.Parts)-1, seconds)
	if done.Aside != "" {
		fmt.Fprintf(a.out, a.say("原来的底库现在是 %s\n", "the old base is now %s\n"), done.Aside)
	}
	return nil
}

// renewCmd starts a new history of a restored base.
type renewCmd struct{ plainly }

func (renewCmd) detail() pack.Text {
	return pack.Text{
		ZH: "用 pg_restore 恢复或复制底库之后运行一次：先检查整个底库，再给它新的身份，在日志里记一条，并更新统计信息（没有统计信息，撤销等操作会慢几十倍）。忘了运行也不会读到别的底库的数据：留在磁盘上的列要与底库的历史相符才会使用。",
		EN: "Run once after a base was restored with pg_restore, or copied: the whole base is checked, gets a new identity and an entry in its log, and its statistics are taken (without them undo is dozens of times slower). When it is forgotten, no data of another base is read: columns on the disk are used only if they fit the history of the base.",
	}
}

func (renewCmd) examples() []string {
	return []string{"eyas renew --db postgres://eyas@localhost/restored"}
}

func (c renewCmd) Run(a *app) error {
	if err := a.exists(); err != nil {
		return err
	}
	db, err := a.database()
	if err != nil {
		return err
	}
	problems, err := db.Check(a.ctx, nil)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		for _, p := range problems {
			fmt.Fprintf(a.err, "%s\n  %s\n", p.Text.In(a.lang), p.What)
		}
		return errReported
	}
	before := db.Base()
	if err := db.Renew(a.ctx, audit.Entry{At: a.clock(), Actor: operator, Action: "renew", Subject: "base", Detail: fmt.Sprintf(`{"base":%q}`, before)}); err != nil {
		return err
	}
	if a.json {
		return a.object(answer.Renewed{Base: db.Base(), From: before})
	}
	fmt.Fprintf(a.out, a.say("底库完好，开始新的历史：%s（原为 %s）\n", "the base is sound and begins a new history: %s (it was %s)\n"), db.Base(), before)
	return nil
}
