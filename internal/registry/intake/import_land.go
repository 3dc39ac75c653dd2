package intake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"eyas/internal/audit"
	"eyas/internal/pack"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
	"eyas/internal/registry/layout"
)

// importing is the state of one import.
type importing struct {
	g        *Intake
	reg      *pack.Register
	actor    string
	src      layout.Source
	print    content
	options  layout.Options
	progress func(derive.Progress)
	begun    *begun
}

// begun is a file whose first batch of rows was read.
type begun struct {
	in    *converter
	pump  *pump
	first *batch
}

func (f *begun) close() {
	f.pump.stop()
	f.in.Close()
}

// errLarge is returned when a file has more rows than one transaction writes.
var errLarge = errors.New("registry: a large file")

// readImports reads imports, at once or as a batch sees them.
type readImports func(ctx context.Context, fn func(Reader) error) error

// open opens the file for reading. When an identical file is in force, it returns only the report of that one.
func (i *importing) open(ctx context.Context, read readImports) (in *converter, known *FileReport, err error) {
	err = read(ctx, func(r Reader) error {
		if in, err = i.g.intake(ctx, r, i.reg, i.src, i.options); err != nil {
			return err
		}
		if in.rules, _, err = i.g.base.Foreseen(ctx, r, i.reg); err != nil {
			in.Close()
			return err
		}
		if known, err = i.g.identical(ctx, r, in, i.print); err == nil {
			in.record, err = r.Counter(ctx, fact.LastRecord) // provisional: see batch.renumber
		}
		if err != nil {
			in.Close()
		}
		return err
	})
	if err == nil && known != nil {
		in.Close()
	}
	return in, known, err
}

// begin opens the file and reads its first batch.
func (i *importing) begin(ctx context.Context, read readImports) (*begun, *FileReport, error) {
	in, known, err := i.open(ctx, read)
	if err != nil || known != nil {
		return nil, known, err
	}
	f := &begun{in: in, pump: pumping(ctx, in)}
	if f.first, err = f.pump.next(); err != nil {
		f.close()
		return nil, nil, i.print.held(i.src, err)
	}
	return f, nil, nil
}

// goOn does what begin does. It reuses what atOnce has read, if no identical file was imported and no answer about places
// was given since.
func (i *importing) goOn(ctx context.Context, b *derive.Bulk) (f *begun, known *FileReport, err error) {
	rules, err := i.g.base.Ready(ctx, i.reg)
	if err != nil {
		return nil, nil, err
	}
	if f, i.begun = i.begun, nil; f == nil {
		return i.begin(ctx, func(ctx context.Context, fn func(Reader) error) error {
			return derive.ReadIn(ctx, b, i.g.rooms.Imports(), fn)
		})
	}
	same := false
	err = derive.ReadIn(ctx, b, i.g.rooms.Imports(), func(r Reader) error {
		resolver, err := i.g.base.Places(ctx, r)
		if err != nil {
			return err
		}
		same = resolver == f.in.Places && rules.Same(f.in.rules)
		known, err = i.g.identical(ctx, r, f.in, i.print)
		return err
	})
	if err == nil && known == nil && same {
		return f, nil, nil
	}
	f.close()
	if err != nil || known != nil {
		return nil, known, err
	}
	return i.begin(ctx, func(ctx context.Context, fn func(Reader) error) error {
		return derive.ReadIn(ctx, b, i.g.rooms.Imports(), fn)
	})
}

func (i *importing) folder(in *converter) *folder {
	return &folder{register: i.reg.ID, confidential: i.reg.Confidential(), rules: in.rules, things: in.Source != nil && in.Source.Items != nil, unmatched: matchlessOf(in.Register.Connector)}
}

// atOnce imports a file with few rows in one transaction. It reads the rows before the transaction. It returns errLarge
// when there are more rows.
func (i *importing) atOnce(ctx context.Context) (report *FileReport, id int64, err error) {
	f, known, err := i.begin(ctx, i.g.rooms.Imports().Read)
	if err != nil || known != nil {
		return known, 0, err
	}
	if !f.first.last {
		i.begun = f
		return nil, 0, errLarge
	}
	defer f.close()
	in, b := f.in, f.first
	if err := i.print.check(i.src); err != nil {
		return nil, 0, err
	}
	guessed := in.record - int64(len(b.rows))
	err = i.g.rooms.Imports().Within(ctx, func(ctx context.Context, w Writer) error {
		if i.options.First {
			if err := untouched(ctx, w); err != nil {
				return err
			}
		}
		if report, err = i.g.identical(ctx, w, in, i.print); report != nil || err != nil {
			return err
		}
		rules, err := i.g.base.Numbered(ctx, i.reg)
		if err != nil {
			return err
		}
		if !rules.Same(in.rules) {
			return derive.ErrMeanwhile
		}
		m := i.folder(in)
		var last [3]int64 // import, record, change
		for n, c := range []fact.Counter{fact.LastImport, fact.LastRecord, fact.LastChange} {
			if last[n], err = w.Counter(ctx, c); err != nil {
				return err
			}
		}
		m.to, m.importID, m.change = w, last[0]+1, last[2]+1
		if err := b.renumber(in.rules, last[1]-guessed); err != nil {
			return err
		}
		var d fact.Digester
		b.prove(&d, m.importID, i.reg.ID)
		if m.resolver, err = identity.NewResolver(limitOf(ctx).look(ctx), w, i.reg.ID, len(b.rows)); err != nil {
			return err
		}
		in.others.tell(m.resolver)
		m.firstFresh = m.resolver.Next
		if err := m.takeAll(ctx, b); err != nil {
			return err
		}
		report = m.report(in)
		if err := mendCodes(ctx, m.resolver.Named(w), i.reg, i.options.Lang, report.Warnings); err != nil {
			return err
		}
		row, err := i.row(in, report, m, last[1]+1)
		if row == nil || err != nil {
			return err
		}
		advance := map[fact.Counter]int64{fact.LastImport: 1, fact.LastRecord: int64(report.Rows), fact.LastSubject: m.resolver.Next - m.firstFresh}
		if report.Accepted > 0 {
			advance[fact.LastChange] = 1
		}
		for counter, n := range advance {
			if _, err := w.Advance(ctx, counter, n); err != nil {
				return err
			}
		}
		report.Import, id = row.ID, row.ID
		if err := i.store(ctx, w, row); err != nil {
			return err
		}
		if err := i.g.settleItems(ctx, m); err != nil {
			return err
		}
		return i.log(ctx, row)
	})
	i.g.base.Teller(derive.Progress{Stage: "writing", TotalBytes: in.Size()}, i.progress)(len(b.rows), in.Size(), true)
	return report, id, err
}

// row returns the import as it will be stored; nil when there is nothing to store, that is a header without rows. A whole
// list without rows is stored: it says that nobody is on it.
func (i *importing) row(in *converter, report *FileReport, m *folder, first int64) (*fact.ImportRow, error) {
	if report.Rows == 0 && len(in.Options.Absent) == 0 {
		return nil, nil
	}
	row, err := newImportRow(in, report)
	if err != nil {
		return nil, err
	}
	row.ID, row.Actor, row.At, row.SHA256, row.Size = m.importID, i.actor, i.g.base.Clock().UTC(), i.print.sha256, i.print.size
	row.FirstRecord, row.LastRecord = first, first+int64(report.Rows)-1
	return row, nil
}

func (i *importing) store(ctx context.Context, w importAdder, row *fact.ImportRow) error {
	if err := w.AddImport(ctx, row); err != nil {
		return err
	}
	return i.g.base.RereadWhole(ctx, row)
}

func (i *importing) log(ctx context.Context, row *fact.ImportRow) error {
	return i.g.base.Log(ctx, i.actor, "import", fmt.Sprintf("import/%d", row.ID), map[string]any{
		"register": row.Register, "file": audit.Beside(row.File), "sha256": row.SHA256, "rows": row.Rows,
		"accepted": row.Accepted, "unchanged": row.Unchanged, "refused": row.Refused,
	})
}

// InBulk lands a file chunk by chunk. The last transaction of the bulk puts it in force.
func (i *importing) inBulk(ctx context.Context, b *derive.Bulk) (report *FileReport, id int64, err error) {
	f, known, err := i.goOn(ctx, b)
	if err != nil || known != nil {
		return known, 0, err
	}
	defer f.close()
	in := f.in
	l := &landing{Bulk: b, importing: i, in: in, m: i.folder(in), pump: f.pump}
	if err := i.print.held(i.src, l.land(ctx, f.first)); err != nil {
		return nil, 0, err
	}
	report = l.m.report(in)
	if err := derive.ReadIn(ctx, b, i.g.rooms.Imports(), func(r Reader) error {
		return mendCodes(ctx, l.m.resolver.Named(r), i.reg, i.options.Lang, report.Warnings)
	}); err != nil {
		return nil, 0, err
	}
	row, err := i.row(in, report, l.m, l.first)
	if row == nil || err != nil {
		return report, 0, err
	}
	report.Import = row.ID
	b.Used(fact.LastImport, row.ID)
	b.Used(fact.LastRecord, row.LastRecord)
	b.Used(fact.LastSubject, l.m.resolver.Next-1)
	b.Announce(row.ID, (&rivalry{i.g, b}).decide)
	b.Bring(row)
	if subjects := l.m.followed(); len(subjects) > 0 {
		if _, err := b.Settle(ctx, i.reg, subjects, derive.Progress{Stage: "deriving"}, i.progress); err != nil {
			return nil, 0, err
		}
	}
	b.AtLast(func(ctx context.Context) error {
		row.At = i.g.base.Clock().UTC()
		return i.g.rooms.Imports().Within(ctx, func(ctx context.Context, w Writer) error {
			if err := i.store(ctx, w, row); err != nil {
				return err
			}
			return i.log(ctx, row)
		})
	})
	return report, row.ID, nil
}

// landing is the state of landing one file as part of a bulk.
type landing struct {
	*derive.Bulk
	*importing
	in   *converter
	m    *folder
	pump *pump

	first       int64 // record
	lastRecord  int64 // reserved
	lastSubject int64
	expected    int64 // rows
}

func (l *landing) land(ctx context.Context, b *batch) error {
	if err := l.begin(ctx, b); err != nil {
		return err
	}
	tell := l.importing.g.base.Teller(derive.Progress{Stage: "writing", TotalBytes: l.in.Size()}, l.progress)
	rows, bytes := 0, int64(0)
	for end := false; !end; tell(rows, bytes, false) { // outside a chunk, because the receiver of the progress may write
		var err error
		if b == nil {
			if b, err = l.pump.next(); err != nil {
				return err
			}
		}
		if err := l.chunk(ctx, func(ctx context.Context, w LandingWriter) error {
			l.m.to, l.m.resolver.From = w, w
			for b != nil {
				if err := l.room(ctx, w, b); err != nil {
					return err
				}
				if err := l.m.takeAll(ctx, b); err != nil {
					return err
				}
				rows, bytes, end = rows+len(b.rows), b.bytes, b.last
				l.pump.free(b)
				if b = nil; end || w.Enough() {
					return nil
				}
				if b, err = l.pump.soon(); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			return err
		}
	}
	tell(rows, l.in.Size(), true)
	return nil
}

// chunk runs fn in a chunk of the batch.
func (l *landing) chunk(ctx context.Context, fn func(ctx context.Context, w LandingWriter) error) error {
	return l.Chunk(ctx, func(ctx context.Context, _ derive.BatchWriter) error {
		return l.importing.g.rooms.Landing().Write(ctx, func(w LandingWriter) error { return fn(ctx, w) })
	})
}

// begin reserves ids for about as many rows as the first batch suggests, and numbers the first batch with them.
func (l *landing) begin(ctx context.Context, b *batch) error {
	l.expected = int64(len(b.rows))
	if b.bytes > 0 && !b.last {
		l.expected = int64(float64(l.expected) * float64(l.in.Size()) / float64(b.bytes))
	}
	err := derive.ReadIn(ctx, l, l.importing.g.rooms.Imports(), func(r Reader) (err error) {
		l.m.resolver, err = identity.NewResolver(limitOf(ctx).look(ctx), r, l.m.register, int(l.expected))
		return err
	})
	if err == nil {
		l.in.others.tell(l.m.resolver)
	}
	if err != nil {
		return err
	}
	guessed := l.in.record - int64(len(b.rows))
	n := int64(len(b.rows))
	if !b.last {
		n = max(int64(float64(l.expected)*l.Spare), 2*fact.BatchRows)
	}
	if err := l.chunk(ctx, func(ctx context.Context, w LandingWriter) error {
		if l.options.First {
			if err := untouched(ctx, w); err != nil {
				return err
			}
		}
		if l.m.importID, _, err = w.Reserve(ctx, fact.LastImport, 1, 0); err != nil {
			return err
		}
		if l.first, l.lastRecord, err = w.Reserve(ctx, fact.LastRecord, n, 0); err != nil {
			return err
		}
		l.m.resolver.Next, l.lastSubject, err = w.Reserve(ctx, fact.LastSubject, n, 0)
		return err
	}); err != nil {
		return err
	}
	l.Announce(l.m.importID, (&rivalry{l.importing.g, l.Bulk}).decide)
	l.m.firstFresh = l.m.resolver.Next
	if err := b.renumber(l.in.rules, l.first-1-guessed); err != nil {
		return err
	}
	l.in.record = l.first - 1 + int64(len(b.rows))
	l.in.importID = l.m.importID
	var d fact.Digester
	b.prove(&d, l.m.importID, l.m.register)
	l.pump.goOn()
	return nil
}

// room reserves more ids when a batch needs them.
func (l *landing) room(ctx context.Context, w LandingWriter, b *batch) error {
	if len(b.rows) == 0 {
		return nil
	}
	more := max(l.expected/4, 4*fact.BatchRows)
	if last := b.rows[len(b.rows)-1].record; last > l.lastRecord {
		first, end, err := w.Reserve(ctx, fact.LastRecord, last-l.lastRecord+more, l.lastRecord)
		if err != nil {
			return err
		}
		if first == 0 { // the records of an import must be one range of ids
			return derive.ErrShort
		}
		l.lastRecord = end
	}
	if l.m.resolver.Next+int64(len(b.rows))-1 <= l.lastSubject {
		return nil
	}
	first, end, err := w.Reserve(ctx, fact.LastSubject, more, l.lastSubject)
	if err == nil && first == 0 {
		l.Used(fact.LastSubject, l.m.resolver.Next-1)
		first, end, err = w.Reserve(ctx, fact.LastSubject, more, 0)
		l.m.resolver.Next = first
	}
	l.lastSubject = end
	return err
}

// newImportRow returns the row of an import without the columns that the database assigns.
func newImportRow(in *converter, r *FileReport) (*fact.ImportRow, error) {
	row := &fact.ImportRow{
		Register: in.Register.ID, File: in.Name, Synthetic: in.Options.Synthetic || in.Marked(),
		Rows: r.Rows, Accepted: r.Accepted, Unchanged: r.Unchanged, Refused: r.Refused,
		RefusalCount: r.RefusalCount, WarningCount: r.WarningCount,
		Source: in.Options.Source, AsOf: layout.AsOf(in.Options), Whole: strings.Join(in.Options.Absent, ","),
	}
	options := in.Options
	options.Mends = r.Mends // lists of imports have options and no lists of reports
	for _, part := range []struct {
		to   *string
		from any
	}{
		{&row.Options, options},
		{&row.Lists, storedLists{storedIssues(r.Refusals), storedIssues(r.Warnings), r.Unmapped, &storedEffect{r.Brought, r.Updated, r.Mends}}},
	} {
		text, err := json.Marshal(part.from)
		if err != nil {
			return nil, fmt.Errorf("registry: import %s: %w", in.Name, err)
		}
		*part.to = string(text)
	}
	text, err := layout.Text(in.Layouts)
	if err != nil {
		return nil, fmt.Errorf("registry: import %s: %w", in.Name, err)
	}
	row.Layouts = text
	return row, nil
}
