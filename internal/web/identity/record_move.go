package identity

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/registry/sight"
	"eyas/internal/web/address"
	"eyas/internal/web/frame"
)

// moveView asks to whom a record is to be moved.
type moveView struct {
	Record  int64
	URL     string
	File    string
	Row     int
	Subject frame.Crumbs // whom it counts for now
	Cells   []recordCell
	Find    string
	Found   []foundSubject
	Own     bool          // it may become a subject of its own
	Saw     address.Field // whom the record counts for
}

// shownCells is how many filled cells remind of what the record says.
const shownCells = 6

func recordNumber(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return 0, fault.New(fault.NotFound, "没有编号为“"+r.PathValue("id")+"”的来源记录。", "There is no source record “"+r.PathValue("id")+"”.")
	}
	return id, nil
}

// askMove shows the record in short, and a search for the subject that it belongs to.
func (s *room) askMove(w http.ResponseWriter, r *http.Request) error {
	id, err := recordNumber(r)
	if err != nil {
		return err
	}
	ask, ctx := s.Ask(r), r.Context()
	rec, err := s.Known.Record(ctx, id)
	if err != nil {
		return err
	}
	reg := s.Pack.Register(rec.Import.Register)
	if rec.Subject == 0 || reg == nil {
		return fault.New(fault.Invalid, "这一行没有写入，不属于任何主体，不能移动。", "This row was refused and is nobody's: it cannot be moved.")
	}
	p, err := s.Known.Profile(ctx, rec.Subject)
	if err != nil {
		return err
	}
	v := &moveView{Record: id, Saw: frame.SawID(sight.SawRecord(id), rec.Subject), URL: ask.Link(fmt.Sprintf("/records/%d", id)), File: s.fileOf(rec), Row: rec.Row, Subject: s.Crumbs(ask, p, reg), Find: strings.TrimSpace(r.URL.Query().Get("find"))}
	for _, c := range s.recordCells(rec, "", nil) {
		if c.Text != "" && len(v.Cells) < shownCells {
			v.Cells = append(v.Cells, c)
		}
	}
	if v.Found, err = s.findOthers(ctx, ask, reg.ID, v.Find, rec.Subject); err != nil {
		return err
	}
	scope, err := s.Actors.Scope(ctx, "")
	if err != nil {
		return err
	}
	v.Own = scope.Whole()
	return s.Render(w, r, "move", v)
}

// moveRecord moves a record to the subject that the form names, 0 for one of its own.
func (s *room) moveRecord(w http.ResponseWriter, r *http.Request) error {
	id, err := recordNumber(r)
	if err != nil {
		return err
	}
	subject, err := strconv.ParseInt(r.PostForm.Get("subject"), 10, 64)
	if err != nil || subject < 0 {
		return fault.New(fault.Invalid, "请选择这条记录属于谁。", "Choose whom the record is about.")
	}
	var move int64
	err = s.Upon(r, func(ctx context.Context) (err error) {
		move, err = s.Joins.Relink(ctx, id, subject, strings.TrimSpace(r.PostForm.Get("reason")))
		return err
	}, sight.SawRecord(id))
	if err != nil {
		return err
	}
	rec, err := s.Known.Record(r.Context(), id) // it may count for a subject of its own now
	if err != nil {
		return err
	}
	http.Redirect(w, r, s.Ask(r).Link(fmt.Sprintf("/records/%d", id), writePair(moveKind, move, rec.Subject)...), http.StatusSeeOther)
	return nil
}

// undoMove takes a move back, and returns to the record or to the page of records that the form names.
func (s *room) undoMove(w http.ResponseWriter, r *http.Request) error {
	if s.Identities == nil {
		return frame.ErrNoImports()
	}
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return frame.ErrNoPage()
	}
	if err := s.Joins.UndoRelink(r.Context(), id); err != nil {
		return err
	}
	ask := s.Ask(r)
	to := ask.Link("/import")
	if subject, err := strconv.ParseInt(r.PostForm.Get("subject"), 10, 64); err == nil {
		to = ask.Link(address.RecordsPath(subject), "done", "unmoved")
	} else if record, err := strconv.ParseInt(r.PostForm.Get("record"), 10, 64); err == nil {
		to = ask.Link(fmt.Sprintf("/records/%d", record), "done", "unmoved")
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}
