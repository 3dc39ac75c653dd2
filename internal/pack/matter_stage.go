package pack

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
)

// To whom a stage may return a case.
const (
	ReturnApplicant = "applicant" // the stage in which it began
	ReturnPrevious  = "previous"  // the one before
	ReturnAny       = "any"       // any that it went through
)

// readStages reads the stages of a matter. What they name is checked when all of them are read.
func (l *loader) readStages(n *node, m *MatterType) {
	for _, x := range n.list() {
		s := &Stage{ID: x.get("id").str(), Index: len(m.Stages), Kind: StageKind(x.get("kind").str()), Name: text(x.get("name")), Note: text(x.get("note")), All: x.get("sign").str() == "all",
			Join: x.get("join").str() == "true", Limit: readLimit(x.get("limit")), WhenDue: x.get("when_due").str(), Apart: texts(x.get("apart")), Pos: x.get("id").place(x)}
		if s.ID == "" {
			continue // the schema reports it
		}
		if m.Stage(s.ID) != nil || m.End(s.ID) != nil {
			l.add(s.Pos, "环节 %q 写了两次，或与结局同名", "the stage %q is given twice, or has the id of an end", s.ID)
			continue
		}
		if s.WhenDue == "" {
			s.WhenDue = "wait"
		}
		s.Warn, _ = strconv.Atoi(x.get("warn").str())
		for _, y := range x.get("who").list() {
			s.Who = append(s.Who, l.readWho(y, m))
		}
		if y := x.get("supplement"); y != nil {
			t := readLimit(y)
			s.Supplement = &t
		}
		if y := x.get("return"); y != nil {
			s.Return = &ReturnRule{To: texts(y.get("to")), Back: y.get("then").str() == "back", Keeps: texts(y.get("keeps"))}
		}
		l.readNumber(x.get("number"), s)
		l.readReview(x.get("review"), s)
		l.readOutside(x.get("outside"), s)
		for _, y := range x.get("fields").list() {
			if f := l.readField(y, nil); f != nil {
				s.Fields = append(s.Fields, f)
			}
		}
		for _, y := range x.get("then").list() {
			t := Next{On: y.get("on").str(), To: texts(y.get("to")), Listed: y.get("to").place(y)}
			t.When, t.Pos = l.expression(y.get("when"))
			s.Then = append(s.Then, t)
		}
		m.Stages = append(m.Stages, s)
	}
}

var numberForm = regexp.MustCompile(`^[^{}]*(\{year\}[^{}]*)?\{n:[1-9]\}[^{}]*$`)

// readNumber reads how the number of a certificate is written: {pattern: '^GR\d{12}$'}, or made: {form: 'KJ{year}-{n:4}'}.
func (l *loader) readNumber(n *node, s *Stage) {
	if n == nil {
		return
	}
	s.Number = &NumberRule{Form: n.get("form").str()}
	if p := n.get("pattern"); p != nil {
		var err error
		if s.Number.Pattern, err = regexp.Compile(p.str()); err != nil {
			l.add(p.pos, "%q 不是正则表达式：%v", "%q is not a regular expression: %v", p.str(), err)
		}
	}
	if s.Number.Form != "" && !numberForm.MatchString(s.Number.Form) {
		l.add(n.get("form").pos, "编号规则 %q 要有一个计数，如 {n:4}，年份写作 {year}", "the form of numbers %q needs one count, such as {n:4}; the year is written {year}", s.Number.Form)
	}
}

func (l *loader) readReview(n *node, s *Stage) {
	if n == nil {
		return
	}
	s.Review = &Review{}
	s.Review.Quorum, _ = strconv.Atoi(n.get("quorum").str())
	s.Review.Drop, _ = strconv.Atoi(n.get("drop").str())
	s.Review.Pass, _ = strconv.ParseFloat(n.get("pass").str(), 64)
	for _, y := range n.get("items").list() {
		i := ScoreItem{ID: y.get("id").str(), Name: text(y.get("name"))}
		i.Most, _ = strconv.ParseFloat(y.get("most").str(), 64)
		if slices.ContainsFunc(s.Review.Items, func(o ScoreItem) bool { return o.ID == i.ID }) {
			l.add(y.get("id").place(y), "评分项 %q 写了两次", "the score item %q is given twice", i.ID)
			continue
		}
		s.Review.Items = append(s.Review.Items, i)
	}
	if s.Review.Quorum <= 2*s.Review.Drop {
		l.add(n.get("quorum").place(n), "最少 %d 份评分，去掉最高最低各 %d 份后没有剩下的", "of at least %d score sheets none is left when the %d highest and lowest do not count", s.Review.Quorum, s.Review.Drop)
	}
}

func (l *loader) readOutside(n *node, s *Stage) {
	if n == nil {
		return
	}
	s.Outside = &Outside{Connector: n.get("connector").str()}
	if x := n.get("connector"); x.str() != "" && !l.unread["connectors"] && !slices.ContainsFunc(l.pack.Connectors, func(c *Connector) bool { return c.ID == x.str() }) {
		l.add(x.pos, "没有对接 %q", "there is no connector %q", x.str())
	}
	for _, e := range n.get("gives").entries() {
		if s.Outside.Gives == nil {
			s.Outside.Gives = map[string]string{}
		}
		s.Outside.Gives[e.key] = e.value.str()
		if c := l.pack.Connector(s.Outside.Connector); c != nil && c.In != nil && !slices.ContainsFunc(c.In.Columns, func(k *InColumn) bool { return k.Attr.ID == e.value.str() }) {
			l.add(e.value.place(n), "对接 %q 没有列 %q", "the connector %q has no column %q", c.ID, e.value.str())
		}
	}
	for _, e := range n.get("states").entries() {
		o := OutsideState{Code: e.key, Outcome: e.value.str()}
		if list := l.pack.CodeList("outside_state"); list != nil && !slices.ContainsFunc(list.Items, func(i CodeItem) bool { return i.Code == o.Code }) {
			l.add(e.pos, "代码表 %q 没有 %q", "the code list %q has no %q", "outside_state", o.Code)
		}
		if o.Outcome == "stay" {
			o.Outcome = ""
		}
		s.Outside.States = append(s.Outside.States, o)
	}
}

// checkMatter checks what the parts of a matter name, and that no case of it can get stuck: every stage is reached, from every stage an
// end is reached, and parallel branches meet.
func (l *loader) checkMatter(n *node, m *MatterType) {
	if len(m.Stages) == 0 || len(m.Ends) == 0 {
		return // the schema reports it
	}
	if s := m.Stages[0]; s.Kind != StageApply {
		l.add(s.Pos, "第一个环节须是申请（apply）", "the first stage must be one of kind apply")
	}
	for _, means := range []EndMeaning{EndWithdrawn, EndVoid} {
		if m.EndThat(means) == nil {
			l.add(n.get("ends").place(n), "ends 里缺少 means: %s 的结局", "ends has none with means: %s", means)
		}
	}
	if m.Issues != "" && m.EndThat(EndRevoked) == nil {
		l.add(n.get("ends").place(n), "发证的事项要有 means: revoked 的结局：证书可能被撤销", "a matter that issues a certificate needs an end with means: revoked, for the certificate may be revoked")
	}
	for _, id := range m.Withdraw {
		if m.Stage(id) == nil {
			l.add(n.get("withdraw").place(n), "没有环节 %q", "there is no stage %q", id)
		}
	}
	for _, s := range m.Stages {
		l.checkStage(m, s)
	}
	l.checkReach(m)
}

func (l *loader) checkStage(m *MatterType, s *Stage) {
	for _, id := range append(slices.Clone(s.Apart), keepsOf(s)...) {
		if m.Stage(id) == nil {
			l.add(s.Pos, "环节 %[2]s：没有环节 %[1]q", "stage %[2]s: there is no stage %[1]q", id, s.ID)
		}
	}
	last := map[string]bool{} // outcomes → their last transition has no condition
	for _, t := range s.Then {
		for _, id := range t.To {
			if m.Stage(id) == nil && m.End(id) == nil {
				l.add(t.Listed, "没有环节或结局 %q", "there is no stage or end %q", id)
			} else if len(t.To) > 1 && m.End(id) != nil {
				l.add(t.Listed, "并行的分支要到环节，%q 是结局", "parallel branches go to stages; %q is an end", id)
			}
		}
		last[t.On] = t.When == ""
	}
	for on, always := range last {
		if !always {
			l.add(s.Pos, "环节 %s：%s 的最后一条 then 不能有条件，否则会没有去处", "stage %s: the last transition for %s must have no condition, else there may be nowhere to go", s.ID, on)
		}
	}
	if !s.Offers(OutcomePass) {
		l.add(s.Pos, "环节 %s 没有通过（pass）后的去处", "stage %s has no transition for pass", s.ID)
	}
	wrong := func(zh, en string) { l.add(s.Pos, "环节 %s：%s", "stage %s: %s", s.ID, choice{zh, en}) }
	switch {
	case s.Kind == StageApply && (len(s.Who) == 0 || slices.ContainsFunc(s.Who, func(w Who) bool { return w.Of != OfOwn })):
		wrong("申请由主体自己的人（of: own）办理", "who applies acts for the subject itself (of: own)")
	case s.Kind == StageApply && s.Return != nil:
		wrong("申请环节没有退回", "a stage of kind apply returns nothing")
	case s.Outside != nil && slices.ContainsFunc(s.Outside.States, func(o OutsideState) bool {
		return o.Outcome != "" && o.Outcome != OutcomeReturn && !s.Offers(o.Outcome)
	}):
		wrong("outside 的状态没有相应的去处（then）", "a state of outside has no transition for what it does (then)")
	case s.Number != nil && s.Kind != StageIssue:
		wrong("只有发证环节有编号规则（number）", "only a stage of kind issue has a rule for numbers (number)")
	case s.Kind == StageOutside && s.Outside == nil, s.Kind != StageOutside && s.Outside != nil:
		wrong("外部环节（outside）要写 outside，别的环节不写", "a stage of kind outside has outside, and no other one")
	case s.Review != nil && s.Kind != StageReview:
		wrong("只有评审环节有评分表", "only a stage of kind review has a score sheet")
	case s.Review != nil && !s.Offers(OutcomeRefuse):
		wrong("有评分表的评审要写 refuse 的去处：分数可能不够", "a review with a score sheet needs a transition for refuse: the score may be too low")
	case (s.Kind == StagePublic || s.Kind == StageExpiry) && (s.Limit.None() || s.WhenDue != "pass"):
		wrong("公示、到期由时钟结束：写 limit，且 when_due: pass", "the clock ends a public notice and an expiry: it needs a limit and when_due: pass")
	case s.WhenDue != "wait" && (s.Limit.None() || !s.Offers(s.WhenDue)):
		wrong("when_due 要有 limit，并有相应的去处", "when_due needs a limit, and a transition for its outcome")
	case s.Warn > 0 && s.Limit.None():
		wrong("warn 要有 limit", "warn needs a limit")
	case len(s.Who) == 0 && s.Kind != StageExpiry:
		wrong("没有写由谁办理（who）", "it does not say who acts (who)")
	case s.Return != nil && s.Return.Back && len(s.Return.Keeps) > 0:
		wrong("退回后直送退回人（then: back）时，已有的通过都保留，不写 keeps", "after a return that goes straight back (then: back) all approvals survive: keeps is not written")
	}
}

func keepsOf(s *Stage) []string {
	if s.Return == nil {
		return nil
	}
	return s.Return.Keeps
}

// checkReach checks that every stage is reached from the first one, that an end is reached from every stage, and that every branch of a
// split reaches a stage where branches meet.
func (l *loader) checkReach(m *MatterType) {
	reached := m.from(m.Stages[0].ID)
	for _, s := range m.Stages {
		if !reached[s.ID] {
			l.add(s.Pos, "环节 %s 没有从第一个环节来的路", "there is no way from the first stage to stage %s", s.ID)
		}
		on := m.from(s.ID)
		if !slices.ContainsFunc(m.Ends, func(e *End) bool { return on[e.ID] }) {
			l.add(s.Pos, "从环节 %s 到不了任何结局", "no end is reached from stage %s", s.ID)
		}
		for i := range s.Then {
			if len(s.Then[i].To) > 1 {
				l.checkSplit(m, s, &s.Then[i])
			}
		}
	}
}

// checkSplit checks that all branches of a split meet in one stage.
func (l *loader) checkSplit(m *MatterType, s *Stage, t *Next) {
	all, back := map[string]bool{}, false
	for _, id := range t.To {
		w := meeting{m: m, within: map[*Stage]bool{s: true}, seen: map[string]bool{}, joins: map[string]bool{}}
		w.walk(id)
		if len(w.joins) == 0 && !w.back {
			l.add(t.Listed, "分支 %s 到不了会合的环节（join: true）", "the branch %s reaches no stage where branches meet (join: true)", id)
			return
		}
		maps.Copy(all, w.joins)
		back = back || w.back
	}
	switch {
	case back:
		l.add(t.Listed, "分支又回到分开它们的环节 %s；请用退回（return）", "a branch leads back to the stage %s that split it: use a return", s.ID)
	case len(all) > 1:
		l.add(t.Listed, "各分支要在同一个环节会合（join: true）", "all branches must meet in one stage (join: true)")
	}
}

// meeting looks for the stages where branches of a split meet.
type meeting struct {
	m      *MatterType
	within map[*Stage]bool // stages of the splits in which it is
	seen   map[string]bool
	joins  map[string]bool
	back   bool // a branch leads to the stage of such a split
}

func (w *meeting) walk(id string) {
	s := w.m.Stage(id)
	if s == nil || w.seen[id] {
		return
	}
	w.seen[id] = true
	if w.within[s] {
		w.back = true
		return
	}
	if s.Join {
		w.joins[id] = true
		return
	}
	w.on(s)
}

// on walks on from a stage. An inner split is left where its branches meet.
func (w *meeting) on(s *Stage) {
	for _, t := range s.Then {
		if len(t.To) == 1 {
			w.walk(t.To[0])
			continue
		}
		inner := meeting{m: w.m, within: maps.Clone(w.within), seen: map[string]bool{}, joins: map[string]bool{}}
		inner.within[s] = true
		for _, id := range t.To {
			inner.walk(id)
		}
		for id := range inner.joins {
			if !w.seen[id] {
				w.seen[id] = true
				w.on(w.m.Stage(id))
			}
		}
	}
}

// from are the stages and ends that are reached from a stage, itself among them.
func (m *MatterType) from(id string) map[string]bool {
	seen := map[string]bool{}
	var walk func(string)
	walk = func(id string) {
		if seen[id] {
			return
		}
		seen[id] = true
		if s := m.Stage(id); s != nil {
			for _, t := range s.Then {
				for _, to := range t.To {
					walk(to)
				}
			}
		}
	}
	walk(id)
	return seen
}
