// Package placing stores the districts that people assigned to phrases in addresses, derives the districts of subjects
// again, and lists the phrases that need an answer.
package placing

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"eyas/internal/audit"
	"eyas/internal/auth"
	"eyas/internal/fault"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
	places "eyas/internal/registry/place"
	"eyas/internal/registry/profile"
	"eyas/internal/registry/sight"
)

// Answers stores the answers about phrases in addresses and lists the phrases that have none.
type Answers struct {
	base     *derive.Base
	rooms    Storage
	profiles *profile.Profiles
	sight    *sight.Sight
	book     *placeBook
}

// New returns the answers of a base.
func New(base *derive.Base, rooms Storage, profiles *profile.Profiles, sight *sight.Sight) *Answers {
	return &Answers{base, rooms, profiles, sight, &placeBook{}}
}

// With returns the answers of the base for other actors. Both share their caches.
func (g *Answers) With(base *derive.Base, rooms Storage, profiles *profile.Profiles, sight *sight.Sight) *Answers {
	return &Answers{base, rooms, profiles, sight, g.book}
}

// placeBook caches what was derived from addresses until an answer or a profile changes.
type placeBook struct {
	reading   sync.Mutex // guards what was read from profiles; held while profiles are read
	addresses map[string]*addressBook
	open      *openPlaces // nil: not asked for yet
}

// PlaceAnswers returns all answers about phrases in addresses, the newest first, also those that were taken back.
func (g *Answers) PlaceAnswers(ctx context.Context) (list []fact.PlaceAnswer, err error) {
	defer fault.At(&err, "placing.PlaceAnswers")
	err = g.rooms.Places().Read(ctx, func(r Reader) error {
		list, err = r.PlaceAnswers(ctx)
		return err
	})
	return list, err
}

// longestPhrase limits the length of a phrase, in bytes. No name of a place is longer.
const longestPhrase = 300

// AnswerPlace stores the district (id of an organisation, or place.Elsewhere) that a phrase in addresses stands for, if
// everything is as the person saw it; see sight.Sight.Upon. It replaces an earlier answer about the phrase.
func (g *Answers) AnswerPlace(ctx context.Context, phrase, org string, seen sight.Seen) (id int64, err error) {
	defer fault.At(&err, "placing.AnswerPlace(organisation %s)", org)
	actor, err := g.base.May(ctx, auth.Place, auth.Resource{Register: g.base.Pack.Main().ID})
	if err != nil {
		return 0, err
	}
	phrase = places.Fold(strings.ToValidUTF8(phrase, ""))
	if len([]rune(phrase)) < 2 || len(phrase) > longestPhrase {
		return 0, fault.New(fault.Invalid, "要指明的字词至少两个字，最多一百个字。", "The words must have at least 2 and at most 100 characters.")
	}
	if !g.isDistrict(org) && org != places.Elsewhere {
		return 0, fault.New(fault.Invalid, fmt.Sprintf("没有代码为“%s”的区。请从列表中选择。", org), fmt.Sprintf("There is no district “%s”. Choose one from the list.", org))
	}
	if err := g.sight.Unchanged(ctx, seen); err != nil {
		return 0, err
	}
	look := func(ctx context.Context, r fact.PlaceReader) (before *fact.PlaceAnswer, err error) {
		list, err := r.PlaceAnswers(ctx)
		if i := slices.IndexFunc(list, func(a fact.PlaceAnswer) bool { return a.UndoneAt.IsZero() && a.Phrase == phrase }); i >= 0 {
			before, id = &list[i], list[i].ID
		}
		return before, err
	}
	err = g.placing(ctx, phrase, org, func(ctx context.Context, r Reader) (bool, error) {
		before, err := look(ctx, r)
		return before == nil || before.Org != org, err
	}, func(ctx context.Context, w Writer) error {
		if err := g.sight.Unchanged(ctx, seen); err != nil {
			return err
		}
		before, err := look(ctx, w)
		if err != nil {
			return err
		}
		if before != nil {
			if before.Org == org { // another person gave the same answer meanwhile
				return nil
			}
			if err := w.UndoPlaceAnswer(ctx, before.ID, g.base.Clock(), actor); err != nil {
				return err
			}
		}
		if id, err = w.Advance(ctx, fact.LastAnswer, 1); err != nil {
			return err
		}
		if err := w.AddPlaceAnswer(ctx, &fact.PlaceAnswer{ID: id, Phrase: phrase, Org: org, Actor: actor, At: g.base.Clock()}); err != nil {
			return err
		}
		return g.base.Log(ctx, actor, "place", fmt.Sprintf("place/%d", id), map[string]any{"phrase": audit.Beside(phrase), "org": org})
	})
	if err != nil {
		return 0, err
	}
	return id, nil
}

func (g *Answers) isDistrict(id string) bool {
	for _, o := range g.base.Pack.Orgs {
		if o.ID == id {
			return o.Kind == "district"
		}
	}
	return false
}

// UndoPlaceAnswer takes an answer back. It does nothing when the answer was taken back before.
func (g *Answers) UndoPlaceAnswer(ctx context.Context, id int64) (err error) {
	defer fault.At(&err, "placing.UndoPlaceAnswer(answer %d)", id)
	actor, err := g.base.May(ctx, auth.Place, auth.Resource{Register: g.base.Pack.Main().ID, ID: fmt.Sprint(id)})
	if err != nil {
		return err
	}
	look := func(ctx context.Context, r fact.PlaceReader) (fact.PlaceAnswer, error) {
		list, err := r.PlaceAnswers(ctx)
		if err != nil {
			return fact.PlaceAnswer{}, err
		}
		if i := slices.IndexFunc(list, func(a fact.PlaceAnswer) bool { return a.ID == id }); i >= 0 {
			return list[i], nil
		}
		return fact.PlaceAnswer{}, fault.New(fault.NotFound, fmt.Sprintf("没有编号为 %d 的地址答案。", id), fmt.Sprintf("There is no answer number %d about addresses.", id))
	}
	var answer fact.PlaceAnswer
	if err := g.rooms.Places().Read(ctx, func(r Reader) (err error) { answer, err = look(ctx, r); return err }); err != nil {
		return err
	}
	return g.placing(ctx, answer.Phrase, "", func(ctx context.Context, r Reader) (bool, error) {
		a, err := look(ctx, r)
		return a.UndoneAt.IsZero(), err
	}, func(ctx context.Context, w Writer) error {
		a, err := look(ctx, w)
		if err != nil || !a.UndoneAt.IsZero() {
			return err
		}
		if err := w.UndoPlaceAnswer(ctx, id, g.base.Clock(), actor); err != nil {
			return err
		}
		return g.base.Log(ctx, actor, "undo", fmt.Sprintf("place/%d", id), map[string]any{"phrase": audit.Beside(a.Phrase), "org": a.Org})
	})
}
