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

// Read checks that the actor may read registers. It is the one place for a scope that covers only a part of the
// registers; today an actor sees all or nothing.
func (m scopedRoom[R, W]) Read(ctx context.Context, fn func(R) error) error {
	if _, err := m.actors.Scope(ctx, ""); err != nil {
		return err
	}
	return m.Room.Read(ctx, fn)
}
