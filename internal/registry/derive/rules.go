package derive

import (
	"strings"

	"eyas/internal/pack"
	"eyas/internal/registry/cell"
	"eyas/internal/registry/fact"
)

// Rules say how the subjects of a register are derived: how facts are stored, which of two facts wins, and what a
// subject's name is.
type Rules struct {
	*fact.Codec
	precedence
}

// NewRules returns the rules of a register, with the numbers of its attributes and of the sources in a database.
func NewRules(p *pack.Pack, reg *pack.Register, numbers, sources map[string]int) *Rules {
	return &Rules{fact.NewCodec(p, reg, numbers, sources), newPrecedence(p, reg)}
}

// Same reports whether two sets of rules of a register use the same numbers.
func (n *Rules) Same(o *Rules) bool { return n.Codec.Same(o.Codec) }

// Profile decodes a stored profile into p and reuses the memory of p.
func (n *Rules) Profile(row *fact.ProfileRow, lists map[int][]WholeList, p *fact.Profile) error {
	facts, err := n.Read(p.Facts[:0], row.Facts)
	if err != nil {
		return BadProfile(row.Subject, err)
	}
	if !row.Gone {
		facts = n.declare(row.Subject, facts, lists)
	}
	facts = fact.WithoutVoid(facts)
	*p = fact.Profile{Subject: row.Subject, Code: row.Code, Name: row.Name, Facts: facts, Gone: row.Gone, Change: row.Change, Held: row.Held}
	return nil
}

// giveStored passes on the values of a stored profile; none when it is inactive.
func (n *Rules) giveStored(row *fact.ProfileRow, to fact.Values) error {
	if row.Gone {
		return nil
	}
	if err := to.Begin(row.Subject, row.Code, row.Name); err != nil {
		return err
	}
	if err := n.Values(row.Facts, to); err != nil {
		return BadProfile(row.Subject, err)
	}
	return nil
}

// Own filters the facts of a reading to facts about the subject itself. When the file lists things (items), only the
// facts that identify the subject remain. When the record is borrowed, its name becomes weaker than the subject's own
// name, and its code is dropped.
func (n *Rules) Own(facts []fact.Fact, items, borrowed bool) []fact.Fact {
	if items {
		kept := facts[:0]
		for _, f := range facts {
			if a := n.Register.Attribute(f.Attr.ID); a != nil {
				f.Attr = a
				kept = append(kept, f)
			}
		}
		facts = kept
	}
	if !borrowed {
		return facts
	}
	kept := facts[:0]
	for _, f := range facts {
		switch f.Attr.ID {
		case n.Register.CodeAttr:
			continue
		case n.Register.NameAttr:
			f.Origin.Weak = fact.Borrowed
		}
		kept = append(kept, f)
	}
	return kept
}

// Name returns the winning name of a subject and its key. In registers where subjects can have the same name, the key
// also contains what distinguishes them; see fact.NamesApart.
func (n *Rules) Name(facts []fact.Fact) (name, key string) {
	text := func(attr string) string {
		for i := range facts {
			if f := &facts[i]; f.Attr.ID == attr && !f.Void {
				return fact.Storable(f.Value.Str)
			}
		}
		return ""
	}
	name = text(n.Register.NameAttr)
	key = cell.NameKey(name)
	if key == "" || len(n.Register.ApartAttrs) == 0 {
		return name, fact.BoundedKey(key)
	}
	keys, said := []string{key}, false
	for _, attr := range n.Register.ApartAttrs {
		k := cell.NameKey(text(attr))
		keys, said = append(keys, k), said || k != ""
	}
	if said {
		key = strings.Join(keys, pack.KeySeparator)
	}
	return name, fact.BoundedKey(key)
}
