package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"eyas/internal/audit"
	"eyas/internal/auth"
)

// A bank sees the enterprises that consent, in lists and on pages, while they do; an expert those that are assigned to him. Personal
// data they do not see.
func TestSharesAreSeenWhileTheyHold(t *testing.T) {
	v := newProvince(t)
	own := auth.Actor{ID: "e", Role: "enterprise", Subject: v.subject["here"]}
	bank := auth.Actor{ID: "b", Role: "bank", Subject: v.subject["bank here"]}
	other := auth.Actor{ID: "b2", Role: "bank", Subject: v.subject["bank there"]}
	expert := auth.Actor{ID: "p-expert-" + mineOrg, Role: "expert", Org: "120000"}
	sees := func(a auth.Actor, want bool) {
		t.Helper()
		page := v.ready(a, "/enterprises/"+v.code["here"])
		if got := page.Code == 200; got != want {
			t.Errorf("%s is shown the page: %v (%d)", a.ID, got, page.Code)
		}
		if strings.Contains(page.Body.String(), "联系电话") {
			t.Errorf("%s is shown personal fields", a.ID)
		}
		list := v.ready(a, "/enterprises").Body.String()
		if got := strings.Contains(list, v.code["here"]) || strings.Contains(list, "甲区示例机械有限公司"); got != want || strings.Contains(list, "甲区示例机械公司") {
			t.Errorf("%s is shown the row: %v", a.ID, got)
		}
	}
	sees(bank, true)
	sees(expert, true)
	sees(other, false)
	if got := v.ready(bank, fmt.Sprintf("/s/%d", v.subject["person here"])); got.Code != 404 {
		t.Errorf("the bank is shown a person of the enterprise: %d", got.Code)
	}
	if got := v.ready(expert, fmt.Sprintf("/s/%d", v.subject["achievement here"])); got.Code != 200 {
		t.Errorf("the expert is not shown an achievement of the enterprise: %d", got.Code)
	}
	sees(auth.Actor{ID: "x", Role: "expert", Org: "120000"}, false)
	sees(auth.Actor{ID: "b", Role: "bank"}, false)
	at := fmt.Sprintf("/s/%d/shares", v.subject["here"])
	if page := v.ready(own, at).Body.String(); !strings.Contains(page, "示例here银行") || !strings.Contains(page, "贷款审查") || strings.Contains(page, "分派给一个人") {
		t.Error("the enterprise is not shown to whom it consented")
	}
	// Taken back: at once.
	if w := v.send(own, http.MethodPost, fmt.Sprintf("%s/%d/end", at, v.share), nil); w.Code != http.StatusSeeOther {
		t.Fatal(w.Code)
	}
	sees(bank, false)
	if w := v.send(own, http.MethodPost, fmt.Sprintf("%s/%d/end", at, v.share), nil); w.Code != http.StatusSeeOther {
		t.Error("again:", w.Code)
	}
	// Given again, until a day.
	form := url.Values{"kind": {"consent"}, "whom": {v.code["bank here"]}, "purpose": {"续贷"}, "until": {"2021-04-02"}}
	if w := v.send(own, http.MethodPost, at, form); w.Code != http.StatusSeeOther {
		t.Fatal(w.Code, w.Body)
	}
	sees(bank, true)
	v.now = v.now.Add(2 * 24 * time.Hour)
	sees(bank, true)
	v.now = v.now.Add(24 * time.Hour)
	sees(bank, false)
	sees(expert, true)
	// Nobody gives what is not his.
	for _, c := range []struct {
		who  auth.Actor
		at   string
		kind string
		want int
	}{
		{own, at, "assignment", 403}, {own, fmt.Sprintf("/s/%d/shares", v.subject["there"]), "consent", 404}, {officer, at, "consent", 403}, {officer, fmt.Sprintf("/s/%d/shares", v.subject["there"]), "assignment", 404},
		{bank, at, "consent", 403}, {expert, at, "assignment", 403}, {auth.Actor{ID: "he", Role: "district_reviewer", Org: mineOrg}, at, "assignment", 403},
		{auth.Actor{ID: "wang", Role: "district_officer", Org: mineOrg, Viewer: "sun"}, at, "assignment", 403},
	} {
		f := url.Values{"kind": {c.kind}, "whom": {v.code["bank here"]}, "purpose": {"试试"}, "until": {"2021-05-01"}}
		if w := v.send(c.who, http.MethodPost, c.at, f); w.Code != c.want {
			t.Errorf("%s gives %s at %s: %d instead of %d", c.who.ID, c.kind, c.at, w.Code, c.want)
		}
	}
	for name, change := range map[string][2]string{"the past": {"until", "2021-04-02"}, "too long": {"until", "2023-01-01"}, "no purpose": {"purpose", ""}, "nobody": {"whom", v.code["here"]}} {
		f := url.Values{"kind": {"consent"}, "whom": {v.code["bank here"]}, "purpose": {"续贷"}, "until": {"2021-05-02"}}
		f.Set(change[0], change[1])
		if w := v.send(own, http.MethodPost, at, f); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
	list, n, err := v.db.Entries(t.Context(), audit.Wanted{Actions: []string{"share", "share-end"}, Subjects: []string{fmt.Sprintf("subject/%d", v.subject["here"])}}, 0, 10)
	if err != nil || n != 5 || list[0].Action != "share" || list[0].Texts["purpose"] != "续贷" || list[1].Action != "share-end" {
		t.Error(n, err, list)
	}
	if p, err := v.db.Verify(t.Context(), nil, nil); err != nil || len(p.Problems) != 0 {
		t.Error(p, err)
	}
}
