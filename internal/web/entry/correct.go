package subject

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/sight"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
	"eyas/internal/web/origin"
	"eyas/internal/web/words"
)

// correctView is the small form by which a value is corrected, or declared wrong.
type correctView struct {
	frame.Crumbs
	Key      string
	Attr     string // with its year; empty: the attribute is to be chosen
	Hint     string
	Unit     string
	Yes      bool // yes or no
	Choices  []frame.Option
	Now      string // what counts now; empty: nothing is known
	Source   origin.Source
	Value    string
	Reason   string
	Void     bool
	Problems []string
	Attrs    []attrOption  // to choose from
	Saw      address.Field // the value that the form shows
}

// attrOption is an attribute to choose.
type attrOption struct{ Value, Label string }

// attributeOf reads staff@2020 of a register.
func attributeOf(reg *pack.Register, key string) (a *pack.Attribute, year int, err error) {
	id, text, dated := strings.Cut(key, "@")
	a = reg.Attribute(id)
	if dated {
		year, err = strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(text), "年"))
	}
	if a == nil || err != nil || a.Yearly != dated || dated && (year < 1949 || year > 2200) {
		return nil, 0, fault.New(fault.Invalid, "没有数据项“"+key+"”。分年度的写成 staff@2020 这样。", "There is no attribute “"+key+"”. Yearly ones are written like staff@2020.")
	}
	return a, year, nil
}

// askCorrection shows the form for a value, or asks which value is meant.
func (s *room) askCorrection(w http.ResponseWriter, r *http.Request) error {
	v, err := s.correctView(r, s.correctKey(r))
	var f *fault.Error
	if errors.As(err, &f) && f.Code == fault.Invalid && r.URL.Query().Get("attr") != "" { // chosen without its year, or with one too many
		if v, err = s.correctView(r, ""); err == nil {
			v.Problems = []string{f.In(s.LangOf(r))}
			s.RenderStatus(w, r, http.StatusUnprocessableEntity, "correct", v)
			return nil
		}
	}
	if err != nil {
		return err
	}
	return s.Render(w, r, "correct", v)
}

// correctKey is the value that an address names: key, or attr and year as the form that chooses sends them.
func (s *room) correctKey(r *http.Request) string {
	q := r.URL.Query()
	attr, year := q.Get("attr"), strings.TrimSpace(q.Get("year"))
	switch {
	case q.Get("key") != "":
		return q.Get("key")
	case attr != "" && year != "":
		return attr + "@" + year
	}
	return attr
}

func (s *room) correctView(r *http.Request, key string) (*correctView, error) {
	p, reg, wr, err := s.SubjectOf(r, s.Known)
	if err != nil {
		return nil, err
	}
	v := &correctView{Crumbs: s.Crumbs(s.Ask(r), p, reg), Key: key}
	if key == "" {
		for _, a := range reg.Attributes {
			if a.ID != reg.CodeAttr {
				v.Attrs = append(v.Attrs, attrOption{a.ID, wr.Name(a)})
			}
		}
		return v, nil
	}
	a, year, err := attributeOf(reg, key)
	if err != nil {
		return nil, err
	}
	v.Attr, v.Unit = wr.YearName(a, year), wr.Unit(a)
	switch a.Kind {
	case pack.Money:
		v.Hint = wr.Text("identity.hint.money")
	case pack.Date:
		v.Hint = wr.Text("identity.hint.date")
	case pack.List:
		v.Hint = wr.Text("identity.hint.list")
	case pack.Boolean:
		v.Yes = true
	case pack.Code:
		v.Choices = s.codeChoices(wr, a)
		v.Hint = wr.Text("identity.hint.code")
	}
	facts, err := s.Known.Sourced(r.Context(), p.Subject)
	if err != nil {
		return nil, err
	}
	v.Saw = frame.SawField(sight.SawValue(p.Subject, key), sight.Mark(nil))
	for i := range facts {
		if f := &facts[i]; f.Attr.ID == a.ID && f.Year == year {
			v.Saw.Value = sight.SawValue(p.Subject, key) + "=" + sight.Mark(&f.Fact)
			v.Now, v.Source = wr.Said(&f.Fact), origin.OfFact(s.Ask(r), wr, f)
		}
	}
	return v, nil
}

// codeChoices are the codes that an attribute may have, where they are few enough to choose from.
func (s *room) codeChoices(w words.Writer, a *pack.Attribute) (list []frame.Option) {
	if a.Codes != "org" && a.Codes != "zone" {
		return nil
	}
	orgs := s.City.Districts
	if a.Codes == "zone" {
		orgs = s.City.Zones
	}
	for _, o := range orgs {
		list = append(list, frame.Option{Value: o.Name.ZH, Label: o.Name.In(w.Lang)})
	}
	return list
}

// enterCorrection enters the corrected value as a record of its own, and offers to take it back.
func (s *room) enterCorrection(w http.ResponseWriter, r *http.Request) error {
	p, reg, wr, err := s.SubjectOf(r, s.Known)
	if err != nil {
		return err
	}
	f, ask := r.PostForm, s.Ask(r)
	key, value, reason, void := f.Get("key"), strings.TrimSpace(f.Get("value")), strings.TrimSpace(f.Get("reason")), f.Get("void") != ""
	if _, _, err := attributeOf(reg, key); err != nil {
		return err
	}
	e := intake.Entry{Register: reg.ID, Subject: p.Subject, Form: wr.Text("identity.form"), Reason: reason, Lang: ask.Lang}
	e.Source = intake.HandSource(s.Pack, reg.ID, true)
	var refused *fault.Error
	switch {
	case reason == "":
		refused = fault.New(fault.Invalid, "请写明理由：以后的人要知道凭什么这样改。", "Say why: those who come later want to know what the correction rests on.")
	case void:
		e.Void = []string{key}
	case value == "":
		refused = fault.New(fault.Invalid, "请填写正确的值；不知道正确的值，就勾选“原值不对”。", "Fill in the right value; when it is not known, tick “what is known is wrong”.")
	default:
		e.Values = map[string]string{key: value}
	}
	var id int64
	if refused == nil {
		err = s.Upon(r, func(ctx context.Context) (err error) {
			id, _, err = s.Entries.Enter(ctx, e)
			return err
		}, sight.SawValue(p.Subject, key))
		if err != nil && (!errors.As(err, &refused) || refused.Code != fault.Invalid && !frame.IsStale(err)) {
			return err
		}
	}
	if refused != nil {
		status, stale := http.StatusUnprocessableEntity, frame.IsStale(err)
		v, err := s.correctView(r, key)
		if err != nil {
			return err
		}
		v.Value, v.Reason, v.Void, v.Problems = value, reason, void, []string{refused.In(ask.Lang)}
		if stale {
			status, v.Problems = http.StatusConflict, []string{frame.NowIs(wr, v.Attr, v.Now, v.Source)}
		}
		s.RenderStatus(w, r, status, "correct", v)
		return nil
	}
	http.Redirect(w, r, ask.Link(s.SubjectPath(reg.ID, "", p.Subject), "entered", strconv.FormatInt(id, 10)), http.StatusSeeOther)
	return nil
}

// undoEntry takes back what was entered by hand. Files are undone on their own page, in the background.
func (s *room) undoEntry(w http.ResponseWriter, r *http.Request) error {
	p, reg, _, err := s.SubjectOf(r, s.Known)
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(r.PathValue("import"), 10, 64)
	if err != nil {
		return frame.ErrNoPage()
	}
	imp, err := s.Imports.ImportByID(r.Context(), id)
	if err != nil {
		return err
	}
	if imp.Form == "" {
		return fault.New(fault.Invalid, "这是导入的文件，请在它的导入记录页上撤销。", "This is a file: undo it on its own page.")
	}
	if imp.UndoneAt.IsZero() {
		if err := s.Intake.Undo(r.Context(), id, func(derive.Progress) {}); err != nil {
			return err
		}
	}
	http.Redirect(w, r, s.Ask(r).Link(s.SubjectPath(reg.ID, "", p.Subject)), http.StatusSeeOther)
	return nil
}
