package entry

import (
	"context"
	"net/http"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/profile"
	"eyas/internal/registry/sight"
	"eyas/internal/web/frame"
	"eyas/internal/web/words"
)

// saidInFull is how many entries, and how many values of one, a page says in full.
const saidInFull = 3

// lookEntry says what was entered, and what became of it.
func (s *room) lookEntry(r *http.Request, text string) (*frame.Write, error) {
	ids, err := frame.ReadEntries(text)
	if err != nil {
		return nil, err
	}
	ask := s.Ask(r)
	v := &frame.Write{}
	var says []string
	taken := 0
	for n, id := range ids {
		imp, err := s.entryOf(r.Context(), id)
		if err != nil {
			return nil, err
		}
		if !imp.UndoneAt.IsZero() {
			taken++
			v.Undone = s.When(imp.UndoneAt)
		}
		if n >= saidInFull && r.Method == http.MethodGet {
			continue // a page says what the first ones were; whoever takes them back is told what changed of any
		}
		said, since, err := s.entrySays(r, imp)
		if err != nil {
			return nil, err
		}
		if n < saidInFull {
			says = append(says, said)
		}
		if imp.UndoneAt.IsZero() {
			v.Since = append(v.Since, since...)
		}
	}
	if taken < len(ids) {
		v.Undone = ""
	}
	if r.Method == http.MethodGet {
		v.Since = nil
	}
	v.Says = strings.Join(says, s.Words(ask.Lang)("entry.semicolon"))
	if n := len(ids); n > saidInFull {
		v.Says = s.Words(ask.Lang)("entry.many", "n", n, "first", v.Says)
	}
	return v, nil
}

// entryOf gives an entry by hand; files are undone on their own page, in the background.
func (s *room) entryOf(ctx context.Context, id int64) (*intake.Import, error) {
	imp, err := s.Imports.ImportByID(ctx, id)
	if err != nil {
		return nil, err
	}
	if imp.Form == "" {
		return nil, fault.New(fault.Invalid, "这是导入的文件，请在它的导入记录页上撤销。", "This is a file: undo it on its own page.")
	}
	return imp, nil
}

// entrySays says what one entry wrote of whom, and what has changed of that since.
func (s *room) entrySays(r *http.Request, imp *intake.Import) (says string, since []string, err error) {
	ctx := r.Context()
	rec, err := s.Known.Record(ctx, imp.First)
	if err != nil {
		return "", nil, err
	}
	p, err := s.Known.Profile(ctx, rec.Subject)
	if err != nil {
		return "", nil, err
	}
	said, err := s.Known.History(ctx, rec.Subject)
	if err != nil {
		return "", nil, err
	}
	w := s.WriterIn(imp.Register, s.LangOf(r), words.InWan)
	var values []string
	name := ""
	for i := range said {
		f := &said[i]
		if f.Source.Import != imp.ID {
			continue
		}
		if f.Attr.ID == w.City.Register.NameAttr {
			name = f.Value.Str
		}
		values = append(values, valueSays(w, f))
		if now := overtaken(said, f); now != nil {
			since = append(since, w.Text("entry.since", "name", p.Name, "attr", w.YearName(f.Attr, f.Year), "value", valueOnly(w, now), "who", w.Actor(now.Source.Actor), "when", s.When(now.Source.At)))
		}
	}
	if name == "" {
		name = p.Name
	}
	text := strings.Join(values[:min(len(values), saidInFull)], w.Text("entry.comma"))
	if n := len(values) - saidInFull; n > 0 {
		text = w.Text("entry.more", "first", text, "n", n)
	}
	return w.Text("entry.says", "name", name, "values", text), since, nil
}

// overtaken is the value that counts now in the place of one that an entry wrote, where a later one put it there.
func overtaken(said []profile.SaidFact, f *profile.SaidFact) *profile.SaidFact {
	if f.Wins || !f.Undone.IsZero() {
		return nil
	}
	for i := range said {
		if x := &said[i]; x.Wins && x.Attr == f.Attr && x.Year == f.Year && x.Source.Import > f.Source.Import {
			return x
		}
	}
	return nil
}

// valueSays names a value with its unit, and an amount also in whole currency.
func valueSays(w words.Writer, f *profile.SaidFact) string {
	if f.Void {
		return w.Text("entry.void", "attr", w.YearName(f.Attr, f.Year))
	}
	return w.YearName(f.Attr, f.Year) + " " + valueOnly(w, f)
}

func valueOnly(w words.Writer, f *profile.SaidFact) string {
	if f.Void {
		return "—"
	}
	if f.Attr.Kind == pack.Money {
		text, exact := amountOf(w, f.Attr, int64(f.Value.Num)), w.Echo(f.Attr, words.FormScale.Write(int64(f.Value.Num)))
		if exact != "= "+text {
			text += w.Text("entry.echo", "amount", exact)
		}
		return text
	}
	text := w.Value(f.Attr, f.Value)
	if unit := w.Unit(f.Attr); unit != "" {
		text += " " + unit
	}
	return text
}

// takeEntry takes entries back that were made together. Whoever they made known goes with them, and the reader to the list.
func (s *room) takeEntry(r *http.Request, text string) (to string, err error) {
	ids, err := frame.ReadEntries(text)
	if err != nil {
		return "", err
	}
	var subject int64
	var register string
	for _, id := range ids {
		imp, err := s.entryOf(r.Context(), id)
		if err != nil {
			return "", err
		}
		rec, err := s.Known.Record(r.Context(), imp.First)
		if err != nil {
			return "", err
		}
		subject, register = rec.Subject, imp.Register
	}
	err = s.Frame.Entries.Upon(r.Context(), sight.Seen{}, func(ctx context.Context) error {
		for _, id := range ids {
			if err := s.Intake.Undo(ctx, id, func(derive.Progress) {}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || len(ids) > 1 {
		return "", err
	}
	if p, err := s.Known.Profile(r.Context(), subject); err == nil && p.Gone {
		return s.Ask(r).Link(s.RegisterPath(s.Pack.Register(register))), nil
	}
	return "", nil
}

// undoEntry takes back what was entered by hand, for forms of older pages.
func (s *room) undoEntry(w http.ResponseWriter, r *http.Request) error {
	p, reg, _, err := s.SubjectOf(r, s.Known)
	if err != nil {
		return err
	}
	id := r.PathValue("import")
	to, err := s.takeEntry(r, id)
	if err != nil {
		return err
	}
	if to == "" {
		to = s.Ask(r).Link(s.SubjectPath(reg.ID, "", p.Subject))
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}
