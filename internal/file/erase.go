package file

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"

	"eyas/internal/audit"
	"eyas/internal/fault"
)

// Erase deletes a file for good, with all its links, although an import still names it: something in it had to be erased. The
// operation log says so. It reports whether there was a file.
func (s *Store) Erase(ctx context.Context, sha256, actor, reason string) (was bool, err error) {
	defer fault.At(&err, "file.Erase(file %s)", sha256)
	var left *Body
	var previews []Body
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
				if previews, err = s.dropPreviews(ctx, w, l.ID, previews); err != nil {
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
	if err != nil {
		return false, err
	}
	if left != nil {
		s.forget(ctx, *left)
	}
	for _, b := range previews {
		s.forget(ctx, b)
		err = errors.Join(err, s.dropCopies(b.SHA256))
	}
	return left != nil, errors.Join(err, s.dropCopies(sha256)) // also those of a file that was erased by a run that was stopped
}

// Preview is the kind of scope of what an import of an upload would do, which repeats cells of it. Its id is the link of the upload.
const Preview = "preview"

// dropPreviews drops the links of the previews of an upload, and adds their bodies that nothing names any more to a list.
func (s *Store) dropPreviews(ctx context.Context, w Writer, upload string, list []Body) ([]Body, error) {
	links, err := w.FileLinks(ctx, Scope{Kind: Preview, ID: upload})
	if err != nil {
		return nil, err
	}
	for _, l := range links {
		if err := w.DropFileLink(ctx, l.ID); err != nil {
			return nil, err
		}
		if named, err := w.Named(ctx, l.SHA256); named || err != nil {
			if err != nil {
				return nil, err
			}
			continue
		}
		b, err := w.Body(ctx, l.SHA256)
		if err != nil || b == nil {
			return list, err
		}
		list = append(list, *b)
		if err := w.DropBody(ctx, l.SHA256); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// dropCopies deletes the copies of a file on this machine.
func (s *Store) dropCopies(sha256 string) error {
	if s.Copies == "" {
		return nil
	}
	copies, err := filepath.Glob(filepath.Join(s.Copies, sha256+".copy*"))
	for _, path := range copies {
		if e := os.Remove(path); !errors.Is(e, os.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}
	return err
}

// Reachable is a fault where the base has files in a shared folder that was not given, so that they could not be deleted.
func (s *Store) Reachable(ctx context.Context) (err error) {
	defer fault.At(&err, "file.Reachable")
	if s.Folder != "" {
		return nil
	}
	var all []Body
	err = s.Storage.ReadFiles(ctx, func(r Reader) (err error) {
		all, err = r.Bodies(ctx)
		return err
	})
	if err == nil && slices.ContainsFunc(all, func(b Body) bool { return b.Folder }) {
		err = fault.New(fault.Conflict, "底库有文件存放在共享文件夹中，而没有给出该文件夹，所以什么都没有做。请加上 --files 再试。",
			"The base has files in the shared folder, which was not given. So nothing was done. Try again with --files.")
	}
	return err
}
