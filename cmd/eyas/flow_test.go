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
	{"fault", "tri"},
	{"vault"},
	{"sheet", "figure"},
	{"audit", "pack"},
	{"auth"},
	{"job", "file", "people", "disclosure", "sharing", "mandate", "repeat", "calendar"},
	{"registry"},
	{"rule"},
	{"quality", "retention", "connect", "hook"},
	{"matter"},
	{"answer"},
	{"store", "demo", "web"},
	{"backup"},
}

// roomsOfParts are rooms whose folders are parts that do not know the room.
var roomsOfParts = []string{"registry"}

// flowOfWeb is the order within web, by the same rules: what stands below the rooms, the rooms beside each other, and
// what goes round all of them. web itself wires them and comes last.
var flowOfWeb = [][]string{
	{"assets", "locale", "nowhere", "spool"},
	{"markup", "city"},
	{"words"},
	{"address"},
	{"lost", "origin"},
	{"pageset"},
	{"frame", "standing"},
	{"grid", "told"},
	{"register"},
	{"api", "cases", "connect", "disclosed", "door", "entry", "held", "help", "identity", "intake", "jobs", "lab", "ladder", "mandate", "oplog", "people", "places", "quality", "retention", "roster", "search", "sharing", "subject", "todo", "verify"},
	{"", "e2e"},
}

// flowOfRegistry is the order within the registry, by the same rules: what reads cells, files and words of addresses, then what
// is known and how it is written down, how files are understood, how profiles are derived, and the rooms that ask and write.
// registry itself puts them together and comes last.
var flowOfRegistry = [][]string{
	{"cell", "table", "template", "place"},
	{"fact", "link"},
	{"layout"},
	{"derive"},
	{"profile", "sight", "identity"},
	{"intake", "dossier", "placing"},
	{""},
}

// flowOfStore is the order within store: what each room of it stands on. store itself wires them.
var flowOfStore = [][]string{
	{"dialect", "page", "seal", "owner", "migrations", "pgtest", "veil"},
	{"base"},
	{"oplog"},
	{"row"},
	{"room"},
	{"batch", "check", "disclosure", "files", "findings", "hook", "jobs", "mandate", "matter", "people", "rekey", "repeat", "retention", "sharing", "verify"},
	{""},
	{"storetest", "basetest"},
}

// flowOfRule is the order within rule: columns, what runs over them, the language, and recognitions, which lists show.
var flowOfRule = [][]string{
	{"col"},
	{"kernel"},
	{"expr"},
	{""},
	{"list", "rowloop"},
}

// apart is what is no room: measuring, and looking at the code.
var apart = []string{"bench", "lint"}

// TestFlow fails when a package imports one that stands after it, and when a package has no place in the flow.
func TestFlow(t *testing.T) {
	checkFlow(t, "", flow, func(below, other string, to string) bool {
		return below != "" && other == to && slices.Contains(roomsOfParts, to)
	})
}

// TestFlowOfWeb is TestFlow within the pages: the frame knows no room, and no room another.
func TestFlowOfWeb(t *testing.T) {
	checkFlow(t, "web/", flowOfWeb, func(string, string, string) bool { return false })
}

// TestFlowOfRegistry is TestFlow within the registry: a room knows those below it, and none beside it.
func TestFlowOfRegistry(t *testing.T) {
	checkFlow(t, "registry/", flowOfRegistry, func(string, string, string) bool { return false })
}

// TestFlowOfStore is TestFlow within the database.
func TestFlowOfStore(t *testing.T) {
	checkFlow(t, "store/", flowOfStore, func(string, string, string) bool { return false })
}

// TestFlowOfRule is TestFlow within the rules.
func TestFlowOfRule(t *testing.T) {
	checkFlow(t, "rule/", flowOfRule, func(string, string, string) bool { return false })
}

// checkFlow checks the packages of a folder below internal. Part reports whether a folder in a room may not import what it
// imports of that room.
func checkFlow(t *testing.T, within string, flow [][]string, part func(below, other, room string) bool) {
	t.Helper()
	module := "eyas/internal/" + within
	root := filepath.Join("..", "..", "internal", filepath.FromSlash(within))
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
		if own = filepath.ToSlash(own); own == "." {
			own = ""
		}
		room, below, _ := strings.Cut(own, "/")
		if slices.Contains(apart, room) {
			return nil
		}
		place, known := at[room]
		if !known {
			t.Errorf("internal/%s%s has no place in the flow: write it into this test and into CONTRIBUTING.md", within, own)
			return nil
		}
		for _, imported := range p.Imports {
			if strings.HasPrefix(imported, "eyas/cmd/") {
				t.Errorf("internal/%s%s imports %s: commands come last", within, own, imported)
			}
			other, ours := strings.CutPrefix(imported, module)
			if !ours {
				continue
			}
			to, _, _ := strings.Cut(other, "/")
			switch {
			case to == room:
				if part(below, other, room) {
					t.Errorf("internal/%s%s imports internal/%s%s, of which it is a part", within, own, within, other)
				}
			case at[to] >= place:
				t.Errorf("internal/%s%s imports internal/%s%s, which stands after it or beside it", within, own, within, other)
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
