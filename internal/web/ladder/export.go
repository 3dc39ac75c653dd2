package ladder

import (
	"context"
	"net/http"

	"eyas/internal/fault"
	"eyas/internal/rule/list"
	"eyas/internal/web/city"
	"eyas/internal/web/frame"
)

// ladderExport writes the funnel, the single missing criteria and the districts as three sheets.
func (s *room) ladderExport(_ http.ResponseWriter, r *http.Request) (*frame.Workbook, error) {
	v, err := s.ladder(r)
	if err != nil {
		return nil, err
	}
	if v == nil {
		return nil, fault.New(fault.NotFound, "库里还没有企业，没有可导出的内容。", "There are no enterprises yet, so there is nothing to export.")
	}
	ask := s.Ask(r)
	text := s.Words(ask.Lang)
	notes := s.ExportNotes(ask, v.Place)
	head := []any{text("ladder.recognition"), text("sheet.law")}
	for _, state := range city.Verdicts {
		head = append(head, text("verdict."+string(state)))
	}
	var funnel, reasons, districts [][]any
	for _, row := range v.Rows {
		cells := []any{row.Rule.Name.In(ask.Lang), row.Law.Number}
		for _, f := range row.Figures {
			cells = append(cells, f.N)
		}
		funnel = append(funnel, cells)
		for _, reason := range row.Reasons {
			reasons = append(reasons, []any{row.Rule.Name.In(ask.Lang), reason.Name.In(ask.Lang), reason.N})
		}
	}
	districtHead := []any{text("sheet.group"), text("ladder.district"), text("ladder.enterprises")}
	for _, row := range v.Rows {
		districtHead = append(districtHead, row.Rule.Name.In(ask.Lang))
	}
	for _, g := range v.Districts {
		for _, d := range g.Rows {
			cells := []any{g.Name, d.Name, d.Total.N}
			for _, f := range d.Figures {
				cells = append(cells, f.N)
			}
			districts = append(districts, cells)
		}
	}
	show := text("ladder.districtCaption", "state", text("verdict."+string(v.Show)), "date", ask.Day())
	rows := func(all [][]any) func(context.Context, func(...any) error) error {
		return func(_ context.Context, row func(...any) error) error {
			for _, cells := range all {
				if err := row(cells...); err != nil {
					return err
				}
			}
			return nil
		}
	}
	return &frame.Workbook{File: text("ladder.title") + "-" + ask.Day() + ".xlsx", Title: text("ladder.title"), Notes: notes, Head: head, Fill: rows(funnel),
		Further: []frame.Part{
			{Title: text("verdict." + string(list.Near)), Notes: notes, Head: []any{text("ladder.recognition"), text("sheet.criterion"), text("ladder.enterprises")}, Fill: rows(reasons)},
			{Title: text("ladder.byDistrict"), Notes: append(notes[:len(notes):len(notes)], show), Head: districtHead, Fill: rows(districts)},
		}}, nil
}
