// Command bench runs the project's benchmarks of speed and size one after another and prints their figures
// as one table. The benchmarks themselves stand beside the code they measure; the ratios that they report
// are of two measurements in one run.
//
//	EYAS_BENCH_ROWS=1000000 go run ./internal/bench [part of a name]
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sort"
	"strings"
	"time"
)

// suites are the packages with benchmarks, in the order of the flow.
var suites = []struct{ pkg, what string }{
	{"./internal/registry/table", "reading CSV and XLSX"},
	{"./internal/registry", "understanding rows"},
	{"./internal/registry/link", "linking rows to a register"},
	{"./internal/store", "importing, deriving again, answering questions"},
	{"./internal/rule/col", "columns"},
	{"./internal/rule/rowloop", "screening: kernels beside a hand-written loop"},
	{"./internal/rule", "screening and what-if"},
	{"./internal/rule/list", "lists and search"},
	{"./internal/quality", "judging a register"},
	{"./internal/web", "pages"},
	{"./internal/web/e2e", "a drag in the browser"},
	{"./cmd/eyas", "the whole server"},
}

// figure is one line of the table.
type figure struct {
	name   string
	values []string // "value unit"
}

func main() {
	part := ""
	if len(os.Args) > 1 {
		part = os.Args[1]
	}
	rows := os.Getenv("EYAS_BENCH_ROWS")
	fmt.Printf("%s, %d cores, %s/%s, rows: %s\n", runtime.Version(), runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, or(rows, "each benchmark's default"))
	failed := false
	for _, s := range suites {
		if part != "" && !strings.Contains(s.pkg, part) && !strings.Contains(s.what, part) {
			continue
		}
		start := time.Now()
		figures, err := measure(s.pkg)
		if err != nil {
			fmt.Printf("\n%s (%s): %v\n", s.what, s.pkg, err)
			failed = true
			continue
		}
		if len(figures) == 0 {
			continue
		}
		fmt.Printf("\n%s (%s, %s)\n", s.what, s.pkg, time.Since(start).Round(time.Second))
		width := 0
		for _, f := range figures {
			width = max(width, len(f.name))
		}
		for _, f := range figures {
			fmt.Printf("  %-*s  %s\n", width, f.name, strings.Join(f.values, "  "))
		}
	}
	if failed {
		os.Exit(1)
	}
}

// measure runs one package's benchmarks.
func measure(pkg string) ([]figure, error) {
	cmd := exec.Command("go", "test", "-run", "^$", "-bench", ".", "-timeout", "2h", pkg)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, out.String())
	}
	return parse(&out), nil
}

// parse reads the lines of go test -bench: name, iterations, then pairs of value and unit. What a benchmark
// reports itself (ratios, rows per second) comes before what the testing package adds.
func parse(out *bytes.Buffer) []figure {
	var figures []figure
	s := bufio.NewScanner(out)
	for s.Scan() {
		f := strings.Fields(s.Text())
		if len(f) < 4 || !strings.HasPrefix(f[0], "Benchmark") {
			continue
		}
		name := strings.TrimPrefix(f[0], "Benchmark")
		if i := strings.LastIndexByte(name, '-'); i > 0 {
			name = name[:i]
		}
		var own, added []string
		for i := 2; i+1 < len(f); i += 2 {
			pair := f[i] + " " + f[i+1]
			switch f[i+1] {
			case "ns/op":
				if d, err := time.ParseDuration(f[i] + "ns"); err == nil {
					pair = round(d).String() + " a run"
				}
				added = append([]string{pair}, added...)
			case "B/op", "allocs/op", "MB/s":
				added = append(added, pair)
			default:
				own = append(own, pair)
			}
		}
		sort.Strings(own)
		figures = append(figures, figure{name, append(own, added...)})
	}
	return figures
}

// round keeps three digits of a duration.
func round(d time.Duration) time.Duration {
	unit := time.Duration(1)
	for d/unit >= 1000 {
		unit *= 10
	}
	return d.Round(unit)
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
