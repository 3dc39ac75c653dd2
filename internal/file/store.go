package file

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"eyas/internal/fault"
)

// grace is the age from which a file without links is deleted. A younger one may still get a link.
const grace = 24 * time.Hour

// Config is what a store needs.
type Config struct {
	Storage Storage
	// Folder is the shared folder in which the bytes lie; empty: they lie in the base.
	Folder string
	// Copies is a folder of this machine for copies of files that lie in the base, made to be read. It is made when the
	// first is.
	Copies string
	// Vault has the keys by which files of both folders are sealed.
	Vault Vault
	Clock func() time.Time
	Log   *slog.Logger
}

// Store keeps files. Its methods may be called from many goroutines.
type Store struct {
	Config
	mu      sync.Mutex
	checked map[string]checked // local files whose bytes were compared, by path
}

// checked is a file as it was when its bytes were compared.
type checked struct {
	size     int64
	modified time.Time
}

// Open makes the shared folder when it is absent.
func Open(c Config) (*Store, error) {
	if c.Folder != "" {
		if err := os.MkdirAll(c.Folder, 0o700); err != nil {
			return nil, fmt.Errorf("file: %w", err)
		}
	}
	c.Log = cmp.Or(c.Log, slog.Default())
	return &Store{Config: c, checked: map[string]checked{}}, nil
}

// Put stores the bytes of r and links the file. When it returns an error, or its process ends, nothing is visible, and
// the stored bytes are deleted later.
func (s *Store) Put(ctx context.Context, r io.Reader, l Link) (_ Link, err error) {
	defer fault.At(&err, "file.Put(kind %s)", l.Scope.Kind)
	sum := &counter{hash: sha256.New()}
	body := Body{ID: rand.Text(), Folder: s.Folder != "", At: s.now()}
	r = io.TeeReader(r, sum)
	if body.Folder {
		err = s.putFolder(ctx, body.ID, r)
	} else {
		body.Pieces, err = s.putBase(ctx, body, r)
	}
	body.SHA256, body.Size = sum.text(), sum.n
	if err == nil {
		l, err = s.put(ctx, body, l)
	}
	if err != nil {
		s.forget(context.WithoutCancel(ctx), body)
		return Link{}, err
	}
	return l, nil
}

// put makes the body and its link visible. When the same content is stored already, the new body is deleted.
func (s *Store) put(ctx context.Context, body Body, l Link) (Link, error) {
	l = s.complete(l)
	l.SHA256, l.Size = body.SHA256, body.Size
	known := false
	err := s.Storage.WriteFiles(ctx, onRecord(l), func(w Writer) error {
		before, err := w.Body(ctx, body.SHA256)
		if err != nil {
			return err
		}
		if known = before != nil; !known {
			if err := w.AddBody(ctx, body); err != nil {
				return err
			}
		}
		return s.link(ctx, w, l)
	})
	if err != nil {
		return l, fmt.Errorf("file: store %q: %w", l.Name, err)
	}
	if known {
		s.forget(ctx, body)
	}
	return l, nil
}

// complete fills in the fields of a link that the caller left empty.
func (s *Store) complete(l Link) Link {
	if l.ID == "" {
		l.ID = NewID()
	}
	if l.At.IsZero() {
		l.At = s.now()
	}
	l.At = l.At.UTC().Truncate(time.Millisecond)
	l.Type = cmp.Or(l.Type, TypeOf(l.Name))
	return l
}

// NewID gives the id of a link: 16 hexadecimal digits.
func NewID() string {
	var b [8]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// onRecord reports whether a link gets an entry in the operation log. It does when an actor adds it to a case or a
// subject. It does not for waiting uploads, for files of the program itself, and for imports, which have their own entry.
func onRecord(l Link) bool { return l.Scope.Kind != Upload && l.Scope.Kind != Import && l.Actor != "" }

// link stores a link, and its entry in the log.
func (s *Store) link(ctx context.Context, w Writer, l Link) error {
	if err := w.SetFileLink(ctx, l); err != nil {
		return err
	}
	if !onRecord(l) {
		return nil
	}
	e, err := entry(l, "file", l.At)
	if err != nil {
		return err
	}
	return w.Log(ctx, e)
}

// Attach adds a link to a stored file; a fault when the file does not exist.
func (s *Store) Attach(ctx context.Context, l Link) (_ Link, err error) {
	defer fault.At(&err, "file.Attach(file %s)", l.SHA256)
	l = s.complete(l)
	err = s.Storage.WriteFiles(ctx, onRecord(l), func(w Writer) error {
		body, err := w.Body(ctx, l.SHA256)
		if err != nil {
			return err
		}
		if body == nil {
			return gone(l.SHA256)
		}
		l.Size = body.Size
		return s.link(ctx, w, l)
	})
	return l, err
}

// Move changes the scope and the note of a link. An unknown link is no error: it was moved before.
func (s *Store) Move(ctx context.Context, id string, to Scope, note json.RawMessage) (err error) {
	defer fault.At(&err, "file.Move(link %s)", id)
	return s.Storage.WriteFiles(ctx, false, func(w Writer) error {
		l, err := w.FileLink(ctx, id)
		if err != nil || l == nil {
			return err
		}
		l.Scope, l.Note = to, note
		return w.SetFileLink(ctx, *l)
	})
}

// SetNote replaces the note of a link by the result of change.
func (s *Store) SetNote(ctx context.Context, id string, change func(json.RawMessage) (json.RawMessage, error)) (l Link, err error) {
	defer fault.At(&err, "file.SetNote(link %s)", id)
	err = s.Storage.WriteFiles(ctx, false, func(w Writer) error {
		found, err := w.FileLink(ctx, id)
		if err != nil {
			return err
		}
		if found == nil {
			return gone("")
		}
		l = *found
		if l.Note, err = change(l.Note); err != nil {
			return err
		}
		return w.SetFileLink(ctx, l)
	})
	return l, err
}

// Detach deletes a link, and the file when it was its last one. An unknown link is no error.
func (s *Store) Detach(ctx context.Context, id, actor string) (err error) {
	defer fault.At(&err, "file.Detach(link %s)", id)
	var left *Body
	l, err := s.Link(ctx, id)
	if err != nil || l == nil {
		return err
	}
	l.Actor = actor
	err = s.Storage.WriteFiles(ctx, onRecord(*l), func(w Writer) error {
		if err := w.DropFileLink(ctx, id); err != nil {
			return err
		}
		if onRecord(*l) {
			e, err := entry(*l, "file.detach", s.now())
			if err != nil {
				return err
			}
			if err := w.Log(ctx, e); err != nil {
				return err
			}
		}
		named, err := w.Named(ctx, l.SHA256)
		if err != nil || named {
			return err
		}
		if left, err = w.Body(ctx, l.SHA256); err != nil || left == nil {
			return err
		}
		return w.DropBody(ctx, l.SHA256)
	})
	if err != nil {
		return fmt.Errorf("file: detach %s: %w", id, err)
	}
	if left != nil {
		s.forget(ctx, *left)
	}
	return nil
}

// Link returns a link; nil when there is none.
func (s *Store) Link(ctx context.Context, id string) (l *Link, err error) {
	defer fault.At(&err, "file.Link(link %s)", id)
	err = s.Storage.ReadFiles(ctx, func(r Reader) (err error) {
		l, err = r.FileLink(ctx, id)
		return err
	})
	return l, err
}

// Links returns the links of a scope, or of all scopes of its kind when its id is empty, newest first.
func (s *Store) Links(ctx context.Context, scope Scope) (list []Link, err error) {
	defer fault.At(&err, "file.Links")
	err = s.Storage.ReadFiles(ctx, func(r Reader) (err error) {
		list, err = r.FileLinks(ctx, scope)
		return err
	})
	return list, err
}

// Has reports whether a file is stored.
func (s *Store) Has(ctx context.Context, sha256 string) (_ bool, err error) {
	defer fault.At(&err, "file.Has(file %s)", sha256)
	b, err := s.body(ctx, sha256)
	return b != nil, err
}

func (s *Store) body(ctx context.Context, sha256 string) (b *Body, err error) {
	err = s.Storage.ReadFiles(ctx, func(r Reader) (err error) {
		b, err = r.Body(ctx, sha256)
		return err
	})
	return b, err
}

// Sweep deletes files that had no link for a day, the remains of interrupted puts, and copies that nobody reads.
func (s *Store) Sweep(ctx context.Context) (err error) {
	defer fault.At(&err, "file.Sweep")
	before := s.now().Add(-grace)
	var dropped []Body
	err = s.Storage.WriteFiles(ctx, false, func(w Writer) (err error) {
		if dropped, err = w.Unnamed(ctx, before); err != nil {
			return err
		}
		for _, b := range dropped {
			if err := w.DropBody(ctx, b.SHA256); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("file: sweep: %w", err)
	}
	for _, b := range dropped {
		s.forget(ctx, b)
	}
	for {
		var loose []string
		err := s.Storage.ReadFiles(ctx, func(r Reader) (err error) {
			loose, err = r.Loose(ctx, before, 16)
			return err
		})
		if err != nil || len(loose) == 0 {
			return errors.Join(err, s.sweepFolders(ctx, before))
		}
		for _, id := range loose {
			if err := s.dropPieces(ctx, id); err != nil {
				return err
			}
		}
	}
}

// forget deletes the bytes of a body that no file refers to. What fails is deleted by Sweep.
func (s *Store) forget(ctx context.Context, b Body) {
	var err error
	if b.Folder {
		if s.Folder != "" {
			err = os.Remove(s.place(b.ID))
		}
	} else {
		err = s.dropPieces(ctx, b.ID)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		s.Log.Warn("what is no longer kept of a file was not dropped yet", "body", b.ID, "error", err)
	}
}

func (s *Store) dropPieces(ctx context.Context, id string) error {
	for {
		n, err := s.Storage.DropPieces(ctx, id, 16)
		if err != nil || n == 0 {
			return err
		}
	}
}

func (s *Store) place(id string) string { return filepath.Join(s.Folder, id+".file") }

func (s *Store) now() time.Time { return s.Clock().UTC().Truncate(time.Millisecond) }

// counter hashes and counts what is written to it.
type counter struct {
	hash hash.Hash
	n    int64
}

func (c *counter) Write(p []byte) (int, error) {
	c.n += int64(len(p))
	return c.hash.Write(p)
}

func (c *counter) text() string { return hex.EncodeToString(c.hash.Sum(nil)) }
