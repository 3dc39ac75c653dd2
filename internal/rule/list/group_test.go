package list

import (
	"testing"

	"eyas/internal/pack"
)

func TestSections(t *testing.T) {
	g := BySection(&pack.CodeList{Items: []pack.CodeItem{{Code: "C"}, {Code: "C39", Parent: "C"}, {Code: "39", Parent: "C"}, {Code: "I"}}})
	for word, want := range map[string]string{"C": "C", "C39": "C", "C3911": "C", "39": "C", "3911": "C", "I65": "I", "": pack.Elsewhere, "软件": pack.Elsewhere, "Z": pack.Elsewhere} {
		if got := g.Codes[g.Of(word)]; got != want {
			t.Errorf("%q is in section %q, want %q", word, got, want)
		}
	}
}
