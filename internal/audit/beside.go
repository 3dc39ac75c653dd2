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

// Beside is a text in the detail of an entry that people wrote or that names somebody: a reason, a file name, a value of
// a cell. The entry, and so the leaf of the tree, carries a salted digest of it; the text lies beside the entry, and can
// be erased while the entry stays proven. See WithDetail.
type Beside string

// besideKey is where a detail keeps the digests of its texts.
const besideKey = `"beside":`

// WithDetail gives the entry a detail. What is a Beside in it is kept beside the entry when the entry is stored; empty
// ones are left out.
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

// Kept is a text as it is kept beside its entry.
type Kept struct {
	Name, Text string
	Salt       []byte // 16 random bytes
}

// Digest is what the entry carries of a text. Its name is in the detail, where it can be read.
func (k *Kept) Digest() string {
	b := append(append(make([]byte, 0, 64+len(k.Text)), "text 1"...), k.Salt...)
	d := Digest(sha256.Sum256(AppendText(AppendText(b, k.Name), k.Text)))
	return d.String()
}

// Salted gives the entry with digests of its texts in its detail, and the texts as they are to be kept.
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

// Digests gives the digests of the texts that are kept beside the entry, by name.
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
