// Package vault protects the highest class of personal data at rest: identity numbers, and what else the pack puts into
// the class identity. It holds the keys, which never stand in the database; it seals values, files and temporary files with
// AES-256-GCM or SM4-GCM (GB/T 32907, GB/T 36624); and it tells an identity number of GB 11643 in a text.
//
// Every sealed value carries the id of its key. So several keys can be in use while a base is carried over to a new one.
package vault

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/emmansun/gmsm/sm4"

	"eyas/internal/fault"
)

// Cipher names an algorithm.
type Cipher string

// The ciphers. Both are used in Galois/Counter Mode with a tag of 128 bits.
const (
	AES Cipher = "aes-256-gcm"
	SM4 Cipher = "sm4-gcm"
)

// Key is a key as the key file holds it.
type Key struct {
	ID     string    `json:"id"` // 16 hexadecimal digits
	Cipher Cipher    `json:"cipher"`
	Made   time.Time `json:"made"`
	Secret []byte    `json:"secret"` // 32 random bytes; keys for each purpose are derived from them
}

// keyFile is the content of a key file. Mark is the key of Ring.Mark; it stays when keys are replaced.
type keyFile struct {
	Format int    `json:"eyas_keys"`
	Keys   []Key  `json:"keys"`
	Mark   []byte `json:"mark"`
}

// Ring holds the keys of one key file. Its methods may be called from many goroutines.
type Ring struct {
	path   string
	cipher Cipher // of a key that is made at first need
	clock  func() time.Time

	current func(context.Context) (string, error) // see SealBy

	mu    sync.RWMutex
	keys  map[string]*loadedKey
	order []string // the ids of keys as they stand in the file: the order in which they were made
	mark  []byte
}

type loadedKey struct {
	Key
	id     []byte // 8 bytes
	values cipher.AEAD
}

// At gives the ring of a key file, which need not exist; nothing is read yet. The cipher is for a key that is made at first
// need; empty means AES.
func At(path string, c Cipher) *Ring {
	if c == "" {
		c = AES
	}
	return &Ring{path: path, cipher: c, clock: time.Now}
}

// Path is the place of the key file.
func (r *Ring) Path() string { return r.path }

// Keys returns the keys without their secrets, the newest last. A file that does not exist has none.
func (r *Ring) Keys() ([]Key, error) {
	if err := r.load(); err != nil {
		return nil, err
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	var list []Key
	for _, id := range r.order {
		k := r.keys[id]
		list = append(list, Key{ID: k.ID, Cipher: k.Cipher, Made: k.Made})
	}
	slices.SortStableFunc(list, func(a, b Key) int { return a.Made.Compare(b.Made) })
	return list, nil
}

// Ready makes sure that the ring can seal with the key of an id. With an empty id it makes the file and a first key where
// there is none, and returns the id of the newest key.
func (r *Ring) Ready(id string) (string, error) {
	if id != "" && r.has(id) {
		return id, nil
	}
	if err := r.load(); err != nil {
		return "", err
	}
	if id != "" {
		if !r.has(id) {
			return "", r.missing(id)
		}
		return id, nil
	}
	list, err := r.Keys()
	if err != nil {
		return "", err
	}
	if len(list) > 0 {
		return list[len(list)-1].ID, nil
	}
	return r.Make(r.cipher)
}

// SealBy gives the function that returns the id of the key by which the base of this ring seals. A key file may serve several
// bases, so the newest key in it may be that of another one. Call it before the ring is used.
func (r *Ring) SealBy(current func(context.Context) (string, error)) { r.current = current }

// SealKey returns the id of the key to seal new files with: that of the base, or the newest key of a ring that belongs to none.
func (r *Ring) SealKey(ctx context.Context) (string, error) {
	if r.current != nil {
		return r.current(ctx)
	}
	return r.Ready("")
}

func (r *Ring) has(id string) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.keys[id] != nil
}

// Make adds a new key to the file and returns its id.
func (r *Ring) Make(c Cipher) (string, error) {
	if c != AES && c != SM4 {
		return "", fault.New(fault.Invalid, fmt.Sprintf("没有算法“%s”。可用 %s 或 %s。", c, AES, SM4), fmt.Sprintf("There is no cipher “%s”. Use %s or %s.", c, AES, SM4))
	}
	var id [8]byte
	rand.Read(id[:]) // never fails
	k := Key{ID: hex.EncodeToString(id[:]), Cipher: c, Made: r.clock().UTC().Truncate(time.Millisecond), Secret: make([]byte, 32)}
	rand.Read(k.Secret)
	return k.ID, r.change(func(f *keyFile) error {
		for _, other := range f.Keys { // the clock of the machine may have been put back
			if other.Made.After(k.Made) {
				k.Made = other.Made
			}
		}
		f.Keys = append(f.Keys, k)
		return nil
	})
}

// Drop deletes a key from the file. What it sealed cannot be read any more.
func (r *Ring) Drop(id string) error {
	return r.change(func(f *keyFile) error {
		n := len(f.Keys)
		f.Keys = slices.DeleteFunc(f.Keys, func(k Key) bool { return k.ID == id })
		if len(f.Keys) == n {
			return r.missing(id)
		}
		return nil
	})
}

// change writes the file anew, with a rename, and loads it. One at a time does so, over all processes of this machine: keys
// that two of them make at the same moment are both kept.
func (r *Ring) change(fn func(*keyFile) error) error {
	path, err := r.real()
	if err != nil {
		return r.unwritable(err)
	}
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return r.unwritable(err)
	}
	lock, err := os.Open(folder)
	if err != nil {
		return r.unwritable(err)
	}
	defer lock.Close() // gives the lock back
	if err := flock(lock); err != nil {
		return r.unwritable(err)
	}
	f, err := r.read()
	fresh := errors.Is(err, fs.ErrNotExist)
	if err != nil && !fresh {
		return err
	}
	if fresh {
		f = &keyFile{Format: 1, Mark: make([]byte, 32)}
		rand.Read(f.Mark)
	}
	if err := fn(f); err != nil {
		return err
	}
	text, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	next, err := os.CreateTemp(folder, filepath.Base(path)+".*.new") // 0600
	if err != nil {
		return r.unwritable(err)
	}
	defer os.Remove(next.Name()) // no effect after the rename
	_, err = next.Write(append(text, '\n'))
	err = errors.Join(err, sameOwner(next, path), next.Sync(), next.Close())
	switch {
	case err != nil:
	case fresh: // never over a file that another machine made meanwhile
		err = os.Link(next.Name(), path)
	default:
		err = os.Rename(next.Name(), path)
	}
	if err == nil {
		err = syncFolder(folder)
	}
	if err != nil {
		return r.unwritable(err)
	}
	return r.load()
}

// real is the place of the key file itself where its path is a symbolic link: the link stays, and what it names is replaced. A link
// to nothing is an error, because the file that it should name may be on a disk that is not there.
func (r *Ring) real() (string, error) {
	path, err := filepath.EvalSymlinks(r.path)
	if err == nil {
		return path, nil
	}
	if _, e := os.Lstat(r.path); e == nil || !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	return r.path, nil
}

// sameOwner gives a new file the owner of the one that it replaces; who may not do that replaces nothing.
func sameOwner(next *os.File, path string) error {
	was, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	is, e := next.Stat()
	if err = errors.Join(err, e); err != nil {
		return err
	}
	old, ok := was.Sys().(*syscall.Stat_t)
	now, also := is.Sys().(*syscall.Stat_t)
	if !ok || !also || old.Uid == now.Uid && old.Gid == now.Gid {
		return nil
	}
	return next.Chown(int(old.Uid), int(old.Gid))
}

// Exposed is a fault where others than its owner may read or write the key file.
func (r *Ring) Exposed() error {
	info, err := os.Stat(r.path)
	if err != nil || info.Mode().Perm()&0o077 == 0 {
		return nil // what is not there, or cannot be read, is said where it is needed
	}
	return fault.New(fault.Conflict, fmt.Sprintf("密钥文件 %s 的权限是 %#o，别的用户可能读到它。请运行 chmod 600 %s。", r.path, info.Mode().Perm(), r.path),
		fmt.Sprintf("The key file %s has the mode %#o, so other users may read it. Run chmod 600 %s.", r.path, info.Mode().Perm(), r.path))
}

// flock waits for the lock of an open file or folder and takes it.
func flock(f *os.File) error {
	for {
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

// syncFolder makes sure that a key is on the disk before anything is sealed with it.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

func (r *Ring) read() (*keyFile, error) {
	text, err := os.ReadFile(r.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	f := &keyFile{}
	if err == nil {
		err = json.Unmarshal(text, f)
	}
	if err == nil && (f.Format != 1 || len(f.Mark) != 32) {
		err = fmt.Errorf("vault: format %d", f.Format)
	}
	if err != nil {
		return nil, fault.New(fault.Unavailable, fmt.Sprintf("密钥文件 %s 读不出来：没有权限，或内容已损坏。请检查权限（应为 0600），或从备份恢复它。", r.path),
			fmt.Sprintf("The key file %s cannot be read: there is no permission, or it is damaged. Check the permission (0600), or restore it from a backup.", r.path)).Wrap(err)
	}
	return f, nil
}

// load reads the file again.
func (r *Ring) load() error {
	f, err := r.read()
	if errors.Is(err, fs.ErrNotExist) {
		f, err = &keyFile{}, nil
	}
	if err != nil {
		return err
	}
	keys, order := map[string]*loadedKey{}, make([]string, 0, len(f.Keys))
	for _, k := range f.Keys {
		id, err := hex.DecodeString(k.ID)
		if err != nil || len(id) != 8 || len(k.Secret) != 32 {
			return fault.New(fault.Unavailable, fmt.Sprintf("密钥文件 %s 中的密钥“%s”已损坏，什么都没有改动。请从备份恢复这个文件。", r.path, k.ID),
				fmt.Sprintf("The key “%s” in the key file %s is damaged. Nothing was changed. Restore the file from a backup.", k.ID, r.path))
		}
		l := &loadedKey{Key: k, id: id}
		if l.values, err = l.aead(nil, "eyas value"); err != nil {
			return err
		}
		if keys[k.ID] == nil {
			order = append(order, k.ID)
		}
		keys[k.ID] = l
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keys, r.order, r.mark = keys, order, f.Mark
	return nil
}

// aead derives the key for a purpose by HKDF (RFC 5869).
func (k *loadedKey) aead(salt []byte, purpose string) (cipher.AEAD, error) {
	size, block := 32, aes.NewCipher
	if k.Cipher == SM4 {
		size, block = 16, sm4.NewCipher
	}
	key, err := hkdf.Key(sha256.New, k.Secret, salt, purpose+" "+string(k.Cipher), size)
	if err != nil {
		return nil, err
	}
	b, err := block(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(b)
}

// key returns a key; it reads the file again when it does not know the id.
func (r *Ring) key(id string) (*loadedKey, error) {
	r.mu.RLock()
	k := r.keys[id]
	r.mu.RUnlock()
	if k != nil {
		return k, nil
	}
	if err := r.load(); err != nil {
		return nil, err
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	if k := r.keys[id]; k != nil {
		return k, nil
	}
	return nil, r.missing(id)
}

// Mark returns a keyed hash of an identity number: HMAC-SHA256 with a key of its own. By it a number can be found in the
// base, and without the key file no number can be tried.
func (r *Ring) Mark(number string) ([]byte, error) {
	r.mu.RLock()
	mark := r.mark
	r.mu.RUnlock()
	if len(mark) == 0 {
		if err := r.load(); err != nil {
			return nil, err
		}
		r.mu.RLock()
		mark = r.mark
		r.mu.RUnlock()
	}
	if len(mark) == 0 {
		return nil, ErrNoKey
	}
	h := hmac.New(sha256.New, mark)
	h.Write([]byte(number))
	return h.Sum(nil)[:16], nil
}

// ErrNoKey is the cause of a fault about a key that the key file does not have.
var ErrNoKey = errors.New("vault: the key is missing")

func (r *Ring) missing(id string) error {
	return fault.New(fault.Unavailable,
		fmt.Sprintf("这里有加密保存的内容，而密钥 %s 不在密钥文件 %s 中，所以读不出，也不会改动。请把原来的密钥文件放回该处，或用 --keys（环境变量 EYAS_KEYS）指明它在哪里。", id, r.path),
		fmt.Sprintf("Something here is encrypted, and its key %s is not in the key file %s. So it cannot be read and was not changed. Put the key file back, or say with --keys (EYAS_KEYS) where it is.", id, r.path)).Wrap(ErrNoKey)
}

func (r *Ring) unwritable(err error) error {
	return fault.New(fault.Unavailable, fmt.Sprintf("密钥文件 %s 写不了。请检查文件夹的权限，或用 --keys 指明另一个位置。什么都没有保存。", r.path),
		fmt.Sprintf("The key file %s cannot be written. Check the permission of the folder, or name another place with --keys. Nothing was stored.", r.path)).Wrap(err)
}
