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
)

// untouched returns a fault with code Conflict when the base has records, in force or undone.
func untouched(ctx context.Context, r fact.CounterReader) error {
	last, err := r.Counter(ctx, fact.LastRecord)
	if err != nil || last == 0 {
		return err
	}
	return NotEmpty()
}

// NotEmpty returns the fault with code Conflict for an import that needs an empty base.
func NotEmpty() error {
	return fault.New(fault.Conflict, "底库里已有数据，演示城市只能装入空的底库。请换一个新的底库，例如 eyas serve --db demo.db。",
		"The base has records already. A demonstration city needs an empty base: use a new one, such as eyas serve --db demo.db.")
}

// content identifies the content of a file.
type content struct {
	src      layout.Source
	sha256   string
	size     int64
	modified time.Time
}

// fingerprint reads a whole file and returns its content.
func fingerprint(ctx context.Context, src layout.Source) (c content, err error) {
	info, err := os.Stat(src.Path)
	if err != nil || !info.Mode().IsRegular() {
		// table.Open has the better message.
		f, e := src.Table()
		if e != nil {
			return c, e
		}
		f.Close()
		return c, fmt.Errorf("registry: %s: not a regular file: %w", src.Path, err)
	}
	f, err := src.Bytes()
	if err != nil {
		_, e := src.Table()
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
	return content{src, hex.EncodeToString(h.Sum(nil)), f.Size(), info.ModTime()}, nil
}

// held returns the error of reading a file; when the file changed while it was read, it returns that fault instead,
// because the change may be the cause.
func (c content) held(src layout.Source, err error) error {
	if err == nil || fault.Of(err) == fault.Invalid {
		if changed := c.check(src); changed != nil {
			return changed
		}
	}
	return err
}

// check returns a fault when a file changed while it was read: the stored rows would match neither the old nor the new
// file.
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
