package place

// trie finds the longest word at a place of a text. A step from a node by a character is one look into a hash table,
// and most places of an address end at the first.
type trie struct {
	next  map[uint64]int32 // node<<32 | rune → node
	words []*word          // by node; nil where no word ends
	first [1 << 10]uint64  // a bit for each rune below 65536 with which a word begins
}

func newTrie() *trie { return &trie{next: map[uint64]int32{}, words: []*word{nil}} }

// add puts a word in; the first to come keeps its place, unless what it means is weaker.
func (t *trie) add(text string, w *word) {
	node := int32(0)
	for i, r := range text {
		if i == 0 && r < 1<<16 {
			t.first[r>>6] |= 1 << (r & 63)
		}
		key := uint64(node)<<32 | uint64(r)
		n, ok := t.next[key]
		if !ok {
			n = int32(len(t.words))
			t.next[key] = n
			t.words = append(t.words, nil)
		}
		node = n
	}
	if node != 0 && (t.words[node] == nil || w.rank > t.words[node].rank) {
		t.words[node] = w
	}
}

// longest gives the longest word that the text begins with, and its length in runes.
func (t *trie) longest(text []rune) (found *word, length int) {
	r := text[0]
	if r < 1<<16 && t.first[r>>6]&(1<<(r&63)) == 0 {
		return nil, 0
	}
	node := int32(0)
	for i, r := range text {
		n, ok := t.next[uint64(node)<<32|uint64(r)]
		if !ok {
			break
		}
		node = n
		if w := t.words[node]; w != nil {
			found, length = w, i+1
		}
	}
	return found, length
}
