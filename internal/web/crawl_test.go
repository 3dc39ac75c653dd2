package web

import (
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// Every link on the pages leads to a page, in both languages, and every page keeps the rules of all pages.
func TestEveryLinkAnswers(t *testing.T) {
	d, f := rig(t, 120)
	f.synthetic = true
	h := handler(t, d)
	most, alike := 400, 12 // pages, also of one kind; the links of filters multiply without end
	if os.Getenv("EYAS_SOAK") != "" {
		alike = 60
	}
	for _, lang := range []string{"zh-CN", "en"} {
		seen := map[string]bool{}
		kinds := map[string]int{}
		queue := []string{"/?lang=" + lang, "/search?q=天津&lang=" + lang, "/records/7?cell=C17&lang=" + lang, "/?assume=abnormal_list&lang=" + lang, "/?in=120110&lang=" + lang, "/enterprises?text=zzzz&lang=" + lang,
			"/links?lang=" + lang, "/merges?lang=" + lang, "/s/1/history?lang=" + lang, "/?known=2021-01-04&lang=" + lang}
		for len(queue) > 0 && len(seen) < most {
			at := queue[0]
			queue = queue[1:]
			if seen[at] {
				continue
			}
			seen[at] = true
			w := get(h, at)
			if w.Code != 200 {
				t.Errorf("%s answers %d: %s", at, w.Code, text(parse(t, w.Body.String())))
				continue
			}
			if !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
				continue
			}
			page := w.Body.String()
			doc := parse(t, page)
			checkPage(t, at, lang, page, doc)
			for _, href := range links(doc) {
				to, err := url.Parse(href)
				if err != nil {
					t.Errorf("%s: link %q: %v", at, href, err)
					continue
				}
				if to.IsAbs() || to.Path == "" || strings.HasPrefix(to.Path, "/import") {
					continue
				}
				to.Fragment = ""
				// At most so many pages of a kind, so that every kind is reached.
				kind := to.Path
				if strings.HasPrefix(kind, "/enterprises/") {
					kind = "/enterprises/…"
				}
				if kinds[kind]++; kinds[kind] > alike {
					continue
				}
				queue = append(queue, to.String())
			}
		}
		if len(seen) < 100 {
			t.Errorf("%s: only %d pages were reached", lang, len(seen))
		}
	}
}

func links(doc *html.Node) []string {
	var list []string
	for _, a := range find(doc, "a[href]") {
		if !has(a, "hreflang") { // the same page in the other language, which has a round of its own
			list = append(list, attr(a, "href"))
		}
	}
	return list
}

// checkPage holds what is true of every page.
func checkPage(t *testing.T, at, lang, page string, doc *html.Node) {
	t.Helper()
	fail := func(format string, args ...any) {
		t.Helper()
		t.Errorf("%s: %s", at, fmt.Sprintf(format, args...))
	}
	if got := attr(one(t, doc, "html"), "lang"); got != lang {
		fail("lang is %q", got)
	}
	if len(find(doc, "h1")) != 1 || len(find(doc, "main")) != 1 {
		fail("not one h1 and one main")
	}
	if !strings.Contains(text(one(t, doc, "main")), map[string]string{"zh-CN": "演示数据", "en": "Demonstration data"}[lang]) {
		fail("synthetic data are not marked")
	}
	for _, sign := range []string{"%!", "ZgotmplZ", "<nil>", "map["} {
		if strings.Contains(page, sign) {
			fail("contains %q", sign)
		}
	}
	ids := map[string]bool{}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if has(n, "style") || n.Data == "style" {
			fail("<%s> has a style of its own, which the policy forbids", n.Data)
		}
		if n.Data == "script" && (!has(n, "src") || n.FirstChild != nil) {
			fail("a script inside the page")
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") {
				fail("<%s %s>", n.Data, a.Key)
			}
		}
		if id := attr(n, "id"); id != "" {
			if ids[id] {
				fail("id %q stands twice", id)
			}
			ids[id] = true
		}
	}
	for _, table := range find(doc, "table") {
		if len(find(table, "caption")) != 1 {
			fail("a table without a caption")
		}
		for _, th := range find(table, "th") {
			if !has(th, "scope") {
				fail("a head without a scope: %q", text(th))
			}
		}
	}
	for _, tag := range []string{"input", "select", "textarea"} {
		for _, field := range find(doc, tag) {
			if attr(field, "type") == "hidden" || has(field, "aria-label") {
				continue
			}
			inLabel := false
			for p := range field.Ancestors() {
				inLabel = inLabel || p.Data == "label"
			}
			if id := attr(field, "id"); !inLabel && (id == "" || len(find(doc, "label[for="+id+"]")) == 0) {
				fail("<%s name=%s> has no label", tag, attr(field, "name"))
			}
		}
	}
}
