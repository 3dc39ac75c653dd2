package intake

import (
	"context"

	"eyas/internal/fault"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
	"eyas/internal/registry/layout"
)

// Preview reads a whole file as Import would and counts the effects. It writes nothing to the base and keeps no other
// writer waiting.
func (g *Intake) Preview(ctx context.Context, src layout.Source, opt layout.Options, progress func(derive.Progress)) (p *Preview, err error) {
	defer fault.At(&err, "intake.Preview(file %s)", src.Name)
	reg, opt, err := layout.Checked(g.base.Pack, opt)
	if err != nil {
		return nil, err
	}
	print, err := fingerprint(ctx, src)
	if err != nil {
		return nil, err
	}
	err = g.rooms.Imports().Read(ctx, func(r Reader) error {
		in, err := g.intake(ctx, r, reg, src, opt)
		if err != nil {
			return err
		}
		defer in.Close()
		in.preview = true
		over, err := newOverlay(r)
		if err != nil {
			return err
		}
		defer over.close()
		known, err := g.identical(ctx, r, in, print)
		if err != nil {
			return err
		}
		m, err := g.look(ctx, over, in, progress)
		if err != nil {
			return print.held(src, err)
		}
		report := m.report(in)
		if err := mendCodes(ctx, m.resolver.Named(r), reg, opt.Lang, report.Warnings); err != nil {
			return err
		}
		p = &Preview{Report: *report, Sheets: in.previews, New: int(m.resolver.Next-m.firstFresh) + m.revived, Updated: m.altered}
		if known != nil {
			p.Report, p.New, p.Updated = *known, 0, 0
		}
		return print.check(src)
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// look reads the file into w, which keeps the writes away from the base.
func (g *Intake) look(ctx context.Context, w lookWriter, in *converter, progress func(derive.Progress)) (*folder, error) {
	reg, err := g.base.RegisterOf(in.Register.ID) // the register itself; the file may be read by a view of it
	if err != nil {
		return nil, err
	}
	if in.rules, err = g.base.NumberedIn(ctx, w, reg); err != nil {
		return nil, err
	}
	if in.record, err = w.Counter(ctx, fact.LastRecord); err != nil {
		return nil, err
	}
	m := &folder{to: w, register: reg.ID, rules: in.rules, things: in.Source != nil && in.Source.Items != nil, unmatched: matchlessOf(in.Register.Connector)}
	tell := g.base.Teller(derive.Progress{Stage: "reading", TotalBytes: in.Size()}, progress)
	p := pumping(ctx, in)
	defer p.stop()
	p.goOn()
	rows := 0
	for end := false; !end; {
		b, err := p.next()
		if err != nil {
			return nil, err
		}
		if m.resolver == nil { // the first batch suggests how many rows there are
			expected := len(b.rows)
			if b.bytes > 0 {
				expected = int(float64(expected) * float64(in.Size()) / float64(b.bytes))
			}
			if m.resolver, err = identity.NewResolver(limitOf(ctx).look(ctx), w, m.register, expected); err != nil {
				return nil, err
			}
			in.others.tell(m.resolver)
			m.firstFresh = m.resolver.Next
		}
		if err := m.take(ctx, b); err != nil {
			return nil, err
		}
		rows += len(b.rows)
		tell(rows, b.bytes, false)
		end = b.last
		p.free(b)
	}
	tell(rows, in.Size(), true)
	return m, nil
}
