package derive

import (
	"slices"
	"strings"

	"eyas/internal/pack"
	"eyas/internal/registry/layout"
	places "eyas/internal/registry/place"
)

// addressSeeker receives the values of profiles and keeps the subjects whose address contains one of some phrases.
type addressSeeker struct {
	rules   *Rules
	phrases []string
	subject int64
	found   []int64
}

func (s *addressSeeker) Begin(int64, string, string) error { return nil }

func (s *addressSeeker) Number(_ *pack.Attribute, _ int, _ float64) {}

func (s *addressSeeker) Integer(_ *pack.Attribute, _ int, _ int64) {}

func (s *addressSeeker) Text(a *pack.Attribute, _ int, text []byte) {
	if a.ID != layout.AddressAttr {
		return
	}
	folded := places.Fold(string(text))
	if slices.ContainsFunc(s.phrases, func(p string) bool { return strings.Contains(folded, p) }) {
		s.found = append(s.found, s.subject)
	}
}
