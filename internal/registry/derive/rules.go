package derive

import (
	"strings"

	"eyas/internal/pack"
	"eyas/internal/registry/cell"
	"eyas/internal/registry/fact"
)

// Rules are by what the subjects of a register are derived: how their facts are written, which of two facts wins, and what
// names a subject.
type Rules struct {
	*fact.Codec
	precedence
}

// NewRules gives the rules of a register, with the numbers that its attributes and the sources have in a database.
func NewRules(p *pack.Pack, reg *pack.Register, numbers, sources map[string]int) *Rules {
	return &Rules{fact.NewCodec(p, reg, numbers, sources), newPrecedence(p, reg)}
}

// Same reports whether two rules of a register number alike.
func (n *Rules) Same(o *Rules) bool { return n.Codec.Same(o.Codec) }

// Profile reads a stored profile into p, whose memory is used again.
func (n *Rules) Profile(row *fact.ProfileRow, lists map[int][]WholeList, p *fact.Profile) error {
	facts, err := n.Read(p.Facts[:0], row.Facts)
	if err != nil {
		return BadProfile(row.Subject, err)
	}
	if !row.Gone {
		facts = n.declare(row.Subject, facts, lists)
	}
	facts = fact.WithoutVoid(facts)
	*p = fact.Profile{Subject: row.Subject, Code: row.Code, Name: row.Name, Facts: facts, Gone: row.Gone, Change: row.Change}
	return nil
}

// giveStored hands the values of a stored profile on, unless it is gone.
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

// Own gives of a reading what it says of the subject itself: of things that the subject has, only what identifies it.
// What a borrowed record is named by is worth less than the subject's own name, and its code is none of the subject's.
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

// Name gives the name that wins, and the key by which it is known: with it goes what tells subjects of one name apart
// in the register, see Layout.apart.
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
