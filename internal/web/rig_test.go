package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sort"
	"strings"
	"testing"
	"time"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
	"eyas/internal/rule/col/coltest"
	"eyas/internal/rule/list"
)

// fakeIndex answers lists by looking at every row.
type fakeIndex struct{ t *col.Table }

func (b tableBase) Index(t *col.Table) Index { return fakeIndex{t} }

func (x fakeIndex) Filter(f list.Filter, outcomes []*rule.Outcome) (col.Bitmap, error) {
	rows := col.NewBitmap(x.t.N)
	for i := range x.t.N {
		ok := f.Rows == nil || f.Rows.Get(i)
		ok = ok && (f.Text == "" || strings.Contains(string(x.t.Names.At(i)), f.Text) || strings.Contains(string(x.t.Codes.At(i)), f.Text))
		for _, d := range f.Districts {
			dict := x.t.Dicts[col.Key{Attr: "district"}]
			ok = ok && dict.Words[dict.Val[i]] == d
		}
		for _, o := range outcomes {
			if v, on := f.Verdicts[o.Rule.ID]; on {
				ok = ok && stateRows(o, v).Get(i)
			}
			for _, c := range o.Criteria {
				ok = ok && (f.Only[o.Rule.ID] != c.Criterion.ID || c.Only.Get(i))
			}
		}
		for _, k := range f.Missing {
			n := x.t.Nums[k]
			ok = ok && (n == nil || !n.Valid.Get(i))
		}
		if ok {
			rows.Set(i)
		}
	}
	return rows, nil
}

func (x fakeIndex) Page(rows col.Bitmap, by list.Sort, offset, limit int) list.Page {
	var all []int
	rows.Each(func(i int) { all = append(all, i) })
	if by.By != "" {
		key := func(i int) float64 {
			id, _, _ := strings.Cut(by.By, "@")
			for k, n := range x.t.Nums {
				if k.Attr == id && strings.HasSuffix(by.By, keyText(k)) && n.Valid.Get(i) {
					return n.Val[i]
				}
			}
			return 0
		}
		sort.SliceStable(all, func(a, b int) bool { return (key(all[a]) < key(all[b])) != by.Desc })
	}
	p := list.Page{Total: len(all), Took: time.Millisecond}
	if offset < len(all) {
		p.Rows = all[offset:min(offset+limit, len(all))]
	}
	return p
}

func (x fakeIndex) Search(text string, limit int) []list.Hit {
	var hits []list.Hit
	for i := range x.t.N {
		name, code := string(x.t.Names.At(i)), string(x.t.Codes.At(i))
		if len(hits) < limit && (strings.Contains(name, text) || strings.Contains(code, text)) {
			hits = append(hits, list.Hit{Row: i, Code: code, Name: name, How: "name"})
		}
	}
	return hits
}

// fakeRegistry derives profiles from a random table; what the pages do not use is left to the embedded nil.
type fakeRegistry struct {
	registry.Service
	t         *col.Table
	src       *coltest.Source
	reg       *pack.Register
	synthetic bool
	rename    map[int64]string
}

var importedAt = time.Date(2021, 3, 2, 9, 30, 0, 0, time.UTC)

func (f *fakeRegistry) Synthetic(context.Context) (bool, error) { return f.synthetic, nil }

func (f *fakeRegistry) Profile(_ context.Context, subject int64) (*registry.Profile, error) {
	row := f.t.Row(subject)
	if row < 0 {
		return nil, fault.New(fault.NotFound, "没有这个主体", "there is no such subject")
	}
	var p registry.Profile
	f.src.Profile(row, &p)
	p.Facts = append([]registry.Fact(nil), p.Facts...)
	if name, ok := f.rename[subject]; ok {
		p.Name = name
	}
	return &p, nil
}

func (f *fakeRegistry) Sourced(ctx context.Context, subject int64) ([]registry.SourcedFact, error) {
	p, err := f.Profile(ctx, subject)
	if err != nil {
		return nil, err
	}
	var all []registry.SourcedFact
	for i, fact := range p.Facts {
		s := registry.SourcedFact{Fact: fact, Source: registry.Address{Import: 1, File: "2020年报.xlsx", Sheet: "企业", Row: 17,
			Column: fact.Attr.Name.ZH, Cell: columnLetter(i+1) + "17", Actor: "local", At: importedAt, Record: 7}}
		if fact.Attr.ID == "staff" {
			other := fact
			other.Value.Num++
			s.Losers = []registry.SourcedFact{{Fact: other, Source: registry.Address{Import: 2, File: "旧表.csv", Row: 3, Column: "人数", Cell: "B3", Record: 8, At: importedAt}}}
		}
		all = append(all, s)
	}
	return all, nil
}

func (f *fakeRegistry) Record(_ context.Context, id int64) (*registry.RecordView, error) {
	if id != 7 && id != 8 {
		return nil, fault.New(fault.NotFound, "没有这条来源记录", "there is no such record")
	}
	return &registry.RecordView{ID: id, Subject: f.t.Subjects[0], Import: registry.Import{ID: 1, File: "2020年报.xlsx", Actor: "local", At: importedAt},
		Sheet: "企业", Row: 17, Headers: []string{"企业名称", "联系电话", "职工总数", "备注"}, Cells: []string{"<b>甲</b>公司", "13812340000", "50", "找张三 13912345678"}}, nil
}

func (f *fakeRegistry) Find(_ context.Context, text string) ([]registry.Ref, error) {
	var refs []registry.Ref
	for i := range f.t.N {
		if code := string(f.t.Codes.At(i)); code == text {
			refs = append(refs, registry.Ref{Subject: f.t.Subjects[i], Code: code, Name: string(f.t.Names.At(i))})
		}
	}
	return refs, nil
}

// rig is a base of n random enterprises on 31 March 2021, with groups of districts and a registry behind it.
func rig(t testing.TB, n int) (Deps, *fakeRegistry) {
	t.Helper()
	d := labDeps(t, n)
	d.Pack.Groups = []pack.Group{
		{ID: "binhai", Name: pack.Text{ZH: "滨海新区", EN: "Binhai"}, Members: []string{"120116"}},
		{ID: "inner", Name: pack.Text{ZH: "中心城区", EN: "Inner city"}, Members: []string{"120101", "120102", "120103", "120104", "120105", "120106"}},
	}
	d.Pack.Orgs = append(d.Pack.Orgs, &pack.Org{ID: "huayuan", Kind: "park", Parent: "120000", Name: pack.Text{ZH: "华苑", EN: "Huayuan"}})
	reg := d.Pack.Registers[0]
	reg.Attribute("district").Codes, reg.Attribute("zone").Codes = "org", "zone"
	reg.Attribute("phone").Personal = true
	for _, a := range reg.Attributes {
		if a.Name.ZH == "" {
			a.Name = pack.Text{ZH: "项" + a.ID, EN: a.ID}
		}
	}
	table := d.Base.(tableBase).table
	f := &fakeRegistry{t: table, src: coltest.NewSource(table), reg: reg}
	d.Registry = f
	return d, f
}

func handler(t testing.TB, d Deps) http.Handler {
	t.Helper()
	h, err := New(d)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func get(h http.Handler, url string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, url, nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}
