package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"eyas/internal/registry/table/hostile"
)

// soak says that long forms of tests are wanted: make soak.
var soak = os.Getenv("EYAS_SOAK") != ""

// mostMemory is what a process that reads a file may take, in bytes, whatever the file is.
const mostMemory = 350 << 20

// A file that is made to take the machine down is read, or refused with a sentence, within a bound of memory, by an import
// and by a preview; a small file makes no large base.
func TestHostileFiles(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("skipped: the memory of a child process is read as Linux tells it")
	}
	if testing.Short() {
		t.Skip("skipped in short runs: it starts two processes for each file")
	}
	for _, k := range hostile.Kinds {
		n := k.Short
		if soak {
			n = k.Long
		}
		if n == 0 {
			continue
		}
		t.Run(k.Name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, k.Name)
			if out, err := exec.Command("hostile", k.Name, strconv.Itoa(n), file).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			info, err := os.Stat(file)
			if err != nil {
				t.Fatal(err)
			}
			db := filepath.Join(dir, "base.db")
			ways := [][]string{{"--preview"}, nil}
			if !soak {
				ways = ways[1:]
			}
			for _, args := range ways {
				args = append([]string{"import", "--lang", "en", "--db", db}, append(args, file)...)
				said, code, peak := measured(t, dir, args...)
				t.Logf("%d bytes: exit %d, %d MB: %.150s", info.Size(), code, peak>>20, said)
				if peak > mostMemory {
					t.Errorf("%d MB of memory", peak>>20)
				}
				if k.Reads && code != exitDone && code != exitRefused || !k.Reads && code != exitFailed {
					t.Errorf("exit %d: %s", code, said)
				}
				if !strings.Contains(said, k.Name) || strings.Contains(said, "panic") || strings.Contains(said, "goroutine") {
					t.Errorf("says %q", said)
				}
			}
			if base, err := os.Stat(db); err == nil && base.Size() > 16<<20+max(4*info.Size(), 48<<20) {
				t.Errorf("a file of %d bytes makes a base of %d", info.Size(), base.Size())
			}
		})
	}
}

// writeHostile makes a file in a process of its own: that a child had as much memory as its parent ever had stands in what
// Linux tells of the child, and making some of the files takes much.
func writeHostile() {
	i := slices.IndexFunc(hostile.Kinds, func(k hostile.Kind) bool { return k.Name == os.Args[1] })
	n, err := strconv.Atoi(os.Args[2])
	if err == nil {
		err = hostile.Kinds[i].Write(os.Args[3], n)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// measured runs the program in a process of its own and gives what it says, its exit code and the most memory that it had.
func measured(t *testing.T, dir string, args ...string) (said string, code int, peak int64) {
	t.Helper()
	told := filepath.Join(dir, "peak")
	cmd := exec.Command("measured", append([]string{told}, args...)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TMPDIR="+dir)
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	text, err := os.ReadFile(told)
	if err == nil {
		peak, err = strconv.ParseInt(string(text), 10, 64)
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode(), peak
}

// runMeasured runs the program and writes the most memory that it had, in bytes, to a file. It stands between the tests and the
// program, because these may have had more memory than is measured; see writeHostile.
func runMeasured() {
	cmd := exec.Command("process", os.Args[2:]...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err == nil || errors.As(err, &exit) {
		err = os.WriteFile(os.Args[1], strconv.AppendInt(nil, cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss<<10, 10), 0o600)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(cmd.ProcessState.ExitCode())
}
