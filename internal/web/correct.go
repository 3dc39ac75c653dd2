package web

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry"
)

// correctView is the small form by which a value is corrected, or declared wrong.
type correctView struct {
	subjectHead
	Key      string
	Attr     string // with its year; empty: the attribute is to be chosen
	Hint     string
	Unit     string
	Yes      bool // yes or no
	Choices  []option
	Now      string // what counts now; empty: nothing is known
	Source   source
	Value    string
	Reason   string
	Void     bool
	Problems []string
	Attrs    []attrChoice // to choose from
	Saw      Field        // the value that the form shows
}

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
func (s *Server) askCorrection(w http.ResponseWriter, r *http.Request) error {
	v, err := s.correctView(r, s.correctKey(r))
	var f *fault.Error
	if errors.As(err, &f) && f.Code == fault.Invalid && r.URL.Query().Get("attr") != "" { // chosen without its year, or with one too many
		if v, err = s.correctView(r, ""); err == nil {
			v.Problems = []string{f.In(s.lang(r))}
			s.renderStatus(w, r, http.StatusUnprocessableEntity, "correct", v)
			return nil
		}
	}
	if err != nil {
		return err
	}
	return s.render(w, r, "correct", v)
}

// correctKey is the value that an address names: key, or attr and year as the form that chooses sends them.
func (s *Server) correctKey(r *http.Request) string {
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

func (s *Server) correctView(r *http.Request, key string) (*correctView, error) {
	p, reg, wr, err := s.identityOf(r)
	if err != nil {
		return nil, err
	}
	v := &correctView{subjectHead: s.subjectHead(s.ask(r), p, reg), Key: key}
	if key == "" {
		for _, a := range reg.Attributes {
			if a.ID != reg.CodeAttr {
				v.Attrs = append(v.Attrs, attrChoice{a.ID, wr.name(a)})
			}
		}
		return v, nil
	}
	a, year, err := attributeOf(reg, key)
	if err != nil {
		return nil, err
	}
	v.Attr, v.Unit = wr.yearName(a, year), wr.unit(a)
	switch a.Kind {
	case pack.Money:
		v.Hint = wr.text("identity.hint.money")
	case pack.Date:
		v.Hint = wr.text("identity.hint.date")
	case pack.List:
		v.Hint = wr.text("identity.hint.list")
	case pack.Boolean:
		v.Yes = true
	case pack.Code:
		v.Choices = s.codeChoices(wr, a)
		v.Hint = wr.text("identity.hint.code")
	}
	facts, err := s.Registry.Sourced(r.Context(), p.Subject)
	if err != nil {
		return nil, err
	}
	v.Saw = sawField(registry.SawValue(p.Subject, key), registry.Mark(nil))
	for i := range facts {
		if f := &facts[i]; f.Attr.ID == a.ID && f.Year == year {
			v.Saw.Value = registry.SawValue(p.Subject, key) + "=" + registry.Mark(&f.Fact)
			v.Now, v.Source = wr.said(&f.Fact), factSource(s.ask(r), wr, f)
		}
	}
	return v, nil
}

// codeChoices are the codes that an attribute may have, where they are few enough to choose from.
func (s *Server) codeChoices(w writer, a *pack.Attribute) (list []option) {
	if a.Codes != "org" && a.Codes != "zone" {
		return nil
	}
	orgs := s.city.districts
	if a.Codes == "zone" {
		orgs = s.city.zones
	}
	for _, o := range orgs {
		list = append(list, option{Value: o.Name.ZH, Label: o.Name.In(w.lang)})
	}
	return list
}

// enterCorrection enters the corrected value as a record of its own, and offers to take it back.
func (s *Server) enterCorrection(w http.ResponseWriter, r *http.Request) error {
	p, reg, wr, err := s.identityOf(r)
	if err != nil {
		return err
	}
	f, ask := r.PostForm, s.ask(r)
	key, value, reason, void := f.Get("key"), strings.TrimSpace(f.Get("value")), strings.TrimSpace(f.Get("reason")), f.Get("void") != ""
	if _, _, err := attributeOf(reg, key); err != nil {
		return err
	}
	e := registry.Entry{Register: reg.ID, Subject: p.Subject, Form: wr.text("identity.form"), Reason: reason, Lang: ask.Lang}
	e.Source = registry.HandSource(s.Pack, reg.ID, true)
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
		err = s.upon(r, func(ctx context.Context) (err error) {
			id, _, err = s.Registry.Enter(ctx, operator, e)
			return err
		}, registry.SawValue(p.Subject, key))
		if err != nil && (!errors.As(err, &refused) || refused.Code != fault.Invalid && !isStale(err)) {
			return err
		}
	}
	if refused != nil {
		status, stale := http.StatusUnprocessableEntity, isStale(err)
		v, err := s.correctView(r, key)
		if err != nil {
			return err
		}
		v.Value, v.Reason, v.Void, v.Problems = value, reason, void, []string{refused.In(ask.Lang)}
		if stale {
			status, v.Problems = http.StatusConflict, []string{nowIs(wr, v.Attr, v.Now, v.Source)}
		}
		s.renderStatus(w, r, status, "correct", v)
		return nil
	}
	http.Redirect(w, r, ask.Link(s.subjectPath(reg.ID, "", p.Subject), "entered", strconv.FormatInt(id, 10)), http.StatusSeeOther)
	return nil
}

// undoEntry takes back what was entered by hand. Files are undone on their own page, in the background.
func (s *Server) undoEntry(w http.ResponseWriter, r *http.Request) error {
	p, reg, _, err := s.identityOf(r)
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(r.PathValue("import"), 10, 64)
	if err != nil {
		return errNoPage()
	}
	imp, err := s.Registry.ImportByID(r.Context(), id)
	if err != nil {
		return err
	}
	if imp.Form == "" {
		return fault.New(fault.Invalid, "这是导入的文件，请在它的导入记录页上撤销。", "This is a file: undo it on its own page.")
	}
	if imp.UndoneAt.IsZero() {
		if err := s.Registry.Undo(r.Context(), operator, id, func(registry.Progress) {}); err != nil {
			return err
		}
	}
	http.Redirect(w, r, s.ask(r).Link(s.subjectPath(reg.ID, "", p.Subject)), http.StatusSeeOther)
	return nil
}
