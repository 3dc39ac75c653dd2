package job

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
)

// begin marks a row as being run by this process.
func (r *Runner) begin(row *Row) {
	now := stored(r.Clock())
	row.State, row.Owner, row.Beat, row.Updated = Running, r.owner, now, now
	row.Attempt++
	row.Started = now
	row.Mark = Mark{StageAt: now}
}

// launch runs a job that was begun. The lock is held.
func (r *Runner) launch(o *own) {
	r.own[o.row.ID] = o
	kind := r.kinds[o.row.Kind]
	ctx, cancel := context.WithCancelCause(r.ctx)
	if o.row.Actor != "" {
		ctx = auth.In(ctx, auth.ParseActor(cmp.Or(o.row.Acting, o.row.Actor)))
	}
	o.cancel = cancel
	if o.row.Stop {
		cancel(context.Canceled)
	}
	id, row := o.row.ID, o.row
	r.wg.Add(1)
	go func() {
		defer r.wg.Done()
		defer cancel(nil)
		var result any
		args, err := whole(row.Args, row.Texts)
		if err == nil {
			result, err = r.guard(ctx, kind, args, func(p Progress) { r.report(o, p) })
		}
		var raw json.RawMessage
		if err == nil {
			if raw, err = json.Marshal(result); err != nil {
				err = fmt.Errorf("job: result of %s: %w", kind.Name, err)
			}
		}
		if err != nil && !errors.Is(err, context.Canceled) && fault.Of(err) == fault.Internal {
			r.Log.Error("job failed", "kind", kind.Name, "id", id, "error", err)
		}
		r.end(o, kind, raw, err)
	}()
}

// guard turns a panic of the work into a failed job: the rest of the program goes on.
func (r *Runner) guard(ctx context.Context, kind Kind, args json.RawMessage, report func(Progress)) (result any, err error) {
	defer func() {
		if p := recover(); p != nil {
			r.Log.Error("job panicked", "kind", kind.Name, "panic", p, "stack", string(debug.Stack()))
			result, err = nil, fmt.Errorf("job: panic: %v", p)
		}
	}()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return kind.Run(ctx, args, report)
}

func (r *Runner) report(o *own, p Progress) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := stored(r.Clock())
	if m := &o.row.Mark; p.Stage != m.Stage { // rates are those of the present stage, from its first report on
		m.StageAt, m.StageRows, m.StageBytes = now, p.Rows, p.Bytes
	}
	o.row.Mark.Progress, o.row.Updated = p, now
	o.version++
}

// end says what has become of a job that this process ran.
func (r *Runner) end(o *own, kind Kind, result json.RawMessage, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.changed()
	defer r.nudge()
	if o.lost { // its row belongs to somebody else
		r.drop(o.row.ID)
		return
	}
	now := stored(r.Clock())
	row := &o.row
	o.version++
	row.Owner, row.Updated = "", now
	stopped := errors.Is(err, context.Canceled)
	switch {
	case err == nil:
		// Work that finished although it was cancelled is done: its result stands.
		row.State, row.Result, row.Ended = Done, result, now
	case stopped && r.closed && !row.Stop && kind.Safe:
		again(row, row.RunAt)
		row.Attempt--
	case stopped && r.closed && !row.Stop:
		row.State, row.Fault, row.Ended = Failed, died(), now
	case stopped:
		row.State, row.Ended = Cancelled, now
	case fault.Of(err) == fault.Internal && row.Attempt < kind.Tries:
		again(row, now.Add(backoff(row.Attempt)))
	default:
		row.State, row.Fault, row.Ended, o.err = Failed, faultOf(err), now, err
	}
}

// again puts a job back into the queue.
func again(row *Row, at time.Time) {
	row.State, row.Owner, row.RunAt, row.Mark = Waiting, "", at, Mark{}
	row.Started, row.Beat = time.Time{}, time.Time{}
}

// backoff is how long a job waits after it failed for the n-th time: 10 s, 40 s, 90 s …, at most an hour.
func backoff(n int) time.Duration {
	return min(time.Hour, time.Duration(n*n)*10*time.Second)
}
