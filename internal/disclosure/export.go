package disclosure

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/pack"
)

// Members are the subjects of a list, compactly: a million that follow each other take about 200 bytes, any million of them at
// most 130 KB. The zero value has none.
type Members struct {
	blocks map[int64]*roaring.Bitmap // subject >> 16 → the lower 16 bits
}

// Add adds a subject; 0 is none.
func (m *Members) Add(subject int64) {
	if subject == 0 {
		return
	}
	if m.blocks == nil {
		m.blocks = map[int64]*roaring.Bitmap{}
	}
	b := m.blocks[subject>>16]
	if b == nil {
		b = roaring.New()
		m.blocks[subject>>16] = b
	}
	b.Add(uint32(subject & 0xffff))
}

// Len is how many there are.
func (m *Members) Len() (n int) {
	if m == nil {
		return 0
	}
	for _, b := range m.blocks {
		n += int(b.GetCardinality())
	}
	return n
}

// Blocks are the members as rows to store: the number of a block, and its bitmap.
func (m *Members) Blocks() iter.Seq2[int64, []byte] {
	return func(yield func(int64, []byte) bool) {
		if m == nil {
			return
		}
		for n, b := range m.blocks {
			b.RunOptimize()
			text, err := b.ToBytes()
			if err != nil {
				panic(err) // it is written into memory
			}
			if !yield(n, text) {
				return
			}
		}
	}
}

// BlockOf is the number of the block in which a subject stands.
func BlockOf(subject int64) int64 { return subject >> 16 }

// InBlock reports whether a stored block has a subject.
func InBlock(block []byte, subject int64) (bool, error) {
	b := roaring.New()
	if _, err := b.FromBuffer(block); err != nil {
		return false, fmt.Errorf("disclosure: members of an export: %w", err)
	}
	return b.Contains(uint32(subject & 0xffff)), nil
}

// Exported writes that the actor of a context takes a file along, before the file is whole. A file about one subject, and one with
// unmasked personal data, is in the log too. What is one's own, and files without subjects, are not written.
func (l *Ledger) Exported(ctx context.Context, e Export, m *Members) (err error) {
	defer fault.At(&err, "disclosure.Exported(%s)", e.What)
	who, a := l.who(ctx)
	e.Subjects = m.Len()
	if a.ID == auth.Self || l.own(a) || e.Subject == 0 && e.Subjects == 0 {
		return nil
	}
	e.Who, e.At = who, l.Clock()
	if e.Subject == 0 {
		return l.Storage.WriteDisclosures(ctx, func(c Counter) error { return c.AddExport(ctx, &e, m) })
	}
	entry, err := l.entry(ctx, "export", e.Subject, map[string]any{"file": e.What})
	if err != nil {
		return err
	}
	return l.Storage.WriteUnmasking(ctx, func(w Writer) error {
		if err := w.Log(ctx, entry); err != nil {
			return err
		}
		return w.AddExport(ctx, &e, nil)
	})
}

// Contacts logs that the actor of a context takes the unmasked personal data of a list along, before any of it is written: what,
// what for, and by which filter.
func (l *Ledger) Contacts(ctx context.Context, a Ask, list string, rows int) (_ *Ask, err error) {
	defer fault.At(&err, "disclosure.Contacts(register %s)", a.Register)
	if err := l.Actors.Decide(ctx, auth.Contacts, auth.Resource{Register: a.Register}); err != nil {
		return nil, err
	}
	if err := l.check(ctx, &a); err != nil {
		return nil, err
	}
	e, err := audit.Entry{At: l.Clock(), Actor: l.Actors.Acting(ctx).ID, Action: "export", Subject: "register/" + a.Register}.WithDetail(map[string]any{
		"fields": a.Fields, "purpose": a.Purpose, "reason": audit.Beside(a.Reason), "list": audit.Beside(list), "rows": rows})
	if err != nil {
		return nil, err
	}
	return &a, l.Storage.WriteUnmasking(ctx, func(w Writer) error { return w.Log(ctx, e) })
}

// File is a file with rows of an import as they came.
type File struct {
	Import  int64
	Name    string // last part of its address
	Unknown bool   // it may have personal data of any class
}

// What is the address of the file.
func (f File) What() string { return fmt.Sprintf("/import/record/%d/%s", f.Import, f.Name) }

// Original logs that the actor of a context takes a file of an import along that has personal data as they came, before any of it is
// given: what for, and of whom. A class of data that he does not see is in no file that he gets.
func (l *Ledger) Original(ctx context.Context, f File, a Ask, m *Members) (err error) {
	defer fault.At(&err, "disclosure.Original(import %d)", f.Import)
	if err := l.Actors.Decide(ctx, auth.Unmask, auth.Resource{Register: a.Register}); err != nil {
		return err
	}
	reg, classes := l.Pack.Register(a.Register), l.Actors.Classes(ctx)
	hidden := f.Unknown && len(classes) < len(pack.AllClasses())
	for _, id := range a.Fields {
		x := reg.Attribute(id)
		hidden = hidden || x == nil || !slices.Contains(classes, x.Class)
	}
	if hidden {
		return fault.New(fault.Forbidden, "文件里有或可能有您的角色看不到的个人信息，所以不能取回。请联系安全管理员授权，或请有权的人取回。",
			"The file has, or may have, personal data that your role does not see, so it cannot be fetched. Ask the security administrator for the right, or somebody who has it.")
	}
	if err := l.checkPurpose(&a); err != nil {
		return err
	}
	who, _ := l.who(ctx)
	what := f.What()
	x := Export{Who: who, At: l.Clock(), What: what, Purpose: a.Purpose, Fields: a.Fields, Subjects: m.Len()}
	e, err := audit.Entry{At: x.At, Actor: l.Actors.Acting(ctx).ID, Action: "export", Subject: fmt.Sprintf("import/%d", f.Import)}.WithDetail(map[string]any{
		"file": what, "fields": a.Fields, "purpose": a.Purpose, "reason": audit.Beside(a.Reason), "subjects": x.Subjects})
	if err != nil {
		return err
	}
	return l.Storage.WriteUnmasking(ctx, func(w Writer) error {
		if err := w.Log(ctx, e); err != nil {
			return err
		}
		return w.AddExport(ctx, &x, m)
	})
}
