package web

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"eyas/internal/fault"
	"eyas/internal/job"
	"eyas/internal/pack"
	"eyas/internal/quality"
	"eyas/internal/registry"
)

// Quality keeps the doubted values of the base; *quality.Board is one.
type Quality interface {
	Refresh(ctx context.Context, progress func(subjects int)) (quality.Refreshed, error)
	Behind(ctx context.Context) (bool, error)
	Registers() []*pack.Register
	Tallies(ctx context.Context, register string) ([]quality.Tally, time.Time, error)
	Gathered(ctx context.Context, register string) ([]quality.Aged, error)
	Old(ctx context.Context, register, source string, fn func(p *registry.Profile, day time.Time) error) error
	Listed(ctx context.Context, f quality.Filter, offset, limit int) ([]quality.Row, int, error)
	Found(ctx context.Context, k quality.Key) (*quality.Row, error)
	Assign(ctx context.Context, actor string, k quality.Key, assignee, note string) error
	Ask(ctx context.Context, actor string, k quality.Key, question string) error
	Dismiss(ctx context.Context, actor string, k quality.Key, reason string) error
	Reopen(ctx context.Context, actor string, k quality.Key) error
	Upon(ctx context.Context, seen registry.Seen, write func(context.Context) error) error
	Accept(ctx context.Context, actor string, k quality.Key, lang string, enter quality.Corrector) (importID int64, err error)
	Mend(ctx context.Context, actor string, k quality.Key, text, reason string, enter quality.Corrector) (importID int64, err error)
}

// qualityRoutes adds the board of doubted values, one value's page, the letter that asks about it, and decisions.
func (s *Server) qualityRoutes(t *routes) {
	t.page("GET /quality", s.showQuality)
	t.export("GET /quality.xlsx", s.exportQuality)
	t.page("POST /quality", s.decideQuality)
	t.page("POST /quality/search", s.searchQuality)
	t.page("GET /quality/old", s.showOld)
	t.export("GET /quality/old.xlsx", s.exportOld)
	t.page("GET /quality/{key}", s.showFinding)
	t.page("GET /quality/{key}/letter", s.showLetter)
}

// findingsPage is the rows of one page of the list.
const findingsPage = 50

// qualityView is the board.
type qualityView struct {
	Register  *pack.Register
	Total     int // open findings of the register
	Registers []qualityCount
	States    []qualityCount
	When      string // the last search; empty: never
	Running   string // the search that runs now
	Behind    bool   // the base has changed since the last search
	Done      string // what was just decided
	UndoURL   string // of a correction just entered
	Kinds     []qualityKind
	Columns   []qualitySource // those that have a column beside the rules
	Sources   []qualitySource
	Districts []qualityCount
	Wanted    []qualityWanted
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
	On    bool
}

// qualityKind is a rule with its findings by source.
type qualityKind struct {
	qualityCount
	Kind, Severity string
	Cells          []qualityCount
}

// qualitySource is a source of the pack with what is doubted and what is old of it.
type qualitySource struct {
	qualityCount
	ID      string // "-" for files that say none
	Steward string // who is to mend it
	Old     qualityCount
	Days    string // from when what is old is
	imports []int64
}

// qualityWanted is a recognition in force with the values that enterprises lack for a verdict.
type qualityWanted struct {
	Rule  string
	Items []qualityCount
}

// findingRow is one doubted value in words.
type findingRow struct {
	Key                   string
	URL, Subject          string // its page, the enterprise's page
	Name, Code, District  string
	Rule, Kind, Severity  string
	Attr                  string
	Year                  int
	Value, Offer, Because string
	Cell                  string // of the source record, with its place
	State                 quality.State
	Assignee, Reason      string
	Void, Offered         bool
	Saw                   Field // what was decided of it
}

func errNoQuality() error {
	return fault.New(fault.Conflict, "这个程序启动时没有启用数据质量。请用 eyas serve 启动。", "This program was started without data quality: start it with eyas serve.")
}

// qualityKey names the job that searches.
const qualityKey = "quality"

// startSearch starts the search for doubted values in what has changed, or finds the one that runs.
func (s *Server) startSearch() (job.Status, error) {
	status, _, err := s.Jobs.Start(job.Spec{
		Kind: "quality", Title: s.words(s.Lang)("quality.title"), Back: "/quality", Key: qualityKey, Repeat: true, Write: true,
		Run: func(ctx context.Context, report func(job.Progress)) (any, error) {
			_, err := s.Quality.Refresh(ctx, func(n int) { report(job.Progress{Stage: "judging", Rows: n}) })
			return nil, err
		},
	})
	return status, err
}

// searchAfter starts the search after an import, a linkage or an undoing, so that the board is current before anybody
// opens it.
func (s *Server) searchAfter() {
	if s.Quality == nil || s.Jobs == nil {
		return
	}
	if _, err := s.startSearch(); err != nil {
		s.Log.Error("the search for doubted values was not started", "error", err)
	}
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

// qualityRegister is the register that an address asks for; the first when it has no rules or is none.
func (s *Server) qualityRegister(r *http.Request) *pack.Register {
	for _, reg := range s.Quality.Registers() {
		if reg.ID == r.URL.Query().Get("register") {
			return reg
		}
	}
	return s.Pack.Registers[0]
}

// qualityFilter reads the filters of an address. Sources are those that were counted.
func (s *Server) qualityFilter(r *http.Request, sources []qualitySource) (quality.Filter, error) {
	q := r.URL.Query()
	if err := s.checkQuality(q, sources); err != nil {
		return quality.Filter{}, err
	}
	f := quality.Filter{Register: s.qualityRegister(r).ID, District: q.Get("in"), State: quality.State(q.Get("state")), Assignee: q.Get("assignee"), Sort: q.Get("sort"), Desc: q.Get("desc") == "1"}
	for _, x := range sources {
		if x.ID == q.Get("from") {
			f.Imports = append(x.imports, 0) // 0 is no import: of a source without findings nothing is listed
		}
	}
	if s.Pack.QualityRule(q.Get("rule")) != nil {
		f.Rules = []string{q.Get("rule")}
	}
	f.Sort = cmp.Or(f.Sort, "severity")
	return f, nil
}

// checkQuality refuses filters and orders that the board does not have.
func (s *Server) checkQuality(q url.Values, sources []qualitySource) error {
	known := map[string]func(string) bool{
		"in":    func(v string) bool { return v == "-" || s.city.org[v] != nil },
		"state": func(v string) bool { return slices.Contains(quality.States, quality.State(v)) },
		"rule":  func(v string) bool { return s.Pack.QualityRule(v) != nil },
		"sort":  func(v string) bool { return slices.Contains([]string{"severity", "rule", "name", "found"}, v) },
		"from": func(v string) bool {
			return slices.ContainsFunc(sources, func(x qualitySource) bool { return x.ID == v })
		},
	}
	for _, name := range slices.Sorted(maps.Keys(known)) {
		if v := q.Get(name); v != "" && !known[name](v) {
			return unknownFilter(name, v)
		}
	}
	return nil
}

func (s *Server) showQuality(w http.ResponseWriter, r *http.Request) error {
	if s.Quality == nil || s.Jobs == nil {
		return errNoQuality()
	}
	ask := s.ask(r)
	v := &qualityView{Register: s.qualityRegister(r), Mends: s.Correct != nil, Back: ask.url.RequestURI()}
	var err error
	if v.Behind, err = s.Quality.Behind(r.Context()); err != nil {
		return err
	}
	if j, ok := s.Jobs.Find(qualityKey); ok && !j.State.Final() {
		v.Running = ask.Link("/jobs/" + j.ID)
	}
	if err := s.countFindings(r, ask, v); err != nil {
		return err
	}
	if err := s.wantedValues(r, ask, v); err != nil {
		return err
	}
	if err := s.listFindings(r, ask, v); err != nil {
		return err
	}
	v.Done, v.UndoURL = s.qualityDone(r, ask)
	return s.render(w, r, "quality", v)
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
	row := findingRow{Key: f.Key.String(), Saw: sawField(f.Key.Saw(), f.Mark()), URL: ask.Link("/quality/" + f.Key.String()), Subject: ask.Link(s.subjectPath(f.Register, f.Code, f.Subject)), Name: f.Name, Code: f.Code,
		District: s.districtName(ask, f.District), Rule: rule.Name.In(ask.Lang), Kind: string(rule.Kind), Severity: rule.Severity, Attr: a.Name.In(ask.Lang), Year: f.Year,
		Value: quality.Shown(a, f.Value).In(ask.Lang), Because: f.Because.In(ask.Lang), State: f.State, Assignee: f.Assignee, Reason: f.Reason,
		Cell: ask.Link("/records/"+strconv.FormatInt(f.Record, 10), "cell", f.Cell)}
	if row.Value == "" {
		row.Value = s.words(ask.Lang)("quality.nothing")
	}
	if o := f.Offer; o != nil {
		row.Offered, row.Void = true, o.Void
		row.Offer = quality.Shown(a, o.Value).In(ask.Lang)
		if o.Void {
			row.Offer = s.words(ask.Lang)("quality.blank")
		}
	}
	return row, true
}
