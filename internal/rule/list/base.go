package list

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/profile"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
)

// ErrLoading says that the register is not in memory yet; State tells how far it is.
var ErrLoading error = fault.New(fault.Unavailable, "登记库正在载入内存，请稍候再试。", "The register is being loaded into memory. Please try again in a moment.")

// Source gives the profiles of registers and the versions that they are of; registry.Registry is one.
type Source interface {
	EachProfile(ctx context.Context, register string, afterChange int64, fn func(*fact.Profile) error) error
	Since(ctx context.Context, register string, earlier profile.Version) (now profile.Version, own bool, err error)
}

// Sized tells whether a register has more subjects than so many; registry.Registry does.
type Sized interface {
	MoreThan(ctx context.Context, register string, subjects int) (bool, error)
}

// Screener screens a register by the rules that are about it; *rule.Set is one.
type Screener interface {
	Screen(t *col.Table, opt rule.Options, rules ...string) ([]*rule.Outcome, error)
}

// Config is what a base stands on.
type Config struct {
	Pack     *pack.Pack
	Register *pack.Register
	Source   Source
	Rules    Screener // nil: it has no recognitions
	// Small is how many subjects a register has at most that is small. Of a small one texts are held too, so that lists can be
	// sorted and filtered by them, and no file is kept: it is read in a moment. 0: none is small.
	Small int
	// Cache is the file that the columns of a large register are kept in between runs; empty for none. Identity is the
	// database's own: another database must have another.
	Cache    string
	Identity string
	// Total tells how many subjects there are, for the progress of loading; may be nil.
	Total func(context.Context) (int, error)
	Log   *slog.Logger // nil: slog.Default
	// Actors says who may see the register; nil: a base without accounts.
	Actors auth.Directory
}

// State is how far a base is with loading.
type State struct {
	Ready bool
	Stage Stage
	Rows  int // profiles read in this stage
	Total int // how many are expected; 0: not known
	Err   error
}

// Stage is what a base is doing.
type Stage string

// The stages of loading.
const (
	Waiting  Stage = "waiting"  // nothing has been asked for yet
	Caching  Stage = "cache"    // the cache file is being read
	Scanning Stage = "profiles" // profiles are being read
	Idle     Stage = "idle"
)

// Base keeps a register in memory and its verdicts of the days that are asked for. Readers take one table and its
// index, and are not disturbed when the base moves on.
type Base struct {
	cfg     Config
	stamp   col.Stamp
	current atomic.Pointer[snapshot]
	stage   atomic.Pointer[Stage]
	rows    atomic.Int64
	total   atomic.Int64
	failed  atomic.Pointer[error]

	refreshing chan struct{} // holds a token while no refresh runs

	seen    profile.Version // of the register that current is of, perhaps later than its table's; guarded by the token
	cached  int64           // change counter of the cache file; guarded by the token
	behind  int             // profiles that changed since the cache file was written; guarded by the token
	writing sync.WaitGroup
}

// snapshot is one table with what belongs to it.
type snapshot struct {
	table      *col.Table
	index      *Index
	screenings screenings
}

// NewBase makes a base that has nothing in memory yet: Refresh loads it.
func NewBase(cfg Config) *Base {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Actors == nil {
		cfg.Actors = auth.Accountless()
	}
	b := &Base{cfg: cfg, stamp: col.Stamp{Pack: cfg.Pack.Fingerprint, Base: cfg.Identity}, refreshing: make(chan struct{}, 1), cached: -1}
	b.refreshing <- struct{}{}
	b.enter(Waiting, 0)
	return b
}

// Register is the id of the register.
func (b *Base) Register() string { return b.cfg.Register.ID }

func (b *Base) enter(s Stage, total int) {
	b.rows.Store(0)
	b.total.Store(int64(total))
	b.stage.Store(&s)
}

// State tells how far loading is.
func (b *Base) State() State {
	s := State{Ready: b.current.Load() != nil, Stage: *b.stage.Load(), Rows: int(b.rows.Load()), Total: int(b.total.Load())}
	if err := b.failed.Load(); err != nil {
		s.Err = *err
	}
	return s
}

// Current gives the table as it is now, or ErrLoading.
func (b *Base) Current(ctx context.Context) (*col.Table, error) {
	s, err := b.seenBy(ctx)
	if err != nil {
		return nil, err
	}
	return s.table, nil
}

// seenBy gives what who acts may see of the register: whoever lists, counts or screens comes through here. It is all of
// it today, or nothing.
func (b *Base) seenBy(ctx context.Context) (*snapshot, error) {
	if _, err := b.cfg.Actors.Scope(ctx, b.cfg.Register.ID); err != nil {
		return nil, err
	}
	if s := b.current.Load(); s != nil {
		return s, nil
	}
	return nil, ErrLoading
}

// Index gives the index of a table that this base gave. For the current one it is kept; for an older one, which
// only a request that is still under way has, it is made again.
func (b *Base) Index(t *col.Table) *Index {
	s := b.current.Load()
	switch {
	case s == nil:
		return NewIndex(t, b.cfg.Pack, nil)
	case s.table == t:
		return s.index
	}
	return NewIndex(t, b.cfg.Pack, s.index)
}

// Refresh brings the base up to date: at first from the cache file and what has changed since, afterwards by the
// profiles that have changed. It returns when readers see the new state, quickly when nothing changed. Refreshes
// run one after the other.
func (b *Base) Refresh(ctx context.Context) (err error) {
	ctx = auth.As(ctx, auth.Self) // what is in memory is for all
	select {
	case <-b.refreshing:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { b.refreshing <- struct{}{} }()
	defer func() {
		b.enter(Idle, 0)
		if err != nil {
			err = fmt.Errorf("refresh the register in memory: %w", err)
			b.failed.Store(&err)
		} else {
			b.failed.Store(nil)
		}
	}()
	now := b.current.Load()
	var from *col.Table
	if now != nil {
		from = now.table
	} else if from = b.readCache(); from != nil && from.N <= b.cfg.Small {
		from = nil // it has shrunk: its texts can be held
	} else if from != nil {
		b.cached = from.Change
	}
	// What changes after this moment is seen next time, perhaps again.
	since := versionOf(from)
	if now != nil {
		since = b.seen
	}
	version, own, err := b.cfg.Source.Since(ctx, b.cfg.Register.ID, since)
	if errors.Is(err, fact.ErrReplaced) {
		b.current.Store(nil) // of another base than the one that stands there now
	}
	if err != nil {
		return err
	}
	if from != nil && !own {
		b.cfg.Log.Warn("the columns are of another history than the database: building them anew", "columns", since.Change, "database", version.Change)
		from, b.cached = nil, -1
	}
	var next *col.Table
	switch {
	case from == nil || since.Change != version.Change && b.outgrown(from):
		next, err = b.build(ctx, version.Change)
	case since.Change == version.Change && now != nil:
		return nil
	case since.Change == version.Change:
		next = from
	default:
		next, err = b.update(ctx, from, since.Change, version.Change)
	}
	if err != nil {
		return err
	}
	if b.seen = version; now != nil && next == now.table {
		return nil // what was written changed no profile: what was worked out stands
	}
	next.Mark = version.Mark
	s := &snapshot{table: next}
	if now != nil {
		s.index = NewIndex(next, b.cfg.Pack, now.index)
	} else {
		s.index = NewIndex(next, b.cfg.Pack, nil)
	}
	b.current.Store(s)
	go s.index.Warm()
	if now != nil && b.rows.Load() > manyRows {
		go debug.FreeOSMemory() // the columns that were replaced
	}
	if b.worthWriting(next) {
		b.writeCache(next)
	}
	return nil
}

// versionOf is the version of the base that a table was built at; zero, which no base has, for none.
func versionOf(t *col.Table) profile.Version {
	if t == nil {
		return profile.Version{}
	}
	return profile.Version{Change: t.Change, Mark: t.Mark}
}

func (b *Base) readCache() *col.Table {
	if b.cfg.Cache == "" {
		return nil
	}
	b.enter(Caching, 0)
	t, err := col.ReadCache(b.cfg.Cache, b.cfg.Register, b.stamp)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			b.cfg.Log.Info("the columns are built anew", "reason", err)
		}
		return nil
	}
	return t
}

// outgrown reports whether a table holds texts and has become too large for that. There is room to grow, so that a register
// about that size is not built anew again and again.
func (b *Base) outgrown(t *col.Table) bool { return t.Wordy && t.N > 2*b.cfg.Small }

// isSmall reports whether the register is small; one whose size cannot be asked for is taken to be.
func (b *Base) isSmall(ctx context.Context) (bool, error) {
	if b.cfg.Small == 0 {
		return false, nil
	}
	sized, ok := b.cfg.Source.(Sized)
	if !ok {
		return true, nil
	}
	large, err := sized.MoreThan(ctx, b.cfg.Register.ID, b.cfg.Small)
	return !large, err
}

// manyRows is from where on memory left over from building or updating is given back at once.
const manyRows = 100_000

func (b *Base) build(ctx context.Context, change int64) (*col.Table, error) {
	small, err := b.isSmall(ctx)
	if err != nil {
		return nil, err
	}
	total := 0
	if b.cfg.Total != nil && !small {
		if total, err = b.cfg.Total(ctx); err != nil {
			return nil, err
		}
	}
	t, err := b.buildAs(ctx, small, total, change)
	if err == nil && b.outgrown(t) { // it was written meanwhile, or its size could not be asked for
		t, err = b.buildAs(ctx, false, t.N, change)
	}
	if err != nil {
		return nil, err
	}
	b.behind = t.N
	if t.N > manyRows {
		debug.FreeOSMemory()
	}
	return t, nil
}

// buildAs reads the register, with its texts when it is small.
func (b *Base) buildAs(ctx context.Context, small bool, total int, change int64) (*col.Table, error) {
	b.enter(Scanning, total)
	builder := col.NewBuilder(b.cfg.Register)
	if small {
		builder.KeepTexts()
	}
	if err := b.fill(ctx, builder, small); err != nil {
		return nil, err
	}
	return builder.Table(change), nil
}

// fill reads every profile. Of a large register several goroutines do; a small one among many subjects is found sooner by
// its own index.
func (b *Base) fill(ctx context.Context, builder *col.Builder, small bool) error {
	count := func(n int) { b.rows.Add(int64(n)) }
	switch from := b.cfg.Source.(type) {
	case frozen:
		return fillAt(ctx, from.from, from.register, from.moment, builder, count)
	case ValueSource:
		if !small {
			parts := newParts(builder, count)
			return from.ValueBlocks(ctx, b.cfg.Register.ID, func() (fact.Values, func() error) {
				p := parts.take()
				return p, func() error { return parts.append(p) }
			})
		}
	}
	return b.scan(ctx, 0, builder.Add)
}

// update gives the table with what was written after a change; the same one when no profile was.
func (b *Base) update(ctx context.Context, from *col.Table, after, change int64) (*col.Table, error) {
	b.enter(Scanning, 0)
	u := from.Updater()
	if err := b.scan(ctx, after, u.Add); err != nil {
		return nil, err
	}
	if u.Len() == 0 && b.current.Load() != nil {
		return from, nil
	}
	b.behind += u.Len()
	return u.Table(change)
}

func (b *Base) scan(ctx context.Context, after int64, add func(*fact.Profile) error) error {
	return b.cfg.Source.EachProfile(ctx, b.cfg.Register.ID, after, func(p *fact.Profile) error {
		b.rows.Add(1)
		return add(p)
	})
}

// worthWriting decides when a new cache file saves more at the next start than writing it costs now.
func (b *Base) worthWriting(t *col.Table) bool {
	return b.cfg.Cache != "" && !t.Wordy && b.cached != t.Change && (b.cached < 0 || b.behind > max(1000, t.N/20))
}

// writeCache writes the file beside other work; the table cannot change under it.
func (b *Base) writeCache(t *col.Table) {
	b.cached, b.behind = t.Change, 0
	b.writing.Wait() // one file is written at a time
	b.writing.Go(func() {
		if err := t.WriteCache(b.cfg.Cache, b.stamp); err != nil {
			b.cfg.Log.Warn("the columns were not kept for the next start", "error", err)
		}
	})
}

// Close keeps the columns for the next start, if they changed since the last time, and waits until that is done.
func (b *Base) Close() {
	<-b.refreshing
	defer func() { b.refreshing <- struct{}{} }()
	if s := b.current.Load(); s != nil && b.cfg.Cache != "" && !s.table.Wordy && b.cached != s.table.Change {
		b.writeCache(s.table)
	}
	b.writing.Wait()
}

// Outcomes gives all recognitions of the register that have a law in force on a day, with blanks of the assumed attributes
// taken as "no", and the table that they speak of; none where no rule is about the register. What is assumed of attributes
// that the register does not have is no matter here. They are computed once for each table, day and set of assumptions,
// however many ask at once; the last few are kept.
func (b *Base) Outcomes(ctx context.Context, date time.Time, assume []string) ([]*rule.Outcome, *col.Table, error) {
	s, err := b.seenBy(ctx)
	if err != nil {
		return nil, nil, err
	}
	if b.cfg.Rules == nil {
		return nil, s.table, nil
	}
	assume = slices.DeleteFunc(slices.Clone(assume), func(id string) bool { return b.cfg.Register.Attribute(id) == nil })
	slices.Sort(assume)
	assume = slices.Compact(assume)
	key := date.Format(time.DateOnly) + " " + strings.Join(assume, ",")
	outcomes, err := s.screenings.get(ctx, key, func() ([]*rule.Outcome, error) {
		return b.cfg.Rules.Screen(s.table, rule.Options{Date: date, Assume: assume})
	})
	if err != nil {
		return nil, nil, err
	}
	return outcomes, s.table, nil
}
