package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/html"
)

// formOf is a form of a page as a browser would send it, found by its selector.
func formOf(t *testing.T, doc *html.Node, selector string) (action string, v url.Values) {
	t.Helper()
	list := find(doc, selector)
	if len(list) == 0 {
		t.Fatalf("no form %q: %s", selector, text(doc))
	}
	v = url.Values{}
	for _, f := range find(list[0], "input") {
		if kind := attr(f, "type"); kind != "checkbox" && (kind != "radio" || has(f, "checked")) {
			v.Add(attr(f, "name"), attr(f, "value"))
		}
	}
	return attr(list[0], "action"), v
}

// Of any number of people who save one form at once exactly one is taken. The others are told what it is now; what they
// wrote stays in the form, and saving again saves it all the same.
func TestLostUpdates(t *testing.T) {
	d, log := cityhall(t)
	h := handler(t, d)
	page := func(at string) *html.Node {
		t.Helper()
		w := get(h, at)
		if w.Code != http.StatusOK {
			t.Fatalf("%s answers %d: %s", at, w.Code, w.Body)
		}
		doc := parse(t, w.Body.String())
		return doc
	}
	refs, err := d.Known.FindIn(t.Context(), "carrier", "孵化器")
	if err != nil || len(refs) < 2 {
		t.Fatal(refs, err)
	}
	one := "/s/" + strconv.FormatInt(refs[0].Subject, 10)
	records, err := d.Known.LinkedRecords(t.Context(), refs[1].Subject)
	if err != nil || len(records) == 0 {
		t.Fatal(records, err)
	}
	record := records[0].Source.Record
	finding := ""
	if list := find(page("/quality"), ".quality-list tbody th a"); len(list) > 0 {
		finding = attr(list[0], "href")
	}
	for _, c := range []struct {
		name, at, form string
		fill           func(v url.Values, mine string)
		kept           string // selector of where one's own input stands in the answer
	}{
		{"a correction", one + "/correct?key=address", "form.correct", func(v url.Values, mine string) { v.Set("value", mine+"路1号"); v.Set("reason", "核对") }, "#value"},
		{"the form of a subject", one + "/edit", "form.subject-form", func(v url.Values, mine string) { v.Set("f.address", mine+"路2号") }, "#f-address"},
		{"a finding", finding, "form:nth-of-type(1)", nil, ""},
		{"a merge", one + "/records?find=" + url.QueryEscape(refs[1].Name), "form.choose", func(v url.Values, mine string) { v.Set("reason", mine) }, "dl.says dd"},
		{"a record", "/records/" + strconv.FormatInt(record, 10) + "/move", "form.choose", func(v url.Values, mine string) { v.Set("subject", "0"); v.Set("reason", mine) }, "dl.says dd"},
	} {
		if c.name == "a finding" {
			if finding == "" {
				t.Log("no finding in the small city")
				continue
			}
			// The form that assigns, of the several on the page.
			c.form, c.kept = `form`, "dl.says dd"
			c.fill = func(v url.Values, mine string) { v.Set("action", "assign"); v.Set("assignee", mine+"局") }
		}
		doc := page(c.at)
		var action string
		var v url.Values
		if c.name == "a finding" {
			for _, f := range find(doc, "main form") {
				if len(find(f, "[name=assignee]")) > 0 {
					action, v = attr(f, "action"), url.Values{}
					for _, i := range find(f, "input") {
						v.Add(attr(i, "name"), attr(i, "value"))
					}
				}
			}
			if v == nil {
				t.Fatal("no form assigns")
			}
		} else {
			action, v = formOf(t, doc, c.form)
		}
		const many = 8
		answers := make([]*httptest.ResponseRecorder, many)
		sent := make([]string, many)
		var all sync.WaitGroup
		for i := range many {
			mine := url.Values{}
			for name, values := range v {
				mine[name] = append([]string(nil), values...)
			}
			sent[i] = "甲乙丙丁戊己庚辛"[3*i : 3*i+3]
			c.fill(mine, sent[i])
			all.Go(func() { answers[i] = post(h, action, mine) })
		}
		all.Wait()
		taken, refused := 0, -1
		for i, w := range answers {
			switch w.Code {
			case http.StatusSeeOther:
				taken++
			case http.StatusConflict:
				refused = i
			default:
				t.Errorf("%s answers %d: %s", c.name, w.Code, text(parse(t, w.Body.String())))
			}
		}
		if taken != 1 || refused < 0 {
			t.Errorf("%s: %d of %d are taken", c.name, taken, many)
			continue
		}
		doc = parse(t, answers[refused].Body.String())
		checkTold(t, c.name, false, answers[refused])
		got := ""
		for _, n := range find(doc, c.kept) {
			got += attr(n, "value") + text(n)
		}
		if !strings.Contains(got, sent[refused]) {
			t.Errorf("%s: what was written is lost: %q without %s", c.name, got, sent[refused])
		}
		if c.name == "a merge" { // nothing is left to merge
			continue
		}
		forms := "main form[method=post]"
		if c.name == "the form of a subject" && len(find(doc, ".problem")) != 1 {
			t.Errorf("%s: %d fields are told as changed", c.name, len(find(doc, ".problem")))
		}
		action, v = formOf(t, doc, forms)
		if c.name != "a correction" && c.name != "the form of a subject" {
			if w := post(h, action, v); w.Code != http.StatusSeeOther && c.name != "a record" {
				t.Errorf("%s: all the same answers %d: %s", c.name, w.Code, text(parse(t, w.Body.String())))
			}
			continue
		}
		if w := post(h, action, v); w.Code != http.StatusSeeOther {
			t.Errorf("%s: all the same answers %d: %s", c.name, w.Code, text(parse(t, w.Body.String())))
		}
	}
	if told := log.take(); strings.Contains(told, "level=ERROR") {
		t.Error(told)
	}
}
