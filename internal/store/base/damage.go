package base

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"eyas/internal/fault"
	"eyas/internal/registry/fact"
	"eyas/internal/store/dialect"
	"eyas/internal/store/page"
	"eyas/internal/store/seal"
)

// quickAgain is how long the result of a quick check is valid, so that a server that writes often does not check every
// time.
const quickAgain = time.Minute

// IsDamage reports whether an error means that the database is damaged.
func IsDamage(err error) bool {
	return dialect.IsDamage(err) || errors.Is(err, page.ErrBroken) || errors.Is(err, seal.ErrBroken)
}

// Noticed records that an error means damage and turns it into a fault. It returns other errors unchanged.
func (db *DB) Noticed(err error) error {
	if err == nil || !IsDamage(err) {
		return err
	}
	db.damaged.CompareAndSwap(nil, &err)
	db.note(err)
	return db.damage(err)
}

func (db *DB) damage(cause error) error {
	return fault.New(fault.Internal,
		fmt.Sprintf("底库 %s 已损坏，不再写入。请运行 eyas check 查看损坏之处，并用 eyas restore 从备份恢复。", db.name),
		fmt.Sprintf("The base %s is damaged, and nothing more can be written into it. eyas check shows the damage. Restore a backup with eyas restore.", db.name)).Wrap(cause)
}

// sound returns a fault when nothing may be written because the database is damaged: the damage is known, or a quick
// check finds it now. The caller holds the gate.
func (db *DB) sound(ctx context.Context) error {
	if err := db.damaged.Load(); err != nil {
		return db.damage(*err)
	}
	if db.noted() && db.Hooks.Reread != nil {
		// A process has noted damage. Reading the whole file shows whether it is still damaged.
		if err := db.Hooks.Reread(ctx); err != nil {
			return db.Noticed(err)
		}
		db.clearNote()
	}
	if !db.checked.IsZero() && time.Since(db.checked) < quickAgain {
		return nil
	}
	if err := db.Noticed(db.quickCheck(ctx)); err != nil {
		return err
	}
	db.checked = time.Now()
	return nil
}

// quickCheck checks the structure of a file. A server has checksums of its own; see docs/operations.md.
func (db *DB) quickCheck(ctx context.Context) error {
	if db.Dialect.Dollar {
		return nil
	}
	return db.look.Check(ctx, db.Read)
}

// Whole compares the length of an SQLite file with the length in its header; see page.File.
func (db *DB) Whole() (err error) {
	defer fault.At(&err, "base.Whole")
	if db.Dialect.Dollar {
		return nil
	}
	return db.look.Whole()
}

// Found records the result of a complete check. nil removes the note of another process, unless this process has met
// damage itself.
func (db *DB) Found(err error) {
	if err != nil {
		db.Noticed(err)
	} else if db.damaged.Load() == nil {
		db.clearNote()
	}
}

// replaced returns ErrReplaced when another file, or none, is at the path of the one that was opened. The open file then
// has no name: writes to it would be lost, and its log could be taken for the log of the new file.
func (db *DB) replaced() error {
	if db.file == nil { // a server, or while it is opened
		return nil
	}
	now, err := os.Stat(db.name)
	if err == nil && os.SameFile(now, db.file) {
		return nil
	}
	return fault.New(fault.Conflict,
		fmt.Sprintf("底库文件 %s 在程序运行时被换掉或移走了，不再读写。请停止程序，确认文件后重新启动。", db.name),
		fmt.Sprintf("The file of the base %s was replaced or moved away while the program was running; it can no longer be read or written. Stop the program, put the file back, and start the program again.", db.name)).
		Wrap(errors.Join(fact.ErrReplaced, err))
}

// Quick checks the structure of the database without reading all of it; a million enterprises take a fraction of a
// second. It returns a fault when the database is damaged; from then on nothing can be written.
func (db *DB) Quick(ctx context.Context) error {
	select {
	case db.gate <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-db.gate }()
	return db.sound(ctx)
}

// noteFile returns the path of the file that tells all processes that the database is damaged. On a server there is none.
func (db *DB) noteFile() string {
	if db.Dialect.Dollar {
		return ""
	}
	return db.name + ".damaged"
}

func (db *DB) note(found error) {
	path := db.noteFile()
	if path == "" {
		return
	}
	text, _ := json.Marshal(struct {
		At   time.Time `json:"at"`
		What string    `json:"what"`
	}{time.Now().UTC(), found.Error()})
	os.WriteFile(path, append(text, '\n'), 0o644) // where it cannot be written, this process still knows
}

func (db *DB) noted() bool {
	path := db.noteFile()
	if path == "" {
		return false
	}
	_, err := os.Stat(path)
	return err == nil
}

func (db *DB) clearNote() {
	if path := db.noteFile(); path != "" {
		os.Remove(path)
	}
}
