// Package intake is the room of data: files come in, are previewed, imported and taken back, and an empty base is
// filled with the demonstration city.
package intake

import (
	"context"
	"embed"
	"html/template"
	"io"

	"eyas/internal/auth"
	"eyas/internal/disclosure"
	"eyas/internal/figure"
	"eyas/internal/file"
	"eyas/internal/job"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
	"eyas/internal/retention"
	"eyas/internal/web/frame"
	"eyas/internal/web/grid"
	"eyas/internal/web/locale"
	"eyas/internal/web/spool"
)

//go:embed pages
var pages embed.FS

//go:embed texts
var texts embed.FS

// Services are what the room asks of others; what is nil is not offered.
type Services struct {
	Imports Imports
	Intake  Intake
	Entries Entries
	Linker  Linker
	Results Results       // nil: what came of an import is not told
	Doubts  Doubts        // nil: doubted values are not counted
	Uploads *spool.Folder // files that wait to be imported
	Files   *file.Store   // originals of imports; nil: none are kept
	Ledger  Ledger        // nil: nobody is told to whom an original was given
	// Originals tells what became of originals of which cells were erased; nil: nothing has.
	Originals Originals
	// Demo fills the base with a demonstration city of so many enterprises.
	Demo func(ctx context.Context, rows int, progress func(file string, p derive.Progress)) error
}

// Originals tells what became of originals of which cells were erased; *retention.Keeper does.
type Originals interface {
	// Current is the SHA-256 of an original as it is kept now; empty: it is not.
	Current(ctx context.Context, importID int64, sha256 string) (string, error)
	// OriginalOf is what last became of an original; nil: nothing.
	OriginalOf(ctx context.Context, importID int64) (*retention.Original, error)
}

// Imports gives what came in.
type Imports interface {
	Imports(ctx context.Context, w fact.Wanted, offset, limit int) (list []intake.Import, total int, err error)
	ImportByID(ctx context.Context, id int64) (*intake.Import, error)
	Original(ctx context.Context, id int64) (*intake.Original, error)
	RefusedHolds(ctx context.Context, importID int64) (*intake.Original, error)
	Refused(ctx context.Context, importID int64, w io.Writer) error
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

// Ledger keeps to whom originals are disclosed; disclosure.Ledger does.
type Ledger interface {
	Original(ctx context.Context, f disclosure.File, a disclosure.Ask, m *disclosure.Members) error
}

// Entries writes upon what was seen.
type Entries = frame.Guarded

// Linker looks for subjects that are the same.
type Linker interface {
	Link(ctx context.Context, register string, progress func(derive.Progress)) (*identity.Linkage, error)
}

type room struct {
	*frame.Frame
	Services
}

// handles reports whether who acts has to do with what comes in: takes it in, settles or links it, or sees all of it.
func (s *room) handles(ctx context.Context) bool {
	scope, err := s.Actors.Scope(ctx, "")
	return err == nil && (scope.Whole() || s.May(ctx, auth.Import) || s.May(ctx, auth.Settle) || s.May(ctx, auth.Link))
}

// New makes the room.
func New(f *frame.Frame, services Services) frame.Room {
	s := &room{Frame: f, Services: services}
	waits := waiting{Frame: f, sent: services.Uploads}
	if services.Imports != nil {
		waits.past = services.Imports.Imports
	}
	return frame.Room{
		Rail:     []frame.Entry{{Key: "import", Path: "/import", Lists: true, Shown: s.handles}},
		Tabs:     []frame.Tab{{Key: "import", Path: "/import", Count: waits.countImports}},
		Waits:    waits.waits(),
		Timeless: []string{"/import"},
		Whole:    []string{"/import"},
		Pages:    pages,
		Texts:    texts,
		Parts:    grid.Parts,
		Funcs: func(c *locale.Catalog) template.FuncMap {
			return template.FuncMap{"reason": func(i layout.Issue) string { return issueReason(i, c.Lang) }, "masked": figure.Masked}
		},
		// Most of it may be run again after its process died: an import of the same file, and taking back what is taken back,
		// change nothing. The demonstration city is several imports, into an empty base only.
		Kinds: []frame.Kind{
			{Kind: job.Kind{Name: kindPreview, Safe: true, Run: job.Handle(s.runPreview)}},
			{Kind: job.Kind{Name: kindImport, Safe: true, Write: true, Run: job.Handle(s.runImport)}, After: s.afterImport},
			{Kind: job.Kind{Name: kindUndo, Safe: true, Write: true, Run: job.Handle(s.runUndo)}},
			{Kind: job.Kind{Name: kindLink, Safe: true, Write: true, Run: job.Handle(s.runLinkage)}},
			{Kind: job.Kind{Name: kindDemo, Write: true, Run: job.Handle(s.runDemo)}},
		},
		Routes: s.routes,
	}
}

func (s *room) routes(t *frame.Routes) {
	t.Page("GET /import", s.showImports)
	t.Export("GET /import.xlsx", s.exportImports)
	t.Page("POST /import", s.uploadFiles)
	t.Page("GET /import/preview/{upload}", s.showPreview)
	t.Page("POST /import/preview/{upload}", s.decidePreview)
	t.Export("GET /import/preview/{upload}/issues.xlsx", s.exportPreviewIssues)
	t.Page("GET /import/record/{id}", s.showImport)
	t.Export("GET /import/record/{id}/refused.xlsx", s.exportRefused)
	t.Page("POST /import/record/{id}/refused.xlsx", s.giveRefused)
	t.Page("GET /import/record/{id}/original", s.fetchOriginal)
	t.Page("POST /import/record/{id}/original", s.fetchOriginal)
	t.Page("GET /import/record/{id}/undo", s.askUndo)
	t.Page("POST /import/record/{id}/undo", s.undoImport)
	t.Page("POST /start/demo", s.startDemo)
}
