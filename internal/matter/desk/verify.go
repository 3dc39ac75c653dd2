package desk

import (
	"context"
	"slices"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/matter"
	"eyas/internal/pack"
	"eyas/internal/registry/cell"
	"eyas/internal/registry/fact"
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
	return d.verified(ctx, func(r Reader) (*Certificate, error) { return d.numbered(ctx, r, subject, number) })
}

// Coded makes Config.ByCode of what finds subjects by a code or a name; see registry.Registry.Find. A code that is on old papers, before its
// subject was merged into another one, finds that one. Names find nobody.
func Coded(find func(ctx context.Context, text string) ([]fact.Ref, error)) func(ctx context.Context, code string) (int64, error) {
	return func(ctx context.Context, code string) (int64, error) {
		read, state := cell.USCC([]byte(code), nil)
		if state != cell.NoCode {
			code = string(read)
		}
		list, err := find(ctx, code)
		if err != nil {
			return 0, err
		}
		for _, x := range list {
			if x.Code == code || state != cell.NoCode && len(list) == 1 {
				return x.Subject, nil
			}
		}
		return 0, nil
	}
}

// numbered finds a certificate by its number, if its holder counts as a subject today; nil: there is none, or it was taken back.
func (d *Desk) numbered(ctx context.Context, r Reader, subject int64, number string) (*Certificate, error) {
	want, err := d.root(ctx, subject)
	if err != nil {
		return nil, err
	}
	var kinds []string
	for _, m := range d.Pack.Matters {
		if m.Issues == "" || slices.Contains(kinds, m.Issues) {
			continue
		}
		kinds = append(kinds, m.Issues)
		id, err := r.Numbered(ctx, m.Issues, number)
		if err != nil {
			return nil, err
		}
		if id == 0 {
			continue
		}
		list, err := r.Certificates(ctx, id)
		if err != nil {
			return nil, err
		}
		for i := range list {
			x := &list[i]
			if x.Kind != m.Issues || x.Number != number || x.Never {
				continue
			}
			if of, err := d.root(ctx, x.Subject); err != nil || of == want {
				return x, err
			}
		}
	}
	return nil, nil
}

// root is whom the records of a subject count for.
func (d *Desk) root(ctx context.Context, subject int64) (int64, error) {
	if d.Root == nil {
		return subject, nil
	}
	return d.Root(ctx, subject)
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
