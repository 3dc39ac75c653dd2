package store_test

import (
	"bufio"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"eyas/internal/registry"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
	"eyas/internal/store"
	"eyas/packs"
)

// BenchmarkImport imports a CSV of EYAS_BENCH_ROWS rows (100,000 by default) and 40 columns into an empty SQLite base,
// and compares it with the least that anybody could do: reading the file with encoding/csv, and then inserting the
// same bytes as bare rows (record, link and profile) into a base with the same schema, indexes and pragmas, in one
// transaction, with the same statements of many rows each. x-bare is the ratio; the goal is that it
// stays below 2. Peak memory is that of the import.
func BenchmarkImport(b *testing.B) {
	rows := 100_000
	if n, err := strconv.Atoi(os.Getenv("EYAS_BENCH_ROWS")); err == nil && n > 0 {
		rows = n
	}
	p, err := packs.Default()
	if err != nil {
		b.Fatal(err)
	}
	dir := b.TempDir()
	file := filepath.Join(dir, "2020年报.csv")
	writeWide(b, file, rows)
	for b.Loop() {
		imported := filepath.Join(dir, "imported.db")
		os.Remove(imported)
		db, err := store.Open(b.Context(), imported)
		if err != nil {
			b.Fatal(err)
		}
		resetPeak()
		start := time.Now()
		report, _, err := registry.New(p, db, time.Now).Import(b.Context(), layout.Source{Name: "2020年报.csv", Path: file}, layout.Options{Register: "enterprise"}, nil)
		took := time.Since(start)
		if err != nil || report.Accepted != rows || report.WarningCount > 0 || report.RefusalCount > 0 {
			b.Fatalf("%+v, %v", report, err)
		}
		b.ReportMetric(peak(), "MB-peak")

		start = time.Now()
		parse(b, file)
		parsed := time.Since(start)
		bare, err := store.Open(b.Context(), filepath.Join(dir, "bare.db"))
		if err != nil {
			b.Fatal(err)
		}
		inserted := insertBare(b, db, bare)
		if err := bare.Close(); err != nil {
			b.Fatal(err)
		}
		removeBase(b, filepath.Join(dir, "bare.db"))

		b.ReportMetric(took.Seconds(), "s-import")
		b.ReportMetric(parsed.Seconds(), "s-csv")
		b.ReportMetric(inserted.Seconds(), "s-insert")
		b.ReportMetric(took.Seconds()/(parsed+inserted).Seconds(), "x-bare")
		b.ReportMetric(float64(rows)/took.Seconds(), "rows/s")

		again(b, registry.New(p, db, time.Now), file, rows)
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
		removeBase(b, imported)
	}
}

// again measures what follows a large import: the same file, the same rows in another file, and taking that back.
func again(b *testing.B, g *registry.Registry, file string, rows int) {
	ctx := b.Context()
	timed := func(unit string, fn func() error) {
		start := time.Now()
		if err := fn(); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(time.Since(start).Seconds(), unit)
	}
	src := layout.Source{Name: "2020年报.csv", Path: file}
	opt := layout.Options{Register: "enterprise"}
	timed("s-same", func() error { _, _, err := g.Import(ctx, src, opt, nil); return err })
	opt.Map = map[string]string{"经营范围": "-"} // understood differently: every row is met, and changes nothing
	var id int64
	timed("s-unchanged", func() (err error) {
		report, n, err := g.Import(ctx, src, opt, nil)
		id = n
		if err == nil && report.Unchanged != rows {
			err = fmt.Errorf("%+v", report)
		}
		return err
	})
	timed("s-undo", func() error { return g.Undo(ctx, id, nil) })
	timed("s-scan", func() error { return g.Scan(ctx, 0, func(*fact.Profile) error { return nil }) })
	start := time.Now()
	if changed, err := g.Rederive(ctx, nil); err != nil || changed != 0 {
		b.Fatalf("deriving again changes %d profiles, %v", changed, err)
	}
	b.ReportMetric(float64(rows)/time.Since(start).Seconds(), "rederived/s")
	start = time.Now()
	n := 0
	if err := g.EachAt(ctx, "enterprise", fact.Moment{KnownOn: time.Now().AddDate(0, 0, 2)}, func(*fact.Profile) error { n++; return nil }); err != nil || n != rows {
		b.Fatalf("%d are known, %v", n, err)
	}
	b.ReportMetric(float64(rows)/time.Since(start).Seconds(), "as-known/s")
	small := filepath.Join(b.TempDir(), "few.csv")
	writeWide(b, small, 100)
	timed("s-hundred-rows", func() error {
		_, _, err := g.Import(ctx, layout.Source{Name: "2019年报.csv", Path: small}, layout.Options{Register: "enterprise"}, nil)
		return err
	})
}

// writeWide writes rows of 40 columns as a bureau's yearly statement has them.
func writeWide(b *testing.B, path string, rows int) {
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	head := []string{"统一社会信用代码", "企业名称", "所属区", "成立日期", "行业代码", "注册地址", "经营范围", "企业类型", "独立法人", "居民企业"}
	for year := 2018; year <= 2020; year++ {
		for _, what := range []string{"销售收入（元）", "研发费用（元）", "成本费用（元）", "资产总额（元）", "净资产（元）", "职工总数", "科技人员数"} {
			head = append(head, fmt.Sprintf("%d年%s", year, what))
		}
	}
	head = append(head, "Ⅰ类知识产权", "Ⅱ类知识产权", "是否上市", "软件企业证书", "联系电话", "备注1", "备注2", "备注3", "备注4")
	fmt.Fprintln(w, strings.Join(head, ","))
	r := rand.New(rand.NewPCG(1, 2))
	districts := []string{"和平区", "河东区", "河西区", "南开区", "河北区", "红桥区", "东丽区", "西青区", "津南区", "北辰区"}
	for i := range rows {
		fmt.Fprintf(w, "%s,天津%s%d号科技有限公司,东丽区,%d-%02d-%02d,3963,天津市%s科研路%d号,\"技术开发、咨询、转让；软件开发,%d\",有限责任公司,是,是",
			credit(i*7919%10_000_000), districts[i%10][:6], i, 1995+r.IntN(20), 1+r.IntN(12), 1+r.IntN(28), districts[i%10], r.IntN(999), r.IntN(99999))
		sales := math.Exp(11 + 4*r.Float64())
		for range 3 {
			sales *= 0.9 + r.Float64()/2
			staff := 1 + r.IntN(300)
			fmt.Fprintf(w, ",%.2f,%.2f,%.2f,%.0f,%.0f,%d,%d", sales, sales/20, sales*0.9, sales*2, sales, staff, staff/4)
		}
		fmt.Fprintf(w, ",%d,%d,否,%s,022-%08d,,甲乙丙,,%d\n", r.IntN(3), r.IntN(9), []string{"是", "否", ""}[r.IntN(3)], r.IntN(99999999), i)
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
}

// credit makes a valid credit code.
func credit(n int) string {
	body := fmt.Sprintf("91120110MA%07d", n)
	const letters = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	sum, weight := 0, 1
	for _, c := range body {
		sum += strings.IndexRune(letters, c) * weight
		weight = weight * 3 % 31
	}
	return body + string(letters[(31-sum%31)%31])
}

func parse(b *testing.B, path string) {
	f, err := os.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.ReuseRecord = true
	for {
		if _, err := r.Read(); err == io.EOF {
			return
		} else if err != nil {
			b.Fatal(err)
		}
	}
}

// insertBare copies the three tables of one base into another and gives the time that inserting took; reading them
// is not counted.
func insertBare(b *testing.B, from, to *store.DB) (took time.Duration) {
	ctx := context.Background()
	timed := func(fn func() error) {
		start := time.Now()
		if err := fn(); err != nil {
			b.Fatal(err)
		}
		took += time.Since(start)
	}
	var committing time.Time
	err := from.Imports().Read(ctx, func(r intake.Reader) error {
		return to.Imports().Write(ctx, func(w intake.Writer) error {
			var profiles []fact.ProfileRow
			var records []fact.RecordRow
			var links []fact.LinkRow
			pass := func() {
				timed(func() error { return w.AddRecords(ctx, records) })
				timed(func() error { return w.AddLinks(ctx, links) })
				timed(func() error { return w.AddProfiles(ctx, profiles) })
				profiles, records, links = profiles[:0], records[:0], links[:0]
			}
			last, err := r.Counter(ctx, fact.LastRecord)
			if err != nil {
				return err
			}
			const step = 1024
			for first := int64(1); first <= last; first += step { // of this file, record and subject have one number
				var ids []int64
				for id := first; id < min(first+step, last+1); id++ {
					ids = append(ids, id)
				}
				if records, err = r.Linked(ctx, ids); err != nil {
					return err
				}
				if profiles, err = r.Profiles(ctx, ids); err != nil {
					return err
				}
				for i := range records {
					links = append(links, fact.LinkRow{Record: records[i].ID, Subject: records[i].Subject, How: fact.ByCode, Evidence: profiles[i].Code})
				}
				pass()
			}
			committing = time.Now()
			return nil
		})
	})
	if err != nil {
		b.Fatal(err)
	}
	return took + time.Since(committing)
}

func removeBase(b *testing.B, path string) {
	for _, end := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(path + end); err != nil && !os.IsNotExist(err) {
			b.Fatal(err)
		}
	}
}

// resetPeak makes the system forget the most memory that this process ever held; peak gives it in MB, 0 where the
// system does not say.
func resetPeak() { os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) }

func peak() float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	var kb float64
	fmt.Sscan(rest, &kb)
	return math.Round(kb / 1024)
}
