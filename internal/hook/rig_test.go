package hook_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/hook"
	"eyas/internal/pack"
	"eyas/internal/registry"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
	"eyas/internal/store"
	"eyas/internal/store/basetest"
	"eyas/packs"
)

// Two districts.
const here, there = "120110", "120111"

// persons says who acts for whom; it asks for no other rights.
type persons struct {
	mu  sync.Mutex
	are map[string]auth.Actor
}

func (p *persons) MayHook(ctx context.Context, person string) error {
	if auth.Of(ctx) != person {
		return fault.New(fault.Forbidden, "没有权限。", "Not allowed.")
	}
	return nil
}

func (p *persons) Bind(context.Context, string, int64, auth.Role, auth.Bounds) (int64, error) {
	return 1, nil
}

func (p *persons) Under(_ context.Context, person string, _ int64, bounds string) (auth.Actor, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	a, ok := p.are[person]
	if !ok {
		return a, fault.New(fault.Unauthorised, "不能用。", "Cannot be used.")
	}
	a.Bounds = bounds
	return a, nil
}

// got is a message that was received.
type got struct {
	id, signature string
	Type          string
	Timestamp     time.Time
	Data          struct {
		Register            string
		Subjects, Questions []int64
		Import, Hook        int64
		More                bool
	}
}

// receiver takes messages, holds each against a secret, and answers with a status.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	status int
	header http.Header
	text   string
	wait   chan struct{} // not nil: answers wait until it is closed
	list   []got
	came   chan struct{} // one for each message, while anybody waits
}

// verified reports whether one of the signatures of a message is that of a secret. It is written from the words of the standard, and not
// from the code that signs.
func verified(secret, id, at, body, signatures string) bool {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil || !strings.HasPrefix(secret, "whsec_") {
		return false
	}
	mac := hmac.New(sha256.New, key)
	io.WriteString(mac, strings.Join([]string{id, at, body}, "."))
	want := mac.Sum(nil)
	for _, s := range strings.Split(signatures, " ") {
		version, text, _ := strings.Cut(s, ",")
		sum, err := base64.StdEncoding.DecodeString(text)
		if version == "v1" && err == nil && hmac.Equal(sum, want) {
			return true
		}
	}
	return false
}

func newReceiver(t testing.TB) *receiver {
	r := &receiver{status: 204, came: make(chan struct{}, 1)}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		text, err := io.ReadAll(q.Body)
		g := got{id: q.Header.Get("webhook-id"), signature: q.Header.Get("webhook-signature") + "\n" + q.Header.Get("webhook-timestamp") + "\n" + string(text)}
		if err == nil {
			err = json.Unmarshal(text, &g)
		}
		if err != nil || q.Method != http.MethodPost || q.Header.Get("content-type") != "application/json" {
			t.Errorf("%s %s: %v", q.Method, text, err)
		}
		r.mu.Lock()
		r.list = append(r.list, g)
		status, wait, answer := r.status, r.wait, r.text
		for name, values := range r.header {
			w.Header()[name] = values
		}
		r.mu.Unlock()
		select {
		case r.came <- struct{}{}:
		default:
		}
		if wait != nil {
			select {
			case <-wait:
			case <-q.Context().Done():
			}
		}
		w.WriteHeader(status)
		io.WriteString(w, answer)
	}))
	t.Cleanup(r.Close)
	return r
}

// take returns what was received since it was last asked.
func (r *receiver) take() []got {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := r.list
	r.list = nil
	return list
}

func (r *receiver) answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

func (g *got) of(secret string) bool {
	part := strings.SplitN(g.signature, "\n", 3)
	return verified(secret, g.id, part[1], part[2], part[0])
}

// rig is a base with hooks whose messages go to a receiver of this process.
type rig struct {
	t       testing.TB
	pack    *pack.Pack
	db      *store.DB
	reg     *registry.Registry
	rights  *auth.Rights
	persons *persons
	hooks   *hook.Hooks
	mu      sync.Mutex
	now     time.Time
	files   int
}

func (g *rig) clock() time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.now
}

func (g *rig) pass(d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.now = g.now.Add(d)
}

func newRig(t testing.TB, dsn string) *rig {
	t.Helper()
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	g := &rig{t: t, pack: p, now: time.Date(2026, 12, 1, 1, 0, 0, 0, time.UTC)}
	if g.db, err = store.Open(t.Context(), dsn); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.db.Close() })
	if g.rights, err = auth.New(p); err != nil {
		t.Fatal(err)
	}
	g.reg = registry.New(p, g.db, g.clock).WithActors(g.rights)
	g.rights.WithLies(g.reg.Lie)
	g.persons = &persons{are: map[string]auth.Actor{
		"city": {ID: "city", Role: "bureau", Org: "120000"}, "here": {ID: "here", Role: "district_officer", Org: here}, "there": {ID: "there", Role: "district_officer", Org: there},
	}}
	g.hooks = g.open()
	return g
}

// open is another process.
func (g *rig) open() *hook.Hooks {
	return hook.Open(hook.Config{Pack: g.pack, Storage: g.db, People: g.persons, Registry: g.reg, Actors: g.rights, Clock: g.clock, Every: -1, Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
}

func newSQLiteRig(t testing.TB) *rig { return newRig(t, basetest.Path(t)) }

// as is a context in which a person acts.
func (g *rig) as(person string) context.Context {
	return auth.In(g.t.Context(), g.persons.are[person])
}

// hook makes a hook of a person.
func (g *rig) hook(person, url string, b auth.Bounds, events ...string) (id int64, secret string) {
	g.t.Helper()
	if events == nil {
		events = hook.Events
	}
	id, secret, err := g.hooks.New(g.as(person), hook.Ask{Person: person, Name: "测试", URL: url, Bounds: b, Events: events})
	if err != nil {
		g.t.Fatal(err)
	}
	return id, secret
}

// turn tells what has changed and waits for the answers.
func (g *rig) turn() {
	g.t.Helper()
	if err := g.hooks.Turn(g.t.Context()); err != nil {
		g.t.Fatal(err)
	}
	g.hooks.Idle()
}

// enter makes a subject of a district, on a page.
func (g *rig) enter(district, name string) int64 {
	g.t.Helper()
	_, id, err := g.reg.Enter(g.as("city"), intake.Entry{Register: "enterprise", Values: map[string]string{"name": name, "district": district, "staff@2020": "5"}, Source: "form", Form: "录入", New: true})
	if err != nil {
		g.t.Fatal(err)
	}
	return id
}

// load imports a file. Lists are yes/no attributes of which it is the whole list.
func (g *rig) load(person, text string, lists ...string) int64 {
	g.t.Helper()
	g.files++
	name := fmt.Sprintf("f%d.csv", g.files)
	path := filepath.Join(g.t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		g.t.Fatal(err)
	}
	_, id, err := g.reg.Import(g.as(person), layout.Source{Name: name, Path: path}, layout.Options{Register: "enterprise", Lang: "zh-CN", Absent: lists}, nil)
	if err != nil {
		g.t.Fatal(err)
	}
	return id
}

// log is the messages of a hook, the newest first.
func (g *rig) log(person string, id int64) []hook.Delivery {
	g.t.Helper()
	list, _, err := g.hooks.Deliveries(g.as(person), person, id, nil, 0, 1000)
	if err != nil {
		g.t.Fatal(err)
	}
	return list
}

// peek is what was received and not taken.
func (r *receiver) peek() []got {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.list)
}
