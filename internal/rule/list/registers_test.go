package list

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"eyas/internal/fault"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/registry/profile"
	"eyas/internal/rule/col"
)

// twoSource has two registers of different sizes and can tell them.
type twoSource struct {
	of map[string]*fakeSource
}

func (s twoSource) Since(ctx context.Context, register string, v profile.Version) (profile.Version, bool, error) {
	return s.of[register].Since(ctx, register, v)
}

func (s twoSource) EachProfile(ctx context.Context, register string, after int64, fn func(*fact.Profile) error) error {
	return s.of[register].EachProfile(ctx, register, after, func(p *fact.Profile) error {
		p.Facts = append(p.Facts, fact.Fact{Attr: testRegister.Attribute("address"), Value: fact.Value{Str: "海河路1号"}})
		return fn(p)
	})
}

func (s twoSource) MoreThan(_ context.Context, register string, n int) (bool, error) {
	return len(s.of[register].profiles) > n, nil
}

// The position in the pack does not matter: the size of a register decides whether texts are kept and a file is
// written.
func TestRegistersAreHeldBySize(t *testing.T) {
	for _, order := range [][]string{{"many", "few"}, {"few", "many"}} {
		src := twoSource{map[string]*fakeSource{"many": {}, "few": {}}}
		for i := range 20 {
			src.of["many"].put(int64(i+1), "多", 1)
		}
		src.of["few"].put(1, "少", 1)
		p := &pack.Pack{Zone: time.UTC, MainID: "many"}
		for _, id := range order {
			reg := *testRegister
			reg.ID = id
			p.Registers = append(p.Registers, &reg)
		}
		dir := t.TempDir()
		all := NewRegisters(t.Context(), Config{Pack: p, Source: src, Small: 5}, func(id string) string { return filepath.Join(dir, id) }, nil, 0)
		if first := all.of[0].now.Register(); first != "many" {
			t.Errorf("%v: %s is loaded first", order, first)
		}
		all.Refresh(t.Context(), nil)
		table := func(id string) *col.Table {
			b, err := all.Get(t.Context(), id, fact.Moment{HeldOn: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)}) // the past is not offered
			if err != nil {
				t.Fatal(err)
			}
			now, err := b.Current(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return now
		}
		if table("many").Wordy || !table("few").Wordy {
			t.Errorf("%v: texts are held: of many %v, of few %v", order, table("many").Wordy, table("few").Wordy)
		}
		all.Close()
		_, many := os.Stat(filepath.Join(dir, "many"))
		_, few := os.Stat(filepath.Join(dir, "few"))
		if many != nil || few == nil {
			t.Errorf("%v: files: of many %v, of few %v", order, many, few)
		}
		// A register that has grown far above the limit no longer keeps texts, and has a file.
		for i := range 10 {
			src.of["few"].put(int64(i+2), "渐多", 1)
		}
		all.Refresh(t.Context(), []string{"many"})
		if n := table("few").N; n != 1 {
			t.Errorf("%v: another register was brought up to date: %d rows", order, n)
		}
		all.Refresh(t.Context(), []string{"few"})
		all.Refresh(t.Context(), []string{"few"})
		if now := table("few"); now.N != 11 {
			t.Errorf("%v: %d rows", order, now.N)
		}
		src.of["few"].put(30, "又多", 1)
		all.Refresh(t.Context(), nil)
		if now := table("few"); now.N != 12 || now.Wordy {
			t.Errorf("%v: %d rows, texts are held: %v", order, now.N, now.Wordy)
		}
		all.Close()
		if _, err := os.Stat(filepath.Join(dir, "few")); err != nil {
			t.Error(err)
		}
		if _, err := all.Get(t.Context(), "none", fact.Moment{}); fault.Of(err) != fault.NotFound {
			t.Errorf("a register that there is not: %v", err)
		}
	}
}
