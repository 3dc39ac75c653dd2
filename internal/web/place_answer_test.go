package web

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/registry/fact"
	places "eyas/internal/registry/place"
	"eyas/internal/registry/placing"
	"eyas/internal/registry/sight"
	"eyas/internal/web/frame"
)

// fakePlaces asks about two phrases and keeps what it is told.
type fakePlaces struct {
	answers []fact.PlaceAnswer
}

func (f *fakePlaces) PlaceQuestions(context.Context) (*placing.PlaceQuestions, error) {
	sample := placing.PlaceSample{Ref: fact.Ref{Subject: 5, Name: "<b>甲</b>公司"}, Address: "天津华苑产业区<i>海泰东路"}
	return &placing.PlaceQuestions{Asked: 4, Out: 60, Silent: 2, Outside: []placing.PlaceSample{sample},
		List: []placing.PlaceQuestion{
			{Phrase: "华苑产业区", Candidates: []string{"120104", "120111"}, Subjects: 3, Samples: []placing.PlaceSample{sample}},
			{Phrase: "湘潭道", Subjects: 1, Samples: []placing.PlaceSample{sample}},
		}}, nil
}

func (f *fakePlaces) PlaceAnswers(context.Context) ([]fact.PlaceAnswer, error) {
	return f.answers, nil
}

func (f *fakePlaces) AnswerPlace(ctx context.Context, phrase, org string, _ sight.Seen) (int64, error) {
	if org == "" {
		return 0, fault.New(fault.Invalid, "请选择一个区。", "Choose a district.")
	}
	id := int64(len(f.answers) + 1)
	f.answers = append(f.answers, fact.PlaceAnswer{ID: id, Phrase: phrase, Org: org, Actor: auth.Of(ctx), At: importedAt})
	return id, nil
}

func (f *fakePlaces) UndoPlaceAnswer(ctx context.Context, id int64) error {
	f.answers[id-1].UndoneAt, f.answers[id-1].UndoneBy = importedAt.Add(time.Hour), auth.Of(ctx)
	return nil
}

// send posts a form of places or links, with what was seen, which fakes take whatever it is.
func send(h http.Handler, path string, form url.Values) *httptest.ResponseRecorder {
	sent := url.Values{frame.SeenField: {sight.SawPlace(form.Get("phrase")) + "="}}
	if id, ok := strings.CutPrefix(path, "/links/"); ok {
		id, _, _ = strings.Cut(id, "/")
		sent = url.Values{frame.SeenField: {"question:" + id + "=open"}}
	}
	maps.Copy(sent, form)
	form = sent
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestPlaces(t *testing.T) {
	d, base := rig(t, 30)
	base.synthetic = true
	f := &fakePlaces{}
	d.Places = f
	h := handler(t, d)
	for lang, lead := range map[string]string{"zh-CN": "有 2 处写法要由人指明在哪个区，涉及 4 家企业。", "en": "2 phrases need a person"} {
		w := get(h, "/places?lang="+lang)
		if w.Code != 200 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		doc := parse(t, w.Body.String())
		checkPage(t, "/places", lang, w.Body.String(), doc)
		if got := text(one(t, doc, "main h1")); !strings.Contains(got, lead) {
			t.Errorf("headline %q", got)
		}
		if strings.Contains(w.Body.String(), "<b>甲") || strings.Contains(w.Body.String(), "<i>海泰") {
			t.Error("a name or an address reached the page unescaped")
		}
		if n := len(find(doc, "table.places tbody button[name=org]")); n != 4 {
			t.Errorf("%d buttons for two candidates, and for elsewhere twice", n)
		}
		if links := find(doc, "ul.samples a"); len(links) != 3 || !strings.HasPrefix(attr(links[0], "href"), "/enterprises/s-5") {
			t.Error("samples do not lead to their enterprise")
		}
	}
	w := send(h, "/places", url.Values{"phrase": {"华苑产业区"}, "org": {"120111"}})
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/places?saved=place-1" {
		t.Fatalf("%d to %s: %s", w.Code, w.Header().Get("Location"), w.Body)
	}
	if w := send(h, "/places", url.Values{"phrase": {"湘潭道"}, "org": {places.Elsewhere}}); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	doc := parse(t, get(h, "/places?saved=place-1&lang=en").Body.String())
	if got := text(one(t, doc, "main .done")); !strings.Contains(got, "“华苑产业区” means Xiqing") {
		t.Errorf("the answer is confirmed by %q", got)
	}
	if got := texts(find(doc, "table.answers tbody td")); len(got) < 5 || got[4] != "Not in this city" {
		t.Errorf("answers: %q", got)
	}
	if w := send(h, "/places/1/undo", nil); w.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	doc = parse(t, get(h, "/places?saved=place-1").Body.String())
	if len(find(doc, "main .done form")) != 0 || !strings.Contains(text(one(t, doc, "main .done")), "已撤销") || len(find(doc, "table.answers tr.undone")) != 1 || len(find(doc, "table.answers form")) != 1 {
		t.Error("an answer that was taken back still counts")
	}
	if w := send(h, "/places", url.Values{"phrase": {"湘潭道"}}); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("no district: %d", w.Code)
	}
	if w := send(h, "/places/x/undo", nil); w.Code != http.StatusNotFound {
		t.Errorf("no number: %d", w.Code)
	}
}
