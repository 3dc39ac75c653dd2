package web

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"eyas/internal/fault"
	"eyas/internal/job"
	"eyas/internal/pack"
	"eyas/internal/quality"
)

// Quality keeps the doubted values of the base; *quality.Board is one.
type Quality interface {
	Refresh(ctx context.Context, progress func(subjects int)) (quality.Refreshed, error)
	Behind(ctx context.Context) (bool, error)
	Tallies(ctx context.Context, register string) ([]quality.Tally, time.Time, error)
	Listed(ctx context.Context, f quality.Filter, offset, limit int) ([]quality.Row, int, error)
	Found(ctx context.Context, k quality.Key) (*quality.Row, error)
	Assign(ctx context.Context, actor string, k quality.Key, assignee, note string) error
	Ask(ctx context.Context, actor string, k quality.Key, question string) error
	Dismiss(ctx context.Context, actor string, k quality.Key, reason string) error
	Reopen(ctx context.Context, actor string, k quality.Key) error
	Accept(ctx context.Context, actor string, k quality.Key, lang string, enter quality.Corrector) (importID int64, err error)
	Mend(ctx context.Context, actor string, k quality.Key, text, reason string, enter quality.Corrector) (importID int64, err error)
}

// qualityRoutes adds the board of doubted values, one value's page, the letter that asks about it, and decisions.
func (s *Server) qualityRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /quality", s.page(s.showQuality))
	mux.HandleFunc("GET /quality.xlsx", s.page(s.exportQuality))
	mux.HandleFunc("POST /quality", s.page(s.decideQuality))
	mux.HandleFunc("POST /quality/search", s.page(s.searchQuality))
	mux.HandleFunc("GET /quality/{key}", s.page(s.showFinding))
	mux.HandleFunc("GET /quality/{key}/letter", s.page(s.showLetter))
}

// findingsPage is the rows of one page of the list.
const findingsPage = 50

// qualityView is the board.
type qualityView struct {
	Total     int // open findings of the register
	States    []qualityCount
	When      string // the last search; empty: never
	Running   string // the search that runs now
	Done      string // what was just decided
	UndoURL   string // of a correction just entered
	Kinds     []qualityKind
	Sources   []qualityCount
	Districts []qualityCount
	Rules     []option
	InDistr   []option
	InState   []option
	Rows      []findingRow
	Listed    int
	From, To  int
	Prev      string
	Next      string
	Sorts     map[string]sortLink
	Chips     []chip
	Export    string
	Mends     bool // corrections can be entered
	Stewards  []string
	Back      string
}

// qualityCount is a number of findings with the list behind it.
type qualityCount struct {
	Label string
	URL   string
	N     int
}

// qualityKind is a rule with its findings by source.
type qualityKind struct {
	qualityCount
	Kind  string
	Mends string
	Cells []qualityCount
}

// findingRow is one doubted value in words.
type findingRow struct {
	Key                   string
	URL, Subject          string // its page, the enterprise's page
	Name, Code, District  string
	Rule, Kind            string
	Attr                  string
	Year                  int
	Value, Offer, Because string
	Cell                  string // of the source record, with its place
	State                 quality.State
	Assignee, Reason      string
	Void, Offered         bool
}

func errNoQuality() error {
	return fault.New(fault.Conflict, "这个程序启动时没有启用数据质量。请用 eyas serve 启动。", "This program was started without data quality: start it with eyas serve.")
}

// qualityKey names the job that searches.
const qualityKey = "quality"

// startSearch starts the search for doubted values, or finds the one that runs.
func (s *Server) startSearch() (job.Status, error) {
	status, _, err := s.Jobs.Start(job.Spec{
		Kind: "quality", Title: s.Pack.Registers[0].Name.ZH, Back: "/quality", Key: qualityKey, Repeat: true, Write: true,
		Run: func(ctx context.Context, report func(job.Progress)) (any, error) {
			return s.Quality.Refresh(ctx, func(n int) { report(job.Progress{Stage: "judging", Rows: n}) })
		},
	})
	return status, err
}

func (s *Server) searchQuality(w http.ResponseWriter, r *http.Request) error {
	if s.Quality == nil || s.Jobs == nil {
		return errNoQuality()
	}
	j, err := s.startSearch()
	if err != nil {
		return err
	}
	http.Redirect(w, r, s.ask(r).Link("/jobs/"+j.ID), http.StatusSeeOther)
	return nil
}

// qualityFilter reads the filters of an address; what it cannot read is no filter.
func (s *Server) qualityFilter(r *http.Request) quality.Filter {
	q := r.URL.Query()
	f := quality.Filter{Register: s.Pack.Registers[0].ID, District: q.Get("in"), State: quality.State(q.Get("state")), Assignee: q.Get("assignee"), Sort: q.Get("sort"), Desc: q.Get("desc") == "1"}
	f.Import, _ = strconv.ParseInt(q.Get("source"), 10, 64)
	if s.Pack.QualityRule(q.Get("rule")) != nil {
		f.Rules = []string{q.Get("rule")}
	}
	if !slices.Contains([]string{"rule", "name", "found"}, f.Sort) {
		f.Sort = "rule"
	}
	return f
}

func (s *Server) showQuality(w http.ResponseWriter, r *http.Request) error {
	if s.Quality == nil || s.Jobs == nil {
		return errNoQuality()
	}
	ask := s.ask(r)
	v := &qualityView{Mends: s.Correct != nil, Back: ask.url.RequestURI()}
	behind, err := s.Quality.Behind(r.Context())
	if err != nil {
		return err
	}
	if behind {
		if _, err := s.startSearch(); err != nil {
			return err
		}
	}
	if j, ok := s.Jobs.Find(qualityKey); ok && !j.State.Final() {
		v.Running = ask.Link("/jobs/" + j.ID)
	}
	if err := s.countFindings(r, ask, v); err != nil {
		return err
	}
	if err := s.listFindings(r, ask, v); err != nil {
		return err
	}
	v.Done, v.UndoURL = s.qualityDone(r, ask)
	return s.render(w, r, "quality", v)
}

// mostSources is how many files have a column of their own.
const mostSources = 5

// countFindings fills in the counts, each a link to the list behind it.
func (s *Server) countFindings(r *http.Request, ask *Ask, v *qualityView) error {
	text := s.words(ask.Lang)
	list, at, err := s.Quality.Tallies(r.Context(), s.Pack.Registers[0].ID)
	if err != nil {
		return err
	}
	if !at.IsZero() {
		v.When = at.In(zoneOf(s.Pack)).Format("2006-01-02 15:04")
	}
	byRule, byImport, byDistrict, byState := map[string]int{}, map[int64]int{}, map[string]int{}, map[quality.State]int{}
	cross := map[string]map[int64]int{}
	for _, n := range list {
		v.Total += n.N
		byRule[n.Rule] += n.N
		byImport[n.Import] += n.N
		byDistrict[n.District] += n.N
		byState[n.State] += n.N
		if cross[n.Rule] == nil {
			cross[n.Rule] = map[int64]int{}
		}
		cross[n.Rule][n.Import] += n.N
	}
	for _, state := range []quality.State{quality.Open, quality.Assigned, quality.Asked} {
		v.States = append(v.States, qualityCount{text("quality.state." + string(state)), ask.Link("/quality", "state", string(state)), byState[state]})
	}
	imports := sortedByCount(byImport)
	for _, id := range imports[:min(len(imports), mostSources)] {
		v.Sources = append(v.Sources, qualityCount{s.importName(r, id), ask.Link("/quality", "source", strconv.FormatInt(id, 10)), byImport[id]})
	}
	for _, rule := range s.Pack.Quality {
		if n := byRule[rule.ID]; n > 0 {
			k := qualityKind{qualityCount: qualityCount{rule.Name.In(ask.Lang), ask.Link("/quality", "rule", rule.ID), n}, Kind: string(rule.Kind), Mends: rule.Mends}
			for _, id := range imports[:len(v.Sources)] {
				k.Cells = append(k.Cells, qualityCount{URL: ask.Link("/quality", "rule", rule.ID, "source", strconv.FormatInt(id, 10)), N: cross[rule.ID][id]})
			}
			v.Kinds = append(v.Kinds, k)
		}
	}
	for _, id := range sortedByCount(byDistrict) {
		v.Districts = append(v.Districts, qualityCount{s.districtName(ask, id), ask.Link("/quality", "in", districtParam(id)), byDistrict[id]})
	}
	return nil
}

func districtParam(id string) string {
	if id == "" {
		return "-"
	}
	return id
}

func sortedByCount[K int64 | string](counts map[K]int) []K {
	keys := make([]K, 0, len(counts))
	for k := range counts {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b K) int {
		if counts[a] != counts[b] {
			return counts[b] - counts[a]
		}
		if a < b {
			return -1
		}
		return 1
	})
	return keys
}

func (s *Server) districtName(ask *Ask, id string) string {
	for _, o := range s.Pack.Orgs {
		if o.ID == id && id != "" {
			return o.Name.In(ask.Lang)
		}
	}
	if id != "" { // outside of the city
		return id
	}
	return s.words(ask.Lang)("quality.noDistrict")
}

func (s *Server) importName(r *http.Request, id int64) string {
	if imp, err := s.Registry.ImportByID(r.Context(), id); err == nil {
		return imp.File
	}
	return "#" + strconv.FormatInt(id, 10)
}

// attribute of a finding; nil when the pack no longer has it.
func (s *Server) findingAttribute(k quality.Key) (*pack.QualityRule, *pack.Attribute) {
	rule := s.Pack.QualityRule(k.Rule)
	if rule == nil {
		return nil, nil
	}
	return rule, s.register(rule.Register).Attribute(k.Attribute)
}

// findingRow puts a finding into words.
func (s *Server) findingRow(ask *Ask, f *quality.Row) (findingRow, bool) {
	rule, a := s.findingAttribute(f.Key)
	if rule == nil || a == nil {
		return findingRow{}, false
	}
	row := findingRow{Key: f.Key.String(), URL: ask.Link("/quality/" + f.Key.String()), Subject: ask.Link(enterprisePath(f.Code, f.Subject)), Name: f.Name, Code: f.Code,
		District: s.districtName(ask, f.District), Rule: rule.Name.In(ask.Lang), Kind: string(rule.Kind), Attr: a.Name.In(ask.Lang), Year: f.Year,
		Value: quality.Shown(a, f.Value).In(ask.Lang), Because: f.Because.In(ask.Lang), State: f.State, Assignee: f.Assignee, Reason: f.Reason,
		Cell: ask.Link("/records/"+strconv.FormatInt(f.Record, 10), "cell", f.Cell)}
	if o := f.Offer; o != nil {
		row.Offered, row.Void = true, o.Void
		row.Offer = quality.Shown(a, o.Value).In(ask.Lang)
		if o.Void {
			row.Offer = s.words(ask.Lang)("quality.blank")
		}
	}
	return row, true
}
