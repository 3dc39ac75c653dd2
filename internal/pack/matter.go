package pack

import (
	"regexp"
	"slices"
	"strconv"
)

// MatterType is a type of business (事项): the form that is filled in, the stages that a case goes through, and who acts in them. Package
// matter runs it; nothing about one matter is written in Go.
type MatterType struct {
	ID       string
	Name     Text
	Note     Text
	Register string // whose subjects apply
	Version  int    // is raised by every change; a case keeps the version it began with
	Basis    Text   // the document that it follows
	Status   Status // of the stages and deadlines
	Rule     string // the recognition whose verdict is said before filing and kept with each act; "" for none
	Form     Form
	Stages   []*Stage // the first one is where a case begins
	Ends     []*End
	Withdraw []string // stages in which the applicant may withdraw
	Clerk    Who      // who gets what nobody else can do, visibly
	Issues   string   // certificate of the register that the matter issues; "" for none
	View     *Register
	Pos      Pos
}

// Who is a role in an organisation that stands in a relation to the subject of a case.
type Who struct {
	Role string
	Of   Relative
}

// Relative says in which organisation somebody acts, as seen from the subject of a case.
type Relative string

// The relatives. Where a subject lies in several organisations of a kind, the first one in the order of the org tree counts.
const (
	OfOwn      Relative = "own"      // the subject itself: who acts for it
	OfDistrict Relative = "district" // the district or zone in which it lies
	OfPark     Relative = "park"     // the park in which it lies
	OfCity     Relative = "city"     // the city
)

// StageKind is what a stage is for; it says which acts there are.
type StageKind string

// The kinds of stages.
const (
	StageApply     StageKind = "apply"     // the form is filled in and filed
	StageCheck     StageKind = "check"     // formal check (受理、形式审查)
	StageReview    StageKind = "review"    // by experts with score sheets, or by offices
	StageVisit     StageKind = "visit"     // on-site visit (现场核查)
	StagePublic    StageKind = "publicity" // public notice with objections (公示); the clock ends it
	StageDecision  StageKind = "decision"
	StageIssue     StageKind = "issue"     // of a certificate
	StageOutside   StageKind = "outside"   // in another system; moved by its list, or by hand
	StageMilestone StageKind = "milestone" // something is due later: a report, an acceptance
	StageExpiry    StageKind = "expiry"    // what was issued is over; the clock ends it
)

// Outcomes of a visit of a stage. What a stage's transitions do not name is not offered there.
const (
	OutcomePass   = "pass"
	OutcomeRefuse = "refuse"
	OutcomeReturn = "return"
)

// Stage is a part of a matter.
type Stage struct {
	ID         string
	Index      int
	Kind       StageKind
	Name, Note Text
	Who        []Who
	All        bool // everybody in Who must pass (会签); else the first one decides (或签)
	Join       bool // parallel branches meet here: it begins when all of them have come
	Limit      Limit
	WhenDue    string   // what the clock does when the time is over: wait (it stays, and is late), pass or refuse
	Warn       int      // working days before the last one on which the clock reminds; 0: not
	Apart      []string // stages: who acted in them does not act here
	Return     *ReturnRule
	Supplement *Limit // the applicant may be asked for more (补正), with the clock stopped; nil: not
	Review     *Review
	Outside    *Outside
	Fields     []*Field    // that whoever passes or refuses fills in
	Number     *NumberRule // of the certificate that is issued; nil: any text
	Then       []Next
	Pos        Pos
}

// Limit is how long something may take. At most one is not zero; all zero: no limit.
type Limit struct {
	WorkingDays, Days, Months int
}

// None reports whether there is no limit.
func (l Limit) None() bool { return l == Limit{} }

// ReturnRule says to whom a stage returns a case, and how it goes on after that.
type ReturnRule struct {
	To    []string // applicant, previous, any
	Back  bool     // after the correction straight to whoever returned it; else step by step again
	Keeps []string // step by step: stages whose approval survives and is not asked for again
}

// NumberRule says how the number of a certificate is written, or made.
type NumberRule struct {
	Pattern *regexp.Regexp // nil: any text
	Form    string         // it is made where none is given: {year} is the year of issue, {n:4} a count within the rest; "" for not
}

// Review is a score sheet. Points are given by each reviewer; the result is the mean of their sums.
type Review struct {
	Quorum int // fewest score sheets
	Drop   int // so many highest and so many lowest sheets do not count
	Pass   float64
	Items  []ScoreItem
}

// ScoreItem is a line of a score sheet.
type ScoreItem struct {
	ID   string
	Name Text
	Most float64
}

// Outside says which system a case is in.
type Outside struct {
	Connector string // id; "" for a system without files
	States    []OutsideState
	Gives     map[string]string // fields of the stage that issues the certificate → columns of the connector's files
}

// OutsideState is a code of outside_state that such a system says, and what it does to the case; Outcome is empty when the case stays.
type OutsideState struct {
	Code, Outcome string
}

// Next is a transition: with an outcome, when a condition holds, the case goes on in stages or ends. Several stages are parallel branches.
// Of an outcome's transitions the first one that holds counts; the last one has no condition.
type Next struct {
	On     string
	When   string // CEL over the register and the form's own fields; "" for always
	To     []string
	Pos    Pos // of When
	Listed Pos
}

// End is a way in which a case ends.
type End struct {
	ID    string
	Name  Text
	Means EndMeaning
}

// EndMeaning groups ends.
type EndMeaning string

// What ends mean.
const (
	EndGranted   EndMeaning = "granted"
	EndRefused   EndMeaning = "refused"
	EndWithdrawn EndMeaning = "withdrawn" // by the applicant; a matter has exactly one
	EndVoid      EndMeaning = "void"      // declared void by the clerk; a matter has exactly one
	EndExpired   EndMeaning = "expired"
	EndRevoked   EndMeaning = "revoked" // its certificate was revoked; a matter that issues one has exactly one
)

// Matter returns a matter by its id; nil when there is none.
func (p *Pack) Matter(id string) *MatterType {
	for _, m := range p.Matters {
		if m.ID == id {
			return m
		}
	}
	return nil
}

// Stage returns a stage by its id; nil when there is none.
func (m *MatterType) Stage(id string) *Stage {
	for _, s := range m.Stages {
		if s.ID == id {
			return s
		}
	}
	return nil
}

// End returns an end by its id; nil when there is none.
func (m *MatterType) End(id string) *End {
	for _, e := range m.Ends {
		if e.ID == id {
			return e
		}
	}
	return nil
}

// EndThat returns the first end with a meaning; nil when there is none.
func (m *MatterType) EndThat(means EndMeaning) *End {
	for _, e := range m.Ends {
		if e.Means == means {
			return e
		}
	}
	return nil
}

// Offers reports whether a stage has transitions for an outcome.
func (s *Stage) Offers(outcome string) bool {
	return slices.ContainsFunc(s.Then, func(n Next) bool { return n.On == outcome })
}

// readMatter reads a file of matters/.
func (l *loader) readMatter(n *node) {
	if n == nil || n.get("id").str() == "" {
		return
	}
	m := &MatterType{ID: n.get("id").str(), Name: text(n.get("name")), Note: text(n.get("note")), Register: n.get("register").str(), Basis: text(n.get("basis")),
		Status: Status(n.get("status").str()), Rule: n.get("rule").str(), Withdraw: texts(n.get("withdraw")), Issues: n.get("issues").str(), Pos: n.get("id").place(n)}
	m.Version, _ = strconv.Atoi(n.get("version").str())
	if l.pack.Matter(m.ID) != nil {
		l.add(m.Pos, "事项 %q 写了两次", "matter %q is given twice", m.ID)
		return
	}
	reg := l.register(m.Register)
	if reg == nil {
		if !l.unread["registers"] {
			l.add(n.get("register").place(n), "没有库 %q", "there is no register %q", m.Register)
		}
		return
	}
	if m.Rule != "" && !slices.ContainsFunc(l.pack.Rules, func(r *Rule) bool { return r.ID == m.Rule && r.Register == m.Register }) && !l.unread["rules"] {
		l.add(n.get("rule").pos, "库 %[2]s 没有规则 %[1]q", "there is no rule %q for register %s", m.Rule, m.Register)
	}
	if m.Issues != "" && reg.Certificate(m.Issues) == nil {
		l.add(n.get("issues").pos, "库 %[2]s 没有证书 %[1]q", "there is no certificate %q in register %s", m.Issues, m.Register)
	}
	if c := reg.Certificate(m.Issues); c != nil && c.From != "" && !l.unread["sources.yaml"] {
		if source, _ := l.pack.SourceOf(m.Register, c); source == nil {
			l.add(n.get("issues").pos, "没有来源能存放证书 %q：sources.yaml 里要有一个来源，其 items 的编号和日期进入证书的数据项", "no source can keep the certificate %q: one in sources.yaml needs items whose number and days set the attributes of the certificate", m.Issues)
		}
	}
	m.Clerk = l.readWho(n.get("clerk"), m)
	l.readForm(n.get("form"), m, reg)
	for _, x := range n.get("ends").list() {
		e := &End{ID: x.get("id").str(), Name: text(x.get("name")), Means: EndMeaning(x.get("means").str())}
		if m.End(e.ID) != nil {
			l.add(x.get("id").place(x), "结局 %q 写了两次", "the end %q is given twice", e.ID)
			continue
		}
		m.Ends = append(m.Ends, e)
	}
	l.readStages(n.get("stages"), m)
	l.viewStages(m)
	l.checkMatter(n, m)
	l.pack.Matters = append(l.pack.Matters, m)
}

// readWho reads a role and a relation: {role: district_officer, of: district}.
func (l *loader) readWho(n *node, m *MatterType) Who {
	w := Who{Role: n.get("role").str(), Of: Relative(n.get("of").str())}
	if w.Role == "" || w.Of == "" { // the schema reports it
		return w
	}
	r := l.pack.Role(w.Role)
	at := n.get("role").place(n)
	switch {
	case r == nil && !l.unread["."]:
		l.add(at, "没有名为 %q 的角色", "there is no role %q", w.Role)
	case r == nil:
	case w.Of == OfOwn && !slices.Contains(r.For, m.Register):
		l.add(at, "角色 %q 不是为库 %s 的主体设的，不能代表申请人（own）", "role %q is not granted for subjects of register %s, so it cannot act for the applicant (own)", w.Role, m.Register)
	case w.Of == OfDistrict && !slices.Contains(r.Orgs, "district") && !slices.Contains(r.Orgs, "zone"), w.Of == OfPark && !slices.Contains(r.Orgs, "park"), w.Of == OfCity && !slices.Contains(r.Orgs, "city"):
		l.add(at, "角色 %q 不授予这类机构（%s）", "role %q is not granted for such organisations (%s)", w.Role, w.Of)
	}
	return w
}

// readLimit reads {working_days: 20}, {days: 30} or {months: 12}.
func readLimit(n *node) (t Limit) {
	t.WorkingDays, _ = strconv.Atoi(n.get("working_days").str())
	t.Days, _ = strconv.Atoi(n.get("days").str())
	t.Months, _ = strconv.Atoi(n.get("months").str())
	return t
}
