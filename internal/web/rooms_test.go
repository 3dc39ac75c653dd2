package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"eyas/internal/registry/fact"
	"eyas/internal/web/help"
	"eyas/internal/web/locale"
)

// here are the entries of the rail that a page is marked to belong to.
func here(doc *html.Node) (names []string) {
	for _, a := range find(doc, "nav.rail a[aria-current=page]") {
		names = append(names, strings.Fields(text(a))[0])
	}
	return names
}

// The rail has its groups in their order, and none of what is not built. Every page is marked in it.
func TestRail(t *testing.T) {
	d, _ := cityhall(t)
	h := handler(t, d)
	doc := parse(t, get(h, "/").Body.String())
	if got := texts(find(doc, "nav.rail .rail-head")); !slices.Equal(got, []string{"看", "企业", "办", "研究"}) {
		t.Errorf("groups %q", got)
	}
	var names []string
	for _, a := range find(doc, "nav.rail li a") {
		names = append(names, strings.Fields(text(a))[0])
	}
	if !slices.Equal(names, []string{"梯度", "企业", "其他库", "待办", "政策实验室", "数据", "操作日志"}) {
		t.Errorf("entries %q", names)
	}
	if got := texts(find(doc, "nav.phone-bar summary")); len(find(doc, "nav.phone-bar")) != 1 || !slices.Equal(got, []string{"更多"}) {
		t.Errorf("the bar of a phone: %q", got)
	}
	refs, err := d.Known.FindIn(t.Context(), "carrier", "孵化器")
	if err != nil || len(refs) == 0 {
		t.Fatal(refs, err)
	}
	first := attr(find(parse(t, get(h, "/enterprises").Body.String()), "table.list tbody th a")[0], "href")
	carrier := "/s/" + strconv.FormatInt(refs[0].Subject, 10)
	for at, want := range map[string]string{"/": "梯度", "/enterprises": "企业", "/directory": "企业", first: "企业", "/registers": "其他库", "/registers/carrier": "其他库", carrier: "其他库",
		"/lab": "政策实验室", "/todo": "待办", "/import": "数据", "/quality": "数据", "/links": "数据", "/merges": "数据", "/places": "数据"} {
		if got := here(parse(t, get(h, at).Body.String())); !slices.Equal(got, []string{want}) {
			t.Errorf("%s belongs to %q, want %s", at, got, want)
		}
	}
}

// A page of no room of its own keeps the room that it was entered from, and hands it on; a page of a room does not.
func TestSubpagesKeepTheirRoom(t *testing.T) {
	d, _ := cityhall(t)
	h := handler(t, d)
	first := attr(find(parse(t, get(h, "/enterprises").Body.String()), "table.list tbody th a")[0], "href")
	from := func(at, referer string) *html.Node {
		return parse(t, get(h, at, "Referer", "http://example.com"+referer).Body.String())
	}
	doc := from(first, "/quality?register=enterprise")
	if got := here(doc); !slices.Equal(got, []string{"数据"}) {
		t.Errorf("from the board an enterprise belongs to %q", got)
	}
	history := ""
	for _, a := range find(doc, "main a") {
		if strings.Contains(attr(a, "href"), "/history") {
			history = attr(a, "href")
		}
	}
	if !strings.Contains(history, "room=import") {
		t.Fatalf("the room is not handed on: %q", history)
	}
	if got := here(parse(t, get(h, history).Body.String())); !slices.Equal(got, []string{"数据"}) {
		t.Errorf("behind it: %q", got)
	}
	for _, a := range find(doc, "nav.rail li a") {
		if strings.Contains(attr(a, "href"), "room=") {
			t.Errorf("the rail hands the room on: %s", attr(a, "href"))
		}
	}
	if got := here(from(first, "/enterprises?in=120110")); !slices.Equal(got, []string{"企业"}) {
		t.Errorf("from the list: %q", got)
	}
	// The number of a subject says nothing of its register: the page does.
	for path, want := range map[string]string{"/history": "企业", "/records": "企业", "/correct?key=sales%402024": "企业", "/edit": "企业", "/relate": "企业", "/history?room=nothing": "企业", "/history?room=registers": "其他库"} {
		path = history[:strings.Index(history, "/history")] + path
		if got := here(parse(t, get(h, path).Body.String())); !slices.Equal(got, []string{want}) {
			t.Errorf("%s belongs to %q", path, got)
		}
	}
	for _, odd := range []string{first + "?room=nothing", first + "?room=", "/enterprises?room=import"} {
		if got := here(parse(t, get(h, odd).Body.String())); !slices.Equal(got, []string{"企业"}) {
			t.Errorf("%s belongs to %q", odd, got)
		}
	}
}

// All pages of data have the same tabs, with the numbers of what the pages list; what waits is added up in the rail.
func TestTabsOfData(t *testing.T) {
	d, _ := cityhall(t)
	d.Limits.Counting = 1 << 40 // a test waits for all of them
	h := handler(t, d)
	_, open, err := d.Identities.Questions(t.Context(), "enterprise", fact.Open, fact.Wanted{}, 0, 0)
	if err != nil || open == 0 {
		t.Fatal(open, err)
	}
	n := func(s string) int {
		_, number, _ := strings.Cut(s, " ")
		v, _ := strconv.Atoi(strings.ReplaceAll(strings.TrimSpace(number), ",", ""))
		return v
	}
	var all []string
	for _, at := range []string{"/import", "/connect", "/quality", "/links", "/held", "/places", "/merges"} {
		doc := parse(t, get(h, at).Body.String())
		tabs := texts(find(doc, "nav.data-tabs a"))
		if len(tabs) != 7 || len(find(doc, "nav.data-tabs a[aria-current=page]")) != 1 {
			t.Fatalf("%s: tabs %q", at, tabs)
		}
		if all == nil {
			all = tabs
		}
		if !slices.Equal(tabs, all) {
			t.Errorf("%s: tabs %q, elsewhere %q", at, tabs, all)
		}
	}
	if got := n(all[3]); got != open || !strings.HasPrefix(all[3], "待确认") {
		t.Errorf("%q, but %d are open", all[3], open)
	}
	doc := parse(t, get(h, "/todo").Body.String())
	rail := 0
	for _, a := range find(doc, "nav.rail li a") {
		if attr(a, "href") == "/todo" {
			rail = n(text(a))
		}
	}
	sum := 0
	for _, x := range find(doc, ".todo-n") {
		v, _ := strconv.Atoi(strings.ReplaceAll(text(x), ",", ""))
		sum += v
	}
	if sum == 0 || sum != rail || !strings.Contains(text(one(t, doc, "h1")), strconv.Itoa(sum)) {
		t.Errorf("the parts add up to %d, the rail says %d, the page %q", sum, rail, text(one(t, doc, "h1")))
	}
	for _, a := range find(doc, ".todo-part a") {
		if w := get(h, attr(a, "href")); w.Code != http.StatusOK {
			t.Errorf("%s answers %d", attr(a, "href"), w.Code)
		}
	}
	// An answer counts at once.
	link := parse(t, get(h, attr(find(doc, "#todo-links a")[0], "href")).Body.String())
	action, form := formOf(t, link, "form.answer")
	form.Set("answer", "different")
	if w := post(h, action, form); w.Code != http.StatusSeeOther {
		t.Fatalf("the answer: %d %s", w.Code, text(one(t, parse(t, w.Body.String()), "main")))
	}
	if got := n(texts(find(parse(t, get(h, "/links").Body.String()), "nav.data-tabs a"))[3]); got != open-1 {
		t.Errorf("after an answer %d wait, before %d", got, open)
	}
}

// A mistake in an address is said above the same page, without what is wrong; a form that is refused comes back to its page with
// what was written.
func TestMistakesComeBack(t *testing.T) {
	d, _ := cityhall(t)
	h := handler(t, d)
	for at, want := range map[string][]string{
		"/enterprises?date=1900-01-01&text=天津":       {"1950-01-01", "2200-12-31"},
		"/enterprises?v.tsme=x&sort=y&text=天津":       {"x", "y"},
		"/enterprises?from.sales=zz&text=天津":         {"zz"},
		"/enterprises?scope=none&text=天津":            {"none"},
		"/enterprises?page=0&text=天津":                {"0"},
		"/enterprises?in=999&unit=x&known=z&text=天津": {"999", "x", "z"},
	} {
		w := get(h, at)
		doc := parse(t, w.Body.String())
		if w.Code != 422 && w.Code != 404 || len(find(doc, "table.list tbody tr")) == 0 {
			t.Errorf("%s answers %d: %s", at, w.Code, text(one(t, doc, "h1")))
			continue
		}
		said := text(one(t, doc, "[data-notice]"))
		for _, part := range want {
			if !strings.Contains(said, part) {
				t.Errorf("%s says %q without %q", at, said, part)
			}
		}
		if got := attr(one(t, doc, "thead input[name=text]"), "value"); got != "天津" {
			t.Errorf("%s loses what is right: %q", at, got)
		}
	}
	// Files are not made without a filter that somebody wanted.
	if w := get(h, "/enterprises.xlsx?v.tsme=x"); w.Code != 422 || strings.HasPrefix(w.Header().Get("Content-Type"), "application/vnd") {
		t.Errorf("a file without the filter: %d", w.Code)
	}
	r := httptest.NewRequest(http.MethodPost, "/quality", strings.NewReader(url.Values{"do": {"assign"}, "assignee": {"东丽区科技局"}, "back": {"/quality"}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Referer", "http://example.com/quality?register=enterprise")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if doc := parse(t, w.Body.String()); w.Code >= 400 {
		if len(find(doc, "[data-notice]")) != 1 || len(find(doc, "nav.data-tabs")) != 1 || !strings.Contains(text(one(t, doc, "[data-notice]")), "东丽区科技局") {
			t.Errorf("a form without a choice: %d %s", w.Code, text(one(t, doc, "main")))
		}
	} else {
		t.Errorf("a form without a choice is taken: %d", w.Code)
	}
}

// A day of knowledge before the first import names that import; the demonstration city is not offered.
func TestBeforeTheFirstImport(t *testing.T) {
	h := handler(t, town(t))
	for _, at := range []string{"/?known=2021-01-01", "/enterprises?known=2021-01-01", "/directory?known=2021-01-01"} {
		doc := parse(t, loaded(t, h, at).Body.String())
		if got := text(one(t, doc, "main")); !strings.Contains(got, "最早的导入在 2021-03-31") || len(find(doc, "form[action=/start/demo]")) != 0 {
			t.Errorf("%s says %q", at, got)
		}
		if w := get(h, attr(find(doc, "main .actions a")[0], "href")); w.Code != http.StatusOK {
			t.Errorf("%s: the way out answers %d", at, w.Code)
		}
	}
}

// The size of letters is kept in a cookie and stands on every page.
func TestLetterSize(t *testing.T) {
	d, _ := rig(t, 20)
	h := handler(t, d)
	if got := attr(one(t, parse(t, get(h, "/").Body.String()), "html"), "data-type"); got != "" {
		t.Errorf("at first %q", got)
	}
	w := post(h, "/type", url.Values{"size": {"largest"}})
	cookie, _, _ := strings.Cut(w.Header().Get("Set-Cookie"), ";")
	if w.Code != http.StatusSeeOther || cookie != "type=largest" {
		t.Fatalf("%d %q", w.Code, cookie)
	}
	for _, at := range []string{"/", "/enterprises", "/none", "/help"} {
		if got := attr(one(t, parse(t, get(h, at, "Cookie", cookie).Body.String()), "html"), "data-type"); got != "largest" {
			t.Errorf("%s: %q", at, got)
		}
	}
	if w := post(h, "/type", url.Values{"size": {"x"}}); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("a size that there is not: %d", w.Code)
	}
	if got := attr(one(t, parse(t, get(h, "/", "Cookie", "type=x").Body.String()), "html"), "data-type"); got != "" {
		t.Errorf("another cookie: %q", got)
	}
}

// Every page has a help in both languages, of one screen: two to five questions, each with a few steps.
func TestEveryPageHasHelp(t *testing.T) {
	d, _ := cityhall(t)
	h := handler(t, d)
	asked := map[string]bool{}
	for _, pattern := range h.Routes() {
		path, ok := strings.CutPrefix(pattern, "GET ")
		if !ok || strings.Contains(path, ".xlsx") || strings.HasPrefix(path, "/assets") || strings.HasPrefix(path, "/exports") || path == "/healthz" || strings.HasPrefix(path, "/help") {
			continue
		}
		step, _, _ := strings.Cut(strings.TrimPrefix(strings.ReplaceAll(path, "{$}", ""), "/"), "/")
		if step == "" {
			step = "ladder"
		}
		if asked[step] {
			continue
		}
		asked[step] = true
		if help.Topic(step) == "" {
			t.Errorf("%s has no help", path)
			continue
		}
		for _, lang := range locale.Langs {
			w := get(h, "/help/"+step+"?lang="+lang)
			if w.Code != http.StatusOK {
				t.Errorf("the help of %s in %s answers %d", step, lang, w.Code)
				continue
			}
			doc := parse(t, w.Body.String())
			if n := len(find(doc, ".help-asks section")); n < 2 || n > 5 {
				t.Errorf("the help of %s in %s has %d questions", step, lang, n)
			}
			if n := len([]rune(text(one(t, doc, ".help-asks")))); n < 60 || n > 1200 {
				t.Errorf("the help of %s in %s is %d characters long", step, lang, n)
			}
		}
	}
	if len(asked) < 12 {
		t.Errorf("only %d pages", len(asked))
	}
	if got := attr(one(t, parse(t, get(h, "/quality").Body.String()), "[data-help]"), "href"); got != "/help/quality" {
		t.Errorf("the page of quality leads to %s", got)
	}
	if w := get(h, "/help/nothing"); w.Code != http.StatusSeeOther {
		t.Errorf("a help that there is not: %d", w.Code)
	}
}

// The search finds pages, commands, recognitions by what people call them, and subjects of every register.
func TestSearchFindsAll(t *testing.T) {
	h := handler(t, town(t))
	for q, want := range map[string]string{"导入": "/import", "质量": "", "高企": "/enterprises?v.hnte=met", "新增": "/registers/carrier/new", "载体": "/registers/carrier", "东丽": "/?scope=120110", "帮助": "/help", "名录": "/enterprises"} {
		doc := parse(t, get(h, "/search?part=1&q="+url.QueryEscape(q)).Body.String())
		list := one(t, doc, "[role=listbox]")
		var hrefs []string
		for _, o := range find(list, "[role=option]") {
			hrefs = append(hrefs, attr(o, "href"))
			if attr(o, "id") == "" || !has(o, "aria-selected") {
				t.Errorf("%s: an option that nobody can point at", q)
			}
		}
		if want != "" && !slices.Contains(hrefs, want) {
			t.Errorf("%q finds %q", q, hrefs)
		}
	}
	for q, want := range map[string]string{"SLRY-0005": "人员库", "SLZT-003": "载体库"} {
		if got := texts(find(parse(t, get(h, "/search?q="+q).Body.String()), ".hits h2")); len(got) == 0 || !strings.HasPrefix(got[len(got)-1], want) {
			t.Errorf("%s is found in %q", q, got)
		}
	}
}
