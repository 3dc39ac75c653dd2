package registry_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry"
	"eyas/internal/registry/derive"
	"eyas/internal/registry/dossier"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/identity"
	"eyas/internal/registry/intake"
	"eyas/internal/registry/layout"
	"eyas/internal/registry/placing"
	"eyas/internal/registry/profile"
	"eyas/internal/registry/sight"
	"eyas/packs"
)

// errDisk is what the storage of these tests answers to everything.
var errDisk = errors.New("the disk does not answer")

// failing is a storage that fails whatever it is asked.
type failing struct{ registry.Storage }

func (failing) Confide([]string) {}

func (failing) Deriving() fact.Room[derive.RoomReader, derive.RoomWriter] {
	return failingRoom[derive.RoomReader, derive.RoomWriter]{}
}
func (failing) Profiles() fact.Room[profile.Reader, profile.Writer] {
	return failingRoom[profile.Reader, profile.Writer]{}
}
func (failing) Imports() fact.Room[intake.Reader, intake.Writer] {
	return failingRoom[intake.Reader, intake.Writer]{}
}
func (failing) Sights() fact.Room[sight.Reader, sight.Writer] {
	return failingRoom[sight.Reader, sight.Writer]{}
}
func (failing) Subjects() fact.Room[dossier.Reader, dossier.Reader] {
	return failingRoom[dossier.Reader, dossier.Reader]{}
}
func (failing) Identities() fact.Room[identity.Reader, identity.Writer] {
	return failingRoom[identity.Reader, identity.Writer]{}
}
func (failing) Places() fact.Room[placing.Reader, placing.Writer] {
	return failingRoom[placing.Reader, placing.Writer]{}
}
func (failing) Begin(context.Context, string, func()) (derive.Batch, error) { return nil, errDisk }
func (failing) Together(context.Context, func(context.Context) error) error { return errDisk }

type failingRoom[R, W any] struct{}

func (failingRoom[R, W]) Read(context.Context, func(R) error) error  { return errDisk }
func (failingRoom[R, W]) Write(context.Context, func(W) error) error { return errDisk }
func (failingRoom[R, W]) Within(context.Context, func(context.Context, W) error) error {
	return errDisk
}

// failingReader is a transaction whose reads of subjects and questions fail.
type failingReader struct {
	fact.ProfileReader
	fact.QuestionFinder
}

func (failingReader) Profiles(context.Context, []int64) ([]fact.ProfileRow, error) {
	return nil, errDisk
}
func (failingReader) Question(context.Context, int64) (*fact.QuestionRow, error) { return nil, errDisk }

// An error of the storage says with which arguments each room was called when it came about.
func TestErrorsOfStorageCarryArguments(t *testing.T) {
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	r, ctx := registry.New(p, failing{}, time.Now), t.Context()
	src := layout.Source{Name: "企业.csv", Path: filepath.Join(t.TempDir(), "1")}
	if err := os.WriteFile(src.Path, []byte("企业名称\n甲公司\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		call func() error
		want string
	}{
		{func() error { _, err := derive.ProfileOf(ctx, failingReader{}, 17); return err }, "derive.ProfileOf(subject 17)"},
		{func() error { _, err := derive.WantedQuestion(ctx, failingReader{}, 5); return err }, "derive.WantedQuestion(question 5)"},
		{func() error { _, err := r.ProfileAt(ctx, 17, fact.Moment{}); return err }, "profile.ProfileAt(subject 17)"},
		{func() error {
			return r.EachSaidOf(ctx, "enterprise", []int64{1, 2}, []string{"staff"}, func(*fact.Profile, []fact.Fact) error { return nil })
		}, "profile.EachSaidOf(register enterprise, 2 subjects, attributes [staff])"},
		{func() error { _, err := r.DossierAt(ctx, 17, fact.Moment{}); return err }, "dossier.DossierAt(subject 17)"},
		{func() error { _, err := r.Merge(ctx, 3, 4, ""); return err }, "identity.Held(subject 3)"},
		{func() error { return r.Answer(ctx, 6, fact.Same, "") }, "identity.Answer(question 6, same)"},
		{func() error { _, err := r.ImportByID(ctx, 8); return err }, "intake.ImportByID(import 8)"},
		{func() error { _, err := r.Remembered(ctx, "carrier"); return err }, "intake.Remembered(register carrier)"},
		{func() error { _, err := r.Preview(ctx, src, layout.Options{Register: "enterprise"}, nil); return err }, "intake.Preview(file 企业.csv)"},
		{func() error { return r.UndoPlaceAnswer(ctx, 9) }, "placing.UndoPlaceAnswer(answer 9)"},
		{func() error { return r.Upon(ctx, sight.Seen{sight.SawSubject(17): "1"}, nil) }, "sight.Upon(1 things)"},
	} {
		err := c.call()
		if err == nil || !strings.Contains(err.Error(), c.want) || !errors.Is(err, errDisk) {
			t.Errorf("the error is %v; it should carry %s and the storage's own", err, c.want)
		}
	}
}

// A fault that crosses the borders of rooms is what users see, without the calls.
func TestFaultsCrossBordersUnchanged(t *testing.T) {
	p := &pack.Pack{}
	base := derive.NewBase(p, nil, time.Now, nil)
	_, err := base.RegisterOf("nothing")
	var f *fault.Error
	if !errors.As(err, &f) || fault.Of(err) == fault.Internal || strings.Contains(f.In("en"), "derive.") {
		t.Errorf("%v holds the fault %v", err, f)
	}
	if !strings.Contains(err.Error(), "derive.RegisterOf(register nothing)") {
		t.Errorf("%v does not say in which call", err)
	}
}
