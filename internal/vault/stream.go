package vault

import (
	"bufio"
	"bytes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
)

// A sealed file is fileMark, the 8 bytes of the key's id, a salt of 32 random bytes, and chunks of 64 KiB, each with its tag.
// The key of the file is derived from the key and the salt. The nonce of a chunk is its number and whether it is the last
// one: the STREAM construction (Hoang, Reyhanitabar, Rogaway and Vizár, 2015) in the form that Tink and age have. So a
// chunk that is missing, changed, or in another place is an error. Libraries for this have no SM4, hence this file.
const (
	fileMark  = "\x81\x00EyasF\x01"
	saltSize  = 32
	headSize  = len(fileMark) + idSize + saltSize
	chunkSize = 64 << 10
	tagSize   = 16
)

// Writer seals what is written to it. Close writes the last chunk and does not close the writer below.
type Writer struct {
	to    io.Writer
	aead  cipher.AEAD
	head  []byte
	plain []byte
	out   []byte
	n     uint64
}

// NewWriter begins a sealed file with a key.
func (r *Ring) NewWriter(to io.Writer, id string) (*Writer, error) {
	k, err := r.key(id)
	if err != nil {
		return nil, err
	}
	head := append(append(make([]byte, 0, headSize), fileMark...), k.id...)
	head = head[:headSize]
	rand.Read(head[len(fileMark)+idSize:])
	aead, err := k.aead(head[len(fileMark)+idSize:], "eyas file")
	if err != nil {
		return nil, err
	}
	_, err = to.Write(head)
	return &Writer{to: to, aead: aead, head: head, plain: make([]byte, 0, chunkSize)}, err
}

func (w *Writer) Write(p []byte) (n int, err error) {
	for len(p) > 0 {
		if len(w.plain) == chunkSize { // more follows: it is not the last
			if err := w.flush(false); err != nil {
				return n, err
			}
		}
		took := copy(w.plain[len(w.plain):chunkSize], p)
		w.plain = w.plain[:len(w.plain)+took]
		n, p = n+took, p[took:]
	}
	return n, nil
}

// Close seals the rest.
func (w *Writer) Close() error { return w.flush(true) }

func (w *Writer) flush(last bool) error {
	nonce := nonceOf(w.n, last)
	w.out = w.aead.Seal(w.out[:0], nonce[:], w.plain, w.head)
	w.n, w.plain = w.n+1, w.plain[:0]
	_, err := w.to.Write(w.out)
	return err
}

func nonceOf(chunk uint64, last bool) (n [nonceSize]byte) {
	binary.BigEndian.PutUint64(n[3:], chunk)
	if last {
		n[11] = 1
	}
	return n
}

// File is a file that is read, sealed or not.
type File interface {
	io.ReadSeekCloser
	io.ReaderAt
	Size() int64 // bytes of the content
}

// Opener opens files that may be sealed: a Ring does.
type Opener interface {
	OpenFile(path string) (File, error)
}

// OpenFile opens a file by the keys of a ring. What is sealed is opened while it is read; another file is read as it is. With
// a nil ring, a sealed file is a fault.
func (r *Ring) OpenFile(path string) (File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	opened, err := r.newFile(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return opened, nil
}

// ReadFile reads a whole file, sealed or not.
func ReadFile(path string, by Opener) ([]byte, error) {
	f, err := by.OpenFile(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

func (r *Ring) newFile(f *os.File) (File, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	head := make([]byte, headSize)
	switch n, err := f.ReadAt(head, 0); {
	case err == io.EOF || err == nil && string(head[:len(fileMark)]) != fileMark:
		return plainFile{f, info.Size()}, nil
	case err != nil && n < headSize:
		return plainFile{f, info.Size()}, nil // a folder, say: whoever reads it gets the error
	}
	id := hex.EncodeToString(head[len(fileMark) : len(fileMark)+idSize])
	if r == nil {
		return nil, (&Ring{path: "?"}).missing(id)
	}
	k, err := r.key(id)
	if err != nil {
		return nil, err
	}
	aead, err := k.aead(head[len(fileMark)+idSize:], "eyas file")
	if err != nil {
		return nil, err
	}
	body := info.Size() - int64(headSize)
	chunks := max(1, (body+chunkSize+tagSize-1)/(chunkSize+tagSize))
	size := body - chunks*tagSize
	if size < 0 {
		return nil, fmt.Errorf("vault: %s is cut off: %w", f.Name(), ErrBroken)
	}
	return &sealedFile{f: f, aead: aead, head: head, chunks: chunks, size: size, held: -1}, nil
}

// KeyOfFile returns the id of the key of a sealed file; empty when it is not sealed.
func KeyOfFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	head := make([]byte, headSize)
	switch _, err := io.ReadFull(bufio.NewReaderSize(f, headSize), head); {
	case err == io.EOF || err == io.ErrUnexpectedEOF: // too short
		return "", nil
	case err != nil:
		return "", err
	case !bytes.HasPrefix(head, []byte(fileMark)):
		return "", nil
	}
	return hex.EncodeToString(head[len(fileMark) : len(fileMark)+idSize]), nil
}

type plainFile struct {
	*os.File
	size int64
}

func (p plainFile) Size() int64 { return p.size }

// sealedFile reads chunks; the last one that was read is held.
type sealedFile struct {
	f      *os.File
	aead   cipher.AEAD
	head   []byte
	chunks int64
	size   int64
	at     int64

	mu    sync.Mutex
	held  int64 // chunk in plain
	raw   []byte
	plain []byte
}

func (s *sealedFile) Size() int64  { return s.size }
func (s *sealedFile) Close() error { return s.f.Close() }

func (s *sealedFile) Read(p []byte) (int, error) {
	n, err := s.ReadAt(p, s.at)
	s.at += int64(n)
	if n > 0 && err == io.EOF {
		err = nil
	}
	return n, err
}

func (s *sealedFile) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += s.at
	case io.SeekEnd:
		offset += s.size
	}
	if offset < 0 {
		return 0, errors.New("vault: seek before the beginning")
	}
	s.at = offset
	return offset, nil
}

func (s *sealedFile) ReadAt(p []byte, at int64) (n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n < len(p) {
		if at >= s.size {
			return n, io.EOF
		}
		if err := s.chunk(at / chunkSize); err != nil {
			return n, err
		}
		took := copy(p[n:], s.plain[at%chunkSize:])
		n, at = n+took, at+int64(took)
	}
	return n, nil
}

func (s *sealedFile) chunk(number int64) error {
	if number == s.held {
		return nil
	}
	if s.raw == nil {
		s.raw = make([]byte, chunkSize+tagSize)
	}
	n, err := s.f.ReadAt(s.raw, int64(headSize)+number*(chunkSize+tagSize))
	if err != nil && err != io.EOF {
		return err
	}
	nonce := nonceOf(uint64(number), number == s.chunks-1)
	s.held = -1
	if s.plain, err = s.aead.Open(s.plain[:0], nonce[:], s.raw[:n], s.head); err != nil {
		return fmt.Errorf("vault: chunk %d of %s: %w", number, s.f.Name(), ErrBroken)
	}
	s.held = number
	return nil
}
