package job

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// failing is a table of jobs that cannot be reached.
type failing struct{}

var errDisk = errors.New("the disk does not answer")

func (failing) ReadJobs(context.Context, func(Reader) error) error { return errDisk }
func (failing) WriteJobs(context.Context, time.Duration, func(Writer) error) error {
	return errDisk
}

// An error of the storage says about which job it is.
func TestErrorsOfStorageCarryArguments(t *testing.T) {
	r := Open(Config{Storage: failing{}, Clock: time.Now, Log: slog.New(slog.DiscardHandler), Every: -1})
	defer r.Close(context.Background())
	r.Register(Kind{Name: "import", Run: func(context.Context, json.RawMessage, func(Progress)) (any, error) { return nil, nil }})
	if _, _, err := r.Enqueue(t.Context(), Spec{Kind: "import"}); !errors.Is(err, errDisk) || !strings.Contains(err.Error(), "job.Enqueue(kind import)") {
		t.Errorf("the error is %v", err)
	}
}
