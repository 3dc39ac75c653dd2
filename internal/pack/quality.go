package pack

import (
	"slices"
	"strings"
	"time"

	"eyas/internal/figure"
)

// QualityKind is the kind of doubt about a value.
type QualityKind string

// The kinds.
const (
	Impossible  QualityKind = "impossible"  // the value cannot be true
	Slip        QualityKind = "slip"        // the value is in another unit than the one it was read in
	Implausible QualityKind = "implausible" // far from last year, from peers, or from related values
	Disagreeing QualityKind = "disagreeing" // two sources contradict each other
	Stale       QualityKind = "stale"       // the value is old
	Lacking     QualityKind = "missing"     // a recognition in force needs the value, and it is unknown
)

// QualityRule is a rule for doubtful values of a register.
type QualityRule struct {
	ID           string
	Kind         QualityKind
	Test         string // the method; see the README of the pack
	Register     string
	Name, Says   Text                     // name, and the sentence beside a finding
	Attributes   []string                 // the attributes that are tested; of two compared attributes, the one that is doubted
	Against      string                   // the attribute to compare with; "" for none
	Loss         string                   // an attribute whose loss explains an excess; "" for none
	Per          map[string]string        // attribute → the number it is divided by for comparison with peers
	Spent        map[string]string        // for unit: the attributes "costs", or else "income" and "profit", for the amount spent
	Elsewhere    PaidElsewhere            // for unit and peers: enterprises whose staff is paid from elsewhere
	NearNothing  []string                 // for unit: amounts that are near zero in some years, so a small one alone is no slip
	Recognitions []string                 // for needed: the recognitions that need values
	Numbers      map[string]QualityNumber // by name
	Least, Most  string                   // for bounds: a figure, a date or "today"; "" for none
	Mends        string                   // who corrects it: source, district or enterprise
	Severity     string                   // high, medium or low
	Gathered     bool                     // only counted, because it applies to most of a register; listed on request
	Status       Status
	Pos          Pos
}

// PaidElsewhere are the enterprises that pay their staff from more than their sales: agencies for temporary staff and
// holding companies.
type PaidElsewhere struct {
	Industries []string // prefixes of industry codes without the section, such as 726
	Names      []string // words in names
}

// QualityNumber is a figure of a quality rule, with its reason.
type QualityNumber struct {
	figure.Figure
	Why Text
}

// Number returns a figure of the rule in its base unit. The loader ensures that a test has the figures that it needs. A
// missing optional one is 0.
func (r *QualityRule) Number(name string) float64 { return r.Numbers[name].Value }

// QualityRule returns a rule by id; nil if there is none.
func (p *Pack) QualityRule(id string) *QualityRule {
	for _, r := range p.Quality {
		if r.ID == id {
			return r
		}
	}
	return nil
}

// qualityTest describes a test: the figures that it needs and the attributes that it accepts.
type qualityTest struct {
	kinds   []QualityKind
	numbers []string // required; a name that ends with ? is optional
	fits    func(*Attribute) bool
	looksAt Text
	against bool
}

var (
	isNumber = func(a *Attribute) bool { return a.Kind.Numeric() }
	isDate   = func(a *Attribute) bool { return a.Kind == Date }
	isAny    = func(*Attribute) bool { return true }
	isYearly = func(a *Attribute) bool { return a.Yearly && a.Kind.Numeric() }
	isYuan   = func(a *Attribute) bool { return a.Yearly && a.Kind == Money && a.Unit == "yuan" }
)

var qualityTests = map[string]qualityTest{
	"bounds":    {kinds: []QualityKind{Impossible, Implausible}, fits: func(a *Attribute) bool { return isNumber(a) || isDate(a) }, looksAt: Text{ZH: "数值或日期", EN: "numbers or dates"}},
	"exceeds":   {kinds: []QualityKind{Impossible, Implausible}, numbers: []string{"times", "loss?"}, fits: isNumber, looksAt: Text{ZH: "数值", EN: "numbers"}, against: true},
	"order":     {kinds: []QualityKind{Impossible}, numbers: []string{"longest?"}, fits: isDate, looksAt: Text{ZH: "日期", EN: "dates"}, against: true},
	"code":      {kinds: []QualityKind{Impossible}, fits: func(a *Attribute) bool { return a.Kind == Code && a.Codes == "" }, looksAt: Text{ZH: "没有代码表的代码", EN: "codes without a code list"}},
	"unit":      {kinds: []QualityKind{Slip}, numbers: []string{"few", "rare", "margin", "wage", "month", "staff"}, fits: isYuan, looksAt: Text{ZH: "按年的人民币金额", EN: "yearly amounts in yuan"}, against: true},
	"vanished":  {kinds: []QualityKind{Implausible}, numbers: []string{"before", "share"}, fits: isYearly, looksAt: Text{ZH: "按年的数值", EN: "yearly numbers"}, against: true},
	"collapsed": {kinds: []QualityKind{Implausible}, numbers: []string{"times", "before", "people", "month", "share"}, fits: isYuan, looksAt: Text{ZH: "按年的人民币金额", EN: "yearly amounts in yuan"}, against: true},
	"jump":      {kinds: []QualityKind{Implausible}, numbers: []string{"times", "people", "money"}, fits: isYearly, looksAt: Text{ZH: "按年的数值", EN: "yearly numbers"}},
	"peers":     {kinds: []QualityKind{Implausible}, numbers: []string{"times", "spreads", "few"}, fits: isYearly, looksAt: Text{ZH: "按年的数值", EN: "yearly numbers"}},
	"age":       {kinds: []QualityKind{Stale}, numbers: []string{"years"}, fits: func(a *Attribute) bool { return a.Yearly }, looksAt: Text{ZH: "按年的数据项", EN: "yearly attributes"}},
	"differ":    {kinds: []QualityKind{Disagreeing}, numbers: []string{"share"}, fits: isAny},
	"absent":    {kinds: []QualityKind{Lacking}, fits: isAny},
	"needed":    {kinds: []QualityKind{Lacking}, fits: isAny},
}

// readQuality reads quality.yaml, after the registers and rules.
func (l *loader) readQuality(n *node) {
	for _, x := range n.get("rules").list() {
		r := &QualityRule{ID: x.get("id").str(), Kind: QualityKind(x.get("kind").str()), Test: x.get("test").str(), Register: x.get("register").str(),
			Name: text(x.get("name")), Says: text(x.get("says")), Against: x.get("against").str(), Loss: x.get("loss").str(),
			Numbers: map[string]QualityNumber{}, Least: x.get("least").str(), Most: x.get("most").str(), Mends: x.get("mends").str(),
			Severity: x.get("severity").str(), Gathered: x.get("gathered").str() == "true", Status: Status(x.get("status").str()), Pos: x.get("id").place(x)}
		test, known := qualityTests[r.Test]
		if r.ID == "" || !known { // the schema reports it
			continue
		}
		if l.pack.QualityRule(r.ID) != nil {
			l.add(r.Pos, "规则 %q 写了两次", "rule %q is given twice", r.ID)
			continue
		}
		l.pack.Quality = append(l.pack.Quality, r)
		if !slices.Contains(test.kinds, r.Kind) {
			l.add(x.get("kind").place(x), "查法 %s 查不出 %s", "the test %s does not find values of kind %s", r.Test, r.Kind)
		}
		l.qualityNumbers(x, r, test)
		i := slices.IndexFunc(l.pack.Registers, func(g *Register) bool { return g.ID == r.Register })
		if i < 0 {
			if !l.unread["registers"] {
				l.add(x.get("register").place(x), "没有名为 %q 的库", "there is no register %q", r.Register)
			}
			continue
		}
		l.qualityAttributes(x, r, test, l.pack.Registers[i])
		l.qualityBounds(x, r, l.pack.Registers[i])
		for _, id := range x.get("recognitions").list() {
			if !l.unread["rules"] && !slices.ContainsFunc(l.pack.Rules, func(o *Rule) bool { return o.ID == id.str() }) {
				l.add(id.pos, "没有规则 %q", "there is no rule %q", id.str())
			}
			r.Recognitions = append(r.Recognitions, id.str())
		}
	}
}

func (l *loader) qualityNumbers(x *node, r *QualityRule, test qualityTest) {
	for _, e := range x.get("numbers").entries() {
		if !slices.Contains(test.numbers, e.key) && !slices.Contains(test.numbers, e.key+"?") {
			l.add(e.pos, "查法 %s 不用 %q 这个数", "the test %s has no number %q", r.Test, e.key)
			continue
		}
		v := e.value.get("value")
		f, err := figure.Parse(v.str())
		if err != nil {
			l.add(v.place(e.value), "“%s”不是数值", "%q is not a figure", v.str())
			continue
		}
		r.Numbers[e.key] = QualityNumber{f, text(e.value.get("why"))}
	}
	for _, name := range test.numbers {
		if !strings.HasSuffix(name, "?") && x.get("numbers").get(name) == nil {
			l.add(x.get("test").pos, "查法 %s 要有 numbers 下的 %s", "the test %s needs the number %s", r.Test, name)
		}
	}
}

func (l *loader) qualityAttributes(x *node, r *QualityRule, test qualityTest, reg *Register) {
	for _, y := range x.get("attributes").list() {
		a := reg.Attribute(y.str())
		switch {
		case a == nil:
			l.add(y.pos, "库里没有数据项 %q", "the register has no attribute %q", y.str())
		case !test.fits(a):
			l.add(y.pos, "查法 %s 只看%s", "the test %s looks at %s", r.Test, choice{test.looksAt.ZH, test.looksAt.EN})
		default:
			r.Attributes = append(r.Attributes, a.ID)
		}
	}
	if test.against != (r.Against != "") {
		l.add(x.get("test").pos, "查法 %s%s比较的数据项（against）", "the test %s %s an attribute to compare with (against)", r.Test,
			map[bool]choice{true: {"要有", "needs"}, false: {"没有", "does not use"}}[test.against])
	}
	others := []*node{x.get("against"), x.get("loss")}
	elsewhere := x.get("paid_elsewhere")
	if elsewhere != nil && r.Test != "unit" && r.Test != "peers" {
		l.add(elsewhere.pos, "只有查法 unit 和 peers 有 paid_elsewhere", "only the tests unit and peers have paid_elsewhere")
	}
	for _, y := range elsewhere.get("industries").list() {
		if strings.Trim(y.str(), "0123456789") != "" {
			l.add(y.pos, "%q 不是行业代码的开头；写数字，如 726", "%q is not the beginning of an industry code: write digits, such as 726", y.str())
		}
		r.Elsewhere.Industries = append(r.Elsewhere.Industries, y.str())
	}
	for _, y := range elsewhere.get("names").list() {
		r.Elsewhere.Names = append(r.Elsewhere.Names, y.str())
	}
	for _, y := range x.get("near_nothing").list() {
		r.NearNothing = append(r.NearNothing, y.str())
		others = append(others, y)
	}
	for _, e := range x.get("per").entries() {
		if !slices.Contains(r.Attributes, e.key) {
			l.add(e.pos, "%q 不在 attributes 里", "%q is not among the attributes", e.key)
		}
		if r.Per == nil {
			r.Per = map[string]string{}
		}
		r.Per[e.key] = e.value.str()
		others = append(others, e.value)
	}
	for _, e := range x.get("spent").entries() {
		if r.Spent == nil {
			r.Spent = map[string]string{}
		}
		r.Spent[e.key] = e.value.str()
		others = append(others, e.value)
		if r.Test == "unit" && !slices.Contains(r.Attributes, e.value.str()) {
			l.add(e.value.pos, "%q 不在 attributes 里", "%q is not among the attributes", e.value.str())
		}
	}
	for _, y := range others {
		if y.str() != "" && reg.Attribute(y.str()) == nil {
			l.add(y.pos, "库里没有数据项 %q", "the register has no attribute %q", y.str())
		}
	}
}

// qualityBounds checks that a bound fits its attributes.
func (l *loader) qualityBounds(x *node, r *QualityRule, reg *Register) {
	for _, key := range []string{"least", "most"} {
		y := x.get(key)
		if y == nil {
			continue
		}
		if r.Test != "bounds" {
			l.add(y.pos, "只有查法 bounds 有 least 和 most", "only the test bounds has least and most")
			continue
		}
		for _, id := range r.Attributes {
			if _, ok := reg.Attribute(id).Bound(y.str(), time.Time{}); !ok {
				l.add(y.pos, "%q 不能作 %s 的界限：日期写 1800-01-01 或 today，数值写 0、100万元", "%q cannot bound %s: write a date as 1800-01-01 or today, a number as 0 or 100万元", y.str(), id)
			}
		}
	}
	if r.Test == "bounds" && r.Least == "" && r.Most == "" {
		l.add(x.get("test").pos, "查法 bounds 要有 least 或 most", "the test bounds needs least or most")
	}
}

// Bound reads a bound in the unit of the attribute's values: a date is days since 1970-01-01, and money is in fen.
// today is the value of "today". ok is false for a text that does not fit the attribute.
func (a *Attribute) Bound(text string, today time.Time) (float64, bool) {
	if a.Kind == Date {
		d := today
		if text != "today" {
			var err error
			if d, err = time.Parse(time.DateOnly, text); err != nil {
				return 0, false
			}
		}
		return float64(d.Unix() / 86400), true
	}
	f, err := figure.Parse(text)
	return f.Value, err == nil && a.Kind.Numeric()
}
