package web

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"eyas/internal/fault"
	"eyas/internal/job"
	"eyas/internal/registry"
	"eyas/internal/web/spool"
)

// exportRoutes adds exports that jobs write.
func (s *Server) exportRoutes(t *routes) {
	t.page("POST /exports", s.startExport)
	t.page("GET /exports/{id}", s.fetchExport)
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
func (s *Server) exportsLater() bool { return s.Jobs != nil && s.Exports != nil }

// startExport starts the job that writes the export of an address of ours.
func (s *Server) startExport(w http.ResponseWriter, r *http.Request) error {
	if !s.exportsLater() {
		return errNoPage()
	}
	if err := readForm(w, r); err != nil {
		return err
	}
	from, ask := r.PostForm.Get("from"), s.ask(r)
	x, err := s.planned(r, from)
	if err != nil {
		return err
	}
	back := r.PostForm.Get("back")
	if !strings.HasPrefix(back, "/") || strings.HasPrefix(back, "//") || strings.Contains(back, `\`) {
		back = ""
	}
	lang := ask.Lang
	j, _, err := s.Jobs.Start(job.Spec{
		Kind: "export", Title: x.file, Back: back, Key: "export " + lang + " " + from, Repeat: true,
		Run: func(ctx context.Context, report func(job.Progress)) (any, error) {
			u, err := s.keepExport(ctx, x, lang, report)
			if err != nil {
				return nil, err
			}
			return &exported{ID: u.ID, Size: u.Size}, nil
		},
	})
	if err != nil {
		return err
	}
	http.Redirect(w, r, ask.Link("/jobs/"+j.ID), http.StatusSeeOther)
	return nil
}

// planned gives the export of an address, as it would be answered now.
func (s *Server) planned(r *http.Request, from string) (*workbook, error) {
	u, err := url.Parse(from)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(u.Path, "/") {
		return nil, errNoPage()
	}
	leave, err := s.exports.enter(r.Context())
	if err != nil {
		return nil, err
	}
	defer leave()
	var p planned
	inner := r.Clone(context.WithValue(r.Context(), plannedKey{}, &p))
	inner.Method, inner.URL, inner.RequestURI = http.MethodGet, u, from
	inner.Body, inner.ContentLength, inner.Form, inner.PostForm = http.NoBody, 0, nil, nil
	s.exportAddresses.ServeHTTP(nowhere{}, inner)
	if p.err == nil && p.book == nil {
		p.err = errNoPage()
	}
	return p.book, p.err
}

// nowhere takes what an address that is no export answers.
type nowhere struct{}

func (nowhere) Header() http.Header         { return http.Header{} }
func (nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (nowhere) WriteHeader(int)             {}

// keepExport writes an export into the folder for exports.
func (s *Server) keepExport(ctx context.Context, x *workbook, lang string, report func(job.Progress)) (spool.Upload, error) {
	if err := s.Exports.MakeRoom(); err != nil {
		return spool.Upload{}, err
	}
	type kept struct {
		u   spool.Upload
		err error
	}
	out, in := io.Pipe()
	done := make(chan kept, 1)
	go func() {
		u, err := s.Exports.Put(ctx, x.file, out, registry.Options{})
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
func (s *Server) fetchExport(w http.ResponseWriter, r *http.Request) error {
	if s.Exports == nil {
		return errNoPage()
	}
	u, err := s.Exports.Get(r.PathValue("id"))
	if fault.Of(err) == fault.NotFound {
		return errNoExport()
	}
	if err != nil {
		return err
	}
	release := s.Exports.Hold(u.ID)
	defer release()
	f, err := os.Open(s.Exports.Path(u.ID))
	if errors.Is(err, os.ErrNotExist) {
		return errNoExport()
	}
	if err != nil {
		return err
	}
	defer f.Close()
	bookHead(w, u.Name)
	http.ServeContent(w, r, "", u.At, f)
	return nil
}
