package registry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/table"
)

// Import takes a file in: it is in the base as a whole when Import returns without an error, and has left nothing
// otherwise. A file whose bytes are in force already and would be understood in the same way changes nothing: its report
// says so, and the id is 0. A file of more than batchRows rows lands as a batch, so that others need not wait for it.
func (g *Registry) Import(ctx context.Context, actor string, src Source, opt Options, progress func(Progress)) (report *FileReport, id int64, err error) {
	if err := auth.Decide(g.actors.Actor(actor), auth.Import, auth.Resource{Register: opt.Register}); err != nil {
		return nil, 0, err
	}
	reg, opt, err := g.checked(opt)
	if err != nil {
		return nil, 0, err
	}
	print, err := fingerprint(ctx, src)
	if err != nil {
		return nil, 0, err
	}
	i := importing{g: g, reg: reg, actor: actor, src: src, print: print, options: opt, progress: progress}
	if b, _ := ctx.Value(bulkKey{}).(*bulk); b != nil {
		return i.inBulk(ctx, b)
	}
	defer func() {
		if i.begun != nil {
			i.begun.close()
		}
	}()
	for err = errMeanwhile; errors.Is(err, errMeanwhile); {
		report, id, err = i.atOnce(ctx)
	}
	if errors.Is(err, errLarge) {
		err = g.inBulk(ctx, "import", progress, func(ctx context.Context, b *bulk) (err error) {
			report, id, err = i.inBulk(ctx, b)
			return err
		})
	}
	if err != nil {
		return nil, 0, err
	}
	return report, id, nil
}

// untouched refuses a base that has records, be they in force or undone.
func untouched(ctx context.Context, r Reader) error {
	last, err := r.Counter(ctx, LastRecord)
	if err != nil || last == 0 {
		return err
	}
	return NotEmpty()
}

// NotEmpty is the refusal of what goes into an empty base only.
func NotEmpty() error {
	return fault.New(fault.Conflict, "底库里已有数据，演示城市只能装入空的底库。请换一个新的底库，例如 eyas serve --db demo.db。",
		"The base has records already, and a demonstration city goes into an empty one only: take a new base, such as eyas serve --db demo.db.")
}

// intake opens a file for reading.
func (g *Registry) intake(ctx context.Context, r Reader, reg *pack.Register, src Source, opt Options) (*intake, error) {
	remembered, err := r.Remembered(ctx, reg.ID)
	if err != nil {
		return nil, err
	}
	resolver, err := g.Places(ctx, r)
	if err != nil {
		return nil, err
	}
	f, err := table.Open(src.Path, src.Name)
	if err != nil {
		return nil, err
	}
	in := &intake{
		places: resolver,
		pack:   g.pack, register: viewOf(reg, g.pack.Source(opt.Source)), options: opt, remembered: remembered, file: f,
		source: g.pack.Source(opt.Source),
		name:   storable(strings.ToValidUTF8(src.Name, "�")), // as databases store it
	}
	in.origin = originOf(g.pack, &ImportRow{Source: opt.Source, AsOf: asOf(opt), At: g.clock()})
	return in, nil
}

// told is how often progress is told.
const told = 200 * time.Millisecond

// teller gives a function that tells progress from time to time, and always when it is the last.
func (g *Registry) teller(what Progress, progress func(Progress)) func(rows int, bytes int64, last bool) {
	if progress == nil {
		return func(int, int64, bool) {}
	}
	start := g.clock()
	before := start
	return func(rows int, bytes int64, last bool) {
		now := g.clock()
		if last || now.Sub(before) >= told {
			before = now
			what.Rows, what.Bytes, what.Elapsed = rows, bytes, now.Sub(start)
			progress(what)
		}
	}
}

// report is the report of what was read and stored.
func (m *merger) report(in *intake) *FileReport {
	r := in.report()
	r.Accepted, r.Unchanged = m.accepted, m.unchanged
	return &r
}

// again gives the report of a file that is in force already and would be understood as it was then; else nil.
func (g *Registry) again(ctx context.Context, r Reader, in *intake, print content) (*FileReport, error) {
	imports, err := r.InForce(ctx, in.register.ID, print.sha256)
	if err != nil || len(imports) == 0 {
		return nil, err
	}
	// Headers alone are read, and by another reader: this one's rows may still be wanted.
	f, err := table.Open(print.path, in.name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	look := *in
	look.file = f
	if err := look.understand(); err != nil {
		return nil, err
	}
	now, err := essence(look.layouts)
	if err != nil {
		return nil, err
	}
	for i := range imports {
		before, err := imports[i].layouts()
		if err != nil {
			return nil, err
		}
		then, err := essence(before)
		if err != nil {
			return nil, err
		}
		if now != then || !sameOrigin(&imports[i], in.options) {
			continue
		}
		row, err := r.Import(ctx, imports[i].ID)
		if err != nil {
			return nil, err
		}
		view, err := row.view(in.options.Lang)
		if err != nil {
			return nil, err
		}
		report := view.Report
		report.File, report.Import = in.name, 0
		report.Unchanged += report.Accepted
		report.Accepted = 0
		return &report, nil
	}
	return nil, nil
}

// essence is what of layouts decides how rows are read, as text.
func essence(layouts []*Layout) (string, error) {
	var list []Layout
	for _, l := range layouts {
		e := Layout{
			Sheet: l.Sheet, HeaderRow: l.HeaderRow, HeaderRows: l.HeaderRows, Unit: l.Unit, Year: l.Year,
			YearColumn: l.YearColumn, Complete: l.Complete, Present: l.Present,
		}
		for _, c := range l.Columns {
			e.Columns = append(e.Columns, Column{Index: c.Index, Header: c.Header, Attr: c.Attr, Year: c.Year, Unit: c.Unit})
		}
		list = append(list, e)
	}
	text, err := json.Marshal(list)
	return string(text), err
}

// content is what a file holds, as far as it matters whether it is the same.
type content struct {
	path     string
	sha256   string
	size     int64
	modified time.Time
}

// fingerprint reads a file to its end.
func fingerprint(ctx context.Context, src Source) (c content, err error) {
	info, err := os.Stat(src.Path)
	if err != nil || !info.Mode().IsRegular() {
		// table.Open says best what is wrong.
		f, e := table.Open(src.Path, src.Name)
		if e != nil {
			return c, e
		}
		f.Close()
		return c, fmt.Errorf("registry: %s: not a regular file: %w", src.Path, err)
	}
	f, err := os.Open(src.Path)
	if err != nil {
		_, e := table.Open(src.Path, src.Name)
		return c, e
	}
	defer f.Close()
	h := sha256.New()
	buf := make([]byte, 1<<20)
	for {
		n, err := f.Read(buf)
		h.Write(buf[:n])
		if err == io.EOF {
			break
		}
		if err != nil {
			return c, fmt.Errorf("registry: read %s: %w", src.Path, err)
		}
		if err := ctx.Err(); err != nil {
			return c, err
		}
	}
	return content{src.Path, hex.EncodeToString(h.Sum(nil)), info.Size(), info.ModTime()}, nil
}

// held gives, for what came of reading a file, that it changed meanwhile: whatever seemed wrong with it may be due to that.
func (c content) held(src Source, err error) error {
	if err == nil || fault.Of(err) == fault.Invalid {
		if changed := c.check(src); changed != nil {
			return changed
		}
	}
	return err
}

// check says when a file changed while it was read: what was stored would be neither the old nor the new.
func (c content) check(src Source) error {
	info, err := os.Stat(src.Path)
	if err == nil && info.Size() == c.size && info.ModTime().Equal(c.modified) {
		return nil
	}
	return fault.New(fault.Conflict,
		fmt.Sprintf("“%s”在读取过程中被改动了，没有导入任何内容。请保存并关闭文件后再导入。", src.Name),
		fmt.Sprintf("“%s” was changed while it was read; nothing was imported. Save and close it, then import it again.", src.Name)).Wrap(err)
}
