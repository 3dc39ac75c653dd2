package api

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("api.update", false, "write testdata/openapi*.json anew; a change that breaks clients is refused")

// described is a room that only describes itself.
func described() *room {
	s := &room{}
	s.calls = everyCall(s)
	return s
}

// golden are the documents of the API in the repository, by their versions.
var golden = map[string]string{openAPI31: "openapi.json", openAPI30: "openapi-3.0.json"}

// The documents are those in testdata. What changes is reviewed; what would break a client fails, and -api.update does not write it.
func TestDocuments(t *testing.T) {
	s := described()
	for version, name := range golden {
		path := filepath.Join("testdata", name)
		now := s.documentText(version)
		kept, err := os.ReadFile(path)
		if err != nil && !*update {
			t.Fatal(err)
		}
		if bytes.Equal(now, kept) {
			continue
		}
		for _, what := range broken(t, kept, now) {
			t.Errorf("%s: %s, which breaks clients of the API", name, what)
		}
		switch {
		case t.Failed():
		case *update:
			if err := os.WriteFile(path, now, 0o644); err != nil {
				t.Fatal(err)
			}
		default:
			t.Errorf("%s is not what the program serves: look at the change and run go test ./internal/web/api -api.update", name)
		}
	}
}

// broken is what of a document is no more, or asks more of a client than before: calls, answers' fields, kinds, values, and what is
// required. Additions break nobody.
func broken(t *testing.T, before, after []byte) (list []string) {
	t.Helper()
	if len(before) == 0 {
		return nil
	}
	var old, now map[string]any
	for _, x := range []struct {
		text []byte
		to   *map[string]any
	}{{before, &old}, {after, &now}} {
		if err := json.Unmarshal(x.text, x.to); err != nil {
			t.Fatal(err)
		}
	}
	paths, fresh := at(old, "paths"), at(now, "paths")
	for _, path := range sorted(paths) {
		for _, method := range sorted(at(paths, path)) {
			o, n := at(paths, path, method), at(fresh, path, method)
			what := strings.ToUpper(method) + " " + path
			if n == nil {
				list = append(list, what+" is gone")
				continue
			}
			if o["operationId"] != n["operationId"] {
				list = append(list, what+" has another operationId")
			}
			list = append(list, brokenParams(what, o, n)...)
			if o["requestBody"] == nil && n["requestBody"] != nil {
				list = append(list, what+" asks for content")
			}
			for _, status := range sorted(at(o, "responses")) {
				if at(n, "responses", status) == nil {
					list = append(list, what+" no longer answers "+status)
				} else if a, b := schemaOf(at(o, "responses", status)), schemaOf(at(n, "responses", status)); a != b {
					list = append(list, fmt.Sprintf("%s answers %s with %s, no longer %s", what, status, b, a))
				}
			}
			if a, b := schemaOf(at(o, "requestBody")), schemaOf(at(n, "requestBody")); a != b && o["requestBody"] != nil {
				list = append(list, fmt.Sprintf("%s takes %s, no longer %s", what, b, a))
			}
		}
	}
	types, newer := at(old, "components", "schemas"), at(now, "components", "schemas")
	for _, name := range sorted(types) {
		o, n := at(types, name), at(newer, name)
		if n == nil {
			list = append(list, "the type "+name+" is gone")
			continue
		}
		for _, field := range sorted(at(o, "properties")) {
			a, b := at(o, "properties")[field], at(n, "properties")[field]
			if b == nil {
				list = append(list, name+"."+field+" is gone")
			} else if text(a) != text(b) {
				list = append(list, fmt.Sprintf("%s.%s is %s, no longer %s", name, field, text(b), text(a)))
			}
		}
		sent := name == "Entry"
		for _, field := range listOf(o["required"]) {
			if !slices.Contains(listOf(n["required"]), field) && !sent {
				list = append(list, name+"."+field+" may be missing")
			}
		}
		for _, field := range listOf(n["required"]) {
			if !slices.Contains(listOf(o["required"]), field) && sent {
				list = append(list, name+"."+field+" is asked for")
			}
		}
	}
	return list
}

// brokenParams is what of the parameters of a call is no more, or is asked for now.
func brokenParams(what string, o, n map[string]any) (list []string) {
	of := func(x map[string]any) map[string]map[string]any {
		all := map[string]map[string]any{}
		params, _ := x["parameters"].([]any)
		for _, p := range params {
			p := p.(map[string]any)
			all[fmt.Sprint(p["in"], " ", p["name"])] = p
		}
		return all
	}
	old, now := of(o), of(n)
	for name, p := range old {
		q := now[name]
		switch {
		case q == nil:
			list = append(list, what+" no longer takes "+name)
		case text(p["schema"]) != text(q["schema"]):
			list = append(list, what+" takes another "+name)
		case p["required"] != true && q["required"] == true:
			list = append(list, what+" asks for "+name)
		}
	}
	for name, p := range now {
		if old[name] == nil && p["required"] == true {
			list = append(list, what+" asks for "+name)
		}
	}
	slices.Sort(list)
	return list
}

func schemaOf(x map[string]any) string {
	content := at(x, "content")
	kinds := sorted(content)
	if len(kinds) == 0 {
		return ""
	}
	return kinds[0] + " " + text(at(content, kinds[0])["schema"])
}

func at(x map[string]any, names ...string) map[string]any {
	for _, name := range names {
		x, _ = x[name].(map[string]any)
	}
	return x
}

func sorted(x map[string]any) (names []string) {
	for name := range x {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func listOf(x any) (names []string) {
	list, _ := x.([]any)
	for _, v := range list {
		names = append(names, fmt.Sprint(v))
	}
	return names
}

func text(x any) string {
	b, _ := json.Marshal(x)
	return string(b)
}

// Each change that breaks clients is found, and none that does not.
func TestBroken(t *testing.T) {
	before := described().documentText(openAPI31)
	for what, change := range map[string]func(d map[string]any){
		"is gone":             func(d map[string]any) { delete(at(d, "paths"), "/api/v1/rules") },
		"another operationId": func(d map[string]any) { at(d, "paths", "/api/v1/rules", "get")["operationId"] = "x" },
		"no longer takes":     func(d map[string]any) { delete(at(d, "paths", "/api/v1/ladder", "get"), "parameters") },
		"asks for query x": func(d map[string]any) {
			o := at(d, "paths", "/api/v1/rules", "get")
			o["parameters"] = append([]any{}, map[string]any{"name": "x", "in": "query", "required": true})
		},
		"Profile.name is gone": func(d map[string]any) { delete(at(d, "components", "schemas", "Profile", "properties"), "name") },
		"no longer {\"format\"": func(d map[string]any) {
			at(d, "components", "schemas", "Profile", "properties", "subject")["type"] = "string"
		},
		"may be missing": func(d map[string]any) { delete(at(d, "components", "schemas", "Profile"), "required") },
		"Entry.unit is asked for": func(d map[string]any) {
			at(d, "components", "schemas", "Entry")["required"] = []any{"value", "reason", "unit"}
		},
		"no longer answers 201": func(d map[string]any) {
			delete(at(d, "paths", "/api/v1/registers/{register}/imports", "post", "responses"), "201")
		},
		"the type Finding is gone": func(d map[string]any) { delete(at(d, "components", "schemas"), "Finding") },
		"": func(d map[string]any) {
			at(d, "paths")["/api/v1/new"] = map[string]any{"get": map[string]any{}}
			at(d, "components", "schemas", "Profile", "properties")["more"] = map[string]any{"type": "string"}
			at(d, "info")["description"] = "x"
		},
	} {
		var d map[string]any
		if err := json.Unmarshal(before, &d); err != nil {
			t.Fatal(err)
		}
		change(d)
		after, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		list := broken(t, before, after)
		if found := slices.ContainsFunc(list, func(x string) bool { return strings.Contains(x, what) }); found != (what != "") || what == "" && list != nil {
			t.Errorf("%q: found %q", what, list)
		}
	}
}
