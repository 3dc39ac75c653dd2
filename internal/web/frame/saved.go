package frame

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"eyas/internal/web/address"
)

// Every write on a page is answered with a page whose address names it: saved=KIND-ID. That page says what was saved and
// offers to take it back; so do the pages of history. All of them send the same form to the same address, which asks the
// room of the write what it was, what became of it since, and to take it back.

// savedName is the name of the address under which a write stands; againName says that it had been taken back before.
const savedName, againName = "saved", "again"

// Writes are the writes of one kind, which a room knows how to take back.
type Writes struct {
	Kind string // as addresses name it: entry
	// Look says what a write was and how it stands; a fault with code NotFound when there is none with that id.
	Look func(r *http.Request, id string) (*Write, error)
	// Take takes a write back. It does nothing when that was done before. The address is where to go on to; empty: where
	// the reader came from.
	Take func(r *http.Request, id string) (to string, err error)
}

// Write is a write for people.
type Write struct {
	Says   string   // what was written, in a sentence without its end: 东升公司：2020 销售收入 820 万元
	Link   string   // of the page with what was written; empty: the page at hand
	Undone string   // when it was taken back; empty: in force
	Since  []string // what has changed again since; taking back leaves that as it is
	Fixed  string   // why it cannot be taken back here; empty: it can
}

// SavedNote is what a page says of a write.
type SavedNote struct {
	Write
	Undo  string // address that takes it back; empty: nothing to take back
	Back  string // where to go on to after that
	Again bool   // it had been taken back when somebody asked for it
}

// SavedPair is the name and value by which an address names a write.
func SavedPair(kind, id string) []string { return []string{savedName, kind + "-" + id} }

// EntryKind is the kind of entries by hand, which several rooms make and one of them takes back.
const EntryKind = "entry"

// EntryPair is SavedPair for entries that were made together, by their imports: entry-12..40,45.
func EntryPair(imports ...int64) []string {
	ids := slices.Sorted(slices.Values(imports))
	var parts []string
	for i := 0; i < len(ids); {
		j := i
		for j+1 < len(ids) && ids[j+1] == ids[j]+1 {
			j++
		}
		part := strconv.FormatInt(ids[i], 10)
		if j > i {
			part += ".." + strconv.FormatInt(ids[j], 10)
		}
		parts, i = append(parts, part), j+1
	}
	return SavedPair(EntryKind, strings.Join(parts, ","))
}

// mostTogether bounds how many entries are taken back together.
const mostTogether = 2000

// ReadEntries reads the imports that EntryPair wrote.
func ReadEntries(text string) (imports []int64, err error) {
	for part := range strings.SplitSeq(text, ",") {
		first, last, spanned := strings.Cut(part, "..")
		from, err := strconv.ParseInt(first, 10, 64)
		to := from
		if spanned && err == nil {
			to, err = strconv.ParseInt(last, 10, 64)
		}
		if err != nil || from < 1 || to < from || to-from >= mostTogether || len(imports)+int(to-from) >= mostTogether {
			return nil, ErrNoPage()
		}
		for id := from; id <= to; id++ {
			imports = append(imports, id)
		}
	}
	return imports, nil
}

// UndoPath is the address that takes a write back.
func UndoPath(ask *address.Ask, kind, id string) string {
	return ask.Link("/undo/" + kind + "/" + url.PathEscape(id))
}

// savedNote says what the address of a page names as written; nil when it names nothing.
func (f *Frame) savedNote(r *http.Request, ask *address.Ask) *SavedNote {
	q := ask.Query()
	kind, id, ok := strings.Cut(q.Get(savedName), "-")
	writes, known := f.plan.writes[kind]
	if !ok || !known {
		return nil
	}
	write, err := writes.Look(r, id)
	if err != nil { // what an address names is not worth the page
		f.Log.Warn("what was saved", "kind", kind, "error", err)
		return nil
	}
	v := &SavedNote{Write: *write, Back: ask.With(savedName, "", againName, ""), Again: q.Get(againName) != ""}
	if v.Undone == "" && v.Fixed == "" {
		v.Undo = UndoPath(ask, kind, id)
	}
	return v
}

// undoView asks whether to take back what has changed again since.
type undoView struct {
	SavedNote
}

// takeBack takes a write back. What was taken back before is told, and what has changed again since is asked about.
func (f *Frame) takeBack(w http.ResponseWriter, r *http.Request) error {
	kind, id := r.PathValue("kind"), r.PathValue("id")
	writes, known := f.plan.writes[kind]
	if !known {
		return ErrNoPage()
	}
	write, err := writes.Look(r, id)
	if err != nil {
		return err
	}
	ask := f.Ask(r)
	back := Local(r.PostForm.Get("back"), ask.Link("/"))
	pairs := SavedPair(kind, id)
	switch {
	case write.Undone != "":
		pairs = append(pairs, againName, "1")
	case write.Fixed != "" || len(write.Since) > 0 && r.PostForm.Get("sure") == "":
		f.RenderStatus(w, r, http.StatusConflict, "undo", undoView{SavedNote{Write: *write, Undo: UndoPath(ask, kind, id), Back: back}})
		return nil
	default:
		to, err := writes.Take(r, id)
		if err != nil {
			return err
		}
		f.Changed(r.Context())
		if to != "" {
			back = to
		}
	}
	http.Redirect(w, r, withPairs(back, pairs...), http.StatusSeeOther)
	return nil
}

// Local is an address of this server that a form names; other where it names none, or one of another server.
func Local(text, other string) string {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(text, "//") || strings.Contains(text, `\`) {
		return other
	}
	return text
}

// withPairs is an address with other names and values.
func withPairs(at string, pairs ...string) string {
	u, err := url.Parse(at)
	if err != nil {
		return at
	}
	q := u.Query()
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	u.RawQuery = q.Encode()
	return u.String()
}
