package pack

import (
	"slices"
	"strconv"
	"strings"
)

// Form is what an applicant fills in. What the register knows of the subject is filled in already.
type Form struct {
	Sections    []*FormSection
	Attachments []*Attachment
	Checks      []*FormCheck
}

// FormSection is a part of a form.
type FormSection struct {
	ID     string
	Name   Text
	Fields []*Field
}

// Field is a field of a form or of a stage. It is bound to an attribute of the register, or its own.
type Field struct {
	ID       string     // of values: the attribute with its year, such as sales@B-1, or its own id
	Attr     *Attribute // its kind, name and unit; of the register where Bound
	Bound    bool
	Back     int // of a yearly attribute: years before the base year
	Required bool
	When     string  // CEL: it is asked for only then; "" for always
	Rows     *RowSet // repeated rows instead of one value; nil for a value
	Pos      Pos
	WhenPos  Pos
}

// RowSet is what repeated rows of a field are made of.
type RowSet struct {
	Fields      []*Field
	Least, Most int
}

// Attachment is a paper that is filed.
type Attachment struct {
	ID       string
	Name     Text
	Types    []string // endings of file names, such as pdf
	Most     int      // files
	Required bool
	Promise  Limit  // it may be promised for so long instead (容缺); none: it may not
	Trusted  string // CEL: it may be promised only when this holds or is unknown; "" for always
	When     string // CEL: it is asked for only then
	Pos      Pos
	WhenPos  Pos
	TrustPos Pos
}

// FormCheck is a condition that a form must not break when it is filed.
type FormCheck struct {
	ID   string
	When string // CEL: what must hold; unknown does not stop
	Says Text
	Pos  Pos
}

// Field returns a field of the form by its id; nil when there is none.
func (f *Form) Field(id string) *Field {
	for _, s := range f.Sections {
		for _, x := range s.Fields {
			if x.ID == id {
				return x
			}
		}
	}
	return nil
}

// Attachment returns an attachment by its id; nil when there is none.
func (f *Form) Attachment(id string) *Attachment {
	for _, a := range f.Attachments {
		if a.ID == id {
			return a
		}
	}
	return nil
}

// readForm reads a form, and makes the view: the register with the form's own fields, over which conditions are written.
func (l *loader) readForm(n *node, m *MatterType, reg *Register) {
	view := *reg
	view.byID = nil
	view.Attributes = slices.Clone(reg.Attributes)
	m.View = &view
	if of := n.get("of"); of != nil {
		other := l.pack.Matter(of.str())
		if other == nil || other.Register != m.Register {
			l.add(of.pos, "前面没有这个库的事项 %q，不能用它的表单", "there is no matter %q of this register before this one, whose form could be taken", of.str())
			return
		}
		m.Form = other.Form
		view.Attributes = slices.Clone(other.View.Attributes)
	}
	for _, x := range n.get("sections").list() {
		s := &FormSection{ID: x.get("id").str(), Name: text(x.get("name"))}
		if slices.ContainsFunc(m.Form.Sections, func(o *FormSection) bool { return o.ID == s.ID }) {
			l.add(x.get("id").place(x), "栏目 %q 写了两次", "section %q is given twice", s.ID)
		}
		m.Form.Sections = append(m.Form.Sections, s)
		for _, y := range x.get("fields").list() {
			f := l.readField(y, reg)
			if f == nil {
				continue
			}
			if m.Form.Field(f.ID) != nil {
				l.add(f.Pos, "字段 %q 写了两次", "the field %q is given twice", f.ID)
				continue
			}
			s.Fields = append(s.Fields, f)
			if !f.Bound && f.Rows == nil {
				l.viewed(f, m)
			}
		}
	}
	for _, x := range n.get("attachments").list() {
		a := &Attachment{ID: x.get("id").str(), Name: text(x.get("name")), Types: texts(x.get("types")), Required: x.get("required").str() == "true", Promise: readLimit(x.get("promise")), Most: 1, Pos: x.get("id").place(x)}
		if k := x.get("most"); k != nil {
			a.Most, _ = strconv.Atoi(k.str())
		}
		a.When, a.WhenPos = l.expression(x.get("when"))
		a.Trusted, a.TrustPos = l.expression(x.get("promise").get("when"))
		if m.Form.Attachment(a.ID) != nil || m.Form.Field(a.ID) != nil {
			l.add(a.Pos, "材料 %q 写了两次，或与字段同名", "the attachment %q is given twice, or has the id of a field", a.ID)
			continue
		}
		m.Form.Attachments = append(m.Form.Attachments, a)
	}
	for _, x := range n.get("checks").list() {
		c := &FormCheck{ID: x.get("id").str(), Says: text(x.get("says"))}
		c.When, c.Pos = l.expression(x.get("when"))
		m.Form.Checks = append(m.Form.Checks, c)
	}
	view.Attribute("") // makes the index
}

// storable refuses a field of the highest class of personal data: cases are not sealed.
func (l *loader) storable(f *Field) *Field {
	if f.Attr.Class != Identity {
		return f
	}
	l.add(f.Pos, "表单不能有证件号码一类（identity）的字段 %q：办件没有加密存放", "a form cannot have the field %q of class identity: cases are not encrypted at rest", f.ID)
	return nil
}

// viewStages adds the fields of stages to the view, so that conditions read them. A field that several stages have is one.
func (l *loader) viewStages(m *MatterType) {
	for _, s := range m.Stages {
		for _, f := range s.Fields {
			if f.Rows == nil && m.View.Attribute(f.ID) == nil {
				l.viewed(f, m)
			}
		}
	}
	m.View.Attribute("") // makes the index
}

// viewed adds a field of its own to the view.
func (l *loader) viewed(f *Field, m *MatterType) {
	if m.View.Attribute(f.ID) != nil {
		l.add(f.Pos, "字段的标识 %q 是库里数据项的标识；写成 attribute 就是那个数据项，否则请换一个", "the id of the field, %q, is one of an attribute of the register: write attribute for that one, or choose another id", f.ID)
		return
	}
	f.Attr.Index = len(m.View.Attributes)
	m.View.Attributes = append(m.View.Attributes, f.Attr)
	m.View.byID = nil
}

// readField reads a field; nil when it cannot be used. reg is nil where fields are not bound to a register.
func (l *loader) readField(y *node, reg *Register) *Field {
	f := &Field{Required: y.get("required").str() == "true"}
	f.When, f.WhenPos = l.expression(y.get("when"))
	if n := y.get("attribute"); n != nil {
		f.ID, f.Pos, f.Bound = n.str(), n.pos, true
		k := &OutColumn{}
		if reg == nil {
			l.add(n.pos, "这里的字段不取自库，请写 id 和 kind", "fields here are not of the register: write id and kind")
			return nil
		}
		m := baseYear.FindStringSubmatch(f.ID)
		if m == nil {
			l.add(n.pos, "%q 读不懂；写成 sales@B（基准年）或 sales@B-1（上一年）", "%q cannot be read: write sales@B (the base year) or sales@B-1 (the year before)", f.ID)
			return nil
		}
		k.Attr = reg.Attribute(m[1])
		switch {
		case k.Attr == nil:
			l.add(n.pos, "库里没有数据项 %q", "the register has no attribute %q", m[1])
			return nil
		case k.Attr.Yearly != strings.Contains(f.ID, "@"):
			l.add(n.pos, "年度数据写明年份，如 %s@B；不分年度的不写", "a yearly attribute has its year, such as %s@B; another one has none", m[1])
			return nil
		}
		f.Attr = k.Attr
		f.Back, _ = strconv.Atoi(m[2])
		return l.storable(f)
	}
	f.ID, f.Pos = y.get("id").str(), y.get("id").place(y)
	if f.ID == "" {
		return nil // the schema reports it
	}
	f.Attr = &Attribute{ID: f.ID, Name: text(y.get("name")), Kind: Kind(y.get("kind").str()), Codes: y.get("codes").str(), Class: Working, Pos: f.Pos}
	switch f.Attr.Kind {
	case Money:
		f.Attr.Unit = "yuan"
	case Code:
		if l.pack.CodeList(f.Attr.Codes) == nil && !l.unread["codes"] {
			l.add(y.get("codes").place(y), "没有代码表 %q", "there is no code list %q", f.Attr.Codes)
		}
	}
	if c := y.get("class"); c != nil {
		f.Attr.Class = Class(c.str())
		f.Attr.Personal = f.Attr.Class == Private || f.Attr.Class == Identity
	}
	if l.storable(f) == nil {
		return nil
	}
	if k := y.get("max"); k != nil {
		f.Attr.Max, _ = strconv.Atoi(k.str())
	}
	if r := y.get("rows"); r != nil {
		f.Rows = &RowSet{Most: 100}
		f.Rows.Least, _ = strconv.Atoi(r.get("least").str())
		if k := r.get("most"); k != nil {
			f.Rows.Most, _ = strconv.Atoi(k.str())
		}
		for _, z := range r.get("fields").list() {
			x := l.readField(z, nil)
			if x == nil {
				continue
			}
			if x.Rows != nil || x.When != "" || slices.ContainsFunc(f.Rows.Fields, func(o *Field) bool { return o.ID == x.ID }) {
				l.add(x.Pos, "行里的字段 %q 写了两次，或写了行里不能用的 rows、when", "the field %q of a row is given twice, or has rows or when, which rows cannot have", x.ID)
				continue
			}
			f.Rows.Fields = append(f.Rows.Fields, x)
		}
	} else if f.Attr.Kind == "" {
		l.add(f.Pos, "字段 %q 没有写 kind", "the field %q has no kind", f.ID)
		return nil
	}
	return f
}
