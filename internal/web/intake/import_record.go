package intake

import (
	"fmt"
	"net/http"
	"strconv"

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
	UndoURL  string
	Mapped   []mappedHeader
	Complete []string
	Whole    []string // of what the file is the whole list
	Back     string
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
	if kept {
		v.Original = ask.Link(address.ImportPath(imp.ID) + "/original")
	}
	if imp.UndoneAt.IsZero() {
		v.UndoURL = ask.Link(address.ImportPath(imp.ID) + "/undo")
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
	return s.Render(w, r, "importrecord", v)
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
		http.Redirect(w, r, ask.Link(address.ImportPath(imp.ID)), http.StatusSeeOther)
		return nil
	}
	j, _, err := s.Jobs.Start(r.Context(), job.Spec{
		Kind: kindUndo, Title: imp.File, Back: address.ImportPath(imp.ID), Key: fmt.Sprintf("undo:%d", imp.ID), Args: undoArgs{imp.ID},
	})
	if err != nil {
		return err
	}
	http.Redirect(w, r, ask.Link("/jobs/"+j.ID), http.StatusSeeOther)
	return nil
}
