package main

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// patienceInTests bounds how long a test waits for a server to be ready or to end.
const patienceInTests = time.Minute

// served is a server of the real program, running in this process on a port of its own.
type served struct {
	url  string
	stop func() int // ends it and gives the exit code
	errs *lockedBuffer
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

var webAddress = regexp.MustCompile(`http://\S+/`)

func serve(t testing.TB, db string, args ...string) *served {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r, w := io.Pipe()
	s := &served{errs: &lockedBuffer{}}
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, append([]string{"serve", "--db", db}, args...), w, s.errs)
		w.Close()
	}()
	var once sync.Once
	code := -1
	s.stop = func() int {
		once.Do(func() {
			cancel()
			select {
			case code = <-ended:
			case <-time.After(patienceInTests):
				t.Error("the server does not end")
			}
		})
		return code
	}
	t.Cleanup(func() { s.stop() })
	line, err := bufio.NewReader(r).ReadString('\n')
	if s.url = strings.TrimSuffix(webAddress.FindString(line), "/"); s.url == "" {
		t.Fatalf("the server says %q (%v): %s", line, err, s.errs)
	}
	go io.Copy(io.Discard, r)
	return s
}

// page fetches a page, asking again while the register is being loaded.
func (s *served) page(t testing.TB, path string) string {
	t.Helper()
	for end := time.Now().Add(patienceInTests); ; {
		res, err := http.Get(s.url + path)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		csp := res.Header.Get("Content-Security-Policy")
		if !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
			t.Fatalf("%s: policy %q", path, csp)
		}
		if strings.Contains(string(b), "data-reload") && time.Now().Before(end) {
			continue
		}
		if res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s", path, res.Status)
		}
		return string(b)
	}
}

func command(t testing.TB, want int, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run(t.Context(), args, &out, &errs); code != want {
		t.Fatalf("eyas %s: exit %d, want %d: %s", strings.Join(args, " "), code, want, errs.String())
	}
	return out.String() + errs.String()
}

func TestServe(t *testing.T) {
	db := filepath.Join(t.TempDir(), "base.db")
	s := serve(t, db, "--addr", "127.0.0.1:0")
	if body := s.page(t, "/"); !strings.Contains(body, "/import") {
		t.Error("the first page of an empty base does not lead to the import")
	}
	// What another process imports is seen without a restart.
	command(t, 0, "demo", "--db", db, "--rows", "200", "--seed", "4", "--year", "2020")
	deadline := time.Now().Add(patienceInTests)
	for !strings.Contains(s.page(t, "/enterprises?date=2021-03-31"), "（示例）") {
		if time.Now().After(deadline) {
			t.Fatal("what another process imported is not seen")
		}
	}
	for _, path := range []string{"/?date=2021-03-31", "/lab?date=2021-03-31", "/import", "/?lang=en&date=2021-03-31"} {
		if body := s.page(t, path); len(body) < 2000 {
			t.Errorf("%s has only %d bytes", path, len(body))
		}
	}
	if code := s.stop(); code != 0 {
		t.Errorf("ending the server gives %d: %s", code, s.errs)
	}
	if strings.Contains(s.errs.String(), "警告") {
		t.Errorf("a server on loopback warns: %s", s.errs)
	}
}

func TestServeWarnsBeyondThisMachine(t *testing.T) {
	s := serve(t, filepath.Join(t.TempDir(), "base.db"), "--addr", "0.0.0.0:0", "--lang", "en")
	s.stop()
	if !strings.Contains(s.errs.String(), "warning: the base has no people") {
		t.Errorf("no warning: %s", s.errs)
	}
}

// What is written is in the columns when the answer comes, whatever wrote it; a foreign name gets nothing; the
// demonstration city goes into an empty base only, however often it is asked for.
func TestServeWrites(t *testing.T) {
	db := filepath.Join(t.TempDir(), "base.db")
	s := serve(t, db, "--addr", "127.0.0.1:0", "--host", "eyas.kjj.example")
	ask := func(method, path, host, form string) *http.Response {
		t.Helper()
		r, err := http.NewRequest(method, s.url+path, strings.NewReader(form))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if host != "" {
			r.Host = host
		}
		client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		res, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res
	}
	s.page(t, "/")
	for host, want := range map[string]int{"evil.example": 421, "eyas.kjj.example": 200, "localhost:1": 200} {
		if got := ask("GET", "/healthz", host, "").StatusCode; got != want {
			t.Errorf("Host %s: %d, want %d", host, got, want)
		}
	}
	res := ask("POST", "/registers/enterprise/new", "", "f.name=海河试验有限公司&f.code=&f.district=120101")
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("entering answers %s", res.Status)
	}
	if body := s.page(t, "/enterprises?text=海河试验"); !strings.Contains(body, "海河试验有限公司") {
		t.Error("what was entered is not in the list when the answer comes")
	}
	for range 2 {
		if got := ask("POST", "/start/demo", "", "").StatusCode; got != http.StatusConflict {
			t.Errorf("the demonstration city is added to a base with records: %d", got)
		}
	}
	if code := s.stop(); code != 0 || strings.Contains(s.errs.String(), "level=ERROR") {
		t.Errorf("exit %d: %s", code, s.errs)
	}
}

func TestServeWhereSomeoneListens(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	if out := command(t, 1, "serve", "--db", filepath.Join(t.TempDir(), "base.db"), "--addr", ln.Addr().String()); !strings.Contains(out, ln.Addr().String()) {
		t.Errorf("the error does not name the address: %s", out)
	}
}

func TestVerifyFindsWhatWasChanged(t *testing.T) {
	db := filepath.Join(t.TempDir(), "base.db")
	command(t, 0, "demo", "--db", db, "--rows", "20", "--year", "2020")
	if out := command(t, 0, "verify", "--db", db, "--lang", "en"); !strings.Contains(out, "the log is whole: ") {
		t.Errorf("verify says %q", out)
	}
	base, err := sql.Open("sqlite", db)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := base.Exec(`UPDATE audit_entry SET actor = 'nobody' WHERE seq = 2`); err != nil {
		t.Fatal(err)
	}
	if err := base.Close(); err != nil {
		t.Fatal(err)
	}
	if out := command(t, 1, "verify", "--db", db, "--lang", "en"); !strings.Contains(out, "broken at entry 2") {
		t.Errorf("verify says %q", out)
	}
	out := command(t, 1, "verify", "--db", db, "--json")
	if want := fmt.Sprintf(`"ok":false,"entries":%d`, 1); !strings.Contains(out, want) {
		t.Errorf("verify says %s, want %s", out, want)
	}
}

// Readers of all pages, what-ifs and an import go on side by side; run with the race detector by make test.
func TestServeManyAtOnce(t *testing.T) {
	db := filepath.Join(t.TempDir(), "base.db")
	command(t, 0, "demo", "--db", db, "--rows", "300", "--seed", "1", "--year", "2020")
	s := serve(t, db, "--addr", "127.0.0.1:0")
	s.page(t, "/?date=2021-03-31")
	var all sync.WaitGroup
	for i, path := range []string{"/?date=2021-03-31", "/?date=2021-06-30", "/enterprises?date=2021-03-31&v.tsme=met", "/search?q=hy&date=2021-03-31",
		"/lab?date=2021-03-31&rule=tsme", "/lab/what-if?date=2021-03-31&rule=tsme&n.score.pass=55", "/lab/what-if?date=2021-03-31&rule=hnte&n.score.pass=60"} {
		all.Go(func() {
			for range 5 + i {
				s.page(t, path)
			}
		})
	}
	all.Go(func() { command(t, 0, "demo", "--db", db, "--rows", "300", "--seed", "2", "--year", "2020") })
	all.Wait()
	if code := s.stop(); code != 0 || strings.Contains(s.errs.String(), "level=ERROR") {
		t.Errorf("exit %d: %s", code, s.errs)
	}
}

// What is uploaded to one process is previewed, imported and undone by another, and each shows what the other does.
func TestServeTwoProcesses(t *testing.T) {
	db := filepath.Join(t.TempDir(), "base.db")
	a, b := serve(t, db, "--addr", "127.0.0.1:0"), serve(t, db, "--addr", "127.0.0.1:0")
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	post := func(s *served, path, kind string, body io.Reader) string {
		t.Helper()
		res, err := client.Post(s.url+path, kind, body)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != http.StatusSeeOther {
			t.Fatalf("%s: %s %v\n%s", path, res.Status, err, text)
		}
		return res.Header.Get("Location")
	}
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, value := range map[string]string{"register": "enterprise", "year": "2020"} {
		if err := form.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	part, err := form.CreateFormFile("file", "两处.csv")
	if err != nil {
		t.Fatal(err)
	}
	const text = "企业名称,2020年销售收入\n天津甲公司,1000\n"
	if _, err := io.WriteString(part, text); err != nil {
		t.Fatal(err)
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	preview := post(a, "/import", form.FormDataContentType(), &body)
	until := func(s *served, path, want string) {
		t.Helper()
		for end := time.Now().Add(patienceInTests); !strings.Contains(s.page(t, path), want); {
			if time.Now().After(end) {
				t.Fatalf("%s never says %q", path, want)
			}
		}
	}
	until(b, preview, "天津甲公司")
	job := post(b, preview, "application/x-www-form-urlencoded", strings.NewReader("year=2020&action=import"))
	until(a, job, "/import/record/1/original") // the job leads to what it did
	res, err := http.Get(a.url + "/import/record/1/original")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if got, err := io.ReadAll(res.Body); err != nil || string(got) != text {
		t.Errorf("the original from the other process: %q %v", got, err)
	}
	undo := post(a, "/import/record/1/undo", "application/x-www-form-urlencoded", nil)
	until(b, undo, "已于")
}
