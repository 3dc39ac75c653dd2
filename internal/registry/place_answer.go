package registry

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"eyas/internal/auth"
	"eyas/internal/fault"
	places "eyas/internal/registry/place"
)

// PlaceAnswer is what a person said that words of addresses mean.
type PlaceAnswer struct {
	ID       int64
	Phrase   string // as package place compares it
	Org      string // id of a district, or places.Elsewhere
	Actor    string
	At       time.Time
	UndoneAt time.Time // zero: in force
	UndoneBy string
}

// placeBook keeps what was worked out about addresses until an answer or a profile changes.
type placeBook struct {
	mu       sync.Mutex
	answers  map[string]string // that resolver was made with
	resolver *places.Resolver
	open     *openPlaces
}

// under gives the resolver with answers, made anew only when they changed. The caller holds mu.
func (b *placeBook) under(g *Registry, answers map[string]string) *places.Resolver {
	if b.resolver == nil || !maps.Equal(b.answers, answers) {
		b.resolver, b.answers = places.New(g.pack, answers), answers
	}
	return b.resolver
}

// inForce are the answers that count, by phrase.
func inForce(list []PlaceAnswer) map[string]string {
	answers := map[string]string{}
	for _, a := range list {
		if a.UndoneAt.IsZero() {
			answers[a.Phrase] = a.Org
		}
	}
	return answers
}

// Places gives what tells districts from addresses, with the answers as the snapshot of r has them.
func (g *Registry) Places(ctx context.Context, r Reader) (*places.Resolver, error) {
	list, err := r.PlaceAnswers(ctx)
	if err != nil {
		return nil, err
	}
	g.places.mu.Lock()
	defer g.places.mu.Unlock()
	return g.places.under(g, inForce(list)), nil
}

// PlaceAnswers gives what people said of words of addresses, the newest first, those taken back too.
func (g *Registry) PlaceAnswers(ctx context.Context) (list []PlaceAnswer, err error) {
	err = g.base.Read(ctx, func(r Reader) error {
		list, err = r.PlaceAnswers(ctx)
		return err
	})
	return list, err
}

// longestPhrase bounds a phrase, in bytes: no name of a place is longer.
const longestPhrase = 300

// AnswerPlace keeps which district words of addresses mean. It takes the place of an earlier answer about them.
func (g *Registry) AnswerPlace(ctx context.Context, actor, phrase, org string) (id int64, err error) {
	if err := auth.Decide(g.actors.Actor(actor), auth.Place, auth.Resource{Register: g.main().ID}); err != nil {
		return 0, err
	}
	phrase = places.Fold(strings.ToValidUTF8(phrase, ""))
	if len([]rune(phrase)) < 2 || len(phrase) > longestPhrase {
		return 0, fault.New(fault.Invalid, "要指明的字词至少两个字，最多一百个字。", "The words must have two characters at least and a hundred at most.")
	}
	if !g.isDistrict(org) && org != places.Elsewhere {
		return 0, fault.New(fault.Invalid, fmt.Sprintf("没有代码为“%s”的区。请从列表中选择。", org), fmt.Sprintf("There is no district “%s”. Choose one from the list.", org))
	}
	err = g.base.Write(ctx, func(w Writer) error {
		list, err := w.PlaceAnswers(ctx)
		if err != nil {
			return err
		}
		for _, a := range list {
			if a.UndoneAt.IsZero() && a.Phrase == phrase {
				if a.Org == org {
					id = a.ID
					return nil
				}
				if err := w.UndoPlaceAnswer(ctx, a.ID, g.clock(), actor); err != nil {
					return err
				}
			}
		}
		if id, err = w.Advance(ctx, LastAnswer, 1); err != nil {
			return err
		}
		if err := w.AddPlaceAnswer(ctx, &PlaceAnswer{ID: id, Phrase: phrase, Org: org, Actor: actor, At: g.clock()}); err != nil {
			return err
		}
		if err := g.readdress(ctx, w, phrase); err != nil {
			return err
		}
		return g.log(ctx, w, actor, "place", fmt.Sprintf("place/%d", id), map[string]string{"phrase": phrase, "org": org})
	})
	return id, err
}

func (g *Registry) isDistrict(id string) bool {
	for _, o := range g.pack.Orgs {
		if o.ID == id {
			return o.Kind == "district"
		}
	}
	return false
}

// UndoPlaceAnswer takes an answer back; one that was taken back already stays so.
func (g *Registry) UndoPlaceAnswer(ctx context.Context, actor string, id int64) error {
	if err := auth.Decide(g.actors.Actor(actor), auth.Place, auth.Resource{Register: g.main().ID, ID: fmt.Sprint(id)}); err != nil {
		return err
	}
	return g.base.Write(ctx, func(w Writer) error {
		list, err := w.PlaceAnswers(ctx)
		if err != nil {
			return err
		}
		for _, a := range list {
			switch {
			case a.ID != id:
			case !a.UndoneAt.IsZero():
				return nil
			default:
				if err := w.UndoPlaceAnswer(ctx, id, g.clock(), actor); err != nil {
					return err
				}
				if err := g.readdress(ctx, w, a.Phrase); err != nil {
					return err
				}
				return g.log(ctx, w, actor, "undo", fmt.Sprintf("place/%d", id), map[string]string{"phrase": a.Phrase, "org": a.Org})
			}
		}
		return fault.New(fault.NotFound, fmt.Sprintf("没有编号为 %d 的地址答案。", id), fmt.Sprintf("There is no answer number %d about addresses.", id))
	})
}
