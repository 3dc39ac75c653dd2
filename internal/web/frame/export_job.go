package frame

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/job"
	"eyas/internal/registry/layout"
	"eyas/internal/web/address"
	"eyas/internal/web/nowhere"
	"eyas/internal/web/spool"
)

// kindExport is the kind of work that writes an export; its name stands in stored jobs.
const kindExport = "export"

// exportRoutes adds exports that jobs write.
func (f *Frame) exportRoutes(t *Routes) {
	t.form("POST /exports", f.startExport)
	t.form("GET /exports/{id}", f.fetchExport)
}

// exportView offers to write a long export in the background.
type exportView struct {
	File       string
	Rows, Most int
	From, Back string
}

// exported is the result of an export job.
type exported struct {
	ID   string
	Size int64
}

// ExportAge is how long a file that a job exported is kept.
const ExportAge = 24 * time.Hour

// exportedFile is a file that a job exported, for its page.
type exportedFile struct {
	URL, Name, Size string
	Hours           int
}

// exportsLater reports whether jobs can write exports.
func (f *Frame) exportsLater() bool { return f.Jobs != nil && f.Exports != nil }

// startExport starts the job that writes the export of an address of ours.
func (f *Frame) startExport(w http.ResponseWriter, r *http.Request) error {
	if !f.exportsLater() {
		return ErrNoPage()
	}
	if err := address.ReadForm(w, r); err != nil {
		return err
	}
	from, ask := r.PostForm.Get("from"), f.Ask(r)
	x, err := f.planned(r, from)
	if err != nil {
		return err
	}
	back := r.PostForm.Get("back")
	if !strings.HasPrefix(back, "/") || strings.HasPrefix(back, "//") || strings.Contains(back, `\`) {
		back = ""
	}
	j, _, err := f.Jobs.Start(r.Context(), job.Spec{
		Kind: kindExport, Title: x.File, Back: back, Key: fmt.Sprintf("export %s %s %x", auth.Of(r.Context()), ask.Lang, sha256.Sum256([]byte(from))), Repeat: true,
		Args: exportArgs{from, ask.Lang}, Beside: []string{"from"}, // whom a list was searched for
	})
	if err != nil {
		return err
	}
	http.Redirect(w, r, ask.Link("/jobs/"+j.ID), http.StatusSeeOther)
	return nil
}

// exportArgs name an address of ours whose answer is an export, and the language of the reader.
type exportArgs struct {
	From string `json:"from"`
	Lang string `json:"lang"`
}

// runExport writes an export as its address says it now.
func (f *Frame) runExport(ctx context.Context, a exportArgs, report func(job.Progress)) (any, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "/", nil)
	if err != nil {
		return nil, err
	}
	if f.For != nil {
		if f = f.For(ctx); f == nil {
			return nil, ErrNoPage()
		}
	}
	r.AddCookie(&http.Cookie{Name: address.LangCookie, Value: a.Lang})
	x, err := f.planned(r, a.From)
	if err != nil {
		return nil, err
	}
	u, err := f.keepExport(ctx, x, a.Lang, report)
	if err != nil {
		return nil, err
	}
	return exported{ID: u.ID, Size: u.Size}, nil
}

// afterExport shows the file on the job's own page.
func (f *Frame) afterExport(ask *address.Ask, j job.Status, v *JobView) string {
	var result exported
	if err := json.Unmarshal(j.Result, &result); err != nil {
		f.Log.Error("result of an export", "job", j.ID, "error", err)
		return j.Back
	}
	v.File = &exportedFile{URL: ask.Link("/exports/" + result.ID), Name: j.Title, Size: figure.Size(result.Size), Hours: int(ExportAge.Hours())}
	return ""
}

// planned gives the export of an address, as it would be answered now.
func (f *Frame) planned(r *http.Request, from string) (*Workbook, error) {
	u, err := url.Parse(from)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, "/") {
		return nil, ErrNoPage()
	}
	leave, err := f.exports.take(r.Context())
	if err != nil {
		return nil, err
	}
	defer leave()
	var p planned
	inner := r.Clone(context.WithValue(r.Context(), plannedKey{}, &p))
	inner.Method, inner.URL, inner.RequestURI = http.MethodGet, u, from
	inner.Body, inner.ContentLength, inner.Form, inner.PostForm = http.NoBody, 0, nil, nil
	f.exportAddresses.ServeHTTP(nowhere.Writer{}, inner)
	if p.err == nil && p.book == nil {
		p.err = ErrNoPage()
	}
	return p.book, p.err
}

// keepExport writes an export into the folder for exports.
func (f *Frame) keepExport(ctx context.Context, x *Workbook, lang string, report func(job.Progress)) (spool.Upload, error) {
	if err := f.Exports.MakeRoom(); err != nil {
		return spool.Upload{}, err
	}
	type kept struct {
		u   spool.Upload
		err error
	}
	out, in := io.Pipe()
	done := make(chan kept, 1)
	go func() {
		u, err := f.Exports.Put(ctx, x.File, out, layout.Options{})
		out.CloseWithError(cmp.Or(err, io.ErrClosedPipe)) // the writer need not go on
		done <- kept{u, err}
	}()
	defer in.CloseWithError(errors.New("export: not finished")) // when writing panics; no effect otherwise
	err := x.write(ctx, in, lang, report)
	in.CloseWithError(err)
	k := <-done
	if errors.Is(k.err, spool.ErrFull) || k.err == nil && err == nil && k.u.Size == 0 {
		return spool.Upload{}, errExportsFull(k.err)
	}
	return k.u, cmp.Or(k.err, err)
}

// fetchExport gives a file that a job has written, as a download and nothing else.
func (f *Frame) fetchExport(w http.ResponseWriter, r *http.Request) error {
	if f.Exports == nil {
		return ErrNoPage()
	}
	u, err := f.Exports.Shown(r.Context(), r.PathValue("id"))
	if fault.Of(err) == fault.NotFound {
		return errNoExport()
	}
	if err != nil {
		return err
	}
	release := f.Exports.Hold(u.ID)
	defer release()
	path, err := f.Exports.Local(r.Context(), u)
	if err != nil {
		return err
	}
	kept, err := f.Exports.OpenFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return errNoExport()
	}
	if err != nil {
		return err
	}
	defer kept.Close()
	BookHead(w, u.Name)
	http.ServeContent(w, r, "", u.At, kept)
	return nil
}
