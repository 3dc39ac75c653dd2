package backup

import (
	"archive/zip"
	"cmp"
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
	"slices"
	"strings"
	"time"

	"eyas/internal/audit"
	"eyas/internal/fault"
	"eyas/internal/store"
	"eyas/internal/vault"
)

// RestoreOptions say where a base is put, and by whom.
type RestoreOptions struct {
	DB      string // the new file
	Uploads string // folder of the files beside it
	Keys    string // its key file; empty: beside DB. What is sealed by a key that is not in it is not compared
	Replace bool   // a base that stands there is moved aside and kept
	Actor   string
	Clock   func() time.Time
	Told    func(part string) // called before extract and check; may be nil
}

// Restored says what was put where.
type Restored struct {
	Manifest *Manifest
	SHA256   string // of the archive
	Base     string // identity of the new base
	Aside    string // where the base that stood there is now; empty: there was none
}

// besides are the ends of the names of what belongs to a base, besides the uploads.
var besides = []string{"", "-wal", "-shm", ".columns", ".damaged"}

// endsAt are besides with the columns of other registers than the main one, which stand there for large ones only.
func endsAt(db string) []string {
	ends := slices.Clone(besides)
	entries, err := os.ReadDir(filepath.Dir(db))
	if err != nil {
		return ends
	}
	for _, e := range entries {
		if end, ok := strings.CutPrefix(e.Name(), filepath.Base(db)); ok && strings.HasPrefix(end, ".columns-") {
			ends = append(ends, end)
		}
	}
	return ends
}

// Restore makes a new base of an archive. Nothing is put in place before all of the archive was held against its
// manifest and the base in it was checked. The new base begins a history of its own, with an entry in its log.
func Restore(ctx context.Context, archive string, opt RestoreOptions) (done *Restored, err error) {
	defer fault.At(&err, "backup.Restore(file %s)", archive)
	if opt.Told == nil {
		opt.Told = func(string) {}
	}
	standing := standing(opt.DB, opt.Uploads)
	if len(standing) > 0 && !opt.Replace {
		return nil, fault.New(fault.Conflict,
			fmt.Sprintf("%s 已存在，没有动它。请用 --db 给出新文件；要换掉它，加 --replace，原来的会留在旁边。", standing[0]),
			fmt.Sprintf("%s exists and was left alone. Name a new file with --db; to replace it, add --replace: the old one is kept beside it.", standing[0]))
	}
	z, m, err := open(archive)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	done = &Restored{Manifest: m}
	if done.SHA256, err = digestOf(ctx, archive); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(filepath.Dir(opt.DB), ".eyas-restore-*")
	if err != nil {
		return nil, fault.New(fault.Internal, fmt.Sprintf("无法在 %s 建立文件。", filepath.Dir(opt.DB)), fmt.Sprintf("No file can be created in %s.", filepath.Dir(opt.DB))).Wrap(err)
	}
	defer os.RemoveAll(dir)
	opt.Told("extract")
	if err := os.Mkdir(filepath.Join(dir, uploadsEntry), 0o700); err != nil {
		return nil, err
	}
	for _, p := range m.Parts {
		if err := extract(ctx, z, p, filepath.Join(dir, filepath.FromSlash(p.Name))); err != nil {
			return nil, err
		}
	}
	opt.Told("check")
	if done.Base, err = renew(ctx, filepath.Join(dir, baseEntry), archive, done, opt); err != nil {
		return nil, err
	}
	if len(standing) > 0 {
		if done.Aside, err = aside(ctx, opt); err != nil {
			return nil, err
		}
	}
	if err := place(filepath.Join(dir, baseEntry), opt.DB); err != nil {
		return nil, fmt.Errorf("restore: put %s in place: %w", opt.DB, err)
	}
	if slices.ContainsFunc(m.Parts, func(p Part) bool { return strings.HasPrefix(p.Name, uploadsEntry) }) {
		os.Remove(opt.Uploads) // an empty folder, if anything
		if err := os.Rename(filepath.Join(dir, uploadsEntry), opt.Uploads); err != nil {
			return nil, fmt.Errorf("restore: put %s in place: %w", opt.Uploads, err)
		}
	}
	return done, syncDir(filepath.Dir(opt.DB))
}

// standing gives what is already there of a base. The log of a base that is gone counts: SQLite would take it for one
// of the new base.
func standing(db, uploads string) (list []string) {
	for _, end := range endsAt(db) {
		if _, err := os.Lstat(db + end); err == nil {
			list = append(list, db+end)
		}
	}
	if entries, err := os.ReadDir(uploads); err == nil && len(entries) > 0 {
		list = append(list, uploads)
	}
	return list
}

func bad(archive, zh, en string, err error) error {
	return fault.New(fault.Internal, fmt.Sprintf("不能从 %s 恢复：%s。没有动任何东西。", archive, zh), fmt.Sprintf("%s cannot be restored: %s. Nothing was touched.", archive, en)).Wrap(err)
}

// open opens an archive and reads its manifest.
func open(archive string) (*zip.ReadCloser, *Manifest, error) {
	if _, err := os.Stat(archive); errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fault.New(fault.NotFound, fmt.Sprintf("找不到备份 %s。", archive), fmt.Sprintf("There is no backup %s.", archive)).Wrap(err)
	}
	z, err := zip.OpenReader(archive)
	if err != nil {
		return nil, nil, bad(archive, "它不是完整的备份文件", "it is no whole backup file", err)
	}
	m := &Manifest{}
	f, err := z.Open(manifestEntry)
	if err == nil {
		err = json.NewDecoder(io.LimitReader(f, 1<<26)).Decode(m)
		f.Close()
	}
	switch {
	case err != nil:
		z.Close()
		return nil, nil, bad(archive, "其中没有可读的清单", "it has no manifest that can be read", err)
	case m.Format > format:
		z.Close()
		return nil, nil, bad(archive, "它由更新版本的程序所做", "a newer program made it", nil)
	}
	found := false
	for _, p := range m.Parts {
		name, upload := strings.CutPrefix(p.Name, uploadsEntry)
		found = found || p.Name == baseEntry
		if p.Name != baseEntry && (!upload || name != filepath.Base(name) || name == "." || name == ".." || strings.ContainsAny(name, `/\`)) {
			z.Close()
			return nil, nil, bad(archive, fmt.Sprintf("其中有不该有的文件 %q", p.Name), fmt.Sprintf("it holds a file %q that does not belong there", p.Name), nil)
		}
	}
	if !found {
		z.Close()
		return nil, nil, bad(archive, "其中没有底库", "there is no base in it", nil)
	}
	return z, m, nil
}

func extract(ctx context.Context, z *zip.ReadCloser, p Part, to string) error {
	wrong := func(err error) error {
		return bad(p.Name, "与清单不符，备份已损坏", "it is not as the manifest says; the backup is damaged", err)
	}
	in, err := z.Open(p.Name)
	if err != nil {
		return wrong(err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer out.Close()
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(out, h), reader{ctx, io.LimitReader(in, p.Size+1)})
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var path *fs.PathError
	if errors.As(err, &path) { // of writing
		return fmt.Errorf("restore: %w", err)
	}
	if err != nil || n != p.Size || hex.EncodeToString(h.Sum(nil)) != p.SHA256 {
		return wrong(err)
	}
	return errors.Join(out.Sync(), out.Close())
}

// renew checks a base that was extracted and begins its new history; it gives its new identity.
func renew(ctx context.Context, path, archive string, r *Restored, opt RestoreOptions) (base string, err error) {
	db, err := store.Open(ctx, path, store.Keys(cmp.Or(opt.Keys, opt.DB+".keys"), ""))
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	// The head of a backup of an older program is that of its chain.
	head, has, err := db.VerifyAuditOf(ctx, audit.Point{Seq: r.Manifest.Entries, Hash: r.Manifest.Head})
	if errors.Is(err, vault.ErrNoKey) { // no damage: the key file may be put beside the base afterwards
		head, err = db.Head(ctx)
		has = err == nil && head.Root == r.Manifest.Head
	}
	if err != nil || db.Base() != r.Manifest.Base || head.Size != r.Manifest.Entries || !has {
		return "", bad(archive, "其中的底库不是清单所说的", "the base in it is not the one of the manifest", err)
	}
	problems, err := db.Check(ctx, nil)
	if err != nil {
		return "", err
	}
	if len(problems) > 0 {
		return "", bad(archive, "其中的底库已损坏："+problems[0].Text.ZH, "the base in it is damaged: "+problems[0].Text.EN, errors.New(problems[0].What))
	}
	detail, err := json.Marshal(map[string]any{"backup": filepath.Base(archive), "sha256": r.SHA256, "made_at": r.Manifest.At, "base": r.Manifest.Base})
	if err != nil {
		return "", err
	}
	if err := db.Renew(ctx, audit.Entry{At: opt.Clock(), Actor: opt.Actor, Action: "restore", Subject: "base", Detail: string(detail)}); err != nil {
		return "", err
	}
	return db.Base(), nil
}

// aside moves the base that stands in the place, with all that belongs to it, to a name with the time. A base that a
// program is using is not moved.
func aside(ctx context.Context, opt RestoreOptions) (string, error) {
	if _, err := os.Lstat(opt.DB); err == nil {
		if db, err := store.Open(ctx, opt.DB, store.Keys(opt.Keys, "")); err == nil {
			if err := db.Release(ctx); fault.Of(err) == fault.Conflict {
				return "", errors.Join(err, db.Close())
			}
			db.Close()
		} // what cannot be opened is moved as it is
	}
	to := opt.DB + ".before-" + opt.Clock().Format("20060102-150405")
	for i := 2; ; i++ {
		if len(standing(to, to+".uploads")) == 0 {
			break
		}
		to = fmt.Sprintf("%s.before-%s-%d", opt.DB, opt.Clock().Format("20060102-150405"), i)
	}
	for _, end := range endsAt(opt.DB) {
		if err := os.Rename(opt.DB+end, to+end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("restore: move %s aside: %w", opt.DB+end, err)
		}
	}
	if err := os.Rename(opt.Uploads, to+".uploads"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("restore: move %s aside: %w", opt.Uploads, err)
	}
	return to, nil
}

func digestOf(ctx context.Context, path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, reader{ctx, f}); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
