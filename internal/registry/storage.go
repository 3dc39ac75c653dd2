package registry

import (
	"eyas/internal/registry/derive"
	"eyas/internal/registry/dossier"
	"eyas/internal/registry/identity"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/placing"
	"eyas/internal/registry/profile"
	"eyas/internal/registry/sight"
)

// Storage is the database as the registry needs it: the storage of all its rooms. Package store provides it on SQLite and
// on PostgreSQL.
type Storage interface {
	derive.Storage
	profile.Storage
	identity.Storage
	intake.Storage
	dossier.Storage
	sight.Storage
	placing.Storage
	// Confide names the registers that can hold the highest class of personal data.
	Confide(registers []string)
}
