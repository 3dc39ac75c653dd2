package web

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
	"eyas/internal/rule/list"
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

// Every write is answered with a page that offers to take it back; a second click is told that it was taken back, and what
// has changed again since is asked about before anything is done.
func TestWritesAreTakenBack(t *testing.T) {
	x := newFormRig(t, "carrier")
	edit, history := x.at+"/edit", x.at+"/history"
	area := func() string { return attr(one(t, x.page(edit), "#f-area"), "value") }
	was := area()
	first, at := x.saved(x.send(edit, map[string]string{"f.area": "3210", "reason": "实测"}))
	if got := text(first); !strings.Contains(got, "已保存") || !strings.Contains(got, "场地面积 3,210 平方米") {
		t.Errorf("saved: %q", got)
	}
	if got := text(one(t, x.page(history), "#writes tbody tr")); !strings.Contains(got, "3,210") || !strings.Contains(got, "实测") || !strings.Contains(got, "撤销") {
		t.Errorf("the history says %q", got)
	}
	w := x.undo(first)
	if to := w.Header().Get("Location"); w.Code != http.StatusSeeOther || !strings.HasPrefix(to, x.at) {
		t.Fatalf("taking it back answers %d, to %q", w.Code, to)
	}
	if band := one(t, x.page(w.Header().Get("Location")), "main .done"); !strings.Contains(text(band), "已撤销") || len(find(band, "button")) != 0 {
		t.Errorf("taken back: %q", text(band))
	}
	if now := area(); now != was {
		t.Errorf("%q is %q after all was taken back", was, now)
	}
	w = x.undo(first) // a second click, from the page as it was
	if band := text(one(t, x.page(w.Header().Get("Location")), "main .done")); !strings.Contains(band, "已经撤销，没有再改动什么") {
		t.Errorf("a second click: %q", band)
	}
	if band := text(one(t, x.page(at), "main .done")); !strings.Contains(band, "已撤销") {
		t.Errorf("the page of the write, loaded again: %q", band)
	}
	if got := text(one(t, x.page(history), "#writes tbody tr")); !strings.Contains(got, "已撤销") {
		t.Errorf("the history says %q", got)
	}

	older, _ := x.saved(x.send(edit, map[string]string{"f.area": "3000"}))
	x.saved(x.send(edit, map[string]string{"f.area": "3100"}))
	w = x.undo(older)
	doc := parse(t, w.Body.String())
	checkPage(t, "the question", "zh-CN", w.Body.String(), doc)
	if ask := text(one(t, doc, "main")); w.Code != http.StatusConflict || !strings.Contains(ask, "“场地面积”又改成了 3,100") {
		t.Fatalf("taking back what was changed again answers %d: %s", w.Code, ask)
	}
	if now := area(); now != "3100" {
		t.Errorf("asked only, and yet it is %q", now)
	}
	w = x.undo(one(t, doc, "main"))
	if band := text(one(t, x.page(w.Header().Get("Location")), "main .done")); !strings.Contains(band, "已撤销") {
		t.Errorf("taken back all the same: %q", band)
	}
	if now := area(); now != "3100" {
		t.Errorf("what came later is %q now", now)
	}

	// Whoever was added goes again, and the reader to the list.
	v := filled(t, x.page("/registers/demand/new"))
	for name, value := range map[string]string{"f.name": "撤销用的需求", "f.demand_kind": "tech", "f.proposer": "某某公司"} {
		v.Set(name, value)
	}
	band, _ := x.saved(post(x.h, "/registers/demand/new", v))
	w = x.undo(band)
	if to := w.Header().Get("Location"); !strings.HasPrefix(to, "/registers/demand?") {
		t.Errorf("after somebody new was taken back, the page is %s", to)
	}
	for _, at := range []string{"/undo/entry/x", "/undo/entry/0", "/undo/entry/1..99999999", "/undo/nothing/1"} {
		if w := post(x.h, at, url.Values{}); w.Code != http.StatusNotFound {
			t.Errorf("%s answers %d", at, w.Code)
		}
	}
	if w := post(x.h, "/undo/entry/1", url.Values{}); w.Code != http.StatusUnprocessableEntity { // a file
		t.Errorf("a file answers %d", w.Code)
	}
}

// A correction says what is wrong beside its field, asks about an amount that is far away, and is taken back.
func TestCorrectionOfAnAmount(t *testing.T) {
	x := newFormRig(t, "carrier")
	x.saved(x.send(x.at+"/edit", map[string]string{"f.income@2020": "820", "sure": "income@2020=820"}))
	at := x.at + "/correct?key=income@2020"
	doc := x.page(at)
	if got := text(one(t, doc, "label[for=value]")); !strings.Contains(got, "（万元）") {
		t.Errorf("the label is %q", got)
	}
	v := valuesOf(one(t, doc, "form.correct"))
	v.Set("value", "8300000")
	doc = x.again(post(x.h, x.at+"/correct", v))
	list := find(one(t, doc, ".errors"), "a")
	if len(list) != 2 || attr(list[0], "href") != "#value" || attr(list[1], "href") != "#reason" {
		t.Errorf("the list: %q", text(one(t, doc, ".errors")))
	}
	v = valuesOf(one(t, doc, "form.correct"))
	v.Set("reason", "看过年报原件")
	v.Set("as", "income@2020=元")
	band, _ := x.saved(post(x.h, x.at+"/correct", v))
	if got := text(band); !strings.Contains(got, "830 万元（= 8,300,000 元）") {
		t.Errorf("saved: %q", got)
	}
	if w := x.undo(band); w.Code != http.StatusSeeOther {
		t.Errorf("taking it back answers %d", w.Code)
	}
	if got := attr(one(t, x.page(x.at+"/edit"), "#f-income-2020"), "value"); got != "820" {
		t.Errorf("after taking it back it is %q", got)
	}
}

// valuesOf is a form as a browser would send it.
func valuesOf(form *html.Node) url.Values {
	v := url.Values{}
	for _, f := range find(form, "input") {
		if kind := attr(f, "type"); (kind == "checkbox" || kind == "radio") && !has(f, "checked") {
			continue
		}
		v.Add(attr(f, "name"), attr(f, "value"))
	}
	for _, f := range find(form, "textarea") {
		v.Add(attr(f, "name"), text(f))
	}
	return v
}

// All that is wrong stands beside its field and in the list above; a code of 17 characters is refused with the reason.
func TestFaultsOfAForm(t *testing.T) {
	x := newFormRig(t, "institution")
	doc := x.again(x.send("/registers/institution/new", map[string]string{"f.uscc": "9112010400000001X", "f.registered_on": "2021-02-30", "f.staff@2020": "很多"}))
	list := find(one(t, doc, ".errors"), "a")
	if len(list) != 5 { // what is required, and what cannot be read
		t.Errorf("the list: %q", text(one(t, doc, ".errors")))
	}
	doc = x.again(x.send("/registers/institution/new", map[string]string{"f.name": "示例研究院", "f.institution_kind": "university", "f.uscc": "9112010400000001X", "f.registered_on": "2021-02-30", "f.staff@2020": "很多"}))
	list = find(one(t, doc, ".errors"), "a")
	for i, want := range []struct{ id, says string }{{"f-uscc", "应为 18 位，这里有 17 位"}, {"f-registered_on", "日期"}, {"f-staff-2020", "整数"}} {
		if i >= len(list) || attr(list[i], "href") != "#"+want.id || !strings.Contains(text(list[i]), want.says) {
			t.Fatalf("the list: %q", text(one(t, doc, ".errors")))
		}
		field := one(t, doc, "#"+want.id)
		if attr(field, "aria-invalid") != "true" || !strings.Contains(attr(field, "aria-describedby"), "p-"+want.id) || !strings.Contains(text(one(t, doc, "#p-"+want.id)), want.says) {
			t.Errorf("%s is not marked", want.id)
		}
	}
	if v := filled(t, doc); v.Get("f.name") != "示例研究院" || v.Get("f.staff@2020") != "很多" {
		t.Errorf("what was typed is lost: %v", v)
	}
	// A check character that fails is asked about: the code may stand on the certificate so.
	doc = x.again(x.send("/registers/institution/new", map[string]string{"f.name": "示例研究院", "f.institution_kind": "university", "f.uscc": "911201040000000017"}))
	if ask := text(one(t, doc, "#q-f-uscc")); !strings.Contains(ask, "校验码") {
		t.Errorf("asked: %q", ask)
	}
	band, _ := x.saved(x.press("/registers/institution/new", doc, "没有抄错"))
	if got := text(band); !strings.Contains(got, "示例研究院") {
		t.Errorf("saved: %q", got)
	}
}

// A new name that is known asks which is meant: the one that is known, of which code and district are told, or another one.
func TestANameThatIsKnownIsAskedAbout(t *testing.T) {
	x := newFormRig(t, "carrier")
	name := text(one(t, x.page(x.at), "h1"))
	fields := map[string]string{"f.name": name, "f.carrier_kind": "incubator", "f.district": "120110"}
	doc := x.again(x.send("/registers/carrier/new", fields))
	ask := one(t, doc, "#q-f-name")
	if got := text(ask); !strings.Contains(got, "同名") || !strings.Contains(got, "是同一家，去看："+name) || !strings.Contains(got, "不是，新建") {
		t.Errorf("asked: %q", got)
	}
	if to := attr(one(t, ask, "a"), "href"); to != x.at {
		t.Errorf("leads to %s, not %s", to, x.at)
	}
	_, at := x.saved(x.press("/registers/carrier/new", doc, "不是，新建"))
	if at, _, _ = strings.Cut(at, "?"); at == x.at {
		t.Error("it was added to the one that is known")
	}
	doc = x.again(x.send("/registers/carrier/new", fields))
	_, at = x.saved(x.press("/registers/carrier/new", doc, "补到它名下："+name))
	if at, _, _ = strings.Cut(at, "?"); at != x.at {
		t.Errorf("it was added to %s, not to the one that is known", at)
	}
}

// Without script a name is looked for and taken by buttons, and another year is shown; nothing that was typed is lost.
func TestStepsOfAForm(t *testing.T) {
	x := newFormRig(t, "carrier")
	edit := x.at + "/edit"
	step := func(doc *html.Node, pairs ...string) *html.Node {
		t.Helper()
		v := filled(t, doc)
		for i := 0; i < len(pairs); i += 2 {
			v.Set(pairs[i], pairs[i+1])
		}
		w := post(x.h, edit, v)
		if w.Code != 200 {
			t.Fatalf("answers %d: %s", w.Code, w.Body)
		}
		return parse(t, w.Body.String())
	}
	doc := step(x.page(edit), "f.operator", "海河大学", "f.mentors@2020", "55", "find", "operator")
	pick := find(doc, ".found button")
	if len(pick) == 0 || attr(one(t, doc, "#f-mentors-2020"), "value") != "55" {
		t.Fatalf("found %d", len(pick))
	}
	doc = step(doc, "pick", attr(pick[0], "value"))
	if v := filled(t, doc); v.Get("f.operator") != text(pick[0]) || len(v.Get("f.operator_code")) != 18 || v.Get("f.mentors@2020") != "55" {
		t.Errorf("taken: %q %q", v.Get("f.operator"), v.Get("f.operator_code"))
	}
	doc = step(doc, "do", "year", "year", "2019", "f.area", "777")
	if attr(one(t, doc, "#f-area"), "value") != "777" || len(find(doc, "#f-mentors-2019")) != 1 || len(find(doc, "#f-mentors-2020")) != 0 {
		t.Error("another year is not shown, or what was typed is lost")
	}
	v := filled(t, doc)
	v.Set("f.mentors@2019", "44")
	band, _ := x.saved(post(x.h, edit, v))
	for _, want := range []string{"场地面积 777", "另有"} {
		if !strings.Contains(text(band), want) {
			t.Errorf("saved: %q", text(band))
		}
	}
	writes := text(find(x.page(x.at+"/history"), "#writes tbody tr")[0])
	for _, want := range []string{"2020 创业导师数 55", "2019 创业导师数 44", "运营单位"} {
		if !strings.Contains(writes, want) {
			t.Errorf("written: %q lacks %q", writes, want)
		}
	}
}

// tenant reports whether the page of an enterprise names a carrier.
func tenant(page *html.Node) bool {
	for _, th := range find(page, ".related tbody th") {
		if text(th) == "入驻载体" {
			return true
		}
	}
	return false
}

// A carrier takes tenants from its own page: pasted as codes and names, shown as understood, written as one and taken back.
func TestACarrierTakesTenants(t *testing.T) {
	x := newFormRig(t, "carrier")
	rows := find(x.page("/enterprises"), "table.list tbody tr")
	type firm struct{ name, at, code string }
	var firms []firm
	for _, row := range rows {
		link := one(t, row, "th a")
		at, _, _ := strings.Cut(attr(link, "href"), "?")
		if f := (firm{text(link), at, at[strings.LastIndexByte(at, '/')+1:]}); len(f.code) == 18 && len(firms) < 3 && !tenant(x.page(at)) {
			firms = append(firms, f)
		}
	}
	firms = firms[:2]
	carrier := text(one(t, x.page(x.at), "h1"))
	var way string
	for _, a := range find(x.page(x.at), ".ways a") {
		if text(a) == "添加入驻企业" {
			way = attr(a, "href")
		}
	}
	doc := x.page(way)
	v := valuesOf(one(t, doc, "form.relate"))
	v.Set("lines", firms[0].code+"\t随便什么\r\n"+firms[1].name+"\r\n没有这家公司\r\n"+firms[0].name)
	v.Set("day", "2021-03-01")
	v.Set("do", "save")
	w := post(x.h, way, v) // sent without having been looked at: it is shown first
	doc = parse(t, w.Body.String())
	checkPage(t, way, "zh-CN", w.Body.String(), doc)
	states := []string{}
	for _, row := range find(doc, "table.understood tbody tr") {
		states = append(states, attr(row, "class"))
	}
	if got := strings.Join(states, " "); got != "is-ready is-ready is-none is-twice" {
		t.Fatalf("understood as %s: %s", got, text(one(t, doc, "main")))
	}
	v = valuesOf(one(t, doc, "form.relate"))
	v.Set("lines", firms[0].code+"\r\n"+firms[1].name)
	v.Set("do", "save")
	w = post(x.h, way, v)
	at := w.Header().Get("Location")
	if w.Code != http.StatusSeeOther || !strings.HasPrefix(at, x.at+"?saved=entry-") || !strings.HasSuffix(at, "#relations") {
		t.Fatalf("answers %d, to %q: %s", w.Code, at, text(parse(t, w.Body.String())))
	}
	doc = x.page(strings.TrimSuffix(at, "#relations"))
	band := one(t, doc, "main .done")
	for _, f := range firms {
		if !strings.Contains(text(band), f.name) {
			t.Errorf("saved: %q", text(band))
		}
		if got := text(one(t, x.page(f.at), "main")); !strings.Contains(got, carrier) || !strings.Contains(got, "2021-03-01") {
			t.Errorf("%s does not name the carrier", f.name)
		}
	}
	v = valuesOf(one(t, x.page(way), "form.relate"))
	v.Set("lines", firms[0].code)
	v.Set("do", "look")
	w = post(x.h, way+"&part=1", v) // what scripts ask for
	if got := w.Body.String(); !strings.Contains(got, "is-already") || strings.Contains(got, "<main") {
		t.Errorf("asked again: %s", got)
	}
	if w := x.undo(band); w.Code != http.StatusSeeOther {
		t.Fatalf("taking it back answers %d: %s", w.Code, w.Body)
	}
	for _, f := range firms {
		if tenant(x.page(f.at)) {
			t.Errorf("%s still names the carrier", f.name)
		}
	}
}

// Every relation of the pack has a form from either side, and every form answers.
func TestEveryRelationHasAForm(t *testing.T) {
	d := town(t)
	h := handler(t, d)
	for _, reg := range d.Pack.Registers {
		list := "/registers/" + reg.ID
		if reg == d.Pack.Main() {
			list = "/enterprises"
		}
		doc := parse(t, get(h, list).Body.String())
		at := attr(find(doc, "table.list tbody th a")[0], "href")
		page := parse(t, get(h, at).Body.String())
		ways := find(page, ".related .ways a")
		if want := len(reg.Relations) + len(d.Pack.RelationsTo(reg.ID)); len(ways) != want {
			t.Errorf("%s offers %d relations of %d", at, len(ways), want)
		}
		for _, lang := range []string{"zh-CN", "en"} {
			for _, a := range ways {
				to := attr(a, "href") + "&lang=" + lang
				w := get(h, to)
				if w.Code != 200 {
					t.Fatalf("%s answers %d: %s", to, w.Code, w.Body)
				}
				checkPage(t, to, lang, w.Body.String(), parse(t, w.Body.String()))
			}
		}
	}
	for _, at := range []string{"/s/1/relate", "/s/1/relate?rel=carrier.nothing", "/s/1/relate?rel=person.works_at&side=", "/registers/person/propose?relation=x&q=a", "/registers/none/propose?q=a"} {
		if w := get(h, at); w.Code != http.StatusNotFound {
			t.Errorf("%s answers %d", at, w.Code)
		}
	}
}

// brokenEntries fails as a database does that is gone.
type brokenEntries struct{ Entries }

func (brokenEntries) Enter(context.Context, intake.Entry) (int64, int64, error) {
	return 0, 0, errors.New("the disk is gone")
}

// A form that was not taken in for no fault of who filled it in comes back with all that was typed, and can be sent again.
func TestALostFormComesBack(t *testing.T) {
	d := town(t)
	whole := handler(t, d)
	d.Entries = brokenEntries{d.Entries}
	x := &formRig{T: t, h: handler(t, d)}
	at, _, _ := strings.Cut(attr(find(x.page("/registers/carrier"), "table.list tbody th a")[0], "href"), "?")

	// The form of a subject is shown again as it was filled in.
	w := x.send(at+"/edit", map[string]string{"f.area": "4321", "reason": "实测"})
	doc := parse(t, w.Body.String())
	if w.Code != http.StatusInternalServerError || !strings.Contains(text(one(t, doc, ".errors")), "您填的都还在") {
		t.Fatalf("answers %d: %s", w.Code, text(one(t, doc, "main")))
	}
	v := filled(t, doc)
	if v.Get("f.area") != "4321" || v.Get("reason") != "实测" {
		t.Errorf("what was typed is lost: %v", v)
	}
	if w := post(whole, at+"/edit", v); w.Code != http.StatusSeeOther {
		t.Errorf("sent again: %d %s", w.Code, w.Body)
	}

	// Any other form is kept in the page that says so.
	v = valuesOf(one(t, x.page(at+"/correct?key=area"), "form.correct"))
	v.Set("value", "4322")
	v.Set("reason", "又量了一遍")
	w = post(x.h, at+"/correct", v)
	doc = parse(t, w.Body.String())
	checkPage(t, "the lost form", "zh-CN", w.Body.String(), doc)
	if got := text(one(t, doc, "main")); w.Code != http.StatusInternalServerError || !strings.Contains(got, "还没有保存") || !strings.Contains(got, "又量了一遍") || strings.Contains(got, "disk") {
		t.Fatalf("answers %d: %s", w.Code, got)
	}
	if w := post(whole, at+"/correct", valuesOf(one(t, doc, "main form"))); w.Code != http.StatusSeeOther {
		t.Errorf("sent again: %d %s", w.Code, w.Body)
	}
	if got := attr(one(t, (&formRig{T: t, h: whole}).page(at+"/edit"), "#f-area"), "value"); got != "4322" {
		t.Errorf("saved as %q", got)
	}

	// While registers are loaded, forms are taken in, and names are found in the database.
	d = town(t)
	d.Registers = func(context.Context, string, fact.Moment) (Base, error) { return nil, list.ErrLoading }
	h := handler(t, d)
	w = post(h, "/registers/carrier/new", url.Values{"f.name": {"还在载入的孵化器"}, "f.carrier_kind": {"incubator"}, "f.district": {"120110"}})
	if w.Code != http.StatusSeeOther {
		t.Errorf("while loading: %d %s", w.Code, text(parse(t, w.Body.String())))
	}
	if w := get(h, "/registers/carrier/propose?q=还在载入"); w.Code != 200 || !strings.Contains(w.Body.String(), "还在载入的孵化器") {
		t.Errorf("proposed while loading: %d %s", w.Code, w.Body)
	}
}
