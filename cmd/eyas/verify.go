package main

import (
	"errors"
	"fmt"

	"eyas/internal/audit"
	"eyas/internal/pack"
)

// verifyCmd checks the hash chain of the operation log.
type verifyCmd struct{ plainly }

func (verifyCmd) detail() pack.Text {
	return pack.Text{
		ZH: "每次写入都在日志里留一条，每条带着上一条的哈希；改动、删除或插入任何一条，链就从那里断开。断开时退出码为 1，并指出位置。",
		EN: "Every write leaves an entry that carries the hash of the one before; a changed, removed or inserted entry breaks the chain there. Exit code 1 when it is broken, with the place.",
	}
}

func (verifyCmd) examples() []string { return []string{"eyas verify --db eyas.db"} }

func (verifyCmd) Run(a *app) error {
	db, err := a.database()
	if err != nil {
		return err
	}
	head, err := db.VerifyAudit(a.ctx)
	var broken *audit.Broken
	if err != nil && !errors.As(err, &broken) {
		return err
	}
	if a.json {
		out := struct {
			OK      bool   `json:"ok"`
			Entries int64  `json:"entries"` // that fit, from the first on
			Head    string `json:"head"`
			Broken  *int64 `json:"broken,omitempty"` // the first entry that does not fit
		}{OK: err == nil, Entries: head.Seq, Head: head.Hash}
		if broken != nil {
			out.Broken = &broken.Seq
		}
		if err := a.object(out); err != nil {
			return err
		}
	}
	if broken != nil {
		fmt.Fprintf(a.err, a.say("日志在第 %d 条断开：%s\n", "the log is broken at entry %d: %s\n"), broken.Seq, broken.What)
		return errReported
	}
	if !a.json {
		fmt.Fprintf(a.out, a.say("日志完整：%d 条，末条哈希 %s\n", "the log is whole: %d entries, head %s\n"), head.Seq, head.Hash)
	}
	return nil
}
