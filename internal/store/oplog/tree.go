// Package oplog writes the operation log of a base. Every transaction records which rows it writes. At its end it appends
// an entry that says who did what and carries the digests of these rows. The entries are sealed in a Merkle tree (RFC
// 9162).
package oplog

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"eyas/internal/audit"
	"eyas/internal/fault"
	"eyas/internal/store/base"
)

// An entry of the operation log is written in the transaction of its action. The sealer then appends the committed
// entries to the tree, in the order of their numbers, which is the order of the commits, and stores the head. On SQLite,
// where one transaction writes at a time, it works at the end of that transaction. On PostgreSQL it has transactions of
// its own, and writers do not wait for it: a process seals soon after it has written, and before it ends.

// Log is the operation log of a base.
type Log struct {
	Hash    audit.Hash // by which it is sealed; empty: it is not sealed at all
	Chained int64      // the last entry of the chain that older programs wrote

	db *base.DB

	edge atomic.Pointer[edge] // of the tree as this process sealed it last

	soon  chan struct{}      // says that there is something to seal; nil until then
	stop  context.CancelFunc // of the goroutine that seals
	ended chan struct{}
	start sync.Mutex
}

const (
	// sealLock makes sealers go one after another on PostgreSQL.
	sealLock = 20210334
	// sealPatience is how long a sealer waits for another one, or on SQLite for the write lock.
	sealPatience = 5 * time.Second
	// sealWindow is how many entries are sealed in one transaction, so that nobody waits long.
	sealWindow = 20_000
)

// edge holds the hashes from which the tree of a head can grow.
type edge struct {
	root   []byte
	size   int64
	hashes [][]byte
}

// newestHead is the same text for all callers, so that a transaction prepares it once.
const newestHead = `SELECT size, root, leaf FROM tree_head ORDER BY size DESC LIMIT 1`

// TreeMigration is the name of the migration that adds the tree. The log of a base without it is not sealed.
const TreeMigration = "tree"

// Open reads how the log of a base is sealed. It returns a fault when wanted is set and the log is sealed with another
// hash.
func Open(ctx context.Context, db *base.DB, wanted audit.Hash) (*Log, error) {
	var hash, chained string
	for name, value := range map[string]*string{"log.hash": &hash, "log.chained": &chained} {
		if err := db.Read.QueryRowContext(ctx, db.Dialect.SQL(`SELECT value FROM setting WHERE name = ?`), name).Scan(value); err != nil {
			return nil, fmt.Errorf("store: setting %s: %w", name, err)
		}
	}
	l := &Log{db: db, Hash: audit.Hash(hash)}
	var err error
	if l.Chained, err = strconv.ParseInt(chained, 10, 64); err != nil || !l.Hash.Known() {
		return nil, fault.New(fault.Invalid, fmt.Sprintf("底库 %s 的日志以本程序不认识的方式封存（%s）。请换用新版本的程序打开。", db.Name(), hash),
			fmt.Sprintf("The log of the base %s is sealed in a way that this program does not know (%s). Open it with a newer program.", db.Name(), hash))
	}
	if wanted != "" && wanted != l.Hash {
		return nil, fault.New(fault.Conflict,
			fmt.Sprintf("底库 %s 的日志从建库起就用 %s 封存，不能改用 %s。请去掉这个选项，或新建一个底库。", db.Name(), l.Hash, wanted),
			fmt.Sprintf("The log of the base %s is sealed with %s since the base was made, and cannot be with %s. Leave the option out, or make another base.", db.Name(), l.Hash, wanted))
	}
	return l, nil
}

// Unsealed returns the log of a base whose schema has no tree.
func Unsealed(db *base.DB) *Log { return &Log{db: db} }

// reading runs fn on one snapshot, or within the transaction that ctx carries.
func (l *Log) reading(ctx context.Context, fn func(*Tx) error) error {
	return l.db.Reading(ctx, func(t *base.Tx) error { return fn(&Tx{Tx: t, log: l}) })
}

// sealedSize returns the number of sealed entries.
func (t *Tx) sealedSize(ctx context.Context) (size int64, err error) {
	var root, leaf []byte
	if _, err = t.One(ctx, newestHead, nil, &size, &root, &leaf); err != nil {
		return 0, fmt.Errorf("store: head of the tree: %w", err)
	}
	return size, nil
}

// sealLog appends the entries that are not sealed yet to the tree. It stops before a missing entry and when the tree is
// damaged: eyas verify reports that, and writing goes on.
func (t *Tx) sealLog(ctx context.Context) error {
	for {
		n, err := t.sealSome(ctx)
		if err != nil {
			return fmt.Errorf("store: seal the log: %w", err)
		}
		if n < sealWindow {
			return nil
		}
	}
}

// sealSome appends up to sealWindow entries, and a head.
func (t *Tx) sealSome(ctx context.Context) (n int, err error) {
	var size int64
	var before, leaf []byte
	if _, err := t.One(ctx, newestHead, nil, &size, &before, &leaf); err != nil {
		return 0, err
	}
	tree, err := t.treeOf(ctx, size, before, leaf)
	if err != nil || tree == nil {
		return 0, err
	}
	var nodes []TreeNode
	made := func(n audit.Node, hash []byte) { nodes = append(nodes, TreeNode{n, hash}) }
	whole := true
	err = t.Each(ctx, Entries+` WHERE seq > ? ORDER BY seq LIMIT ?`, []any{size, sealWindow}, func(rows *sql.Rows) error {
		e, err := ScanEntry(rows)
		if whole = whole && e.Seq == size+int64(n)+1; err != nil || !whole {
			return err
		}
		n++
		leaf = t.log.Hash.Leaf(&e, e.Seq <= t.log.Chained)
		return tree.Append(leaf, made)
	})
	if err != nil || n == 0 {
		return 0, err
	}
	head, err := tree.Head()
	if err != nil {
		return 0, err
	}
	root, err := hex.DecodeString(head.Root)
	if err != nil {
		return 0, err
	}
	written := t.Written
	err = t.Insert(ctx, `INSERT INTO tree_node (id, hash)`, ` ON CONFLICT (id) DO UPDATE SET hash = excluded.hash`, 2, len(nodes), func(args []any, i int) []any {
		return append(args, int64(nodes[i].ID), nodes[i].Hash)
	})
	t.Written = written
	if err != nil {
		return 0, err
	}
	_, err = t.Exec(ctx, `INSERT INTO tree_head (size, root, leaf, at) VALUES (?, ?, ?, ?)`, head.Size, root, leaf, time.Now().UnixMilli())
	t.log.edge.Store(&edge{root, head.Size, tree.Hashes()}) // if it is not committed, the newest head is another
	return n, err
}

// TreeNode is a node of the tree, as it is kept.
type TreeNode struct {
	ID   audit.Node
	Hash []byte
}

// treeOf returns the tree over the first size entries and its root; leaf is the last of them. It is nil when nodes of the
// tree are missing.
func (t *Tx) treeOf(ctx context.Context, size int64, root, leaf []byte) (*audit.Tree, error) {
	if e := t.log.edge.Load(); e != nil && e.size == size && bytes.Equal(e.root, root) {
		return t.log.Hash.Tree(size, slices.Clone(e.hashes))
	}
	edge := audit.Edge(size)
	found, err := t.treeNodes(ctx, edge)
	if err != nil {
		return nil, err
	}
	hashes := make([][]byte, len(edge))
	for i, n := range edge {
		if _, last := n.Leaf(); last {
			found[n] = leaf
		}
		if hashes[i] = found[n]; len(hashes[i]) != t.log.Hash.Size() {
			return nil, nil
		}
	}
	return t.log.Hash.Tree(size, hashes)
}

// treeNodes returns the stored hashes of nodes; leaves are not stored.
func (t *Tx) treeNodes(ctx context.Context, nodes []audit.Node) (map[audit.Node][]byte, error) {
	found := make(map[audit.Node][]byte, len(nodes))
	return found, base.Among(ctx, t, `SELECT id, hash FROM tree_node WHERE id IN {in}`, nil, nodes, func(rows *sql.Rows) error {
		var n TreeNode
		err := rows.Scan(&n.ID, &n.Hash)
		found[n.ID] = n.Hash
		return err
	})
}

// Seal seals the committed entries that are not sealed yet. When another process is sealing, it waits for a while and
// leaves the rest to later.
func (l *Log) Seal(ctx context.Context) error {
	if l.Hash == "" {
		return nil
	}
	for n := sealWindow; n == sealWindow; {
		err := l.db.Aside(ctx, sealLock, sealPatience, func(t *base.Tx) (err error) {
			n, err = (&Tx{Tx: t, log: l}).sealSome(ctx)
			return err
		})
		if err != nil {
			return fmt.Errorf("store: seal the log: %w", err)
		}
	}
	return nil
}

// Waiting returns the number of committed entries that are not sealed.
func (l *Log) Waiting(ctx context.Context) (n int64, err error) {
	defer fault.At(&err, "oplog.Waiting")
	err = l.reading(ctx, func(t *Tx) (err error) {
		n, err = t.Waiting(ctx)
		return err
	})
	return n, err
}

// Waiting is how many entries are committed and not sealed.
func (t *Tx) Waiting(ctx context.Context) (n int64, err error) {
	defer fault.At(&err, "oplog.Waiting")
	_, err = t.One(ctx, `SELECT COUNT(*) FROM audit_entry WHERE seq > (SELECT COALESCE(MAX(size), 0) FROM tree_head)`, nil, &n)
	return n, err
}

// sealSoon starts sealing. On SQLite everything is sealed already.
func (l *Log) sealSoon() {
	if !l.db.Dialect.Dollar {
		return
	}
	l.start.Lock()
	defer l.start.Unlock()
	if l.soon == nil {
		ctx, stop := context.WithCancel(context.Background())
		l.soon, l.stop, l.ended = make(chan struct{}, 1), stop, make(chan struct{})
		go func() {
			defer close(l.ended)
			for {
				select {
				case <-l.soon:
					l.Seal(ctx) // what is left over is sealed after the next write, or by Close
				case <-ctx.Done():
					return
				}
			}
		}()
	}
	select {
	case l.soon <- struct{}{}:
	default: // it is told already
	}
}

// Close seals the rest before the process ends. If it cannot, another process does it; eyas verify counts the entries
// that are not sealed.
func (l *Log) Close() {
	l.start.Lock()
	if l.soon != nil {
		l.stop()
		<-l.ended
		l.soon = nil
	}
	l.start.Unlock()
	if l.Hash == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*sealPatience)
	defer cancel()
	if n, err := l.Waiting(ctx); err == nil && n > 0 {
		l.Seal(ctx)
	}
}

// ProveEntry returns the inclusion proof of an entry in the newest head (RFC 9162, 2.1.3).
func (l *Log) ProveEntry(ctx context.Context, seq int64) (leaf []byte, head audit.Head, hashes [][]byte, err error) {
	defer fault.At(&err, "oplog.ProveEntry(seq %d)", seq)
	err = l.reading(ctx, func(t *Tx) error {
		if head, err = t.sealedHead(ctx); err != nil {
			return err
		}
		if leaf, err = t.leaf(ctx, seq); err != nil {
			return err
		}
		hashes, err = l.Hash.ProveEntry(seq, head.Size, func(nodes []audit.Node) ([][]byte, error) { return t.hashesOf(ctx, nodes) })
		return err
	})
	return leaf, head, hashes, err
}

// ProveHead returns the consistency proof from a head of an earlier size to the newest head (RFC 9162, 2.1.4).
func (l *Log) ProveHead(ctx context.Context, size int64) (head audit.Head, hashes [][]byte, err error) {
	defer fault.At(&err, "oplog.ProveHead(size %d)", size)
	err = l.reading(ctx, func(t *Tx) error {
		if head, err = t.sealedHead(ctx); err != nil {
			return err
		}
		hashes, err = l.Hash.ProveHead(size, head.Size, func(nodes []audit.Node) ([][]byte, error) { return t.hashesOf(ctx, nodes) })
		return err
	})
	return head, hashes, err
}

// sealedHead returns the newest head.
func (t *Tx) sealedHead(ctx context.Context) (h audit.Head, err error) {
	var root []byte
	if _, err := t.One(ctx, `SELECT size, root FROM tree_head ORDER BY size DESC LIMIT 1`, nil, &h.Size, &root); err != nil {
		return h, fmt.Errorf("store: head of the tree: %w", err)
	}
	h.Root = hex.EncodeToString(root)
	return h, nil
}

// hashesOf returns the hashes of nodes, also of leaves.
func (t *Tx) hashesOf(ctx context.Context, nodes []audit.Node) ([][]byte, error) {
	found, err := t.treeNodes(ctx, nodes)
	if err != nil {
		return nil, err
	}
	list := make([][]byte, len(nodes))
	for i, n := range nodes {
		if list[i] = found[n]; list[i] != nil {
			continue
		}
		seq, leaf := n.Leaf()
		if !leaf {
			return nil, fmt.Errorf("store: node %d of the tree is missing", n)
		}
		if list[i], err = t.leaf(ctx, seq); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// leaf returns the hash of an entry as a leaf.
func (t *Tx) leaf(ctx context.Context, seq int64) (leaf []byte, err error) {
	err = t.Each(ctx, Entries+` WHERE seq = ?`, []any{seq}, func(rows *sql.Rows) error {
		e, err := ScanEntry(rows)
		leaf = t.log.Hash.Leaf(&e, seq <= t.log.Chained)
		return err
	})
	if err == nil && leaf == nil {
		err = fmt.Errorf("store: the log has no entry %d", seq)
	}
	return leaf, err
}
