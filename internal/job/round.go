package job

import (
	"context"
	"errors"
	"time"
)

// A round is what one process does with the table in one transaction: it stores what has become of its own jobs, adds
// what is wanted, lets timers go off, takes over from processes that died, and begins what is due. Rounds of all
// processes come one after another, so each decides on the table as it is.

// deed is what a round is asked for, and what came of it.
type deed struct {
	want   *Row // to be added
	repeat bool
	found  *Row // the job that stands in the place of want

	kept    []kept
	begun   []Row
	stopped []string // own jobs that somebody wants cancelled
	lost    []string // own jobs that another process has taken over
	stops   []string // of other processes, written
	doubted []string // seen silent while the base could be written to
}

// kept is an own job as it was stored.
type kept struct {
	id      string
	row     Row
	version int
	stored  bool // before this round
}

// sighting is the last beat that was seen of a job that another process runs. Only this process's clock is asked how
// long ago that was.
type sighting struct {
	owner     string
	attempt   int
	beat      time.Time
	at        time.Time // when it was first seen
	confirmed time.Time // when it was still the last, with the base free to be written to; zero: not yet
}

// look reads the table, and does a round when there is anything to write.
func (r *Runner) look(ctx context.Context) error {
	now := stored(r.Clock())
	var rows []Row
	var timers map[string]time.Time
	err := r.Storage.ReadJobs(ctx, func(s Reader) (err error) {
		if rows, err = s.OpenJobs(ctx, now); err != nil {
			return err
		}
		timers, err = s.Timers(ctx)
		return err
	})
	if err != nil {
		return err
	}
	r.mu.Lock()
	write := r.notice(rows, now)
	r.mu.Unlock()
	if !write && len(r.due(timers, now)) == 0 {
		r.mu.Lock()
		r.changed()
		r.mu.Unlock()
		return nil
	}
	if err := r.round(ctx, 0, &deed{}); !errors.Is(err, ErrBusy) {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.changed()
	return nil
}

// notice compares the table with what this process knows and reports whether there is anything to write. What others
// want of its jobs is done at once. The lock is held.
func (r *Runner) notice(rows []Row, now time.Time) (write bool) {
	write = len(r.stops) > 0
	for _, o := range r.own {
		if o.version != o.saved || !o.stored || o.row.State == Running && now.Sub(o.row.Beat) >= r.beatEvery() {
			write = true
		}
	}
	writing, running := false, map[string]bool{}
	for i := range rows {
		row := &rows[i]
		if row.State != Running {
			continue
		}
		writing = writing || row.Write
		running[row.ID] = true
		if o := r.own[row.ID]; o != nil {
			if row.Stop && !o.row.Stop && o.cancel != nil {
				o.row.Stop = true
				o.cancel(context.Canceled)
			}
			continue
		}
		write = r.sight(row, now) || write
	}
	for id := range r.seen {
		if !running[id] {
			delete(r.seen, id)
		}
	}
	free := readers - r.reading()
	for i := range rows {
		if row := &rows[i]; row.State == Waiting && r.own[row.ID] == nil && !r.closed {
			_, known := r.kinds[row.Kind]
			write = write || known && (row.Write && !writing || !row.Write && free > 0)
		}
	}
	return write
}

// sight watches a job of another process; it reports whether the process is silent for so long that the table is to be
// looked at with the right to write. The lock is held.
func (r *Runner) sight(row *Row, now time.Time) bool {
	s, known := r.seen[row.ID]
	if !known || s.owner != row.Owner || s.attempt != row.Attempt || !s.beat.Equal(row.Beat) {
		r.seen[row.ID] = sighting{owner: row.Owner, attempt: row.Attempt, beat: row.Beat, at: now}
		return false
	}
	if now.Sub(s.at) < r.Silence {
		return false
	}
	return s.confirmed.IsZero() || now.Sub(s.confirmed) >= r.doubt()
}

// round does one; ErrBusy when somebody else is writing for longer than patience. The turn is held.
func (r *Runner) round(ctx context.Context, patience time.Duration, d *deed) error {
	now := stored(r.Clock())
	asked := *d
	err := r.Storage.WriteJobs(ctx, patience, func(w Writer) error {
		*d = asked
		r.mu.Lock()
		d.kept = r.unsaved(now)
		stops := make([]string, 0, len(r.stops))
		for id := range r.stops {
			stops = append(stops, id)
		}
		r.mu.Unlock()
		for i := range d.kept {
			if err := d.save(ctx, w, r.owner, &d.kept[i]); err != nil {
				return err
			}
		}
		for _, id := range stops {
			if err := d.stop(ctx, w, id, now); err != nil {
				return err
			}
		}
		if err := d.add(ctx, w); err != nil {
			return err
		}
		r.mu.Lock()
		closed := r.closed
		r.mu.Unlock()
		if closed {
			return nil
		}
		if err := r.ring(ctx, w, now); err != nil {
			return err
		}
		return r.takeUp(ctx, w, d, now)
	})
	if errors.Is(err, ErrBusy) {
		r.mu.Lock()
		defer r.mu.Unlock()
		for id, s := range r.seen { // who cannot write cannot say that he is alive: the time begins anew
			s.at, s.confirmed = now, time.Time{}
			r.seen[id] = s
		}
	}
	if err != nil {
		return err
	}
	r.settle(d, now)
	return nil
}

// unsaved gives what is to be stored of the jobs of this process. The lock is held.
func (r *Runner) unsaved(now time.Time) (list []kept) {
	for id, o := range r.own {
		beat := o.row.State == Running && now.Sub(o.row.Beat) >= r.beatEvery()
		if o.lost || o.stored && o.version == o.saved && !beat {
			continue
		}
		k := kept{id, o.row, o.version, o.stored}
		if k.row.State == Running {
			k.row.Beat = now
		}
		list = append(list, k)
	}
	return list
}

// save stores an own job.
func (d *deed) save(ctx context.Context, w Writer, owner string, k *kept) error {
	if !k.stored {
		if k.row.Key != "" { // meanwhile another process may have started the same
			other, err := w.NewestJob(ctx, k.row.Key)
			if err != nil {
				return err
			}
			if other != nil && !other.State.Final() {
				if k.row.Key = ""; k.row.State == Waiting {
					k.row.State, k.row.Ended = Cancelled, k.row.Updated
				}
			}
		}
		return w.AddJob(ctx, &k.row)
	}
	now, err := w.Job(ctx, k.id)
	if err != nil {
		return err
	}
	if now == nil || now.State.Final() || now.Owner != owner {
		d.lost = append(d.lost, k.id)
		return nil
	}
	if now.Stop && !k.row.Stop {
		k.row.Stop = true
		d.stopped = append(d.stopped, k.id)
	}
	return w.SetJob(ctx, &k.row)
}

// stop asks for the end of a job that this process does not run.
func (d *deed) stop(ctx context.Context, w Writer, id string, now time.Time) error {
	row, err := w.Job(ctx, id)
	if err != nil {
		return err
	}
	d.stops = append(d.stops, id)
	if row == nil || row.State.Final() {
		return nil
	}
	row.Stop = true
	if row.State == Waiting {
		row.State, row.Ended, row.Updated = Cancelled, now, now
	}
	return w.SetJob(ctx, row)
}

// add adds the job that is wanted, unless its key names one that stands for it.
func (d *deed) add(ctx context.Context, w Writer) error {
	if d.want == nil {
		return nil
	}
	if d.want.Key != "" {
		found, err := w.NewestJob(ctx, d.want.Key)
		if err != nil {
			return err
		}
		if found != nil && (!found.State.Final() || found.State == Done && !d.repeat) {
			d.found = found
			return nil
		}
	}
	return w.AddJob(ctx, d.want)
}

// takeUp takes over from processes that died and begins what is due.
func (r *Runner) takeUp(ctx context.Context, w Writer, d *deed, now time.Time) error {
	rows, err := w.OpenJobs(ctx, now)
	if err != nil {
		return err
	}
	writing := false
	for i := range rows {
		if row := &rows[i]; row.State == Running && row.Owner != r.owner && r.dead(row, d, now) {
			if err := w.SetJob(ctx, row); err != nil {
				return err
			}
		}
		writing = writing || rows[i].State == Running && rows[i].Write
	}
	r.mu.Lock()
	free := readers - r.reading()
	r.mu.Unlock()
	for i := range rows {
		row := &rows[i]
		r.mu.Lock()
		_, known := r.kinds[row.Kind]
		r.mu.Unlock()
		if row.State != Waiting || !known || row.Write && writing || !row.Write && free <= 0 {
			continue
		}
		if row.Write {
			writing = true
		} else {
			free--
		}
		r.begin(row)
		if err := w.SetJob(ctx, row); err != nil {
			return err
		}
		d.begun = append(d.begun, *row)
	}
	return nil
}

// dead decides what becomes of a job whose process is silent; it reports whether the row has changed.
func (r *Runner) dead(row *Row, d *deed, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.sight(row, now) {
		return false
	}
	if r.seen[row.ID].confirmed.IsZero() {
		d.doubted = append(d.doubted, row.ID)
		return false
	}
	kind, known := r.kinds[row.Kind]
	fail := func(err error) {
		row.State, row.Fault, row.Ended, row.Updated, row.Owner = Failed, faultOf(err), now, now, ""
	}
	switch {
	case row.Stop:
		row.State, row.Ended, row.Updated, row.Owner = Cancelled, now, now, ""
	case !known:
		fail(unknownKind())
	case !kind.Safe:
		fail(died())
	case row.Attempt >= max(begun, kind.Tries):
		fail(diedOften())
	default:
		again(row, row.RunAt)
	}
	return true
}

// settle makes what was committed true in memory, and lets the work begin.
func (r *Runner) settle(d *deed, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, k := range d.kept {
		o := r.own[k.id]
		if o == nil {
			continue
		}
		o.stored, o.saved = true, k.version
		o.row.Seq, o.row.Key, o.row.Beat = k.row.Seq, k.row.Key, k.row.Beat
		if o.version == k.version && o.row.State != Running { // all of it is stored
			r.drop(k.id)
		}
	}
	for _, id := range d.stopped {
		if o := r.own[id]; o != nil && o.cancel != nil {
			o.row.Stop = true
			o.cancel(context.Canceled)
		}
	}
	for _, id := range d.lost {
		if o := r.own[id]; o != nil {
			if o.lost = true; o.row.State == Running {
				o.cancel(errLost)
			} else {
				r.drop(id)
			}
		}
	}
	for _, id := range d.stops {
		delete(r.stops, id)
	}
	for _, id := range d.doubted {
		s := r.seen[id]
		s.confirmed = now
		r.seen[id] = s
	}
	for _, row := range d.begun {
		if d.want != nil && d.want.ID == row.ID {
			*d.want = row
		}
		o := &own{row: row, stored: true, version: 1, saved: 1}
		if before := r.own[row.ID]; before != nil && before.row.State == Cancelled { // meanwhile
			o.row.Stop = true
			o.version++
		}
		r.launch(o)
	}
	r.changed()
}
