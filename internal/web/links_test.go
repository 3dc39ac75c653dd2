package web

import (
	"bytes"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"eyas/internal/registry/fact"
)

func linksRig(t *testing.T) (http.Handler, *fakeLinks) {
	d, base := rig(t, 30)
	base.synthetic = true
	f := newFakeLinks(base)
	d.Identities, d.Joins = f, f
	return handler(t, d), f
}

func TestLinks(t *testing.T) {
	h, f := linksRig(t)
	for lang, want := range map[string][2]string{"zh-CN": {"有 3 对主体要由人确认是否同一家。", "很可能是同一家： 约 91 比 1"}, "en": {"3 pairs of subjects wait", "Probably the same: about 91 to 1"}} {
		w := get(h, "/links?lang="+lang)
		if w.Code != 200 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		doc := parse(t, w.Body.String())
		checkPage(t, "/links", lang, w.Body.String(), doc)
		if got := text(one(t, doc, "main h1")); !strings.Contains(got, want[0]) {
			t.Errorf("headline %q", got)
		}
		if got := text(one(t, doc, ".pair-weight")); got != want[1] {
			t.Errorf("weight %q", got)
		}
		if strings.Contains(w.Body.String(), "<b>东平") {
			t.Error("a name reached the page unescaped")
		}
		names := find(doc, "table.sides thead th .side-name")
		if len(names) != 2 || strings.Join(texts(find(names[0], "mark")), "|") != "市<b>|</b>" || strings.Join(texts(find(names[1], "mark")), "|") != "发展" {
			t.Errorf("names %q", texts(names))
		}
		if n := len(find(doc, "table.sides tbody tr")); n < 2 {
			t.Errorf("%d attributes are compared", n)
		}
		if n := len(find(doc, "table.evidence tbody tr")); n != 3 || len(find(doc, "table.evidence rect")) != 2 {
			t.Errorf("%d rows of evidence", n)
		}
		for _, key := range []string{"s", "d", "l", "j"} {
			one(t, doc, "[data-key="+key+"]")
		}
	}
	w := send(h, "/links/1", url.Values{"answer": {"same"}, "reason": {"看过执照"}, "next": {"2"}})
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/links?done=1&q=2" {
		t.Fatalf("%d to %s: %s", w.Code, w.Header().Get("Location"), w.Body)
	}
	if w := send(h, "/links/1", url.Values{"answer": {"same"}, "next": {"2"}}); w.Code != http.StatusSeeOther || f.questions[0].Reason != "看过执照" || len(f.merges) != 1 {
		t.Errorf("a second click: %d, %+v", w.Code, f.questions[0])
	}
	doc := parse(t, get(h, "/links?done=1&q=2").Body.String())
	if got := text(one(t, doc, ".done")); !strings.Contains(got, "已合为一家") {
		t.Errorf("done %q", got)
	}
	one(t, doc, ".done [data-key=u]")
	if got := attr(one(t, doc, "form.answer"), "action"); got != "/links/2" {
		t.Errorf("asked next: %s", got)
	}
	if w := send(h, "/links/1/undo", nil); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/links?q=1" || f.questions[0].State != fact.Open {
		t.Errorf("taken back: %d %s %s", w.Code, w.Header().Get("Location"), f.questions[0].State)
	}
	send(h, "/links/3", url.Values{"answer": {"later"}})
	doc = parse(t, get(h, "/links?state=later&lang=en").Body.String())
	if rows := find(doc, "table.list tbody tr"); len(rows) != 1 || !strings.Contains(strings.Join(texts(find(rows[0], "td")), "|"), "|Later|2021-03-02") {
		t.Errorf("put aside: %q", texts(rows))
	}
	if got := text(one(t, doc, ".states a[aria-current=true]")); got != "Later 1" {
		t.Errorf("tab %q", got)
	}
}

func TestLinksRefuseNonsense(t *testing.T) {
	h, _ := linksRig(t)
	for q, want := range map[string]int{"/links?state=x": 422, "/links?register=x": 422, "/links?q=x": 422, "/links?q=99": 404, "/links?page=0": 422, "/links?page=9": 200, "/links?done=x": 200, "/links?from.weight=x": 422, "/links?from.weight=NaN": 422, "/links?to.when=x": 422, "/links?sort=who": 422, "/links?c.who=x": 422,
		"/merges?state=x": 422, "/merges?register=x": 422, "/merges?page=-1": 422} {
		if w := get(h, q); w.Code != want {
			t.Errorf("%s answers %d, want %d", q, w.Code, want)
		}
	}
	for path, want := range map[string]int{"/links/1": 422, "/links/x": 404, "/links/99": 404, "/links/99/undo": 404, "/merges/7/undo": 404, "/merges/x/undo": 404} {
		if w := send(h, path, url.Values{"answer": {map[bool]string{true: "same", false: "maybe"}[strings.Contains(path, "99")]}}); w.Code != want {
			t.Errorf("%s answers %d, want %d", path, w.Code, want)
		}
	}
}

func TestMergesAreListedAndTakenBack(t *testing.T) {
	h, f := linksRig(t)
	send(h, "/links/1", url.Values{"answer": {"same"}, "reason": {"看过执照"}})
	send(h, "/links/2", url.Values{"answer": {"same"}})
	for _, lang := range []string{"zh-CN", "en"} {
		w := get(h, "/merges?lang="+lang)
		doc := parse(t, w.Body.String())
		checkPage(t, "/merges", lang, w.Body.String(), doc)
		if n := len(find(doc, "table.list tbody tr")); n != 2 {
			t.Errorf("%d merges", n)
		}
	}
	if w := send(h, "/merges/1/undo", url.Values{"state": {"standing"}}); w.Header().Get("Location") != "/merges?done=1&state=standing" {
		t.Errorf("%d %s", w.Code, w.Header().Get("Location"))
	}
	if f.merges[0].UndoneAt.IsZero() {
		t.Error("not taken back")
	}
	doc := parse(t, get(h, "/merges?state=undone&done=1").Body.String())
	if rows := find(doc, "table.list tbody tr.undone"); len(rows) != 1 || len(find(rows[0], "form")) != 0 || !strings.Contains(text(rows[0]), "看过执照") {
		t.Errorf("undone: %q", texts(rows))
	}
	if got := text(one(t, doc, "main h1")); !strings.Contains(got, "有 1 个主体") {
		t.Errorf("headline %q", got)
	}
	for path, want := range map[string]string{"/links.xlsx?state=same&lang=en": "seen", "/merges.xlsx?lang=en": "a person"} {
		book, err := excelize.OpenReader(bytes.NewReader(get(h, path).Body.Bytes()))
		if err != nil {
			t.Fatal(path, err)
		}
		rows, err := book.GetRows(book.GetSheetName(0))
		if err != nil || len(rows) < 4 || !strings.Contains(strings.Join(rows[len(rows)-1], "|"), want) {
			t.Errorf("%s: %q %v", path, rows, err)
		}
	}
}

// Addresses of pairs mean what they have always meant, and what is new in them is asked of the database, for the page and for the
// file alike.
func TestPairsAreFiltered(t *testing.T) {
	h, f := linksRig(t)
	day := func(d int) time.Time { return time.Date(2021, 3, d, 0, 0, 0, 0, time.UTC) } // the zone of the rig's city
	thousandths := func(v int64) *int64 { return &v }
	for address, want := range map[string]askedPairs{
		// as they were
		"":                               {state: fact.Open},
		"register=enterprise":            {state: fact.Open},
		"state=open":                     {state: fact.Open},
		"state=later":                    {state: fact.Later},
		"state=same&register=enterprise": {state: fact.Same},
		"state=different&q=1":            {state: fact.Different},
		"state=moot&page=2":              {state: fact.Moot, offset: 20},
		"q=2&done=1&page=3":              {state: fact.Open, offset: 40},
		// as they are besides
		"text=东平":                                            {state: fact.Open, w: fact.Wanted{Text: "东平"}},
		"from.weight=0.3&to.weight=-1.5":                     {state: fact.Open, w: fact.Wanted{Least: thousandths(300), Most: thousandths(-1500)}},
		"from.weight=−2&to.weight=1,024.0005":                {state: fact.Open, w: fact.Wanted{Least: thousandths(-2000), Most: thousandths(1024000)}},
		"from.when=2021-03-01&to.when=2021-03-02&state=same": {state: fact.Same, w: fact.Wanted{From: day(1), To: day(3)}},
		"t.who=loc&state=different":                          {state: fact.Different, w: fact.Wanted{Who: "loc"}},
		"sort=weight":                                        {state: fact.Open, w: fact.Wanted{By: "weight"}},
		"sort=-weight":                                       {state: fact.Open, w: fact.Wanted{By: "weight", Desc: true}},
		"id=1&id=9":                                          {state: fact.Open, w: fact.Wanted{Chosen: []int64{1, 9}}},
	} {
		for _, path := range []string{"/links?", "/links.xlsx?", "/links.xlsx?as=csv&"} {
			f.pairs = nil
			if w := get(h, path+address); w.Code != 200 {
				t.Fatalf("%s%s: %d %s", path, address, w.Code, w.Body)
			}
			got, want := f.pairs[0], want
			if again := len(f.pairs) - 1; again > 1 || again == 1 && (path != "/links?" || want.offset == 0 || f.pairs[1].offset != 0) {
				t.Fatalf("%s%s: asked %+v", path, address, f.pairs) // a page behind the last one is the last one
			}
			if path != "/links?" {
				want.offset = 0 // a file has all pages
			}
			if !got.w.From.Equal(want.w.From) || !got.w.To.Equal(want.w.To) {
				t.Errorf("%s%s: from %v to %v", path, address, got.w.From, got.w.To)
			}
			if got.w.From, got.w.To = want.w.From, want.w.To; !reflect.DeepEqual(got, want) {
				t.Errorf("%s%s: asked for %+v, want %+v", path, address, got, want)
			}
		}
	}
	x := readExport(t, get(h, "/links.xlsx?lang=zh-CN&from.weight=0.3"), "")
	if above := strings.Join(x.above, "\n"); !strings.HasPrefix(above, "演示数据：待确认关联\n") || !strings.Contains(above, "0.3") || !strings.Contains(above, "待确认") {
		t.Errorf("above the table: %s", above)
	}
	if len(x.head) != 11 || len(x.rows) != 3 || x.rows[0][0] != "天津市<b>东平</b>科技有限公司" || x.rows[0][5] != "6.5" || !strings.Contains(x.rows[0][6], "字号相同（支持）") {
		t.Errorf("head %q, rows %q", x.head, x.rows)
	}
	if x := readExport(t, get(h, "/links.xlsx?col=weight&lang=en"), ""); len(x.head) != 2 {
		t.Errorf("one column was chosen: %q", x.head)
	}
}

// Whoever answers a pair comes back to the list as it was filtered; a page shows which of its rows is asked.
func TestAnswersReturnToTheSameList(t *testing.T) {
	h, _ := linksRig(t)
	const list = "from.weight=-20&sort=weight&text=%E4%B8%9C"
	doc := parse(t, get(h, "/links?q=2&done=x&page=1&date=2021-03-01&"+list).Body.String())
	row := one(t, doc, "table.list tbody tr.at")
	if link := find(row, "th a[aria-current=true]"); len(link) != 1 || attr(link[0], "href") != "/links?date=2021-03-01&from.weight=-20&page=1&q=2&sort=weight&text=%E4%B8%9C" {
		t.Errorf("the row at hand: %q", texts(find(row, "a")))
	}
	form := url.Values{"answer": {"later"}, "next": {"3"}}
	for _, field := range find(doc, "form.answer input[type=hidden]") {
		if name := attr(field, "name"); name != "next" {
			form.Add(name, attr(field, "value"))
		}
	}
	if w := send(h, "/links/2?date=2021-03-01", form); w.Header().Get("Location") != "/links?date=2021-03-01&done=2&from.weight=-20&q=3&sort=weight&text=%E4%B8%9C" {
		t.Errorf("%d %s", w.Code, w.Header().Get("Location"))
	}
	for _, where := range []string{".states a", ".list thead a", ".chips a"} {
		links := find(doc, where)
		if len(links) == 0 {
			t.Errorf("no links %s", where)
		}
		for _, link := range links {
			if to, err := url.Parse(attr(link, "href")); err != nil || to.Query().Has("done") || to.Query().Has("q") {
				t.Errorf("%q leads to %s, %v", text(link), to, err)
			}
		}
	}
	var files []string
	for _, link := range find(doc, ".actions a") {
		if to := attr(link, "href"); strings.HasPrefix(to, "/links.xlsx?") {
			files = append(files, to)
		}
	}
	if len(files) != 2 || strings.Contains(files[0], "as=") || !strings.HasPrefix(files[1], "/links.xlsx?as=csv&") || strings.Replace(files[1], "as=csv&", "", 1) != files[0] {
		t.Errorf("files: %q", files)
	}
}

// What the address asks of merges is asked of the database, for the page and for the file; the file says it in words.
func TestMergesAreFiltered(t *testing.T) {
	h, f := linksRig(t)
	send(h, "/links/1", url.Values{"answer": {"same"}, "reason": {"看过执照"}})
	const asked = "register=enterprise&text=东平&c.how=person&c.how=code&from.when=2021-03-01&to.when=2021-03-02&t.who=loc&sort=-when&id=1&id=9"
	day := func(d int) time.Time { return time.Date(2021, 3, d, 0, 0, 0, 0, time.UTC) } // the zone of the rig's city
	want := fact.Wanted{Text: "东平", Hows: []string{"code", "person"}, From: day(1), To: day(3), Who: "loc", Chosen: []int64{1, 9}, By: "when", Desc: true}
	for _, path := range []string{"/merges?", "/merges.xlsx?", "/merges.xlsx?as=csv&"} {
		f.wanted = nil
		if w := get(h, path+asked); w.Code != 200 {
			t.Fatalf("%s: %d %s", path, w.Code, w.Body)
		}
		if len(f.wanted) != 1 {
			t.Fatalf("%s: asked %d times", path, len(f.wanted))
		}
		got := f.wanted[0]
		if !got.From.Equal(want.From) || !got.To.Equal(want.To) {
			t.Errorf("%s: from %v to %v", path, got.From, got.To)
		}
		if got.From, got.To = want.From, want.To; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: asked for %+v, want %+v", path, got, want)
		}
	}
	x := readExport(t, get(h, "/merges.xlsx?"+asked), "")
	if above := strings.Join(x.above, "\n"); !strings.HasPrefix(above, "演示数据：合并\n") || !strings.Contains(above, "东平") || !strings.Contains(above, "2021-03-01") {
		t.Errorf("above the table: %s", above)
	}
	if len(x.head) != 11 || len(x.rows) != 1 || !strings.Contains(strings.Join(x.rows[0], "|"), "看过执照") {
		t.Errorf("head %q, rows %q", x.head, x.rows)
	}
	for _, bad := range []string{"state=x", "c.how=x", "from.when=x", "sort=who", "t.how=x"} {
		if w := get(h, "/merges?"+bad); w.Code != http.StatusUnprocessableEntity && w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", bad, w.Code)
		}
	}
}
