package pagestyle

import (
	"strings"
	"testing"
)

func TestHides(t *testing.T) {
	const css = `<!-- /* display:none { */
@charset "utf-8";
.gone {display : none !important; color:red}
td.unseen, th.unseen { VISIBILITY: hidden }
.xl65 {mso-protection:locked hidden; mso-hide:none}
.xl66 {mso-hide:all}
#late {visibility:collapse}
.a .b, .a > td {display:none}
.c:hover {display:none}
@media print { .paper {display:none} }
@media screen { .screen {display:none} }
.back {display:none} .back {display:block}
nav {display:none}
-->`
	var s Sheet
	s.Add(css)
	s.Add(".open { display:none")
	for _, c := range []struct {
		element, class, id, style string
		want                      bool
	}{
		{"td", "", "", "", false}, {"td", "gone", "", "", true}, {"tr", "x gone", "", "", true}, {"td", "unseen", "", "", true}, {"tr", "unseen", "", "", false},
		{"td", "xl65", "", "", false}, {"td", "xl66", "", "", true}, {"td", "", "late", "", true}, {"td", "b", "", "", true}, {"td", "a", "", "", false}, {"td", "c", "", "", false},
		{"td", "paper", "", "", false}, {"td", "screen", "", "", true}, {"td", "back", "", "", false}, {"nav", "", "", "", true}, {"td", "open", "", "", true},
		{"td", "", "", "display: none", true}, {"td", "", "", "DISPLAY:NONE;width:3", true}, {"td", "gone", "", "display:table-cell", false}, {"td", "gone", "", "width:3", true},
		{"td", "", "", "visibility:hidden", true}, {"td", "", "", "mso-hide:all", true}, {"td", "", "", "display:none;display:block", false}, {"td", "", "", "none", false},
	} {
		if got := s.Hides(c.element, c.class, c.id, c.style); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// The styles of a page of a megabyte take time in proportion to its length. If it were the square, this test would take
// minutes.
func TestHostile(t *testing.T) {
	const size = 1 << 20
	for _, of := range []string{"/**/", "@media{", "@media{}", "a{", "{}", "*/", "/*", "a,"} {
		var s Sheet
		s.Add(strings.Repeat(of, size/len(of)) + ".gone{display:none}")
	}
	var s Sheet
	s.Add("@media all{@media screen{/* a */.gone/* b */{display:none}}}/* c")
	if !s.Hides("td", "gone", "", "") {
		t.Error("what stands in two blocks is not read")
	}
}

func FuzzAdd(f *testing.F) {
	f.Add(".a{display:none}/*", "a", "display:none")
	f.Add("@media screen{@media all{.a{visibility:hidden}", "a b", ";:")
	f.Fuzz(func(t *testing.T, css, class, style string) {
		var s Sheet
		s.Add(css)
		s.Hides("td", class, class, style)
	})
}
