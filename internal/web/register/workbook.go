package register

import (
	"strings"

	"eyas/internal/figure"
	"eyas/internal/web/frame"
	"eyas/internal/web/grid"
)

// File is what a file of a list is called and what its notes say besides the day and the filters.
type File struct {
	Title string   // of the sheet, and of the download with the day behind it
	Place string   // the part of the city that the list is about; empty: as the query says
	Notes []string // behind the filters
}

// Workbook plans the file with all rows of a query, in its order and with its columns. In the main register the code stands behind the
// name, whether or not its column is shown.
func (x *Register) Workbook(q *grid.Query, f File) (*frame.Workbook, error) {
	total, err := x.Total(q)
	if err != nil {
		return nil, err
	}
	text := x.Writer.Text
	g := grid.File{Rows: total, Title: f.Title, Name: f.Title + "-" + x.Ask.Day() + ".xlsx"}
	if code := x.Pack.Code(); x.IsMain() && code != nil {
		g.Code = x.Writer.Name(code)
		q.Drop("code")
	}
	if f.Place == "" {
		f.Place = x.Where(q)
	}
	g.Notes = x.frame.ExportNotes(x.Ask, f.Place)
	for _, said := range grid.Says(x, q, text) {
		g.Notes = append(g.Notes, strings.TrimSpace(text("sheet.filter")+" "+said))
	}
	g.Notes = append(g.Notes, f.Notes...)
	return grid.Workbook(x, q, g), nil
}

// Counted writes a number of subjects with their measure word.
func (x *Register) Counted(n int) string {
	if x.Ask.Lang != "zh-CN" {
		return figure.Num(n)
	}
	measure := x.Pack.Measure
	if measure == "" {
		measure = "个"
	}
	return figure.Num(n) + " " + measure
}
