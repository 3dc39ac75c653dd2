package registry

import (
	"context"
	"slices"
	"strings"

	"eyas/internal/fault"
	"eyas/internal/registry/fact"
	"eyas/internal/vault"
)

// WithNumber returns, by register, the profiles that hold an identity number in a value that the actor may see, of subjects that he sees.
// For anybody else, and for a text that is no such number, it returns none.
func (g *Registry) WithNumber(ctx context.Context, number string) (found map[string][]*fact.Profile, err error) {
	number = strings.ToUpper(strings.TrimSpace(number))
	if !vault.IsNumber(number) {
		return nil, nil
	}
	subjects, err := g.profiles.WithNumber(passed(ctx), number)
	if err != nil {
		return nil, err
	}
	found = map[string][]*fact.Profile{}
	for _, id := range subjects {
		p, err := g.Profile(ctx, id)
		if fault.Of(err) == fault.NotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		if !p.Gone && slices.ContainsFunc(p.Facts, func(f fact.Fact) bool { return !f.Void && slices.Contains(vault.Numbers(f.Value.Str), number) }) {
			register, err := g.RegisterOf(ctx, id)
			if err != nil {
				return nil, err
			}
			found[register] = append(found[register], p)
		}
	}
	return found, nil
}
