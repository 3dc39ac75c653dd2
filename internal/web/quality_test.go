package web

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/job"
	"eyas/internal/pack"
	"eyas/internal/quality"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
	"eyas/internal/registry/sight"
	"eyas/internal/web/frame"
)

// fakeQuality has one finding and remembers what it was told.
type fakeQuality struct {
	row       quality.Row
	registers []*pack.Register
	aged      []quality.Aged
	behind    bool
	told      []string
	asked     quality.Filter // of the list, last
}

func (f *fakeQuality) Refresh(context.Context, func(int)) (quality.Refreshed, error) {
	f.behind = false
	return quality.Refreshed{}, nil
}

func (f *fakeQuality) Upon(ctx context.Context, _ sight.Seen, write func(context.Context) error) error {
	return write(ctx)
}

func (f *fakeQuality) Behind(context.Context) (bool, error) { return f.behind, nil }

func (f *fakeQuality) Registers() []*pack.Register { return f.registers }

func (f *fakeQuality) Gathered(context.Context, string) ([]quality.Aged, error) { return f.aged, nil }

func (f *fakeQuality) Old(_ context.Context, _, _ string, fn func(*fact.Profile, time.Time) error) error {
	for i := range 300 {
		if err := fn(&fact.Profile{Subject: int64(i + 1), Name: "旧<企业>"}, importedAt); err != nil {
			return err
		}
	}
	return nil
}

func (f *fakeQuality) Tallies(context.Context, string) ([]quality.Tally, time.Time, error) {
	return []quality.Tally{{Rule: f.row.Rule, District: f.row.District, Import: f.row.Import, State: f.row.State, N: 1234}}, importedAt, nil
}

func (f *fakeQuality) Listed(_ context.Context, filter quality.Filter, offset, limit int) ([]quality.Row, int, error) {
	f.asked = filter
	if slices.Contains(filter.Districts, "") || slices.Contains(filter.States, quality.Asked) {
		return nil, 0, nil
	}
	return []quality.Row{f.row}[:min(limit, 1)], 1234, nil
}

func (f *fakeQuality) Doubts(_ context.Context, subject int64) ([]quality.Row, error) {
	if subject != f.row.Subject {
		return nil, nil
	}
	return []quality.Row{f.row}, nil
}

func (f *fakeQuality) Found(_ context.Context, k quality.Key) (*quality.Row, error) {
	if k != f.row.Key {
		return nil, fault.New(fault.NotFound, "没有", "none")
	}
	return &f.row, nil
}

func (f *fakeQuality) tell(parts ...string) error {
	f.told = append(f.told, strings.Join(parts, "|"))
	return nil
}

func (f *fakeQuality) Assign(ctx context.Context, k quality.Key, assignee, note string) error {
	return f.tell("assign", auth.Of(ctx), k.String(), assignee, note)
}

func (f *fakeQuality) Ask(ctx context.Context, k quality.Key, question string) error {
	return f.tell("ask", auth.Of(ctx), k.String(), question)
}

func (f *fakeQuality) Dismiss(ctx context.Context, k quality.Key, reason string) error {
	return f.tell("dismiss", auth.Of(ctx), k.String(), reason)
}

func (f *fakeQuality) Reopen(ctx context.Context, k quality.Key) error {
	return f.tell("reopen", auth.Of(ctx), k.String())
}

func (f *fakeQuality) Accept(ctx context.Context, k quality.Key, lang string, _ quality.Corrector) (int64, error) {
	return 31, f.tell("accept", auth.Of(ctx), k.String(), lang)
}

func (f *fakeQuality) Mend(ctx context.Context, k quality.Key, text, reason string, _ quality.Corrector) (int64, error) {
	return 32, f.tell("mend", auth.Of(ctx), k.String(), text, reason)
}

func qualityRig(t *testing.T) (Deps, *fakeQuality) {
	t.Helper()
	d, f := rig(t, 20)
	f.synthetic = true
	d.Pack.Quality = []*pack.QualityRule{{ID: "unit_slip", Kind: pack.Slip, Test: "unit", Register: d.Pack.Registers[0].ID, Name: pack.Text{ZH: "金额单位写错", EN: "Amount in another unit"},
		Says: pack.Text{ZH: "像是千元。", EN: "Seems thousands."}, Attributes: []string{"sales"}, Against: "staff", Mends: "source", Severity: "high"}}
	d.Pack.Sources = []*pack.Source{{ID: "annual", Register: d.Pack.Registers[0].ID, Name: pack.Text{ZH: "企业年报", EN: "Annual statement"}, Steward: pack.Text{ZH: "企业", EN: "The enterprise"}, Stale: 550}}
	subject := f.t.Subjects[0]
	q := &fakeQuality{registers: d.Pack.Registers, aged: []quality.Aged{{Source: "annual", Subjects: 300, Oldest: 18000, Newest: 18100}}, row: quality.Row{Key: quality.Key{Subject: subject, Rule: "unit_slip", Attribute: "sales", Year: 2020}, Register: d.Pack.Registers[0].ID, Name: "天津<甲>公司",
		District: "120110", Value: "5460", Offer: &quality.Offered{Value: "5460000", Factor: 1000}, Because: pack.Text{ZH: "2019 年 520 万元", EN: "5.2 million yuan in 2019"},
		Import: 1, Record: 7, Cell: "C17", FoundAt: importedAt, State: quality.Open, ChangedAt: importedAt}}
	d.Quality = q
	d.Correct = func(context.Context, quality.Correction) (int64, error) { return 0, nil }
	jobs := job.New(time.Now, slog.New(slog.NewTextHandler(io.Discard, nil)))
	t.Cleanup(func() { jobs.Close(context.Background()) })
	d.Jobs = jobs
	d.Imports = importNames{f}
	return d, q
}

// importNames gives every import a name.
type importNames struct{ *fakeRegistry }

func (n importNames) Imports(ctx context.Context, w fact.Wanted, _, _ int) (list []intake.Import, _ int, _ error) {
	for _, id := range w.Chosen {
		i, err := n.ImportByID(ctx, id)
		if err != nil {
			return nil, 0, err
		}
		list = append(list, *i)
	}
	return list, len(list), nil
}

func (importNames) ImportByID(_ context.Context, id int64) (*intake.Import, error) {
	return &intake.Import{ID: id, File: "2020年报.xlsx", Options: layout.Options{Source: "annual"}}, nil
}

func TestQualityPages(t *testing.T) {
	d, q := qualityRig(t)
	h := handler(t, d)
	for _, lang := range []string{"zh-CN", "en"} {
		for path, want := range map[string]string{
			"/quality": "1,234", "/quality?in=120110&rule=unit_slip&sort=name&desc=1&page=2&from=annual": "天津<甲>公司", "/quality/old?from=annual": "旧<企业>", "/quality?state=asked": "1,234",
			"/quality?done=accept&n=1": "1", "/quality/" + q.row.Key.String(): "2020年报.xlsx", "/quality/" + q.row.Key.String() + "/letter": "天津<甲>公司",
		} {
			at := path + "?lang=" + lang
			if strings.Contains(path, "?") {
				at = path + "&lang=" + lang
			}
			w := get(h, at)
			doc := parse(t, w.Body.String())
			if w.Code != http.StatusOK || !strings.Contains(text(doc), want) {
				t.Errorf("%s: %d without %q", at, w.Code, want)
			}
			checkPage(t, at, lang, w.Body.String(), doc)
		}
	}
	for _, path := range []string{"/quality/old?from=nosuch", "/quality/nosuch", "/quality/1.unit_slip.sales.1999"} {
		if w := get(h, path); w.Code != http.StatusNotFound {
			t.Errorf("%s answers %d", path, w.Code)
		}
	}
	for _, path := range []string{"/quality.xlsx?rule=unit_slip", "/quality.xlsx?from=annual&col=kind&col=found", "/quality/old.xlsx?from=annual"} {
		if w := get(h, path); w.Code != http.StatusOK || !strings.HasPrefix(w.Body.String(), "PK") {
			t.Errorf("%s answers %d", path, w.Code)
		}
	}
	q.behind = true
	doc := parse(t, get(h, "/quality").Body.String())
	if _, ok := d.Jobs.Find(context.Background(), "quality"); ok {
		t.Error("looking at the page starts a search")
	}
	if attr(one(t, doc, ".band form"), "action") != "/quality/search" {
		t.Error("the page does not offer to search what has changed")
	}
	if post(h, "/quality/search", nil).Code != http.StatusSeeOther {
		t.Error("the search cannot be started")
	}
	if s, ok := d.Jobs.Find(context.Background(), "quality"); !ok || s.Kind != "quality" {
		t.Error("what has changed is not searched")
	}
}

// Addresses of the board mean what they have always meant, for the page and for the file, and what is new in them is what the
// columns hold.
func TestAddressesOfQuality(t *testing.T) {
	d, q := qualityRig(t)
	h := handler(t, d)
	register := d.Pack.Registers[0].ID
	day := func(text string) time.Time {
		at, err := time.ParseInLocation(time.DateOnly, text, d.Pack.Zone)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	for address, want := range map[string]quality.Filter{
		// as they were
		"":                       {Sort: "severity"},
		"rule=unit_slip":         {Sort: "severity", Rules: []string{"unit_slip"}},
		"in=120110":              {Sort: "severity", Districts: []string{"120110"}},
		"in=-":                   {Sort: "severity", Districts: []string{""}},
		"state=asked":            {Sort: "severity", States: []quality.State{quality.Asked}},
		"state=mended":           {Sort: "severity", States: []quality.State{quality.Mended}},
		"from=annual":            {Sort: "severity", Imports: []int64{1}},
		"assignee=东丽区科技局":        {Sort: "severity", Assignees: []string{"东丽区科技局"}},
		"sort=name":              {Sort: "name"},
		"sort=name&desc=1":       {Sort: "name", Desc: true},
		"sort=found&desc=1":      {Sort: "found", Desc: true},
		"sort=rule":              {Sort: "rule"},
		"sort=severity":          {Sort: "severity"},
		"desc=1":                 {Sort: "severity", Desc: true},
		"sort=name&desc=0":       {Sort: "name"},
		"rule=&in=&state=&sort=": {Sort: "severity"},
		"done=accept&n=1&page=2": {Sort: "severity"},
		"register=nosuch":        {Sort: "severity"},
		"in=120110&rule=unit_slip&sort=name&desc=1&page=2&from=annual": {Sort: "name", Desc: true, Districts: []string{"120110"}, Rules: []string{"unit_slip"}, Imports: []int64{1}},
		// as they are besides
		"text=甲":                      {Sort: "severity", Text: "甲"},
		"sort=-found":                 {Sort: "found", Desc: true},
		"sort=-name&desc=1":           {Sort: "name", Desc: true},
		"c.kind=slip":                 {Sort: "severity", Rules: []string{"unit_slip"}},
		"c.kind=stale":                {Sort: "severity", Rules: []string{}},
		"c.kind=stale&c.kind=slip":    {Sort: "severity", Rules: []string{"unit_slip"}},
		"rule=unit_slip&c.kind=stale": {Sort: "severity", Rules: []string{}},
		"c.severity=high":             {Sort: "severity", Rules: []string{"unit_slip"}},
		"c.severity=low":              {Sort: "severity", Rules: []string{}},
		"in=-&in=120110":              {Sort: "severity", Districts: []string{"", "120110"}},
		"state=open&state=assigned":   {Sort: "severity", States: []quality.State{quality.Assigned, quality.Open}},
		"id=7&id=9":                   {Sort: "severity", Subjects: []int64{7, 9}},
		"from.found=2026-01-02":       {Sort: "severity", From: day("2026-01-02")},
		"to.found=2026-01-02":         {Sort: "severity", To: day("2026-01-03")},
		"from.found=2026-01-31&to.found=2026-01-31&from=annual": {Sort: "severity", From: day("2026-01-31"), To: day("2026-02-01"), Imports: []int64{1}},
	} {
		want.Register = register
		for _, path := range []string{"/quality", "/quality.xlsx"} {
			q.asked = quality.Filter{}
			values, err := url.ParseQuery(address)
			if err != nil {
				t.Fatal(err)
			}
			if w := get(h, path+"?"+values.Encode()); w.Code != http.StatusOK {
				t.Errorf("%s?%s answers %d", path, address, w.Code)
			}
			slices.Sort(q.asked.Districts)
			if !reflect.DeepEqual(q.asked, want) {
				t.Errorf("%s?%s asks for %+v, not %+v", path, address, q.asked, want)
			}
		}
	}
	for _, address := range []string{"rule=nosuch", "in=nosuch", "state=nosuch", "from=nosuch", "sort=nothing", "c.kind=nosuch", "c.severity=x", "from.found=never", "id=x", "c.nothing=1"} {
		for _, path := range []string{"/quality", "/quality.xlsx"} {
			if w := get(h, path+"?"+address); w.Code != http.StatusUnprocessableEntity {
				t.Errorf("%s?%s answers %d", path, address, w.Code)
			}
		}
	}
}

// The list is one as all are, and its rows are picked for the form that decides, with what was seen of each.
func TestQualityList(t *testing.T) {
	d, q := qualityRig(t)
	h := handler(t, d)
	key := q.row.Key.String()
	doc := parse(t, get(h, "/quality?sort=name&desc=1&from=annual&done=accept&n=1&saved=entry-31&lang=zh-CN").Body.String())
	if attr(one(t, doc, "form#decide"), "action") != "/quality?desc=1&from=annual&lang=zh-CN&sort=name" {
		t.Errorf("a decision goes to %s", attr(one(t, doc, "form#decide"), "action"))
	}
	tick := one(t, doc, `td.pick input[type=checkbox]`)
	if attr(tick, "form") != "decide" || attr(tick, "name") != "key" || attr(tick, "value") != key {
		t.Errorf("a picked row sends %s=%s by %s", attr(tick, "name"), attr(tick, "value"), attr(tick, "form"))
	}
	saw := one(t, doc, `td.pick input[type=hidden]`)
	if attr(saw, "form") != "decide" || attr(saw, "name") != frame.SeenField || attr(saw, "value") != q.row.Key.Saw()+"="+q.row.Mark() {
		t.Errorf("what was seen is sent as %s=%s by %s", attr(saw, "name"), attr(saw, "value"), attr(saw, "form"))
	}
	if button := one(t, doc, `button[name=one]`); attr(button, "form") != "decide" || attr(button, "value") != "accept:"+key {
		t.Errorf("the correction in place sends %s by %s", attr(button, "value"), attr(button, "form"))
	}
	for _, action := range []string{"assign", "dismiss", "accept"} {
		one(t, doc, `form#decide button[name=action][value=`+action+`]`)
	}
	if n := len(find(doc, "form#select")); n != 0 {
		t.Error("picked rows are exported too")
	}
	// What the list leads to is written as all lists write it, and says the same.
	if to := attr(one(t, doc, "th.name-head a"), "href"); strings.Contains(to, "desc") || strings.Contains(to, "done") || strings.Contains(to, "sort=") {
		t.Errorf("the third click on the name goes to %s", to)
	}
	for _, link := range append(find(doc, "nav.pager a"), find(doc, "ul.chips a")...) {
		if to := attr(link, "href"); !strings.Contains(to, "sort=-name") || strings.Contains(to, "desc") {
			t.Errorf("the order is lost on the way to %s", to)
		}
	}
	if len(find(doc, "ul.chips a")) != 1 {
		t.Error("the source is no filter that can be taken off")
	}
	// Columns are chosen, and remembered for this list.
	w := get(h, "/quality?col=found&col=kind&lang=zh-CN")
	if got := w.Header().Get("Set-Cookie"); !strings.Contains(got, "cols-quality=") {
		t.Errorf("columns are remembered as %q", got)
	}
	if got := text(one(t, parse(t, w.Body.String()), "table.list tbody tr")); !strings.Contains(got, "单位") || strings.Contains(got, "546") {
		t.Errorf("a row with two chosen columns says %q", got)
	}
	// Without a way to correct, the suggestion is only said.
	d.Correct = nil
	doc = parse(t, get(handler(t, d), "/quality").Body.String())
	if len(find(doc, `button[name=one]`)) != 0 || !strings.Contains(text(one(t, doc, "table.list tbody tr")), "5460000") {
		t.Errorf("without corrections the row says %q", text(one(t, doc, "table.list tbody tr")))
	}
}

// What an import changes is searched without anybody asking; without a board nothing happens.
func TestQualityAfterImport(t *testing.T) {
	d, q := qualityRig(t)
	f, _, err := open(d)
	if err != nil {
		t.Fatal(err)
	}
	q.behind = true
	f.Changed(t.Context())
	status, ok := d.Jobs.Find(context.Background(), "quality")
	if !ok {
		t.Fatal("nothing is searched")
	}
	if done, ok := d.Jobs.Wait(t.Context(), status.ID); !ok || done.State != job.Done || q.behind {
		t.Errorf("the search ends as %+v, behind %v", done, q.behind)
	}
	d.Quality = nil
	if f, _, err = open(d); err != nil {
		t.Fatal(err)
	}
	f.Changed(t.Context())
}

func TestQualityDecisions(t *testing.T) {
	d, q := qualityRig(t)
	h := handler(t, d)
	key := q.row.Key.String()
	post := func(form url.Values) *httptest.ResponseRecorder {
		form.Set(frame.SeenField, q.row.Key.Saw()+"=x")
		r := httptest.NewRequest(http.MethodPost, "/quality?rule=unit_slip", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w
	}
	for _, c := range []struct {
		form url.Values
		told string
		to   string
	}{
		{url.Values{"one": {"accept:" + key}, "key": {"ticked"}}, "accept|local|" + key + "|zh-CN", "done=accept&n=1&rule=unit_slip&saved=entry-31"},
		{url.Values{"action": {"mend"}, "key": {key}, "value": {"5460万元"}, "reason": {"核对"}}, "mend|local|" + key + "|5460万元|核对", "done=mend&n=1&rule=unit_slip&saved=entry-32"},
		{url.Values{"action": {"assign"}, "key": {key}, "assignee": {"区局"}, "note": {"快"}}, "assign|local|" + key + "|区局|快", "done=assign&n=1&rule=unit_slip&saved=finding-" + key},
		{url.Values{"action": {"ask"}, "key": {key}, "question": {"？"}}, "ask|local|" + key + "|？", "done=ask&n=1"},
		{url.Values{"action": {"dismiss"}, "key": {key, key}, "reason": {"对"}}, "dismiss|local|" + key + "|对", "done=dismiss&n=2&rule=unit_slip&saved=finding-" + key + "%2C" + key},
		{url.Values{"action": {"reopen"}, "key": {key}}, "reopen|local|" + key, "done=reopen&n=1"},
	} {
		q.told = nil
		w := post(c.form)
		if to := w.Header().Get("Location"); w.Code != http.StatusSeeOther || !strings.Contains(to, c.to) || !strings.Contains(to, "rule=unit_slip") {
			t.Errorf("%v: %d to %s, want %s", c.form, w.Code, to, c.to)
		}
		if len(q.told) == 0 || q.told[0] != c.told {
			t.Errorf("%v: tells %q, want %q", c.form, q.told, c.told)
		}
	}
	for _, form := range []url.Values{{"action": {"assign"}}, {"action": {"nosuch"}, "key": {key}}, {"action": {"reopen"}, "key": {"x"}}} {
		if w := post(form); w.Code != http.StatusBadRequest && w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%v answers %d", form, w.Code)
		}
	}
}
