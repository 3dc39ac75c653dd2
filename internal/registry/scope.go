package registry

import (
	"context"

	"eyas/internal/auth"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/dossier"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/placing"
	"eyas/internal/registry/profile"
	"eyas/internal/registry/sight"
)

// scoped is a storage in which every read is checked against the scope of the actor. All lists, counts and exports of the
// registry read through it.
type scoped struct {
	Storage
	actors auth.Directory
}

func (s scoped) Deriving() fact.Room[derive.RoomReader, derive.RoomWriter] {
	return scopedRoom[derive.RoomReader, derive.RoomWriter]{s.Storage.Deriving(), s.actors}
}

func (s scoped) Profiles() fact.Room[profile.Reader, profile.Writer] {
	return scopedRoom[profile.Reader, profile.Writer]{s.Storage.Profiles(), s.actors}
}

func (s scoped) Imports() fact.Room[intake.Reader, intake.Writer] {
	return scopedRoom[intake.Reader, intake.Writer]{s.Storage.Imports(), s.actors}
}

func (s scoped) Sights() fact.Room[sight.Reader, sight.Writer] {
	return scopedRoom[sight.Reader, sight.Writer]{s.Storage.Sights(), s.actors}
}

func (s scoped) Subjects() fact.Room[dossier.Reader, dossier.Reader] {
	return scopedRoom[dossier.Reader, dossier.Reader]{s.Storage.Subjects(), s.actors}
}

func (s scoped) Identities() fact.Room[identity.Reader, identity.Writer] {
	return scopedRoom[identity.Reader, identity.Writer]{s.Storage.Identities(), s.actors}
}

func (s scoped) Places() fact.Room[placing.Reader, placing.Writer] {
	return scopedRoom[placing.Reader, placing.Writer]{s.Storage.Places(), s.actors}
}

type scopedRoom[R, W any] struct {
	fact.Room[R, W]
	actors auth.Directory
}

// Read checks that the actor may read registers. Who sees all of them reads. Who sees a part reads only through a method of
// Registry that has checked what he reads, or leaves out what he may not see (see passed): a method that does neither is
// refused.
func (m scopedRoom[R, W]) Read(ctx context.Context, fn func(R) error) error {
	scope, err := m.actors.Scope(ctx, "")
	if err != nil {
		return err
	}
	if !scope.Whole() && ctx.Value(passedKey{}) == nil {
		return m.actors.Decide(ctx, readsAll, auth.Resource{})
	}
	return m.Room.Read(ctx, fn)
}

// readsAll is the action that nobody may do who sees a part of the registers only.
const readsAll auth.Action = "see all"

// passedKey is the key of a context in which what is read was checked.
type passedKey struct{}

// passed returns a context in which rooms may be read, because the caller has checked what is read, or leaves out of it what
// the actor may not see.
func passed(ctx context.Context) context.Context { return context.WithValue(ctx, passedKey{}, true) }
