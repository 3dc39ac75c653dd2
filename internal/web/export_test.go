package web

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"runtime/metrics"
	"strings"
	"sync"
	"testing"
	"time"

	"eyas/internal/fault"
	"eyas/internal/job"
	"eyas/internal/sheet"
	"eyas/internal/web/address"
	"eyas/internal/web/spool"
)

// exportRig is a server whose limits a test may change.
func exportRig(t *testing.T, rows int, change func(*Deps)) (Deps, http.Handler) {
	t.Helper()
	d, f := rig(t, rows)
	f.rename = nil
	d.Log = slog.New(slog.DiscardHandler)
	d.Jobs = job.New(d.Clock, d.Log)
	t.Cleanup(func() { d.Jobs.Close(context.Background()) })
	made := d.Clock()
	d.Exports = spool.Open(testFiles(t, d.Clock), spool.Export, spool.Limits{File: 1 << 20, Total: 2 << 20, Files: 4}, func() time.Time {
		made = made.Add(time.Minute)
		return made
	})
	if change != nil {
		change(&d)
	}
	return d, handler(t, d)
}

// A long export is offered as a job; what the job writes is what the address gives when it is short enough.
func TestLongExportIsAJob(t *testing.T) {
	_, at := exportRig(t, 300, nil)
	const address = "/enterprises.xlsx?lang=en&col=code&col=sales&sort=name"
	whole := get(at, address)
	if whole.Code != 200 || whole.Header().Get("Content-Type") != sheet.ContentType {
		t.Fatalf("status %d %s", whole.Code, whole.Header())
	}

	s, h := exportRig(t, 300, func(d *Deps) { d.Limits.ExportRows = 100 })
	w := get(h, address, "Referer", "http://example.com/enterprises?lang=en")
	page := parse(t, w.Body.String())
	if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") || !strings.Contains(text(one(t, page, "main")), "300 rows") {
		t.Fatalf("status %d\n%s", w.Code, text(one(t, page, "main")))
	}
	form := url.Values{}
	for _, in := range find(page, "main form input") {
		form.Set(attr(in, "name"), attr(in, "value"))
	}
	if form.Get("from") != address || form.Get("back") != "/enterprises?lang=en" {
		t.Errorf("the form carries %v", form)
	}
	w = post(h, "/exports?lang=en", form)
	to := w.Header().Get("Location")
	if w.Code != http.StatusSeeOther || !strings.HasPrefix(to, "/jobs/") {
		t.Fatalf("status %d to %q\n%s", w.Code, to, w.Body)
	}
	id := strings.TrimPrefix(strings.Split(to, "?")[0], "/jobs/")
	if j, _ := s.Jobs.Wait(t.Context(), id); j.State != job.Done {
		t.Fatalf("%+v", j)
	}
	page = parse(t, get(h, "/jobs/"+id+"?lang=en").Body.String())
	link := attr(one(t, page, "main a[download]"), "href")
	w = get(h, link)
	if w.Code != 200 || !bytes.Equal(w.Body.Bytes(), whole.Body.Bytes()) {
		t.Errorf("status %d, %d bytes; written at once it has %d", w.Code, w.Body.Len(), whole.Body.Len())
	}
	for name, want := range map[string]string{"Content-Type": sheet.ContentType, "X-Content-Type-Options": "nosniff"} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if got := w.Header().Get("Content-Disposition"); !strings.HasPrefix(got, "attachment;") || got != whole.Header().Get("Content-Disposition") {
		t.Errorf("Content-Disposition %q", got)
	}

	// Files go when they are old, or make room for newer ones; the address then says what to do.
	for range 4 {
		w := post(h, "/exports?lang=en", form)
		s.Jobs.Wait(t.Context(), strings.TrimPrefix(strings.Split(w.Header().Get("Location"), "?")[0], "/jobs/"))
	}
	if list, err := s.Exports.List(); err != nil || len(list) > 3 {
		t.Errorf("%d files are kept, %v", len(list), err)
	}
	for _, path := range []string{link, "/exports/0011223344556677", "/exports/..%2fx"} {
		if w := get(h, path); w.Code != 404 {
			t.Errorf("%s: status %d", path, w.Code)
		}
	}
	for _, from := range []string{"", "/enterprises", "/enterprises.xlsx?sort=nothing", "//other/enterprises.xlsx", "http://other/enterprises.xlsx", "/quality", "/exports/" + id, "\x7f"} {
		if w := post(h, "/exports", url.Values{"from": {from}}); w.Code != 404 && w.Code != 422 {
			t.Errorf("%q: status %d", from, w.Code)
		}
	}
	if w := post(h, "/exports", url.Values{"from": {address}, "back": {"//other.example/"}}); w.Code != http.StatusSeeOther {
		t.Errorf("status %d", w.Code)
	} else if j, _ := s.Jobs.Wait(t.Context(), strings.TrimPrefix(w.Header().Get("Location"), "/jobs/")); j.Back != "" {
		t.Errorf("back to %q", j.Back)
	}
}

// An export that does not fit into the folder is no file, and says so.
func TestExportsFull(t *testing.T) {
	s, h := exportRig(t, 300, func(d *Deps) {
		d.Limits.ExportRows = 100
		d.Exports = spool.Open(testFiles(t, d.Clock), spool.Export, spool.Limits{File: 1 << 20, Total: 1000, Files: 4}, d.Clock)
	})
	w := post(h, "/exports", url.Values{"from": {"/enterprises.xlsx"}})
	j, _ := s.Jobs.Wait(t.Context(), strings.TrimPrefix(w.Header().Get("Location"), "/jobs/"))
	if list, err := s.Exports.List(); j.State != job.Failed || fault.Of(j.Err) != fault.Conflict || err != nil || len(list) != 0 {
		t.Errorf("%+v, %d files, %v", j, len(list), err)
	}
}

// measured fetches a path so many times at once and gives the most live heap met meanwhile, over what was before. What the
// collector found alive is counted, without what was allocated after it, which on a busy machine is garbage for the most part.
func measured(t *testing.T, h http.Handler, path string, times int) (most uint64) {
	t.Helper()
	live := func() uint64 {
		runtime.GC()
		sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(sample)
		return sample[0].Value.Uint64()
	}
	before := live()
	srv := httptest.NewServer(h)
	defer srv.Close()
	var group sync.WaitGroup
	for range times {
		group.Go(func() {
			answer, err := http.Get(srv.URL + path)
			if err != nil {
				t.Error(err)
				return
			}
			defer answer.Body.Close()
			if n, err := io.Copy(io.Discard, answer.Body); err != nil || answer.StatusCode != 200 || n == 0 {
				t.Errorf("status %d, %d bytes, %v", answer.StatusCode, n, err)
			}
		})
	}
	done := make(chan struct{})
	go func() { group.Wait(); close(done) }()
	for {
		if now := live(); now > before {
			most = max(most, now-before)
		}
		select {
		case <-done:
			return most
		default:
		}
	}
}

// Exports at the same time hold little, whatever their length: none is held whole.
func TestParallelExportsHoldLittle(t *testing.T) {
	_, h := exportRig(t, 10_000, nil)
	get(h, "/enterprises.xlsx") // what is made once: verdicts, the index
	const most = 100 << 20      // held whole they took 15 MB each
	if held := measured(t, h, "/enterprises.xlsx", 24); held > most {
		t.Errorf("24 exports hold %d MB, more than %d", held>>20, most>>20)
	}
}

// slowly talks to a server by hand, so that it can stop in the middle.
func slowly(t *testing.T, h http.Handler, request string) net.Conn {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	c, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	return c
}

// A body that stops coming is answered and cut off.
func TestSlowBodyIsCut(t *testing.T) {
	_, h := exportRig(t, 10, func(d *Deps) { d.Limits.Rest = 100 * time.Millisecond })
	c := slowly(t, h, "POST /exports HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nfrom=")
	answer, err := io.ReadAll(c) // ends when the server closes
	if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 422") {
		t.Errorf("%v\n%s", err, answer)
	}
}

// A form of ordinary size is taken and one that is too large is refused, before it is read to its end.
func TestFormsAreBounded(t *testing.T) {
	_, h := exportRig(t, 10, nil)
	for size, want := range map[int]int{1000: 404, address.LargestForm + 1<<20: 413} {
		if w := post(h, "/exports", url.Values{"from": {"/" + strings.Repeat("x", size)}}); w.Code != want {
			t.Errorf("%d bytes: status %d, want %d", size, w.Code, want)
		}
	}
}
