package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/file"
	"eyas/internal/job"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
	"eyas/internal/vault"
	"eyas/internal/web/spool"
)

// fakeImports reads files of the form "header,header\nvalue,value" and remembers what it was asked to do.
type fakeImports struct {
	mu         sync.Mutex
	imports    []intake.Import
	options    []layout.Options // of each Import
	remembered map[string]string
	undos      int
	wanted     []fact.Wanted // as pages and files asked with more than zero rows
	offsets    []int         // of these
	hold       chan struct{} // when set, Import and Undo wait for it or for the end of ctx
}

func (f *fakeImports) Synthetic(context.Context) (bool, error) { return false, nil }

func (f *fakeImports) Preview(_ context.Context, src layout.Source, opt layout.Options, progress func(derive.Progress)) (*intake.Preview, error) {
	raw, err := vault.ReadFile(src.Path, src.Keys)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(raw, []byte("<html")) {
		return nil, fault.New(fault.Invalid, "这是网页，不是表格。请在浏览器中另存为 Excel。", "This is a web page and no table: save it as Excel.")
	}
	lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
	headers := strings.Split(lines[0], ",")
	if !slices.ContainsFunc(headers, func(h string) bool { return h == "企业名称" || opt.Map[h] == "name" }) {
		return nil, fault.New(fault.Invalid, "没有认出表头。", "The header was not recognised.")
	}
	sheet := intake.SheetPreview{HeaderRow: 1, HeaderRows: 1, Unit: "万元", Year: opt.Year, Title: []string{"<b>年报</b>"}}
	for i, h := range headers {
		c := layout.Column{Index: i + 1, Header: h, How: "none"}
		switch {
		case opt.Map[h] == "-":
			c.How = "map"
		case opt.Map[h] != "":
			attr, year, _ := strings.Cut(opt.Map[h], "@")
			c.Attr, c.How = attr, "map"
			c.Year = map[string]int{"2020": 2020, "2019": 2019}[year]
		case h == "企业名称":
			c.Attr, c.How = "name", "name"
		case h == "年份":
			c.How = "year"
		case h == "营业收入":
			c.Attr, c.Year, c.How, c.Unit = "sales", 2020, "alias", "万元"
		}
		for _, line := range lines[1:min(len(lines), 4)] {
			raw := strings.Split(line, ",")[i]
			c.Samples = append(c.Samples, raw)
			c.Read = append(c.Read, raw+"!")
		}
		sheet.Columns = append(sheet.Columns, c)
	}
	progress(derive.Progress{Stage: "reading", Rows: len(lines) - 1, Bytes: int64(len(raw)), TotalBytes: int64(len(raw))})
	p := &intake.Preview{Sheets: []intake.SheetPreview{sheet}, New: len(lines) - 1}
	p.Report = intake.FileReport{File: src.Name, Rows: len(lines) + 1, Accepted: len(lines) - 1, Unchanged: 1, Refused: 1, RefusalCount: 300}
	for i := range 300 {
		scope := "cell"
		if i == 0 {
			scope = "row"
		}
		issue := layout.Issue{Scope: scope, Row: i + 2, Column: "营业收入", Value: "=1+<i>", Reason: "读不出"}
		issue.Text.ZH, issue.Text.EN = "读不出这个金额", "This amount cannot be read"
		p.Report.Refusals = append(p.Report.Refusals, issue)
	}
	return p, nil
}

func (f *fakeImports) wait(ctx context.Context) error {
	if f.hold == nil {
		return nil
	}
	select {
	case <-f.hold:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (f *fakeImports) Import(ctx context.Context, src layout.Source, opt layout.Options, progress func(derive.Progress)) (*intake.FileReport, int64, error) {
	progress(derive.Progress{Stage: "writing", Rows: 10, Bytes: 40, TotalBytes: 100})
	if err := f.wait(ctx); err != nil {
		return nil, 0, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, i := range f.imports {
		if i.File == src.Name && i.UndoneAt.IsZero() {
			return &intake.FileReport{File: src.Name, Rows: 2, Unchanged: 2}, 0, nil
		}
	}
	raw, err := vault.ReadFile(src.Path, src.Keys)
	if err != nil {
		return nil, 0, err
	}
	f.options = append(f.options, opt)
	id := int64(len(f.imports) + 1)
	report := intake.FileReport{File: src.Name, Rows: 3, Accepted: 2, Refused: 1, RefusalCount: 1, Import: id, Unmapped: []string{"备注"},
		Refusals: []layout.Issue{{Scope: "row", Row: 4, Value: "x", Reason: "既没有代码也没有名称"}}}
	f.imports = append(f.imports, intake.Import{ID: id, Register: opt.Register, File: src.Name, SHA256: fmt.Sprintf("%x", sha256.Sum256(raw)), Actor: auth.Of(ctx),
		At: time.Date(2021, 3, 31, 1, 0, 0, 0, time.UTC), Options: opt, Report: report})
	return &report, id, nil
}

func (f *fakeImports) Undo(ctx context.Context, id int64, progress func(derive.Progress)) error {
	if err := f.wait(ctx); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.undos++
	f.imports[id-1].UndoneAt, f.imports[id-1].UndoneBy = time.Date(2021, 3, 31, 2, 0, 0, 0, time.UTC), auth.Of(ctx)
	return nil
}

func (f *fakeImports) Imports(_ context.Context, w fact.Wanted, offset, limit int) ([]intake.Import, int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if limit > 0 && limit != 2000 { // what waits for a person is counted behind the page
		f.wanted, f.offsets = append(f.wanted, w), append(f.offsets, offset)
	}
	var out []intake.Import
	for i := len(f.imports) - 1 - offset; i >= 0 && len(out) < limit; i-- {
		out = append(out, f.imports[i])
	}
	return out, len(f.imports), nil
}

func (f *fakeImports) ImportByID(_ context.Context, id int64) (*intake.Import, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if id < 1 || id > int64(len(f.imports)) {
		return nil, fault.New(fault.NotFound, "没有这次导入。", "There is no such import.")
	}
	i := f.imports[id-1]
	return &i, nil
}

func (f *fakeImports) Original(context.Context, int64) (*intake.Original, error) {
	return &intake.Original{Register: "enterprise"}, nil
}

func (f *fakeImports) RefusedHolds(ctx context.Context, id int64) (*intake.Original, error) {
	return f.Original(ctx, id)
}

func (f *fakeImports) Refused(_ context.Context, id int64, w io.Writer) error {
	if id != 1 {
		return fault.New(fault.NotFound, "没有被拒的行。", "There are no refused rows.")
	}
	_, err := io.WriteString(w, "PK")
	return err
}

func (f *fakeImports) Change(context.Context) (int64, error) { return int64(len(f.imports)), nil }

func (f *fakeImports) Remembered(context.Context, string) (map[string]string, error) { return nil, nil }

func (f *fakeImports) Remember(_ context.Context, _ string, m map[string]string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.remembered = m
	return nil
}

// testFiles is a store of files in memory.
func testFiles(t *testing.T, clock func() time.Time) *file.Store {
	t.Helper()
	files, err := file.Open(file.Config{Vault: vault.At(filepath.Join(t.TempDir(), "keys"), ""), Storage: file.NewMemory(), Copies: t.TempDir(), Clock: clock, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// importRig is a server over a fake registry, with real jobs and a real folder for uploads of at most 1,000 bytes.
type importRig struct {
	http.Handler
	t     *testing.T
	files *fakeImports
	deps  Deps
}

func newImportRig(t *testing.T) *importRig {
	t.Helper()
	d := labDeps(t, 10)
	f := &fakeImports{}
	d.Imports, d.Intake, d.Entries, d.Linker = f, f, fakeEntries{}, f
	d.Jobs = job.New(d.Clock, slog.New(slog.DiscardHandler))
	t.Cleanup(func() { d.Jobs.Close(context.Background()) })
	d.Files = testFiles(t, d.Clock)
	d.Uploads = spool.Open(d.Files, file.Upload, spool.Limits{File: 1000, Total: 100_000, Files: 50}, d.Clock)
	h, err := New(d)
	if err != nil {
		t.Fatal(err)
	}
	return &importRig{h, t, f, d}
}

// upload sends a file with the fields of the form.
func (r *importRig) upload(name, content string, fields url.Values) *httptest.ResponseRecorder {
	r.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for key, values := range fields {
		for _, v := range values {
			if err := form.WriteField(key, v); err != nil {
				r.t.Fatal(err)
			}
		}
	}
	if name != "" {
		part, err := form.CreateFormFile("file", name)
		if err != nil {
			r.t.Fatal(err)
		}
		io.WriteString(part, content)
	}
	form.Close()
	req := httptest.NewRequest(http.MethodPost, "/import", &body)
	req.Header.Set("Content-Type", form.FormDataContentType())
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	return w
}

func (r *importRig) post(path string, fields url.Values) *httptest.ResponseRecorder {
	r.t.Helper()
	req := httptest.NewRequest(http.MethodPost, path, strings.NewReader(fields.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	return w
}

// to is where an answer redirects.
func (r *importRig) to(w *httptest.ResponseRecorder) string {
	r.t.Helper()
	if w.Code != http.StatusSeeOther {
		r.t.Fatalf("status %d, want a redirect\n%s", w.Code, w.Body)
	}
	return w.Header().Get("Location")
}

// wait waits for the job that an address names.
func (r *importRig) wait(address string) job.Status {
	r.t.Helper()
	id := strings.TrimPrefix(strings.Split(address, "?")[0], "/jobs/")
	s, ok := r.deps.Jobs.Wait(context.Background(), id)
	if !ok {
		r.t.Fatalf("no job at %s", address)
	}
	return s
}

const annual = "企业名称,营业收入,备注\n甲公司,5000,无\n乙公司,1,有\n"

// previewed uploads annual.csv and gives the address of its preview.
func (r *importRig) previewed() string {
	r.t.Helper()
	at := r.to(r.upload("annual.csv", annual, url.Values{"register": {"enterprise"}, "year": {"2020"}}))
	r.settle()
	return at
}

// settle waits until no job is open.
func (r *importRig) settle() {
	for _, j := range r.deps.Jobs.Open(context.Background()) {
		r.deps.Jobs.Wait(context.Background(), j.ID)
	}
}

func (f *fakeImports) Link(_ context.Context, register string, _ func(derive.Progress)) (*identity.Linkage, error) {
	return &identity.Linkage{Register: register}, nil
}
