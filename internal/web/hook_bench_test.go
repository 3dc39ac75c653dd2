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

func (everyone) MayToken(context.Context, string) error { return nil }

func (everyone) Bind(context.Context, string, int64, auth.Role, auth.Bounds) (int64, error) {
	return 1, nil
}

func (e everyone) Under(_ context.Context, _ string, _ int64, bounds string) (auth.Actor, error) {
	a := e.actor
	a.Bounds = bounds
	return a, nil
}

// BenchmarkSlowReceiver prints how long requests take while 1,000 messages wait for a receiver that takes 100 ms for each, beside the same
// requests without: a list that is read, and a value that is written.
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
	hooks := hook.Open(hook.Config{Pack: v.deps.Pack, Storage: v.db, People: everyone{chen}, Registry: v.reg, Actors: v.rights, Clock: time.Now, Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
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
		"write": func() {
			n++
			etag := v.ready(chen, value).Header().Get("ETag")
			if w := v.program(chen, http.MethodPut, value, fmt.Sprintf(`{"value":%d,"reason":"试"}`, n), "Content-Type", "application/json", "If-Match", etag); w.Code != 200 {
				b.Fatal(w.Body)
			}
		},
	}
	times := func() map[string][2]time.Duration { // median and the last twentieth
		of := map[string][2]time.Duration{}
		for name, do := range requests {
			var all []time.Duration
			for range 300 {
				began := time.Now()
				do()
				all = append(all, time.Since(began))
			}
			slices.Sort(all)
			of[name] = [2]time.Duration{all[len(all)/2], all[len(all)*19/20]}
		}
		return of
	}
	for b.Loop() {
		times() // warm
		without := times()
		for range 1000 {
			if err := hooks.SendTest(ctx, "chen", id); err != nil {
				b.Fatal(err)
			}
		}
		sending, stop := context.WithCancel(b.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			hooks.Run(sending)
		}()
		for received.Load() == 0 {
			time.Sleep(time.Millisecond)
		}
		with := times()
		_, counts, _, err := hooks.Get(ctx, "chen", id)
		if err != nil || counts[hook.Waiting] == 0 {
			b.Fatal("all messages were received before the requests: ", counts, err)
		}
		stop()
		<-done
		for name := range requests {
			w, o := with[name], without[name]
			b.ReportMetric(float64(w[0])/float64(o[0]), name+"-median-ratio")
			b.ReportMetric(float64(w[1])/float64(o[1]), name+"-95%-ratio")
			b.Logf("%s: median %v with, %v without; 95 %% %v with, %v without; %d received meanwhile", name, w[0], o[0], w[1], o[1], received.Load())
		}
		b.ReportMetric(0, "ns/op")
		break
	}
}
