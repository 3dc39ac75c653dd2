package registry_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"eyas/internal/registry"
	"eyas/internal/registry/layout"
	"eyas/internal/store"
	"eyas/packs"
)

// BenchmarkPreview is how long a person waits for the preview of a file of 100,000 rows and ten columns, in an empty base.
func BenchmarkPreview(b *testing.B) {
	const rows = 100_000
	head := []any{"统一社会信用代码", "企业名称", "所属区", "成立日期", "职工总数", "研发人员", "销售收入（万元）", "研发费用（万元）", "资产总额（万元）", "联系人"}
	cells := func(n int) []any {
		return []any{code(n), fmt.Sprintf("海津例%d材料有限公司", n), "东丽区", "2016-03-18", 20 + n%500, 3 + n%50, 1000 + n%9000, 50 + n%800, 3000 + n%9999, "某某"}
	}
	for _, kind := range []string{"csv", "xlsx"} {
		b.Run(kind, func(b *testing.B) {
			name := "2020年度企业情况." + kind
			path := filepath.Join(b.TempDir(), name)
			if kind == "csv" {
				f, err := os.Create(path)
				if err != nil {
					b.Fatal(err)
				}
				w := bufio.NewWriter(f)
				line := func(cells []any) {
					for i, c := range cells {
						if i > 0 {
							w.WriteByte(',')
						}
						fmt.Fprint(w, c)
					}
					w.WriteByte('\n')
				}
				line(head)
				for n := range rows {
					line(cells(n))
				}
				if err := w.Flush(); err != nil {
					b.Fatal(err)
				}
				f.Close()
			} else {
				f := excelize.NewFile()
				w, err := f.NewStreamWriter("Sheet1")
				if err != nil {
					b.Fatal(err)
				}
				for n := range rows + 1 {
					row := head
					if n > 0 {
						row = cells(n - 1)
					}
					if err := w.SetRow(fmt.Sprint("A", n+1), row); err != nil {
						b.Fatal(err)
					}
				}
				if err := w.Flush(); err != nil {
					b.Fatal(err)
				}
				if err := f.SaveAs(path); err != nil {
					b.Fatal(err)
				}
				f.Close()
			}
			p, err := packs.Default()
			if err != nil {
				b.Fatal(err)
			}
			db, err := store.Open(context.Background(), filepath.Join(b.TempDir(), "base.db"))
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			g := registry.New(p, db, time.Now)
			for b.Loop() {
				seen, err := g.Preview(context.Background(), layout.Source{Name: name, Path: path}, enterprise, nil)
				if err != nil {
					b.Fatal(err)
				}
				if seen.Report.Rows != rows {
					b.Fatalf("%d rows are seen", seen.Report.Rows)
				}
			}
		})
	}
}
