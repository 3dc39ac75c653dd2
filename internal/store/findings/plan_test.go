package findings

import (
	"cmp"
	"path/filepath"
	"strings"
	"testing"

	"eyas/internal/store/base"
	"eyas/internal/store/migrations"
	"eyas/internal/vault"
)

// SQLite chooses its way without statistics. These queries must go by the index that was made for them.
func TestQueryPlans(t *testing.T) {
	list, err := migrations.All()
	if err != nil {
		t.Fatal(err)
	}
	db, err := base.Open(t.Context(), filepath.Join(t.TempDir(), "base.db"), list, map[string]string{"{hash}": "'sha256'"}, vault.At(filepath.Join(t.TempDir(), "keys"), ""))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	page := func(more, sort string, desc bool) string {
		return `SELECT ` + findingColumns + openFindings + more + inOrder(findingOrders[sort], desc)
	}
	for query, want := range map[string]string{
		foundSubjects: "SCAN finding USING INDEX sqlite_autoindex_finding_1",
		newFindings:   "SEARCH finding USING INDEX finding_new (seq>?)",
		// A page in each order; the order by gravity reads the findings of one rule after the other.
		page(" AND rule IN (?)", "rule", false):                                         "SEARCH finding USING INDEX finding_rule (register=? AND rule=?)",
		page("", "rule", false):                                                         "SEARCH finding USING INDEX finding_rule (register=?)",
		page("", "rule", true):                                                          "SEARCH finding USING INDEX finding_rule (register=?)",
		page("", "name", false):                                                         "SEARCH finding USING INDEX finding_name (register=?); USE TEMP B-TREE FOR LAST 3 TERMS OF ORDER BY",
		page("", "found", true):                                                         "SEARCH finding USING INDEX finding_found (register=?)",
		page(" AND found_at >= ? AND found_at < ?", "found", false):                     "SEARCH finding USING INDEX finding_found (register=? AND found_at>? AND found_at<?)",
		`SELECT rule, COUNT(*)` + openFindings + ` GROUP BY rule`:                       "SEARCH finding USING COVERING INDEX finding_open (register=?)",
		`SELECT rule, COUNT(*)` + openFindings + ` AND district IN (?) GROUP BY rule`:   "SEARCH finding USING COVERING INDEX finding_open (register=?)",
		`SELECT rule, COUNT(*)` + openFindings + ` AND found_at >= ? GROUP BY rule`:     "SEARCH finding USING INDEX finding_found (register=? AND found_at>?); USE TEMP B-TREE FOR GROUP BY",
		`SELECT rule, COUNT(*)` + openFindings + ` AND subject_id IN (?) GROUP BY rule`: "SEARCH finding USING COVERING INDEX finding_open (register=?)",
	} {
		rows, err := db.Read.Query("EXPLAIN QUERY PLAN "+query, make([]any, strings.Count(query, "?"))...)
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		var plan []string
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				t.Fatal(err)
			}
			plan = append(plan, detail)
		}
		if err := cmp.Or(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(plan, "; "); got != want {
			t.Errorf("%s\n goes by %s\n not by  %s", query, got, want)
		}
	}
}
