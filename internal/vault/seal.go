package vault

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
)

// Hidden and HiddenText are parameters of a statement that are sealed before they are written, whatever they hold. Other
// texts and blobs are sealed when they hold an identity number.
type (
	Hidden     []byte
	HiddenText string
)

// Marked is a parameter of a statement that is written as its keyed hash; see Ring.Mark.
type Marked string

// MarkedText is Marked for a column of texts: it is written in hexadecimal digits.
type MarkedText string

// The beginnings of what is sealed. A sealed blob is BlobMark, 8 bytes of the key's id, a nonce of 12 random bytes, and the ciphertext with its tag. A sealed
// text is TextMark and the same without the mark in base64. What is sealed is bound to the mark and the id of the key.
const (
	BlobMark  = "\x81\x00EyasV\x01"
	TextMark  = "\ue0ffeyas1."
	idSize    = 8
	nonceSize = 12
)

// IsSealed reports whether a stored blob or text is sealed, or looks so.
func IsSealed[T string | []byte](b T) bool {
	return len(b) >= len(BlobMark) && (string(b[:len(BlobMark)]) == BlobMark || len(b) >= len(TextMark) && string(b[:len(TextMark)]) == TextMark)
}

// KeyOf returns the id of the key of a sealed blob or text; empty when it is not sealed.
func KeyOf[T string | []byte](b T) string {
	if !IsSealed(b) {
		return ""
	}
	raw, err := parts(b)
	if err != nil {
		return ""
	}
	return hex.EncodeToString(raw[:idSize])
}

// parts returns what stands behind the mark.
func parts[T string | []byte](b T) (raw []byte, err error) {
	if string(b[:len(BlobMark)]) == BlobMark {
		raw = []byte(b[len(BlobMark):])
	} else if raw, err = base64.RawStdEncoding.DecodeString(string(b[len(TextMark):])); err != nil {
		return nil, ErrBroken
	}
	if len(raw) < idSize+nonceSize {
		return nil, ErrBroken
	}
	return raw, nil
}

// ErrBroken is returned for what is sealed and differs from what was written.
var ErrBroken = errors.New("vault: a sealed value is not as it was written")

// Seal seals a blob with a key.
func (r *Ring) Seal(id string, plain []byte) ([]byte, error) {
	return r.seal(make([]byte, 0, len(BlobMark)+idSize+nonceSize+len(plain)+16), BlobMark, id, plain)
}

// SealText seals a text with a key.
func (r *Ring) SealText(id, plain string) (string, error) {
	raw, err := r.seal(nil, TextMark, id, []byte(plain))
	if err != nil {
		return "", err
	}
	return TextMark + base64.RawStdEncoding.EncodeToString(raw[len(TextMark):]), nil
}

func (r *Ring) seal(to []byte, mark, id string, plain []byte) ([]byte, error) {
	k, err := r.key(id)
	if err != nil {
		return nil, err
	}
	to = append(append(to, mark...), k.id...)
	bound := bytes.Clone(to)
	var nonce [nonceSize]byte
	rand.Read(nonce[:])
	return k.values.Seal(append(to, nonce[:]...), nonce[:], plain, bound), nil
}

// Open returns what a sealed blob holds. The error is a fault when its key is missing.
func (r *Ring) Open(sealed []byte) ([]byte, error) { return open(r, sealed) }

// OpenText returns what a sealed text holds.
func (r *Ring) OpenText(sealed string) (string, error) {
	plain, err := open(r, sealed)
	return string(plain), err
}

func open[T string | []byte](r *Ring, sealed T) ([]byte, error) {
	raw, err := parts(sealed)
	if err != nil {
		return nil, err
	}
	k, err := r.key(hex.EncodeToString(raw[:idSize]))
	if err != nil {
		return nil, err
	}
	mark := BlobMark
	if strings.HasPrefix(string(sealed[:len(TextMark)]), TextMark) {
		mark = TextMark
	}
	bound := append([]byte(mark), k.id...)
	plain, err := k.values.Open(nil, raw[idSize:idSize+nonceSize], raw[idSize+nonceSize:], bound)
	if err != nil {
		return nil, ErrBroken
	}
	return plain, nil
}
