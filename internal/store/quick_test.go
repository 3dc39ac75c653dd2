package store

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"eyas/internal/registry/fact"
	"eyas/internal/store/page"
	"eyas/internal/store/row"
)

// A process that is killed, or at work, while it brings pages from the log into the file may have written the head before
// the pages behind the file's end: these are in the log. Without the log the same file was cut.
func TestHeadAheadOfTheFile(t *testing.T) {
	folder := t.TempDir()
	db, err := Open(t.Context(), filepath.Join(folder, "base.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.room.Base.Write.Exec(`PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
		t.Fatal(err)
	}
	if err := db.room.Writing(t.Context(), func(ctx context.Context, w *row.Tx) error {
		var rows []fact.RecordRow
		for i := range int64(200) {
			rows = append(rows, fact.RecordRow{ID: i + 1, Import: 1, Cells: make([]byte, 500)})
		}
		return row.RecordRows{Tx: w}.AddRecords(ctx, rows)
	}); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(db.Name())
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.ReadFile(db.Name() + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	const size = 4096
	for at := 32; at+24+size <= len(log); at += 24 + size {
		if binary.BigEndian.Uint32(log[at:]) == 1 {
			copy(file, log[at+24:at+24+size])
		}
	}
	if pages := int(binary.BigEndian.Uint32(file[28:])); pages*size <= len(file) {
		t.Fatalf("the head says %d pages, the file has %d", pages, len(file)/size)
	}
	half := &page.File{Path: filepath.Join(folder, "half.db")}
	for name, data := range map[string][]byte{half.Path: file, half.Path + "-wal": log} {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := half.Whole(); err != nil {
		t.Errorf("with the log: %v", err)
	}
	if err := os.Truncate(half.Path+"-wal", 0); err != nil {
		t.Fatal(err)
	}
	if err := half.Whole(); !errors.Is(err, page.ErrBroken) {
		t.Errorf("without the log: %v", err)
	}
}
