package subject

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"eyas/internal/figure"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/profile"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
	"eyas/internal/web/origin"
	"eyas/internal/web/words"
)

// historyView is everything that was ever said of a subject, by attribute.
type historyView struct {
	head
	Said   int
	Undone int            // of them, in imports that were taken back since
	Writes []historyWrite // what people entered, the newest first
	Groups []historyGroup // of which several values were said, or one was taken back; all where they are few
	Once   []historyGroup // of which one value was ever said: folded
	Export string
}

// historyWrite is one entry by hand, which can be taken back.
type historyWrite struct {
	When, Who string
	What      []string
	Form      string
	Reason    string
	Undone    string // when it was taken back; empty: it can be
	Says      string // what it is, for those who only hear the button
	Undo      string
	Back      string
}

type historyGroup struct {
	ID, Name, Unit string
	Lines          []historyLine
}

// historyLine is one value with where it came from. What several sources say alike is one line.
type historyLine struct {
	Value  string
	Source origin.Source
	How    string
	Wins   bool
	Undone string         // when its import was taken back
	Also   []historyPlace // other places that say the same
}

// historyPlace is one more place that says what its line says.
type historyPlace struct {
	Source origin.Source
	How    string
}

func (s *room) showHistory(w http.ResponseWriter, r *http.Request) error {
	p, reg, wr, err := s.SubjectOf(r, s.Known)
	if err != nil {
		return err
	}
	ask := s.Ask(r)
	said, err := s.Known.History(r.Context(), p.Subject)
	if err != nil {
		return err
	}
	known, err := s.Known.DossierAt(r.Context(), p.Subject, fact.Moment{})
	if err != nil {
		return err
	}
	x, err := s.open(w, r, reg, known, fact.Moment{})
	if err != nil {
		return err
	}
	wr.Open = x.W.Open
	v := &historyView{Said: len(said), Export: s.ExportAt(r.Context(), ask.Link(subjectStep(p.Subject, "history.xlsx")))}
	if err := s.head(r, x, &v.head, tabHistory); err != nil {
		return err
	}
	if len(v.Chips) == 0 {
		_, lacks := s.keyFacts(x)
		from, err := s.provenance(r, x)
		if err != nil {
			return err
		}
		v.Stands.Known(&x.Reader, nil, len(from.Rows), from.Sources, lacks)
	}
	v.Writes = s.historyWrites(ask, wr, said)
	for _, f := range inOrder(said) {
		id := "of-" + words.ValueKey(f.Attr, f.Year)
		if n := len(v.Groups); n == 0 || v.Groups[n-1].ID != id {
			v.Groups = append(v.Groups, historyGroup{ID: id, Name: wr.YearName(f.Attr, f.Year), Unit: wr.Unit(f.Attr)})
		}
		line := s.historyLine(ask, wr, &f)
		if line.Undone != "" {
			v.Undone++
		}
		v.Groups[len(v.Groups)-1].add(&line)
	}
	v.fold()
	return s.Render(w, r, "history", v)
}

// fewGroups is how many attributes a history shows without folding any.
const fewGroups = 12

// fold puts the attributes of which one value was ever said behind those that have a history.
func (v *historyView) fold() {
	if len(v.Groups) <= fewGroups {
		return
	}
	var told []historyGroup
	for _, g := range v.Groups {
		if len(g.Lines) == 1 && g.Lines[0].Undone == "" {
			v.Once = append(v.Once, g)
		} else {
			told = append(told, g)
		}
	}
	v.Groups = told
}

// add adds what a source said. A value that stands already gets one more place; the line keeps the source that counts. What was
// taken back keeps its own line, because each has its own moment.
func (g *historyGroup) add(line *historyLine) {
	same := slices.IndexFunc(g.Lines, func(l historyLine) bool {
		return l.Value == line.Value && l.Source.Mark == line.Source.Mark && l.Undone == "" && line.Undone == ""
	})
	if same < 0 {
		g.Lines = append(g.Lines, *line)
		return
	}
	first := &g.Lines[same]
	if line.Wins {
		line.Also = append([]historyPlace{{Source: first.Source, How: first.How}}, first.Also...)
		*first = *line
		return
	}
	first.Also = append(first.Also, historyPlace{Source: line.Source, How: line.How})
}

// historyWrites gathers what was entered by hand: one entry may have several values.
func (s *room) historyWrites(ask *address.Ask, w words.Writer, said []profile.SaidFact) (list []historyWrite) {
	at := map[int64]int{}
	for i := range said {
		f := &said[i]
		if f.Source.Form == "" {
			continue
		}
		n, met := at[f.Source.Import]
		if !met {
			n = len(list)
			at[f.Source.Import] = n
			id := strconv.FormatInt(f.Source.Import, 10)
			one := historyWrite{When: s.When(f.Source.At), Who: w.Actor(f.Source.Actor), Form: f.Source.Form, Reason: figure.Masked(f.Source.Reason), Undo: frame.UndoPath(ask, frame.EntryKind, id), Back: ask.With("saved", "", "again", "")}
			if !f.Undone.IsZero() {
				one.Undone = s.When(f.Undone)
			}
			list = append(list, one)
		}
		what := w.YearName(f.Attr, f.Year) + " " + w.Said(&f.Fact)
		if unit := w.Unit(f.Attr); unit != "" && !f.Void {
			what += " " + unit
		}
		list[n].What = append(list[n].What, what)
		list[n].Says = list[n].When + " " + list[n].What[0]
	}
	slices.Reverse(list)
	return list
}

// inOrder sorts what was said by attribute and year, of each the newest first.
func inOrder(said []profile.SaidFact) []profile.SaidFact {
	slices.Reverse(said)
	slices.SortStableFunc(said, func(a, b profile.SaidFact) int {
		if a.Attr.Index != b.Attr.Index {
			return a.Attr.Index - b.Attr.Index
		}
		return b.Year - a.Year
	})
	return said
}

func (s *room) historyLine(ask *address.Ask, w words.Writer, f *profile.SaidFact) historyLine {
	line := historyLine{Value: w.Said(&f.Fact), Source: origin.Of(ask, w, f.Source), How: w.How(f.How), Wins: f.Wins}
	line.Source.Mark = words.MarkOf(&f.Fact)
	if !f.Undone.IsZero() {
		line.Undone = s.When(f.Undone)
	}
	return line
}

// exportHistory writes everything that was said of a subject.
func (s *room) exportHistory(_ http.ResponseWriter, r *http.Request) (*frame.Workbook, error) {
	p, reg, wr, err := s.SubjectOf(r, s.Known)
	if err != nil {
		return nil, err
	}
	said, err := s.Known.History(r.Context(), p.Subject)
	if err != nil {
		return nil, err
	}
	ask, text := s.Ask(r), wr.Text
	title := text("identity.history")
	notes := append(s.ExportNotes(ask, reg.Name.In(ask.Lang)), p.Name+" "+p.Code)
	head := []any{text("enterprise.attribute"), text("enterprise.value"), text("enterprise.unit"), text("identity.counts"), text("enterprise.source"), text("identity.place"),
		text("identity.source"), text("identity.asOf"), text("identity.came"), text("links.col.who"), text("identity.linkedBy"), text("identity.undoneAt")}
	fill := func(_ context.Context, row func(...any) error) error {
		for _, f := range inOrder(said) {
			l := s.historyLine(ask, wr, &f)
			counts := ""
			if l.Wins {
				counts = text("identity.counts")
			}
			var value any = l.Value
			if !f.Void {
				value = frame.ValueCell(wr, f.Attr, f.Value)
			}
			if err := row(wr.YearName(f.Attr, f.Year), value, wr.Unit(f.Attr), counts, l.Source.File, l.Source.Cell, l.Source.Name, frame.DayCell(l.Source.AsOf),
				s.MinuteCell(f.Source.At), l.Source.Who, l.How, s.MinuteCell(f.Undone)); err != nil {
				return err
			}
		}
		return nil
	}
	file := title + "-" + p.Name + "-" + ask.Today.Format(time.DateOnly) + ".xlsx"
	return &frame.Workbook{File: file, Rows: len(said), Title: title, Notes: notes, Head: head, Fill: fill, Subject: p.Subject}, nil
}
