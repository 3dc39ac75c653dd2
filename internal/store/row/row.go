// Package row reads and writes the rows of the registry in one transaction: imports, source records, profiles, whom
// records are about and whom they mention, merges, questions, answers about places, and the numbers that go with them.
//
// What a transaction sees of a batch that is not in force is in view.go, and how a write runs beside others in narrow.go.
package row

import (
	"context"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/store/base"
	"eyas/internal/store/oplog"
)

// Tx is an open transaction, out of which rows of each kind are read and written.
type Tx struct {
	*oplog.Tx
	News News // of which registers the transaction has changed something

	numbers  map[string]int64 // of registers; nil until they were read
	ids      map[int64]string // the way back
	advanced bool             // the change counter
	narrow   *Narrowing       // of a transaction that runs beside others; nil: it is the only one that writes, or reads
	met      map[int64]met    // profiles that a transaction of a batch has read or written
	view
}

// Over puts the rows over a transaction of a base; over the same one twice it gives the same.
func Over(t *base.Tx, log *oplog.Log) *Tx {
	over, ok := t.Over.(*Tx)
	if !ok {
		over = &Tx{Tx: log.Of(t)}
		t.Over = over
	}
	return over
}

// Beside opens more transactions on the snapshot; see base.Tx.Beside.
func (t *Tx) Beside(ctx context.Context, n int) (opened []*Tx, close func(), err error) {
	defer fault.At(&err, "row.Beside(%d)", n)
	list, close, err := t.Tx.Tx.Beside(ctx, n)
	for _, o := range list {
		opened = append(opened, Over(o, t.Of()))
	}
	return opened, close, err
}

// Ending writes what goes with the rows of a transaction that is about to end: the order of changes, and the log.
func (t *Tx) Ending(ctx context.Context) (err error) {
	defer fault.At(&err, "row.Ending")
	if t.narrow != nil {
		return t.lastStep(ctx)
	}
	if err := t.numberNews(ctx); err != nil {
		return err
	}
	return t.Append(ctx)
}

// The kinds of rows. A package declares the few methods that it needs, and its room puts together the kinds that have
// them.
type (
	CounterRows  struct{ *Tx } // counters, and which register changed when
	NumberRows   struct{ *Tx } // numbers of attributes and sources, settings
	ImportRows   struct{ *Tx }
	RecordRows   struct{ *Tx } // source records, and whom they are about
	ProfileRows  struct{ *Tx }
	SubjectRows  struct{ *Tx } // profiles by code and by name
	MentionRows  struct{ *Tx }
	MergeRows    struct{ *Tx } // merges and moved records
	QuestionRows struct{ *Tx }
	PlaceRows    struct{ *Tx }
	MeaningRows  struct{ *Tx }
	LogRows      struct{ *Tx }
	BatchRows    struct{ *Tx } // what only a batch may do
)

// Log appends to the operation log when the transaction ends. The entry says as what its actor acts, by the context.
func (t LogRows) Log(ctx context.Context, e audit.Entry) error {
	if a := auth.Named(ctx); a.ID == e.Actor {
		e.Who = audit.Who{Role: string(a.Role), Org: a.Org, Subject: a.Subject, Viewer: a.Viewer, From: a.From}
	}
	t.Say(e)
	return nil
}
