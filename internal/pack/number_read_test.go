package pack

import (
	"testing"

	"eyas/internal/fault"
)

// One reader for the command and the page: what the slider reaches can be typed.
func TestNumberRead(t *testing.T) {
	growth := &Number{Name: "route.fast_growth", Unit: "percent", Value: 0.2, Max: 2, Text: "20%"}
	share := &Number{Name: "rnd.low", Unit: "percent", Value: 0.05, Text: "5%"}
	for _, c := range []struct {
		n    *Number
		text string
		want float64
		ok   bool
	}{
		{growth, "1.5", 1.5, true}, {growth, "150%", 1.5, true}, {growth, "2", 2, true}, {growth, "2.1", 0, false}, {growth, "25", 0, false}, {growth, "-1.5", 0, false},
		{share, "1", 1, true}, {share, "1.5", 0, false}, {share, "25", 0, false}, {share, "25 ％", 0.25, true}, {share, "", 0, false},
	} {
		got, err := c.n.Read(c.text)
		if (err == nil) != c.ok || got != c.want || err != nil && fault.Of(err) != fault.Invalid {
			t.Errorf("%s = %q: %v, %v", c.n.Name, c.text, got, err)
		}
	}
}
