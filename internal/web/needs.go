package web

import (
	"context"
	"io"

	"eyas/internal/pack"
	"eyas/internal/registry"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/dossier"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
	"eyas/internal/registry/placing"
	"eyas/internal/registry/profile"
	"eyas/internal/registry/sight"
	"eyas/internal/web/disclosed"
	"eyas/internal/web/frame"
	originals "eyas/internal/web/intake"
	"eyas/internal/web/subject"
)

// What the pages ask of the registry, by the pages that ask; *registry.Registry is all of them.

// Known gives what is known of subjects.
type Known interface {
	WithNumber(ctx context.Context, number string) (map[string][]*fact.Profile, error)
	Profile(ctx context.Context, subject int64) (*fact.Profile, error)
	ProfileAt(ctx context.Context, subject int64, m fact.Moment) (*fact.Profile, error)
	Sourced(ctx context.Context, subject int64) ([]fact.SourcedFact, error)
	SourcedAt(ctx context.Context, subject int64, m fact.Moment) ([]fact.SourcedFact, error)
	DossierAt(ctx context.Context, subject int64, m fact.Moment) (*dossier.Dossier, error)
	History(ctx context.Context, subject int64) ([]profile.SaidFact, error)
	LinkedRecords(ctx context.Context, subject int64) ([]profile.LinkedRecord, error)
	Record(ctx context.Context, id int64) (*intake.RecordView, error)
	Find(ctx context.Context, codeOrName string) ([]fact.Ref, error)
	FindIn(ctx context.Context, register, codeOrName string) ([]fact.Ref, error)
	Root(ctx context.Context, subject int64) (int64, error)
	RegisterOf(ctx context.Context, subject int64) (string, error)
}

// Imports gives what came in.
type Imports interface {
	Imports(ctx context.Context, w fact.Wanted, offset, limit int) (list []intake.Import, total int, err error)
	ImportByID(ctx context.Context, id int64) (*intake.Import, error)
	RefusedHolds(ctx context.Context, importID int64) (*intake.Original, error)
	Refused(ctx context.Context, importID int64, w io.Writer) error
	Original(ctx context.Context, id int64) (*intake.Original, error)
	Synthetic(ctx context.Context) (bool, error)
	Change(ctx context.Context) (int64, error)
}

// Intake takes files in, and takes imports back.
type Intake interface {
	Preview(ctx context.Context, src layout.Source, opt layout.Options, progress func(derive.Progress)) (*intake.Preview, error)
	Import(ctx context.Context, src layout.Source, opt layout.Options, progress func(derive.Progress)) (*intake.FileReport, int64, error)
	Undo(ctx context.Context, importID int64, progress func(derive.Progress)) error
	Remembered(ctx context.Context, register string) (map[string]string, error)
	Remember(ctx context.Context, register string, mapping map[string]string) error
}

// Entries takes in what people enter, upon what they saw.
type Entries interface {
	Enter(ctx context.Context, e intake.Entry) (importID, subject int64, err error)
	Readable(ctx context.Context, e intake.Entry) error
	Upon(ctx context.Context, seen sight.Seen, write func(context.Context) error) error
}

// Identities gives merges, moved records and questions.
type Identities interface {
	Merges(ctx context.Context, register string, which fact.MergeState, w fact.Wanted, offset, limit int) ([]identity.Joined, int, error)
	MergesOf(ctx context.Context, subject int64) ([]identity.Joined, error)
	Moves(ctx context.Context, subject int64) ([]identity.Move, error)
	Questions(ctx context.Context, register string, state fact.QuestionState, w fact.Wanted, offset, limit int) ([]identity.Question, int, error)
	QuestionByID(ctx context.Context, id int64) (*identity.Question, error)
	QuestionsOf(ctx context.Context, subject int64) ([]identity.Question, error)
}

// Joins says which subjects and records are the same.
type Joins interface {
	Merge(ctx context.Context, from, into int64, reason string) (id int64, err error)
	Unmerge(ctx context.Context, id int64) error
	Relink(ctx context.Context, record, subject int64, reason string) (id int64, err error)
	UndoRelink(ctx context.Context, id int64) error
	Answer(ctx context.Context, id int64, answer fact.QuestionState, reason string) error
}

// Linker looks for subjects that are the same.
type Linker interface {
	Link(ctx context.Context, register string, progress func(derive.Progress)) (*identity.Linkage, error)
}

// Places asks what words of addresses mean, and keeps the answers.
type Places interface {
	PlaceQuestions(ctx context.Context) (*placing.PlaceQuestions, error)
	PlaceAnswers(ctx context.Context) ([]fact.PlaceAnswer, error)
	AnswerPlace(ctx context.Context, phrase, org string, seen sight.Seen) (id int64, err error)
	UndoPlaceAnswer(ctx context.Context, id int64) error
}

// WithRegistry gives the pages all that a registry does.
func (d Deps) WithRegistry(g *registry.Registry) Deps {
	d.Held, d.Known, d.Imports, d.Intake, d.Entries, d.Identities, d.Joins, d.Linker, d.Places, d.Subjects, d.Results = g, g, g, g, g, g, g, g, g, g, g
	return d
}

// Subjects answers what pages ask about the subjects of any register; *registry.Registry does.
type Subjects interface {
	RegisterOf(ctx context.Context, subject int64) (string, error)
	Names(ctx context.Context, subject int64, register string, m fact.Moment) ([]dossier.Related, error)
	NamedBy(ctx context.Context, subject int64, v *pack.Relation, m fact.Moment, offset, limit int) ([]dossier.Naming, int, error)
	LastImports(ctx context.Context, m fact.Moment) (map[string]intake.Import, map[string]int, error)
}

// jurisdiction says where subjects lie; nil where what is known of subjects does not tell.
func (d Deps) jurisdiction() subject.Jurisdiction {
	j, _ := d.Subjects.(subject.Jurisdiction)
	return j
}

// Disclosures keeps to whom data of subjects are disclosed; *disclosure.Ledger does.
type Disclosures interface {
	originals.Ledger
	frame.Disclosures
	subject.Ledger
	disclosed.Ledger
}
