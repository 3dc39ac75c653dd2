package placing

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/layout"
	places "eyas/internal/registry/place"
)

// Whatever comes, changes and goes, the addresses held in memory give those subjects that looking at each one gives.
func TestAddressBook(t *testing.T) {
	attr := &pack.Attribute{ID: layout.AddressAttr, Kind: pack.String}
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SampledFrom([]string{"湘潭道", "科研路", "潭道科", "（环外）", "12号", "", "\n", "道湘"})
		var book addressBook
		now := map[int64]string{}
		take := func(subject int64, address string, gone bool) {
			p := &fact.Profile{Subject: subject, Gone: gone}
			if address != "" {
				p.Facts = []fact.Fact{{Attr: attr, Value: fact.Value{Str: address}}}
			}
			book.note(p)
			delete(now, subject)
			if folded := places.Fold(address); !gone && folded != "" {
				now[subject] = folded
			}
		}
		for round := range rapid.IntRange(1, 4).Draw(t, "rounds") {
			n := rapid.IntRange(0, 3*fact.BatchRows).Draw(t, "profiles")
			for i := range n {
				subject := int64(i + 1)
				if round > 0 {
					subject = rapid.Int64Range(1, 4*fact.BatchRows).Draw(t, "subject")
				}
				if i > 20 && round == 0 { // drawing each would take long
					take(subject, "天津市"+strings.Repeat("某", i%7)+"道", false)
					continue
				}
				take(subject, words.Draw(t, "a")+words.Draw(t, "b"), rapid.Bool().Draw(t, "gone"))
			}
			book.pack()
			phrases := []string{places.Fold(words.Draw(t, "phrase")), "某某道"}
			var want []int64
			for subject, address := range now {
				if slices.ContainsFunc(phrases, func(p string) bool { return strings.Contains(address, p) }) {
					want = append(want, subject)
				}
			}
			slices.Sort(want)
			if got := book.having(phrases); !slices.Equal(got, want) {
				t.Fatalf("having %q: %v, want %v", phrases, got, want)
			}
		}
	})
}
