package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// A whole day over HTTP, as a program of another system lives it: it signs in by its token, imports a file, is told of what changed by a
// signed message, reads who that is, has it explained, takes the import back, and takes a list along.
func TestScriptedDay(t *testing.T) {
	type message struct {
		Type string
		Data struct {
			Register            string
			Subjects, Questions []int64
			Import              int64
		}
	}
	told, secret := make(chan message, 100), make(chan []byte, 1)
	var mu sync.Mutex
	known := map[string]bool{}
	var key []byte
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if key == nil {
			key = <-secret
		}
		body, err := io.ReadAll(r.Body)
		id, at := r.Header.Get("webhook-id"), r.Header.Get("webhook-timestamp")
		mac := hmac.New(sha256.New, key)
		fmt.Fprintf(mac, "%s.%s.%s", id, at, body)
		var m message
		if want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)); err != nil || json.Unmarshal(body, &m) != nil || r.Header.Get("webhook-signature") != want {
			t.Errorf("%s is not signed by the secret", body)
		}
		if !known[id] {
			known[id] = true
			told <- m
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	defer receiver.Close()
	dir := t.TempDir()
	db, token := filepath.Join(dir, "base.db"), filepath.Join(dir, "robot.token")
	command(t, 0, "demo", "--db", db, "--rows", "60", "--seed", "4", "--year", "2020")
	var made struct{ Token, Secret string }
	if err := json.Unmarshal([]byte(command(t, 0, "person", "add", "robot", "--db", db, "--role", "bureau", "--org", "120000", "--json")), &made); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(token, []byte(made.Token), 0o600); err != nil {
		t.Fatal(err)
	}
	as := []string{"--as", "robot", "--token-file", token, "--db", db}
	said := command(t, 0, append([]string{"person", "api-token", "robot", "--may", "see,import,undo,link"}, as...)...)
	bearer := said[strings.LastIndexByte(strings.TrimSpace(said), '\n')+1 : len(said)-1]
	command(t, 2, append([]string{"hook", "add", "--url", receiver.URL}, as...)...) // this machine is not allowed
	if err := json.Unmarshal([]byte(command(t, 0, append([]string{"hook", "add", "--url", receiver.URL + "/in", "--hook-allow", "127.0.0.1", "--json"}, as...)...)), &made); err != nil {
		t.Fatal(err)
	}
	plain, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(made.Secret, "whsec_"))
	if err != nil {
		t.Fatal(err)
	}
	secret <- plain
	s := serve(t, db, "--addr", "127.0.0.1:0", "--hook-allow", "127.0.0.1")
	c := newClient(t, s.url, bearer)
	want := func(r *reply, status int, path ...any) any {
		t.Helper()
		if r.status != status {
			t.Fatalf("%d, want %d: %s", r.status, status, r.raw)
		}
		return r.get(path...)
	}
	// until waits for a message of a type. They come in any order.
	var came []message
	until := func(kind string) message {
		t.Helper()
		for late := time.After(patienceInTests); ; {
			if i := slices.IndexFunc(came, func(m message) bool { return m.Type == kind }); i >= 0 {
				m := came[i]
				came = slices.Delete(came, i, i+1)
				return m
			}
			select {
			case m := <-told:
				came = append(came, m)
			case <-late:
				t.Fatalf("%s is not told: %s", kind, s.errs)
			}
		}
	}
	if got := want(c.call("me", nil, nil), 200, "person"); got != "robot" {
		t.Errorf("%v", got)
	}
	file := []byte("企业名称,所属区,2020年职工总数\n一日示例有限公司,东丽区,12\n")
	number := fmt.Sprint(want(c.call("importFile", map[string]string{"register": "enterprise", "name": "day.csv"}, file), 201, "files", 0, "import"))
	changed := until("subject.changed")
	if done := until("import.done"); fmt.Sprint(done.Data.Import) != number || len(changed.Data.Subjects) != 1 {
		t.Errorf("%+v %+v", changed, done)
	}
	id := fmt.Sprint(changed.Data.Subjects[0])
	if got := want(c.call("getProfile", map[string]string{"subject": id}, nil), 200, "name"); got != "一日示例有限公司" {
		t.Errorf("%v", got)
	}
	if got := want(c.call("listSubjects", map[string]string{"register": "enterprise", "id": id}, nil), 200, "total"); got != json.Number("1") {
		t.Errorf("listed: %v", got)
	}
	want(c.call("explain", map[string]string{"subject": id, "rule": "tsme", "date": "2021-03-31"}, nil), 200)

	want(c.call("listQuestions", map[string]string{"register": "enterprise"}, nil), 200)
	undone := c.call("undoImport", map[string]string{"import": number, "Idempotency-Key": "k1"}, nil)
	if got := want(undone, 200, "import", "undone_at"); got == nil {
		t.Errorf("%s", undone.raw)
	}
	if again := c.call("undoImport", map[string]string{"import": number, "Idempotency-Key": "k1"}, nil); again.raw != undone.raw {
		t.Errorf("sent twice: %s", again.raw)
	}
	if m := until("import.undone"); fmt.Sprint(m.Data.Import) != number {
		t.Errorf("%+v", m)
	}
	kinds := func() (list []string) {
		for _, x := range want(c.call("listJobs", nil, nil), 200, "jobs").([]any) {
			list = append(list, fmt.Sprint(x.(map[string]any)["kind"]))
		}
		return list
	}()
	if !slices.Contains(kinds, "import") || !slices.Contains(kinds, "undo") {
		t.Errorf("work: %v", kinds)
	}
	out := filepath.Join(dir, "list.csv")
	command(t, 0, append([]string{"screen", "--rule", "tsme", "--date", "2021-03-31", "--out", out}, as...)...)
	if info, err := os.Stat(out); err != nil || info.Size() == 0 {
		t.Error(info, err)
	}
	var hooks struct {
		Hooks []struct {
			State           string
			Waiting, Failed int
		}
	}
	if err := json.Unmarshal([]byte(command(t, 0, append([]string{"hook", "list", "--json"}, as...)...)), &hooks); err != nil || len(hooks.Hooks) != 1 || hooks.Hooks[0].State != "on" || hooks.Hooks[0].Failed != 0 {
		t.Errorf("%+v %v", hooks, err)
	}
}
