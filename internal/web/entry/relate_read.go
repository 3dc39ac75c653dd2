package entry

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/cell"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/sight"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
)

// lines are what was typed or pasted, one subject each: a line of a list, or a row of a sheet with its cells apart by tabs.
func lines(text string) (list []string) {
	for line := range strings.Lines(strings.ReplaceAll(text, "\r", "\n")) {
		for _, one := range strings.FieldsFunc(line, func(c rune) bool { return c == '；' || c == ';' }) {
			if one = strings.TrimSpace(one); one != "" {
				list = append(list, one)
			}
		}
	}
	return list
}

// understand says of every line whom it means, and what saving would do.
func (s *room) understand(r *http.Request, v *relateView) error {
	v.Looked = true
	typed := lines(v.Lines)
	if len(typed) > mostLines {
		v.Problems = []problem{{"lines", v.writer.Text("relate.many", "n", len(typed), "most", mostLines)}}
		typed = nil
	}
	taken := map[int64]bool{}
	for n, text := range typed {
		row := relateRow{N: n, Text: strings.Join(strings.Fields(text), " "), State: "none"}
		found, exact, err := s.meant(r, v.others, text)
		if err != nil {
			return err
		}
		if exact == 1 {
			row.Chosen = found[0].Subject
		}
		if id, err := strconv.ParseInt(r.PostForm.Get(row.Field()), 10, 64); err == nil && r.PostForm.Get("text."+strconv.Itoa(n)) == row.Text {
			if id == 0 || slices.ContainsFunc(found, func(p proposal) bool { return p.Subject == id }) {
				row.Chosen = id
			}
		}
		for _, p := range found {
			row.Choices = append(row.Choices, relateChoice{p, p.Subject == row.Chosen})
		}
		switch {
		case row.Chosen != 0 && taken[row.Chosen]:
			row.State = "twice"
		case row.Chosen != 0:
			taken[row.Chosen] = true
			if err := s.standing(r, v, &row); err != nil {
				return err
			}
		case len(found) > 0:
			row.State = "choose"
		}
		if row.writes() {
			v.Writes++
		}
		v.Rows = append(v.Rows, row)
	}
	return nil
}

// meant finds whom a line means: those with the code or name that one of its cells is, and how many they are; else those
// that a search finds.
func (s *room) meant(r *http.Request, registers []string, text string) (found []proposal, exact int, err error) {
	for part := range strings.SplitSeq(text, "\t") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		some, err := s.proposals(r, registers, part, 4*offered)
		if err != nil {
			return nil, 0, err
		}
		key, code := cell.NameKey(part), strings.ToUpper(cell.NameKey(part))
		same := slices.DeleteFunc(slices.Clone(some), func(p proposal) bool { return p.Code == "" || p.Code != code })
		if len(same) == 0 {
			same = slices.DeleteFunc(slices.Clone(some), func(p proposal) bool { return cell.NameKey(p.Name) != key })
		}
		if len(same) > 0 {
			return same, len(same), nil
		}
		if found == nil {
			found = some[:min(len(some), offered)]
		}
	}
	return found, 0, nil
}

// standing says what saving would do with the one that a row chose, and marks what it is read as.
func (s *room) standing(r *http.Request, v *relateView, row *relateRow) error {
	other, err := s.Known.Profile(r.Context(), row.Chosen)
	if err != nil {
		return err
	}
	names, named := v.subject, other // the one that names, and the one that is named
	if v.back {
		names, named = other, v.subject
	}
	row.State = "ready"
	code, now := "", namesOf(names, v.relation)
	if f := names.Fact(v.relation.CodeAttr, 0); v.relation.CodeAttr != "" && f != nil && !f.Void {
		code = f.Value.Str
	}
	key := cell.NameKey(named.Name)
	called := slices.ContainsFunc(now, func(name string) bool { return cell.NameKey(name) == key })
	list := s.isList(v)
	switch {
	case code != "" && code == named.Code, called && (code == "" || list) && (named.Code == "" || v.relation.CodeAttr == "" || list):
		row.State = "already"
	case !list && (len(now) > 0 || code != ""):
		if row.State, row.Now = "moves", strings.Join(now, "；"); row.Now == "" {
			row.Now = code
		}
	}
	for _, attr := range []string{v.relation.NameAttr, v.relation.CodeAttr} {
		if attr != "" {
			row.Saw = append(row.Saw, sawValueOf(names, attr))
		}
	}
	return nil
}

// isList reports whether one subject may name several through the relation.
func (s *room) isList(v *relateView) bool {
	a := s.Pack.Register(v.relation.From).Attribute(v.relation.NameAttr)
	return a != nil && a.Kind == pack.List
}

// sawValueOf marks a value of a subject as it is.
func sawValueOf(p *fact.Profile, attr string) address.Field {
	return frame.SawField(sight.SawValue(p.Subject, attr), sight.Mark(p.Fact(attr, 0)))
}

// sentence is what a fault says in a language.
func sentence(err error, lang string) string {
	var f *fault.Error
	if errors.As(err, &f) {
		return f.In(lang)
	}
	return err.Error()
}
