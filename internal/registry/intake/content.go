package intake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"time"

	"eyas/internal/fault"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/layout"
	"eyas/internal/registry/table"
)

// untouched refuses a base that has records, be they in force or undone.
func untouched(ctx context.Context, r fact.CounterReader) error {
	last, err := r.Counter(ctx, fact.LastRecord)
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

// content is what a file holds, as far as it matters whether it is the same.
type content struct {
	path     string
	sha256   string
	size     int64
	modified time.Time
}

// fingerprint reads a file to its end.
func fingerprint(ctx context.Context, src layout.Source) (c content, err error) {
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
func (c content) held(src layout.Source, err error) error {
	if err == nil || fault.Of(err) == fault.Invalid {
		if changed := c.check(src); changed != nil {
			return changed
		}
	}
	return err
}

// check says when a file changed while it was read: what was stored would be neither the old nor the new.
func (c content) check(src layout.Source) error {
	if src.Kept {
		return nil
	}
	info, err := os.Stat(src.Path)
	if err == nil && info.Size() == c.size && info.ModTime().Equal(c.modified) {
		return nil
	}
	return fault.New(fault.Conflict,
		fmt.Sprintf("“%s”在读取过程中被改动了，没有导入任何内容。请保存并关闭文件后再导入。", src.Name),
		fmt.Sprintf("“%s” was changed while it was read; nothing was imported. Save and close it, then import it again.", src.Name)).Wrap(err)
}
