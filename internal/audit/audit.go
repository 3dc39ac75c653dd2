// Package audit keeps the operation log honest: every entry carries a hash over itself and over the entry
// before it (SHA-256), so that a later change, removal or insertion breaks the chain from that place on.
//
// What a chain cannot show is that its newest entries were cut off and nothing was put in their place. Who
// needs to prove that notes the head (sequence number and hash) elsewhere from time to time.
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
	Action  string // e.g. "import", "undo"
	Subject string // what it was done to, e.g. "import/12"
	Detail  string // JSON; what a reader of the log needs to know beyond that
	Prev    string // hash of the entry before, in hexadecimal; empty for the first
	Hash    string
}

// After gives e its place behind last: sequence number, the hash of what went before, and its own.
// The zero entry stands before the first.
func (e Entry) After(last Entry) Entry {
	e.Seq = last.Seq + 1
	e.Prev = last.Hash
	e.At = e.At.UTC().Truncate(time.Millisecond)
	e.Hash = e.sum()
	return e
}

// sum hashes every field with its length before it, so that no two entries have the same bytes.
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

// Broken says where a chain does not hold.
type Broken struct {
	Seq  int64 // the entry that does not fit
	What string
	ZH   string // the same in Chinese
}

func (b *Broken) Error() string { return fmt.Sprintf("audit entry %d: %s", b.Seq, b.What) }

// Chain checks entries in the order of the log. Its zero value stands before the first entry.
type Chain struct {
	Last Entry // the newest entry that fits: after a whole log, its head
}

// Check takes the next entry; the error is a *Broken.
func (c *Chain) Check(e Entry) error {
	switch {
	case e.Seq != c.Last.Seq+1:
		return &Broken{e.Seq, fmt.Sprintf("follows entry %d: the entries between are missing", c.Last.Seq), fmt.Sprintf("它的前一条是第 %d 条，中间的条目缺失", c.Last.Seq)}
	case e.Prev != c.Last.Hash:
		return &Broken{e.Seq, "does not carry the hash of the entry before it", "它带的不是上一条的哈希"}
	case e.Hash != e.sum():
		return &Broken{e.Seq, "was changed after it was written", "它写下之后被改动过"}
	}
	c.Last = e
	return nil
}
