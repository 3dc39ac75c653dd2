package store

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"eyas/internal/registry"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/layout"
	"eyas/internal/store/base"
	"eyas/internal/store/batch"
	"eyas/internal/store/migrations"
	"eyas/internal/store/oplog"
	"eyas/internal/store/room"
	"eyas/packs"
)

// processorTime is what the program has used of all processors so far.
func processorTime() time.Duration {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// What encryption costs a register that has nothing of the class: an import of enterprises and a reading of all their
// profiles through package veil, as a ratio of processor time to the same without it. The two alternate.
func BenchmarkAtRestElsewhere(b *testing.B) {
	p, err := packs.Default()
	if err != nil {
		b.Fatal(err)
	}
	text := strings.Builder{}
	text.WriteString("企业名称,统一社会信用代码,2020年销售收入（元）,2020年研发费用（元）,主营业务,注册地址\n")
	for i := range 5000 {
		fmt.Fprintf(&text, "天津第%d科技有限公司,,%d,%d,工业软件的开发和销售,天津市南开区科研西路%d号\n", i, 1_000_000+i, 50_000+i, i%90)
	}
	file := filepath.Join(b.TempDir(), "a.csv")
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	list, err := migrations.All()
	if err != nil {
		b.Fatal(err)
	}
	var imports, reads [2]time.Duration
	for b.Loop() {
		for with := range 2 {
			path := filepath.Join(b.TempDir(), "base.db")
			var o options
			ring := o.ring(path)
			if with == 0 {
				ring = nil
			}
			under, err := base.Open(b.Context(), path, list, map[string]string{"{hash}": "'sha256'"}, ring)
			if err != nil {
				b.Fatal(err)
			}
			log, err := oplog.Open(b.Context(), under, "")
			if err != nil {
				b.Fatal(err)
			}
			rows := room.Over(under, log)
			db := &DB{Batches: batch.Of(rows, inBatch), room: rows}
			svc := registry.New(p, db, time.Now)
			start := processorTime()
			if _, _, err := svc.Import(b.Context(), layout.Source{Name: "a.csv", Path: file}, layout.Options{Register: "enterprise"}, nil); err != nil {
				b.Fatal(err)
			}
			imports[with] += processorTime() - start
			start = processorTime()
			for range 10 {
				if err := svc.EachProfile(b.Context(), "enterprise", 0, func(*fact.Profile) error { return nil }); err != nil {
					b.Fatal(err)
				}
			}
			reads[with] += processorTime() - start
			db.Close()
		}
	}
	b.ReportMetric(float64(imports[1])/float64(imports[0]), "import-ratio")
	b.ReportMetric(float64(reads[1])/float64(reads[0]), "read-ratio")
}
