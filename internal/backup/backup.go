// Package backup writes a base on SQLite and its uploads into one archive, while others write into the base, and restores
// a base from an archive. Both sides are checked: a damaged base is not archived, and nothing is restored that differs
// from the archive.
package backup

import (
	"archive/zip"
	"compress/flate"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"eyas/internal/audit"
	"eyas/internal/fault"
	"eyas/internal/registry/fact"
	"eyas/internal/store"
	"eyas/internal/store/room"
	"eyas/internal/store/row"
	"eyas/internal/vault"
)

// format is the version of the archive. A program reads archives up to its own version.
const format = 1

// The entries of an archive. It is a zip file, so that ordinary tools can open it.
const (
	manifestEntry = "manifest.json"
	baseEntry     = "base.db"
	uploadsEntry  = "uploads/"
)

// Manifest is the first entry of an archive and says what it holds.
type Manifest struct {
	Format  int              `json:"format"`
	Program string           `json:"program"` // version of the program that made it
	At      time.Time        `json:"at"`
	Base    string           `json:"base"`        // identity of the base
	Entries int64            `json:"log_entries"` // of the operation log
	Head    string           `json:"log_head"`    // hash of its last entry
	Counts  map[string]int64 `json:"counts"`      // imports, records, subjects, change
	Parts   []Part           `json:"parts"`
}

// Part is an entry of an archive.
type Part struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"` // bytes
	SHA256 string `json:"sha256"`
}

// Options of a backup.
type Options struct {
	Uploads string // folder of the files beside the base; need not exist
	Out     string // the archive
	Actor   string
	Program string
	Clock   func() time.Time
	Told    func(part string) // called before copy, check and archive; may be nil
}

func (o Options) told(part string) {
	if o.Told != nil {
		o.Told(part)
	}
}

// Write writes an archive and returns its manifest and its SHA-256. The SHA-256 is also written into a file beside the
// archive (in the format of sha256sum) and into the operation log. An existing file is not overwritten.
func Write(ctx context.Context, db *store.DB, opt Options) (m *Manifest, digest string, err error) {
	defer fault.At(&err, "backup.Write")
	for _, path := range []string{opt.Out, opt.Out + ".sha256"} {
		if _, err := os.Lstat(path); err == nil {
			return nil, "", fault.New(fault.Conflict, fmt.Sprintf("%s 已存在，没有覆盖。请换一个文件名。", path),
				fmt.Sprintf("%s exists and was not overwritten. Choose another name.", path))
		}
	}
	dir, err := os.MkdirTemp(filepath.Dir(opt.Out), ".eyas-backup-*")
	if err != nil {
		return nil, "", unwritable(opt.Out, err)
	}
	defer os.RemoveAll(dir)
	opt.told("copy")
	copied := filepath.Join(dir, baseEntry)
	if err := db.Copy(ctx, copied); err != nil {
		return nil, "", err
	}
	opt.told("check")
	m = &Manifest{Format: format, Program: opt.Program, At: opt.Clock().UTC().Truncate(time.Second)}
	if err := m.describe(ctx, copied, db.Vault().Path()); err != nil {
		return nil, "", err
	}
	opt.told("archive")
	files := map[string]string{baseEntry: copied}
	if err := m.add(ctx, baseEntry, copied); err != nil {
		return nil, "", err
	}
	uploads, err := os.ReadDir(opt.Uploads)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, "", err
	}
	for _, e := range uploads {
		if !e.Type().IsRegular() {
			continue
		}
		name := uploadsEntry + e.Name()
		files[name] = filepath.Join(dir, e.Name()+".upload") // a copy: the original may be deleted meanwhile
		err := copyFile(ctx, filepath.Join(opt.Uploads, e.Name()), files[name])
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = m.add(ctx, name, files[name])
		}
		if err != nil {
			return nil, "", err
		}
	}
	archive := filepath.Join(dir, "archive")
	if digest, err = m.archive(ctx, archive, files); err != nil {
		return nil, "", unwritable(opt.Out, err)
	}
	if err := place(archive, opt.Out); err != nil {
		return nil, "", unwritable(opt.Out, err)
	}
	line := digest + "  " + filepath.Base(opt.Out) + "\n"
	if err := os.WriteFile(opt.Out+".sha256", []byte(line), 0o644); err != nil {
		return nil, "", unwritable(opt.Out, err)
	}
	detail, err := json.Marshal(map[string]any{"file": filepath.Base(opt.Out), "sha256": digest, "log_entries": m.Entries, "log_head": m.Head})
	if err != nil {
		return nil, "", err
	}
	return m, digest, faces(db).Write(ctx, func(w row.LogRows) error {
		return w.Log(ctx, audit.Entry{At: opt.Clock(), Actor: opt.Actor, Action: "backup", Subject: "base", Detail: string(detail)})
	})
}

// faces returns the room with what a backup reads and writes.
func faces(db *store.DB) room.Room[row.CounterRows, row.LogRows] {
	return room.In(db.Rows(), func(t *row.Tx) row.CounterRows { return row.CounterRows{Tx: t} }, func(t *row.Tx) row.LogRows { return row.LogRows{Tx: t} })
}

func unwritable(path string, err error) error {
	return fault.New(fault.Internal, fmt.Sprintf("写不了备份 %s。", path), fmt.Sprintf("The backup %s cannot be written.", path)).Wrap(err)
}

// describe checks a copy of the base and fills in the manifest.
func (m *Manifest) describe(ctx context.Context, path, keys string) (err error) {
	db, err := store.Open(ctx, path, store.Keys(keys, ""))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	problems, err := db.Check(ctx, nil)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return fault.New(fault.Internal,
			fmt.Sprintf("底库已损坏，没有备份：%s（共 %d 处）请运行 eyas check，并从以前的备份恢复。", problems[0].Text.ZH, len(problems)),
			fmt.Sprintf("The base is damaged and was not backed up: %s (%d problems) See eyas check, and restore an earlier backup.", problems[0].Text.EN, len(problems))).
			Wrap(errors.New(problems[0].What))
	}
	head, err := db.VerifyAudit(ctx)
	if errors.Is(err, vault.ErrNoKey) { // no damage: what is sealed by a key that is not here cannot be compared, and is copied as it is
		head, err = db.Head(ctx)
	}
	if err != nil {
		return fault.New(fault.Internal, "操作日志不完整，没有备份。请运行 eyas verify。", "The operation log is damaged; nothing was backed up. See eyas verify.").Wrap(err)
	}
	m.Base, m.Entries, m.Head, m.Counts = db.Base(), head.Size, head.Root, map[string]int64{}
	return faces(db).Read(ctx, func(r row.CounterRows) error {
		for name, c := range map[string]fact.Counter{"imports": fact.LastImport, "records": fact.LastRecord, "subjects": fact.LastSubject, "change": fact.LastChange} {
			n, err := r.Counter(ctx, c)
			if err != nil {
				return err
			}
			m.Counts[name] = n
		}
		return nil
	})
}

// add appends a file to the parts.
func (m *Manifest) add(ctx context.Context, name, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, reader{ctx, f})
	if err != nil {
		return err
	}
	m.Parts = append(m.Parts, Part{name, n, hex.EncodeToString(h.Sum(nil))})
	return nil
}

// archive writes manifest and parts, and gives the SHA-256 of what it wrote.
func (m *Manifest) archive(ctx context.Context, path string, files map[string]string) (digest string, err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	z := zip.NewWriter(io.MultiWriter(f, h))
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	entry := func(name string, r io.Reader) error {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: m.At})
		if err == nil {
			_, err = io.Copy(w, r)
		}
		return err
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return "", err
	}
	if err := entry(manifestEntry, strings.NewReader(string(text)+"\n")); err != nil {
		return "", err
	}
	for _, p := range m.Parts {
		part, err := os.Open(files[p.Name])
		if err != nil {
			return "", err
		}
		err = entry(p.Name, reader{ctx, part})
		part.Close()
		if err != nil {
			return "", err
		}
	}
	if err := z.Close(); err != nil {
		return "", err
	}
	if err := f.Sync(); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), f.Close()
}

func copyFile(ctx context.Context, from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, reader{ctx, in})
	return errors.Join(err, out.Close())
}

// place gives a file its name, which no other has: one that exists stays.
func place(from, to string) error {
	if err := os.Link(from, to); errors.Is(err, fs.ErrExist) {
		return err
	} else if err != nil { // a file system without links
		if _, e := os.Lstat(to); e == nil {
			return fs.ErrExist
		}
		if err := os.Rename(from, to); err != nil {
			return err
		}
	}
	return syncDir(filepath.Dir(to))
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// reader ends when its context does.
type reader struct {
	ctx context.Context
	r   io.Reader
}

func (r reader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}
