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

// quickAgain is for how long a quick check counts: a server that writes often does not check every time.
const quickAgain = time.Minute

// IsDamage reports whether an error says that the database is not as it was written.
func IsDamage(err error) bool {
	return dialect.IsDamage(err) || errors.Is(err, page.ErrBroken) || errors.Is(err, seal.ErrBroken)
}

// Noticed remembers that an error was met that says that the database is damaged, and puts it into a sentence. Other
// errors it gives back as they are.
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
		fmt.Sprintf("The base %s is damaged, and nothing more is written into it. See eyas check for what is damaged, and restore it from a backup with eyas restore.", db.name)).Wrap(cause)
}

// sound says why nothing may be written: damage that is known, or that a quick check finds now. The caller holds the
// gate.
func (db *DB) sound(ctx context.Context) error {
	if err := db.damaged.Load(); err != nil {
		return db.damage(*err)
	}
	if db.noted() && db.Hooks.Reread != nil {
		// Somebody found damage. Whether this is still that file is seen by reading all of it.
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

// quickCheck looks whether the structure of a file is whole. A server has checksums of its own; see docs/operations.md.
func (db *DB) quickCheck(ctx context.Context) error {
	if db.Dialect.Dollar {
		return nil
	}
	return db.look.Check(ctx, db.Read)
}

// Whole compares the length of a file with what its head says; see page.File.
func (db *DB) Whole() (err error) {
	defer fault.At(&err, "base.Whole")
	if db.Dialect.Dollar {
		return nil
	}
	return db.look.Whole()
}

// Found notes what a check of all that the base holds came to: nil takes back what another process has noted, unless this
// one met damage.
func (db *DB) Found(err error) {
	if err != nil {
		db.Noticed(err)
	} else if db.damaged.Load() == nil {
		db.clearNote()
	}
}

// replaced says when another file stands in the place of the one that was opened, or none. What is open then is a file
// without a name: what is written into it would be lost, and its log would be taken for the new file's.
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
		fmt.Sprintf("The file of the base %s was replaced or moved away while the program was running; it is neither read nor written any more. Stop the program, see to the file, and start it again.", db.name)).
		Wrap(errors.Join(fact.ErrReplaced, err))
}

// Quick looks whether the structure of the database is whole, without reading all of it: at a million enterprises it
// takes a fraction of a second. The error is a fault when the database is damaged; nothing can be written from then on.
func (db *DB) Quick(ctx context.Context) error {
	select {
	case db.gate <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-db.gate }()
	return db.sound(ctx)
}

// noteFile is where it is noted, for all processes, that a file was found damaged. A server notes it for itself.
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
