package web

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"eyas/internal/file"
	"eyas/internal/job"
	"eyas/internal/quality"
	"eyas/internal/registry"
	"eyas/internal/registry/intake"
	"eyas/internal/store"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
	"eyas/internal/web/spool"
)

// cityhall is town with all that a server has, and the log that it writes.
func cityhall(t *testing.T) (Deps, *lockedLog) {
	t.Helper()
	log := &lockedLog{}
	d := town(t)
	d.Log = slog.New(slog.NewTextHandler(log, nil))
	d.Jobs = job.New(time.Now, d.Log)
	t.Cleanup(func() { d.Jobs.Close(context.Background()) })
	d.Files = testFiles(t, d.Clock)
	d.Uploads = spool.Open(d.Files, file.Upload, spool.Limits{File: 1 << 20, Total: 1 << 26, Files: 1000}, d.Clock)
	board := quality.NewBoard(d.Pack, townBase(t, d).Findings(), d.Known.(*registry.Registry), d.Clock)
	if _, err := board.Refresh(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	d.Quality = board
	d.Correct = func(ctx context.Context, c quality.Correction) (int64, error) {
		id, _, err := d.Entries.Enter(ctx, intake.Entry{Register: c.Register, Subject: c.Subject, Values: map[string]string{c.Place: c.Text}, Source: intake.Corrections, Form: "x", Reason: c.Reason})
		return id, err
	}
	return d, log
}

// townBase is the base under a town.
func townBase(t *testing.T, d Deps) *store.DB {
	t.Helper()
	db, ok := d.Subjects.(*registry.Registry).Storage().(*store.DB)
	if !ok {
		t.Fatal("no base")
	}
	return db
}

type lockedLog struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedLog) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.b.Reset()
	return l.b.String()
}

// Odd things to find in a path, and behind a name of an address; all as they stand in the request line.
var (
	oddSteps = []string{"1", "0", "-1", "x", "9223372036854775807", "99999999999999999999", "%00", "%ff%fe", "..%2f..%2fetc", "%3Cscript%3E", "s-1", "1.unit_slip.sales.2020",
		"carrier", "enterprise", "%E5%A4%A9%E6%B4%A5", strings.Repeat("9", 3000), "%20", "%2e%2e", "1%2f2", ";", "%F0%9F%A6%85"}
	oddValues = []string{"", "x", "0", "-1", "9223372036854775808", "1e400", "NaN", "%00", "%ff", "%zz", "a%", "%E5%A4%A9", "%3Cb%3E", "'%20OR%201=1--", "2021-02-30", "0000-00-00", "9999-12-31", "1949-12-31", "2200-12-31",
		"2020", "-name", "staff@", "staff@99999", "@", ".", "1", "120110", "-", ",,", strings.Repeat("a", 4000), strings.Repeat("%E9", 500), strings.Repeat("%F0%9F%A6%85", 700), "a%0d%0aX-Evil:1", "%EF%BB%BF", "\u202e"}
	oddNames = []string{"in", "text", "zone", "industry", "page", "sort", "date", "known", "assume", "unit", "lang", "rule", "set", "open", "who", "district", "section", "number", "id", "missing", "col", "q", "part",
		"state", "register", "from", "key", "attr", "year", "find", "done", "rel", "show", "v.tsme", "v.", "only.tsme", "only.x", "n.score.pass", "n.x", "cell", "import", "entered", "n", "desc", "assignee", "source", "asof", "complete", "changed", "nosuch", "", "%00", "%ff", "c.district", "t.name", "b.x", "c.kind", "from.found", "to.found"}
	placeholder = regexp.MustCompile(`\{[^}]+\}`)
)

// Whatever an address has, each route answers with a page or an object that says something in words, never with a fault
// of the server, and logs no error. The routes are those of the server itself, so that a new one is not forgotten.
// EYAS_SOAK asks every name with every value.
func TestOddAddresses(t *testing.T) {
	d, log := cityhall(t)
	h := handler(t, d)
	soak := os.Getenv("EYAS_SOAK") != ""
	asked := 0
	ask := func(method, path, query, lang string, scripted bool) {
		asked++
		r := httptest.NewRequest(method, "/", nil)
		at, err := url.PathUnescape(path)
		if err != nil {
			t.Fatal(err)
		}
		r.URL = &url.URL{Path: at, RawPath: path, RawQuery: query}
		r.Header.Set("Accept-Language", lang)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		told := log.take()
		what := method + " " + address.Shortened(path) + "?" + address.Shortened(query)
		if w.Code >= 500 && w.Code != http.StatusServiceUnavailable || strings.Contains(told, "level=ERROR") {
			t.Errorf("%s answers %d: %s", what, w.Code, told)
		}
		if w.Code < 300 || w.Code >= 400 {
			checkTold(t, what, scripted, w)
		}
	}
	turn := 0
	for _, pattern := range h.Routes() {
		method, path, ok := strings.Cut(pattern, " ")
		if !ok {
			method, path = "GET", pattern
		}
		path = strings.ReplaceAll(path, "{$}", "")
		scripted := strings.HasSuffix(path, "/what-if") || strings.HasSuffix(path, "/status") || strings.HasPrefix(path, frame.APIPath)
		first := placeholder.ReplaceAllString(path, "1")
		if strings.HasPrefix(path, "/registers/") {
			first = placeholder.ReplaceAllString(path, "carrier")
		}
		for _, step := range oddSteps {
			if strings.Contains(path, "{") {
				ask(method, placeholder.ReplaceAllString(path, step), "", "zh", scripted)
			}
		}
		for _, other := range []string{"HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "POST", "QUERY"} {
			if other != method && (other != "POST" || method == "GET") {
				ask(other, first, "", "en", false)
			}
		}
		if method != "GET" {
			continue
		}
		for i, name := range oddNames {
			for j, value := range oddValues {
				if turn++; !soak && (i*7+j*3+turn)%149 != 0 {
					continue
				}
				lang := []string{"zh", "en"}[turn%2]
				ask(method, first, name+"="+value, lang, scripted)
				if soak || turn%5 == 0 {
					ask(method, first, name+"="+value+"&"+name+"=1&date=2021-03-31&assume=abnormal_list", lang, scripted)
				}
			}
		}
		for _, query := range []string{"assume=bogus", "date=x", "known=2021-99-01", "page=x", "unit=x", "date=2021-03-30", "&&&", "=", ";", "a=1;b=2", strings.Repeat("a=1&", 9000), strings.Repeat("id=1&", 500), "rule=tsme&set=score.pass%3D999999999999999999999"} {
			ask(method, first, query, "zh", scripted)
		}
	}
	if asked < 1200 {
		t.Errorf("only %d requests", asked)
	}
	t.Logf("%d routes, %d requests", len(h.Routes()), asked)
}

// checkTold holds an answer to say something.
func checkTold(t *testing.T, what string, scripted bool, w *httptest.ResponseRecorder) {
	t.Helper()
	kind, _, _ := strings.Cut(w.Header().Get("Content-Type"), ";")
	body := w.Body.String()
	switch {
	case scripted && kind != "application/json" && kind != "application/problem+json" && !(strings.Contains(what, "/export?") && w.Code == http.StatusOK):
		t.Errorf("%s answers a script with %q", what, kind)
	case strings.HasSuffix(kind, "json"):
		if !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s: no JSON: %s", what, address.Shortened(body))
		}
	case kind == "text/html":
		if !strings.Contains(body, "<") || strings.Contains(body, "%!") || strings.Contains(body, "<script>") && strings.Contains(what, "script") {
			t.Errorf("%s: %s", what, address.Shortened(body))
		}
		if w.Code >= 400 && w.Code != 503 && !strings.Contains(body, `class="lead"`) && !strings.Contains(body, `class="errors"`) && !strings.HasPrefix(what, "HEAD ") {
			t.Errorf("%s answers %d without a sentence", what, w.Code)
		}
	case kind == "text/plain":
		if strings.TrimSpace(body) == "" {
			t.Errorf("%s answers %d with nothing", what, w.Code)
		}
	case strings.HasPrefix(kind, "application/vnd"):
		if w.Code != 200 || !strings.HasPrefix(body, "PK") {
			t.Errorf("%s: no workbook", what)
		}
	case !strings.HasPrefix(what, "GET /assets/") && w.Code != http.StatusOK:
		t.Errorf("%s answers %d as %q", what, w.Code, kind)
	}
}

// What is no text, too long or cut off is refused in a sentence by every form of every room, and nothing of it is kept.
func TestOddForms(t *testing.T) {
	d, log := cityhall(t)
	h := handler(t, d)
	send := func(path, kind, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodPost, path, io.MultiReader(strings.NewReader(body)))
		r.Header.Set("Content-Type", kind)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	const form = "application/x-www-form-urlencoded"
	for _, pattern := range h.Routes() {
		path, ok := strings.CutPrefix(pattern, "POST ")
		if !ok || strings.HasPrefix(path, frame.APIPath) { // which takes no forms
			continue
		}
		path = placeholder.ReplaceAllString(path, "1")
		for body, want := range map[string]int{
			"reason=a%00b": 422, "reason=%ff%fe": 422, "%00=1": 422, "reason=%zz": 422, "reason=" + strings.Repeat("a", address.LongestField+1): 413,
			strings.Repeat("a=1&", address.LargestForm/4+10): 413, "": 0, "seen=x": 0, "seen=value:1/staff=x&key=staff&value=1&reason=x": 0, "seen=%3D&seen=a%3D%3D": 0,
		} {
			w := send(path, form, body)
			told := log.take()
			if w.Code >= 500 && !errorsOfJobs(told) || want != 0 && w.Code != want || strings.Contains(told, "level=ERROR") && !errorsOfJobs(told) {
				t.Errorf("POST %s %.30q answers %d, want %d: %s", path, body, w.Code, want, told)
			}
			if w.Code >= 400 {
				checkTold(t, "POST "+path, false, w)
			}
		}
		if w := send(path, "application/json", `{"a":1}`); w.Code >= 500 {
			t.Errorf("POST %s of JSON answers %d", path, w.Code)
		}
	}
	head := "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\""
	for name, body := range map[string]string{
		"cut in the file":  head + "a.csv\"\r\n\r\n企业名称,2020年销售收入\n甲",
		"cut in the head":  head,
		"NUL in the name":  head + "a\x00b.csv\"\r\n\r\n企业名称\n甲\r\n--b--\r\n",
		"name is no UTF-8": head + "\xb9\xab.csv\"\r\n\r\n企业名称\n甲\r\n--b--\r\n",
		"NUL in a field":   "--b\r\nContent-Disposition: form-data; name=\"year\"\r\n\r\n20\x0020\r\n--b--\r\n",
		"no parts":         "--b--\r\n",
		"nothing":          "",
		"endless name":     head + strings.Repeat("名", 5000) + ".csv\"\r\n\r\n企业名称\n甲\r\n--b--\r\n",
	} {
		w := send("/import", "multipart/form-data; boundary=b", body)
		if told := log.take(); w.Code >= 500 || w.Code == 200 || strings.Contains(told, "level=ERROR") {
			t.Errorf("%s: %d %s", name, w.Code, told)
		}
		if w.Code >= 400 {
			checkTold(t, name, false, w)
		}
	}
}

// errorsOfJobs reports whether a log tells of work in the background only, which the form merely started.
func errorsOfJobs(log string) bool {
	return strings.Contains(log, "job") && !strings.Contains(log, "request failed") && !strings.Contains(log, "panic")
}
