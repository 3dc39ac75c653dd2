package intake

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"eyas/internal/job"
	"eyas/internal/pack"
	"eyas/internal/registry/layout"
	"eyas/internal/registry/sight"
	"eyas/internal/web/frame"
	"eyas/internal/web/spool"
)

func previewPath(u string) string { return "/import/preview/" + u }

func (s *room) importsReady() error {
	if s.Intake == nil || s.Jobs == nil || s.Uploads == nil {
		return frame.ErrNoImports()
	}
	return nil
}

// previewKey names the preview of an upload with its present options, so that the page finds its job again.
func previewKey(u spool.Upload) string { return "preview:" + u.ID + ":" + optionsKey(u.Options) }

// optionsKey writes options in one fixed order.
func optionsKey(o layout.Options) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s|%d|%s|%s|%s|%s|%v", o.Register, o.Year, strings.Join(slices.Sorted(slices.Values(o.Complete)), ","), o.Lang, o.Source, o.AsOf, o.Partial)
	for _, header := range slices.Sorted(maps.Keys(o.Map)) {
		fmt.Fprintf(&b, "|%q=%q", header, o.Map[header])
	}
	return b.String()
}

// source is an upload as the registry reads it.
func (s *room) source(ctx context.Context, u spool.Upload) (layout.Source, error) {
	path, err := s.Uploads.Local(ctx, u)
	return layout.Source{Name: u.Name, Path: path, Keys: s.Uploads, Kept: true}, err
}

// startPreview starts the preview of an upload, or finds the one that runs. What comes of it lies beside the upload.
func (s *room) startPreview(ctx context.Context, u spool.Upload) (job.Status, error) {
	status, _, err := s.Jobs.Start(ctx, job.Spec{
		Kind: kindPreview, Title: u.Name, Back: previewPath(u.ID), Key: previewKey(u), Repeat: true, Args: previewArgs{u.ID, u.Options},
	})
	return status, err
}

// startImport starts the import of an upload, and has what its headers mean remembered upon what was seen of it; a second click finds the same job.
func (s *room) startImport(ctx context.Context, u spool.Upload, remember bool, seen sight.Seen) (job.Status, error) {
	status, _, err := s.Jobs.Start(ctx, job.Spec{
		Kind: kindImport, Title: u.Name, Back: previewPath(u.ID), Key: "import:" + u.ID, Args: importArgs{Upload: u.ID, Options: u.Options, Remember: remember, Seen: seen},
	})
	return status, err
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
