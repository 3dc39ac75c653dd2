package intake

import (
	"context"
	"io"
	"net/http"
	"path/filepath"
	"strings"

	"eyas/internal/disclosure"
	"eyas/internal/figure"
	"eyas/internal/registry/layout"
	"eyas/internal/sheet"
	"eyas/internal/web/frame"
)

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
