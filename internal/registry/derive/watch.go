package derive

import (
	"context"

	"eyas/internal/pack"
)

// Watch is called in place of the work of Settle, and does the work by settle. read calls fn with a context in which what is read is as
// the work sees it, before and after. An error of a watch takes the whole write back.
type Watch func(ctx context.Context, reg *pack.Register, subjects []int64, read func(ctx context.Context, fn func(context.Context) error) error, settle func() error) error

type watchKey struct{}

// Watched returns a context in which deriving subjects again is watched.
func Watched(ctx context.Context, w Watch) context.Context {
	return context.WithValue(ctx, watchKey{}, w)
}

func watchOf(ctx context.Context) Watch {
	w, _ := ctx.Value(watchKey{}).(Watch)
	return w
}
