package oidc

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"eyas/packs"
)

const file = `
id: city
name: {zh: 市统一身份认证, en: City sign-in}
issuer: https://id.example
client: eyas
unknown: propose
second: {amr: [otp, hwk], acr: [level3]}
roles:
  - when: {groups: officers, kind: staff}
    role: district_officer
    org_from: place.districts
  - when: {realm_access.roles: reviewer}
    role: district_reviewer
    org: "120110"
  - when: {groups: enterprises}
    role: enterprise
    code_from: credit_code
`

func read(t *testing.T, text string) (*Config, error) {
	t.Helper()
	p, err := packs.Default()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "oidc.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c, _, err := Read(path, p)
	return c, err
}

// Claims give the roles that the file says and no other: alone or in a list, within another claim, with the organisation of a claim.
func TestRolesOfClaims(t *testing.T) {
	c, err := read(t, file)
	if err != nil {
		t.Fatal(err)
	}
	list := func(s ...any) any { return s }
	for what, x := range map[string]struct {
		claims map[string]any
		want   []Held
	}{
		"nothing":               {map[string]any{}, nil},
		"one condition of two":  {map[string]any{"groups": list("officers"), "place": map[string]any{"districts": "120110"}}, nil},
		"two districts":         {map[string]any{"groups": list("x", "officers"), "kind": "staff", "place": map[string]any{"districts": list("120110", "120111", "120110")}}, []Held{{"district_officer", "120110", ""}, {"district_officer", "120111", ""}}},
		"no district":           {map[string]any{"groups": "officers", "kind": "staff"}, nil},
		"within another claim":  {map[string]any{"realm_access": map[string]any{"roles": list("reviewer")}}, []Held{{"district_reviewer", "120110", ""}}},
		"a name with a point":   {map[string]any{"realm_access.roles": "reviewer"}, []Held{{"district_reviewer", "120110", ""}}},
		"part of a value":       {map[string]any{"realm_access": map[string]any{"roles": "reviewers"}}, nil},
		"a number is no text":   {map[string]any{"groups": 7.0, "kind": list(1.0)}, nil},
		"a subject":             {map[string]any{"groups": list("enterprises"), "credit_code": "91120116MA05J2XK3Q"}, []Held{{"enterprise", "", "91120116MA05J2XK3Q"}}},
		"a subject of no claim": {map[string]any{"groups": list("enterprises")}, nil},
	} {
		if got := c.held(x.claims); !reflect.DeepEqual(got, x.want) {
			t.Errorf("%s: %v, want %v", what, got, x.want)
		}
	}
	for what, x := range map[string]struct {
		claims map[string]any
		want   bool
	}{
		"none":         {map[string]any{}, false},
		"a password":   {map[string]any{"amr": list("pwd"), "acr": "level1"}, false},
		"a method":     {map[string]any{"amr": list("pwd", "otp")}, true},
		"a level":      {map[string]any{"acr": "level3"}, true},
		"as one text":  {map[string]any{"amr": "otp"}, true},
		"another name": {map[string]any{"AMR": "otp"}, false},
	} {
		if got := c.Second.shown(x.claims); got != x.want {
			t.Errorf("second factor of %s: %v", what, got)
		}
	}
}

// A file that would let in more than somebody meant, or nobody, is refused with where it is wrong.
func TestMistakesOfTheFile(t *testing.T) {
	for what, x := range map[string]struct{ old, new, says string }{
		"an administrator":              {"role: district_reviewer\n    org: \"120110\"", "role: security_admin\n    org: \"120000\"", "roles[1]"},
		"no condition":                  {"when: {realm_access.roles: reviewer}\n    ", "", "roles[1]"},
		"an unknown role":               {"role: district_reviewer", "role: king", "king"},
		"an organisation of no such":    {`org: "120110"`, `org: "120000"`, "120000"},
		"a role of subjects, by an org": {"code_from: credit_code", `org: "120110"`, "roles[2]"},
		"two places":                    {`org: "120110"`, "org: \"120110\"\n    org_from: x", "roles[1]"},
		"http":                          {"https://id.example", "http://id.example", "issuer"},
		"an unknown word":               {"client: eyas", "client: eyas\nclientt: x", "clientt"},
		"neither way":                   {"unknown: propose", "unknown: welcome", "unknown"},
		"no secret there":               {"client: eyas", "client: eyas\nsecret_file: none.txt", "none.txt"},
	} {
		text := strings.Replace(file, x.old, x.new, 1)
		if text == file {
			t.Fatal(what, "changes nothing")
		}
		if _, err := read(t, text); err == nil || !strings.Contains(err.Error(), x.says) {
			t.Errorf("%s: %v, want something about %s", what, err, x.says)
		}
	}
}
