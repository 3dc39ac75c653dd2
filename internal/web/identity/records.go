package identity

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
	"eyas/internal/registry/profile"
	"eyas/internal/registry/sight"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
	"eyas/internal/web/origin"
	"eyas/internal/web/words"
)

// recordsView is which records count for a subject and why, and what people joined and moved.
type recordsView struct {
	frame.Crumbs
	Subject   int64
	Lines     []linkedLine
	Merges    []mergeRow
	Moves     []moveLine
	Questions []linkRow
	Find      string // what is looked for, to merge with
	Found     []foundSubject
	Saw       []address.Field // the subjects that may be merged, as they are shown
	Done      string          // what was done just now, as the catalog has it
}

// linkRow is a pair that the subject is one of.
type linkRow struct {
	URL         string
	Left, Right []words.Part
	Codes       [2]string
	Weight      string
	State       string
}

// linkedLine is one record of the subject.
type linkedLine struct {
	Source   origin.Source
	URL      string
	How      string
	Evidence string
	From     string // the subject that the row names, which was merged into this one
	FromURL  string
	Undone   string
	Move     string // address of the form that moves it; empty when its import was taken back
}

type moveLine struct {
	ID           int64
	Record       string
	RecordNumber int64
	From, Into   string
	FromURL      string
	IntoURL      string
	When, Who    string
	Reason       string
	Undone       string
	UndoURL      string
}

// foundSubject is somebody to merge with, or to move a record to.
type foundSubject struct {
	fact.Ref
	URL string
}

// recordsDone are the messages of what was done just now.
var recordsDone = map[string]bool{"unmerged": true, "unmoved": true}

func (s *room) showRecords(w http.ResponseWriter, r *http.Request) error {
	p, reg, wr, err := s.SubjectOf(r, s.Known)
	if err != nil {
		return err
	}
	ask, ctx := s.Ask(r), r.Context()
	if root, err := s.Known.Root(ctx, p.Subject); err != nil {
		return err
	} else if root != p.Subject {
		http.Redirect(w, r, ask.Link(address.RecordsPath(root), "done", r.URL.Query().Get("done"), "saved", r.URL.Query().Get("saved"), "again", r.URL.Query().Get("again")), http.StatusSeeOther)
		return nil
	}
	v := &recordsView{Crumbs: s.Crumbs(ask, p, reg), Subject: p.Subject, Find: strings.TrimSpace(r.URL.Query().Get("find"))}
	if done := r.URL.Query().Get("done"); recordsDone[done] {
		v.Done = done
	}
	records, err := s.Known.LinkedRecords(ctx, p.Subject)
	if err != nil {
		return err
	}
	for i := range records {
		line, err := s.linkedLine(ctx, ask, wr, reg.ID, &records[i])
		if err != nil {
			return err
		}
		v.Lines = append(v.Lines, line)
	}
	merges, err := s.Identities.MergesOf(ctx, p.Subject)
	if err != nil {
		return err
	}
	for i := range merges {
		row := s.mergeRow(ask, wr, &merges[i], s.May(ctx, auth.Link))
		row.Carry = []address.Field{{Name: "subject", Value: strconv.FormatInt(p.Subject, 10)}}
		v.Merges = append(v.Merges, row)
	}
	moves, err := s.Identities.Moves(ctx, p.Subject)
	if err != nil {
		return err
	}
	for i := range moves {
		v.Moves = append(v.Moves, s.moveLine(ask, wr, reg.ID, &moves[i], s.May(ctx, auth.Link)))
	}
	questions, err := s.Identities.QuestionsOf(ctx, p.Subject)
	if err != nil {
		return err
	}
	for _, q := range questions {
		row := linkRow{URL: ask.Link("/links", "q", strconv.FormatInt(q.ID, 10), "register", reg.ID), Codes: [2]string{q.Subject.Code, q.Candidate.Code}, Weight: bitsText(q.Weight), State: wr.Text("links.state." + string(q.State))}
		row.Left, row.Right = words.Differences(q.Subject.Name, q.Candidate.Name)
		v.Questions = append(v.Questions, row)
	}
	if v.Found, err = s.findOthers(ctx, ask, reg.ID, v.Find, p.Subject); err != nil {
		return err
	}
	if v.Saw, err = s.sawSubjects(ctx, p, v.Found); err != nil {
		return err
	}
	return s.Render(w, r, "linkedrecords", v)
}

func (s *room) linkedLine(ctx context.Context, ask *address.Ask, w words.Writer, register string, l *profile.LinkedRecord) (linkedLine, error) {
	number := strconv.FormatInt(l.Record, 10)
	line := linkedLine{Source: origin.Of(ask, w, l.Source), URL: ask.Link("/records/" + number), How: w.How(l.How), Evidence: l.Evidence}
	if l.Source.File != "" {
		line.Source.Cell = w.Text("enterprise.row", "row", l.Source.Row)
	}
	if l.RowSubject != 0 {
		p, err := s.Known.ProfileAt(ctx, l.RowSubject, fact.Moment{})
		if err != nil {
			return line, err
		}
		line.From, line.FromURL = p.Name, ask.Link(s.SubjectPath(register, "", l.RowSubject))
	}
	if l.Undone.IsZero() && s.May(ctx, auth.Link) {
		line.Move = ask.Link("/records/" + number + "/move")
	} else if !l.Undone.IsZero() {
		line.Undone = s.When(l.Undone)
	}
	return line, nil
}

// moveLine writes a move; links says that the reader may take it back.
func (s *room) moveLine(ask *address.Ask, w words.Writer, register string, m *identity.Move, links bool) moveLine {
	line := moveLine{ID: m.ID, RecordNumber: m.Record, Record: ask.Link("/records/" + strconv.FormatInt(m.Record, 10)), From: m.From.Name, Into: m.Into.Name, When: s.When(m.At), Who: w.Actor(m.Actor), Reason: m.Reason,
		FromURL: ask.Link(s.SubjectPath(register, "", m.From.Subject)), IntoURL: ask.Link(s.SubjectPath(register, "", m.Into.Subject))}
	if links {
		line.UndoURL = ask.Link("/moves/" + strconv.FormatInt(m.ID, 10) + "/undo")
	}
	if !m.UndoneAt.IsZero() {
		line.Undone = s.When(m.UndoneAt) + " " + w.Actor(m.UndoneBy)
	}
	return line
}

// findOthers finds subjects of a register by code or name, but for one.
func (s *room) findOthers(ctx context.Context, ask *address.Ask, register, text string, but int64) (list []foundSubject, err error) {
	if text == "" {
		return nil, nil
	}
	refs, err := s.Known.FindIn(ctx, register, text)
	for _, ref := range refs {
		if ref.Subject != but {
			list = append(list, foundSubject{ref, ask.Link(s.SubjectPath(register, ref.Code, ref.Subject))})
		}
	}
	return list, err
}

// sawSubjects marks a subject and those with which it may be merged.
func (s *room) sawSubjects(ctx context.Context, p *fact.Profile, others []foundSubject) ([]address.Field, error) {
	saw := []address.Field{frame.SawID(sight.SawSubject(p.Subject), p.Change)}
	for _, o := range others {
		other, err := s.Known.Profile(ctx, o.Subject)
		if err != nil {
			return nil, err
		}
		saw = append(saw, frame.SawID(sight.SawSubject(o.Subject), other.Change))
	}
	return saw, nil
}

// mergeSubjects merges another subject, which the form names, with this one.
func (s *room) mergeSubjects(w http.ResponseWriter, r *http.Request) error {
	p, _, _, err := s.SubjectOf(r, s.Known)
	if err != nil {
		return err
	}
	other, err := strconv.ParseInt(r.PostForm.Get("other"), 10, 64)
	if err != nil {
		return fault.New(fault.Invalid, "请先查找并选择要合并的主体。", "Find and choose the subject to merge with first.")
	}
	var id int64
	err = s.Upon(r, func(ctx context.Context) (err error) {
		id, err = s.Joins.Merge(ctx, other, p.Subject, strings.TrimSpace(r.PostForm.Get("reason")))
		return err
	}, sight.SawSubject(p.Subject), sight.SawSubject(other))
	if err != nil {
		return err
	}
	http.Redirect(w, r, s.Ask(r).Link(address.RecordsPath(p.Subject), writePair(mergeKind, id, p.Subject)...), http.StatusSeeOther)
	return nil
}
