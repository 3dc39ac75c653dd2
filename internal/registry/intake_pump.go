package registry

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
)

// pump reads a file on a goroutine of its own, some batches ahead. After the first batch it waits for goOn: by that batch
// it is known how many rows there may be, and the numbers of records may change.
type pump struct {
	cancel  context.CancelFunc
	spare   chan *batch
	full    chan *batch
	proved  chan *batch
	start   chan struct{}
	started bool
	err     error // why the goroutine ended; to be read when full is closed
}

// ahead is how many batches are read ahead, or being written.
const ahead = 2 * mostChunk

// pumping begins to read.
func pumping(ctx context.Context, in *intake) *pump {
	ctx, cancel := context.WithCancel(ctx)
	p := &pump{cancel: cancel, spare: make(chan *batch, ahead), full: make(chan *batch, ahead), proved: make(chan *batch, ahead), start: make(chan struct{})}
	first, made := true, 0
	fill := func() (*batch, error) {
		if !first {
			select {
			case <-p.start:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		first = false
		select {
		case b := <-p.spare:
			b.reset()
			return b, nil
		default:
		}
		if made < ahead {
			made++
			return &batch{}, nil
		}
		select {
		case b := <-p.spare:
			b.reset()
			return b, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	emit := func(b *batch) error {
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
			if r := recover(); r != nil { // a file must not be able to end the program
				p.err = fmt.Errorf("registry: reading %s: panic: %v\n%s", in.name, r, debug.Stack())
			}
		}()
		p.err = in.read(fill, emit)
	}()
	go func() { // beside converting, so that a third core has something to do
		defer close(p.proved)
		var d Digester
		first := true
		for b := range p.full {
			if !in.preview && !first { // the numbers of the first are not known yet
				d.prove(b, in.importID, in.register.ID)
			}
			first = false
			p.proved <- b
		}
	}()
	return p
}

// next gives the next batch; after the one that is the last there is none.
func (p *pump) next() (*batch, error) {
	b, ok := <-p.proved
	if !ok {
		if p.err == nil {
			return nil, errors.New("registry: nothing is left of the file")
		}
		return nil, p.err
	}
	return b, nil
}

// goOn lets the goroutine read beyond the first batch.
func (p *pump) goOn() {
	if !p.started {
		p.started = true
		close(p.start)
	}
}

// free gives a batch back that is not needed any more.
func (p *pump) free(b *batch) { p.spare <- b }

// stop ends the goroutine and waits for it.
func (p *pump) stop() {
	p.cancel()
	for range p.proved {
	}
}

// renumber moves the numbers of a batch's records by so much.
func (b *batch) renumber(n *codec, by int64) error {
	if by == 0 {
		return nil
	}
	for i := range b.names {
		b.names[i].Record += by
	}
	var facts []Fact
	var text []byte
	for i := range b.rows {
		r := &b.rows[i]
		r.record += by
		if r.reason != "" {
			continue
		}
		var err error
		if facts, err = n.readFacts(facts[:0], r.facts); err != nil {
			return err
		}
		for k := range facts {
			facts[k].Record += by
		}
		text = n.appendFacts(text[:0], facts)
		r.facts = b.keep(text)
	}
	return nil
}
