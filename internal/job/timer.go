package job

import (
	"context"
	"encoding/json"
	"time"

	"eyas/internal/auth"
)

// Timer starts a job again and again. Of the processes that know it, one starts the job each time; times that passed
// while no process ran are made up for once.
type Timer struct {
	Name string
	Next func(after time.Time) time.Time // the first time after another: Every, Daily
	Spec Spec                            // its Key and RunAt are the timer's own
}

// Every goes off so long after the time before.
func Every(d time.Duration) func(time.Time) time.Time {
	return func(after time.Time) time.Time { return after.Add(d) }
}

// Daily goes off at an hour and minute of each day in a zone.
func Daily(hour, minute int, zone *time.Location) func(time.Time) time.Time {
	return func(after time.Time) time.Time {
		y, m, d := after.In(zone).Date()
		at := time.Date(y, m, d, hour, minute, 0, 0, zone)
		for days := 1; !at.After(after); days++ {
			at = time.Date(y, m, d+days, hour, minute, 0, 0, zone)
		}
		return at
	}
}

// Schedule adds a timer, in place of one of the same name. It goes off for the first time when Next says.
func (r *Runner) Schedule(t Timer) {
	t.Spec.Key, t.Spec.Repeat, t.Spec.RunAt = "timer:"+t.Name, true, time.Time{}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.timers {
		if r.timers[i].Name == t.Name {
			r.timers[i] = t
			return
		}
	}
	r.timers = append(r.timers, t)
	r.nudge()
}

// due gives the timers that are to be set or go off.
func (r *Runner) due(set map[string]time.Time, now time.Time) (list []Timer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, t := range r.timers {
		if next, known := set[t.Name]; !known || !next.After(now) {
			list = append(list, t)
		}
	}
	return list
}

// ring sets timers that nobody has set and starts the jobs of those that go off.
func (r *Runner) ring(ctx context.Context, w Writer, now time.Time) error {
	set, err := w.Timers(ctx)
	if err != nil {
		return err
	}
	for _, t := range r.due(set, now) {
		if err := w.SetTimer(ctx, t.Name, stored(t.Next(now))); err != nil {
			return err
		}
		if _, known := set[t.Name]; !known {
			continue
		}
		row, err := r.rowOf(auth.Actor{ID: auth.Self}, t.Spec)
		if err != nil {
			return err
		}
		if err := (&deed{want: &row, repeat: true}).add(ctx, w); err != nil {
			return err
		}
	}
	return nil
}

// clear deletes jobs that ended long ago.
func (r *Runner) clear(ctx context.Context, _ json.RawMessage, _ func(Progress)) (any, error) {
	var n int
	err := r.Storage.WriteJobs(ctx, time.Minute, func(w Writer) (err error) {
		n, err = w.DropJobs(ctx, r.Clock().Add(-keepFor), keep)
		return err
	})
	return n, err
}
