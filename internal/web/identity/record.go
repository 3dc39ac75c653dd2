package identity

import (
	"cmp"
	"net/http"
	"strconv"
	"strings"

	"eyas/internal/auth"
	"eyas/internal/figure"
	"eyas/internal/registry/intake"
	"eyas/internal/web/address"
	"eyas/internal/web/city"
)

// sourceRow is one source row as it came, and whom it counts for.
type sourceRow struct {
	Number                 int64
	File, Sheet, When, Who string
	Form                   bool // entered by hand
	Why                    string
	Source, AsOf           string
	Import                 string // address of the import's own page
	Row                    int
	Cells                  []recordCell
	Back                   string // the subject that it counts for
	BackName               string
	Linked                 *linkedLine // how that is known; nil when it counts for none
	Records                string      // page of all records of the subject
	Moves                  []moveLine
	Done                   string
	Reason                 string
	Undone                 string
}

type recordCell struct {
	Letter string // the spreadsheet's column
	Header string
	Text   string
	Marked bool
}

// recordSource shows a source row, the cell that the address names marked.
func (s *room) recordSource(w http.ResponseWriter, r *http.Request) error {
	ask := s.Ask(r)
	id, err := recordNumber(r)
	if err != nil {
		return err
	}
	rec, err := s.Known.Record(r.Context(), id)
	if err != nil {
		return err
	}
	imp := &rec.Import
	wr := s.WriterOf(r, imp.Register)
	v := &sourceRow{Number: id, File: s.fileOf(rec), Sheet: rec.Sheet, Row: rec.Row, Who: wr.Actor(imp.Actor), Reason: rec.Reason, When: s.When(imp.At),
		Form: imp.File == "", Why: figure.Masked(imp.Reason), Import: ask.Link(address.ImportPath(imp.ID))}
	if src := s.Pack.Source(imp.Source); src != nil {
		v.Source = src.Name.In(ask.Lang)
	}
	if !imp.AsOf.IsZero() {
		v.AsOf = figure.Date(imp.AsOf)
	}
	if !imp.UndoneAt.IsZero() {
		v.Undone = s.When(imp.UndoneAt)
	}
	if done := r.URL.Query().Get("done"); recordsDone[done] {
		v.Done = done
	}
	open, err := s.Opened(w, r, rec.Subject)
	if err != nil {
		return err
	}
	v.Cells = s.recordCells(rec, r.URL.Query().Get("cell"), open)
	if rec.Subject == 0 {
		return s.Render(w, r, "record", v)
	}
	p, err := s.Known.Profile(r.Context(), rec.Subject)
	if err != nil {
		return err
	}
	s.Looked(r, rec.Subject)
	v.Back, v.BackName, v.Records = ask.Link(s.SubjectPath(imp.Register, p.Code, p.Subject)), cmp.Or(p.Name, p.Code), ask.Link(address.RecordsPath(p.Subject))
	records, err := s.Known.LinkedRecords(r.Context(), rec.Subject)
	if err != nil {
		return err
	}
	for i := range records {
		if records[i].Record == id {
			line, err := s.linkedLine(r.Context(), ask, wr, imp.Register, &records[i])
			if err != nil {
				return err
			}
			v.Linked = &line
		}
	}
	moves, err := s.Identities.Moves(r.Context(), rec.Subject)
	if err != nil {
		return err
	}
	for i := range moves {
		if moves[i].Record == id {
			v.Moves = append(v.Moves, s.moveLine(ask, wr, imp.Register, &moves[i], s.May(r.Context(), auth.Link)))
		}
	}
	return s.Render(w, r, "record", v)
}

// fileOf names what a record came in: its file, or the form.
func (s *room) fileOf(rec *intake.RecordView) string {
	return cmp.Or(rec.Import.File, rec.Import.Form)
}

// recordCells are the cells of a source row, the named one marked. Contacts are masked as everywhere, but those of attributes that
// are open.
func (s *room) recordCells(rec *intake.RecordView, marked string, open map[string]bool) (cells []recordCell) {
	of := s.CityOf(rec.Import.Register)
	for i, text := range rec.Cells {
		c := recordCell{Letter: columnLetter(i + 1), Text: text}
		if i < len(rec.Headers) {
			c.Header = rec.Headers[i]
		}
		c.Marked = marked != "" && marked == c.Letter+strconv.Itoa(rec.Row)
		if i < len(rec.Attributes) && open[rec.Attributes[i]] {
			cells = append(cells, c)
			continue
		}
		if personal(of, c.Header, rec.Import.Options.Map[c.Header]) {
			c.Text = figure.Mask(c.Text)
		} else {
			c.Text = figure.Masked(c.Text)
		}
		cells = append(cells, c)
	}
	return cells
}

// personal reports whether a column is about a person: its header speaks of such an attribute, or was mapped to one.
func personal(c *city.City, header, mapped string) bool {
	for _, a := range c.Register.Attributes {
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
