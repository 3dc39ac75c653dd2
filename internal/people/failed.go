package people

import (
	"context"
	"time"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/fault"
)

// Failed attempts to sign in are in the log: for each account and address one entry at the first, and one each window after it
// that counts those since. Whether there is such an account is not told. However many accounts and addresses somebody tries,
// the log gets a bounded number of entries a window: what is beyond is counted together.
const tellEvery = tryWindow

var tellMost = 60 // a test has fewer

// How an attempt failed.
const (
	byPassword = "password"
	byCode     = "code"
	byProvider = "provider" // of identities: nobody was signed in there
	byMany     = "many"     // more accounts and addresses than are told apart
)

// Failure counts failed attempts of one account from one address.
type Failure struct {
	How     string // byPassword, byCode, byProvider or byMany
	Account string // as it was typed; empty: what was typed can be no account's, and might be a password
	Address string
	N       int       // since the last entry of the log
	Told    time.Time // when the last entry was made; zero: none yet
}

// due reports whether the log is to be told now.
func (f *Failure) due(now time.Time) bool { return f.N > 0 && now.Sub(f.Told) >= tellEvery }

// failed counts a failed attempt, and has the log told of it when that is due.
func (p *People) failed(ctx context.Context, how, account string, from Place) error {
	if !idForm.MatchString(account) {
		account = ""
	}
	now := p.Clock()
	f := Failure{How: how, Account: account, Address: from.Address}
	err := p.Storage.WriteAside(ctx, func(w Aside) error {
		known, others, err := w.FailureKnown(ctx, f, now.Add(-tellEvery))
		if err != nil {
			return err
		}
		if !known && others >= tellMost {
			f = Failure{How: byMany}
		}
		f, err = w.CountFailure(ctx, f)
		return err
	})
	if err != nil || !f.due(now) {
		return err
	}
	return p.tell(ctx, f)
}

// tell writes an entry of the log with the failed attempts of an account and address since the last one.
func (p *People) tell(ctx context.Context, f Failure) error {
	ctx = auth.In(ctx, auth.Actor{ID: auth.Self, From: f.Address})
	return p.Storage.WritePeople(ctx, func(ctx context.Context, w Writer) error {
		f, err := w.TakeFailures(ctx, f, p.Clock())
		if err != nil || f.N == 0 {
			return err
		}
		e, err := p.entry(ctx, "sign-in-failed", "person", map[string]any{"account": audit.Beside(f.Account), "count": f.N, "factor": f.How})
		if err != nil {
			return err
		}
		return w.Log(ctx, e)
	})
}

// TellFailures writes the entries of the log that are due about failed attempts to sign in, and forgets counts of days past. The
// server calls it from time to time, so that the last attempts of a series are told, too.
func (p *People) TellFailures(ctx context.Context) (err error) {
	defer fault.At(&err, "people.TellFailures")
	now := p.Clock()
	var list []Failure
	err = p.Storage.WriteAside(ctx, func(w Aside) error {
		if err := w.ForgetFailures(ctx, now.Add(-24*time.Hour)); err != nil {
			return err
		}
		list, err = w.Failures(ctx, now.Add(-tellEvery))
		return err
	})
	for _, f := range list {
		if err == nil {
			err = p.tell(ctx, f)
		}
	}
	return err
}
