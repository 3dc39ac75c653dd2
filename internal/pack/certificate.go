package pack

import (
	"regexp"
	"slices"
	"strconv"
	"time"
)

// Certificate is what a recognition grants, or another certificate that subjects of a register have: which attributes
// hold its days, and how long it holds.
type Certificate struct {
	ID     string // that of the recognition, or its own
	Name   Text
	From   string // attribute of the first day; empty: the register does not keep this certificate
	Until  string // attribute of the last day, which outweighs the term; empty: none is kept
	Number string // attribute of the number; empty: none is kept
	Terms  []Term // how long one holds, by the day on which it was issued; they do not overlap
	Pos    Pos
}

// Term is how long a certificate holds that was issued within some time: for whole years, less a day, or until a day of the
// year so many years after.
type Term struct {
	Since, Before time.Time // first and last day of issue; zero: no bound
	Years         int
	Month         time.Month // with Day: the day on which it ends; 0: that before the day of issue
	Day           int
	Article       string
	Status        Status
}

// Last is the last day on which a certificate of the term holds that was issued on a day. What began on 29 February ends
// on 28 February.
func (t Term) Last(issued time.Time) time.Time {
	if t.Month != 0 {
		return time.Date(issued.Year()+t.Years, t.Month, t.Day, 0, 0, 0, 0, time.UTC)
	}
	return issued.AddDate(t.Years, 0, -1)
}

// Last is the last day on which a certificate holds that was issued on a day and names no end. ok is false when no term is
// known for that day.
func (c *Certificate) Last(issued time.Time) (last time.Time, ok bool) {
	for _, t := range c.Terms {
		if !issued.Before(t.Since) && (t.Before.IsZero() || !issued.After(t.Before)) {
			return t.Last(issued), true
		}
	}
	return time.Time{}, false
}

// Certificate finds what the register keeps of a certificate; nil when it keeps none of the id.
func (r *Register) Certificate(id string) *Certificate {
	for _, c := range r.Certificates {
		if c.ID == id {
			return c
		}
	}
	return nil
}

// IsOfCertificate reports whether an attribute is part of a certificate.
func (r *Register) IsOfCertificate(attribute string) bool {
	return slices.ContainsFunc(r.Certificates, func(c *Certificate) bool {
		return attribute != "" && (attribute == c.From || attribute == c.Until || attribute == c.Number)
	})
}

// readCertificates reads those of a register that no recognition grants.
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
			continue // the schema says so
		}
		r.Certificates = append(r.Certificates, c)
	}
}

// readCertificate reads which attributes make a certificate and how long it holds.
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

// dayOf reads the attribute of a day of a certificate.
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

// readTerm reads how long a certificate holds: 3年, 当年12月31日, 次年3月31日.
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
		l.add(n.pos, "日历上没有 %s 这一天", "the calendar has no such day as in %s", n.str())
		return t, false
	}
	l.add(n.pos, "%q 不是证书的有效期；请写成 3年（自发证之日起三年，少一天），或 当年12月31日、次年3月31日",
		"%q is no term of a certificate: write 3年 (three years from the day of issue, less a day), or 当年12月31日, 次年3月31日 (until that day of the same or the next year)", n.str())
	return t, false
}

// joinCertificates gives registers the certificates that their recognitions grant: those of the versions of one rule are
// one certificate, whose terms follow the laws.
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
			l.add(c.Pos, "规则 %q 的各个版本（或库的 certificates）说证书在不同的数据项里；请写成一样", "the versions of rule %q (or the register's certificates) name different attributes of one certificate: name the same", r.ID)
			continue
		} else {
			whole.Terms = append(whole.Terms, terms...)
		}
		whole.Terms = joinTerms(whole.Terms)
	}
	for _, reg := range l.pack.Registers {
		for _, c := range reg.Certificates { // before the first law and after the last one, what is nearest holds
			if n := len(c.Terms); n > 0 {
				c.Terms[0].Since, c.Terms[n-1].Before = time.Time{}, time.Time{}
			}
		}
	}
}

// joinTerms orders terms by the day of issue and makes one of neighbours that say the same.
func joinTerms(list []Term) (joined []Term) {
	slices.SortStableFunc(list, func(a, b Term) int { return a.Since.Compare(b.Since) })
	for _, t := range list {
		if n := len(joined); n > 0 {
			last := &joined[n-1]
			if last.Years == t.Years && last.Month == t.Month && last.Day == t.Day {
				last.Before = t.Before
				continue
			}
			last.Before = t.Since.AddDate(0, 0, -1) // between two laws, the earlier one
		}
		joined = append(joined, t)
	}
	return joined
}
