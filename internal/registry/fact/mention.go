package fact

import (
	"strings"

	"eyas/internal/pack"
	"eyas/internal/registry/cell"
	"eyas/internal/vault"
)

// MentionRow says that a record names another subject. Days are counted from 1970-01-01; nil means that none is given.
type MentionRow struct {
	Record   int64
	Relation string // id of a relation of the record's register; empty: the record's own name, see NamesApart
	Code     string // as the named register's codes are read; empty where there is no usable one
	NameKey  string // normalised name; empty where there is none
	From     *int64
	Until    *int64
	Proof    []byte // its salt, or its digest when it was erased; see Digester.Mention
}

// NamesApart reports whether a name alone does not identify a subject of the register. Every record of such a register
// then also stores its own name as a mention, so that the subjects with that name can be found.
func NamesApart(reg *pack.Register) bool { return len(reg.ApartAttrs) > 0 }

// Mentions returns the subjects that one row names through the relations of its register. name is the row's own name.
// find returns the value of an attribute, or nil.
func Mentions(p *pack.Pack, reg *pack.Register, record int64, name string, find func(attr string) *Value) (list []MentionRow) {
	if NamesApart(reg) && name != "" {
		list = append(list, MentionRow{Record: record, NameKey: BoundedKey(cell.NameKey(Storable(name)))})
	}
	if len(reg.Relations) == 0 {
		return list
	}
	for _, v := range reg.Relations {
		for _, n := range NamedIn(p, v, find) {
			list = append(list, MentionRow{Record: record, Relation: v.ID, Code: n.Code, NameKey: n.Key, From: n.From, Until: n.Until})
		}
	}
	return list
}

// Named is one subject as a record or a profile names it.
type Named struct {
	Code, Name  string
	Key         string
	From, Until *int64
}

// NamedIn returns the subjects that the values of a relation name. find returns the value of an attribute, or nil.
func NamedIn(p *pack.Pack, v *pack.Relation, find func(attr string) *Value) (list []Named) {
	text := func(attr string) string {
		if attr == "" {
			return ""
		}
		if f := find(attr); f != nil {
			return Storable(f.Str)
		}
		return ""
	}
	code, name := relationCode(p, v, text(v.CodeAttr)), text(v.NameAttr)
	if code == "" && name == "" {
		return nil
	}
	day := func(attr string) *int64 {
		if attr != "" {
			if f := find(attr); f != nil {
				d := f.Int
				return &d
			}
		}
		return nil
	}
	from, until := day(v.FromAttr), day(v.UntilAttr)
	for i, one := range strings.Split(name, "；") {
		n := Named{Name: one, Key: BoundedKey(cell.NameKey(one)), From: from, Until: until}
		if i == 0 {
			n.Code = code // the code is the first one's, where there are several
		}
		if n.Code != "" || n.Key != "" {
			list = append(list, n)
		}
	}
	return list
}

// relationCode reads the code of a named subject in the way its register reads codes.
func relationCode(p *pack.Pack, v *pack.Relation, text string) string {
	if text == "" || len(v.To) == 0 {
		return ""
	}
	var code []byte
	state := cell.NoCode
	if to := p.Register(v.To[0]); to != nil && to.Scheme() == pack.Plain {
		if code, state = cell.PlainCode([]byte(text)); vault.Holds(code) {
			return ""
		}
	} else {
		code, state = cell.USCC([]byte(text), nil)
	}
	if state == cell.NoCode || state == cell.BadCheck && vault.Holds(code) {
		return ""
	}
	return string(code)
}
