package web

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/sight"
	"eyas/internal/rule/col"
	"eyas/internal/rule/col/coltest"
	"eyas/internal/rule/list"
)

func (b tableBase) State() list.State { return list.State{Ready: true} }

func (b tableBase) Current(context.Context) (*col.Table, error) { return b.table, nil }

func (b tableBase) Index(t *col.Table) *list.Index { return list.NewIndex(t, b.pack, nil) }

// fakeRegistry derives profiles from a random table, in which nothing was imported by file.
type fakeRegistry struct {
	t         *col.Table
	src       *coltest.Source
	reg       *pack.Register
	synthetic bool
	rename    map[int64]string
}

var importedAt = time.Date(2021, 3, 2, 9, 30, 0, 0, time.UTC)

func (f *fakeRegistry) Change(context.Context) (int64, error) { return 1, nil }

func (f *fakeRegistry) Imports(context.Context, fact.Wanted, int, int) ([]intake.Import, int, error) {
	return nil, 0, nil
}

func (f *fakeRegistry) ImportByID(context.Context, int64) (*intake.Import, error) {
	return nil, fault.New(fault.NotFound, "没有这次导入。", "There is no such import.")
}

func (f *fakeRegistry) RefusedHolds(ctx context.Context, id int64) (*intake.Original, error) {
	return f.Original(ctx, id)
}

func (f *fakeRegistry) Refused(context.Context, int64, io.Writer) error {
	return fault.New(fault.NotFound, "没有被拒的行。", "There are no refused rows.")
}

// fakeEntries takes whatever was seen, and nothing new.
type fakeEntries struct{}

func (fakeEntries) Upon(ctx context.Context, _ sight.Seen, write func(context.Context) error) error {
	return write(ctx)
}

func (fakeEntries) Readable(context.Context, intake.Entry) error { return nil }

func (fakeEntries) Enter(context.Context, intake.Entry) (int64, int64, error) {
	return 0, 0, fault.New(fault.Conflict, "这里不收录入。", "Nothing is entered here.")
}

func (f *fakeRegistry) Synthetic(context.Context) (bool, error) { return f.synthetic, nil }

func (f *fakeRegistry) Profile(_ context.Context, subject int64) (*fact.Profile, error) {
	row := f.t.Row(subject)
	if row < 0 {
		return nil, fault.New(fault.NotFound, "没有这个主体", "there is no such subject")
	}
	var p fact.Profile
	f.src.Profile(row, &p)
	p.Facts = append([]fact.Fact(nil), p.Facts...)
	if name, ok := f.rename[subject]; ok {
		p.Name = name
	}
	return &p, nil
}

func (f *fakeRegistry) Sourced(ctx context.Context, subject int64) ([]fact.SourcedFact, error) {
	p, err := f.Profile(ctx, subject)
	if err != nil {
		return nil, err
	}
	var all []fact.SourcedFact
	for i, f := range p.Facts {
		s := fact.SourcedFact{Fact: f, Source: fact.Address{Import: 1, File: "2020年报.xlsx", Sheet: "企业", Row: 17,
			Column: f.Attr.Name.ZH, Cell: letter(i+1) + "17", Actor: "local", At: importedAt, Record: 7}}
		if f.Attr.ID == "staff" {
			other := f
			other.Value.Num++
			s.Losers = []fact.SourcedFact{{Fact: other, Source: fact.Address{Import: 2, File: "旧表.csv", Row: 3, Column: "人数", Cell: "B3", Record: 8, At: importedAt}}}
		}
		all = append(all, s)
	}
	return all, nil
}

func (f *fakeRegistry) Record(_ context.Context, id int64) (*intake.RecordView, error) {
	if id != 7 && id != 8 {
		return nil, fault.New(fault.NotFound, "没有这条来源记录", "there is no such record")
	}
	return &intake.RecordView{ID: id, Subject: f.t.Subjects[0], Import: intake.Import{ID: 1, Register: "enterprise", File: "2020年报.xlsx", Actor: "local", At: importedAt},
		Sheet: "企业", Row: 17, Headers: []string{"企业名称", "联系电话", "职工总数", "备注"}, Cells: []string{"<b>甲</b>公司", "13812340000", "50", "找张三 13912345678"}}, nil
}

func (f *fakeRegistry) Find(_ context.Context, text string) ([]fact.Ref, error) {
	var refs []fact.Ref
	for i := range f.t.N {
		if code := string(f.t.Codes.At(i)); code == text {
			refs = append(refs, fact.Ref{Subject: f.t.Subjects[i], Code: code, Name: string(f.t.Names.At(i))})
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
	table := mainBase(d).(tableBase).table
	f := &fakeRegistry{t: table, src: coltest.NewSource(table), reg: reg}
	d.Known, d.Identities, d.Imports, d.Entries = f, f, f, fakeEntries{}
	return d, f
}

func handler(t testing.TB, d Deps) *Handler {
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

// letter names a column as spreadsheets do.
func letter(n int) string {
	name, err := excelize.ColumnNumberToName(n)
	if err != nil {
		panic(err)
	}
	return name
}
