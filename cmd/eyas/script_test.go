package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"eyas/internal/store/pgtest"
)

func TestMain(m *testing.M) {
	testscript.Main(suite{m}, map[string]func(){"eyas": main, "hostile": writeHostile})
}

// suite stops the PostgreSQL server that the tests started.
type suite struct{ m *testing.M }

func (s suite) Run() int { return pgtest.Run(s.m) }

var update = os.Getenv("EYAS_UPDATE") != ""

// TestScripts runs the program as scripts do; $DB is a SQLite file in the script's own folder.
func TestScripts(t *testing.T) {
	for _, dir := range []string{"testdata/script", "testdata/script/both"} {
		testscript.Run(t, testscript.Params{
			Dir: dir, RequireExplicitExec: true, UpdateScripts: update, Cmds: commandsOfScripts,
			Setup: func(e *testscript.Env) error { return setup(e, e.WorkDir+"/base.db") },
		})
	}
}

// TestScriptsOnPostgres runs what touches the base again, each script on a database of its own.
func TestScriptsOnPostgres(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script/both", RequireExplicitExec: true, Cmds: commandsOfScripts,
		Setup: func(e *testscript.Env) error { return setup(e, pgtest.URL(t)) },
	})
}

func setup(e *testscript.Env, db string) error {
	e.Setenv("DB", db)
	e.Setenv("EYAS_DB", db)
	e.Setenv("EYAS_LANG", "")
	e.Setenv("HOME", e.WorkDir)
	e.Setenv("XDG_CACHE_HOME", e.WorkDir+"/cache")
	e.Setenv("TZ", "Asia/Shanghai")
	return nil
}

var commandsOfScripts = map[string]func(*testscript.TestScript, bool, []string){
	"json":  jsonIs,
	"exits": exits,
}

// exits runs a command and holds its exit code against what is given: exits CODE eyas …
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if err != nil {
		var ok bool
		if got, ok = exitCode(err); !ok {
			ts.Fatalf("%v", err)
		}
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d\nstdout: %s\nstderr: %s", got, want, ts.ReadFile("stdout"), ts.ReadFile("stderr"))
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
