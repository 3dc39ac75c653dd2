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
	"eyas/internal/vault"
)

// ErrLoading means that the register is not in memory yet. State tells the progress.
var ErrLoading error = fault.New(fault.Unavailable, "登记库正在载入内存，请稍候再试。", "The register is being loaded into memory. Please try again in a moment.")

// Source reads the profiles of a register and its version. registry.Registry implements it.
type Source interface {
	EachProfile(ctx context.Context, register string, afterChange int64, fn func(*fact.Profile) error) error
	Since(ctx context.Context, register string, earlier profile.Version) (now profile.Version, own bool, err error)
}

// Sized tells whether a register has more than a number of subjects. registry.Registry implements it.
type Sized interface {
	MoreThan(ctx context.Context, register string, subjects int) (bool, error)
}

// Screener evaluates the rules about a register. *rule.Set implements it.
type Screener interface {
	Screen(t *col.Table, opt rule.Options, rules ...string) ([]*rule.Outcome, error)
	ScreenAfter(t *col.Table, opt rule.Options, before []*rule.Outcome, rows col.Bitmap, rules ...string) ([]*rule.Outcome, error)
}

// Config says what a base reads and where it keeps its cache.
type Config struct {
	Pack     *pack.Pack
	Register *pack.Register
	Source   Source
	Rules    Screener // nil: the register has no recognitions
	// Small is the largest number of subjects of a small register. The table of a small register also keeps texts, so
	// lists can sort and filter by them. It has no cache file, because reading it is quick. With 0, no register is
	// small.
	Small int
	// Cache is the path of the file that keeps the columns of a large register between runs; empty means no file.
	// Seal begins a sealed file, for columns with personal data of the highest class; nil: none is sealed.
	Seal col.Seal
	// Keys opens what Seal sealed; nil: nothing is sealed.
	Keys vault.Opener
	// Identity identifies the database; each database needs its own.
	Cache    string
	Identity string
	// Total returns the number of subjects, for the progress of loading. It may be nil.
	Total func(context.Context) (int, error)
	Log   *slog.Logger // nil means slog.Default
	// Actors tells who may see the register. nil means a base without accounts.
	Actors auth.Directory
	// Jurisdiction tells where subjects lie that do not say it themselves. With nil, only their own columns count.
	Jurisdiction Jurisdiction

	round *atomic.Int64 // shared by the registers of a city
}

// State is the progress of loading.
type State struct {
	Ready bool
	Stage Stage
	Rows  int // profiles read in this stage
	Total int // profiles expected; 0 if not known
	Err   error
}

// Stage is a stage of loading.
type Stage string

// Stages of loading.
const (
	Waiting  Stage = "waiting"  // loading has not been asked for
	Caching  Stage = "cache"    // reads the cache file
	Scanning Stage = "profiles" // reads profiles
	Idle     Stage = "idle"
)

// Base keeps a register in memory, with the verdicts of the days that were asked for. A reader gets one table and its
// index; a Refresh does not change them. A Base is safe for concurrent use.
type Base struct {
	cfg     Config
	stamp   col.Stamp
	current atomic.Pointer[snapshot]
	stage   atomic.Pointer[Stage]
	rows    atomic.Int64
	total   atomic.Int64
	failed  atomic.Pointer[error]

	parts     seenParts // what actors see of it
	places    atomic.Pointer[col.Places]
	round     *atomic.Int64 // grows when any register of the city changes
	brought   brought       // which persons brought what lies nowhere
	settled   bool          // the last refresh changed one subject, and not where anything lies
	hidden    sync.Map      // whether a rule reads what is hidden, by readBy
	registers sync.Map      // the register without what is hidden, by the classes that are seen

	refreshing chan struct{} // holds a token while no refresh runs

	seen    profile.Version // version up to which changes were read; may be later than the version of the table; guarded by the token
	cached  int64           // change counter of the cache file, −1: none; guarded by the token
	behind  int             // profiles changed since the cache file was written; guarded by the token
	writing sync.WaitGroup
}

// snapshot is a table with its index and its verdicts.
type snapshot struct {
	table      *col.Table
	index      *Index
	screenings screenings
}

// NewBase returns a base with nothing in memory. Refresh loads it.
func NewBase(cfg Config) *Base {
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	if cfg.Actors == nil {
		cfg.Actors = auth.Accountless()
	}
	b := &Base{cfg: cfg, stamp: col.Stamp{Pack: cfg.Pack.Fingerprint, Base: cfg.Identity}, refreshing: make(chan struct{}, 1), cached: -1, round: cfg.round}
	if b.round == nil {
		b.round = &atomic.Int64{}
	}
	b.refreshing <- struct{}{}
	b.enter(Waiting, 0)
	return b
}

// Register returns the id of the register.
func (b *Base) Register() string { return b.cfg.Register.ID }

func (b *Base) enter(s Stage, total int) {
	b.rows.Store(0)
	b.total.Store(int64(total))
	b.stage.Store(&s)
}

// State returns the progress of loading.
func (b *Base) State() State {
	s := State{Ready: b.current.Load() != nil, Stage: *b.stage.Load(), Rows: int(b.rows.Load()), Total: int(b.total.Load())}
	if err := b.failed.Load(); err != nil {
		s.Err = *err
	}
	return s
}

// Current returns the current table, or ErrLoading.
func (b *Base) Current(ctx context.Context) (*col.Table, error) {
	s, err := b.seenBy(ctx)
	if err != nil {
		return nil, err
	}
	return s.table, nil
}

// Index returns the index of a table that this base returned. The index of the current table is kept, and that of the
// part that an actor sees of it. For an older table, which only a request under way can have, it is made again.
func (b *Base) Index(t *col.Table) *Index {
	s := b.current.Load()
	switch {
	case s == nil:
		return NewIndex(t, b.cfg.Pack, nil)
	case s.table == t:
		return s.index
	}
	if x := b.parts.index(t); x != nil {
		return x
	}
	return NewIndex(t, b.cfg.Pack, s.index)
}

// Refresh brings the base up to date and returns when readers see the new state. The first call reads the cache file
// and the changes since. Later calls read the changed profiles; this is quick when nothing changed. Refreshes run one
// after the other.
func (b *Base) Refresh(ctx context.Context) (err error) {
	ctx = auth.As(ctx, auth.Self) // the table serves every actor
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
		from = nil // the register is small now, so its texts can be kept
	} else if from != nil {
		b.cached = from.Change
	}
	// A change after this line is read by the next refresh too, perhaps twice.
	since := versionOf(from)
	if now != nil {
		since = b.seen
	}
	version, own, err := b.cfg.Source.Since(ctx, b.cfg.Register.ID, since)
	if errors.Is(err, fact.ErrReplaced) {
		b.current.Store(nil) // the database was replaced by another one
	}
	if err != nil {
		return err
	}
	if from != nil && !own {
		b.cfg.Log.Warn("the cached columns do not belong to this database; building them again", "columns", since.Change, "database", version.Change)
		from, b.cached = nil, -1
	}
	var next *col.Table
	b.settled = false
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
	if b.seen = version; !b.settled { // before readers see the new table, and after: one may have found his rows meanwhile
		b.round.Add(1)
		defer b.round.Add(1)
	}
	if now != nil && next == now.table {
		return nil // the changes did not touch a profile of this register; verdicts stay valid
	}
	next.Mark = version.Mark
	s := &snapshot{table: next}
	if now != nil {
		s.index = NewIndex(next, b.cfg.Pack, now.index)
		s.screenings.earlier = now.screenings.handed()
	} else {
		s.index = NewIndex(next, b.cfg.Pack, nil)
	}
	b.current.Store(s)
	go s.index.Warm()
	if now != nil && b.rows.Load() > manyRows {
		go debug.FreeOSMemory() // the replaced columns
	}
	if b.worthWriting(next) {
		b.writeCache(next)
	}
	return nil
}

// versionOf returns the version of the base that a table was built at. For nil it returns the zero version, which no
// base has.
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
	t, err := col.ReadCache(b.cfg.Cache, b.cfg.Register, b.stamp, b.cfg.Keys)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			b.cfg.Log.Info("building the columns again", "reason", err)
		}
		return nil
	}
	return t
}

// outgrown reports whether a table keeps texts and is too large for that. The limit is twice Small, so that a register
// near Small is not built again and again.
func (b *Base) outgrown(t *col.Table) bool { return t.Wordy && t.N > 2*b.cfg.Small }

// isSmall reports whether the register is small. A register of unknown size counts as small.
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

// manyRows is the number of rows above which memory is returned to the system directly after building or updating.
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
	if err == nil && b.outgrown(t) { // it grew meanwhile, or its size was unknown
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

// buildAs reads the register, with its texts if small is true.
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

// fill reads every profile. Several goroutines read a large register. A small one is read with its own index, which is
// quicker.
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

// update returns a table with the profiles that changed after a change counter, or the same table if none did.
func (b *Base) update(ctx context.Context, from *col.Table, after, change int64) (*col.Table, error) {
	b.enter(Scanning, 0)
	u := from.Updater()
	b.settled = true
	if err := b.scan(ctx, after, func(p *fact.Profile) error {
		b.settled = b.settled && b.stays(from, p)
		return u.Add(p)
	}); err != nil {
		return nil, err
	}
	b.settled = b.settled && u.Len() == 1 && change == after+1 // with more, a record that changed no profile may have come, too
	if u.Len() == 0 && b.current.Load() != nil {
		return from, nil
	}
	b.behind += u.Len()
	return u.Table(change)
}

// stays reports whether a changed subject is found by the same code and name and lies in the same places as in a table before, and says
// itself where it lies. Then nothing that belongs to others lies elsewhere now.
func (b *Base) stays(t *col.Table, p *fact.Profile) bool {
	row := t.Row(p.Subject)
	if row < 0 || p.Gone || p.Held != "" || fact.NamesApart(b.cfg.Register) || string(t.Codes.At(row)) != p.Code || string(t.Names.At(row)) != p.Name {
		return false
	}
	placed := false
	district, zone := b.cfg.Register.PlaceAttributes()
	for _, a := range []*pack.Attribute{district, zone} {
		if a == nil {
			continue
		}
		before, now := "", ""
		if d := t.Dicts[col.Key{Attr: a.ID}]; d != nil {
			before = d.Words[d.Val[row]]
		}
		if v := p.Value(a.ID); v != nil {
			now = v.Str
		}
		if before != now {
			return false
		}
		placed = placed || b.cfg.Pack.Orgs.ByID(now).IsDistrict()
	}
	return placed
}

func (b *Base) scan(ctx context.Context, after int64, add func(*fact.Profile) error) error {
	return b.cfg.Source.EachProfile(ctx, b.cfg.Register.ID, after, func(p *fact.Profile) error {
		b.rows.Add(1)
		return add(p)
	})
}

// worthWriting reports whether a new cache file saves more time at the next start than writing it takes now.
func (b *Base) worthWriting(t *col.Table) bool {
	return b.cfg.Cache != "" && !t.Wordy && b.cached != t.Change && (b.cached < 0 || b.behind > max(1000, t.N/20))
}

// writeCache writes the file in the background. The table cannot change meanwhile.
func (b *Base) writeCache(t *col.Table) {
	b.cached, b.behind = t.Change, 0
	b.writing.Wait() // one file at a time
	b.writing.Go(func() {
		if err := t.WriteCache(b.cfg.Cache, b.stamp, b.cfg.Seal); err != nil {
			b.cfg.Log.Warn("the columns were not kept for the next start", "error", err)
		}
	})
}

// Close writes the cache file if the columns changed, and waits until it is written.
func (b *Base) Close() {
	<-b.refreshing
	defer func() { b.refreshing <- struct{}{} }()
	if s := b.current.Load(); s != nil && b.cfg.Cache != "" && !s.table.Wordy && b.cached != s.table.Change {
		b.writeCache(s.table)
	}
	b.writing.Wait()
}

// Outcomes returns the verdicts of all recognitions of the register that have a law in force on a day, and the table
// that they belong to. Blanks of the assumed attributes count as "no"; ids of attributes that the register does not
// have are ignored. The result is nil if no rule is about the register. Each table, day and set of assumptions is
// computed once, even for concurrent calls, and the last few results are kept. Without a table in memory, the error is
// ErrLoading.
func (b *Base) Outcomes(ctx context.Context, date time.Time, assume []string) ([]*rule.Outcome, *col.Table, error) {
	s, err := b.seenBy(ctx)
	if err != nil {
		return nil, nil, err
	}
	if b.cfg.Rules == nil {
		return nil, s.table, nil
	}
	reg, _ := b.shown(ctx)
	assume = slices.DeleteFunc(slices.Clone(assume), func(id string) bool { return b.cfg.Register.Attribute(id) == nil })
	slices.Sort(assume)
	assume = slices.Compact(assume)
	key := date.Format(time.DateOnly) + " " + strings.Join(assume, ",")
	outcomes, err := s.screenings.get(ctx, key, s.table, func(before *screening) ([]*rule.Outcome, error) {
		opt := rule.Options{Date: date, Assume: assume}
		if before != nil {
			switch rows, ok := s.table.Differing(before.table); {
			case ok && rows.Empty():
				return before.outcomes, nil
			case ok:
				return b.cfg.Rules.ScreenAfter(s.table, opt, before.outcomes, rows)
			}
		}
		return b.cfg.Rules.Screen(s.table, opt)
	})
	if err != nil {
		return nil, nil, err
	}
	return b.told(outcomes, reg), s.table, nil
}
