package desk

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"fmt"
	"slices"
	"strings"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/matter"
	"eyas/internal/pack"
	"eyas/internal/registry/intake"
)

// Certificate is a certificate that a case issued, as it is found by its token.
type Certificate struct {
	Case     int64
	No       int // place in the case, from 0
	Register string
	Subject  int64
	Kind     string // id of the certificate in the register
	Number   string
	Token    string // of its public check page
	Last     matter.Day
	Revoked  matter.Day
	Never    bool
}

// Promises is the source of records of promises that were not kept. Its things have the attributes promise_no, promise_matter,
// promise_paper, promise_due, promise_on and promise_state. A pack without it keeps none.
const Promises = "integrity"

// follow writes into the register what an event of a case made true: a certificate, its end, or a broken promise. It is one transaction
// with the event.
func (d *Desk) follow(ctx context.Context, w Writer, m *pack.MatterType, before, after *matter.Case, e matter.Event) (err error) {
	defer fault.At(&err, "desk.follow(case %d, event %d)", after.ID, e.Seq)
	ctx = w.Carrying(ctx)
	if e.Person.ID == matter.TheClock {
		ctx = auth.As(ctx, auth.Self)
	}
	for i := range after.Issued {
		x := &after.Issued[i]
		switch {
		case i >= len(before.Issued):
			err = d.issued(ctx, w, m, after, i, e)
		case before.Issued[i].Standing() && !x.Standing():
			if err = d.certify(ctx, m, after, x, e); err == nil {
				err = w.EndCertificate(ctx, after.ID, i, x.Revoked, x.Never())
			}
		}
		if err != nil {
			return err
		}
	}
	for i, p := range after.Promises {
		if p.Broken && (i >= len(before.Promises) || !before.Promises[i].Broken) {
			if err := d.broken(ctx, m, after, i, e); err != nil {
				return err
			}
		}
	}
	return nil
}

// issued keeps a new certificate. Its token cannot be guessed.
func (d *Desk) issued(ctx context.Context, w Writer, m *pack.MatterType, c *matter.Case, no int, e matter.Event) error {
	x := &c.Issued[no]
	other, err := w.Numbered(ctx, x.Certificate, x.Number)
	if err != nil {
		return err
	}
	if other != 0 {
		return fault.New(fault.Conflict, fmt.Sprintf("证书编号 %s 已由办件 %d 使用。", x.Number, other), fmt.Sprintf("case %[2]d has issued a certificate with the number %[1]s already", x.Number, other))
	}
	var secret [20]byte
	rand.Read(secret[:])
	token := strings.ToLower(base32.StdEncoding.EncodeToString(secret[:]))
	if err := w.AddCertificate(ctx, Certificate{Case: c.ID, No: no, Register: m.Register, Subject: c.Subject, Kind: x.Certificate, Number: x.Number, Token: token, Last: x.Until}); err != nil {
		return err
	}
	return d.certify(ctx, m, c, x, e)
}

// certify writes what the register shall know of a certificate.
func (d *Desk) certify(ctx context.Context, m *pack.MatterType, c *matter.Case, x *matter.Issue, e matter.Event) error {
	cert := m.View.Certificate(x.Certificate)
	if cert == nil {
		return nil // the loader refuses it
	}
	if d.Attest == nil {
		return errUnwritten()
	}
	source, rule := d.Pack.SourceOf(m.Register, cert)
	if source == nil {
		return nil // the loader refuses a matter that issues what no source keeps
	}
	values := map[string]string{}
	state := ""
	for attr, allowed := range rule.Where {
		i := slices.IndexFunc(allowed, func(s string) bool { return s != "" })
		if i < 0 {
			continue
		}
		values[attr] = allowed[i]
		if slices.Contains(allowed, "") {
			state = attr
		}
	}
	put := func(attr string, day matter.Day) {
		if at := rule.Set[attr]; attr != "" && at != "" && day != "" {
			values[at] = string(day)
		}
	}
	put(cert.From, x.On)
	put(cert.Until, x.Until)
	if at := rule.Set[cert.Number]; at != "" {
		values[at] = x.Number
	}
	switch {
	case x.Standing():
	case x.Never() || rule.Set[cert.Until] == "":
		values[state] = "已撤销"
	default:
		put(cert.Until, matter.Day(x.Revoked.Time().AddDate(0, 0, -1).Format(time.DateOnly)))
	}
	return d.attest(ctx, m, c, e, source.ID, values, fmt.Sprintf("%s，%s", m.Name.ZH, x.Number))
}

// broken writes that a promise was not kept.
func (d *Desk) broken(ctx context.Context, m *pack.MatterType, c *matter.Case, no int, e matter.Event) error {
	source := d.Pack.Source(Promises)
	if source == nil || source.Items == nil || !source.Of(m.Register) {
		return nil
	}
	if d.Attest == nil {
		return errUnwritten()
	}
	p := &c.Promises[no]
	paper := p.Attachment
	if a := m.Form.Attachment(p.Attachment); a != nil {
		paper = a.Name.ZH
	}
	return d.attest(ctx, m, c, e, source.ID, map[string]string{
		"promise_no": fmt.Sprintf("%d-%d", c.ID, no+1), "promise_matter": m.Name.ZH, "promise_paper": paper, "promise_due": string(p.Until),
		"promise_on": e.At.In(d.now().Location()).Format(time.DateOnly), "promise_state": "未履行",
	}, fmt.Sprintf("%s，%s 到期未补", m.Name.ZH, paper))
}

// errUnwritten refuses what the register would have to know.
func errUnwritten() error {
	return fault.New(fault.Unavailable, "办件没有接通登记库，证书和承诺记不进去，什么都没有写。请管理员检查服务的配置后再办。", "The cases have no register to write to, so it would not know of the certificate or the promise. Nothing was written: the administrator must connect them first.")
}

// attest writes a record of a thing of the subject of a case.
func (d *Desk) attest(ctx context.Context, m *pack.MatterType, c *matter.Case, e matter.Event, source string, values map[string]string, what string) error {
	_, err := d.Attest(ctx, intake.Entry{Register: m.Register, Subject: c.Subject, Values: values, Source: source,
		Form: fmt.Sprintf("%s%d", intake.Cases, c.ID), Reason: fmt.Sprintf("%s（办件 %d 第 %d 条记录）", what, c.ID, e.Seq)})
	return err
}
