package intake

import (
	"fmt"
	"slices"
	"sort"

	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/layout"
)

// clashes finds rows of one file that contradict each other about one subject.
type clashes struct {
	list  []layout.Issue
	count int
	first int64    // the first record of the file; 0: none yet
	runs  []rowRun // the row of each record
}

// rowRun is a run of records whose rows follow one another in the sheet.
type rowRun struct {
	record     int64
	sheet, row int
}

// at notes the row of a record.
func (c *clashes) at(r *readyRow) {
	if c.first == 0 {
		c.first = r.record
	}
	if n := len(c.runs); n > 0 {
		last := c.runs[n-1]
		if last.sheet == r.sheet && int64(r.number-last.row) == r.record-last.record {
			return
		}
		if n >= mostRuns {
			return
		}
	}
	c.runs = append(c.runs, rowRun{r.record, r.sheet, r.number})
}

// mostRuns limits the number of runs that are kept. A record after the last kept run has no known row.
const mostRuns = 1 << 16

// rowOf returns the row of a record of the file.
func (c *clashes) rowOf(record int64) int {
	i := sort.Search(len(c.runs), func(i int) bool { return c.runs[i].record > record }) - 1
	if i < 0 {
		return 0
	}
	return c.runs[i].row + int(record-c.runs[i].record)
}

// contradicts returns a function that notes when a row contradicts an earlier row of the same file about its subject; nil
// when the file has no earlier row.
func (m *folder) contradicts(w *working, r *readyRow) func(before, f *fact.Fact) {
	first := m.clashes.first
	if first == 0 || !slices.ContainsFunc(w.facts, func(f fact.Fact) bool { return f.Record >= first && f.Record < r.record }) {
		return nil
	}
	return func(before, f *fact.Fact) {
		c := &m.clashes
		if before.Record < first || f.Void || before.Void || f.Origin.Day != before.Origin.Day {
			return
		}
		switch f.Attr.Kind {
		case pack.Integer, pack.Decimal, pack.Money, pack.Date, pack.Boolean:
		default:
			return
		}
		if c.count++; len(c.list) >= layout.Listed/10 {
			return
		}
		name, was, now := f.Attr.Name, layout.Plain(before), layout.Plain(f)
		zh, en := name.ZH, name.EN
		if f.Year != 0 {
			zh, en = fmt.Sprintf("%d年%s", f.Year, zh), fmt.Sprintf("%s of %d", en, f.Year)
		}
		text := pack.Text{
			ZH: fmt.Sprintf("同一家在这份文件里有两行，%s不一致：第 %d 行是 %s，第 %d 行是 %s。按来源和先后采用了一个，请核对后更正。", zh, c.rowOf(before.Record), was, r.number, now),
			EN: fmt.Sprintf("Two rows of this file are about the same subject and disagree on its %s: row %d says %s, row %d says %s. One was used, by source and order. Check and correct it.", en, c.rowOf(before.Record), was, r.number, now),
		}
		c.list = append(c.list, layout.Issue{Scope: "row", Row: r.number, Column: name.ZH, Value: now, Reason: text.ZH, Text: text})
	}
}

// report returns the report of everything that was read and stored.
func (m *folder) report(in *converter) *FileReport {
	in.Warnings.Add(in.Options.Lang, m.clashes.list...)
	in.Warnings.Count += m.clashes.count - len(m.clashes.list)
	m.clashes.list, m.clashes.count = nil, 0
	m.unmatched.tell(in.Options.Lang, in.Layouts, &in.Warnings)
	r := in.report()
	r.Accepted, r.Unchanged = m.accepted, m.unchanged
	r.Effect = Effect{Counted: true, Brought: m.brought, Updated: m.altered}
	for _, l := range in.Layouts {
		r.Mends = max(r.Mends, l.Refused)
	}
	return &r
}
