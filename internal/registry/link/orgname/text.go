package orgname

import "strings"

// Written gives places as text; those that the standard does not have are a dot each.
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
