package row

import (
	"cmp"
	"path/filepath"
	"strings"
	"testing"

	"eyas/internal/registry/fact"
	"eyas/internal/store/base"
	"eyas/internal/store/migrations"
	"eyas/internal/vault"
)

// SQLite chooses its way without statistics. These queries must go by the index that was made for them; any other way
// reads a million profiles.
func TestQueryPlans(t *testing.T) {
	in := strings.NewReplacer("{in}", "(?,?)", "{profile}", "profile", "{shown}", "", "{shown p.}", "")
	list, err := migrations.All()
	if err != nil {
		t.Fatal(err)
	}
	db, err := base.Open(t.Context(), filepath.Join(t.TempDir(), "base.db"), list, map[string]string{"{hash}": "'sha256'"}, vault.At(filepath.Join(t.TempDir(), "keys"), ""))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	followers, _ := naming(1, 2, "m.from_subject", "m.into_subject")
	asked, _ := naming(1, 2, "q.subject", "q.candidate")
	for _, c := range []struct{ query, want string }{
		// What followed an import reads as many subjects as there are merges or questions, never the import.
		{`SELECT COUNT(*) FROM {merge} m` + followed + followers, "SEARCH m USING INDEX merge_register (register=? AND id>?); CORRELATED SCALAR SUBQUERY 1; SEARCH l USING COVERING INDEX link_subject (subject_id=? AND origin=?); CORRELATED SCALAR SUBQUERY 2; SEARCH l USING COVERING INDEX link_origin (origin=? AND rowid>? AND rowid<?); CORRELATED SCALAR SUBQUERY 3; SEARCH l USING COVERING INDEX link_subject (subject_id=? AND origin=?); CORRELATED SCALAR SUBQUERY 4; SEARCH l USING COVERING INDEX link_origin (origin=? AND rowid>? AND rowid<?)"},
		{mergeColumns + followed + followers + ` ORDER BY id LIMIT ?`, "SEARCH m USING INDEX merge_register (register=? AND id>?); CORRELATED SCALAR SUBQUERY 1; SEARCH l USING COVERING INDEX link_subject (subject_id=? AND origin=?); CORRELATED SCALAR SUBQUERY 2; SEARCH l USING COVERING INDEX link_origin (origin=? AND rowid>? AND rowid<?); CORRELATED SCALAR SUBQUERY 3; SEARCH l USING COVERING INDEX link_subject (subject_id=? AND origin=?); CORRELATED SCALAR SUBQUERY 4; SEARCH l USING COVERING INDEX link_origin (origin=? AND rowid>? AND rowid<?)"},
		{`SELECT COUNT(*) FROM {question} q` + askedAbout + asked, "SEARCH q USING INDEX question_state (register=? AND state=?); CORRELATED SCALAR SUBQUERY 1; SEARCH l USING COVERING INDEX link_subject (subject_id=? AND origin=?); CORRELATED SCALAR SUBQUERY 2; SEARCH l USING COVERING INDEX link_origin (origin=? AND rowid>? AND rowid<?); CORRELATED SCALAR SUBQUERY 3; SEARCH l USING COVERING INDEX link_subject (subject_id=? AND origin=?); CORRELATED SCALAR SUBQUERY 4; SEARCH l USING COVERING INDEX link_origin (origin=? AND rowid>? AND rowid<?)"},
		{shownLanded.Replace(`SELECT id FROM {question} q` + askedAbout + asked + ` ORDER BY weight DESC, id DESC LIMIT ?`), "SEARCH n USING INDEX question_state (register=? AND state=?); CORRELATED SCALAR SUBQUERY 1; SCAN b; CORRELATED SCALAR SUBQUERY 3; SEARCH l USING COVERING INDEX link_subject (subject_id=? AND origin=?); CORRELATED SCALAR SUBQUERY 4; SEARCH l USING COVERING INDEX link_origin (origin=? AND rowid>? AND rowid<?); CORRELATED SCALAR SUBQUERY 5; SEARCH l USING COVERING INDEX link_subject (subject_id=? AND origin=?); CORRELATED SCALAR SUBQUERY 6; SEARCH l USING COVERING INDEX link_origin (origin=? AND rowid>? AND rowid<?)"},
		{byCode, "SEARCH profile USING INDEX profile_code (register=? AND code=?)"},
		{byName, "SEARCH profile USING INDEX profile_name (register=? AND name_key=?)"},
		{byGoneName, "SEARCH profile USING INDEX profile_gone (register=? AND name_key=?)"},
		{eachCode, "SEARCH profile USING COVERING INDEX profile_code (register=?)"},
		{eachName, "SEARCH profile USING COVERING INDEX profile_name (register=?)"},
		{eachGoneName, "SEARCH profile USING INDEX profile_gone (register=?)"},
		{eachProfile + ` ORDER BY subject_id`, "SEARCH profile USING INTEGER PRIMARY KEY (rowid>?)"},
		{changedProfiles, "SEARCH profile USING INDEX profile_change (change>?)"},
		{searchNames, "SEARCH profile USING INTEGER PRIMARY KEY (rowid=?); LIST SUBQUERY 1; SEARCH profile USING COVERING INDEX profile_name (register=?); USE TEMP B-TREE FOR ORDER BY"},
		{linkedRecords, "SEARCH l USING COVERING INDEX link_subject (subject_id=?); SEARCH r USING INTEGER PRIMARY KEY (rowid=?); SEARCH i USING INTEGER PRIMARY KEY (rowid=?)"},
		{subjectsOf, "SEARCH link USING INTEGER PRIMARY KEY (rowid>? AND rowid<?); SCALAR SUBQUERY 1; SEARCH import USING INTEGER PRIMARY KEY (rowid=?); SCALAR SUBQUERY 2; SEARCH import USING INTEGER PRIMARY KEY (rowid=?); USE TEMP B-TREE FOR DISTINCT"},
		{mentionRecords, "MERGE (UNION); LEFT; SEARCH mention USING COVERING INDEX mention_code (relation=? AND code=?); RIGHT; SEARCH mention USING INDEX mention_name (relation=? AND name_key=?)"},
		{mentionedThrough, "SCAN x; CORRELATED SCALAR SUBQUERY 1; SEARCH m USING COVERING INDEX mention_code (relation=? AND code=?); SEARCH r USING INTEGER PRIMARY KEY (rowid=?); SEARCH i USING INTEGER PRIMARY KEY (rowid=?); SEARCH l USING INTEGER PRIMARY KEY (rowid=?); CORRELATED SCALAR SUBQUERY 2; SEARCH m USING INDEX mention_name (relation=? AND name_key=?); SEARCH r USING INTEGER PRIMARY KEY (rowid=?); SEARCH i USING INTEGER PRIMARY KEY (rowid=?); SEARCH l USING INTEGER PRIMARY KEY (rowid=?)"},
		{spokenImports, "SEARCH import USING INDEX import_content (register=?); USE TEMP B-TREE FOR ORDER BY"},
		{linkedOf, "SEARCH link USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"},
		{mergeColumns + ` WHERE register = ?` + mergeStates["undone"] + ` ORDER BY id DESC LIMIT ? OFFSET ?`, "SEARCH m USING INDEX merge_undone (register=?)"},
		{mergeColumns + ` WHERE register = ?` + mergeStates["standing"] + ` ORDER BY id DESC LIMIT ? OFFSET ?`, "SEARCH m USING INDEX merge_register (register=?)"},
		{mergedOf, "SEARCH p USING INTEGER PRIMARY KEY (rowid=?); SEARCH m USING INDEX merge_from (from_subject=?); USE TEMP B-TREE FOR ORDER BY"},
		{mergedNameless, "SEARCH p USING INDEX profile_gone (register=? AND name_key=?); SEARCH m USING INDEX merge_from (from_subject=?); USE TEMP B-TREE FOR ORDER BY"},
		{mergedCoded, "SEARCH p USING INDEX profile_merged (register=? AND name_key=?); SEARCH m USING INDEX merge_from (from_subject=?); USE TEMP B-TREE FOR ORDER BY"},
		{shownLanded.Replace(mergedOf), "SEARCH p USING INTEGER PRIMARY KEY (rowid=?); SEARCH n USING INDEX merge_from (from_subject=?); CORRELATED SCALAR SUBQUERY 1; SCAN b; USE TEMP B-TREE FOR ORDER BY"},
		{shownLanded.Replace(mergeColumns + ` WHERE register = ?` + mergeStates["standing"] + ` ORDER BY id DESC LIMIT ? OFFSET ?`), "SEARCH n USING INDEX merge_register (register=?); CORRELATED SCALAR SUBQUERY 1; SCAN b"},
		{questionColumns + ` WHERE register = ? AND state = ?` + inOrder(questionOrders[""], &fact.Wanted{}), "SEARCH q USING INDEX question_state (register=? AND state=?)"},
		{shownLanded.Replace(questionColumns + ` WHERE register = ? AND state = ?` + inOrder(questionOrders[""], &fact.Wanted{})), "SEARCH n USING INDEX question_state (register=? AND state=?); CORRELATED SCALAR SUBQUERY 1; SCAN b"},
		{shownLanded.Replace(doubted), "SEARCH n USING INDEX question_state (register=? AND state=?); CORRELATED SCALAR SUBQUERY 1; SCAN b; SEARCH l USING COVERING INDEX link_subject (subject_id=?); USE TEMP B-TREE FOR DISTINCT"},
		{questionColumns + ` WHERE register = ? AND state = ? AND weight >= ? AND weight <= ?` + inOrder(questionOrders["weight"], &fact.Wanted{By: "weight"}), "SEARCH q USING INDEX question_state (register=? AND state=? AND weight>? AND weight<?)"},
		{`SELECT id FROM merge WHERE ` + mergeOfCalled, "SEARCH merge USING INTEGER PRIMARY KEY (rowid=?); LIST SUBQUERY 10; MERGE (UNION); LEFT; SEARCH merge USING COVERING INDEX merge_from (from_subject=?); LIST SUBQUERY 4; COMPOUND QUERY; LEFT-MOST SUBQUERY; SEARCH profile USING COVERING INDEX profile_name (register=?); UNION ALL; SEARCH profile USING INDEX profile_gone (register=?); UNION ALL; SEARCH profile USING INDEX profile_merged (register=?); UNION ALL; SEARCH profile USING COVERING INDEX profile_code (register=? AND code=?); USE TEMP B-TREE FOR ORDER BY; RIGHT; SEARCH merge USING COVERING INDEX merge_into (into_subject=?); LIST SUBQUERY 9; COMPOUND QUERY; LEFT-MOST SUBQUERY; SEARCH profile USING COVERING INDEX profile_name (register=?); UNION ALL; SEARCH profile USING INDEX profile_gone (register=?); UNION ALL; SEARCH profile USING INDEX profile_merged (register=?); UNION ALL; SEARCH profile USING COVERING INDEX profile_code (register=? AND code=?); USE TEMP B-TREE FOR ORDER BY"},
		{`SELECT id FROM question WHERE ` + questionOfCalled, "SEARCH question USING INTEGER PRIMARY KEY (rowid=?); LIST SUBQUERY 10; MERGE (UNION); LEFT; SEARCH question USING COVERING INDEX sqlite_autoindex_question_1 (subject=?); LIST SUBQUERY 4; COMPOUND QUERY; LEFT-MOST SUBQUERY; SEARCH profile USING COVERING INDEX profile_name (register=?); UNION ALL; SEARCH profile USING INDEX profile_gone (register=?); UNION ALL; SEARCH profile USING INDEX profile_merged (register=?); UNION ALL; SEARCH profile USING COVERING INDEX profile_code (register=? AND code=?); USE TEMP B-TREE FOR ORDER BY; RIGHT; SEARCH question USING COVERING INDEX question_candidate (candidate=?); LIST SUBQUERY 9; COMPOUND QUERY; LEFT-MOST SUBQUERY; SEARCH profile USING COVERING INDEX profile_name (register=?); UNION ALL; SEARCH profile USING INDEX profile_gone (register=?); UNION ALL; SEARCH profile USING INDEX profile_merged (register=?); UNION ALL; SEARCH profile USING COVERING INDEX profile_code (register=? AND code=?); USE TEMP B-TREE FOR ORDER BY"},
		{`SELECT ` + importColumns + ` FROM import WHERE form = ''` + inOrder(importOrders["when"], &fact.Wanted{By: "when"}), "SCAN import USING INDEX import_file"},
		{linkedEver, "SEARCH l USING INDEX link_subject (subject_id=?); SEARCH r USING INTEGER PRIMARY KEY (rowid=?)"},
		{inForceBetween, "SEARCH l USING COVERING INDEX link_subject (subject_id>? AND subject_id<?); SEARCH r USING INTEGER PRIMARY KEY (rowid=?); SEARCH i USING INTEGER PRIMARY KEY (rowid=?)"},
		{everBetween, "SEARCH l USING COVERING INDEX link_subject (subject_id>? AND subject_id<?); SEARCH r USING INTEGER PRIMARY KEY (rowid=?); SEARCH i USING INTEGER PRIMARY KEY (rowid=?)"},
		{profilesBetween + ` ORDER BY subject_id`, "SEARCH profile USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"},
		{nextSubjects + ` ORDER BY subject_id LIMIT ?`, "SEARCH profile USING INTEGER PRIMARY KEY (rowid>?)"},
		{doubted, "SEARCH q USING INDEX question_state (register=? AND state=?); SEARCH l USING COVERING INDEX link_subject (subject_id=?); USE TEMP B-TREE FOR DISTINCT"},
		{refusedRecords, "SEARCH r USING INDEX record_refused (import_id=?)"},
	} {
		query := allLanded.Replace(in.Replace(c.query))
		args := make([]any, strings.Count(query, "?"))
		rows, err := db.Read.Query("EXPLAIN QUERY PLAN "+query, args...)
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
		if got := strings.Join(plan, "; "); got != c.want {
			t.Errorf("%s\n goes by %s\n not by  %s", query, got, c.want)
		}
	}
}
