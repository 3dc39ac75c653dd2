package web

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"eyas/internal/pack"
	"eyas/packs"
)

// changedPack is the city's pack with some files changed or added.
func changedPack(t *testing.T, change func(files map[string]string)) *pack.Pack {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, packs.FS); err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	text, err := os.ReadFile(filepath.Join(dir, "tianjin", "pack.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	files["pack.yaml"] = string(text)
	change(files)
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, "tianjin", name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p, err := pack.LoadDir(filepath.Join(dir, "tianjin"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// timings are what differs from one answer to the next.
var timings = regexp.MustCompile(`[0-9.]+ (毫秒|ms)`)

// What pages answer does not depend on where a register stands in the pack, nor on whether the pack names the main one or leaves it
// to the rules.
func TestOrderOfRegistersIsNoMatter(t *testing.T) {
	pages := []string{"/", "/enterprises", "/enterprises?v.tsme=near&sort=-sales", "/enterprises?text=科技&lang=en", "/registers/enterprise", "/registers/carrier", "/registers/carrier?c.carrier_kind=makerspace&sort=-tenants",
		"/registers/person?sort=name", "/lab?rule=tsme&set=score.pass%3D55", "/search?q=科技", "/s/1/history"}
	answers := func(p *pack.Pack) map[string]string {
		h := handler(t, townOf(t, p))
		got := map[string]string{}
		for _, page := range pages {
			w := get(h, page)
			if w.Code >= 400 {
				t.Errorf("%s answers %d", page, w.Code)
			}
			got[page] = timings.ReplaceAllString(w.Body.String(), "")
		}
		return got
	}
	want := answers(changedPack(t, func(map[string]string) {}))
	for name, order := range map[string]string{
		"named":        "registers: [instrument, carrier, person, finance_product, achievement, enterprise, demand, institution, platform]\nmain: enterprise",
		"by the rules": "registers: [carrier, platform, institution, person, achievement, demand, finance_product, instrument, enterprise]",
	} {
		p := changedPack(t, func(files map[string]string) {
			var lines []string
			for _, line := range strings.Split(files["pack.yaml"], "\n") {
				switch {
				case strings.HasPrefix(line, "registers:"):
					lines = append(lines, order)
				case !strings.HasPrefix(line, "main:"):
					lines = append(lines, line)
				}
			}
			files["pack.yaml"] = strings.Join(lines, "\n")
		})
		got := answers(p)
		for page := range maps.Keys(want) {
			if got[page] != want[page] {
				t.Errorf("%s: %s differs: %s", name, page, firstDifference(got[page], want[page]))
			}
		}
	}
}

func firstDifference(a, b string) string {
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	from := max(0, i-80)
	return a[from:min(len(a), i+80)] + "\n--- and not ---\n" + b[from:min(len(b), i+80)]
}
