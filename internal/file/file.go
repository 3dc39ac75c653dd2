// Package file stores files by their content: uploads that wait for a decision, originals of imports, and attachments of
// cases and subjects. A file is named by its SHA-256 and stored once, however many things it belongs to; each of these is
// a link. A file without links and imports is deleted. The bytes are in the base or in one shared folder, so that every
// process can read them. They are compared with the SHA-256 at every read.
package file

import (
	"context"
	"encoding/json"
	"io"
	"path/filepath"
	"strings"
	"time"

	"eyas/internal/audit"
	"eyas/internal/fault"
	"eyas/internal/vault"
)

// Scope is what a file belongs to.
type Scope struct {
	Kind string `json:"kind"` // upload, import, case, subject …
	ID   string `json:"id"`
}

// The kinds of scope that this package treats differently: uploads are not in the operation log, and imported files are
// covered by the log entry of the import.
const (
	Upload = "upload"
	Import = "import"
)

// Link says that a file belongs to something.
type Link struct {
	ID     string // random
	SHA256 string
	Size   int64
	Scope  Scope
	Name   string // as the person's computer called it
	Type   string // media type by the name's ending
	At     time.Time
	Actor  string
	Note   json.RawMessage // what the room that keeps the file says of it; nil: nothing
}

// Body is where the bytes of a file lie.
type Body struct {
	SHA256 string
	Size   int64
	ID     string // names the pieces in the base or the file in the folder
	Folder bool
	Pieces int
	At     time.Time // stored since
}

// Reader reads one snapshot of the tables.
type Reader interface {
	// Body gives where a file lies; nil when it is not there.
	Body(ctx context.Context, sha256 string) (*Body, error)
	// Piece gives a piece of a body as it was added; fault-free absence is ok false.
	Piece(ctx context.Context, body string, n int) (raw []byte, packed, ok bool, err error)
	// FileLink gives a link; nil when there is none.
	FileLink(ctx context.Context, id string) (*Link, error)
	// FileLinks gives the links of a kind of scope, newest first; id is empty for all of the kind.
	FileLinks(ctx context.Context, scope Scope) ([]Link, error)
	// Named reports whether a link or an import names a file.
	Named(ctx context.Context, sha256 string) (bool, error)
	// Unnamed gives bodies stored before a time that nothing names.
	Unnamed(ctx context.Context, before time.Time) ([]Body, error)
	// Bodies gives every file, by its name.
	Bodies(ctx context.Context) ([]Body, error)
	// Loose gives bodies begun before a time that no file has, at most limit.
	Loose(ctx context.Context, before time.Time, limit int) ([]string, error)
}

// Writer writes to the tables. One Writer is at work at a time, over all processes.
type Writer interface {
	Reader
	AddBody(ctx context.Context, b Body) error
	DropBody(ctx context.Context, sha256 string) error
	SetFileLink(ctx context.Context, l Link) error // adds or replaces
	DropFileLink(ctx context.Context, id string) error
	Log(ctx context.Context, e audit.Entry) error
}

// Storage keeps files.
type Storage interface {
	ReadFiles(ctx context.Context, fn func(Reader) error) error
	// WriteFiles runs fn in a short transaction. With logged, the operation log proves it.
	WriteFiles(ctx context.Context, logged bool, fn func(Writer) error) error
	// AddPiece stores piece n of a body in a transaction of its own. The first piece starts the body.
	AddPiece(ctx context.Context, body string, n int, raw []byte, packed bool, at time.Time) error
	// DropPieces deletes up to limit pieces of a body, and the body itself with the last piece. It returns the number of
	// deleted pieces.
	DropPieces(ctx context.Context, body string, limit int) (int, error)
}

// Vault seals the files of folders. What the base holds is sealed by the base.
type Vault interface {
	// SealKey returns the id of the key to seal with. It is made at first need.
	SealKey(ctx context.Context) (string, error)
	NewWriter(to io.Writer, key string) (*vault.Writer, error)
	vault.Opener
}

// gone returns the fault for a file that does not exist.
func gone(sha256 string) error {
	return fault.New(fault.NotFound, "没有保存这个文件（SHA-256 "+short(sha256)+"）。它可能已被放弃或过期。",
		"This file (SHA-256 "+short(sha256)+") is not kept: it may have been discarded or have expired.")
}

// damaged returns the fault for a file whose bytes are not those that were stored.
func damaged(sha256 string, cause error) error {
	return fault.New(fault.Conflict, "保存的文件已损坏：内容与其 SHA-256（"+short(sha256)+"）不符，没有使用它。请从备份恢复，或重新上传原文件。",
		"The stored file is damaged: its bytes do not fit its SHA-256 ("+short(sha256)+"), so it was not used. Restore it from a backup, or upload the original again.").Wrap(cause)
}

func short(sha256 string) string {
	if len(sha256) > 12 {
		return sha256[:12] + "…"
	}
	return sha256
}

// TypeOf returns the media type for the extension of a name. It is informative only: pages serve every file as a
// download.
func TypeOf(name string) string {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".xlsx":
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	case ".xls":
		return "application/vnd.ms-excel"
	case ".csv":
		return "text/csv"
	case ".docx":
		return "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	case ".pdf":
		return "application/pdf"
	case ".ofd":
		return "application/ofd"
	case ".png":
		return "image/png"
	case ".jpg", ".jpeg":
		return "image/jpeg"
	case ".zip":
		return "application/zip"
	case ".txt":
		return "text/plain"
	}
	return "application/octet-stream"
}

// entry is the log's entry of a link.
func entry(l Link, action string, at time.Time) (audit.Entry, error) {
	e := audit.Entry{At: at, Actor: l.Actor, Action: action, Subject: l.Scope.Kind + "/" + l.Scope.ID}
	return e.WithDetail(map[string]any{"sha256": l.SHA256, "name": audit.Beside(l.Name), "size": l.Size})
}
