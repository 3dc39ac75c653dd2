package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"os"
)

// Scratch is a temporary file without a name, in the folder for such files. Its key is in memory only (AES-256-CTR), so
// what is left of it on the disk is noise. Each place of it is written at most once.
type Scratch struct {
	f     *os.File
	block cipher.Block
	end   int64
	buf   []byte
}

// NewScratch makes one.
func NewScratch(pattern string) (*Scratch, error) {
	f, err := os.CreateTemp("", pattern)
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	var key [32]byte
	rand.Read(key[:])
	block, err := aes.NewCipher(key[:])
	return &Scratch{f: f, block: block}, err
}

// Write appends to the file.
func (s *Scratch) Write(p []byte) (int, error) {
	n, err := s.WriteAt(p, s.end)
	s.end += int64(n)
	return n, err
}

// WriteAt writes to a place that was not written before.
func (s *Scratch) WriteAt(p []byte, at int64) (int, error) {
	s.buf = append(s.buf[:0], p...)
	s.mix(s.buf, at)
	return s.f.WriteAt(s.buf, at)
}

// ReadAt reads what was written. Several goroutines may read.
func (s *Scratch) ReadAt(p []byte, at int64) (int, error) {
	n, err := s.f.ReadAt(p, at)
	s.mix(p[:n], at)
	return n, err
}

// Close gives the file back.
func (s *Scratch) Close() error { return s.f.Close() }

// mix adds the key stream from a place on.
func (s *Scratch) mix(p []byte, at int64) {
	var start [aes.BlockSize]byte
	binary.BigEndian.PutUint64(start[8:], uint64(at/aes.BlockSize))
	stream := cipher.NewCTR(s.block, start[:])
	if skip := at % aes.BlockSize; skip > 0 {
		var waste [aes.BlockSize]byte
		stream.XORKeyStream(waste[:skip], waste[:skip])
	}
	stream.XORKeyStream(p, p)
}
