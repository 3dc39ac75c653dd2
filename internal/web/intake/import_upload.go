package intake

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"time"

	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/job"
	"eyas/internal/pack"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
	"eyas/internal/web/grid"
	"eyas/internal/web/spool"
)

// filesAtOnce is how many files one form may carry.
const filesAtOnce = 20

// importView is the room of data: choose files, files that wait, imports on record.
type importView struct {
	Problems  []string
	Registers []*pack.Register
	Register  string
	Year      string
	Sources   []sourceGroup
	Source    string
	AsOf      string
	Complete  []completeOf
	Limit     string
	Uploads   []uploadLine
	All       int        // imports on record
	Past      *grid.View // those that are listed; nil while there are none
	Empty     bool
}

// completeOf is what of a register's files can be declared complete. Only the chosen register's is shown and sent.
type completeOf struct {
	Register string
	Chosen   bool
	Ticks    []frame.Tick
}

// Ticked reports whether a list is declared complete.
func (v *importView) Ticked() bool {
	return slices.ContainsFunc(v.Complete, func(c completeOf) bool {
		return c.Chosen && slices.ContainsFunc(c.Ticks, func(a frame.Tick) bool { return a.On })
	})
}

// choose fills the form in: a register, and what of its files is declared complete.
func (s *room) choose(v *importView, register string, complete []string, lang string) {
	if reg := s.Register(register); reg != nil {
		register = reg.ID
	}
	v.Register, v.Complete = register, nil
	for _, reg := range v.Registers {
		c := completeOf{Register: reg.ID, Chosen: reg.ID == register}
		for _, a := range completable(reg) {
			c.Ticks = append(c.Ticks, frame.Tick{ID: a.ID, Name: a.Name.In(lang), On: c.Chosen && slices.Contains(complete, a.ID)})
		}
		v.Complete = append(v.Complete, c)
	}
}

// uploadLine is a file that waits to be confirmed.
type uploadLine struct {
	spool.Upload
	Size, URL, When string
	Running         string // page of the job that imports it
}

// importLine is one import on record.
type importLine struct {
	intake.Import
	URL, Size, When, Undone string
	SourceName, SourceDay   string
	Register                string
}

func (s *room) showImports(w http.ResponseWriter, r *http.Request) error {
	if err := s.importsReady(); err != nil {
		return err
	}
	view, err := s.importView(r)
	if err != nil {
		return err
	}
	grid.Remember(w, r, s.listImports(r), importsColumns)
	return s.Render(w, r, "import", view)
}

func (s *room) importView(r *http.Request) (*importView, error) {
	ask := s.Ask(r)
	v := &importView{Registers: s.Pack.Registers, Limit: figure.Size(s.Uploads.Limit())}
	q := r.URL.Query()
	v.Year, v.AsOf, v.Source = q.Get("year"), q.Get("asof"), proposedSource
	v.Sources = s.sourcesOf(ask.Lang, "", v.Registers...)
	s.choose(v, q.Get("register"), q["complete"], ask.Lang)
	var err error
	if v.Past, v.All, err = s.pastImports(r); err != nil {
		return nil, err
	}
	waiting, err := s.Uploads.Waiting(r.Context())
	if err != nil {
		return nil, err
	}
	for _, u := range waiting {
		line := uploadLine{Upload: u, Size: figure.Size(u.Size), URL: ask.Link(previewPath(u.ID)), When: s.When(u.At)}
		if j, ok := s.importJob(r.Context(), u.ID); ok && !j.State.Final() {
			line.Running = ask.Link("/jobs/" + j.ID)
		}
		v.Uploads = append(v.Uploads, line)
	}
	v.Empty = v.All == 0 && len(waiting) == 0
	return v, nil
}

func (s *room) importLine(ask *address.Ask, imp *intake.Import) importLine {
	line := importLine{Import: *imp, URL: ask.Link(address.ImportPath(imp.ID)), Size: figure.Size(imp.Size), When: s.When(imp.At), Register: imp.Register}
	if reg := s.Register(imp.Register); reg != nil {
		line.Register = reg.Name.In(ask.Lang)
	}
	line.SourceName, line.SourceDay = s.sourceName(imp, ask.Lang)
	if !imp.UndoneAt.IsZero() {
		line.Undone = s.When(imp.UndoneAt)
	}
	return line
}

// uploadForm is what the form of the import page sent.
type uploadForm struct {
	register, year string
	source, asOf   string
	complete       []string
	uploads        []spool.Upload
}

// uploadFiles stores what was chosen and shows its preview. A file that cannot be read comes back to the same
// page with a sentence saying why, and nothing of it stays.
func (s *room) uploadFiles(w http.ResponseWriter, r *http.Request) error {
	if err := s.importsReady(); err != nil {
		return err
	}
	form, err := s.readUpload(r)
	if err == nil {
		err = s.previewUploads(r.Context(), form)
	}
	var f *fault.Error
	if errors.As(err, &f) && f.Code == fault.Invalid {
		for _, u := range form.uploads {
			if rerr := s.Uploads.Remove(u.ID); rerr != nil {
				s.Log.Error("upload stays", "id", u.ID, "error", rerr)
			}
		}
		return s.refuseUpload(w, r, form, f)
	}
	if err != nil {
		return err
	}
	ask := s.Ask(r)
	to := ask.Link("/import")
	if len(form.uploads) == 1 {
		to = ask.Link(previewPath(form.uploads[0].ID))
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// refuseUpload shows the form again as it was filled in, with what is wrong.
func (s *room) refuseUpload(w http.ResponseWriter, r *http.Request, form *uploadForm, f *fault.Error) error {
	v, err := s.importView(r)
	if err != nil {
		return err
	}
	v.Problems = []string{f.In(s.LangOf(r))}
	v.Year, v.Source, v.AsOf = form.year, form.source, form.asOf
	v.Sources = s.sourcesOf(s.LangOf(r), form.source, v.Registers...)
	s.choose(v, form.register, form.complete, s.LangOf(r))
	s.RenderStatus(w, r, http.StatusUnprocessableEntity, "import", v)
	return nil
}

// readUpload streams the form's files to the folder for uploads. Fields may stand before or after the files.
func (s *room) readUpload(r *http.Request) (*uploadForm, error) {
	form := &uploadForm{source: proposedSource}
	parts, err := r.MultipartReader()
	if err != nil {
		return form, fault.New(fault.Invalid, "没有收到文件。请选择一个 CSV、XLSX 或 XLS 文件。", "No file arrived: choose a CSV, XLSX or XLS file.").Wrap(err)
	}
	defer io.Copy(io.Discard, io.LimitReader(r.Body, 4*s.Uploads.Limit())) // so that the browser reads our answer
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return form, errUpload(err)
		}
		if err := s.readPart(r.Context(), form, part); err != nil {
			return form, err
		}
	}
	if len(form.uploads) == 0 {
		return form, fault.New(fault.Invalid, "还没有选择文件。请选择一个 CSV、XLSX 或 XLS 文件。", "No file was chosen: choose a CSV, XLSX or XLS file.")
	}
	opt := layout.Options{Register: form.register, Lang: s.LangOf(r)}
	reg := s.Register(form.register)
	if reg == nil {
		return form, fault.New(fault.Invalid, "没有“"+form.register+"”这个库。请从列表中选择。", "There is no register “"+form.register+"”: choose one of the list.")
	}
	opt.Register = reg.ID
	if opt.Year, err = address.ReadYear(form.year, s.Clock()); err != nil {
		return form, err
	}
	if err := s.readOrigin(&opt, form.source, form.asOf, ""); err != nil {
		return form, err
	}
	for _, a := range completable(reg) {
		if slices.Contains(form.complete, a.ID) {
			opt.Complete = append(opt.Complete, a.ID)
		}
	}
	for i, u := range form.uploads {
		opt := opt
		s.proposeOrigin(&opt, u.Name)
		source, err := s.source(r.Context(), u)
		if err != nil {
			return form, err
		}
		before, err := mendsOf(r.Context(), source, s.Imports.ImportByID)
		if err != nil {
			return form, err
		}
		if before != nil {
			asBefore(&opt, before)
		}
		if form.uploads[i], err = s.Uploads.SetOptions(u.ID, opt); err != nil {
			return form, err
		}
	}
	return form, nil
}

// arriving keeps why the rest of an upload did not arrive: that is the sender's affair, and what cannot be kept is ours.
type arriving struct {
	io.Reader
	err error
}

func (a *arriving) Read(p []byte) (int, error) {
	n, err := a.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		a.err = err
	}
	return n, err
}

// errUpload says that an upload did not arrive as one.
func errUpload(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) || errors.Is(err, context.Canceled) {
		return fmt.Errorf("read upload: %w", err)
	}
	return fault.New(fault.Invalid, "文件没有完整收到，没有保存任何内容。请再传一次。", "The file did not arrive complete, and nothing of it was kept: send it again.").Wrap(err)
}

func (s *room) readPart(ctx context.Context, form *uploadForm, part *multipart.Part) error {
	defer part.Close()
	switch {
	case part.FormName() == "file":
		if part.FileName() == "" {
			return nil // the field was left empty
		}
		if len(form.uploads) >= filesAtOnce {
			return fault.New(fault.Invalid, fmt.Sprintf("一次最多选 %d 个文件。", filesAtOnce), fmt.Sprintf("At most %d files at once.", filesAtOnce))
		}
		if err := address.CheckText(part.FileName()); err != nil {
			return err
		}
		body := &arriving{Reader: part}
		u, err := s.Uploads.Put(ctx, part.FileName(), body, layout.Options{})
		if body.err != nil {
			return errUpload(body.err)
		}
		if err != nil {
			return err
		}
		form.uploads = append(form.uploads, u)
	default:
		text, err := io.ReadAll(io.LimitReader(part, 1000))
		if err != nil {
			return errUpload(err)
		}
		if err := address.CheckText(string(text)); err != nil {
			return err
		}
		switch value := strings.TrimSpace(string(text)); part.FormName() {
		case "register":
			form.register = value
		case "year":
			form.year = value
		case "source":
			form.source = value
		case "asof":
			form.asOf = value
		case "complete":
			form.complete = append(form.complete, value)
		}
	}
	return nil
}

// previewPatience is how long a form waits for its preview before it shows the progress instead.
const previewPatience = 800 * time.Millisecond

// awaitPreview waits a little for a preview.
func (s *room) awaitPreview(ctx context.Context, id string) job.Status {
	ctx, cancel := context.WithTimeout(ctx, previewPatience)
	defer cancel()
	status, _ := s.Jobs.Wait(ctx, id)
	return status
}

// previewUploads starts the previews. A file that turns out at once to be none that can be read is an error; one
// whose header is not recognised stays, for a person to name its columns.
func (s *room) previewUploads(ctx context.Context, form *uploadForm) error {
	for _, u := range form.uploads {
		started, err := s.startPreview(ctx, u)
		if err != nil {
			return err
		}
		status := s.awaitPreview(ctx, started.ID)
		if status.State == job.Failed && fault.Of(status.Err) == fault.Invalid && len(s.guess(ctx, u)) == 0 {
			return status.Err
		}
	}
	return nil
}
