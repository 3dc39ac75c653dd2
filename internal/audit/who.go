package audit

import (
	"encoding/json"
	"strings"
)

// Who says as what the actor of an entry acted. It stands in the detail under "as", so that the hash of the entry covers
// it. The network address identifies a person, so it is stored beside the entry; see Beside.
type Who struct {
	Role    string `json:"role,omitempty"`
	Org     string `json:"org,omitempty"`     // id of the organisation for which he acted
	Subject int64  `json:"subject,omitempty"` // subject for which he acted, such as an enterprise
	Viewer  string `json:"viewer,omitempty"`  // person who saw the pages as this one sees them, and under whose eyes it was done
	From    string `json:"-"`                 // network address from which he acted
}

const (
	whoKey  = `"as":`
	fromKey = "as.from" // the name of the text with the address
)

// WithWho adds to the detail as what the actor acted. Nothing is added when nothing is known.
func (e Entry) WithWho() (Entry, error) {
	w := e.Who
	if w.From != "" {
		texts := map[string]string{fromKey: w.From}
		for name, text := range e.Texts {
			texts[name] = text
		}
		e.Texts = texts
	}
	if (w == Who{From: w.From}) {
		return e, nil
	}
	return e.with(whoKey, w)
}

// As reads what WithWho wrote. The address is empty when it was erased, or when the texts were not read.
func (e Entry) As() (w Who) {
	var detail struct {
		As Who `json:"as"`
	}
	if strings.Contains(e.Detail, whoKey) && json.Unmarshal([]byte(e.Detail), &detail) == nil {
		w = detail.As
	}
	w.From = e.Texts[fromKey]
	return w
}

// Kind returns the kind of thing that the entry is about: "import" of "import/12".
func (e Entry) Kind() string {
	return e.Subject[:len(e.Subject)-len(strings.TrimLeft(e.Subject, "abcdefghijklmnopqrstuvwxyz_"))]
}
