package intake

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"eyas/internal/auth"
	"eyas/internal/disclosure"
	"eyas/internal/fault"
	"eyas/internal/job"
	"eyas/internal/registry/intake"
	"eyas/internal/web/address"
)

// recordView is what one import did.
type recordView struct {
	importLine
	Report   *intake.FileReport
	Refused  issueList
	Warned   issueList
	Download string // refused rows as XLSX; empty when there are none
	Original string // the file as it came; empty when it is not kept
	// Changed is what became of the file because cells of it were erased (rewritten or deleted), at ChangedAt; empty: nothing.
	Changed, ChangedAt string
	UndoURL            string
	Mapped             []mappedHeader
	Complete           []string
	Whole              []string // of what the file is the whole list
	Back               string
	Result             *resultView // what came of it; nil: taken back, or not known
	Mends              *importLine // the import whose refused rows it brought back
	Parted             bool        // a merge was undone just now
	Again              bool        // somebody wanted to undo it once more
	Owed               []mergeLine // merges that are taken back with it, the first of them
	OwedN              int
	Subjects           int // that it brought; -1: not counted
}

type mappedHeader struct{ Header, Means string }

func errNoImport(text string) error {
	return fault.New(fault.NotFound, "没有编号为“"+text+"”的导入。请从“数据”页的列表进入。", "There is no import number “"+text+"”: start from the list on the page “Data”.")
}

func (s *room) findImport(r *http.Request) (*intake.Import, error) {
	if err := s.importsReady(); err != nil {
		return nil, err
	}
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return nil, errNoImport(r.PathValue("id"))
	}
	return s.Imports.ImportByID(r.Context(), id)
}

func (s *room) recordView(r *http.Request, imp *intake.Import) (*recordView, error) {
	ask := s.Ask(r)
	v := &recordView{importLine: s.importLine(ask, imp), Report: &imp.Report, Back: ask.Link("/import")}
	v.Refused = newIssueList(imp.Report.Refusals, imp.Report.RefusalCount)
	v.Warned = newIssueList(imp.Report.Warnings, imp.Report.WarningCount)
	if v.Refused.Total > 0 {
		v.Download = ask.Link(address.ImportPath(imp.ID) + "/refused.xlsx")
	}
	kept, err := s.keepsOriginal(r.Context(), imp)
	if err != nil {
		return nil, err
	}
	if s.Originals != nil {
		o, err := s.Originals.OriginalOf(r.Context(), imp.ID)
		if err != nil {
			return nil, err
		}
		if o != nil {
			v.Changed, v.ChangedAt = o.What, s.When(o.At)
		}
	}
	if kept != "" {
		v.Original = ask.Link(address.ImportPath(imp.ID) + "/original")
	}
	if imp.UndoneAt.IsZero() && s.May(r.Context(), auth.Undo) {
		v.UndoURL = ask.Link(address.ImportPath(imp.ID) + "/undo")
	}
	if id := imp.Report.Mends; id != 0 {
		before, err := s.Imports.ImportByID(r.Context(), id)
		if err == nil && before.Register == imp.Register {
			line := s.importLine(ask, before)
			v.Mends = &line
		} else if err != nil && fault.Of(err) != fault.NotFound {
			return nil, err
		}
	}
	reg := s.Register(imp.Register)
	v.Whole = attributeNames(reg, imp.Options.Absent, ask.Lang)
	for header, target := range imp.Options.Map {
		v.Mapped = append(v.Mapped, mappedHeader{header, target})
	}
	for _, a := range completable(reg) {
		for _, id := range imp.Options.Complete {
			if id == a.ID {
				v.Complete = append(v.Complete, a.Name.In(ask.Lang))
			}
		}
	}
	return v, nil
}

func (s *room) showImport(w http.ResponseWriter, r *http.Request) error {
	imp, err := s.findImport(r)
	if err != nil {
		return err
	}
	v, err := s.recordView(r, imp)
	if err != nil {
		return err
	}
	if v.Result, err = s.results().result(r, imp); err != nil {
		return err
	}
	v.Parted = r.URL.Query().Get("done") == "unmerged"
	v.Again = v.Undone != "" && r.URL.Query().Has("again")
	return s.Render(w, r, "importrecord", v)
}

// results are what tells what came of imports.
func (s *room) results() *results {
	return &results{s.Frame, s.Results, s.Doubts, s.Uploads}
}

// askUndo says what undoing would change and how to get it back, before anything is done.
func (s *room) askUndo(w http.ResponseWriter, r *http.Request) error {
	imp, err := s.findImport(r)
	if err != nil {
		return err
	}
	v, err := s.recordView(r, imp)
	if err != nil {
		return err
	}
	if v.Owed, v.OwedN, err = s.results().owed(r.Context(), s.Ask(r), imp); err != nil {
		return err
	}
	if v.Subjects = imp.Report.Brought; !imp.Report.Counted {
		v.Subjects = -1
	}
	return s.Render(w, r, "importundo", v)
}

// undoImport undoes an import in the background; asking twice is the same as once.
func (s *room) undoImport(w http.ResponseWriter, r *http.Request) error {
	imp, err := s.findImport(r)
	if err != nil {
		return err
	}
	ask := s.Ask(r)
	if !imp.UndoneAt.IsZero() {
		http.Redirect(w, r, ask.Link(address.ImportPath(imp.ID), "again", "1"), http.StatusSeeOther)
		return nil
	}
	j, _, err := s.Jobs.Start(r.Context(), job.Spec{
		Kind: kindUndo, Title: imp.File, Back: address.ImportPath(imp.ID), Key: fmt.Sprintf("undo:%d", imp.ID), Args: undoArgs{Import: imp.ID},
	})
	if err != nil {
		return err
	}
	http.Redirect(w, r, ask.Link("/jobs/"+j.ID), http.StatusSeeOther)
	return nil
}

// keepsOriginal is the SHA-256 of the file of an import as it is kept; empty: it is not. An entry by hand has none.
func (s *room) keepsOriginal(ctx context.Context, imp *intake.Import) (string, error) {
	if s.Files == nil || imp.SHA256 == "" {
		return "", nil
	}
	if s.Originals != nil {
		return s.Originals.Current(ctx, imp.ID, imp.SHA256)
	}
	has, err := s.Files.Has(ctx, imp.SHA256)
	if err != nil || !has {
		return "", err
	}
	return imp.SHA256, nil
}

// fetchOriginal gives the file of an import as it came, without the cells of it that were erased.
func (s *room) fetchOriginal(w http.ResponseWriter, r *http.Request) error {
	imp, err := s.findImport(r)
	if err != nil {
		return err
	}
	kept, err := s.keepsOriginal(r.Context(), imp)
	if err != nil {
		return err
	}
	if kept == "" {
		return errNoOriginal(imp.ID)
	}
	o, err := s.Imports.Original(r.Context(), imp.ID)
	if err != nil {
		return err
	}
	of := &taken{"original", "import.original.title", "import.original.lead", "import.original", o, membersOf(o)}
	if given, err := s.disclose(w, r, imp, of); err != nil || !given {
		return err
	}
	if s.Disclosures != nil && !s.asks(r.Context(), o) {
		if err := s.Disclosures.Exported(r.Context(), disclosure.Export{What: address.ImportPath(imp.ID) + "/original"}, of.members); err != nil {
			return err
		}
	}
	return s.sendFile(w, r, kept, imp.File, imp.At)
}

func errNoOriginal(id int64) error {
	return fault.New(fault.NotFound, fmt.Sprintf("没有保存导入 %d 的原文件：它是手工填写的，或在开始保存原文件之前导入，或因其中有单元格抹除而删除，或因保全只留存而不给出。", id),
		fmt.Sprintf("The original file of import %d is not kept: it was entered by hand, or imported before originals were kept, or deleted because cells of it were erased, or kept by a legal hold and given to nobody.", id))
}

// sendFile gives a stored file as a download: whatever is in it, no browser shows it as a page of ours.
func (s *room) sendFile(w http.ResponseWriter, r *http.Request, sha256, name string, at time.Time) error {
	path, err := s.Files.Local(r.Context(), sha256)
	if err != nil {
		return err
	}
	f, err := s.Files.OpenFile(path)
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	defer f.Close()
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", "attachment; filename=\"download\"; filename*=UTF-8''"+url.PathEscape(name))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	http.ServeContent(w, r, "", at, f)
	return nil
}
