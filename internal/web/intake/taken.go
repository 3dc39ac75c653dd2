package intake

import (
	"context"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"strings"

	"eyas/internal/auth"
	"eyas/internal/disclosure"
	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
	"eyas/internal/sheet"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
)

// taken is a file with rows of an import as they came, which somebody takes along.
type taken struct {
	name              string // last part of its address
	title, lead, take string // keys of texts
	holds             *intake.Original
	members           *disclosure.Members
}

// membersOf are the subjects that the records of an import count for.
func membersOf(o *intake.Original) *disclosure.Members {
	m := &disclosure.Members{}
	for _, id := range o.Subjects {
		m.Add(id)
	}
	return m
}

// originalView is the form by which somebody takes an original, or rows of it, with personal data along.
type originalView struct {
	File, Back, To string
	Title, Lead    string
	Take           string // the word of the button
	Problem        string
	Fields         string // names of the personal data that are known to be in it
	Unread         string // headers of columns of which it is not known
	Numbers        bool   // a column that is not personal has such data
	Purposes       []frame.PurposeChoice
	Reason         string
}

// asks reports whether a file that may have personal data in it is given for a purpose only. The one operator of a base without
// people is not asked.
func (s *room) asks(ctx context.Context, o *intake.Original) bool {
	return s.Ledger != nil && s.Disclosures != nil && o.Personal() && s.Actors.Acting(ctx).ID != auth.Local
}

// disclose writes down that a file of an import is taken along that may have personal data in it, before it is. given is false while
// there is no purpose, and the form was the answer. Of another file the caller writes it.
func (s *room) disclose(w http.ResponseWriter, r *http.Request, imp *intake.Import, f *taken) (given bool, err error) {
	o := f.holds
	if !s.asks(r.Context(), o) {
		return true, nil
	}
	if err := s.Actors.Decide(r.Context(), auth.Unmask, auth.Resource{Register: o.Register}); err != nil {
		return false, err
	}
	asked := disclosure.Ask{Register: o.Register, Fields: o.Fields, Purpose: r.PostForm.Get("purpose"), Reason: r.PostForm.Get("reason")}
	status, problem := http.StatusOK, ""
	if r.Method == http.MethodPost {
		err := s.Ledger.Original(r.Context(), disclosure.File{Import: imp.ID, Name: f.name, Unknown: o.Unknown()}, asked, f.members)
		var f *fault.Error
		if !errors.As(err, &f) || f.Code != fault.Invalid {
			return err == nil, err
		}
		status, problem = http.StatusUnprocessableEntity, f.In(s.LangOf(r))
	}
	ask := s.Ask(r)
	path := address.ImportPath(imp.ID)
	v := &originalView{File: imp.File, Back: ask.Link(path), To: ask.Link(path + "/" + f.name), Problem: problem, Purposes: s.Purposes(ask.Lang, asked.Purpose), Reason: asked.Reason}
	reg, text := s.Register(o.Register), s.Words(ask.Lang)
	v.Title, v.Lead, v.Take = text(f.title), text(f.lead, "n", figure.Num(f.members.Len())), text(f.take)
	var names []string
	for _, id := range o.Fields {
		names = append(names, reg.Attribute(id).Name.In(ask.Lang))
	}
	v.Fields, v.Unread, v.Numbers = strings.Join(names, text("frame.and")), strings.Join(o.Unread, text("frame.and")), o.Numbers && len(o.Fields) == 0
	s.RenderStatus(w, r, status, "importoriginal", v)
	return false, nil
}

// sheetName is a file's name with something added, as the name of a download.
func sheetName(file, add string) string {
	return strings.TrimSuffix(file, filepath.Ext(file)) + "-" + add + ".xlsx"
}

// exportRefused gives the rows that an import could not use, as they came, with the reason in the last column: like the original, for a
// purpose where they may have personal data.
func (s *room) exportRefused(w http.ResponseWriter, r *http.Request) (*frame.Workbook, error) {
	imp, err := s.findImport(r)
	if err != nil {
		return nil, err
	}
	o, err := s.Imports.RefusedHolds(r.Context(), imp.ID)
	if err != nil {
		return nil, err
	}
	of := &taken{"refused.xlsx", "import.refused.title", "import.refused.nobody", "import.refused.download", o, &disclosure.Members{}}
	if imp.Report.RefusalCount > imp.Report.Refused { // cells, too, of rows that count for a subject
		of.members, of.lead = membersOf(o), "import.refused.lead"
	}
	if given, err := s.disclose(w, r, imp, of); err != nil || !given {
		return nil, err
	}
	if s.asks(r.Context(), o) { // it was written down
		of.members = nil
	}
	return &frame.Workbook{Members: of.members, File: sheetName(imp.File, s.Words(s.LangOf(r))("import.refused.file")), Rows: imp.Report.RefusalCount,
		Whole: func(ctx context.Context, w io.Writer) error { return s.Imports.Refused(ctx, imp.ID, w) }}, nil
}

// giveRefused answers the form that asks what the rows are for.
func (s *room) giveRefused(w http.ResponseWriter, r *http.Request) error {
	return s.Give(w, r, s.exportRefused)
}

// exportPreviewIssues gives everything that a preview refused or warned of, as XLSX.
func (s *room) exportPreviewIssues(w http.ResponseWriter, r *http.Request) (*frame.Workbook, error) {
	u, err := s.findUpload(r)
	if err != nil {
		return nil, err
	}
	v, err := s.previewView(r, u)
	if err != nil {
		return nil, err
	}
	if v.Preview == nil {
		http.Redirect(w, r, s.Ask(r).Link(previewPath(u.ID)), http.StatusSeeOther)
		return nil, nil
	}
	lang := s.LangOf(r)
	text := s.Words(lang)
	head := []any{text("import.issue.what"), text("import.issue.sheet"), text("import.issue.row"), text("import.issue.column"), text("import.issue.value"), text("import.issue.reason")}
	report := &v.Preview.Report
	fill := func(_ context.Context, row func(...any) error) error {
		write := func(what string, issues []layout.Issue) error {
			for _, i := range issues {
				kind := what
				if what == "" {
					kind = text(map[bool]string{true: "import.issue.row.whole", false: "import.issue.cell"}[i.Scope == "row"])
				}
				if err := row(kind, i.Sheet, sheet.Plain(i.Row), i.Column, figure.Masked(i.Value), issueReason(i, lang)); err != nil {
					return err
				}
			}
			return nil
		}
		if err := write("", report.Refusals); err != nil {
			return err
		}
		return write(text("import.issue.warning"), report.Warnings)
	}
	return &frame.Workbook{File: sheetName(u.Name, text("import.issues.file")), Rows: len(report.Refusals) + len(report.Warnings), Title: text("import.issues.file"), Head: head, Fill: fill}, nil
}

// issueReason is an issue's sentence in the reader's language, where it has both.
func issueReason(i layout.Issue, lang string) string {
	if i.Text.ZH != "" {
		return i.Text.In(lang)
	}
	return i.Reason
}
