package pack

import (
	"slices"
	"strconv"
	"time"
)

// Start says from which day the term of a retention rule runs.
type Start string

// The starts.
const (
	FromFile    Start = "file"    // the day that the file speaks of; where none is known, the day on which it was imported
	FromUndone  Start = "undone"  // the day on which the import was undone; what is in force has no such day
	FromSubject Start = "subject" // the day in a date attribute of the subject, such as the last day of a service
)

// Retention is a rule of retention: which cells of source records are erased, and how long after which day. What no rule names is
// kept.
type Retention struct {
	ID         string
	Name       Text
	Registers  []string // ids
	Classes    []Class  // of attributes; none: the attributes are named
	Attributes []string // ids, in each of the registers that has them; none: all of the classes
	From       Start
	Attribute  string // of FromSubject: a date attribute that each of the registers has; "" for other starts
	Term       Period
	Basis      Text // the legal basis, in words
	Status     Status
	Note       Text
	Pos        Pos
}

// Period is a length of time as laws write it. It ends on the day that has the same number in the later month, or on the last day of
// that month.
type Period struct{ Years, Months, Days int }

// After returns the day on which a term that begins on a day is over.
func (t Period) After(day time.Time) time.Time {
	y, m, d := day.Date()
	first := time.Date(y+t.Years, m+time.Month(t.Months), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return time.Date(first.Year(), first.Month(), min(d, last), 0, 0, 0, 0, time.UTC).AddDate(0, 0, t.Days)
}

// Covers reports whether the rule is about an attribute of a register. What identifies a subject, and whom it names, no rule is about.
func (r *Retention) Covers(reg *Register, a *Attribute) bool {
	if a == nil || !slices.Contains(r.Registers, reg.ID) || reg.Identifies(a.ID) {
		return false
	}
	if len(r.Attributes) > 0 {
		return slices.Contains(r.Attributes, a.ID)
	}
	return slices.Contains(r.Classes, a.Class)
}

// Identifies reports whether subjects of the register are known by an attribute, or name others by it: its cells stay as long as the
// record does.
func (r *Register) Identifies(id string) bool {
	if id == r.CodeAttr || id == r.NameAttr || slices.Contains(r.ApartAttrs, id) {
		return true
	}
	return slices.ContainsFunc(r.Relations, func(v *Relation) bool { return id == v.CodeAttr || id == v.NameAttr })
}

// Retained returns a retention rule by its id; nil when there is none.
func (p *Pack) Retained(id string) *Retention {
	for _, r := range p.Retention {
		if r.ID == id {
			return r
		}
	}
	return nil
}

// readRetention reads retention.yaml, after the registers.
func (l *loader) readRetention(n *node) {
	for _, x := range n.get("rules").list() {
		r := &Retention{ID: x.get("id").str(), Name: text(x.get("name")), Registers: l.registersOf(x.get("registers")), Basis: text(x.get("basis")), Note: text(x.get("note")),
			Status: Status(x.get("status").str()), Pos: x.get("id").place(x)}
		if r.ID == "" { // the schema reports it
			continue
		}
		if l.pack.Retained(r.ID) != nil {
			l.add(r.Pos, "规则 %q 写了两次", "rule %q is given twice", r.ID)
			continue
		}
		for _, c := range texts(x.get("classes")) {
			r.Classes = append(r.Classes, Class(c))
		}
		l.retentionTerm(x, r)
		l.retentionStart(x, r)
		l.retentionAttributes(x, r)
		l.pack.Retention = append(l.pack.Retention, r)
	}
	for _, x := range n.get("cases").list() {
		l.retentionCase(x)
	}
}

func (l *loader) retentionTerm(x *node, r *Retention) {
	term := x.get("term")
	for _, part := range []struct {
		key string
		to  *int
	}{{"years", &r.Term.Years}, {"months", &r.Term.Months}, {"days", &r.Term.Days}} {
		*part.to, _ = strconv.Atoi(term.get(part.key).str()) // the schema reports what is no number
	}
	if term != nil && r.Term == (Period{}) {
		l.add(term.place(x), "保存期至少一天：写 years、months 或 days", "a term is a day at least: give years, months or days")
	}
}

// retentionStart reads from which day the term runs: the id of a start, or the date attribute of the subject.
func (l *loader) retentionStart(x *node, r *Retention) {
	from := x.get("from")
	switch s := Start(from.str()); s {
	case FromFile, FromUndone:
		r.From = s
	case "":
		return // the schema reports it
	default:
		r.From, r.Attribute = FromSubject, from.str()
		for _, id := range r.Registers {
			reg := l.register(id)
			if reg == nil {
				continue
			}
			if a := reg.Attribute(r.Attribute); a == nil || a.Kind != Date {
				l.add(from.pos, "起算日写 file（文件所属日期）、undone（撤销导入之日），或库里的日期数据项；库 %q 没有日期数据项 %q",
					"the term runs from file (the day that the file speaks of), undone (the day on which the import was undone), or from a date attribute; the register %q has no date attribute %q", id, r.Attribute)
			}
		}
	}
}

func (l *loader) retentionAttributes(x *node, r *Retention) {
	list := x.get("attributes").list()
	if len(list) == 0 && len(r.Classes) == 0 || len(list) > 0 && len(r.Classes) > 0 {
		l.add(r.Pos, "写 classes（数据项的类别）或 attributes（数据项），两者之一", "give classes of attributes or attributes, one of them")
	}
	for _, y := range list {
		found := false
		for _, id := range r.Registers {
			reg := l.register(id)
			if reg == nil || reg.Attribute(y.str()) == nil {
				continue
			}
			if found = true; reg.Identifies(y.str()) {
				l.add(y.pos, "库 %q 靠 %q 识别主体或所指的主体，不能按规则抹除", "the register %q identifies subjects, or those that they name, by %q: no rule can erase it", id, y.str())
			}
		}
		if !found && !l.unread["registers"] {
			l.add(y.pos, "所列的库里没有数据项 %q", "none of the registers has an attribute %q", y.str())
		}
		r.Attributes = append(r.Attributes, y.str())
	}
	if len(list) > 0 || len(l.unread) > 0 {
		return
	}
	for _, y := range x.get("registers").list() {
		if reg := l.register(y.str()); reg != nil && !slices.ContainsFunc(reg.Attributes, func(a *Attribute) bool { return r.Covers(reg, a) }) {
			l.add(y.pos, "库 %q 没有这些类别的数据项", "the register %q has no attribute of these classes", y.str())
		}
	}
}

// retentionCase checks a case: whether what a rule is about, and whose term begins on a day, is due on another day.
func (l *loader) retentionCase(x *node) {
	r := l.pack.Retained(x.get("rule").str())
	if r == nil {
		l.add(x.get("rule").place(x), "没有保存期规则 %q", "there is no retention rule %q", x.get("rule").str())
		return
	}
	starts, on := l.date(x.get("starts")), l.date(x.get("on"))
	if starts.IsZero() || on.IsZero() {
		return
	}
	over := r.Term.After(starts)
	if due := !on.Before(over); due != (x.get("due").str() == "true") {
		l.add(x.get("on").pos, "用例不符：规则 %q 自 %s 起算，%s 到期", "the case does not hold: by the rule %q, what begins on %s is due on %s", r.ID, starts.Format(time.DateOnly), over.Format(time.DateOnly))
	}
}
