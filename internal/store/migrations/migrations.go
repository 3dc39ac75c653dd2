// Package migrations holds the schema of the base. Migrations are numbered from 1 without gaps, go forward only, and are
// never edited once released: a change is a new file.
package migrations

import (
	"embed"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
)

//go:embed *.sql
var files embed.FS

// Migration is one step of the schema. Its text has placeholders for what the two databases write differently; see
// dialect.Dialect.Types.
type Migration struct {
	Version int // from 1
	Name    string
	Text    string
}

// All are the migrations of this program, in order.
func All() ([]Migration, error) { return read(files) }

var fileName = regexp.MustCompile(`^(\d{4})_([a-z0-9_]+)\.sql$`)

func read(files fs.FS) ([]Migration, error) {
	entries, err := fs.ReadDir(files, ".") // sorted by name
	if err != nil {
		return nil, err
	}
	var list []Migration
	for i, e := range entries {
		m := fileName.FindStringSubmatch(e.Name())
		if m == nil {
			return nil, fmt.Errorf("store: migration %s is not named 0001_name.sql", e.Name())
		}
		version, _ := strconv.Atoi(m[1]) // four digits
		if version != i+1 {
			return nil, fmt.Errorf("store: migration %s should have number %d", e.Name(), i+1)
		}
		text, err := fs.ReadFile(files, e.Name())
		if err != nil {
			return nil, err
		}
		list = append(list, Migration{version, m[2], string(text)})
	}
	return list, nil
}

// Statements splits a migration at the semicolons that end lines; comments stay with their statement.
func Statements(text string) []string {
	var list []string
	for part := range strings.SplitSeq(text, ";\n") {
		if strings.TrimSpace(part) != "" {
			list = append(list, part)
		}
	}
	return list
}
