package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"eyas/internal/answer"
	"eyas/internal/audit"
	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/registry"
	"eyas/internal/registry/derive"
	"eyas/internal/store/verify"
)

// verifyCmd checks the operation log and compares the base with it.
type verifyCmd struct {
	plainly
	Head     string `placeholder:"N:HASH" help:"以前记下的日志头（verify 打印的“条数:哈希”，旧版本的也可以）；能发现末尾被删或重写 | a head of the log that verify printed earlier (also an older version): finds entries that were deleted from the end or rewritten"`
	Proof    string `placeholder:"FILE" help:"只核对一份从日志页下载的存证，不需要底库；配合 --head 与记下的日志头比对 | check only a proof that was downloaded from the page of the log; needs no base. With --head, compare it with the head that was noted"`
	Profiles bool   `negatable:"" default:"true" help:"从来源记录重新推导每份档案并比较 | derive every profile again from its records and compare"`
}

func (verifyCmd) detail() pack.Text {
	return pack.Text{
		ZH: "每次写入都在日志里留一条，带着所写内容的摘要；全部条目按提交的次序封存在一棵默克尔树（RFC 9162）里。本命令核对日志，再把库里现有的记录、关联、合并、决定和计数器与日志比对，并从记录重新推导档案；" +
			"改动、删除或绕过程序加入的，都指出是哪一处。打印的日志头（条数:哈希）请另存一处，下次用 --head 交回：只有这样才能发现日志末尾被删或整段重写。有不符之处时退出码为 1。",
		EN: "Every write leaves an entry that carries digests of what it wrote; all entries are sealed in the order of their commits in a Merkle tree (RFC 9162). This checks the log, compares the records, links, merges, decisions and counters that stand in the base with it, " +
			"and derives the profiles again; what was changed, removed or inserted behind the program's back is named. Keep the head that is printed (number:hash) elsewhere and give it back with --head: nothing else shows that the end of the log was cut off or rewritten. Exit code 1 when something does not agree.",
	}
}

func (verifyCmd) examples() []string {
	return []string{"eyas verify --db eyas.db", "eyas verify --db eyas.db --head 12:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "eyas verify --proof 存证-12.json"}
}

func (c verifyCmd) Run(a *app) error {
	var noted *audit.Point
	if c.Head != "" {
		p, ok := audit.ParsePoint(c.Head)
		if !ok {
			return fault.New(fault.Invalid, fmt.Sprintf("--head 应是 eyas verify 打印的“条数:哈希”，而不是“%s”。", c.Head),
				fmt.Sprintf("--head is what eyas verify prints, number:hash, not “%s”.", c.Head))
		}
		noted = &p
	}
	if c.Proof != "" {
		return c.proof(a, noted)
	}
	db, err := a.database()
	if err != nil {
		return err
	}
	var progress func(derive.Progress)
	if show := a.progress(); show != nil {
		progress = func(p derive.Progress) { show("", p) }
	}
	v, err := db.Verify(a.ctx, noted, progress)
	if err != nil {
		a.clear()
		return err
	}
	out := answer.Verified{Records: v.Records, Rows: v.Rows, From: v.From, Noted: v.Head.Point().String()}
	if c.Profiles && v.From != 0 {
		err = c.profiles(a, v, &out, progress)
	}
	a.clear()
	if err != nil {
		return err
	}
	out.OK, out.Entries, out.Head, out.Found, out.Problems = v.Found == 0, v.Fit, v.Head.Root, v.Found, v.Problems
	out.Unsealed, out.Hash = v.Unsealed, string(db.Hash())
	if v.Broken != 0 {
		out.Broken = &v.Broken
	}
	if a.json {
		if out.Problems == nil {
			out.Problems = []audit.Problem{}
		}
		if err := a.object(out); err != nil {
			return err
		}
	} else {
		c.say(a, v, &out)
	}
	if !out.OK {
		return errReported
	}
	return nil
}

// largestProof is how many bytes of a proof are read: an entry with its detail, and some hashes.
const largestProof = 1 << 20

// proof checks a file of evidence, without a base.
func (c verifyCmd) proof(a *app, noted *audit.Point) error {
	f, err := os.Open(c.Proof)
	if err != nil {
		return fault.New(fault.NotFound, fmt.Sprintf("打不开文件 %s。", legible(c.Proof)), fmt.Sprintf("cannot open %s", legible(c.Proof))).Wrap(err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, largestProof+1))
	if err != nil {
		return err
	}
	x, err := audit.ReadEvidence(text)
	if err != nil {
		return err
	}
	if err := x.Check(noted); err != nil {
		return err
	}
	if a.json {
		return a.object(answer.Proven{OK: true, Hash: string(x.Hash), Head: x.Head, Earlier: x.Earlier, Entry: x.Entry, Compared: noted != nil})
	}
	if x.Entry == nil {
		fmt.Fprintf(a.out, a.say("存证成立（%s）：日志头 %s 包含 %s，之前的条目没有改动\n", "the proof holds (%s): the head %s contains %s, nothing before it was changed\n"), x.Hash, x.Head, x.Earlier)
	} else {
		e := x.Entry
		fmt.Fprintf(a.out, a.say("存证成立（%s）：第 %d 条，%s，%s，%s %s\n日志头 %s\n", "the proof holds (%s): entry %d, %s, %s, %s %s\nhead %s\n"),
			x.Hash, e.Seq, e.At.Format("2006-01-02 15:04:05Z"), e.Actor, e.Action, e.Subject, x.Head)
	}
	if noted == nil {
		fmt.Fprint(a.out, a.say("请与另外保存的日志头比对（--head）。\n", "Compare it with a head that was kept elsewhere (--head).\n"))
	}
	return nil
}

// profiles derives every profile again.
func (verifyCmd) profiles(a *app, v *verify.Verified, out *answer.Verified, progress func(derive.Progress)) error {
	p, err := a.pack()
	if err != nil {
		return err
	}
	db, err := a.database()
	if err != nil {
		return err
	}
	var list []audit.Problem
	n := 0
	profiles, sure, err := registry.New(p, db, a.clock).Check(a.ctx, v.Packs, progress, func(p audit.Problem) {
		if n++; len(list) < verify.ListedProblems {
			list = append(list, p)
		}
	})
	if err != nil && v.Found > 0 { // what was found is why they cannot be derived
		v.Found++
		v.Problems = append(v.Problems, audit.Problem{What: "profile.underivable",
			ZH: fmt.Sprintf("档案无法从记录重新推导：%v", err), EN: fmt.Sprintf("profiles cannot be derived from the records: %v", err)})
		return a.ctx.Err()
	}
	if err != nil {
		return err
	}
	out.Profiles = profiles
	if !sure {
		out.Unsure = n
		return nil
	}
	v.Found += n
	v.Problems = append(v.Problems, list...)
	return nil
}

func (verifyCmd) say(a *app, v *verify.Verified, out *answer.Verified) {
	for i := range v.Problems {
		fmt.Fprintln(a.err, a.say(v.Problems[i].ZH, v.Problems[i].EN))
	}
	if more := out.Found - len(v.Problems); more > 0 {
		fmt.Fprintf(a.err, a.say("另有 %d 处不符没有列出\n", "%d more are not listed\n"), more)
	}
	if !out.OK {
		fmt.Fprintf(a.err, a.say("共 %d 处与日志不符\n", "%d things do not agree with the log\n"), out.Found)
		return
	}
	var b strings.Builder
	fmt.Fprintf(&b, a.say("日志完整：%d 条，日志头 %s\n", "the log is whole: %d entries, head %s\n"), out.Entries, out.Noted)
	if out.Unsealed > 0 {
		fmt.Fprintf(&b, a.say("其中最后 %d 条还没有封存，本命令结束前会封存\n", "the last %d of them are not sealed yet; they are before this command ends\n"), out.Unsealed)
	}
	switch {
	case out.From == 0 && v.Head.Size > 0:
		b.WriteString(a.say("库里的内容还没有摘要：它由旧版本写成，下一次写入之前会补上，从那一条起可以核对。\n",
			"what stands in the base has no digests yet: an older version wrote it. They are made before the next write, and from that entry on it can be checked.\n"))
	case out.From > 0:
		fmt.Fprintf(&b, a.say("与日志一致：%s 条来源记录、%s 项其他内容、%s 份档案", "agreeing with the log: %s source records, %s other rows, %s profiles"),
			figure.Grouped(int(out.Records)), figure.Grouped(int(out.Rows)), figure.Grouped(out.Profiles))
		if out.From > 1 {
			fmt.Fprintf(&b, a.say("；自第 %d 条（%s）起可以核对", "; proven from entry %d (%s) on"), out.From, v.FromAt.Format("2006-01-02"))
		}
		b.WriteString("\n")
	}
	if out.Unsure > 0 {
		fmt.Fprintf(&b, a.say("有 %d 份档案按现在的城市包推导结果不同；城市包在它们推导之后改过，无法判断。请先运行 eyas derive，再核对一次。\n",
			"%d profiles come out otherwise by the pack of now; it was changed since they were derived, so nothing can be said of them. Run eyas derive, then verify again.\n"), out.Unsure)
	}
	fmt.Fprint(a.out, b.String())
}
