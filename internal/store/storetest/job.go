package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"eyas/internal/fault"
	"eyas/internal/job"
	"eyas/internal/store"
)

func writeJobs(t *testing.T, db *store.DB, fn func(context.Context, job.Writer) error) {
	t.Helper()
	ctx := context.Background()
	if err := db.WriteJobs(ctx, time.Minute, func(w job.Writer) error { return fn(ctx, w) }); err != nil {
		t.Fatal(err)
	}
}

// Texts that may name somebody lie beside the arguments, which hold their digests.
func jobTexts(t *testing.T, db *store.DB) {
	writeJobs(t, db, func(ctx context.Context, w job.Writer) error {
		named := job.Row{ID: "n", Kind: "export", Args: json.RawMessage(`{"lang":"en"}`), Texts: map[string]string{"from": "/person?q=张三"}, State: job.Done, RunAt: at, Added: at, Updated: at, Ended: at}
		if err := w.AddJob(ctx, &named); err != nil {
			return err
		}
		got, err := w.Job(ctx, "n")
		if err != nil {
			return err
		}
		equal(t, "texts beside the arguments", got.Texts, named.Texts)
		if text := string(got.Args); strings.Contains(text, "张三") || !strings.Contains(text, `"lang":"en"`) || !strings.Contains(text, `"beside":{"from":"`) {
			t.Errorf("arguments %s", text)
		}
		return nil
	})
}

func jobs(t *testing.T, db *store.DB) {
	whole := job.Row{
		ID: "a", Kind: "import", Actor: "wang", Title: "年报.xlsx", Back: "/import", Key: "import:1", Args: json.RawMessage(`{"upload":"1"}`), Write: true,
		State: job.Running, Mark: job.Mark{Progress: job.Progress{Stage: "reading", Rows: 3, Bytes: 4, TotalBytes: 5, Description: "x"}, StageAt: at, StageRows: 1},
		Owner: "me", Attempt: 2, Stop: true, RunAt: at, Added: at, Started: at, Updated: at, Beat: at,
	}
	waiting := job.Row{ID: "b", Kind: "import", Args: json.RawMessage("null"), Write: true, State: job.Waiting, RunAt: at.Add(time.Hour), Added: at, Updated: at}
	writeJobs(t, db, func(ctx context.Context, w job.Writer) error {
		if err := w.AddJob(ctx, &whole); err != nil {
			return err
		}
		if err := w.AddJob(ctx, &waiting); err != nil {
			return err
		}
		got, err := w.Job(ctx, "a")
		equal(t, "job", got, &whole)
		if err != nil {
			return err
		}
		none, err := w.Job(ctx, "c")
		equal(t, "no job", none, (*job.Row)(nil))
		return err
	})
	open := func(now time.Time) (ids []string) {
		err := db.ReadJobs(context.Background(), func(r job.Reader) error {
			list, err := r.OpenJobs(context.Background(), now)
			for _, j := range list {
				ids = append(ids, j.ID)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return ids
	}
	equal(t, "open", open(at), []string{"a"})
	equal(t, "open in an hour", open(at.Add(time.Hour)), []string{"a", "b"})

	// A second writer, and a second open job of a key, are refused by the table itself.
	for what, r := range map[string]job.Row{
		"writer": {ID: "x", Args: json.RawMessage("1"), Write: true, State: job.Running},
		"key":    {ID: "x", Args: json.RawMessage("1"), Key: "import:1", State: job.Waiting},
	} {
		err := db.WriteJobs(context.Background(), time.Minute, func(w job.Writer) error { return w.AddJob(context.Background(), &r) })
		if err == nil {
			t.Errorf("a second %s is taken", what)
		}
	}
	ended := whole
	ended.State, ended.Owner, ended.Ended, ended.Result = job.Failed, "", at.Add(time.Minute), json.RawMessage(`[1]`)
	ended.Fault = fault.New(fault.Invalid, "读不出。", "It cannot be read.")
	writeJobs(t, db, func(ctx context.Context, w job.Writer) error {
		if err := w.SetJob(ctx, &ended); err != nil {
			return err
		}
		again := job.Row{ID: "c", Kind: "import", Key: "import:1", Args: json.RawMessage("{}"), State: job.Waiting, RunAt: at, Added: at, Updated: at}
		if err := w.AddJob(ctx, &again); err != nil {
			return err
		}
		newest, err := w.NewestJob(ctx, "import:1")
		equal(t, "newest of the key", newest, &again)
		if err != nil {
			return err
		}
		list, err := w.Jobs(ctx, 2)
		equal(t, "newest", []string{list[0].ID, list[1].ID}, []string{"c", "b"})
		if err != nil {
			return err
		}
		got, err := w.Job(ctx, "a")
		equal(t, "ended job", got, &ended)
		if err != nil {
			return err
		}
		n, err := w.DropJobs(ctx, at.Add(time.Minute), 1)
		equal(t, "dropped too early", n, 0)
		if err != nil {
			return err
		}
		n, err = w.DropJobs(ctx, at.Add(time.Hour), 1)
		equal(t, "dropped", n, 1)
		if err != nil {
			return err
		}
		if err := w.SetTimer(ctx, "night", at); err != nil {
			return err
		}
		if err := w.SetTimer(ctx, "night", at.Add(time.Hour)); err != nil {
			return err
		}
		timers, err := w.Timers(ctx)
		equal(t, "timers", timers, map[string]time.Time{"night": at.Add(time.Hour)})
		return err
	})
}

// jobsBeside: what is written for long keeps nobody waiting who only says that a job is alive.
func jobsBeside(t *testing.T, db *store.DB) {
	write(t, db, func(ctx context.Context, _ tables) error {
		err := db.WriteJobs(ctx, 0, func(job.Writer) error { return nil })
		if err != nil && !errors.Is(err, job.ErrBusy) {
			return err
		}
		return db.ReadJobs(ctx, func(r job.Reader) error { _, err := r.OpenJobs(ctx, at); return err })
	})
	// Within one transaction a job is added with what it is about, or not at all.
	lost := errors.New("lost")
	err := db.Together(context.Background(), func(ctx context.Context) error {
		err := db.WriteJobs(ctx, 0, func(w job.Writer) error {
			return w.AddJob(ctx, &job.Row{ID: "a", Args: json.RawMessage("1"), State: job.Waiting})
		})
		return errors.Join(err, lost)
	})
	if !errors.Is(err, lost) {
		t.Fatal(err)
	}
	err = db.ReadJobs(context.Background(), func(r job.Reader) error {
		row, err := r.Job(context.Background(), "a")
		equal(t, "a job of a transaction that was rolled back", row, (*job.Row)(nil))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// jobsShared: runners that share a table run each job once, and lose none, whoever starts it.
func jobsShared(t *testing.T, db *store.DB) {
	const each, runners = 15, 3
	var mu sync.Mutex
	ran := map[string]int{}
	writing, worst := 0, 0
	var all []*job.Runner
	for range runners {
		r := job.Open(job.Config{Storage: db, Clock: time.Now, Log: slog.New(slog.DiscardHandler), Every: 10 * time.Millisecond})
		t.Cleanup(func() { r.Close(context.Background()) })
		for _, write := range []bool{true, false} {
			r.Register(job.Kind{Name: fmt.Sprint("write ", write), Write: write, Safe: true, Run: job.Handle(func(_ context.Context, name string, report func(job.Progress)) (any, error) {
				mu.Lock()
				defer mu.Unlock()
				ran[name]++
				if write {
					writing++
					worst = max(worst, writing)
					mu.Unlock()
					report(job.Progress{Stage: "writing"})
					mu.Lock()
					writing--
				}
				return name, nil
			})})
		}
		all = append(all, r)
	}
	ids := make(chan string, each*runners)
	var wg sync.WaitGroup
	for i, r := range all {
		wg.Go(func() {
			for n := range each {
				name := fmt.Sprint(i, ".", n)
				s, _, err := r.Start(context.Background(), job.Spec{Kind: fmt.Sprint("write ", n%2 == 0), Args: name, Key: name})
				if err != nil {
					t.Error(err)
				}
				ids <- s.ID
			}
		})
	}
	wg.Wait()
	close(ids)
	for id := range ids {
		s, ok := all[0].Wait(t.Context(), id)
		if !ok || s.State != job.Done {
			t.Errorf("job %s: %+v", id, s)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	for name, n := range ran {
		if n != 1 {
			t.Errorf("%s ran %d times", name, n)
		}
	}
	if len(ran) != each*runners || worst > 1 {
		t.Errorf("%d jobs ran, %d wrote at once", len(ran), worst)
	}
}
