package main

import (
	"go/build"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// flow is the order in which a thing moves through the house: a package imports only what stands before it. Packages of
// one line don't import each other; a folder and the folders in it may, unless they are parts. Quality stands after rule: what a verdict
// waits for is one of its questions.
var flow = [][]string{
	{"fault", "tri", "job"},
	{"sheet"},
	{"audit", "auth"},
	{"pack"},
	{"registry"},
	{"rule"},
	{"quality"},
	{"store", "demo", "web"},
	{"backup"},
}

// roomsOfParts are rooms whose folders are parts that do not know the room.
var roomsOfParts = []string{"registry"}

// apart is what is no room: measuring.
var apart = []string{"bench"}

// TestFlow fails when a package imports one that stands after it, and when a package has no place in the flow.
func TestFlow(t *testing.T) {
	const module = "eyas/internal/"
	root := filepath.Join("..", "..", "internal")
	at := map[string]int{}
	for i, line := range flow {
		for _, room := range line {
			at[room] = i
		}
	}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if name := d.Name(); name == "testdata" || name == "node_modules" {
			return fs.SkipDir
		}
		p, err := build.ImportDir(path, 0)
		if _, none := err.(*build.NoGoError); none {
			return nil
		}
		if err != nil {
			return err
		}
		own, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		own = filepath.ToSlash(own)
		room, below, _ := strings.Cut(own, "/")
		if slices.Contains(apart, room) {
			return nil
		}
		place, known := at[room]
		if !known {
			t.Errorf("internal/%s has no place in the flow: write it into this test and into CONTRIBUTING.md", own)
			return nil
		}
		for _, imported := range p.Imports {
			if strings.HasPrefix(imported, "eyas/cmd/") {
				t.Errorf("internal/%s imports %s: commands come last", own, imported)
			}
			other, ours := strings.CutPrefix(imported, module)
			if !ours {
				continue
			}
			to, _, _ := strings.Cut(other, "/")
			switch {
			case to == room:
				if below != "" && other == room && slices.Contains(roomsOfParts, room) {
					t.Errorf("internal/%s imports internal/%s, of which it is a part", own, other)
				}
			case at[to] >= place:
				t.Errorf("internal/%s imports internal/%s, which stands after it or beside it", own, other)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for room := range at { // what the test says is there
		if _, err := os.Stat(filepath.Join(root, room)); err != nil {
			t.Error(err)
		}
	}
}
