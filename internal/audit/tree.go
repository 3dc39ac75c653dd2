package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/bits"
	"slices"
	"time"

	"github.com/emmansun/gmsm/sm3"
	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"

	"eyas/internal/fault"
)

// Hash is the hash function that seals a log. A base keeps the one that it was created with.
type Hash string

// The hash functions.
const (
	SHA256 Hash = "sha256"
	SM3    Hash = "sm3" // GB/T 32905
)

// Known reports whether h is one of the hash functions.
func (h Hash) Known() bool { return h == SHA256 || h == SM3 }

// String returns the name of the function for people.
func (h Hash) String() string {
	switch h {
	case SHA256:
		return "SHA-256"
	case SM3:
		return "SM3"
	}
	return string(h)
}

func (h Hash) sum(b []byte) Digest {
	if h == SM3 {
		return sm3.Sum(b)
	}
	return sha256.Sum256(b)
}

// These methods implement merkle.LogHasher: the tree of RFC 6962 and RFC 9162, in which leaves and inner nodes are hashed
// with different prefixes.

// HashLeaf gives the hash of a leaf.
func (h Hash) HashLeaf(data []byte) []byte {
	d := h.sum(append(append(make([]byte, 0, 1+len(data)), 0), data...))
	return d[:]
}

// HashChildren gives the hash of an inner node.
func (h Hash) HashChildren(left, right []byte) []byte {
	var b [1 + 2*len(Digest{})]byte
	d := h.sum(append(append(append(b[:0], 1), left...), right...))
	return d[:]
}

// EmptyRoot gives the root of a tree without leaves.
func (h Hash) EmptyRoot() []byte {
	d := h.sum(nil)
	return d[:]
}

// Size is the length of a hash.
func (h Hash) Size() int { return len(Digest{}) }

// Leaf returns the hash of an entry as a leaf of the tree. chained marks an entry of an older program: its place in the
// old chain is part of the leaf.
func (h Hash) Leaf(e *Entry, chained bool) []byte {
	b := make([]byte, 0, 128+len(e.Detail))
	if chained {
		b = append(b, "entry 1"...)
	} else {
		b = append(b, "entry 2"...)
	}
	b = AppendNumber(AppendNumber(b, e.Seq), e.At.UnixMilli())
	for _, s := range []string{e.Actor, e.Action, e.Subject, e.Detail} {
		b = AppendText(b, s)
	}
	if chained {
		b = AppendText(AppendText(b, e.Prev), e.Hash)
	}
	return h.HashLeaf(b)
}

// Numbered sets the number of an entry in the log, and its hash.
func (e Entry) Numbered(seq int64, h Hash) Entry {
	e.Seq = seq
	e.At = e.At.UTC().Truncate(time.Millisecond)
	e.Prev = ""
	e.Hash = hex.EncodeToString(h.Leaf(&e, false))
	return e
}

// Head is the state of a tree: the number of entries that it seals, and its root.
type Head struct {
	Size int64
	Root string // hexadecimal; empty without entries
}

// Point returns the head in the form that people note.
func (h Head) Point() Point { return Point{h.Size, h.Root} }

// Tree is a Merkle tree that grows leaf by leaf. It holds only the roots of its complete subtrees.
type Tree struct {
	r *compact.Range
}

// Node is the number of a node whose subtree is complete. Nodes are numbered in order from left to right: leaves have the
// even numbers. The number never changes while the tree grows.
type Node int64

func nodeOf(id compact.NodeID) Node {
	return Node(id.Index<<(id.Level+1) | (1<<id.Level - 1))
}

// Leaf reports whether a node is a leaf, and the number of its entry.
func (n Node) Leaf() (seq int64, leaf bool) { return int64(n)/2 + 1, n&1 == 0 }

// Edge returns the nodes that a tree of some size is computed from: the roots of its complete subtrees.
func Edge(size int64) []Node { return nodesOf(compact.RangeNodes(0, uint64(size), nil)) }

func nodesOf(ids []compact.NodeID) []Node {
	list := make([]Node, len(ids))
	for i, id := range ids {
		list[i] = nodeOf(id)
	}
	return list
}

// Nodes returns the number of inner nodes with a complete subtree in a tree of some size.
func Nodes(size int64) int64 { return size - int64(bits.OnesCount64(uint64(size))) }

// Tree returns a tree of some size. edge holds the hashes of the nodes that Edge returns.
func (h Hash) Tree(size int64, edge [][]byte) (*Tree, error) {
	f := &compact.RangeFactory{Hash: h.HashChildren}
	r, err := f.NewRange(0, uint64(size), edge)
	if err != nil {
		return nil, fmt.Errorf("audit: tree of %d entries: %w", size, err)
	}
	return &Tree{r}, nil
}

// Hashes returns the hashes of the nodes that Edge returns.
func (t *Tree) Hashes() [][]byte { return slices.Clone(t.r.Hashes()) }

// Append adds a leaf. made is called with each inner node that is complete with it.
func (t *Tree) Append(leaf []byte, made func(n Node, hash []byte)) error {
	return t.r.Append(leaf, func(id compact.NodeID, hash []byte) {
		if id.Level > 0 && made != nil {
			made(nodeOf(id), hash)
		}
	})
}

// Head returns the size and the root.
func (t *Tree) Head() (Head, error) {
	root, err := t.r.GetRootHash(nil)
	if err != nil {
		return Head{}, err
	}
	return Head{int64(t.r.End()), hex.EncodeToString(root)}, nil
}

// ProveEntry returns the inclusion proof of an entry in a tree of some size (RFC 9162, 2.1.3). hashes returns the hashes
// of nodes.
func (h Hash) ProveEntry(seq, size int64, hashes func([]Node) ([][]byte, error)) (_ [][]byte, err error) {
	defer fault.At(&err, "audit.ProveEntry(entry %d of %d)", seq, size)
	if seq < 1 || seq > size {
		return nil, fmt.Errorf("audit: entry %d is not among the %d that are sealed", seq, size)
	}
	nodes, err := proof.Inclusion(uint64(seq-1), uint64(size))
	return h.prove(nodes, err, hashes)
}

// ProveHead returns the consistency proof between trees of two sizes (RFC 9162, 2.1.4). hashes returns the hashes of
// nodes.
func (h Hash) ProveHead(size, later int64, hashes func([]Node) ([][]byte, error)) (_ [][]byte, err error) {
	defer fault.At(&err, "audit.ProveHead(%d entries of %d)", size, later)
	if size < 0 || size > later {
		return nil, fmt.Errorf("audit: a head of %d entries is later than one of %d", size, later)
	}
	nodes, err := proof.Consistency(uint64(size), uint64(later))
	return h.prove(nodes, err, hashes)
}

func (h Hash) prove(nodes proof.Nodes, err error, hashes func([]Node) ([][]byte, error)) ([][]byte, error) {
	if err != nil {
		return nil, err
	}
	list, err := hashes(nodesOf(nodes.IDs))
	if err != nil {
		return nil, err
	}
	return nodes.Rehash(list, h.HashChildren)
}
