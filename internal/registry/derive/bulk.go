package derive

import (
	"context"
	"errors"
	"maps"
	"slices"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
)

// Bulk is a batch as the registry works with it: what is left for its last transaction, and what others may do meanwhile
// that it has to follow.
type Bulk struct {
	Batch
	g         *Base
	last      []func(ctx context.Context) error
	gone      []int64        // whose open questions are moot when the batch is in force
	Announced map[int64]bool // imports that count when the batch is in force
	// decide, of a batch that brings imports, decides anew whom their rows are about where others wrote about the same
	// subjects. It gives the subjects and those that the rows were and are linked to.
	decide  func(ctx context.Context, subjects []int64) ([]int64, error)
	derived map[string]bool     // registers of which subjects were derived again
	Others  map[int64]bool      // subjects of which others wrote something since the batch began
	answers map[string]string   // about places, that records were read with
	Says    map[string]string   // what the batch itself answers, and takes back where the district is empty
	places  placeBook           // with that
	View    func(Reader) Reader // what settle reads as if it were written; nil: nothing
	after   []func(context.Context) error
	Spare   float64 // how many times more ids are reserved than a file seems to need
}

// bulkKey is the key of a context for the bulk that what is done within it is part of.
type bulkKey struct{}

// Within gives a context in which imports and linkage are part of the bulk.
func (b *Bulk) Within(ctx context.Context) context.Context {
	return context.WithValue(ctx, bulkKey{}, b)
}

// BulkOf gives the bulk that a context is within; nil when it is within none.
func BulkOf(ctx context.Context) *Bulk {
	b, _ := ctx.Value(bulkKey{}).(*Bulk)
	return b
}

// AtLast leaves fn for the last transaction, in the order in which it was said.
func (b *Bulk) AtLast(fn func(ctx context.Context) error) { b.last = append(b.last, fn) }

// Afterwards leaves fn for the time when the batch is in force. When it fails, what it left undone is of no consequence.
func (b *Bulk) Afterwards(fn func(ctx context.Context) error) { b.after = append(b.after, fn) }

// Announce says that the batch brings an import, whose rows decide links anew where others wrote meanwhile.
func (b *Bulk) Announce(importID int64, decide func(ctx context.Context, subjects []int64) ([]int64, error)) {
	b.Announced[importID], b.decide = true, decide
}

// ErrShort says that a file has more rows than ids were reserved for, and that others have taken those after them.
var ErrShort = errors.New("registry: too few ids were reserved")

// InBulk runs fn in a batch and puts it in force. kind is what it is, for people who look into the base.
func (g *Base) InBulk(ctx context.Context, kind string, progress func(Progress), fn func(ctx context.Context, b *Bulk) error) (err error) {
	defer fault.At(&err, "derive.InBulk(kind %s)", kind)
	for spare := 1.25; ; spare *= 4 {
		err := g.onceInBulk(ctx, kind, spare, progress, fn)
		if !errors.Is(err, ErrShort) {
			return err
		}
	}
}

func (g *Base) onceInBulk(ctx context.Context, kind string, spare float64, progress func(Progress), fn func(ctx context.Context, b *Bulk) error) (err error) {
	batch, err := g.rooms.Begin(ctx, kind, func() {
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
	b := &Bulk{Batch: batch, g: g, Announced: map[int64]bool{}, derived: map[string]bool{}, Others: map[int64]bool{}, Spare: spare}
	if err := ReadIn(ctx, b, g.rooms.Deriving(), func(r RoomReader) (err error) { b.answers, err = placesAnswered(ctx, r); return err }); err != nil {
		return err
	}
	if err := fn(ctx, b); err != nil {
		return err
	}
	return b.finish(ctx)
}

// ReadIn reads in a room what a batch sees there.
func ReadIn[R, W any](ctx context.Context, b Batch, room fact.Room[R, W], fn func(R) error) error {
	return b.Read(ctx, func(ctx context.Context) error { return room.Read(ctx, fn) })
}

// deriver gives a deriver for which what the batch answers about places is in force.
func (b *Bulk) deriver(ctx context.Context, r Reader, reg *pack.Register) (*Deriver, error) {
	d, err := b.g.Deriver(ctx, r, reg)
	if err != nil || b.Says == nil {
		return d, err
	}
	answers, err := placesAnswered(ctx, r)
	if err != nil {
		return nil, err
	}
	maps.Copy(answers, b.Says)
	maps.DeleteFunc(answers, func(_, org string) bool { return org == "" })
	d.places = b.places.under(b.g.Pack, answers)
	return d, nil
}

// put writes derived profiles.
func (b *Bulk) put(ctx context.Context, w fact.ProfileWriter, profiles []fact.ProfileRow) error {
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
func (b *Bulk) finish(ctx context.Context) error {
	for {
		if err := b.readdressed(ctx); err != nil {
			return err
		}
		n := fact.BatchRows
		for n > repaired {
			if err := b.Chunk(ctx, func(ctx context.Context, w BatchWriter) error {
				ids, err := w.Concerned(ctx, fact.BatchRows)
				if n = len(ids); err != nil {
					return err
				}
				return b.repair(ctx, w, ids)
			}); err != nil {
				return err
			}
		}
		err := b.Force(ctx, func(ctx context.Context, w BatchWriter) error {
			ids, err := w.Concerned(ctx, fact.BatchRows)
			if err != nil {
				return err
			}
			answers, err := placesAnswered(ctx, w)
			if err != nil {
				return err
			}
			if len(ids) == fact.BatchRows || !maps.Equal(answers, b.answers) {
				return ErrMeanwhile
			}
			if err := b.repair(ctx, w, ids); err != nil {
				return err
			}
			for _, fn := range b.last {
				if err := fn(ctx); err != nil {
					return err
				}
			}
			for register := range b.derived { // other days may read differently, though today does not
				if err := w.NoteChange(ctx, register, false); err != nil {
					return err
				}
			}
			return b.moot(ctx, w)
		})
		if err == nil {
			for _, fn := range b.after {
				if fn(ctx) != nil {
					break
				}
			}
		}
		if !errors.Is(err, ErrMeanwhile) {
			return err
		}
	}
}

// ErrMeanwhile says that others did more since than the last transaction of a batch should settle.
var ErrMeanwhile = errors.New("registry: much has changed meanwhile")

// moot lets go of the open questions about subjects that are gone.
func (b *Bulk) moot(ctx context.Context, w mootWriter) error {
	slices.Sort(b.gone)
	for part := range slices.Chunk(slices.Compact(b.gone), fact.BatchRows) {
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
