package derive

import (
	"context"

	"eyas/internal/fault"
	"eyas/internal/registry/fact"
	places "eyas/internal/registry/place"
)

// PlacesUnder gives what tells districts from addresses, with some answers.
func (g *Base) PlacesUnder(answers map[string]string) *places.Resolver {
	return g.places.under(g.Pack, answers)
}

// Places gives what tells districts from addresses, with the answers as the snapshot of r has them.
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
