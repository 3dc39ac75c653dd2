package fact

import (
	"context"
	"errors"
)

// Room opens the transactions of one part of the registry. R and W are the methods that the part declares for reading and
// for writing. A reader reads from one snapshot. A method that looks for one thing returns nil when there is none. A
// function that is called row by row must not use its reader: a connection carries one query at a time.
type Room[R, W any] interface {
	// Read runs fn on one consistent snapshot, or within the transaction that ctx carries.
	Read(ctx context.Context, fn func(R) error) error
	// Write runs fn in one transaction. When fn returns nil, everything is written; otherwise nothing is. If ctx carries
	// a transaction, fn takes part in that one. Only one write runs at a time, over all processes that have the database
	// open. The others wait; after too long they get a fault with code fault.Conflict.
	Write(ctx context.Context, fn func(W) error) error
	// Within is like Write and gives fn a context that carries the transaction. Reads and writes of other rooms with that
	// context take part in the same transaction.
	Within(ctx context.Context, fn func(ctx context.Context, w W) error) error
}

// ErrReplaced is returned when the file of the open database was replaced by another database. The open one can no longer
// be read or written.
var ErrReplaced = errors.New("the database was replaced")

// Counter names a number in the base that only grows.
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

// ErrEnough is returned by a function that reads row by row and needs no more rows. The reading then ends without an
// error.
var ErrEnough = errors.New("registry: enough rows were read")

// BatchRows is how many rows, or subjects, are read or written at a time.
const BatchRows = 1024
