// Package told writes entries of the operation log for people: who did what about which thing, for which organisation, from
// where, and what the entry says besides. Personal data are masked.
package told

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/figure"
	"eyas/internal/quality"
	"eyas/internal/web/address"
	"eyas/internal/web/city"
	"eyas/internal/web/frame"
	"eyas/internal/web/words"
)

// Actions are those that have words, and Kinds the kinds of things that entries are about.
var (
	Actions = []string{"import", "undo", "enter", "merge", "unmerge", "relink", "unrelink", "link", "answer", "place", "remember", "derive", "finding.assign", "finding.ask", "finding.dismiss", "finding.reopen",
		"finding.mend", "file", "file.detach", "unmask", "unmask-end", "share", "share-end", "represent", "represent-end", "represent-lapsed", "entrust", "accept", "decline", "mandate-end", "held-taken", "held-refused", "held-open", "hold", "hold-end", "erasure-ask", "erasure-approve", "erasure-refuse", "erasure-withdraw", "erasure-done", "original-rewritten", "original-deleted", "original-withheld", "export", "erase", "backup", "restore", "renew", "keys.rotate", "keys.drop", "baseline", "state",
		"case-new", "case-save", "case-pass", "case-refuse", "case-return", "case-supplement", "case-supply", "case-fulfil", "case-withdraw", "case-transfer", "case-delegate", "case-answer", "case-add", "case-remove", "case-score", "case-suspend", "case-resume", "case-void", "case-revoke", "case-urge", "case-copy", "case-report", "case-object", "case-settle", "case-warn", "case-late", "case-lapse", "case-break", "case-vacant", "case-list",
		"account", "act", "deputy", "grant", "propose", "refuse-grant", "take-grant", "leave", "lock", "unlock", "look-as", "look-end", "password", "recover", "second-factor", "sign-in", "sign-in-failed", "sign-out", "token", "api-token", "end-api-token", "hook", "hook-rotate", "hook-on", "hook-paused", "hook-off", "hook-ended", "hook-replay"}
	Kinds = []string{"subject", "record", "import", "question", "finding", "place", "register", "mapping", "base", "person", "grant", "erasure", "case", "case-question", "case-list"}
)

// fields are the keys of details that have words; what has none is shown under its key.
var fields = []string{"import", "form", "source", "values", "void", "reason", "register", "file", "sha256", "rows", "accepted", "unchanged", "refused", "subjects", "changed", "merge", "from", "into", "from_name", "into_name", "how",
	"move", "answer", "subject", "candidate", "phrase", "org", "headers", "known", "looked", "linked", "asked", "left", "settled", "weighed", "records", "base", "log_entries", "log_head", "backup", "made_at", "value", "to", "assignee",
	"name", "size", "purpose", "fields", "list", "share", "receiver", "column", "cells", "as.from", "session", "state", "key", "cipher", "person", "role", "until", "on", "account", "count", "factor", "provider", "mandate", "matters", "basis", "document", "erasure", "kept", "now", "rule", "token", "grant", "bounds", "hook", "host", "matter", "case", "stage", "end", "event", "connector"}

// states are words of details that are written in the reader's language.
var states = []string{"open", "assigned", "asked", "mended", "dismissed", "same", "different", "later", "person", "machine", "form", "correct", "password", "code", "provider", "many", "consent", "assignment"}

// bases are how it is known that somebody is a representative; see mandate.Basis.
var bases = []string{"name", "document", "owner"}

// Names gives the names of subjects to those who may see them.
type Names interface {
	// Name is the name and the address of a subject; empty when the reader may not see it or there is none.
	Name(ctx context.Context, subject int64) (name, url string)
}

// Entry is an entry of the log for people.
type Entry struct {
	Seq                   int64
	When, Who, Role, From string
	Org, For              string // for which he acted
	ForURL                string
	Viewer                string
	Action                string
	Thing, URL            string
	Lines                 []Line
}

// Line is one thing that an entry says.
type Line struct{ Key, Label, Value string }

// Short is what the entry says, in one line of at most some characters.
func (e *Entry) Short(most int) string {
	var parts []string
	for _, l := range e.Lines {
		if l.Key != "sha256" && l.Key != "import" && l.Key != "merge" && l.Key != "move" {
			parts = append(parts, l.Label+" "+l.Value)
		}
	}
	text := []rune(strings.Join(parts, " · "))
	if len(text) > most {
		return string(text[:most-1]) + "…"
	}
	return string(text)
}

// Writer writes entries in the language of a request.
type Writer struct {
	*frame.Frame
	Ask   *address.Ask
	Words words.Writer
	Names Names // nil: subjects are shown by their numbers
}

// ActionName names an action; one without words is shown as it is.
func ActionName(text func(string, ...any) string, action string) string {
	if !slices.Contains(Actions, action) {
		return action
	}
	return text("log.action." + action)
}

// Actor names who acted.
func (w Writer) Actor(id string) string {
	if id == "eyas" {
		return w.Words.Text("log.program")
	}
	return w.Words.Actor(id)
}

// OrgName names an organisation of the pack.
func (w Writer) OrgName(id string) string {
	if o := w.Pack.Orgs.ByID(id); o != nil {
		return city.ShortName(o, w.Ask.Lang)
	}
	return id
}

// RoleName names a role of the pack.
func (w Writer) RoleName(id string) string {
	for _, r := range w.Pack.Roles {
		if r.ID == id {
			return r.Name.In(w.Ask.Lang)
		}
	}
	return id
}

// Entry writes an entry.
func (w Writer) Entry(ctx context.Context, e *audit.Entry) Entry {
	as := e.As()
	x := Entry{Seq: e.Seq, When: w.When(e.At), Who: w.Actor(e.Actor), Role: w.RoleName(as.Role), From: as.From, Org: w.OrgName(as.Org), Viewer: as.Viewer, Action: ActionName(w.Words.Text, e.Action)}
	if as.Subject != 0 {
		x.For, x.ForURL = w.subject(ctx, as.Subject)
	}
	if x.Thing, x.URL = w.thing(ctx, e); !w.May(ctx, auth.See) {
		x.URL = "" // the log's reader may see nothing of what it is about
	}
	x.Lines = w.lines(ctx, e)
	return x
}

// subject names a subject, by its number where its name is not to be seen.
func (w Writer) subject(ctx context.Context, id int64) (name, url string) {
	if w.Names != nil {
		name, url = w.Names.Name(ctx, id)
	}
	if name == "" {
		name = w.Words.Text("log.kind.subject") + " " + strconv.FormatInt(id, 10)
	}
	return name, url
}

// thing names what an entry is about, with the address of its page.
func (w Writer) thing(ctx context.Context, e *audit.Entry) (name, url string) {
	kind := e.Kind()
	rest := strings.TrimPrefix(strings.TrimPrefix(e.Subject, kind), "/")
	number, err := strconv.ParseInt(rest, 10, 64)
	if !slices.Contains(Kinds, kind) {
		return figure.Masked(e.Subject), ""
	}
	name = w.Words.Text("log.kind." + kind)
	switch {
	case kind == "finding":
		key, ok := quality.ParseKey(rest)
		if !ok {
			return name + " " + rest, ""
		}
		subject, _ := w.subject(ctx, key.Subject)
		field := key.Attribute
		for _, reg := range w.Pack.Registers {
			if a := reg.Attribute(key.Attribute); a != nil {
				field = w.Words.YearName(a, key.Year)
				break
			}
		}
		return name + " " + subject + " · " + field, w.Ask.Link("/quality/" + rest)
	case kind == "register" || kind == "mapping":
		if reg := w.Pack.Register(rest); reg != nil {
			return name + " " + reg.Name.In(w.Ask.Lang), w.Ask.Link(w.RegisterPath(reg))
		}
	case err != nil:
	case kind == "subject":
		name, url = w.subject(ctx, number)
		if url == "" {
			url = w.Ask.Link("/s/" + rest)
		}
		return name, url
	case kind == "record":
		url = w.Ask.Link("/records/" + rest)
	case kind == "import":
		url = w.Ask.Link(address.ImportPath(number))
	case kind == "question":
		url = w.Ask.Link("/links", "q", rest)
	case kind == "case":
		url = w.Ask.Link("/cases/" + rest)
	case kind == "place":
		url = w.Ask.Link("/places")
	}
	return strings.TrimSpace(name + " " + rest), url
}

// lines are what the detail of an entry says.
func (w Writer) lines(ctx context.Context, e *audit.Entry) (list []Line) {
	detail := map[string]any{}
	if e.Detail != "" {
		dec := json.NewDecoder(strings.NewReader(e.Detail))
		dec.UseNumber()
		if dec.Decode(&detail) != nil {
			return []Line{{"", w.Words.Text("log.detail"), figure.Masked(e.Detail)}}
		}
	}
	for _, key := range []string{"proof", "pack", "beside", "as"} { // of the seal
		delete(detail, key)
	}
	erased := e.Digests()
	for name := range erased {
		detail[name] = nil
	}
	for name, text := range e.Texts {
		detail[name] = text
	}
	delete(detail, "as.from") // shown apart
	for _, key := range slices.SortedFunc(maps.Keys(detail), func(a, b string) int { return slices.Index(fields, a) - slices.Index(fields, b) }) {
		value := w.value(ctx, e, key, detail[key])
		if detail[key] == nil && erased[key] != "" {
			value = w.Words.Text("log.erased")
		}
		if value == "" {
			continue
		}
		label := key
		if slices.Contains(fields, key) {
			label = w.Words.Text("log.field." + key)
		}
		list = append(list, Line{key, label, value})
	}
	return list
}

// value writes a value of a detail.
func (w Writer) value(ctx context.Context, e *audit.Entry, key string, v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case json.Number:
		n, err := v.Int64()
		isSubject := key == "subject" || key == "receiver" || key == "candidate" || (key == "from" || key == "into") && (e.Action == "merge" || e.Action == "unmerge" || e.Action == "relink")
		switch {
		case err != nil:
			return v.String()
		case isSubject && n == 0:
			return ""
		case isSubject:
			name, _ := w.subject(ctx, n)
			return name
		case key == "import" || key == "merge" || key == "move":
			return v.String()
		}
		return figure.Num(int(n))
	case bool:
		return w.Words.Text("value." + map[bool]string{true: "yes", false: "no"}[v])
	case string:
		return w.text(e, key, v)
	case []any:
		parts := make([]string, 0, len(v))
		for _, x := range v {
			parts = append(parts, w.value(ctx, e, key, x))
		}
		return strings.Join(parts, w.Words.Text("frame.and"))
	case map[string]any:
		var parts []string
		for _, name := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, figure.Masked(name)+" → "+w.value(ctx, e, key, v[name]))
		}
		return strings.Join(parts, w.Words.Text("frame.and"))
	}
	var b bytes.Buffer
	fmt.Fprint(&b, v)
	return figure.Masked(b.String())
}

// text writes a text of a detail.
func (w Writer) text(e *audit.Entry, key, v string) string {
	switch key {
	case "org":
		return w.OrgName(v)
	case "register":
		if reg := w.Pack.Register(v); reg != nil {
			return reg.Name.In(w.Ask.Lang)
		}
	case "source":
		if src := w.Pack.Source(v); src != nil {
			return src.Name.In(w.Ask.Lang)
		}
	case "values", "void", "fields", "column":
		return w.field(v)
	case "basis":
		if slices.Contains(bases, v) {
			return w.Words.Text("log.basis." + v)
		}
	case "matters", "matter":
		return w.matters(v)
	case "stage", "end":
		return w.place(e, v)
	case "purpose":
		if p := w.Pack.Purpose(v); p != nil {
			return p.Name.In(w.Ask.Lang)
		}
	case "value":
		if key, ok := quality.ParseKey(strings.TrimPrefix(e.Subject, "finding/")); ok {
			for _, reg := range w.Pack.Registers {
				if a := reg.Attribute(key.Attribute); a != nil && a.Personal {
					return figure.Mask(v)
				}
			}
		}
	case "from_name", "into_name":
		if w.Names == nil {
			return ""
		}
	}
	if slices.Contains(states, v) {
		return w.Words.Text("log.word." + v)
	}
	return figure.Masked(v)
}

// place names a stage or an end of the matter that an entry is about.
func (w Writer) place(e *audit.Entry, id string) string {
	var detail struct {
		Matter string `json:"matter"`
	}
	json.Unmarshal([]byte(e.Detail), &detail) // read before, by lines
	if m := w.Pack.Matter(detail.Matter); m != nil {
		if g := m.Stage(id); g != nil {
			return g.Name.In(w.Ask.Lang)
		}
		if end := m.End(id); end != nil {
			return end.Name.In(w.Ask.Lang)
		}
	}
	return figure.Masked(id)
}

// matters names what was entrusted: ids of the pack, separated by commas.
func (w Writer) matters(ids string) string {
	var names []string
	for _, id := range strings.Split(ids, ",") {
		for _, r := range w.Pack.Roles {
			if r.Mandate == nil {
				continue
			}
			if t := r.Mandate.Matter(id); t != nil {
				id = t.Name.In(w.Ask.Lang)
			}
		}
		names = append(names, id)
	}
	return strings.Join(names, w.Words.Text("frame.and"))
}

// field names a field that an entry names as forms do: sales@2020.
func (w Writer) field(key string) string {
	id, year, _ := strings.Cut(key, "@")
	n, _ := strconv.Atoi(year)
	for _, reg := range w.Pack.Registers {
		if a := reg.Attribute(id); a != nil {
			return w.Words.YearName(a, n)
		}
	}
	return figure.Masked(key)
}
