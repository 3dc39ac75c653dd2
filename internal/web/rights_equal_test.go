package web

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"eyas/internal/auth"
	"eyas/internal/demo"
)

// officer is of the first district.
var officer = auth.Actor{ID: "wang", Role: "district_officer", Org: mineOrg}

// hiddenAndNone are addresses of things that lie in another district, and of things that there are not.
func (v *province) hiddenAndNone() [][4]string {
	pair := func(format string, hidden, none any) [4]string {
		return [4]string{fmt.Sprintf(format, hidden), fmt.Sprintf(format, none), fmt.Sprint(hidden), fmt.Sprint(none)}
	}
	none := func(int64) int64 { return 98765 }
	var list [][4]string
	s, person := v.subject["there"], v.subject["person there"]
	for _, format := range []string{"/s/%d", "/s/%d/history", "/s/%d/history.xlsx", "/s/%d/records", "/s/%d/edit", "/s/%d/correct?a=sales@2020", "/s/%d/relate", "/s/%d/seen-by", "/s/%d/unmask", "/s/%d/shares", "/enterprises/s-%d", "/enterprises/s-%d?tab=data&lang=en", "/quality/%d.unit_slip.sales.2020"} {
		list = append(list, pair(format, s, none(s)), pair(format, person, none(person)))
	}
	list = append(list, pair("/s/%d/mandates", s, none(s)))
	unknown := uscc("99")
	for _, format := range []string{"/enterprises/%s", "/search?q=%s", "/search?part=1&q=%s", "/enterprises?q=%s", "/enterprises.xlsx?as=csv&q=%s", "/directory?q=%s", "/links?q=%s", "/merges?q=%s", "/quality?q=%s"} {
		list = append(list, pair(format, v.code["there"], unknown))
	}
	for _, format := range []string{"/records/%d", "/records/%d/move"} {
		list = append(list, pair(format, v.record["there"], none(v.record["there"])))
	}
	for _, format := range []string{"/import/record/%d", "/import/record/%d/original", "/import/record/%d/refused.xlsx", "/import/record/%d/undo"} {
		list = append(list, pair(format, v.imports["there"], none(v.imports["there"])))
	}
	for _, format := range []string{"/api/v1/subjects/%d/profile", "/api/v1/subjects/%d/profile?known=2021-03-30&lang=en", "/api/v1/registers/enterprise/subjects?id=%d", "/api/v1/registers/enterprise/findings?subject=%d"} {
		list = append(list, pair(format, s, none(s)), pair(format, person, none(person)))
	}
	list = append(list, pair("/api/v1/subjects/%d/explanations/tsme", s, none(s)), pair("/api/v1/subjects/%d/values/sales@2020", s, none(s)), pair("/api/v1/registers/enterprise/find?q=%s", v.code["there"], unknown),
		pair("/api/v1/imports/%d", v.imports["there"], none(v.imports["there"])))
	list = append(list, pair("/import/preview/%s", v.upload, strings.Repeat("x", len(v.upload))), pair("/jobs/%s", v.job, strings.Repeat("x", len(v.job))), pair("/jobs/%s/status", v.job, strings.Repeat("x", len(v.job))))
	return list
}

// What lies in another district is answered as what there is not, byte for byte but for what the address itself says.
func TestHiddenIsAnsweredAsNone(t *testing.T) {
	v := newProvince(t)
	for _, two := range v.hiddenAndNone() {
		a, b := v.ready(officer, two[0]), v.ready(officer, two[1])
		x, y := unpacked(t, a.Header(), a.Body.Bytes()), unpacked(t, b.Header(), b.Body.Bytes())
		y = strings.NewReplacer(two[3], two[2], strings.ToLower(two[3]), strings.ToLower(two[2])).Replace(y) // what the address itself says
		if a.Code != b.Code || x != y {
			i := 0
			for i < min(len(x), len(y)) && x[i] == y[i] {
				i++
			}
			t.Errorf("%s answers %d, %s answers %d; they differ at %q and %q", two[0], a.Code, two[1], b.Code, x[max(0, i-60):min(len(x), i+60)], y[max(0, i-60):min(len(y), i+60)])
		}
		if whole := v.ready(auth.Actor{ID: "chen", Role: "bureau", Org: "120000"}, two[0]); whole.Code == a.Code && a.Code == http.StatusNotFound && !strings.Contains(two[0], "quality") && !strings.Contains(two[0], "original") && !strings.Contains(two[0], "refused") && !strings.Contains(two[0], "seen-by") && !strings.Contains(two[0], "/relate") && !strings.Contains(two[0], fmt.Sprintf("s-%d", v.subject["person there"])) && !strings.Contains(two[0], "correct") {
			t.Errorf("%s is not there for the city either", two[0])
		}
	}
}

// A field of a class that a role does not see is answered as one that there is not.
func TestHiddenFieldIsNone(t *testing.T) {
	v := newProvince(t)
	park := auth.Actor{ID: "ma", Role: "park", Org: mineOrg}
	for _, format := range []string{"/enterprises?cols=name,%s", "/enterprises?sort=%s", "/enterprises?f.%s=139", "/enterprises?missing=%s", "/enterprises.xlsx?as=csv&cols=%s", "/registers/person?cols=name,%s", "/s/" + fmt.Sprint(v.subject["here"]) + "/correct?a=%s",
		"/registers/enterprise/template.xlsx?cols=%s", "/quality?attribute=%s"} {
		for _, field := range []string{"phone", "contact"} {
			hidden, none := v.ready(park, fmt.Sprintf(format, field)), v.ready(park, fmt.Sprintf(format, "nosuch"))
			x := unpacked(t, hidden.Header(), hidden.Body.Bytes())
			y := strings.ReplaceAll(unpacked(t, none.Header(), none.Body.Bytes()), "nosuch", field)
			if hidden.Code != none.Code || x != y {
				i := 0
				for i < min(len(x), len(y)) && x[i] == y[i] {
					i++
				}
				t.Errorf("%s: %d, and of no such field %d: the answers differ at %q and %q", fmt.Sprintf(format, field), hidden.Code, none.Code, x[max(0, i-60):min(len(x), i+60)], y[max(0, i-60):min(len(y), i+60)])
			}
		}
	}
	// Nor does any page show it.
	for _, pattern := range v.handler.Routes() {
		for _, at := range looks[pattern] {
			w := v.ready(park, v.filled(at, "here"))
			text := unpacked(t, w.Header(), w.Body.Bytes())
			for _, told := range []string{phone, "139****0001", "联系电话", "张三"} {
				if told == "联系电话" && strings.HasPrefix(at, "/connect/") {
					continue // the heading of a column of another system, which its table has for everybody
				}
				if strings.Contains(text, told) {
					i := strings.Index(text, told)
					t.Errorf("%s shows %q: …%s…", at, told, text[max(0, i-80):min(len(text), i+60)])
				}
			}
		}
	}
	if w := v.ready(officer, "/s/"+fmt.Sprint(v.subject["person here"])+"?tab=data"); !strings.Contains(w.Body.String(), "手机") {
		t.Error("who sees personal fields is not shown that there is one")
	}
}

// BenchmarkHiddenAgainstNone times 1,000 answers (200 with -short) about what is hidden and about what there is not, in turns, and
// prints the ratio of their medians: of every kind of thing that an address can name.
func BenchmarkHiddenAgainstNone(b *testing.B) {
	v := newProvince(b)
	times := 1000
	if testing.Short() {
		times = 200
	}
	for _, two := range v.hiddenAndNone() {
		b.Run(strings.ReplaceAll(two[0], "/", "_"), func(b *testing.B) {
			var took [2][]time.Duration
			for n := range times {
				for i := range took {
					i = (i + n) % 2 // neither is always the second
					began := time.Now()
					v.send(officer, http.MethodGet, two[i], nil)
					took[i] = append(took[i], time.Since(began))
				}
			}
			for i := range took {
				slices.Sort(took[i])
			}
			for b.Loop() {
			}
			b.ReportMetric(float64(took[0][times/2])/float64(took[1][times/2]), "hidden/none")
		})
	}
}

// BenchmarkPagesWithRights times pages of a city of some thousand enterprises for the city bureau, whose
// pages count the whole register as those of a base without accounts do, and for a district and a park, in turns. It prints the
// ratios of the medians.
func BenchmarkPagesWithRights(b *testing.B) {
	v := newProvince(b)
	city := auth.In(b.Context(), auth.Actor{ID: "chen", Role: "bureau", Org: "120000"})
	if _, err := demo.Fill(city, v.reg, demo.Options{Rows: 5000, Seed: 1, Until: 2020}, nil); err != nil {
		b.Fatal(err)
	}
	actors := []auth.Actor{{ID: "chen", Role: "bureau", Org: "120000"}, officer, {ID: "ma", Role: "park", Org: mineOrg}}
	for _, at := range []string{"/", "/enterprises", "/enterprises?sort=sales&q=科技", "/search?part=1&q=科技", "/lab/what-if?rule=tsme&set=score.pass%3D40", "/enterprises/" + v.code["here"]} {
		b.Run(strings.NewReplacer("/", "_", "?", "_").Replace(at), func(b *testing.B) {
			took := make([][]time.Duration, len(actors))
			for range 120 {
				for i := range took {
					began := time.Now()
					v.send(actors[i], http.MethodGet, at, nil)
					took[i] = append(took[i], time.Since(began))
				}
			}
			median := func(i int) float64 {
				slices.Sort(took[i])
				return float64(took[i][len(took[i])/2])
			}
			for b.Loop() {
			}
			for i, name := range []string{"district/city", "park/city"} {
				b.ReportMetric(median(i+1)/median(0), name)
			}
		})
	}
}
