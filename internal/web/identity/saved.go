package identity

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"eyas/internal/registry/identity"
	"eyas/internal/web/frame"
)

// The kinds of writes of these pages. Addresses name a merge or a move with a subject that it is about: merge-12.3.
const mergeKind, moveKind = "merge", "move"

// writes are the writes that this room takes back.
func (s *room) writes() []frame.Writes {
	return []frame.Writes{
		{Kind: mergeKind, Look: s.lookMerge, Take: func(r *http.Request, text string) (string, error) {
			id, _, err := readWrite(text)
			if err != nil {
				return "", err
			}
			return "", s.Joins.Unmerge(r.Context(), id)
		}},
		{Kind: moveKind, Look: s.lookMove, Take: func(r *http.Request, text string) (string, error) {
			id, _, err := readWrite(text)
			if err != nil {
				return "", err
			}
			return "", s.Joins.UndoRelink(r.Context(), id)
		}},
	}
}

// writePair is the name and value by which an address names a merge or a move.
func writePair(kind string, id, subject int64) []string {
	return frame.SavedPair(kind, strconv.FormatInt(id, 10)+"."+strconv.FormatInt(subject, 10))
}

func readWrite(text string) (id, subject int64, err error) {
	first, second, _ := strings.Cut(text, ".")
	id, err = strconv.ParseInt(first, 10, 64)
	if err == nil {
		subject, err = strconv.ParseInt(second, 10, 64)
	}
	if err != nil {
		return 0, 0, frame.ErrNoPage()
	}
	return id, subject, nil
}

func (s *room) lookMerge(r *http.Request, text string) (*frame.Write, error) {
	id, subject, err := readWrite(text)
	if err != nil || s.Identities == nil {
		return nil, frame.ErrNoPage()
	}
	merges, err := s.Identities.MergesOf(r.Context(), subject)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(merges, func(m identity.Joined) bool { return m.ID == id })
	if at < 0 {
		return nil, frame.ErrNoPage()
	}
	m := &merges[at]
	v := &frame.Write{Says: s.Words(s.LangOf(r))("identity.saved.merge", "from", m.From.Name, "into", m.Into.Name)}
	if !m.UndoneAt.IsZero() {
		v.Undone = s.When(m.UndoneAt)
	}
	return v, nil
}

func (s *room) lookMove(r *http.Request, text string) (*frame.Write, error) {
	id, subject, err := readWrite(text)
	if err != nil || s.Identities == nil {
		return nil, frame.ErrNoPage()
	}
	moves, err := s.Identities.Moves(r.Context(), subject)
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(moves, func(m identity.Move) bool { return m.ID == id })
	if at < 0 {
		return nil, frame.ErrNoPage()
	}
	m := &moves[at]
	v := &frame.Write{Says: s.Words(s.LangOf(r))("identity.saved.move", "from", m.From.Name, "into", m.Into.Name)}
	if !m.UndoneAt.IsZero() {
		v.Undone = s.When(m.UndoneAt)
	}
	return v, nil
}
