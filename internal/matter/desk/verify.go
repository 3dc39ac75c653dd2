package desk

import (
	"context"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/matter"
	"eyas/internal/pack"
)

// The states of a certificate, as its public check page says them.
const (
	Valid   = "valid"
	Revoked = "revoked"
	Expired = "expired"
	Unknown = "unknown" // no such certificate, or it was taken back as never issued
)

// Verified is what anybody is told of a certificate whose token he has. It has no personal data.
type Verified struct {
	State  string
	Token  string
	Name   pack.Text // of the certificate
	Number string
	Holder string // "" for holders of a confidential register
	On     matter.Day
	Until  matter.Day
	From   matter.Day // revoked: the first day on which it does not hold
}

// Verify tells of the certificate with a token. Nobody needs a right for it: the token cannot be guessed.
func (d *Desk) Verify(ctx context.Context, token string) (x Verified, err error) {
	defer fault.At(&err, "desk.Verify")
	return d.verified(auth.As(ctx, auth.Self), func(r Reader) (*Certificate, error) { return r.Certified(ctx, token) })
}

// VerifyNumber tells of the certificate with a number, for who knows the code of its holder, too. Numbers alone tell nothing, for they
// follow one another and could be counted.
func (d *Desk) VerifyNumber(ctx context.Context, number, code string) (x Verified, err error) {
	defer fault.At(&err, "desk.VerifyNumber")
	if number == "" || code == "" || d.ByCode == nil {
		return Verified{State: Unknown}, nil
	}
	ctx = auth.As(ctx, auth.Self)
	subject, err := d.ByCode(ctx, code)
	if err != nil || subject == 0 {
		return Verified{State: Unknown}, err
	}
	return d.verified(ctx, func(r Reader) (*Certificate, error) { return r.CertifiedBy(ctx, subject, number) })
}

// verified tells of a certificate what its case says.
func (d *Desk) verified(ctx context.Context, find func(Reader) (*Certificate, error)) (Verified, error) {
	x := Verified{State: Unknown}
	var found *Certificate
	var issue matter.Issue
	err := d.Storage.ReadCases(ctx, func(r Reader) (err error) {
		if found, err = find(r); err != nil || found == nil {
			return err
		}
		row, err := r.Case(ctx, found.Case)
		if err == nil && row != nil && found.No < len(row.Case.Issued) {
			issue = row.Case.Issued[found.No]
		}
		return err
	})
	if err != nil || found == nil || issue.Number == "" || issue.Never() {
		return x, err
	}
	reg := d.Pack.Register(found.Register)
	x = Verified{State: Valid, Token: found.Token, Number: issue.Number, On: issue.On, Until: issue.Until, From: issue.Revoked}
	if c := reg.Certificate(issue.Certificate); c != nil {
		x.Name = c.Name
	}
	today := matter.Day(d.now().Format(time.DateOnly))
	switch {
	case issue.Revoked != "" && issue.Revoked <= today:
		x.State = Revoked
	case issue.Until != "" && issue.Until < today:
		x.State = Expired
	}
	if title := reg.Attribute(reg.NameAttr); title != nil && !title.Personal && !reg.Confidential() {
		p, err := d.Profile(ctx, found.Subject)
		if err != nil {
			return x, err
		}
		x.Holder = p.Name
	}
	return x, nil
}

// Certificates are those that a case issued, for who sees it.
func (d *Desk) Certificates(ctx context.Context, id int64) (list []Certificate, err error) {
	defer fault.At(&err, "desk.Certificates(case %d)", id)
	if _, err := d.Show(ctx, id); err != nil {
		return nil, err
	}
	err = d.Storage.ReadCases(ctx, func(r Reader) error {
		list, err = r.Certificates(ctx, id)
		return err
	})
	return list, err
}
