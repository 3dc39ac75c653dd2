// Package pagestyle tells which parts of a web page its styles hide. It reads style attributes and style elements as far as that
// needs: the last part of a selector, without what a page shows on paper only.
package pagestyle

import "strings"

// mostNames is how many classes, ids and elements of a page are kept; a page that a spreadsheet wrote has some hundred.
const mostNames = 10_000

// Sheet is what the style elements of a page hide. The zero value hides nothing.
type Sheet struct {
	names map[string]bool // .class, #id, element, element.class: whether it is hidden
}

// mostNested is how deep @media blocks stand in one another at most; what stands deeper is not read.
const mostNested = 4

// Add reads the text of a style element; what it says of a name goes before what was said earlier.
func (s *Sheet) Add(css string) { s.add(withoutComments(css), 0) }

// withoutComments takes comments out of the text of a style element, and the marks that hide it from old browsers.
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

// block gives where a block in braces that begins a text ends.
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

// set keeps what is said of a selector. One for parts of other elements (.a td) says it of its last part when that has a name.
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

// Hides reports whether an element is hidden: by its own style attribute, else by its id, its classes or its kind.
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

// declared reads declarations for whether they hide; said is false where none of them is about that.
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
