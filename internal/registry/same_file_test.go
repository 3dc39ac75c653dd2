package registry_test

import (
	"context"
	"testing"
	"time"

	"eyas/internal/registry"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
	"eyas/internal/store"
)

// lateImports is a database in which others do something just before an import is written.
type lateImports struct {
	*store.DB
	before func()
}

type lateImportRoom struct {
	fact.Room[intake.Reader, intake.Writer]
	before func()
}

func (l lateImports) Imports() fact.Room[intake.Reader, intake.Writer] {
	return lateImportRoom{l.DB.Imports(), l.before}
}

func (l lateImportRoom) Within(ctx context.Context, fn func(context.Context, intake.Writer) error) error {
	l.before()
	return l.Room.Within(ctx, fn)
}

// Of two who import one file at the same moment, one brings it in, and the other is told that nothing changed.
func TestSameFileAtOnce(t *testing.T) {
	both(t, func(r *rig) {
		src := r.file("a.csv", "企业名称,2020年职工总数", "甲公司,5", "乙公司,6")
		brought := false
		g := registry.New(r.pack, lateImports{r.db, func() {
			if !brought {
				brought = true
				r.take(src, enterprise)
			}
		}}, func() time.Time { return r.now })
		report, id, err := g.Import(context.Background(), src, enterprise, nil)
		if err != nil || id != 0 || report.Unchanged != 2 || report.Accepted != 0 || !brought {
			t.Errorf("import %d: %+v, %v", id, report, err)
		}
		if list, n, err := r.Imports(context.Background(), fact.Wanted{}, 0, 10); err != nil || n != 1 || len(list) != 1 {
			t.Errorf("%d imports, %v", n, err)
		}
		r.sound()
	})
}
