package intake

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
)

// pump reads a file on a goroutine of its own, some batches ahead. After the first batch it waits for goOn: only then is
// it known about how many rows there are, and the ids of records may change.
type pump struct {
	cancel  context.CancelFunc
	spare   chan *batch
	full    chan *batch
	proved  chan *batch
	start   chan struct{}
	started bool
	err     error // why the goroutine ended; valid after full is closed
}

// Limits of the batches that are read ahead or being written: their number, and about how many bytes they have together.
const (
	ahead      = 8
	aheadBytes = 16 << 20
)

// shortly is how long a chunk waits for the next batch. Ending the chunk and starting another would take longer.
const shortly = 20 * time.Millisecond

// pumping starts a pump.
func pumping(ctx context.Context, in *converter) *pump {
	ctx, cancel := context.WithCancel(ctx)
	p := &pump{cancel: cancel, spare: make(chan *batch, ahead), full: make(chan *batch, ahead), proved: make(chan *batch, ahead), start: make(chan struct{})}
	var free []*batch
	first, made, held := true, 0, 0 // held is the size of the batches that were not given back yet
	back := func(b *batch) {
		held -= b.heldBefore
		b.reset()
		free = append(free, b)
	}
	fill := func() (*batch, error) {
		if !first {
			select {
			case <-p.start:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		first = false
		for {
			select {
			case b := <-p.spare:
				back(b)
				continue
			default:
			}
			if held < aheadBytes {
				if n := len(free) - 1; n >= 0 {
					b := free[n]
					free = free[:n]
					return b, nil
				}
				if made < ahead {
					made++
					return &batch{}, nil
				}
			}
			select {
			case b := <-p.spare:
				back(b)
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
	}
	emit := func(b *batch) error {
		b.heldBefore = b.held()
		held += b.heldBefore
		select {
		case p.full <- b:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	go func() {
		defer close(p.full)
		defer func() {
			if r := recover(); r != nil { // a damaged file must not end the program
				p.err = fmt.Errorf("registry: reading %s: panic: %v\n%s", in.Name, r, debug.Stack())
			}
		}()
		p.err = in.read(fill, emit)
	}()
	go func() { // in parallel with converting, on a third core
		defer close(p.proved)
		var d fact.Digester
		first := true
		for b := range p.full {
			if !in.preview && !first { // the ids of the first batch are not known yet
				b.prove(&d, in.importID, in.Register.ID)
			}
			first = false
			p.proved <- b
		}
	}()
	return p
}

// next returns the next batch. Do not call it after the last one.
func (p *pump) next() (*batch, error) {
	b, ok := <-p.proved
	return p.given(b, ok)
}

// soon returns the next batch if it arrives within shortly, otherwise nil.
func (p *pump) soon() (*batch, error) {
	late := time.NewTimer(shortly)
	defer late.Stop()
	select {
	case b, ok := <-p.proved:
		return p.given(b, ok)
	case <-late.C:
		return nil, nil
	}
}

func (p *pump) given(b *batch, ok bool) (*batch, error) {
	if !ok {
		if p.err == nil {
			return nil, errors.New("registry: nothing is left of the file")
		}
		return nil, p.err
	}
	return b, nil
}

// goOn lets the pump read beyond the first batch.
func (p *pump) goOn() {
	if !p.started {
		p.started = true
		close(p.start)
	}
}

// free gives a batch back for reuse.
func (p *pump) free(b *batch) { p.spare <- b }

// stop ends the goroutine and waits for it.
func (p *pump) stop() {
	p.cancel()
	for range p.proved {
	}
}

// renumber adds a number to the record ids of a batch.
func (b *batch) renumber(n *derive.Rules, by int64) error {
	if by == 0 {
		return nil
	}
	for i := range b.names {
		b.names[i].Record += by
	}
	var facts []fact.Fact
	var text []byte
	for i := range b.rows {
		r := &b.rows[i]
		r.record += by
		if r.reason != "" {
			continue
		}
		var err error
		if facts, err = n.Read(facts[:0], r.facts); err != nil {
			return err
		}
		for k := range facts {
			facts[k].Record += by
		}
		text = n.Append(text[:0], facts)
		r.facts = b.keep(text)
	}
	return nil
}
