package web

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"eyas/internal/auth"
	"eyas/internal/hook"
)

// everyone may make hooks, and acts as an officer of the city.
type everyone struct{ actor auth.Actor }

func (everyone) MayHook(context.Context, string) error { return nil }

func (everyone) Bind(context.Context, string, int64, auth.Role, auth.Bounds) (int64, error) {
	return 1, nil
}

func (e everyone) Under(_ context.Context, _ string, _ int64, bounds string) (auth.Actor, error) {
	a := e.actor
	a.Bounds = bounds
	return a, nil
}

// BenchmarkSlowReceiver prints how long requests take while 1,000 messages wait for a receiver that takes 100 ms for each, beside the same
// requests without: a list and a page that are read, and a value that is written.
func BenchmarkSlowReceiver(b *testing.B) {
	v := newProvince(b)
	chen := auth.Actor{ID: "chen", Role: "bureau", Org: "120000"}
	var received atomic.Int64
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(100 * time.Millisecond):
			received.Add(1)
		case <-r.Context().Done():
		}
	}))
	defer receiver.Close()
	open := func() *hook.Hooks {
		return hook.Open(hook.Config{Pack: v.deps.Pack, Storage: v.db, People: everyone{chen}, Registry: v.reg, Actors: v.rights, Clock: time.Now, Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	}
	hooks := open()
	ctx := auth.In(b.Context(), chen)
	id, _, err := hooks.New(ctx, hook.Ask{Person: "chen", Name: "slow", URL: receiver.URL, Events: []string{hook.ImportDone}})
	if err != nil {
		b.Fatal(err)
	}
	value := fmt.Sprintf("/api/v1/subjects/%d/values/staff@2020", v.subject["here"])
	n := 0
	requests := map[string]func(){
		"list": func() {
			if w := v.ready(chen, "/api/v1/registers/enterprise/subjects?limit=50"); w.Code != 200 {
				b.Fatal(w.Body)
			}
		},
		"page": func() {
			if w := v.ready(chen, "/enterprises"); w.Code != 200 {
				b.Fatal(w.Code)
			}
		},
		"write": func() {
			n++
			etag := v.ready(chen, value).Header().Get("ETag")
			if w := v.program(chen, http.MethodPut, value, fmt.Sprintf(`{"value":%d,"reason":"试"}`, n), "Content-Type", "application/json", "If-Match", etag); w.Code != 200 {
				b.Fatal(w.Body)
			}
		},
	}
	took := map[string][2][]time.Duration{} // without and with
	round := func(with int, times map[string]int) {
		for name, n := range times {
			all := took[name]
			for range n {
				began := time.Now()
				requests[name]()
				all[with] = append(all[with], time.Since(began))
			}
			took[name] = all
		}
	}
	for range 1000 {
		if err := hooks.SendTest(ctx, "chen", id); err != nil {
			b.Fatal(err)
		}
	}
	some := map[string]int{"list": 100, "page": 100, "write": 10}
	round(0, some)
	clear(took)   // that was to warm up
	for range 5 { // in turns, so that other work on the machine counts on both sides
		round(0, some)
		sending, stop := context.WithCancel(b.Context())
		done, before := make(chan struct{}), received.Load()
		go func() {
			defer close(done)
			open().Run(sending)
		}()
		for received.Load() == before {
			time.Sleep(time.Millisecond)
		}
		round(1, some)
		stop()
		<-done
	}
	if _, counts, _, err := hooks.Get(ctx, "chen", id); err != nil || counts[hook.Waiting] == 0 {
		b.Fatal("all messages were received before the requests: ", counts, err)
	}
	for b.Loop() {
	}
	for name, all := range took {
		for i := range all {
			slices.Sort(all[i])
		}
		for what, part := range map[string]int{"median": 50, "95%": 95} {
			at := func(i int) time.Duration { return all[i][len(all[i])*part/100] }
			b.ReportMetric(float64(at(1))/float64(at(0)), name+"-"+what+"-ratio")
			b.Logf("%s, %s: %v with, %v without; %d received meanwhile", name, what, at(1), at(0), received.Load())
		}
	}
}
