package layout

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/cell"
	"eyas/internal/registry/fact"
)

// The files of a connector say of each row a state, and the day of it. Only words that the connector knows are read; a row without a
// known state, a day and its key is refused, because it would say something else than its file does.

// reported is where a bound layout of a connector's file has what it says of its rows; columns from 0, −1 for none.
type reported struct {
	in              *pack.Inward
	name            pack.Text // of the system
	state, on, key  int
	headers         map[int]string
	knownZH, knownE string // the words for states
}

func newReported(l *Layout, c *pack.Connector) *reported {
	r := &reported{in: c.In, name: c.Name, state: -1, on: -1, key: -1, headers: map[int]string{}}
	for i := range l.readers {
		x := &l.readers[i]
		switch x.attr {
		case c.In.State:
			r.state = x.column
		case c.In.On:
			r.on = x.column
		case c.In.Key:
			r.key = x.column
		}
		r.headers[x.column] = x.header
	}
	var words []string
	for _, s := range c.In.States {
		words = append(words, s.Words...)
	}
	r.knownZH, r.knownE = strings.Join(words, "、"), strings.Join(words, ", ")
	return r
}

// stateIndex finds the codes of states by the words of a system, and by nothing that only resembles them.
func stateIndex(c *pack.Connector, p *pack.Pack) *codeIndex {
	x := &codeIndex{codes: map[string]string{}, seen: map[string]string{}, names: map[string]string{}, own: map[string]bool{}, list: c.Name, strict: true}
	for word, code := range c.In.Meaning {
		x.add(word, code)
	}
	for code, name := range p.CodeNames(c.In.State) {
		x.names[code] = name.ZH
	}
	return x
}

// day completes the day of the state of a row that has none: it is that of the file, where that is said. A state and a key for which
// there is no column are those that were given for the file.
func (r *reported) day(l *Layout, out *Reading) {
	for _, x := range []struct {
		a      *pack.Attribute
		column int
	}{{r.in.State, r.state}, {r.in.Key, r.key}} {
		if x.a == nil || x.column >= 0 || l.preset[x.a.ID] == "" || out.has(x.a) {
			continue
		}
		f := fact.Fact{Attr: x.a, Value: fact.Value{Str: l.preset[x.a.ID]}, Cell: 1}
		at, _ := slices.BinarySearchFunc(out.Facts, f, fact.Compare)
		out.Facts = slices.Insert(out.Facts, at, f)
	}
	if l.asOf == 0 || out.has(r.in.On) || len(out.refusedIn(r.headers[r.on])) > 0 {
		return
	}
	f := fact.Fact{Attr: r.in.On, Value: fact.Value{Int: int64(l.asOf)}, Cell: max(r.state+1, 1)}
	at, _ := slices.BinarySearchFunc(out.Facts, f, fact.Compare)
	out.Facts = slices.Insert(out.Facts, at, f)
}

func (r *Reading) has(a *pack.Attribute) bool {
	return slices.ContainsFunc(r.Facts, func(f fact.Fact) bool { return f.Attr == a && !f.Void })
}

// refusedIn are the refused cells of a row in a column.
func (r *Reading) refusedIn(header string) (list []Issue) {
	for _, i := range r.Refusals {
		if header != "" && i.Column == header {
			list = append(list, i)
		}
	}
	return list
}

// check refuses a row that does not say its state, the day of it or its key.
func (r *reported) check(l *Layout, row int, cells [][]byte, out *Reading) {
	text := func(column int) []byte {
		if column < 0 || column >= len(cells) {
			return nil
		}
		return given(cells[column])
	}
	why := func(column int, zh, en string) {
		if bad := out.refusedIn(r.headers[column]); len(bad) > 0 {
			zh, en = bad[0].Text.ZH, bad[0].Text.EN
		}
		l.refuseReported(row, r.headers[column], text(column), zh, en, out)
	}
	state := text(r.state)
	switch {
	case len(state) == 0 && !out.has(r.in.State):
		why(r.state, fmt.Sprintf("没有写状态，不知道在%s里办到哪一步。请补上后再导入这一行。", r.name.ZH),
			fmt.Sprintf("It gives no state, so nobody can tell how far it is in the %s. Add it and import the row again.", r.name.EN))
	case !out.has(r.in.State):
		why(r.state, fmt.Sprintf("%s没有说明“%s”是什么状态。请改成认得的词（%s），或请管理员在城市包里说明这个词，再导入这一行。", r.name.ZH, Cut(string(state), 30), r.knownZH),
			fmt.Sprintf("the %s does not define the state “%s”. Write one of the known words (%s), or have this word defined in the pack, and import the row again.", r.name.EN, Cut(string(state), 30), r.knownE))
	case !out.has(r.in.On):
		why(r.on, "没有写状态是哪一天的。请补上日期，或在导入时写明数据日期，再导入这一行。",
			"It does not say of which day the state is. Add the day, or say the day of the file when importing it, and import the row again.")
	case r.in.Key != nil && !out.has(r.in.Key):
		name := r.in.Key.Name
		why(r.key, fmt.Sprintf("没有写%s，不知道说的是哪一件。请补上后再导入这一行。", name.ZH),
			fmt.Sprintf("It gives no %s, so nobody can tell which matter it is about. Add it and import the row again.", name.EN))
	}
}

// refuseReported refuses a row; the sentence names its place.
func (l *Layout) refuseReported(row int, column string, value []byte, zh, en string, out *Reading) {
	t := pack.Text{ZH: l.place(pack.Text{ZH: zh, EN: en}, row, column, "zh"), EN: l.place(pack.Text{ZH: zh, EN: en}, row, column, "en")}
	out.Refuse = &Issue{Scope: "row", Sheet: l.Sheet, Row: row, Column: column, Value: Cut(string(cell.Trim(value)), 60), Reason: t.ZH, Text: t}
	out.Refusals, out.Warnings = out.Refusals[:0], out.Warnings[:0]
}

// place puts file, sheet, row and column before a sentence.
func (l *Layout) place(t pack.Text, row int, column, lang string) string {
	if lang == "en" {
		s := ""
		if l.file != "" {
			s = "“" + l.file + "”, "
		}
		if l.Sheet != "" {
			s += "sheet “" + l.Sheet + "”, "
		}
		s += "row " + strconv.Itoa(row)
		if column != "" {
			s += ", column “" + column + "”"
		}
		return s + ": " + t.EN
	}
	s := ""
	if l.file != "" {
		s = "“" + l.file + "”"
	}
	if l.Sheet != "" {
		s += "工作表“" + l.Sheet + "”"
	}
	s += fmt.Sprintf("第 %d 行", row)
	if column != "" {
		s += "“" + column + "”列"
	}
	return s + "：" + t.ZH
}

// RefuseAs refuses a row that was read: as the row says something else than an earlier one of its file. column is a header.
func (l *Layout) RefuseAs(row int, column, value string, zh, en string, out *Reading) {
	l.refuseReported(row, column, []byte(value), zh, en, out)
}

// Reported gives what a row of a connector's file says: its state, the day of it and what tells it apart from others about its subject.
// ok is false for other files.
func (l *Layout) Reported(out *Reading) (state string, day int64, key string, ok bool) {
	r := l.bound.reported
	if r == nil {
		return "", 0, "", false
	}
	for i := range out.Facts {
		f := &out.Facts[i]
		switch {
		case f.Attr == r.in.State:
			state = f.Value.Str
		case f.Attr == r.in.On:
			day = f.Value.Int
		case r.in.Key != nil && f.Attr == r.in.Key:
			key = f.Value.Str
		}
	}
	return state, day, key, true
}

// StateHeader is the header of the column of states of a connector's file; empty for others.
func (l *Layout) StateHeader() string {
	if r := l.bound.reported; r != nil {
		return r.headers[r.state]
	}
	return ""
}

// lacksReport says which columns a sheet of a connector's file lacks; nil when it lacks none. The day, the state
// and the key may be given with the file.
func (l *Layout) lacksReport(file string, dated bool, preset map[string]string) error {
	c := l.register.Connector
	if c == nil {
		return nil
	}
	var lackZH, lackEN []string
	for _, a := range []*pack.Attribute{c.In.State, c.In.On, c.In.Key} {
		if a == nil || a == c.In.On && dated || preset[a.ID] != "" || slices.ContainsFunc(l.Columns, func(k Column) bool { return k.Attr == a.ID }) {
			continue
		}
		lackZH, lackEN = append(lackZH, "“"+strings.Join(append([]string{a.Name.ZH}, a.Aliases...), "”或“")+"”"), append(lackEN, "“"+strings.Join(append([]string{a.Name.ZH}, a.Aliases...), "” or “")+"”")
	}
	if len(lackZH) == 0 {
		return nil
	}
	whereZH, whereEN := "“"+file+"”", "“"+file+"”"
	if l.Sheet != "" {
		whereZH, whereEN = whereZH+"的工作表“"+l.Sheet+"”", "sheet “"+l.Sheet+"” of "+whereEN
	}
	return fault.New(fault.Invalid,
		fmt.Sprintf("%s不像%s的导出：缺少%s这%d列。请检查是否选对了对接，或在那一列的表头写上其中一个名称。", whereZH, c.Name.ZH, strings.Join(lackZH, "、"), len(lackZH)),
		fmt.Sprintf("%s does not look like an export of the %s: it lacks %s. Check whether the right connector was chosen, or give the column one of these headers.", whereEN, c.Name.EN, strings.Join(lackEN, " and ")))
}

// yearText reads a year as a text of four digits: 2020年度 is 2020.
func yearText(c []byte) ([]byte, *cell.Bad) {
	if y := yearCell(c); y != 0 {
		return strconv.AppendInt(nil, int64(y), 10), nil
	}
	return nil, &cell.Bad{ZH: "不是年份。请写成 2020 这样的四位年份，再导入这一行。", EN: "This is not a year. Write four digits, such as 2020, and import the row again."}
}
