package hook

import (
	"context"
	"crypto/rand"
	"slices"

	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/registry/fact"
)

// The names of marks.
const (
	logMark    = "log"
	changeMark = "change:" // with a register
)

const (
	// backlog is how many messages of a hook may wait. While there are more, changes are not told: they are told together later.
	backlog = 1000
	// logStep is how many entries of the log are looked at together.
	logStep = 2000
)

// fresh makes messages that are due now.
func (h *Hooks) fresh(hook int64, kind string, contents []Content) (list []Delivery) {
	now := h.Clock()
	for _, c := range contents {
		list = append(list, Delivery{Hook: hook, Message: "msg_" + rand.Text(), Type: kind, At: now, Content: c, State: Waiting, Due: now})
	}
	return list
}

// plan finds out what is to be told to a hook, and adds the messages.
func (h *Hooks) plan(ctx context.Context, x *Hook, news News) error {
	var marks News
	waiting := 0
	err := h.Storage.ReadHooks(ctx, func(r Reader) (err error) {
		if marks, err = r.Marks(ctx, x.ID); err != nil || !behind(marks, news) {
			return err
		}
		counts, err := r.Count(ctx, x.ID)
		waiting = counts[Waiting]
		return err
	})
	if err != nil || !behind(marks, news) || waiting >= backlog {
		return err
	}
	ctx, awake, err := h.acting(ctx, x)
	if err != nil || !awake { // it is told when the grant gives something again
		return err
	}
	for _, reg := range h.Pack.Registers {
		if from, to := marks.Changes[reg.ID], news.Changes[reg.ID]; from < to {
			if err := h.planSubjects(ctx, x, reg.ID, from, to); err != nil {
				return err
			}
		}
	}
	for marks.Log < news.Log {
		last := min(news.Log, marks.Log+logStep)
		if err := h.planLog(ctx, x, marks.Log, last); err != nil {
			return err
		}
		marks.Log = last
	}
	return nil
}

// acting returns the context in which a hook acts; false: its account, its grant or its bounds give nothing today.
func (h *Hooks) acting(ctx context.Context, x *Hook) (context.Context, bool, error) {
	actor, err := h.People.Under(ctx, x.Person, x.Grant, x.Bounds)
	if err == nil {
		ctx = auth.In(ctx, actor)
		within := ctx
		if b := auth.BoundsOf(ctx); b != nil { // who is held to a matter sees its cases, if no register
			within = auth.ForMatter(ctx, b.Matter)
		}
		_, err = h.Actors.Scope(within, "")
	}
	if code := fault.Of(err); code == fault.Unauthorised || code == fault.Forbidden {
		return ctx, false, nil
	}
	return ctx, err == nil, err
}

// behind reports whether something came that a hook was not told of.
func behind(marks, news News) bool {
	if marks.Log < news.Log {
		return true
	}
	for register, n := range news.Changes {
		if marks.Changes[register] < n {
			return true
		}
	}
	return false
}

// planSubjects adds the messages about changed subjects of a register.
func (h *Hooks) planSubjects(ctx context.Context, x *Hook, register string, from, to int64) error {
	var contents []Content
	if slices.Contains(x.Events, SubjectChanged) && h.sees(ctx, register) {
		ids, now, whole, err := h.Registry.ChangedSince(ctx, register, from)
		if err != nil {
			return err
		}
		to = now
		if !whole {
			if ids, err = h.Registry.SeenOf(ctx, register, ids); err != nil {
				return err
			}
		}
		contents = messages(ids, whole, func(part []int64, more bool) Content { return Content{Register: register, Subjects: part, More: more} })
	}
	return h.tell(ctx, x, changeMark+register, from, to, h.fresh(x.ID, SubjectChanged, contents))
}

// sees reports whether the actor sees anything of a register.
func (h *Hooks) sees(ctx context.Context, register string) bool {
	s, err := h.Actors.Scope(ctx, register)
	return err == nil && !s.Empty()
}

func (h *Hooks) tell(ctx context.Context, x *Hook, what string, from, to int64, list []Delivery) error {
	return h.Storage.WriteMessages(ctx, func(w Messages) error {
		_, err := w.Tell(ctx, x.ID, what, from, to, list)
		return err
	})
}

// planLog adds the messages about imports and questions of entries of the log.
func (h *Hooks) planLog(ctx context.Context, x *Hook, after, last int64) error {
	var noticed []Noticed
	if err := h.Storage.ReadHooks(ctx, func(r Reader) (err error) { noticed, err = r.Noticed(ctx, after, last); return err }); err != nil {
		return err
	}
	var list []Delivery
	questions := map[string]map[string][]int64{} // by type and register
	cases := map[string][]int64{}                // by matter
	for _, n := range noticed {
		if n.Kind == "question" {
			kind, register, err := h.question(ctx, n.ID)
			if err != nil {
				return err
			}
			if !slices.Contains(x.Events, kind) {
				continue
			}
			if questions[kind] == nil {
				questions[kind] = map[string][]int64{}
			}
			questions[kind][register] = append(questions[kind][register], n.ID)
			continue
		}
		if n.Kind == "case" {
			if slices.Contains(x.Events, CaseChanged) {
				matter, err := h.caseOf(ctx, n.ID)
				if err != nil {
					return err
				}
				cases[matter] = append(cases[matter], n.ID)
			}
			continue
		}
		kind := map[string]string{"import": ImportDone, "undo": ImportUndone}[n.Kind]
		if !slices.Contains(x.Events, kind) {
			continue
		}
		register, err := h.imported(ctx, n.ID)
		if err != nil {
			return err
		}
		if register != "" {
			list = append(list, h.fresh(x.ID, kind, []Content{{Register: register, Import: n.ID}})...)
		}
	}
	for _, kind := range []string{QuestionAsked, QuestionAnswered} {
		for _, reg := range h.Pack.Registers {
			list = append(list, h.fresh(x.ID, kind, messages(questions[kind][reg.ID], false, func(part []int64, more bool) Content {
				return Content{Register: reg.ID, Questions: part, More: more}
			}))...)
		}
	}
	for _, m := range h.Pack.Matters {
		list = append(list, h.fresh(x.ID, CaseChanged, messages(cases[m.ID], false, func(part []int64, more bool) Content {
			return Content{Matter: m.ID, Cases: part, More: more}
		}))...)
	}
	return h.tell(ctx, x, logMark, after, last, list)
}

// imported returns the register of an import of a file that the actor sees; empty: it is none.
func (h *Hooks) imported(ctx context.Context, id int64) (register string, err error) {
	i, err := h.Registry.ImportByID(ctx, id)
	switch code := fault.Of(err); {
	case code == fault.NotFound || code == fault.Forbidden:
		return "", nil
	case err != nil || i.Form != "": // what was entered on a page is a change of its subject
		return "", err
	}
	return i.Register, nil
}

// caseOf returns the matter of a case that the actor sees; empty: it is none.
func (h *Hooks) caseOf(ctx context.Context, id int64) (matter string, err error) {
	if h.Case == nil {
		return "", nil
	}
	matter, err = h.Case(ctx, id)
	if code := fault.Of(err); code == fault.NotFound || code == fault.Forbidden {
		return "", nil
	}
	return matter, err
}

// question returns how a question that the actor sees stands, as a type of messages, and its register; empty: he does not see it, or it
// was put aside.
func (h *Hooks) question(ctx context.Context, id int64) (kind, register string, err error) {
	q, err := h.Registry.QuestionByID(ctx, id)
	switch code := fault.Of(err); {
	case code == fault.NotFound || code == fault.Forbidden:
		return "", "", nil
	case err != nil:
		return "", "", err
	case q.State == fact.Open:
		return QuestionAsked, q.Register, nil
	case q.State == fact.Later:
		return "", "", nil
	}
	return QuestionAnswered, q.Register, nil
}

// shown narrows what a message tells to what the actor sees now; false: nothing is left of it.
func (h *Hooks) shown(ctx context.Context, d *Delivery) (c Content, left bool, err error) {
	c = d.Content
	switch d.Type {
	case Test:
		return c, true, nil
	case ImportDone, ImportUndone:
		register, err := h.imported(ctx, c.Import)
		return c, register != "", err
	case SubjectChanged:
		if !h.sees(ctx, c.Register) {
			return c, false, nil
		}
		c.Subjects, err = h.Registry.SeenOf(ctx, c.Register, c.Subjects)
		return c, c.More || len(c.Subjects) > 0, err
	}
	if d.Type == CaseChanged {
		var seen []int64
		for _, id := range c.Cases {
			matter, err := h.caseOf(ctx, id)
			if err != nil {
				return c, false, err
			}
			if matter != "" {
				seen = append(seen, id)
			}
		}
		c.Cases = seen
		return c, c.More || len(seen) > 0, nil
	}
	if c.More {
		return c, h.sees(ctx, c.Register), nil
	}
	var seen []int64
	for _, id := range c.Questions {
		_, register, err := h.question(ctx, id)
		if err != nil {
			return c, false, err
		}
		if register != "" {
			seen = append(seen, id)
		}
	}
	c.Questions = seen
	return c, len(seen) > 0, nil
}
