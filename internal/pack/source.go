package pack

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Source is where files come from: another register, an extract, a list. A value keeps the source of its file. A
// Ranking decides which source counts.
type Source struct {
	ID         string
	Index      int    // position in Pack.Sources
	Register   string // "" means any register
	Name       Text
	Steward    Text // who corrects errors in it
	Note       Text
	Stale      int      // days after which its values are old; 0: never
	Files      []string // words in file names that suggest this source
	Absent     []string // yes/no attributes for which a file is a whole list: a subject that is not in it has a "no"
	Present    []string // yes/no attributes for which a subject in the file has a "yes"
	EndedSigns []string // headers of columns that say, without a date, that a subject left the list
	Ended      []string // headers of the column with the date from which a subject in the file has a "no"
	Items      *Items   // nil: a row is about the subject itself
	Pos        Pos
}

// Items describes a source whose rows are things that a subject has (rights, certificates), and the values of the
// subject that follow from them.
type Items struct {
	Name        Text
	View        *Register // attributes for reading its files: those that identify the subject, then those of the thing
	Key         string    // attribute that identifies a thing of a subject; of rows with the same key, the last one counts
	From, Until string    // attributes of the first and last day of the thing; "" for none
	Into        []Derived
	Newest      string   // date attribute by which the latest of the rows with the same key counts; "": the last row counts
	PlainKey    []string // prefixes of keys that do not count; nil: keys are compared as they are written
	Told        *Told    // nil for none
}

// Told gives an attribute of things a value where the file has no column for it.
type Told struct {
	Attr string
	Of   []Telling
}

// Telling is a value of the attribute, and what implies it.
type Telling struct {
	Text       string
	Words, Not []string       // words in titles that imply it, and words that exclude it
	Denies     []string       // words in titles of lists that do not count, whatever the keys
	Key        *regexp.Regexp // keys that imply it; nil: keys imply nothing
}

// ByTitle returns the value that a title, or the name of a sheet or file, implies; "" for none.
func (t *Told) ByTitle(title string) string {
	for _, of := range t.Of {
		if containsAny(title, of.Words) && !containsAny(title, of.Not) {
			return of.Text
		}
	}
	return ""
}

// Denied returns the word by which a title excludes the things of its list; "" if there is none.
func (t *Told) Denied(title string) string {
	for _, of := range t.Of {
		for _, w := range of.Denies {
			if strings.Contains(title, w) {
				return w
			}
		}
	}
	return ""
}

// ByKey returns the value that the key of a thing implies; "" for none.
func (t *Told) ByKey(key string) string {
	for _, of := range t.Of {
		if of.Key != nil && of.Key.MatchString(key) {
			return of.Text
		}
	}
	return ""
}

func containsAny(s string, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(s, w) })
}

// Derived is a value, or several, that follow from the things of a subject. Either Count or Set is given.
type Derived struct {
	Where  map[string][]string // attribute of the thing → accepted values, "" for blank
	Count  string              // integer attribute of the subject that gets the number of things
	Latest string              // date attribute of the thing; Set uses the thing with the latest date
	Set    map[string]string   // attribute of the subject → attribute of the thing
}

// Conflict is the rule for values that disagree.
type Conflict string

// The rules. For values of one source, a later day always wins, and on the same day the later import.
const (
	Ranked  Conflict = "ranked"  // the better source wins
	Latest  Conflict = "latest"  // the later day wins, from any source
	AnyYes  Conflict = "any"     // a "yes" of any source wins
	Highest Conflict = "highest" // the largest number or the latest date wins
	Lowest  Conflict = "lowest"
)

// Ranking decides which source counts for some attributes of a register.
type Ranking struct {
	Register   string   // "": all attributes that no ranking of their register covers
	Attributes []string // empty: all that no other ranking of the register names
	Order      []string // source ids, the best first; others are equal and come last
	Conflict   Conflict
	Pos        Pos
}

// Source returns a source by id; nil if there is none.
func (p *Pack) Source(id string) *Source {
	for _, s := range p.Sources {
		if s.ID == id {
			return s
		}
	}
	return nil
}

// Ranking returns the ranking of an attribute. Without one in the pack, it is a ranking without an order, by the latest
// day. It is never nil.
func (p *Pack) Ranking(register, attr string) *Ranking {
	var rest, all *Ranking
	for _, r := range p.Rankings {
		switch {
		case r.Register == "":
			all = r
		case r.Register != register:
		case slices.Contains(r.Attributes, attr):
			return r
		case len(r.Attributes) == 0:
			rest = r
		}
	}
	return cmp.Or(rest, all, &Ranking{Register: register, Conflict: Latest})
}

// Of reports whether the source can have files of a register.
func (s *Source) Of(register string) bool { return s.Register == "" || s.Register == register }

// ProposeSource returns the source with the longest word that occurs in a file's name; nil if none has one.
func (p *Pack) ProposeSource(register, file string) *Source {
	var best *Source
	longest := 0
	for _, s := range p.Sources {
		for _, w := range s.Files {
			if s.Of(register) && len(w) > longest && strings.Contains(file, w) {
				best, longest = s, len(w)
			}
		}
	}
	return best
}

// identities are attributes, beside the register's code and name, that can identify the owner of a thing.
var identities = []string{"former_names", "registration_no", "org_code"}

// readSources reads sources.yaml, which is optional.
func (l *loader) readSources(n *node) {
	for _, x := range n.get("sources").list() {
		l.readSource(x)
	}
	l.joinConnectors() // before the rankings, which may name them
	for _, x := range n.get("rankings").list() {
		l.readRanking(x)
	}
}

func (l *loader) registerAt(n *node) *Register {
	if n == nil {
		return nil
	}
	for _, r := range l.pack.Registers {
		if r.ID == n.str() {
			return r
		}
	}
	if n.str() != "" && !l.unread["registers"] {
		l.add(n.pos, "没有 %q 这个库", "there is no register %q", n.str())
	}
	return nil
}

func (l *loader) readSource(x *node) {
	s := &Source{ID: x.get("id").str(), Index: len(l.pack.Sources), Register: x.get("register").str(), Name: text(x.get("name")),
		Steward: text(x.get("steward")), Note: text(x.get("note")), Pos: x.get("id").place(x)}
	if s.ID == "" {
		return
	}
	if l.pack.Source(s.ID) != nil {
		l.add(s.Pos, "来源 %q 写了两次", "source %q is given twice", s.ID)
		return
	}
	s.Stale, _ = strconv.Atoi(x.get("stale").str())
	for _, w := range x.get("files").list() {
		s.Files = append(s.Files, w.str())
	}
	reg := l.registerAt(x.get("register"))
	for _, w := range x.get("ended").list() {
		s.Ended = append(s.Ended, w.str())
	}
	for _, w := range x.get("ended_signs").list() {
		s.EndedSigns = append(s.EndedSigns, w.str())
	}
	for _, key := range []string{"absent", "present", "items"} {
		if n := x.get(key); n != nil && s.Register == "" {
			l.add(n.pos, "写明 register 的来源才能有 %s", "only a source with a register has %s", key)
		}
	}
	flags := func(key string) (ids []string) {
		for _, a := range x.get(key).list() {
			if at := l.attributeAt(reg, a); at != nil && (at.Kind != Boolean || at.Manual || at.Yearly) {
				l.add(a.pos, "%q 不是可以由名单认定的是否项", "%q is not a yes/no attribute that a list can decide", a.str())
			}
			ids = append(ids, a.str())
		}
		return ids
	}
	s.Absent, s.Present = flags("absent"), flags("present")
	if items := x.get("items"); items != nil && reg != nil {
		s.Items = l.readItems(items, reg)
	}
	l.pack.Sources = append(l.pack.Sources, s)
}

// attributeAt returns the attribute that a node names, or reports that there is none.
func (l *loader) attributeAt(reg *Register, n *node) *Attribute {
	if reg == nil || n.str() == "" {
		return nil
	}
	a := reg.Attribute(n.str())
	if a == nil {
		l.add(n.pos, "库里没有数据项 %q", "the register has no attribute %q", n.str())
	}
	return a
}

// readItems reads the items of a source. Their view has the attributes that identify a subject, so that their files are
// read like any other.
func (l *loader) readItems(x *node, reg *Register) *Items {
	it := &Items{Name: text(x.get("name")), Key: x.get("key").str(), From: x.get("from").str(), Until: x.get("until").str(),
		View: &Register{ID: reg.ID, Name: reg.Name, CodeAttr: reg.CodeAttr, NameAttr: reg.NameAttr, Pos: reg.Pos}}
	add := func(a *Attribute) {
		a.Index = len(it.View.Attributes)
		it.View.Attributes = append(it.View.Attributes, a)
	}
	for _, a := range reg.Attributes {
		if a.ID == reg.CodeAttr || a.ID == reg.NameAttr || slices.Contains(identities, a.ID) {
			own := *a
			if a.ID == reg.NameAttr { // usual headers for the owner of a right or certificate
				own.Aliases = append(slices.Clone(a.Aliases), "权利人", "专利权人", "著作权人", "持证单位", "获证单位", "申请人")
			}
			add(&own)
		}
	}
	for _, n := range x.get("attributes").list() {
		a := l.readAttribute(n)
		if a.ID != "" && slices.ContainsFunc(it.View.Attributes, func(b *Attribute) bool { return b.ID == a.ID }) {
			l.add(a.Pos, "数据项 %q 写了两次", "attribute %q is given twice", a.ID)
			continue
		}
		add(a)
	}
	it.View.Attribute("") // makes the index
	for _, key := range []string{"key", "from", "until"} {
		if n := x.get(key); n != nil {
			if a := l.attributeAt(it.View, n); a != nil && key != "key" && a.Kind != Date {
				l.add(n.pos, "%q 须是日期", "%q must be a date", n.str())
			}
		}
	}
	for _, w := range x.get("plain_key").list() {
		it.PlainKey = append(it.PlainKey, w.str())
	}
	if told := x.get("told"); told != nil {
		it.Told = l.readTold(told, it.View)
	}
	for _, n := range x.get("into").list() {
		it.Into = append(it.Into, l.readDerived(n, it.View, reg))
	}
	return it
}

func (l *loader) readTold(x *node, view *Register) *Told {
	t := &Told{Attr: x.get("attribute").str()}
	if a := l.attributeAt(view, x.get("attribute")); a != nil && a.Kind != String {
		l.add(x.get("attribute").pos, "%q 须是文字", "%q must be a text", t.Attr)
	}
	for _, n := range x.get("of").list() {
		of := Telling{Text: n.get("text").str(), Words: texts(n.get("words")), Not: texts(n.get("not")), Denies: texts(n.get("denies"))}
		if k := n.get("key"); k != nil {
			var err error
			if of.Key, err = regexp.Compile(k.str()); err != nil {
				l.add(k.pos, "%q 不是正则表达式：%v", "%q is not a regular expression: %v", k.str(), err)
			}
		}
		t.Of = append(t.Of, of)
	}
	return t
}

func (l *loader) readDerived(n *node, view, reg *Register) Derived {
	d := Derived{Count: n.get("count").str(), Latest: n.get("latest").str()}
	known := func(r *Register, id string, pos Pos) *Attribute {
		a := r.Attribute(id)
		if a == nil {
			l.add(pos, "没有数据项 %q", "there is no attribute %q", id)
		}
		return a
	}
	for _, e := range n.get("where").entries() {
		if d.Where == nil {
			d.Where = map[string][]string{}
		}
		known(view, e.key, e.pos)
		for _, v := range e.value.list() {
			d.Where[e.key] = append(d.Where[e.key], v.str())
		}
	}
	if c := n.get("count"); c != nil {
		if a := known(reg, d.Count, c.pos); a != nil && (a.Kind != Integer || a.Yearly) {
			l.add(c.pos, "%q 须是不分年度的整数", "%q must be an integer that is not yearly", d.Count)
		}
	}
	if x := n.get("latest"); x != nil {
		if a := known(view, d.Latest, x.pos); a != nil && a.Kind != Date {
			l.add(x.pos, "%q 须是日期", "%q must be a date", d.Latest)
		}
	}
	for _, e := range n.get("set").entries() {
		if d.Set == nil {
			d.Set = map[string]string{}
		}
		to, from := known(reg, e.key, e.pos), known(view, e.value.str(), e.value.place(n))
		if to != nil && from != nil && ((to.Kind == Date) != (from.Kind == Date) || to.Kind.Numeric() && to.Kind != from.Kind || to.Kind == Boolean || to.Yearly) {
			l.add(e.pos, "%q 装不下 %q 的值", "%q cannot hold a value of %q", e.key, from.ID)
		}
		d.Set[e.key] = e.value.str()
	}
	return d
}

func (l *loader) readRanking(x *node) {
	r := &Ranking{Register: x.get("register").str(), Conflict: Conflict(x.get("conflict").str()), Pos: x.pos}
	reg := l.registerAt(x.get("register"))
	for _, a := range x.get("attributes").list() {
		if at := l.attributeAt(reg, a); at != nil && (r.Conflict == AnyYes && at.Kind != Boolean ||
			(r.Conflict == Highest || r.Conflict == Lowest) && !at.Kind.Numeric() && at.Kind != Date) {
			l.add(a.pos, "冲突规则 %s 不适用于 %q", "the conflict rule %s does not suit %q", string(r.Conflict), a.str())
		}
		r.Attributes = append(r.Attributes, a.str())
	}
	for _, s := range x.get("order").list() {
		if found := l.pack.Source(s.str()); found == nil || !found.Of(r.Register) {
			l.add(s.pos, "这里没有来源 %q", "there is no source %q here", s.str())
		}
		r.Order = append(r.Order, s.str())
	}
	for _, other := range l.pack.Rankings {
		if other.Register != r.Register {
			continue
		}
		if len(other.Attributes) == 0 && len(r.Attributes) == 0 {
			l.add(r.Pos, "同样范围的排序已有一个", "there is already a ranking with this scope")
		}
		for _, a := range r.Attributes {
			if slices.Contains(other.Attributes, a) {
				l.add(r.Pos, "数据项 %q 已有排序", "attribute %q already has a ranking", a)
			}
		}
	}
	l.pack.Rankings = append(l.pack.Rankings, r)
}

// Precedence returns a text of everything that decides which value wins. If it changes, profiles must be derived again.
func (p *Pack) Precedence() string {
	var b strings.Builder
	for _, r := range p.Rankings {
		b.WriteString(strings.Join([]string{r.Register, strings.Join(r.Attributes, ","), strings.Join(r.Order, ","), string(r.Conflict)}, "|") + "\n")
	}
	for _, s := range p.Sources {
		if s.Items == nil {
			continue
		}
		for _, d := range s.Items.Into {
			b.WriteString(s.ID + "|" + s.Items.Key + "|" + d.Count + "|" + d.Latest)
			if s.Items.Newest != "" {
				b.WriteString("|newest " + s.Items.Newest)
			}
			for _, k := range slices.Sorted(maps.Keys(d.Where)) {
				b.WriteString("|" + k + "=" + strings.Join(d.Where[k], ","))
			}
			for _, k := range slices.Sorted(maps.Keys(d.Set)) {
				b.WriteString("|" + k + "<" + d.Set[k])
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}
