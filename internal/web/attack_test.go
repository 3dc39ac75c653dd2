package web

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
	"eyas/internal/sheet"
)

// splitRoute gives the method and the path of a pattern.
func splitRoute(pattern string) (method, path string) {
	method, path, found := strings.Cut(pattern, " ")
	if !found {
		method, path = http.MethodGet, pattern
	}
	return method, strings.ReplaceAll(path, "{$}", "")
}

// Every route that writes refuses a page of another site, and every route a foreign name of the host. The routes are those of
// the server itself, so that a new one is not forgotten.
func TestEveryRouteRefusesOthers(t *testing.T) {
	d, _ := cityhall(t)
	h := handler(t, d)
	writes := 0
	for _, pattern := range h.Routes() {
		method, path := splitRoute(pattern)
		path = placeholder.ReplaceAllString(path, "1")
		ask := func(host string, headers ...string) int {
			r := httptest.NewRequest(method, path, strings.NewReader("reason=x"))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			for i := 0; i < len(headers); i += 2 {
				r.Header.Set(headers[i], headers[i+1])
			}
			if host != "" {
				r.Host = host
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			return w.Code
		}
		if got := ask("evil.example"); got != http.StatusMisdirectedRequest {
			t.Errorf("%s by another name of the host: %d", pattern, got)
		}
		if method != http.MethodPost {
			continue
		}
		writes++
		for _, headers := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"}} {
			if got := ask("", headers...); got != http.StatusForbidden {
				t.Errorf("%s from another site (%v): %d", pattern, headers, got)
			}
		}
	}
	if writes < 20 {
		t.Errorf("only %d routes write", writes)
	}
}

// No parameter of any route leads the reader away from this server.
func TestNoRouteLeadsAway(t *testing.T) {
	d, _ := cityhall(t)
	h := handler(t, d)
	away := []string{"https://evil.example/", "//evil.example", `/\evil.example`, "http:evil.example", "javascript:alert(1)", "/%09/evil.example"}
	names := []string{"back", "next", "to", "return", "url", "redirect", "from", "path", "page", "saved", "room"}
	asked := 0
	for _, pattern := range h.Routes() {
		method, path := splitRoute(pattern)
		path = placeholder.ReplaceAllString(path, "1")
		for _, to := range away {
			form := url.Values{}
			for _, n := range names {
				form.Set(n, to)
			}
			at, body := path, ""
			if method == http.MethodPost {
				body = form.Encode()
			} else {
				at += "?" + form.Encode()
			}
			r := httptest.NewRequest(method, at, strings.NewReader(body))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Referer", to)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			asked++
			location := w.Header().Get("Location")
			if location == "" {
				continue
			}
			u, err := url.Parse(location)
			if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(location, "/") || strings.HasPrefix(location, "//") || strings.HasPrefix(location, `/\`) {
				t.Errorf("%s with %s leads to %s", pattern, to, location)
			}
		}
	}
	if asked < 300 {
		t.Errorf("only %d requests", asked)
	}
}

// payloads are texts that would become markup or a script where a page did not escape them.
var payloads = []string{
	`<x-evil>`, `"><x-evil>`, `'><x-evil>`, `</td><x-evil>`, `</script><script>evil()</script>`, `<script>evil()</script>`, `<img src=x onerror=evil()>`, `"><img src=x onerror=evil()>`, `<svg onload=evil()>`, `<svg/onload=evil()>`,
	`" onmouseover="evil()`, `' onmouseover='evil()`, `" autofocus onfocus=evil() x="`, `javascript:evil()`, ` javascript:evil()`, `java	script:evil()`, `data:text/html,<x-evil>`, `<a href="javascript:evil()">x</a>`, `<iframe src=javascript:evil()>`,
	`<body onload=evil()>`, `<details open ontoggle=evil()>`, `<math><x-evil>`, `<!--<x-evil>-->`, `--><x-evil>`, `]]><x-evil>`, `{{.}}<x-evil>`, `${evil()}<x-evil>`, `&lt;x-evil&gt;<x-evil>`, `\"><x-evil>`, "`><x-evil>", `<x-evil/`, `<style>@import 'evil'</style>`,
}

// evil finds in a page what none of our templates writes.
func evil(doc *html.Node) string {
	for n := range doc.Descendants() {
		if n.Type == html.CommentNode && strings.Contains(n.Data, "evil") {
			return "a comment " + n.Data
		}
		if n.Type != html.ElementNode {
			continue
		}
		if n.Data == "x-evil" || n.Data == "iframe" || n.Data == "style" || n.Data == "math" || n.Data == "script" && n.FirstChild != nil {
			return "an element " + n.Data
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") {
				return "an attribute " + a.Key
			}
			v := strings.ToLower(strings.Join(strings.Fields(a.Val), ""))
			if (a.Key == "href" || a.Key == "src" || a.Key == "action" || a.Key == "formaction") && (strings.HasPrefix(v, "javascript:") || strings.HasPrefix(v, "data:text")) {
				return "an address " + a.Val
			}
		}
	}
	return ""
}

// planted imports a file of a register whose cells, headers and name are given, as a bureau would.
func planted(t *testing.T, d Deps, register, name string, rows [][]string) {
	t.Helper()
	var out bytes.Buffer
	w := sheet.NewCSV(&out)
	for _, r := range rows {
		if err := w.Row(r...); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "planted.csv")
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.Intake.Import(t.Context(), layout.Source{Name: name, Path: path}, layout.Options{Register: register}, nil); err != nil {
		t.Fatalf("%s: %v", register, err)
	}
}

// addresses are addresses of every route that shows or gives something: for the newest and the first of each kind of thing, and
// the search for each of some texts.
func addresses(t *testing.T, d Deps, h *Handler, texts []string) (list []string) {
	t.Helper()
	_, total, err := d.Imports.Imports(context.Background(), fact.Wanted{}, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	last := fmt.Sprint(total)
	seen := map[string]bool{}
	for _, pattern := range h.Routes() {
		method, path := splitRoute(pattern)
		if method != http.MethodGet || strings.HasPrefix(path, "/assets/") {
			continue
		}
		values := []string{"1", last}
		switch {
		case strings.HasPrefix(path, "/registers/{"):
			values = nil
			for _, reg := range d.Pack.Registers {
				values = append(values, reg.ID)
			}
		case strings.HasPrefix(path, "/s/"), strings.HasPrefix(path, "/records/"), strings.HasPrefix(path, "/log/"):
			values = append(values, lastIDs(t, d)...)
		}
		if !strings.Contains(path, "{") {
			values = []string{""}
		}
		for _, v := range values {
			at := placeholder.ReplaceAllString(path, v)
			if seen[at] {
				continue
			}
			seen[at] = true
			list = append(list, at)
			if strings.HasSuffix(at, ".xlsx") {
				list = append(list, at+"?as=csv")
			}
		}
	}
	for _, at := range []string{"/search", "/enterprises", "/directory", "/log", "/import", "/links", "/merges"} {
		for _, x := range texts {
			list = append(list, at+"?"+url.Values{"text": {x}, "q": {x}}.Encode())
		}
	}
	return list
}

// lastIDs are numbers of the newest subjects and records.
func lastIDs(t *testing.T, d Deps) (ids []string) {
	for id, misses := int64(1), 0; misses < 60 && id < 20_000; id++ {
		if _, err := d.Known.Profile(t.Context(), id); err != nil {
			misses++
			continue
		}
		misses = 0
		ids = append(ids, fmt.Sprint(id))
	}
	if os.Getenv("EYAS_SOAK") != "" {
		return ids[max(0, len(ids)-400):]
	}
	return ids[max(0, len(ids)-4):]
}

// TestPlantedTextsAreHarmless plants markup and personal numbers in every text of a row, in headers, in names of files and in what
// people write. On every route the markup is text, and the numbers are masked: on pages, in exports and in answers to scripts.
func TestPlantedTextsAreHarmless(t *testing.T) {
	d, _ := cityhall(t)
	numbers := plantedTexts(t, d)
	if len(numbers) < 8 {
		t.Fatalf("only %d personal values are planted", len(numbers))
	}
	h := handler(t, d)
	some := payloads[:4]
	if os.Getenv("EYAS_SOAK") != "" {
		some = payloads
	}
	pages, shown, asked := 0, 0, 0
	for _, at := range addresses(t, d, h, append(slices.Sorted(maps.Keys(numbers))[:2], some...)) {
		asked++
		w := get(h, at)
		body := unpacked(t, nil, w.Body.Bytes())
		for number, of := range numbers {
			if strings.Contains(body, number) && !strings.Contains(at, number) {
				i := strings.Index(body, number)
				t.Errorf("%s tells %s (%s): …%s…", at, number, of, body[max(0, i-300):min(len(body), i+100)])
			}
		}
		if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
			continue
		}
		pages++
		shown += strings.Count(body, "evil")
		if found := evil(parse(t, body)); found != "" {
			t.Errorf("%s has %s", at, found)
		}
	}
	if pages < 100 || shown < 100 {
		t.Errorf("%d pages show %d payloads: too few to tell", pages, shown)
	}
	t.Logf("%d answers, %d pages with %d payloads as text, %d personal values", asked, pages, shown, len(numbers))
}

// plantedTexts imports a file of each register and corrects a value by hand. It returns the personal values in them, and what each
// is.
func plantedTexts(t *testing.T, d Deps) (numbers map[string]string) {
	numbers = map[string]string{}
	turn := 0
	next := func() string { turn++; return payloads[turn%len(payloads)] }
	for i, reg := range d.Pack.Registers {
		name := reg.Attribute(reg.NameAttr)
		head := []string{name.Name.ZH}
		rows := [][]string{nil, {fmt.Sprintf("天津0号%s公司", next())}, {fmt.Sprintf("天津1号%s公司", next())}, {fmt.Sprintf("天津保密%d号公司", i)}}
		for j, a := range reg.Attributes {
			text := a.Kind == pack.String || a.Kind == pack.List
			if a == name || a.Yearly || !text && (a.Kind != pack.Code || a.Codes != "") {
				continue
			}
			number := ""
			if a.Personal && text {
				number = fmt.Sprintf("137%02d%02d5678", i+10, j+10)
				if a.Class == pack.Identity {
					number = fmt.Sprintf("1101051949%02d310021", i+10)
				}
				numbers[number] = reg.ID + "." + a.ID
			}
			head = append(head, a.Name.ZH)
			rows[1], rows[2], rows[3] = append(rows[1], next()), append(rows[2], next()), append(rows[3], number)
		}
		rows[0] = append(head, `备注<x-evil>`, `说明" onmouseover="evil()`)
		for k := range rows[1:3] {
			rows[k+1] = append(rows[k+1], next(), next())
		}
		planted(t, d, reg.ID, `a"><x-evil>13600001111.csv`, rows)
	}
	reg := d.Pack.Main()
	enter := func(attr, value, reason string) {
		e := intake.Entry{Register: reg.ID, Subject: 1, Values: map[string]string{attr: value}, Form: "correct", Reason: reason}
		if _, _, err := d.Entries.Enter(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	enter(reg.NameAttr, `天津<x-evil>公司`, `"><x-evil>`)
	for _, phone := range []string{"13711110000", "13722220000"} { // a correction, and what it was before
		enter("phone", phone, "问了 13733330000")
		numbers[phone] = "entered"
	}
	numbers["13733330000"] = "a reason"
	return numbers
}
