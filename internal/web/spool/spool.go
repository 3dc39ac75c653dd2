// Package spool keeps uploaded files in a folder beside the database until a person has confirmed or
// discarded them. An upload is one file with a small JSON note beside it, so it outlives the process.
package spool

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"eyas/internal/fault"
	"eyas/internal/registry"
)

// Upload is one file that waits.
type Upload struct {
	ID      string           `json:"id"`
	Name    string           `json:"name"` // as the person's computer called it
	Size    int64            `json:"size"`
	At      time.Time        `json:"at"`
	Options registry.Options `json:"options"` // how it is to be read: register, year, mapping, complete lists
}

// Folder holds uploads. Its methods may be called from many goroutines.
type Folder struct {
	dir   string
	limit int64
	clock func() time.Time
	mu    sync.Mutex // over notes
}

// Open makes the folder when it is absent. No file may be larger than limit bytes.
func Open(dir string, limit int64, clock func() time.Time) (*Folder, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	return &Folder{dir: dir, limit: limit, clock: clock}, nil
}

// Limit is the largest file that is taken, in bytes.
func (f *Folder) Limit() int64 { return f.limit }

// Put stores a file as it is read. It fails with fault.Invalid when the file is empty or larger than the
// limit, and leaves nothing behind then, nor when ctx ends.
func (f *Folder) Put(ctx context.Context, name string, r io.Reader, opt registry.Options) (u Upload, err error) {
	var b [8]byte
	if _, err := rand.Read(b[:]); err != nil {
		return Upload{}, fmt.Errorf("spool: %w", err)
	}
	u = Upload{ID: hex.EncodeToString(b[:]), Name: plainName(name), At: f.clock(), Options: opt}
	path := f.Path(u.ID)
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return Upload{}, fmt.Errorf("spool: %w", err)
	}
	defer func() {
		if err != nil {
			os.Remove(path)
		}
	}()
	u.Size, err = io.Copy(file, io.LimitReader(contextReader{ctx, r}, f.limit+1))
	if cerr := file.Close(); err == nil {
		err = cerr
	}
	switch {
	case err != nil:
		return Upload{}, fmt.Errorf("spool: store %q: %w", u.Name, err)
	case u.Size == 0:
		return Upload{}, fault.New(fault.Invalid, "文件“"+u.Name+"”是空的，请检查后重新选择。", "The file "+u.Name+" is empty: check it and choose it again.")
	case u.Size > f.limit:
		return Upload{}, TooLarge(u.Name, f.limit)
	}
	return u, f.save(u)
}

// TooLarge is the fault of a file above the limit.
func TooLarge(name string, limit int64) *fault.Error {
	size := fmt.Sprintf("%d MB", limit>>20)
	if limit < 1<<20 {
		size = fmt.Sprintf("%d KB", limit>>10)
	}
	return fault.New(fault.Invalid,
		fmt.Sprintf("文件“%s”超过 %s 的上限。请拆成几个文件，或用命令 eyas import 导入。", name, size),
		fmt.Sprintf("The file %s is larger than the limit of %s: split it, or import it with the command eyas import.", name, size))
}

// Path is where the bytes of an upload lie.
func (f *Folder) Path(id string) string { return filepath.Join(f.dir, id+".upload") }

func (f *Folder) note(id string) string { return filepath.Join(f.dir, id+".json") }

// valid keeps what comes from an address from naming anything else than an upload.
func valid(id string) bool {
	_, err := hex.DecodeString(id)
	return err == nil && len(id) == 16
}

// Get gives an upload; fault.NotFound when it was imported, discarded or swept.
func (f *Folder) Get(id string) (Upload, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.get(id)
}

func (f *Folder) get(id string) (Upload, error) {
	var u Upload
	gone := fault.New(fault.NotFound, "这个待导入的文件已不在：它已经导入、被放弃或过期了。请重新选择文件。",
		"This uploaded file is no longer here: it was imported, discarded or has expired. Choose the file again.")
	if !valid(id) {
		return u, gone
	}
	text, err := os.ReadFile(f.note(id))
	if errors.Is(err, fs.ErrNotExist) {
		return u, gone
	}
	if err != nil {
		return u, fmt.Errorf("spool: %w", err)
	}
	if err := json.Unmarshal(text, &u); err != nil {
		return u, fmt.Errorf("spool: note of %s: %w", id, err)
	}
	return u, nil
}

// SetOptions changes how an upload is to be read.
func (f *Folder) SetOptions(id string, opt registry.Options) (Upload, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	u, err := f.get(id)
	if err != nil {
		return u, err
	}
	u.Options = opt
	return u, f.save(u)
}

func (f *Folder) save(u Upload) error {
	text, err := json.Marshal(u)
	if err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	next := f.note(u.ID) + ".new"
	if err := os.WriteFile(next, text, 0o600); err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	if err := os.Rename(next, f.note(u.ID)); err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	return nil
}

// Remove drops an upload; one that is gone already is no error.
func (f *Folder) Remove(id string) error {
	if !valid(id) {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	var failed error
	for _, path := range []string{f.note(id), f.Path(id), f.preview(id)} {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			failed = errors.Join(failed, err)
		}
	}
	if failed != nil {
		return fmt.Errorf("spool: %w", failed)
	}
	return nil
}

func (f *Folder) preview(id string) string { return filepath.Join(f.dir, id+".preview") }

// previewOf is a preview as it lies in the folder: key says of which options it is.
type previewOf struct {
	Key     string
	Preview *registry.Preview
}

// PutPreview keeps what an import would do beside its upload, so that no memory need hold it. Of an upload that is gone
// nothing is kept.
func (f *Folder) PutPreview(id, key string, p *registry.Preview) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, err := os.Stat(f.note(id)); err != nil {
		return nil
	}
	file, err := os.CreateTemp(f.dir, id+".preview-*")
	if err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	err = gob.NewEncoder(file).Encode(previewOf{key, p})
	if e := file.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(file.Name(), f.preview(id))
	}
	if err != nil {
		os.Remove(file.Name())
		return fmt.Errorf("spool: preview of %s: %w", id, err)
	}
	return nil
}

// Preview gives the preview of an upload that key names; nil when there is none.
func (f *Folder) Preview(id, key string) (*registry.Preview, error) {
	if !valid(id) {
		return nil, nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	file, err := os.Open(f.preview(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	defer file.Close()
	var p previewOf
	if err := gob.NewDecoder(bufio.NewReader(file)).Decode(&p); err != nil {
		return nil, nil // of another version of the program: it is made again
	}
	if p.Key != key {
		return nil, nil
	}
	return p.Preview, nil
}

// List gives the uploads that wait, newest first.
func (f *Folder) List() ([]Upload, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	names, err := filepath.Glob(filepath.Join(f.dir, "*.json"))
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	var all []Upload
	for _, name := range names {
		u, err := f.get(strings.TrimSuffix(filepath.Base(name), ".json"))
		if err != nil {
			continue // one bad note does not hide the others
		}
		all = append(all, u)
	}
	slices.SortFunc(all, func(a, b Upload) int {
		if d := b.At.Compare(a.At); d != 0 {
			return d
		}
		return strings.Compare(a.ID, b.ID)
	})
	return all, nil
}

// Sweep drops uploads older than age, and files that a stopped upload left without a note.
func (f *Folder) Sweep(age time.Duration) error {
	entries, err := os.ReadDir(f.dir)
	if err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	before := f.clock().Add(-age)
	for _, e := range entries {
		id, kind, _ := strings.Cut(e.Name(), ".")
		if !valid(id) {
			continue // not ours
		}
		info, err := e.Info()
		if err != nil {
			continue
		}
		_, noteErr := os.Stat(f.note(id))
		orphan := kind != "json" && errors.Is(noteErr, fs.ErrNotExist)
		if u, err := f.Get(id); (err == nil && u.At.Before(before)) || (orphan && info.ModTime().Before(before)) {
			if err := f.Remove(id); err != nil {
				return err
			}
		}
	}
	return nil
}

// plainName keeps the last part of what a browser sent, fit to be shown and logged.
func plainName(name string) string {
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			return -1
		}
		return r
	}, name)
	for len(name) > 200 {
		_, size := utf8.DecodeRuneInString(name)
		name = name[size:] // the ending says what kind of file it is
	}
	if name = strings.TrimSpace(name); name == "" {
		return "upload"
	}
	return name
}

// contextReader stops reading when its context ends.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
