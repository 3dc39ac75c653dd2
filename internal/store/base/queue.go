package base

import (
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Queue tells whoever holds the writer that somebody else waits for it. In this process waiters are counted. SQLite's
// lock has no queue: those of other processes hold a shared lock on a file beside the base, which is there as long as
// there is a batch. What the file says is only about patience: nothing goes wrong without it.
type Queue struct {
	here     atomic.Int32  // waiters of this process
	path     string        // of the file; empty: others have a queue of their own
	long     time.Duration // how long a chunk may be while nobody waits
	watching atomic.Bool   // the batch is this process's

	mu      sync.Mutex
	writers int      // of this process, those that wait and the one that writes
	mark    *os.File // holds the shared lock; nil: nobody has to wait for another process
}

// join counts a writer of this process; the return counts it out.
func (q *Queue) join() (leave func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.writers++
	return func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		if q.writers--; q.writers == 0 {
			q.unmark()
		}
	}
}

// wait notes that the writer waits for another process; began says that its turn has come. The note stands until all
// writers of this process have written, so that the other lets all of them in at once and not one after each chunk.
func (q *Queue) wait() (began func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.mark == nil {
		f, err := os.Open(q.path)
		if err != nil { // there is no batch
			return func() {}
		}
		syscall.Flock(int(f.Fd()), syscall.LOCK_SH)
		q.mark = f
	}
	return func() {
		if q.watching.Load() { // it would take its own note for another's
			q.mu.Lock()
			defer q.mu.Unlock()
			q.unmark()
		}
	}
}

// Full reports whether so many writers of this process wait or write, for tests.
func (q *Queue) Full(writers int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.writers == writers
}

// unmark takes the note back. The caller holds mu.
func (q *Queue) unmark() {
	if q.mark != nil {
		q.mark.Close()
		q.mark = nil
	}
}

// Watch makes the file, through which a batch sees who waits; nil when it cannot be made.
func (q *Queue) Watch() *os.File {
	if q.path == "" {
		return nil
	}
	f, err := os.OpenFile(q.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil
	}
	q.watching.Store(true)
	return f
}

// Leave ends a watch. Whoever waits at the file that is removed is not seen by the next batch, and waits a chunk longer.
func (q *Queue) Leave(f *os.File) {
	if f != nil {
		os.Remove(q.path)
		f.Close()
		q.watching.Store(false)
	}
}

// Elsewhere reports whether somebody of another process waits.
func Elsewhere(f *os.File) bool {
	if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		return true
	}
	syscall.Flock(int(f.Fd()), syscall.LOCK_UN)
	return false
}

// Times of chunks. What chunks write is cheaper the longer they are, for the pages of an index that many rows touch are
// written once in each.
const (
	shortChunk = 20 * time.Millisecond  // somebody waits
	blindChunk = 100 * time.Millisecond // nobody could say so
	longChunk  = 2 * time.Second        // nobody waits
)

// Enough reports that a chunk that began at a time had better end, and whether that is because somebody waits. line is what
// Watch gave.
func (q *Queue) Enough(began time.Time, line *os.File) (enough, hurried bool) {
	switch took := time.Since(began); {
	case took < shortChunk:
		return false, false
	case q.here.Load() > 0:
		return true, true
	case line == nil:
		return took >= blindChunk, false
	case Elsewhere(line):
		return true, true
	default:
		return took >= q.long, false
	}
}

// Patient makes chunks last for so long while nobody waits.
func (q *Queue) Patient(d time.Duration) { q.long = d }
