package findings

import (
	"path/filepath"
	"testing"

	"eyas/internal/store/base"
	"eyas/internal/store/migrations"
)

// SQLite chooses its way without statistics. These queries must go by the index that was made for them.
func TestQueryPlans(t *testing.T) {
	list, err := migrations.All()
	if err != nil {
		t.Fatal(err)
	}
	db, err := base.Open(t.Context(), filepath.Join(t.TempDir(), "base.db"), list, map[string]string{"{hash}": "'sha256'"})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for query, want := range map[string]string{
		foundSubjects: "SCAN finding USING INDEX sqlite_autoindex_finding_1",
		tallies:       "SEARCH finding USING COVERING INDEX finding_open (register=?)",
	} {
		var id, parent, unused int
		var got string
		if err := db.Read.QueryRow("EXPLAIN QUERY PLAN "+query, "enterprise").Scan(&id, &parent, &unused, &got); err != nil {
			t.Errorf("%s: %v", query, err)
		}
		if got != want {
			t.Errorf("%s\n goes by %s\n not by  %s", query, got, want)
		}
	}
}
