package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/disclosure"
)

// unmasking is a form that asks for the phone number.
var unmasking = url.Values{"field": {"phone"}, "purpose": {"contact"}, "reason": {"联系补正材料"}}

// To whom data are disclosed, and what is kept of it, on one base.
func TestDisclosure(t *testing.T) {
	v := newProvince(t)
	for _, part := range []struct {
		name string
		test func(*testing.T, *province)
	}{{"who looked", whoLookedAtMyData}, {"refused", unmaskIsRefused}, {"contacts", contactsAreMarked}, {"unmasked", unmaskedIsSeenByWhoAskedOnly}} {
		t.Run(part.name, func(t *testing.T) { part.test(t, v) })
		v.now = v.now.Add(24 * time.Hour) // what was unmasked is over
	}
}

// Personal data of one subject are shown unmasked to who asked, in his session and role, until the end; nothing else is.
func unmaskedIsSeenByWhoAskedOnly(t *testing.T, v *province) {
	li := auth.Actor{ID: "wang", Role: "district_officer", Org: mineOrg, Session: "first"}
	pages := []string{"/enterprises/" + v.code["here"] + "?tab=data", fmt.Sprintf("/s/%d/history", v.subject["here"]), fmt.Sprintf("/records/%d", v.record["here"])}
	shows := func(a auth.Actor, at string, want bool) {
		t.Helper()
		w := v.ready(a, at)
		if got := strings.Contains(unpacked(t, w.Header(), w.Body.Bytes()), phone); got != want {
			t.Errorf("%s is shown to %+v unmasked: %v (%d)", at, a, got, w.Code)
		}
		if strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") && w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s may be cached: %q", at, w.Header().Get("Cache-Control"))
		}
	}
	for _, at := range pages {
		shows(li, at, false)
	}
	w := v.send(li, http.MethodPost, fmt.Sprintf("/s/%d/unmask", v.subject["here"]), unmasking)
	if w.Code != http.StatusSeeOther || !strings.Contains(w.Header().Get("Location"), "tab=data") {
		t.Fatal(w.Code, w.Header())
	}
	for _, at := range pages {
		shows(li, at, true)
	}
	if page := v.ready(li, pages[0]); page.Header().Get("Refresh") != "901" || !strings.Contains(page.Body.String(), "还剩 15 分钟，到 17:15 自动结束") || strings.Contains(page.Body.String(), "张三") {
		t.Errorf("Refresh is %q", page.Header().Get("Refresh"))
	}
	other, looked, lower, someone := li, li, li, li
	other.Session, someone.ID = "second", "zhao"
	looked.Viewer = "sun"
	lower.Role = "district_admin"
	for _, a := range []auth.Actor{other, looked, lower, someone, {ID: "wang", Role: "district_officer", Org: otherOrg, Session: "first"}, {ID: "e", Role: "enterprise", Subject: v.subject["here"], Session: "first"}} {
		for _, at := range pages {
			shows(a, at, false)
		}
	}
	shows(li, "/enterprises/"+v.code["here too"]+"?tab=data", false)
	shows(li, fmt.Sprintf("/s/%d?tab=data", v.subject["person here"]), false)
	shows(li, fmt.Sprintf("/s/%d/history.xlsx", v.subject["here"]), false)
	shows(li, "/enterprises.xlsx", false)

	v.now = v.now.Add(disclosure.UnmaskedFor - time.Second)
	shows(li, pages[0], true)
	v.now = v.now.Add(time.Second)
	for _, at := range pages {
		shows(li, at, false)
	}
	v.send(li, http.MethodPost, fmt.Sprintf("/s/%d/unmask", v.subject["here"]), unmasking)
	shows(li, pages[0], true)
	if w := v.send(li, http.MethodPost, fmt.Sprintf("/s/%d/unmask/end", v.subject["here"]), nil); w.Code != http.StatusSeeOther {
		t.Error(w.Code)
	}
	shows(li, pages[0], false)

	list, n, err := v.db.Entries(t.Context(), audit.Wanted{Actions: []string{"unmask", "unmask-end"}, From: v.now.Add(-time.Hour)}, 0, 10)
	if err != nil || n != 3 {
		t.Fatal(n, err)
	}
	e := list[2]
	if e.Subject != fmt.Sprintf("subject/%d", v.subject["here"]) || e.Actor != "wang" || e.Texts["reason"] != "联系补正材料" || e.As().Org != mineOrg ||
		!strings.Contains(e.Detail, `"fields":["phone"]`) || !strings.Contains(e.Detail, `"purpose":"contact"`) || strings.Contains(e.Detail, "联系补正") || strings.Contains(e.Detail, phone) {
		t.Errorf("%+v", e)
	}
	aud := auth.Actor{ID: "aud", Role: "auditor", Org: "120000"}
	if page := v.ready(aud, fmt.Sprintf("/log/%d", e.Seq)).Body.String(); !strings.Contains(page, "联系当事人") || !strings.Contains(page, "联系补正材料") || strings.Contains(page, phone) {
		t.Error("the entry of the log does not say what for")
	}
}

// What is missing in the form is said, and what the role or the place does not allow is refused.
func unmaskIsRefused(t *testing.T, v *province) {
	a := auth.Actor{ID: "wang", Role: "district_officer", Org: mineOrg, Session: "s"}
	post := func(a auth.Actor, word string, field, purpose, reason string) int {
		return v.send(a, http.MethodPost, fmt.Sprintf("/s/%d/unmask", v.subject[word]), url.Values{"field": {field}, "purpose": {purpose}, "reason": {reason}}).Code
	}
	reviewer := auth.Actor{ID: "he", Role: "district_reviewer", Org: mineOrg, Session: "s"}
	for _, c := range []struct {
		who           auth.Actor
		word          string
		field, what   string
		reason, title string
		want          int
	}{
		{a, "here", "phone", "contact", "打电话", "too short", 422}, {a, "here", "phone", "nonsense", "打电话联系", "no purpose", 422}, {a, "here", "", "contact", "打电话联系", "no field", 422},
		{a, "here", "sales", "contact", "打电话联系", "not personal", 422}, {a, "there", "phone", "contact", "打电话联系", "another district", 404}, {reviewer, "person here", "id_number", "contact", "打电话联系", "a class that is not seen", 422},
		{auth.Actor{ID: "p", Role: "park", Org: mineOrg, Session: "s"}, "here", "phone", "contact", "打电话联系", "a role without the right", 403},
		{auth.Actor{ID: "e", Role: "enterprise", Subject: v.subject["here"], Session: "s"}, "here", "phone", "contact", "打电话联系", "the enterprise", 403},
		{auth.Actor{ID: "wang", Role: "district_officer", Org: mineOrg, Session: "s", Viewer: "sun"}, "here", "phone", "contact", "打电话联系", "who looks as another", 403},
	} {
		if got := post(c.who, c.word, c.field, c.what, c.reason); got != c.want {
			t.Errorf("%s: %d instead of %d", c.title, got, c.want)
		}
	}
	if _, n, err := v.db.Entries(t.Context(), audit.Wanted{Actions: []string{"unmask"}, From: v.now}, 0, 1); n != 0 || err != nil {
		t.Error(n, err)
	}
	// The form comes back with what was chosen.
	w := v.send(a, http.MethodPost, fmt.Sprintf("/s/%d/unmask", v.subject["here"]), url.Values{"field": {"phone"}, "purpose": {"verify"}, "reason": {"短"}})
	if page := w.Body.String(); !strings.Contains(page, `value="phone" checked`) || !strings.Contains(page, `value="verify" required checked`) || !strings.Contains(page, `value="短"`) {
		t.Error("the form does not come back as it was filled in")
	}
}

// A list's personal data are taken along by who has that right only, with a purpose, and each row says by whom.
func contactsAreMarked(t *testing.T, v *province) {
	li := auth.Actor{ID: "wang", Role: "district_officer", Org: mineOrg, Session: "first"}
	at := "/registers/enterprise/contacts"
	if w := v.ready(li, at); w.Code != 200 || !strings.Contains(w.Body.String(), `value="contact" required`) {
		t.Errorf("the form: %d", w.Code)
	}
	w := v.send(li, http.MethodPost, at, unmasking)
	for w.Code == http.StatusServiceUnavailable {
		w = v.send(li, http.MethodPost, at, unmasking)
	}
	text := unpacked(t, w.Header(), w.Body.Bytes())
	if w.Code != 200 || strings.Count(text, phone) < 2 || strings.Count(text, "wang 东丽区 2021-04-02 17:00") < 3 || strings.Contains(text, "张三") || strings.Contains(text, secret) {
		t.Errorf("%d: %q", w.Code, text[:min(len(text), 3000)])
	}
	for _, a := range []auth.Actor{{ID: "he", Role: "district_reviewer", Org: mineOrg}, {ID: "e", Role: "enterprise", Subject: v.subject["here"]}, {ID: "aud", Role: "auditor", Org: "120000"}} {
		if got := v.send(a, http.MethodPost, at, unmasking).Code; got != 403 {
			t.Errorf("%s: %d", a.Role, got)
		}
	}
	if w := v.send(li, http.MethodPost, at, url.Values{"field": {"phone"}, "purpose": {"contact"}}); w.Code != 422 || !strings.Contains(w.Body.String(), `value="phone" checked`) {
		t.Error("without a reason:", w.Code)
	}
	list, n, err := v.db.Entries(t.Context(), audit.Wanted{Actions: []string{"export"}, From: v.now}, 0, 10)
	if err != nil || n != 1 || list[0].Subject != "register/enterprise" || list[0].Texts["reason"] != "联系补正材料" || !strings.Contains(list[0].Detail, `"rows":`) {
		t.Error(list, n, err)
	}
	in := v.ready(auth.Actor{ID: "e", Role: "enterprise", Subject: v.subject["here"]}, fmt.Sprintf("/s/%d/disclosed?part=received", v.subject["here"])).Body.String()
	if !strings.Contains(in, "含原文：联系电话") || !strings.Contains(in, "联系当事人") {
		t.Error("the enterprise is not told")
	}
}

// An enterprise sees who looked at its data, took it along and changed it: organisation, role, day, purpose, and names as the
// roles say; nobody else's, and not what it did itself.
func whoLookedAtMyData(t *testing.T, v *province) {
	own := auth.Actor{ID: "e", Role: "enterprise", Subject: v.subject["here"]}
	page := func(a auth.Actor, word, part string) (string, int) {
		if err := v.ledger.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		w := v.ready(a, fmt.Sprintf("/s/%d/disclosed?part=%s", v.subject[word], part))
		body := w.Body.String()
		if i := strings.Index(body, "<tbody>"); i >= 0 {
			return body[i:strings.Index(body, "</tbody>")], w.Code
		}
		return "", w.Code
	}
	li := auth.Actor{ID: "wang", Role: "district_officer", Org: mineOrg, Session: "first"}
	for range 3 {
		v.ready(li, "/enterprises/"+v.code["here"])
	}
	v.ready(own, "/enterprises/"+v.code["here"])
	v.ready(auth.Actor{ID: "ma", Role: "park", Org: mineOrg}, fmt.Sprintf("/s/%d/history", v.subject["here"]))
	v.ready(li, "/enterprises/"+v.code["there"]) // is not shown it
	v.ready(auth.Actor{ID: "he", Role: "district_reviewer", Org: mineOrg, Viewer: "sun"}, "/enterprises/"+v.code["here"])
	v.send(li, http.MethodPost, fmt.Sprintf("/s/%d/unmask", v.subject["here"]), unmasking)
	got, _ := page(own, "here", "looked")
	for _, want := range []string{"东丽区", "区局经办", ">wang<", "打开页面", "查看个人信息原文", "联系当事人", "园区", ">3<", ">sun<"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not told: %s", want, got)
		}
	}
	if strings.Contains(got, ">ma<") || strings.Contains(got, ">e<") || strings.Contains(got, "联系补正") || strings.Count(got, "<tr>") != 4 {
		t.Errorf("too much is told: %s", got)
	}
	v.ready(li, "/enterprises.xlsx?as=csv")
	v.ready(li, "/enterprises.xlsx?text="+url.QueryEscape("机械公司"))
	v.ready(own, "/enterprises.xlsx")
	v.ready(li, fmt.Sprintf("/s/%d/history.xlsx", v.subject["here"]))
	got, _ = page(own, "here", "received")
	if strings.Count(got, "<tr>") != 2 || !strings.Contains(got, "名单") || !strings.Contains(got, "本主体的历史") || !strings.Contains(got, ">wang<") {
		t.Errorf("received: %s", got)
	}
	if list, _, err := v.ledger.Exports(auth.In(t.Context(), auth.Actor{ID: "x", Role: "auditor", Org: "120000"}), []int64{v.subject["here too"]}, 0, 10); err != nil || len(list) != 2 || list[0].Subjects != 1 {
		t.Errorf("%+v %v", list, err)
	}
	if got, _ = page(own, "here", "changed"); !strings.Contains(got, "市局处室") || !strings.Contains(got, ">chen<") {
		t.Errorf("changed: %s", got)
	}
	if _, code := page(own, "there", "looked"); code != 404 {
		t.Errorf("another's: %d", code)
	}
	if _, code := page(li, "here", "looked"); code != 403 {
		t.Errorf("an officer: %d", code)
	}
	if got, code := page(auth.Actor{ID: "e2", Role: "enterprise", Subject: v.subject["there"]}, "there", "looked"); code != 200 || strings.Contains(got, "wang") {
		t.Errorf("what was not shown is told: %d %s", code, got)
	}
	list, _, err := v.db.Entries(t.Context(), audit.Wanted{Actions: []string{"export"}, Subjects: []string{fmt.Sprintf("subject/%d", v.subject["here"])}}, 0, 10)
	if err != nil || !slices.ContainsFunc(list, func(e audit.Entry) bool { return e.Actor == "wang" }) {
		t.Error("the export of one subject is not in the log:", list, err)
	}
}
