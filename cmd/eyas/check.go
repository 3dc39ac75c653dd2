package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"eyas/internal/answer"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry"
	"eyas/internal/registry/fact"
	"eyas/internal/store"
	"eyas/internal/store/check"
	"eyas/internal/vault"
)

// checkCmd reads the whole base and lists damage.
type checkCmd struct{ plainly }

func (checkCmd) detail() pack.Text {
	return pack.Text{
		ZH: "读完整个底库：数据库自身的结构，每行的校验和，以及记录、关联、档案、导入之间是否相符。有损坏时逐条列出，退出码为 1，此后不再写入，请从备份恢复。每次写入之前和网页启动时另有快速检查。是否有人改动过内容，由 eyas verify 核对。",
		EN: "Reads the whole base and checks its structure (by the database itself), the checksum of every row, and the references between records, links, profiles and imports. Lists damage and ends with exit code 1; nothing can be written then: restore a backup. Before every write, and when the pages start, there is a quick check too. Whether somebody changed the contents is for eyas verify to say.",
	}
}

func (checkCmd) examples() []string {
	return []string{"eyas check --db eyas.db", "eyas check --db eyas.db --json"}
}

func (c checkCmd) Run(a *app) error {
	if err := a.exists(); err != nil {
		return err
	}
	p, err := a.pack()
	if err != nil {
		return err
	}
	db, err := a.database()
	if err != nil {
		return err
	}
	start := a.clock()
	problems, err := db.Check(a.ctx, a.part("structure", "数据库结构", "structure", "rows", "每行的校验和", "checksums of rows", "logic", "相互是否相符", "whether rows agree"))
	if err != nil {
		return err
	}
	problems = append(problems, unreadable(a, p, db)...)
	if err := a.ctx.Err(); err != nil {
		return err
	}
	a.clear()
	seconds := a.clock().Sub(start).Seconds()
	if a.json {
		out := answer.Checked{OK: len(problems) == 0, Problems: []answer.Damage{}, Seconds: seconds}
		for _, p := range problems {
			out.Problems = append(out.Problems, answer.Damage{Kind: p.Kind, Sentence: p.Text.In(a.lang), Detail: p.What})
		}
		if err := a.object(out); err != nil {
			return err
		}
	}
	for _, p := range problems {
		fmt.Fprintf(a.err, "%s\n  %s\n", p.Text.In(a.lang), p.What)
	}
	if len(problems) > 0 {
		fmt.Fprintf(a.err, a.say("底库 %s 已损坏（%d 处），不再写入。请用 eyas restore 从备份恢复。\n",
			"The base %s is damaged (%d problems); nothing more is written into it. Restore a backup with eyas restore.\n"), db.Name(), len(problems))
		return errReported
	}
	if !a.json {
		fmt.Fprintf(a.out, a.say("底库完好，用时 %.1f 秒\n", "the base is sound, in %.1f s\n"), seconds)
	}
	return nil
}

// unreadable reads every profile as lists do and returns the first one of each register that cannot be read.
func unreadable(a *app, p *pack.Pack, db *store.DB) (found []check.Problem) {
	reg := registry.New(p, db, a.clock)
	for _, r := range p.Registers {
		err := reg.EachProfile(a.ctx, r.ID, 0, func(*fact.Profile) error { return nil })
		if errors.Is(err, vault.ErrNoKey) {
			fmt.Fprintln(a.err, a.say("eyas: "+r.Name.ZH+"中有加密的内容，而密钥不在密钥文件里：这部分没有检查。运行 eyas keys 看缺哪一把。",
				"eyas: some content of the register "+r.ID+" is encrypted, and its key is not in the key file: it was not checked. Run eyas keys to see which one is missing."))
			continue
		}
		if err != nil {
			found = append(found, check.Problem{Kind: "values", Text: pack.Text{ZH: r.Name.ZH + "的档案读不出来。", EN: "Profiles of the register " + r.ID + " cannot be read."}, What: err.Error()})
		}
	}
	return found
}

// part returns a function that shows the current part of the work. Names come in threes: an id and the text in both
// languages.
func (a *app) part(names ...string) func(string) {
	if a.progress() == nil { // no terminal
		return nil
	}
	return func(id string) {
		for i := 0; i+2 < len(names); i += 3 {
			if names[i] == id {
				a.clear()
				text := a.say(names[i+1], names[i+2]) + " …"
				fmt.Fprint(a.err, text)
				a.wipe = func() { fmt.Fprint(a.err, "\r"+strings.Repeat(" ", places(text))+"\r") }
			}
		}
	}
}

// exists returns a fault when there is no base, instead of creating one.
func (a *app) exists() error {
	if remote(a.db) {
		return nil
	}
	if _, err := os.Stat(a.db); os.IsNotExist(err) {
		return fault.New(fault.NotFound, fmt.Sprintf("没有底库 %s。", a.db), fmt.Sprintf("There is no base %s.", a.db)).Wrap(err)
	}
	return nil
}
