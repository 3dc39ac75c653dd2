package matter

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/cell"
	"eyas/internal/tri"
)

// Fields of a stage that issues a certificate, by their ids.
const (
	FieldNumber   = "number"
	FieldIssuedOn = "issued_on" // the day of the act when it is not given
	FieldUntil    = "until"     // by the validity that the register names when it is not given
)

// number makes the number of a certificate where the matter makes numbers and none is given.
func (d *decision) number(s *pack.Stage) error {
	r := s.Number
	if r == nil || r.Form == "" || d.act.Fields[FieldNumber] != "" || d.w.Next == nil {
		return nil
	}
	day, err := d.day(d.act.Fields[FieldIssuedOn], d.w.Today())
	if err != nil {
		return err
	}
	series := strings.ReplaceAll(r.Form, "{year}", string(day[:4]))
	i := strings.Index(series, "{n:")
	digits, _ := strconv.Atoi(series[i+3 : i+4]) // the loader has checked it
	fields := maps.Clone(d.act.Fields)
	if fields == nil {
		fields = map[string]string{}
	}
	for taken := true; taken; { // somebody may have given a number of the series by hand
		n, err := d.w.Next(d.t.Issues + " " + series)
		if err != nil {
			return err
		}
		fields[FieldNumber], taken = fmt.Sprintf("%s%0*d%s", series[:i], digits, n, series[i+5:]), false
		if d.w.Taken == nil {
			break
		}
		if taken, err = d.w.Taken(d.t.Issues, fields[FieldNumber]); err != nil {
			return err
		}
	}
	d.act.Fields = fields
	return nil
}

// day reads a day as people write it; usual where it is blank.
func (d *decision) day(text string, usual Day) (Day, error) {
	if cell.Blank([]byte(text)) {
		return usual, nil
	}
	at, bad := cell.Date([]byte(text))
	if bad != nil {
		return "", invalid("日期 %q 读不懂。", "the date %q cannot be read", text)
	}
	return dayOf(time.Unix(at*24*60*60, 0).UTC()), nil
}

// issue writes down the certificate that a visit has issued.
func (d *decision) issue(v *Visit) error {
	x := Issue{Certificate: d.t.Issues, Number: strings.TrimSpace(v.Fields[FieldNumber])}
	var err error
	if x.On, err = d.day(v.Fields[FieldIssuedOn], d.w.Today()); err != nil {
		return err
	}
	usual := Day("")
	if c := d.t.View.Certificate(d.t.Issues); c != nil {
		if last, ok := c.Last(x.On.Time()); ok {
			usual = dayOf(last)
		}
	}
	if x.Until, err = d.day(v.Fields[FieldUntil], usual); err != nil {
		return err
	}
	r := d.t.Stage(v.Stage).Number
	switch {
	case x.Number == "":
		return invalid("请填写证书编号（number）。", "give the number of the certificate (number)")
	case r != nil && r.Pattern != nil && !r.Pattern.MatchString(x.Number):
		return invalid("证书编号 %q 的写法不对，应符合 %s。", "the number %q is not written as numbers of this certificate are: %s", x.Number, r.Pattern)
	case x.On > d.w.Today():
		return invalid("发证日期 %s 还没有到。", "the day of issue, %s, has not come yet", x.On)
	case x.Until != "" && x.Until < x.On:
		return invalid("有效期至 %s，早于发证日期 %s。", "it is valid until %s, before it is issued on %s", x.Until, x.On)
	case slices.ContainsFunc(d.c.Issued, func(o Issue) bool { return o.Number == x.Number && o.Certificate == x.Certificate && o.Standing() }):
		return conflict("证书 %s 已经在这个办件里发过。", "the certificate %s was issued in this case already", x.Number)
	}
	d.c.Issued = append(d.c.Issued, x)
	return nil
}

// legalRevoke says whether a person may revoke a certificate of a case, which may have ended.
func legalRevoke(t *pack.MatterType, c *Case, p Person) error {
	if !matches(p, seatOf(c, t.Clerk)) {
		return forbidden("只有%s能撤销证书，你没有权限。", "only %s revokes a certificate; you lack the right", t.Clerk.Role)
	}
	if !slices.ContainsFunc(c.Issued, func(i Issue) bool { return i.Standing() }) {
		return conflict("没有可以撤销的证书。", "there is no certificate that could be revoked")
	}
	return nil
}

// revoke revokes a certificate: from a day on it does not hold. With the last one the case ends as revoked.
func (d *decision) revoke() error {
	if d.act.Note == "" {
		return invalid("请写明撤销的理由（note）。", "say why it is revoked (note)")
	}
	var found *Issue
	standing := 0
	for i := range d.c.Issued {
		if x := &d.c.Issued[i]; x.Standing() {
			standing++
			if x.Number == d.act.To || d.act.To == "" {
				found = x
			}
		}
	}
	if found == nil || d.act.To == "" && standing > 1 {
		return invalid("请写明撤销哪一个证书（to 写编号）。", "say which certificate is revoked (its number in to)")
	}
	on, err := d.day(string(d.act.On), d.w.Today())
	if err != nil {
		return err
	}
	if on > d.w.Today() {
		return invalid("撤销日期 %s 还没有到。", "the day of the revocation, %s, has not come yet", on)
	}
	found.Revoked, found.Why = max(on, found.On), d.act.Note
	if standing > 1 {
		return nil
	}
	end := d.t.EndThat(pack.EndRevoked)
	if end == nil {
		return fault.New(fault.Conflict, "这个事项没有“已撤销”的结局。", "the matter has no end for what was revoked")
	}
	if d.c.End != "" {
		d.c.End = end.ID
		return nil
	}
	d.finish(end.ID)
	return nil
}

// trusted reports whether an attachment may be promised: its condition holds, or is not known.
func (d *decision) trusted(a *pack.Attachment) (bool, error) {
	if a.Trusted == "" || d.w.Holds == nil {
		return true, nil
	}
	is, _, err := d.w.Holds(a.Trusted, a.TrustPos, d.c.Form)
	return is != tri.False, err
}
