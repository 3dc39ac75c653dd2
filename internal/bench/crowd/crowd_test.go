package main

import (
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"eyas/packs"
)

// Twenty people of all roles ask the real server at the same time, without a pause, a counted number of times: every answer is one that
// was to be expected. How long they waited is not looked at.
func TestCrowd(t *testing.T) {
	dir := t.TempDir()
	o := options{base: filepath.Join(dir, "base.db"), eyas: filepath.Join(dir, "eyas"), rows: 60, people: 20, seed: 1}
	if out, err := exec.Command("go", "build", "-ldflags=-s -w", "-o", o.eyas, "eyas/cmd/eyas").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	crowd, server, err := gather(t.Context(), &o)
	if server != nil {
		defer server.end()
	}
	if err != nil {
		t.Fatal(err)
	}
	const acts = 15
	if err := measure(t.Context(), crowd, o.server, func(ctx context.Context, p *person) {
		for range acts {
			p.act(ctx)
		}
	}, time.Hour); err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for _, p := range crowd {
		for _, w := range p.wrong {
			t.Errorf("%s: %s", p.ID, w)
		}
		for _, w := range p.waits {
			kinds[w.kind]++
		}
		if len(p.waits) < acts {
			t.Errorf("%s has %d answers to %d requests", p.ID, len(p.waits), acts)
		}
	}
	for _, kind := range []string{"page", "search", "subject", "form", "save", "export"} {
		if kinds[kind] == 0 {
			t.Errorf("nobody asked for a %s: %v", kind, kinds)
		}
	}
}

// The first twenty are of every role that opens pages, and of many there are as many as is meant.
func TestRolesOf(t *testing.T) {
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	few, many := map[string]int{}, map[string]int{}
	for _, r := range rolesOf(p, 20) {
		few[r.ID]++
	}
	for _, r := range rolesOf(p, 500) {
		many[r.ID]++
	}
	for _, r := range p.Roles {
		if told := slices.Contains(none, r.ID); (many[r.ID] == 0) != told {
			t.Errorf("of 500 people %d are of the role %s", many[r.ID], r.ID)
		}
	}
	if few["district_officer"] == 0 || few["enterprise"] == 0 || few["bureau"] == 0 || many["district_officer"] < 150 {
		t.Errorf("%v %v", few, many)
	}
}

// What a busy server says counts as no mistake, and everything unexpected does.
func TestNote(t *testing.T) {
	p := newPerson("http://127.0.0.1:1", account{ID: "wang"}, nil)
	for _, status := range []int{200, 303, 409, 503, 500, 403} {
		p.note(t.Context(), "page", "/", time.Now(), status, nil, nil)
	}
	p.note(t.Context(), "page", "/", time.Now(), 0, nil, io.ErrUnexpectedEOF)
	if len(p.waits) != 4 || len(p.wrong) != 3 || !p.waits[3].later {
		t.Errorf("%v %v", p.waits, p.wrong)
	}
}

func TestReadEvery(t *testing.T) {
	var o options
	if err := o.readEvery("5s,2.5s"); err != nil || !slices.Equal(o.every, []time.Duration{5 * time.Second, 2500 * time.Millisecond}) {
		t.Errorf("%v %v", o.every, err)
	}
	for _, bad := range []string{"", "x", "5s,", "0s", "-1s"} {
		if err := new(options).readEvery(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

// Without a list nobody signs in; one that cannot be read is a mistake.
func TestRead(t *testing.T) {
	file := filepath.Join(t.TempDir(), "people.csv")
	if err := os.WriteFile(file, []byte("wang,secret,yes\nli,other,no\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	list, err := read(file)
	if err != nil || len(list) != 2 || !list[0].Saves || list[1].Saves || list[1].ID != "li" {
		t.Errorf("%v %v", list, err)
	}
	if list, err := read(""); err != nil || len(list) != 1 || list[0].ID != "" {
		t.Errorf("%v %v", list, err)
	}
	if _, err := read(file + "x"); err == nil {
		t.Error("a file that is not there is read")
	}
}
