package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"eyas/internal/registry/derive"
)

// A chunk ends when somebody waits, in this process or in another, and the one who waited gets in before the next chunk.
func TestChunksEndForOthers(t *testing.T) {
	for name, other := range map[string]bool{"this process": false, "another handle, as of another process": true} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "base.db")
			db, err := Open(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			db.room.Base.Queue.Patient(time.Hour) // it ends for others, or the test hangs
			writer := db
			if other {
				if writer, err = Open(t.Context(), path); err != nil {
					t.Fatal(err)
				}
				defer writer.Close()
			}
			b, err := db.Begin(t.Context(), "test", nil)
			if err != nil {
				t.Fatal(err)
			}
			wrote := make(chan error, 1)
			if err := b.Chunk(t.Context(), func(_ context.Context, w derive.BatchWriter) error {
				if w.Enough() {
					return errors.New("a chunk that has just begun is enough")
				}
				go func() {
					wrote <- in(writer).Write(context.WithoutCancel(t.Context()), func(w tables) error { return w.Set(t.Context(), "waited", "yes") })
				}()
				for !w.Enough() {
					runtime.Gosched()
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			if err := <-wrote; err != nil { // while the batch is open
				t.Error(err)
			}
			if err := b.Drop(t.Context()); err != nil {
				t.Error(err)
			}
			if _, err := os.Stat(path + "-queue"); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("after the batch the file of its queue is still there: %v", err)
			}
		})
	}
}
