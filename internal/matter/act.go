package matter

import (
	"fmt"
	"slices"

	"eyas/internal/fault"
	"eyas/internal/pack"
)

// The acts.
const (
	ActNew        = "new"        // begin a case
	ActSave       = "save"       // keep the form as it is; fields may be missing
	ActPass       = "pass"       // file the form, accept, agree, decide for, issue
	ActRefuse     = "refuse"     //
	ActReturn     = "return"     // 退回: To is applicant, previous or a stage
	ActSupplement = "supplement" // 补正: ask the applicant for more; the clock is stopped
	ActSupply     = "supply"     // give what was asked for
	ActFulfil     = "fulfil"     // give a paper that was promised
	ActWithdraw   = "withdraw"   // 撤回, by the applicant
	ActTransfer   = "transfer"   // 转办: To is a person
	ActDelegate   = "delegate"   // 委派: To is a person, whose answer brings it back
	ActAnswer     = "answer"     // answer what was delegated
	ActAdd        = "add"        // 加签: To is a person who must agree, too, or gives points
	ActRemove     = "remove"     // 减签: To is a person who was added
	ActScore      = "score"      // give points
	ActSuspend    = "suspend"    // 挂起: all clocks stand
	ActResume     = "resume"     //
	ActVoid       = "void"       // 作废, by the clerk
	ActRevoke     = "revoke"     // 撤销证书, by the clerk; To is its number when there are several, On the day from which it does not hold
	ActUrge       = "urge"       // 催办
	ActCopy       = "copy"       // 抄送: To is a person
	ActReport     = "report"     // say what another system says
	ActObject     = "object"     // object to what is in public notice
	ActSettle     = "settle"     // answer an objection
	ActWarn       = "warn"       // of the clock: the time is nearly over
	ActLate       = "late"       // of the clock: the time is over
	ActLapse      = "lapse"      // of the clock: it ends the visit as the matter says
	ActBreak      = "break"      // of the clock: a promise was not kept
	ActVacant     = "vacant"     // of the clock: nobody is there any more who could act
)

// Act is what somebody wants to do.
type Act struct {
	Do      string             `json:"do"`
	Visit   int                `json:"visit,omitempty"` // 0: the only one in which the person may do it
	To      string             `json:"to,omitempty"`
	Note    string             `json:"note,omitempty"`
	Form    *Form              `json:"form,omitempty"`    // new, save, supply and pass of the applicant: replaces the values that it names; an empty one goes
	Fields  map[string]string  `json:"fields,omitempty"`  // of the stage
	Remarks []Remark           `json:"remarks,omitempty"` // what is wrong with which field
	Points  map[string]float64 `json:"points,omitempty"`
	State   string             `json:"state,omitempty"` // report: code of outside_state
	On      Day                `json:"on,omitempty"`    // report: its day; revoke: the first day on which the certificate does not hold
	Promise []string           `json:"promise,omitempty"`
	Files   map[string][]File  `json:"files,omitempty"`     // fulfil: of promised attachments
	Object  int                `json:"objection,omitempty"` // settle: its number
	Upheld  bool               `json:"upheld,omitempty"`
	Key     string             `json:"key,omitempty"`  // made by the client: an act with the same key is done once
	Seen    int                `json:"seen,omitempty"` // number of the last event that the person has seen; 0: it is not checked
}

// Legal is something that a person may do now.
type Legal struct {
	Do    string   `json:"do"`
	Visit int      `json:"visit,omitempty"`
	Stage string   `json:"stage,omitempty"`
	To    []string `json:"to,omitempty"` // of a return: where it may go
}

// ofVisit are the acts that are done in a visit; ofCase those that are about the whole case.
var (
	ofVisit = []string{ActSave, ActPass, ActRefuse, ActReturn, ActSupplement, ActSupply, ActTransfer, ActDelegate, ActAnswer, ActAdd, ActRemove, ActScore, ActUrge, ActReport, ActObject, ActSettle}
	ofCase  = []string{ActFulfil, ActWithdraw, ActSuspend, ActResume, ActVoid, ActCopy, ActRevoke}
)

// Acts lists what a person may do in a case now. Whatever is not listed is refused by Decide.
func Acts(t *pack.MatterType, c *Case, p Person, today Day) (list []Legal) {
	for _, v := range c.Open() {
		for _, do := range ofVisit {
			if _, err := legal(t, c, p, do, v, today); err != nil {
				continue
			}
			l := Legal{Do: do, Visit: v.ID, Stage: v.Stage}
			if do == ActReturn {
				l.To = returns(t, c, v)
			}
			list = append(list, l)
		}
	}
	for _, do := range ofCase {
		if _, err := legal(t, c, p, do, nil, today); err == nil {
			list = append(list, Legal{Do: do})
		}
	}
	return list
}

func conflict(zh, en string, args ...any) error { return sentence(fault.Conflict, zh, en, args) }

func forbidden(zh, en string, args ...any) error { return sentence(fault.Forbidden, zh, en, args) }

func invalid(zh, en string, args ...any) error { return sentence(fault.Invalid, zh, en, args) }

// sentence is a fault. An argument that is a pack.Text stands in its language.
func sentence(code fault.Code, zh, en string, args []any) error {
	in := func(lang string) []any {
		list := slices.Clone(args)
		for i, a := range list {
			if t, ok := a.(pack.Text); ok {
				list[i] = t.In(lang)
			}
		}
		return list
	}
	return fault.New(code, fmt.Sprintf(zh, in("zh-CN")...), fmt.Sprintf(en, in("en")...))
}

// legal says whether a person may do something now, and in which seat; the error is a sentence that says why not. v is nil for what is
// about the whole case.
func legal(t *pack.MatterType, c *Case, p Person, do string, v *Visit, today Day) (*Seat, error) {
	if do == ActRevoke {
		return nil, legalRevoke(t, c, p)
	}
	if c.End != "" {
		return nil, conflict("办件已经办结（%s），不能再办理。", "the case has ended (%s): nothing can be done to it", t.End(c.End).Name)
	}
	if c.Suspended != nil && do != ActResume && do != ActVoid && do != ActCopy && do != ActUrge {
		return nil, conflict("办件已挂起（%s 起），恢复后才能办理。", "the case is suspended since %s: it must be resumed first", c.Suspended.On)
	}
	if v == nil {
		return nil, legalCase(t, c, p, do)
	}
	if !v.Closed.IsZero() {
		return nil, conflict("这个环节已经办完。", "this stage is done")
	}
	s := t.Stage(v.Stage)
	switch do {
	case ActUrge:
		return nil, legalUrge(t, c, p, v, today)
	case ActObject:
		if s.Kind != pack.StagePublic {
			return nil, conflict("只有公示期间可以提出异议。", "objections are made during a public notice only")
		}
		return nil, nil
	case ActSupply:
		if v.asked() == nil {
			return nil, conflict("没有要补正的。", "nothing was asked for")
		}
		return taken(t, c, p, v, SeatSupply)
	case ActAnswer:
		return taken(t, c, p, v, SeatDelegated)
	}
	seat, err := taken(t, c, p, v, SeatMain, SeatClerk, SeatAdded)
	if err != nil {
		if do != ActTransfer || !matches(p, seatOf(c, t.Clerk)) {
			return nil, err
		}
		if seat = standing(v); seat == nil { // the clerk hands over what others have
			return nil, err
		}
	}
	return seat, legalSeat(t, c, do, v, s, seat, today)
}

// legalSeat says whether who holds a seat may do something.
func legalSeat(t *pack.MatterType, c *Case, do string, v *Visit, s *pack.Stage, seat *Seat, today Day) error {
	asked, added := v.asked(), slices.ContainsFunc(v.Seats, func(x *Seat) bool { return x.Kind == SeatAdded && x.State != SeatDone && x.State != SeatGone })
	own := s.Kind == pack.StageApply
	scored := s.Review != nil
	if asked != nil && do != ActSave && do != ActRemove && !((do == ActRefuse || do == ActReturn) && today > asked.Due) {
		return conflict("已要求申请人补正（%s 前），等补正后再办；逾期未补正的可以退回或不予通过。", "the applicant was asked for more until %s; it can be returned or refused only when that day is over", asked.Due)
	}
	refuse := conflict("“%s”环节不能这样办。", "that cannot be done in the stage %s", s.Name)
	switch do {
	case ActSave:
		if !own {
			return refuse
		}
	case ActPass:
		switch {
		case s.Kind == pack.StagePublic || s.Kind == pack.StageExpiry:
			return conflict("“%s”环节期满由时钟结束。", "the clock ends the stage %s", s.Name)
		case s.Kind == pack.StageOutside:
			return conflict("“%s”环节按外部系统的结果推进，请登记结果（report）。", "the stage %s is moved by what the other system says: report it", s.Name)
		case scored && seat.Kind == SeatAdded:
			return conflict("评审人请打分（score）。", "reviewers give points (score)")
		case scored && (added || v.Sheets() < s.Review.Quorum):
			return conflict("还有评审人没有打分，或评分不足 %d 份。", "a reviewer has given no points yet, or there are fewer than %d score sheets", s.Review.Quorum)
		}
	case ActRefuse:
		if own || scored || !s.Offers(pack.OutcomeRefuse) || s.Kind == pack.StageOutside || s.Kind == pack.StagePublic || s.Kind == pack.StageExpiry {
			return refuse
		}
	case ActReturn:
		if s.Return == nil || seat.Kind == SeatAdded || len(returns(t, c, v)) == 0 {
			return refuse
		}
	case ActSupplement:
		if s.Supplement == nil || seat.Kind == SeatAdded || v.Clock.Stands() {
			return refuse
		}
	case ActScore:
		if !scored || seat.Kind != SeatAdded {
			return refuse
		}
	case ActReport:
		if s.Outside == nil {
			return refuse
		}
	case ActSettle:
		if s.Kind != pack.StagePublic || !slices.ContainsFunc(c.Objections, func(o Objection) bool { return o.Visit == v.ID && o.Settled == "" }) {
			return conflict("没有待处理的异议。", "no objection waits for an answer")
		}
	case ActTransfer, ActDelegate:
		if own || seat.Subject != 0 || seat.Kind == SeatAdded && do == ActDelegate {
			return refuse
		}
	case ActAdd:
		if own || seat.Subject != 0 || seat.Kind == SeatAdded || s.Kind == pack.StagePublic || s.Kind == pack.StageExpiry || s.Kind == pack.StageOutside {
			return refuse
		}
	case ActRemove:
		if seat.Kind == SeatAdded || !added {
			return conflict("没有加签待办的人。", "nobody was added who has not acted yet")
		}
	}
	return nil
}

// legalCase says whether a person may do what is about the whole case.
func legalCase(t *pack.MatterType, c *Case, p Person, do string) error {
	clerk := matches(p, seatOf(c, t.Clerk))
	handler := slices.ContainsFunc(c.Open(), func(v *Visit) bool {
		_, err := taken(t, c, p, v, SeatMain, SeatClerk)
		return err == nil && t.Stage(v.Stage).Kind != pack.StageApply
	})
	switch do {
	case ActVoid:
		if !clerk {
			return forbidden("只有%s能作废办件，你没有权限。", "only %s declares a case void; you lack the right", t.Clerk.Role)
		}
	case ActSuspend, ActResume:
		if (c.Suspended != nil) == (do == ActSuspend) {
			return conflict("办件现在%s。", "the case is %s", stood(c))
		}
		if !clerk && !handler {
			return forbidden("你不是现在的办理人，没有权限挂起或恢复。", "you are not who handles it now, and lack the right to suspend or resume it")
		}
	case ActCopy:
		if !clerk && !handler {
			return forbidden("你不是现在的办理人，没有权限抄送。", "you are not who handles it now, and lack the right to send copies")
		}
	case ActWithdraw, ActFulfil:
		if !applies(t, c, p) {
			return forbidden("这件事由申请人办，你没有权限。", "the applicant does that; you lack the right")
		}
		if do == ActFulfil {
			if !slices.ContainsFunc(c.Promises, func(x Promise) bool { return x.Kept == "" }) {
				return conflict("没有承诺后补的材料。", "no paper was promised")
			}
			return nil
		}
		for _, v := range c.Open() {
			if !slices.Contains(t.Withdraw, v.Stage) {
				return conflict("“%s”环节不能撤回。", "it cannot be withdrawn in the stage %s", t.Stage(v.Stage).Name)
			}
		}
	default:
		return conflict("没有 %q 这种办理。", "there is no act %q", do)
	}
	return nil
}

// stood says whether a case is suspended.
func stood(c *Case) pack.Text {
	if c.Suspended != nil {
		return pack.Text{ZH: "已经挂起", EN: "suspended already"}
	}
	return pack.Text{ZH: "没有挂起", EN: "not suspended"}
}

// legalUrge: the applicant, the clerk and who handles another branch may urge once a day.
func legalUrge(t *pack.MatterType, c *Case, p Person, v *Visit, today Day) error {
	if t.Stage(v.Stage).Kind == pack.StageApply || !applies(t, c, p) && !matches(p, seatOf(c, t.Clerk)) {
		return forbidden("只有申请人和管理员可以催办，你没有权限。", "only the applicant and the clerk urge; you lack the right")
	}
	if slices.ContainsFunc(v.Urged, func(u Urge) bool { return u.By == p.ID && u.On == today }) {
		return conflict("今天已经催办过。", "you have urged today already")
	}
	return nil
}

// applies reports whether a person acts for the applicant.
func applies(t *pack.MatterType, c *Case, p Person) bool {
	return slices.ContainsFunc(t.Stages[0].Who, func(w pack.Who) bool { return matches(p, seatOf(c, w)) })
}

// seatOf is the seat of a role in a case.
func seatOf(c *Case, w pack.Who) *Seat {
	s := &Seat{Kind: SeatMain, Role: w.Role, State: SeatOpen}
	if w.Of == pack.OfOwn {
		s.Subject = c.Subject
	} else {
		s.Org = c.Orgs[w.Of]
	}
	return s
}

// matches reports whether a seat is of a person. The seat of an organisation that the case has not is of nobody.
func matches(p Person, s *Seat) bool {
	switch {
	case p.All:
		return true
	case p.ID == TheClock || p.ID == "":
		return false
	case s.Person != "":
		return s.Person == p.ID
	case s.Role == "" || p.Role != s.Role:
		return false
	case s.Subject != 0:
		return p.Subject == s.Subject
	}
	return s.Org != "" && p.Org == s.Org
}

// taken finds the open seat of some kinds in which a person may act: one of his own before one of his role.
func taken(t *pack.MatterType, c *Case, p Person, v *Visit, kinds ...string) (*Seat, error) {
	var found *Seat
	for _, s := range v.Seats {
		if s.State == SeatOpen && slices.Contains(kinds, s.Kind) && matches(p, s) && (found == nil || found.Person == "" && s.Person != "") {
			found = s
		}
	}
	if found == nil {
		return nil, forbidden("你不是“%s”环节现在的办理人，没有权限办理。", "you are not who acts in the stage %s now, and lack the right", t.Stage(v.Stage).Name)
	}
	if why := excluded(t, c, p.ID, v, found); why != "" && !p.All {
		if why == "own" {
			return nil, forbidden("你代表申请人办过这件事，不能办理“%s”，没有权限。", "you acted for the applicant in this case and lack the right to act in the stage %s", t.Stage(v.Stage).Name)
		}
		return nil, forbidden("你办过前面的环节，按规定不能再办“%s”，没有权限。", "you acted in an earlier stage that must be apart, and lack the right to act in the stage %s", t.Stage(v.Stage).Name)
	}
	return found, nil
}

// standing is the first seat of a visit by the matter that nobody has acted in; nil when there is none.
func standing(v *Visit) *Seat {
	for _, s := range v.Seats {
		if s.Kind == SeatMain && (s.State == SeatOpen || s.State == SeatWaiting) {
			return s
		}
	}
	return nil
}

// excluded says why a person may not take a seat, whatever role he holds: it is his own case, or he acted in a stage that is apart.
func excluded(t *pack.MatterType, c *Case, person string, v *Visit, seat *Seat) string {
	if seat.Subject != 0 || seat.Kind == SeatSupply {
		return ""
	}
	if slices.Contains(c.Applicants, person) {
		return "own"
	}
	for _, id := range t.Stage(v.Stage).Apart {
		for _, o := range c.Visits {
			if o.Stage == id && (o.By == person && o.Outcome != OutcomeCancelled || slices.ContainsFunc(o.Seats, func(s *Seat) bool { return s.By == person })) {
				return "apart"
			}
		}
	}
	return ""
}

// text2 is a sentence in both languages with the same arguments.
func text2(zh, en string, args ...any) pack.Text {
	return pack.Text{ZH: fmt.Sprintf(zh, args...), EN: fmt.Sprintf(en, args...)}
}

// rowField names a field of a row, counted from 1.
func rowField(field string, row int, column string) string {
	return fmt.Sprintf("%s[%d].%s", field, row+1, column)
}
