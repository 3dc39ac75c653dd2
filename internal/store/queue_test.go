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
	"eyas/internal/store/base"
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

// While writers of a process wait for another, all of them are seen by the other until the last one has written.
func TestAllWhoWaitAreSeen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "base.db")
	var both [2]*DB
	for i := range both {
		db, err := Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		both[i] = db
	}
	here, there := both[0], both[1]
	line := here.room.Base.Queue.Watch()
	defer here.room.Base.Queue.Leave(line)
	const writers = 3
	wrote, waiting := make(chan bool, writers), false
	err := in(here).Write(t.Context(), func(w tables) error {
		for range writers {
			go func() {
				seen := false
				if err := in(there).Write(context.WithoutCancel(t.Context()), func(w tables) error {
					seen = base.Elsewhere(line)
					return w.Set(t.Context(), "waited", "yes")
				}); err != nil {
					t.Error(err)
				}
				wrote <- seen
			}()
		}
		for !there.room.Base.Queue.Full(writers) || !base.Elsewhere(line) {
			runtime.Gosched()
		}
		waiting = true
		return nil
	})
	if err != nil || !waiting {
		t.Fatal(err)
	}
	for i := range writers {
		if !<-wrote {
			t.Errorf("the %d. writer that waits is not seen", i+1)
		}
	}
	for base.Elsewhere(line) { // the last one counts itself out after its commit
		runtime.Gosched()
	}
}
