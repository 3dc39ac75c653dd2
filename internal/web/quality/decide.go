package quality

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/quality"
	"eyas/internal/registry/sight"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
)

// decideQuality takes one decision about one or several doubted values.
func (s *room) decideQuality(w http.ResponseWriter, r *http.Request) error {
	if s.Quality == nil {
		return errNoQuality()
	}
	ask, form := s.Ask(r), r.PostForm
	action := form.Get("action")
	keys := form["key"]
	if one, what, ok := strings.Cut(form.Get("one"), ":"); ok { // the button of a row, beside the ticks of others
		action, keys = one, []string{what}
	}
	if len(keys) == 0 {
		return fault.New(fault.Invalid, "没有选中任何值。请返回勾选。", "Nothing is selected: go back and tick some.")
	}
	all, err := readKeys(keys)
	if err != nil {
		return err
	}
	if action == "export" { // those that are picked, alone
		to := url.Values{"key": keys, "register": {s.qualityRegister(r).ID}, "lang": {ask.Lang}}
		http.Redirect(w, r, "/quality.xlsx?"+to.Encode(), http.StatusSeeOther)
		return nil
	}
	next, err := s.nextFinding(r, keys)
	if err != nil {
		return err
	}
	seen, err := seenFindings(r, all, action)
	if err != nil {
		return err
	}
	var entered []int64
	err = s.Quality.Upon(r.Context(), seen, func(ctx context.Context) error {
		entered = entered[:0]
		for _, k := range all {
			id, err := s.decideOne(ctx, r, ask, k, action)
			if err != nil {
				return err
			}
			if id != 0 {
				entered = append(entered, id)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if action == "accept" || action == "mend" {
		s.searchAfter(r.Context()) // others may be doubted now, or no more
	}
	pairs := []string{"done", action, "n", strconv.Itoa(len(keys)), "again", ""}
	switch {
	case len(entered) > 0:
		pairs = append(pairs, frame.EntryPair(entered...)...)
	case action != "reopen" && len(keys) <= mostNamed:
		pairs = append(pairs, frame.SavedPair(findingKind, strings.Join(keys, ","))...)
	default:
		pairs = append(pairs, "saved", "")
	}
	if next != "" {
		pairs = append(pairs, "at", next)
	}
	http.Redirect(w, r, ask.With(pairs...), http.StatusSeeOther)
	return nil
}

// nextFinding gives the key of the row that follows the decided ones on the page that they are decided on; the row before, where
// they are the last; empty where they are on no page, or alone.
func (s *room) nextFinding(r *http.Request, decided []string) (string, error) {
	ask, reg := s.Ask(r), s.qualityRegister(r)
	tallies, _, err := s.Quality.Tallies(r.Context(), reg.ID)
	if err != nil {
		return "", err
	}
	sources, err := s.countSources(r.Context(), ask, reg.ID, tallies)
	if err != nil {
		return "", err
	}
	l := s.listFindings(r, reg, tallies, sources)
	q, err := l.read(r)
	if err != nil {
		return "", err
	}
	rows, _, err := s.Quality.Listed(r.Context(), l.filter(q), (ask.Page-1)*findingsPage, findingsPage)
	if err != nil {
		return "", err
	}
	before, after, seen := "", "", false
	for i := range rows {
		switch key := rows[i].Key.String(); {
		case slices.Contains(decided, key):
			seen, after = true, ""
		case seen && after == "":
			after = key
		case !seen:
			before = key
		}
	}
	if !seen {
		return "", nil
	}
	return cmp.Or(after, before), nil
}

// seenFindings gives what was seen of the values that are decided, and of no others on the page.
func seenFindings(r *http.Request, keys []quality.Key, action string) (sight.Seen, error) {
	var needed []string
	for _, k := range keys {
		needed = append(needed, k.Saw())
	}
	seen, err := frame.ReadSeen(r, needed...)
	for thing := range seen {
		if value := strings.HasPrefix(thing, "value:"); !slices.Contains(needed, thing) && !(value && (action == "accept" || action == "mend")) {
			delete(seen, thing)
		}
	}
	return seen, err
}

func (s *room) decideOne(ctx context.Context, r *http.Request, ask *address.Ask, k quality.Key, action string) (importID int64, err error) {
	form := r.PostForm
	switch action {
	case "accept", "mend":
		if s.Correct == nil {
			return 0, errNoQuality()
		}
		if action == "accept" {
			return s.Quality.Accept(ctx, k, ask.Lang, s.Correct)
		}
		return s.Quality.Mend(ctx, k, form.Get("value"), form.Get("reason"), s.Correct)
	case "assign":
		return 0, s.Quality.Assign(ctx, k, form.Get("assignee"), form.Get("note"))
	case "ask":
		return 0, s.Quality.Ask(ctx, k, form.Get("question"))
	case "dismiss":
		return 0, s.Quality.Dismiss(ctx, k, form.Get("reason"))
	case "reopen":
		return 0, s.Quality.Reopen(ctx, k)
	}
	return 0, fault.New(fault.Invalid, "没有“"+action+"”这项操作。", "There is no action “"+action+"”.")
}

// qualityDone says what was just decided, where the note that offers to take it back does not.
func (s *room) qualityDone(r *http.Request, ask *address.Ask) (done string) {
	q := r.URL.Query()
	if q.Get("saved") != "" {
		return ""
	}
	switch action := q.Get("done"); action {
	case "accept", "mend", "assign", "ask", "dismiss", "reopen", "undone":
		n, err := strconv.Atoi(q.Get("n"))
		if err != nil {
			n = 1
		}
		done = s.Words(ask.Lang)("quality.done."+action, "n", n)
	}
	return done
}
