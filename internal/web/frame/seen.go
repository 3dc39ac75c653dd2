package frame

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/registry/sight"
	"eyas/internal/rule/list"
	"eyas/internal/web/address"
	"eyas/internal/web/origin"
	"eyas/internal/web/words"
)

// A form that changes something carries what it was read as: fields named "seen", each THING=MARK (sight.Seen). The
// write checks them in its own transaction, so that of several people who change one thing upon the same sight one is
// taken, and the others are told.
const SeenField = "seen"

// SawField is a field of a form for one thing that was seen.
func SawField(thing, mark string) address.Field {
	return address.Field{Name: SeenField, Value: thing + "=" + mark}
}

// SawID marks something by a number.
func SawID(thing string, mark int64) address.Field {
	return SawField(thing, strconv.FormatInt(mark, 10))
}

// ReadSeen reads what a form says was seen, and asks for things without which it may not change anything.
func ReadSeen(r *http.Request, needed ...string) (sight.Seen, error) {
	seen := sight.Seen{}
	for _, text := range r.PostForm[SeenField] {
		if i := strings.LastIndexByte(text, '='); i > 0 {
			seen[text[:i]] = text[i+1:]
		}
	}
	for _, thing := range needed {
		if _, ok := seen[thing]; !ok {
			return nil, fault.New(fault.Invalid, "表单没有写明它是根据什么填的，没有保存。请从页面上重新打开表单。",
				"The form does not say what it was filled in upon, and nothing was saved: open the form again from its page.")
		}
	}
	return seen, nil
}

// Upon writes upon what the form of a request says was seen.
func (f *Frame) Upon(r *http.Request, write func(context.Context) error, needed ...string) error {
	seen, err := ReadSeen(r, needed...)
	if err != nil {
		return err
	}
	return f.Entries.Upon(r.Context(), seen, write)
}

// conflictView asks somebody who was told that things have changed whether to save all the same.
type conflictView struct {
	Sentence string
	Action   string
	Fields   []address.Field // the form as it was sent, upon what is now
	Written  []address.Field // of them, what a person wrote
	Back     string
}

// writtenByHand are the fields of small forms that a person fills in, with the words by which pages call them.
var writtenByHand = map[string]string{"reason": "links.reason", "note": "quality.note", "assignee": "quality.assignee", "value": "identity.value", "question": "quality.do.ask"}

// conflict makes the page for a form whose sight is old; nil when the error is another one.
func (f *Frame) conflict(r *http.Request, err error, sentence string) *conflictView {
	var stale *sight.Stale
	if r.Method != http.MethodPost || !errors.As(err, &stale) {
		return nil
	}
	ask := f.Ask(r)
	v := &conflictView{Sentence: sentence, Action: ask.With(), Back: f.cameFrom(r)}
	for _, name := range slices.Sorted(maps.Keys(r.PostForm)) {
		for _, value := range r.PostForm[name] {
			if name == SeenField {
				continue
			}
			v.Fields = append(v.Fields, address.Field{Name: name, Value: value})
			if key := writtenByHand[name]; key != "" && value != "" {
				v.Written = append(v.Written, address.Field{Name: f.Words(ask.Lang)(key), Value: value})
			}
		}
	}
	for _, thing := range slices.Sorted(maps.Keys(stale.Now)) {
		v.Fields = append(v.Fields, SawField(thing, stale.Now[thing]))
	}
	return v
}

// cameFrom is the page that a form was sent from; the first one where that is not known.
func (f *Frame) cameFrom(r *http.Request) string {
	if from, err := url.Parse(r.Referer()); err == nil && from.Host == r.Host && strings.HasPrefix(from.Path, "/") {
		return from.RequestURI()
	}
	return f.Ask(r).Link("/")
}

// IsStale reports whether an error says that things have changed since they were seen.
func IsStale(err error) bool {
	var stale *sight.Stale
	return errors.As(err, &stale)
}

// NowIs says in a form what a value was changed to, by whom and when.
func NowIs(w words.Writer, attr, value string, from origin.Source) string {
	if value == "" {
		return w.Text("conflict.none", "attr", attr)
	}
	return w.Text("conflict.now", "attr", attr, "value", value, "who", from.Who, "when", from.When)
}

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
		f.Broken(r, "a form was not taken in", err)
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
