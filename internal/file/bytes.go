package file

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/zstd"

	"eyas/internal/fault"
	"eyas/internal/vault"
)

// pieceSize is how many bytes of a file make one row: a transaction of one piece is short.
const pieceSize = 1 << 20

var (
	packer, _   = zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	unpacker, _ = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(2*pieceSize))
)

// putBase stores bytes as pieces in the base.
func (s *Store) putBase(ctx context.Context, body Body, r io.Reader) (n int, err error) {
	buf := make([]byte, pieceSize)
	var packed []byte
	for {
		size, err := io.ReadFull(r, buf)
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return n, err
		}
		if size > 0 || n == 0 {
			raw, pack := buf[:size], false
			if packed = packer.EncodeAll(raw, packed[:0]); len(packed) < size-size/8 {
				raw, pack = packed, true
			}
			if e := s.Storage.AddPiece(ctx, body.ID, n, raw, pack, body.At); e != nil {
				return n, fmt.Errorf("file: store a piece: %w", e)
			}
			n++
		}
		if err != nil {
			return n, nil
		}
	}
}

// putFolder stores bytes as a file in the shared folder.
func (s *Store) putFolder(ctx context.Context, id string, r io.Reader) error {
	return s.writeFolder(ctx, s.place(id)+".new", s.place(id), r)
}

// writeFolder writes a file of the shared folder, sealed, under one name and gives it another one when it is whole.
func (s *Store) writeFolder(ctx context.Context, next, path string, r io.Reader) error {
	f, err := os.OpenFile(next, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("file: %w", err)
	}
	err = s.sealed(ctx, f, func(w io.Writer) error {
		_, err := io.Copy(w, reading{ctx, r})
		return err
	})
	if err == nil {
		err = f.Sync() // what a link names is on the disk
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Rename(next, path)
	}
	if err != nil {
		os.Remove(next)
		return err
	}
	return nil
}

// sealed writes a file of a folder, sealed.
func (s *Store) sealed(ctx context.Context, to io.Writer, write func(io.Writer) error) error {
	key, err := s.Vault.SealKey(ctx)
	if err != nil {
		return err
	}
	w, err := s.Vault.NewWriter(to, key)
	if err != nil {
		return err
	}
	return cmp.Or(write(w), w.Close())
}

// Local returns the path of a file on this machine, after its bytes were compared with its SHA-256. The file is sealed: open
// it with OpenFile, and soon. A copy that was not used for a day may be deleted.
func (s *Store) Local(ctx context.Context, sha256 string) (_ string, err error) {
	defer fault.At(&err, "file.Local(file %s)", sha256)
	b, err := s.body(ctx, sha256)
	if err != nil {
		return "", err
	}
	if b == nil {
		return "", gone(sha256)
	}
	path := filepath.Join(s.Copies, b.SHA256+".copy")
	if b.Folder {
		if s.Folder == "" {
			return "", fault.New(fault.Conflict, "这个文件存放在共享文件夹中，而程序启动时没有给出该文件夹。请加上 --files 再启动。",
				"This file is in the shared folder, but the program was started without it. Start it with --files.")
		}
		path = s.place(b.ID)
	}
	switch err := s.check(ctx, path, b); {
	case err == nil:
		if !b.Folder {
			now := time.Now() // by which the machine's own sweep goes
			os.Chtimes(path, now, now)
			s.remember(path)
		}
		return path, nil
	case b.Folder && errors.Is(err, os.ErrNotExist):
		return "", damaged(sha256, err)
	case b.Folder || ctx.Err() != nil:
		return "", err
	}
	return path, s.fetch(ctx, path, b) // there is no copy, or a bad one
}

// OpenFile opens a file that Local named. It makes the store a vault.Opener.
func (s *Store) OpenFile(path string) (_ vault.File, err error) {
	defer fault.At(&err, "file.OpenFile")
	return s.Vault.OpenFile(path)
}

// check compares the bytes at a path with a body, unless that was done before and the file has not changed.
func (s *Store) check(ctx context.Context, path string, b *Body) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	s.mu.Lock()
	known, ok := s.checked[path]
	s.mu.Unlock()
	if ok && known.size == info.Size() && known.modified.Equal(info.ModTime()) {
		return nil
	}
	f, err := s.Vault.OpenFile(path)
	if err != nil {
		return broken(b, err)
	}
	defer f.Close()
	sum := &counter{hash: sha256.New()}
	if _, err := io.Copy(sum, reading{ctx, f}); err != nil {
		return broken(b, err)
	}
	if sum.n != b.Size || sum.text() != b.SHA256 {
		return damaged(b.SHA256, fmt.Errorf("%s: %d bytes, SHA-256 %s", path, sum.n, sum.text()))
	}
	s.remember(path)
	return nil
}

// broken turns the error of a sealed file that differs from what was written into a fault.
func broken(b *Body, err error) error {
	if errors.Is(err, vault.ErrBroken) {
		return damaged(b.SHA256, err)
	}
	return err
}

// remember records that the bytes at a path were compared.
func (s *Store) remember(path string) {
	if info, err := os.Stat(path); err == nil {
		s.mu.Lock()
		s.checked[path] = checked{info.Size(), info.ModTime()}
		s.mu.Unlock()
	}
}

// fetch makes a local copy of a file that is stored in the base.
func (s *Store) fetch(ctx context.Context, path string, b *Body) error {
	err := os.MkdirAll(s.Copies, 0o700)
	if err != nil {
		return fmt.Errorf("file: %w", err)
	}
	f, err := os.CreateTemp(s.Copies, b.SHA256+".copy-*")
	if err != nil {
		return fmt.Errorf("file: %w", err)
	}
	defer os.Remove(f.Name()) // it has another name when all is well
	sum := &counter{hash: sha256.New()}
	err = s.sealed(ctx, f, func(w io.Writer) error { return s.pieces(ctx, b, io.MultiWriter(w, sum)) })
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	if sum.n != b.Size || sum.text() != b.SHA256 {
		return damaged(b.SHA256, fmt.Errorf("%d bytes, SHA-256 %s", sum.n, sum.text()))
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("file: %w", err)
	}
	s.remember(path)
	return nil
}

// pieces writes the pieces of a body, each read in a transaction of its own.
func (s *Store) pieces(ctx context.Context, b *Body, w io.Writer) error {
	for n := range b.Pieces {
		var raw []byte
		err := s.Storage.ReadFiles(ctx, func(r Reader) error {
			data, packed, ok, err := r.Piece(ctx, b.ID, n)
			switch {
			case err != nil:
				return err
			case !ok:
				return damaged(b.SHA256, fmt.Errorf("piece %d of %s is missing", n, b.ID))
			case !packed:
				raw = data
				return nil
			}
			if raw, err = unpacker.DecodeAll(data, nil); err != nil {
				return damaged(b.SHA256, fmt.Errorf("piece %d of %s: %w", n, b.ID, err))
			}
			return nil
		})
		if err != nil {
			return err
		}
		if _, err := w.Write(raw); err != nil {
			return fmt.Errorf("file: copy: %w", err)
		}
	}
	return nil
}

// Rekey seals the files of the shared folder by the newest key, and deletes the copies on this machine, which are made again
// when they are needed. It can be stopped at any moment and called again. n is the number of files that it sealed.
func (s *Store) Rekey(ctx context.Context) (n int, err error) {
	defer fault.At(&err, "file.Rekey")
	if err := s.sweepCopies(s.now().Add(24 * time.Hour)); err != nil {
		return 0, err
	}
	if s.Folder == "" {
		return 0, nil
	}
	key, err := s.Vault.SealKey(ctx)
	if err != nil {
		return 0, err
	}
	entries, err := os.ReadDir(s.Folder)
	if err != nil {
		return 0, err
	}
	for _, e := range entries {
		path := filepath.Join(s.Folder, e.Name())
		if err := ctx.Err(); err != nil {
			return n, err
		}
		if !strings.HasSuffix(path, ".file") {
			continue
		}
		if by, err := vault.KeyOfFile(path); err != nil || by == key {
			if err != nil {
				return n, err
			}
			continue
		}
		f, err := s.Vault.OpenFile(path)
		if err != nil {
			return n, err
		}
		next := path + ".key" // beside it: a server may be storing other files, whose .new are its own
		err = errors.Join(os.RemoveAll(next), s.writeFolder(ctx, next, path, f), f.Close())
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// SealedBy reports whether a file of the shared folder is sealed by a key. Where the base has files in a folder that was not
// given, that is a fault.
func (s *Store) SealedBy(ctx context.Context, key string) (yes bool, err error) {
	defer fault.At(&err, "file.SealedBy(key %s)", key)
	if s.Folder == "" {
		var all []Body
		err := s.Storage.ReadFiles(ctx, func(r Reader) (err error) {
			all, err = r.Bodies(ctx)
			return err
		})
		if err == nil && slices.ContainsFunc(all, func(b Body) bool { return b.Folder }) {
			err = fault.New(fault.Conflict, "底库有文件存放在共享文件夹中，而没有给出该文件夹，所以不知道它们还用不用这把密钥。请加上 --files 再试。",
				"The base has files in the shared folder, which was not given. So it is not known whether they need this key. Try again with --files.")
		}
		return false, err
	}
	entries, err := os.ReadDir(s.Folder)
	if err != nil {
		return false, err
	}
	for _, e := range entries {
		if by, err := vault.KeyOfFile(filepath.Join(s.Folder, e.Name())); by == key || err != nil && !errors.Is(err, fs.ErrNotExist) {
			return true, err
		}
	}
	return false, nil
}

// Check compares every file with its SHA-256 and calls fn for each damaged one. n is the number of files.
func (s *Store) Check(ctx context.Context, fn func(b Body, err error)) (n int, err error) {
	defer fault.At(&err, "file.Check")
	var all []Body
	err = s.Storage.ReadFiles(ctx, func(r Reader) (err error) {
		all, err = r.Bodies(ctx)
		return err
	})
	if err != nil {
		return 0, err
	}
	for i := range all {
		if err := s.compare(ctx, &all[i]); ctx.Err() != nil {
			return n, ctx.Err()
		} else if err != nil {
			fn(all[i], err)
		}
		n++
	}
	return n, nil
}

// compare reads all bytes of a body from where they are stored, not from a copy.
func (s *Store) compare(ctx context.Context, b *Body) error {
	sum := &counter{hash: sha256.New()}
	if b.Folder {
		f, err := s.Vault.OpenFile(s.place(b.ID))
		if errors.Is(err, vault.ErrNoKey) {
			return err
		}
		if err != nil {
			return damaged(b.SHA256, err)
		}
		defer f.Close()
		if _, err := io.Copy(sum, reading{ctx, f}); err != nil {
			return broken(b, err)
		}
	} else if err := s.pieces(ctx, b, sum); err != nil {
		return err
	}
	if sum.n != b.Size || sum.text() != b.SHA256 {
		return damaged(b.SHA256, fmt.Errorf("%d bytes, SHA-256 %s", sum.n, sum.text()))
	}
	return nil
}

// sweepFolders deletes copies that were not read since a time, and files in the shared folder that no body refers to.
func (s *Store) sweepFolders(ctx context.Context, before time.Time) error {
	if err := s.sweepCopies(before); err != nil || s.Folder == "" {
		return err
	}
	entries, err := os.ReadDir(s.Folder)
	if err != nil {
		return fmt.Errorf("file: %w", err)
	}
	var all []Body
	err = s.Storage.ReadFiles(ctx, func(r Reader) (err error) {
		all, err = r.Bodies(ctx)
		return err
	})
	if err != nil {
		return err
	}
	kept := map[string]bool{}
	for _, b := range all {
		kept[b.ID] = true
	}
	for _, e := range entries {
		id, kind, _ := strings.Cut(e.Name(), ".")
		if (kind == "file" && !kept[id] || kind == "file.new" || kind == "file.key") && older(e, before) {
			os.Remove(filepath.Join(s.Folder, e.Name()))
		}
	}
	return nil
}

// sweepCopies deletes copies that were not read since a time.
func (s *Store) sweepCopies(before time.Time) error {
	if s.Copies == "" {
		return nil
	}
	entries, err := os.ReadDir(s.Copies)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("file: %w", err)
	}
	for _, e := range entries {
		if strings.Contains(e.Name(), ".copy") && older(e, before) {
			os.Remove(filepath.Join(s.Copies, e.Name()))
		}
	}
	return nil
}

func older(e os.DirEntry, before time.Time) bool {
	info, err := e.Info()
	return err == nil && info.ModTime().Before(before)
}

// reading is a reader that stops when its context ends.
type reading struct {
	ctx context.Context
	r   io.Reader
}

func (c reading) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
