package web

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"eyas/internal/fault"
	"eyas/internal/job"
	"eyas/internal/sheet"

	"github.com/xuri/excelize/v2"
)

func TestUploadShowsPreview(t *testing.T) {
	r := newImportRig(t)
	at := r.to(r.upload("年报.csv", annual, url.Values{"register": {"enterprise"}, "year": {"2020"}, "complete": {"abnormal_list", "conduct_ok"}}))
	for lang, lead := range map[string]string{"zh-CN": "将写入 2 行：新企业 2 家，更新 0 家。", "en": "2 rows would be written: 2 new"} {
		w := get(r, at+"?lang="+lang)
		if w.Code != 200 {
			t.Fatalf("%s: %d %s", lang, w.Code, w.Body)
		}
		doc := parse(t, w.Body.String())
		if got := text(one(t, doc, "main h1")); !strings.Contains(got, lead) {
			t.Errorf("%s: headline %q", lang, got)
		}
		if got := texts(find(doc, "table.preview-columns tbody tr th")); len(got) != 3 || got[1] != "营业收入" {
			t.Errorf("columns: %v", got)
		}
		if got := len(find(doc, ".issues tbody tr")); got != 200 {
			t.Errorf("%d issues are listed, want %d", got, 200)
		}
		if strings.Contains(w.Body.String(), "=1+<i>") || strings.Contains(w.Body.String(), "<b>年报") {
			t.Error("text of the file reached the page unescaped")
		}
	}
	u, err := r.deps.Uploads.List()
	if err != nil || len(u) != 1 || u[0].Options.Year != 2020 || len(u[0].Options.Complete) != 1 || u[0].Options.Complete[0] != "abnormal_list" {
		t.Errorf("upload: %+v %v; a person's finding cannot be declared complete", u, err)
	}
	doc := parse(t, get(r, at).Body.String())
	if got := attr(find(doc, "input[name=means-1]")[0], "value"); got != "sales@2020" {
		t.Errorf("营业收入 is shown as %q", got)
	}
	if got := attr(find(doc, "input[name=means-2]")[0], "value"); got != "" {
		t.Errorf("备注 is shown as %q", got)
	}
	if len(r.files.imports) != 0 {
		t.Error("a preview wrote")
	}
}

func TestRefusedUploadsComeBackFilledIn(t *testing.T) {
	for name, c := range map[string]struct {
		file, content string
		fields        url.Values
		want          string
	}{
		"web page": {"a.xls", "<html><body>x</body></html>", nil, "这是网页"},
		"empty":    {"a.csv", "", nil, "是空的"},
		"large":    {"a.csv", strings.Repeat("x", 1001), nil, "超过"},
		"none":     {"", "", nil, "还没有选择文件"},
		"year":     {"a.csv", annual, url.Values{"year": {"20x0"}}, "年份"},
		"register": {"a.csv", annual, url.Values{"register": {"cats"}}, "cats"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newImportRig(t)
			w := r.upload(c.file, c.content, c.fields)
			if w.Code != http.StatusUnprocessableEntity {
				t.Fatalf("status %d", w.Code)
			}
			doc := parse(t, w.Body.String())
			if got := text(one(t, doc, ".errors")); !strings.Contains(got, c.want) {
				t.Errorf("%q does not say %q", got, c.want)
			}
			if got := attr(one(t, doc, "input[name=year]"), "value"); got != c.fields.Get("year") {
				t.Errorf("the year is %q", got)
			}
			if left, _ := r.deps.Uploads.List(); len(left) != 0 {
				t.Errorf("left: %v", left)
			}
		})
	}
	r := newImportRig(t)
	if w := r.post("/import", url.Values{}); w.Code != http.StatusUnprocessableEntity {
		t.Errorf("a form without file: %d", w.Code)
	}
}

func TestChangedMappingIsPreviewedBeforeItIsImported(t *testing.T) {
	r := newImportRig(t)
	at := r.previewed()
	doc := parse(t, get(r, at).Body.String())
	form := url.Values{"year": {"2020"}}
	for _, field := range find(doc, "form input") {
		if name := attr(field, "name"); strings.HasPrefix(name, "header-") || strings.HasPrefix(name, "was-") || strings.HasPrefix(name, "means-") {
			form.Set(name, attr(field, "value"))
		}
	}
	form.Set("means-2", "rd_expense@2019") // 备注
	form.Set("means-1", "")                // 营业收入: unused
	form.Set("action", "import")
	to := r.to(r.post(at, form))
	if !strings.HasPrefix(to, at+"?changed=1") || len(r.files.imports) != 0 {
		t.Fatalf("settings that were not seen were imported (%s)", to)
	}
	r.settle()
	doc = parse(t, get(r, to).Body.String())
	one(t, doc, ".band[role=status]")
	if got := attr(find(doc, "input[name=means-2]")[0], "value"); got != "rd_expense@2019" {
		t.Errorf("备注 now means %q", got)
	}
	u, _ := r.deps.Uploads.List()
	if got := u[0].Options.Map; got["备注"] != "rd_expense@2019" || got["营业收入"] != "-" || len(got) != 2 {
		t.Errorf("map %v; columns that were not changed stay with the file's own header", got)
	}

	form.Set("means-2", "年龄")
	form.Set("was-2", "rd_expense@2019")
	w := r.post(at, form)
	if w.Code != http.StatusUnprocessableEntity {
		t.Fatalf("an unknown attribute: %d", w.Code)
	}
	doc = parse(t, w.Body.String())
	if got := text(one(t, doc, ".errors")); !strings.Contains(got, "年龄") {
		t.Errorf("%q", got)
	}
	if got := attr(find(doc, "input[name=means-2]")[0], "value"); got != "年龄" {
		t.Errorf("the field shows %q, not what was written", got)
	}
}

func TestUnrecognisedHeaderIsNamedByAPerson(t *testing.T) {
	r := newImportRig(t)
	at := r.to(r.upload("x.csv", "科技处汇总,,\n公司,收入情况,年份\n甲公司,5,2020\n乙公司,6,2020\n", nil))
	r.settle()
	doc := parse(t, get(r, at).Body.String())
	if got := texts(find(doc, ".preview-columns tbody th")); strings.Join(got, "|") != "公司|收入情况|年份" {
		t.Fatalf("columns %v", got)
	}
	if got := text(find(doc, ".preview-columns tbody .sample")[0]); got != "甲公司乙公司" && got != "甲公司 乙公司" {
		t.Errorf("samples %q", got)
	}
	form := url.Values{"action": {"preview"}}
	for _, field := range find(doc, "form input") {
		form.Add(attr(field, "name"), attr(field, "value"))
	}
	form.Set("means-1", "收益")
	if w := r.post(at, form); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "没有名为“收益”的属性") {
		t.Errorf("an unknown attribute: %d", w.Code)
	}
	form.Set("means-0", "name")
	form.Set("means-1", "sales@2020")
	if to := r.to(r.post(at, form)); to != at {
		t.Errorf("leads to %s", to)
	}
	u, _ := r.deps.Uploads.List()
	if got := u[0].Options.Map; got["公司"] != "name" || got["收入情况"] != "sales@2020" || len(got) != 2 {
		t.Errorf("map %v", got)
	}
}

func TestImportOnceAndUndoOnce(t *testing.T) {
	r := newImportRig(t)
	at := r.previewed()
	form := url.Values{"year": {"2020"}, "action": {"import"}, "remember": {"1"}}
	first := r.to(r.post(at, form))
	second := r.to(r.post(at, form))
	if first != second || !strings.HasPrefix(first, "/jobs/") {
		t.Fatalf("two clicks gave %s and %s", first, second)
	}
	if s := r.wait(first); s.State != job.Done {
		t.Fatalf("%+v", s)
	}
	if third := r.to(r.post(at, form)); third != first {
		t.Errorf("a click after the end went to %s", third)
	}
	if len(r.files.imports) != 1 {
		t.Fatalf("%d imports", len(r.files.imports))
	}
	if left, _ := r.deps.Uploads.List(); len(left) != 0 {
		t.Errorf("the file still waits: %v", left)
	}
	if to := r.to(get(r, first)); to != "/import/record/1" {
		t.Errorf("the done job leads to %s", to)
	}
	if to := r.to(get(r, at)); to != first {
		t.Errorf("the preview of an imported file leads to %s", to)
	}
	doc := parse(t, get(r, "/import/record/1").Body.String())
	if got := attr(find(doc, ".head .actions a")[0], "href"); got != "/import/record/1/refused.xlsx" {
		t.Errorf("refused rows at %s", got)
	}
	doc = parse(t, get(r, "/import").Body.String())
	if got := texts(find(doc, "table.list tbody tr td.n")); strings.Join(got, " ") != "3 2 0 1" {
		t.Errorf("counts %v", got)
	}

	// The same file again: nothing to write.
	at = r.previewed()
	again := r.to(r.post(at, form))
	r.wait(again)
	if got := text(one(t, parse(t, get(r, again).Body.String()), "p.lead")); !strings.Contains(got, "什么也没有写入") {
		t.Errorf("%q", got)
	}

	// Undo: what it would change first, then once.
	doc = parse(t, get(r, "/import/record/1/undo").Body.String())
	if got := find(doc, ".undo-effects li"); len(got) != 5 || r.files.undos != 0 {
		t.Errorf("%d effects, %d undone", len(got), r.files.undos)
	}
	undo := r.to(r.post("/import/record/1/undo", nil))
	if twice := r.to(r.post("/import/record/1/undo", nil)); twice != undo && twice != "/import/record/1?again=1" {
		t.Errorf("a second click went to %s", twice)
	}
	r.wait(undo)
	if r.files.undos != 1 {
		t.Errorf("undone %d times", r.files.undos)
	}
	doc = parse(t, get(r, "/import/record/1?lang=en").Body.String())
	if got := text(one(t, doc, "h1")); !strings.Contains(got, "was undone on 2021-03-31") {
		t.Errorf("%q", got)
	}
	one(t, doc, ".band")
}

func TestCancelledImportCanBeStartedAgain(t *testing.T) {
	r := newImportRig(t)
	r.files.hold = make(chan struct{})
	at := r.previewed()
	form := url.Values{"year": {"2020"}, "action": {"import"}}
	running := r.to(r.post(at, form))

	doc := parse(t, get(r, "/lab?rule=tsme").Body.String())
	if got := text(one(t, doc, ".top a.running")); !strings.Contains(got, "导入") {
		t.Errorf("the top bar says %q", got)
	}
	if w := get(r, running); w.Code != 200 || len(find(parse(t, w.Body.String()), "noscript")) != 1 {
		t.Errorf("the job's page: %d", w.Code)
	}
	if to := r.to(r.post(running+"/cancel", nil)); to != running {
		t.Errorf("cancel leads to %s", to)
	}
	if s := r.wait(running); s.State != job.Cancelled {
		t.Fatalf("%+v", s)
	}
	if got := get(r, running+"/status").Body.String(); !strings.Contains(got, `"state":"cancelled"`) || !strings.Contains(got, "没有任何改动") {
		t.Errorf("%s", got)
	}
	close(r.files.hold)
	again := r.to(r.post(at, form))
	if again == running {
		t.Fatal("the cancelled job was given again")
	}
	if s := r.wait(again); s.State != job.Done || len(r.files.imports) != 1 {
		t.Errorf("%+v", s)
	}
}

func TestDownloads(t *testing.T) {
	r := newImportRig(t)
	at := r.previewed()
	w := get(r, at+"/issues.xlsx?lang=en")
	f, err := excelize.OpenReader(bytes.NewReader(w.Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	x := readExport(t, w, "")
	if len(x.rows) != 300 {
		t.Fatalf("%d rows", len(x.rows))
	}
	if got := strings.Join(x.rows[0], "|"); got != "whole row||2|营业收入|=1+<i>|This amount cannot be read" {
		t.Errorf("%q", got)
	}
	if formula, _ := f.GetCellFormula(f.GetSheetName(0), fmt.Sprintf("E%d", len(x.above)+2)); formula != "" {
		t.Errorf("a cell of the file became the formula %q", formula)
	}
	if got := w.Header().Get("Content-Disposition"); !strings.Contains(got, "annual-issues.xlsx") {
		t.Errorf("%q", got)
	}

	r.wait(r.to(r.post(at, url.Values{"year": {"2020"}, "action": {"import"}})))
	if w := get(r, "/import/record/1/refused.xlsx"); w.Code != 200 || w.Header().Get("Content-Type") != sheet.ContentType {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	for _, path := range []string{"/import/record/2/refused.xlsx", "/import/record/x", "/import/record/9/undo", "/import/preview/0011223344556677", "/import/preview/..%2f", "/jobs/1"} {
		if w := get(r, path); w.Code != 404 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
			t.Errorf("%s: %d %s", path, w.Code, w.Header().Get("Content-Type"))
		}
	}
}

func TestDiscard(t *testing.T) {
	r := newImportRig(t)
	at := r.previewed()
	u, _ := r.deps.Uploads.List()
	if to := r.to(r.post(at, url.Values{"action": {"discard"}})); to != "/import" {
		t.Errorf("discard leads to %s", to)
	}
	if has, err := r.deps.Files.Has(t.Context(), u[0].SHA256); has || err != nil {
		t.Errorf("the file is still there: %v", err)
	}
}

// The file of an import is given back as it came, as a download and nothing else; undoing the import does not take it.
func TestOriginal(t *testing.T) {
	r := newImportRig(t)
	at := r.previewed()
	r.wait(r.to(r.post(at, url.Values{"year": {"2020"}, "action": {"import"}})))
	for _, undone := range []bool{false, true} {
		if undone {
			r.wait(r.to(r.post("/import/record/1/undo", nil)))
		}
		doc := parse(t, get(r, "/import/record/1").Body.String())
		var links []string
		for _, a := range find(doc, ".head .actions a") {
			links = append(links, attr(a, "href"))
		}
		if !slices.Contains(links, "/import/record/1/original") {
			t.Fatalf("undone %v: links %v", undone, links)
		}
		w := get(r, "/import/record/1/original")
		if w.Code != http.StatusOK || w.Body.String() != annual {
			t.Errorf("undone %v: %d %q", undone, w.Code, w.Body)
		}
		h := w.Header()
		if !strings.HasPrefix(h.Get("Content-Disposition"), "attachment; ") || !strings.Contains(h.Get("Content-Disposition"), "annual.csv") ||
			h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Content-Type") != "application/octet-stream" {
			t.Errorf("headers %v", h)
		}
	}
	r.files.imports[0].SHA256 = strings.Repeat("ab", 32) // of a time before originals were kept
	if w := get(r, "/import/record/1/original"); w.Code != http.StatusNotFound {
		t.Errorf("no original: %d", w.Code)
	}
}

// An import whose job was run again after it was done gives the same answer, and what follows an import follows: the
// process may have died before it was started.
func TestImportRunAgain(t *testing.T) {
	r := newImportRig(t)
	r.previewed()
	u, err := r.deps.Uploads.List()
	if err != nil || len(u) != 1 {
		t.Fatalf("%v %v", u, err)
	}
	r.deps.Pack.Registers[0].CodeAttr = "uscc"
	again := func(upload string, run int) job.Status {
		args := map[string]any{"upload": upload, "options": u[0].Options}
		j, _, err := r.deps.Jobs.Start(t.Context(), job.Spec{Kind: "import", Title: "annual.csv", Key: fmt.Sprint(upload, run), Args: args})
		if err != nil {
			t.Fatal(err)
		}
		done, _ := r.deps.Jobs.Wait(t.Context(), j.ID)
		return done
	}
	for run := 1; run <= 2; run++ {
		j := again(u[0].ID, run)
		var result struct{ ID int64 }
		if err := json.Unmarshal(j.Result, &result); err != nil || j.State != job.Done || result.ID != 1 || len(r.files.imports) != 1 {
			t.Errorf("%+v %v", j, err)
		}
		r.settle()
		linked := 0
		for _, j := range r.deps.Jobs.List(context.Background()) {
			if j.Kind == "link" {
				linked++
			}
		}
		if linked != run {
			t.Errorf("after run %d: %d passes of linkage", run, linked)
		}
	}
	if j := again("0011223344556677", 1); j.State != job.Failed || fault.Of(j.Err) != fault.NotFound {
		t.Errorf("an unknown upload: %+v", j)
	}
}

// A preview that the process has forgotten is made again from the file that waits: leaving and restarting is safe.
func TestPreviewSurvivesARestart(t *testing.T) {
	r := newImportRig(t)
	at := r.previewed()
	d := r.deps
	d.Jobs = job.New(d.Clock, d.Log)
	t.Cleanup(func() { d.Jobs.Close(context.Background()) })
	h, err := New(d)
	if err != nil {
		t.Fatal(err)
	}
	after := &importRig{h, t, r.files, d}
	get(after, at)
	after.settle()
	doc := parse(t, get(after, at).Body.String())
	if got := len(find(doc, "table.preview-columns tbody tr")); got != 3 {
		t.Errorf("%d columns after a restart", got)
	}
}

// What can be declared complete is that of the chosen register alone.
func TestCompleteListsOfTheChosenRegister(t *testing.T) {
	d := town(t)
	rig := newImportRig(t)
	d.Jobs, d.Uploads = rig.deps.Jobs, rig.deps.Uploads
	h := handler(t, d)
	for at, want := range map[string]string{"/import": "enterprise", "/import?register=finance_product": "finance_product", "/import?register=carrier&complete=abnormal_list": "carrier"} {
		doc := parse(t, get(h, at).Body.String())
		shown := 0
		for _, set := range find(doc, "fieldset.complete-list") {
			of := attr(set, "data-of")
			if has(set, "hidden") != has(set, "disabled") || has(set, "hidden") == (of == want) {
				t.Errorf("%s: the ticks of %s: hidden %v", at, of, has(set, "hidden"))
			}
			for _, tick := range find(set, "input") {
				if a := d.Pack.Register(of).Attribute(attr(tick, "value")); a == nil || has(tick, "checked") {
					t.Errorf("%s: %s offers %q, ticked %v", at, of, attr(tick, "value"), has(tick, "checked"))
				} else if of == want {
					shown++
				}
			}
		}
		if shown == 0 && want != "carrier" {
			t.Errorf("%s: nothing can be declared complete", at)
		}
	}
}
