package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"eyas/internal/auth"
)

// A process that sends messages is killed with signal 9 while the receiver has them and has not answered. Another one sends what it left:
// every message comes, under its id, and none more often than once before the kill and once after it.
func TestKilledSender(t *testing.T) {
	dir := t.TempDir()
	db, token := filepath.Join(dir, "base.db"), filepath.Join(dir, "robot.token")
	var mu sync.Mutex
	came := map[string]int{} // by id, over all attempts
	changed := map[string]bool{}
	holds := true
	let, first := make(chan struct{}), make(chan struct{}, 100)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var m struct {
			Type string
			Data struct{ Import int64 }
		}
		json.Unmarshal(body, &m)
		mu.Lock()
		came[r.Header.Get("webhook-id")]++
		changed[fmt.Sprint(m.Type, m.Data.Import)] = true
		held := holds
		mu.Unlock()
		if first <- struct{}{}; held {
			<-let // it is killed before it is answered
		}
	}))
	defer receiver.Close()
	var once sync.Once
	release := func() { once.Do(func() { close(let) }) }
	defer release()
	command(t, 0, "demo", "--db", db, "--rows", "20", "--seed", "4", "--year", "2020")
	var made struct{ Token string }
	if err := json.Unmarshal([]byte(command(t, 0, "person", "add", "robot", "--db", db, "--role", "bureau", "--org", "120000", "--json")), &made); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(token, []byte(made.Token), 0o600); err != nil {
		t.Fatal(err)
	}
	as := []string{"--as", "robot", "--token-file", token, "--db", db}
	t.Setenv("EYAS_HOOK_ALLOW", "127.0.0.1")
	command(t, 0, append([]string{"hook", "add", "--url", receiver.URL, "--event", "import.done"}, as...)...)
	numbers := map[string]bool{}
	for i := range 5 { // made while nobody sends
		file := filepath.Join(dir, fmt.Sprintf("%d.csv", i))
		if err := os.WriteFile(file, fmt.Appendf(nil, "企业名称,2020年职工总数\n第%d家示例有限公司,%d\n", i, 10+i), 0o600); err != nil {
			t.Fatal(err)
		}
		var said struct {
			Files []struct{ Import int64 }
		}
		if err := json.Unmarshal([]byte(command(t, 0, append([]string{"import", file, "--json"}, as...)...)), &said); err != nil {
			t.Fatal(err)
		}
		numbers[fmt.Sprint("import.done", said.Files[0].Import)] = true
	}
	k := &killing{killings: &killings{ctx: t.Context(), dir: dir}, url: db, dir: dir, random: rand.New(rand.NewPCG(1, 2))}
	s, err := k.serve()
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-first:
	case <-time.After(patienceInTests):
		t.Fatalf("nothing is sent: %s", s.said)
	}
	if err := k.kill(s.child); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	holds = false
	before := len(came)
	mu.Unlock()
	release()
	if before == 0 || before > 5 {
		t.Errorf("%d messages were under way when it was killed", before)
	}

	// Another process, once the time of what the killed one had taken is over.
	var out bytes.Buffer
	a := &app{ctx: auth.As(t.Context(), operator), out: &out, err: &out, lang: "en", db: db, command: "serve", clock: func() time.Time { return time.Now().Add(2 * time.Minute) }}
	defer a.close()
	hooks, err := a.hooks([]string{"127.0.0.1"})
	if err != nil {
		t.Fatal(err)
	}
	_, svc, err := a.desk()
	if err != nil {
		t.Fatal(err)
	}
	hooks.Registry = svc
	for range 3 {
		if err := hooks.Turn(t.Context()); err != nil {
			t.Fatal(err)
		}
		hooks.Idle()
	}
	mu.Lock()
	defer mu.Unlock()
	for x := range numbers {
		if !changed[x] {
			t.Errorf("%s is lost: %v", x, changed)
		}
	}
	if len(came) != len(numbers) {
		t.Errorf("%d messages for %d imports", len(came), len(numbers))
	}
	var counts []int
	for _, n := range came {
		counts = append(counts, n)
	}
	if slices.Max(counts) > 2 {
		t.Errorf("messages came %v times", counts)
	}
}
