package base

import (
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Queue tells the process that holds the writer that others wait for it. Waiters in this process are counted. SQLite's
// lock has no queue for other processes: they hold a shared lock on a file beside the base, which exists while a batch is
// open. The file only affects waiting times; without it everything still works.
type Queue struct {
	here     atomic.Int32  // waiters of this process
	path     string        // of the file; empty: others have a queue of their own
	long     time.Duration // how long a chunk may be while nobody waits
	watching atomic.Bool   // the batch is this process's

	mu      sync.Mutex
	writers int      // of this process, those that wait and the one that writes
	mark    *os.File // holds the shared lock; nil: nobody has to wait for another process
}

// join counts a writer of this process; leave ends the count.
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

// wait notes that the writer waits for another process; began ends the wait. The note stays until all writers of this
// process have written, so that the other process lets all of them in at once, not one after each chunk.
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

// Full reports whether at least that many writers of this process wait or write. For tests.
func (q *Queue) Full(writers int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.writers == writers
}

// unmark removes the note. The caller holds mu.
func (q *Queue) unmark() {
	if q.mark != nil {
		q.mark.Close()
		q.mark = nil
	}
}

// Watch creates the file by which a batch sees waiting processes; nil when it cannot be created.
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

// Leave ends a watch. A process that waits at the removed file is not seen by the next batch and waits one chunk longer.
func (q *Queue) Leave(f *os.File) {
	if f != nil {
		os.Remove(q.path)
		f.Close()
		q.watching.Store(false)
	}
}

// Elsewhere reports whether a writer of another process waits.
func Elsewhere(f *os.File) bool {
	if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		return true
	}
	syscall.Flock(int(f.Fd()), syscall.LOCK_UN)
	return false
}

// Times of chunks. Long chunks are more efficient: index pages that many rows change are written once in each chunk.
const (
	shortChunk = 20 * time.Millisecond  // somebody waits
	blindChunk = 100 * time.Millisecond // nobody could say so
	longChunk  = 2 * time.Second        // nobody waits
)

// Enough reports whether a chunk that began at a time should end, and whether the reason is a waiting writer. line is the
// result of Watch.
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

// Patient sets how long chunks last while no writer waits.
func (q *Queue) Patient(d time.Duration) { q.long = d }
