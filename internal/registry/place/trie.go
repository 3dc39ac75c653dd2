package place

// trie finds the longest word at a position of a text. Each step is one lookup in a hash table. At most positions, the
// first character already fails.
type trie struct {
	next  map[uint64]int32 // node<<32 | rune → node
	words []*word          // by node; nil if no word ends there
	first [1 << 10]uint64  // bit set of the runes below 65536 that begin a word
}

func newTrie() *trie { return &trie{next: map[uint64]int32{}, words: []*word{nil}} }

// add adds a word. If the spelling is taken, the higher rank keeps it, and the earlier word if ranks are equal.
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

// longest returns the longest word at the beginning of the text, and its length in runes; nil if there is none. text
// must not be empty.
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
