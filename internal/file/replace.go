package file

import (
	"context"
	"io"

	"eyas/internal/fault"
)

// Replace stores other bytes as the original of imports of which a file is the original now, and returns their SHA-256. The links of the
// imports keep their names and notes. The file itself stays: Erase deletes it. It can be called again with the same bytes.
func (s *Store) Replace(ctx context.Context, sha256 string, by io.Reader, imports []string, name string) (now string, err error) {
	defer fault.At(&err, "file.Replace(file %s)", sha256)
	first, err := s.Put(ctx, by, Link{Scope: Scope{Kind: Upload + ".command"}, Name: name}) // until the links are there
	if err != nil {
		return "", err
	}
	now = first.SHA256
	err = s.Storage.WriteFiles(ctx, false, func(w Writer) error {
		for _, id := range imports {
			links, err := w.FileLinks(ctx, Scope{Kind: Import, ID: id})
			if err != nil {
				return err
			}
			next, known := Link{Name: name, Scope: Scope{Kind: Import, ID: id}}, false
			for _, l := range links {
				if known = known || l.SHA256 == now; l.SHA256 == sha256 {
					next = l
				}
			}
			if known {
				continue
			}
			next.ID, next.SHA256, next.Size = NewID(), now, first.Size
			if err := w.SetFileLink(ctx, s.complete(next)); err != nil {
				return err
			}
		}
		return w.DropFileLink(ctx, first.ID)
	})
	return now, err
}
