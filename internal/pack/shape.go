package pack

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"eyas/packs/schema"
)

// shapes are the compiled schemas, and their texts, for listing the keys that a mapping may have.
type shapes struct {
	compiled map[string]*jsonschema.Schema
	raw      map[string]any
}

const schemaURL = "https://eyas.invalid/schema/"

var loadShapes = sync.OnceValue(func() shapes {
	s := shapes{map[string]*jsonschema.Schema{}, map[string]any{}}
	c := jsonschema.NewCompiler()
	files, err := schema.FS.ReadDir(".")
	if err != nil {
		panic(err) // the schemas are embedded
	}
	for _, f := range files {
		name := strings.TrimSuffix(f.Name(), ".json")
		text, err := schema.FS.ReadFile(f.Name())
		if err != nil {
			panic(err)
		}
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
		if err != nil {
			panic(err)
		}
		if err := c.AddResource(schemaURL+name, doc); err != nil {
			panic(err)
		}
		s.compiled[name], s.raw[name] = c.MustCompile(schemaURL+name), doc
	}
	return s
})

// checkShape checks a file against its schema and reports every difference with its position.
func (l *loader) checkShape(name string, root *node) {
	err := loadShapes().compiled[name].Validate(root.value())
	var invalid *jsonschema.ValidationError
	if !errors.As(err, &invalid) {
		return
	}
	var visit func(*jsonschema.ValidationError)
	visit = func(e *jsonschema.ValidationError) {
		for _, c := range e.Causes {
			visit(c)
		}
		if len(e.Causes) == 0 {
			l.misshapen(e, root.at(e.InstanceLocation))
		}
	}
	visit(invalid)
}

// misshapen reports a difference from the schema in plain words.
func (l *loader) misshapen(e *jsonschema.ValidationError, n *node) {
	switch k := e.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		known := knownKeys(e.SchemaURL)
		for _, p := range k.Properties {
			pos := n.pos
			if x := n.entry(p); x != nil {
				pos = x.pos
			}
			l.add(pos, "这里没有 %q 这个键；可以用的有 %s%s", "unknown key %q; known here: %s%s", p, strings.Join(known, ", "), nearest(p, known))
		}
	case *kind.Required:
		for _, p := range k.Missing {
			l.add(n.pos, "缺少 %q", "%q is missing", p)
		}
	case *kind.Type:
		if n.null() {
			l.add(n.pos, "这里没有写值", "the value is missing")
			return
		}
		l.add(n.pos, "这里应是%s", "this must be %s", choice{zh: shapesZH(k.Want), en: shapesEN(k.Want)})
	case *kind.Enum:
		want := make([]string, len(k.Want))
		for i, w := range k.Want {
			want[i] = fmt.Sprint(w)
		}
		l.add(n.pos, "%q 不在可用的值之内：%s%s", "%q is none of %s%s", n.str(), strings.Join(want, ", "), nearest(n.str(), want))
	case *kind.Pattern:
		switch {
		case strings.HasSuffix(e.SchemaURL, "/date"):
			l.add(n.pos, "%q 不是日期；请写成 2021-03-31", "%q is not a date: write it like 2021-03-31", k.Got)
		default:
			l.add(n.pos, "%q 不能作标识；用小写字母、数字和 _，以字母开头", "%q cannot be an id: use lower-case letters, digits and _, beginning with a letter", k.Got)
		}
	case *kind.MinItems:
		l.add(n.pos, "这里至少要有 %d 项", "at least %d items are needed here", k.Want)
	case *kind.MaxItems:
		l.add(n.pos, "这里最多 %d 项", "at most %d items are allowed here", k.Want)
	case *kind.MinLength, *kind.MinProperties:
		l.add(n.pos, "这里不能是空的", "this must not be empty")
	default:
		l.add(n.pos, "写法不符合格式：%s", "this does not fit the schema: %s", e.Error())
	}
}

// choice is a word with a form for each language.
type choice struct{ zh, en string }

var shapeNames = map[string]choice{
	"object": {"一组键和值", "a mapping of keys"}, "array": {"一个列表", "a list"}, "string": {"文字（像数字的文字请加引号）", "text (put text that looks like a number in quotes)"},
	"number": {"数", "a number"}, "integer": {"整数", "a whole number"}, "boolean": {"true 或 false", "true or false"}, "null": {"空", "nothing"},
}

func shapesZH(want []string) string {
	names := make([]string, len(want))
	for i, w := range want {
		names[i] = shapeNames[w].zh
	}
	return strings.Join(names, "或")
}

func shapesEN(want []string) string {
	names := make([]string, len(want))
	for i, w := range want {
		names[i] = shapeNames[w].en
	}
	return strings.Join(names, " or ")
}

// knownKeys returns the keys that the schema at a URL allows.
func knownKeys(url string) []string {
	file, pointer, _ := strings.Cut(strings.TrimPrefix(url, schemaURL), "#")
	at := loadShapes().raw[file]
	for _, part := range strings.Split(strings.Trim(pointer, "/"), "/") {
		switch x := at.(type) {
		case map[string]any:
			if part != "" {
				at = x[part]
			}
		case []any:
			return nil
		}
	}
	m, _ := at.(map[string]any)
	props, _ := m["properties"].(map[string]any)
	return slices.Sorted(maps.Keys(props))
}

// nearest suggests the word that was probably meant.
func nearest(word string, among []string) choice {
	best, least := "", 1+min(2, max(1, len([]rune(word))/3))
	for _, w := range among {
		if d := distance(word, w); d < least {
			best, least = w, d
		}
	}
	if best == "" {
		return choice{}
	}
	return choice{fmt.Sprintf("；是不是 %s？", best), fmt.Sprintf("; did you mean %s?", best)}
}

// distance returns the number of single-character changes between two words (Levenshtein).
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	if len(x) > 40 || len(y) > 40 {
		return 99
	}
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i, c := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j, d := range y {
			above := row[j+1]
			cost := diagonal
			if c != d {
				cost = 1 + min(diagonal, above, row[j])
			}
			diagonal, row[j+1] = above, cost
		}
	}
	return row[len(y)]
}
