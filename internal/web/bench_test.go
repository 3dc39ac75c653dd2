package web

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"eyas/internal/registry/fact"
	"eyas/internal/registry/profile"
	"eyas/internal/rule"
	"eyas/internal/rule/col/coltest"
	"eyas/internal/rule/list"
	"eyas/packs"
)

// benchRows is the size of the base; make bench sets it.
func benchRows() int {
	if n, err := strconv.Atoi(os.Getenv("EYAS_BENCH_ROWS")); err == nil && n > 0 {
		return n
	}
	return 100_000
}

// tableSource gives a table's subjects as the profiles that a base is built from.
type tableSource struct {
	n   int
	src *coltest.Source
}

func (s tableSource) Since(_ context.Context, _ string, v profile.Version) (profile.Version, bool, error) {
	return profile.Version{Change: 1, Mark: "one"}, v.Change == 1, nil
}

func (s tableSource) EachProfile(_ context.Context, _ string, _ int64, fn func(*fact.Profile) error) error {
	var p fact.Profile
	for row := range s.n {
		s.src.Profile(row, &p)
		if err := fn(&p); err != nil {
			return err
		}
	}
	return nil
}

// benchHandler is the pages over a base of benchRows random enterprises under the city's own pack, built once.
var benchHandler = sync.OnceValues(func() (http.Handler, error) {
	p, err := packs.Default()
	if err != nil {
		return nil, err
	}
	rules, err := rule.Compile(p)
	if err != nil {
		return nil, err
	}
	table := coltest.Random(p.Registers[0], benchRows(), 1, 0.1)
	base := list.NewBase(list.Config{Pack: p, Register: p.Registers[0], Rules: rules, Source: tableSource{table.N, coltest.NewSource(table)}})
	if err := base.Refresh(context.Background()); err != nil {
		return nil, err
	}
	f := &fakeRegistry{}
	return New(Deps{Hosts: []string{"example.com"}, Known: f, Identities: f, Imports: f, Entries: fakeEntries{}, Registers: only(p, base), Rules: rules, Pack: p, Version: "bench",
		Clock: func() time.Time { return time.Date(2021, 3, 31, 9, 0, 0, 0, time.UTC) }})
})

// BenchmarkPages is the time of whole pages, from the request to the last byte, the screening of the day being known.
func BenchmarkPages(b *testing.B) {
	h, err := benchHandler()
	if err != nil {
		b.Fatal(err)
	}
	for _, page := range []struct{ name, url string }{
		{"ladder", "/"},
		{"ladder of a district", "/?in=120116"},
		{"list", "/enterprises"},
		{"list filtered and sorted", "/enterprises?v.tsme=near&in=group:outer&sort=-sales"},
		{"list, deep page by name", "/enterprises?sort=name&page=" + fmt.Sprint(benchRows()/50/2)},
		{"list by text", "/enterprises?text=滨海"},
		{"palette", "/search?part=1&q=科技"},
		{"palette, initials", "/search?part=1&q=tjkj"},
		{"directory while typing, a name", "/directory?part=1&q=滨海新区北辰"},
		{"directory while typing, a part of most names", "/directory?part=1&q=有限公司"},
		{"directory while typing, initials", "/directory?part=1&q=tjkj"},
		{"directory while typing, pinyin", "/directory?part=1&q=huarui"},
		{"directory while typing, a code", "/directory?part=1&q=91120116"},
		{"directory while typing, nothing", "/directory?part=1&q=鑫鑫鑫鑫"},
	} {
		b.Run(page.name, func(b *testing.B) {
			for b.Loop() {
				if w := get(h, page.url); w.Code != 200 {
					b.Fatalf("%d: %s", w.Code, w.Body)
				}
			}
		})
	}
}
