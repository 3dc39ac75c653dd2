package answer

import (
	"slices"
	"time"

	"eyas/internal/figure"
	"eyas/internal/matter"
	"eyas/internal/matter/desk"
	"eyas/internal/pack"
)

// MatterLine is a matter in the list of all.
type MatterLine struct {
	Matter   string    `json:"matter"`
	Name     pack.Text `json:"name"`
	Register string    `json:"register"`
	Version  int       `json:"version"`
	Status   string    `json:"status"`
	Stages   []string  `json:"stages"`
}

// MatterList is the list of matters.
type MatterList struct {
	Matters []MatterLine `json:"matters"`
}

// NewMatterList answers with all matters of a pack.
func NewMatterList(p *pack.Pack) MatterList {
	l := MatterList{Matters: []MatterLine{}}
	for _, m := range p.Matters {
		l.Matters = append(l.Matters, newMatterLine(m))
	}
	return l
}

func newMatterLine(m *pack.MatterType) MatterLine {
	x := MatterLine{Matter: m.ID, Name: m.Name, Register: m.Register, Version: m.Version, Status: string(m.Status)}
	for _, s := range m.Stages {
		x.Stages = append(x.Stages, s.ID)
	}
	return x
}

// Matter is a matter with its form and its stages.
type Matter struct {
	MatterLine
	Note        pack.Text          `json:"note,omitzero"`
	Basis       pack.Text          `json:"basis"`
	Rule        string             `json:"rule,omitempty"`
	Issues      string             `json:"issues,omitempty"`
	Withdraw    []string           `json:"withdraw"`
	Fields      []MatterField      `json:"fields"`
	Attachments []MatterAttachment `json:"attachments"`
	Steps       []MatterStage      `json:"steps"`
	Ends        []MatterEnd        `json:"ends"`
}

// MatterField is a field of a form or a stage.
type MatterField struct {
	Field     string        `json:"field"`
	Section   string        `json:"section,omitempty"`
	Name      pack.Text     `json:"name"`
	Kind      string        `json:"kind"` // rows for repeated rows
	Attribute string        `json:"attribute,omitempty"`
	Codes     string        `json:"codes,omitempty"`
	Required  bool          `json:"required"`
	When      string        `json:"when,omitempty"`
	Rows      []MatterField `json:"rows,omitempty"`
}

// MatterAttachment is a paper of a form.
type MatterAttachment struct {
	Attachment string    `json:"attachment"`
	Name       pack.Text `json:"name"`
	Types      []string  `json:"types"`
	Most       int       `json:"most"`
	Required   bool      `json:"required"`
	Promised   bool      `json:"promised"` // it may be promised for later
	When       string    `json:"when,omitempty"`
}

// MatterStage is a stage of a matter.
type MatterStage struct {
	Stage      string        `json:"stage"`
	Kind       string        `json:"kind"`
	Name       pack.Text     `json:"name"`
	Who        []MatterWho   `json:"who"`
	Sign       string        `json:"sign"` // any or all
	Join       bool          `json:"join,omitempty"`
	Limit      MatterLimit   `json:"limit,omitzero"`
	WhenDue    string        `json:"when_due"`
	Return     []string      `json:"return,omitempty"`
	ReturnThen string        `json:"return_then,omitempty"` // again or back
	Supplement bool          `json:"supplement,omitempty"`
	Connector  string        `json:"connector,omitempty"`
	Fields     []MatterField `json:"fields,omitempty"`
	Then       []MatterNext  `json:"then"`
}

// MatterWho is a role in an organisation by its relation to the subject.
type MatterWho struct {
	Role string `json:"role"`
	Of   string `json:"of"`
}

// MatterLimit is how long something may take.
type MatterLimit struct {
	WorkingDays int `json:"working_days,omitempty"`
	Days        int `json:"days,omitempty"`
	Months      int `json:"months,omitempty"`
}

// MatterNext is a transition.
type MatterNext struct {
	On   string   `json:"on"`
	When string   `json:"when,omitempty"`
	To   []string `json:"to"`
}

// MatterEnd is a way in which cases end.
type MatterEnd struct {
	End   string    `json:"end"`
	Name  pack.Text `json:"name"`
	Means string    `json:"means"`
}

// NewMatter answers with a matter.
func NewMatter(m *pack.MatterType) Matter {
	x := Matter{MatterLine: newMatterLine(m), Note: m.Note, Basis: m.Basis, Rule: m.Rule, Issues: m.Issues, Withdraw: append([]string{}, m.Withdraw...), Attachments: []MatterAttachment{}}
	for _, s := range m.Form.Sections {
		for _, f := range s.Fields {
			y := newMatterField(f)
			y.Section = s.ID
			x.Fields = append(x.Fields, y)
		}
	}
	for _, a := range m.Form.Attachments {
		x.Attachments = append(x.Attachments, MatterAttachment{a.ID, a.Name, a.Types, a.Most, a.Required, !a.Promise.None(), a.When})
	}
	for _, s := range m.Stages {
		x.Steps = append(x.Steps, newMatterStage(s))
	}
	for _, e := range m.Ends {
		x.Ends = append(x.Ends, MatterEnd{e.ID, e.Name, string(e.Means)})
	}
	return x
}

func newMatterField(f *pack.Field) MatterField {
	x := MatterField{Field: f.ID, Name: f.Attr.Name, Kind: string(f.Attr.Kind), Codes: f.Attr.Codes, Required: f.Required, When: f.When}
	if f.Bound {
		x.Attribute = f.Attr.ID
	}
	if f.Rows != nil {
		x.Kind = "rows"
		for _, y := range f.Rows.Fields {
			x.Rows = append(x.Rows, newMatterField(y))
		}
	}
	return x
}

func newMatterStage(s *pack.Stage) MatterStage {
	x := MatterStage{Stage: s.ID, Kind: string(s.Kind), Name: s.Name, Who: []MatterWho{}, Sign: "any", Join: s.Join, Limit: MatterLimit(s.Limit), WhenDue: s.WhenDue, Supplement: s.Supplement != nil}
	if s.All {
		x.Sign = "all"
	}
	for _, w := range s.Who {
		x.Who = append(x.Who, MatterWho{w.Role, string(w.Of)})
	}
	if s.Return != nil {
		x.Return, x.ReturnThen = s.Return.To, "again"
		if s.Return.Back {
			x.ReturnThen = "back"
		}
	}
	if s.Outside != nil {
		x.Connector = s.Outside.Connector
	}
	for _, f := range s.Fields {
		x.Fields = append(x.Fields, newMatterField(f))
	}
	for _, n := range s.Then {
		x.Then = append(x.Then, MatterNext{n.On, n.When, n.To})
	}
	return x
}

// CaseDone is what came of an act in a case.
type CaseDone struct {
	Case    int64         `json:"case"`
	Matter  string        `json:"matter"`
	Event   int           `json:"event"`
	Stage   string        `json:"stage"`  // the first open one; "" when it has ended
	Stages  []string      `json:"stages"` // all open ones
	End     string        `json:"end,omitempty"`
	Due     string        `json:"due"` // the earliest last day; "" for none
	Known   bool          `json:"known"`
	Missing []CaseMissing `json:"missing"` // what keeps the form from being filed
	Verdict string        `json:"verdict"` // of the rule now: met, unmet, unknown; "" when it was not asked
	Again   bool          `json:"again,omitempty"`
}

// CaseMissing is a problem of a form.
type CaseMissing struct {
	Field string    `json:"field"`
	Kind  string    `json:"kind"` // missing, unreadable or check
	Name  pack.Text `json:"name"`
	Says  pack.Text `json:"says,omitzero"`
}

// NewCaseDone answers with what came of an act.
func NewCaseDone(d *desk.Done) CaseDone {
	x := CaseDone{Case: d.Case.ID, Matter: d.Matter.ID, Event: d.Event, End: d.Case.End, Stages: []string{}, Missing: []CaseMissing{}, Again: d.Again}
	due, known := d.Case.Due()
	x.Due, x.Known = string(due), known
	for _, v := range d.Case.Open() {
		if !slices.Contains(x.Stages, v.Stage) {
			x.Stages = append(x.Stages, v.Stage)
		}
	}
	if len(x.Stages) > 0 {
		x.Stage = x.Stages[0]
	}
	for _, p := range d.Problems {
		x.Missing = append(x.Missing, CaseMissing(p))
	}
	if d.Verdict != nil {
		x.Verdict = d.Verdict.Verdict
	}
	return x
}

// Case is a case with its record.
type Case struct {
	Case       int64              `json:"case"`
	Matter     string             `json:"matter"`
	Version    int                `json:"version"`
	Subject    int64              `json:"subject"`
	Code       string             `json:"code,omitempty"`
	Name       string             `json:"name,omitempty"`
	Opened     time.Time          `json:"opened"`
	Filed      string             `json:"filed,omitempty"`
	Stage      string             `json:"stage"`
	End        string             `json:"end,omitempty"`
	Closed     time.Time          `json:"closed,omitzero"`
	Due        string             `json:"due"`
	Known      bool               `json:"known"`
	Suspended  *matter.Stop       `json:"suspended,omitempty"`
	FormNo     int                `json:"form_no"`
	Form       matter.Form        `json:"form"` // personal data are masked
	Stages     []CaseVisit        `json:"stages"`
	Promises   []matter.Promise   `json:"promises,omitempty"`
	Objections []matter.Objection `json:"objections,omitempty"`
	Issued     []matter.Issue     `json:"issued,omitempty"`
	Copies     []string           `json:"copies,omitempty"`
	Events     []CaseEvent        `json:"events"`
	May        []matter.Legal     `json:"may"` // what the actor may do now
}

// CaseVisit is one time in a stage.
type CaseVisit struct {
	Visit    int                 `json:"visit"`
	Stage    string              `json:"stage"`
	Name     pack.Text           `json:"name"`
	Opened   time.Time           `json:"opened"`
	Due      string              `json:"due"`
	Known    bool                `json:"known"`
	Stands   bool                `json:"stands,omitempty"` // its clock
	Late     bool                `json:"late,omitempty"`
	Closed   time.Time           `json:"closed,omitzero"`
	Outcome  string              `json:"outcome,omitempty"`
	By       string              `json:"by,omitempty"`
	Note     string              `json:"note,omitempty"`
	Void     bool                `json:"void,omitempty"`
	Carried  int                 `json:"carried,omitempty"`
	Score    *float64            `json:"score,omitempty"`
	Fields   map[string]string   `json:"fields,omitempty"`
	Remarks  []matter.Remark     `json:"remarks,omitempty"`
	Asked    []matter.Supplement `json:"asked,omitempty"`
	Reported []matter.Report     `json:"reported,omitempty"`
	Urged    []matter.Urge       `json:"urged,omitempty"`
	Seats    []*matter.Seat      `json:"seats"`
}

// CaseEvent is a line of the record.
type CaseEvent struct {
	Seq     int        `json:"seq"`
	At      time.Time  `json:"at"`
	Person  string     `json:"person"`
	Role    string     `json:"role,omitempty"`
	Org     string     `json:"org,omitempty"`
	Do      string     `json:"do"`
	Visit   int        `json:"visit,omitempty"`
	To      string     `json:"to,omitempty"`
	Note    string     `json:"note,omitempty"`
	FormNo  int        `json:"form_no"`
	Verdict rawVerdict `json:"verdict,omitempty"`
}

// rawVerdict is what the rule said then, as it was written down.
type rawVerdict []byte

// MarshalJSON writes it as it is.
func (r rawVerdict) MarshalJSON() ([]byte, error) {
	if len(r) == 0 {
		return []byte("null"), nil
	}
	return r, nil
}

// NewCase answers with a case. Personal data of the form are masked, and values of classes that are not among those are left out.
func NewCase(s *desk.Seen, classes []pack.Class) Case {
	c := s.Case
	x := Case{Case: c.ID, Matter: c.Matter, Version: c.Version, Subject: c.Subject, Opened: c.Opened, Filed: string(c.Filed), End: c.End, Closed: c.Closed, Due: string(s.Due), Known: s.Known,
		Suspended: c.Suspended, FormNo: c.FormNo, Form: shownForm(s.Matter, c.Form, classes), Promises: c.Promises, Objections: c.Objections, Issued: c.Issued, Copies: c.Copies, Events: []CaseEvent{}, May: append([]matter.Legal{}, s.May...)}
	for _, v := range c.Visits {
		y := CaseVisit{Visit: v.ID, Stage: v.Stage, Name: s.Matter.Stage(v.Stage).Name, Opened: v.Opened, Due: string(v.Clock.Due), Known: v.Clock.Known, Stands: v.Clock.Stands(), Late: v.Clock.Late, Closed: v.Closed,
			Outcome: v.Outcome, By: v.By, Note: v.Note, Void: v.Void, Carried: v.Carried, Score: v.Score, Fields: v.Fields, Remarks: v.Remarks, Asked: v.Asked, Reported: v.Reported, Urged: v.Urged, Seats: append([]*matter.Seat{}, v.Seats...)}
		x.Stages = append(x.Stages, y)
		if v.Closed.IsZero() && x.Stage == "" {
			x.Stage = v.Stage
		}
	}
	for _, e := range s.Events {
		x.Events = append(x.Events, CaseEvent{e.Seq, e.At, e.Person.ID, e.Person.Role, e.Person.Org, e.Act.Do, e.Act.Visit, e.Act.To, e.Act.Note, e.Form, rawVerdict(e.Verdict)})
	}
	return x
}

// shownForm is a form as somebody with some classes sees it.
func shownForm(m *pack.MatterType, f matter.Form, classes []pack.Class) matter.Form {
	shown := matter.Form{Values: map[string]string{}, Rows: map[string][]map[string]string{}, Files: f.Files}
	value := func(x *pack.Field, v string) (string, bool) {
		switch class := x.Attr.Class; {
		case class != "" && !slices.Contains(classes, class):
			return "", false
		case class == pack.Private || class == pack.Identity || x.Attr.Personal:
			return figure.Mask(v), true
		}
		return v, true
	}
	for id, v := range f.Values {
		if x := m.Form.Field(id); x != nil {
			if text, seen := value(x, v); seen {
				shown.Values[id] = text
			}
		}
	}
	for id, rows := range f.Rows {
		x := m.Form.Field(id)
		if x == nil || x.Rows == nil {
			continue
		}
		for _, row := range rows {
			own := map[string]string{}
			for _, y := range x.Rows.Fields {
				if v, given := row[y.ID]; given {
					if text, seen := value(y, v); seen {
						own[y.ID] = text
					}
				}
			}
			shown.Rows[id] = append(shown.Rows[id], own)
		}
	}
	return shown
}

// CaseLine is a case in a list.
type CaseLine struct {
	Case    int64    `json:"case"`
	Matter  string   `json:"matter"`
	Subject int64    `json:"subject"`
	Code    string   `json:"code,omitempty"`
	Name    string   `json:"name,omitempty"`
	Stages  []string `json:"stages"`
	End     string   `json:"end,omitempty"`
	Due     string   `json:"due"`
	Known   bool     `json:"known"`
}

// CaseList is a page of cases.
type CaseList struct {
	Cases []CaseLine `json:"cases"`
	Next  int64      `json:"next,omitempty"` // --after for the next page; absent on the last one
}
