package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"

	"eyas/internal/answer"
	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/matter"
	"eyas/internal/matter/desk"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/sight"
	"eyas/internal/web/address"
)

// casesRoom answers about cases.
type casesRoom struct{ *room }

// CasePage is a page of cases, by their numbers; of those that wait, what is due first comes first.
type CasePage struct {
	Items []answer.CaseLine `json:"items"`
	Next  *string           `json:"next"` // cursor of the next page; null: this is the last
}

// CaseNew begins a case.
type CaseNew struct {
	Matter  string         `json:"matter"`
	Subject int64          `json:"subject"`
	Form    map[string]any `json:"form,omitempty"` // as the matter's fields and attachments say; what the register knows is filled in
}

// CaseAct is done in a case. The fields that an action needs are in may of the case, and in docs/matters.md.
type CaseAct struct {
	Do        string                   `json:"do"`
	Visit     int                      `json:"visit,omitempty"` // of which stage; not needed when there is only one
	Note      string                   `json:"note,omitempty"`
	To        string                   `json:"to,omitempty"`
	Form      map[string]any           `json:"form,omitempty"`
	Fields    map[string]string        `json:"fields,omitempty"`
	Remarks   []matter.Remark          `json:"remarks,omitempty"`
	Points    map[string]float64       `json:"points,omitempty"`
	State     string                   `json:"state,omitempty"`
	On        string                   `json:"on,omitempty"` // a day
	Promise   []string                 `json:"promise,omitempty"`
	Files     map[string][]matter.File `json:"files,omitempty"`
	Objection int                      `json:"objection,omitempty"`
	Upheld    bool                     `json:"upheld,omitempty"`
}

// CaseDone is what came of an act, or would.
type CaseDone struct {
	DryRun bool `json:"dry_run"`
	answer.CaseDone
}

func errNoCase() error {
	return fault.New(fault.NotFound, "没有这个办件，或不在令牌的范围之内。", "There is no such case, or it is outside of the token's scope.")
}

// caseID reads the number of a case.
func (s casesRoom) caseID(r *http.Request) (int64, error) {
	id, bad := readID(r.PathValue("case"))
	if bad || s.Cases == nil {
		return 0, errNoCase()
	}
	return id, nil
}

// callCases lists cases, as eyas case list --json does.
func (s casesRoom) callCases(r *http.Request) (*answered, error) {
	if s.Cases == nil {
		return nil, errNoCall()
	}
	at, limit, err := readPage(r)
	if err != nil {
		return nil, err
	}
	q := r.URL.Query()
	mine, err := readBool(r, "mine")
	if err != nil {
		return nil, err
	}
	out := CasePage{Items: []answer.CaseLine{}}
	if mine {
		for _, name := range []string{"matter", "stage", "org", "subject", "cursor"} {
			if q.Has(name) {
				return nil, address.Mistake(fault.New(fault.Invalid, "mine=true 不与 "+name+" 同用：它给出等你办的，先到期的在前。", "mine=true does not go with "+name+": it gives what waits for you, what is due first before the rest."), name)
			}
		}
		list, err := s.Cases.Inbox(r.Context(), limit)
		if err != nil {
			return nil, err
		}
		for _, w := range list {
			out.Items = append(out.Items, answer.CaseLine{Case: w.Case, Matter: w.Matter, Subject: w.Subject, Stages: []string{w.Stage}, Due: string(w.Due), Known: true})
		}
		s.nameCases(r, out.Items)
		return &answered{value: out}, nil
	}
	w := desk.Wanted{Matter: q.Get("matter"), Stage: q.Get("stage"), Org: q.Get("org"), Limit: limit + 1}
	if w.Stage != "" && w.Matter == "" {
		return nil, address.Mistake(fault.New(fault.Invalid, "stage 要和 matter 同用。", "stage goes with matter."), "stage")
	}
	if text := q.Get("subject"); text != "" {
		id, bad := readID(text)
		if bad {
			return nil, address.UnknownFilter("subject", text)
		}
		w.Subject = id
	}
	if at != nil {
		w.After = at.ID
	}
	list, err := s.Cases.List(r.Context(), w)
	if err != nil {
		return nil, err
	}
	if len(list) > limit {
		list = list[:limit]
		out.Next = (&cursor{ID: list[limit-1].ID}).text(r)
	}
	for _, l := range list {
		out.Items = append(out.Items, answer.CaseLine{Case: l.ID, Matter: l.Matter, Subject: l.Subject, Stages: append([]string{}, l.Stages...), End: l.End, Due: string(l.Due), Known: l.DueKnown})
	}
	s.nameCases(r, out.Items)
	return &answered{value: out}, nil
}

// nameCases writes codes and names of the subjects that the token sees; of the others it sees the case only.
func (s casesRoom) nameCases(r *http.Request, list []answer.CaseLine) {
	names := map[int64]*fact.Profile{}
	for i := range list {
		x := &list[i]
		p, asked := names[x.Subject]
		if !asked {
			p = s.subjectOfCase(r, x.Matter, x.Subject)
			names[x.Subject] = p
		}
		if p != nil {
			x.Code, x.Name = p.Code, p.Name
		}
	}
}

func (s casesRoom) subjectOfCase(r *http.Request, matter string, subject int64) *fact.Profile {
	if s.Known == nil {
		return nil
	}
	p, err := s.Known.ProfileAt(auth.ForMatter(r.Context(), matter), subject, fact.Moment{})
	if err != nil {
		return nil
	}
	return p
}

// callCase gives a case with its record, as eyas case show --json does.
func (s casesRoom) callCase(r *http.Request) (*answered, error) {
	id, err := s.caseID(r)
	if err != nil {
		return nil, err
	}
	seen, err := s.Cases.Show(r.Context(), id)
	if err != nil {
		return nil, as(err, errNoCase())
	}
	x := answer.NewCase(seen, s.Actors.Classes(r.Context()))
	if p := s.subjectOfCase(r, x.Matter, x.Subject); p != nil {
		x.Code, x.Name = p.Code, p.Name
	}
	return &answered{value: x, etag: etagOf(strconv.Itoa(seen.Case.Seq))}, nil
}

// callBegin begins a case.
func (s casesRoom) callBegin(r *http.Request) (*answered, error) {
	if s.Cases == nil || s.Known == nil {
		return nil, errNoCall()
	}
	dry, key, err := readWrite(r)
	if err != nil {
		return nil, err
	}
	raw, err := readJSON(r)
	if err != nil {
		return nil, err
	}
	var sent struct {
		Matter  string          `json:"matter"`
		Subject int64           `json:"subject"`
		Form    json.RawMessage `json:"form"`
	}
	if err := only(raw, &sent); err != nil || sent.Matter == "" || sent.Subject < 1 {
		return nil, fault.New(fault.Invalid, `内容写成 {"matter": "hnte", "subject": 12, "form": {…}} 这样的 JSON，没有其他字段。`, `Send JSON like {"matter": "hnte", "subject": 12, "form": {…}}, without other fields.`).Wrap(err)
	}
	m := s.Pack.Matter(sent.Matter)
	if m == nil {
		return nil, fault.New(fault.NotFound, "城市包里没有这个事项。", "The pack has no such matter.")
	}
	var form *matter.Form
	if len(sent.Form) > 0 && string(sent.Form) != "null" {
		if form, err = desk.ReadForm(m, sent.Form); err != nil {
			return nil, err
		}
	}
	if _, err := s.Known.RegisterOf(auth.ForMatter(r.Context(), m.ID), sent.Subject); err != nil {
		return nil, as(err, errNoSubject())
	}
	return s.once(r, key, raw, nil, func(ctx context.Context, keep keeper) (*answered, error) {
		return s.acted(auth.ForMatter(ctx, m.ID), dry, keep, func(ctx context.Context) (*desk.Done, error) { return s.Cases.Begin(ctx, m.ID, sent.Subject, form, "") })
	})
}

// callAct does something in a case, upon the last event that the client saw.
func (s casesRoom) callAct(r *http.Request) (*answered, error) {
	id, err := s.caseID(r)
	if err != nil {
		return nil, err
	}
	seen, err := s.Cases.Show(r.Context(), id)
	if err != nil {
		return nil, as(err, errNoCase())
	}
	dry, key, err := readWrite(r)
	if err != nil {
		return nil, err
	}
	raw, err := readJSON(r)
	if err != nil {
		return nil, err
	}
	if repeats(raw) {
		return nil, errAct(nil)
	}
	act, err := desk.ReadAct(seen.Matter, raw)
	if err != nil {
		return nil, err
	}
	if act.Do == "" || act.Key != "" || act.Seen != 0 {
		return nil, errAct(nil)
	}
	return s.once(r, key, raw, nil, func(ctx context.Context, keep keeper) (*answered, error) {
		mark, err := readMatchOf(r, "/api/v1/cases/{case}")
		if err != nil {
			return nil, err
		}
		act.Seen, err = strconv.Atoi(mark)
		if err != nil || act.Seen < 1 {
			return nil, errStaleCase()
		}
		return s.acted(auth.ForMatter(ctx, seen.Matter.ID), dry, keep, func(ctx context.Context) (*desk.Done, error) {
			now, err := s.Cases.Show(ctx, id)
			if err != nil {
				return nil, as(err, errNoCase())
			}
			if now.Case.Seq != act.Seen {
				return nil, errStaleCase()
			}
			return s.Cases.Act(ctx, id, act)
		})
	})
}

func errAct(err error) error {
	return fault.New(fault.Invalid, `内容写成 {"do": "pass", "note": "…"} 这样的 JSON，每个字段一次；此刻能怎样办，见办件的 may。看到第几条记录由 If-Match 说，键由 Idempotency-Key 说。`,
		`Send JSON like {"do": "pass", "note": "…"}, each field once; what can be done now is in may of the case. If-Match says what you saw, Idempotency-Key has the key.`).Wrap(err)
}

func errStaleCase() error {
	return fault.New(fault.Stale, "办件在您读过之后已有变化，没有办理。请重新读取它和它的 ETag，看过再办。", "The case has changed since you read it, and nothing was done. Read it again with its ETag, and decide anew.")
}

// acted carries an act out and keeps its answer in one transaction, which a dry run takes back.
func (s casesRoom) acted(ctx context.Context, dry bool, keep keeper, do func(context.Context) (*desk.Done, error)) (*answered, error) {
	var out *answered
	err := s.Entries.Upon(ctx, sight.Seen{}, func(ctx context.Context) error {
		done, err := do(ctx)
		if err != nil {
			return err
		}
		x := CaseDone{DryRun: dry, CaseDone: answer.NewCaseDone(done)}
		out = &answered{value: x, etag: etagOf(strconv.Itoa(done.Case.Seq))}
		if dry {
			out.etag = ""
			return errTried
		}
		return keep(ctx, out)
	})
	if errors.Is(err, errTried) {
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// only reads JSON with the fields of a value, each once, and no others.
func only(raw []byte, to any) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(to); err != nil {
		return err
	}
	if _, err := dec.Token(); err != io.EOF || repeats(raw) {
		return errors.New("more than one value, or a field twice")
	}
	return nil
}

// caseCalls are the calls about cases.
func (s casesRoom) caseCalls() []*call {
	inCase := param{name: "case", in: "path", kind: "integer", says: pack.Text{ZH: "办件的编号", EN: "number of the case"}}
	return []*call{
		{id: "listCases", method: http.MethodGet, path: "/cases", action: auth.See, name: pack.Text{ZH: "列出办件", EN: "List the cases"},
			says:   pack.Text{ZH: "与 eyas case list --json 相同的行，按编号。mine=true 只列等我办的，先到期的在前，只有一页。", EN: "The lines of eyas case list --json, by number. mine=true gives what waits for you, what is due first before the rest, on one page."},
			params: []param{optional("matter", "string", "只要这个事项的", "of this matter only"), optional("stage", "string", "只要在这个环节、或以此结局办结的，与 matter 同用", "in this stage, or with this end, only; goes with matter"), optional("org", "string", "只要这个区、园区的", "of this district, zone or park only"), optional("subject", "integer", "只要这个主体的", "of this subject only"), optional("mine", "boolean", "只要等我办的", "only what waits for me"), withLimit, withCursor},
			gives:  CasePage{}, do: s.callCases},
		{id: "getCase", method: http.MethodGet, path: "/cases/{case}", action: auth.See, name: pack.Text{ZH: "一个办件和它的记录", EN: "A case with its record"},
			says:   pack.Text{ZH: "与 eyas case show --json 相同，个人信息已遮盖。may 是现在可以怎样办。带 ETag，办理时放在 If-Match 里。", EN: "As eyas case show --json says it, with personal data masked. may is what can be done now. It has an ETag, which an act sends in If-Match."},
			params: []param{inCase}, gives: answer.Case{}, etag: true, do: s.callCase},
		{id: "beginCase", method: http.MethodPost, path: "/cases", action: auth.File, name: pack.Text{ZH: "发起办件", EN: "Begin a case"},
			says: pack.Text{ZH: "成为草稿；missing 是还缺什么。填齐后用 pass 提交。", EN: "It is a draft; missing says what it lacks. File it with pass when nothing is."},
			body: CaseNew{}, gives: CaseDone{}, etag: true, write: true, do: s.callBegin},
		{id: "actInCase", method: http.MethodPost, path: "/cases/{case}/acts", action: auth.See, name: pack.Text{ZH: "办理", EN: "Act in a case"},
			says:   pack.Text{ZH: "申报人要能“申报事项”（file），机构的人要能“办理事项”（handle）。If-Match 放读到的 ETag：期间有人办过就不办（412）。", EN: "Applicants need the action file, people of organisations handle. If-Match has the ETag that was read: when somebody acted since, nothing is done (412)."},
			params: []param{inCase}, body: CaseAct{}, gives: CaseDone{}, etag: true, write: true, match: true, do: s.callAct},
	}
}
