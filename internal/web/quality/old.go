package quality

import (
	"context"
	"errors"
	"net/http"
	"time"

	"eyas/internal/disclosure"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/sheet"
	"eyas/internal/web/frame"
)

// mostOld is how many subjects the page lists; the export has all.
const mostOld = 200

// oldView lists the subjects of which a source's word is old.
type oldView struct {
	Register     string
	Source       string
	Steward      string
	Stale        int // days
	Total        int // as the last search counted
	Rows         []oldRow
	Back, Export string
}

type oldRow struct {
	Name, Code, URL, Day string
}

var errEnough = errors.New("web: enough for a page")

func (s *room) oldSource(r *http.Request) (*pack.Source, error) {
	if s.Quality == nil {
		return nil, errNoQuality()
	}
	id := r.URL.Query().Get("from")
	if source := s.Pack.Source(id); source != nil && source.Stale > 0 {
		return source, nil
	}
	return nil, fault.New(fault.NotFound, "没有会过时的来源“"+id+"”。请从“数据质量”页进入。", "There is no source “"+id+"” that grows old: start from the page “Data quality”.")
}

func (s *room) showOld(w http.ResponseWriter, r *http.Request) error {
	source, err := s.oldSource(r)
	if err != nil {
		return err
	}
	ask, reg := s.Ask(r), s.qualityRegister(r)
	v := &oldView{Register: reg.Name.In(ask.Lang), Source: source.Name.In(ask.Lang), Steward: source.Steward.In(ask.Lang), Stale: source.Stale,
		Back: ask.Link("/quality", "register", reg.ID), Export: s.ExportAt(r.Context(), ask.Link("/quality/old.xlsx", "register", reg.ID, "from", source.ID))}
	aged, err := s.Quality.Gathered(r.Context(), reg.ID)
	if err != nil {
		return err
	}
	for _, a := range aged {
		if a.Source == source.ID {
			v.Total += a.Subjects
		}
	}
	err = s.Quality.Old(r.Context(), reg.ID, source.ID, func(p *fact.Profile, day time.Time) error {
		v.Rows = append(v.Rows, oldRow{p.Name, p.Code, ask.Link(s.SubjectPath(reg.ID, p.Code, p.Subject)), day.Format(time.DateOnly)})
		if len(v.Rows) == mostOld || len(v.Rows) == v.Total {
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return err
	}
	return s.Render(w, r, "old", v)
}

func (s *room) exportOld(_ http.ResponseWriter, r *http.Request) (*frame.Workbook, error) {
	source, err := s.oldSource(r)
	if err != nil {
		return nil, err
	}
	ask, reg := s.Ask(r), s.qualityRegister(r)
	text := s.Words(ask.Lang)
	title := text("quality.old.sheet")
	head := []any{text("quality.col.name"), text("quality.col.code"), text("quality.old.day")}
	notes := append(s.ExportNotes(ask, reg.Name.In(ask.Lang)), text("quality.old.lead", "source", source.Name.In(ask.Lang), "days", source.Stale))
	aged, err := s.Quality.Gathered(r.Context(), reg.ID)
	if err != nil {
		return nil, err
	}
	total := 0
	for _, a := range aged {
		if a.Source == source.ID {
			total += a.Subjects
		}
	}
	members := &disclosure.Members{}
	fill := func(ctx context.Context, row func(...any) error) error {
		return s.Quality.Old(ctx, reg.ID, source.ID, func(p *fact.Profile, day time.Time) error {
			members.Add(p.Subject)
			return row(p.Name, p.Code, sheet.Date(day))
		})
	}
	return &frame.Workbook{File: title + "-" + ask.Day() + ".xlsx", Rows: total, Title: title, Notes: notes, Head: head, Fill: fill, Members: members}, nil
}
