package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"eyas/internal/auth"
)

// ask sends a request of a program.
func (v *province) program(a auth.Actor, method, at, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, at, strings.NewReader(body))
	r.Header.Set("X-Actor", a.Text())
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	v.handler.ServeHTTP(w, r)
	return w
}

// A token that is held to a register, or to one subject, is told nothing of others by any call, and its writes reach nothing else.
func TestAPINarrowedTokens(t *testing.T) {
	v := newProvince(t)
	city := func(bounds string) auth.Actor {
		return auth.Actor{ID: "chen", Role: "bureau", Org: "120000", Bounds: bounds}
	}
	here := fmt.Sprint(v.subject["here"])
	for _, c := range []struct {
		bounds string
		told   []string // may not be told
		shown  string   // must be shown somewhere
	}{
		{"see:person", []string{"甲区示例机械", "华苑示例软件", v.code["park"]}, secret + "赵六"},
		{"see:enterprise#" + here, []string{"华苑示例软件", secret, v.code["park"], v.code["there"], "RY-", "CG-"}, "甲区示例机械有限公司"},
		{"see:enterprise", []string{"RY-", "CG-"}, "华苑示例软件"},
		{"enter,see#" + fmt.Sprint(v.subject["park"]), []string{secret, "甲区示例机械", "RY-"}, "华苑示例软件"},
	} {
		a, shown := city(c.bounds), false
		for _, pattern := range v.handler.Routes() {
			if !strings.HasPrefix(pattern, "GET /api/v1/") {
				continue
			}
			for _, at := range looks[pattern] {
				for _, word := range []string{"here", "there", "park"} {
					at := v.filled(at, word)
					w := v.ready(a, at)
					if w.Code >= 500 {
						t.Errorf("%s: %s answers %d", c.bounds, at, w.Code)
					}
					text := unpacked(t, w.Header(), w.Body.Bytes())
					if w.Code != http.StatusOK { // a refusal may say what was asked
						continue
					}
					shown = shown || strings.Contains(text, c.shown)
					for _, told := range c.told {
						if strings.Contains(text, told) {
							i := strings.Index(text, told)
							t.Errorf("%s is told %q by %s: …%s…", c.bounds, told, at, text[max(0, i-100):min(len(text), i+60)])
						}
					}
				}
			}
		}
		if !shown {
			t.Errorf("%s is shown nothing of its own", c.bounds)
		}
	}
	put := func(a auth.Actor, word string) int {
		return v.program(a, http.MethodPut, fmt.Sprintf("/api/v1/subjects/%d/values/staff@2020", v.subject[word]), `{"value":51,"reason":"试"}`, "Content-Type", "application/json", "If-Match", `"x"`).Code
	}
	for _, c := range []struct {
		bounds, word string
		want         int
	}{
		{"see", "here", 403}, {"enter,see:person", "here", 404}, {"enter,see:enterprise#" + here, "there", 404}, {"enter,see:enterprise#" + here, "here", 412}, {"enter:enterprise", "there", 412}, {"import,see", "here", 403},
	} {
		if got := put(city(c.bounds), c.word); got != c.want {
			t.Errorf("%s enters a value of %s: %d, want %d", c.bounds, c.word, got, c.want)
		}
	}
	for bounds, want := range map[string]int{"see": 403, "import:person": 404, "import:enterprise": 200, "enter": 403} {
		if got := v.program(city(bounds), http.MethodPost, "/api/v1/registers/enterprise/imports?name=a.csv&dry_run=true", "企业名称\n新公司\n").Code; got != want {
			t.Errorf("%s imports: %d, want %d", bounds, got, want)
		}
	}
	if w := v.ready(city("see:enterprise"), "/enterprises?text="+url.QueryEscape("华苑")); w.Code != http.StatusOK {
		t.Errorf("the pages of a narrowed actor: %d", w.Code)
	}
	v.answersQuestions(t)
}

// A question is answered upon what was read of it, by who may link and sees both subjects.
func (v *province) answersQuestions(t *testing.T) {
	chen := auth.Actor{ID: "chen", Role: "bureau", Org: "120000"}
	at := fmt.Sprintf("/api/v1/questions/%d", v.ask)
	var q struct {
		Question int64
		State    string
	}
	read := v.ready(chen, at)
	etag := read.Header().Get("ETag")
	if err := json.Unmarshal(read.Body.Bytes(), &q); err != nil || q.Question != v.ask || q.State != "open" || etag == "" {
		t.Fatalf("%d %s", read.Code, read.Body)
	}
	// All pages of a list are the list.
	var listed []int64
	for cursor := ""; ; {
		var page struct {
			Total int
			Items []struct{ Question int64 }
			Next  *string
		}
		w := v.ready(chen, "/api/v1/registers/enterprise/questions?limit=1&cursor="+cursor)
		if err := json.Unmarshal(w.Body.Bytes(), &page); err != nil || w.Code != 200 || len(listed) > page.Total {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		for _, x := range page.Items {
			listed = append(listed, x.Question)
		}
		if page.Next == nil {
			if len(listed) != page.Total || !slices.Contains(listed, v.ask) || len(slices.Compact(slices.Sorted(slices.Values(listed)))) != len(listed) {
				t.Errorf("%v of %d", listed, page.Total)
			}
			break
		}
		cursor = *page.Next
	}
	answer := func(a auth.Actor, body string, headers ...string) *httptest.ResponseRecorder {
		return v.program(a, http.MethodPut, at+"/answer", body, append([]string{"Content-Type", "application/json"}, headers...)...)
	}
	good := `{"answer":"different","reason":"不是"}`
	for what, x := range map[string]struct {
		a       auth.Actor
		body    string
		headers []string
		status  int
	}{
		"nobody may link":     {auth.Actor{ID: "chen", Role: "bureau", Org: "120000", Bounds: "see"}, good, []string{"If-Match", etag}, 403},
		"another district":    {auth.Actor{ID: "ou", Role: "district_officer", Org: otherOrg}, good, []string{"If-Match", etag}, 404},
		"held to one subject": {auth.Actor{ID: "chen", Role: "bureau", Org: "120000", Bounds: fmt.Sprintf("link,see#%d", v.subject["here"])}, good, []string{"If-Match", etag}, 404},
		"no ETag":             {chen, good, nil, 428}, "an old one": {chen, good, []string{"If-Match", `"later"`}, 412}, "no answer": {chen, `{"answer":"perhaps"}`, []string{"If-Match", etag}, 422},
		"two": {chen, good + good, []string{"If-Match", etag}, 422}, "more": {chen, `{"answer":"same","x":1}`, []string{"If-Match", etag}, 422}, "a long reason": {chen, `{"answer":"same","reason":"` + strings.Repeat("长", 201) + `"}`, []string{"If-Match", etag}, 422},
	} {
		if w := answer(x.a, x.body, x.headers...); w.Code != x.status {
			t.Errorf("%s is answered %d, want %d: %s", what, w.Code, x.status, w.Body)
		}
	}
	try := v.program(chen, http.MethodPut, at+"/answer?dry_run=true", good, "Content-Type", "application/json", "If-Match", etag)
	if now := v.ready(chen, at); try.Code != 200 || !strings.Contains(try.Body.String(), `"state":"different"`) || now.Body.String() != read.Body.String() {
		t.Errorf("a trial: %d %s, and then %s", try.Code, try.Body, now.Body)
	}
	done := answer(chen, good, "If-Match", etag, "Idempotency-Key", "q1")
	again := answer(chen, good, "If-Match", etag, "Idempotency-Key", "q1")
	if done.Code != 200 || again.Body.String() != done.Body.String() || done.Header().Get("ETag") == etag {
		t.Errorf("%d %s, again %d %s", done.Code, done.Body, again.Code, again.Body)
	}
	if w := answer(chen, `{"answer":"same"}`, "If-Match", etag); w.Code != 412 {
		t.Errorf("upon what was read before: %d", w.Code)
	}
}

// Whatever a program sends, the answer is JSON that says what is wrong, in its language, and nothing is written.
func TestAPIRefusals(t *testing.T) {
	v := newProvince(t)
	chen := auth.Actor{ID: "chen", Role: "bureau", Org: "120000"}
	list := "/api/v1/registers/enterprise/subjects"
	var first struct {
		Next  string
		Items []struct{ Subject int64 }
	}
	if w := v.ready(chen, list+"?limit=2"); json.Unmarshal(w.Body.Bytes(), &first) != nil || first.Next == "" || len(first.Items) != 2 {
		t.Fatal(w.Body)
	}
	value := fmt.Sprintf("/api/v1/subjects/%d/values/", v.subject["here"])
	read := v.ready(chen, value+"staff@2020")
	etag := read.Header().Get("ETag")
	entry := func(body string, headers ...string) *httptest.ResponseRecorder {
		return v.program(chen, http.MethodPut, value+"staff@2020", body, append([]string{"Content-Type", "application/json", "If-Match", etag}, headers...)...)
	}
	said := func(what string, w *httptest.ResponseRecorder, status int) {
		t.Helper()
		var p struct {
			Status              int
			Title, Detail, Code string
		}
		kind := w.Header().Get("Content-Type")
		if err := json.Unmarshal(w.Body.Bytes(), &p); w.Code != status || kind != "application/problem+json" || err != nil || p.Status != status || p.Title == "" || p.Detail == "" || p.Code == "" {
			t.Errorf("%s answers %d as %q: %s", what, w.Code, kind, w.Body)
		}
	}
	for _, x := range []string{"x", "!!", "e30", first.Next + "A", first.Next[:10], strings.Repeat("A", 9000), "eyJxIjoiIn0"} {
		said("cursor "+x, v.ready(chen, list+"?limit=2&cursor="+x), 422)
	}
	said("a cursor of another query", v.ready(chen, list+"?limit=2&sort=name&cursor="+first.Next), 422)
	said("a cursor of another register", v.ready(chen, "/api/v1/registers/person/subjects?cursor="+first.Next), 422)
	if w := v.ready(chen, list+"?limit=3&lang=en&cursor="+first.Next); w.Code != 200 || strings.Contains(w.Body.String(), fmt.Sprintf(`"subject":%d,`, first.Items[0].Subject)) {
		t.Errorf("the next page: %d %s", w.Code, w.Body)
	}
	for _, x := range []string{"limit=0", "limit=501", "limit=x", "nosuch=1", "distrct=120110", "col=phone", "col=nosuch", "sort=phone", "c.nosuch=1", "date=x", "scope=nowhere", "page=x", "from.sales=x"} {
		if w := v.ready(chen, list+"?"+x); w.Code == 200 || w.Code >= 500 {
			t.Errorf("%s answers %d", x, w.Code)
		} else {
			said(x, w, w.Code)
		}
	}
	for _, x := range []string{"0", "-1", "x", "01", "1e3", "99999999999999999999", "%00", "1%2f2"} {
		for _, of := range []string{"/profile", "/explanations/tsme", "/values/staff@2020"} {
			if w := v.ready(chen, "/api/v1/subjects/"+x+of); w.Code != 404 && w.Code != 422 {
				t.Errorf("subject %s%s: %d", x, of, w.Code)
			}
		}
	}
	said("no key", v.ready(chen, value+"nosuch"), 404)
	said("a yearly key without a year", v.ready(chen, value+"staff"), 404)
	said("no call", v.ready(chen, "/api/v1/nothing"), 404)
	w := v.program(chen, http.MethodDelete, value+"staff@2020", "")
	if said("a method", w, 405); w.Header().Get("Allow") != "GET, PUT" {
		t.Errorf("allowed: %q", w.Header().Get("Allow"))
	}
	for body, status := range map[string]int{
		"": 422, "{": 422, "[]": 422, "null": 422, `{"value":1}`: 422, `{"reason":"x"}`: 422, `{"value":1,"reason":"x","more":1}`: 422, `{"value":1,"reason":"x"}{}`: 422, `{"value":1,"value":2,"reason":"x"}`: 422, `{"value":1,"reason":"x","Value":2}`: 422, `{"value":{},"reason":"x"}`: 422, `{"value":true,"reason":"x"}`: 422,
		`{"value":"不是数","reason":"x"}`: 422, `{"value":"","reason":"x"}`: 422, `{"value":1e400,"reason":"x"}`: 422, `{"value":1,"unit":"万元","reason":"x"}`: 422, "{\"value\":1,\"reason\":\"a\u0000b\"}": 422, `{"value":"a` + "\xff" + `","reason":"x"}`: 422,
		`{"value":1,"reason":"` + strings.Repeat("长", 201) + `"}`: 422, `{"value":"` + strings.Repeat("1", 70_000) + `","reason":"x"}`: 413,
	} {
		said("the entry "+body[:min(len(body), 40)], entry(body), status)
	}
	good := `{"value":51,"reason":"试"}`
	said("another content type", entry(good, "Content-Type", "text/plain"), 415)
	for _, match := range []string{"", "*", "x", `W/"x"`, `"a", "b"`, `""`} {
		said("If-Match "+match, entry(good, "If-Match", match), 428)
	}
	said("an old ETag", entry(good, "If-Match", `"0123456789abcdef"`), 412)
	for _, key := range []string{"", "a b", "中", strings.Repeat("k", 129), "a\tb"} {
		said("the key "+key[:min(len(key), 10)], entry(good, "Idempotency-Key", key), 422)
	}
	imports := "/api/v1/registers/enterprise/imports"
	said("a file without a name", v.program(chen, http.MethodPost, imports, "企业名称\n甲\n"), 422)
	said("no file", v.program(chen, http.MethodPost, imports+"?name=a.csv", ""), 422)
	said("another register", v.program(chen, http.MethodPost, "/api/v1/registers/nosuch/imports?name=a.csv", "x"), 404)
	said("dry_run", v.program(chen, http.MethodPost, imports+"?name=a.csv&dry_run=maybe", "x"), 422)
	// What is asked only to be tried is never done: dry_run without a value, or given twice, is refused, and so is every parameter that has
	// one value and is given twice.
	for _, x := range []string{"dry_run=", "dry_run=TRUE", "dry_run=false&dry_run=true", "dry_run=true&dry_run=false", "dry_run", "Dry_run=true"} {
		said(x, v.program(chen, http.MethodPut, value+"staff@2020?"+x, good, "Content-Type", "application/json", "If-Match", etag), 422)
		said(x+" of a file", v.program(chen, http.MethodPost, imports+"?name=a.csv&"+x, "企业名称\n甲\n"), 422)
	}
	for _, at := range []string{list + "?limit=2&limit=3", list + "?date=2021-03-31&date=2021-04-30", list + "?sort=name&sort=-name", "/api/v1/imports?limit=1&limit=2"} {
		said(at, v.ready(chen, at), 422)
	}
	large := httptest.NewRequest(http.MethodPost, imports+"?name=a.csv", strings.NewReader("x"))
	large.ContentLength = 1 << 40
	large.Header.Set("X-Actor", chen.Text())
	rec := httptest.NewRecorder()
	v.handler.ServeHTTP(rec, large)
	said("a large file", rec, 413)
	if now := v.ready(chen, value+"staff@2020"); now.Header().Get("ETag") != etag || now.Body.String() != read.Body.String() {
		t.Errorf("something was written: %s", now.Body)
	}
	// The language follows what is asked for; what else is accepted, the answer is JSON.
	for _, accept := range []string{"", "*/*", "text/html", "image/png;q=1", "application/xml", ";;;", strings.Repeat("a", 5000)} {
		w := v.program(chen, http.MethodGet, "/api/v1/nothing", "", "Accept", accept, "Accept-Language", "en-GB,en;q=0.9")
		if said("accepting "+accept, w, 404); !strings.Contains(w.Body.String(), "The API has no such address") || w.Header().Get("Content-Language") != "en" {
			t.Errorf("in English: %s", w.Body)
		}
	}
	if w := v.program(chen, http.MethodGet, "/api/v1/nothing", "", "Accept-Language", "zh"); !strings.Contains(w.Body.String(), "接口没有这个地址") {
		t.Errorf("in Chinese: %s", w.Body)
	}
	if w := v.program(chen, http.MethodPut, value+"staff@2020", good, "Sec-Fetch-Site", "cross-site"); w.Code != 403 || w.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("from another site: %d %s", w.Code, w.Body)
	}
}

// Cursors are places: what is added, changed or taken away meanwhile neither repeats nor skips what stays.
func TestAPICursorsAreStable(t *testing.T) {
	v := newProvince(t)
	chen := auth.Actor{ID: "chen", Role: "bureau", Org: "120000"}
	for _, order := range []string{"", "sales", "-sales", "name", "-name", "code", "district", "v.tsme"} {
		var seen []int64
		cursor := ""
		for page := 0; ; page++ {
			var got struct {
				Next  *string
				Items []struct{ Subject int64 }
			}
			w := v.ready(chen, "/api/v1/registers/enterprise/subjects?limit=2&sort="+order+"&cursor="+cursor)
			if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 200 {
				t.Fatalf("%q: %d %s", order, w.Code, w.Body)
			}
			for _, x := range got.Items {
				for _, earlier := range seen {
					if earlier == x.Subject {
						t.Errorf("%q: %d stands on two pages", order, x.Subject)
					}
				}
				seen = append(seen, x.Subject)
			}
			if got.Next == nil {
				break
			}
			cursor = *got.Next
			if page == 0 { // one that stands before all, by each order
				v.importFile(t, chen, "a.csv", fmt.Sprintf("企业名称,统一社会信用代码,2020年销售收入（万元）,所属区\n“%d”号企业,,%d,和平区\n", len(seen), 1))
			}
		}
		for _, word := range []string{"here", "there", "zone", "park", "nowhere", "here too"} {
			if id := v.subject[word]; !strings.Contains(fmt.Sprint(seen), fmt.Sprint(id)) {
				t.Errorf("%q skips %s: %v", order, word, seen)
			}
		}
	}
}
