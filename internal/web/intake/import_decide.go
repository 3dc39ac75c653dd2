package intake

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/registry/layout"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
	"eyas/internal/web/spool"
)

// decidePreview takes what a person decided on a preview: other settings (a new preview), to import, or to
// discard the file. An import never runs with settings whose preview was not seen.
func (s *room) decidePreview(w http.ResponseWriter, r *http.Request) error {
	ask := s.Ask(r)
	u, err := s.findUpload(r)
	if err != nil {
		if j, ok := s.importJob(r.Context(), r.PathValue("upload")); ok { // a second click, after the import
			http.Redirect(w, r, ask.Link("/jobs/"+j.ID), http.StatusSeeOther)
			return nil
		}
		return err
	}
	action := r.PostForm.Get("action")
	if j, ok := s.importJob(r.Context(), u.ID); ok && !j.State.Final() {
		http.Redirect(w, r, ask.Link("/jobs/"+j.ID), http.StatusSeeOther)
		return nil
	}
	if action == "discard" {
		if err := s.Uploads.Remove(u.ID); err != nil {
			return err
		}
		http.Redirect(w, r, ask.Link("/import"), http.StatusSeeOther)
		return nil
	}
	opt, err := s.readDecision(r, u)
	var f *fault.Error
	if errors.As(err, &f) && f.Code == fault.Invalid {
		return s.refuseDecision(w, r, u, f)
	}
	if err != nil {
		return err
	}
	if changed := optionsKey(opt) != optionsKey(u.Options); changed || action != "import" {
		if u, err = s.Uploads.SetOptions(u.ID, opt); err != nil {
			return err
		}
		j, err := s.startPreview(r.Context(), u)
		if err != nil {
			return err
		}
		s.awaitPreview(r.Context(), j.ID)
		to := previewPath(u.ID)
		if changed && action == "import" {
			to = ask.Link(to, "changed", "1")
		} else {
			to = ask.Link(to)
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
		return nil
	}
	seen, err := frame.ReadSeen(r)
	if err != nil {
		return err
	}
	for thing := range seen {
		if _, header, _ := strings.Cut(thing, "/"); opt.Map[header] == "" { // nothing is said of it
			delete(seen, thing)
		}
	}
	j, err := s.startImport(r.Context(), u, r.PostForm.Get("remember") != "", seen)
	if err != nil {
		return err
	}
	http.Redirect(w, r, ask.Link("/jobs/"+j.ID), http.StatusSeeOther)
	return nil
}

// refuseDecision shows the preview again with what is wrong and with the fields as they were filled in.
func (s *room) refuseDecision(w http.ResponseWriter, r *http.Request, u spool.Upload, f *fault.Error) error {
	v, err := s.previewView(r, u)
	if err != nil {
		return err
	}
	v.Problems = []string{f.In(s.LangOf(r))}
	v.Year, v.Origin.AsOf, v.Origin.Partial = r.PostForm.Get("year"), r.PostForm.Get("asof"), r.PostForm.Get("whole") == "part"
	for i := range v.Headers {
		if field := "means-" + strconv.Itoa(i); r.PostForm.Has(field) {
			v.Headers[i].Means = r.PostForm.Get(field)
		}
	}
	for i := range v.Complete {
		v.Complete[i].On = slices.Contains(r.PostForm["complete"], v.Complete[i].ID)
	}
	s.RenderStatus(w, r, http.StatusUnprocessableEntity, "importpreview", v)
	return nil
}

// readDecision reads the settings of a preview's form. A column's meaning is taken over only where the person
// changed it; elsewhere the file's own header goes on deciding.
func (s *room) readDecision(r *http.Request, u spool.Upload) (layout.Options, error) {
	opt := u.Options
	opt.Map = maps.Clone(opt.Map)
	reg := s.Register(opt.Register)
	var err error
	if opt.Year, err = address.ReadYear(r.PostForm.Get("year"), s.Clock()); err != nil {
		return opt, err
	}
	if err := s.postedOrigin(&opt, r); err != nil {
		return opt, err
	}
	opt.Complete = nil
	for _, a := range completable(reg) {
		if slices.Contains(r.PostForm["complete"], a.ID) {
			opt.Complete = append(opt.Complete, a.ID)
		}
	}
	reg = layout.View(reg, s.Pack.Source(opt.Source))
	for i := 0; r.PostForm.Has("header-" + strconv.Itoa(i)); i++ {
		n := strconv.Itoa(i)
		if offered := r.PostForm.Get("offer-" + n); offered != "" {
			target, err := readMeaning(reg, offered)
			if err != nil {
				return opt, fmt.Errorf("column %q: %w", r.PostForm.Get("header-"+n), err)
			}
			if opt.Map == nil {
				opt.Map = map[string]string{}
			}
			opt.Map[r.PostForm.Get("header-"+n)] = target
			continue
		}
		header, means, was := r.PostForm.Get("header-"+n), r.PostForm.Get("means-"+n), r.PostForm.Get("was-"+n)
		if strings.TrimSpace(means) == strings.TrimSpace(was) {
			continue
		}
		target, err := readMeaning(reg, means)
		if err != nil {
			return opt, fmt.Errorf("column %q: %w", header, err)
		}
		if opt.Map == nil {
			opt.Map = map[string]string{}
		}
		opt.Map[header] = target
	}
	return opt, nil
}
