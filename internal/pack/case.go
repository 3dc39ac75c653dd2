package pack

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"eyas/internal/figure"
)

// testFile is a file of tests. It is kept until the subjects of all files are known.
type testFile struct{ root *node }

// readTests keeps a file of tests for readCases.
func (l *loader) readTests(n *node) {
	if n != nil {
		l.testsAt = append(l.testsAt, &testFile{n})
	}
}

// subjects are the named subjects that cases can start from, by name.
type subjects map[string]*node

// readCases reads the cases of all files. A case has the values of the subject that it starts from, and its own values
// replace them.
func (l *loader) readCases() {
	models := subjects{}
	for _, f := range l.testsAt {
		for _, e := range f.root.get("subjects").entries() {
			if models[e.key] != nil {
				l.add(e.pos, "样本 %q 写了两次", "subject %q is given twice", e.key)
				continue
			}
			models[e.key] = e.value
		}
	}
	for name, n := range models {
		if l.given(models, n, nil) == nil {
			l.add(n.pos, "样本 %q 最终以自己为样本", "subject %q refers back to itself through like", name)
		}
	}
	names := map[string]Pos{}
	for _, f := range l.testsAt {
		for _, x := range f.root.get("cases").list() {
			c := l.readCase(f.root, x, models)
			if c.Name == "" {
				continue
			}
			if first, ok := names[c.Name]; ok {
				l.add(c.Pos, "用例“%s”已在 %s", "the case %q is already at %s", c.Name, first)
				continue
			}
			names[c.Name] = c.Pos
			l.pack.Tests = append(l.pack.Tests, c)
		}
	}
}

// given collects the values of a subject; its own replace those of the one it is like. It returns nil if subjects are
// like each other in a circle.
func (l *loader) given(models subjects, n *node, round []*node) map[string]*entry {
	if slices.Contains(round, n) {
		return nil
	}
	out := map[string]*entry{}
	if like := n.get("like"); like.str() != "" {
		model := models[like.str()]
		if model == nil {
			if len(round) == 0 {
				l.add(like.pos, "没有样本 %q", "there is no subject %q", like.str())
			}
		} else {
			below := l.given(models, model, append(round, n))
			if below == nil {
				return nil
			}
			maps.Copy(out, below)
		}
	}
	own := n.get("given").entries()
	for i := range own {
		out[own[i].key] = &own[i]
	}
	return out
}

func (l *loader) readCase(root, x *node, models subjects) *Case {
	c := &Case{Name: x.get("name").str(), Verdict: x.get("verdict").str(), Criteria: map[string]string{}, Items: map[string][2]float64{}, Given: map[string]string{}, Pos: x.pos}
	inherit := func(key string) *node {
		if n := x.get(key); n != nil {
			return n
		}
		return root.get(key)
	}
	id, day := inherit("rule"), inherit("date")
	c.Rule, c.Date = id.str(), l.date(day)
	if id == nil || day == nil {
		l.add(x.pos, "用例缺少 rule 或 date（可写在文件开头）", "the case has no rule or no date (they may be at the top of the file)")
		return c
	}
	if c.Rule == "" || c.Date.IsZero() {
		return c
	}
	rule, _, err := l.pack.Rule(c.Rule, c.Date)
	if err != nil {
		if l.unread["rules"] {
			return c
		}
		at := id
		if slices.ContainsFunc(l.pack.Rules, func(r *Rule) bool { return r.ID == c.Rule }) {
			at = day
		}
		l.add(at.pos, "%s", "%s", sentence(err))
		return c
	}
	if reg := l.register(rule.Register); reg != nil {
		values := l.given(models, x, nil)
		for _, key := range slices.Sorted(maps.Keys(values)) {
			l.readGiven(c, reg, values[key])
		}
	}
	l.readExpected(c, rule, x)
	return c
}

var yearSuffix = regexp.MustCompile(`^B(?:-([0-9]{1,2}))?$`)

// readGiven adds a value of a subject. The key is the attribute's id, with the year if yearly.
func (l *loader) readGiven(c *Case, reg *Register, e *entry) {
	id, suffix, dated := strings.Cut(e.key, "@")
	a := reg.Attribute(id)
	if a == nil {
		l.add(e.pos, "库里没有数据项 %q", "the register has no attribute %q", id)
		return
	}
	key := id
	if a.Yearly {
		year := c.Date.Year() - 1
		if m := yearSuffix.FindStringSubmatch(suffix); m != nil {
			back, _ := strconv.Atoi(m[1])
			year -= back
		} else if dated {
			n, err := strconv.Atoi(suffix)
			if err != nil || n < 1900 || n > 2200 {
				l.add(e.pos, "年份写作 %s@2019、%s@B 或 %s@B-1", "a year is written %s@2019, %s@B or %s@B-1", id, id, id)
				return
			}
			year = n
		}
		key = fmt.Sprintf("%s@%d", id, year)
	} else if dated {
		l.add(e.pos, "%s 不是逐年的数据项", "%s is not yearly", id)
		return
	}
	v := e.value.str()
	if v == "" {
		return // the value is removed
	}
	if why := unreadable(a, v); why != (choice{}) {
		l.add(e.value.pos, "%q 不是 %s 的值：%s", "%q is not a value of %s: %s", v, id, why)
		return
	}
	if _, ok := c.Given[key]; ok {
		l.add(e.pos, "%s 的值给了两次", "%s is given twice", key)
		return
	}
	c.Given[key] = v
}

// unreadable explains why a value does not fit its attribute; the zero choice if it fits.
func unreadable(a *Attribute, v string) choice {
	switch {
	case a.Kind == Boolean:
		if v != "是" && v != "否" && v != "true" && v != "false" {
			return choice{"写 是 或 否", "write 是 or 否"}
		}
	case a.Kind == Date:
		if _, err := time.Parse(time.DateOnly, v); err != nil {
			return choice{"日期写作 2021-03-31", "a date is written 2021-03-31"}
		}
	case a.Kind.Numeric():
		f, err := figure.Parse(v)
		switch {
		case err != nil:
			return sentence(err)
		case f.Unit != "" && (f.Unit == "money") != (a.Kind == Money), f.Unit == "money" && strings.HasSuffix(v, "美元") != (a.Unit == "usd"):
			return choice{"单位不对", "the unit does not fit"}
		}
	}
	return choice{}
}

// readExpected reads the expected result of a case.
func (l *loader) readExpected(c *Case, rule *Rule, x *node) {
	asserts := c.Verdict != ""
	for key, to := range map[string]**bool{"near": &c.Near, "pending": &c.Pending} {
		if n := x.get(key); n != nil {
			v := n.str() == "true"
			*to, asserts = &v, true
		}
	}
	if c.Near != nil && *c.Near && c.Verdict != "unmet" {
		l.add(x.get("near").pos, "差一项（near）只有结论是 unmet 时才有", "only an unmet verdict can be near")
	}
	if c.Pending != nil && *c.Pending && c.Verdict != "unknown" {
		l.add(x.get("pending").pos, "待人工核查（pending）只有结论是 unknown 时才有", "only an unknown verdict can be pending")
	}
	for _, e := range x.get("criteria").entries() {
		if !slices.ContainsFunc(rule.Criteria, func(k *Criterion) bool { return k.ID == e.key }) {
			l.add(e.pos, "规则 %s 没有条件 %q", "rule %s has no criterion %q", rule.ID, e.key)
		}
		c.Criteria[e.key], asserts = e.value.str(), true
	}
	items := itemIDs(rule)
	if n := x.get("score"); n != nil {
		if rule.Score == nil {
			l.add(n.pos, "规则 %s 没有评分", "rule %s has no score", rule.ID)
		}
		if low, high, ok := l.points(n); ok {
			c.Score, asserts = &[2]float64{low, high}, true
		}
	}
	for _, e := range x.get("items").entries() {
		if !slices.Contains(items, e.key) {
			l.add(e.pos, "规则 %s 没有评分项 %q", "rule %s has no score item %q", rule.ID, e.key)
		}
		if low, high, ok := l.points(e.value); ok {
			c.Items[e.key], asserts = [2]float64{low, high}, true
		}
	}
	if !asserts {
		l.add(c.Pos, "用例没有写应得的结果", "the case has no expected result")
	}
}

// itemIDs returns the ids of a rule's score items.
func itemIDs(r *Rule) (ids []string) {
	var walk func([]*Item)
	walk = func(items []*Item) {
		for _, it := range items {
			ids = append(ids, it.ID)
			walk(it.BestOf)
			walk(it.Items)
		}
	}
	if r.Score != nil {
		walk(r.Score.Items)
	}
	return ids
}

// sentence returns the text of an error in both languages.
func sentence(err error) choice {
	type both interface{ In(lang string) string }
	if e, ok := err.(both); ok {
		return choice{e.In("zh-CN"), e.In("en")}
	}
	return choice{err.Error(), err.Error()}
}
