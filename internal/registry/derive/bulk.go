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

// Bulk is a batch as the registry works with it. It collects the work for the batch's last transaction, and it follows
// what other writers change while the batch lands.
type Bulk struct {
	Batch
	g         *Base
	last      []func(ctx context.Context) error
	gone      []int64        // subjects whose open questions become moot when the batch comes into force
	Announced map[int64]bool // imports that count when the batch is in force
	// decide is set for a batch that brings imports. For subjects that other writers changed meanwhile, it decides again
	// which subjects the rows are about. It returns these subjects and those that the rows were and are linked to.
	decide  func(ctx context.Context, subjects []int64) ([]int64, error)
	derived map[string]bool     // registers with subjects that were derived again
	Others  map[int64]bool      // subjects of which others wrote something since the batch began
	answers map[string]string   // the answers about places that records were read with
	Says    map[string]string   // the answers about places of the batch itself; an empty district takes an answer back
	places  placeBook           // the resolver for these answers
	View    func(Reader) Reader // lets settle read changes that are not written yet; nil: there are none
	after   []func(context.Context) error
	Spare   float64 // factor by which more ids are reserved than the file seems to need
}

// bulkKey is the context key of the bulk that an operation belongs to.
type bulkKey struct{}

// Within returns a context in which imports and linkage become part of the bulk.
func (b *Bulk) Within(ctx context.Context) context.Context {
	return context.WithValue(ctx, bulkKey{}, b)
}

// BulkOf returns the bulk of a context; nil when there is none.
func BulkOf(ctx context.Context) *Bulk {
	b, _ := ctx.Value(bulkKey{}).(*Bulk)
	return b
}

// AtLast runs fn in the last transaction of the batch. The functions run in the order of the calls.
func (b *Bulk) AtLast(fn func(ctx context.Context) error) { b.last = append(b.last, fn) }

// Afterwards runs fn after the batch has come into force. An error of fn is ignored: it must leave nothing wrong behind.
func (b *Bulk) Afterwards(fn func(ctx context.Context) error) { b.after = append(b.after, fn) }

// Announce tells the bulk that its batch brings an import. decide links the import's rows again when other writers
// changed their subjects meanwhile.
func (b *Bulk) Announce(importID int64, decide func(ctx context.Context, subjects []int64) ([]int64, error)) {
	b.Announced[importID], b.decide = true, decide
}

// ErrShort is returned when a file has more rows than ids were reserved for and another writer has taken the ids after
// them.
var ErrShort = errors.New("registry: too few ids were reserved")

// InBulk runs fn in a batch and puts the batch in force. kind says what the batch does, for people who look into the
// database.
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

// ReadIn reads from a room what a batch sees there.
func ReadIn[R, W any](ctx context.Context, b Batch, room fact.Room[R, W], fn func(R) error) error {
	return b.Read(ctx, func(ctx context.Context) error { return room.Read(ctx, fn) })
}

// deriver returns a deriver that uses the batch's answers about places.
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

// repaired is the number of subjects that other writers may have changed since the last look. With fewer, the rest is
// repaired in the last transaction.
const repaired = 256

// finish repairs what other writers changed meanwhile and puts the batch in force.
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
			for register := range b.derived { // profiles of past days may change even if those of today do not
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

// ErrMeanwhile is returned when other writers changed more than the last transaction of a batch should settle.
var ErrMeanwhile = errors.New("registry: much has changed meanwhile")

// moot marks the open questions about inactive subjects as moot.
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
