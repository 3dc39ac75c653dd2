package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"pgregory.net/rapid"
)

// formRig is a town with one subject whose form is tried.
type formRig struct {
	*testing.T
	h  http.Handler
	at string // of the subject
}

func newFormRig(t *testing.T, register string) *formRig {
	t.Helper()
	x := &formRig{T: t, h: handler(t, town(t))}
	doc := x.page("/registers/" + register)
	x.at, _, _ = strings.Cut(attr(find(doc, "table.list tbody th a")[0], "href"), "?")
	return x
}

func (x *formRig) page(at string) *html.Node {
	x.Helper()
	w := get(x.h, at)
	if w.Code != 200 {
		x.Fatalf("%s answers %d: %s", at, w.Code, w.Body)
	}
	doc := parse(x.T, w.Body.String())
	checkPage(x.T, at, "zh-CN", w.Body.String(), doc)
	return doc
}

// send changes some fields of a form and sends it.
func (x *formRig) send(at string, fields map[string]string) *httptest.ResponseRecorder {
	x.Helper()
	v := filled(x.T, x.page(at))
	for name, value := range fields {
		v.Set(name, value)
	}
	return post(x.h, at, v)
}

// saved is the band of the page to which a form that was saved leads.
func (x *formRig) saved(w *httptest.ResponseRecorder) (band *html.Node, at string) {
	x.Helper()
	at = w.Header().Get("Location")
	if w.Code != http.StatusSeeOther || !strings.Contains(at, "saved=") {
		x.Fatalf("answers %d, to %q: %s", w.Code, at, text(parse(x.T, w.Body.String())))
	}
	return one(x.T, x.page(at), "main .done"), at
}

// again is the form that a refused one is answered with.
func (x *formRig) again(w *httptest.ResponseRecorder) *html.Node {
	x.Helper()
	if w.Code != http.StatusUnprocessableEntity {
		x.Fatalf("answers %d: %s", w.Code, text(parse(x.T, w.Body.String())))
	}
	doc := parse(x.T, w.Body.String())
	checkPage(x.T, "the form again", "zh-CN", w.Body.String(), doc)
	return doc
}

// press sends a form as a button of it does.
func (x *formRig) press(at string, doc *html.Node, label string) *httptest.ResponseRecorder {
	x.Helper()
	v := filled(x.T, doc)
	for _, b := range find(one(x.T, doc, "main"), "form button") {
		if strings.Contains(text(b), label) {
			v.Add(attr(b, "name"), attr(b, "value"))
			return post(x.h, at, v)
		}
	}
	x.Fatalf("no button %q: %s", label, text(one(x.T, doc, "main")))
	return nil
}

// undo presses the button of a band.
func (x *formRig) undo(band *html.Node) *httptest.ResponseRecorder {
	x.Helper()
	v := url.Values{}
	for _, f := range find(band, "form input") {
		v.Add(attr(f, "name"), attr(f, "value"))
	}
	return post(x.h, attr(one(x.T, band, "form"), "action"), v)
}

// A number without a unit is in the unit of the label, what it comes to is said, and one that is a hundredfold away from
// what was known is asked about without losing what was typed.
func TestAmountsOfAForm(t *testing.T) {
	x := newFormRig(t, "carrier")
	edit := x.at + "/edit"
	if label := text(one(t, x.page(edit), "label[for=f-income-2020]")); !strings.Contains(label, "（万元）") {
		t.Errorf("the label is %q", label)
	}
	doc := x.page(x.saved2(x.send(edit, map[string]string{"f.income@2020": "820万元", "sure": "income@2020=820万元"})))
	if band := text(one(t, doc, "main .done")); !strings.Contains(band, "820 万元（= 8,200,000 元）") {
		t.Errorf("saved: %q", band)
	}
	form := x.page(edit)
	if got := attr(one(t, form, "#f-income-2020"), "value"); got != "820" {
		t.Errorf("filled in as %q", got)
	}
	if got := text(one(t, form, "output[for=f-income-2020]")); got != "= 8,200,000 元" {
		t.Errorf("comes to %q", got)
	}
	// Without a unit it is in 万元; in 元 it is far away, and is asked about.
	doc = x.again(x.send(edit, map[string]string{"f.income@2020": "8100000", "f.mentors@2020": "7", "reason": "看过报表"}))
	if list := text(one(t, doc, ".errors")); !strings.Contains(list, "请先回答 1 个问题") || !strings.Contains(list, "差 9,878 倍") {
		t.Errorf("the list says %q", list)
	}
	if to := attr(one(t, doc, ".errors a"), "href"); to != "#f-income-2020" {
		t.Errorf("the list leads to %s", to)
	}
	if v := filled(t, doc); v.Get("f.income@2020") != "8100000" || v.Get("f.mentors@2020") != "7" || v.Get("reason") != "看过报表" {
		t.Errorf("what was typed is lost: %v", v)
	}
	band, _ := x.saved(x.press(edit, doc, "填的是 8100000 元，即 810 万元"))
	if got := text(band); !strings.Contains(got, "810 万元（= 8,100,000 元）") {
		t.Errorf("saved: %q", got)
	}
	// Confirmed, it is saved as it stands.
	doc = x.again(x.send(edit, map[string]string{"f.income@2020": "81000"}))
	band, _ = x.saved(x.press(edit, doc, "没错"))
	if got := text(band); !strings.Contains(got, "81,000 万元（= 810,000,000 元）") {
		t.Errorf("saved: %q", got)
	}
}

func (x *formRig) saved2(w *httptest.ResponseRecorder) string {
	x.Helper()
	_, at := x.saved(w)
	return at
}

// A form that is sent back as it was shown changes no amount, whatever its fen are; and what else is changed leaves it.
func TestUntouchedAmountsStay(t *testing.T) {
	x := newFormRig(t, "carrier")
	edit := x.at + "/edit"
	rapid.Check(t, func(rt *rapid.T) {
		fen := rapid.Int64Range(1, 1<<50).Draw(rt, "fen")
		typed := amountText(fen) + "元"
		x.saved2(x.send(edit, map[string]string{"f.fund_size@2020": typed, "sure": "fund_size@2020=" + typed}))
		shown := attr(one(t, x.page(edit), "#f-fund_size-2020"), "value")
		if w := x.send(edit, nil); !strings.Contains(w.Body.String(), "没有改动任何一项") {
			rt.Fatalf("%d fen, shown as %s, sent back untouched: %d %s", fen, shown, w.Code, w.Header().Get("Location"))
		}
		mentors := rapid.IntRange(1, 1_000_000).Draw(rt, "mentors")
		before := text(find(x.page(x.at+"/history"), "[id=of-fund_size@2020] tbody tr")[0])
		x.send(edit, map[string]string{"f.mentors@2020": strings.TrimSpace(amountText(int64(mentors) * 100))})
		if after := text(find(x.page(x.at+"/history"), "[id=of-fund_size@2020] tbody tr")[0]); after != before {
			rt.Fatalf("another value was changed, and this one too: %q, %q", before, after)
		}
		if again := attr(one(t, x.page(edit), "#f-fund_size-2020"), "value"); again != shown {
			rt.Fatalf("%q became %q", shown, again)
		}
	})
}

// amountText writes fen as yuan.
func amountText(fen int64) string {
	s := "000" + strconv.FormatInt(fen, 10)
	whole := strings.TrimLeft(s[:len(s)-2], "0")
	if whole == "" {
		whole = "0"
	}
	return strings.TrimSuffix(strings.TrimRight(whole+"."+s[len(s)-2:], "0"), ".")
}
