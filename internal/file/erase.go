package file

import (
	"context"

	"eyas/internal/audit"
	"eyas/internal/fault"
)

// Erase deletes a file for good, with all its links, although an import still names it: something in it had to be erased. The
// operation log says so. It reports whether there was a file.
func (s *Store) Erase(ctx context.Context, sha256, actor, reason string) (was bool, err error) {
	defer fault.At(&err, "file.Erase(file %s)", sha256)
	var left *Body
	err = s.Storage.WriteFiles(ctx, true, func(w Writer) error {
		body, err := w.Body(ctx, sha256)
		if err != nil || body == nil {
			return err
		}
		for _, kind := range []string{Import, Upload, Upload + ".command"} {
			links, err := w.FileLinks(ctx, Scope{Kind: kind})
			if err != nil {
				return err
			}
			for _, l := range links {
				if l.SHA256 != sha256 {
					continue
				}
				if err := w.DropFileLink(ctx, l.ID); err != nil {
					return err
				}
			}
		}
		left = body
		if err := w.DropBody(ctx, sha256); err != nil {
			return err
		}
		e, err := audit.Entry{At: s.now(), Actor: actor, Action: "erase", Subject: "file"}.WithDetail(map[string]any{"sha256": sha256, "size": body.Size, "reason": audit.Beside(reason)})
		if err != nil {
			return err
		}
		return w.Log(ctx, e)
	})
	if err == nil && left != nil {
		s.forget(ctx, *left)
	}
	return left != nil, err
}
