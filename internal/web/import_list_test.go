package web

import (
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
)

// pastRig is a room of data with three imports: one in force, one generated with a source, and one that was taken back.
func pastRig(t *testing.T) *importRig {
	r := newImportRig(t)
	r.deps.Pack.Sources = []*pack.Source{{ID: "abnormal", Name: pack.Text{ZH: "经营异常名录", EN: "Abnormal list"}}}
	one := func(id int64, file string) intake.Import {
		return intake.Import{ID: id, Register: "enterprise", File: file, Size: 2048, Actor: "local", At: importedAt, Report: intake.FileReport{Rows: 1200, Accepted: 1100, Unchanged: 97, Refused: 3, RefusalCount: 3}}
	}
	r.files.imports = []intake.Import{one(1, "<b>登记</b>.csv"), one(2, "异常.csv"), one(3, "年报.xlsx")}
	r.files.imports[1].Synthetic, r.files.imports[1].Source, r.files.imports[1].AsOf = true, "abnormal", time.Date(2021, 2, 28, 0, 0, 0, 0, time.UTC)
	r.files.imports[2].UndoneAt, r.files.imports[2].UndoneBy, r.files.imports[2].Report.Refused = importedAt.Add(time.Hour), "wang", 0
	return r
}

// Addresses of the room of data mean what they have always meant: register, year and source fill in the form and filter nothing.
// What is new in them is asked of the database, for the page and for the file alike.
func TestImportsAreFiltered(t *testing.T) {
	r := pastRig(t)
	day := func(d int) time.Time { return time.Date(2021, 3, d, 0, 0, 0, 0, r.deps.Pack.Zone) }
	yes, no := true, false
	source := r.deps.Pack.Sources[0].ID
	for address, want := range map[string]struct {
		w      fact.Wanted
		offset int
	}{
		// as they were
		"":       {},
		"page=2": {offset: 20},
		"register=enterprise&year=2020&source=" + source + "&asof=2021-03-01&complete=abnormal_list": {},
		// as they are besides
		"text=年报":                                 {w: fact.Wanted{Text: "年报"}},
		"c.register=enterprise":                   {w: fact.Wanted{Registers: []string{"enterprise"}}},
		"c.source=" + source:                      {w: fact.Wanted{Sources: []string{source}}},
		"c.source=" + source + "&missing=source":  {w: fact.Wanted{Sources: []string{source, ""}}},
		"missing=source":                          {w: fact.Wanted{Sources: []string{""}}},
		"t.who=loc":                               {w: fact.Wanted{Who: "loc"}},
		"from.when=2021-03-01&to.when=2021-03-02": {w: fact.Wanted{From: day(1), To: day(3)}},
		"c.state=undone":                          {w: fact.Wanted{Undone: &yes}},
		"c.state=inforce":                         {w: fact.Wanted{Undone: &no}},
		"c.state=inforce&c.state=undone":          {},
		"c.synthetic=yes":                         {w: fact.Wanted{Synthetic: &yes}},
		"c.synthetic=no&register=enterprise":      {w: fact.Wanted{Synthetic: &no}},
		"sort=-rows":                              {w: fact.Wanted{By: "rows", Desc: true}},
		"sort=file":                               {w: fact.Wanted{By: "file"}},
		"sort=refused":                            {w: fact.Wanted{By: "refused"}},
		"sort=when":                               {w: fact.Wanted{By: "when"}},
		"id=1&id=9":                               {w: fact.Wanted{Chosen: []int64{1, 9}}},
	} {
		for _, path := range []string{"/import?", "/import.xlsx?", "/import.xlsx?as=csv&"} {
			r.files.wanted, r.files.offsets = nil, nil
			if w := get(r, path+address); w.Code != 200 {
				t.Fatalf("%s%s: %d %s", path, address, w.Code, w.Body)
			}
			if again := len(r.files.wanted) - 1; again > 1 || again == 1 && (path != "/import?" || want.offset == 0) {
				t.Fatalf("%s%s: asked %+v", path, address, r.files.wanted) // a page behind the last one is the last one
			}
			got, offset := r.files.wanted[0], want.offset
			if path != "/import?" {
				offset = 0 // a file has all pages
			}
			if !got.From.Equal(want.w.From) || !got.To.Equal(want.w.To) || r.files.offsets[0] != offset {
				t.Errorf("%s%s: from %v to %v, row %d on", path, address, got.From, got.To, r.files.offsets[0])
			}
			if got.From, got.To = want.w.From, want.w.To; !reflect.DeepEqual(got, want.w) {
				t.Errorf("%s%s: asked for %+v, want %+v", path, address, got, want.w)
			}
		}
	}
	for _, bad := range []string{"c.register=x", "c.source=x", "c.state=x", "c.synthetic=x", "from.when=x", "sort=who", "t.source=x", "id=x", "page=0"} {
		for _, path := range []string{"/import?", "/import.xlsx?"} {
			if w := get(r, path+bad); w.Code != http.StatusUnprocessableEntity {
				t.Errorf("%s%s: %d", path, bad, w.Code)
			}
		}
	}
}

// A page of imports leads to each, to its refused rows and to taking it back; the file has all that is known of them.
func TestImportsAreListed(t *testing.T) {
	r := pastRig(t)
	for lang, says := range map[string][]string{
		"zh-CN": {"年报.xlsx|—|1,200|1,100|97|0|已撤销", "异常.csv 演示数据|经营异常名录 · 截至 2021-02-28|1,200|1,100|97|3|有效 撤销 异常.csv", "<b>登记</b>.csv|—|1,200|1,100|97|3|有效 撤销 <b>登记</b>.csv"},
		"en":    {"年报.xlsx|—|1,200|1,100|97|0|undone", "异常.csv Demonstration data|Abnormal list · as of 2021-02-28|1,200|1,100|97|3|in force Undo 异常.csv", "<b>登记</b>.csv|—|1,200|1,100|97|3|in force Undo <b>登记</b>.csv"},
	} {
		w := get(r, "/import?lang="+lang)
		doc := parse(t, w.Body.String())
		checkPage(t, "/import", lang, w.Body.String(), doc)
		rows := find(doc, "table.list tbody tr")
		if len(rows) != len(says) {
			t.Fatalf("%d rows", len(rows))
		}
		for i, row := range rows {
			cells := texts(find(row, "td[data-label]"))
			got := strings.Join(slices.Concat(texts(find(row, "th")), cells[:1], cells[3:]), "|")
			want := strings.Split(says[i], "|")
			parts := strings.Split(got, "|")
			if len(parts) != len(want) {
				t.Errorf("%s, row %d: %q", lang, i, got)
				continue
			}
			for k := range want {
				if !strings.Contains(strings.Join(strings.Fields(parts[k]), " "), want[k]) {
					t.Errorf("%s, row %d: %q has no %q", lang, i, parts[k], want[k])
				}
			}
		}
		if strings.Contains(w.Body.String(), "<b>登记") {
			t.Error("a name reached the page unescaped")
		}
		if !strings.Contains(attr(rows[0], "class"), "undone") || len(find(rows[0], "td a")) != 1 {
			t.Errorf("what was taken back is %q, links %q", attr(rows[0], "class"), texts(find(rows[0], "td a")))
		}
		var links []string
		for _, a := range slices.Concat(find(rows[1], "th a"), find(rows[1], "td a")) {
			links = append(links, strings.TrimSuffix(attr(a, "href"), "?lang="+lang))
		}
		if strings.Join(links, " ") != "/import/record/2 /import/record/2 /import/record/2/undo /import/record/2" { // the file, refused rows, taking back, the button of a phone
			t.Errorf("links %q", links)
		}
	}
	x := readExport(t, get(r, "/import.xlsx?lang=zh-CN&c.synthetic=yes"), "")
	if above := strings.Join(x.above, "\n"); !strings.Contains(above, "导入记录") || !strings.Contains(above, "演示数据：是") {
		t.Errorf("above the table: %s", above)
	}
	if len(x.head) != 15 || len(x.rows) != 3 {
		t.Fatalf("head %q, rows %q", x.head, x.rows)
	}
	at := func(row int, head string) string {
		if i := slices.Index(x.head, head); i < len(x.rows[row]) && i >= 0 {
			return x.rows[row][i]
		}
		return ""
	}
	if at(0, "状态") != "已撤销" || at(0, "撤销人") != "wang" || at(1, "数据日期") != "2021-02-28" || at(1, "演示数据") != "是" || at(2, "数据行") != "1,200" || at(2, "大小") != "2048" || at(2, "库") == "" {
		t.Errorf("rows %q of %q", x.rows, x.head)
	}
	if doc := parse(t, get(r, "/import?text=x&page=9&lang=en").Body.String()); !strings.Contains(text(one(t, doc, "h1")), "3 imports") || len(find(doc, ".import-form")) != 1 {
		t.Errorf("headline %q", text(one(t, doc, "h1")))
	}
}
