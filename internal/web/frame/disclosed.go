package frame

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"eyas/internal/disclosure"
)

// Looked counts that who asks opened a page of a subject. What is sent, and files, are kept otherwise.
func (f *Frame) Looked(r *http.Request, subject int64) {
	if f.Disclosures != nil && r.Method == http.MethodGet && !strings.HasSuffix(r.URL.Path, ".xlsx") {
		f.Disclosures.Looked(r.Context(), subject)
	}
}

// Opened are the ids of the personal attributes of a subject that who asks sees unmasked now; nil: none. The page comes again by
// itself when that is over, so that they do not stay on the screen.
func (f *Frame) Opened(w http.ResponseWriter, r *http.Request, subject int64) (open map[string]bool, err error) {
	u, err := f.SeesUnmasked(w, r, subject)
	if u == nil || err != nil {
		return nil, err
	}
	open = map[string]bool{}
	for _, id := range u.Fields {
		open[id] = true
	}
	return open, nil
}

// SeesUnmasked is what who asks sees unmasked of a subject now; nil: nothing. See Opened.
func (f *Frame) SeesUnmasked(w http.ResponseWriter, r *http.Request, subject int64) (*disclosure.Unmasking, error) {
	if f.Disclosures == nil || subject == 0 {
		return nil, nil
	}
	u, err := f.Disclosures.Unmasked(r.Context(), subject)
	if u == nil || err != nil || len(u.Fields) == 0 {
		return nil, err
	}
	w.Header().Set("Refresh", strconv.Itoa(int(u.Ends.Sub(f.Clock())/time.Second)+1))
	return u, nil
}

// PurposeChoice is something that personal data may be unmasked for, to choose in a form.
type PurposeChoice struct {
	ID, Name, Note string
	On             bool
}

// Purposes are what personal data may be unmasked for; on is the id of the one that is chosen.
func (f *Frame) Purposes(lang, on string) (list []PurposeChoice) {
	for _, x := range f.Pack.Purposes {
		list = append(list, PurposeChoice{x.ID, x.Name.In(lang), x.Note.In(lang), x.ID == on})
	}
	return list
}
