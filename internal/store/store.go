// Package store holds all SQL, on SQLite (one file, the default) and on PostgreSQL: the same statements and the same
// migrations. Domain packages declare what they need of it; the types here provide that.
//
// Its rooms stand one above the other:
//
//   - dialect, page, seal, owner, migrations: what differs between the databases, the pages of a file, checksums of rows,
//     names of processes, the schema;
//   - base: connections and transactions;
//   - oplog: the operation log, which proves what every transaction wrote;
//   - row: the rows of the registry;
//   - room: transactions with rows, for each package of the domain its own;
//   - batch, disclosure, findings, files, hook, jobs, mandate, matter, people, retention, sharing, check, verify, rekey: what is done with them.
package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"eyas/internal/audit"
	"eyas/internal/fault"
	"eyas/internal/registry/derive"
	"eyas/internal/store/base"
	"eyas/internal/store/batch"
	"eyas/internal/store/check"
	"eyas/internal/store/disclosure"
	"eyas/internal/store/files"
	"eyas/internal/store/hook"
	"eyas/internal/store/jobs"
	"eyas/internal/store/mandate"
	"eyas/internal/store/matter"
	"eyas/internal/store/migrations"
	"eyas/internal/store/oplog"
	"eyas/internal/store/people"
	"eyas/internal/store/rekey"
	"eyas/internal/store/repeat"
	"eyas/internal/store/retention"
	"eyas/internal/store/room"
	"eyas/internal/store/row"
	"eyas/internal/store/sharing"
	"eyas/internal/store/verify"
	"eyas/internal/vault"
)

// DB is an open database. It is safe for concurrent use.
type DB struct {
	*files.Files
	*jobs.Jobs
	*people.People
	*batch.Batches
	*disclosure.Disclosures
	*retention.Retention
	*sharing.Sharing
	*mandate.Mandate
	*matter.Cases
	*repeat.Answers
	*hook.Hooks
	room *room.DB
	ring *vault.Ring
}

// Vault gives the keys of the base.
func (db *DB) Vault() *vault.Ring { return db.ring }

// Option is something that is said when a database is opened.
type Option func(*options)

type options struct {
	hash   audit.Hash
	keys   string
	cipher vault.Cipher
}

// Sealed says by which hash the log of a new base is sealed, for as long as there is the base. It is a fault when the
// base is there and its log is sealed by another.
func Sealed(h audit.Hash) Option { return func(o *options) { o.hash = h } }

// Keys says where the key file is. Without it, it is beside an SQLite file, under the same name with the ending .keys; for a
// server it is eyas/keys in the user's folder for settings. The cipher is for a key that is made at first need; empty: AES.
func Keys(path string, c vault.Cipher) Option {
	return func(o *options) { o.keys, o.cipher = path, c }
}

// ring gives the keys of a base.
func (o *options) ring(dsn string) *vault.Ring {
	path := o.keys
	if path == "" && base.IsServer(dsn) {
		dir, err := os.UserConfigDir()
		if err != nil {
			dir = os.TempDir()
		}
		path = filepath.Join(dir, "eyas", "keys")
	}
	return vault.At(cmp.Or(path, dsn+".keys"), o.cipher)
}

// Asking returns the context of a new asker, such as a connection of a browser: of the snapshots that he has open at a time only the first
// waits until others have read.
func Asking(ctx context.Context) context.Context { return base.Asking(ctx) }

// Open opens the database that dsn names, creating it when it is absent and bringing its schema up to date:
// the path of an SQLite file, or a postgres:// URL. What a person can mend (a folder that does not exist, a
// file that is no database, one that is newer than the program) is a fault.
func Open(ctx context.Context, dsn string, said ...Option) (_ *DB, err error) {
	defer fault.At(&err, "store.Open")
	list, err := migrations.All()
	if err != nil {
		return nil, err
	}
	db, err := open(ctx, dsn, list, said...)
	if err != nil {
		return nil, err
	}
	if err := db.Recover(ctx); err != nil { // what a process that was killed left
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func open(ctx context.Context, dsn string, list []migrations.Migration, said ...Option) (*DB, error) {
	var o options
	for _, s := range said {
		s(&o)
	}
	ring := o.ring(dsn)
	b, err := base.Open(ctx, dsn, list, map[string]string{"{hash}": "'" + string(cmp.Or(o.hash, audit.SHA256)) + "'"}, ring)
	if err != nil {
		return nil, err
	}
	log := oplog.Unsealed(b)
	if slices.ContainsFunc(list, func(m migrations.Migration) bool { return m.Name == oplog.TreeMigration }) {
		if log, err = oplog.Open(ctx, b, o.hash); err != nil {
			return nil, errors.Join(b.Unusable(err), b.Close())
		}
	}
	r := room.Over(b, log)
	b.Hooks.Reread = func(ctx context.Context) error { return check.Again(ctx, r) }
	ring.SealBy(func(ctx context.Context) (string, error) { return rekey.Current(ctx, r, ring) })
	return &DB{files.Of(r), jobs.Of(r), people.Of(r), batch.Of(r, inBatch), disclosure.Of(r), retention.Of(r), sharing.Of(r), mandate.Of(r), matter.Of(r), repeat.Of(r), hook.Of(r), r, ring}, nil
}

// Confide names the registers that can hold the highest class of personal data: all records and profiles of them are
// sealed from now on. Of others, those that hold an identity number are.
func (db *DB) Confide(registers []string) { db.room.Base.Hooks.Confide(registers) }

// Rows are the transactions of the base, in which rows are read and written; see room.In.
func (db *DB) Rows() *room.DB { return db.room }

// CipherKeys returns the ids of the keys that the base needs, the current one first; see rekey.Keys.
func (db *DB) CipherKeys(ctx context.Context) (_ []string, err error) {
	defer fault.At(&err, "store.CipherKeys")
	return rekey.Keys(ctx, db.room)
}

// Rekey seals all that is to be sealed by a new key; see rekey.Base.
func (db *DB) Rekey(ctx context.Context, c vault.Cipher, e audit.Entry, told func(rekey.Done) error) (_ rekey.Done, err error) {
	defer fault.At(&err, "store.Rekey")
	return rekey.Base(ctx, db.room, db.ring, c, e, told)
}

// DropKey deletes a key that nothing in the base needs any more from the key file. e is the entry of the log.
func (db *DB) DropKey(ctx context.Context, key string, e audit.Entry) (err error) {
	defer fault.At(&err, "store.DropKey")
	needed, err := db.CipherKeys(ctx)
	if err != nil {
		return err
	}
	table, err := rekey.Holds(ctx, db.room, key)
	if err != nil {
		return err
	}
	if slices.Contains(needed, key) || table != "" {
		return fault.New(fault.Conflict, "底库还在用密钥 "+key+"，没有删除。请先运行 eyas keys rotate，等它做完。", "The base still uses the key "+key+", so it was not deleted. Run eyas keys rotate first, until it has finished.")
	}
	if e, err = e.WithDetail(map[string]any{"key": key}); err != nil {
		return err
	}
	held, err := db.ring.Keys()
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(held, func(k vault.Key) bool { return k.ID == key }) {
		return db.ring.Drop(key) // which says that it is missing
	}
	if err := db.room.Changing(ctx, func(t *row.Tx) error { return row.LogRows{Tx: t}.Log(ctx, e) }); err != nil {
		return err // nothing is deleted of which the log does not tell
	}
	return db.ring.Drop(key)
}

// Base is the identity of the database: a random text made with it, by which files that were derived from it
// know that they are its own.
func (db *DB) Base() string { return db.room.Base.Base() }

// Name is the database's place, for people; it holds no password.
func (db *DB) Name() string { return db.room.Base.Name() }

// Close seals what was logged and is not sealed yet, and closes all connections.
func (db *DB) Close() (err error) {
	defer fault.At(&err, "store.Close")
	db.room.Log.Close()
	return db.room.Base.Close()
}

// Together runs fn in the one transaction that may write. Every Read and Write of a room of this database with the
// context that fn is given, however deep, joins it. It is written whole, when fn and every Write in it give nil, or not at all.
func (db *DB) Together(ctx context.Context, fn func(ctx context.Context) error) error {
	return db.room.Together(ctx, fn)
}

// AfterWrite has fn called after every transaction of this process that was written, with the registers that it changed,
// before whoever wrote goes on. What is written stays so whether or not the writer still waits, so that the context that
// fn gets is never cancelled. It is set once, before the first write.
func (db *DB) AfterWrite(fn func(ctx context.Context, registers []string)) { db.room.AfterWrite(fn) }

// Watch calls fn with the registers that were changed, by whichever process, until ctx ends; with nil, at first and when
// it cannot be told, any of them may have been. Changes that come while fn runs are told together.
func (db *DB) Watch(ctx context.Context, fn func(ctx context.Context, registers []string)) {
	db.room.Watch(ctx, fn)
}

// Quick looks whether the structure of the database is whole, without reading all of it: at a million enterprises it
// takes a fraction of a second. The error is a fault when the database is damaged; nothing can be written from then on.
func (db *DB) Quick(ctx context.Context) (err error) {
	defer fault.At(&err, "store.Quick")
	return db.room.Base.Quick(ctx)
}

// Check reads the whole database and gives what is wrong with it; see check.Base.
func (db *DB) Check(ctx context.Context, told func(part string)) (_ []check.Problem, err error) {
	defer fault.At(&err, "store.Check")
	return check.Base(ctx, db.room, told)
}

// Hash is that by which the operation log is sealed.
func (db *DB) Hash() audit.Hash { return db.room.Log.Hash }

// Audit gives the entries of the operation log from the first on, with the texts that were not erased.
func (db *DB) Audit(ctx context.Context, fn func(audit.Entry) error) (err error) {
	defer fault.At(&err, "store.Audit")
	return db.room.Log.Each(ctx, fn)
}

// Rewrite writes the file of a base in SQLite anew where that is owed, so that nothing of deleted values is left in it, and reports
// whether it did. It stays owed until it is done. It does nothing on a server, which frees such space by itself.
func (db *DB) Rewrite(ctx context.Context) (done bool, err error) {
	defer fault.At(&err, "store.Rewrite")
	if db.room.Base.Dialect.Dollar {
		return false, nil
	}
	var owed bool
	if err := db.room.Reading(ctx, func(t *row.Tx) (err error) { owed, err = t.RewriteOwed(ctx); return err }); err != nil || !owed {
		return false, err
	}
	if err := db.rewrite(ctx); err != nil {
		return false, fault.New(fault.Unavailable, "数据已经改好，但底库文件还没有整理，其中可能留有旧内容：别的程序正在使用它。请在它停止后再运行一次这个命令。",
			"The data are as they should be, but the file of the base was not rewritten and may hold old content: another program is using it. When it has stopped, run this command again.").Wrap(err)
	}
	return true, db.room.Changing(ctx, func(t *row.Tx) error { return t.Rewritten(ctx) })
}

// RewriteOwed reports whether the file of a base in SQLite is to be written anew; see Rewrite.
func (db *DB) RewriteOwed(ctx context.Context) (owed bool, err error) {
	defer fault.At(&err, "store.RewriteOwed")
	err = db.room.Reading(ctx, func(t *row.Tx) (err error) { owed, err = t.RewriteOwed(ctx); return err })
	return owed, err
}

func (db *DB) rewrite(ctx context.Context) error {
	emptied := func() error { // the log of the file, which has old pages, too
		var busy, pages, done int
		if err := db.room.Base.Write.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &pages, &done); err != nil {
			return err
		}
		if busy != 0 {
			return fmt.Errorf("store: the log of the file is in use: %d of %d pages", done, pages)
		}
		return nil
	}
	if err := emptied(); err != nil {
		return err
	}
	if _, err := db.room.Base.Write.ExecContext(ctx, `VACUUM`); err != nil {
		return err
	}
	return emptied()
}

// Entries gives entries of the operation log, the newest first, with the texts that were not erased, and how many there
// are in all.
func (db *DB) Entries(ctx context.Context, w audit.Wanted, offset, limit int) (_ []audit.Entry, total int, err error) {
	defer fault.At(&err, "store.Entries")
	return db.room.Log.List(ctx, w, offset, limit)
}

// Entry gives one entry of the operation log; found is false when there is none with this number.
func (db *DB) Entry(ctx context.Context, seq int64) (_ audit.Entry, found bool, err error) {
	defer fault.At(&err, "store.Entry(seq %d)", seq)
	return db.room.Log.Entry(ctx, seq)
}

// Evidence gives what proves, without the base, that the head of some size (0: the newest) seals an entry.
func (db *DB) Evidence(ctx context.Context, seq, size int64) (_ *audit.Evidence, err error) {
	defer fault.At(&err, "store.Evidence(seq %d)", seq)
	return db.room.Log.Evidence(ctx, seq, size)
}

// EvidenceBetween gives what proves, without the base, that the newest head contains the one of an earlier size.
func (db *DB) EvidenceBetween(ctx context.Context, size int64) (_ *audit.Evidence, err error) {
	defer fault.At(&err, "store.EvidenceBetween(size %d)", size)
	return db.room.Log.EvidenceBetween(ctx, size)
}

// Head is the newest head of the operation log.
func (db *DB) Head(ctx context.Context) (_ audit.Head, err error) {
	defer fault.At(&err, "store.Head")
	return db.room.Log.Head(ctx)
}

// Seal seals what is committed and is not sealed yet. Somebody else may be at it: it waits for a while, and leaves the
// rest to later.
func (db *DB) Seal(ctx context.Context) (err error) {
	defer fault.At(&err, "store.Seal")
	return db.room.Log.Seal(ctx)
}

// Unsealed is how many entries are committed and not sealed.
func (db *DB) Unsealed(ctx context.Context) (_ int64, err error) {
	defer fault.At(&err, "store.Unsealed")
	return db.room.Log.Waiting(ctx)
}

// ProveEntry gives the proof that the entry with a number is sealed by the newest head: the hashes of RFC 9162, 2.1.3.
func (db *DB) ProveEntry(ctx context.Context, seq int64) (leaf []byte, head audit.Head, hashes [][]byte, err error) {
	defer fault.At(&err, "store.ProveEntry(seq %d)", seq)
	return db.room.Log.ProveEntry(ctx, seq)
}

// ProveHead gives the proof that the newest head seals all that one of an earlier size did: RFC 9162, 2.1.4.
func (db *DB) ProveHead(ctx context.Context, size int64) (head audit.Head, hashes [][]byte, err error) {
	defer fault.At(&err, "store.ProveHead(size %d)", size)
	return db.room.Log.ProveHead(ctx, size)
}

// Verify compares the operation log with its own hashes and with a head that somebody noted, and what stands in the base
// with the log. It reads the whole base once and keeps little of it. progress may be nil.
func (db *DB) Verify(ctx context.Context, noted *audit.Point, progress func(derive.Progress)) (_ *verify.Verified, err error) {
	defer fault.At(&err, "store.Verify")
	return verify.Base(ctx, db.room, noted, progress)
}

// VerifyAudit checks the operation log alone and gives the head over all its entries; the error is a *audit.Broken when
// it does not hold. Verify checks what stands in the base too.
func (db *DB) VerifyAudit(ctx context.Context) (_ audit.Head, err error) {
	defer fault.At(&err, "store.VerifyAudit")
	head, _, err := db.VerifyAuditOf(ctx, audit.Point{})
	return head, err
}

// VerifyAuditOf is VerifyAudit that says also whether the log has a head that was noted.
func (db *DB) VerifyAuditOf(ctx context.Context, noted audit.Point) (head audit.Head, has bool, err error) {
	defer fault.At(&err, "store.VerifyAuditOf")
	return verify.Log(ctx, db.room, noted)
}
