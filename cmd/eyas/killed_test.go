package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"eyas/internal/registry"
	"eyas/internal/registry/fact"
	"eyas/internal/store"
	"eyas/internal/store/pgtest"
	"eyas/packs"
)

// deed is a kind of work at which processes are killed.
type deed struct {
	name  string
	share int // of a hundred kills
	do    func(k *killing) (fate, error)
}

var deeds = []deed{
	{"import", 20, byCommand("import", "more.csv")},
	{"undo", 20, byCommand("undo", "3")},
	{"link", 20, byCommand("link", "--apply")},
	{"merge", 15, byHand},
	{"job", 13, asJob},
	{"one of two servers", 12, ofTwo},
}

// fate is what was in force of the work when its process was killed.
type fate string

const (
	nothing fate = "nothing"
	part    fate = "a part" // of several steps, each acknowledged by itself
	whole   fate = "all"
	late    fate = "late" // it had ended: that is no kill
)

// Processes are killed with signal 9 at random moments of everything that writes. The base is sound each time, on either
// database: what was acknowledged is there, nothing is seen of what was not in force, the next start clears what is left,
// and the work that is done again comes to what it comes to undisturbed.
func TestKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped in short runs: it starts some processes for each kill")
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	for _, base := range []string{"SQLite", "Postgres"} {
		t.Run(base, func(t *testing.T) {
			t.Parallel() // much of it is waiting
			prepareKills(t, base == "Postgres", seed).kill(t)
		})
	}
}

// killings are many kills upon copies of one base.
type killings struct {
	ctx      context.Context
	dir      string // with the files to import
	base     string // the path, or the address, of the base that is copied
	postgres bool
	seed     uint64
	expected map[string]*expected // by the name of the deed
}

// expected is what a deed comes to undisturbed.
type expected struct {
	once          sync.Once
	err           error
	before, after string       // see view
	took          atomic.Int64 // nanoseconds, the last time that it was done
	worked        atomic.Int64 // of them, since a batch was open
}

// prepareKills makes a base with something to link, an import to undo, and files.
func prepareKills(t *testing.T, postgres bool, seed uint64) *killings {
	t.Helper()
	s := &killings{ctx: t.Context(), dir: t.TempDir(), postgres: postgres, seed: seed, expected: map[string]*expected{}}
	if postgres {
		s.base = pgtest.Database(t)
	} else {
		s.base = filepath.Join(s.dir, "base.db")
	}
	write := func(name, head string, rows int, line func(i int) string) {
		var b strings.Builder
		b.WriteString(head)
		for i := range rows {
			b.WriteString("\n" + line(i))
		}
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("market.csv", "统一社会信用代码,企业名称", marketRows, func(i int) string { return killedCode(i) + "," + marketName(i) })
	write("list.csv", "企业名称,2019年职工总数", listRows, func(i int) string { return fmt.Sprintf("%s,%d", listName(i), i%50) })
	write("year.csv", "统一社会信用代码,企业名称,2019年销售收入（元）", 2500, func(i int) string { return fmt.Sprintf("%s,%s,%d", killedCode(i), marketName(i), i%9) })
	write("more.csv", "统一社会信用代码,企业名称,2020年销售收入（元）,2020年职工总数", 5000, func(i int) string {
		return fmt.Sprintf("%s,%s,%d,%d", killedCode(i+800), marketName(i+800), i%7, i)
	})
	for _, name := range []string{"market.csv", "list.csv", "year.csv"} {
		command(t, 0, "import", "--db", s.base, filepath.Join(s.dir, name))
	}
	return s
}

const marketRows, listRows = 1500, 1100

// killedCode makes a valid credit code; n tells them apart.
func killedCode(n int) string {
	body := fmt.Sprintf("91120110MA%07d", n)
	const letters = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	sum, weight := 0, 1
	for _, c := range body {
		sum += strings.IndexRune(letters, c) * weight
		weight = weight * 3 % 31
	}
	return body + string(letters[(31-sum%31)%31])
}

// marketName and listName write the name of one enterprise in two ways.
func marketName(i int) string { return "天津" + trade(i) + "精工机械有限公司" }
func listName(i int) string   { return "天津市" + trade(i) + "精工机械有限责任公司" }

func trade(i int) string {
	return string([]rune{rune(0x5200 + i%61), rune(0x6C00 + i/61%61), rune(0x7600 + (i*31)%97)})
}

// undisturbed finds out what a deed comes to, and how long it takes.
func (s *killings) undisturbed(d *deed) error {
	e := s.expected[d.name]
	e.once.Do(func() {
		k, err := s.copy(d, 0)
		if err == nil {
			defer k.close()
			if e.before, err = k.view(); err == nil {
				_, err = d.do(k)
			}
			if err == nil {
				e.after, err = k.view()
			}
		}
		if err == nil && e.before == e.after {
			err = fmt.Errorf("it does nothing: %s", e.after)
		}
		if err != nil {
			e.err = fmt.Errorf("undisturbed: %w", err)
		}
	})
	return e.err
}

// kill does all kills, some at a time: those of servers wait for most of the time.
func (s *killings) kill(t *testing.T) {
	type result struct {
		deed string
		n    int
		left bool
		fate
		err error
	}
	const workers = 4
	var todo []*deed
	for i := range deeds {
		s.expected[deeds[i].name] = &expected{}
		n := deeds[i].share
		if !soak {
			n = (i + s.half()) % 2 // half of the kinds on each database
		}
		for range n {
			todo = append(todo, &deeds[i])
		}
	}
	order := rand.New(rand.NewPCG(s.seed, 0))
	order.Shuffle(len(todo), func(i, j int) { todo[i], todo[j] = todo[j], todo[i] })
	next, results := atomic.Int64{}, make(chan result)
	var all sync.WaitGroup
	for range workers {
		all.Go(func() {
			for {
				n := int(next.Add(1))
				if n > len(todo) || s.ctx.Err() != nil {
					return
				}
				d := todo[n-1]
				r := result{deed: d.name, n: n, fate: late, err: s.undisturbed(d)}
				for try := 0; r.fate == late && r.err == nil; try++ {
					var k *killing
					if k, r.err = s.copy(d, uint64(n+try*1000)); r.err == nil {
						r.fate, r.err = d.do(k)
						r.left = k.left
						k.close()
					}
				}
				results <- r
			}
		})
	}
	go func() { all.Wait(); close(results) }()
	count, left, kills := map[string]map[fate]int{}, map[string]int{}, 0
	for r := range results {
		if r.err != nil {
			t.Errorf("%s, kill %d: %v", r.deed, r.n, r.err)
			continue
		}
		if kills++; count[r.deed] == nil {
			count[r.deed] = map[fate]int{}
		}
		count[r.deed][r.fate]++
		if r.left {
			left[r.deed]++
		}
	}
	for i := range deeds {
		c := count[deeds[i].name]
		if c == nil {
			continue
		}
		t.Logf("%-20s %3d kills: nothing was in force at %d, a part at %d, all at %d; a batch was open at %d; undisturbed %s", deeds[i].name,
			c[nothing]+c[part]+c[whole], c[nothing], c[part], c[whole], left[deeds[i].name], time.Duration(s.expected[deeds[i].name].took.Load()).Round(time.Millisecond))
	}
	t.Logf("%d kills", kills)
}

// half chooses the kinds of short runs.
func (s *killings) half() int {
	if s.postgres {
		return 1
	}
	return 0
}

// killing is one kill, or none, upon a base of its own.
type killing struct {
	*killings
	*expected
	url    string
	dir    string // of its own
	random *rand.Rand
	never  bool
	left   bool      // a batch was open
	db     *store.DB // open since before the kill: it has cleared nothing that was left
	drop   func() error
}

// copy makes a base for a kill; for number 0 nothing is killed.
func (s *killings) copy(d *deed, number uint64) (k *killing, err error) {
	k = &killing{killings: s, expected: s.expected[d.name], random: rand.New(rand.NewPCG(s.seed, number)), never: number == 0}
	if k.dir, err = os.MkdirTemp(s.dir, "kill"); err != nil {
		return nil, err
	}
	k.drop = func() error { return os.RemoveAll(k.dir) }
	if s.postgres {
		var drop func() error
		if k.url, drop, err = pgtest.Copy(s.base); err != nil {
			return nil, err
		}
		k.drop = func() error { return errors.Join(drop(), os.RemoveAll(k.dir)) }
	} else {
		k.url = filepath.Join(k.dir, "base.db")
		for _, end := range []string{"", ".keys"} { // without its keys a base that has any takes no file
			data, err := os.ReadFile(s.base + end)
			if err == nil {
				err = os.WriteFile(k.url+end, data, 0o600)
			}
			if err != nil && (end == "" || !errors.Is(err, fs.ErrNotExist)) {
				return nil, err
			}
		}
	}
	k.db, err = store.Open(s.ctx, k.url)
	return k, err
}

func (k *killing) close() {
	k.db.Close()
	k.drop()
}

// moment is a channel that tells when to kill: within the time that the work took the last time.
func (k *killing) moment() <-chan time.Time {
	if k.never {
		return nil
	}
	return time.After(time.Duration(k.random.Float64() * float64(k.took.Load())))
}

// momentOf is moment for a command. Most of the time that it takes is none in which it writes: of four kills three fall
// into the rest.
func (k *killing) momentOf(p *child) <-chan time.Time {
	if k.never || k.random.IntN(4) == 0 {
		return k.moment()
	}
	share := k.random.Float64()
	moment := make(chan time.Time, 1)
	go func() {
		if k.begun(p) {
			moment <- <-time.After(time.Duration(share * float64(k.worked.Load())))
		}
	}()
	return moment
}

// begun waits until a batch is open; false when there was none until the process ended.
func (k *killing) begun(p *child) bool {
	open := 0
	k.rows(func(db *sql.DB) error {
		for open == 0 {
			if err := db.QueryRowContext(k.ctx, `SELECT COUNT(*) FROM batch WHERE state <> 'done'`).Scan(&open); err != nil {
				return err
			}
			select {
			case <-p.ended:
				return nil
			case <-time.After(time.Millisecond):
			}
		}
		return nil
	})
	return open > 0
}

// clock notes how long a command works since it has a batch open.
func (k *killing) clock(p *child) {
	go func() {
		if k.begun(p) {
			start := time.Now()
			<-p.ended
			k.worked.Store(int64(time.Since(start)))
		}
	}()
}

// done notes how long the work took.
func (k *killing) done(since time.Time) { k.took.Store(int64(time.Since(since))) }

func (k *killing) registry() (*registry.Registry, error) {
	p, err := packs.Default()
	return registry.New(p, k.db, time.Now), err
}

// view is what can be seen of the base: every profile with its values, the imports in force and undone, and the merges
// that stand.
func (k *killing) view() (string, error) {
	g, err := k.registry()
	if err != nil {
		return "", err
	}
	var lines []string
	err = g.Scan(k.ctx, 0, func(p *fact.Profile) error {
		line := fmt.Sprintf("%s %s gone=%v", p.Code, p.Name, p.Gone)
		for _, f := range p.Facts {
			line += fmt.Sprintf(" %s@%d=%v", f.Attr.ID, f.Year, f.Value)
		}
		lines = append(lines, line)
		return nil
	})
	if err != nil {
		return "", err
	}
	slices.Sort(lines)
	imports, n, err := g.Imports(k.ctx, fact.Wanted{}, 0, 1000)
	if err != nil {
		return "", err
	}
	files := map[string]int{}
	for _, i := range imports {
		name := i.File
		if i.Form != "" {
			name = "by hand"
		}
		if !i.UndoneAt.IsZero() {
			name += " (undone)"
		}
		files[name]++
	}
	_, merges, err := g.Merges(k.ctx, "enterprise", fact.Standing, fact.Wanted{}, 0, 1)
	return fmt.Sprintf("%d profiles %.6x, %d imports %v, %d merges", len(lines), sha256.Sum256([]byte(strings.Join(lines, "\n"))), n, files, merges), err
}

// child is the program in a process of its own.
type child struct {
	cmd   *exec.Cmd
	said  *lockedBuffer // on both outputs
	ended chan struct{}
}

func (k *killing) start(args ...string) (*child, error) {
	p := &child{cmd: exec.Command("process", append(args, "--db", k.url, "--lang", "en")...), said: &lockedBuffer{}, ended: make(chan struct{})}
	p.cmd.Dir = k.killings.dir
	p.cmd.Env = append(os.Environ(), "TMPDIR="+k.dir, "XDG_CACHE_HOME="+k.dir)
	p.cmd.Stdout, p.cmd.Stderr = p.said, p.said
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() { p.cmd.Wait(); close(p.ended) }()
	return p, nil
}

// kill ends a process at once. On a server it waits until the process's connections have ended too.
func (k *killing) kill(p *child) error {
	p.cmd.Process.Kill()
	<-p.ended
	return k.rows(func(db *sql.DB) error {
		var open int
		if err := db.QueryRowContext(k.ctx, `SELECT COUNT(*) FROM batch WHERE state = 'open'`).Scan(&open); err != nil {
			return err
		}
		k.left = k.left || open > 0
		for n := 1; n > 0 && k.postgres; {
			err := db.QueryRowContext(k.ctx, `SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE $1`,
				fmt.Sprintf("eyas@%%/%d", p.cmd.Process.Pid)).Scan(&n)
			if err != nil {
				return err
			}
			if n > 0 {
				time.Sleep(5 * time.Millisecond)
			}
		}
		return nil
	})
}

// rows runs fn on a connection of its own to the base.
func (k *killing) rows(fn func(*sql.DB) error) error {
	driver, dsn := "sqlite", "file:"+k.url+"?_pragma=busy_timeout(30000)"
	if k.postgres {
		driver, dsn = "pgx", k.url
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	return fn(db)
}

// command runs a command in this process.
func (k *killing) command(args ...string) error {
	var out bytes.Buffer
	if code := run(k.ctx, append(args, "--db", k.url, "--lang", "en"), &out, &out); code != exitDone {
		return fmt.Errorf("eyas %s: exit %d: %s", strings.Join(args, " "), code, out.String())
	}
	return nil
}

// sound starts the program again: it clears what was left, finds nothing wrong, and nothing else is seen than was before.
func (k *killing) sound(seen string) error {
	for _, args := range [][]string{{"imports"}, {"verify"}, {"check"}} {
		if err := k.command(args...); err != nil {
			return err
		}
	}
	now, err := k.view()
	if err != nil {
		return err
	}
	if now != seen {
		return fmt.Errorf("clearing what was left changes what is seen:\n%s\n%s", seen, now)
	}
	return k.rows(func(db *sql.DB) error {
		for what, query := range map[string]string{
			"open batches":              `SELECT COUNT(*) FROM batch WHERE state <> 'done'`,
			"profiles put aside":        `SELECT COUNT(*) FROM profile_prior`,
			"reserved ids":              `SELECT COUNT(*) FROM batch_range`,
			"joins of linkage":          `SELECT COUNT(*) FROM batch_join`,
			"digests of nobody's rows":  `SELECT COUNT(*) FROM proof p WHERE p.seq < 0 AND NOT EXISTS (SELECT 1 FROM batch b WHERE b.id = -p.seq)`,
			"records without an import": `SELECT COUNT(*) FROM record r WHERE NOT EXISTS (SELECT 1 FROM import i WHERE i.id = r.import_id)`,
		} {
			var n int
			if err := db.QueryRowContext(k.ctx, query).Scan(&n); err != nil {
				return err
			}
			if n != 0 {
				return fmt.Errorf("%d %s are left", n, what)
			}
		}
		return nil
	})
}

// byCommand is a deed of one command: all of it is in force, or nothing.
func byCommand(args ...string) func(k *killing) (fate, error) {
	return func(k *killing) (fate, error) {
		start := time.Now()
		p, err := k.start(args...)
		if err != nil {
			return "", err
		}
		if k.never {
			k.clock(p)
		}
		select {
		case <-k.momentOf(p):
			if err := k.kill(p); err != nil {
				return "", err
			}
		case <-p.ended:
			k.done(start)
		}
		ended := p.cmd.ProcessState.Exited() // by itself: the kill came too late, if it came
		if ended && p.cmd.ProcessState.ExitCode() != exitDone {
			return "", fmt.Errorf("exit %d: %s", p.cmd.ProcessState.ExitCode(), p.said)
		}
		if k.never {
			return late, nil
		}
		seen, err := k.view()
		switch {
		case err != nil:
			return "", err
		case seen != k.before && seen != k.after:
			return "", fmt.Errorf("it is half done:\n%s\n%s\n%s", k.before, seen, k.after)
		case ended && seen != k.after:
			return "", fmt.Errorf("it was acknowledged and is lost: %s", seen)
		}
		if err := k.sound(seen); err != nil || ended {
			return late, err
		}
		if seen == k.after {
			return whole, nil
		}
		start = time.Now()
		if p, err = k.start(args...); err != nil {
			return "", err
		}
		k.clock(p)
		<-p.ended
		k.done(start)
		if code := p.cmd.ProcessState.ExitCode(); code != exitDone {
			return "", fmt.Errorf("done again: exit %d: %s", code, p.said)
		}
		if seen, err = k.view(); err != nil {
			return "", err
		}
		if seen != k.after {
			return "", fmt.Errorf("done again it comes to something else than undisturbed:\n%s\n%s", seen, k.after)
		}
		return nothing, k.sound(seen)
	}
}
