package main

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// benchRows is how many enterprises the benchmark's base has: EYAS_BENCH_ROWS, or few enough for a quick look.
func benchRows(b *testing.B) int {
	s := os.Getenv("EYAS_BENCH_ROWS")
	if s == "" {
		return 20_000
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		b.Fatalf("EYAS_BENCH_ROWS: %v", err)
	}
	return n
}

// process is the server as a process of its own, so that its memory is its own.
type process struct {
	cmd   *exec.Cmd
	url   string
	begun time.Time
}

func start(b *testing.B, db string) *process {
	b.Helper()
	exe, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	// The test program is eyas when it is called so; see TestMain.
	cmd := &exec.Cmd{Path: exe, Args: []string{"eyas", "serve", "--db", db, "--addr", "127.0.0.1:0"}, Stderr: os.Stderr}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	p := &process{cmd: cmd, begun: time.Now()}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { p.end() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if p.url = strings.TrimSuffix(webAddress.FindString(line), "/"); p.url == "" {
		b.Fatalf("the server says %q (%v)", line, err)
	}
	return p
}

func (p *process) end() {
	p.cmd.Process.Signal(os.Interrupt)
	p.cmd.Wait()
}

func (p *process) get(b *testing.B, path string) (string, time.Duration) {
	b.Helper()
	begun := time.Now()
	res, err := http.Get(p.url + path)
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.Fatal(err)
	}
	if res.StatusCode >= 300 && res.StatusCode != http.StatusServiceUnavailable {
		b.Fatalf("%s: %s", path, res.Status)
	}
	return string(body), time.Since(begun)
}

// ready waits for the first page with figures on it and gives the time since the start.
func (p *process) ready(b *testing.B) time.Duration {
	b.Helper()
	for {
		if body, _ := p.get(b, "/?date=2021-03-31"); !strings.Contains(body, "data-reload") {
			return time.Since(p.begun)
		}
		time.Sleep(20 * time.Millisecond) // a benchmark may sleep; the server needs both cores
	}
}

// memory gives resident memory now and at its highest, in MB.
func (p *process) memory(b *testing.B) (now, most float64) {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		b.Skipf("resident memory is read from /proc: %v", err)
	}
	field := func(name string) float64 {
		_, rest, _ := strings.Cut(string(text), name+":")
		kb, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
		return kb / 1024
	}
	return field("VmRSS"), field("VmHWM")
}

// median is the median time of an answer, the first (which may compute what is then kept) left out.
func (p *process) median(b *testing.B, paths ...string) float64 {
	b.Helper()
	var times []time.Duration
	for _, path := range paths {
		p.get(b, path)
		for range 9 {
			_, d := p.get(b, path)
			times = append(times, d)
		}
	}
	slices.Sort(times)
	return float64(times[len(times)/2].Microseconds()) / 1000
}

// BenchmarkServer measures the server over a demonstration city: cold start with and without the kept columns, resident
// memory, and the median answer of lists, search, ladder and what-if as a browser on this machine waits for them.
func BenchmarkServer(b *testing.B) {
	rows := benchRows(b)
	db := filepath.Join(b.TempDir(), "base.db")
	command(b, 0, "demo", "--db", db, "--rows", strconv.Itoa(rows), "--seed", "1", "--year", "2020")
	b.ResetTimer()
	for range b.N {
		if err := os.RemoveAll(db + ".columns"); err != nil {
			b.Fatal(err)
		}
		fresh := start(b, db)
		b.ReportMetric(fresh.ready(b).Seconds(), "s/start-building-columns")
		fresh.end() // keeps the columns

		p := start(b, db)
		b.ReportMetric(p.ready(b).Seconds(), "s/start-from-kept-columns")
		const day = "date=2021-03-31"
		b.ReportMetric(p.median(b, "/enterprises?"+day, "/enterprises?"+day+"&in=120110&v.tsme=near&sort=-sales", "/enterprises?"+day+"&industry=65&sort=name",
			"/enterprises?"+day+"&v.hnte=unknown&missing=rd_expense&sort=-staff&page=3"), "ms/list")
		b.ReportMetric(p.median(b, "/search?part=1&q=海奥", "/search?part=1&q=hads", "/search?part=1&q=91120110YY", "/search?part=1&q=新材料"), "ms/search")
		b.ReportMetric(p.median(b, "/?"+day), "ms/ladder")
		now, most := p.memory(b)
		b.ReportMetric(now, "MB/resident")
		b.ReportMetric(most, "MB/resident-at-most")
		p.end()
	}
	b.ReportMetric(float64(rows), "enterprises")
	if info, err := os.Stat(db); err == nil {
		b.ReportMetric(float64(info.Size())/float64(rows), "bytes/enterprise-on-disk")
	}
}
