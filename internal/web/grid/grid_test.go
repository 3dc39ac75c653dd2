package grid

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"eyas/internal/fault"
	"eyas/internal/sheet"
	"eyas/internal/web/address"
)

// question is a row as a database would give it.
type question struct {
	id     int64
	name   string
	state  string
	weight float64
}

// questions are a source that is no register.
type questions struct {
	all  []question
	cols Columns
}

func newQuestions() *questions {
	s := &questions{cols: Columns{Title: "Pair", SortTitle: "name", Usual: []string{"state", "weight"}}}
	s.cols.List = []*Column{
		{ID: "state", Head: "State", Group: "Basic", By: Choose, Field: "state", Offered: true, Sort: "state",
			Choices: func() []Choice { return []Choice{{Value: "open", Label: "Open"}, {Value: "done", Label: "Done"}} },
			Check: func(v string) error {
				if v != "open" && v != "done" {
					return address.UnknownFilter("state", v)
				}
				return nil
			},
			Name: func(v string) string { return strings.ToUpper(v[:1]) + v[1:] }},
		{ID: "weight", Alias: "weight@2020", Head: "Weight", Unit: "bit", Group: "Basic", By: Range, Number: true, Blank: true, Sort: "weight",
			Bound: func(text string) (float64, error) {
				v, err := strconv.ParseFloat(text, 64)
				if err != nil {
					return 0, address.UnknownFilter("weight", text)
				}
				return v, nil
			}},
		{ID: "who", Head: "Who", Group: "Others", By: Contain, Also: []string{"c.who"}, Blank: true},
		{ID: "phone", Head: "Phone", Bare: true, Blank: true},
	}
	for i := range 30 {
		s.all = append(s.all, question{int64(i + 1), "pair " + strconv.Itoa(i+1), []string{"open", "done"}[i%2], float64(i)})
	}
	return s
}

func (s *questions) Columns() *Columns { return &s.cols }

func (s *questions) fit(q *Query) (rows []Row) {
	for _, x := range s.all {
		state, weight := q.Where["state"], q.Where["weight"]
		if len(state.Values) > 0 && !slices.Contains(state.Values, x.state) || weight.From != nil && x.weight < *weight.From || weight.To != nil && x.weight > *weight.To ||
			!strings.Contains(x.name, q.Text) || q.Chosen != nil && !slices.Contains(q.Chosen, x.id) {
			continue
		}
		r := Row{ID: x.id, Name: x.name, URL: "/links?q=" + strconv.FormatInt(x.id, 10)}
		for _, c := range q.Columns {
			r.Cells = append(r.Cells, map[string]Cell{"state": {Text: x.state}, "weight": {Text: strconv.FormatFloat(x.weight, 'f', 1, 64), Value: x.weight}, "who": {}}[c.ID])
		}
		rows = append(rows, r)
	}
	if q.Desc {
		slices.Reverse(rows)
	}
	return rows
}

func (s *questions) Page(_ context.Context, q *Query, offset, limit int) ([]Row, int, error) {
	rows := s.fit(q)
	return rows[min(offset, len(rows)):min(offset+limit, len(rows))], len(rows), nil
}

func (s *questions) Each(_ context.Context, q *Query, fn func(*Row) error) error {
	for _, r := range s.fit(q) {
		if err := fn(&r); err != nil {
			return err
		}
	}
	return nil
}

// ask reads an address and shows the list.
func ask(t *testing.T, at string, cookies ...string) (*Query, *View, error) {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, at, nil)
	for _, c := range cookies {
		r.AddCookie(&http.Cookie{Name: "cols", Value: c})
	}
	reader := &address.Reader{Zone: time.UTC, Clock: time.Now, Lang: "en"}
	a, err := reader.Read(r)
	if err != nil {
		t.Fatal(err)
	}
	src := newQuestions()
	q, err := Read(r, a, src, "cols")
	if err != nil {
		return nil, nil, err
	}
	words := func(key string, pairs ...any) string {
		for i := 1; i < len(pairs); i += 2 {
			if text, ok := pairs[i].(string); ok {
				key += " " + text
			}
		}
		return key
	}
	v, err := Show(t.Context(), a, src, q, Options{PerPage: 10, Export: "/links.xlsx", Text: words, Now: func() time.Time { return time.Time{} }})
	return q, v, err
}

func heads(q *Query) (ids []string) {
	for _, c := range q.Columns {
		ids = append(ids, c.ID)
	}
	return ids
}

func TestQuery(t *testing.T) {
	for at, want := range map[string]struct {
		total int
		heads string
		chips string
	}{
		"/links":            {30, "state,weight", ""},
		"/links?state=open": {15, "state,weight", "grid.chip State Open"},
		"/links?state=open&state=done&state=open":  {30, "state,weight", "grid.chip State Donegrid.orOpen"},
		"/links?from.weight=3&to.weight=5":         {3, "state,weight", "grid.chip Weight grid.between 3 grid.amount 5 bit"},
		"/links?from.weight@2020=28":               {2, "state,weight", "grid.chip Weight grid.from grid.amount 28 bit"},
		"/links?to.weight=1&missing=weight@2020":   {2, "state,weight", "grid.chip Weight grid.to grid.amount 1 bitgrid.orgrid.blank"},
		"/links?text=pair+3":                       {2, "state,weight", "grid.chip.text pair 3"},
		"/links?id=4&id=7":                         {2, "state,weight", "grid.chip.chosen"},
		"/links?col=who&col=nothing&col=phone":     {30, "who", ""},
		"/links?col=-":                             {30, "state,weight", ""},
		"/links?t.who=Li&col=weight":               {30, "weight,who", "grid.chip.has Who Li"}, // what is asked for is shown
		"/links?missing=phone":                     {30, "state,weight", "grid.chip Phone grid.blank"},
		"/links?register=person&state=done&page=2": {15, "state,weight", "grid.chip State Done"},
		"/links?state=":                            {30, "state,weight", ""},
		"/links?id=4&id=7&id=4":                    {2, "state,weight", "grid.chip.chosen"},
		"/links?c.who=Wu&t.who=Li&c.who=An":        {30, "state,weight,who", "grid.chip Who Angrid.orWugrid.andgrid.has Li"},
	} {
		q, v, err := ask(t, at)
		if err != nil {
			t.Errorf("%s: %v", at, err)
			continue
		}
		var chips []string
		for _, c := range v.Chips {
			chips = append(chips, c.Label)
		}
		if got := strings.Join(heads(q), ","); v.Total != want.total || got != want.heads || strings.Join(chips, "; ") != want.chips {
			t.Errorf("%s: %d rows, columns %s, chips %q", at, v.Total, got, chips)
		}
	}
	for _, at := range []string{"/links?state=lost", "/links?from.weight=x", "/links?c.weight=1", "/links?from.state=1", "/links?t.state=1", "/links?missing=state", "/links?missing=none", "/links?sort=who", "/links?sort=none",
		"/links?id=x", "/links?x.y=1"} {
		if _, _, err := ask(t, at); fault.Of(err) != fault.Invalid {
			t.Errorf("%s: %v", at, err)
		}
	}
}

// An address means one thing, however often it is read: of two names of one bound the last in alphabetical order counts.
func TestAnAddressMeansOneThing(t *testing.T) {
	for range 50 {
		q, v, err := ask(t, "/links?from.weight@2020=3&from.weight=20&to.weight@2020=9&to.weight=5&from.weight=4")
		if err != nil {
			t.Fatal(err)
		}
		if x := q.Where["weight"]; *x.From != 3 || *x.To != 9 || v.Total != 7 {
			t.Fatalf("from %v to %v: %d rows", *x.From, *x.To, v.Total)
		}
	}
	if q, _, err := ask(t, "/links?id=4&id=7&id=4"); err != nil || len(q.Chosen) != 2 {
		t.Errorf("chosen %v, %v", q.Chosen, err)
	}
}

// A page behind the last one is the last one: rows may have left the list since the address was made.
func TestPageBehindTheLastOne(t *testing.T) {
	for at, want := range map[string]string{
		"/links?page=3":             "pair 21 10 21 30 3",
		"/links?page=4":             "pair 21 10 21 30 3",
		"/links?page=1000000000":    "pair 21 10 21 30 3",
		"/links?page=9&state=open":  "pair 21 5 11 15 2",
		"/links?page=9&text=nobody": "0 0 0 1",
	} {
		_, v, err := ask(t, at)
		if err != nil {
			t.Fatal(err)
		}
		first := ""
		if len(v.Rows) > 0 {
			first = v.Rows[0].Name + " "
		}
		if got := first + fmt.Sprint(len(v.Rows), v.Pager.From, v.Pager.To, v.Pager.Page); got != want || v.Pager.Next != "" {
			t.Errorf("%s: %s, next %q", at, got, v.Pager.Next)
		}
	}
}

// What stands in the address is carried along by every control of the list, each of which changes its own part.
func TestControlsCarryTheAddress(t *testing.T) {
	const at = "/links?register=person&state=open&from.weight=2&t.who=Li&c.who=Wang&missing=phone&missing=who&sort=-weight&page=2&lang=en"
	q, v, err := ask(t, at)
	if err != nil {
		t.Fatal(err)
	}
	if q.Sort != "weight" || !q.Desc {
		t.Errorf("sorted by %q, %v", q.Sort, q.Desc)
	}
	form := url.Values{}
	for _, f := range v.Hidden {
		form.Add(f.Name, f.Value)
	}
	for _, f := range v.Further {
		t.Errorf("%s is among the further filters although its column is shown", f.Label)
	}
	for _, h := range v.Heads {
		if h.Filter == nil {
			continue
		}
		for _, o := range h.Filter.Choices {
			if o.On {
				form.Add(h.Filter.Name, o.Value)
			}
		}
		for name, value := range map[string]string{h.Filter.FromName: h.Filter.From, h.Filter.ToName: h.Filter.To} {
			if value != "" {
				form.Add(name, value)
			}
		}
		if h.Filter.IsTyped() {
			form.Add(h.Filter.Name, h.Filter.Value)
		}
	}
	if len(v.Blanks) != 2 || v.Blanks[0].Value != "who" || v.Blanks[1].Value != "phone" {
		t.Errorf("blanks can be asked for of %+v", v.Blanks)
	}
	want, _ := url.ParseQuery(strings.TrimPrefix(at, "/links?"))
	want.Del("page")
	if got := form.Encode(); got != want.Encode() {
		t.Errorf("the filters send %s, the address has %s", got, want.Encode())
	}
	for _, chip := range v.Chips {
		u, err := url.Parse(chip.URL)
		if err != nil || u.Query().Get("register") != "person" || u.Query().Has("page") || len(u.Query().Encode()) >= len(want.Encode()) {
			t.Errorf("%s leads to %s", chip.Label, chip.URL)
		}
	}
	u, _ := url.Parse(v.Export)
	if got := u.Query(); u.Path != "/links.xlsx" || strings.Join(got["col"], ",") != "state,weight,phone,who" && strings.Join(got["col"], ",") != "state,weight,who" || got.Get("state") != "open" || got.Get("sort") != "-weight" {
		t.Errorf("the export is %s", v.Export)
	}
	if sortedBy := v.Heads[1].SortLink; sortedBy.Aria != "descending" || strings.Contains(sortedBy.URL, "sort=") || !strings.Contains(v.NameSort.URL, "sort=name") {
		t.Errorf("sort links: %+v, %+v", sortedBy, v.NameSort)
	}
}

// The address of a file writes bounds as the fields show them, for it says in which unit: one in which the page was not asked.
func TestExportKeepsBounds(t *testing.T) {
	src := newQuestions()
	src.cols.List[1].Write = func(v float64) string { return strconv.FormatFloat(v*10, 'f', -1, 64) } // in tenths
	r := httptest.NewRequest(http.MethodGet, "/links?from.weight@2020=2&to.weight=3.5", nil)
	a, err := (&address.Reader{Zone: time.UTC, Clock: time.Now, Lang: "en"}).Read(r)
	if err != nil {
		t.Fatal(err)
	}
	q, err := Read(r, a, src, "cols")
	if err != nil {
		t.Fatal(err)
	}
	v, err := Show(t.Context(), a, src, q, Options{PerPage: 10, Export: "/links.xlsx", Carry: []address.Field{{Name: "unit", Value: "tenth"}},
		Text: func(key string, _ ...any) string { return key }, Now: func() time.Time { return time.Time{} }})
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(v.Export)
	if got := u.Query(); err != nil || got.Get("unit") != "tenth" || got.Get("from.weight") != "20" || got.Get("to.weight") != "35" || got.Has("from.weight@2020") {
		t.Errorf("the export is %s, %v", v.Export, err)
	}
}

// Columns that were chosen stay for the next plain visit, of this list, until the usual ones are asked for.
func TestColumnsAreRemembered(t *testing.T) {
	for asked, want := range map[string]string{"col=who&col=weight&col=phone&col=none": "who|weight", "col=-": "", "col=who&col=-": ""} {
		w := httptest.NewRecorder()
		Remember(w, httptest.NewRequest(http.MethodGet, "/links?"+asked, nil), newQuestions(), "cols")
		if got := w.Result().Cookies(); len(got) != 1 || got[0].Value != want {
			t.Errorf("%s keeps %v", asked, got)
		}
	}
	w := httptest.NewRecorder()
	Remember(w, httptest.NewRequest(http.MethodGet, "/links?state=open", nil), newQuestions(), "cols")
	if len(w.Result().Cookies()) != 0 {
		t.Error("a visit without a choice keeps something")
	}
	for kept, want := range map[string]string{"who|weight": "who,weight", "none": "state,weight", "": "state,weight"} {
		if q, _, err := ask(t, "/links", kept); err != nil || strings.Join(heads(q), ",") != want {
			t.Errorf("kept %q: %v, %v", kept, heads(q), err)
		}
	}
	if q, _, err := ask(t, "/links?col=state", "who|weight"); err != nil || strings.Join(heads(q), ",") != "state" {
		t.Errorf("the address does not go before what was kept: %v", err)
	}
}

// The file has the rows and columns of the list, all of them and in its order.
func TestWorkbook(t *testing.T) {
	q, _, err := ask(t, "/links?state=open&col=weight&col=state&sort=-name")
	if err != nil {
		t.Fatal(err)
	}
	book := Workbook(newQuestions(), q, File{Name: "pairs.xlsx", Title: "Pairs", Rows: 15})
	var rows [][]any
	if err := book.Fill(t.Context(), func(cells ...any) error { rows = append(rows, slices.Clone(cells)); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(book.Head) != 3 || book.Head[1] != (sheet.Column{Head: "Weight（bit）"}) || len(rows) != 15 || rows[0][0] != "pair 29" || rows[0][1] != 28.0 || rows[0][2] != "open" {
		t.Errorf("head %v, %d rows, the first %v", book.Head, len(rows), rows[0])
	}
}

// Rows are picked for the form that exports them, or for one of the page, with what the row sends beside.
func TestPickedRows(t *testing.T) {
	reader := &address.Reader{Zone: time.UTC, Clock: time.Now, Lang: "en"}
	r := httptest.NewRequest(http.MethodGet, "/links", nil)
	a, err := reader.Read(r)
	if err != nil {
		t.Fatal(err)
	}
	key := Pick{Value: "1.a.b", Aside: []address.Field{{Name: "saw", Value: "x"}}, Label: "pair one"}
	show := func(src Source, o Options) *View {
		t.Helper()
		q, err := Read(r, a, src, "cols")
		if err != nil {
			t.Fatal(err)
		}
		o.PerPage, o.Text, o.Now = 1, func(key string, _ ...any) string { return key }, time.Now
		v, err := Show(t.Context(), a, src, q, o)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	own := &PickForm{ID: "decide", Name: "key"}
	for _, c := range []struct {
		name   string
		src    Source
		o      Options
		form   *PickForm
		export bool
		want   Pick
	}{
		{"none", newQuestions(), Options{}, nil, false, Pick{Value: "1", Label: "pair 1"}},
		{"exported", newQuestions(), Options{Export: "/links.xlsx"}, &PickForm{ID: "select", Name: "id"}, true, Pick{Value: "1", Label: "pair 1"}},
		{"sent by the page", picked{newQuestions(), key}, Options{Export: "/links.xlsx", Pick: own}, own, false, key},
		{"sent by the page without an export", picked{newQuestions(), Pick{}}, Options{Pick: own}, own, false, Pick{Value: "1", Label: "pair 1"}},
	} {
		v := show(c.src, c.o)
		if !reflect.DeepEqual(v.Form, c.form) || v.ExportPicked != c.export || !reflect.DeepEqual(v.Rows[0].Pick, c.want) {
			t.Errorf("%s: form %+v, exported %v, %+v", c.name, v.Form, v.ExportPicked, v.Rows[0].Pick)
		}
	}
}

// picked is questions whose rows send something of their own.
type picked struct {
	*questions
	pick Pick
}

func (p picked) Page(ctx context.Context, q *Query, offset, limit int) ([]Row, int, error) {
	rows, total, err := p.questions.Page(ctx, q, offset, limit)
	for i := range rows {
		rows[i].Pick = p.pick
	}
	return rows, total, err
}
