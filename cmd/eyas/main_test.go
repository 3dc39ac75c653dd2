package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/derive"
)

// Every command and flag says what it is in both languages; every command has an example that parses.
func TestHelpIsComplete(t *testing.T) {
	var cli commands
	parser, err := kong.New(&cli, kong.Name("eyas"), kong.Writers(io.Discard, io.Discard), kong.Exit(func(int) {}))
	if err != nil {
		t.Fatal(err)
	}
	both := func(what, help string) {
		zh, en, ok := strings.Cut(help, " | ")
		if !ok || strings.TrimSpace(zh) == "" || strings.TrimSpace(en) == "" {
			t.Errorf("%s: help %q lacks a language", what, help)
		}
	}
	for _, leaf := range parser.Model.Leaves(false) {
		path := strings.TrimPrefix(leaf.Path(), "eyas ")
		both(path, leaf.Help)
		for _, flags := range leaf.AllFlags(false) {
			for _, f := range flags {
				if f.Name != "help" {
					both(path+" --"+f.Name, f.Help)
				}
			}
		}
		for _, p := range leaf.Positional {
			both(path+" <"+p.Name+">", p.Help)
		}
		d, ok := leaf.Target.Addr().Interface().(described)
		if !ok || len(d.examples()) == 0 {
			t.Errorf("%s has no example", path)
			continue
		}
		for _, e := range d.examples() {
			if !strings.HasPrefix(e, "eyas "+path) {
				t.Errorf("the example %q is not one of %s", e, path)
			}
			args := strings.Fields(strings.ReplaceAll(e, "'", ""))[1:]
			if _, err := parser.Parse(args); err != nil {
				t.Errorf("the example %q does not parse: %v", e, err)
			}
		}
	}
}

func TestExitCodes(t *testing.T) {
	for _, x := range []struct {
		err  error
		want int
		says string
	}{
		{nil, 0, ""},
		{errRefused, 3, ""},
		{errReported, 1, ""},
		{fault.New(fault.Invalid, "错", "wrong"), 2, "错"},
		{fmt.Errorf("open: %w", fault.New(fault.NotFound, "没有", "none")), 1, "没有"},
		{fault.New(fault.Internal, "坏了", "broken").Wrap(errors.New("disk full")), 1, "disk full"},
		{errors.New("anything"), 1, "anything"},
	} {
		var b bytes.Buffer
		a := &app{err: &b, lang: "zh-CN"}
		if got := a.exit(x.err); got != x.want || !strings.Contains(b.String(), x.says) || x.says == "" && b.Len() > 0 {
			t.Errorf("%v: exit %d saying %q, want %d saying %q", x.err, got, b.String(), x.want, x.says)
		}
	}
}

func TestParseCurve(t *testing.T) {
	r := &pack.Rule{ID: "r", Numbers: []*pack.Number{
		{Name: "score.pass", Unit: "point", Value: 60, Text: "60", Min: 40, Max: 80, Step: 1000},
		{Name: "rnd.low", Unit: "percent", Value: 0.05, Text: "5%"},
		{Name: "sales.max", Unit: "money", Value: 2e10, Text: "2亿元"},
	}}
	for _, x := range []struct{ in, want string }{
		{"score.pass=40..42:1", "[40 41 42]"},
		{"score.pass=55..58", "[55 56 57 58]"},
		{"score.pass=0..4000", "[0 1000 2000 3000 4000]"}, // the slider's step
		{"sales.max=0..1元", "[0 1 2"},
		{"rnd.low=5%..8%", "[0.05 0.06 0.07 0.08]"},
		{"rnd.low=0.1..0.3:10%", "[0.1 0.2 0.3]"},
		{"sales.max=1亿元..2亿元:5000万元", "[1e+10 1.5e+10 2e+10]"},
		{"score.pass=7..7", "[7]"},
	} {
		_, got, err := parseCurve(r, x.in)
		if err != nil || !strings.HasPrefix(fmt.Sprint(got), x.want) {
			t.Errorf("%s: %v, %v; want %s", x.in, got, err, x.want)
		}
	}
	for _, in := range []string{"nosuch=1..2", "score.pass=5", "score.pass=9..8", "score.pass=0..1000000:1", "rnd.low", "score.pass=a..b", "score.pass=1..2:x"} {
		if _, _, err := parseCurve(r, in); fault.Of(err) != fault.Invalid {
			t.Errorf("%s: %v, want wrong use", in, err)
		}
	}
}

func TestTableAlignsChinese(t *testing.T) {
	var b strings.Builder
	tab := grid{right: map[int]bool{1: true}}
	tab.row("雏鹰", "1", "a")
	tab.row("ab", "1,234", "")
	tab.flush(&b)
	if want := "雏鹰      1  a\nab    1,234\n"; b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

func TestProgressLine(t *testing.T) {
	a := &app{lang: "en"}
	got := a.progressLine("a.csv", derive.Progress{Stage: "writing", Rows: 30_000, Bytes: 25, TotalBytes: 100, Elapsed: 2 * time.Second})
	if want := "a.csv writing  25% 30,000 rows 15,000 rows/s, left 6s"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if a.progress() != nil {
		t.Error("progress is shown where there is no terminal")
	}
}

// The demonstration city has some of everything, in shares that a bureau would believe.
func TestDemoCityIsBelievable(t *testing.T) {
	const rows = 5000
	db := filepath.Join(t.TempDir(), "base.db")
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"demo", "--db", db, "--rows", fmt.Sprint(rows), "--seed", "11", "--year", "2020"}, &out, &errs); code != 0 {
		t.Fatalf("exit %d: %s", code, errs.String())
	}
	for _, x := range []struct {
		rule       string
		least, top float64 // share of enterprises that meet it
	}{
		{"tsme", 0.06, 0.20}, {"hnte", 0.003, 0.05}, {"eaglet", 0.04, 0.18}, {"gazelle", 0.003, 0.02},
		{"leader", 0.0002, 0.003}, {"leader_cultivated", 0.002, 0.02}, {"unicorn", 0, 0.001},
	} {
		out.Reset()
		if code := run(t.Context(), []string{"screen", "--db", db, "--rule", x.rule, "--date", "2021-03-31", "--json"}, &out, &errs); code != 0 {
			t.Fatalf("%s: exit %d: %s", x.rule, code, errs.String())
		}
		var o struct{ Met, Near, Unknown, Unmet int }
		if err := json.Unmarshal(out.Bytes(), &o); err != nil {
			t.Fatal(err)
		}
		if share := float64(o.Met) / rows; share < x.least || share > x.top {
			t.Errorf("%s is met by %.4f of the city, want %g to %g", x.rule, share, x.least, x.top)
		}
		if all := o.Met + o.Unknown + o.Unmet; all < rows || all > rows*102/100 {
			t.Errorf("%s: %d enterprises for %d made", x.rule, all, rows)
		}
	}
}
