package registry

import (
	"context"
	"slices"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
)

// A question or a merge is about two subjects, and is seen by who sees both. A subject that was merged into another is seen with
// that one.

// together reports whether the actor sees all of some subjects.
func (g *Registry) together(ctx context.Context, subjects ...int64) (bool, error) {
	for _, id := range subjects {
		if held, err := g.holds(ctx, id); err != nil || !held {
			return false, err
		}
	}
	return true, nil
}

// readTogether is how many rows of a list are read by their numbers in one statement. The last ones are filled up, so that there are few
// different statements.
const readTogether = 64

// chosen gives one page of those of some pairs of a register that the actor sees, and the number of all that he sees. Only the rows
// of the page are read, by read.
func chosen[T any](ctx context.Context, g *Registry, register string, pairs []fact.Pair, offset, limit int, read func(ids []int64) ([]T, int, error)) (list []T, total int, err error) {
	seen, err := g.seenAsRoot(ctx, register)
	if err != nil {
		return nil, 0, err
	}
	var page []int64
	for _, p := range pairs {
		held, err := seen(p.Subjects[0])
		if err == nil && held {
			held, err = seen(p.Subjects[1])
		}
		if err != nil {
			return nil, 0, err
		}
		if !held {
			continue
		}
		if total++; total > offset && len(page) < limit {
			page = append(page, p.ID)
		}
	}
	for ids := range slices.Chunk(page, readTogether) {
		for len(ids) < readTogether {
			ids = append(ids[:len(ids):len(ids)], ids[len(ids)-1])
		}
		some, _, err := read(ids)
		if err != nil {
			return nil, 0, err
		}
		list = append(list, some...)
	}
	return list, total, nil
}

// seenAsRoot returns whether the actor sees a subject of a register, or the one that it was merged into. Columns in memory decide about
// all that they hold; what was merged is found by one query for all.
func (g *Registry) seenAsRoot(ctx context.Context, register string) (func(subject int64) (bool, error), error) {
	mine, err := g.Seen(ctx, register)
	if err != nil || g.sight == nil {
		return func(subject int64) (bool, error) { return mine(subject), nil }, err
	}
	anybodys, err := g.sight.Seen(auth.As(ctx, auth.Self), register)
	if err != nil {
		return nil, err
	}
	var merged *identity.Pairs
	return func(subject int64) (bool, error) {
		if mine(subject) {
			return true, nil
		}
		if anybodys(subject) {
			return false, nil
		}
		if merged == nil {
			if merged, err = g.identities.AllPairs(passed(ctx), register, fact.Standing); err != nil {
				return false, err
			}
		}
		root := merged.Root(subject)
		switch {
		case root == subject: // columns do not hold it
			return g.holds(ctx, subject)
		case mine(root):
			return true, nil
		case anybodys(root):
			return false, nil
		}
		return g.holds(ctx, root)
	}, nil
}

// Questions is identity.Identities.Questions of those about subjects that the actor sees.
func (g *Registry) Questions(ctx context.Context, register string, state fact.QuestionState, w fact.Wanted, offset, limit int) ([]identity.Question, int, error) {
	_, part, err := g.narrow(ctx)
	if err != nil {
		return nil, 0, err
	}
	if !part {
		return g.identities.Questions(ctx, register, state, w, offset, limit)
	}
	pairs, err := g.identities.QuestionPairs(passed(ctx), register, state, w)
	if err != nil {
		return nil, 0, err
	}
	return chosen(ctx, g, register, pairs, offset, limit, func(ids []int64) ([]identity.Question, int, error) {
		return g.identities.Questions(passed(ctx), register, state, fact.Wanted{Chosen: ids, By: w.By, Desc: w.Desc}, 0, len(ids))
	})
}

// Merges is identity.Identities.Merges of those of subjects that the actor sees.
func (g *Registry) Merges(ctx context.Context, register string, which fact.MergeState, w fact.Wanted, offset, limit int) ([]identity.Joined, int, error) {
	_, part, err := g.narrow(ctx)
	if err != nil {
		return nil, 0, err
	}
	if !part {
		return g.identities.Merges(ctx, register, which, w, offset, limit)
	}
	after := w.After
	w.After = 0 // what a page counts from is counted here
	pairs, err := g.identities.MergePairs(passed(ctx), register, which, w)
	if err != nil {
		return nil, 0, err
	}
	if after != 0 {
		pairs = slices.DeleteFunc(slices.Clone(pairs), func(p fact.Pair) bool { return p.ID <= after })
	}
	return chosen(ctx, g, register, pairs, offset, limit, func(ids []int64) ([]identity.Joined, int, error) {
		return g.identities.Merges(passed(ctx), register, which, fact.Wanted{Chosen: ids, By: w.By, Desc: w.Desc}, 0, len(ids))
	})
}

// QuestionByID is identity.Identities.QuestionByID of a question about subjects that the actor sees.
func (g *Registry) QuestionByID(ctx context.Context, id int64) (*identity.Question, error) {
	q, err := g.identities.QuestionByID(passed(ctx), id)
	if err != nil {
		return nil, err
	}
	held, err := g.together(ctx, q.Subject.Subject, q.Candidate.Subject)
	if err == nil && !held {
		err = derive.NoQuestion(id)
	}
	if err != nil {
		return nil, err
	}
	return q, nil
}

// of reads a list about a subject, and leaves what is about subjects that the actor sees. A subject that he does not see has
// none.
func of[T any](ctx context.Context, g *Registry, subject int64, read func(context.Context, int64) ([]T, error), about func(*T) [2]int64) (list []T, err error) {
	held, err := g.holds(ctx, subject)
	if err != nil || !held {
		return nil, err
	}
	all, err := read(passed(ctx), subject)
	if err != nil {
		return nil, err
	}
	for i := range all {
		two := about(&all[i])
		if held, err = g.together(ctx, two[:]...); err != nil {
			return nil, err
		}
		if held {
			list = append(list, all[i])
		}
	}
	return list, nil
}

// QuestionsOf is identity.Identities.QuestionsOf, of subjects that the actor sees.
func (g *Registry) QuestionsOf(ctx context.Context, subject int64) ([]identity.Question, error) {
	return of(ctx, g, subject, g.identities.QuestionsOf, func(q *identity.Question) [2]int64 { return [2]int64{q.Subject.Subject, q.Candidate.Subject} })
}

// MergesOf is identity.Identities.MergesOf, of subjects that the actor sees.
func (g *Registry) MergesOf(ctx context.Context, subject int64) ([]identity.Joined, error) {
	return of(ctx, g, subject, g.identities.MergesOf, func(j *identity.Joined) [2]int64 { return [2]int64{j.From.Subject, j.Into.Subject} })
}

// Moves is identity.Identities.Moves, between subjects that the actor sees.
func (g *Registry) Moves(ctx context.Context, subject int64) ([]identity.Move, error) {
	return of(ctx, g, subject, g.identities.Moves, func(m *identity.Move) [2]int64 { return [2]int64{m.From.Subject, m.Into.Subject} })
}

// Followed is identity.Identities.Followed of an import that the actor sees, with the subjects that he sees.
func (g *Registry) Followed(ctx context.Context, importID int64, limit int) ([]identity.Joined, int, error) {
	return g.joined(ctx, importID, limit, g.identities.Followed)
}

// Owed is identity.Identities.Owed of an import that the actor sees, with the subjects that he sees.
func (g *Registry) Owed(ctx context.Context, importID int64, limit int) ([]identity.Joined, int, error) {
	return g.joined(ctx, importID, limit, g.identities.Owed)
}

// mostFollowed is how many merges after an import are looked through for those that the actor sees.
const mostFollowed = 1 << 20

func (g *Registry) joined(ctx context.Context, importID int64, limit int, read func(context.Context, int64, int) ([]identity.Joined, int, error)) (list []identity.Joined, total int, err error) {
	_, part, err := g.narrow(ctx)
	if err != nil {
		return nil, 0, err
	}
	if !part {
		return read(ctx, importID, limit)
	}
	if ctx, err = g.own(ctx, importID); err != nil {
		return nil, 0, err
	}
	all, _, err := read(ctx, importID, mostFollowed)
	if err != nil {
		return nil, 0, err
	}
	for _, j := range all {
		held, err := g.together(ctx, j.From.Subject, j.Into.Subject)
		if err != nil {
			return nil, 0, err
		}
		if held {
			if total++; len(list) < limit {
				list = append(list, j)
			}
		}
	}
	return list, total, nil
}

// AskedAbout is identity.Identities.AskedAbout of an import that the actor sees, with the questions that he sees.
func (g *Registry) AskedAbout(ctx context.Context, importID int64, limit int) (ids []int64, total int, err error) {
	_, part, err := g.narrow(ctx)
	if err != nil {
		return nil, 0, err
	}
	if !part {
		return g.identities.AskedAbout(ctx, importID, limit)
	}
	if ctx, err = g.own(ctx, importID); err != nil {
		return nil, 0, err
	}
	all, _, err := g.identities.AskedAbout(ctx, importID, mostFollowed)
	if err != nil {
		return nil, 0, err
	}
	for _, id := range all {
		if _, err := g.QuestionByID(ctx, id); err == nil {
			if total++; len(ids) < limit {
				ids = append(ids, id)
			}
		}
	}
	return ids, total, nil
}

// What is written is checked by where it lies: each subject of it must be seen. That the actor may do it at all is checked
// by the rooms.

// both returns a context in which a merge or a move may be undone.
func (g *Registry) both(ctx context.Context, id int64, moved bool) (context.Context, error) {
	from, into, err := g.identities.Pair(passed(ctx), id, moved)
	if err != nil {
		return nil, err
	}
	held, err := g.together(ctx, from, into)
	switch {
	case err != nil:
		return nil, err
	case !held && moved:
		return nil, identity.NoMove(id)
	case !held:
		return nil, identity.NoMerge(id)
	}
	return passed(ctx), nil
}

// Merge is identity.Identities.Merge of subjects that the actor sees.
func (g *Registry) Merge(ctx context.Context, from, into int64, reason string) (int64, error) {
	for _, id := range []int64{from, into} {
		if _, err := g.see(ctx, id); err != nil {
			return 0, err
		}
	}
	if _, part, err := g.narrow(ctx); err != nil {
		return 0, err
	} else if !part { // who sees the one that it is about answers; who brought it sees no other
		if err := g.unheld(ctx, from, into); err != nil {
			return 0, err
		}
	}
	return g.identities.Merge(passed(g.anchored(ctx)), from, into, reason)
}

// unheld refuses what is held and was not answered.
func (g *Registry) unheld(ctx context.Context, subjects ...int64) error {
	for _, id := range subjects {
		switch _, err := g.identities.Held(passed(ctx), id); {
		case err == nil:
			return fault.New(fault.Conflict, "其中一个是外机构报来、等归属机构确认的，请到“外机构来件”答复。",
				"One of the two was brought by another organisation, and its owner is asked. Answer it on the page “Brought by others”.")
		case fault.Of(err) != fault.NotFound:
			return err
		}
	}
	return nil
}

// Unmerge is identity.Identities.Unmerge of subjects that the actor sees.
func (g *Registry) Unmerge(ctx context.Context, id int64) error {
	ctx, err := g.both(ctx, id, false)
	if err != nil {
		return err
	}
	return g.identities.Unmerge(g.anchored(ctx), id)
}

// Relink is identity.Identities.Relink of a record and to a subject that the actor sees. Who sees a part of the registers moves only
// what counts for a subject that he sees, and makes no new subject by it: what he brought about others would be a subject without
// its owner's answer. All records are treated alike there, since a difference would tell what is held.
func (g *Registry) Relink(ctx context.Context, record, subject int64, reason string) (int64, error) {
	v, err := g.Record(ctx, record)
	if err != nil {
		return 0, err
	}
	_, part, err := g.narrow(ctx)
	if err == nil && part {
		err = g.movable(ctx, v.Subject, subject)
	} else if err == nil {
		err = g.unheld(ctx, v.Subject, subject)
	}
	if err != nil {
		return 0, err
	}
	if subject != 0 {
		if _, err := g.see(ctx, subject); err != nil {
			return 0, err
		}
	}
	return g.identities.Relink(passed(g.anchored(ctx)), record, subject, reason)
}

// movable refuses moves of records of a subject that somebody who sees a part of the registers may not make.
func (g *Registry) movable(ctx context.Context, from, into int64) error {
	if from == 0 {
		return nil // it was refused, as the room says
	}
	held, err := g.holds(ctx, from)
	if err != nil {
		return err
	}
	p, err := g.profiles.Profile(auth.As(ctx, auth.Self), from)
	switch {
	case err != nil:
		return err
	case !held || p.Held.Refused():
		return fault.New(fault.Forbidden, "这条记录已由归属机构答复，不能移动。要更正，请撤销原来的报送后重新报送。",
			"The owner has answered about this record, so it can't be moved. To correct it, undo what you brought and bring it again.")
	case into == 0:
		return fault.New(fault.Forbidden, "把记录移成一个新的主体，由市局办理。您也可以撤销这次报送，改正后重新报送。",
			"The city bureau moves a record to a new subject. You can also undo what was brought, correct it and bring it again.")
	}
	return nil
}

// UndoRelink is identity.Identities.UndoRelink of subjects that the actor sees.
func (g *Registry) UndoRelink(ctx context.Context, id int64) error {
	ctx, err := g.both(ctx, id, true)
	if err != nil {
		return err
	}
	return g.identities.UndoRelink(g.anchored(ctx), id)
}

// Answer is identity.Identities.Answer of a question that the actor sees.
func (g *Registry) Answer(ctx context.Context, id int64, answer fact.QuestionState, reason string) (err error) {
	defer fault.At(&err, "identity.Answer(question %d, %s)", id, answer)
	if _, err := g.QuestionByID(ctx, id); err != nil {
		return err
	}
	return g.identities.Answer(passed(g.anchored(ctx)), id, answer, reason)
}
