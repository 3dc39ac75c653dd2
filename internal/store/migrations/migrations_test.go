package migrations

import (
	"strings"
	"testing"
	"testing/fstest"

	"eyas/internal/store/dialect"
)

func TestMigrationFilesAreNumbered(t *testing.T) {
	for name, wrong := range map[string][]string{
		"gap":  {"0001_a.sql", "0003_b.sql"},
		"name": {"1_a.sql"},
		"kind": {"0001_a.txt"},
	} {
		files := fstest.MapFS{}
		for _, f := range wrong {
			files[f] = &fstest.MapFile{}
		}
		if _, err := read(files); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// Every placeholder of a migration is known to both databases.
func TestMigrationsAreTranslated(t *testing.T) {
	list, err := All()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range list {
		for _, d := range []*dialect.Dialect{dialect.SQLite(), dialect.Postgres()} {
			text := strings.NewReplacer("{random}", "''", "{hash}", "''").Replace(m.Text) // see package base
			if text := d.Types.Replace(text); strings.ContainsAny(text, "{}") {
				t.Errorf("%s: a placeholder is left in migration %d", d.Name, m.Version)
			}
		}
	}
}
