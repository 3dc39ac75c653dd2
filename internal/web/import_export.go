package web

import (
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"

	"eyas/internal/registry"

	"github.com/xuri/excelize/v2"
)

const xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// download is a response that becomes a file with its first byte: an error before that is still a page.
type download struct {
	http.ResponseWriter
	name    string
	started bool
}

func (d *download) Write(p []byte) (int, error) {
	if !d.started {
		d.started = true
		h := d.Header()
		h.Set("Content-Type", xlsxType)
		h.Set("Content-Disposition", `attachment; filename="download.xlsx"; filename*=UTF-8''`+url.PathEscape(d.name))
		h.Set("Cache-Control", "no-store")
	}
	return d.ResponseWriter.Write(p)
}

// sheetName is a file's name with something added, as the name of a download.
func sheetName(file, add string) string {
	return strings.TrimSuffix(file, filepath.Ext(file)) + "-" + add + ".xlsx"
}

// exportRefused gives the rows that an import could not use, as they came, with the reason in the last column.
func (s *Server) exportRefused(w http.ResponseWriter, r *http.Request) error {
	imp, err := s.findImport(r)
	if err != nil {
		return err
	}
	d := &download{ResponseWriter: w, name: sheetName(imp.File, s.words(s.lang(r))("import.refused.file"))}
	if err := s.Registry.Refused(r.Context(), imp.ID, d); err != nil {
		if d.started {
			s.Log.Error("refused rows", "import", imp.ID, "error", err)
			panic(http.ErrAbortHandler) // a torn file must not look whole
		}
		return err
	}
	return nil
}

// exportPreviewIssues gives everything that a preview refused or warned of, as XLSX.
func (s *Server) exportPreviewIssues(w http.ResponseWriter, r *http.Request) error {
	u, err := s.findUpload(r)
	if err != nil {
		return err
	}
	v, err := s.previewView(r, u)
	if err != nil {
		return err
	}
	if v.Preview == nil {
		http.Redirect(w, r, s.ask(r).Link(previewPath(u.ID)), http.StatusSeeOther)
		return nil
	}
	lang := s.lang(r)
	text := s.words(lang)
	f := excelize.NewFile()
	defer f.Close()
	sheet, err := f.NewStreamWriter(f.GetSheetName(0))
	if err != nil {
		return err
	}
	head := []any{text("import.issue.what"), text("import.issue.sheet"), text("import.issue.row"), text("import.issue.column"), text("import.issue.value"), text("import.issue.reason")}
	if err := sheet.SetRow("A1", head); err != nil {
		return err
	}
	line := 1
	write := func(what string, issues []registry.Issue) error {
		for _, i := range issues {
			line++
			kind := what
			if what == "" {
				kind = text(map[bool]string{true: "import.issue.row.whole", false: "import.issue.cell"}[i.Scope == "row"])
			}
			if err := sheet.SetRow("A"+strconv.Itoa(line), []any{kind, i.Sheet, i.Row, i.Column, i.Value, issueReason(i, lang)}); err != nil {
				return err
			}
		}
		return nil
	}
	report := &v.Preview.Report
	if err := write("", report.Refusals); err != nil {
		return fmt.Errorf("issues of %s: %w", u.Name, err)
	}
	if err := write(text("import.issue.warning"), report.Warnings); err != nil {
		return fmt.Errorf("issues of %s: %w", u.Name, err)
	}
	if err := sheet.Flush(); err != nil {
		return err
	}
	return f.Write(&download{ResponseWriter: w, name: sheetName(u.Name, text("import.issues.file"))})
}

// issueReason is an issue's sentence in the reader's language, where it has both.
func issueReason(i registry.Issue, lang string) string {
	if i.Text.ZH != "" {
		return i.Text.In(lang)
	}
	return i.Reason
}
