package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"eyas/internal/auth"
	"eyas/internal/retention"
)

// A double click answers what is held once, and leads where the first click did; another answer is told that it came too late.
func TestHeldIsAnsweredByADoubleClick(t *testing.T) {
	v := newProvince(t)
	held := v.bring(t, v.code["there"]+",别的名称,东丽区,62\n")[0].Subject.Subject
	at := onePath(held)
	refuse := url.Values{"answer": {"refuse"}, "owner": {fmt.Sprint(v.subject["there"])}, "reason": {"不是我区企业的数"}}
	for click := range 2 {
		if w := v.send(owner, http.MethodPost, at, refuse); w.Code != http.StatusSeeOther {
			t.Errorf("click %d is answered %d", click, w.Code)
		}
	}
	take := url.Values{"answer": {"take"}, "owner": refuse["owner"]}
	if w := v.send(owner, http.MethodPost, at, take); w.Code != http.StatusNotFound {
		t.Error("another answer is answered", w.Code)
	}
	for click := range 2 {
		if w := v.send(owner, http.MethodPost, at+"/undo", nil); w.Code != http.StatusSeeOther {
			t.Errorf("taken back, click %d is answered %d", click, w.Code)
		}
	}
	if w := v.send(officer, http.MethodPost, at+"/undo", nil); w.Code != http.StatusNotFound {
		t.Error("who brought it takes the answer back:", w.Code)
	}
}

// A district, which makes no new subject by moving a record, is not offered that; the city is.
func TestMoveOffersWhatIsTaken(t *testing.T) {
	v := newProvince(t)
	at := fmt.Sprintf("/records/%d/move", v.record["here"])
	for who, offered := range map[*auth.Actor]bool{&officer: false, &bureau: true} {
		w := v.ready(*who, at)
		if got := strings.Contains(w.Body.String(), `name="subject" value="0"`); w.Code != http.StatusOK || got != offered {
			t.Errorf("%s: %d, offered: %v", who.Org, w.Code, got)
		}
	}
}

// What was counted anew meanwhile is not asked for unseen.
func TestWhatWasCountedAnewIsNotAskedFor(t *testing.T) {
	v := newProvince(t)
	in := auth.In(t.Context(), bureau)
	p, err := v.keeper.Count(in, retention.Wanted{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	at := fmt.Sprintf("/retention/%d", p.ID)
	w := v.send(bureau, http.MethodPost, at, url.Values{"answer": {"ask"}, "reason": {"保存期已满"}, "parts": {strings.Repeat("0", 64)}})
	if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "已被新的清点取代") {
		t.Error(w.Code)
	}
	if w := v.ready(bureau, at); !strings.Contains(w.Body.String(), p.Parts) {
		t.Error("the page does not say what was counted")
	}
}
