package registry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"sync"

	"eyas/internal/auth"
	"eyas/internal/pack"
)

// precedenceSetting is under which the base keeps by which rankings its profiles were derived.
const precedenceSetting = "precedence"

func (g *Registry) precedence() string {
	sum := sha256.Sum256([]byte(g.pack.Precedence()))
	return hex.EncodeToString(sum[:])
}

// Outdated reports whether profiles were derived by other rankings of sources than the pack has now.
func (g *Registry) Outdated(ctx context.Context) (yes bool, err error) {
	err = g.base.Read(ctx, func(r Reader) error {
		by, err := r.Setting(ctx, precedenceSetting)
		if err != nil {
			return err
		}
		last, err := r.Counter(ctx, LastSubject)
		yes = last > 0 && by != g.precedence()
		return err
	})
	return yes, err
}

// Rederive derives every profile of every register again, in one transaction, and says how many came out differently.
func (g *Registry) Rederive(ctx context.Context, actor string, progress func(Progress)) (changed int, err error) {
	if err := auth.Decide(g.actors.Actor(actor), auth.Derive, auth.Resource{}); err != nil {
		return 0, err
	}
	err = g.base.Write(ctx, func(w Writer) error {
		changed = 0
		for _, reg := range g.pack.Registers {
			if _, err := g.numbered(ctx, w, reg); err != nil {
				return err
			}
			n, err := g.settleAll(ctx, w, reg, Progress{Stage: "deriving"}, progress)
			if err != nil {
				return err
			}
			changed += n
		}
		if err := w.Set(ctx, precedenceSetting, g.precedence()); err != nil {
			return err
		}
		return g.log(ctx, w, actor, "derive", "base", map[string]any{"changed": changed})
	})
	return changed, err
}

// settleAll derives every subject of a register again and writes what came out differently. It reads from snapshots
// beside w: while w writes nobody else does, and w has not written anything that profiles are derived from.
func (g *Registry) settleAll(ctx context.Context, w Writer, reg *pack.Register, what Progress, progress func(Progress)) (changed int, err error) {
	d, err := g.deriver(ctx, w, reg)
	if err != nil {
		return 0, err
	}
	change, err := w.Counter(ctx, LastChange)
	if err != nil {
		return 0, err
	}
	last, err := w.Counter(ctx, LastSubject)
	if err != nil {
		return 0, err
	}
	if reg == g.main() {
		what.TotalRows = int(last) // of other registers it is not known
	}
	tell := g.teller(what, progress)
	done := 0
	err = g.base.Read(ctx, func(r Reader) error {
		readers, err := readersOf(ctx, r)
		if err != nil {
			return err
		}
		defer readers.close()
		var workers []*atWorker
		for _, from := range readers.list {
			workers = append(workers, &atWorker{d: d.beside(from)})
		}
		a := &allAgain{reg.ID, readers.lock}
		return inBlocks(ctx, workers, int((last+blockSpan-1)/blockSpan), a.work, func(b *againBlock) error {
			done += b.subjects
			tell(done, 0, false)
			if len(b.rows) == 0 {
				return nil
			}
			readers.lock.Lock()
			defer readers.lock.Unlock()
			if err := d.yieldCodes(ctx, b.olds, b.rows); err != nil {
				return err
			}
			for i := range b.rows {
				b.rows[i].Change = change + 1
			}
			if err := w.SetProfiles(ctx, b.rows); err != nil {
				return err
			}
			changed += len(b.rows)
			return g.mootGone(ctx, w, b.rows)
		})
	})
	if err != nil {
		return 0, err
	}
	if changed > 0 {
		if _, err := w.Advance(ctx, LastChange, 1); err != nil {
			return 0, err
		}
	}
	tell(done, 0, true)
	return changed, nil
}

// allAgain is what all profiles of a register are derived again by.
type allAgain struct {
	register string
	lock     sync.Locker
}

// againBlock is what came out differently of a block: the profiles as they were, without facts, and as they are.
type againBlock struct {
	subjects   int
	olds, rows []ProfileRow
}

func (a *allAgain) work(ctx context.Context, w *atWorker, number int, out *againBlock) error {
	first := int64(number)*blockSpan + 1
	if err := a.read(ctx, w, first); err != nil {
		return err
	}
	out.subjects, out.olds, out.rows = len(w.block.profiles), out.olds[:0], out.rows[:0]
	return w.block.each(func(old *ProfileRow, records []RecordRow) error {
		r, differs, err := w.d.again(ctx, old, records)
		if err == nil && differs {
			was := *old
			was.Facts = nil // in memory of the block
			out.olds, out.rows = append(out.olds, was), append(out.rows, r)
		}
		return err
	})
}

func (a *allAgain) read(ctx context.Context, w *atWorker, first int64) error {
	a.lock.Lock()
	defer a.lock.Unlock()
	if err := w.block.readProfiles(ctx, w.d.from, a.register, first, first+blockSpan-1, true); err != nil {
		return err
	}
	return w.block.readRecords(ctx, w.d, nil)
}
