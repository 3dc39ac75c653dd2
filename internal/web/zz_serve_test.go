package web

import (
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"testing"
	"time"
)

func TestServeB(t *testing.T) {
	addr := os.Getenv("EYAS_WEBB")
	if addr == "" {
		t.Skip()
	}
	n, _ := strconv.Atoi(os.Getenv("ROWS"))
	d := labDeps(t, max(n, 20000))
	d.Clock = time.Now
	d.Log = slog.Default()
	h, err := New(d)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(http.ListenAndServe(addr, h))
}
