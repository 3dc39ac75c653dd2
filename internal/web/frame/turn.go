package frame

import (
	"context"
	"net/http"
	"sync"
	"time"

	"eyas/internal/fault"
)

// turns lets a few do something at a time. Others wait, up to a number and for a while.
type turns struct {
	slots    chan struct{}
	queue    chan struct{} // of those who wait
	patience time.Duration
	busy     func() error // what those are told who would wait too long
}

func newTurns(at, waiting int, patience time.Duration, busy func() error) *turns {
	return &turns{slots: make(chan struct{}, at), queue: make(chan struct{}, waiting), patience: patience, busy: busy}
}

// take waits for a turn; leave ends it. Leaving twice is leaving once.
func (q *turns) take(ctx context.Context) (leave func(), err error) {
	leave = sync.OnceFunc(func() { <-q.slots })
	select {
	case q.slots <- struct{}{}:
		return leave, nil
	default:
	}
	select {
	case q.queue <- struct{}{}:
		defer func() { <-q.queue }()
	default:
		return nil, q.busy()
	}
	late := time.NewTimer(q.patience)
	defer late.Stop()
	select {
	case q.slots <- struct{}{}:
		return leave, nil
	case <-late.C:
		return nil, q.busy()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func exportsBusy() error {
	return fault.New(fault.Unavailable, "同时导出的人太多，请过一会儿再试。", "Too many exports are being made at the same time. Try again in a moment.")
}

func pagesBusy() error {
	return fault.New(fault.Unavailable, "现在使用的人太多，这一页没有打开，也没有改动任何内容。请过几秒再试。", "Too many people are using the system now. The page was not opened and nothing was changed. Try again in a few seconds.")
}

// turnWriter ends a turn with the first byte of the answer.
type turnWriter struct {
	http.ResponseWriter
	leave func()
}

func (w *turnWriter) WriteHeader(status int) {
	w.leave()
	w.ResponseWriter.WriteHeader(status)
}

func (w *turnWriter) Write(p []byte) (int, error) {
	w.leave()
	return w.ResponseWriter.Write(p)
}

// Unwrap gives the writer below, for http.ResponseController.
func (w *turnWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
