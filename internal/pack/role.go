package pack

import "slices"

// Class says how far a field may be seen. Roles name the classes that they see; what a role does not see it cannot filter,
// sort, search, group or count by either.
type Class string

// The classes, from the widest to the narrowest.
const (
	Open     Class = "open"     // published, or of a kind that is published
	Working  Class = "work"     // what the administration works with; the class of an attribute that names none
	Private  Class = "personal" // about a person: masked by default
	Identity Class = "identity" // identifies a person or his account: masked by default, encrypted at rest
)

// AllClasses are the classes, from the widest to the narrowest.
func AllClasses() []Class { return []Class{Open, Working, Private, Identity} }

// Rows says which subjects a role sees.
type Rows string

// The values of Rows.
const (
	RowsAll       Rows = "all"       // of the whole city
	RowsOrg       Rows = "org"       // those that lie in the organisation of the grant, or below it
	RowsOwn       Rows = "own"       // the one for which the role is granted, with what belongs to it
	RowsAssigned  Rows = "assigned"  // those that are assigned to the person, while they are
	RowsConsented Rows = "consented" // those that have consented to be seen by the organisation
	RowsPublished Rows = "published" // what is published
	RowsNone      Rows = "none"      // none
)

// Role is a set of rights: what its holders may do, to which subjects, and which classes of fields they see. What is not
// written down is forbidden.
type Role struct {
	ID        string
	Name      Text
	Note      Text     // what the role is for, in a sentence
	Orgs      []string // kinds of organisations for which it is granted: city, district, zone, park; none: not for an organisation
	For       []string // registers, for a subject of which it is granted; none: not for a subject
	Rows      Rows
	Registers []string // that it sees; nil: all
	May       []string // actions; package auth knows them
	Fields    []Class  // classes that it sees; personal ones masked, until somebody who may unmask them says for what
	Second    bool     // who holds it needs a second factor to sign in
	Apart     []string // roles that no person may hold together with this one
	Named     bool     // its holders act in office: a subject is told their names when it asks who looked at its data
	Mandate   *Mandate // its holders do only what is entrusted to them; nil: all that the role may
	Pos       Pos
}

// Purpose is what personal data are looked at or taken along for. Whoever does so chooses one and adds a text of his own.
type Purpose struct {
	ID   string
	Name Text
	Note Text // when it fits; empty: its name says it
}

// Purpose returns a purpose by its id; nil when there is none.
func (p *Pack) Purpose(id string) *Purpose {
	for _, x := range p.Purposes {
		if x.ID == id {
			return x
		}
	}
	return nil
}

// Role returns a role by its id; nil when there is none.
func (p *Pack) Role(id string) *Role {
	for _, r := range p.Roles {
		if r.ID == id {
			return r
		}
	}
	return nil
}

// readRoles reads roles.yaml.
func (l *loader) readRoles(n *node) {
	if n == nil {
		return
	}
	list := n.get("roles").list()
	for _, x := range n.get("purposes").list() {
		u := &Purpose{ID: x.get("id").str(), Name: text(x.get("name")), Note: text(x.get("note"))}
		if l.pack.Purpose(u.ID) != nil {
			at := x.get("id").place(x)
			l.add(at, "用途 %q 写了两次", "purpose %q is given twice", u.ID)
			continue
		}
		l.pack.Purposes = append(l.pack.Purposes, u)
	}
	for _, x := range list {
		r := &Role{ID: x.get("id").str(), Name: text(x.get("name")), Note: text(x.get("note")), Rows: Rows(x.get("rows").str()), Pos: x.get("id").place(x)}
		if l.pack.Role(r.ID) != nil {
			l.add(r.Pos, "角色 %q 写了两次", "role %q is given twice", r.ID)
			continue
		}
		r.Orgs, r.May, r.Apart = texts(x.get("orgs")), texts(x.get("may")), texts(x.get("apart"))
		if named := x.get("named"); named != nil {
			r.Named, _ = named.value().(bool)
		}
		r.For, r.Registers = l.registersOf(x.get("for")), l.registersOf(x.get("registers"))
		for _, c := range texts(x.get("fields")) {
			r.Fields = append(r.Fields, Class(c))
		}
		r.Second = x.get("second").str() == "true"
		switch {
		case r.Rows == RowsOrg && len(r.Orgs) == 0:
			l.add(r.Pos, "角色 %q 按机构看数据，却没有写授予哪类机构（orgs）", "role %q sees the subjects of its organisation, but no kind of organisation is given (orgs)", r.ID)
		case r.Rows == RowsOwn && len(r.For) == 0:
			l.add(r.Pos, "角色 %q 只看自己的数据，却没有写授予哪个库的主体（for）", "role %q sees its own subject, but no register is given (for)", r.ID)
		}
		r.Mandate = l.readMandate(x.get("mandate"), r)
		l.pack.Roles = append(l.pack.Roles, r)
	}
	for _, x := range list {
		for _, other := range x.get("apart").list() {
			if l.pack.Role(other.str()) == nil {
				l.add(other.pos, "没有名为 %q 的角色", "there is no role %q", other.str())
			}
		}
	}
}

// texts reads a list of texts.
func texts(n *node) (list []string) {
	for _, x := range n.list() {
		list = append(list, x.str())
	}
	return list
}

// registersOf reads a list of registers' ids; nil when there is none.
func (l *loader) registersOf(n *node) (list []string) {
	for _, x := range n.list() {
		if l.registers[x.str()] == nil && !l.unread["registers"] {
			l.add(x.pos, "没有名为 %q 的库", "there is no register %q", x.str())
		}
		if !slices.Contains(list, x.str()) {
			list = append(list, x.str())
		}
	}
	return list
}
