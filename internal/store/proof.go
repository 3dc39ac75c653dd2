package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"hash"
	"slices"
	"time"

	"eyas/internal/audit"
	"eyas/internal/registry"
)

// record is what a transaction has done that its entry in the operation log will prove.
type record struct {
	entries  []audit.Entry // to be appended when the transaction ends
	touched  map[string]map[keptKey]bool
	counters map[string]int64
	blocks   int
	records  hash.Hash // over the digests of the blocks
	last     int64     // the last record of the last block
	head     *audit.Entry
}

// Log appends to the audit chain when the transaction ends: the first entry then carries what proves all that the
// transaction wrote.
func (t *transaction) Log(_ context.Context, e audit.Entry) error {
	t.entries = append(t.entries, e)
	return nil
}

// touch notes that a row was written or taken away.
func (t *transaction) touch(kind string, id int64, name string) {
	if t.touched == nil {
		t.touched = map[string]map[keptKey]bool{}
	}
	if t.touched[kind] == nil {
		t.touched[kind] = map[keptKey]bool{}
	}
	t.touched[kind][keptKey{id, name}] = true
}

// moved notes the value that a counter has now.
func (t *transaction) moved(name string, value int64) {
	if t.counters == nil {
		t.counters = map[string]int64{}
	}
	t.counters[name] = value
}

func (t *transaction) logHead(ctx context.Context) (audit.Entry, error) {
	if t.head == nil {
		var e audit.Entry
		if _, err := t.one(ctx, `SELECT seq, hash, detail FROM audit_entry ORDER BY seq DESC LIMIT 1`, nil, &e.Seq, &e.Hash, &e.Detail); err != nil {
			return e, fmt.Errorf("store: head of the audit chain: %w", err)
		}
		t.head = &e
	}
	return *t.head, nil
}

// AddBlock writes a block under the number of the entry that will prove it.
func (t *transaction) AddBlock(ctx context.Context, b *registry.BlockRow) error {
	if b.First <= t.record.last {
		return fmt.Errorf("store: block %d comes after record %d", b.First, t.record.last)
	}
	t.record.last = b.Last
	head, err := t.logHead(ctx)
	if err != nil {
		return err
	}
	if t.own != nil {
		t.records, t.blocks = t.own.records, t.own.blocks
	}
	if t.records == nil {
		t.records = sha256.New()
	}
	t.records.Write(b.Digest[:])
	if t.blocks++; t.own != nil {
		t.own.records, t.own.blocks = t.records, t.blocks
	}
	seq := head.Seq + 1
	if t.own != nil { // the entry is that of the last transaction of the batch
		seq = -t.own.id
	}
	_, err = t.exec(ctx, `INSERT INTO block (first_record, last_record, seq, seeds, marks, mentions, digest) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		b.First, b.Last, seq, b.Seeds, b.Marks, b.Mentions[:], b.Digest[:])
	if err != nil {
		return fmt.Errorf("store: add block %d: %w", b.First, err)
	}
	return nil
}

// seal appends the entries of the transaction to the audit chain, the first with the proof of what was written. A
// transaction that wrote something and says nothing gets an entry of the program's own. The head cannot move meanwhile:
// only this transaction writes.
func (t *transaction) seal(ctx context.Context) error {
	head, err := t.logHead(ctx)
	if err != nil {
		return err
	}
	if err := t.sealBatch(ctx, head.Seq+1); err != nil {
		return err
	}
	p := audit.Proof{Counters: t.counters, Blocks: t.blocks}
	if t.blocks > 0 {
		p.Records = audit.Digest(t.records.Sum(nil)).String()
	}
	if p.Rows, p.Root, err = t.proveRows(ctx, head.Seq+1); err != nil {
		return err
	}
	if len(t.entries) == 0 {
		if p.Rows == 0 && p.Blocks == 0 && len(p.Counters) == 0 {
			return nil
		}
		t.entries = append(t.entries, audit.Entry{At: time.Now(), Actor: "eyas", Action: "state", Subject: "base"})
	}
	for _, e := range t.entries {
		if e, err = e.WithProof(p); err != nil {
			return err
		}
		p = audit.Proof{}
		e = e.After(head)
		_, err := t.exec(ctx, `INSERT INTO audit_entry (seq, at, actor, action, subject, detail, prev_hash, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			e.Seq, e.At.UnixMilli(), e.Actor, e.Action, e.Subject, e.Detail, e.Prev, e.Hash)
		if err != nil {
			return fmt.Errorf("store: append to the audit chain: %w", err)
		}
		head = e
	}
	t.record = record{}
	return nil
}

// sealBatch leaves what a batch has written so far out of a chunk's proof: its last transaction, whose entry has the number
// seq, proves that together with the counters as they stand then.
func (t *transaction) sealBatch(ctx context.Context, seq int64) error {
	if t.own == nil {
		return nil
	}
	if !t.forced {
		t.blocks, t.counters = 0, nil
		return nil
	}
	t.records, t.blocks = t.own.records, t.own.blocks
	for _, r := range t.own.ranges {
		n, err := t.Counter(ctx, r.counter)
		if err != nil {
			return err
		}
		t.moved(string(r.counter), n)
	}
	_, err := t.exec(ctx, `UPDATE batch SET seq = ? WHERE id = ?`, seq, t.own.id)
	return err
}

// proofRow is a digest as it is kept; no digest means that the row was taken away.
type proofRow struct {
	seq          int64
	kind         string
	key          keptKey
	salt, digest []byte
}

// proveRows keeps the digests of the rows that were touched, as they stand now, and gives the root over them.
func (t *transaction) proveRows(ctx context.Context, seq int64) (n int, root string, err error) {
	var list []proofRow
	for _, k := range keptKinds {
		if len(t.touched[k.kind]) == 0 {
			continue
		}
		part, err := t.touchedRows(ctx, k)
		if err != nil {
			return 0, "", fmt.Errorf("store: digests of rows (%s): %w", k.kind, err)
		}
		list = append(list, part...)
	}
	if len(list) == 0 {
		return 0, "", nil
	}
	h := sha256.New()
	for i := range list {
		h.Write(list[i].leaf())
	}
	const head = `INSERT INTO proof (seq, n, kind, id, name, salt, digest)`
	err = t.insert(ctx, head, ``, 7, len(list), func(args []any, i int) []any {
		p := &list[i]
		return append(args, seq, i, p.kind, p.key.id, p.key.name, p.salt, p.digest)
	})
	return len(list), audit.Digest(h.Sum(nil)).String(), err
}

// leaf is what the root over rows is taken over.
func (p *proofRow) leaf() []byte {
	b := audit.AppendText(nil, p.kind)
	b = audit.AppendText(audit.AppendNumber(b, p.key.id), p.key.name)
	return audit.AppendText(b, string(p.digest))
}

// touchedRows digests the touched rows of one kind, ascending.
func (t *transaction) touchedRows(ctx context.Context, k *kept) ([]proofRow, error) {
	keys := t.touched[k.kind]
	list := make([]proofRow, 0, len(keys))
	ids := make([]int64, 0, len(keys))
	for key := range keys {
		list = append(list, proofRow{kind: k.kind, key: key})
		ids = append(ids, key.id)
	}
	slices.SortFunc(list, func(a, b proofRow) int {
		return cmp.Or(cmp.Compare(a.key.id, b.key.id), cmp.Compare(a.key.name, b.key.name))
	})
	slices.Sort(ids)
	salts := make([]byte, 16*len(list))
	rand.Read(salts)
	take := func(key keptKey, digest digestOf) error {
		i, found := slices.BinarySearchFunc(list, key, func(p proofRow, key keptKey) int {
			return cmp.Or(cmp.Compare(p.key.id, key.id), cmp.Compare(p.key.name, key.name))
		})
		if found {
			list[i].salt = salts[16*i : 16*i+16]
			sum := digest(list[i].salt)
			list[i].digest = sum[:]
		}
		return nil
	}
	return list, k.some(ctx, t, slices.Compact(ids), take)
}

// some gives the rows of a kind that have one of some numbers, ascending: by ranges where they lie close together.
func (k *kept) some(ctx context.Context, t *transaction, ids []int64, fn func(keptKey, digestOf) error) error {
	var single []int64
	for i := 0; i < len(ids); {
		j := i + 1
		for j < len(ids) && ids[j]-ids[j-1] <= 4 {
			j++
		}
		if j-i < chunk {
			single = append(single, ids[i:j]...)
		} else if err := k.rows(ctx, t, ids[i], ids[j-1], fn); err != nil {
			return err
		}
		i = j
	}
	return k.among(ctx, t, single, fn)
}

// proven reports whether rows of a kind have digests: of some numbers, those that do.
func (t *transaction) provenKeys(ctx context.Context, kind string, ids []int64) (map[keptKey]bool, error) {
	keys := map[keptKey]bool{}
	err := among(ctx, t, `SELECT id, name FROM proof WHERE kind = ? AND id IN {in}`, []any{kind}, ids, func(rows *sql.Rows) error {
		var key keptKey
		err := rows.Scan(&key.id, &key.name)
		keys[key] = true
		return err
	})
	return keys, err
}
