// Package pagestyle finds which parts of a web page its styles hide. It reads style attributes and style elements as
// far as this requires: only the last part of a selector, and no rules for print.
package pagestyle

import "strings"

// mostNames is the most classes, ids and elements of a page that are kept. A page written by a spreadsheet has some
// hundred.
const mostNames = 10_000

// Sheet is what the style elements of a page hide. The zero value hides nothing.
type Sheet struct {
	names map[string]bool // .class, #id, element, element.class → hidden
}

// mostNested is the deepest nesting of @media blocks that is read.
const mostNested = 4

// Add reads the text of a style element. A later rule for a name replaces an earlier one.
func (s *Sheet) Add(css string) { s.add(withoutComments(css), 0) }

// withoutComments removes comments, and the marks that hide a style element from old browsers.
func withoutComments(css string) string {
	css = strings.NewReplacer("<!--", " ", "-->", " ").Replace(css)
	var out strings.Builder
	for {
		before, comment, found := strings.Cut(css, "/*")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		out.WriteByte(' ')
		_, css, _ = strings.Cut(comment, "*/")
	}
}

func (s *Sheet) add(css string, depth int) {
	for {
		open := strings.IndexByte(css, '{')
		if open < 0 {
			return
		}
		selectors := css[:open]
		end := block(css[open:])
		body := css[open+1 : open+end]
		css = css[min(len(css), open+end+1):]
		if at := strings.LastIndexByte(selectors, ';'); at >= 0 { // @charset "…";
			selectors = selectors[at+1:]
		}
		selectors = strings.TrimSpace(selectors)
		if strings.HasPrefix(selectors, "@") {
			if strings.HasPrefix(selectors, "@media") && !strings.Contains(selectors, "print") && depth < mostNested {
				s.add(body, depth+1)
			}
			continue
		}
		hidden, said := declared(body)
		if !said {
			continue
		}
		for _, selector := range strings.Split(selectors, ",") {
			s.set(selector, hidden)
		}
	}
}

// block returns the end of the block in braces at the beginning of a text.
func block(css string) int {
	depth := 0
	for i := range len(css) {
		switch css[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(css)
}

// set stores a rule for a selector. A selector such as ".a td" counts for its last part, if that has a name.
func (s *Sheet) set(selector string, hidden bool) {
	parts := strings.FieldsFunc(selector, func(r rune) bool { return strings.ContainsRune(" \t\r\n\f>+~", r) })
	if len(parts) == 0 {
		return
	}
	name := parts[len(parts)-1]
	if strings.ContainsAny(name, ":[*") || len(parts) > 1 && !strings.ContainsAny(name, ".#") || strings.Count(name, ".")+strings.Count(name, "#") > 1 {
		return
	}
	if at := strings.IndexAny(name, ".#"); at > 0 {
		name = strings.ToLower(name[:at]) + name[at:]
	} else if at < 0 {
		name = strings.ToLower(name)
	}
	if s.names == nil {
		s.names = map[string]bool{}
	}
	if _, known := s.names[name]; known || len(s.names) < mostNames {
		s.names[name] = hidden
	}
}

// Hides reports whether an element is hidden: by its own style attribute, else by its id, its classes or its name.
func (s *Sheet) Hides(element, class, id, style string) bool {
	if hidden, said := declared(style); said {
		return hidden
	}
	if s.names == nil {
		return false
	}
	names := []string{element + "#" + id, "#" + id}
	classes := strings.Fields(class)
	for i := len(classes) - 1; i >= 0; i-- {
		names = append(names, element+"."+classes[i])
	}
	for i := len(classes) - 1; i >= 0; i-- {
		names = append(names, "."+classes[i])
	}
	for _, name := range append(names, element) {
		if hidden, said := s.names[name]; said {
			return hidden
		}
	}
	return false
}

// declared returns whether declarations hide an element. said is false if none of them is about that.
func declared(style string) (hidden, said bool) {
	if !strings.Contains(style, ":") {
		return false, false
	}
	gone, unseen, left := false, false, false
	for _, d := range strings.Split(strings.ToLower(style), ";") {
		name, value, _ := strings.Cut(d, ":")
		value = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "!important"))
		switch strings.TrimSpace(name) {
		case "display":
			gone, said = value == "none", true
		case "visibility":
			unseen, said = value == "hidden" || value == "collapse", true
		case "mso-hide":
			left, said = value == "all" || value == "screen", true
		}
	}
	return gone || unseen || left, said
}
