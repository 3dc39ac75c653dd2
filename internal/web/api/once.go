package api

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/repeat"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
)

// dryRun is the parameter of writes that are only tried.
const dryRun = "dry_run"

// keyHeader has the key by which a client marks a request that it may send again.
const keyHeader = "Idempotency-Key"

// readWrite reads what every write takes: whether it is only tried, and the key of the client; empty: none.
func readWrite(r *http.Request) (dry bool, key string, err error) {
	if dry, err = readBool(r, dryRun); err != nil {
		return false, "", err
	}
	list := r.Header.Values(keyHeader)
	if len(list) == 0 || dry {
		return dry, "", nil
	}
	if len(list) > 1 {
		return false, "", repeat.CheckKey("")
	}
	return false, list[0], repeat.CheckKey(list[0])
}

// readBool reads a parameter that is true or false; false when it is not given. One without a value is neither.
func readBool(r *http.Request, name string) (bool, error) {
	q := r.URL.Query()
	switch q.Get(name) {
	case "false":
		return false, nil
	case "true":
		return true, nil
	case "":
		if !q.Has(name) {
			return false, nil
		}
	}
	return false, address.Mistake(fault.New(fault.Invalid, name+" 是 true 或 false。", name+" is true or false."), name)
}

// ownerOf is under whom answers are kept: under the token, or under the operator of a base without people.
func ownerOf(r *http.Request) string {
	if token := frame.Bearer(r); token != "" {
		sum := sha256.Sum256([]byte(token))
		return "token/" + hex.EncodeToString(sum[:])
	}
	a := auth.Named(r.Context())
	return "person/" + a.ID
}

// digestOf is that of what a request asks. It is keyed by the token, which is stored nowhere: what was asked cannot be guessed from it. On
// a base without people numbers of persons are left out of it instead.
func digestOf(r *http.Request, content []byte) string {
	q := r.URL.Query()
	q.Del("lang")
	parts := [][]byte{[]byte(r.Method), []byte(r.URL.Path), []byte(q.Encode()), content}
	token := frame.Bearer(r)
	if token == "" {
		for i := range parts {
			parts[i] = []byte(figure.Masked(string(parts[i])))
		}
		return repeat.Digest(parts...)
	}
	mac := hmac.New(sha256.New, []byte(token))
	mac.Write([]byte(repeat.Digest(parts...)))
	return hex.EncodeToString(mac.Sum(nil))
}

// keeper keeps the answer to a request under the key of the client, in the transaction of ctx where it has one.
type keeper func(ctx context.Context, a *answered) error

// once carries a write out, and keeps its answer under the key of the client; empty: it has none. The same request again is answered as it
// was. again, nil or not, is called where nothing is carried out.
func (s *room) once(r *http.Request, key string, content []byte, again func(bool), do func(ctx context.Context, keep keeper) (*answered, error)) (*answered, error) {
	if key == "" || s.Repeats == nil {
		return do(r.Context(), func(context.Context, *answered) error { return nil })
	}
	owner, digest := ownerOf(r), digestOf(r, content)
	earlier := func() (*answered, error) {
		a, err := s.Repeats.Find(r.Context(), owner, key, digest)
		if a == nil || err != nil {
			return nil, err
		}
		return &answered{status: a.Status, etag: a.ETag, raw: a.Body, again: true}, nil
	}
	a, err := earlier()
	if a != nil || err != nil {
		if again != nil {
			again(true)
		}
		return a, err
	}
	a, err = do(r.Context(), func(ctx context.Context, a *answered) error {
		body, err := json.Marshal(a.value)
		if err != nil {
			return err
		}
		status := a.status
		if status == 0 {
			status = http.StatusOK
		}
		return s.Repeats.Keep(ctx, repeat.Answer{Owner: owner, Key: key, Digest: digest, Status: status, ETag: a.etag, Body: body})
	})
	if errors.Is(err, repeat.ErrTwice) || fault.Of(err) == fault.Stale { // a twin of it was quicker
		if a, e := earlier(); a != nil || e != nil {
			return a, e
		}
	}
	return a, err
}
