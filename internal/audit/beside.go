package audit

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Beside is a text in an entry's detail that a person wrote or that may identify a person: a reason, a file name, the
// value of a cell. The entry, and with it the leaf of the tree, contains only a salted digest of the text. The text is
// stored beside the entry and can be erased without breaking the proof. See WithDetail.
type Beside string

// besideKey is the key in the detail under which the digests of its texts stand.
const besideKey = `"beside":`

// WithDetail sets the detail of the entry. Values of type Beside are stored beside the entry; empty ones are left out.
func (e Entry) WithDetail(detail map[string]any) (Entry, error) {
	rest := map[string]any{}
	texts := map[string]string{}
	for name, v := range detail {
		switch v := v.(type) {
		case Beside:
			if v != "" {
				texts[name] = string(v)
			}
		default:
			rest[name] = v
		}
	}
	text, err := json.Marshal(rest)
	if err != nil {
		return e, fmt.Errorf("audit: detail of %s %s: %w", e.Action, e.Subject, err)
	}
	e.Detail, e.Texts = string(text), texts
	return e, nil
}

// Kept is a text that is stored beside its entry.
type Kept struct {
	Name, Text string
	Salt       []byte // 16 random bytes
}

// Digest returns the salted digest of a text that the entry contains. The name of the text stands in the detail.
func (k *Kept) Digest() string {
	b := append(append(make([]byte, 0, 64+len(k.Text)), "text 1"...), k.Salt...)
	d := Digest(sha256.Sum256(AppendText(AppendText(b, k.Name), k.Text)))
	return d.String()
}

// Salted returns the entry with the digests of its texts in its detail, and the texts to store beside it.
func (e Entry) Salted() (Entry, []Kept, error) {
	if len(e.Texts) == 0 {
		return e, nil, nil
	}
	var list []Kept
	digests := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(e.Texts)) {
		k := Kept{name, e.Texts[name], make([]byte, 16)}
		rand.Read(k.Salt) // never fails
		digests[name] = k.Digest()
		list = append(list, k)
	}
	e, err := e.with(besideKey, digests)
	return e, list, err
}

// Digests returns the digests of the texts that are stored beside the entry, by name.
func (e Entry) Digests() map[string]string {
	if !strings.Contains(e.Detail, besideKey) {
		return nil
	}
	var detail struct {
		Beside map[string]string `json:"beside"`
	}
	if json.Unmarshal([]byte(e.Detail), &detail) != nil {
		return nil
	}
	for name, d := range detail.Beside {
		if raw, err := hex.DecodeString(d); err != nil || len(raw) != len(Digest{}) {
			delete(detail.Beside, name)
		}
	}
	return detail.Beside
}
