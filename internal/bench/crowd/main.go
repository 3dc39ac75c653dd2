// Command crowd asks a server as many people do at the same time, and prints how long they waited. It runs on the same machine
// as the server, and tells its own processor time apart from the server's.
//
//	go run ./internal/bench/crowd --addr http://127.0.0.1:8080 --people people.csv --every 5s --for 5m --server PID
//
// Each person asks every few seconds, at moments of his own: 85 of 100 times for a page or a search, 10 times to save a value,
// 5 times for an export of at most 5,000 rows. A person waits for his answer before he asks again; an answer that says to come
// again later is counted apart. Without --people nobody signs in: for a base without accounts.
package main

import (
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

func main() {
	var (
		addr   = flag.String("addr", "http://127.0.0.1:8080", "where the server is")
		list   = flag.String("people", "", "file of people: id,password,saves (yes or no) in each line; empty: nobody signs in")
		people = flag.Int("n", 500, "how many people; those of the file sign in several times when there are fewer")
		every  = flag.Duration("every", 5*time.Second, "how often each person asks")
		length = flag.Duration("for", 5*time.Minute, "how long")
		server = flag.Int("server", 0, "the server's process, for its processor time; 0: not told")
		seed   = flag.Uint64("seed", 1, "what people do is drawn from it")
	)
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *addr, *list, *people, *every, *length, *server, *seed); err != nil {
		fmt.Fprintln(os.Stderr, "crowd:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, addr, list string, n int, every, length time.Duration, server int, seed uint64) error {
	accounts, err := read(list)
	if err != nil {
		return err
	}
	crowd := make([]*person, n)
	for i := range crowd {
		crowd[i] = newPerson(addr, accounts[i%len(accounts)], rand.New(rand.NewPCG(seed, uint64(i))))
	}
	began := time.Now()
	if err := signIn(ctx, crowd); err != nil {
		return err
	}
	fmt.Printf("%d people, signed in within %s\n", n, time.Since(began).Round(time.Second))
	before, own := processor(server), processor(os.Getpid())
	ctx, cancel := context.WithTimeout(ctx, length)
	defer cancel()
	began = time.Now()
	var wg sync.WaitGroup
	for _, p := range crowd {
		wg.Go(func() { p.live(ctx, every) })
	}
	wg.Wait()
	took := time.Since(began)
	print(crowd, took)
	cores := func(used time.Duration) string { return fmt.Sprintf("%.2f cores", used.Seconds()/took.Seconds()) }
	if server != 0 {
		fmt.Printf("processor: the server %s, this program %s\n", cores(processor(server)-before), cores(processor(os.Getpid())-own))
	}
	return nil
}

// signIn signs everybody in, a few at a time: it is not what is measured.
func signIn(ctx context.Context, crowd []*person) error {
	turns := make(chan struct{}, 4)
	failed := make(chan error, len(crowd))
	var wg sync.WaitGroup
	for _, p := range crowd {
		wg.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			if err := p.signIn(ctx); err != nil {
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
