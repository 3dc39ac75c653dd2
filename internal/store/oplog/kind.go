package oplog

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"

	"eyas/internal/audit"
	"eyas/internal/fault"
	"eyas/internal/registry/fact"
	"eyas/internal/store/base"
	"eyas/internal/vault"
)

// Kind is a kind of row that is not derived from others, so that the log must prove it. Every write of such a row calls
// Touch, and the transaction's entry carries the row's digest. Source records, links and mentions are proven in blocks;
// counters stand in the entry itself.
type Kind struct {
	Name     string
	From     string // table
	where    string // which of its rows; empty: all
	ID, text string // what tells its rows apart: SQL for a number, 0 when there is none, and for a text
	columns  []column
	Lands    fact.Counter // batches land such rows in chunks, under numbers of this counter; empty: they do not
}

// noNumber is the number of rows that have none; PostgreSQL would give a plain 0 a smaller type.
const noNumber = `CAST(0 AS BIGINT)`

// column is a column under the name that the digest uses. The digest leaves out NULL and empty texts, so that a column
// that a later migration adds must be NULL or empty in existing rows.
type column struct{ name, value string }

// as returns columns whose digest name is their name in the table.
func as(names ...string) (list []column) {
	for _, n := range names {
		list = append(list, column{n, n})
	}
	return list
}

// Kinds are all of them.
var Kinds = []*Kind{
	{Name: "import", From: "import", ID: "id", text: "''", columns: as("register", "file", "sha256", "size", "actor", "at", "undone_at", "undone_by",
		"synthetic", "first_record", "last_record", "row_count", "accepted", "unchanged", "refused", "refusal_count", "warning_count",
		"options", "layouts", "lists", "source", "as_of", "whole", "form", "reason")},
	{Name: "link", From: "link JOIN link_made ON link_made.record_id = link.record_id", ID: "link.record_id", text: "''", columns: []column{
		{"named", "CASE WHEN link.origin <> 0 THEN link.origin ELSE link.subject_id END"}, {"how", "link.how"}, {"evidence", "link.evidence"}}},
	{Name: "merge", From: "merge", ID: "id", text: "''", columns: as("register", "from_subject", "into_subject", "at", "actor", "how", "evidence", "reason",
		"undone_at", "undone_by"), Lands: fact.LastMerge},
	{Name: "relink", From: "relink", ID: "id", text: "''", columns: as("record_id", "from_subject", "into_subject", "from_how", "at", "actor", "reason",
		"undone_at", "undone_by")},
	{Name: "question", From: "question", ID: "id", text: "''", columns: as("register", "subject", "candidate", "weight", "evidence", "raised_at", "state",
		"decided_at", "decided_by", "reason", "merge_id"), Lands: fact.LastAsked},
	// A finding without a decision is derived.
	{Name: "finding", From: "finding", where: "changed_by <> ''", ID: "subject_id", text: "rule || '.' || attribute || '.' || CAST(year AS TEXT)",
		columns: as("register", "code", "name", "district", "value", "offer", "because", "import_id", "record_id", "cell", "found_at", "resolved_at",
			"state", "assignee", "reason", "changed_at", "changed_by")},
	{Name: "place", From: "place_answer", ID: "id", text: "''", columns: as("phrase", "org", "actor", "at", "undone_at", "undone_by")},
	{Name: "mapping", From: "meaning", ID: noNumber, text: "register || '/' || header", columns: as("target", "actor", "at")},
	{Name: "setting", From: "setting", where: "name IN ('precedence')", ID: noNumber, text: "name", columns: as("value")},
	{Name: "attribute", From: "attribute", ID: noNumber, text: "register || '/' || id", columns: as("number")},
	{Name: "source", From: "source", ID: noNumber, text: "id", columns: as("number")},
	{Name: "register", From: "register", ID: "number", text: "''", columns: as("id")},
	{Name: "relation", From: "relation", ID: "number", text: "''", columns: as("register", "id")},
	{Name: "person", From: "person", ID: noNumber, text: "id", columns: as("state", "demo", "made", "made_by", "successor", "system")},
	{Name: "grant", From: "person_grant", ID: "id", text: "''", columns: as("person", "role", "org", "subject", "code", "from_day", "until_day", "state", "reason",
		"proposed_by", "proposed_at", "decided_by", "decided_at", "taken_by", "taken_at")},
	{Name: "api-token", From: "api_token", ID: "id", text: "''", columns: as("token", "person", "grant_id", "name", "bounds", "per_minute", "made", "made_by", "expires", "ended", "ended_by")},
	{Name: "hook", From: "hook", ID: "id", text: "''", columns: as("person", "grant_id", "name", "url", "bounds", "events", "made", "made_by", "state", "since", "since_by")},
	{Name: "deputy", From: "person_deputy", ID: "id", text: "''", columns: as("person", "deputy", "from_day", "until_day", "made", "made_by", "ended")},
	{Name: "unmasking", From: "unmasking", ID: "id", text: "''", columns: as("subject", "register", "person", "role", "org", "session", "fields", "purpose", "began", "ends", "ended")},
	{Name: "share", From: "share", ID: "id", text: "''", columns: as("kind", "subject", "receiver", "person", "purpose", "from_day", "until_day", "made", "made_by", "ended", "ended_by")},
	{Name: "legal_person", From: "legal_person", ID: "id", text: "''", columns: as("subject", "person", "grant_id", "basis", "document", "salt", "was", "named", "made", "made_by", "lapsed", "ended", "ended_by")},
	{Name: "mandate", From: "mandate", ID: "id", text: "''", columns: as("subject", "position", "person", "grant_id", "matters", "from_day", "until_day", "made", "made_by", "accepted", "ended", "ended_by")},
	{Name: "case-event", From: "case_event", ID: "case_id", text: "CAST(seq AS TEXT)", columns: as("at", "person", "act", "name", "body")},
	{Name: "held", From: "held_answer", ID: "subject", text: "''", columns: as("register", "org", "owner", "state", "reason", "merge_id", "decided", "decided_by")},
	{Name: "hold", From: "legal_hold", ID: "id", text: "''", columns: as("kind", "ref", "register", "reason", "until_day", "made", "made_by", "ended", "ended_by", "ended_reason")},
	// A plan for which nobody has asked is counted again at any time.
	{Name: "erasure-plan", From: "erasure_plan", where: "state <> 'counted'", ID: "id", text: "''", columns: as("kind", "subject", "register", "fields", "day", "reason", "cells", "parts", "state",
		"asked", "asked_by", "asked_org", "decided", "decided_by", "answer", "ended", "erased", "kept")},
	{Name: "original", From: "original_change", ID: "id", text: "''", columns: as("import_id", "plan", "what", "was", "now", "at")},
	{Name: "forgotten", From: "audit_text", where: "salt IS NULL", ID: "seq", text: "name", columns: as("text")},
	{Name: "erasure", From: "erasure", ID: "record_id", text: "''", columns: as("cells", "salts", "digests")},
}

// KeptSetting reports whether a setting is proven by the log. The identity of the base is not, because it is not part of
// its history.
func KeptSetting(name string) bool { return name == "precedence" }

// Key identifies a row of a kind.
type Key struct {
	ID   int64
	Name string
}

// DigestOf computes the digest of a row's values with a salt. It also says whether an identity number is among the values.
type DigestOf func(salt []byte) (sum audit.Digest, holds bool)

// Rows passes the rows of a kind with ids first to last, in no particular order.
func (k *Kind) Rows(ctx context.Context, t *Tx, first, last int64, fn func(Key, DigestOf) error) (err error) {
	defer fault.At(&err, "oplog.Rows(kind %s, rows %d to %d)", k.Name, first, last)
	return t.Each(ctx, k.query()+` AND `+k.ID+` BETWEEN ? AND ?`, []any{first, last}, k.scan(fn))
}

// among passes the rows of a kind with one of some ids.
func (k *Kind) among(ctx context.Context, t *Tx, ids []int64, fn func(Key, DigestOf) error) error {
	return base.Among(ctx, t, k.query()+` AND `+k.ID+` IN {in}`, nil, ids, k.scan(fn))
}

func (k *Kind) query() string {
	text := `SELECT ` + k.ID + `, ` + k.text
	for _, c := range k.columns {
		text += `, ` + c.value
	}
	return text + ` FROM ` + k.From + ` WHERE ` + k.Only()
}

// Only returns the SQL condition of the rows of a kind.
func (k *Kind) Only() string {
	if k.where == "" {
		return `1 = 1`
	}
	return k.where
}

func (k *Kind) scan(fn func(Key, DigestOf) error) func(*sql.Rows) error {
	values := make([]any, len(k.columns))
	var key Key
	dest := []any{&key.ID, &key.Name}
	for i := range values {
		dest = append(dest, &values[i])
	}
	return func(rows *sql.Rows) error {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		return fn(key, func(salt []byte) (audit.Digest, bool) { return k.digest(salt, key, values) })
	}
}

// digest returns SHA-256 over the salt, the key, and the columns that are not empty, each with its name and type.
func (k *Kind) digest(salt []byte, key Key, values []any) (sum audit.Digest, holds bool) {
	b := append(append(make([]byte, 0, 512), "row 1"...), salt...)
	b = audit.AppendText(b, k.Name)
	b = audit.AppendText(audit.AppendNumber(b, key.ID), key.Name)
	for i, c := range k.columns {
		text := func(kind byte, s string) {
			if s != "" {
				b = audit.AppendText(append(audit.AppendText(b, c.name), kind), s)
			}
		}
		switch v := values[i].(type) {
		case nil:
		case int64:
			b = audit.AppendNumber(append(audit.AppendText(b, c.name), 'n'), v)
		case string:
			text('t', v)
		case []byte:
			text('b', string(v))
		default:
			panic(fmt.Sprintf("store: %s.%s is a %T", k.Name, c.name, v))
		}
	}
	return sha256.Sum256(b), vault.Holds(b)
}
