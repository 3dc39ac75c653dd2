package list

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/profile"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
)

// fakeSource is a registry of subjects that have only names.
type fakeSource struct {
	mu       sync.Mutex
	profiles map[int64]*fact.Profile
	change   int64
	history  string  // part of every mark; another value is another history
	scanned  []int64 // change counters after which scans began
	fail     error
	during   func() // called during a scan
}

func (s *fakeSource) put(id int64, name string, staff float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.change++
	if s.profiles == nil {
		s.profiles = map[int64]*fact.Profile{}
	}
	s.profiles[id] = &fact.Profile{Subject: id, Name: name, Change: s.change, Gone: name == "",
		Facts: []fact.Fact{{Attr: testRegister.Attribute("staff"), Year: 2020, Value: fact.Value{Num: staff}}}}
}

// write changes no profile.
func (s *fakeSource) write() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.change++
}

func (s *fakeSource) Since(_ context.Context, _ string, v profile.Version) (profile.Version, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	mark := func(change int64) string { return fmt.Sprint(s.history, change) }
	return profile.Version{Change: s.change, Mark: mark(s.change)}, v.Change <= s.change && v.Mark == mark(v.Change), s.fail
}

func (s *fakeSource) EachProfile(_ context.Context, _ string, after int64, fn func(*fact.Profile) error) error {
	s.mu.Lock()
	s.scanned = append(s.scanned, after)
	var changed []*fact.Profile
	for _, p := range s.profiles {
		if p.Change > after {
			changed = append(changed, p)
		}
	}
	s.mu.Unlock()
	slices.SortFunc(changed, func(a, b *fact.Profile) int { return int(a.Subject - b.Subject) })
	for _, p := range changed {
		if err := fn(p); err != nil {
			return err
		}
	}
	if s.during != nil {
		s.during()
	}
	return nil
}

// fakeRules counts screenings. The outcome is a rule named after the options.
type fakeRules struct {
	screened atomic.Int64
	wait     chan struct{} // if not nil, a screening waits for it
	begun    chan struct{}
	fail     error
	after    []int // rows that the last screening after an earlier one was told of
}

func (f *fakeRules) Screen(t *col.Table, opt rule.Options, _ ...string) ([]*rule.Outcome, error) {
	f.screened.Add(1)
	if f.wait != nil {
		f.begun <- struct{}{}
		<-f.wait
	}
	if f.fail != nil {
		return nil, f.fail
	}
	return []*rule.Outcome{{Rule: &pack.Rule{ID: opt.Date.Format(time.DateOnly) + strings.Join(opt.Assume, ",")}, Met: col.All(t.N)}}, nil
}

func (f *fakeRules) ScreenAfter(t *col.Table, opt rule.Options, _ []*rule.Outcome, rows col.Bitmap, ids ...string) ([]*rule.Outcome, error) {
	f.after = members(rows)
	return f.Screen(t, opt, ids...)
}

var (
	testRegister = enterprise()
	ctx          = context.Background()
	today        = time.Date(2021, 3, 31, 0, 0, 0, 0, time.UTC)
)

func newTestBase(s *fakeSource, r Screener, cache string) *Base {
	return NewBase(Config{Pack: city(), Register: testRegister, Source: s, Rules: r, Cache: cache, Identity: "one", Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
}

func names(t *col.Table) string {
	var all []string
	for i := range t.N {
		all = append(all, string(t.Names.At(i)))
	}
	return strings.Join(all, " ")
}

func TestBaseFollowsTheRegistry(t *testing.T) {
	s := &fakeSource{}
	b := newTestBase(s, &fakeRules{}, "")
	if _, _, err := b.Outcomes(ctx, today, nil); !errors.Is(err, ErrLoading) {
		t.Fatalf("before loading: %v", err)
	}
	if _, err := b.Current(ctx); !errors.Is(err, ErrLoading) || b.State().Ready || b.State().Stage != Waiting {
		t.Fatalf("before loading: %v, %+v", err, b.State())
	}
	s.put(1, "甲", 5)
	s.put(2, "乙", 6)
	refresh := func(want string) *col.Table {
		t.Helper()
		if err := b.Refresh(ctx); err != nil {
			t.Fatal(err)
		}
		tab, err := b.Current(ctx)
		if err != nil || names(tab) != want || tab.Change != s.change {
			t.Fatalf("%q at %d, want %q at %d: %v", names(tab), tab.Change, want, s.change, err)
		}
		return tab
	}
	first := refresh("甲 乙")
	if again := refresh("甲 乙"); again != first || len(s.scanned) != 1 {
		t.Error("nothing changed, and yet it was read again")
	}
	x := b.Index(first)
	if x != b.Index(first) || x.table != first {
		t.Error("the index of the current table is kept")
	}
	s.put(3, "丙", 7)
	s.put(1, "", 0)
	second := refresh("乙 丙")
	if !slices.Equal(s.scanned, []int64{0, 2}) {
		t.Errorf("scans after %v", s.scanned)
	}
	if names(first) != "甲 乙" || b.Index(first).table != first || b.Index(second).table != second {
		t.Error("a request under way must keep its table")
	}

	// A change during reading is seen by the next refresh.
	s.put(4, "丁", 1)
	s.during = func() { s.during = nil; s.put(5, "戊", 2) }
	if err := b.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	refresh("乙 丙 丁 戊")

	// A database that went back in time (a restored copy) is read again.
	s.change = 3
	delete(s.profiles, 4)
	delete(s.profiles, 5)
	refresh("乙 丙")

	// So is one of another history, whether its counter is below, at or above that of the columns.
	for i, change := range []int64{2, 2, 9} {
		s.history, s.change = fmt.Sprint("other", i), change
		s.profiles = map[int64]*fact.Profile{}
		for id, name := range []string{"子", "丑", "寅"}[i:] {
			s.profiles[int64(id)] = &fact.Profile{Subject: int64(id), Name: name, Change: 1}
		}
		refresh([]string{"子 丑 寅", "丑 寅", "寅"}[i])
	}
}

func TestBaseKeepsServingWhenRefreshFails(t *testing.T) {
	s := &fakeSource{}
	s.put(1, "甲", 5)
	b := newTestBase(s, &fakeRules{}, "")
	if err := b.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	s.fail = errors.New("the disk is gone")
	if err := b.Refresh(ctx); !errors.Is(err, s.fail) || !errors.Is(b.State().Err, s.fail) {
		t.Errorf("%v, %v", err, b.State().Err)
	}
	if tab, err := b.Current(ctx); err != nil || tab.N != 1 {
		t.Error("the last state must stay")
	}
	s.fail = nil
	s.put(2, "乙", 5)
	if err := b.Refresh(ctx); err != nil || b.State().Err != nil || !b.State().Ready {
		t.Errorf("%v %+v", err, b.State())
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	<-b.refreshing // as if another refresh were under way
	if err := b.Refresh(cancelled); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	b.refreshing <- struct{}{}
}

func TestBaseProgress(t *testing.T) {
	s := &fakeSource{}
	for i := range 10 {
		s.put(int64(i), "甲", 1)
	}
	b := newTestBase(s, nil, "")
	b.cfg.Total = func(context.Context) (int, error) { return 10, nil }
	s.during = func() {
		if st := b.State(); st.Ready || st.Stage != Scanning || st.Rows != 10 || st.Total != 10 {
			t.Errorf("%+v", st)
		}
	}
	if err := b.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	if st := b.State(); !st.Ready || st.Stage != Idle {
		t.Errorf("%+v", st)
	}
}

func TestBaseCache(t *testing.T) {
	path := filepath.Join(t.TempDir(), "enterprise.columns")
	s := &fakeSource{}
	s.put(1, "甲", 5)
	s.put(2, "乙", 6)
	load := func(identity, want string, scans ...int64) {
		t.Helper()
		s.scanned = nil
		b := newTestBase(s, nil, path)
		b.cfg.Identity, b.stamp.Base = identity, identity
		if err := b.Refresh(ctx); err != nil {
			t.Fatal(err)
		}
		tab, err := b.Current(ctx)
		if err != nil || names(tab) != want || !slices.Equal(s.scanned, scans) {
			t.Fatalf("%q after scans %v, want %q after %v: %v", names(tab), s.scanned, want, scans, err)
		}
		b.Close()
	}
	load("one", "甲 乙", 0)
	load("one", "甲 乙") // from the file alone
	s.put(3, "丙", 1)
	load("one", "甲 乙 丙", 2)
	load("one", "甲 乙 丙")
	load("two", "甲 乙 丙", 0) // the file of another database
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file[len(file)/2] ^= 1
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	load("two", "甲 乙 丙", 0) // damaged
	load("two", "甲 乙 丙")
	s.change = 1
	delete(s.profiles, 2)
	delete(s.profiles, 3)
	load("two", "甲", 0) // the database is older than the file
	// A copy was restored and then changed: the identity is the same, and the counter is lower, equal or higher.
	for i, change := range []int64{0, 0, 5} {
		s.history, s.change = fmt.Sprint("other", i), change
		s.profiles = map[int64]*fact.Profile{4: {Subject: 4, Name: fmt.Sprint("别家", i), Change: 1}}
		load("two", fmt.Sprint("别家", i), 0)
		load("two", fmt.Sprint("别家", i))
	}
}

// A few changes do not make a base write its cache file again; many do.
func TestBaseWritesTheCacheWhenItPays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c")
	s := &fakeSource{}
	s.put(1, "甲", 5)
	b := newTestBase(s, nil, path)
	stamp := func() int64 {
		b.writing.Wait()
		tab, err := col.ReadCache(path, testRegister, b.stamp, nil)
		if err != nil {
			t.Fatal(err)
		}
		return tab.Change
	}
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	must(b.Refresh(ctx))
	if stamp() != 1 {
		t.Error("not written after building")
	}
	s.put(2, "乙", 5)
	must(b.Refresh(ctx))
	if got := stamp(); got != 1 {
		t.Errorf("written for one change: %d", got)
	}
	for i := range 1100 {
		s.put(int64(3+i), "丙", 1)
	}
	must(b.Refresh(ctx))
	if got := stamp(); got != s.change {
		t.Errorf("not written after many changes: %d of %d", got, s.change)
	}
}

func TestOutcomesAreComputedOnce(t *testing.T) {
	s := &fakeSource{}
	s.put(1, "甲", 5)
	rules := &fakeRules{wait: make(chan struct{}), begun: make(chan struct{})}
	b := newTestBase(s, rules, "")
	if err := b.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	// Many callers ask while it is being computed.
	var wg sync.WaitGroup
	got := make([][]*rule.Outcome, 8)
	ask := func(i int) {
		var err error
		if got[i], _, err = b.Outcomes(ctx, today, []string{"breach_list", "abnormal_list", "breach_list"}); err != nil {
			t.Error(err)
		}
	}
	wg.Go(func() { ask(0) })
	<-rules.begun
	for i := range got[1:] {
		wg.Go(func() { ask(i + 1) })
	}
	// A caller that does not wait leaves without disturbing the others.
	impatient, cancel := context.WithCancel(ctx)
	cancel()
	if _, _, err := b.Outcomes(impatient, today, []string{"abnormal_list", "breach_list"}); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	close(rules.wait)
	wg.Wait()
	rules.wait = nil
	if rules.screened.Load() != 1 || got[0][0].Rule.ID != "2021-03-31abnormal_list,breach_list" {
		t.Errorf("%d screenings, %s", rules.screened.Load(), got[0][0].Rule.ID)
	}
	for _, o := range got {
		if o[0] != got[0][0] {
			t.Error("not the same outcome")
		}
	}

	screened := func(want int64, date time.Time, assume ...string) {
		t.Helper()
		if _, _, err := b.Outcomes(ctx, date, assume); err != nil {
			t.Fatal(err)
		}
		if n := rules.screened.Load(); n != want {
			t.Fatalf("%d screenings, want %d", n, want)
		}
	}
	screened(1, today, "abnormal_list", "breach_list")
	screened(1, today.Add(13*time.Hour), "breach_list", "abnormal_list") // the same day
	screened(2, today)
	screened(3, today.AddDate(0, 0, 1))
	for i := range keptScreenings {
		screened(int64(4+i), today.AddDate(1, 0, i))
	}
	screened(7, today.AddDate(1, 0, 0)) // still kept
	screened(8, today)                  // dropped by now

	// A new table has its own verdicts.
	s.put(2, "乙", 1)
	if err := b.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	o, tab, err := b.Outcomes(ctx, today, nil)
	if err != nil || tab.N != 2 || o[0].Met.Count() != 2 || rules.screened.Load() != 9 {
		t.Errorf("%v rows, %v met, %d screenings: %v", tab.N, o[0].Met.Count(), rules.screened.Load(), err)
	}

	// Every waiting caller gets a failure, and the next call tries again.
	rules.fail = errors.New("no law in force")
	if _, _, err := b.Outcomes(ctx, today.AddDate(2, 0, 0), nil); !errors.Is(err, rules.fail) {
		t.Errorf("%v", err)
	}
	rules.fail = nil
	if _, _, err := b.Outcomes(ctx, today.AddDate(2, 0, 0), nil); err != nil {
		t.Errorf("%v", err)
	}
}

func TestScreeningThatPanics(t *testing.T) {
	var s screenings
	func() {
		defer func() { _ = recover() }()
		_, _ = s.get(ctx, "k", nil, func(*screening) ([]*rule.Outcome, error) { panic("a fault") })
	}()
	if o, err := s.get(ctx, "k", nil, func(*screening) ([]*rule.Outcome, error) { return []*rule.Outcome{{}}, nil }); err != nil || len(o) != 1 {
		t.Errorf("%v %v", o, err)
	}
}

// An actor who may not see a register gets no table, screening or count, though it is in memory for others.
func TestBaseIsForWhoMaySee(t *testing.T) {
	s := &fakeSource{}
	s.put(1, "甲", 5)
	b := NewBase(Config{Pack: city(), Register: testRegister, Source: s, Rules: &fakeRules{}, Actors: auth.Fixed(map[string]auth.Role{"wang": auth.Reader})})
	if err := b.Refresh(auth.As(ctx, "somebody")); err != nil { // the actor who wrote last may not be one who may see
		t.Fatal(err)
	}
	for actor, may := range map[string]bool{"wang": true, "somebody": false, "": false, auth.Local: false} {
		as := auth.As(ctx, actor)
		_, read := b.Current(as)
		_, _, screened := b.Outcomes(as, today, nil)
		for _, err := range []error{read, screened} {
			if seen := err == nil; seen != may || !seen && fault.Of(err) != fault.Forbidden {
				t.Errorf("%q sees: %v", actor, err)
			}
		}
	}
}

// Of what changed a new table is screened, and nothing else: also where the tables between were not asked for.
func TestOnlyWhatChangedIsScreened(t *testing.T) {
	s, f := &fakeSource{}, &fakeRules{}
	for id := range int64(9) {
		s.put(id, "企业", float64(id))
	}
	b := newTestBase(s, f, "")
	ask := func(after ...int) {
		t.Helper()
		f.after = nil
		if err := b.Refresh(ctx); err != nil {
			t.Fatal(err)
		}
		if _, _, err := b.Outcomes(ctx, today, nil); err != nil || !slices.Equal(f.after, after) {
			t.Errorf("%v, want %v: %v", f.after, after, err)
		}
	}
	ask()
	s.put(3, "企业", 77)
	ask(3)
	for id := range int64(3) {
		s.put(id, "企业", 78)
		if err := b.Refresh(ctx); err != nil {
			t.Fatal(err)
		}
	}
	s.put(5, "企业五", 5)
	ask(0, 1, 2, 5)
	s.put(20, "企业", 1) // another row
	ask()
	s.put(20, "企业", 2)
	ask(9)
}

// A write that changes no profile keeps the table and its results. Later changes are still seen, and the cache file for
// the next start is brought up to date from there.
func TestBaseKeepsWhatStands(t *testing.T) {
	s, f, cache := &fakeSource{}, &fakeRules{}, filepath.Join(t.TempDir(), "c")
	s.put(1, "甲", 5)
	b := newTestBase(s, f, cache)
	outcome := func() *col.Table {
		t.Helper()
		if err := b.Refresh(ctx); err != nil {
			t.Fatal(err)
		}
		_, tab, err := b.Outcomes(ctx, today, nil)
		if err != nil {
			t.Fatal(err)
		}
		return tab
	}
	first := outcome()
	s.write()
	if again := outcome(); again != first || f.screened.Load() != 1 {
		t.Errorf("a write that changed no profile gave another table, or another screening (%d)", f.screened.Load())
	}
	s.put(2, "乙", 7)
	if now := outcome(); now == first || now.N != 2 || f.screened.Load() != 2 {
		t.Errorf("%d subjects, %d screenings", now.N, f.screened.Load())
	}
	s.write()
	outcome()
	b.Close()
	next := newTestBase(s, f, cache)
	s.put(1, "", 0)
	if err := next.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	if tab, err := next.Current(ctx); err != nil || tab.N != 1 || tab.Subjects[0] != 2 {
		t.Errorf("after a start: %v", err)
	}
}

// Readers and refreshes run at once. Every reader sees one consistent table.
func TestBaseUnderReaders(t *testing.T) {
	s := &fakeSource{}
	for i := range 300 {
		s.put(int64(i), "企业", float64(i))
	}
	b := newTestBase(s, &fakeRules{}, filepath.Join(t.TempDir(), "c"))
	if err := b.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				o, tab, err := b.Outcomes(ctx, today, nil)
				if err != nil {
					t.Error(err)
					return
				}
				x := b.Index(tab)
				p := x.Page(o[0].Met, Sort{By: "staff@2020", Desc: true}, 0, 5)
				staff := tab.Nums[col.Key{Attr: "staff", Year: 2020}]
				if p.Total != tab.N || staff.Val[p.Rows[0]] < staff.Val[p.Rows[4]] {
					t.Errorf("%d of %d rows", p.Total, tab.N)
					return
				}
				x.Search("企业", 3)
			}
		})
	}
	for i := range 30 {
		s.put(int64(300+i), "企业", float64(i))
		s.put(int64(i), "企业", float64(-i))
		if i%7 == 0 {
			s.put(int64(i*3), "", 0)
		}
		if err := b.Refresh(ctx); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	wg.Wait()
	b.Close()
}
