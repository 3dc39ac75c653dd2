package intake

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/quality"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
	"eyas/internal/registry/intake"
	"eyas/internal/rule/col"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
	"eyas/internal/web/spool"
	"eyas/internal/web/words"
)

// Results tells what came of an import.
type Results interface {
	Changes(ctx context.Context, importID, from int64, brought bool, limit int) (list []intake.Altered, next int64, err error)
	Followed(ctx context.Context, importID int64, limit int) ([]identity.Joined, int, error)
	Owed(ctx context.Context, importID int64, limit int) ([]identity.Joined, int, error)
	AskedAbout(ctx context.Context, importID int64, limit int) (ids []int64, total int, err error)
}

// Doubts counts doubted values.
type Doubts interface {
	Tallies(ctx context.Context, register string) ([]quality.Tally, time.Time, error)
}

// results puts into words what came of imports.
type results struct {
	*frame.Frame
	told    Results
	doubts  Doubts
	uploads *spool.Folder
}

const (
	// changesPage is how many subjects a page of changes has, mergesShown how many merges a result lists.
	changesPage, mergesShown = 50, 20
	// questionsLinked is how many questions the address of their list names.
	questionsLinked = 100
)

// resultView is the answer to “what happened”.
type resultView struct {
	Rows    []resultLine
	Show    string // the list below: changed, new, in.RULE or out.RULE; empty: none
	Title   string
	Changes []changeRow
	Brought bool   // the list is of new subjects
	More    string // the address of the list's next page
	First   string // of its first page, when this is not it
	Merges  []mergeLine
	Merged  int
	AllOf   string // the list of merges, when not all are here
	Names   []frame.Option
	Rest    int // names that were not kept
}

// resultLine is a number of things that happened, with the list of them.
type resultLine struct {
	What, N, Note, URL string
	On                 bool
}

type changeRow struct {
	Name, Code, URL, Cell string
	Values                []changedValue
}

type changedValue struct{ Attr, From, To, URL string }

type mergeLine struct {
	ID               int64
	From, Into       string
	FromURL, IntoURL string
	Undo             string
}

// result says what an import in force did; nil where nobody can tell.
func (s *results) result(r *http.Request, imp *intake.Import) (*resultView, error) {
	if s.told == nil || !imp.UndoneAt.IsZero() {
		return nil, nil
	}
	ctx, ask, w := r.Context(), s.Ask(r), s.WriterOf(r, imp.Register)
	reg := s.Register(imp.Register)
	v := &resultView{}
	if err := s.readShow(r, imp, v); err != nil {
		return nil, err
	}
	here := func(show string) string { return ask.Link(address.ImportPath(imp.ID), "show", show) + "#list" }
	line := func(key, show string, n int, note string) {
		l := resultLine{What: w.Text("import.did." + key), N: figure.Num(n), Note: note, On: show != "" && show == v.Show}
		if n > 0 && show != "" {
			l.URL = here(show)
		}
		v.Rows = append(v.Rows, l)
	}
	if e := imp.Report.Effect; e.Counted {
		line("new", "new", e.Brought, "")
		line("changed", "changed", e.Updated, "")
	} else {
		v.Rows = append(v.Rows, resultLine{What: w.Text("import.did.new"), N: "…", URL: here("new")}, resultLine{What: w.Text("import.did.changed"), N: "…", URL: here("changed")})
	}
	line("unchanged", "", imp.Report.Unchanged, "")
	if err := s.joinedBy(ctx, ask, w, imp, v); err != nil {
		return nil, err
	}
	ids, asked, err := s.told.AskedAbout(ctx, imp.ID, questionsLinked)
	if err != nil {
		return nil, err
	}
	l := resultLine{What: w.Text("import.did.asked"), N: figure.Num(asked), Note: s.still(ctx, w, "link:"+imp.Register)}
	if asked > 0 {
		pairs := []string{"register", imp.Register}
		if asked <= questionsLinked {
			for _, id := range ids {
				pairs = append(pairs, "id", strconv.FormatInt(id, 10))
			}
		}
		l.URL = linkAll(ask, "/links", pairs)
	}
	v.Rows = append(v.Rows, l)
	if err := s.doubtedBy(ctx, ask, w, imp, v); err != nil {
		return nil, err
	}
	if err := s.climbed(ctx, w, reg, imp, v, here); err != nil {
		return nil, err
	}
	switch {
	case v.Show == "new" || v.Show == "changed":
		return v, s.changed(r, w, imp, v)
	case v.Show != "":
		return v, s.named(ctx, ask, w, reg, imp, v)
	}
	return v, nil
}

// still says that the work which finds something out is not done; empty when it is.
func (s *results) still(ctx context.Context, w words.Writer, key string) string {
	if j, ok := s.Jobs.Find(ctx, key); ok && !j.State.Final() {
		return w.Text("import.did.still")
	}
	return ""
}

// linkAll is a link whose query may name something several times.
func linkAll(ask *address.Ask, path string, pairs []string) string {
	values := ask.Lasting()
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Add(pairs[i], pairs[i+1])
	}
	if len(values) == 0 {
		return path
	}
	return path + "?" + values.Encode()
}

// readShow reads which list is wanted. Without a word it is what changed, else what is new.
func (s *results) readShow(r *http.Request, imp *intake.Import, v *resultView) error {
	v.Show = r.URL.Query().Get("show")
	kind, _, ofRule := strings.Cut(v.Show, ".")
	switch {
	case v.Show == "":
		if e := imp.Report.Effect; e.Updated > 0 || !e.Counted {
			v.Show = "changed"
		} else if e.Brought > 0 {
			v.Show = "new"
		}
	case v.Show == "new" || v.Show == "changed" || ofRule && (kind == "in" || kind == "out"):
	default:
		return address.UnknownFilter("show", v.Show)
	}
	return nil
}

// joinedBy lists the merges that linkage made of what the import brought.
func (s *results) joinedBy(ctx context.Context, ask *address.Ask, w words.Writer, imp *intake.Import, v *resultView) error {
	list, n, err := s.told.Followed(ctx, imp.ID, mergesShown)
	if err != nil {
		return err
	}
	v.Merged = n
	l := resultLine{What: w.Text("import.did.merged"), N: figure.Num(n), Note: s.still(ctx, w, "link:"+imp.Register)}
	if n > 0 {
		l.URL = "#merged"
	}
	v.Rows = append(v.Rows, l)
	v.Merges = s.mergeLines(ask, list)
	if n > len(list) {
		v.AllOf = ask.Link("/merges", "register", imp.Register, "from.when", figure.Date(imp.At.In(s.Pack.Zone)))
	}
	return nil
}

func (s *results) mergeLines(ask *address.Ask, list []identity.Joined) (lines []mergeLine) {
	for i := range list {
		m := &list[i]
		lines = append(lines, mergeLine{ID: m.ID, From: m.From.Name, Into: m.Into.Name, FromURL: ask.Link(s.SubjectPath(m.Register, "", m.From.Subject)),
			IntoURL: ask.Link(s.SubjectPath(m.Register, m.Into.Code, m.Into.Subject)), Undo: ask.Link("/merges/" + strconv.FormatInt(m.ID, 10) + "/undo")})
	}
	return lines
}

// doubtedBy counts the doubted values that came with the import.
func (s *results) doubtedBy(ctx context.Context, ask *address.Ask, w words.Writer, imp *intake.Import, v *resultView) error {
	if s.doubts == nil {
		return nil
	}
	tallies, _, err := s.doubts.Tallies(ctx, imp.Register)
	if err != nil {
		return err
	}
	n := 0
	for _, t := range tallies {
		if t.Import == imp.ID {
			n += t.N
		}
	}
	l := resultLine{What: w.Text("import.did.doubted"), N: figure.Num(n), Note: s.still(ctx, w, "quality")}
	if n > 0 {
		l.URL = ask.Link("/quality", "register", imp.Register, "file", strconv.FormatInt(imp.ID, 10))
	}
	v.Rows = append(v.Rows, l)
	return nil
}

// climbed says how the ladder changed.
func (s *results) climbed(ctx context.Context, w words.Writer, reg *pack.Register, imp *intake.Import, v *resultView, here func(string) string) error {
	if reg == nil || len(s.CityOf(reg.ID).Ladder) == 0 {
		return nil
	}
	list, known, err := s.ladderMoved(ctx, imp.ID)
	if err != nil || !known {
		return err
	}
	if len(list) == 0 {
		v.Rows = append(v.Rows, resultLine{What: w.Text("import.did.ladder"), N: "0", Note: w.Text("import.did.ladder.same")})
	}
	for _, x := range list {
		rule := s.CityOf(reg.ID).Recognition(x.Rule)
		if rule == nil {
			continue
		}
		name := rule.Name.In(w.Lang)
		if x.In > 0 {
			v.Rows = append(v.Rows, resultLine{What: w.Text("import.did.in", "rule", name), N: "+" + figure.Num(x.In), URL: here("in." + x.Rule), On: v.Show == "in."+x.Rule})
		}
		if x.Out > 0 {
			v.Rows = append(v.Rows, resultLine{What: w.Text("import.did.out", "rule", name), N: "−" + figure.Num(x.Out), URL: here("out." + x.Rule), On: v.Show == "out."+x.Rule})
		}
	}
	return nil
}

// changed lists one page of what the import brought or changed.
func (s *results) changed(r *http.Request, w words.Writer, imp *intake.Import, v *resultView) error {
	ask := s.Ask(r)
	v.Brought = v.Show == "new"
	v.Title = w.Text("import.list." + v.Show)
	var from int64
	if text := r.URL.Query().Get("row"); text != "" {
		var err error
		if from, err = strconv.ParseInt(text, 10, 64); err != nil {
			return address.UnknownFilter("row", text)
		}
		v.First = ask.Link(address.ImportPath(imp.ID), "show", v.Show) + "#list"
	}
	list, next, err := s.told.Changes(r.Context(), imp.ID, from, v.Brought, changesPage)
	if err != nil {
		return err
	}
	if next != 0 {
		v.More = ask.Link(address.ImportPath(imp.ID), "show", v.Show, "row", strconv.FormatInt(next, 10)) + "#list"
	}
	for i := range list {
		c := &list[i]
		row := changeRow{Name: c.Subject.Name, Code: c.Subject.Code, URL: ask.Link(s.SubjectPath(imp.Register, c.Subject.Code, c.Subject.Subject)),
			Cell: ask.Link("/records/" + strconv.FormatInt(c.Record, 10))}
		for _, x := range c.Values {
			row.Values = append(row.Values, s.changedValue(ask, w, &x))
		}
		v.Changes = append(v.Changes, row)
	}
	return nil
}

func (s *results) changedValue(ask *address.Ask, w words.Writer, x *intake.ChangedValue) changedValue {
	write := func(f *fact.Fact) string {
		if f == nil {
			return w.Text("import.list.nothing")
		}
		text := w.Value(f.Attr, f.Value)
		if unit := w.Unit(f.Attr); unit != "" {
			text += " " + unit
		}
		return text
	}
	v := changedValue{Attr: w.YearName(x.Attr, x.Year), From: write(x.From), To: write(x.To)}
	if x.To != nil && x.To.Record != 0 && x.To.Cell > 0 {
		v.URL = ask.Link("/records/"+strconv.FormatInt(x.To.Record, 10), "cell", strconv.Itoa(x.To.Cell))
	}
	return v
}

// named lists the subjects that meet a recognition since the import, or do so no more.
func (s *results) named(ctx context.Context, ask *address.Ask, w words.Writer, reg *pack.Register, imp *intake.Import, v *resultView) error {
	way, id, _ := strings.Cut(v.Show, ".")
	list, _, err := s.ladderMoved(ctx, imp.ID)
	if err != nil {
		return err
	}
	rule := s.CityOf(reg.ID).Recognition(id)
	i := slices.IndexFunc(list, func(x rung) bool { return x.Rule == id })
	if rule == nil || i < 0 {
		return address.UnknownFilter("show", v.Show)
	}
	n, ids := list[i].In, list[i].Rose
	if way == "out" {
		n, ids = list[i].Out, list[i].Fell
	}
	v.Title = w.Text("import.did."+way, "rule", rule.Name.In(w.Lang)) + " " + figure.Num(n)
	v.Rest = n - len(ids)
	_, base, err := s.InMemory(ctx, reg.ID, fact.Moment{})
	if err != nil {
		return err
	}
	table, err := base.Current(ctx)
	if err != nil {
		return err
	}
	for _, subject := range ids {
		v.Names = append(v.Names, s.option(ask, reg, table, subject))
	}
	return nil
}

func (s *results) option(ask *address.Ask, reg *pack.Register, table *col.Table, subject int64) frame.Option {
	name, code := "#"+strconv.FormatInt(subject, 10), ""
	if row := table.Row(subject); row >= 0 {
		name, code = string(table.Names.At(row)), string(table.Codes.At(row))
	}
	return frame.Option{Label: name, URL: ask.Link(s.SubjectPath(reg.ID, code, subject))}
}

// owed lists the merges that undoing an import takes back with it.
func (s *results) owed(ctx context.Context, ask *address.Ask, imp *intake.Import) (list []mergeLine, n int, err error) {
	if s.told == nil || !imp.UndoneAt.IsZero() {
		return nil, 0, nil
	}
	merges, n, err := s.told.Owed(ctx, imp.ID, mergesShown)
	if err != nil && fault.Of(err) != fault.NotFound {
		return nil, 0, err
	}
	return s.mergeLines(ask, merges), n, nil
}
