package verify

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"

	"eyas/internal/audit"
	"eyas/internal/registry/fact"
)

// blockMeta is what of a block is held until whom its records name was compared.
type blockMeta struct {
	first, last int64
	mentions    audit.Digest
}

// standingRecords compares every source record and its link with the digest of its block.
func (v *verifying) standingRecords(ctx context.Context) error {
	var most sql.NullInt64
	if _, err := v.One(ctx, `SELECT MAX(id) FROM record`, nil, &most); err != nil {
		return err
	}
	v.total = most.Int64
	merges, err := v.standingMerges(ctx)
	if err != nil {
		return err
	}
	c := recordCheck{verifying: v, into: merges}
	last := int64(-1 << 62)
	for {
		b, err := v.nextBlock(ctx, last)
		if err != nil {
			return err
		}
		if b == nil {
			break
		}
		if err := c.outside(ctx, last+1, b.First-1); err != nil {
			return err
		}
		if v.hiddenRecord(b.First) {
			last = max(last, b.Last)
			continue
		}
		if err := c.block(ctx, b); err != nil {
			return err
		}
		last = max(last, b.Last)
		v.metas = append(v.metas, blockMeta{b.First, b.Last, b.Mentions})
	}
	if err := c.outside(ctx, last+1, 1<<62); err != nil {
		return err
	}
	return v.danglingLinks(ctx)
}

// standingMerges gives into which subject each merged one counts.
func (v *verifying) standingMerges(ctx context.Context) (map[int64]int64, error) {
	into := map[int64]int64{}
	err := v.Each(ctx, `SELECT from_subject, into_subject FROM {merge} m WHERE undone_at IS NULL`, nil, func(rows *sql.Rows) error {
		var from, to int64
		err := rows.Scan(&from, &to)
		into[from] = to
		return err
	})
	return into, err
}

// nextBlock gives the next block behind a record; nil when there is none.
func (v *verifying) nextBlock(ctx context.Context, after int64) (*fact.BlockRow, error) {
	var b fact.BlockRow
	var mentions, digest []byte
	found, err := v.One(ctx, `SELECT first_record, last_record, seeds, marks, mentions, digest FROM block WHERE first_record > ? ORDER BY first_record LIMIT 1`,
		[]any{after}, &b.First, &b.Last, &b.Seeds, &b.Marks, &mentions, &digest)
	if err != nil || !found {
		return nil, err
	}
	copy(b.Mentions[:], mentions)
	copy(b.Digest[:], digest)
	return &b, nil
}

// recordCheck compares source records block by block.
type recordCheck struct {
	*verifying
	into     map[int64]int64
	digester fact.Digester
}

// root is the subject for which records that name another count. Damaged merges may go round in a circle.
func (c *recordCheck) root(subject int64) int64 {
	for n := 0; c.into[subject] != 0 && n <= len(c.into); n++ {
		subject = c.into[subject]
	}
	return subject
}

// outside finds records that no block has.
func (c *recordCheck) outside(ctx context.Context, first, last int64) error {
	if first > last {
		return nil
	}
	var ids []int64
	n := 0
	err := c.Each(ctx, `SELECT id FROM record WHERE id BETWEEN ? AND ?`, []any{first, last}, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		if n++; len(ids) < ListedProblems {
			ids = append(ids, id)
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := c.say(ctx, "record.inserted", id); err != nil {
			return err
		}
	}
	c.Found += n - len(ids)
	return nil
}

func (c *recordCheck) block(ctx context.Context, b *fact.BlockRow) error {
	if n := int(b.Last - b.First + 1); n <= 0 || len(b.Seeds) != n*fact.SeedSize || len(b.Marks) != n*fact.MarkSize {
		c.problem(audit.Problem{What: "block.changed", Record: b.First, ZH: fmt.Sprintf("来源记录 %d 起一块的摘要被改动过。", b.First),
			EN: fmt.Sprintf("the digest of the block of source records from %d on was changed", b.First)})
		return nil
	}
	made, erased, err := c.exceptions(ctx, b)
	if err != nil {
		return err
	}
	again := b.Again()
	var elsewhere []fact.LinkRow // links that do not follow the merges
	err = c.EachOfBlock(ctx, b.First, b.Last, func(r *fact.RecordRow, l *fact.LinkRow) error {
		c.Records++
		e := erased[r.ID]
		again.Record(r.ID, c.digester.Record(r, b.Seed(r.ID), e))
		if l == nil {
			return nil
		}
		sum, moved := made[r.ID]
		if !moved {
			sum = c.digester.Link(l, b.Seed(r.ID), e)
		}
		again.Link(r.ID, sum)
		if c.root(l.Named()) != l.Subject {
			elsewhere = append(elsewhere, *l)
		}
		return nil
	})
	if err != nil {
		return err
	}
	c.tell(false)
	again.Close()
	if again.Digest != b.Digest {
		if err := c.locate(ctx, b, again.BlockRow); err != nil {
			return err
		}
	}
	for i := range elsewhere {
		l := &elsewhere[i]
		p := audit.Problem{What: "link.changed", Record: l.Record}
		at, err := c.placeOf(ctx, &p)
		if err != nil {
			return err
		}
		p.ZH = fmt.Sprintf("记录 %d%s计入主体 %d，而按它写明的主体和合并应计入主体 %d。", l.Record, at[0], l.Subject, c.root(l.Named()))
		p.EN = fmt.Sprintf("record %d%s counts for subject %d; by the subject that it names and the merges it counts for %d", l.Record, at[1], l.Subject, c.root(l.Named()))
		c.problem(p)
	}
	return nil
}

// exceptions gives, of the records of a block, the digests of moved links as they were made, and what was erased.
func (c *recordCheck) exceptions(ctx context.Context, b *fact.BlockRow) (made map[int64]audit.Digest, erased map[int64]*fact.ErasureRow, err error) {
	made, erased = map[int64]audit.Digest{}, map[int64]*fact.ErasureRow{}
	err = c.Each(ctx, `SELECT record_id, digest FROM link_made WHERE record_id BETWEEN ? AND ?`, []any{b.First, b.Last}, func(rows *sql.Rows) error {
		var id int64
		var digest []byte
		err := rows.Scan(&id, &digest)
		var sum audit.Digest
		copy(sum[:], digest)
		made[id] = sum
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	err = c.Each(ctx, `SELECT record_id, cells, salts, digests FROM erasure WHERE record_id BETWEEN ? AND ?`, []any{b.First, b.Last}, func(rows *sql.Rows) error {
		var e fact.ErasureRow
		err := rows.Scan(&e.Record, &e.Cells, &e.Salts, &e.Digests)
		erased[e.Record] = &e
		return err
	})
	return made, erased, err
}

// locate finds, by the marks of a block, which of its records or links are not as they were.
func (c *recordCheck) locate(ctx context.Context, was, is *fact.BlockRow) error {
	none := make([]byte, fact.MarkSize/2)
	found := false
	for id := was.First; id <= was.Last; id++ {
		record, link := was.Mark(id)
		nowRecord, nowLink := is.Mark(id)
		for _, part := range []struct {
			kind     string
			was, now []byte
		}{{"record", record, nowRecord}, {"link", link, nowLink}} {
			how := ""
			switch {
			case bytes.Equal(part.was, part.now):
				continue
			case bytes.Equal(part.now, none):
				how = "removed"
			case bytes.Equal(part.was, none):
				how = "inserted"
			default:
				how = "changed"
			}
			found = true
			if err := c.say(ctx, part.kind+"."+how, id); err != nil {
				return err
			}
		}
	}
	if !found {
		c.problem(audit.Problem{What: "block.changed", Record: was.First,
			ZH: fmt.Sprintf("来源记录 %d 至 %d 与它们的摘要不符，具体是哪一条无法确定。", was.First, was.Last),
			EN: fmt.Sprintf("source records %d to %d do not agree with their digest; which of them cannot be told", was.First, was.Last)})
	}
	return nil
}

// Words for what happened to records and links.
var recordWords = map[string][2]string{
	"record.changed":  {"来源记录 %d%s被改动过。", "source record %d%s was changed"},
	"record.removed":  {"来源记录 %d%s被删除了。", "source record %d%s was removed"},
	"record.inserted": {"来源记录 %d%s是绕过程序加入的，日志里没有它。", "source record %d%s was inserted behind the program's back: the log does not have it"},
	"link.changed":    {"来源记录 %d%s与主体的关联被改动过。", "the link of source record %d%s was changed"},
	"link.removed":    {"来源记录 %d%s与主体的关联被删除了。", "the link of source record %d%s was removed"},
	"link.inserted":   {"来源记录 %d%s与主体的关联是绕过程序加入的。", "the link of source record %d%s was inserted behind the program's back"},
	"mention.changed": {"来源记录 %d 起的一块里，记录所提到的其他主体%s被改动过。", "whom records name was changed in the block from source record %d on%s"},
}

func (v *verifying) say(ctx context.Context, what string, record int64) error {
	p := audit.Problem{What: what, Record: record}
	if v.full(what) {
		v.problem(p)
		return nil
	}
	at, err := v.placeOf(ctx, &p)
	if err != nil {
		return err
	}
	p.ZH, p.EN = fmt.Sprintf(recordWords[what][0], record, at[0]), fmt.Sprintf(recordWords[what][1], record, at[1])
	v.problem(p)
	return nil
}

// danglingLinks finds links of records that do not exist; those that were removed from a block are told already.
func (v *verifying) danglingLinks(ctx context.Context) error {
	var ids []int64
	err := v.Each(ctx, `SELECT l.record_id FROM link l WHERE NOT EXISTS (SELECT 1 FROM record r WHERE r.id = l.record_id)
		AND NOT EXISTS (SELECT 1 FROM block b WHERE b.first_record <= l.record_id AND b.last_record >= l.record_id) LIMIT ?`, []any{ListedProblems}, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := v.say(ctx, "link.inserted", id); err != nil {
			return err
		}
	}
	return nil
}

// standingMentions compares whom the records of each block name.
func (v *verifying) standingMentions(ctx context.Context) error {
	var wrong []int64
	at := 0
	var sums []audit.Digest
	end := func() {
		if v.metas[at].mentions != fact.MentionsDigest(sums) {
			wrong = append(wrong, v.metas[at].first)
		}
		sums = sums[:0]
		at++
	}
	err := v.EachMention(ctx, func(record int64, sum audit.Digest) error {
		for at < len(v.metas) && record > v.metas[at].last {
			end()
		}
		if v.hiddenRecord(record) {
			return nil
		}
		if at == len(v.metas) || record < v.metas[at].first {
			if !v.full("mention.changed") {
				wrong = append(wrong, record)
			}
			return nil
		}
		sums = append(sums, sum)
		return nil
	})
	if err != nil {
		return err
	}
	for at < len(v.metas) {
		end()
	}
	for _, record := range wrong {
		if err := v.say(ctx, "mention.changed", record); err != nil {
			return err
		}
	}
	return nil
}

// standingProfiles finds subjects that records count for and that have no profile. What profiles hold is compared by
// deriving them again.
func (v *verifying) standingProfiles(ctx context.Context) error {
	return v.Each(ctx, `SELECT DISTINCT l.subject_id FROM link l WHERE NOT EXISTS (SELECT 1 FROM profile p WHERE p.subject_id = l.subject_id)
		ORDER BY l.subject_id LIMIT ?`, []any{ListedProblems}, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		v.problem(audit.Problem{What: "profile.removed", Key: fmt.Sprint(id),
			ZH: fmt.Sprintf("主体 %d 的档案被删除了，它还有来源记录。", id), EN: fmt.Sprintf("the profile of subject %d was removed: it still has source records", id)})
		return err
	})
}
