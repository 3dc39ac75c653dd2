package web

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/web/address"
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
var timings = regexp.MustCompile(`[0-9.]+ (毫秒|ms)|<span class="paper-only">.*?</span>`) // on paper stands the head of the log, another one for each base

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

// incubator is a recognition of carriers.
const incubator = `id: incubator
name: {zh: 市级孵化器, en: City incubator}
register: carrier
summary: {zh: 在孵企业和毕业企业达到下限的载体。, en: A carrier with enough tenants and graduates.}

laws:
  - title: 孵化器认定办法
    status: modelled
    checked_on: 2026-11-23

certificate: none

numbers:
  tenants.min: {value: 20, label: {zh: 在孵企业下限, en: Least tenants}, slider: [0, 100, 1]}
  graduates.min: {value: 3, label: {zh: 毕业企业下限, en: Least graduates}, slider: [0, 50, 1]}

criteria:
  - id: tenants
    name: {zh: 在孵企业, en: Tenants}
    when: tenants >= number('tenants.min')
  - id: graduates
    name: {zh: 毕业企业, en: Graduates}
    when: graduates >= number('graduates.min')
`

// Recognitions are columns of the register that they are about, with their filters and in the file; the enterprises' ladder has none of
// them, and other registers neither.
func TestRecognitionsOfAnotherRegister(t *testing.T) {
	p := changedPack(t, func(files map[string]string) {
		files["rules/incubator.yaml"] = incubator
		files["pack.yaml"] = strings.Replace(files["pack.yaml"], "unicorn_seed]", "unicorn_seed, incubator]", 1)
	})
	d := townOf(t, p)
	h := handler(t, d)
	base, err := d.Registers(t.Context(), "carrier", fact.Moment{})
	if err != nil {
		t.Fatal(err)
	}
	outcomes, table, err := base.Outcomes(t.Context(), address.Midnight(d.Clock()), nil)
	if err != nil || len(outcomes) != 1 || outcomes[0].Rule.ID != "incubator" || len(outcomes[0].Met) != (table.N+63)/64 {
		t.Fatalf("%d outcomes, %v", len(outcomes), err)
	}
	o := outcomes[0]
	if n := o.Counts(); n.Met == 0 || n.Near == 0 {
		t.Fatalf("the carriers tell nothing: %+v", n)
	}
	doc := parse(t, get(h, "/registers/carrier").Body.String())
	if heads := strings.Join(texts(find(doc, "table.list thead th a")), "|"); !strings.Contains(heads, "市级孵化器") || strings.Contains(heads, "雏鹰") {
		t.Errorf("heads %s", heads)
	}
	for address, want := range map[string]int{
		"v.incubator=met": o.Counts().Met, "v.incubator=near": o.Counts().Near, "v.incubator=met&v.incubator=near": o.Counts().Met + o.Counts().Near,
		"only.incubator=tenants": o.Criteria[0].Only.Count(), "only.incubator=graduates": o.Criteria[1].Only.Count(), "only.incubator=tenants&only.incubator=graduates": o.Counts().Near,
	} {
		if got := text(one(t, parse(t, get(h, "/registers/carrier?"+address).Body.String()), "h1")); got != "载体库："+figure.Num(want)+" 家" {
			t.Errorf("%s: %q, want %d", address, got, want)
		}
	}
	book, err := excelize.OpenReader(bytes.NewReader(get(h, "/registers/carrier/export.xlsx?v.incubator=near&col=v.incubator&col=o.incubator").Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := book.GetRows("载体库")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[len(rows)-o.Counts().Near:] {
		if len(row) != 3 || row[1] != "差一项" || row[2] != "在孵企业" && row[2] != "毕业企业" {
			t.Errorf("the file has %q", row)
		}
	}
	for page, has := range map[string]bool{"/": false, "/enterprises": false, "/registers/person": false, "/registers/carrier": true} {
		if strings.Contains(get(h, page).Body.String(), "市级孵化器") != has {
			t.Errorf("%s has the recognition of carriers: %v", page, !has)
		}
	}
	if w := get(h, "/enterprises?v.incubator=met"); w.Code != 422 {
		t.Errorf("enterprises by a recognition of carriers: %d", w.Code)
	}
	if w := get(h, "/lab?rule=incubator&set=tenants.min%3D1"); w.Code != 200 || !strings.Contains(w.Body.String(), "/registers/carrier?") {
		t.Errorf("the lab answers %d without the carriers' list", w.Code)
	}
}
