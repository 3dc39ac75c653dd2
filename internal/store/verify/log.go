package verify

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"eyas/internal/audit"
	"eyas/internal/fault"
	"eyas/internal/store/oplog"
	"eyas/internal/store/room"
	"eyas/internal/store/row"
)

// treeCheck builds the tree over the entries of the log again and compares it with the stored heads and nodes.
type treeCheck struct {
	log    audit.Log
	heads  []keptHead            // of the entries that are held
	made   map[audit.Node][]byte // inner nodes of these entries
	high   map[audit.Node][]byte // inner nodes of more entries than are held
	kept   map[audit.Node][]byte // the same, as they are kept
	nodes  int64                 // of those that were compared and are as they should be
	intact int64                 // entries that agree with the newest head that does
	spoilt bool                  // nothing that follows can agree
}

type keptHead struct {
	size int64
	root []byte
	at   time.Time
}

func newTreeCheck(l *oplog.Log) *treeCheck {
	return &treeCheck{log: audit.Log{Hash: l.Hash, Chained: l.Chained}, made: map[audit.Node][]byte{}, high: map[audit.Node][]byte{}, kept: map[audit.Node][]byte{}}
}

// node takes in an inner node. Those that span no more entries than are held at a time are compared at once.
func (c *treeCheck) node(n audit.Node, hash []byte) {
	if n%(2*oplog.Window) == 2*oplog.Window-1 {
		c.high[n] = hash
	} else {
		c.made[n] = hash
	}
}

// log checks the entries, the heads that seal them, and their roots over rows.
func (v *verifying) log(ctx context.Context) error {
	c := v.tree
	for {
		entries, err := v.NextEntries(ctx, c.log.Last.Seq)
		if err != nil {
			return err
		}
		if len(entries) == 0 {
			break
		}
		first, last := c.log.Last.Seq, entries[len(entries)-1].Seq
		if err := v.readHeads(ctx, first, last); err != nil {
			return err
		}
		for i := range entries {
			if err := v.sealed(&entries[i]); err != nil {
				return err
			}
			if !v.logOnly {
				v.entry(&entries[i])
			}
		}
		if err := v.treeNodes(ctx, first, last); err != nil {
			return err
		}
		if v.logOnly {
			continue
		}
		if err := v.texts(ctx, entries); err != nil {
			return err
		}
		if err := v.roots(ctx, entries); err != nil {
			return err
		}
		if err := v.listed(ctx, entries); err != nil {
			return err
		}
	}
	v.Last = c.log.Last
	if err := v.endTree(ctx); err != nil || v.logOnly {
		return err
	}
	return v.beyond(ctx)
}

// readHeads reads the heads whose size is above after and at most last.
func (v *verifying) readHeads(ctx context.Context, after, last int64) error {
	v.tree.heads = v.tree.heads[:0]
	return v.Each(ctx, `SELECT size, root, at FROM tree_head WHERE size > ? AND size <= ? ORDER BY size`, []any{after, last}, func(rows *sql.Rows) error {
		var h keptHead
		var at int64
		err := rows.Scan(&h.size, &h.root, &at)
		h.at = time.UnixMilli(at).UTC()
		v.tree.heads = append(v.tree.heads, h)
		return err
	})
}

// sealed checks the next entry and the heads that end with it.
func (v *verifying) sealed(e *audit.Entry) error {
	c := v.tree
	if err := c.log.Check(*e, c.node); err != nil {
		b, ok := err.(*audit.Broken)
		if !ok {
			return err
		}
		if v.Broken == 0 {
			v.Broken = e.Seq
		}
		v.problem(audit.Problem{What: "log.changed", Entry: e.Seq,
			ZH: fmt.Sprintf("日志在第 %d 条断开：%s", e.Seq, b.ZH), EN: fmt.Sprintf("the log is broken at entry %d: %s", e.Seq, b.What)})
		c.spoilt = true
	} else if v.Broken == 0 {
		v.Fit = e.Seq
	}
	if n := v.noted; n != nil && !v.notedHas && (n.Seq == 0 || n.Seq == e.Seq) {
		if v.notedHas = n.Hash == e.Hash && e.Seq <= c.log.Chained; !v.notedHas {
			head, err := c.log.Head()
			if err != nil {
				return err
			}
			v.notedHas = head.Root == n.Hash && !c.spoilt
		}
	}
	for len(c.heads) > 0 && c.heads[0].size < e.Seq {
		c.heads = c.heads[1:] // it seals entries that are missing, which was said
	}
	if len(c.heads) == 0 || c.heads[0].size != e.Seq {
		return nil
	}
	h := c.heads[0]
	c.heads = c.heads[1:]
	head, err := c.log.Head()
	if err != nil {
		return err
	}
	if !c.spoilt && head.Root != hex.EncodeToString(h.root) {
		c.spoilt = true
		from := c.intact + 1
		v.problem(audit.Problem{What: "log.sealed", Entry: from,
			ZH: fmt.Sprintf("日志第 %d 至 %d 条与 %s 的封存不符：其中有条目在封存之后被重新写过。", from, h.size, h.at.Format("2006-01-02 15:04:05Z")),
			EN: fmt.Sprintf("the entries %d to %d of the log are not those that were sealed on %s: one was written anew after that", from, h.size, h.at.Format("2006-01-02 15:04:05Z"))})
		if v.Broken == 0 {
			v.Broken, v.Fit = from, from-1
		}
	}
	if !c.spoilt {
		c.intact = h.size
	}
	return nil
}

// texts compares the texts beside entries with their digests in the entries.
func (v *verifying) texts(ctx context.Context, entries []audit.Entry) error {
	type key struct {
		seq  int64
		name string
	}
	want := map[key]string{}
	for i := range entries {
		for name, d := range entries[i].Digests() {
			want[key{entries[i].Seq, name}] = d
		}
	}
	var wrong []audit.Problem
	note := func(how string, k key, zh, en string) {
		wrong = append(wrong, audit.Problem{What: "text." + how, Entry: k.seq, Key: k.name,
			ZH: fmt.Sprintf("日志第 %d 条的文字 %s："+zh, k.seq, k.name), EN: fmt.Sprintf("the text %s of entry %d of the log "+en, k.name, k.seq)})
	}
	err := v.EachText(ctx, entries[0].Seq-1, entries[len(entries)-1].Seq, func(seq int64, t *audit.Kept) {
		v.Rows++
		k := key{seq, t.Name}
		d, found := want[k]
		delete(want, k)
		switch {
		case !found:
			note("inserted", k, "条目里没有它的摘要，是绕过程序加入的", "was inserted behind the program's back: the entry has no digest of it")
		case t.Salt != nil && t.Digest() != d: // that one was erased is proven like a row
			note("changed", k, "被改动过", "was changed")
		}
	})
	for k := range want {
		note("removed", k, "被删除了", "was removed")
	}
	slices.SortFunc(wrong, func(a, b audit.Problem) int { return cmp.Or(cmp.Compare(a.Entry, b.Entry), cmp.Compare(a.Key, b.Key)) })
	for _, p := range wrong {
		v.problem(p)
	}
	return err
}

// listed compares the columns by which lists of entries are filtered with the entries.
func (v *verifying) listed(ctx context.Context, entries []audit.Entry) error {
	first := entries[0].Seq
	at := map[int64]*audit.Entry{}
	for i := range entries {
		at[entries[i].Seq] = &entries[i]
	}
	return v.Each(ctx, `SELECT seq, kind, org FROM audit_entry WHERE seq BETWEEN ? AND ?`, []any{first, entries[len(entries)-1].Seq}, func(rows *sql.Rows) error {
		var seq int64
		var kind, org string
		if err := rows.Scan(&seq, &kind, &org); err != nil {
			return err
		}
		if e := at[seq]; e != nil && (kind != e.Kind() || org != e.As().Org) {
			v.problem(audit.Problem{What: "log.listed", Entry: seq,
				ZH: fmt.Sprintf("日志第 %d 条在列表里按“%s”“%s”归类，与条目本身不符：归类被改动过。", seq, kind, org),
				EN: fmt.Sprintf("entry %d of the log is listed under “%s”, “%s”, which is not what it says: the listing was changed", seq, kind, org)})
		}
		return nil
	})
}

// treeNodes compares the inner nodes over the entries in memory with the stored ones.
func (v *verifying) treeNodes(ctx context.Context, first, last int64) error {
	c := v.tree
	defer clear(c.made)
	if c.spoilt {
		return nil
	}
	return v.Each(ctx, `SELECT id, hash FROM tree_node WHERE id >= ? AND id < ?`, []any{2 * first, 2 * last}, func(rows *sql.Rows) error {
		var n oplog.TreeNode
		if err := rows.Scan(&n.ID, &n.Hash); err != nil {
			return err
		}
		if n.ID%(2*oplog.Window) == 2*oplog.Window-1 {
			c.kept[n.ID] = n.Hash
		} else if bytes.Equal(n.Hash, c.made[n.ID]) {
			c.nodes++
		}
		return nil
	})
}

// endTree finds nodes and heads beyond the end of the log, and counts the entries that are not sealed.
func (v *verifying) endTree(ctx context.Context) error {
	c := v.tree
	var size, nodes int64
	if _, err := v.One(ctx, `SELECT COALESCE(MAX(size), 0) FROM tree_head`, nil, &size); err != nil {
		return err
	}
	if _, err := v.One(ctx, `SELECT COUNT(*) FROM tree_node`, nil, &nodes); err != nil {
		return err
	}
	var err error
	if v.Head, err = c.log.Head(); err != nil {
		return err
	}
	if v.Unsealed, err = v.Waiting(ctx); err != nil {
		return err
	}
	if size > v.Last.Seq {
		v.cut(size, "封存了第 %d 条", "entry %d was sealed")
		return nil
	}
	for n, hash := range c.high {
		if bytes.Equal(hash, c.kept[n]) {
			c.nodes++
		}
	}
	if want := audit.Nodes(size); !c.spoilt && (nodes != want || c.nodes != want) {
		v.problem(audit.Problem{What: "log.tree",
			ZH: fmt.Sprintf("封存日志的树被改动过：应有 %d 个节点，现有 %d 个，其中 %d 个正确。", want, nodes, c.nodes),
			EN: fmt.Sprintf("the tree that seals the log was changed: it had %d nodes, there are %d, of which %d are right", want, nodes, c.nodes)})
	}
	return nil
}

// cut reports that entries are missing at the end of the log.
func (v *verifying) cut(last int64, zh, en string) {
	v.problem(audit.Problem{What: "log.cut", Entry: v.Last.Seq + 1,
		ZH: fmt.Sprintf("日志末尾缺少条目：日志到第 %d 条为止，而"+zh+"。", v.Last.Seq, last),
		EN: fmt.Sprintf("entries are missing at the end of the log: it ends with entry %d, and "+en, v.Last.Seq, last)})
}

// Log checks only the operation log. It returns the head over all its entries; has reports whether the log contains the
// noted head. The error is an *audit.Broken when the log does not match its hashes.
func Log(ctx context.Context, db *room.DB, noted audit.Point) (head audit.Head, has bool, err error) {
	defer fault.At(&err, "verify.Log")
	v := &verifying{tree: newTreeCheck(db.Log), noted: &noted, logOnly: true, counters: map[string]int64{}, seen: map[string]int{}}
	err = db.Reading(ctx, func(t *row.Tx) error {
		v.Tx = t
		return v.log(ctx)
	})
	if err == nil && len(v.Problems) > 0 {
		p := &v.Problems[0]
		err = &audit.Broken{Seq: p.Entry, What: p.EN, ZH: p.ZH}
	}
	return v.Head, v.notedHas || noted == v.Head.Point(), err
}
