package web

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"eyas/internal/auth"
)

// plain is what a page says, without the number of a case.
func plain(t *testing.T, w *httptest.ResponseRecorder, id string) string {
	t.Helper()
	return strings.ReplaceAll(text(find(parse(t, w.Body.String()), "main")[0]), " "+id+" ", " N ")
}

// A case that is not one's own is answered as one that there is not, on every page of it and by every form, to another enterprise and to
// another district.
func TestCasesOfOthersAreNotThere(t *testing.T) {
	v := newProvince(t)
	there, none := fmt.Sprint(v.cases["there"]), "987654"
	for _, a := range []auth.Actor{{ID: "e-here", Role: "enterprise", Subject: v.subject["here"]}, {ID: "li", Role: "district_officer", Org: mineOrg}, {ID: "xie", Role: "expert", Org: "120000"}} {
		for _, at := range []string{"/cases/%s", "/cases/%s/form", "/cases/%s/files/" + strings.Repeat("a", 64)} {
			if got, want := v.ready(a, fmt.Sprintf(at, there)), v.ready(a, fmt.Sprintf(at, none)); got.Code != http.StatusNotFound || plain(t, got, there) != plain(t, want, none) {
				t.Errorf("%s: %s is answered %d, and %d where there is no such case", a.Role, at, got.Code, want.Code)
			}
		}
		for _, at := range []string{"/cases/%s/act", "/cases/%s/form", "/cases/%s/papers", "/cases/%s/papers/drop"} {
			form := url.Values{"do": {"pass"}, "note": {"试"}}
			if got, want := v.send(a, http.MethodPost, fmt.Sprintf(at, there), form), v.send(a, http.MethodPost, fmt.Sprintf(at, none), form); got.Code != http.StatusNotFound || plain(t, got, there) != plain(t, want, none) {
				t.Errorf("%s: a form to %s is answered %d, and %d where there is no such case", a.Role, at, got.Code, want.Code)
			}
		}
		for _, box := range []string{"waiting", "done", "begun", "copied", "all"} {
			doc := parse(t, v.ready(a, "/cases?box="+box).Body.String())
			for _, link := range find(doc, "table.list tbody th a") {
				if strings.Contains(attr(link, "href"), "/cases/"+there) {
					t.Errorf("%s finds it in the box %s", a.Role, box)
				}
			}
		}
	}
	if got := v.ready(auth.Actor{ID: "ou", Role: "district_officer", Org: otherOrg}, "/cases/"+there).Code; got != http.StatusOK {
		t.Errorf("its own district is answered %d", got)
	}
}

// What waits for somebody stands in the rail, in the box and in what is to be done.
func TestCasesThatWait(t *testing.T) {
	v := newProvince(t)
	own := auth.Actor{ID: "e-here", Role: "enterprise", Subject: v.subject["here"]}
	for _, at := range []string{"/cases", "/todo"} {
		doc := parse(t, v.ready(own, at).Body.String())
		if got := texts(find(doc, "nav.rail li a")); !slices.ContainsFunc(got, func(s string) bool { return strings.Join(strings.Fields(s), " ") == "办件 1" }) {
			t.Errorf("%s: the rail says %q", at, got)
		}
		if at == "/todo" {
			if got := text(find(doc, "main")[0]); !strings.Contains(got, "企业填报") {
				t.Errorf("what is to be done does not name the case: %.200s", got)
			}
		}
	}
	if got := v.ready(auth.Actor{ID: "li", Role: "district_officer", Org: mineOrg}, "/cases"); strings.Contains(got.Body.String(), `href="/cases/`) {
		t.Error("a draft waits for the district")
	}
}

// Two who write one draft: the second one is told what the first one did, and finds what he wrote in the form; sent again it is taken. A
// form that is sent twice is taken once. Amounts are in the unit of their labels.
func TestDraftOfTwo(t *testing.T) {
	v := newProvince(t)
	own := auth.Actor{ID: "e-here", Role: "enterprise", Subject: v.subject["here"]}
	at := fmt.Sprintf("/cases/%d/form", v.cases["here"])
	field := func(selector string) string {
		return attr(find(parse(t, v.ready(own, at).Body.String()), "main form "+selector)[0], "value")
	}
	form := url.Values{"do": {"save"}, "visit": {field("[name=visit]")}, "seen": {field("[name=seen]")}, "key": {"first"}, "v.main_product": {"轴承"}, "v.sales@B": {"820"}}
	for range 2 {
		if w := v.send(own, http.MethodPost, at, form); w.Code != http.StatusSeeOther {
			t.Fatalf("saved: %d %.300s", w.Code, w.Body)
		}
	}
	if got := field("#f-v-sales-B"); got != "820" {
		t.Errorf("820 万元 comes back as %q", got)
	}
	if got := v.ready(own, fmt.Sprintf("/cases/%d", v.cases["here"])).Body.String(); !strings.Contains(got, "820 万元") {
		t.Error("the page of the case does not say 820 万元")
	}
	seen := field("[name=seen]")
	form.Set("key", "second")
	form.Set("v.main_product", "我写的齿轮")
	w := v.send(own, http.MethodPost, at, form)
	if w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), "我写的齿轮") || !strings.Contains(w.Body.String(), "保存了草稿") && !strings.Contains(w.Body.String(), "保存草稿") {
		t.Fatalf("upon an old sight: %d %.300s", w.Code, w.Body)
	}
	doc := parse(t, w.Body.String())
	if got := attr(find(doc, "main form [name=seen]")[0], "value"); got != seen {
		t.Errorf("the form was read upon %s, and is shown upon %s", seen, got)
	}
	form.Set("seen", seen)
	if w := v.send(own, http.MethodPost, at, form); w.Code != http.StatusSeeOther || !strings.Contains(v.ready(own, at).Body.String(), "我写的齿轮") {
		t.Errorf("sent again: %d", w.Code)
	}
	form = url.Values{"do": {"pass"}, "visit": {"1"}, "seen": {field("[name=seen]")}, "key": {"third"}}
	if w := v.send(own, http.MethodPost, at+"?step=file", form); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "科技型中小企业信息表") {
		t.Errorf("filed without its papers: %d %.300s", w.Code, w.Body)
	}
}

// A paper is what its name says, is kept with the case, given to who sees that and handles or files cases, and every giving is kept.
func TestPapersOfCases(t *testing.T) {
	v := newProvince(t)
	own := auth.Actor{ID: "e-here", Role: "enterprise", Subject: v.subject["here"]}
	at := fmt.Sprintf("/cases/%d", v.cases["here"])
	send := func(name, content string) *httptest.ResponseRecorder { return v.sendPaper(t, own, at, name, content) }
	for name, content := range map[string]string{"a.exe": "MZ", "a.pdf": "<html>no paper</html>", "b.pdf": ""} {
		if w := send(name, content); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s with %q is answered %d", name, content, w.Code)
		}
	}
	const paper = "%PDF-1.4\nsigned"
	if w := send(`C:\docs\..\信息表.pdf`, paper); w.Code != http.StatusSeeOther {
		t.Fatalf("a paper is answered %d %.300s", w.Code, w.Body)
	}
	given := find(parse(t, v.ready(own, at).Body.String()), ".case-papers a")[0]
	if got := text(given); !strings.Contains(got, "信息表.pdf") || strings.Contains(got, "docs") {
		t.Errorf("it is called %q", got)
	}
	link := attr(given, "href")
	officer := auth.Actor{ID: "li", Role: "district_officer", Org: mineOrg}
	for _, a := range []auth.Actor{own, officer} {
		if w := v.ready(a, link); w.Code != http.StatusOK || w.Body.String() != paper || !strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment") {
			t.Errorf("%s is given %d %q", a.Role, w.Code, w.Body)
		}
	}
	if w := v.ready(own, fmt.Sprintf("/s/%d/disclosed?part=received", v.subject["here"])); !strings.Contains(w.Body.String(), "办件的材料") {
		t.Error("the enterprise is not told that the officer took a paper along")
	}
	other := strings.Replace(link, fmt.Sprintf("/cases/%d/", v.cases["here"]), fmt.Sprintf("/cases/%d/", v.cases["there"]), 1)
	if w := v.ready(auth.Actor{ID: "ou", Role: "district_officer", Org: otherOrg}, other); w.Code != http.StatusNotFound {
		t.Errorf("by the address of another case it is answered %d", w.Code)
	}
	if w := v.ready(auth.Actor{ID: "b", Role: "bank", Subject: v.subject["bank here"]}, link); w.Code != http.StatusNotFound {
		t.Errorf("a bank to which the enterprise consented is answered %d", w.Code)
	}
}

// sendPaper sends a file as the letter of a case.
func (v *province) sendPaper(t *testing.T, a auth.Actor, at, name, content string) *httptest.ResponseRecorder {
	t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	part, err := m.CreateFormFile("file", name)
	if err != nil {
		t.Fatal(err)
	}
	part.Write([]byte(content))
	m.Close()
	r := httptest.NewRequest(http.MethodPost, at+"/papers?paper=letter", &body)
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("X-Actor", a.Text())
	w := httptest.NewRecorder()
	v.handler.ServeHTTP(w, r)
	return w
}

// More is asked for: a paper that is sent waits, and goes with the answer; until then the office has nothing to do, and is given what was
// filed. Suspending is taken back from the page.
func TestMoreIsAskedFor(t *testing.T) {
	v := newProvince(t)
	own, officer := auth.Actor{ID: "e-here", Role: "enterprise", Subject: v.subject["here"]}, auth.Actor{ID: "li", Role: "district_officer", Org: mineOrg}
	at := fmt.Sprintf("/cases/%d", v.cases["here"])
	done := func(w *httptest.ResponseRecorder, what string) string {
		t.Helper()
		if w.Code != http.StatusSeeOther {
			t.Fatalf("%s: %d %.400s", what, w.Code, text(find(parse(t, w.Body.String()), "main")[0]))
		}
		return w.Header().Get("Location")
	}
	page := func(a auth.Actor, at string) string {
		t.Helper()
		return text(find(parse(t, v.ready(a, at).Body.String()), "main")[0])
	}
	filled := url.Values{"do": {"save"}, "v.name": {"甲区示例机械有限公司"}, "v.uscc": {v.code["here"]}, "v.registered_on": {"2018-05-06"}, "v.contact": {"张三"}, "v.phone": {phone}, "v.main_product": {"轴承"}}
	for _, id := range []string{"staff", "st_staff", "sales", "assets", "rd_expense"} {
		filled.Set("v."+id+"@B", "10")
	}
	done(v.send(own, http.MethodPost, at+"/form", filled), "save")
	done(v.sendPaper(t, own, at, "一.pdf", "%PDF-1.4 1"), "the first paper")
	done(v.send(own, http.MethodPost, at+"/form?step=file", url.Values{"do": {"pass"}}), "file")
	done(v.send(officer, http.MethodPost, at+"/act", url.Values{"do": {"supplement"}, "remark.0": {"letter"}, "says.0": {"缺签章"}}), "ask for more")
	for a, want := range map[*auth.Actor]string{&own: "1", &officer: "0"} {
		if got := strings.Join(strings.Fields(page(*a, "/cases")), " "); !strings.Contains(got, "待办 "+want) {
			t.Errorf("%s: %s cases should wait: %.120s", a.Role, want, got)
		}
	}
	if got := page(own, at); !strings.Contains(got, "补正 1 处") || !strings.Contains(got, "缺签章") {
		t.Errorf("the applicant is not told what is asked for: %.300s", got)
	}
	done(v.sendPaper(t, own, at, "二.pdf", "%PDF-1.4 2"), "the second paper")
	if got := page(officer, at); strings.Contains(got, "二.pdf") {
		t.Error("the office sees a paper that was not given yet")
	}
	done(v.send(own, http.MethodPost, at+"/form", url.Values{"do": {"supply"}, "v.main_product": {"轴承 HZ-7"}}), "supply")
	if got := page(officer, at); !strings.Contains(got, "二.pdf") || !strings.Contains(got, "轴承 HZ-7") {
		t.Errorf("the answer is not there: %.400s", got)
	}
	to := done(v.send(officer, http.MethodPost, at+"/act", url.Values{"do": {"suspend"}, "note": {"等核对"}}), "suspend")
	undo := ""
	for _, f := range find(parse(t, v.ready(officer, to).Body.String()), "form") {
		if strings.Contains(attr(f, "action"), "/undo/") {
			undo = attr(f, "action")
		}
	}
	done(v.send(officer, http.MethodPost, undo, url.Values{"back": {at}}), "take it back")
	if got := page(officer, at); strings.Contains(got, "已挂起") {
		t.Error("it is still suspended")
	}
	done(v.send(officer, http.MethodPost, at+"/act", url.Values{"do": {"pass"}}), "pass it on")
	if got := page(officer, at); !strings.Contains(got, "继续等") {
		t.Errorf("a state of the other system does not say what it does: %.600s", got)
	}
}
