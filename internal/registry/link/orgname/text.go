package orgname

import "strings"

// Written returns the names of places, separated by blanks. A place that is not in the standard is "…".
func Written(list []Place) string {
	g := Places()
	var b strings.Builder
	for _, p := range list {
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		if p < Unlisted {
			b.WriteString(g.names[p])
		} else {
			b.WriteString("…")
		}
	}
	return b.String()
}
