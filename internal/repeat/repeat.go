// Package repeat has a write happen once that a client sends twice: the client makes a key, and the answer is kept under it for a day.
package repeat

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"eyas/internal/fault"
)

// Kept is how long an answer is kept.
const Kept = 24 * time.Hour

// longest is how many characters a key has at most.
const longest = 128

// Answer is what was answered to a write.
type Answer struct {
	Owner  string // who asked: the token, or the person of a base without people
	Key    string // that the client made
	Digest string // of what was asked
	Made   time.Time
	Status int
	ETag   string
	Body   []byte
}

// Storage keeps answers in a base.
type Storage interface {
	// ReadAnswers runs fn on a snapshot, or in the transaction that ctx carries.
	ReadAnswers(ctx context.Context, fn func(Rows) error) error
	// KeepAnswers runs fn in a short transaction that the operation log does not prove, or in the one that ctx carries.
	KeepAnswers(ctx context.Context, fn func(Rows) error) error
}

// Rows reads and writes kept answers.
type Rows interface {
	// Answer finds an answer that was made at or after a time; nil: there is none.
	Answer(ctx context.Context, owner, key string, since time.Time) (*Answer, error)
	// Keep stores an answer in the place of an older one. It reports false, and stores nothing, when there is one that was made at or
	// after a time.
	Keep(ctx context.Context, a *Answer, since time.Time) (bool, error)
	// Forget deletes answers that were made before a time.
	Forget(ctx context.Context, before time.Time) error
}

// Answers are those of a base.
type Answers struct {
	storage Storage
	clock   func() time.Time
}

// New returns the answers that a storage keeps.
func New(s Storage, clock func() time.Time) *Answers { return &Answers{s, clock} }

// CheckKey refuses a key that cannot be kept: it has 1 to 128 visible ASCII characters.
func CheckKey(key string) error {
	if key == "" || len(key) > longest || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return fault.New(fault.Invalid, "Idempotency-Key 由客户端生成，1 到 128 个可见的 ASCII 字符，如一个 UUID。",
			"The client makes the Idempotency-Key: 1 to 128 visible ASCII characters, such as a UUID.")
	}
	return nil
}

// Digest is that of what is asked: each part with its length.
func Digest(parts ...[]byte) string {
	h := sha256.New()
	for _, p := range parts {
		sum := sha256.Sum256(p)
		h.Write(sum[:])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Find gives the answer that was made to the same request; nil: it was not carried out yet. The same key with other content is a fault
// with code fault.Invalid.
func (s *Answers) Find(ctx context.Context, owner, key, digest string) (a *Answer, err error) {
	defer fault.At(&err, "repeat.Find(owner %s)", owner)
	since := s.clock().Add(-Kept)
	err = s.storage.ReadAnswers(ctx, func(r Rows) error {
		a, err = r.Answer(ctx, owner, key, since)
		return err
	})
	if err == nil && a != nil && a.Digest != digest {
		return nil, ErrOther()
	}
	return a, err
}

// ErrOther refuses a key that another request had.
func ErrOther() error {
	return fault.New(fault.Invalid, "这个 Idempotency-Key 在一天之内已用于另一个内容不同的请求，没有执行。请为新的请求换一个。",
		"This Idempotency-Key was used within a day for another request with other content, and nothing was done. Make another key for a new request.")
}

// ErrTwice says that the same request was carried out just now by a twin of it, whose answer Find gives.
var ErrTwice = fault.New(fault.Conflict, "同一个请求刚刚已经执行。", "The same request was carried out just now.")

// Keep keeps an answer, in the transaction that ctx carries where it has one. The error is ErrTwice when there is one already.
func (s *Answers) Keep(ctx context.Context, a Answer) (err error) {
	defer fault.At(&err, "repeat.Keep(owner %s)", a.Owner)
	a.Made = s.clock()
	return s.storage.KeepAnswers(ctx, func(r Rows) error {
		since := a.Made.Add(-Kept)
		if err := r.Forget(ctx, since); err != nil {
			return err
		}
		fresh, err := r.Keep(ctx, &a, since)
		if err == nil && !fresh {
			return ErrTwice
		}
		return err
	})
}
