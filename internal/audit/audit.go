// Package audit makes the operation log tamper-evident. Its entries are the leaves of a Merkle tree (RFC 9162), in the
// order of the commits. A head of the tree (number of entries and root) seals all entries up to that number: with a later
// change, removal or insertion the entries no longer produce that root.
//
// Entries of older programs carry the hash of the entry before them instead (a hash chain, SHA-256). The chain is still
// checked, and its entries are the first leaves of the tree.
//
// No log can show by itself that its newest entries were removed without replacement, or that all hashes were computed
// again. To prove that, note the head outside the base from time to time.
package audit

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"time"
)

// Entry is one line of the log: who did what to which thing, and when.
type Entry struct {
	Seq     int64
	At      time.Time // kept to the millisecond
	Actor   string
	Action  string            // e.g. "import", "undo"
	Subject string            // what it was done to, e.g. "import/12"
	Detail  string            // JSON; what a reader of the log needs to know beyond that
	Texts   map[string]string // of the detail, kept beside the entry: see Beside
	Who     Who               // as what the actor acted, until WithWho writes it into the detail; As reads it
	Prev    string            // of an entry of an older program: the hash of the entry before, in hexadecimal
	Hash    string            // hexadecimal
}

// After appends e to a chain after last: it sets the sequence number, the hash of last, and its own hash. The first entry
// comes after the zero entry.
func (e Entry) After(last Entry) Entry {
	e.Seq = last.Seq + 1
	e.Prev = last.Hash
	e.At = e.At.UTC().Truncate(time.Millisecond)
	e.Hash = e.sum()
	return e
}

// sum hashes every field after its length, so that different entries never have the same bytes.
func (e Entry) sum() string {
	h := sha256.New()
	var n [8]byte
	number := func(v int64) {
		binary.BigEndian.PutUint64(n[:], uint64(v))
		h.Write(n[:])
	}
	text := func(s string) {
		number(int64(len(s)))
		h.Write([]byte(s))
	}
	number(e.Seq)
	number(e.At.UnixMilli())
	text(e.Actor)
	text(e.Action)
	text(e.Subject)
	text(e.Detail)
	text(e.Prev)
	return hex.EncodeToString(h.Sum(nil))
}

// Broken is the first place at which a log does not match its hashes.
type Broken struct {
	Seq  int64 // the entry that does not fit
	What string
	ZH   string // the same in Chinese
}

func (b *Broken) Error() string { return fmt.Sprintf("audit entry %d: %s", b.Seq, b.What) }

// Chain checks the entries of a hash chain in the order of the log. The zero value stands before the first entry.
type Chain struct {
	Last Entry // the newest entry that fits: after a whole log, its head
}

// Check checks the next entry. The error is a *Broken.
func (c *Chain) Check(e Entry) error {
	switch {
	case e.Seq != c.Last.Seq+1:
		return missing(e.Seq, c.Last.Seq)
	case e.Prev != c.Last.Hash:
		return &Broken{e.Seq, "does not carry the hash of the entry before it", "它带的不是上一条的哈希"}
	case e.Hash != e.sum():
		return changed(e.Seq)
	}
	c.Last = e
	return nil
}

func missing(seq, last int64) *Broken {
	return &Broken{seq, fmt.Sprintf("follows entry %d: the entries between are missing", last), fmt.Sprintf("它的前一条是第 %d 条，中间的条目缺失", last)}
}

func changed(seq int64) *Broken {
	return &Broken{seq, "was changed after it was written", "它写下之后被改动过"}
}

// Log checks the entries of a log in order and builds the tree over all of them. The entries of older programs are
// checked by the chain, the others by their own hashes.
type Log struct {
	Hash    Hash
	Chained int64 // the last entry of the chain
	Last    Entry // the newest entry that was checked
	chain   Chain
	tree    *Tree
}

// Check checks the next entry. The error is a *Broken; checking may go on after it. made gets the inner nodes that are
// complete with this entry; it may be nil.
func (l *Log) Check(e Entry, made func(n Node, hash []byte)) (err error) {
	if l.tree == nil {
		if l.tree, err = l.Hash.Tree(0, nil); err != nil {
			return err
		}
	}
	leaf := l.Hash.Leaf(&e, e.Seq <= l.Chained)
	var broken *Broken
	switch {
	case e.Seq <= l.Chained:
		if err := l.chain.Check(e); err != nil {
			broken = err.(*Broken)
			l.chain.Last = e
		}
	case e.Seq != l.Last.Seq+1:
		broken = missing(e.Seq, l.Last.Seq)
	case e.Hash != hex.EncodeToString(leaf) || e.Prev != "":
		broken = changed(e.Seq)
	}
	l.Last = e
	if err := l.tree.Append(leaf, made); err != nil {
		return err
	}
	if broken != nil {
		return broken
	}
	return nil
}

// Head returns the head of the tree over all entries that were checked.
func (l *Log) Head() (Head, error) {
	if l.tree == nil {
		return Head{}, nil
	}
	return l.tree.Head()
}
