// Command crowd asks a server as many people do at the same time, and prints how long they waited. It runs on the same machine
// as the server, and tells its own processor time apart from the server's.
//
//	go build -o bin/eyas ./cmd/eyas
//	go run ./internal/bench/crowd --base local/crowd.db --rows 20000                           # 500 people, 100 requests a second
//	go run ./internal/bench/crowd --base local/crowd.db --rows 1000000 --every 5s,2.5s,5s --for 5m  # the long form
//	go run ./internal/bench/crowd --addr http://127.0.0.1:8080 --people people.csv --server PID
//
// With --base it makes a demonstration city of that size where there is no such base, gives it people of all roles, and serves it
// with bin/eyas. Otherwise the server runs already. Each person asks every few seconds, at moments of his own: 85 of 100 times for
// a page or a search, 10 times to save a value, 5 times for an export of at most 5,000 rows. A person waits for his answer before he
// asks again; an answer that says to come again later is counted apart. A person asks for what his role opens, so every other answer
// is wrong. --every may have several values: they are run one after another, to see what comes after too much.
package main

import (
	"cmp"
	"context"
	"encoding/csv"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"strings"
	"sync"
	"time"
)

// account is a person who can sign in. Saves says whether he may change values.
type account struct {
	ID, Password string
	Saves        bool
}

// options are what the command was told.
type options struct {
	addr, list   string
	base, eyas   string
	rows, people int
	every        []time.Duration
	length       time.Duration
	server       int
	seed         uint64
}

func main() {
	var o options
	flag.StringVar(&o.base, "base", "", "base to serve; a demonstration city is made where there is none. Empty: the server runs already, at --addr")
	flag.IntVar(&o.rows, "rows", 20_000, "enterprises of the demonstration city")
	flag.StringVar(&o.eyas, "eyas", "bin/eyas", "the program that makes and serves the base")
	flag.StringVar(&o.addr, "addr", "", "where the server is, by default http://127.0.0.1:8080; with --base where it is to listen, by default any port")
	flag.StringVar(&o.list, "people", "", "file of people: id,password,saves (yes or no) in each line; empty: nobody signs in")
	flag.IntVar(&o.people, "n", 500, "how many people; those of the file sign in several times when there are fewer")
	every := flag.String("every", "5s", "how often each person asks; several values, separated by commas, are run one after another")
	flag.DurationVar(&o.length, "for", 5*time.Minute, "how long each of them")
	flag.IntVar(&o.server, "server", 0, "the server's process, for its processor time; 0: not told")
	flag.Uint64Var(&o.seed, "seed", 1, "what people do is drawn from it")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := o.readEvery(*every)
	if err == nil {
		err = run(ctx, o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "crowd:", err)
		os.Exit(1)
	}
}

func (o *options) readEvery(text string) error {
	for one := range strings.SplitSeq(text, ",") {
		d, err := time.ParseDuration(one)
		if err != nil || d <= 0 {
			return fmt.Errorf("--every %s: %q is no time", text, one)
		}
		o.every = append(o.every, d)
	}
	return nil
}

func run(ctx context.Context, o options) error {
	crowd, server, err := gather(ctx, &o)
	if server != nil {
		defer server.end()
	}
	if err != nil {
		return err
	}
	for _, every := range o.every {
		fmt.Printf("\n%d people, each every %s, for %s\n", len(crowd), every, o.length)
		if err := measure(ctx, crowd, o.server, func(ctx context.Context, p *person) { p.live(ctx, every) }, o.length); err != nil {
			return err
		}
	}
	return nil
}

// gather makes the people of the options, serves the base when they name one, and signs everybody in.
func gather(ctx context.Context, o *options) (crowd []*person, server *served, err error) {
	var accounts []account
	if o.base == "" {
		o.addr = cmp.Or(o.addr, "http://127.0.0.1:8080")
		accounts, err = read(o.list)
	} else if accounts, err = prepare(ctx, *o); err == nil {
		if server, err = serve(*o); err == nil {
			o.addr, o.server = server.url, server.cmd.Process.Pid
		}
	}
	if err != nil {
		return nil, server, err
	}
	for i := range o.people {
		crowd = append(crowd, newPerson(o.addr, accounts[i%len(accounts)], rand.New(rand.NewPCG(o.seed, uint64(i)))))
	}
	began := time.Now()
	if err := byFew(crowd, func(p *person) error { return p.signIn(ctx) }); err != nil {
		return nil, server, err
	}
	if err := crowd[0].waitForPages(ctx); err != nil {
		return nil, server, err
	}
	if err := byFew(crowd, func(p *person) error { return p.lookAround(ctx) }); err != nil {
		return nil, server, err
	}
	fmt.Printf("%d people, signed in and looked around within %s\n", len(crowd), time.Since(began).Round(time.Second))
	return crowd, server, nil
}

// measure has all people act, and prints what came of it.
func measure(ctx context.Context, crowd []*person, server int, act func(context.Context, *person), length time.Duration) error {
	for _, p := range crowd {
		p.waits, p.wrong = nil, nil
	}
	before, own := processor(server), processor(os.Getpid())
	within, cancel := context.WithTimeout(ctx, length)
	defer cancel()
	began := time.Now()
	var wg sync.WaitGroup
	for _, p := range crowd {
		wg.Go(func() { act(within, p) })
	}
	wg.Wait()
	took := time.Since(began)
	all := print(crowd, took)
	if server != 0 && all > 0 {
		used, mine := processor(server)-before, processor(os.Getpid())-own
		fmt.Printf("processor: the server %.2f cores, %.1f ms an answer; this program %.2f cores\n", used.Seconds()/took.Seconds(), used.Seconds()*1000/float64(all), mine.Seconds()/took.Seconds())
	}
	return ctx.Err()
}

// byFew does something for everybody, a few at a time: it is not what is measured.
func byFew(crowd []*person, do func(*person) error) error {
	turns := make(chan struct{}, 4)
	failed := make(chan error, len(crowd))
	var wg sync.WaitGroup
	for _, p := range crowd {
		wg.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			if err := do(p); err != nil {
				failed <- err
			}
		})
	}
	wg.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

// read reads the people of a file. Without a file there is one, who does not sign in.
func read(file string) ([]account, error) {
	if file == "" {
		return []account{{Saves: true}}, nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.FieldsPerRecord = 3
	lines, err := r.ReadAll()
	if err != nil {
		return nil, err
	}
	var all []account
	for _, l := range lines {
		all = append(all, account{ID: l[0], Password: l[1], Saves: l[2] == "yes"})
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s names nobody", file)
	}
	return all, nil
}

// processor is the processor time that a process has used; 0 when it is not known.
func processor(pid int) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	var user, system int64
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0
	}
	fmt.Sscan(fields[11], &user)
	fmt.Sscan(fields[12], &system)
	return time.Duration(user+system) * time.Second / 100 // clock ticks of Linux
}
