package e2e

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"eyas/internal/figure"
)

// weighed are the kinds of pages that docs/pages.md gives figures of. A step, if any, finds the page from the path.
var weighed = []struct{ name, path, link string }{
	{"ladder", "/", ""},
	{"list of enterprises", "/enterprises", ""},
	{"the same, one criterion short, sorted", "/enterprises?v.tsme=near&sort=-sales", ""},
	{"enterprise", "/enterprises?v.tsme=near", `href="(/enterprises/[0-9A-Z]{18}[^"]*)"`},
	{"its data", "/enterprises?v.tsme=near", `href="(/enterprises/[0-9A-Z]{18}[^"]*)"`},
	{"its history", "/s/1/history", ""},
	{"correct a value", "/s/1/correct?key=sales%402025", ""},
	{"search", "/search?q=科技", ""},
	{"other registers", "/registers", ""},
	{"a register", "/registers/carrier", ""},
	{"carrier", "/registers/carrier", `href="(/s/\d+[^"]*)"`},
	{"policy lab", "/lab", ""},
	{"its list", "/lab/list?rule=tsme&who=entered&set=score.pass%3D55", ""},
	{"to do", "/todo", ""},
	{"imports", "/import", ""},
	{"an import", "/import/record/1", ""},
	{"doubted values", "/quality", ""},
	{"pairs", "/links", ""},
	{"merges", "/merges", ""},
	{"addresses", "/places", ""},
	{"help", "/help/import", ""},
}

var (
	partOf = regexp.MustCompile(`(?:src|href)="(/assets/[^"]+\.(?:js|css))"`)
	named  = regexp.MustCompile(`&amp;`)
)

// TestWeighPages prints a table of the weight of each kind of page and of the time to its first byte and its first paint, over the
// server that EYAS_WEIGH names (http://127.0.0.1:8080). Times are medians of a few visits, in milliseconds; nothing is asserted
// about them. It takes about two minutes on a busy machine.
func TestWeighPages(t *testing.T) {
	base := strings.TrimSuffix(os.Getenv("EYAS_WEIGH"), "/")
	if base == "" {
		t.Skip("EYAS_WEIGH names no server")
	}
	if house.browser == nil {
		t.Skip(house.skip)
	}
	const rounds = 3
	sent := map[string]int{} // of scripts and styles
	first, paint := make([][]float64, len(weighed)), make([][]float64, len(weighed))
	wire, plain, parts := make([]int, len(weighed)), make([]int, len(weighed)), make([]int, len(weighed))
	paths := make([]string, len(weighed))
	for i, page := range weighed {
		paths[i] = page.path
		if page.link != "" {
			found := regexp.MustCompile(page.link).FindStringSubmatch(string(weigh(t, base+page.path).text))
			if found == nil {
				t.Fatalf("%s leads to no %s", page.path, page.name)
			}
			paths[i] = named.ReplaceAllString(found[1], "&")
		}
		if page.name == "its data" {
			paths[i] += map[bool]string{true: "&", false: "?"}[strings.Contains(paths[i], "?")] + "tab=data"
		}
		got := weigh(t, base+paths[i])
		wire[i], plain[i] = got.wire, len(got.text)
		for _, part := range partOf.FindAllStringSubmatch(string(got.text), -1) {
			if sent[part[1]] == 0 {
				sent[part[1]] = weigh(t, base+part[1]).wire
			}
			parts[i] += sent[part[1]]
		}
	}
	for i := range weighed {
		t.Run(weighed[i].name, func(t *testing.T) { // a tab has patience for a few pages only
			p := openAt(t, base)
			p.size(1440, 900)
			p.visit("/help/import") // what all pages share is at hand, as it is for who comes from another page
			for range rounds {
				p.visit(paths[i])
				p.arrive(`performance.getEntriesByName("first-contentful-paint").length > 0`)
				first[i] = append(first[i], ask[float64](p, `performance.getEntriesByType("navigation")[0].responseStart - performance.getEntriesByType("navigation")[0].requestStart`))
				paint[i] = append(paint[i], ask[float64](p, `performance.getEntriesByName("first-contentful-paint")[0].startTime`))
			}
		})
	}
	median := func(list []float64) string {
		slices.Sort(list)
		return figure.Decimal(list[len(list)/2], 0)
	}
	var table strings.Builder
	table.WriteString("| page | HTML, sent | HTML | scripts and styles, sent | first byte | first paint |\n| --- | ---: | ---: | ---: | ---: | ---: |\n")
	for i, page := range weighed {
		fmt.Fprintf(&table, "| %s | %s | %s | %s | %s ms | %s ms |\n", page.name, kilobytes(wire[i]), kilobytes(plain[i]), kilobytes(parts[i]), median(first[i]), median(paint[i]))
	}
	t.Log("\n" + table.String())
}

func kilobytes(n int) string { return strconv.Itoa((n+500)/1000) + " kB" }

// answered is a file of the server: as many bytes as went over the wire, and what they are unpacked.
type answered struct {
	wire int
	text []byte
}

func weigh(t *testing.T, url string) answered {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", "gzip") // said by hand: the client leaves it packed
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %v", url, answer.Status, err)
	}
	if answer.Header.Get("Content-Encoding") != "gzip" {
		return answered{len(data), data}
	}
	z, err := gzip.NewReader(strings.NewReader(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return answered{len(data), text}
}
