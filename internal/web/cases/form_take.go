package cases

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/matter"
	"eyas/internal/pack"
	"eyas/internal/web/frame"
)

// typed is what somebody wrote into the fields of a form. A masked value whose field was left empty stays; rows without a word go.
func (x *reader) typed() *matter.Form {
	f := &matter.Form{Values: map[string]string{}, Rows: map[string][]map[string]string{}}
	for _, g := range x.t.Form.Sections {
		for _, y := range g.Fields {
			seen, masked := x.sees(y.Attr)
			switch name := "v." + y.ID; {
			case !seen:
			case y.Rows != nil:
				if x.r.PostForm.Has("rows." + y.ID) {
					f.Rows[y.ID] = x.typedRows(y)
				}
			case !x.r.PostForm.Has(name):
			case masked && strings.TrimSpace(x.r.PostForm.Get(name)) == "":
			default:
				f.Values[y.ID] = withUnit(y, x.r.PostForm.Get(name))
			}
		}
	}
	return f
}

func (x *reader) typedRows(f *pack.Field) (rows []map[string]string) {
	for i := range f.Rows.Most {
		row, any, sent := map[string]string{}, false, false
		for _, c := range f.Rows.Fields {
			name := fmt.Sprintf("r.%s[%d].%s", f.ID, i+1, c.ID)
			sent = sent || x.r.PostForm.Has(name)
			if text := withUnit(c, x.r.PostForm.Get(name)); text != "" {
				row[c.ID], any = text, true
			}
		}
		if !sent {
			break
		}
		if any {
			rows = append(rows, row)
		}
	}
	return rows
}

// takeForm keeps a draft, files a form, or gives what was asked for. What is refused comes back as it was written.
func (s *room) takeForm(w http.ResponseWriter, r *http.Request) error {
	x, err := s.read(r)
	if err != nil {
		return err
	}
	do, visit := x.formDo()
	if do == "" {
		return fault.New(fault.Conflict, "这件办件现在不用填表，可能已经提交。", "Nothing is filled in in this case now: it may have been filed already.")
	}
	typed := x.typed()
	a, err := readAct(r, x.t)
	a.Visit, a.Form, a.Remarks, a.Fields = visit, typed, nil, nil
	wants := r.PostForm.Get("do")
	switch {
	case do == matter.ActSupply && wants == matter.ActSupply:
		a.Do = matter.ActSupply
		pending, err := x.pending()
		if err != nil {
			return err
		}
		if len(pending) > 0 {
			a.Form.Files = x.together(pending)
		}
	case do == matter.ActSave && wants == matter.ActPass:
		a.Do, a.Promise = matter.ActPass, r.PostForm["promise"]
	case do == matter.ActSave && (wants == matter.ActSave || wants == "next"):
		a.Do = matter.ActSave
	default:
		return err
	}
	done, err := s.Desk.Act(r.Context(), x.c.ID, a)
	if err != nil {
		return s.formRefused(w, r, x, typed, err)
	}
	if err := x.settled(a); err != nil {
		return err
	}
	s.Recount(r.Context())
	saved := frame.SavedPair(kind, fmt.Sprintf("%d.%d", x.c.ID, done.Event))
	to := casePath(x.c.ID)
	switch {
	case wants == "next":
		to, saved = to+"/form", append(saved, "step", stepPapers)
	case a.Do == matter.ActSave:
		to += "/form"
	}
	http.Redirect(w, r, x.ask.Link(to, saved...), http.StatusSeeOther)
	return nil
}

// formRefused shows the form again as it was written, upon what is now: with what is wrong, or with what somebody else has changed.
func (s *room) formRefused(w http.ResponseWriter, r *http.Request, x *reader, typed *matter.Form, err error) error {
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != fault.Invalid && f.Code != fault.Conflict {
		return err
	}
	now, err2 := s.read(r) // it has changed since, perhaps
	if err2 != nil {
		return err2
	}
	if f.Code == fault.Conflict {
		errors.As(now.told(err), &f)
	}
	v, err2 := now.form(typed)
	if err2 != nil { // somebody has filed it: the sentence says so
		return err
	}
	v.Failed, v.Changed = true, f.In(x.ask.Lang)
	if f.Code == fault.Invalid && len(v.Problems) > 0 {
		v.Changed = ""
	}
	for i := range v.Sections {
		for j := range v.Sections[i].Fields {
			y := &v.Sections[i].Fields[j]
			if k := slices.IndexFunc(v.Problems, func(p problem) bool { return p.At == "#"+y.ID() }); k >= 0 && y.Problem == "" {
				y.Problem = v.Problems[k].Text
			}
		}
	}
	s.RenderStatus(w, r, frame.StatusOf(f), "caseform", v)
	return nil
}
