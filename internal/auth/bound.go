package auth

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"eyas/internal/fault"
)

// Bounds hold an actor to a part of what his role may do, such as the program that has a token. Whoever may do something to a thing may
// also see it.
type Bounds struct {
	Actions  []Action
	Register string // of which alone; empty: of all that the role is about
	Matter   string // cases of this matter alone, and nothing else; empty: all
	Subject  int64  // this one alone, with what belongs to it; 0: all
}

// Text writes bounds as Actor.Bounds has them: see, enter,see:enterprise, see:enterprise#12, see#12, file,see@hnte.
func (b Bounds) Text() string {
	list := make([]string, len(b.Actions))
	for i, a := range b.Actions {
		list[i] = string(a)
	}
	slices.Sort(list)
	text := strings.Join(slices.Compact(list), ",")
	if b.Register != "" {
		text += ":" + b.Register
	}
	if b.Matter != "" {
		text += "@" + b.Matter
	}
	if b.Subject != 0 {
		text += "#" + strconv.FormatInt(b.Subject, 10)
	}
	return text
}

// ParseBounds reads what Text wrote. The error is a fault with code fault.Invalid when a text is none.
func ParseBounds(text string) (b Bounds, err error) {
	wrong := fault.New(fault.Invalid, "权限范围“"+text+"”读不出。写成 see、see:enterprise 或 enter,see:enterprise#12 这样。",
		"The scope “"+text+"” cannot be read. Write it like see, see:enterprise or enter,see:enterprise#12.")
	rest, number, single := strings.Cut(text, "#")
	if single {
		if b.Subject, err = strconv.ParseInt(number, 10, 64); err != nil || b.Subject < 1 {
			return Bounds{}, wrong
		}
	}
	rest, matter, ofMatter := strings.Cut(rest, "@")
	if b.Matter = matter; ofMatter != (matter != "") {
		return Bounds{}, wrong
	}
	actions, register, named := strings.Cut(rest, ":")
	if b.Register = register; named != (register != "") {
		return Bounds{}, wrong
	}
	for a := range strings.SplitSeq(actions, ",") {
		if words[Action(a)] == "" {
			return Bounds{}, wrong
		}
		b.Actions = append(b.Actions, Action(a))
	}
	return b, nil
}

// BoundsOf returns the bounds of the actor that a context names; nil: he has none.
func BoundsOf(ctx context.Context) *Bounds { return Named(ctx).bounds() }

// bounds are those of an actor; nil: he has none. A text that cannot be read allows nothing.
func (a Actor) bounds() *Bounds {
	if a.Bounds == "" {
		return nil
	}
	b, err := ParseBounds(a.Bounds)
	if err != nil {
		return &Bounds{}
	}
	return &b
}

// allow reports whether bounds allow an action on a thing; nil allows all.
func (b *Bounds) allow(action Action, on Resource) bool {
	switch {
	case b == nil:
		return true
	case !slices.Contains(b.Actions, action) && (action != See || len(b.Actions) == 0):
		return false
	case b.Matter != "": // his cases only; see ForMatter
		return false
	case b.Register != "" && on.Register != "" && b.Register != on.Register:
		return false
	case b.Subject == 0:
		return true
	case on.Lies != nil:
		return slices.Contains(on.Lies.Subjects, b.Subject)
	}
	return on.ID == "" || on.ID == strconv.FormatInt(b.Subject, 10)
}

// ForMatter returns the context for what is done in a case of a matter: in it, an actor who is held to the matter may do what he could
// without that bound. In other matters, and outside of cases, he may do nothing.
func ForMatter(ctx context.Context, matter string) context.Context {
	a := Named(ctx)
	b := a.bounds()
	if b == nil || b.Matter == "" || b.Matter != matter {
		return ctx
	}
	b.Matter = ""
	a.Bounds = b.Text()
	return In(ctx, a)
}

// Within reports whether bounds lie within others, to which nothing is added; nil holds to nothing.
func (b *Bounds) Within(outer *Bounds) bool {
	if outer == nil {
		return true
	}
	return b != nil && (outer.Register == "" || b.Register == outer.Register) && (outer.Matter == "" || b.Matter == outer.Matter) && (outer.Subject == 0 || b.Subject == outer.Subject)
}

// Has reports whether bounds name an action; nil names all.
func (b *Bounds) Has(action Action) bool { return b == nil || slices.Contains(b.Actions, action) }

// Lies says where a subject lies and what it belongs to, whoever asks; a fault with code fault.NotFound when there is no such subject.
// by is the person of whom it is asked whether he brought a record of it.
type Lies func(ctx context.Context, subject int64, by string) (Lie, error)

// WithLies has the rights ask where subjects lie to which actors are held. It is called before the first question. Without it such
// an actor sees nothing.
func (r *Rights) WithLies(l Lies) *Rights {
	r.lies = l
	return r
}

// held is the key of whether a scope has the subject to which an actor is held.
type held struct{ actor Actor }

// bounded is the part of a scope to which an actor is held; an empty register means what all have in common.
func (r *Rights) bounded(ctx context.Context, a Actor, s Scope, register string) (Scope, error) {
	b := a.bounds()
	switch {
	case b == nil:
		return s, nil
	case !b.allow(See, Resource{Register: register}):
		return Scope{}, nil
	case b.Subject != 0:
		has, err := Kept(ctx, held{a}, func() (bool, error) { return r.has(ctx, s, b.Subject) })
		if err != nil {
			return Scope{}, fmt.Errorf("auth: whether subject %d is seen: %w", b.Subject, err)
		}
		if !has {
			return Scope{}, nil
		}
		own := Scope{subjects: []int64{b.Subject}, registers: s.registers}
		if b.Register != "" {
			own.registers = []string{b.Register}
		}
		return own, nil
	case b.Register != "" && register == "":
		if s.whole {
			s.orgs = r.orgs[r.city]
		}
		s.registers = []string{b.Register}
	}
	return s, nil
}

// has reports whether a scope has a subject. One that was merged into another is none.
func (r *Rights) has(ctx context.Context, s Scope, subject int64) (bool, error) {
	if r.lies == nil {
		return false, nil
	}
	l, err := r.lies(ctx, subject, s.by)
	switch {
	case fault.Of(err) == fault.NotFound:
		return false, nil
	case err != nil:
		return false, err
	}
	return s.Holds(l) && slices.Contains(l.Subjects, subject), nil
}
