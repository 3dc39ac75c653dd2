package fact

import (
	"context"
	"errors"
)

// Room gives a part of the registry its transactions, by the few methods that it declares: R reads, W writes. A Reader
// reads from one snapshot. Methods that look for one thing give nil when there is none. A function that is called row by
// row must not use the Reader: a connection carries one query at a time.
type Room[R, W any] interface {
	// Read runs fn on one consistent snapshot, or within the transaction that ctx carries.
	Read(ctx context.Context, fn func(R) error) error
	// Write runs fn in one transaction that is written whole, when fn gives nil, or not at all; or as a part of the one
	// that ctx carries. Only one runs at a time, over all processes that have the database open; the others wait, and give
	// a fault with code fault.Conflict when it takes too long.
	Write(ctx context.Context, fn func(W) error) error
	// Within is Write, and gives fn a context that carries the transaction: what other rooms read and write with it takes part
	// in it.
	Within(ctx context.Context, fn func(ctx context.Context, w W) error) error
}

// ErrReplaced says that another database stands where the open one stood: nothing of it can be read or written any more.
var ErrReplaced = errors.New("the database was replaced")

// Counter names a number that only grows.
type Counter string

// The counters. Ids are handed out without gaps inside a transaction, so that an import's records are one range.
const (
	LastImport  Counter = "import"
	LastRecord  Counter = "record"
	LastSubject Counter = "subject"
	LastChange  Counter = "change" // grows with every transaction that changes a profile
	LastAnswer  Counter = "place_answer"
	LastMerge   Counter = "merge"
	LastRelink  Counter = "relink"
	LastAsked   Counter = "question"
)

// ErrEnough ends a reading of rows without an error: what it was given is enough.
var ErrEnough = errors.New("registry: enough rows were read")

// BatchRows is how many rows, or subjects, are read or written at a time.
const BatchRows = 1024
