package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// filled is a form as a browser would send it.
func filled(t *testing.T, doc *html.Node) url.Values {
	t.Helper()
	form := one(t, doc, "form.subject-form")
	v := url.Values{}
	for _, f := range find(form, "input") {
		v.Add(attr(f, "name"), attr(f, "value"))
	}
	for _, f := range find(form, "select") {
		v.Set(attr(f, "name"), "")
		for _, o := range find(f, "option") {
			if has(o, "selected") {
				v.Set(attr(f, "name"), attr(o, "value"))
			}
		}
	}
	return v
}

func post(h http.Handler, at string, v url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, at, strings.NewReader(v.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestEnterAndChangeASubject(t *testing.T) {
	h := handler(t, town(t))
	page := func(at string) *html.Node {
		t.Helper()
		w := get(h, at)
		if w.Code != 200 {
			t.Fatalf("%s answers %d: %s", at, w.Code, w.Body)
		}
		doc := parse(t, w.Body.String())
		checkPage(t, at, "zh-CN", w.Body.String(), doc)
		return doc
	}
	refused := func(w *httptest.ResponseRecorder, why string) {
		t.Helper()
		if got := w.Body.String(); w.Code != http.StatusUnprocessableEntity || !strings.Contains(got, why) {
			t.Errorf("answers %d without %q: %s", w.Code, why, text(parse(t, got)))
		}
	}
	v := filled(t, page("/registers/person/new"))
	v.Set("f.name", "褚十")
	refused(post(h, "/registers/person/new", v), "请填写人员类别。")
	v.Set("f.person_kind", "expert")
	v.Set("f.unit", "海河大学（示例）")
	v.Set("f.born_on", "1970-02-30")
	v.Set("f.phone", "13812345678")
	v.Set("f.reviews@2020", "3")
	refused(post(h, "/registers/person/new", v), "1970-02-30")
	v.Set("f.born_on", "1970-02-28")
	w := post(h, "/registers/person/new", v)
	at, saved, _ := strings.Cut(w.Header().Get("Location"), "?")
	if w.Code != http.StatusSeeOther || !strings.HasPrefix(at, "/s/") || !strings.HasPrefix(saved, "saved=entry-") {
		t.Fatalf("answers %d, to %q: %s", w.Code, at, w.Body)
	}
	doc := page(at)
	main := text(one(t, doc, "main"))
	for _, want := range []string{"褚十", "评审专家", "138****5678", "海河大学（示例）"} {
		if !strings.Contains(main, want) {
			t.Errorf("the page lacks %q: %s", want, main)
		}
	}
	if strings.Contains(main, "13812345678") || strings.Contains(main, "1970") || len(find(doc, ".related td a")) == 0 {
		t.Error("the telephone is shown, or the unit does not lead anywhere")
	}

	v = filled(t, page(at+"/edit"))
	if v.Get("f.phone") != "" || v.Get("f.unit") != "海河大学（示例）" || v.Get("f.reviews@2020") != "3" {
		t.Errorf("the form is filled with %v", v)
	}
	refused(post(h, at+"/edit", v), "没有改动任何一项")
	v.Set("f.unit", "")
	refused(post(h, at+"/edit", v), "请填写工作单位。")
	v.Set("f.unit", "子牙大学（示例）")
	v.Set("f.reviews@2020", "")
	v.Set("reason", "调动")
	if w := post(h, at+"/edit", v); w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), at+"?saved=entry-") {
		t.Fatalf("answers %d: %s", w.Code, w.Body)
	}
	// The form was shown before: it is told what changed, keeps what was filled in, and saves it when sent again.
	v.Set("f.unit", "南开大学（示例）")
	w = post(h, at+"/edit", v)
	if doc = parse(t, w.Body.String()); w.Code != http.StatusConflict || !strings.Contains(text(one(t, doc, ".errors")), "子牙大学（示例）") {
		t.Fatalf("a form shown before answers %d: %s", w.Code, text(one(t, doc, "main")))
	}
	if v = filled(t, doc); v.Get("f.unit") != "南开大学（示例）" {
		t.Errorf("the form forgets what was filled in: %q", v.Get("f.unit"))
	}
	if w := post(h, at+"/edit", v); w.Code != http.StatusSeeOther {
		t.Errorf("saving all the same answers %d: %s", w.Code, w.Body)
	}
	v = filled(t, page(at+"/edit"))
	v.Set("f.unit", "子牙大学（示例）")
	if w := post(h, at+"/edit", v); w.Code != http.StatusSeeOther {
		t.Fatalf("answers %d", w.Code)
	}
	main = text(one(t, page(at), "main"))
	if !strings.Contains(main, "子牙大学（示例）") || !strings.Contains(main, "138****5678") {
		t.Errorf("after the change: %s", main)
	}
	if v = filled(t, page(at+"/edit")); v.Get("f.reviews@2020") != "" {
		t.Errorf("a cleared figure is still %q", v.Get("f.reviews@2020"))
	}

	// Every form of every register can be filled in, and sending it back as it is changes nothing.
	for _, at := range []string{"/registers/carrier", "/registers/instrument", "/registers/finance_product", "/registers/institution"} {
		page(at + "/new")
		first := attr(find(page(at), "table.list tbody th a")[0], "href")
		refused(post(h, first+"/edit", filled(t, page(first+"/edit"))), "没有改动任何一项")
	}
}
