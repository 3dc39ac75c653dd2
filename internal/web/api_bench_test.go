package web

import (
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"eyas/internal/auth"
	"eyas/internal/demo"
)

// BenchmarkAPI times calls and the pages that show the same, in turns in one run, and prints the ratio of their medians.
func BenchmarkAPI(b *testing.B) {
	v := newProvince(b)
	chen := auth.Actor{ID: "chen", Role: "bureau", Org: "120000"}
	if _, err := demo.Fill(auth.In(b.Context(), chen), v.reg, demo.Options{Rows: 5000, Seed: 1, Until: 2020}, nil); err != nil {
		b.Fatal(err)
	}
	times := 300
	if testing.Short() {
		times = 60
	}
	for _, c := range []struct{ name, call, page string }{
		{"list", "/api/v1/registers/enterprise/subjects", "/enterprises"},
		{"list sorted and filtered", "/api/v1/registers/enterprise/subjects?v.tsme=near&sort=-sales", "/enterprises?v.tsme=near&sort=-sales"},
		{"profile", v.filled("/api/v1/subjects/{subject}/profile", "here"), v.filled("/enterprises/{code}", "here")},
		{"screening", "/api/v1/ladder", "/"},
	} {
		b.Run(c.name, func(b *testing.B) {
			var took [2][]time.Duration
			for n := range times {
				for i := range took {
					i = (i + n) % 2
					at := []string{c.call, c.page}[i]
					began := time.Now()
					var w *httptest.ResponseRecorder = v.ready(chen, at)
					took[i] = append(took[i], time.Since(began))
					if w.Code != 200 {
						b.Fatalf("%s: %d", at, w.Code)
					}
				}
			}
			for i := range took {
				slices.Sort(took[i])
			}
			for b.Loop() {
			}
			b.ReportMetric(float64(took[0][times/2])/float64(took[1][times/2]), "call/page")
		})
	}
}
