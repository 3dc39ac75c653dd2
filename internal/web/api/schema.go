package api

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// schema is a part of a JSON Schema, as OpenAPI writes it.
type schema map[string]any

// schemas are those of named types, by their names in the document.
type schemas struct {
	of    map[string]schema
	types map[string]reflect.Type
	older bool // OpenAPI 3.0.3, which has another word for null
}

var (
	timeType   = reflect.TypeFor[time.Time]()
	numberType = reflect.TypeFor[json.Number]()
)

// nullable is a schema of which null is a value, too.
func (x *schemas) nullable(s schema) schema {
	ref, named := s["$ref"]
	switch {
	case named && x.older:
		return schema{"allOf": []any{schema{"$ref": ref}}, "nullable": true}
	case named:
		return schema{"anyOf": []any{schema{"$ref": ref}, schema{"type": "null"}}}
	case x.older:
		s["nullable"] = true
	case s["type"] != nil:
		s["type"] = []any{s["type"], "null"}
	}
	return s
}

// typed is the schema of a type as encoding/json writes its values.
func (x *schemas) typed(t reflect.Type) schema {
	switch t {
	case timeType:
		return schema{"type": "string", "format": "date-time"}
	case numberType:
		return schema{"type": "number"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return x.nullable(x.typed(t.Elem()))
	case reflect.Bool:
		return schema{"type": "boolean"}
	case reflect.Int, reflect.Int16, reflect.Int32, reflect.Int64:
		return schema{"type": "integer", "format": "int64"}
	case reflect.Float64:
		return schema{"type": "number", "format": "double"}
	case reflect.String:
		return schema{"type": "string"}
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 { // JSON as it was written
			return x.typed(reflect.TypeFor[any]())
		}
		return schema{"type": "array", "items": x.typed(t.Elem())}
	case reflect.Map:
		return schema{"type": "object", "additionalProperties": x.typed(t.Elem())}
	case reflect.Interface: // any value
		if x.older {
			return schema{"nullable": true}
		}
		return schema{}
	case reflect.Struct:
		return x.object(t)
	}
	panic(fmt.Sprintf("api: no schema of %s", t))
}

// object is the schema of a struct: a reference to it under its name.
func (x *schemas) object(t reflect.Type) schema {
	name := nameOf(t)
	if o, taken := x.types[name]; taken && o != t {
		panic(fmt.Sprintf("api: %s and %s have one name", o, t))
	}
	if _, known := x.of[name]; !known {
		s := schema{"type": "object"}
		x.of[name], x.types[name] = s, t
		properties, required := schema{}, []any{}
		x.fields(t, properties, &required)
		s["properties"], s["additionalProperties"] = properties, false
		if len(required) > 0 {
			s["required"] = required
		}
	}
	return schema{"$ref": "#/components/schemas/" + name}
}

// nameOf is the name of a type in the document; those of two packages may have one.
func nameOf(t reflect.Type) string {
	name := t.Name()
	switch path := t.PkgPath(); {
	case strings.HasSuffix(path, "/internal/answer") && (name == "Item" || name == "Imports" || name == "Change"):
		return map[string]string{"Item": "ScoreItem", "Imports": "ImportPage", "Change": "PlannedChange"}[name]
	case strings.HasSuffix(path, "/layout") && name == "Issue":
		return "ImportIssue"
	}
	return name
}

// fields adds the fields of a struct, those of embedded ones as if they were its own.
func (x *schemas) fields(t reflect.Type, properties schema, required *[]any) {
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" || !f.IsExported() {
			continue
		}
		if f.Anonymous && name == "" {
			x.fields(f.Type, properties, required)
			continue
		}
		if name == "" {
			panic(fmt.Sprintf("api: %s.%s has no name", t, f.Name))
		}
		properties[name] = x.typed(f.Type)
		if !strings.Contains(options, "omitempty") && !strings.Contains(options, "omitzero") {
			*required = append(*required, name)
		}
	}
}

// docsField is a field of a type, and its kind in a word.
type docsField struct{ Name, Kind string }

// list gives the fields of a type and their kinds, by name.
func (x *schemas) list(v any) (list []docsField) {
	if v == nil {
		return nil
	}
	x.typed(reflect.TypeOf(v))
	s := x.of[nameOf(reflect.TypeOf(v))]
	for name, field := range s["properties"].(schema) {
		list = append(list, docsField{name, kindText(field.(schema))})
	}
	slices.SortFunc(list, func(a, b docsField) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// kindText is the kind of a schema in a word.
func kindText(s schema) string {
	if ref, ok := s["$ref"].(string); ok {
		return ref[strings.LastIndexByte(ref, '/')+1:]
	}
	switch t := s["type"].(type) {
	case string:
		if t == "array" {
			return kindText(s["items"].(schema)) + "[]"
		}
		return t
	case []any:
		return t[0].(string) + "?"
	}
	if any, ok := s["anyOf"].([]any); ok {
		return kindText(any[0].(schema)) + "?"
	}
	return "any"
}
