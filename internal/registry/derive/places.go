package derive

import (
	"context"

	"eyas/internal/fault"
	"eyas/internal/registry/fact"
	places "eyas/internal/registry/place"
)

// PlacesUnder returns the resolver of districts for some answers (phrase → district).
func (g *Base) PlacesUnder(answers map[string]string) *places.Resolver {
	return g.places.under(g.Pack, answers)
}

// Places returns the resolver of districts for the answers in the snapshot of r.
func (g *Base) Places(ctx context.Context, r fact.PlaceReader) (_ *places.Resolver, err error) {
	defer fault.At(&err, "derive.Places")
	list, err := r.PlaceAnswers(ctx)
	if err != nil {
		return nil, err
	}
	return g.PlacesUnder(fact.InForce(list)), nil
}

func placesAnswered(ctx context.Context, r fact.PlaceReader) (map[string]string, error) {
	list, err := r.PlaceAnswers(ctx)
	return fact.InForce(list), err
}
