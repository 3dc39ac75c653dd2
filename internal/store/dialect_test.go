package store

import (
	"strings"
	"testing"
)

func TestDollars(t *testing.T) {
	for text, want := range map[string]string{
		"SELECT 1":                     "SELECT 1",
		"a = ? AND b = ?":              "a = $1 AND b = $2",
		"a = '?' AND b = ?":            "a = '?' AND b = $1",
		"a = 'it''s ?' AND b IN (?,?)": "a = 'it''s ?' AND b IN ($1,$2)",
		`LIKE ? ESCAPE '\' AND c = ?`:  `LIKE $1 ESCAPE '\' AND c = $2`,
	} {
		if got := dollars(text); got != want {
			t.Errorf("%s: %s", text, got)
		}
	}
	if got := marks(2, 3); got != "(?,?,?),(?,?,?)" {
		t.Error(got)
	}
}

// Every placeholder of a migration is known to both databases.
func TestMigrationsAreTranslated(t *testing.T) {
	list, err := migrations(migrationFiles)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range list {
		for _, d := range []*dialect{sqlite(), postgres()} {
			text := strings.ReplaceAll(m.text, "{random}", "''") // see migrateOne
			if text := d.types.Replace(text); strings.ContainsAny(text, "{}") {
				t.Errorf("%s: a placeholder is left in migration %d", d.name, m.version)
			}
		}
	}
}
