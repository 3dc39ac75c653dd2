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

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry"
	"eyas/internal/rule"
	"eyas/internal/rule/col"
)

// ErrLoading says that the register is not in memory yet; State tells how far it is.
var ErrLoading error = fault.New(fault.Unavailable, "登记库正在载入内存，请稍候再试。", "The register is being loaded into memory. Please try again in a moment.")

// Source gives profiles and the version of the base that they are of; registry.Service is one.
type Source interface {
	Scan(ctx context.Context, afterChange int64, fn func(*registry.Profile) error) error
	Since(ctx context.Context, earlier registry.Version) (now registry.Version, own bool, err error)
}

// Config is what a base stands on.
type Config struct {
	Pack     *pack.Pack
	Register *pack.Register
	Source   Source
	Rules    rule.Face // may be nil when no outcomes are asked for
	// Cache is the file that the columns are kept in between runs; empty for none. Identity is the database's own:
	// another database must have another.
	Cache    string
	Identity string
	// Total tells how many subjects there are, for the progress of loading; may be nil.
	Total func(context.Context) (int, error)
	Texts bool         // texts are held too, so that lists can be sorted and filtered by them; not with a cache
	Log   *slog.Logger // nil: slog.Default
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

	cached  int64 // change counter of the cache file; guarded by the token
	behind  int   // profiles that changed since the cache file was written; guarded by the token
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
	b := &Base{cfg: cfg, stamp: col.Stamp{Pack: cfg.Pack.Fingerprint, Base: cfg.Identity}, refreshing: make(chan struct{}, 1), cached: -1}
	b.refreshing <- struct{}{}
	b.enter(Waiting, 0)
	return b
}

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
func (b *Base) Current() (*col.Table, error) {
	if s := b.current.Load(); s != nil {
		return s.table, nil
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
	} else if from = b.readCache(); from != nil {
		b.cached = from.Change
	}
	// What changes after this moment is seen next time, perhaps again.
	version, own, err := b.cfg.Source.Since(ctx, versionOf(from))
	if errors.Is(err, registry.ErrReplaced) {
		b.current.Store(nil) // of another base than the one that stands there now
	}
	if err != nil {
		return err
	}
	if from != nil && !own {
		b.cfg.Log.Warn("the columns are of another history than the database: building them anew", "columns", from.Change, "database", version.Change)
		from, b.cached = nil, -1
	}
	var next *col.Table
	switch {
	case from == nil:
		next, err = b.build(ctx, version.Change)
	case from.Change == version.Change && now != nil:
		return nil
	case from.Change == version.Change:
		next = from
	default:
		next, err = b.update(ctx, from, version.Change)
	}
	if err != nil {
		return err
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
func versionOf(t *col.Table) registry.Version {
	if t == nil {
		return registry.Version{}
	}
	return registry.Version{Change: t.Change, Mark: t.Mark}
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

// manyRows is from where on memory left over from building or updating is given back at once.
const manyRows = 100_000

func (b *Base) build(ctx context.Context, change int64) (*col.Table, error) {
	total := 0
	if b.cfg.Total != nil {
		n, err := b.cfg.Total(ctx)
		if err != nil {
			return nil, err
		}
		total = n
	}
	b.enter(Scanning, total)
	builder := col.NewBuilder(b.cfg.Register)
	if b.cfg.Texts {
		builder.KeepTexts()
	}
	if err := b.scan(ctx, 0, builder.Add); err != nil {
		return nil, err
	}
	t := builder.Table(change)
	b.behind = t.N
	if t.N > manyRows {
		debug.FreeOSMemory()
	}
	return t, nil
}

func (b *Base) update(ctx context.Context, from *col.Table, change int64) (*col.Table, error) {
	b.enter(Scanning, 0)
	u := from.Updater()
	if err := b.scan(ctx, from.Change, u.Add); err != nil {
		return nil, err
	}
	b.behind += u.Len()
	return u.Table(change)
}

func (b *Base) scan(ctx context.Context, after int64, add func(*registry.Profile) error) error {
	return b.cfg.Source.Scan(ctx, after, func(p *registry.Profile) error {
		b.rows.Add(1)
		return add(p)
	})
}

// worthWriting decides when a new cache file saves more at the next start than writing it costs now.
func (b *Base) worthWriting(t *col.Table) bool {
	return b.cfg.Cache != "" && b.cached != t.Change && (b.cached < 0 || b.behind > max(1000, t.N/20))
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
	if s := b.current.Load(); s != nil && b.cfg.Cache != "" && b.cached != s.table.Change {
		b.writeCache(s.table)
	}
	b.writing.Wait()
}

// Follow refreshes at every tick until the context ends, so that what other processes import is seen.
func (b *Base) Follow(ctx context.Context, tick <-chan time.Time) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick:
			if err := b.Refresh(ctx); err != nil && ctx.Err() == nil {
				b.cfg.Log.Error("the register in memory was not brought up to date", "error", err)
			}
		}
	}
}

// Outcomes gives all recognitions that have a law in force on a day, with blanks of the assumed attributes taken
// as "no", and the table that they speak of. They are computed once for each table, day and set of assumptions,
// however many ask at once; the last few are kept.
func (b *Base) Outcomes(ctx context.Context, date time.Time, assume []string) ([]*rule.Outcome, *col.Table, error) {
	s := b.current.Load()
	if s == nil {
		return nil, nil, ErrLoading
	}
	assume = slices.Clone(assume)
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
