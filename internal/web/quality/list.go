package quality

import (
	"context"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/quality"
	"eyas/internal/registry/fact"
	"eyas/internal/sheet"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
	"eyas/internal/web/grid"
)

// findingColumns is the cookie that keeps the columns of the list.
const findingColumns = frame.ColumnCookie + "-quality"

// findingList is the doubted values of a register as a list; the database filters, sorts and pages.
type findingList struct {
	*room
	ask     *address.Ask
	reg     *pack.Register
	tallies []quality.Tally
	sources []qualitySource
	from    map[int64]*qualitySource // by the import
	files   map[int64]string         // names of imports, as far as they were needed
	keys    []quality.Key            // these findings only; nil: all
	at      string                   // the key of the row that has the focus
	settles bool                     // the reader may say what becomes of them
	cols    *grid.Columns
}

// decides is the form by which picked findings are settled; nil for who may not: picked ones are exported then.
func (l *findingList) decides() *grid.PickForm {
	if !l.settles {
		return nil
	}
	return &grid.PickForm{ID: "decide", Name: "key"}
}

// listFindings makes the list for a request, out of what was counted of the register.
func (s *room) listFindings(r *http.Request, reg *pack.Register, tallies []quality.Tally, sources []qualitySource) *findingList {
	l := &findingList{room: s, ask: s.Ask(r).Without("done", "n", "import", "at"), reg: reg, tallies: tallies, sources: sources, from: map[int64]*qualitySource{}, files: map[int64]string{}, settles: s.May(r.Context(), auth.Settle)}
	for i := range sources {
		for _, id := range sources[i].imports {
			l.from[id] = &sources[i]
		}
	}
	text := s.Words(l.ask.Lang)
	column := func(id, head string) *grid.Column {
		return &grid.Column{ID: id, Head: text("quality." + head), Group: text("quality.title")}
	}
	choose := func(id, head, field string, choices func() []grid.Choice, known func(string) bool) *grid.Column {
		c := column(id, head)
		c.By, c.Field, c.Choices, c.Offered = grid.Choose, field, choices, true
		c.Check = func(v string) error {
			if known(v) || slices.ContainsFunc(choices(), func(x grid.Choice) bool { return x.Value == v }) {
				return nil
			}
			return address.UnknownFilter(field, v)
		}
		return c
	}
	rule := choose("rule", "col.rule", "rule", l.rulesFound, func(v string) bool { return s.Pack.QualityRule(v) != nil })
	rule.Sort, rule.Fact, rule.Name = "rule", true, func(v string) string { return s.Pack.QualityRule(v).Name.In(l.ask.Lang) }
	kind := choose("kind", "col.kind", "c.kind", l.kinds, func(string) bool { return false })
	kind.Name = func(v string) string { return text("quality.kind." + v) }
	severity := choose("severity", "severity", "c.severity", l.severities, func(string) bool { return false })
	severity.Sort, severity.Name = "severity", func(v string) string { return text("quality.severity." + v) }
	district := choose("district", "col.district", "in", l.districts, func(v string) bool { return s.City.Org[v] != nil || v == districtParam("") })
	district.Name = func(v string) string { return s.districtName(l.ask, districtOf(v)) }
	state := choose("state", "col.state", "state", l.states, func(v string) bool { return slices.Contains(quality.States, quality.State(v)) })
	state.Fact, state.Name = true, func(v string) string { return text("quality.state." + v) }
	source := choose("source", "source", "from", l.sourcesFound, func(string) bool { return false })
	source.Name = func(v string) string {
		return sources[slices.IndexFunc(sources, func(x qualitySource) bool { return x.ID == v })].Label
	}
	assignee := choose("assignee", "col.assignee", "assignee", l.assignees, func(string) bool { return true })
	found := column("found", "col.found")
	found.Sort, found.Offered, found.By, found.Day = "found", true, grid.Range, true
	found.Bound = func(text string) (float64, error) {
		t, err := time.Parse(time.DateOnly, text)
		if err != nil {
			return 0, address.UnknownFilter("found", text)
		}
		return float64(fact.DayOf(t)), nil
	}
	found.Write = func(v float64) string { return figure.Date(fact.TimeOf(int32(v))) }
	file := choose("file", "col.file", "file", func() []grid.Choice { return nil }, func(v string) bool { n, err := strconv.ParseInt(v, 10, 64); return err == nil && n > 0 })
	file.Offered, file.Name = false, func(v string) string {
		id, _ := strconv.ParseInt(v, 10, 64)
		return s.importName(r.Context(), id)
	}
	value := column("value", "col.value")
	value.Number = true
	l.cols = &grid.Columns{Title: text("quality.col.name"), SortTitle: "name", Usual: []string{"attr", "value", "rule", "because", "offer", "state"},
		List: []*grid.Column{column("code", "col.code"), district, column("attr", "col.attr"), column("year", "col.year"), value, rule, kind, severity, column("because", "col.because"), column("offer", "col.offer"),
			state, assignee, column("reason", "col.reason"), source, file, column("cell", "col.cell"), found}}
	return l
}

// read reads what the address asks of the list. Addresses of before say desc=1 where those of lists say sort=-name; the list is
// asked, and leads on, as those of lists.
func (l *findingList) read(r *http.Request) (*grid.Query, error) {
	if values := r.URL.Query(); values.Has("desc") {
		by := values.Get("sort")
		if values.Get("desc") == "1" {
			if by == "" {
				by = "severity"
			}
			by = "-" + strings.TrimPrefix(by, "-")
		}
		l.ask = l.ask.Put("sort", by, "desc", "")
		r = r.Clone(r.Context())
		r.URL.RawQuery = l.ask.Query().Encode()
	}
	return grid.Read(r, l.ask, l, findingColumns)
}

// What the filters offer: what was counted.

func (l *findingList) rulesFound() (all []grid.Choice) {
	for _, severity := range severities {
		for _, rule := range l.Pack.Quality {
			if rule.Severity == severity && slices.ContainsFunc(l.tallies, func(t quality.Tally) bool { return t.Rule == rule.ID }) {
				all = append(all, grid.Choice{Value: rule.ID, Label: rule.Name.In(l.ask.Lang), Under: l.Words(l.ask.Lang)("quality.severity") + " " + l.Words(l.ask.Lang)("quality.severity."+severity)})
			}
		}
	}
	return all
}

func (l *findingList) kinds() (all []grid.Choice) {
	for _, kind := range []pack.QualityKind{pack.Impossible, pack.Slip, pack.Implausible, pack.Disagreeing, pack.Stale, pack.Lacking} {
		all = append(all, grid.Choice{Value: string(kind), Label: l.Words(l.ask.Lang)("quality.kind." + string(kind))})
	}
	return all
}

func (l *findingList) severities() (all []grid.Choice) {
	for _, severity := range severities {
		all = append(all, grid.Choice{Value: severity, Label: l.Words(l.ask.Lang)("quality.severity." + severity)})
	}
	return all
}

func (l *findingList) districts() (all []grid.Choice) {
	counts := map[string]int{}
	for _, t := range l.tallies {
		counts[t.District] += t.N
	}
	for _, id := range sortedByCount(counts) {
		all = append(all, grid.Choice{Value: districtParam(id), Label: l.districtName(l.ask, id)})
	}
	return all
}

func (l *findingList) states() (all []grid.Choice) {
	for _, state := range []quality.State{quality.Open, quality.Assigned, quality.Asked} { // the others are on no list
		all = append(all, grid.Choice{Value: string(state), Label: l.Words(l.ask.Lang)("quality.state." + string(state))})
	}
	return all
}

func (l *findingList) sourcesFound() (all []grid.Choice) {
	for _, x := range l.sources {
		all = append(all, grid.Choice{Value: x.ID, Label: x.Label})
	}
	return all
}

func (l *findingList) assignees() (all []grid.Choice) {
	counts := map[string]int{}
	for _, t := range l.tallies {
		if t.Assignee != "" {
			counts[t.Assignee] += t.N
		}
	}
	for _, name := range sortedByCount(counts) {
		all = append(all, grid.Choice{Value: name, Label: name})
	}
	return all
}

// Columns implements grid.Source.
func (l *findingList) Columns() *grid.Columns { return l.cols }

// filter is a query as the board knows it.
func (l *findingList) filter(q *grid.Query) quality.Filter {
	f := quality.Filter{Register: l.reg.ID, Text: q.Text, Assignees: q.Where["assignee"].Values, Subjects: q.Chosen, Sort: q.Sort, Desc: q.Desc}
	if f.Sort == "" {
		f.Sort = "severity"
	}
	asked := func(column string, fits func(v string) bool) bool {
		values := q.Where[column].Values
		return len(values) == 0 || slices.ContainsFunc(values, fits)
	}
	if len(q.Where["rule"].Values)+len(q.Where["kind"].Values)+len(q.Where["severity"].Values) > 0 {
		f.Rules = []string{}
		for _, r := range l.Pack.Quality {
			if asked("rule", func(v string) bool { return v == r.ID }) && asked("kind", func(v string) bool { return v == string(r.Kind) }) && asked("severity", func(v string) bool { return v == r.Severity }) {
				f.Rules = append(f.Rules, r.ID)
			}
		}
	}
	for _, v := range q.Where["district"].Values {
		f.Districts = append(f.Districts, districtOf(v))
	}
	for _, v := range q.Where["state"].Values {
		f.States = append(f.States, quality.State(v))
	}
	if from := q.Where["source"].Values; len(from) > 0 {
		f.Imports = []int64{} // of a source without findings nothing is listed
		for _, x := range l.sources {
			if slices.Contains(from, x.ID) {
				f.Imports = append(f.Imports, x.imports...)
			}
		}
	}
	if files := q.Where["file"].Values; len(files) > 0 {
		of := []int64{}
		for _, v := range files {
			if id, err := strconv.ParseInt(v, 10, 64); err == nil && (f.Imports == nil || slices.Contains(f.Imports, id)) {
				of = append(of, id)
			}
		}
		f.Imports = of
	}
	f.Keys = l.keys
	if in := l.City.DistrictsOf(l.ask.Scope); in != nil {
		f.Districts = narrowed(f.Districts, in)
	}
	midnight := func(v float64, later int) time.Time {
		t := fact.TimeOf(int32(v))
		return time.Date(t.Year(), t.Month(), t.Day()+later, 0, 0, 0, 0, l.Pack.Zone)
	}
	if x := q.Where["found"]; x.From != nil {
		f.From = midnight(*x.From, 0)
	}
	if x := q.Where["found"]; x.To != nil {
		f.To = midnight(*x.To, 1)
	}
	return f
}

// narrowed are the districts that are asked for within others; nil asks for all.
func narrowed(asked, in []string) []string {
	if asked == nil {
		return in
	}
	return slices.DeleteFunc(slices.Clone(asked), func(id string) bool { return !slices.Contains(in, id) })
}

// Page implements grid.Source.
func (l *findingList) Page(ctx context.Context, q *grid.Query, offset, limit int) (rows []grid.Row, total int, err error) {
	list, total, err := l.Quality.Listed(ctx, l.filter(q), offset, limit)
	for i := range list {
		if row, ok := l.row(ctx, q, &list[i], true); ok {
			rows = append(rows, row)
		}
	}
	return rows, total, err
}

// Each implements grid.Source.
func (l *findingList) Each(ctx context.Context, q *grid.Query, fn func(*grid.Row) error) error {
	f := l.filter(q)
	for from := 0; ; from += frame.ExportBatch {
		list, _, err := l.Quality.Listed(ctx, f, from, frame.ExportBatch)
		if err != nil {
			return err
		}
		for i := range list {
			if row, ok := l.row(ctx, q, &list[i], false); ok {
				if err := fn(&row); err != nil {
					return err
				}
			}
		}
		if len(list) < frame.ExportBatch {
			return nil
		}
	}
}

// Cells of a page: a rule with its gravity, why it doubts the value, and the button that corrects as suggested, which sends the form of the page.
var (
	gravely = template.Must(template.New("rule").Parse(`<span class="rule">{{.Rule}} <span class="status">{{.Severity}}</span></span>`))
	focused = template.Must(template.New("focused").Parse(`<span tabindex="-1" autofocus>{{.}}</span>`))
	because = template.Must(template.New("because").Parse(`<span class="because">{{.}}</span>`))
	accept  = template.Must(template.New("accept").Parse(`<button class="quiet offer" form="decide" type="submit" name="one" value="accept:{{.Key}}"{{if .Here}} autofocus{{end}}>{{.Says}}<span class="visually-hidden"> {{.Name}} {{.Attr}}</span></button>`))
)

// filled fills in the template of a cell; it escapes what it is given.
func (l *findingList) filled(t *template.Template, data any) template.HTML {
	var out strings.Builder
	if err := t.Execute(&out, data); err != nil {
		l.Log.Error("cell of a list", "template", t.Name(), "error", err)
	}
	return template.HTML(out.String())
}

// row writes a finding; page says that it is for a page, whose cells lead on. It is false of what the pack no longer has.
func (l *findingList) row(ctx context.Context, q *grid.Query, f *quality.Row, page bool) (grid.Row, bool) {
	x, ok := l.findingRow(l.ask, f)
	if !ok {
		return grid.Row{}, false
	}
	text, dated := l.Words(l.ask.Lang), x.Attr
	if x.Year != 0 {
		dated += " " + strconv.Itoa(x.Year)
	}
	if page {
		x.URL = l.back("/quality/" + x.Key)
	}
	row := grid.Row{ID: f.Subject, Of: [2]int64{f.Subject}, Name: x.Name, Code: x.Code, URL: x.URL, Here: page && l.at == x.Key, Pick: grid.Pick{Value: x.Key, Aside: []address.Field{x.Saw}, Label: x.Name + " " + dated}, Cells: make([]grid.Cell, len(q.Columns))}
	if row.Here && !(x.Offered && l.Correct != nil && slices.ContainsFunc(q.Columns, func(c *grid.Column) bool { return c.ID == "offer" })) {
		row.HTML = l.filled(focused, x.Name) // no button of the row takes the focus
	}
	for i, c := range q.Columns {
		cell := &row.Cells[i]
		switch c.ID {
		case "code":
			cell.Text = x.Code
		case "district":
			cell.Text = x.District
		case "attr":
			if cell.Text = x.Attr; page {
				cell.Text = dated
			}
		case "year":
			if x.Year != 0 {
				cell.Text, cell.Value = strconv.Itoa(x.Year), sheet.Plain(x.Year)
			}
		case "value":
			cell.Text, cell.URL = x.Value, x.Cell
		case "rule":
			if cell.Text = x.Rule; page {
				cell.HTML = l.filled(gravely, struct{ Rule, Severity string }{x.Rule, text("quality.severity." + x.Severity)})
			}
		case "kind":
			cell.Text = text("quality.kind." + x.Kind)
		case "severity":
			cell.Text = text("quality.severity." + x.Severity)
		case "because":
			if cell.Text = x.Because; page {
				cell.HTML = l.filled(because, x.Because)
			}
		case "offer":
			if cell.Text = x.Offer; page && x.Offered && l.Correct != nil && l.settles {
				says := x.Offer
				if !x.Void {
					says = text("quality.accept.for", "value", x.Offer)
				}
				cell.HTML = l.filled(accept, struct {
					Key, Says, Name, Attr string
					Here                  bool
				}{x.Key, says, x.Name, x.Attr, l.at == x.Key})
			}
		case "state":
			if cell.Text = text("quality.state." + string(x.State)); page && x.Assignee != "" {
				cell.Text += " · " + x.Assignee
			}
		case "assignee":
			cell.Text = x.Assignee
		case "reason":
			cell.Text = figure.Masked(x.Reason)
		case "source":
			if from := l.from[f.Import]; from != nil {
				cell.Text = from.Label
			}
		case "file":
			if l.files[f.Import] == "" {
				l.files[f.Import] = l.importName(ctx, f.Import)
			}
			cell.Text = l.files[f.Import]
		case "cell":
			if cell.Text = f.Cell; page {
				cell.URL = x.Cell
			}
		case "found":
			cell.Text, cell.Value = l.When(f.FoundAt), l.MinuteCell(f.FoundAt)
		}
	}
	return row, true
}

// back is an address that carries which list it was reached from, so that its page leads back there.
func (l *findingList) back(path string) string {
	if q := l.ask.Query(); len(q) > 0 {
		return path + "?" + q.Encode()
	}
	return path
}

// readKeys reads the keys of picked findings; nil for none.
func readKeys(texts []string) (keys []quality.Key, err error) {
	for _, text := range texts {
		k, ok := quality.ParseKey(text)
		if !ok {
			return nil, fault.New(fault.Invalid, "没有这个可疑的值："+address.Shortened(text)+"。", "There is no such doubted value: "+address.Shortened(text)+".")
		}
		keys = append(keys, k)
	}
	return keys, nil
}

// exportQuality writes the list of the address, with all columns where the address names none.
func (s *room) exportQuality(_ http.ResponseWriter, r *http.Request) (*frame.Workbook, error) {
	if s.Quality == nil {
		return nil, errNoQuality()
	}
	ask, reg := s.Ask(r), s.qualityRegister(r)
	tallies, _, err := s.Quality.Tallies(r.Context(), reg.ID)
	if err != nil {
		return nil, err
	}
	sources, err := s.countSources(r.Context(), ask, reg.ID, tallies)
	if err != nil {
		return nil, err
	}
	l := s.listFindings(r, reg, tallies, sources)
	q, err := l.read(r)
	if err != nil {
		return nil, err
	}
	if l.keys, err = readKeys(r.URL.Query()["key"]); err != nil {
		return nil, err
	}
	if r.URL.Query()["col"] == nil {
		q.Columns = l.cols.List
	}
	_, total, err := s.Quality.Listed(r.Context(), l.filter(q), 0, 0)
	if err != nil {
		return nil, err
	}
	text := s.Words(ask.Lang)
	title := text("quality.title")
	f := grid.File{Name: title + " " + ask.Day() + ".xlsx", Title: title, Rows: total, Notes: s.ExportNotes(ask, reg.Name.In(ask.Lang))}
	for _, said := range grid.Says(l, q, text) {
		f.Notes = append(f.Notes, strings.TrimSpace(text("sheet.filter")+" "+said))
	}
	return grid.Workbook(l, q, f), nil
}
