package intake

import (
	"context"

	"eyas/internal/fault"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/layout"
)

// Attest stores what a case decided about a subject as a record of one thing, such as a certificate, of a source whose rows are things.
// The caller has authorised it, and writes in the same transaction what the record follows from. A later record with the same key takes
// the place of an earlier one.
func (g *Intake) Attest(ctx context.Context, actor string, e Entry) (importID int64, err error) {
	defer fault.At(&err, "intake.Attest(subject %d, source %s)", e.Subject, e.Source)
	reg, opt, err := layout.Checked(g.base.Pack, layout.Options{Register: e.Register, Source: e.Source, Partial: true, Lang: e.Lang})
	if err != nil {
		return 0, err
	}
	view := layout.View(reg, g.base.Pack.Source(e.Source))
	if view == reg || e.Subject == 0 || !OfCase(e.Form) {
		return 0, fault.New(fault.Internal, "写入的不是办件里主体的一件东西。", "It is no thing of a subject, written by a case.")
	}
	l, cells, err := e.layout(g.base.Pack, view)
	if err != nil {
		return 0, err
	}
	err = g.rooms.Imports().Within(fact.Narrow(ctx), func(ctx context.Context, w Writer) error {
		importID, _, err = g.enter(ctx, w, actor, reg, opt, e, l, cells)
		return err
	})
	return importID, err
}
