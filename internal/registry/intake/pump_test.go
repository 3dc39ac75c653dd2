package intake

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"eyas/internal/registry/derive"
	"eyas/internal/registry/layout"
	places "eyas/internal/registry/place"
	"eyas/packs"
)

// However long the rows of a file are, reading ahead stops at a bound of bytes, no batch is much above its own, and all
// rows come. Whoever has as much as a chunk takes is never kept waiting.
func TestPumpBounds(t *testing.T) {
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ rows, cells, bytes int }{{9_000, 1, 40}, {3_000, 2, 15_000}, {40, 40, 32_000}} {
		t.Run(fmt.Sprint(x.rows), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "long.csv")
			f, err := os.Create(path)
			if err != nil {
				t.Fatal(err)
			}
			w := bufio.NewWriter(f)
			fmt.Fprint(w, "企业名称"+strings.Repeat(",说明", x.cells))
			cell := "," + strings.Repeat("x", x.bytes)
			for i := range x.rows {
				fmt.Fprintf(w, "\n企业%d%s", i, strings.Repeat(cell, x.cells))
			}
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			synctest.Test(t, func(t *testing.T) {
				file, err := layout.Open(p, p.Registers[0], layout.Source{Name: "long.csv", Path: path}, layout.Options{Register: p.Registers[0].ID}, nil, places.New(p, nil), time.Now())
				if err != nil {
					t.Fatal(err)
				}
				defer file.Close()
				in := &converter{Reader: file, rules: derive.NewRules(p, p.Registers[0], nil, nil)}
				pump := pumping(t.Context(), in)
				defer pump.stop()
				pump.goOn()
				longest := 2 * (x.cells*x.bytes + 1<<10) // as cells and as facts
				rows := 0
				for end, round := false, 0; !end; round++ {
					var list []*batch
					size := 0
					take := func() {
						b, err := pump.next()
						if err != nil {
							t.Fatal(err)
						}
						if b.held() > batchBytes+longest {
							t.Errorf("a batch of %d bytes", b.held())
						}
						list, size, end, rows = append(list, b), size+b.held(), b.last, rows+len(b.rows)
					}
					if round%2 == 0 { // as imports do: it is not waited for ever
						take()
					}
					synctest.Wait() // the reader comes as far as it can
					for len(pump.proved) > 0 {
						take()
					}
					if size > aheadBytes+batchBytes+longest {
						t.Errorf("%d bytes are held", size)
					}
					for _, b := range list {
						pump.free(b)
					}
				}
				if rows != x.rows {
					t.Errorf("%d rows of %d", rows, x.rows)
				}
			})
		})
	}
}
