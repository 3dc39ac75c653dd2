package oplog

import (
	"context"
	"fmt"

	"eyas/internal/audit"
	"eyas/internal/fault"
)

// Evidence returns the evidence that the head of some size seals an entry; size 0 means the newest head.
func (l *Log) Evidence(ctx context.Context, seq, size int64) (x *audit.Evidence, err error) {
	defer fault.At(&err, "oplog.Evidence(seq %d, size %d)", seq, size)
	err = l.reading(ctx, func(t *Tx) error {
		head, err := t.headAt(ctx, size)
		if err != nil {
			return err
		}
		if seq < 1 || seq > head.Size {
			return fault.New(fault.NotFound, fmt.Sprintf("第 %d 条不在前 %d 条已封存的条目里。", seq, head.Size), fmt.Sprintf("Entry %d is not among the first %d entries, which are sealed.", seq, head.Size))
		}
		list, err := t.entriesOf(ctx, []int64{seq})
		if err != nil || len(list) == 0 {
			return fmt.Errorf("store: the log has no entry %d: %w", seq, err)
		}
		path, err := l.Hash.ProveEntry(seq, head.Size, func(nodes []audit.Node) ([][]byte, error) { return t.hashesOf(ctx, nodes) })
		x = l.Hash.ProofOf(list[0], seq <= l.Chained, head, path)
		return err
	})
	return x, err
}

// EvidenceBetween returns the evidence that the newest head contains the one of an earlier size.
func (l *Log) EvidenceBetween(ctx context.Context, size int64) (x *audit.Evidence, err error) {
	defer fault.At(&err, "oplog.EvidenceBetween(size %d)", size)
	err = l.reading(ctx, func(t *Tx) error {
		head, err := t.headAt(ctx, 0)
		if err != nil {
			return err
		}
		earlier, err := t.headAt(ctx, size)
		if err != nil {
			return err
		}
		path, err := l.Hash.ProveHead(earlier.Size, head.Size, func(nodes []audit.Node) ([][]byte, error) { return t.hashesOf(ctx, nodes) })
		x = l.Hash.ProofBetween(earlier, head, path)
		return err
	})
	return x, err
}

// headAt returns the head of a size, computed from the tree; the newest one for 0.
func (t *Tx) headAt(ctx context.Context, size int64) (h audit.Head, err error) {
	newest, err := t.sealedHead(ctx)
	if err != nil || size == 0 || size == newest.Size {
		return newest, err
	}
	if size < 1 || size > newest.Size {
		return h, fault.New(fault.NotFound, fmt.Sprintf("日志还没有 %d 条已封存的条目，现有 %d 条。", size, newest.Size), fmt.Sprintf("The log does not have %d sealed entries; it has %d.", size, newest.Size))
	}
	edge, err := t.hashesOf(ctx, audit.Edge(size))
	if err != nil {
		return h, err
	}
	tree, err := t.log.Hash.Tree(size, edge)
	if err != nil {
		return h, err
	}
	return tree.Head()
}
