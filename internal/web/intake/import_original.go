package intake

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"time"

	"eyas/internal/fault"
	"eyas/internal/registry/intake"
)

// keepsOriginal reports whether the file of an import is kept. An entry by hand has none.
func (s *room) keepsOriginal(ctx context.Context, imp *intake.Import) (bool, error) {
	if s.Files == nil || imp.SHA256 == "" {
		return false, nil
	}
	return s.Files.Has(ctx, imp.SHA256)
}

// fetchOriginal gives the file of an import as it came.
func (s *room) fetchOriginal(w http.ResponseWriter, r *http.Request) error {
	imp, err := s.findImport(r)
	if err != nil {
		return err
	}
	kept, err := s.keepsOriginal(r.Context(), imp)
	if err != nil {
		return err
	}
	if !kept {
		return errNoOriginal(imp.ID)
	}
	return s.sendFile(w, r, imp.SHA256, imp.File, imp.At)
}

func errNoOriginal(id int64) error {
	return fault.New(fault.NotFound, fmt.Sprintf("没有保存导入 %d 的原文件：它是手工填写的，或在开始保存原文件之前导入。", id),
		fmt.Sprintf("The original file of import %d is not kept: it was entered by hand, or imported before originals were kept.", id))
}

// sendFile gives a stored file as a download: whatever is in it, no browser shows it as a page of ours.
func (s *room) sendFile(w http.ResponseWriter, r *http.Request, sha256, name string, at time.Time) error {
	path, err := s.Files.Local(r.Context(), sha256)
	if err != nil {
		return err
	}
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open %s: %w", path, err)
	}
	defer f.Close()
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", "attachment; filename=\"download\"; filename*=UTF-8''"+url.PathEscape(name))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	http.ServeContent(w, r, "", at, f)
	return nil
}
