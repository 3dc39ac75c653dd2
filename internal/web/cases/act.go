package cases

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/file"
	"eyas/internal/matter"
	"eyas/internal/matter/desk"
	"eyas/internal/pack"
	"eyas/internal/web/frame"
)

// actOrder is the order in which acts are offered: what moves the case on first.
var actOrder = []string{matter.ActPass, matter.ActScore, matter.ActAnswer, matter.ActReport, matter.ActSettle, matter.ActSupplement, matter.ActReturn, matter.ActRefuse, matter.ActResume, matter.ActTransfer, matter.ActDelegate,
	matter.ActAdd, matter.ActRemove, matter.ActCopy, matter.ActUrge, matter.ActObject, matter.ActSuspend, matter.ActWithdraw, matter.ActRevoke, matter.ActVoid}

// whatNotes says of which acts a note is asked: needed, or may be given. Of others none is.
var whatNotes = map[string]string{matter.ActRefuse: "needed", matter.ActReturn: "needed", matter.ActObject: "needed", matter.ActSettle: "needed", matter.ActVoid: "needed", matter.ActRevoke: "needed", matter.ActSuspend: "needed", matter.ActAnswer: "needed",
	matter.ActPass: "free", matter.ActTransfer: "free", matter.ActDelegate: "free", matter.ActAdd: "free", matter.ActRemove: "free", matter.ActUrge: "free", matter.ActWithdraw: "free", matter.ActReport: "free", matter.ActScore: "free", matter.ActResume: "free"}

// toPersons are the acts that name a person.
var toPersons = []string{matter.ActTransfer, matter.ActDelegate, matter.ActAdd, matter.ActRemove, matter.ActCopy}

// remarkRows is how many remarks a form takes at once.
const remarkRows = 4

// actForm is what may be done now, with the form that does it.
type actForm struct {
	Do, Name, Says string
	ID             string // of its elements
	To             string // address
	Visit, Seen    int
	Key            string
	Note           string // needed, free or empty
	Places         []frame.Option
	Persons        []frame.Option
	AsksPerson     bool
	Remarks        []int // rows of remarks; nil: none
	RemarkFields   []frame.Option
	Fields         []field
	Items          []scoreItem
	States         []frame.Option
	Today          string
	Objections     []frame.Option
	Main, Final    bool // it moves the case on; it cannot be taken back
	Upholds        bool
	RemarksNeeded  bool
}

type scoreItem struct{ ID, Name, Most string }

// actForm makes the form of something that may be done.
func (x *reader) actForm(l matter.Legal) (actForm, error) {
	lang := x.ask.Lang
	g := x.t.Stage(l.Stage)
	f := actForm{Do: l.Do, Name: x.text("cases.do." + l.Do), ID: fmt.Sprintf("%s-%d", l.Do, l.Visit), To: x.ask.Link(casePath(x.c.ID) + "/act"), Visit: l.Visit, Seen: x.c.Seq, Key: file.NewID(), Note: whatNotes[l.Do],
		Today: matter.World{Now: x.Desk.Today()}.Today().Time().Format("2006-01-02")}
	f.Main = l.Do == matter.ActPass || l.Do == matter.ActScore || l.Do == matter.ActAnswer || l.Do == matter.ActReport
	f.Final = l.Do == matter.ActVoid || l.Do == matter.ActRevoke || l.Do == matter.ActWithdraw || l.Do == matter.ActRefuse
	if l.Do != matter.ActPass {
		f.Says = x.text("cases.does." + l.Do)
	}
	if g != nil {
		if l.Do == matter.ActPass {
			f.Name, f.Says = x.passName(g), x.passSays(g)
		}
		if len(x.c.Open()) > 1 {
			f.Name = x.text("cases.doIn", "do", f.Name, "stage", g.Name.In(lang))
		}
	}
	switch l.Do {
	case matter.ActReturn:
		for _, to := range l.To {
			name := x.placeName(to)
			if to == x.t.Stages[0].ID {
				name = x.text("cases.to.applicant") + " · " + name
			}
			f.Places = append(f.Places, frame.Option{Value: to, Label: name})
		}
		f.Says += x.text("cases.does.return." + map[bool]string{true: "straight", false: "again"}[g.Return.Back])
		f.Remarks = x.remarkRows()
	case matter.ActSupplement:
		f.Remarks, f.RemarksNeeded = x.remarkRows(), true
		f.Says += x.text("cases.limit", "limit", x.limit(*g.Supplement))
	case matter.ActRefuse:
		f.Remarks = x.remarkRows()
	case matter.ActPass, matter.ActReport:
		at := x.c.Visit(l.Visit)
		for _, y := range g.Fields {
			one := x.fieldOf(y, "s."+y.ID, at.Fields[y.ID])
			one.Name = "s." + y.ID
			f.Fields = append(f.Fields, one)
		}
		if l.Do == matter.ActReport {
			for _, o := range g.Outside.States {
				f.States = append(f.States, frame.Option{Value: o.Code, Label: x.stateName(o.Code) + x.text("cases.state."+cmp.Or(o.Outcome, "stay"))})
			}
		}
	case matter.ActScore:
		for _, i := range g.Review.Items {
			f.Items = append(f.Items, scoreItem{i.ID, i.Name.In(lang), strconv.FormatFloat(i.Most, 'f', -1, 64)})
		}
	case matter.ActSettle:
		for _, o := range x.c.Objections {
			if o.Visit == l.Visit && o.Settled == "" {
				f.Objections = append(f.Objections, frame.Option{Value: strconv.Itoa(o.No), Label: x.text("cases.objection.no", "n", o.No) + " " + o.Note})
			}
		}
		f.Upholds = g.Offers(pack.OutcomeRefuse)
	}
	if f.Remarks != nil {
		f.RemarkFields = x.remarkable()
	}
	if slices.Contains(toPersons, l.Do) {
		f.AsksPerson = true
		list, err := x.Desk.Candidates(x.r.Context(), x.seen, l.Do, l.Visit)
		if err != nil {
			return f, err
		}
		for _, p := range list {
			label := x.person(x.r, p.Person)
			if p.Role != "" {
				label += " · " + x.holderName(p.Org, p.Role, lang)
			}
			f.Persons = append(f.Persons, frame.Option{Value: p.Person, Label: label})
		}
	}
	return f, nil
}

func (x *reader) remarkRows() (rows []int) {
	for i := range remarkRows {
		rows = append(rows, i)
	}
	return rows
}

// remarkable are the fields and attachments that a remark can be about.
func (x *reader) remarkable() (list []frame.Option) {
	for _, g := range x.t.Form.Sections {
		for _, f := range g.Fields {
			list = append(list, frame.Option{Value: f.ID, Label: x.label(f)})
		}
	}
	for _, a := range x.t.Form.Attachments {
		list = append(list, frame.Option{Value: a.ID, Label: a.Name.In(x.ask.Lang)})
	}
	return list
}

// passName is what a pass is called in a stage: accept, agree, decide, issue, report.
func (x *reader) passName(g *pack.Stage) string {
	switch g.Kind {
	case pack.StageDecision, pack.StageIssue, pack.StageMilestone, pack.StageReview:
		return x.text("cases.do.pass." + string(g.Kind))
	}
	return x.text("cases.do.pass")
}

// passSays says where a case goes when a stage passes.
func (x *reader) passSays(g *pack.Stage) string {
	var to []string
	for _, n := range g.Then {
		if n.On != pack.OutcomePass {
			continue
		}
		for _, id := range n.To {
			if name := x.placeName(id); !slices.Contains(to, name) {
				to = append(to, name)
			}
		}
	}
	says := x.text("cases.does.pass", "to", strings.Join(to, x.text("frame.and")))
	if g.All {
		says += x.text("cases.does.pass.all")
	}
	if g.Review != nil {
		says += x.text("cases.does.pass.mean", "pass", strconv.FormatFloat(g.Review.Pass, 'f', -1, 64))
	}
	return says
}

func (x *reader) limit(l pack.Limit) string {
	switch {
	case l.WorkingDays > 0:
		return x.text("cases.limit.working", "n", l.WorkingDays)
	case l.Months > 0:
		return x.text("cases.limit.months", "n", l.Months)
	}
	return x.text("cases.limit.days", "n", l.Days)
}

// readAct reads what a form of an act says.
func readAct(r *http.Request, t *pack.MatterType) (a matter.Act, err error) {
	v := r.PostForm
	number := func(name string) (n int) {
		n, _ = strconv.Atoi(v.Get(name))
		return n
	}
	a = matter.Act{Do: v.Get("do"), Visit: number("visit"), Seen: number("seen"), Key: v.Get("key"), Note: strings.TrimSpace(v.Get("note")), To: v.Get("to"), State: v.Get("state"), On: matter.Day(v.Get("on")), Object: number("objection"), Upheld: v.Get("upheld") != ""}
	switch a.Do {
	case matter.ActSave, matter.ActSupply, matter.ActFulfil, matter.ActNew:
		return a, fault.New(fault.Invalid, "请在表单里填写。", "Fill that in in the form.")
	}
	for i := range remarkRows {
		at := strconv.Itoa(i)
		field, text := v.Get("remark."+at), strings.TrimSpace(v.Get("says."+at))
		switch {
		case field == "" && text == "":
		case field == "":
			return a, fault.New(fault.Invalid, "请选择“"+text+"”说的是哪一项。", "Choose which field “"+text+"” is about.")
		default:
			a.Remarks = append(a.Remarks, matter.Remark{Field: field, Text: text})
		}
	}
	for name := range v {
		if id, ok := strings.CutPrefix(name, "s."); ok && strings.TrimSpace(v.Get(name)) != "" {
			if a.Fields == nil {
				a.Fields = map[string]string{}
			}
			a.Fields[id] = withUnit(stageField(t, id), v.Get(name))
		}
		if id, ok := strings.CutPrefix(name, "p."); ok && strings.TrimSpace(v.Get(name)) != "" {
			points, err := strconv.ParseFloat(strings.TrimSpace(v.Get(name)), 64)
			if err != nil {
				return a, fault.New(fault.Invalid, "“"+v.Get(name)+"”不是分数，请填数字。", "“"+v.Get(name)+"” is no number of points.")
			}
			if a.Points == nil {
				a.Points = map[string]float64{}
			}
			a.Points[id] = points
		}
	}
	return a, nil
}

// stageField finds a field of any stage; nil: there is none.
func stageField(t *pack.MatterType, id string) *pack.Field {
	for _, g := range t.Stages {
		for _, f := range g.Fields {
			if f.ID == id {
				return f
			}
		}
	}
	return nil
}

// act does what a form of the page of a case asks. What is refused comes back to the page with what was written.
func (s *room) act(w http.ResponseWriter, r *http.Request) error {
	x, err := s.read(r)
	if err != nil {
		return err
	}
	a, err := readAct(r, x.t)
	if err != nil {
		return err
	}
	done, err := s.Desk.Act(r.Context(), x.c.ID, a)
	if err != nil {
		return x.told(err)
	}
	s.Recount(r.Context())
	http.Redirect(w, r, x.ask.Link(casePath(x.c.ID), frame.SavedPair(kind, fmt.Sprintf("%d.%d", x.c.ID, done.Event))...), http.StatusSeeOther)
	return nil
}

// told says of a conflict what has changed since, in words.
func (x *reader) told(err error) error {
	var f *fault.Error
	if !errors.As(err, &f) || f.Code != fault.Conflict {
		return err
	}
	seen, _ := strconv.Atoi(x.r.PostForm.Get("seen"))
	var since []string
	for i := range x.seen.Events {
		if e := &x.seen.Events[i]; seen > 0 && e.Seq > seen {
			since = append(since, x.When(e.At)+" "+x.person(x.r, e.Person.ID)+" "+did(x.text, x.t, x.c, e))
		}
	}
	if len(since) == 0 {
		return err
	}
	says := func(lang string) string {
		return x.Words(lang)("cases.since", "what", strings.Join(since, "；"))
	}
	return fault.New(fault.Conflict, says("zh-CN"), says("en"))
}

// taken are the acts that can be taken back, with the one that does.
var taken = map[string]string{matter.ActSuspend: matter.ActResume, matter.ActAdd: matter.ActRemove}

// written finds what somebody did, by NUMBER.EVENT.
func (s *room) written(r *http.Request, id string) (*desk.Seen, *matter.Event, error) {
	no, at, _ := strings.Cut(id, ".")
	number, err1 := strconv.ParseInt(no, 10, 64)
	seq, err2 := strconv.Atoi(at)
	if err1 != nil || err2 != nil || s.Desk == nil {
		return nil, nil, frame.ErrNoPage()
	}
	seen, err := s.Desk.Show(r.Context(), number)
	if err != nil {
		return nil, nil, err
	}
	for i := range seen.Events {
		if seen.Events[i].Seq == seq {
			return seen, &seen.Events[i], nil
		}
	}
	return nil, nil, frame.ErrNoPage()
}

// lookAt says what somebody did, and whether it can be taken back.
func (s *room) lookAt(r *http.Request, id string) (*frame.Write, error) {
	seen, e, err := s.written(r, id)
	if err != nil {
		return nil, err
	}
	ask := s.Ask(r)
	text := s.Words(ask.Lang)
	v := &frame.Write{Says: text("cases.saved", "do", did(text, seen.Matter, seen.Case, e), "matter", seen.Matter.Name.In(ask.Lang), "subject", s.subjectName(r.Context(), seen.Case.Subject)), Link: ask.Link(casePath(seen.Case.ID))}
	inverse := taken[e.Act.Do]
	if e.Act.Do == matter.ActSave {
		v.Fixed = text("cases.fixed.save")
	} else if inverse == "" {
		v.Fixed = text("cases.fixed")
	}
	for i := range seen.Events {
		if o := &seen.Events[i]; o.Seq > e.Seq && inverse != "" && o.Act.Do == inverse && o.Act.To == e.Act.To {
			v.Undone = s.When(o.At)
		}
	}
	return v, nil
}

// takeBack takes back what somebody did, by the act that does.
func (s *room) takeBack(r *http.Request, id string) (string, error) {
	seen, e, err := s.written(r, id)
	if err != nil {
		return "", err
	}
	inverse := taken[e.Act.Do]
	if inverse == "" {
		return "", fault.New(fault.Conflict, "这一步不能撤回。", "That cannot be taken back.")
	}
	if v, err := s.lookAt(r, id); err != nil || v.Undone != "" {
		return "", err
	}
	_, err = s.Desk.Act(r.Context(), seen.Case.ID, matter.Act{Do: inverse, Visit: e.Act.Visit, To: e.Act.To})
	return "", err
}
