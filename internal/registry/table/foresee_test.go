package table_test

import (
	"io"
	"path/filepath"
	"testing"

	"eyas/internal/fault"
	"eyas/internal/registry/table"
	"eyas/internal/registry/table/hostile"
)

// A file with far too much text for its size is refused before much of it is delivered. One with less is delivered to
// its end.
func TestRefusedBeforeItIsDelivered(t *testing.T) {
	for _, x := range []struct {
		name string
		rows int
		ok   bool
	}{{"one-text-everywhere.xlsx", 200_000, false}, {"full-width.xlsx", 1_000, true}} {
		for i := range hostile.Kinds {
			if hostile.Kinds[i].Name != x.name {
				continue
			}
			path := filepath.Join(t.TempDir(), x.name)
			if err := hostile.Kinds[i].Write(path, x.rows); err != nil {
				t.Fatal(err)
			}
			f, err := table.Open(path, x.name)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			s, err := f.Next()
			text, rows := 0, 0
			for err == nil {
				var r table.Row
				if r, err = s.Next(); err == nil {
					rows++
					for _, c := range r.Cells {
						text += len(c)
					}
				}
			}
			switch {
			case x.ok && (err != io.EOF || rows != x.rows+1):
				t.Errorf("%s: %d rows, then %v", x.name, rows, err)
			case !x.ok && (fault.Of(err) != fault.Invalid || text > 48<<20):
				t.Errorf("%s: %d bytes of text, then %v", x.name, text, err)
			}
		}
	}
}
