package spool

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"eyas/internal/file"
)

// imported is the note of an original: the upload that it was.
type imported struct {
	Upload string          `json:"upload"`
	Told   json.RawMessage `json:"told,omitempty"` // what is told of the import beside; see Tell
}

// Keep makes an upload the original of an import.
func (f *Folder) Keep(ctx context.Context, id string, importID int64) error {
	note, err := json.Marshal(imported{Upload: id})
	if err != nil {
		return err
	}
	if err := f.files.Move(ctx, id, file.Scope{Kind: file.Import, ID: strconv.FormatInt(importID, 10)}, note); err != nil {
		return fmt.Errorf("spool: keep %s: %w", id, err)
	}
	return f.dropPreviews(ctx, id)
}

// Kept gives the import that an upload has become; ok is false when it has become none.
func (f *Folder) Kept(ctx context.Context, id string) (importID int64, ok bool, err error) {
	l, err := f.files.Link(ctx, id)
	if err != nil || l == nil || l.Scope.Kind != file.Import {
		return 0, false, err
	}
	importID, err = strconv.ParseInt(l.Scope.ID, 10, 64)
	return importID, err == nil, err
}

// Tell keeps something small that is known of an import beside its original, in the place of what was kept before. Where the
// original is not kept, nothing is.
func (f *Folder) Tell(ctx context.Context, importID int64, told json.RawMessage) error {
	l, err := f.original(ctx, importID)
	if err != nil || l == nil {
		return err
	}
	_, err = f.files.SetNote(ctx, l.ID, func(text json.RawMessage) (json.RawMessage, error) {
		var n imported
		if err := json.Unmarshal(text, &n); err != nil {
			return nil, fmt.Errorf("spool: note of import %d: %w", importID, err)
		}
		n.Told = told
		return json.Marshal(n)
	})
	return err
}

// Told gives what Tell kept; nil: nothing.
func (f *Folder) Told(ctx context.Context, importID int64) (json.RawMessage, error) {
	l, err := f.original(ctx, importID)
	if err != nil || l == nil {
		return nil, err
	}
	var n imported
	err = json.Unmarshal(l.Note, &n)
	return n.Told, err
}

// original gives the link of an import's file that Keep made; nil: there is none.
func (f *Folder) original(ctx context.Context, importID int64) (*file.Link, error) {
	links, err := f.files.Links(ctx, file.Scope{Kind: file.Import, ID: strconv.FormatInt(importID, 10)})
	if err != nil {
		return nil, fmt.Errorf("spool: import %d: %w", importID, err)
	}
	for i := range links {
		var n imported
		if json.Unmarshal(links[i].Note, &n) == nil && n.Upload != "" {
			return &links[i], nil
		}
	}
	return nil, nil
}
