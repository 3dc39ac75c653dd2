package registry

import (
	"time"

	"eyas/internal/auth"
	"eyas/internal/pack"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/dossier"
	"eyas/internal/registry/identity"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/placing"
	"eyas/internal/registry/profile"
	"eyas/internal/registry/sight"
)

// Registry is the registers of a base. The actor is in the context (see auth.As). Every write is authorised once and
// appears in the operation log. Errors for users carry a code of package fault and a sentence in both languages. Each
// caller declares the few methods that it needs.
type Registry struct {
	*profiles
	*identities
	*intakes
	*dossiers
	*sights
	*answers
	base    *derive.Base
	storage Storage
	actors  auth.Directory
	sight   Sight
	alike   *alike
}

// The rooms of the registry. Their exported methods are methods of Registry.
type (
	profiles   = profile.Profiles
	identities = identity.Identities
	intakes    = intake.Intake
	dossiers   = dossier.Dossiers
	sights     = sight.Sight
	answers    = placing.Answers
)

// New returns the registry of a base without accounts. clock gives the time that is written with imports and that
// progress is measured with.
func New(p *pack.Pack, base Storage, clock func() time.Time) *Registry {
	rooms := scoped{base, auth.Accountless()}
	var confidential []string
	for _, r := range p.Registers {
		if r.Confidential() {
			confidential = append(confidential, r.ID)
		}
	}
	base.Confide(confidential)
	return over(derive.NewBase(p, rooms, clock, rooms.actors), rooms, nil)
}

// WithActors returns the registry with the roles of other actors.
func (g *Registry) WithActors(d auth.Directory) *Registry {
	rooms := scoped{g.storage, d}
	own := over(g.base.With(rooms, d), rooms, g.answers)
	own.sight = g.sight
	return own
}

// over wires the rooms of the registry over a base. before holds the caches of answers about places; nil means none.
func over(base *derive.Base, rooms scoped, before *placing.Answers) *Registry {
	p, s := profile.New(base, rooms), sight.New(base, rooms)
	a := placing.New(base, rooms, p, s)
	if before != nil {
		a = before.With(base, rooms, p, s)
	}
	who := identity.New(base, rooms)
	return &Registry{p, who, intake.New(base, rooms, who), dossier.New(base, rooms, p), s, a, base, rooms.Storage, rooms.actors, nil, &alike{}}
}

// Storage returns the storage under the registry.
func (g *Registry) Storage() Storage { return g.storage }
