package oplog

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
	"eyas/internal/fault"
	"eyas/internal/registry/fact"
	"eyas/internal/store/base"
	"eyas/internal/vault"
)

// Tx is a transaction with the data that its entry in the operation log will prove.
type Tx struct {
	*base.Tx
	Landing *Landing // of a transaction of a batch
	Forced  bool     // it is the last of its batch

	log      *Log
	entries  []audit.Entry // to be appended when the transaction ends
	touched  map[string]map[Key]bool
	counters map[string]int64
	blocks   int
	records  hash.Hash // over the digests of the blocks
	last     int64     // the last record of the last block
	head     *audit.Entry
	appended bool // entries to the log
}

// Of wraps a transaction with the log.
func (l *Log) Of(t *base.Tx) *Tx { return &Tx{Tx: t, log: l} }

// Of returns the log of the transaction.
func (t *Tx) Of() *Log { return t.log }

// Other returns a second user of the same transaction that writes nothing to the log. Closing it ends the use.
func (t *Tx) Other() (*Tx, func()) {
	other, close := t.Tx.Other()
	return t.log.Of(other), close
}

// Landing holds what the log will prove about a batch when it comes into force. Until then the digests of its chunks are
// stored under the number of the batch.
type Landing struct {
	ID     int64
	Ranges []Range // ids that the batch hands out

	records    hash.Hash // over the digests of the blocks
	blocks     int
	rowDigests hash.Hash // over the digests of the rows that chunks have landed
	landed     int       // how many these are
}

// Range is a range of ids that a batch reserved, with the last one used.
type Range struct {
	Counter           fact.Counter
	First, Last, Used int64
}

// Wrote reports whether the transaction has anything for the log.
func (t *Tx) Wrote() bool { return len(t.touched)+len(t.entries) > 0 }

// Say appends an entry to the operation log at the end of the transaction. The first entry carries the proof of
// everything that the transaction wrote.
func (t *Tx) Say(e audit.Entry) { t.entries = append(t.entries, e) }

// Touch records that a row was written or deleted.
func (t *Tx) Touch(kind string, id int64, name string) {
	if t.touched == nil {
		t.touched = map[string]map[Key]bool{}
	}
	if t.touched[kind] == nil {
		t.touched[kind] = map[Key]bool{}
	}
	t.touched[kind][Key{id, name}] = true
}

// Moved records the new value of a counter.
func (t *Tx) Moved(name string, value int64) {
	if t.counters == nil {
		t.counters = map[string]int64{}
	}
	t.counters[name] = value
}

// Last returns the last entry. A sealed entry keeps its number even when it was deleted, so that the gap is visible.
func (t *Tx) Last(ctx context.Context) (audit.Entry, error) {
	if t.head == nil {
		var e audit.Entry
		if _, err := t.One(ctx, `SELECT seq, detail FROM audit_entry ORDER BY seq DESC LIMIT 1`, nil, &e.Seq, &e.Detail); err != nil {
			return e, fmt.Errorf("store: the last entry of the log: %w", err)
		}
		if t.log.Hash != "" {
			size, err := t.sealedSize(ctx)
			if err != nil {
				return e, err
			}
			e.Seq = max(e.Seq, size)
		}
		t.head = &e
	}
	return *t.head, nil
}

// AddBlock stores a block under the number of the entry that will prove it.
func (t *Tx) AddBlock(ctx context.Context, b *fact.BlockRow) (err error) {
	defer fault.At(&err, "oplog.AddBlock(records %d to %d)", b.First, b.Last)
	if b.First <= t.last {
		return fmt.Errorf("store: block %d comes after record %d", b.First, t.last)
	}
	t.last = b.Last
	head, err := t.Last(ctx)
	if err != nil {
		return err
	}
	if t.Landing != nil {
		t.records, t.blocks = t.Landing.records, t.Landing.blocks
	}
	if t.records == nil {
		t.records = sha256.New()
	}
	t.records.Write(b.Digest[:])
	if t.blocks++; t.Landing != nil {
		t.Landing.records, t.Landing.blocks = t.records, t.blocks
	}
	seq := head.Seq + 1
	if t.Landing != nil { // the entry is that of the last transaction of the batch
		seq = -t.Landing.ID
	}
	seeds := any(b.Seeds)
	if t.Hid {
		seeds = vault.Hidden(b.Seeds)
	}
	_, err = t.Exec(ctx, `INSERT INTO block (first_record, last_record, seq, seeds, marks, mentions, digest) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		b.First, b.Last, seq, seeds, b.Marks, b.Mentions[:], b.Digest[:])
	if err != nil {
		return fmt.Errorf("store: add block %d: %w", b.First, err)
	}
	return nil
}

// Sealed starts the sealing of what a transaction has appended, after its commit.
func (t *Tx) Sealed() {
	if t.appended {
		t.log.sealSoon()
	}
}

// CounterOf returns the value of a counter; found is false when there is none with this name.
func (t *Tx) CounterOf(ctx context.Context, name fact.Counter) (value int64, found bool, err error) {
	defer fault.At(&err, "oplog.CounterOf(counter %s)", name)
	found, err = t.One(ctx, `SELECT value FROM counter WHERE name = ?`, []any{string(name)}, &value)
	return value, found, err
}

// Append appends the entries of the transaction to the log; the first one carries the proof of what was written. A
// transaction that wrote something without an entry gets an entry of the program itself. The head cannot move meanwhile,
// because only this transaction writes.
func (t *Tx) Append(ctx context.Context) (err error) {
	defer fault.At(&err, "oplog.Append")
	head, err := t.Last(ctx)
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
	seq := head.Seq
	for _, e := range t.entries {
		if e, err = e.WithWho(); err != nil {
			return err
		}
		if e, err = e.WithProof(p); err != nil {
			return err
		}
		p = audit.Proof{}
		var texts []audit.Kept
		if e, texts, err = e.Salted(); err != nil {
			return err
		}
		seq++
		e = e.Numbered(seq, t.log.Hash)
		if err := t.addEntry(ctx, &e, texts); err != nil {
			return err
		}
	}
	*t = Tx{Tx: t.Tx, Landing: t.Landing, Forced: t.Forced, log: t.log, appended: true}
	if t.Dialect.Dollar || t.log.Hash == "" { // others need not wait for it
		return nil
	}
	return t.sealLog(ctx)
}

func (t *Tx) addEntry(ctx context.Context, e *audit.Entry, texts []audit.Kept) error {
	_, err := t.Exec(ctx, `INSERT INTO audit_entry (seq, at, actor, action, subject, detail, prev_hash, hash, kind, org) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		e.Seq, e.At.UnixMilli(), e.Actor, e.Action, e.Subject, e.Detail, e.Prev, e.Hash, e.Kind(), e.Who.Org)
	if err != nil {
		return fmt.Errorf("store: append to the log: %w", err)
	}
	for _, k := range texts {
		salt := any(k.Salt)
		if vault.Holds(k.Text) { // the entry has a digest of both: with the salt the text could be guessed
			salt = vault.Hidden(k.Salt)
		}
		if _, err := t.Exec(ctx, `INSERT INTO audit_text (seq, name, salt, text) VALUES (?, ?, ?, ?)`, e.Seq, k.Name, salt, k.Text); err != nil {
			return fmt.Errorf("store: append to the log: %w", err)
		}
	}
	return nil
}

// sealBatch leaves what a batch has written so far out of a chunk's proof. The last transaction of the batch, whose entry
// has number seq, proves it together with the final counters.
func (t *Tx) sealBatch(ctx context.Context, seq int64) error {
	if t.Landing == nil {
		return nil
	}
	if !t.Forced {
		t.blocks, t.counters = 0, nil
		return nil
	}
	t.records, t.blocks = t.Landing.records, t.Landing.blocks
	for _, r := range t.Landing.Ranges {
		n, _, err := t.CounterOf(ctx, r.Counter)
		if err != nil {
			return err
		}
		t.Moved(string(r.Counter), n)
	}
	_, err := t.Exec(ctx, `UPDATE batch SET seq = ? WHERE id = ?`, seq, t.Landing.ID)
	return err
}

// Proof is a stored digest of a row; an empty digest means that the row was deleted.
type Proof struct {
	Seq          int64
	Kind         string
	Key          Key
	Salt, Digest []byte
	hidden       bool // the row holds an identity number, which could be guessed from the digest and the salt
}

// proveRows stores the digests of the touched rows as they are now and returns the root over them. Rows that a chunk of a
// batch has landed are stored under the number of the batch; its last transaction computes the root over them too.
func (t *Tx) proveRows(ctx context.Context, seq int64) (n int, root string, err error) {
	var list, landed []Proof
	for _, k := range Kinds {
		if len(t.touched[k.Name]) == 0 {
			continue
		}
		part, err := t.touchedRows(ctx, k)
		if err != nil {
			return 0, "", fmt.Errorf("store: digests of rows (%s): %w", k.Name, err)
		}
		if k.Lands != "" && t.Landing != nil && !t.Forced {
			landed = append(landed, part...)
		} else {
			list = append(list, part...)
		}
	}
	if len(landed) > 0 {
		if t.Landing.rowDigests == nil {
			t.Landing.rowDigests = sha256.New()
		}
		if err := t.keepProofs(ctx, -t.Landing.ID, t.Landing.landed, landed, t.Landing.rowDigests); err != nil {
			return 0, "", err
		}
		t.Landing.landed += len(landed)
	}
	h := sha256.New()
	if t.Landing != nil && t.Forced && t.Landing.landed > 0 {
		h, n = t.Landing.rowDigests, t.Landing.landed
	}
	if n += len(list); n == 0 {
		return 0, "", nil
	}
	if err := t.keepProofs(ctx, seq, 0, list, h); err != nil {
		return 0, "", err
	}
	return n, audit.Digest(h.Sum(nil)).String(), nil
}

// keepProofs stores digests under an entry number, from a position on, and adds them to the root.
func (t *Tx) keepProofs(ctx context.Context, seq int64, from int, list []Proof, root hash.Hash) error {
	for i := range list {
		root.Write(list[i].Leaf())
	}
	written := t.Written
	err := t.Insert(ctx, `INSERT INTO proof (seq, n, kind, id, name, salt, digest)`, ``, 7, len(list), func(args []any, i int) []any {
		p := &list[i]
		salt := any(p.Salt)
		if p.hidden {
			salt = vault.Hidden(p.Salt)
		}
		return append(args, seq, from+i, p.Kind, p.Key.ID, p.Key.Name, salt, p.Digest)
	})
	t.Written = written
	return err
}

// Leaf returns the bytes that the root over rows is computed from.
func (p *Proof) Leaf() []byte {
	b := audit.AppendText(nil, p.Kind)
	b = audit.AppendText(audit.AppendNumber(b, p.Key.ID), p.Key.Name)
	return audit.AppendText(b, string(p.Digest))
}

// touchedRows returns the digests of the touched rows of one kind, ascending.
func (t *Tx) touchedRows(ctx context.Context, k *Kind) ([]Proof, error) {
	keys := t.touched[k.Name]
	list := make([]Proof, 0, len(keys))
	ids := make([]int64, 0, len(keys))
	for key := range keys {
		list = append(list, Proof{Kind: k.Name, Key: key})
		ids = append(ids, key.ID)
	}
	slices.SortFunc(list, func(a, b Proof) int {
		return cmp.Or(cmp.Compare(a.Key.ID, b.Key.ID), cmp.Compare(a.Key.Name, b.Key.Name))
	})
	slices.Sort(ids)
	salts := make([]byte, 16*len(list))
	rand.Read(salts)
	take := func(key Key, digest DigestOf) error {
		i, found := slices.BinarySearchFunc(list, key, func(p Proof, key Key) int {
			return cmp.Or(cmp.Compare(p.Key.ID, key.ID), cmp.Compare(p.Key.Name, key.Name))
		})
		if found {
			list[i].Salt = salts[16*i : 16*i+16]
			sum, holds := digest(list[i].Salt)
			list[i].Digest, list[i].hidden = sum[:], holds
		}
		return nil
	}
	return list, k.some(ctx, t, slices.Compact(ids), take)
}

// some passes the rows of a kind with one of some ids, ascending. It reads ranges when the ids are close together.
func (k *Kind) some(ctx context.Context, t *Tx, ids []int64, fn func(Key, DigestOf) error) error {
	var single []int64
	for i := 0; i < len(ids); {
		j := i + 1
		for j < len(ids) && ids[j]-ids[j-1] <= 4 {
			j++
		}
		if j-i < base.Chunk {
			single = append(single, ids[i:j]...)
		} else if err := k.Rows(ctx, t, ids[i], ids[j-1], fn); err != nil {
			return err
		}
		i = j
	}
	return k.among(ctx, t, single, fn)
}

// Proven returns the keys of those rows of a kind, among some ids, that have digests.
func (t *Tx) Proven(ctx context.Context, kind string, ids []int64) (_ map[Key]bool, err error) {
	defer fault.At(&err, "oplog.Proven(kind %s, %d ids)", kind, len(ids))
	keys := map[Key]bool{}
	err = base.Among(ctx, t, `SELECT id, name FROM proof WHERE kind = ? AND id IN {in}`, []any{kind}, ids, func(rows *sql.Rows) error {
		var key Key
		err := rows.Scan(&key.ID, &key.Name)
		keys[key] = true
		return err
	})
	return keys, err
}
