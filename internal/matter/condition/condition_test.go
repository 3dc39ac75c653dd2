package condition

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"eyas/internal/matter"
	"eyas/internal/pack"
	"eyas/internal/registry/fact"
	"eyas/internal/tri"
	"eyas/packs"
)

// What the form says counts more than the profile, and what neither says is not known and named.
func TestOver(t *testing.T) {
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	s, err := Compile(p)
	if err != nil {
		t.Fatal(err)
	}
	m := p.Matter("hnte")
	reg := p.Register("enterprise")
	profile := &fact.Profile{Subject: 1, Facts: []fact.Fact{{Attr: reg.Attribute("staff"), Year: 2020, Value: fact.Value{Num: 60}}, {Attr: reg.Attribute("st_staff"), Year: 2020, Value: fact.Value{Num: 20}}}}
	day := time.Date(2021, 5, 6, 0, 0, 0, 0, time.UTC)
	const staff, self = "st_staff <= staff", "self_ip <= 30 && self_conversion <= 30 && self_management <= 20 && self_growth <= 20"
	for _, c := range []struct {
		name    string
		when    string
		profile *fact.Profile
		form    map[string]string
		want    tri.Bool
		misses  []string
	}{
		{"by the profile", staff, profile, nil, tri.True, nil},
		{"by the form", staff, profile, map[string]string{"st_staff@B": "61"}, tri.False, nil},
		{"the form takes a value away", staff, profile, map[string]string{"staff@B": ""}, tri.Unknown, []string{"职工总数（2020）"}},
		{"what cannot be read is not known", staff, profile, map[string]string{"staff@B": "很多"}, tri.Unknown, []string{"职工总数（2020）"}},
		{"nothing is known", staff, nil, nil, tri.Unknown, []string{"科技人员数（2020）", "职工总数（2020）"}},
		{"the form's own fields", self, nil, map[string]string{"self_ip": "30", "self_conversion": "30", "self_management": "20", "self_growth": "20"}, tri.True, nil},
		{"one is enough to say no", self, nil, map[string]string{"self_growth": "21"}, tri.False, nil},
	} {
		got, misses, err := s.Over(m, c.profile, day)(c.when, pack.Pos{}, matter.Form{Values: c.form})
		slices.Sort(misses)
		slices.Sort(c.misses)
		if err != nil || got != c.want || !slices.Equal(misses, c.misses) {
			t.Errorf("%s: %v, misses %v, %v; want %v, %v", c.name, got, misses, err, c.want, c.misses)
		}
	}
	if _, _, err := s.Over(m, nil, day)("staff > 3", pack.Pos{}, matter.Form{}); err == nil {
		t.Error("a condition that the matter does not have was answered")
	}
	if !s.Any("hnte") || s.Any("nosuch") {
		t.Error("which matters have conditions")
	}
}

// A condition that is wrong is a fault of the pack, with its place.
func TestCheck(t *testing.T) {
	files := fstest.MapFS{}
	err := fs.WalkDir(packs.FS, "tianjin", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(packs.FS, name)
		files[name] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	text := string(files["tianjin/matters/tsme.yaml"].Data)
	at := "when: st_staff <= staff"
	files["tianjin/matters/tsme.yaml"] = &fstest.MapFile{Data: []byte(strings.Replace(text, at, "when: st_staff <= nosuch", 1))}
	p, err := pack.Load(files, "tianjin")
	if err != nil {
		t.Fatal(err)
	}
	wrong := Check(p)
	if len(wrong) != 1 || wrong[0].Pos.File != "tianjin/matters/tsme.yaml" || wrong[0].Text != `the register has no attribute "nosuch"` {
		t.Errorf("%v", wrong)
	}
	if _, err := Compile(p); err == nil {
		t.Error("it compiles")
	}
}
