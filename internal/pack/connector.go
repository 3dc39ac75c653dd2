package pack

import (
	"slices"
	"strconv"
)

// Connector joins the registers to another system by files: it says how a file that the system exports is read, and how the table is
// filled that the system wants.
type Connector struct {
	ID       string
	Name     Text   // of the system
	Operator Text   // who runs it
	Note     Text   // what is done in it
	Register string // id of the register whose subjects its rows are about
	// Finds are the attributes by which a row finds its subject, in their order: the code, then what names a subject.
	Finds []string
	In    *Inward  // nil: nothing of the system is read
	Out   *Outward // nil: the system is given nothing
	Pos   Pos
}

// Inward says how a file of a system is read: as a source whose rows are things of a subject, each with a state.
type Inward struct {
	Status  Status // how well the columns were checked against a file of the system
	Seen    Text   // in which document or file they were seen; empty: in none
	Source  *Source
	State   *Attribute        // column of the state; its values are codes of the register's attribute that it sets
	On      *Attribute        // column of the day of the state
	Key     *Attribute        // column that tells rows about one subject apart; nil: each row stands by itself
	Meaning map[string]string // word of the system for a state → code of it
	States  []State
	Columns []*InColumn
}

// State is what words of a system mean.
type State struct {
	Means string // code of the list of the state
	Words []string
}

// InColumn is a column of a system's file, to be shown.
type InColumn struct {
	Header   string
	Attr     *Attribute // as which it is read
	Identity bool       // it finds the subject
	Sets     []string   // attributes of the subject that follow from it
}

// Outward says which table a system wants.
type Outward struct {
	Status  Status // how well the columns were checked against the system's table
	Seen    Text   // in which document or file they were seen; empty: in none
	Sheet   string // name of the sheet
	Title   string // row over the header; empty: none
	Columns []*OutColumn
}

// OutColumn is a column of the table that a system wants. One of Attr, Fill and Text says what stands in it; none of them: the system, or
// a person, fills it.
type OutColumn struct {
	Header   string
	Attr     *Attribute
	Back     int               // of a yearly attribute: so many years before the base year
	Fill     Fill              // what is counted or dated
	Text     string            // the same in every row
	Required bool              // a row without it is not complete
	Unit     Amount            // of money
	Decimals int               // digits after the point; −1: as many as the value has
	Form     string            // of dates; see DateForms. "" for the usual form of workbooks
	AsCode   bool              // codes stand as codes; otherwise by their names
	Words    map[string]string // code (yes and no for yes/no) → word of the system; nil: the usual names
	Max      int               // most characters; 0: no limit
	Pos      Pos
}

// Fill is something that no attribute says.
type Fill string

// The fills.
const (
	FillSerial   Fill = "serial"    // number of the row, from 1
	FillDay      Fill = "day"       // day of the export
	FillYear     Fill = "year"      // year of that day
	FillBaseYear Fill = "base_year" // the year before
)

// Amount is the unit of a column of money.
type Amount string

// The units of amounts.
const (
	Yuan Amount = "元"
	Wan  Amount = "万元"
	Yi   Amount = "亿元"
)

// Digits is how many decimal digits one of the unit has in fen.
func (u Amount) Digits() int {
	switch u {
	case Wan:
		return 6
	case Yi:
		return 10
	}
	return 2
}

// DateForms are the forms of dates that a column can want, with an example.
var DateForms = map[string]string{"yyyy-mm-dd": "2021-03-31", "yyyy/m/d": "2021/3/31", "yyyymmdd": "20210331", "yyyy年m月d日": "2021年3月31日", "yyyy-mm": "2021-03", "yyyy": "2021"}

// Both reports whether files go in both directions.
func (c *Connector) Both() bool { return c.In != nil && c.Out != nil }

// Connector returns a connector by id; nil if there is none.
func (p *Pack) Connector(id string) *Connector {
	if i := slices.IndexFunc(p.Connectors, func(c *Connector) bool { return c.ID == id }); i >= 0 {
		return p.Connectors[i]
	}
	return nil
}

// ConnectorOf returns the connector whose files a source has; nil if the source is no connector's.
func (p *Pack) ConnectorOf(source string) *Connector {
	if c := p.Connector(source); c != nil && c.In != nil {
		return c
	}
	return nil
}

// readConnector reads a file of connectors/, after the registers and the code lists.
func (l *loader) readConnector(n *node) {
	if n == nil {
		return
	}
	c := &Connector{ID: n.get("id").str(), Name: text(n.get("name")), Operator: text(n.get("operator")), Note: text(n.get("note")), Register: n.get("register").str(), Pos: n.get("id").place(n)}
	if c.ID == "" { // the schema reports it
		return
	}
	if l.pack.Connector(c.ID) != nil {
		l.add(c.Pos, "对接 %q 写了两次", "connector %q is given twice", c.ID)
		return
	}
	reg := l.registerAt(n.get("register"))
	if reg == nil {
		return
	}
	l.readFinds(n, c, reg)
	if x := n.get("import"); x != nil {
		c.In = l.readInward(x, c, reg)
	}
	if x := n.get("export"); x != nil {
		c.Out = l.readOutward(x, reg)
	}
	if c.In == nil && c.Out == nil {
		l.add(c.Pos, "写 import（读回它的文件）或 export（填报给它），至少一个", "give import (its files are read) or export (its table is filled), at least one")
	}
	l.pack.Connectors = append(l.pack.Connectors, c)
}

// readFinds reads by what a row finds its subject. The key “case” is kept for cases of a matter.
func (l *loader) readFinds(n *node, c *Connector, reg *Register) {
	for i, x := range n.get("finds").get("subject").list() {
		c.Finds = append(c.Finds, x.str())
		switch id := x.str(); {
		case id == reg.CodeAttr && i == 0:
		case id == reg.NameAttr && (i == 0 || i == 1 && c.Finds[0] == reg.CodeAttr):
		case slices.Contains(reg.ApartAttrs, id) && slices.Contains(c.Finds, reg.NameAttr):
		default:
			l.add(x.pos, "库 %q 的主体先按代码 %q、再按名称 %q（和用来区分同名的数据项）来找，不按 %q", "subjects of the register %q are found by the code %q, then by the name %q (with what tells namesakes apart), not by %q",
				reg.ID, reg.CodeAttr, reg.NameAttr, id)
		}
	}
}

// readInward reads how files of the system are read. They become a source whose rows are things of a subject.
func (l *loader) readInward(x *node, c *Connector, reg *Register) *Inward {
	in := &Inward{Status: Status(x.get("status").str()), Seen: text(x.get("seen")), Meaning: map[string]string{}}
	view := &Register{ID: reg.ID, Name: reg.Name, One: reg.One, Measure: reg.Measure, CodeAttr: reg.CodeAttr, CodeScheme: reg.CodeScheme, NameAttr: reg.NameAttr, ApartAttrs: reg.ApartAttrs, Pos: c.Pos, Connector: c}
	in.Source = &Source{ID: c.ID, Register: reg.ID, Name: c.Name, Steward: c.Operator, Note: c.Note, Files: texts(x.get("files")), Pos: c.Pos,
		Items: &Items{Name: c.Name, View: view}}
	in.Source.Stale, _ = strconv.Atoi(x.get("stale").str())
	for _, a := range reg.Attributes {
		if slices.Contains(identifying(reg), a.ID) {
			own := *a
			own.Aliases = slices.Clone(a.Aliases)
			own.Index = len(view.Attributes)
			view.Attributes = append(view.Attributes, &own)
		}
	}
	for _, y := range x.get("columns").list() {
		l.readInColumn(y, in, view, reg)
	}
	view.Attribute("") // makes the index
	for _, id := range c.Finds {
		if !slices.ContainsFunc(in.Columns, func(k *InColumn) bool { return k.Attr.ID == id }) {
			l.add(x.get("columns").place(x), "没有列说明 %q，行找不到主体", "no column is %q, by which rows find their subject", id)
		}
	}
	in.State, in.On, in.Key = l.inColumn(x.get("state"), view, String), l.inColumn(x.get("on"), view, Date), l.inColumn(x.get("key"), view, String)
	if in.State == nil || in.On == nil {
		return in // the schema, or inColumn, has reported it
	}
	it := in.Source.Items
	it.Newest = in.On.ID
	if in.Key != nil {
		it.Key, it.PlainKey = in.Key.ID, []string{}
	}
	l.readInto(x, in, reg)
	l.readStates(x, in)
	return in
}

// identifying are the attributes that can identify the subject of a row.
func identifying(reg *Register) []string {
	return append([]string{reg.CodeAttr, reg.NameAttr}, append(slices.Clone(identities), reg.ApartAttrs...)...)
}

func (l *loader) readInColumn(y *node, in *Inward, view, reg *Register) {
	header := y.get("header").str()
	if id := y.get("attribute"); id != nil {
		a := view.Attribute(id.str())
		if a == nil || !slices.Contains(identifying(reg), a.ID) {
			l.add(id.pos, "%q 不是识别主体的数据项；别的列写 id 和 kind", "%q identifies no subject; other columns have an id and a kind", id.str())
			return
		}
		a.Aliases = append(append(a.Aliases, header), texts(y.get("aliases"))...)
		in.Columns = append(in.Columns, &InColumn{Header: header, Attr: a, Identity: true})
		return
	}
	a := &Attribute{ID: y.get("id").str(), Name: Text{ZH: header, EN: y.get("en").str()}, Aliases: texts(y.get("aliases")), Class: Working, Pos: y.get("id").place(y), Index: len(view.Attributes)}
	if a.Name.EN == "" {
		a.Name.EN = header
	}
	switch kind := y.get("kind").str(); kind {
	case "money":
		a.Kind, a.Unit = Money, "yuan"
	case "year":
		a.Kind, a.YearText = String, true
	default:
		a.Kind = Kind(kind)
	}
	if slices.ContainsFunc(view.Attributes, func(b *Attribute) bool { return b.ID == a.ID }) {
		l.add(a.Pos, "列 %q 写了两次，或与识别主体的数据项同名", "column %q is given twice, or has the id of an attribute that identifies subjects", a.ID)
		return
	}
	if reg.Attribute(a.ID) != nil { // it would be read as that
		l.add(a.Pos, "列的标识 %q 是库里数据项的标识，请换一个", "the id of the column, %q, is one of an attribute of the register; choose another", a.ID)
		return
	}
	view.Attributes = append(view.Attributes, a)
	view.byID = nil
	in.Columns = append(in.Columns, &InColumn{Header: header, Attr: a})
}

// inColumn returns the column that a key names, of a kind; nil for none.
func (l *loader) inColumn(x *node, view *Register, kind Kind) *Attribute {
	if x.str() == "" {
		return nil
	}
	a := view.Attribute(x.str())
	switch {
	case a == nil:
		l.add(x.pos, "没有列 %q", "there is no column %q", x.str())
		return nil
	case a.Kind != kind:
		l.add(x.pos, "列 %q 的类别须是%s", "the column %q must be a %s", x.str(), choice{map[Kind]string{String: "文字或年份", Date: "日期"}[kind], map[Kind]string{String: "text or a year", Date: "date"}[kind]})
		return nil
	}
	return a
}

// readInto reads what follows for the subject. The state becomes a code of the list of the attribute that it sets.
func (l *loader) readInto(x *node, in *Inward, reg *Register) {
	view := in.Source.Items.View
	for _, y := range x.get("into").list() {
		for _, e := range y.get("set").entries() {
			to := reg.Attribute(e.key)
			if e.value.str() != in.State.ID || to == nil {
				continue
			}
			switch {
			case to.Kind != Code || to.Codes == "" || to.OfOrgs():
				l.add(e.pos, "状态要放进有代码表的数据项，%q 没有", "a state is put into an attribute with a code list; %q has none", e.key)
			case in.State.Codes != "" && in.State.Codes != to.Codes:
				l.add(e.pos, "状态放进两个数据项，代码表须相同", "the attributes that a state is put into must have one code list")
			default:
				in.State.Kind, in.State.Codes, in.State.Strict = Code, to.Codes, true
			}
		}
	}
	if in.State.Codes == "" {
		l.add(x.get("into").place(x), "into 里没有一项用到状态列 %q", "nothing in into is set from the column of the state, %q", in.State.ID)
	}
	for _, y := range x.get("into").list() {
		d := l.readDerived(y, view, reg)
		d.Count, d.Latest = "", in.On.ID
		for _, w := range y.get("where").list() {
			if d.Where == nil {
				d.Where = map[string][]string{}
			}
			l.stateCode(w, in)
			d.Where[in.State.ID] = append(d.Where[in.State.ID], w.str())
		}
		for _, e := range y.get("set").entries() {
			for _, k := range in.Columns {
				if k.Attr.ID == e.value.str() {
					k.Sets = append(k.Sets, e.key)
				}
			}
		}
		in.Source.Items.Into = append(in.Source.Items.Into, d)
	}
}

// stateCode checks that a code is one of the list of the state.
func (l *loader) stateCode(n *node, in *Inward) {
	list := l.pack.CodeList(in.State.Codes)
	if list == nil || slices.ContainsFunc(list.Items, func(i CodeItem) bool { return i.Code == n.str() }) {
		return
	}
	l.add(n.pos, "代码表 %q 没有 %q", "the code list %q has no %q", list.ID, n.str())
}

// readStates reads what the words of the system mean. A word has one meaning.
func (l *loader) readStates(x *node, in *Inward) {
	for _, y := range x.get("states").list() {
		s := State{Means: y.get("means").str()}
		l.stateCode(y.get("means"), in)
		for _, w := range y.get("words").list() {
			if _, twice := in.Meaning[w.str()]; twice {
				l.add(w.pos, "状态 %q 写了两次", "the state %q is given twice", w.str())
				continue
			}
			in.Meaning[w.str()] = s.Means
			s.Words = append(s.Words, w.str())
		}
		in.States = append(in.States, s)
	}
}

// joinConnectors adds the sources of connectors behind those of sources.yaml.
func (l *loader) joinConnectors() {
	for _, c := range l.pack.Connectors {
		if c.In == nil || l.pack.Source(c.ID) == c.In.Source {
			continue
		}
		if l.pack.Source(c.ID) != nil {
			l.add(c.Pos, "已有名为 %q 的来源，对接要有自己的标识", "there is a source %q already; a connector needs an id of its own", c.ID)
			continue
		}
		c.In.Source.Index = len(l.pack.Sources)
		l.pack.Sources = append(l.pack.Sources, c.In.Source)
	}
}
