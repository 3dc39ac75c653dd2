package web

import (
	"encoding/json"
	"os"
	"testing"

	"eyas/internal/web/locale"
)

// Every room and tab has words by which the search finds it, in each language.
func TestSearchHasWordsOfEveryRoom(t *testing.T) {
	for _, lang := range locale.Langs {
		raw, err := os.ReadFile("search/texts/" + lang + "/search.json")
		if err != nil {
			t.Fatal(err)
		}
		words := map[string]string{}
		if err := json.Unmarshal(raw, &words); err != nil {
			t.Fatal(err)
		}
		keys := order.Tabs
		for _, g := range order.Rail {
			keys = append(keys[:len(keys):len(keys)], g.Entries...)
		}
		for _, key := range keys {
			if words["search.words."+key] == "" {
				t.Errorf("%s: the search has no words for %s", lang, key)
			}
		}
	}
}
