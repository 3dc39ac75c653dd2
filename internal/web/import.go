package web

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"eyas/internal/fault"
	"eyas/internal/job"
	"eyas/internal/pack"
	"eyas/internal/registry"
	"eyas/internal/web/spool"
)

// operator acts while there are no accounts.
const operator = "local"

// importRoutes adds the room of data: files in, previews, what each import did, undoing one.
func (s *Server) importRoutes(t *routes) {
	t.page("GET /import", s.showImports)
	t.page("POST /import", s.uploadFiles)
	t.page("GET /import/preview/{upload}", s.showPreview)
	t.page("POST /import/preview/{upload}", s.decidePreview)
	t.export("GET /import/preview/{upload}/issues.xlsx", s.exportPreviewIssues)
	t.page("GET /import/record/{id}", s.showImport)
	t.export("GET /import/record/{id}/refused.xlsx", s.exportRefused)
	t.page("GET /import/record/{id}/undo", s.askUndo)
	t.page("POST /import/record/{id}/undo", s.undoImport)
	t.page("POST /start/demo", s.startDemo)
}

func recordPath(id int64) string  { return "/import/record/" + strconv.FormatInt(id, 10) }
func previewPath(u string) string { return "/import/preview/" + u }

// errNoImports is answered by a server that was wired without registry, jobs or a folder for uploads.
func errNoImports() error {
	return fault.New(fault.Conflict, "这个程序启动时没有启用导入。请用 eyas serve 启动。", "This program was started without imports: start it with eyas serve.")
}

func (s *Server) importsReady() error {
	if s.Registry == nil || s.Jobs == nil || s.Uploads == nil {
		return errNoImports()
	}
	return nil
}

// previewKey names the preview of an upload with its present options, so that the page finds its job again.
func previewKey(u spool.Upload) string { return "preview:" + u.ID + ":" + optionsKey(u.Options) }

// optionsKey writes options in one fixed order.
func optionsKey(o registry.Options) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s|%d|%s|%s|%s|%s|%v", o.Register, o.Year, strings.Join(slices.Sorted(slices.Values(o.Complete)), ","), o.Lang, o.Source, o.AsOf, o.Partial)
	for _, header := range slices.Sorted(maps.Keys(o.Map)) {
		fmt.Fprintf(&b, "|%q=%q", header, o.Map[header])
	}
	return b.String()
}

// source is an upload as the registry reads it.
func (s *Server) source(u spool.Upload) registry.Source {
	return registry.Source{Name: u.Name, Path: s.Uploads.Path(u.ID)}
}

// startPreview starts the preview of an upload, or finds the one that runs. What comes of it lies beside the upload.
func (s *Server) startPreview(u spool.Upload) (job.Status, error) {
	source, opt := s.source(u), u.Options
	status, _, err := s.Jobs.Start(job.Spec{
		Kind: "preview", Title: u.Name, Back: previewPath(u.ID), Key: previewKey(u), Repeat: true,
		Run: func(ctx context.Context, report func(job.Progress)) (any, error) {
			p, err := s.Registry.Preview(ctx, source, opt, progressReport(report))
			if err != nil {
				return nil, err
			}
			return nil, s.Uploads.PutPreview(u.ID, previewKey(u), p)
		},
	})
	return status, err
}

// startImport starts the import of an upload, and has what its headers mean remembered upon what was seen of it; a second click finds the same job.
func (s *Server) startImport(u spool.Upload, remember bool, seen registry.Seen) (job.Status, error) {
	source, opt := s.source(u), u.Options
	status, _, err := s.Jobs.Start(job.Spec{
		Kind: "import", Title: u.Name, Back: previewPath(u.ID), Key: "import:" + u.ID, Write: true,
		Run: func(ctx context.Context, report func(job.Progress)) (any, error) {
			defer s.Uploads.Hold(u.ID)()
			if remember && len(opt.Map) > 0 {
				err := s.Registry.Upon(ctx, seen, func(ctx context.Context) error { return s.Registry.Remember(ctx, operator, opt.Register, opt.Map) })
				if err != nil {
					return nil, err
				}
			}
			done, id, err := s.Registry.Import(ctx, operator, source, opt, progressReport(report))
			if err != nil {
				return nil, err
			}
			if err := s.Uploads.Remove(u.ID); err != nil {
				s.Log.Error("upload stays", "id", u.ID, "error", err)
			}
			if id != 0 {
				s.startLinkage(opt.Register)
				s.searchAfter()
			}
			return imported{Rows: done.Rows, ID: id}, nil
		},
	})
	return status, err
}

// register finds a register of the pack; the first when none is named.
func (s *Server) register(id string) *pack.Register {
	for _, r := range s.Pack.Registers {
		if r.ID == id || id == "" {
			return r
		}
	}
	return nil
}

// completable are the attributes for which a list can be declared complete: yes or no, and not a person's finding.
func completable(r *pack.Register) []*pack.Attribute {
	var out []*pack.Attribute
	if r == nil {
		return nil
	}
	for _, a := range r.Attributes {
		if a.Kind == pack.Boolean && !a.Manual {
			out = append(out, a)
		}
	}
	return out
}

// readYear reads a year field; empty is 0.
func readYear(text string, now time.Time) (int, error) {
	text = strings.TrimSuffix(strings.TrimSpace(text), "年")
	if text == "" {
		return 0, nil
	}
	y, err := strconv.Atoi(text)
	if err != nil || y < 1949 || y > now.Year()+1 {
		return 0, fault.New(fault.Invalid,
			fmt.Sprintf("年份“%s”读不出。请写成 %d 这样的四位数，或留空。", text, now.Year()-1),
			fmt.Sprintf("The year “%s” cannot be read: write four digits such as %d, or leave it empty.", text, now.Year()-1))
	}
	return y, nil
}
