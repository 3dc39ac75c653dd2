package registry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"eyas/internal/pack"
)

// importing is one import while it runs.
type importing struct {
	g        *Registry
	reg      *pack.Register
	actor    string
	src      Source
	print    content
	options  Options
	progress func(Progress)
	begun    *begun
}

// begun is a file of which the first batch was read.
type begun struct {
	in    *intake
	pump  *pump
	first *batch
}

func (f *begun) close() {
	f.pump.stop()
	f.in.file.Close()
}

// errLarge says that a file has more rows than are written in one transaction.
var errLarge = errors.New("registry: a large file")

// open makes the file ready for reading, as a reader's snapshot says how; the report is that of a file that is in force
// already.
func (i *importing) open(ctx context.Context, read func(context.Context, func(Reader) error) error) (in *intake, known *FileReport, err error) {
	err = read(ctx, func(r Reader) error {
		if in, err = i.g.intake(ctx, r, i.reg, i.src, i.options); err != nil {
			return err
		}
		if in.codec, _, err = i.g.foreseen(ctx, r, i.reg); err != nil {
			in.file.Close()
			return err
		}
		if known, err = i.g.again(ctx, r, in, i.print); err == nil {
			in.record, err = r.Counter(ctx, LastRecord) // a guess: see batch.renumber
		}
		if err != nil {
			in.file.Close()
		}
		return err
	})
	if err == nil && known != nil {
		in.file.Close()
	}
	return in, known, err
}

// begin opens the file and reads its first batch.
func (i *importing) begin(ctx context.Context, read func(context.Context, func(Reader) error) error) (*begun, *FileReport, error) {
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

// goOn is begin, unless what atOnce has read will do: nobody has imported the file or answered about places since.
func (i *importing) goOn(ctx context.Context, b *bulk) (f *begun, known *FileReport, err error) {
	codec, err := i.g.ready(ctx, i.reg)
	if err != nil {
		return nil, nil, err
	}
	if f, i.begun = i.begun, nil; f == nil {
		return i.begin(ctx, b.Read)
	}
	same := false
	err = b.Read(ctx, func(r Reader) error {
		resolver, err := i.g.Places(ctx, r)
		if err != nil {
			return err
		}
		same = resolver == f.in.places && codec.same(f.in.codec)
		known, err = i.g.again(ctx, r, f.in, i.print)
		return err
	})
	if err == nil && known == nil && same {
		return f, nil, nil
	}
	f.close()
	if err != nil || known != nil {
		return nil, known, err
	}
	return i.begin(ctx, b.Read)
}

func (i *importing) merger(in *intake) *merger {
	return &merger{register: i.reg.ID, codec: in.codec, things: in.source != nil && in.source.Items != nil}
}

// atOnce takes in a file of few rows, in one transaction: they are read before it begins. It gives errLarge when there
// are more.
func (i *importing) atOnce(ctx context.Context) (report *FileReport, id int64, err error) {
	f, known, err := i.begin(ctx, i.g.base.Read)
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
	err = i.g.base.Write(ctx, func(w Writer) error {
		if i.options.First {
			if err := untouched(ctx, w); err != nil {
				return err
			}
		}
		if report, err = i.g.again(ctx, w, in, i.print); report != nil || err != nil {
			return err
		}
		codec, err := i.g.numbered(ctx, w, i.reg)
		if err != nil {
			return err
		}
		if !codec.same(in.codec) {
			return errMeanwhile
		}
		m := i.merger(in)
		var last [3]int64 // import, record, change
		for n, c := range []Counter{LastImport, LastRecord, LastChange} {
			if last[n], err = w.Counter(ctx, c); err != nil {
				return err
			}
		}
		m.to, m.importID, m.change = w, last[0]+1, last[2]+1
		if err := b.renumber(in.codec, last[1]-guessed); err != nil {
			return err
		}
		var d Digester
		d.prove(b, m.importID, i.reg.ID)
		if m.resolver, err = newResolver(ctx, w, i.reg.ID, len(b.rows)); err != nil {
			return err
		}
		m.firstFresh = m.resolver.next
		if err := m.takeAll(ctx, b); err != nil {
			return err
		}
		report = m.report(in)
		row, err := i.row(in, report, m, last[1]+1)
		if row == nil || err != nil {
			return err
		}
		advance := map[Counter]int64{LastImport: 1, LastRecord: int64(report.Rows), LastSubject: m.resolver.next - m.firstFresh}
		if report.Accepted > 0 {
			advance[LastChange] = 1
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
		if err := i.g.settleItems(ctx, w, m); err != nil {
			return err
		}
		return i.log(ctx, w, row)
	})
	i.g.teller(Progress{Stage: "writing", TotalBytes: in.file.Size()}, i.progress)(len(b.rows), in.file.Size(), true)
	return report, id, err
}

// row is the import as it will be stored; nil when there is nothing to store: a header and nothing below it. Of a whole
// list that says that nobody is on it.
func (i *importing) row(in *intake, report *FileReport, m *merger, first int64) (*ImportRow, error) {
	if report.Rows == 0 && len(in.options.Absent) == 0 {
		return nil, nil
	}
	row, err := newImportRow(in, report)
	if err != nil {
		return nil, err
	}
	row.ID, row.Actor, row.At, row.SHA256, row.Size = m.importID, i.actor, i.g.clock().UTC(), i.print.sha256, i.print.size
	row.FirstRecord, row.LastRecord = first, first+int64(report.Rows)-1
	return row, nil
}

func (i *importing) store(ctx context.Context, w Writer, row *ImportRow) error {
	if err := w.AddImport(ctx, row); err != nil {
		return err
	}
	return i.g.rereadWhole(ctx, w, row)
}

func (i *importing) log(ctx context.Context, w Writer, row *ImportRow) error {
	return i.g.log(ctx, w, i.actor, "import", fmt.Sprintf("import/%d", row.ID), map[string]any{
		"register": row.Register, "file": row.File, "sha256": row.SHA256, "rows": row.Rows,
		"accepted": row.Accepted, "unchanged": row.Unchanged, "refused": row.Refused,
	})
}

// inBulk lands a file chunk by chunk and leaves for the last transaction of the bulk what puts it in force.
func (i *importing) inBulk(ctx context.Context, b *bulk) (report *FileReport, id int64, err error) {
	f, known, err := i.goOn(ctx, b)
	if err != nil || known != nil {
		return known, 0, err
	}
	defer f.close()
	in := f.in
	l := &landing{bulk: b, importing: i, in: in, m: i.merger(in), pump: f.pump, chunk: 1}
	if err := i.print.held(i.src, l.land(ctx, f.first)); err != nil {
		return nil, 0, err
	}
	report = l.m.report(in)
	row, err := i.row(in, report, l.m, l.first)
	if row == nil || err != nil {
		return report, 0, err
	}
	report.Import = row.ID
	b.Used(LastImport, row.ID)
	b.Used(LastRecord, row.LastRecord)
	b.Used(LastSubject, l.m.resolver.next-1)
	b.brings[row.ID] = true
	b.Bring(row)
	if subjects := l.m.followed(); len(subjects) > 0 {
		if _, err := b.settle(ctx, i.reg, subjects, Progress{Stage: "deriving"}, i.progress); err != nil {
			return nil, 0, err
		}
	}
	b.last = append(b.last, func(ctx context.Context, w BatchWriter) error {
		row.At = i.g.clock().UTC()
		if err := i.store(ctx, w, row); err != nil {
			return err
		}
		return i.log(ctx, w, row)
	})
	return report, row.ID, nil
}

// landing lands the rows of one file as part of a bulk.
type landing struct {
	*bulk
	*importing
	in    *intake
	m     *merger
	pump  *pump
	chunk int // batches in a transaction

	first       int64 // record
	lastRecord  int64 // reserved
	lastSubject int64
	expected    int64 // rows
}

// Times of a chunk: it takes more batches while it stays below the one, and fewer above the other.
const (
	quickChunk = 50 * time.Millisecond
	slowChunk  = 100 * time.Millisecond
	mostChunk  = 8
)

func (l *landing) land(ctx context.Context, b *batch) error {
	if err := l.begin(ctx, b); err != nil {
		return err
	}
	tell := l.importing.g.teller(Progress{Stage: "writing", TotalBytes: l.in.file.Size()}, l.progress)
	rows := 0
	for list := []*batch{b}; len(list) > 0; {
		var took time.Duration
		if err := l.Chunk(ctx, func(w BatchWriter) error {
			start := time.Now()
			l.m.to, l.m.resolver.from = w, w
			for _, b := range list {
				if err := l.room(ctx, w, b); err != nil {
					return err
				}
				if err := l.m.takeAll(ctx, b); err != nil {
					return err
				}
			}
			took = time.Since(start)
			return nil
		}); err != nil {
			return err
		}
		switch {
		case took < quickChunk && len(list) == l.chunk && l.chunk < mostChunk:
			l.chunk++
		case took > slowChunk && l.chunk > 1:
			l.chunk--
		}
		end := false
		for _, b := range list {
			rows += len(b.rows)
			tell(rows, b.bytes, false)
			end = end || b.last
			l.pump.free(b)
		}
		list = list[:0]
		for !end && len(list) < l.chunk {
			b, err := l.pump.next()
			if err != nil {
				return err
			}
			list = append(list, b)
			end = b.last
		}
	}
	tell(rows, l.in.file.Size(), true)
	return nil
}

// begin takes ids for about as many rows as the first batch tells that there are, and gives them to it.
func (l *landing) begin(ctx context.Context, b *batch) error {
	l.expected = int64(len(b.rows))
	if b.bytes > 0 && !b.last {
		l.expected = int64(float64(l.expected) * float64(l.in.file.Size()) / float64(b.bytes))
	}
	err := l.Read(ctx, func(r Reader) (err error) {
		l.m.resolver, err = newResolver(ctx, r, l.m.register, int(l.expected))
		return err
	})
	if err != nil {
		return err
	}
	guessed := l.in.record - int64(len(b.rows))
	n := int64(len(b.rows))
	if !b.last {
		n = max(int64(float64(l.expected)*l.spare), 2*batchRows)
	}
	if err := l.Chunk(ctx, func(w BatchWriter) error {
		if l.options.First {
			if err := untouched(ctx, w); err != nil {
				return err
			}
		}
		if l.m.importID, _, err = w.Reserve(ctx, LastImport, 1, 0); err != nil {
			return err
		}
		if l.first, l.lastRecord, err = w.Reserve(ctx, LastRecord, n, 0); err != nil {
			return err
		}
		l.m.resolver.next, l.lastSubject, err = w.Reserve(ctx, LastSubject, n, 0)
		return err
	}); err != nil {
		return err
	}
	l.brings[l.m.importID] = true
	l.m.firstFresh = l.m.resolver.next
	if err := b.renumber(l.in.codec, l.first-1-guessed); err != nil {
		return err
	}
	l.in.record = l.first - 1 + int64(len(b.rows))
	l.in.importID = l.m.importID
	var d Digester
	d.prove(b, l.m.importID, l.m.register)
	l.pump.goOn()
	return nil
}

// room makes sure that there are ids for a batch.
func (l *landing) room(ctx context.Context, w BatchWriter, b *batch) error {
	if len(b.rows) == 0 {
		return nil
	}
	more := max(l.expected/4, 4*batchRows)
	if last := b.rows[len(b.rows)-1].record; last > l.lastRecord {
		first, end, err := w.Reserve(ctx, LastRecord, last-l.lastRecord+more, l.lastRecord)
		if err != nil {
			return err
		}
		if first == 0 { // an import's records are one range
			return errShort
		}
		l.lastRecord = end
	}
	if l.m.resolver.next+int64(len(b.rows))-1 <= l.lastSubject {
		return nil
	}
	first, end, err := w.Reserve(ctx, LastSubject, more, l.lastSubject)
	if err == nil && first == 0 {
		l.Used(LastSubject, l.m.resolver.next-1)
		first, end, err = w.Reserve(ctx, LastSubject, more, 0)
		l.m.resolver.next = first
	}
	l.lastSubject = end
	return err
}
