package mandate

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"eyas/internal/pack"
)

// name is two names as digests with a salt: of the representative in the profile when a position was made, and of its person. They
// are kept as digests so that what is erased from the registers does not stay here.
type name struct{ Salt, Was, Named string }

// named are the digests of a representative of the profile (empty: not known) and of a person.
func named(was, person string) name {
	n := name{Salt: rand.Text()}
	n.Was, n.Named = n.digest(was), n.digest(person)
	return n
}

// digest is the digest of a name; empty for none.
func (n *name) digest(of string) string {
	if of = plain(of); of == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(n.Salt + of))
	return hex.EncodeToString(sum[:])
}

// plain is a name without what does not tell persons apart: blanks, widths, and the form of the dot in names of peoples.
func plain(of string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return -1
		case strings.ContainsRune("·•・∙⋅.", r):
			return '·'
		}
		return unicode.ToLower(r)
	}, norm.NFKC.String(of))
}

// Same reports whether two names are one.
func Same(a, b string) bool { return plain(a) != "" && plain(a) == plain(b) }

// follows reports whether a position stands after the profile named these one after another. It named the former representative, or
// none, and may go on to the person himself (a document was shown before the register knew of him). After that it names him only.
func (n *name) follows(values []string) bool {
	arrived := n.Was == n.Named
	for _, v := range values {
		switch d := n.digest(v); {
		case d == n.Named:
			arrived = true
		case arrived || d != n.Was:
			return false
		}
	}
	return true
}

// verdict is what is known of a position.
type verdict struct {
	change int64 // of the profile at which it stood
	lapsed bool  // for good
}

// mostKnown bounds how many verdicts are kept in memory.
const mostKnown = 100_000

// steady reports whether the profile has named nobody else since a position was made. The history is looked through once for each
// state of the profile.
func (m *Mandates) steady(ctx context.Context, of *pack.Mandate, p *Position) (bool, error) {
	if !p.Ended.IsZero() || !p.Lapsed.IsZero() {
		return false, nil
	}
	m.mu.Lock()
	had, known := m.known[p.ID]
	m.mu.Unlock()
	if known && had.lapsed {
		return false, nil
	}
	name, change, err := m.Now(ctx, p.Subject, of.By)
	if err != nil {
		return false, err
	}
	if known && had.change == change {
		return true, nil
	}
	values, err := m.Since(ctx, p.Subject, of.By, p.Made)
	if err != nil {
		return false, err
	}
	stands := p.follows(append(values, name))
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.known) >= mostKnown {
		clear(m.known)
	}
	m.known[p.ID] = verdict{change, !stands}
	return stands, nil
}
