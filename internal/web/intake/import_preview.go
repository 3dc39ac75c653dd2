package intake

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/job"
	"eyas/internal/pack"
	"eyas/internal/registry/cell"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
	"eyas/internal/registry/sight"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
	"eyas/internal/web/spool"
)

// shownIssues is how many refusals and warnings a page lists; all of them can be downloaded.
const shownIssues = 200

// previewView is what an import would do, or how far the reading has come.
type previewView struct {
	Upload   spool.Upload
	Size     string
	Job      *frame.JobView // while it is read, or when it cannot be
	Preview  *intake.Preview
	Guessed  []guessedSheet // when the header was not recognised: columns for a person to name
	Notice   string
	Problems []string
	Sheets   []previewSheet
	Headers  []previewHeader // each header that a person may map, once
	Attrs    []attrChoice
	Year     string
	Origin   originForm
	Complete []frame.Tick
	Ticked   int
	Refused  issueList
	Asked    issueList // questions to the person importing
	Warned   issueList
	Download string
	Back     string
	Mends    *importLine // the import whose refused rows it brings back
}

// Cells is how many cells could not be read.
func (v *previewView) Cells() int { return max(0, v.Refused.Total-v.Preview.Report.Refused) }

// previewSheet is how one sheet was understood.
type previewSheet struct {
	intake.SheetPreview
	Columns []previewColumn
	Used    int
}

type previewColumn struct {
	layout.Column
	Field  int    // index of its header in Headers
	First  bool   // the field stands here; later columns of the same header only show it
	Means  string // 销售收入@2020, empty when unused
	Years  bool   // it gives the year of its rows
	Sample []sampled
	Offers []offer // answers to what is asked about it
}

// sampled is a cell as it came and as it is understood.
type sampled struct {
	Raw, Read string
	Same      bool // nothing to say beyond what came: read as it is, or not read at all
	Unread    bool // the column is used, and this cell could not be read
}

// previewHeader is a field: Was is what it showed first, so that only a changed one is taken over.
type previewHeader struct {
	Header, Means, Was string
	Saw                address.Field // what people have said before that it means
}

// attrChoice is an entry of the list from which a column's meaning is chosen.
type attrChoice struct{ Value, Label string }

// issueList is the beginning of a list of issues.
type issueList struct {
	Issues []layout.Issue
	Total  int
	More   int
	Sheets bool // some say a sheet: files of text have none
}

// Known is how the column was recognised, as a locale key has it.
func (c previewColumn) Known() string {
	switch c.How {
	case "id", "name", "alias", "map", "remembered", "cells", "year", "unit", "currency", "duplicate", "noyear", "part", "nounit", "group", "aside", "none":
		return c.How
	}
	return "other"
}

func newIssueList(issues []layout.Issue, total int) issueList {
	shown := issues[:min(len(issues), shownIssues)]
	total = max(total, len(issues))
	sheets := slices.ContainsFunc(shown, func(i layout.Issue) bool { return i.Sheet != "" })
	return issueList{shown, total, total - len(shown), sheets}
}

func (s *room) findUpload(r *http.Request) (spool.Upload, error) {
	if err := s.importsReady(); err != nil {
		return spool.Upload{}, err
	}
	return s.Uploads.Shown(r.Context(), r.PathValue("upload"))
}

func (s *room) showPreview(w http.ResponseWriter, r *http.Request) error {
	u, err := s.findUpload(r)
	if err != nil {
		// It may be on its way into the base: show that.
		if j, ok := s.importJob(r.Context(), r.PathValue("upload")); ok {
			http.Redirect(w, r, s.Ask(r).Link("/jobs/"+j.ID), http.StatusSeeOther)
			return nil
		}
		return err
	}
	v, err := s.previewView(r, u)
	if err != nil {
		return err
	}
	if r.URL.Query().Has("changed") {
		v.Notice = "import.preview.changed"
	}
	return s.Render(w, r, "importpreview", v)
}

// importJob finds the job that imports an upload.
func (s *room) importJob(ctx context.Context, upload string) (job.Status, bool) {
	if s.Jobs == nil {
		return job.Status{}, false
	}
	return s.Jobs.Find(ctx, "import:"+upload)
}

// previewView gives the preview of an upload, starting it again when the process has forgotten it.
func (s *room) previewView(r *http.Request, u spool.Upload) (*previewView, error) {
	ask := s.Ask(r)
	status, known := s.Jobs.Find(r.Context(), previewKey(u))
	if !known {
		var err error
		if status, err = s.startPreview(r.Context(), u); err != nil {
			return nil, err
		}
	}
	v := &previewView{Upload: u, Size: figure.Size(u.Size), Back: ask.Link("/import")}
	v.Download = ask.Link(previewPath(u.ID) + "/issues.xlsx")
	if u.Options.Year != 0 {
		v.Year = strconv.Itoa(u.Options.Year)
	}
	reg := s.Register(u.Options.Register)
	if reg == nil {
		return nil, fault.New(fault.NotFound, "城市包里已没有“"+u.Options.Register+"”这个库，请重新选择文件。", "The pack has no register “"+u.Options.Register+"” any more: choose the file again.")
	}
	for _, a := range completable(reg) {
		on := slices.Contains(u.Options.Complete, a.ID)
		if on {
			v.Ticked++
		}
		v.Complete = append(v.Complete, frame.Tick{ID: a.ID, Name: a.Name.In(ask.Lang), On: on})
	}
	v.Origin = s.originForm(reg, u.Options, u.Name, ask.Lang)
	remembered, err := s.Intake.Remembered(r.Context(), reg.ID)
	if err != nil {
		return nil, err
	}
	defer func() {
		for i := range v.Headers {
			h := &v.Headers[i]
			h.Saw = frame.SawField(sight.SawHeader(reg.ID, h.Header), remembered[h.Header])
		}
	}()
	if status.State == job.Done {
		var err error
		if v.Preview, err = s.Uploads.Preview(r.Context(), u.ID, previewKey(u)); err != nil {
			return nil, err
		}
		if v.Preview == nil { // somebody cleared the folder
			if status, err = s.startPreview(r.Context(), u); err != nil {
				return nil, err
			}
		}
	}
	if v.Preview == nil {
		v.Job = s.JobView(ask, status)
		if status.State == job.Failed && fault.Of(status.Err) == fault.Invalid {
			v.offerHeaders(layout.View(reg, s.Pack.Source(u.Options.Source)), s.guess(r.Context(), u), u.Options.Map, ask.Lang)
		}
		return v, nil
	}
	s.fillPreview(v, layout.View(reg, s.Pack.Source(u.Options.Source)), ask.Lang)
	for _, x := range v.Preview.Sheets {
		if x.Mends == 0 || v.Mends != nil {
			continue
		}
		before, err := s.Imports.ImportByID(r.Context(), x.Mends)
		if err == nil && before.Register == reg.ID {
			line := s.importLine(ask, before)
			v.Mends = &line
		} else if err != nil && fault.Of(err) != fault.NotFound {
			return nil, err
		}
	}
	return v, nil
}

// fillPreview puts what was understood into words.
func (s *room) fillPreview(v *previewView, reg *pack.Register, lang string) {
	report := &v.Preview.Report
	v.Refused = newIssueList(report.Refusals, report.RefusalCount)
	var asked, warned []layout.Issue
	for _, i := range report.Warnings {
		if i.Scope == layout.Asked {
			asked = append(asked, i)
		} else {
			warned = append(warned, i)
		}
	}
	v.Asked = newIssueList(asked, 0)
	v.Warned = newIssueList(warned, report.WarningCount-len(asked))
	v.Attrs = attrChoices(reg, lang)
	field := map[string]int{}
	for _, sheet := range v.Preview.Sheets {
		shown := previewSheet{SheetPreview: sheet}
		for _, c := range sheet.Columns {
			column := previewColumn{Column: c, Means: meaning(reg, c.Attr, c.Year, lang)}
			if c.How == "none" || c.How == "aside" || c.How == "duplicate" || c.How == "noyear" {
				column.Means = ""
			}
			column.Years = c.How == "year" || c.How == "unit" || c.How == "currency"
			for _, o := range c.Offers {
				column.Offers = append(column.Offers, offered(s.Words(lang), o, c, column.Means != ""))
			}
			if column.Means != "" || column.Years {
				shown.Used++
			}
			if a := reg.Attribute(c.Attr); a == nil || !a.Kind.Numeric() {
				column.Unit = "" // a title's 万元 says nothing about names and dates
			}
			at, seen := field[c.Header]
			if !seen {
				at = len(v.Headers)
				field[c.Header] = at
				v.Headers = append(v.Headers, previewHeader{Header: c.Header, Means: column.Means, Was: column.Means})
			}
			column.Field, column.First = at, !seen
			for i, raw := range c.Samples {
				read := ""
				if i < len(c.Read) {
					read = c.Read[i]
				}
				same := column.Means == "" || strings.TrimSpace(raw) == read
				column.Sample = append(column.Sample, sampled{raw, read, same, !same && read == "" && strings.TrimSpace(raw) != ""})
			}
			shown.Columns = append(shown.Columns, column)
		}
		v.Sheets = append(v.Sheets, shown)
	}
}

// offer is one answer to what a column is asked about.
type offer struct{ Meaning, Label string }

// offered writes an answer: the first cell under a unit with what it then is, or a year. used says that the column is read
// already, in yuan.
func offered(text func(string, ...any) string, o layout.Offer, c layout.Column, used bool) offer {
	_, unit, ok := strings.Cut(o.Meaning, "/")
	if !ok || len(c.Samples) == 0 {
		return offer{o.Meaning, o.Read}
	}
	label := text("import.offer", "raw", strings.TrimSpace(c.Samples[0]), "read", o.Read, "unit", unit)
	if used && unit == "元" {
		label = text("import.offer.now", "label", label)
	}
	return offer{o.Meaning, label}
}

// meaning writes attribute and year as the field shows them: 销售收入@2020.
func meaning(reg *pack.Register, attr string, year int, lang string) string {
	if reg == nil || attr == "" {
		return ""
	}
	a := reg.Attribute(attr)
	if a == nil {
		return attr
	}
	name := a.Name.In(lang)
	if a.Yearly && year != 0 {
		name += "@" + strconv.Itoa(year)
	}
	return name
}

func attrChoices(reg *pack.Register, lang string) []attrChoice {
	var out []attrChoice
	if reg == nil {
		return nil
	}
	for _, a := range reg.Attributes {
		out = append(out, attrChoice{a.Name.In(lang), a.ID})
	}
	return out
}

// readMeaning reads what a person wrote for a column: an attribute's id, name or alias, with @ and a year where
// wanted. Empty is "-": kept, unused.
func readMeaning(reg *pack.Register, text string) (string, error) {
	text = strings.TrimSpace(strings.ReplaceAll(text, "＠", "@"))
	if text == "" || text == "-" {
		return "-", nil
	}
	text, unit, hasUnit := strings.Cut(text, "/")
	if hasUnit {
		if u, ok := cell.ParseUnit(unit); !ok || !u.Scaled {
			return "", fault.New(fault.Invalid,
				"“"+unit+"”不是金额的单位。写成 销售收入/万元 或 销售收入@2020/万元。",
				"“"+unit+"” is no unit of amounts: write sales/万元 or sales@2020/万元.")
		}
		unit = "/" + strings.TrimSpace(unit)
	}
	name, year, hasYear := strings.Cut(text, "@")
	name, year = strings.TrimSpace(name), strings.TrimSuffix(strings.TrimSpace(year), "年")
	a := findAttribute(reg, name)
	if a == nil {
		return "", fault.New(fault.Invalid,
			"没有名为“"+name+"”的属性。请从列表中选，或清空表示不用这一列。",
			"There is no attribute “"+name+"”: choose one of the list, or empty the field to leave the column unused.")
	}
	if !hasYear || year == "" {
		return a.ID + unit, nil
	}
	if y, err := strconv.Atoi(year); err != nil || y < 1949 || y > 2200 || !a.Yearly {
		return "", fault.New(fault.Invalid,
			"“"+text+"”的年份不对：按年的属性写成 销售收入@2020，其他属性不带年份。",
			"The year in “"+text+"” is wrong: yearly attributes are written like sales@2020, others without a year.")
	}
	return a.ID + "@" + year + unit, nil
}

func findAttribute(reg *pack.Register, name string) *pack.Attribute {
	if reg == nil {
		return nil
	}
	for _, a := range reg.Attributes {
		if a.ID == name || a.Name.ZH == name || strings.EqualFold(a.Name.EN, name) {
			return a
		}
	}
	for _, a := range reg.Attributes {
		if slices.Contains(a.Aliases, name) {
			return a
		}
	}
	return nil
}
