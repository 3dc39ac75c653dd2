package registry

import (
	"context"
	"errors"
	"maps"
	"slices"

	"eyas/internal/pack"
)

// bulk is a batch as the registry works with it: what is left for its last transaction, and what others may do meanwhile
// that it has to follow.
type bulk struct {
	Batch
	g       *Registry
	last    []func(ctx context.Context, w BatchWriter) error
	gone    []int64 // whose open questions are moot when the batch is in force
	brings  map[int64]bool
	others  map[int64]bool    // subjects of which others wrote something since the batch began
	answers map[string]string // about places, that records were read with
	spare   float64           // how many times more ids are reserved than a file seems to need
}

// bulkKey is the key of a context for the bulk that imports within it are part of.
type bulkKey struct{}

// errShort says that a file has more rows than ids were reserved for, and that others have taken those after them.
var errShort = errors.New("registry: too few ids were reserved")

// inBulk runs fn in a batch and puts it in force. kind is what it is, for people who look into the base.
func (g *Registry) inBulk(ctx context.Context, kind string, progress func(Progress), fn func(ctx context.Context, b *bulk) error) error {
	for spare := 1.25; ; spare *= 4 {
		err := g.onceInBulk(ctx, kind, spare, progress, fn)
		if !errors.Is(err, errShort) {
			return err
		}
	}
}

func (g *Registry) onceInBulk(ctx context.Context, kind string, spare float64, progress func(Progress), fn func(ctx context.Context, b *bulk) error) (err error) {
	batch, err := g.base.Begin(ctx, kind, func() {
		if progress != nil {
			progress(Progress{Stage: "waiting"})
		}
	})
	if err != nil {
		return err
	}
	defer func() {
		if e := batch.Drop(ctx); err == nil {
			err = e
		}
	}()
	b := &bulk{Batch: batch, g: g, brings: map[int64]bool{}, others: map[int64]bool{}, spare: spare}
	if err := b.Read(ctx, func(r Reader) (err error) { b.answers, err = placesAnswered(ctx, r); return err }); err != nil {
		return err
	}
	if err := fn(ctx, b); err != nil {
		return err
	}
	return b.finish(ctx)
}

// Together makes one of several imports: all that fn does with the context that it is given are in force when Together
// returns without an error, and none of them else. fn may be run again.
func (g *Registry) Together(ctx context.Context, progress func(Progress), fn func(ctx context.Context) error) error {
	return g.inBulk(ctx, "import", progress, func(ctx context.Context, b *bulk) error {
		return fn(context.WithValue(ctx, bulkKey{}, b))
	})
}

func placesAnswered(ctx context.Context, r Reader) (map[string]string, error) {
	list, err := r.PlaceAnswers(ctx)
	return inForce(list), err
}

// settle derives subjects, ascending, again and lands what came out differently.
func (b *bulk) settle(ctx context.Context, reg *pack.Register, subjects []int64, what Progress, progress func(Progress)) (changed int, err error) {
	var d *deriver
	what.TotalRows = len(subjects)
	tell := b.g.teller(what, progress)
	done := 0
	for part := range slices.Chunk(subjects, batchRows) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		var profiles []ProfileRow
		if err := b.Read(ctx, func(r Reader) (err error) {
			if d == nil {
				if d, err = b.g.deriver(ctx, r, reg); err != nil {
					return err
				}
			}
			d.from = r
			n := 0
			profiles, n, err = d.rederive(ctx, part)
			changed += n
			return err
		}); err != nil {
			return 0, err
		}
		if len(profiles) > 0 {
			if err := b.Chunk(ctx, func(w BatchWriter) error { return b.put(ctx, w, profiles) }); err != nil {
				return 0, err
			}
		}
		done += len(part)
		tell(done, 0, false)
	}
	tell(done, 0, true)
	return changed, nil
}

// put writes derived profiles.
func (b *bulk) put(ctx context.Context, w BatchWriter, profiles []ProfileRow) error {
	for i := range profiles {
		if profiles[i].Gone {
			b.gone = append(b.gone, profiles[i].Subject)
		}
	}
	return w.SetProfiles(ctx, profiles)
}

// repaired is of how many subjects others may have written since the last look, so that the rest is left to the last
// transaction.
const repaired = 256

// finish follows what others did meanwhile and puts the batch in force.
func (b *bulk) finish(ctx context.Context) error {
	for {
		if err := b.readdressed(ctx); err != nil {
			return err
		}
		n := batchRows
		for n > repaired {
			if err := b.Chunk(ctx, func(w BatchWriter) error {
				ids, err := w.Concerned(ctx, batchRows)
				if n = len(ids); err != nil {
					return err
				}
				return b.repair(ctx, w, ids)
			}); err != nil {
				return err
			}
		}
		err := b.Force(ctx, func(w BatchWriter) error {
			ids, err := w.Concerned(ctx, batchRows)
			if err != nil {
				return err
			}
			answers, err := placesAnswered(ctx, w)
			if err != nil {
				return err
			}
			if len(ids) == batchRows || !maps.Equal(answers, b.answers) {
				return errMeanwhile
			}
			if err := b.repair(ctx, w, ids); err != nil {
				return err
			}
			for _, fn := range b.last {
				if err := fn(ctx, w); err != nil {
					return err
				}
			}
			return b.moot(ctx, w)
		})
		if !errors.Is(err, errMeanwhile) {
			return err
		}
	}
}

// errMeanwhile says that others did more since than the last transaction of a batch should settle.
var errMeanwhile = errors.New("registry: much has changed meanwhile")

// moot lets go of the open questions about subjects that are gone.
func (b *bulk) moot(ctx context.Context, w Writer) error {
	slices.Sort(b.gone)
	for part := range slices.Chunk(slices.Compact(b.gone), batchRows) {
		list, err := w.QuestionsOf(ctx, "", part)
		if err != nil || len(list) == 0 {
			if err != nil {
				return err
			}
			continue
		}
		rows, err := w.Profiles(ctx, part)
		if err != nil {
			return err
		}
		if err := b.g.mootGone(ctx, w, rows); err != nil {
			return err
		}
	}
	return nil
}
