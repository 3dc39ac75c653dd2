package pack

import (
	"regexp"
	"slices"
	"strconv"
	"time"
)

// Certificate is a certificate that subjects of a register can have, usually from a recognition: the attributes that
// hold it, and its validity.
type Certificate struct {
	ID     string // id of the recognition, or its own
	Name   Text
	From   string // attribute of the first day; "": the register does not hold this certificate
	Until  string // attribute of the last day, which counts more than Terms; "" for none
	Number string // attribute of the number; "" for none
	Terms  []Term // validity by day of issue; the terms do not overlap and are in order
	Pos    Pos
}

// Term is the validity of certificates issued in a period: Years whole years less a day, or until a fixed day Years
// years later.
type Term struct {
	Since, Before time.Time // first and last day of issue, inclusive; zero: no bound
	Years         int
	Month         time.Month // with Day: the fixed day; 0: whole years less a day
	Day           int
	Article       string
	Status        Status
}

// Last returns the last day of a certificate issued on a day. If it was issued on 29 February, it ends on 28 February.
func (t Term) Last(issued time.Time) time.Time {
	if t.Month != 0 {
		return time.Date(issued.Year()+t.Years, t.Month, t.Day, 0, 0, 0, 0, time.UTC)
	}
	return issued.AddDate(t.Years, 0, -1)
}

// Last returns the last day of a certificate that was issued on a day and has no end date. ok is false if no term
// covers that day.
func (c *Certificate) Last(issued time.Time) (last time.Time, ok bool) {
	for _, t := range c.Terms {
		if !issued.Before(t.Since) && (t.Before.IsZero() || !issued.After(t.Before)) {
			return t.Last(issued), true
		}
	}
	return time.Time{}, false
}

// Certificate returns a certificate of the register; nil if there is none with the id.
func (r *Register) Certificate(id string) *Certificate {
	for _, c := range r.Certificates {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// SourceOf returns the source, other than one of a connector, whose things are certificates of a kind, and what makes a thing one; nil if
// there is none.
func (p *Pack) SourceOf(register string, c *Certificate) (*Source, *Derived) {
	for _, s := range p.Sources {
		if s.Items == nil || s.Items.View.Connector != nil || !s.Of(register) {
			continue
		}
		for i := range s.Items.Into {
			if d := &s.Items.Into[i]; c.From != "" && d.Set[c.From] != "" && d.Set[c.Number] == s.Items.Key {
				return s, d
			}
		}
	}
	return nil, nil
}

// IsOfCertificate reports whether an attribute holds a part of a certificate.
func (r *Register) IsOfCertificate(attribute string) bool {
	return slices.ContainsFunc(r.Certificates, func(c *Certificate) bool {
		return attribute != "" && (attribute == c.From || attribute == c.Until || attribute == c.Number)
	})
}

// readCertificates reads the certificates of a register that no recognition grants.
func (l *loader) readCertificates(n *node, r *Register) {
	for _, x := range n.get("certificates").list() {
		c := l.readCertificate(x, r)
		if c.ID = x.get("id").str(); c.ID == "" {
			continue
		}
		if r.Certificate(c.ID) != nil {
			l.add(x.get("id").pos, "证书 %q 写了两次", "certificate %q is given twice", c.ID)
			continue
		}
		if c.From == "" {
			continue // the schema reports it
		}
		r.Certificates = append(r.Certificates, c)
	}
}

// readCertificate reads the attributes and the validity of a certificate.
func (l *loader) readCertificate(x *node, r *Register) *Certificate {
	c := &Certificate{Name: text(x.get("name")), From: l.dayOf(x.get("from"), r), Until: l.dayOf(x.get("until"), r), Pos: x.pos}
	c.Number = x.get("number").str()
	if n := x.get("number"); c.Number != "" && r != nil && r.Attribute(c.Number) == nil {
		l.add(n.pos, "库里没有数据项 %q", "the register has no attribute %q", c.Number)
	}
	if c.From == "" && (c.Until != "" || c.Number != "") {
		l.add(x.pos, "写了证书的 until 或 number，还要写 from：发证日期是哪个数据项", "a certificate with until or number needs from: the attribute of the day of issue")
	}
	if t, ok := l.readTerm(x); ok {
		c.Terms = []Term{t}
	}
	return c
}

// dayOf reads the name of a date attribute of a certificate.
func (l *loader) dayOf(n *node, r *Register) string {
	if n.str() == "" || r == nil {
		return n.str()
	}
	switch a := r.Attribute(n.str()); {
	case a == nil:
		l.add(n.pos, "库里没有数据项 %q", "the register has no attribute %q", n.str())
	case a.Kind != Date || a.Yearly:
		l.add(n.pos, "%s 不是日期，不能当作证书的起止日期", "%s is not a date and cannot be a day of a certificate", n.str())
	}
	return n.str()
}

var (
	termYears = regexp.MustCompile(`^([1-9][0-9]?)年$`)
	termUntil = regexp.MustCompile(`^(当|次)年([0-1]?[0-9])月([0-3]?[0-9])日$`)
)

// readTerm reads a validity: 3年, 当年12月31日, 次年3月31日.
func (l *loader) readTerm(x *node) (t Term, ok bool) {
	n := x.get("holds")
	if n.str() == "" {
		return t, false
	}
	t.Article, t.Status = x.get("article").str(), Status(x.get("status").str())
	if m := termYears.FindStringSubmatch(n.str()); m != nil {
		t.Years, _ = strconv.Atoi(m[1])
		return t, true
	}
	if m := termUntil.FindStringSubmatch(n.str()); m != nil {
		month, _ := strconv.Atoi(m[2])
		day, _ := strconv.Atoi(m[3])
		if m[1] == "次" {
			t.Years = 1
		}
		t.Month, t.Day = time.Month(month), day
		if d := time.Date(2023, t.Month, day, 0, 0, 0, 0, time.UTC); month > 0 && d.Month() == t.Month && d.Day() == day {
			return t, true
		}
		l.add(n.pos, "日历上没有 %s 这一天", "%s is not a date of the calendar", n.str())
		return t, false
	}
	l.add(n.pos, "%q 不是证书的有效期；请写成 3年（自发证之日起三年，少一天），或 当年12月31日、次年3月31日",
		"%q is not a term of a certificate: write 3年 (three years from the day of issue, less a day), or 当年12月31日, 次年3月31日 (until that day of the same or the next year)", n.str())
	return t, false
}

// joinCertificates adds the certificates of recognitions to their registers. The versions of a rule grant one
// certificate, whose terms follow the laws.
func (l *loader) joinCertificates() {
	for _, r := range l.pack.Rules {
		c, reg := r.Certificate, l.register(r.Register)
		if c == nil || reg == nil || c.From == "" {
			continue
		}
		var terms []Term
		for _, t := range c.Terms {
			for _, w := range r.Laws {
				t.Since, t.Before = w.From, w.Until
				terms = append(terms, t)
			}
		}
		c.Terms = terms
		whole := reg.Certificate(r.ID)
		if whole == nil {
			copied := *c
			reg.Certificates = append(reg.Certificates, &copied)
			whole = &copied
		} else if whole.From != c.From || whole.Until != c.Until || whole.Number != c.Number {
			l.add(c.Pos, "规则 %q 的各个版本（或库的 certificates）说证书在不同的数据项里；请写成一样", "the versions of rule %q (or the register's certificates) name different attributes for one certificate: use the same ones", r.ID)
			continue
		} else {
			whole.Terms = append(whole.Terms, terms...)
		}
		whole.Terms = joinTerms(whole.Terms)
	}
	for _, reg := range l.pack.Registers {
		for _, c := range reg.Certificates { // before the first law and after the last one, the nearest term counts
			if n := len(c.Terms); n > 0 {
				c.Terms[0].Since, c.Terms[n-1].Before = time.Time{}, time.Time{}
			}
		}
	}
}

// joinTerms sorts terms by day of issue, and joins neighbours with the same validity.
func joinTerms(list []Term) (joined []Term) {
	slices.SortStableFunc(list, func(a, b Term) int { return a.Since.Compare(b.Since) })
	for _, t := range list {
		if n := len(joined); n > 0 {
			last := &joined[n-1]
			if last.Years == t.Years && last.Month == t.Month && last.Day == t.Day {
				last.Before = t.Before
				continue
			}
			last.Before = t.Since.AddDate(0, 0, -1) // between two laws, the earlier term counts
		}
		joined = append(joined, t)
	}
	return joined
}
