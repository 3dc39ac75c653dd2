// Package locale holds the words of the pages: one catalog per language, one file per part of the product.
// A message is plain text with places: {n} is replaced by the argument n, {n|company|companies} picks a word by
// whether n is 1.
package locale

import (
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"strings"

	"eyas/internal/figure"
)

// The languages, the first being the one that is complete by definition.
const (
	Chinese = "zh-CN"
	English = "en"
)

// Langs are the languages in the order in which they are offered.
var Langs = []string{Chinese, English}

//go:embed texts
var own embed.FS

// Catalog is the messages of one language.
type Catalog struct {
	Lang string
	text map[string]string
}

// Load reads the catalogs of all languages: this package's own, which the frame and several rooms use, and those of
// rooms, each as texts/LANGUAGE/*.json. A key that two files of a language define is an error.
func Load(rooms ...fs.FS) (map[string]*Catalog, error) {
	all := map[string]*Catalog{}
	for _, lang := range Langs {
		c := &Catalog{Lang: lang, text: map[string]string{}}
		for _, texts := range append([]fs.FS{own}, rooms...) {
			if err := c.load(texts); err != nil {
				return nil, err
			}
		}
		all[lang] = c
	}
	return all, nil
}

// load adds the messages of one folder of texts.
func (c *Catalog) load(texts fs.FS) error {
	names, err := fs.Glob(texts, "texts/"+c.Lang+"/*.json")
	if err != nil {
		return err
	}
	for _, name := range names {
		raw, err := fs.ReadFile(texts, name)
		if err != nil {
			return err
		}
		var part map[string]string
		if err := json.Unmarshal(raw, &part); err != nil {
			return fmt.Errorf("locale %s: %w", name, err)
		}
		prefix := strings.TrimSuffix(path.Base(name), ".json") + "."
		for key, text := range part {
			if _, twice := c.text[key]; twice {
				return fmt.Errorf("locale %s: %q is defined twice", name, key)
			}
			if !strings.HasPrefix(key, prefix) {
				return fmt.Errorf("locale %s: %q must begin with %q", name, key, prefix)
			}
			c.text[key] = text
		}
	}
	return nil
}

// Keys gives all messages by key.
func (c *Catalog) Keys() map[string]string { return c.text }

// Text gives a message with its places filled from pairs of name and value. The place n is a count: an integer gets thousands
// separators there.
func (c *Catalog) Text(key string, pairs ...any) (string, error) {
	return c.fill(key, pairs, func(v any) string { return fmt.Sprint(v) }, func(s string) string { return s })
}

// HTML is Text for messages whose arguments are pieces of a page: template.HTML goes in as it is, anything else is escaped.
func (c *Catalog) HTML(key string, pairs ...any) (template.HTML, error) {
	s, err := c.fill(key, pairs, func(v any) string {
		if h, ok := v.(template.HTML); ok {
			return string(h)
		}
		return template.HTMLEscapeString(fmt.Sprint(v))
	}, template.HTMLEscapeString)
	return template.HTML(s), err
}

func (c *Catalog) fill(key string, pairs []any, value func(any) string, literal func(string) string) (string, error) {
	text, ok := c.text[key]
	if !ok {
		return "", fmt.Errorf("locale %s: no message %q", c.Lang, key)
	}
	if len(pairs)%2 != 0 {
		return "", fmt.Errorf("locale %s: %q wants pairs of name and value", c.Lang, key)
	}
	if strings.IndexByte(text, '{') < 0 { // most have no places to fill
		return literal(text), nil
	}
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{")
		out.WriteString(literal(before))
		if !found {
			return out.String(), nil
		}
		place, after, closed := strings.Cut(rest, "}")
		if !closed {
			return "", fmt.Errorf("locale %s: %q has a { without a }", c.Lang, key)
		}
		text = after
		name, forms, plural := strings.Cut(place, "|")
		v, ok := lookup(pairs, name)
		if !ok {
			return "", fmt.Errorf("locale %s: %q wants %q", c.Lang, key, name)
		}
		if !plural {
			if n, ok := v.(int); ok && name == "n" {
				v = figure.Grouped(n)
			}
			out.WriteString(value(v))
			continue
		}
		one, many, _ := strings.Cut(forms, "|")
		if strip(fmt.Sprint(v)) == "1" {
			out.WriteString(literal(one))
		} else {
			out.WriteString(literal(many))
		}
	}
}

// strip takes the tags from a piece of a page, so that a number inside a link still decides between one and many.
func strip(s string) string {
	for {
		before, rest, found := strings.Cut(s, "<")
		if !found {
			return s
		}
		_, after, _ := strings.Cut(rest, ">")
		s = before + after
	}
}

func lookup(pairs []any, name string) (any, bool) {
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i] == name {
			return pairs[i+1], true
		}
	}
	return nil, false
}
