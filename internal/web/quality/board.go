package quality

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"

	"eyas/internal/fault"
	"eyas/internal/job"
	"eyas/internal/pack"
	"eyas/internal/quality"
	"eyas/internal/quality/judge"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/sight"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
	"eyas/internal/web/grid"
)

// Board keeps the doubted values of the base; *quality.Board is one.
type Board interface {
	Refresh(ctx context.Context, progress func(subjects int)) (quality.Refreshed, error)
	Behind(ctx context.Context) (bool, error)
	Registers() []*pack.Register
	Tallies(ctx context.Context, register string) ([]quality.Tally, time.Time, error)
	Gathered(ctx context.Context, register string) ([]quality.Aged, error)
	Old(ctx context.Context, register, source string, fn func(p *fact.Profile, day time.Time) error) error
	Listed(ctx context.Context, f quality.Filter, offset, limit int) ([]quality.Row, int, error)
	Found(ctx context.Context, k quality.Key) (*quality.Row, error)
	Doubts(ctx context.Context, subject int64) ([]quality.Row, error)
	Assign(ctx context.Context, k quality.Key, assignee, note string) error
	Ask(ctx context.Context, k quality.Key, question string) error
	Dismiss(ctx context.Context, k quality.Key, reason string) error
	Reopen(ctx context.Context, k quality.Key) error
	Upon(ctx context.Context, seen sight.Seen, write func(context.Context) error) error
	Accept(ctx context.Context, k quality.Key, lang string, enter quality.Corrector) (importID int64, err error)
	Mend(ctx context.Context, k quality.Key, text, reason string, enter quality.Corrector) (importID int64, err error)
}

// findingsPage is the rows of one page of the list.
const findingsPage = 50

// qualityView is the board.
type qualityView struct {
	*grid.View
	Register  *pack.Register
	Total     int // open findings of the register
	Registers []qualityCount
	States    []qualityCount
	When      string // the last search; empty: never
	Running   string // the search that runs now
	Behind    bool   // the base has changed since the last search
	Done      string // what was just decided
	At        string // the key of the row that has the focus
	Kinds     []qualityKind
	Columns   []qualitySource // those that have a column beside the rules
	Sources   []qualitySource
	Districts []qualityCount
	Wanted    []qualityWanted
	Mends     bool // corrections can be entered
	Stewards  []string
	Back      string
	tallies   []quality.Tally
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
	Saw                   address.Field // what was decided of it
}

func errNoQuality() error {
	return fault.New(fault.Conflict, "这个程序启动时没有启用数据质量。请用 eyas serve 启动。", "This program was started without data quality: start it with eyas serve.")
}

// qualityKey names the job that searches.
const qualityKey = "quality"

// kindQuality is the kind of work that searches; its name stands in stored jobs.
const kindQuality = "quality"

// startSearch starts the search for doubted values in what has changed, or finds the one that runs.
func (s *room) startSearch(ctx context.Context) (job.Status, error) {
	status, _, err := s.Jobs.Start(ctx, job.Spec{
		Kind: kindQuality, Title: s.Words(s.Lang)("quality.title"), Back: "/quality", Key: qualityKey, Repeat: true,
	})
	return status, err
}

// searchAfter starts the search after an import, a linkage or an undoing, so that the board is current before anybody
// opens it.
func (s *room) searchAfter(ctx context.Context) {
	if s.Quality == nil || s.Jobs == nil {
		return
	}
	if _, err := s.startSearch(ctx); err != nil {
		s.Log.Error("the search for doubted values was not started", "error", err)
	}
}

func (s *room) searchQuality(w http.ResponseWriter, r *http.Request) error {
	if s.Quality == nil || s.Jobs == nil {
		return errNoQuality()
	}
	j, err := s.startSearch(r.Context())
	if err != nil {
		return err
	}
	http.Redirect(w, r, s.Ask(r).Link("/jobs/"+j.ID), http.StatusSeeOther)
	return nil
}

// qualityRegister is the register that an address asks for; the main one when it has no rules or is none.
func (s *room) qualityRegister(r *http.Request) *pack.Register {
	for _, reg := range s.Quality.Registers() {
		if reg.ID == r.URL.Query().Get("register") {
			return reg
		}
	}
	return s.City.Register
}

func (s *room) showQuality(w http.ResponseWriter, r *http.Request) error {
	if s.Quality == nil || s.Jobs == nil {
		return errNoQuality()
	}
	ask := s.Ask(r)
	v := &qualityView{Register: s.qualityRegister(r), Mends: s.Correct != nil, Back: ask.URI()}
	var err error
	if v.Behind, err = s.Quality.Behind(r.Context()); err != nil {
		return err
	}
	if j, ok := s.Jobs.Find(r.Context(), qualityKey); ok && !j.State.Final() {
		v.Running = ask.Link("/jobs/" + j.ID)
	}
	if err := s.countFindings(r, ask, v); err != nil {
		return err
	}
	if err := s.wantedValues(r, ask, v); err != nil {
		return err
	}
	for _, x := range v.Sources {
		v.Stewards = append(v.Stewards, x.Steward)
	}
	slices.Sort(v.Stewards)
	v.Stewards = slices.Compact(v.Stewards)
	l := s.listFindings(r, v.Register, v.tallies, v.Sources)
	q, err := l.read(r)
	if err != nil {
		return err
	}
	text := s.Words(ask.Lang)
	l.at = r.URL.Query().Get("at")
	v.At = l.at
	v.View, err = grid.Show(r.Context(), l.ask, l, q, grid.Options{PerPage: findingsPage, Label: text("quality.title"), Caption: text("quality.title"), None: text("quality.empty"), Hint: text("quality.hint"),
		Export: s.ExportAt(r.Context(), "/quality.xlsx"), Pick: l.decides(), Text: text, Now: s.Clock, Carry: []address.Field{{Name: "register", Value: v.Register.ID}}})
	if err != nil {
		return err
	}
	grid.Remember(w, r, l, findingColumns)
	v.Done = s.qualityDone(r, ask)
	return s.Render(w, r, "quality", v)
}

// attribute of a finding; nil when the pack no longer has it.
func (s *room) findingAttribute(k quality.Key) (*pack.QualityRule, *pack.Attribute) {
	rule := s.Pack.QualityRule(k.Rule)
	if rule == nil {
		return nil, nil
	}
	return rule, s.Register(rule.Register).Attribute(k.Attribute)
}

// findingRow puts a finding into words.
func (s *room) findingRow(ask *address.Ask, f *quality.Row) (findingRow, bool) {
	rule, a := s.findingAttribute(f.Key)
	if rule == nil || a == nil {
		return findingRow{}, false
	}
	row := findingRow{Key: f.Key.String(), Saw: frame.SawField(f.Key.Saw(), f.Mark()), URL: ask.Link("/quality/" + f.Key.String()), Subject: ask.Link(s.SubjectPath(f.Register, f.Code, f.Subject)), Name: f.Name, Code: f.Code,
		District: s.districtName(ask, f.District), Rule: rule.Name.In(ask.Lang), Kind: string(rule.Kind), Severity: rule.Severity, Attr: a.Name.In(ask.Lang), Year: f.Year,
		Value: judge.Shown(a, f.Value).In(ask.Lang), Because: f.Because.In(ask.Lang), State: f.State, Assignee: f.Assignee, Reason: f.Reason,
		Cell: ask.Link("/records/"+strconv.FormatInt(f.Record, 10), "cell", f.Cell)}
	if row.Value == "" {
		row.Value = s.Words(ask.Lang)("quality.nothing")
	}
	if o := f.Offer; o != nil {
		row.Offered, row.Void = true, o.Void
		row.Offer = judge.Shown(a, o.Value).In(ask.Lang)
		if o.Void {
			row.Offer = s.Words(ask.Lang)("quality.blank")
		}
	}
	return row, true
}

// runSearch searches in what has changed.
func (s *room) runSearch(ctx context.Context, _ json.RawMessage, report func(job.Progress)) (any, error) {
	if s.Quality == nil {
		return nil, errNoQuality()
	}
	_, err := s.Quality.Refresh(ctx, func(n int) { report(job.Progress{Stage: "judging", Rows: n}) })
	return nil, err
}
