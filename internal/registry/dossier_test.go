package registry_test

import (
	"context"
	"errors"
	"reflect"
	"time"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/dossier"
	"eyas/internal/registry/fact"
)

// dossiers checks, of every subject of some registers, that its dossier is what the questions come to that it answers at once.
func (r *rig) dossiers(registers ...string) {
	r.t.Helper()
	day := func(m time.Month, d int) time.Time { return time.Date(2021, m, d, 0, 0, 0, 0, time.UTC) }
	moments := []fact.Moment{{}, {HeldOn: day(3, 7)}, {KnownOn: day(3, 7)}, {HeldOn: day(1, 15), KnownOn: day(3, 13)}}
	ctx := context.Background()
	for _, id := range registers {
		var subjects []int64
		if err := r.EachProfile(ctx, id, 0, func(p *fact.Profile) error {
			subjects = append(subjects, p.Subject)
			return nil
		}); err != nil {
			r.t.Fatal(err)
		}
		for _, s := range subjects {
			for _, m := range moments {
				r.dossier(id, s, m)
			}
		}
	}
	var f *fault.Error
	if _, err := r.DossierAt(ctx, 1<<40, fact.Moment{}); !errors.As(err, &f) || f.Code != fault.NotFound {
		r.t.Errorf("of nobody: %v", err)
	}
}

func (r *rig) dossier(register string, subject int64, m fact.Moment) {
	r.t.Helper()
	ctx := context.Background()
	must := func(err error) {
		r.t.Helper()
		if err != nil {
			r.t.Fatalf("subject %d at %v: %v", subject, m, err)
		}
	}
	got, err := r.DossierAt(ctx, subject, m)
	must(err)
	want := &dossier.Dossier{}
	want.Profile, err = r.ProfileAt(ctx, subject, m)
	must(err)
	want.Facts, err = r.SourcedAt(ctx, subject, m)
	must(err)
	want.Names, err = r.Names(ctx, subject, register, m)
	must(err)
	relations := r.pack.RelationsTo(register)
	some, err := r.Mentioned(ctx, subject, relations, m)
	must(err)
	for i, v := range relations {
		if some[i] {
			want.NamedBy = append(want.NamedBy, v)
		}
	}
	for _, c := range []struct {
		what      string
		got, want any
	}{
		{"profile", profileOf(got.Profile), profileOf(want.Profile)}, {"facts", got.Facts, want.Facts}, {"names", got.Names, want.Names}, {"named by", idsOf(got.NamedBy), idsOf(want.NamedBy)},
	} {
		if a, b := reflect.ValueOf(c.got), reflect.ValueOf(c.want); a.Kind() == reflect.Slice && a.Len() == 0 && b.Len() == 0 {
			continue
		}
		if !reflect.DeepEqual(c.got, c.want) {
			r.t.Errorf("subject %d at %v: %s\n %+v\nnot\n %+v", subject, m, c.what, c.got, c.want)
		}
	}
}

func profileOf(p *fact.Profile) string { return line(p, true) }

func idsOf(list []*pack.Relation) (ids []string) {
	for _, v := range list {
		ids = append(ids, v.From+"."+v.ID)
	}
	return ids
}
