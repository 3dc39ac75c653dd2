package web

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"

	"eyas/internal/fault"
)

// sourceRow is one source row as it came.
type sourceRow struct {
	File, Sheet, When, Who string
	Row                    int
	Cells                  []recordCell
	Back                   string // the enterprise
	BackName               string
	Reason                 string
	Undone                 string
}

type recordCell struct {
	Letter string // the spreadsheet's column
	Header string
	Text   string
	Marked bool
}

// recordSource shows a source row, the cell that the address names marked. Contacts are masked as everywhere.
func (s *Server) recordSource(w http.ResponseWriter, r *http.Request) error {
	ask := s.ask(r)
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return fault.New(fault.NotFound, "没有编号为“"+r.PathValue("id")+"”的来源记录。", "There is no source record “"+r.PathValue("id")+"”.")
	}
	rec, err := s.Registry.Record(r.Context(), id)
	if err != nil {
		return err
	}
	v := &sourceRow{File: rec.Import.File, Sheet: rec.Sheet, Row: rec.Row, Who: s.newWriter(ask.Lang, inWan).actor(rec.Import.Actor), Reason: rec.Reason,
		When: rec.Import.At.In(zoneOf(s.Pack)).Format("2006-01-02 15:04")}
	if !rec.Import.UndoneAt.IsZero() {
		v.Undone = rec.Import.UndoneAt.In(zoneOf(s.Pack)).Format("2006-01-02 15:04")
	}
	of := s.cities[rec.Import.Register]
	if of == nil {
		of = s.city // a register that the pack no longer has
	}
	marked := r.URL.Query().Get("cell")
	for i, text := range rec.Cells {
		c := recordCell{Letter: columnLetter(i + 1), Text: text}
		if i < len(rec.Headers) {
			c.Header = rec.Headers[i]
		}
		c.Marked = marked != "" && marked == c.Letter+strconv.Itoa(rec.Row)
		if of.personal(c.Header, rec.Import.Options.Map[c.Header]) {
			c.Text = mask(c.Text)
		} else {
			c.Text = mobile.ReplaceAllStringFunc(c.Text, mask)
		}
		v.Cells = append(v.Cells, c)
	}
	if rec.Subject != 0 {
		if p, err := s.Registry.Profile(r.Context(), rec.Subject); err == nil {
			v.Back, v.BackName = ask.Link(s.subjectPath(rec.Import.Register, p.Code, p.Subject)), p.Name
		}
	}
	return s.render(w, r, "record", v)
}

// mobile finds mobile numbers in columns that are not known to hold any.
var mobile = regexp.MustCompile(`\b1[3-9][0-9]{9}\b`)

// personal reports whether a column is about a person: its header speaks of such an attribute, or was mapped to one.
func (c *city) personal(header, mapped string) bool {
	for _, a := range c.register.Attributes {
		if !a.Personal {
			continue
		}
		if header == a.ID || mapped == a.ID {
			return true
		}
		for _, name := range append([]string{a.Name.ZH, a.Name.EN}, a.Aliases...) {
			if name != "" && strings.Contains(header, name) {
				return true
			}
		}
	}
	return false
}

// columnLetter names a column as spreadsheets do: 1 is A, 27 is AA.
func columnLetter(n int) string {
	s := ""
	for ; n > 0; n = (n - 1) / 26 {
		s = string(rune('A'+(n-1)%26)) + s
	}
	return s
}
