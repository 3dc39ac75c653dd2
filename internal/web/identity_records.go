package web

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/registry"
)

// recordsView is which records count for a subject and why, and what people joined and moved.
type recordsView struct {
	subjectHead
	Subject   int64
	Lines     []linkedLine
	Merges    []mergeRow
	Moves     []moveLine
	Questions []linkRow
	Find      string // what is looked for, to merge with
	Found     []foundSubject
	Saw       []Field // the subjects that may be merged, as they are shown
	Done      string  // what was done just now, as the catalog has it
}

// linkedLine is one record of the subject.
type linkedLine struct {
	Source   source
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
	registry.Ref
	URL string
}

// recordsDone are the messages of what was done just now.
var recordsDone = map[string]bool{"merged": true, "unmerged": true, "moved": true, "unmoved": true}

func (s *Server) showRecords(w http.ResponseWriter, r *http.Request) error {
	p, reg, wr, err := s.identityOf(r)
	if err != nil {
		return err
	}
	ask, ctx := s.ask(r), r.Context()
	if root, err := s.Registry.Root(ctx, p.Subject); err != nil {
		return err
	} else if root != p.Subject {
		http.Redirect(w, r, ask.Link(identityPath(root), "done", r.URL.Query().Get("done")), http.StatusSeeOther)
		return nil
	}
	v := &recordsView{subjectHead: s.subjectHead(ask, p, reg), Subject: p.Subject, Find: strings.TrimSpace(r.URL.Query().Get("find"))}
	if done := r.URL.Query().Get("done"); recordsDone[done] {
		v.Done = done
	}
	records, err := s.Registry.LinkedRecords(ctx, p.Subject)
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
	merges, err := s.Registry.MergesOf(ctx, p.Subject)
	if err != nil {
		return err
	}
	for i := range merges {
		row := s.mergeRow(ask, wr, &merges[i])
		row.Carry = []Field{{"subject", strconv.FormatInt(p.Subject, 10)}}
		v.Merges = append(v.Merges, row)
	}
	moves, err := s.Registry.Moves(ctx, p.Subject)
	if err != nil {
		return err
	}
	for i := range moves {
		v.Moves = append(v.Moves, s.moveLine(ask, wr, reg.ID, &moves[i]))
	}
	questions, err := s.Registry.QuestionsOf(ctx, p.Subject)
	if err != nil {
		return err
	}
	for _, q := range questions {
		row := linkRow{ID: q.ID, URL: ask.Link("/links", "q", strconv.FormatInt(q.ID, 10), "register", reg.ID), Codes: [2]string{q.Subject.Code, q.Candidate.Code}, Weight: bitsText(q.Weight), State: wr.text("links.state." + string(q.State))}
		row.Left, row.Right = differences(q.Subject.Name, q.Candidate.Name)
		v.Questions = append(v.Questions, row)
	}
	if v.Found, err = s.findOthers(ctx, ask, reg.ID, v.Find, p.Subject); err != nil {
		return err
	}
	if v.Saw, err = s.sawSubjects(ctx, p, v.Found); err != nil {
		return err
	}
	return s.render(w, r, "linkedrecords", v)
}

func (s *Server) linkedLine(ctx context.Context, ask *Ask, w writer, register string, l *registry.LinkedRecord) (linkedLine, error) {
	number := strconv.FormatInt(l.Record, 10)
	line := linkedLine{Source: sourceOf(ask, w, l.Source), URL: ask.Link("/records/" + number), How: w.how(l.How), Evidence: l.Evidence}
	if l.Source.File != "" {
		line.Source.Cell = w.text("enterprise.row", "row", l.Source.Row)
	}
	if l.Origin != 0 {
		p, err := s.Registry.ProfileAt(ctx, l.Origin, registry.Moment{})
		if err != nil {
			return line, err
		}
		line.From, line.FromURL = p.Name, ask.Link(s.subjectPath(register, "", l.Origin))
	}
	if l.Undone.IsZero() {
		line.Move = ask.Link("/records/" + number + "/move")
	} else {
		line.Undone = s.when(l.Undone)
	}
	return line, nil
}

func (s *Server) moveLine(ask *Ask, w writer, register string, m *registry.Move) moveLine {
	line := moveLine{ID: m.ID, RecordNumber: m.Record, Record: ask.Link("/records/" + strconv.FormatInt(m.Record, 10)), From: m.From.Name, Into: m.Into.Name, When: s.when(m.At), Who: w.actor(m.Actor), Reason: m.Reason,
		FromURL: ask.Link(s.subjectPath(register, "", m.From.Subject)), IntoURL: ask.Link(s.subjectPath(register, "", m.Into.Subject)), UndoURL: ask.Link("/moves/" + strconv.FormatInt(m.ID, 10) + "/undo")}
	if !m.UndoneAt.IsZero() {
		line.Undone = s.when(m.UndoneAt) + " " + w.actor(m.UndoneBy)
	}
	return line
}

// findOthers finds subjects of a register by code or name, but for one.
func (s *Server) findOthers(ctx context.Context, ask *Ask, register, text string, but int64) (list []foundSubject, err error) {
	if text == "" {
		return nil, nil
	}
	refs, err := s.Registry.FindIn(ctx, register, text)
	for _, ref := range refs {
		if ref.Subject != but {
			list = append(list, foundSubject{ref, ask.Link(s.subjectPath(register, ref.Code, ref.Subject))})
		}
	}
	return list, err
}

// sawSubjects marks a subject and those with which it may be merged.
func (s *Server) sawSubjects(ctx context.Context, p *registry.Profile, others []foundSubject) ([]Field, error) {
	saw := []Field{sawID(registry.SawSubject(p.Subject), p.Change)}
	for _, o := range others {
		other, err := s.Registry.Profile(ctx, o.Subject)
		if err != nil {
			return nil, err
		}
		saw = append(saw, sawID(registry.SawSubject(o.Subject), other.Change))
	}
	return saw, nil
}

// mergeSubjects merges another subject, which the form names, with this one.
func (s *Server) mergeSubjects(w http.ResponseWriter, r *http.Request) error {
	p, _, _, err := s.identityOf(r)
	if err != nil {
		return err
	}
	other, err := strconv.ParseInt(r.PostForm.Get("other"), 10, 64)
	if err != nil {
		return fault.New(fault.Invalid, "请先查找并选择要合并的主体。", "Find and choose the subject to merge with first.")
	}
	err = s.upon(r, func(ctx context.Context) error {
		_, err := s.Registry.Merge(ctx, operator, other, p.Subject, strings.TrimSpace(r.PostForm.Get("reason")))
		return err
	}, registry.SawSubject(p.Subject), registry.SawSubject(other))
	if err != nil {
		return err
	}
	http.Redirect(w, r, s.ask(r).Link(identityPath(p.Subject), "done", "merged"), http.StatusSeeOther)
	return nil
}
