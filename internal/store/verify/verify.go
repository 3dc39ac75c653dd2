// Package verify compares a base with its operation log: the log with its own hashes and the tree that seals it, and every
// row that stands with what the log says was written.
package verify

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"eyas/internal/audit"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
	"eyas/internal/store/oplog"
	"eyas/internal/store/room"
	"eyas/internal/store/row"
)

// Verified is what checking a base against its operation log came to.
type Verified struct {
	Head     audit.Head      // over all entries
	Last     audit.Entry     // the last entry
	Unsealed int64           // entries that are committed, and not sealed yet
	Fit      int64           // entries that fit, from the first on, before the first that does not
	Broken   int64           // the first entry that does not fit; 0: all do
	From     int64           // the entry from which on what stands is proven; 0: none, an older program wrote the base
	FromAt   time.Time       // and its time
	Records  int64           // source records that were compared
	Rows     int64           // other rows that were compared
	Packs    map[string]bool // marks of the packs by which profiles were derived since they all were; "" when that is not known
	Problems []audit.Problem // of each kind the first ListedProblems
	Found    int             // how many there are in all
}

// ListedProblems is how many problems of one kind are listed.
const ListedProblems = 20

// Base compares the operation log with its own hashes and with a head that somebody noted, and what stands in the base
// with the log. It reads the whole base once and keeps little of it. progress may be nil.
func Base(ctx context.Context, db *room.DB, noted *audit.Point, progress func(derive.Progress)) (*Verified, error) {
	v := &verifying{tree: newTreeCheck(db.Log), Verified: Verified{Packs: map[string]bool{}}, noted: noted, progress: progress, started: time.Now(), counters: map[string]int64{}, seen: map[string]int{}}
	err := db.Reading(ctx, func(t *row.Tx) error {
		v.Tx = t
		if err := errors.Join(v.readUnforced(ctx), v.readGaps(ctx)); err != nil {
			return err
		}
		for _, step := range []func(context.Context) error{v.log, v.head, v.stand} {
			if err := step(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("store: verify: %w", err)
	}
	return &v.Verified, nil
}

// readUnforced learns what a batch that is not in force has brought so far.
func (v *verifying) readUnforced(ctx context.Context) error {
	b, err := v.CurrentBatch(ctx)
	if err != nil || b == nil || b.State != row.BatchOpen {
		return err
	}
	v.unforced, err = v.BatchRanges(ctx, b.ID)
	return err
}

// readGaps learns which ids nobody has: of writes that did not come about, or are under way.
func (v *verifying) readGaps(ctx context.Context) error {
	v.gaps = map[string][]oplog.Range{}
	return v.Each(ctx, `SELECT counter, first_id, last_id FROM id_gap ORDER BY counter, first_id`, nil, func(rows *sql.Rows) error {
		var r oplog.Range
		err := rows.Scan(&r.Counter, &r.First, &r.Last)
		v.gaps[string(r.Counter)] = append(v.gaps[string(r.Counter)], r)
		return err
	})
}

// hiddenRecord reports that a record belongs to a batch that is not in force.
func (v *verifying) hiddenRecord(id int64) bool {
	return slices.ContainsFunc(v.unforced, func(r oplog.Range) bool { return r.Counter == fact.LastRecord && id >= r.First && id <= r.Last })
}

// hiddenRow reports that a row was landed by a batch that is not in force.
func (v *verifying) hiddenRow(k *oplog.Kind, id int64) bool {
	return k.Lands != "" && slices.ContainsFunc(v.unforced, func(r oplog.Range) bool { return r.Counter == k.Lands && id >= r.First && id <= r.Last })
}

// verifying is one check while it runs.
type verifying struct {
	Verified
	*row.Tx
	tree     *treeCheck
	logOnly  bool // nothing but the log is checked
	noted    *audit.Point
	notedHas bool // the log has the noted head
	counters map[string]int64
	seen     map[string]int // problems by kind
	progress func(derive.Progress)
	started  time.Time
	told     time.Time
	total    int64
	metas    []blockMeta
	gaps     map[string][]oplog.Range // ids that nobody has
	unforced []oplog.Range            // ids of a batch that is not in force: nothing of it counts
}

// problem takes a problem in, unless many of its kind are listed already.
func (v *verifying) problem(p audit.Problem) {
	v.Found++
	if v.seen[p.What]++; v.seen[p.What] <= ListedProblems {
		v.Problems = append(v.Problems, p)
	}
}

// full reports whether more problems of a kind are counted only.
func (v *verifying) full(what string) bool { return v.seen[what] >= ListedProblems }

func (v *verifying) tell(last bool) {
	now := time.Now()
	if v.progress == nil || !last && now.Sub(v.told) < 200*time.Millisecond {
		return
	}
	v.told = now
	v.progress(derive.Progress{Stage: "verifying", Rows: int(v.Records), TotalRows: int(v.total), Elapsed: now.Sub(v.started)})
}

// entry takes in what an entry says.
func (v *verifying) entry(e *audit.Entry) {
	p, found := e.Proof()
	switch {
	case found && v.From == 0:
		v.From, v.FromAt = e.Seq, e.At
	case !found && v.From != 0:
		v.problem(audit.Problem{What: "log.unproven", Entry: e.Seq,
			ZH: fmt.Sprintf("日志第 %d 条没有摘要，而第 %d 条起每条都应有：它不是本程序写的。", e.Seq, v.From),
			EN: fmt.Sprintf("entry %d of the log carries no digest, as every entry from %d on does: this program did not write it", e.Seq, v.From)})
	}
	for name, n := range p.Counters {
		v.counters[name] = n
	}
	switch mark := e.Pack(); {
	case e.Action == "baseline":
		v.Packs[""] = true
	case e.Action == "derive" && mark != "":
		v.Packs = map[string]bool{mark: true}
	case mark != "":
		v.Packs[mark] = true
	}
}

// The blocks of a batch, and the rows that it has landed, are found by its number. What it has landed comes before what
// its last transaction wrote.
const provenRows = `SELECT seq, 1 AS own, n, kind, id, name, digest FROM proof WHERE seq BETWEEN ? AND ?
	UNION ALL SELECT b.seq, 0, p.n, p.Kind, p.id, p.name, p.Digest FROM batch b JOIN proof p ON p.Seq = -b.id WHERE b.seq BETWEEN ? AND ? ORDER BY 1, 2, 3`

const provenBlocks = `SELECT seq, digest, first_record FROM block WHERE seq BETWEEN ? AND ?
	UNION ALL SELECT b.seq, k.digest, k.first_record FROM batch b JOIN block k ON k.seq = -b.id WHERE b.seq BETWEEN ? AND ? ORDER BY 1, 3`

// roots compares the roots that some entries carry with the digests that are kept under their numbers.
func (v *verifying) roots(ctx context.Context, entries []audit.Entry) error {
	type root struct {
		rows, blocks int
		sumRows      []byte
		sumBlocks    []byte
	}
	first, last := entries[0].Seq, entries[len(entries)-1].Seq
	got := map[int64]*root{}
	at := func(seq int64) *root {
		if got[seq] == nil {
			got[seq] = &root{}
		}
		return got[seq]
	}
	h, seq := sha256.New(), int64(0)
	end := func(blocks bool) {
		if sum := h.Sum(nil); seq != 0 && blocks {
			at(seq).sumBlocks = sum
		} else if seq != 0 {
			at(seq).sumRows = sum
		}
		h.Reset()
		seq = 0
	}
	err := v.Each(ctx, provenRows, []any{first, last, first, last}, func(rows *sql.Rows) error {
		var p oplog.Proof
		var own, n int64
		if err := rows.Scan(&p.Seq, &own, &n, &p.Kind, &p.Key.ID, &p.Key.Name, &p.Digest); err != nil {
			return err
		}
		if p.Seq != seq {
			end(false)
			seq = p.Seq
		}
		at(seq).rows++
		h.Write(p.Leaf())
		return nil
	})
	if err != nil {
		return err
	}
	end(false)
	err = v.Each(ctx, provenBlocks, []any{first, last, first, last}, func(rows *sql.Rows) error {
		var s int64
		var digest []byte
		var record int64
		if err := rows.Scan(&s, &digest, &record); err != nil {
			return err
		}
		if s != seq {
			end(true)
			seq = s
		}
		at(seq).blocks++
		h.Write(digest)
		return nil
	})
	if err != nil {
		return err
	}
	end(true)
	for i := range entries {
		e := &entries[i]
		p, _ := e.Proof()
		g := at(e.Seq)
		if g.rows != p.Rows || p.Rows > 0 && audit.Digest(g.sumRows).String() != p.Root {
			v.problem(audit.Problem{What: "log.rows", Entry: e.Seq,
				ZH: fmt.Sprintf("日志第 %d 条（%s）与它写下的各行的摘要不符：应有 %d 个，现有 %d 个。", e.Seq, named(e, true), p.Rows, g.rows),
				EN: fmt.Sprintf("entry %d of the log (%s) does not agree with the digests of the rows that it wrote: it had %d, there are %d", e.Seq, named(e, false), p.Rows, g.rows)})
		}
		if g.blocks != p.Blocks || p.Blocks > 0 && audit.Digest(g.sumBlocks).String() != p.Records {
			v.problem(audit.Problem{What: "log.records", Entry: e.Seq,
				ZH: fmt.Sprintf("日志第 %d 条（%s）与它写下的来源记录的摘要不符：应有 %d 块，现有 %d 块。", e.Seq, named(e, true), p.Blocks, g.blocks),
				EN: fmt.Sprintf("entry %d of the log (%s) does not agree with the digests of the source records that it wrote: it had %d blocks, there are %d", e.Seq, named(e, false), p.Blocks, g.blocks)})
		}
	}
	return nil
}

// said tells an entry: who did what to what, and when.
func named(e *audit.Entry, zh bool) string {
	at := e.At.UTC().Format("2006-01-02 15:04:05Z")
	if zh {
		return fmt.Sprintf("%s，%s，%s %s", at, e.Actor, e.Action, e.Subject)
	}
	return fmt.Sprintf("%s, %s, %s %s", at, e.Actor, e.Action, e.Subject)
}

// beyond finds digests that belong to entries which the log does not have any more.
func (v *verifying) beyond(ctx context.Context) error {
	var last int64
	for _, table := range []string{"proof", "block"} {
		var n sql.NullInt64
		if _, err := v.One(ctx, `SELECT MAX(seq) FROM `+table, nil, &n); err != nil {
			return err
		}
		last = max(last, n.Int64)
	}
	if last > v.Last.Seq && v.seen["log.cut"] == 0 {
		v.cut(last, "库里有第 %d 条写下的内容", "the base holds what entry %d wrote")
	}
	return nil
}

// head compares the log with the head that somebody noted.
func (v *verifying) head(context.Context) error {
	n := v.noted
	if n == nil || v.notedHas || n.Seq == 0 && n.Hash == "" {
		return nil
	}
	if n.Seq > v.Last.Seq {
		v.problem(audit.Problem{What: "head.missing", Entry: v.Last.Seq + 1,
			ZH: fmt.Sprintf("日志比记下的短：记下的是第 %d 条，现在只到第 %d 条。第 %d 条起的条目被删除了。", n.Seq, v.Last.Seq, v.Last.Seq+1),
			EN: fmt.Sprintf("the log is shorter than the noted head: that was entry %d, the log ends with %d. The entries from %d on were deleted", n.Seq, v.Last.Seq, v.Last.Seq+1)})
		return nil
	}
	p := audit.Problem{What: "head.other", Entry: n.Seq, ZH: "日志里没有记下的那一条：有条目被删除，或从某一条起被重新写过。",
		EN: "the log does not have the noted entry: entries were deleted, or rewritten from one on"}
	if n.Seq > 0 {
		p.ZH = fmt.Sprintf("日志第 %d 条不是记下的那一条：它或它之前的条目被重新写过。", n.Seq)
		p.EN = fmt.Sprintf("entry %d of the log is not the one that was noted: it, or one before it, was written anew", n.Seq)
	}
	v.problem(p)
	return nil
}

// stand compares what stands in the base with the log. In a base that has no baseline there is nothing to compare with.
func (v *verifying) stand(ctx context.Context) error {
	if v.From == 0 && v.Found == 0 && v.Last.Seq > 0 {
		return nil
	}
	for _, step := range []func(context.Context) error{v.standingCounters, v.standingRows, v.standingRecords, v.standingMentions, v.standingProfiles} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	v.tell(true)
	return nil
}

func (v *verifying) standingCounters(ctx context.Context) error {
	values, err := v.CounterValues(ctx)
	if err != nil {
		return err
	}
	for name, n := range values {
		if v.reserved(name, n, v.counters[name]) {
			delete(v.counters, name)
			continue
		}
		v.counter(name, n, v.counters[name])
		delete(v.counters, name)
	}
	for name, n := range v.counters {
		v.counter(name, 0, n)
	}
	return nil
}

// reserved reports that a counter is ahead of the log by ids that an open batch has taken, or that nobody has.
func (v *verifying) reserved(name string, stands, logged int64) bool {
	for _, r := range v.unforced {
		if string(r.Counter) == name && r.Last == stands && r.First-1 <= logged {
			return true
		}
	}
	next := logged + 1 // the ids from here on
	for _, r := range v.gaps[name] {
		if r.First <= next && r.Last >= next {
			next = r.Last + 1
		}
	}
	return next == stands+1
}

func (v *verifying) counter(name string, stands, logged int64) {
	v.Rows++
	if stands != logged {
		v.problem(audit.Problem{What: "counter.changed", Key: name,
			ZH: fmt.Sprintf("计数器“%s”现在是 %d，按日志应是 %d。", name, stands, logged),
			EN: fmt.Sprintf("the counter “%s” stands at %d, by the log it is %d", name, stands, logged)})
	}
}

// idWindow is how many ids of rows are compared at a time.
const idWindow = 4096

// standingRows compares the rows of every kind with their newest digests.
func (v *verifying) standingRows(ctx context.Context) error {
	for _, k := range oplog.Kinds {
		lowest := `SELECT MIN(id) FROM (SELECT MIN(` + k.ID + `) AS id FROM ` + k.From + ` WHERE ` + k.Only() + ` AND ` + k.ID + ` >= ?
			UNION ALL SELECT MIN(id) AS id FROM proof WHERE kind = ? AND id >= ?) AS both_of`
		for from := int64(-1 << 62); ; {
			var least sql.NullInt64
			if _, err := v.One(ctx, lowest, []any{from, k.Name, from}, &least); err != nil {
				return err
			}
			if !least.Valid {
				break
			}
			from = least.Int64 + idWindow
			if err := v.window(ctx, k, least.Int64, from-1); err != nil {
				return err
			}
		}
	}
	return nil
}

func (v *verifying) window(ctx context.Context, k *oplog.Kind, first, last int64) error {
	newest := map[oplog.Key]oplog.Proof{}
	// Of what a batch landed and its last transaction wrote again, that is the newer one.
	err := v.Each(ctx, `SELECT COALESCE(b.seq, p.Seq), p.id, p.name, p.Salt, p.Digest FROM proof p LEFT JOIN batch b ON b.id = -p.Seq
		WHERE p.Kind = ? AND p.id BETWEEN ? AND ? ORDER BY 1, p.Seq`, []any{k.Name, first, last}, func(rows *sql.Rows) error {
		p := oplog.Proof{Kind: k.Name}
		if err := rows.Scan(&p.Seq, &p.Key.ID, &p.Key.Name, &p.Salt, &p.Digest); err != nil {
			return err
		}
		if !v.hiddenRow(k, p.Key.ID) {
			newest[p.Key] = p
		}
		return nil
	})
	if err != nil {
		return err
	}
	var wrong []audit.Problem
	note := func(how string, key oplog.Key, entry int64) {
		wrong = append(wrong, audit.Problem{What: k.Name + "." + how, Key: keyText(key), Entry: entry})
	}
	err = k.Rows(ctx, v.Tx.Tx, first, last, func(key oplog.Key, digest oplog.DigestOf) error {
		if v.hiddenRow(k, key.ID) {
			return nil
		}
		v.Rows++
		p, found := newest[key]
		delete(newest, key)
		switch {
		case !found || p.Digest == nil:
			note("inserted", key, p.Seq)
		default:
			if sum, _ := digest(p.Salt); !bytes.Equal(sum[:], p.Digest) {
				note("changed", key, p.Seq)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for key, p := range newest {
		if p.Digest != nil {
			note("removed", key, p.Seq)
		}
	}
	sortProblems(wrong)
	for i := range wrong {
		if err := v.rowProblem(ctx, k, &wrong[i]); err != nil {
			return err
		}
	}
	return nil
}
