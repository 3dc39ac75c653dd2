package list

import (
	"context"
	"errors"
	"testing"
	"time"

	"eyas/internal/pack"
	"eyas/internal/registry"
)

// pastSource has one enterprise now and none before.
type pastSource struct {
	*fakeSource
	built chan struct{} // receives whenever a past was read
}

func (s *pastSource) Horizon(context.Context) (registry.Horizon, error) {
	return registry.Horizon{Day: time.Date(2021, 2, 1, 0, 0, 0, 0, time.UTC), Last: time.Date(2021, 3, 1, 9, 0, 0, 0, time.UTC)}, nil
}

func (s *pastSource) EachAt(_ context.Context, _ string, m registry.Moment, fn func(*registry.Profile) error) error {
	defer func() { s.built <- struct{}{} }()
	return fn(&registry.Profile{Subject: 7, Name: "当时的企业"})
}

// A moment beyond which nothing is known is the present; another one is a base of its own, kept until the present
// changes or another moment is asked for.
func TestPasts(t *testing.T) {
	day := func(s string) time.Time {
		d, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	reg := testRegister
	src := &pastSource{&fakeSource{}, make(chan struct{}, 4)}
	src.change = 5
	now := NewBase(Config{Pack: &pack.Pack{Registers: []*pack.Register{reg}, Zone: time.UTC}, Register: reg, Source: src})
	if err := now.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	pasts := NewPasts(t.Context(), now, src)
	at := func(m registry.Moment) *Base {
		t.Helper()
		b, err := pasts.At(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, m := range []registry.Moment{{}, {HeldOn: day("2021-02-01")}, {KnownOn: day("2021-03-01")}} {
		if at(m) != now {
			t.Errorf("%v is not the present", m)
		}
	}
	old := registry.Moment{HeldOn: day("2021-01-31")}
	past := at(old)
	if past == now {
		t.Fatal("what holds later is taken for what held")
	}
	<-src.built
	for {
		table, err := past.Current()
		if errors.Is(err, ErrLoading) {
			if err := past.Refresh(t.Context()); err != nil { // waits for the one under way
				t.Fatal(err)
			}
			continue
		}
		if err != nil || table.N != 1 || string(table.Names.At(0)) != "当时的企业" {
			t.Fatalf("%v %v", table, err)
		}
		break
	}
	if at(old) != past {
		t.Error("it is built twice")
	}
	src.change = 6
	if at(old) == past {
		t.Error("the base has changed since")
	}
	<-src.built
}
