package frame

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"eyas/internal/fault"
	"eyas/internal/web/address"
	"eyas/internal/web/locale"
)

// turns lets a few do something at a time. Others wait, up to a number and for a while.
type turns struct {
	slots    chan struct{}
	waiting  atomic.Int64
	most     int64 // waiting
	patience time.Duration
	busy     func() error // what those are told who would wait too long
}

func newTurns(at, waiting int, patience time.Duration, busy func() error) *turns {
	return &turns{slots: make(chan struct{}, at), most: int64(waiting), patience: patience, busy: busy}
}

// enter waits for a turn; leave ends it. Leaving twice is leaving once.
func (q *turns) enter(ctx context.Context) (leave func(), err error) {
	leave = sync.OnceFunc(func() { <-q.slots })
	select {
	case q.slots <- struct{}{}:
		return leave, nil
	default:
	}
	defer q.waiting.Add(-1)
	if q.waiting.Add(1) > q.most {
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

// byTurns makes pages one turn each, so that under more requests than the machine can answer the served ones stay quick and
// the others are told to come again. A turn ends with the first byte of the answer: who takes it slowly holds up nobody.
func (f *Frame) byTurns(h http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		leave, err := f.opening.enter(r.Context())
		switch {
		case err == nil:
			defer leave()
			h(&turnWriter{w, leave}, r)
		case fault.Of(err) == fault.Unavailable:
			f.turnAway(w, r, err)
		}
	}
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

// pageRetry is when a page that was turned away is asked for again, in seconds.
const pageRetry = 3

// turnAway tells somebody to come again. The page stands alone, for nothing may be looked up for it.
func (f *Frame) turnAway(w http.ResponseWriter, r *http.Request, err error) {
	lang := f.LangOf(r)
	var said *fault.Error
	if !errors.As(err, &said) {
		return
	}
	h := w.Header()
	h.Set("Retry-After", fmt.Sprint(pageRetry))
	if wantsJSON(r) {
		f.problem(w, r, http.StatusServiceUnavailable, fault.Unavailable, said.In(lang))
		return
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", lang)
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusServiceUnavailable)
	title, again := "请稍候", "再试一次"
	if lang != locale.Chinese {
		title, again = "One moment", "Try again"
	}
	if err := awayPage.Execute(w, map[string]any{"Lang": lang, "Title": title, "Text": said.In(lang), "Again": again, "In": pageRetry}); err != nil {
		f.Log.Warn("turned away", "path", address.Shortened(r.URL.Path), "error", err)
	}
}

var awayPage = template.Must(template.New("").Parse(`<!doctype html>
<html lang="{{.Lang}}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta http-equiv="refresh" content="{{.In}}"><title>{{.Title}}</title></head>
<body><main><h1>{{.Title}}</h1><p>{{.Text}}</p><p><a href="">{{.Again}}</a></p></main></body></html>
`))
