package ladder

import (
	"fmt"
	"testing"

	"eyas/internal/rule/list"
)

// A bar begins at zero, has no gaps and ends at the whole.
func TestBar(t *testing.T) {
	parts := bar(map[list.Verdict]int{list.Met: 10, list.Near: 5, list.Unknown: 30, list.Pending: 10, list.Unmet: 60})
	at := 0.0
	for _, p := range parts {
		var from, width float64
		fmt.Sscanf(p.From, "%f%%", &from)
		fmt.Sscanf(p.Width, "%f%%", &width)
		if from != at {
			t.Errorf("%s begins at %v, want %v", p.State, from, at)
		}
		at += width
	}
	if at < 99.99 || at > 100.01 || len(parts) != 5 || parts[2].Width != "10.000%" || parts[4].Width != "55.000%" {
		t.Errorf("parts %+v end at %v", parts, at)
	}
}
