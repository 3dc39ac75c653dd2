package frame

import (
	"errors"
	"maps"
	"net/http"
	"slices"

	"eyas/internal/fault"
	"eyas/internal/rule/list"
	"eyas/internal/web/address"
)

// lostView gives a form back that was not taken in for a reason that passes: the base is still being loaded, or something
// failed. It carries all that was sent, so that nothing need be typed again.
type lostView struct {
	Status   int
	Sentence string
	Action   string
	Fields   []address.Field // the form as it was sent
	Written  []address.Field // of them, what a person wrote
	Back     string
}

// lost makes the page for a form that may be sent again as it is; nil for what is no form, and for what a person must mend.
func (f *Frame) lost(r *http.Request, err error) *lostView {
	if r.Method != http.MethodPost || len(r.PostForm) == 0 || wantsJSON(r) {
		return nil
	}
	ask := f.Ask(r)
	text := f.Words(ask.Lang)
	v := &lostView{Status: StatusOf(err), Action: ask.With(), Back: f.cameFrom(r)}
	var said *fault.Error
	switch {
	case errors.Is(err, list.ErrLoading):
		v.Status, v.Sentence = http.StatusServiceUnavailable, text("lost.loading")
	case v.Status == http.StatusServiceUnavailable && errors.As(err, &said):
		v.Sentence = said.In(ask.Lang)
	case v.Status == http.StatusInternalServerError:
		f.Log.Error("a form was not taken in", "method", r.Method, "path", r.URL.Path, "error", err)
		v.Sentence = text("error.internal")
	default:
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(r.PostForm)) {
		for _, value := range r.PostForm[name] {
			v.Fields = append(v.Fields, address.Field{Name: name, Value: value})
			if key := writtenByHand[name]; key != "" && value != "" {
				v.Written = append(v.Written, address.Field{Name: text(key), Value: value})
			}
		}
	}
	return v
}
