package matter

import (
	"cmp"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/cell"
	"eyas/internal/tri"
)

// Problem is what keeps a form from being filed.
type Problem struct {
	Field string    `json:"field"`         // of the form: a field, field[2].column of a row, an attachment or a check
	Kind  string    `json:"kind"`          // missing, unreadable or check
	Name  pack.Text `json:"name"`          // of the field
	Says  pack.Text `json:"says,omitzero"` // what is wrong
}

// The kinds of problems.
const (
	Missing    = "missing"
	Unreadable = "unreadable"
	Unmet      = "check"
)

// The most of a form that is taken in.
const (
	mostText  = 20_000 // characters of a value
	mostFiles = 200
)

// Problems lists what keeps a form from being filed, in the order of the form. promised are attachments that are promised for later.
func Problems(t *pack.MatterType, f Form, promised []string, w World) (list []Problem, err error) {
	defer fault.At(&err, "matter.Problems(matter %s)", t.ID)
	asked := func(when string, pos pack.Pos) (bool, error) {
		if when == "" {
			return true, nil
		}
		if w.Holds == nil {
			return false, nil
		}
		is, _, err := w.Holds(when, pos, f)
		return is == tri.True, err
	}
	for _, s := range t.Form.Sections {
		for _, x := range s.Fields {
			yes, err := asked(x.When, x.WhenPos)
			if err != nil {
				return nil, err
			}
			if yes {
				list = append(list, fieldProblems(x, f)...)
			}
		}
	}
	for _, a := range t.Form.Attachments {
		yes, err := asked(a.When, a.WhenPos)
		if err != nil {
			return nil, err
		}
		list = append(list, attachmentProblems(a, f.Files[a.ID], yes && a.Required && !slices.Contains(promised, a.ID))...)
	}
	for _, k := range t.Form.Checks {
		if w.Holds == nil {
			break
		}
		is, _, err := w.Holds(k.When, k.Pos, f)
		if err != nil {
			return nil, err
		}
		if is == tri.False {
			list = append(list, Problem{Field: k.ID, Kind: Unmet, Name: k.Says, Says: k.Says})
		}
	}
	return list, nil
}

func fieldProblems(x *pack.Field, f Form) (list []Problem) {
	if x.Rows == nil {
		return valueProblems(x, x.ID, f.Values[x.ID])
	}
	rows := f.Rows[x.ID]
	least := x.Rows.Least
	if x.Required {
		least = max(least, 1)
	}
	if len(rows) < least || len(rows) > x.Rows.Most {
		list = append(list, Problem{Field: x.ID, Kind: Missing, Name: x.Attr.Name, Says: text2("要有 %d 至 %d 行。", "%d to %d rows are needed", least, x.Rows.Most)})
	}
	for i, row := range rows {
		for _, y := range x.Rows.Fields {
			list = append(list, valueProblems(y, rowField(x.ID, i, y.ID), row[y.ID])...)
		}
	}
	return list
}

func valueProblems(x *pack.Field, at, value string) []Problem {
	if cell.Blank([]byte(value)) {
		if x.Required {
			return []Problem{{Field: at, Kind: Missing, Name: x.Attr.Name, Says: pack.Text{ZH: "没有填写。", EN: "it is not filled in"}}}
		}
		return nil
	}
	if says := unreadable(x.Attr, value); says != (pack.Text{}) {
		return []Problem{{Field: at, Kind: Unreadable, Name: x.Attr.Name, Says: says}}
	}
	return nil
}

func attachmentProblems(a *pack.Attachment, files []File, needed bool) (list []Problem) {
	if len(files) == 0 && needed {
		list = append(list, Problem{Field: a.ID, Kind: Missing, Name: a.Name, Says: pack.Text{ZH: "没有这份材料。", EN: "the paper is missing"}})
	}
	if len(files) > a.Most {
		list = append(list, Problem{Field: a.ID, Kind: Unreadable, Name: a.Name, Says: text2("最多 %d 个文件。", "at most %d files", a.Most)})
	}
	for _, f := range files {
		if ending := strings.ToLower(strings.TrimPrefix(path.Ext(f.Name), ".")); !slices.Contains(a.Types, ending) {
			list = append(list, Problem{Field: a.ID, Kind: Unreadable, Name: a.Name, Says: text2("文件 %s 的类型不对，可以是 %s。", "the file %s is of another type than %s", f.Name, strings.Join(a.Types, ", "))})
		}
	}
	return list
}

// unreadable says why a value does not fit its attribute; zero when it fits. Values are read as cells of files are.
func unreadable(a *pack.Attribute, value string) (says pack.Text) {
	b := []byte(value)
	var bad *cell.Bad
	switch a.Kind {
	case pack.Integer:
		_, bad = cell.Integer(b, cell.Unit{})
	case pack.Decimal:
		_, bad = cell.Decimal(b, cell.Unit{})
	case pack.Money:
		currency := "CNY"
		if a.Unit == "usd" {
			currency = "USD"
		}
		_, bad = cell.Money(b, currency, cell.Unit{})
	case pack.Date:
		_, bad = cell.Date(b)
	case pack.Boolean:
		_, bad = cell.Bool(b, strings.HasPrefix(a.Name.ZH, "无") || strings.HasPrefix(a.Name.ZH, "非"))
	default:
		if most := a.Max; most > 0 && utf8.RuneCountInString(value) > most {
			return text2("最多 %d 个字。", "at most %d characters", most)
		}
	}
	if bad != nil {
		return pack.Text{ZH: bad.ZH, EN: bad.EN}
	}
	return pack.Text{}
}

// fill takes what a form says; what it does not say stays, and what it says is empty goes. What is missing or cannot be read yet is kept as it was written; what the form does not have is refused.
func (d *decision) fill(f *Form) error {
	if f == nil {
		return nil
	}
	for id, v := range f.Values {
		x := d.t.Form.Field(id)
		if x == nil || x.Rows != nil {
			return invalid("表单没有字段 %q。", "the form has no field %q", id)
		}
		if utf8.RuneCountInString(v) > mostText {
			return invalid("字段 %q 太长，最多 %d 个字。", "the field %q is too long: at most %d characters", id, mostText)
		}
	}
	for id, rows := range f.Rows {
		x := d.t.Form.Field(id)
		if x == nil || x.Rows == nil {
			return invalid("表单没有可以重复的字段 %q。", "the form has no field %q with rows", id)
		}
		if len(rows) > x.Rows.Most {
			return invalid("字段 %q 最多 %d 行。", "the field %q has at most %d rows", id, x.Rows.Most)
		}
		for i, row := range rows {
			for key, v := range row {
				if !slices.ContainsFunc(x.Rows.Fields, func(y *pack.Field) bool { return y.ID == key }) || utf8.RuneCountInString(v) > mostText {
					return invalid("字段 %q 第 %d 行没有 %q 这一栏，或太长。", "row %[2]d of the field %[1]q has no column %[3]q, or it is too long", id, i+1, key)
				}
			}
		}
	}
	if err := d.attached(f.Files); err != nil {
		return err
	}
	next := copied(&d.c.Form)
	next.Values = replaced(next.Values, f.Values, func(v string) bool { return v == "" })
	next.Rows = replaced(next.Rows, f.Rows, func(v []map[string]string) bool { return len(v) == 0 })
	next.Files = replaced(next.Files, f.Files, func(v []File) bool { return len(v) == 0 })
	if differs(d.c.Form, *next) {
		d.c.Form = *copied(next)
		d.c.FormNo++
	}
	return nil
}

// replaced are values with those of another map in their place; an empty one takes a value away.
func replaced[T any](old, by map[string]T, empty func(T) bool) map[string]T {
	if old == nil {
		old = map[string]T{}
	}
	for k, v := range by {
		if empty(v) {
			delete(old, k)
		} else {
			old[k] = v
		}
	}
	return old
}

// attached refuses files of attachments that the form does not have.
func (d *decision) attached(files map[string][]File) error {
	n := 0
	for id, list := range files {
		if d.t.Form.Attachment(id) == nil {
			return invalid("表单没有材料 %q。", "the form has no attachment %q", id)
		}
		n += len(list)
	}
	if n > mostFiles {
		return invalid("最多 %d 个文件。", "at most %d files", mostFiles)
	}
	return nil
}

// whole refuses a form with problems. new are attachments that are promised now.
func (d *decision) whole(promises []string) error {
	promised := slices.Clone(promises)
	for _, p := range d.c.Promises {
		if p.Kept == "" {
			promised = append(promised, p.Attachment)
		}
	}
	list, err := Problems(d.t, d.c.Form, promised, d.w)
	if err != nil || len(list) == 0 {
		return err
	}
	var zh, en []string
	for _, p := range list[:min(len(list), 12)] {
		zh, en = append(zh, p.Name.ZH+"："+strings.TrimSuffix(p.Says.ZH, "。")), append(en, p.Name.In("en")+": "+p.Says.EN)
	}
	return invalid("还不能提交，有 %d 处：%s。", "it cannot be filed yet, for %d reasons: %s", len(list), pack.Text{ZH: strings.Join(zh, "；"), EN: strings.Join(en, "; ")})
}

// file files the form: it must be whole, but for papers that may be promised.
func (d *decision) file() error {
	if err := d.fill(d.act.Form); err != nil {
		return err
	}
	today := d.w.Today()
	for _, id := range d.act.Promise {
		a := d.t.Form.Attachment(id)
		if a == nil || a.Promise.None() {
			return invalid("材料 %q 不能承诺后补。", "the attachment %q cannot be promised for later", id)
		}
		if trusted, err := d.trusted(a); err != nil || !trusted {
			return cmp.Or(err, conflict("“%s”现在不能承诺后补：有没有履行的承诺记录，或不符合承诺的条件。请随申报一并提交。", "the attachment %s cannot be promised now: a promise was broken before, or another condition does not hold. Give it with the form.", a.Name))
		}
	}
	if err := d.whole(d.act.Promise); err != nil {
		return err
	}
	for _, id := range d.act.Promise {
		if len(d.c.Form.Files[id]) > 0 || slices.ContainsFunc(d.c.Promises, func(p Promise) bool { return p.Attachment == id && p.Kept == "" }) {
			continue
		}
		until, known, err := d.w.last(today, d.t.Form.Attachment(id).Promise)
		if err != nil {
			return err
		}
		d.c.Promises = append(d.c.Promises, Promise{Attachment: id, Until: until, Known: known, By: d.p.ID})
	}
	for i := range d.c.Promises { // what was promised and lies in the form now
		if p := &d.c.Promises[i]; p.Kept == "" && len(d.c.Form.Files[p.Attachment]) > 0 {
			p.Kept = today
		}
	}
	if d.c.Filed == "" {
		d.c.Filed = today
	}
	d.applicant()
	return nil
}

// fulfil gives papers that were promised.
func (d *decision) fulfil() error {
	if err := d.attached(d.act.Files); err != nil {
		return err
	}
	given := 0
	for i := range d.c.Promises {
		p := &d.c.Promises[i]
		files := d.act.Files[p.Attachment]
		if p.Kept != "" || len(files) == 0 {
			continue
		}
		if list := attachmentProblems(d.t.Form.Attachment(p.Attachment), files, true); len(list) > 0 {
			return invalid("%s：%s", "%s: %s", list[0].Name, list[0].Says)
		}
		if d.c.Form.Files == nil {
			d.c.Form.Files = map[string][]File{}
		}
		d.c.Form.Files[p.Attachment] = files
		p.Kept = d.w.Today()
		given++
	}
	if given == 0 || given != len(d.act.Files) {
		return invalid("请给出承诺后补的材料（files），别的材料不在这里给。", "give the papers that were promised (files), and no others")
	}
	d.c.FormNo++
	d.applicant()
	return nil
}

// fields takes the fields of a stage. Those that are required must be there when it passes.
func (d *decision) fields(v *Visit, pass bool) error {
	s := d.t.Stage(v.Stage)
	for id := range d.act.Fields {
		if !slices.ContainsFunc(s.Fields, func(x *pack.Field) bool { return x.ID == id }) {
			return invalid("“%s”环节没有字段 %q。", "the stage %s has no field %q", s.Name, id)
		}
	}
	for _, x := range s.Fields {
		value := d.act.Fields[x.ID]
		if value == "" {
			value = v.Fields[x.ID]
		}
		for _, p := range valueProblems(x, x.ID, value) {
			if pass || p.Kind != Missing {
				return invalid("“%s”环节的%s：%s", "%[2]s of the stage %[1]s: %[3]s", s.Name, p.Name, p.Says)
			}
		}
		if value != "" {
			if v.Fields == nil {
				v.Fields = map[string]string{}
			}
			v.Fields[x.ID] = value
		}
	}
	return nil
}

// remarks refuses remarks about what the form does not have.
func (d *decision) remarks() error {
	for _, r := range d.act.Remarks {
		id, _, _ := strings.Cut(r.Field, "[")
		if d.t.Form.Field(id) == nil && d.t.Form.Attachment(id) == nil {
			return invalid("表单没有字段或材料 %q。", "the form has neither a field nor an attachment %q", r.Field)
		}
		if r.Text == "" {
			return invalid("%q 没有写明问题（text）。", "nothing is said about %q (text)", r.Field)
		}
	}
	return nil
}
