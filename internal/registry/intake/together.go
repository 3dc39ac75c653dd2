package intake

import (
	"context"

	"eyas/internal/fault"
	"eyas/internal/registry/derive"
)

// Together makes one of several imports: all that fn does with the context that it is given are in force when Together
// returns without an error, and none of them else. fn may be run again.
func (g *Intake) Together(ctx context.Context, progress func(derive.Progress), fn func(ctx context.Context) error) (err error) {
	defer fault.At(&err, "intake.Together")
	return g.base.InBulk(ctx, "import", progress, func(ctx context.Context, b *derive.Bulk) error {
		return fn(b.Within(ctx))
	})
}
