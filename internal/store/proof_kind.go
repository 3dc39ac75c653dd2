package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"

	"eyas/internal/audit"
)

// kept is a kind of row that people rely on and that is not derived. Whoever writes one touches it, and the entry of the
// transaction carries its digest. Source records, links and mentions have blocks, counters stand in the entry itself.
type kept struct {
	kind     string
	from     string // table
	where    string // which of its rows; empty: all
	id, name string // what tells its rows apart: SQL for a number, 0 when there is none, and for a text
	columns  []keptColumn
}

// noNumber is the number of rows that have none; PostgreSQL would take a plain 0 for a smaller type.
const noNumber = `CAST(0 AS BIGINT)`

// keptColumn is a column under the name that its digest has. A column that is NULL or the empty text is left out of
// the digest: what a later migration adds must be that in the rows that are there.
type keptColumn struct{ name, value string }

// as gives columns that are called as in the table.
func as(names ...string) (list []keptColumn) {
	for _, n := range names {
		list = append(list, keptColumn{n, n})
	}
	return list
}

var keptKinds = []*kept{
	{kind: "import", from: "import", id: "id", name: "''", columns: as("register", "file", "sha256", "size", "actor", "at", "undone_at", "undone_by",
		"synthetic", "first_record", "last_record", "row_count", "accepted", "unchanged", "refused", "refusal_count", "warning_count",
		"options", "layouts", "lists", "source", "as_of", "whole", "form", "reason")},
	{kind: "link", from: "link JOIN link_made ON link_made.record_id = link.record_id", id: "link.record_id", name: "''", columns: []keptColumn{
		{"named", "CASE WHEN link.origin <> 0 THEN link.origin ELSE link.subject_id END"}, {"how", "link.how"}, {"evidence", "link.evidence"}}},
	{kind: "merge", from: "merge", id: "id", name: "''", columns: as("register", "from_subject", "into_subject", "at", "actor", "how", "evidence", "reason",
		"undone_at", "undone_by")},
	{kind: "relink", from: "relink", id: "id", name: "''", columns: as("record_id", "from_subject", "into_subject", "from_how", "at", "actor", "reason",
		"undone_at", "undone_by")},
	{kind: "question", from: "question", id: "id", name: "''", columns: as("register", "subject", "candidate", "weight", "evidence", "raised_at", "state",
		"decided_at", "decided_by", "reason", "merge_id")},
	// A finding that nobody decided anything about is derived.
	{kind: "finding", from: "finding", where: "changed_by <> ''", id: "subject_id", name: "rule || '.' || attribute || '.' || CAST(year AS TEXT)",
		columns: as("register", "code", "name", "district", "value", "offer", "because", "import_id", "record_id", "cell", "found_at", "resolved_at",
			"state", "assignee", "reason", "changed_at", "changed_by")},
	{kind: "place", from: "place_answer", id: "id", name: "''", columns: as("phrase", "org", "actor", "at", "undone_at", "undone_by")},
	{kind: "mapping", from: "meaning", id: noNumber, name: "register || '/' || header", columns: as("target", "actor", "at")},
	{kind: "setting", from: "setting", where: "name IN ('precedence')", id: noNumber, name: "name", columns: as("value")},
	{kind: "attribute", from: "attribute", id: noNumber, name: "register || '/' || id", columns: as("number")},
	{kind: "source", from: "source", id: noNumber, name: "id", columns: as("number")},
	{kind: "register", from: "register", id: "number", name: "''", columns: as("id")},
	{kind: "relation", from: "relation", id: "number", name: "''", columns: as("register", "id")},
	{kind: "erasure", from: "erasure", id: "record_id", name: "''", columns: as("cells", "salts", "digests")},
}

// keptSetting reports whether a setting is one of those that are kept: the identity of the base is not, for it is not
// of its history.
func keptSetting(name string) bool { return name == "precedence" }

// keptKey tells rows of one kind apart.
type keptKey struct {
	id   int64
	name string
}

// digestOf is what the values of a row come to under a salt.
type digestOf func(salt []byte) audit.Digest

// rows gives the rows of a kind whose number is in a range, in no order.
func (k *kept) rows(ctx context.Context, t *transaction, first, last int64, fn func(keptKey, digestOf) error) error {
	return t.each(ctx, k.query()+` AND `+k.id+` BETWEEN ? AND ?`, []any{first, last}, k.scan(fn))
}

// among gives the rows of a kind that have one of some numbers.
func (k *kept) among(ctx context.Context, t *transaction, ids []int64, fn func(keptKey, digestOf) error) error {
	return among(ctx, t, k.query()+` AND `+k.id+` IN {in}`, nil, ids, k.scan(fn))
}

func (k *kept) query() string {
	text := `SELECT ` + k.id + `, ` + k.name
	for _, c := range k.columns {
		text += `, ` + c.value
	}
	return text + ` FROM ` + k.from + ` WHERE ` + k.only()
}

func (k *kept) only() string {
	if k.where == "" {
		return `1 = 1`
	}
	return k.where
}

func (k *kept) scan(fn func(keptKey, digestOf) error) func(*sql.Rows) error {
	values := make([]any, len(k.columns))
	var key keptKey
	dest := []any{&key.id, &key.name}
	for i := range values {
		dest = append(dest, &values[i])
	}
	return func(rows *sql.Rows) error {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		return fn(key, func(salt []byte) audit.Digest { return k.digest(salt, key, values) })
	}
}

// digest is SHA-256 over the salt, the key and the columns that hold something, each with its name and its type.
func (k *kept) digest(salt []byte, key keptKey, values []any) audit.Digest {
	b := append(append(make([]byte, 0, 512), "row 1"...), salt...)
	b = audit.AppendText(b, k.kind)
	b = audit.AppendText(audit.AppendNumber(b, key.id), key.name)
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
			panic(fmt.Sprintf("store: %s.%s is a %T", k.kind, c.name, v))
		}
	}
	return sha256.Sum256(b)
}
