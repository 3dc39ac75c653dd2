package door

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"eyas/internal/pack"
	"eyas/internal/web/frame"
)

// A reader that stops reading does not keep its turn.
func TestSlowReaderIsCut(t *testing.T) {
	ended := make(chan error, 1)
	f, err := frame.New(frame.Deps{Pack: &pack.Pack{Zone: time.UTC}, Clock: time.Now, Log: slog.New(slog.DiscardHandler), Limits: frame.Limits{Exports: 1, ExportPatience: time.Nanosecond}})
	if err != nil {
		t.Fatal(err)
	}
	mux, _, err := f.Open(frame.Order{}, frame.Room{Routes: func(t *frame.Routes) {
		t.Export("GET /endless.xlsx", func(http.ResponseWriter, *http.Request) (*frame.Workbook, error) {
			return &frame.Workbook{File: "x.xlsx", Title: "x", Fill: func(_ context.Context, row func(...any) error) error {
				for i := 0; ; i++ {
					if err := row(fmt.Sprint(i*i*7919), i*7, fmt.Sprint(i*104729)); err != nil {
						ended <- err
						return err
					}
				}
			}}, nil
		})
		t.Export("GET /short.xlsx", func(http.ResponseWriter, *http.Request) (*frame.Workbook, error) {
			return &frame.Workbook{File: "x.xlsx", Title: "x", Fill: func(_ context.Context, row func(...any) error) error { return row("x") }}, nil
		})
	}})
	if err != nil {
		t.Fatal(err)
	}
	answered := make(chan struct{}) // with the endless one's last word
	paced := Pace(mux, 100*time.Millisecond)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/endless.xlsx" {
			defer close(answered)
		}
		paced.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	c, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if _, err := io.WriteString(c, "GET /endless.xlsx HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil {
		t.Error("an endless export ended well")
	}
	<-answered
	w := httptest.NewRecorder() // its turn is free again
	mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/short.xlsx", nil))
	if w.Code != http.StatusOK {
		t.Errorf("the next export: status %d", w.Code)
	}
}
