package intake

import (
	"net/http"
	"strings"
	"time"

	"eyas/internal/fault"
	"eyas/internal/figure"
	"eyas/internal/pack"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
	"eyas/internal/web/frame"
)

// proposedSource asks that the source of a file is taken from its name.
const proposedSource = "?"

// originForm is what a person says of where a file is from: its source, its day, and whether it is the whole list.
type originForm struct {
	Sources  []sourceGroup
	Source   string
	Proposed bool // the source was taken from the file's name, and nobody has said otherwise
	AsOf     string
	Whole    []string // names of what files of the source are the whole list of; empty: of nothing
	Partial  bool
}

type sourceGroup struct {
	Register string
	Sources  []frame.Option
}

// sourcesOf are the sources of registers that have any, to choose from; those of every register come last.
func (s *room) sourcesOf(lang, chosen string, registers ...*pack.Register) (groups []sourceGroup) {
	add := func(label, register string) {
		g := sourceGroup{Register: label}
		for _, x := range s.Pack.Sources {
			if x.Register == register {
				g.Sources = append(g.Sources, frame.Option{Value: x.ID, Label: x.Name.In(lang), On: x.ID == chosen})
			}
		}
		if g.Sources != nil {
			groups = append(groups, g)
		}
	}
	for _, reg := range registers {
		add(reg.Name.In(lang), reg.ID)
	}
	add(s.Words(lang)("import.source.any"), "")
	return groups
}

// originForm is the form as the options of a file fill it in.
func (s *room) originForm(reg *pack.Register, opt layout.Options, file, lang string) originForm {
	f := originForm{Sources: s.sourcesOf(lang, opt.Source, reg), Source: opt.Source, AsOf: opt.AsOf, Partial: opt.Partial}
	if p := s.Pack.ProposeSource(reg.ID, file); p != nil {
		f.Proposed = p.ID == opt.Source
	}
	if x := s.Pack.Source(opt.Source); x != nil {
		f.Whole = attributeNames(reg, x.Absent, lang)
	}
	return f
}

func attributeNames(reg *pack.Register, ids []string, lang string) (names []string) {
	if reg == nil {
		return nil
	}
	for _, id := range ids {
		if a := reg.Attribute(id); a != nil {
			names = append(names, a.Name.In(lang))
		}
	}
	return names
}

// proposeOrigin fills in what was not said of a file: its source, from its name.
func (s *room) proposeOrigin(opt *layout.Options, file string) {
	if opt.Source != proposedSource {
		return
	}
	opt.Source = ""
	if p := s.Pack.ProposeSource(opt.Register, file); p != nil {
		opt.Source = p.ID
	}
}

// readOrigin reads what a person says of where a file is from.
func (s *room) readOrigin(opt *layout.Options, source, asOf, whole string) error {
	opt.Source, opt.AsOf, opt.Partial = source, strings.TrimSpace(asOf), whole == "part"
	if x := s.Pack.Source(source); source != "" && source != proposedSource && (x == nil || !x.Of(opt.Register)) {
		return fault.New(fault.Invalid, "所选的来源不是这个库的。请从列表中重新选择，或选“没有说明”。", "The source that was chosen is not one of this register. Choose one of the list, or “not said”.")
	}
	if t, err := time.Parse(time.DateOnly, opt.AsOf); opt.AsOf != "" && (err != nil || t.Year() < 1950 || t.After(s.Clock().AddDate(0, 0, 1))) {
		return fault.New(fault.Invalid, "数据日期“"+opt.AsOf+"”读不出，或在今天之后。请写成 2021-03-31 这样，或留空。",
			"The day “"+opt.AsOf+"” cannot be read, or is after today: write it like 2021-03-31, or leave it empty.")
	}
	return nil
}

// postedOrigin is readOrigin of a preview's form. A form that does not ask whether the file is the whole list leaves that as it is.
func (s *room) postedOrigin(opt *layout.Options, r *http.Request) error {
	whole := r.PostForm.Get("whole")
	if !r.PostForm.Has("whole") && opt.Partial {
		whole = "part"
	}
	return s.readOrigin(opt, r.PostForm.Get("source"), r.PostForm.Get("asof"), whole)
}

// sourceName names the source of an import and its day, as lists show them.
func (s *room) sourceName(imp *intake.Import, lang string) (name, asOf string) {
	if x := s.Pack.Source(imp.Source); x != nil {
		name = x.Name.In(lang)
	}
	if !imp.AsOf.IsZero() {
		asOf = figure.Date(imp.AsOf)
	}
	return name, asOf
}
