// Package spool keeps files that wait for a person in a folder beside the database: uploads until they are confirmed or
// discarded, exports until they are fetched. Each is one file with a small JSON note beside it, so it outlives the
// process. The folder has a quota.
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

// Limits bound what a folder holds.
type Limits struct {
	File  int64 // bytes of one file
	Total int64 // bytes of all, those still arriving too
	Files int   // how many
}

// ErrFull is the cause of a fault that says that the folder is full.
var ErrFull = errors.New("spool: full")

// Folder holds uploads. Its methods may be called from many goroutines.
type Folder struct {
	dir   string
	limit Limits
	clock func() time.Time

	mu       sync.Mutex       // over notes and what follows
	arriving map[string]int64 // bytes so far of files that are being stored, by id
	held     map[string]int   // files in use, by id
}

// Open makes the folder when it is absent.
func Open(dir string, limit Limits, clock func() time.Time) (*Folder, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	return &Folder{dir: dir, limit: limit, clock: clock, arriving: map[string]int64{}, held: map[string]int{}}, nil
}

// Limit is the largest file that is taken, in bytes.
func (f *Folder) Limit() int64 { return f.limit.File }

// Limits are the bounds of the folder.
func (f *Folder) Limits() Limits { return f.limit }

// Put stores a file as it is read. It fails with fault.Invalid when the file is empty or larger than the limit, or when
// the folder is full (cause ErrFull), and leaves nothing behind then, nor when ctx ends.
func (f *Folder) Put(ctx context.Context, name string, r io.Reader, opt registry.Options) (u Upload, err error) {
	var b [8]byte
	if _, err := rand.Read(b[:]); err != nil {
		return Upload{}, fmt.Errorf("spool: %w", err)
	}
	u = Upload{ID: hex.EncodeToString(b[:]), Name: plainName(name), At: f.clock(), Options: opt}
	room, err := f.admit(u.ID)
	if err != nil {
		return Upload{}, err
	}
	defer f.arrived(u.ID)
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
	u.Size, err = io.Copy(file, &arrival{f: f, id: u.ID, room: room, r: io.LimitReader(contextReader{ctx, r}, f.limit.File+1)})
	if cerr := file.Close(); err == nil {
		err = cerr
	}
	switch {
	case errors.Is(err, ErrFull):
		return Upload{}, err
	case err != nil:
		return Upload{}, fmt.Errorf("spool: store %q: %w", u.Name, err)
	case u.Size == 0:
		return Upload{}, fault.New(fault.Invalid, "文件“"+u.Name+"”是空的，请检查后重新选择。", "The file "+u.Name+" is empty: check it and choose it again.")
	case u.Size > f.limit.File:
		return Upload{}, TooLarge(u.Name, f.limit.File)
	}
	return u, f.save(u)
}

// admit counts a file that begins to arrive and gives the bytes that finished files leave for all that arrive.
func (f *Folder) admit(id string) (room int64, err error) {
	waiting, err := f.List()
	if err != nil {
		return 0, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	room = f.limit.Total
	for _, u := range waiting {
		if _, yes := f.arriving[u.ID]; !yes {
			room -= u.Size
		}
	}
	if len(waiting)+len(f.arriving) >= f.limit.Files {
		return 0, fault.New(fault.Invalid,
			fmt.Sprintf("等待导入的文件已有 %d 个，达到上限。请先在“数据”页导入或放弃一些，再上传。", f.limit.Files),
			fmt.Sprintf("%d files wait to be imported, which is the limit. Import or discard some on the page “Data”, then upload again.", f.limit.Files)).Wrap(ErrFull)
	}
	if room <= 0 {
		return 0, f.full()
	}
	f.arriving[id] = 0
	return room, nil
}

func (f *Folder) arrived(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.arriving, id)
}

func (f *Folder) full() error {
	return fault.New(fault.Invalid,
		fmt.Sprintf("等待导入的文件合计超过 %s 的上限。请先在“数据”页导入或放弃一些，再上传；或用命令 eyas import 直接导入。", bytesText(f.limit.Total)),
		fmt.Sprintf("The files that wait to be imported are more than the limit of %s. Import or discard some on the page “Data”, then upload again, or import with the command eyas import.", bytesText(f.limit.Total))).Wrap(ErrFull)
}

// arrival counts the bytes of a file that arrives, and stops it when the folder is full.
type arrival struct {
	f    *Folder
	id   string
	room int64
	r    io.Reader
}

func (a *arrival) Read(p []byte) (int, error) {
	n, err := a.r.Read(p)
	a.f.mu.Lock()
	defer a.f.mu.Unlock()
	all := int64(n)
	for _, size := range a.f.arriving {
		all += size
	}
	if n > 0 && all > a.room {
		return 0, a.f.full() // what is refused takes no room from the others that arrive
	}
	a.f.arriving[a.id] += int64(n)
	return n, err
}

// Hold keeps a file from being swept until release is called.
func (f *Folder) Hold(id string) (release func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.held[id]++
	return sync.OnceFunc(func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.held[id]--; f.held[id] == 0 {
			delete(f.held, id)
		}
	})
}

// busy reports a file that arrives or is held.
func (f *Folder) busy(id string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, arriving := f.arriving[id]
	return arriving || f.held[id] > 0
}

// MakeRoom drops the oldest files that nobody holds until the folder is at most half full.
func (f *Folder) MakeRoom() error {
	all, err := f.List()
	if err != nil {
		return err
	}
	var size int64
	for _, u := range all {
		size += u.Size
	}
	for n := len(all); n > 0 && (n > f.limit.Files/2 || size > f.limit.Total/2); n-- {
		u := all[n-1]
		if f.busy(u.ID) {
			continue
		}
		if err := f.Remove(u.ID); err != nil {
			return err
		}
		size -= u.Size
	}
	return nil
}

func bytesText(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%d GB", n>>30)
	case n >= 1<<20:
		return fmt.Sprintf("%d MB", n>>20)
	}
	return fmt.Sprintf("%d KB", n>>10)
}

// TooLarge is the fault of a file above the limit.
func TooLarge(name string, limit int64) *fault.Error {
	size := fmt.Sprintf("%d MB", limit>>20)
	if limit < 1<<20 {
		size = bytesText(limit)
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
		if !valid(id) || f.busy(id) {
			continue // not ours, or in use
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
