package web

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"eyas/internal/file"
	"eyas/internal/pack"
	"eyas/internal/quality"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
	"eyas/internal/registry/intake"
	"eyas/internal/sheet"
	"eyas/internal/web/frame"
	"eyas/internal/web/spool"
)

// fakeResults says that every import changed 120 subjects, brought one, and was followed by merges and questions.
type fakeResults struct{ reg *pack.Register }

func (f fakeResults) Changes(_ context.Context, _, from int64, brought bool, limit int) (list []intake.Altered, next int64, err error) {
	if brought {
		return []intake.Altered{{Record: 7, Subject: fact.Ref{Subject: 9, Code: "91120110MA06XJ4K0N", Name: "新<来>公司"}, New: true}}, 0, nil
	}
	from = max(from, 1)
	for ; from <= 120 && len(list) < limit; from++ {
		was, is := fact.Fact{Attr: f.reg.Attribute("staff"), Value: fact.Value{Num: 10}}, fact.Fact{Attr: f.reg.Attribute("staff"), Value: fact.Value{Num: float64(from)}, Record: 7, Cell: 3}
		c := intake.Altered{Record: 7, Subject: fact.Ref{Subject: from, Name: "旧公司"}, Values: []intake.ChangedValue{{Attr: was.Attr, Year: 2020, From: &was, To: &is}}}
		if phone := f.reg.Attribute("phone"); phone != nil && from == 1 {
			c.Values = append(c.Values, intake.ChangedValue{Attr: phone, To: &fact.Fact{Attr: phone, Value: fact.Value{Str: "13812340000"}}})
		}
		list = append(list, c)
	}
	if from > 120 {
		from = 0
	}
	return list, from, nil
}

func (f fakeResults) Followed(_ context.Context, _ int64, limit int) ([]identity.Joined, int, error) {
	return []identity.Joined{{ID: 41, Register: f.reg.ID, From: fact.Ref{Subject: 3, Name: "天津甲厂"}, Into: fact.Ref{Subject: 4, Name: "天津甲<总>厂"}}}, 30, nil
}

func (f fakeResults) Owed(ctx context.Context, id int64, limit int) ([]identity.Joined, int, error) {
	return f.Followed(ctx, id, limit)
}

func (f fakeResults) AskedAbout(context.Context, int64, int) ([]int64, int, error) {
	return []int64{5, 8}, 2, nil
}

// resultRig is an import rig with one import, whose results are told.
func resultRig(t *testing.T) (*importRig, http.Handler) {
	t.Helper()
	r := newImportRig(t)
	d := r.deps
	d.Results = fakeResults{d.Pack.Registers[0]}
	d.Pack.Registers[0].Attribute("phone").Personal = true
	h, err := New(d)
	if err != nil {
		t.Fatal(err)
	}
	r.Handler = h
	at := r.previewed()
	r.wait(r.to(r.post(at, url.Values{"year": {"2020"}, "action": {"import"}})))
	r.settle()
	r.files.imports[0].Report.Effect = intake.Effect{Counted: true, Brought: 1, Updated: 120}
	return r, h
}

// The page of an import answers “what happened”: by numbers that lead to lists, page by page, with merges that can be undone.
func TestResultOfImport(t *testing.T) {
	r, h := resultRig(t)
	for _, lang := range []string{"zh-CN", "en"} {
		w := get(h, "/import/record/1?lang="+lang)
		doc := parse(t, w.Body.String())
		said := texts(find(doc, "ul.did li"))
		if len(said) < 5 || !strings.HasPrefix(said[0], "1") || !strings.HasPrefix(said[1], "120") || !strings.HasPrefix(said[3], "30") || !strings.HasPrefix(said[4], "2") {
			t.Errorf("%s: %q", lang, said)
		}
		if got := len(find(doc, "table.did-list tbody tr")); got != 50 {
			t.Errorf("%s: %d changes on a page", lang, got)
		}
		first := text(find(doc, "table.did-list tbody tr")[0])
		if !strings.Contains(first, "10") || !strings.Contains(first, "1") || strings.Contains(first, "13812340000") {
			t.Errorf("%s: a change says %q", lang, first)
		}
	}
	doc := parse(t, get(h, "/import/record/1").Body.String())
	// All pages of the list are reached, and each subject is on one.
	seen, at := 0, "/import/record/1"
	for range 5 {
		doc := parse(t, get(h, at).Body.String())
		seen += len(find(doc, "table.did-list tbody tr"))
		at = ""
		for _, a := range find(doc, ".actions a.button") {
			if to := attr(a, "href"); strings.Contains(to, "row=") {
				at = strings.TrimSuffix(to, "#list")
			}
		}
		if at == "" {
			break
		}
	}
	if seen != 120 {
		t.Errorf("%d of 120 changes are reached", seen)
	}
	if got := attr(find(doc, "ul.did a")[3], "href"); !strings.Contains(got, "/links?") || !strings.Contains(got, "id=5") || !strings.Contains(got, "id=8") {
		t.Errorf("questions at %s", got)
	}
	form := one(t, doc, "ul.did-merges form")
	if attr(form, "action") != "/merges/41/undo" || attr(one(t, doc, "ul.did-merges input[name=import]"), "value") != "1" {
		t.Errorf("a merge is undone at %s", attr(form, "action"))
	}
	doc = parse(t, get(h, "/import/record/1?show=new").Body.String())
	if got := texts(find(doc, "table.did-list tbody th")); len(got) != 1 || !strings.Contains(got[0], "新<来>公司") {
		t.Errorf("new: %q", got)
	}
	for _, at := range []string{"?show=x", "?show=changed&row=x", "?show=in.nosuch"} {
		if w := get(h, "/import/record/1"+at); w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s answers %d", at, w.Code)
		}
	}

	// Undo names what it takes back; the second time it says so.
	undo := get(h, "/import/record/1/undo")
	doc = parse(t, undo.Body.String())
	for _, want := range []string{"annual.csv", "3 行", "1 家", "30 对", "天津甲<总>厂"} {
		if !strings.Contains(text(one(t, doc, "main")), want) {
			t.Errorf("before undoing %q is not said", want)
		}
	}
	r.wait(r.to(r.post("/import/record/1/undo", nil)))
	again := r.to(r.post("/import/record/1/undo", nil))
	if r.files.undos != 1 || !strings.Contains(again, "again=1") {
		t.Errorf("undone %d times; the second click goes to %s", r.files.undos, again)
	}
	doc = parse(t, get(h, again).Body.String())
	if got := text(one(t, doc, "main")); !strings.Contains(got, "已经在 2021-03-31") || len(find(doc, "ul.did")) != 0 {
		t.Errorf("undone twice: %q", got)
	}
}

// A workbook of refused rows is read as its file was, and as a part of it, whatever the form says.
func TestMendedRowsAreReadAsBefore(t *testing.T) {
	r := newImportRig(t)
	r.wait(r.to(r.post(r.previewed(), url.Values{"year": {"2020"}, "action": {"import"}})))
	r.settle()
	imp := &r.files.imports[0]
	imp.Options.Map = map[string]string{"收入": "sales@2019/万元"}
	book := func(digest string) string {
		var out bytes.Buffer
		b := sheet.NewBook(&out, "zh-CN")
		if err := b.Sheet(sheet.Sheet{Name: "x", Notes: []string{sheet.Refused("zh-CN", 1, digest)}, Head: []any{"企业名称", sheet.Column{Head: "拒绝原因", Aside: true}}}); err != nil {
			t.Fatal(err)
		}
		if err := b.Row([]any{sheet.Doubt{Note: "没有名称"}, "没有名称"}); err != nil {
			t.Fatal(err)
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	for _, c := range []struct {
		digest string
		mended bool
	}{{imp.SHA256, true}, {"0123456789abcdef", false}} {
		big := newImportRig(t)
		big.files.imports = r.files.imports
		d := big.deps
		d.Uploads = openUploads(t, d.Files, d.Clock)
		h, err := New(d)
		if err != nil {
			t.Fatal(err)
		}
		big.Handler, big.deps = h, d
		big.upload("改好.xlsx", book(c.digest), url.Values{"register": {"enterprise"}, "year": {"2018"}})
		list, err := d.Uploads.List()
		if err != nil || len(list) != 1 {
			t.Fatalf("%d uploads, %v", len(list), err)
		}
		opt := list[0].Options
		if mended := opt.Map["收入"] != "" && opt.Year == 2020 && opt.Partial; mended != c.mended {
			t.Errorf("digest %.8s: read with %+v", c.digest, opt)
		}
	}
}

// After a decision the list has the focus at the row that follows, a correction is taken back in place, and picked values are
// exported alone.
func TestQualityInPlace(t *testing.T) {
	d, q := qualityRig(t)
	other := q.row
	other.Subject++
	other.Name = "天津乙公司"
	two := &twoFindings{q, other}
	d.Quality = two
	f := &fakeImports{imports: []intake.Import{{ID: 1}, {ID: 2}}}
	d.Intake = f
	h := handler(t, d)
	key, next := q.row.Key.String(), other.Key.String()
	w := post(h, "/quality?from=annual", url.Values{"one": {"accept:" + key}, frame.SeenField: {q.row.Key.Saw() + "=" + q.row.Mark()}})
	to := w.Header().Get("Location")
	if w.Code != http.StatusSeeOther || !strings.Contains(to, "at="+url.QueryEscape(next)) || !strings.Contains(to, "from=annual") {
		t.Fatalf("%d to %s", w.Code, to)
	}
	doc := parse(t, get(h, to).Body.String())
	focus := find(doc, "[autofocus]")
	if len(focus) != 1 || attr(focus[0], "value") != "accept:"+next {
		t.Errorf("%d elements take the focus", len(focus))
	}
}

// twoFindings is a board with a second finding.
type twoFindings struct {
	*fakeQuality
	other quality.Row
}

func (f *twoFindings) Listed(ctx context.Context, filter quality.Filter, offset, limit int) ([]quality.Row, int, error) {
	rows, n, err := f.fakeQuality.Listed(ctx, filter, offset, limit)
	if len(rows) > 0 {
		rows = append(rows, f.other)
	}
	return rows, n, err
}

// openUploads is a folder for uploads that has room for a workbook.
func openUploads(t *testing.T, files *file.Store, clock func() time.Time) *spool.Folder {
	t.Helper()
	return spool.Open(files, file.Upload, spool.Limits{File: 100_000, Total: 1_000_000, Files: 50}, clock)
}
