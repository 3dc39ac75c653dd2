package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// robot fills a base with a demonstration city, and gives the token of a person of the bureau.
func robot(t testing.TB, db string, args ...string) string {
	t.Helper()
	command(t, 0, "demo", "--db", db, "--rows", "300", "--seed", "4", "--year", "2020")
	command(t, 0, "person", "add", "robot", "--db", db, "--role", "bureau", "--org", "120000")
	said := command(t, 0, append([]string{"person", "api-token", "robot", "--db", db}, args...)...)
	return said[strings.LastIndexByte(strings.TrimSpace(said), '\n')+1 : len(said)-1]
}

// A day of a program: it signs in by a token, imports, lists, explains, corrects. Every answer is as the document says.
func TestAPIDay(t *testing.T) {
	db := filepath.Join(t.TempDir(), "base.db")
	token := robot(t, db, "--may", "see,enter,import")
	s := serve(t, db, "--addr", "127.0.0.1:0")
	c := newClient(t, s.url, token)
	want := func(r *reply, status int, path ...any) any {
		t.Helper()
		if r.status != status {
			t.Fatalf("%d, want %d: %s", r.status, status, r.raw)
		}
		return r.get(path...)
	}
	if got := want(c.call("me", nil, nil), 200, "person"); got != "robot" {
		t.Errorf("%v", got)
	}
	want(c.call("listRegisters", nil, nil), 200)
	want(c.call("listRules", nil, nil), 200)

	file := []byte("企业名称,2020年职工总数\n接口示例有限公司,12\n")
	args := map[string]string{"register": "enterprise", "name": "staff.csv"}
	with := func(more ...string) map[string]string {
		all := map[string]string{}
		for k, v := range args {
			all[k] = v
		}
		for i := 0; i < len(more); i += 2 {
			all[more[i]] = more[i+1]
		}
		return all
	}
	if got := want(c.call("importFile", with("dry_run", "true"), file), 200, "new"); got != json.Number("1") {
		t.Errorf("a trial would make %v subjects", got)
	}
	first := c.call("importFile", with("Idempotency-Key", "k1"), file)
	number := want(first, 201, "files", 0, "import")
	again := c.call("importFile", with("Idempotency-Key", "k1"), file)
	if want(again, 201); again.raw != first.raw || again.header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("sent twice: %s\n%s", first.raw, again.raw)
	}
	want(c.call("importFile", with("Idempotency-Key", "k1"), []byte("企业名称\n另一家有限公司\n")), 422)
	if got := want(c.call("importFile", args, file), 200, "files", 0, "unchanged"); got != json.Number("1") {
		t.Errorf("the same file again: %v", got)
	}
	want(c.call("getImport", map[string]string{"import": fmt.Sprint(number)}, nil), 200)

	// All pages of a list are the list, each subject once.
	var seen []string
	cursor := ""
	for {
		args := map[string]string{"register": "enterprise", "limit": "70", "sort": "-sales", "filters": "from.sales=1", "date": "2021-03-31"}
		if cursor != "" {
			args["cursor"] = cursor
		}
		r := c.call("listSubjects", args, nil)
		want(r, 200)
		for _, x := range r.get("items").([]any) {
			seen = append(seen, fmt.Sprint(x.(map[string]any)["subject"]))
		}
		next, more := r.get("next").(string)
		if !more {
			if n := len(seen); fmt.Sprint(r.get("total")) != fmt.Sprint(n) || len(slices.Compact(slices.Sorted(slices.Values(seen)))) != n {
				t.Errorf("%d subjects of %v", n, r.get("total"))
			}
			break
		}
		cursor = next
	}
	want(c.call("listSubjects", map[string]string{"register": "enterprise", "cursor": cursor, "sort": "sales"}, nil), 422)
	id := fmt.Sprint(want(c.call("findSubjects", map[string]string{"register": "enterprise", "q": "接口示例有限公司"}, nil), 200, "subjects", 0, "subject"))
	want(c.call("getProfile", map[string]string{"subject": id}, nil), 200)
	for _, rule := range []string{"tsme", "hnte"} {
		want(c.call("explain", map[string]string{"subject": seen[0], "rule": rule, "date": "2021-03-31"}, nil), 200)
	}
	want(c.call("getLadder", map[string]string{"date": "2021-03-31"}, nil), 200)
	want(c.call("screen", map[string]string{"rule": "tsme", "date": "2021-03-31"}, nil), 200)

	// A correction upon what was read; one upon what was read before is refused, and one that says nothing of it.
	value := map[string]string{"subject": id, "key": "staff@2020"}
	read := c.call("getValue", value, nil)
	if got := want(read, 200, "value"); got != json.Number("12") {
		t.Errorf("the value is %v", got)
	}
	put := func(content any, more ...string) *reply {
		t.Helper()
		args := map[string]string{"subject": id, "key": "staff@2020"}
		for i := 0; i < len(more); i += 2 {
			args[more[i]] = more[i+1]
		}
		return c.call("enterValue", args, content)
	}
	body := map[string]any{"value": 15, "reason": "电话核实"}
	etag := read.header.Get("ETag")
	want(put(body), 428)
	want(put(body, "If-Match", "*"), 428)
	if got := want(put(body, "If-Match", etag, "dry_run", "true"), 200, "after", "value"); got != json.Number("15") {
		t.Errorf("a trial gives %v", got)
	}
	done := put(body, "If-Match", etag, "Idempotency-Key", "k2")
	if got := want(done, 200, "after", "value"); got != json.Number("15") || done.header.Get("ETag") == etag {
		t.Errorf("%v %s", got, done.raw)
	}
	if r := put(body, "If-Match", etag, "Idempotency-Key", "k2"); r.status != 200 || r.raw != done.raw || r.header.Get("ETag") != done.header.Get("ETag") {
		t.Errorf("sent twice: %d %s", r.status, r.raw)
	}
	want(put(body, "If-Match", etag, "Idempotency-Key", "k3"), 412)
	want(put(map[string]any{"value": 16, "reason": "电话核实"}, "If-Match", etag, "Idempotency-Key", "k2"), 422)
	want(put(map[string]any{"value": nil, "reason": "填错"}, "If-Match", done.header.Get("ETag")), 200)
	if got := want(c.call("getValue", value, nil), 200, "value"); got != nil {
		t.Errorf("after it was declared wrong the value is %v", got)
	}
	want(c.call("listFindings", map[string]string{"register": "enterprise", "limit": "3"}, nil), 200)
	if got := want(c.call("listImports", map[string]string{"limit": "2"}, nil), 200, "next"); got == nil {
		t.Error("all imports are on one page")
	}
}

// tourLine is a line of the tour that asks the API.
var tourLine = regexp.MustCompile(`^(?:ETAG=\$\()?curl (.*)$`)

// tour is the block of commands in a README under a heading.
func tour(t *testing.T, file, heading string) (lines []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", file))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), heading+"\n")
	_, rest, begins := strings.Cut(rest, "```sh\n")
	block, _, ends := strings.Cut(rest, "```")
	if !found || !begins || !ends {
		t.Fatalf("%s has no tour", file)
	}
	for line := range strings.Lines(block) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	return lines
}

// The tour of the READMEs does what it says. Both have the same commands.
func TestAPITour(t *testing.T) {
	lines := tour(t, "README.md", "## The API by curl")
	if zh := tour(t, "README.zh-CN.md", "## 用 curl 走一遍接口"); !slices.Equal(lines, zh) {
		t.Errorf("the commands of the Chinese README differ: %q", zh)
	}
	dir := t.TempDir()
	db := filepath.Join(dir, "api.db")
	vars := map[string]string{}
	var s *served
	asked := 0
	for _, line := range lines {
		line = strings.ReplaceAll(line, "api.db", db)
		words := shellWords(line, vars)
		m := tourLine.FindStringSubmatch(line)
		switch {
		case strings.HasPrefix(line, "bin/eyas serve"):
			s = serve(t, db, "--addr", "127.0.0.1:0")
		case strings.HasPrefix(line, "bin/eyas "):
			command(t, 0, words[1:]...)
		case strings.HasPrefix(line, "TOKEN=$(bin/eyas "):
			said := strings.TrimSpace(command(t, 0, shellWords(strings.TrimSuffix(strings.TrimPrefix(line, "TOKEN=$("), " | tail -1)"), vars)[1:]...))
			vars["TOKEN"] = said[strings.LastIndexByte(said, '\n')+1:]
		case strings.HasPrefix(line, "API="):
			vars["API"] = s.url + "/api/v1"
		case strings.HasPrefix(line, "AUTH="):
			vars["AUTH"] = strings.TrimPrefix(words[0], "AUTH=")
		case strings.HasPrefix(line, "printf "):
			if err := os.WriteFile(filepath.Join(dir, words[3]), []byte(strings.ReplaceAll(words[1], `\n`, "\n")), 0o600); err != nil {
				t.Fatal(err)
			}
		case m != nil:
			asked++
			command, _, _ := strings.Cut(m[1], " | ")
			status, etag, body := curl(t, dir, shellWords(command, vars))
			want := http.StatusOK
			switch {
			case strings.Contains(line, "Idempotency-Key"):
				want = http.StatusCreated
			case strings.Contains(line, "999999"):
				want = http.StatusNotFound
			}
			if status != want || !json.Valid([]byte(body)) && !strings.Contains(line, "as=csv") {
				t.Errorf("%s answers %d: %s", line, status, body)
			}
			if strings.HasPrefix(line, "ETAG=") {
				if vars["ETAG"] = etag; etag == "" {
					t.Errorf("%s has no ETag", line)
				}
			}
		default:
			t.Errorf("the tour has a line that this test does not know: %s", line)
		}
	}
	if asked < 9 {
		t.Errorf("the tour asks %d times only", asked)
	}
}

// shellWords are the words of a line as a shell reads them: with variables, and quotes of both kinds.
func shellWords(line string, vars map[string]string) (words []string) {
	var word strings.Builder
	in, begun := rune(0), false
	text := []rune(line)
	for i := 0; i < len(text); i++ {
		switch r := text[i]; {
		case in != 0 && r == in:
			in = 0
		case in == 0 && (r == '\'' || r == '"'):
			in, begun = r, true
		case in == 0 && r == ' ':
			if begun {
				words = append(words, word.String())
				word.Reset()
				begun = false
			}
		case r == '$' && in != '\'' && i+1 < len(text) && text[i+1] >= 'A' && text[i+1] <= 'Z':
			end := i + 1
			for end < len(text) && text[end] >= 'A' && text[end] <= 'Z' {
				end++
			}
			word.WriteString(vars[string(text[i+1:end])])
			i, begun = end-1, true
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	if begun {
		words = append(words, word.String())
	}
	return words
}

// curl does what curl does with a few of its options.
func curl(t *testing.T, dir string, words []string) (status int, etag, body string) {
	t.Helper()
	for {
		method, address, content := http.MethodGet, "", ""
		header := http.Header{}
		for i := 0; i < len(words); i++ {
			switch w := words[i]; w {
			case "-s":
			case "-D", "-o":
				i++
			case "-X":
				i++
				method = words[i]
			case "-H":
				i++
				name, value, _ := strings.Cut(words[i], ": ")
				header.Set(name, value)
			case "-d", "--data-binary":
				i++
				if content = words[i]; strings.HasPrefix(content, "@") {
					text, err := os.ReadFile(filepath.Join(dir, content[1:]))
					if err != nil {
						t.Fatal(err)
					}
					content = string(text)
				}
				if method == http.MethodGet {
					method = http.MethodPost
				}
				if header.Get("Content-Type") == "" {
					header.Set("Content-Type", "application/x-www-form-urlencoded")
				}
			default:
				address = w
			}
		}
		req, err := http.NewRequest(method, address, strings.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		req.Header = header
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if res.StatusCode == http.StatusServiceUnavailable && res.Header.Get("Retry-After") == "2" {
			continue
		}
		return res.StatusCode, res.Header.Get("ETag"), string(text)
	}
}
