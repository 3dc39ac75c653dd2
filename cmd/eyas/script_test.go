package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"eyas/internal/disclosure"
	"eyas/internal/registry"
	"eyas/internal/store"
	"eyas/internal/store/pgtest"
	"eyas/packs"
)

func TestMain(m *testing.M) {
	testscript.Main(suite{m}, map[string]func(){"process": main, "hostile": writeHostile, "measured": runMeasured})
}

// suite stops the PostgreSQL server that the tests started.
type suite struct{ m *testing.M }

func (s suite) Run() int { return pgtest.Run(s.m) }

var update = os.Getenv("EYAS_UPDATE") != ""

// TestScripts runs the program as scripts do; $DB is a SQLite file in the script's own folder.
func TestScripts(t *testing.T) {
	for _, dir := range []string{"testdata/script", "testdata/script/both"} {
		testscript.Run(t, testscript.Params{
			Dir: absolute(t, dir), RequireExplicitExec: true, UpdateScripts: update, Cmds: commandsOfScripts,
			Setup: func(e *testscript.Env) error { return setup(e, e.WorkDir+"/base.db") },
		})
	}
}

// TestScriptsOnPostgres runs what touches the base again, each script on a database of its own.
func TestScriptsOnPostgres(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: absolute(t, "testdata/script/both"), RequireExplicitExec: true, Cmds: commandsOfScripts,
		Setup: func(e *testscript.Env) error { return setup(e, pgtest.URL(t)) },
	})
}

// absolute is a folder whatever folder the process is in: scripts change it.
func absolute(t *testing.T, dir string) string {
	t.Helper()
	dir, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func setup(e *testscript.Env, db string) error {
	e.Setenv("YEAR", time.Now().In(time.FixedZone("", 8*60*60)).Format("2006")) // the city's
	e.Setenv("DB", db)
	e.Setenv("EYAS_DB", db)
	e.Setenv("EYAS_LANG", "")
	e.Setenv("HOME", e.WorkDir)
	e.Setenv("XDG_CACHE_HOME", e.WorkDir+"/cache")
	e.Setenv("TZ", "Asia/Shanghai")
	return nil
}

var commandsOfScripts = map[string]func(*testscript.TestScript, bool, []string){
	"eyas":      program,
	"json":      jsonIs,
	"exits":     exits,
	"tokenof":   tokenOf,
	"disclosed": disclosedTo,
	"halferase": halfErase,
}

// program runs a command: eyas …
func program(ts *testscript.TestScript, neg bool, args []string) {
	if code := runInScript(ts, args); (code == exitDone) == neg {
		ts.Fatalf("exit code %d", code)
	}
}

// seenByCommands are the variables of a script's environment that commands look at.
var seenByCommands = []string{"EYAS_DB", "EYAS_LANG", "EYAS_LOG_HASH", "EYAS_PACK", "EYAS_FILES", "EYAS_TOKEN", "HOME", "XDG_CACHE_HOME"}

// inScript is held while a command of a script runs: its folder and its environment are those of the process.
var inScript sync.Mutex

// runInScript runs a command of a script and returns its exit code. In the short form it runs in this process, which has read the
// pack already: a script has dozens of commands, and starting a process takes longer than most of them. In the soak each is a
// process of its own.
func runInScript(ts *testscript.TestScript, args []string) int {
	if os.Getenv("EYAS_SOAK") != "" {
		err := ts.Exec("process", args...)
		if err == nil {
			return exitDone
		}
		code, ok := exitCode(err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		return code
	}
	inScript.Lock()
	defer inScript.Unlock()
	back, err := os.Getwd()
	ts.Check(err)
	ts.Check(os.Chdir(ts.MkAbs(".")))
	defer os.Chdir(back)
	for _, name := range seenByCommands {
		before, was := os.LookupEnv(name)
		defer func() {
			if os.Unsetenv(name); was {
				os.Setenv(name, before)
			}
		}()
		if os.Unsetenv(name); ts.Getenv(name) != "" {
			os.Setenv(name, ts.Getenv(name))
		}
	}
	return run(context.Background(), args, ts.Stdout(), ts.Stderr())
}

// exits runs a command and holds its exit code against what is given: exits CODE eyas …
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if args[1] != "eyas" {
		ts.Fatalf("only eyas has exit codes of its own, not %s", args[1])
	}
	if got := runInScript(ts, args[2:]); got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func exitCode(err error) (int, bool) {
	e, ok := err.(interface{ ExitCode() int })
	if !ok {
		return 0, false
	}
	return e.ExitCode(), true
}

// jsonIs reads one JSON object from a file (or stdout) and holds the value at a path against what is given:
// json stdout files/0/rows 3. A list's length is at path/len, and elements of a list of objects are found by
// their id: criteria/score/verdict.
func jsonIs(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: json FILE PATH VALUE")
	}
	d := json.NewDecoder(strings.NewReader(ts.ReadFile(args[0])))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		ts.Fatalf("%s is not JSON: %v", args[0], err)
	}
	if d.More() {
		ts.Fatalf("%s holds more than one JSON value", args[0])
	}
	got, err := at(v, args[1])
	if err != nil {
		ts.Fatalf("%v", err)
	}
	if (fmt.Sprint(got) == args[2]) == neg {
		ts.Fatalf("%s is %v, want %s%s", args[1], got, map[bool]string{true: "not "}[neg], args[2])
	}
}

func at(v any, path string) (any, error) {
	for _, step := range strings.Split(path, "/") {
		switch x := v.(type) {
		case map[string]any:
			if step == "len" {
				return len(x), nil
			}
			next, ok := x[step]
			if !ok {
				return nil, fmt.Errorf("%s: there is no %q in %v", path, step, reflect.ValueOf(x).MapKeys())
			}
			v = next
		case []any:
			if step == "len" {
				return len(x), nil
			}
			if i, err := strconv.Atoi(step); err == nil && i < len(x) {
				v = x[i]
				continue
			}
			found := false
			for _, e := range x {
				if m, ok := e.(map[string]any); ok {
					for _, k := range []string{"id", "attribute", "name", "district", "value"} {
						if s, ok := m[k]; ok && fmt.Sprint(s) == step && !found {
							v, found = e, true
						}
					}
				}
			}
			if !found {
				return nil, fmt.Errorf("%s: no element is called %q", path, step)
			}
		default:
			return nil, fmt.Errorf("%s: %q asks for a part of %v", path, step, v)
		}
	}
	return v, nil
}

// tokenOf writes the token that the last command printed as JSON to a file.
func tokenOf(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: tokenof FILE")
	}
	var said struct{ Token string }
	if err := json.Unmarshal([]byte(ts.ReadFile("stdout")), &said); err != nil || said.Token == "" {
		ts.Fatalf("no token: %v", err)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(said.Token+"\n"), 0o600))
}

// disclosedTo compares to whom a subject was disclosed: how and how often somebody looked, and for which purpose files were taken along.
func disclosedTo(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: disclosed SUBJECT WHAT…")
	}
	subject, err := strconv.ParseInt(args[0], 10, 64)
	ts.Check(err)
	db, err := store.Open(context.Background(), ts.Getenv("EYAS_DB"))
	ts.Check(err)
	defer db.Close()
	var got []string
	ts.Check(db.ReadDisclosures(context.Background(), func(r disclosure.Reader) error {
		looks, _, err := r.Looks(context.Background(), []int64{subject}, 0, 20)
		for _, l := range looks {
			got = append(got, fmt.Sprintf("%s %d", l.What, l.Times))
		}
		exports, _, e := r.Exports(context.Background(), []int64{subject}, 0, 20)
		for _, x := range exports {
			got = append(got, "export "+x.Purpose)
		}
		return errors.Join(err, e)
	}))
	if !slices.Equal(got, args[1:]) {
		ts.Fatalf("it was disclosed: %q", got)
	}
}

// halfErase erases a cell as a command does that was killed before the original file was deleted.
func halfErase(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: halferase DB RECORD COLUMN")
	}
	record, err := strconv.ParseInt(args[1], 10, 64)
	ts.Check(err)
	p, err := packs.Default()
	ts.Check(err)
	db, err := store.Open(context.Background(), ts.MkAbs(args[0]))
	ts.Check(err)
	defer db.Close()
	_, err = registry.New(p, db, time.Now).Erase(context.Background(), record, args[2], "killed")
	ts.Check(err)
}
