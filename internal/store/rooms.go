package store

import (
	"context"

	"eyas/internal/quality"
	"eyas/internal/registry"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/dossier"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/placing"
	"eyas/internal/registry/profile"
	"eyas/internal/registry/sight"
	"eyas/internal/store/findings"
	"eyas/internal/store/room"
	"eyas/internal/store/row"
)

var _ registry.Storage = (*DB)(nil)

// derivedRows are what subjects are derived from.
type derivedRows struct {
	row.NumberRows
	row.ImportRows
	row.RecordRows
	row.ProfileRows
	row.SubjectRows
	row.PlaceRows
}

func derived(t *row.Tx) derivedRows {
	return derivedRows{row.NumberRows{Tx: t}, row.ImportRows{Tx: t}, row.RecordRows{Tx: t}, row.ProfileRows{Tx: t}, row.SubjectRows{Tx: t}, row.PlaceRows{Tx: t}}
}

type profileRoom struct {
	derivedRows
	row.CounterRows
	row.MergeRows
	row.LogRows
}

// Beside opens more transactions on the snapshot; see base.Tx.Beside.
func (p profileRoom) Beside(ctx context.Context, n int) (others []derive.BlockReader, close func(), err error) {
	opened, close, err := p.CounterRows.Tx.Beside(ctx, n)
	for _, t := range opened {
		others = append(others, derived(t))
	}
	return others, close, err
}

// Profiles is the room of what stands in the base.
func (db *DB) Profiles() fact.Room[profile.Reader, profile.Writer] {
	faces := func(t *row.Tx) profileRoom {
		return profileRoom{derived(t), row.CounterRows{Tx: t}, row.MergeRows{Tx: t}, row.LogRows{Tx: t}}
	}
	return room.In(db.room, func(t *row.Tx) profile.Reader { return faces(t) }, func(t *row.Tx) profile.Writer { return faces(t) })
}

type importRoom struct {
	derivedRows
	row.CounterRows
	row.MentionRows
	row.MergeRows
	row.QuestionRows
	row.MeaningRows
	row.LogRows
}

// Imports is the room of what came in.
func (db *DB) Imports() fact.Room[intake.Reader, intake.Writer] {
	faces := func(t *row.Tx) importRoom {
		return importRoom{derived(t), row.CounterRows{Tx: t}, row.MentionRows{Tx: t}, row.MergeRows{Tx: t}, row.QuestionRows{Tx: t}, row.MeaningRows{Tx: t}, row.LogRows{Tx: t}}
	}
	return room.In(db.room, func(t *row.Tx) intake.Reader { return faces(t) }, func(t *row.Tx) intake.Writer { return faces(t) })
}

type subjectRoom struct {
	derivedRows
	row.CounterRows
	row.MentionRows
	row.MergeRows
	row.QuestionRows
	row.MeaningRows
}

// Sights is the room of what somebody saw.
func (db *DB) Sights() fact.Room[sight.Reader, sight.Writer] {
	faces := func(t *row.Tx) subjectRoom {
		return subjectRoom{derived(t), row.CounterRows{Tx: t}, row.MentionRows{Tx: t}, row.MergeRows{Tx: t}, row.QuestionRows{Tx: t}, row.MeaningRows{Tx: t}}
	}
	return room.In(db.room, func(t *row.Tx) sight.Reader { return faces(t) }, func(t *row.Tx) sight.Writer { return faces(t) })
}

// Subjects is the room in which subjects are found.
func (db *DB) Subjects() fact.Room[dossier.Reader, dossier.Reader] {
	faces := func(t *row.Tx) dossier.Reader {
		return subjectRoom{derived(t), row.CounterRows{Tx: t}, row.MentionRows{Tx: t}, row.MergeRows{Tx: t}, row.QuestionRows{Tx: t}, row.MeaningRows{Tx: t}}
	}
	return room.In(db.room, faces, faces)
}

type identityRoom struct {
	derivedRows
	row.CounterRows
	row.MergeRows
	row.QuestionRows
	row.MeaningRows
	row.LogRows
}

// Identities is the room of who is the same as whom.
func (db *DB) Identities() fact.Room[identity.Reader, identity.Writer] {
	faces := func(t *row.Tx) identityRoom {
		return identityRoom{derived(t), row.CounterRows{Tx: t}, row.MergeRows{Tx: t}, row.QuestionRows{Tx: t}, row.MeaningRows{Tx: t}, row.LogRows{Tx: t}}
	}
	return room.In(db.room, func(t *row.Tx) identity.Reader { return faces(t) }, func(t *row.Tx) identity.Writer { return faces(t) })
}

type placeRoom struct {
	derivedRows
	row.CounterRows
	row.MentionRows
	row.MergeRows
	row.QuestionRows
	row.MeaningRows
	row.LogRows
}

// Places is the room of what words of addresses mean.
func (db *DB) Places() fact.Room[placing.Reader, placing.Writer] {
	faces := func(t *row.Tx) placeRoom {
		return placeRoom{derived(t), row.CounterRows{Tx: t}, row.MentionRows{Tx: t}, row.MergeRows{Tx: t}, row.QuestionRows{Tx: t}, row.MeaningRows{Tx: t}, row.LogRows{Tx: t}}
	}
	return room.In(db.room, func(t *row.Tx) placing.Reader { return faces(t) }, func(t *row.Tx) placing.Writer { return faces(t) })
}

type deriveRoom struct {
	derivedRows
	row.CounterRows
	row.QuestionRows
	row.LogRows
}

// Deriving is the room of what subjects are derived from.
func (db *DB) Deriving() fact.Room[derive.RoomReader, derive.RoomWriter] {
	faces := func(t *row.Tx) deriveRoom {
		return deriveRoom{derived(t), row.CounterRows{Tx: t}, row.QuestionRows{Tx: t}, row.LogRows{Tx: t}}
	}
	return room.In(db.room, func(t *row.Tx) derive.RoomReader { return faces(t) }, func(t *row.Tx) derive.RoomWriter { return faces(t) })
}

type batchRoom struct {
	derivedRows
	row.CounterRows
	row.MentionRows
	row.MergeRows
	row.QuestionRows
	row.BatchRows
}

func batchRows(t *row.Tx) batchRoom {
	return batchRoom{derived(t), row.CounterRows{Tx: t}, row.MentionRows{Tx: t}, row.MergeRows{Tx: t}, row.QuestionRows{Tx: t}, row.BatchRows{Tx: t}}
}

func inBatch(t *row.Tx) derive.BatchWriter { return batchRows(t) }

// Landing is the room in which the rows of a file land within a batch.
func (db *DB) Landing() fact.Room[intake.LandingWriter, intake.LandingWriter] {
	faces := func(t *row.Tx) intake.LandingWriter { return batchRows(t) }
	return room.In(db.room, faces, faces)
}

// Joining is the room in which merges land within a batch.
func (db *DB) Joining() fact.Room[identity.JoiningWriter, identity.JoiningWriter] {
	faces := func(t *row.Tx) identity.JoiningWriter { return batchRows(t) }
	return room.In(db.room, faces, faces)
}

// Findings is the room of doubted values.
func (db *DB) Findings() room.Room[quality.Reader, quality.Writer] { return findings.Of(db.room) }
