// Package spool keeps files that wait for a person: uploads until they are confirmed or discarded, exports until they are
// fetched. They lie in the store of files, so every process of the base knows them. There is a quota.
package spool

import (
	"bytes"
	"context"
	"encoding/gob"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/file"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
	"eyas/internal/vault"
)

// Upload is one file that waits.
type Upload struct {
	ID      string         `json:"id"`
	Name    string         `json:"name"` // as the person's computer called it
	Size    int64          `json:"size"`
	SHA256  string         `json:"sha256"`
	At      time.Time      `json:"at"`
	Options layout.Options `json:"options"` // how it is to be read: register, year, mapping, complete lists
	Actor   string         `json:"-"`       // whose it is; empty: nobody was named
}

// note is what is kept of an upload besides its bytes.
type note struct {
	layout.Options
	Actor string `json:"actor,omitempty"`
}

// Limits bound what a folder holds. Files that arrive at another process at the same moment are counted when they are
// there.
type Limits struct {
	File  int64 // bytes of one file
	Total int64 // bytes of all, those still arriving too
	Files int   // how many
}

// ErrFull is the cause of a fault that says that the folder is full.
var ErrFull = errors.New("spool: full")

// Folder holds uploads. Its methods may be called from many goroutines.
type Folder struct {
	// Actors says who may see whose files; that of a base without accounts when Open gives the folder.
	Actors auth.Directory

	files *file.Store
	kind  string // of scope
	limit Limits
	clock func() time.Time

	mu       sync.Mutex
	arriving map[string]int64 // bytes so far of files that are being stored, by id
	held     map[string]int   // files in use, by id
}

// Export is the kind of scope of files that are to be fetched.
const Export = "export"

// Open gives the folder of a kind: file.Upload or Export.
func Open(files *file.Store, kind string, limit Limits, clock func() time.Time) *Folder {
	return &Folder{Actors: auth.Accountless(), files: files, kind: kind, limit: limit, clock: clock, arriving: map[string]int64{}, held: map[string]int{}}
}

// Limit is the largest file that is taken, in bytes.
func (f *Folder) Limit() int64 { return f.limit.File }

// Limits are the bounds of the folder.
func (f *Folder) Limits() Limits { return f.limit }

// Put stores a file as it is read. It fails with fault.Invalid when the file is empty or larger than the limit, or when
// the folder is full (cause ErrFull), and leaves nothing behind then, nor when ctx ends.
func (f *Folder) Put(ctx context.Context, name string, r io.Reader, opt layout.Options) (u Upload, err error) {
	text, err := json.Marshal(note{opt, auth.Of(ctx)})
	if err != nil {
		return Upload{}, fmt.Errorf("spool: %w", err)
	}
	l := file.Link{ID: file.NewID(), Scope: file.Scope{Kind: f.kind}, Name: plainName(name), At: f.clock(), Note: text}
	room, err := f.admit(l.ID)
	if err != nil {
		return Upload{}, err
	}
	defer f.arrived(l.ID)
	in := &arrival{f: f, id: l.ID, name: l.Name, room: room, r: contextReader{ctx, r}}
	l, err = f.files.Put(ctx, in, l)
	var said *fault.Error
	switch {
	case errors.As(err, &said):
		return Upload{}, said
	case err != nil:
		return Upload{}, fmt.Errorf("spool: store %q: %w", plainName(name), err)
	case l.Size == 0:
		if err := f.Remove(l.ID); err != nil {
			return Upload{}, err
		}
		return Upload{}, fault.New(fault.Invalid, "文件“"+l.Name+"”是空的，请检查后重新选择。", "The file "+l.Name+" is empty: check it and choose it again.")
	}
	return upload(l)
}

// upload is a link as it waits.
func upload(l file.Link) (Upload, error) {
	u := Upload{ID: l.ID, Name: l.Name, Size: l.Size, SHA256: l.SHA256, At: l.At}
	if len(l.Note) == 0 {
		return u, nil
	}
	var n note
	if err := json.Unmarshal(l.Note, &n); err != nil {
		return u, fmt.Errorf("spool: note of %s: %w", l.ID, err)
	}
	u.Options, u.Actor = n.Options, n.Actor
	return u, nil
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

// arrival counts the bytes of a file that arrives, and stops it when it is too large or the folder is full.
type arrival struct {
	f        *Folder
	id, name string
	room     int64
	r        io.Reader
}

func (a *arrival) Read(p []byte) (int, error) {
	n, err := a.r.Read(p)
	a.f.mu.Lock()
	defer a.f.mu.Unlock()
	all := int64(n)
	for _, size := range a.f.arriving {
		all += size
	}
	if a.f.arriving[a.id]+int64(n) > a.f.limit.File {
		return 0, TooLarge(a.name, a.f.limit.File)
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

// Local gives the path of an upload's bytes on this machine; see file.Store.
func (f *Folder) Local(ctx context.Context, u Upload) (string, error) {
	return f.files.Local(ctx, u.SHA256)
}

// OpenFile opens a file that Local named.
func (f *Folder) OpenFile(path string) (vault.File, error) { return f.files.OpenFile(path) }

// gone is said of an upload that does not wait any more.
func gone() error {
	return fault.New(fault.NotFound, "这个待导入的文件已不在：它已经导入、被放弃或过期了。请重新选择文件。",
		"This uploaded file is no longer here: it was imported, discarded or has expired. Choose the file again.")
}

// Get gives an upload; fault.NotFound when it was imported, discarded or swept.
func (f *Folder) Get(id string) (Upload, error) {
	l, err := f.files.Link(context.Background(), id)
	if err != nil {
		return Upload{}, fmt.Errorf("spool: %w", err)
	}
	if l == nil || l.Scope.Kind != f.kind {
		return Upload{}, gone()
	}
	return upload(*l)
}

// Shown gives an upload to those who may see it; fault.NotFound to others.
func (f *Folder) Shown(ctx context.Context, id string) (Upload, error) {
	u, err := f.Get(id)
	if err == nil && !f.Actors.Sees(ctx, u.Actor) {
		return Upload{}, gone()
	}
	return u, err
}

// SetOptions changes how an upload is to be read.
func (f *Folder) SetOptions(id string, opt layout.Options) (Upload, error) {
	u, err := f.Get(id)
	if err != nil {
		return Upload{}, err
	}
	l, err := f.files.SetNote(context.Background(), id, func(json.RawMessage) (json.RawMessage, error) { return json.Marshal(note{opt, u.Actor}) })
	if fault.Of(err) == fault.NotFound {
		return Upload{}, gone()
	}
	if err != nil {
		return Upload{}, fmt.Errorf("spool: %w", err)
	}
	return upload(l)
}

// kindPreview is the kind of scope of what an import of an upload would do.
const kindPreview = file.Preview

// PutPreview keeps what an import would do beside its upload, so that no memory need hold it and every process can show
// it; key says of which options it is. Of an upload that is gone nothing is kept.
func (f *Folder) PutPreview(ctx context.Context, id, key string, p *intake.Preview) error {
	if _, err := f.Get(id); err != nil {
		if fault.Of(err) == fault.NotFound {
			return nil
		}
		return err
	}
	note, err := json.Marshal(key)
	if err != nil {
		return err
	}
	before, err := f.files.Links(ctx, file.Scope{Kind: kindPreview, ID: id})
	if err != nil {
		return err
	}
	var text bytes.Buffer
	if err := gob.NewEncoder(&text).Encode(p); err != nil {
		return fmt.Errorf("spool: preview of %s: %w", id, err)
	}
	if _, err := f.files.Put(ctx, &text, file.Link{Scope: file.Scope{Kind: kindPreview, ID: id}, Name: "preview", Note: note}); err != nil {
		return fmt.Errorf("spool: preview of %s: %w", id, err)
	}
	return f.drop(ctx, before)
}

func (f *Folder) drop(ctx context.Context, links []file.Link) error {
	for _, l := range links {
		if err := f.files.Detach(ctx, l.ID, ""); err != nil {
			return fmt.Errorf("spool: %w", err)
		}
	}
	return nil
}

// Preview gives the preview of an upload that key names; nil when there is none.
func (f *Folder) Preview(ctx context.Context, id, key string) (*intake.Preview, error) {
	links, err := f.files.Links(ctx, file.Scope{Kind: kindPreview, ID: id})
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	for _, l := range links {
		var of string
		if json.Unmarshal(l.Note, &of) != nil || of != key {
			continue
		}
		path, err := f.files.Local(ctx, l.SHA256)
		if err != nil {
			return nil, err
		}
		text, err := vault.ReadFile(path, f.files)
		if err != nil {
			return nil, fmt.Errorf("spool: %w", err)
		}
		var p intake.Preview
		if gob.NewDecoder(bytes.NewReader(text)).Decode(&p) != nil {
			return nil, nil // of another version of the program: it is made again
		}
		return &p, nil
	}
	return nil, nil
}

// Remove drops an upload; one that is gone already is no error.
func (f *Folder) Remove(id string) error {
	ctx := context.Background()
	if err := f.dropPreviews(ctx, id); err != nil {
		return err
	}
	l, err := f.files.Link(ctx, id)
	if err != nil || l == nil || l.Scope.Kind != f.kind {
		return err
	}
	return f.drop(ctx, []file.Link{*l})
}

func (f *Folder) dropPreviews(ctx context.Context, id string) error {
	links, err := f.files.Links(ctx, file.Scope{Kind: kindPreview, ID: id})
	if err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	return f.drop(ctx, links)
}

// List gives the uploads that wait, newest first.
func (f *Folder) List() ([]Upload, error) {
	links, err := f.files.Links(context.Background(), file.Scope{Kind: f.kind})
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	var all []Upload
	for _, l := range links {
		u, err := upload(l)
		if err != nil {
			continue // one bad note does not hide the others
		}
		all = append(all, u)
	}
	return all, nil
}

// Waiting is List of what who acts in ctx may see.
func (f *Folder) Waiting(ctx context.Context) ([]Upload, error) {
	all, err := f.List()
	return slices.DeleteFunc(all, func(u Upload) bool { return !f.Actors.Sees(ctx, u.Actor) }), err
}

// Sweep drops files older than age that nobody uses.
func (f *Folder) Sweep(age time.Duration) error {
	all, err := f.List()
	if err != nil {
		return err
	}
	before := f.clock().Add(-age)
	for _, u := range all {
		if u.At.Before(before) && !f.busy(u.ID) {
			if err := f.Remove(u.ID); err != nil {
				return err
			}
		}
	}
	return f.sweepPreviews()
}

// sweepPreviews drops previews whose upload is gone.
func (f *Folder) sweepPreviews() error {
	ctx := context.Background()
	links, err := f.files.Links(ctx, file.Scope{Kind: kindPreview})
	if err != nil || f.kind != file.Upload {
		return err
	}
	for _, l := range links {
		if _, err := f.Get(l.Scope.ID); fault.Of(err) == fault.NotFound {
			if err := f.drop(ctx, []file.Link{l}); err != nil {
				return err
			}
		}
	}
	return nil
}

// Adopt takes over what an older version of the program left waiting in a folder of its own.
func (f *Folder) Adopt(ctx context.Context, dir string) error {
	notes, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	for _, name := range notes {
		if err := f.adopt(ctx, name, strings.TrimSuffix(name, ".json")+".upload"); err != nil {
			return err
		}
	}
	return nil
}

func (f *Folder) adopt(ctx context.Context, note, path string) error {
	text, err := os.ReadFile(note)
	if err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	var u Upload
	if json.Unmarshal(text, &u) != nil || !valid(u.ID) {
		return nil // not ours
	}
	in, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	defer in.Close()
	options, err := json.Marshal(u.Options)
	if err != nil {
		return err
	}
	if _, err := f.files.Put(ctx, in, file.Link{ID: u.ID, Scope: file.Scope{Kind: f.kind}, Name: u.Name, At: u.At, Note: options}); err != nil {
		return fmt.Errorf("spool: adopt %q: %w", u.Name, err)
	}
	return errors.Join(os.Remove(note), os.Remove(path))
}

// valid reports whether a text is like the id of an upload.
func valid(id string) bool {
	_, err := hex.DecodeString(id)
	return err == nil && len(id) == 16
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
