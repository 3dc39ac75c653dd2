package main

import (
	"bufio"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eyas/internal/store/basetest"
)

// serveApart starts a server as a process of its own.
func serveApart(t *testing.T, db string) *served {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "process", "serve", "--db", db, "--addr", "127.0.0.1:0")
	cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+t.TempDir())
	s := &served{errs: &lockedBuffer{}}
	cmd.Stderr = s.errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if s.url = strings.TrimSuffix(webAddress.FindString(line), "/"); s.url == "" {
		t.Fatalf("the server says %q (%v): %s", line, err, s.errs)
	}
	return s
}

// enter enters a new subject of a register on its form.
func (s *served) enter(t *testing.T, register string, values ...string) {
	t.Helper()
	form := url.Values{}
	for i := 0; i < len(values); i += 2 {
		form.Set("f."+values[i], values[i+1])
	}
	none := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := none.PostForm(s.url+"/registers/"+register+"/new", form)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("the form of %s answers %s", register, res.Status)
	}
}

// Of two servers of one base each shows at once what the other wrote, in lists that it holds in memory.
func TestServersOfOneBase(t *testing.T) {
	for name, base := range map[string]func(t *testing.T) string{
		"sqlite":   func(t *testing.T) string { return filepath.Join(t.TempDir(), "base.db") },
		"postgres": func(t *testing.T) string { return basetest.Server(t) },
	} {
		t.Run(name, func(t *testing.T) {
			db := base(t)
			command(t, 0, "demo", "--db", db, "--rows", "200", "--seed", "4", "--year", "2020")
			servers := []*served{serveApart(t, db), serveApart(t, db)}
			for _, s := range servers {
				s.page(t, "/enterprises?date=2021-03-31")
				s.page(t, "/registers/person")
			}
			var waited []time.Duration
			seen := func(s *served, path, what string) {
				t.Helper()
				begun := time.Now()
				for !strings.Contains(s.page(t, path), what) {
					if time.Since(begun) > patienceInTests {
						t.Fatalf("what the other server wrote is not seen: %s", s.errs)
					}
				}
				waited = append(waited, time.Since(begun))
			}
			rounds := 4
			if soak {
				rounds = 10
			}
			for i := range rounds {
				from, to := servers[i%2], servers[1-i%2]
				person := fmt.Sprintf("测试人员%d号", i)
				from.enter(t, "person", "name", person, "person_kind", "expert", "unit", "海河大学（示例）")
				seen(to, "/registers/person?text="+url.QueryEscape(person), ">"+person+"<") // the field of the search holds it anyway
			}
			t.Logf("seen after %v", waited)
		})
	}
}
