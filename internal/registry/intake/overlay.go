package intake

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"slices"

	"eyas/internal/fault"
	"eyas/internal/registry/fact"
	"eyas/internal/vault"
)

// overlay is a writer that does not change the base. It keeps the profiles that an import reads again while it runs, in a
// file without a name, so that a file of any size can be previewed. It does not keep records and links.
type overlay struct {
	base   overlaidReader
	file   *vault.Scratch
	end    int64
	places map[int64]int64 // subject → offset in the file
	buf    []byte
}

// overlaidReader reads from the base under an overlay.
type overlaidReader interface {
	fact.NumberReader
	targetReader
}

func newOverlay(base overlaidReader) (*overlay, error) {
	f, err := vault.NewScratch("eyas-preview-*")
	if err != nil {
		return nil, fmt.Errorf("registry: preview: %w", err)
	}
	return &overlay{base: base, file: f, places: map[int64]int64{}}, nil
}

func (o *overlay) close() { o.file.Close() }

func (o *overlay) Counter(ctx context.Context, c fact.Counter) (int64, error) {
	return o.base.Counter(ctx, c)
}

func (o *overlay) Attributes(ctx context.Context, register string) (map[string]int, error) {
	return o.base.Attributes(ctx, register)
}

func (o *overlay) Sources(ctx context.Context) (map[string]int, error) { return o.base.Sources(ctx) }

func (o *overlay) NumbersMark(ctx context.Context) (string, error) { return o.base.NumbersMark(ctx) }

func (o *overlay) Merged(ctx context.Context, register string) ([]fact.MergedRow, error) {
	return o.base.Merged(ctx, register)
}

func (o *overlay) MergedOf(ctx context.Context, subjects []int64) ([]fact.MergedRow, error) {
	return o.base.MergedOf(ctx, subjects)
}

func (o *overlay) MergedNamed(ctx context.Context, register string, keys []string) ([]fact.MergedRow, error) {
	return o.base.MergedNamed(ctx, register, keys)
}

func (o *overlay) EachCode(ctx context.Context, register string, fn func(int64, string) error) error {
	return o.base.EachCode(ctx, register, fn)
}

func (o *overlay) EachName(ctx context.Context, register string, gone bool, fn func(int64, string) error) error {
	return o.base.EachName(ctx, register, gone, fn)
}

func (o *overlay) SubjectsByCode(ctx context.Context, register string, codes []string) ([]fact.SubjectRow, error) {
	return o.base.SubjectsByCode(ctx, register, codes)
}

// SubjectsByKey leaves out the subjects whose name this file has changed, and inactive ones that it has made active.
func (o *overlay) SubjectsByKey(ctx context.Context, register string, keys []string) ([]fact.SubjectRow, error) {
	rows, err := o.base.SubjectsByKey(ctx, register, keys)
	if err != nil {
		return nil, err
	}
	list := rows[:0]
	for _, s := range rows {
		if at, ok := o.places[s.Subject]; ok {
			p, err := o.get(s.Subject, at)
			if err != nil {
				return nil, err
			}
			if p = p.Stored(); p.NameKey != s.NameKey || s.Gone {
				continue
			}
			s.Code = p.Code
		}
		list = append(list, s)
	}
	return list, nil
}

func (o *overlay) AddAttributes(context.Context, string, map[string]int) error { return nil }

func (o *overlay) Set(context.Context, string, string) error { return nil }

func (o *overlay) AddSources(context.Context, map[string]int) error { return nil }

func (o *overlay) AddRecords(context.Context, []fact.RecordRow) error { return nil }

func (o *overlay) AddLinks(context.Context, []fact.LinkRow) error { return nil }

func (o *overlay) AddBlock(context.Context, *fact.BlockRow) error { return nil }

func (o *overlay) AddMentions(context.Context, string, []fact.MentionRow) error { return nil }

func (o *overlay) AddProfiles(_ context.Context, rows []fact.ProfileRow) error { return o.put(rows) }

func (o *overlay) SetProfiles(_ context.Context, rows []fact.ProfileRow) error { return o.put(rows) }

func (o *overlay) put(rows []fact.ProfileRow) error {
	o.buf = o.buf[:0]
	at := o.end
	for i := range rows {
		p := rows[i].Stored()
		o.places[p.Subject] = at + int64(len(o.buf))
		for _, s := range [][]byte{[]byte(p.Register), []byte(p.Code), []byte(p.Name), []byte(p.NameKey), p.Facts} {
			o.buf = binary.LittleEndian.AppendUint32(o.buf, uint32(len(s)))
			o.buf = append(o.buf, s...)
		}
	}
	n, err := o.file.WriteAt(o.buf, at)
	o.end += int64(n)
	if err != nil {
		return fault.New(fault.Unavailable,
			fmt.Sprintf("预览要暂存在 %s，但那里写不下或不能写。请清理那里的空间，或用环境变量 TMPDIR 指定另一个文件夹，再试。", os.TempDir()),
			fmt.Sprintf("A preview is put aside in %s, where it cannot be written. Make room there, or name another folder with TMPDIR, and try again.", os.TempDir())).Wrap(err)
	}
	return nil
}

func (o *overlay) get(subject, at int64) (p fact.ProfileRow, err error) {
	p.Subject = subject
	part := func() []byte {
		var n [4]byte
		if _, e := o.file.ReadAt(n[:], at); e != nil {
			err = e
			return nil
		}
		s := make([]byte, binary.LittleEndian.Uint32(n[:]))
		if _, e := o.file.ReadAt(s, at+4); e != nil && len(s) > 0 {
			err = e
		}
		at += 4 + int64(len(s))
		return s
	}
	p.Register, p.Code, p.Name, p.NameKey, p.Facts = string(part()), string(part()), string(part()), string(part()), part()
	p.Unhold()
	return p, err
}

func (o *overlay) Profiles(ctx context.Context, subjects []int64) ([]fact.ProfileRow, error) {
	var list []fact.ProfileRow
	stored := make([]int64, 0, len(subjects))
	for _, s := range subjects {
		at, ok := o.places[s]
		if !ok {
			stored = append(stored, s)
			continue
		}
		p, err := o.get(s, at)
		if err != nil {
			return nil, fmt.Errorf("registry: preview: %w", err)
		}
		list = append(list, p)
	}
	rows, err := o.base.Profiles(ctx, stored)
	list = append(list, rows...)
	slices.SortFunc(list, func(a, b fact.ProfileRow) int { return int(a.Subject - b.Subject) })
	return list, err
}
