package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Imports of a row each, confirmed on the page, leave the memory of a server as it was: nothing of what an import, its
// preview, the linkage and the search after it held hangs on.
func TestMemoryAfterImports(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped in short runs: it imports many times")
	}
	rows, imports := 4_000, 4
	if soak {
		rows, imports = 20_000, 100
	}
	if n, _ := strconv.Atoi(os.Getenv("EYAS_SOAK_ROWS")); n > 0 {
		rows = n
	}
	db := filepath.Join(t.TempDir(), "base.db")
	command(t, 0, "demo", "--db", db, "--rows", fmt.Sprint(rows), "--seed", "4", "--year", "2020")
	s := serve(t, db, "--addr", "127.0.0.1:0")
	s.page(t, "/?date=2021-03-31")
	const warm = 2 // what follows the first import may still go on when the memory is first read
	for i := range warm {
		s.imports(t, i)
	}
	before := settled(t, func(int64) bool { return true })
	for i := range imports {
		s.imports(t, warm+i)
	}
	const most = 6 << 20
	after := settled(t, func(live int64) bool { return live < before+most })
	t.Logf("%d enterprises: %.1f MB of live heap, %.1f MB after %d imports", rows, float64(before)/(1<<20), float64(after)/(1<<20), imports)
	if after >= before+most {
		t.Errorf("%d imports leave %.1f MB", imports, float64(after-before)/(1<<20))
	}
}

// settled gives the live heap once it is as it should be, or stays otherwise: work goes on for some time after an import.
func settled(t *testing.T, good func(int64) bool) int64 {
	t.Helper()
	var live int64
	for range 60 {
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		if before := live; good(int64(m.HeapAlloc)) && before != 0 && max(before, int64(m.HeapAlloc))-min(before, int64(m.HeapAlloc)) < 1<<18 {
			return int64(m.HeapAlloc)
		}
		live = int64(m.HeapAlloc)
		select {
		case <-t.Context().Done():
			return live
		case <-time.After(200 * time.Millisecond):
		}
	}
	return live
}

// imports uploads a file of one row, confirms it and waits until it is in the base.
func (s *served) imports(t *testing.T, i int) {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	form.WriteField("register", "enterprise")
	w, err := form.CreateFormFile("file", fmt.Sprintf("one%d.csv", i))
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(w, "统一社会信用代码,企业名称,2020年职工总数\n,内存测试企业%d,%d\n", i, i+1)
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	post := func(path, kind string, body *bytes.Buffer) string {
		res, err := client.Post(s.url+path, kind, body)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		to, err := url.Parse(res.Header.Get("Location"))
		if err != nil || res.StatusCode != http.StatusSeeOther {
			t.Fatalf("POST %s: %s", path, res.Status)
		}
		return to.Path
	}
	preview := post("/import", form.FormDataContentType(), &body)
	for range 3 { // a form that changes the settings shows the preview again
		to := post(preview, "application/x-www-form-urlencoded", bytes.NewBufferString("action=import"))
		if !strings.HasPrefix(to, "/jobs/") {
			continue
		}
		patience := patienceInTests
		if soak { // after an import of a large base linkage follows, and the next import waits for it
			patience = 30 * time.Minute
		}
		for end := time.Now().Add(patience); time.Now().Before(end); {
			var job struct {
				Final bool   `json:"final"`
				State string `json:"state"`
			}
			res, err := http.Get(s.url + to + "/status")
			if err != nil {
				t.Fatal(err)
			}
			err = json.NewDecoder(res.Body).Decode(&job)
			res.Body.Close()
			if err != nil {
				t.Fatal(err)
			}
			if !job.Final {
				<-time.After(20 * time.Millisecond)
				continue
			}
			if job.State != "done" {
				t.Fatalf("the import ended as %s", job.State)
			}
			return
		}
		t.Fatal("the import does not end")
	}
	t.Fatal("the preview is not confirmed")
}
