// Package demo makes a demonstration city: plausible enterprises that do not exist. It writes them as the files that a
// bureau would hand over (a market register, an annual statement, the science office's own sheet, lists of carriers,
// platforms, institutions, people, achievements, demands, finance products and instruments) and imports these like real
// files. Every name ends in （示例）, every credit code is in a range that is never issued, and the imports are marked
// synthetic.
//
// The same seed, size and base year give the same bytes.
package demo

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"eyas/internal/fault"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/identity"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
)

// MaxRows is the largest city: every enterprise of it has a code and a name of its own.
const MaxRows = 10_000_000

// Options of a demonstration city.
type Options struct {
	Rows  int    // enterprises
	Seed  uint64 // same seed, same city
	Until int    // the last year with figures: the base year of a screening in the year after
	Dir   string // where the files are written and kept; empty: a temporary folder, removed afterwards
	Lang  string // language of the reports; empty: zh-CN
	First bool   // only into a base without records; a fault with code Conflict otherwise
}

// file is one of the files of a city.
type file struct {
	register string // empty: enterprises
	name     string
	write    func(io.Writer, Options) error
	complete []string
	source   string // of the pack; empty: not said
}

// files in the order in which they are taken in.
func files(o Options) []file {
	return append([]file{
		{name: "示例-市场主体登记.csv", write: WriteRegister, complete: []string{"abnormal_list", "breach_list"}, source: "market"},
		{name: fmt.Sprintf("示例-企业年度统计-%d至%d.csv", o.Until-span+1, o.Until), write: WriteStatement, source: "annual"},
		{name: "示例-科技资质与知识产权.csv", write: WriteStanding},
	}, others()...)
}

// Importer is what Fill needs from the registry.
type Importer interface {
	Import(ctx context.Context, src layout.Source, opt layout.Options, progress func(derive.Progress)) (*intake.FileReport, int64, error)
	Link(ctx context.Context, register string, progress func(derive.Progress)) (*identity.Linkage, error)
}

// Fill writes the files of a city and imports them, marked synthetic. Each file is one import. progress gets how far the whole is, in
// thousandths (Bytes of TotalBytes); it may be nil.
// Filling again with the same options changes nothing, so that an interrupted filling can be started again.
func Fill(ctx context.Context, into Importer, o Options, progress func(file string, p derive.Progress)) (_ []*intake.FileReport, err error) {
	defer fault.At(&err, "demo.Fill")
	if o.Rows < 1 || o.Rows > MaxRows {
		return nil, fault.New(fault.Invalid,
			fmt.Sprintf("示例城市的企业数应在 1 到 %d 之间，给出的是 %d。", MaxRows, o.Rows),
			fmt.Sprintf("a demonstration city has 1 to %d enterprises, not %d", MaxRows, o.Rows))
	}
	if o.Until < 2000 || o.Until > 2100 {
		return nil, fault.New(fault.Invalid,
			fmt.Sprintf("示例数据的最后年份应在 2000 到 2100 之间，给出的是 %d。", o.Until),
			fmt.Sprintf("the last year of a demonstration city lies between 2000 and 2100, not in %d", o.Until))
	}
	dir := o.Dir
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "eyas-demo-"); err != nil {
			return nil, err
		}
		defer os.RemoveAll(dir)
	}
	var reports []*intake.FileReport
	all, w := files(o), &overall{tell: progress}
	sizes, sum := make([]int64, len(all)), int64(0)
	for i, f := range all {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		path := filepath.Join(dir, f.name)
		if err := writeFile(path, f.write, o); err != nil {
			return nil, fmt.Errorf("write %s: %w", path, err)
		}
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		sizes[i] = info.Size()
		sum += sizes[i]
		w.step(generated * float64(i+1) / float64(len(all)))
		w.say(f.name, derive.Progress{Stage: "generating", Bytes: 1, TotalBytes: 1})
	}
	done := int64(0)
	for i, f := range all {
		if err := ctx.Err(); err != nil {
			return reports, err
		}
		done += sizes[i]
		w.step(generated + (imported-generated)*float64(done)/float64(sum))
		report, _, err := into.Import(ctx, layout.Source{Name: f.name, Path: filepath.Join(dir, f.name)}, layout.Options{
			Register: cmp.Or(f.register, "enterprise"), Complete: f.complete, Source: f.source, Synthetic: true, Lang: o.Lang, First: o.First && i == 0,
		}, func(p derive.Progress) { w.say(f.name, p) })
		if err != nil {
			return reports, fmt.Errorf("import %s: %w", f.name, err)
		}
		reports = append(reports, report)
	}
	w.step(wholeWork)
	_, err = into.Link(ctx, "enterprise", func(p derive.Progress) { w.say(linking, p) })
	return reports, err
}

// linking takes the place of a file name in progress while names are linked to the register.
const linking = "示例-名单比对"

// Write writes the files of a city into a folder without importing them and returns their paths.
func Write(o Options) (_ []string, err error) {
	defer fault.At(&err, "demo.Write")
	var paths []string
	for _, f := range files(o) {
		path := filepath.Join(o.Dir, f.name)
		if err := writeFile(path, f.write, o); err != nil {
			return paths, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}

func writeFile(path string, write func(io.Writer, Options) error, o Options) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if e := f.Close(); err == nil {
			err = e
		}
	}()
	w := bufio.NewWriterSize(f, 1<<18)
	if err := write(w, o); err != nil {
		return err
	}
	return w.Flush()
}
