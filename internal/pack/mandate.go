package pack

import (
	"slices"
	"strconv"
	"time"
)

// Mandate says that the holders of a role do for its subject only what is entrusted to them. The subject's representative, such as
// the legal representative of an enterprise, may do all that the role may; he entrusts others with matters until a day.
type Mandate struct {
	By      string // id of the attribute that names the representative
	Days    int    // for how many days matters are entrusted at the most
	From    string // first day on which roles that are granted need a mandate, such as 2026-11-30
	Kept    string // last day on which roles that were granted before From do all that the role may; empty: none do
	Matters []*Matter
}

// Matter is something that can be entrusted.
type Matter struct {
	ID         string
	Name, Note Text
	May        []string // the actions that it gives
	Pos        Pos
}

// Matter returns a matter by its id; nil when there is none.
func (m *Mandate) Matter(id string) *Matter {
	for _, x := range m.Matters {
		if x.ID == id {
			return x
		}
	}
	return nil
}

// seeing is the action without which no other one is of use.
const seeing = "see"

// readMandate reads the mandate of a role; nil when it has none.
func (l *loader) readMandate(n *node, r *Role) *Mandate {
	if n == nil {
		return nil
	}
	m := &Mandate{By: n.get("by").str(), From: l.day(n, "from"), Kept: l.day(n, "kept")}
	m.Days, _ = strconv.Atoi(n.get("days").str()) // the schema says that it is a number
	at := n.get("by").place(n)
	if r.Rows != RowsOwn {
		l.add(r.Pos, "角色 %q 写了办事授权（mandate），但不是只看自己的数据（rows: own）", "role %q has a mandate, but its rows are not own", r.ID)
	}
	for _, id := range r.For {
		reg := l.registers[id]
		if reg == nil {
			continue
		}
		switch a := reg.Attribute(m.By); {
		case a == nil:
			l.add(at, "库 %[2]s 没有数据项 %[1]q", "there is no attribute %q in register %s", m.By, id)
		case a.Kind != String || a.Yearly:
			l.add(at, "数据项 %q 写的是代表人的姓名，应是不分年度的文字", "attribute %q names the representative: it must be a text that is not yearly", m.By)
		}
	}
	if m.Kept != "" && m.Kept < m.From {
		l.add(n.get("kept").place(n), "kept（%s）早于 from（%s）", "kept (%s) is before from (%s)", m.Kept, m.From)
	}
	for _, x := range n.get("matters").list() {
		t := &Matter{ID: x.get("id").str(), Name: text(x.get("name")), Note: text(x.get("note")), May: texts(x.get("may")), Pos: x.get("id").place(x)}
		if m.Matter(t.ID) != nil {
			l.add(t.Pos, "事项 %q 写了两次", "matter %q is given twice", t.ID)
			continue
		}
		if !slices.Contains(t.May, seeing) {
			l.add(t.Pos, "事项 %q 没有查看（see）：不能查看就什么都办不了", "matter %q lacks see: nothing can be done without it", t.ID)
		}
		for _, a := range x.get("may").list() {
			if !slices.Contains(r.May, a.str()) {
				l.add(a.pos, "角色 %[2]q 自己不能做 %[1]q，不能再托付给人", "%q is not among what role %q may do, so it cannot be entrusted", a.str(), r.ID)
			}
		}
		m.Matters = append(m.Matters, t)
	}
	return m
}

// day reads a day that may be left out, and says where it is none of the calendar.
func (l *loader) day(n *node, key string) string {
	x := n.get(key)
	if x.null() {
		return ""
	}
	if _, err := time.Parse(time.DateOnly, x.str()); err != nil {
		l.add(x.pos, "没有 %q 这一天", "there is no day %q", x.str())
	}
	return x.str()
}
