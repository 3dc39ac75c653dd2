package people

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"eyas/internal/auth"
	"eyas/internal/fault"
)

// SecondKind is the kind of secret that a second factor is.
const SecondKind = "totp"

// The kinds of secrets.
const (
	secretTOTP  = SecondKind
	secretFresh = "totp-new" // shown, and not confirmed yet
)

// factor is a second factor as it is kept, sealed.
type factor struct {
	Secret   string   `json:"secret"`             // base32
	Step     int64    `json:"step,omitempty"`     // of the last code that was taken: none is taken twice
	Recovery []string `json:"recovery,omitempty"` // SHA-256 of codes that are not used yet
}

// recoveryCodes is how many a person gets.
const recoveryCodes = 8

func (p *People) hasSecond(ctx context.Context, r Reader, id string) (bool, error) {
	sealed, err := r.Secret(ctx, id, secretTOTP)
	return sealed != nil, err
}

// factor opens a second factor; nil when there is none.
func (p *People) factor(ctx context.Context, r Reader, id, kind string) (*factor, error) {
	plain, err := r.Secret(ctx, id, kind)
	if err != nil || plain == nil {
		return nil, err
	}
	f := &factor{}
	return f, json.Unmarshal(plain, f)
}

func (p *People) keepFactor(ctx context.Context, w Writer, id, kind string, f *factor) error {
	plain, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return w.SetSecret(ctx, id, kind, plain)
}

// HasSecond reports whether a person has a second factor.
func (p *People) HasSecond(ctx context.Context, id string) (has bool, err error) {
	defer fault.At(&err, "people.HasSecond(person %s)", id)
	err = p.Storage.ReadPeople(ctx, func(r Reader) (err error) {
		has, err = p.hasSecond(ctx, r, id)
		return err
	})
	return has, err
}

// FreshFactor makes a new second factor that is not in force until a code of it was given, or gives the one that waits for that.
func (p *People) FreshFactor(ctx context.Context, id string) (key *otp.Key, err error) {
	defer fault.At(&err, "people.FreshFactor(person %s)", id)
	err = p.Storage.WritePeople(ctx, func(ctx context.Context, w Writer) error {
		f, err := p.factor(ctx, w, id, secretFresh)
		if err != nil {
			return err
		}
		o := totp.GenerateOpts{Issuer: "Eyas", AccountName: id}
		if f != nil {
			if o.Secret, err = base32Secret(f.Secret); err != nil {
				return err
			}
		}
		if key, err = totp.Generate(o); err != nil || f != nil {
			return err
		}
		return p.keepFactor(ctx, w, id, secretFresh, &factor{Secret: key.Secret()})
	})
	return key, err
}

// ConfirmFactor puts the new second factor in force by a code of it, and gives the recovery codes, which are shown once. All
// other sessions of the person end, and this one gets a new token.
func (p *People) ConfirmFactor(ctx context.Context, token, code string) (codes []string, fresh string, err error) {
	defer fault.At(&err, "people.ConfirmFactor")
	err = p.Storage.WritePeople(ctx, func(ctx context.Context, w Writer) error {
		s, err := p.live(ctx, w, token)
		if err != nil {
			return err
		}
		f, err := p.factor(ctx, w, s.Person, secretFresh)
		if err != nil {
			return err
		}
		if f == nil || !f.takes(code, p.Clock()) {
			return errCode()
		}
		for range recoveryCodes {
			c := strings.ToLower(rand.Text()[:16])
			codes = append(codes, c[:4]+"-"+c[4:8]+"-"+c[8:12]+"-"+c[12:])
			f.Recovery = append(f.Recovery, recoveryHash(codes[len(codes)-1]))
		}
		if err := p.keepFactor(ctx, w, s.Person, secretTOTP, f); err != nil {
			return err
		}
		if err := w.SetSecret(ctx, s.Person, secretFresh, nil); err != nil {
			return err
		}
		if fresh, err = p.renew(ctx, w, s); err != nil {
			return err
		}
		if err := w.EndSessions(ctx, s.Person, s.Key, p.Clock()); err != nil {
			return err
		}
		e, err := p.entryOf(s.Person, "second-factor", "person/"+s.Person, map[string]any{"on": true})
		if err != nil {
			return err
		}
		return w.Log(ctx, e)
	})
	return codes, fresh, err
}

// SecondFactor ends a sign-in with a code of the second factor, or one for recovery. The token changes.
func (p *People) SecondFactor(ctx context.Context, half, code string, from Place) (token string, err error) {
	defer fault.At(&err, "people.SecondFactor")
	var id string
	err = p.Storage.ReadPeople(ctx, func(r Reader) error {
		s, err := r.Session(ctx, keyOf(half))
		if err != nil {
			return err
		}
		if s == nil || !s.Half || !s.holds(p.Clock()) {
			return ErrSignedOut()
		}
		id = s.Person
		return nil
	})
	if err != nil {
		return "", err
	}
	locked, err := p.attempt(ctx, id+" code", from)
	if err != nil {
		return "", err
	}
	if locked {
		return "", cmpErr(p.failed(ctx, byCode, id, from), errCode())
	}
	ctx = auth.In(ctx, auth.Actor{ID: id, From: from.Address})
	wrong := false
	err = p.Storage.WritePeople(ctx, func(ctx context.Context, w Writer) error {
		s, err := w.Session(ctx, keyOf(half))
		if err != nil {
			return err
		}
		if s == nil || !s.Half || !s.holds(p.Clock()) {
			return ErrSignedOut()
		}
		who, err := w.Person(ctx, id)
		if err != nil {
			return err
		}
		f, err := p.factor(ctx, w, id, secretTOTP)
		if err != nil {
			return err
		}
		if wrong = who == nil || f == nil || !p.mayEnter(ctx, who) || !(f.takes(code, p.Clock()) || f.recovers(code)); wrong {
			return errCode()
		}
		if err := p.keepFactor(ctx, w, id, secretTOTP, f); err != nil {
			return err
		}
		if err := w.EndSession(ctx, s.Key, p.Clock()); err != nil {
			return err
		}
		token, err = p.begin(ctx, w, who, Session{Login: s.Login}, from, "")
		return err
	})
	if wrong {
		return "", cmpErr(p.failed(ctx, byCode, id, from), err)
	}
	if err != nil {
		return "", err
	}
	return token, p.forgiven(ctx, id+" code", from)
}

func errCode() error {
	return fault.New(fault.Invalid, "验证码不对或已用过。请输入验证器里现在显示的 6 位数字，或一个没用过的恢复码。",
		"The code is wrong or was used already. Give the 6 digits that the authenticator shows now, or a recovery code that was not used.")
}

// takes reports whether a code is right now and newer than the last one that was taken, and remembers it.
func (f *factor) takes(code string, now time.Time) bool {
	code = strings.ReplaceAll(strings.TrimSpace(code), " ", "")
	for skew := int64(-1); skew <= 1; skew++ {
		step := now.Unix()/30 + skew
		if step <= f.Step {
			continue
		}
		want, err := totp.GenerateCodeCustom(f.Secret, time.Unix(step*30, 0), totp.ValidateOpts{Period: 30, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			f.Step = step
			return true
		}
	}
	return false
}

// recovers reports whether a code is one for recovery, and takes it away.
func (f *factor) recovers(code string) bool {
	got := recoveryHash(code)
	for i, h := range f.Recovery {
		if subtle.ConstantTimeCompare([]byte(h), []byte(got)) == 1 {
			f.Recovery = append(f.Recovery[:i:i], f.Recovery[i+1:]...)
			return true
		}
	}
	return false
}

func recoveryHash(code string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(strings.NewReplacer("-", "", " ", "").Replace(strings.TrimSpace(code)))))
	return hex.EncodeToString(sum[:])
}
